//! The auditor's verifier: checks a pack against keys from outside it. No network, no settings.

use std::io::Write;
use std::process::ExitCode;
use tieout_evidence::verify::{Anchor, Verdict, Verification, verify};

const USAGE: &str = "\
Verifies an evidence pack.

Usage: tieout-verify PACK [--operator-key FILE] [--log-key FILE]

  PACK                 the pack's folder
  --operator-key FILE  the operator's public key (PEM), from elsewhere than the pack
  --log-key FILE       the log's verifier key (NAME+ID+KEY), from elsewhere than the pack

Exit code: 0 valid, 2 wrong usage or unreadable input, 3 indeterminate (a key was not given),
4 invalid.
";

fn main() -> ExitCode {
    let (text, code) = match run(std::env::args().skip(1)) {
        Ok((text, code)) => (text, code),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            return ExitCode::from(2);
        }
    };
    // A reader that goes away early (`| head`) is no failure of the verification.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(code)
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(String, u8), String> {
    let mut arguments = arguments;
    let (mut pack, mut anchor) = (None, Anchor::default());
    while let Some(argument) = arguments.next() {
        let slot = match argument.as_str() {
            "-h" | "--help" => return Ok((USAGE.to_owned(), 0)),
            "--operator-key" => &mut anchor.operator,
            "--log-key" => &mut anchor.log,
            _ if argument.starts_with('-') || pack.is_some() => {
                return Err(format!("`{argument}` is not expected\n\n{USAGE}"));
            }
            _ => {
                pack = Some(argument);
                continue;
            }
        };
        let file = arguments.next().ok_or_else(|| format!("`{argument}` wants a file"))?;
        if slot.is_some() {
            return Err(format!("`{argument}` is given twice"));
        }
        let text = std::fs::read_to_string(&file);
        *slot = Some(text.map_err(|e| format!("`{file}` can't be read: {e}"))?);
    }
    let pack = pack.ok_or_else(|| format!("no pack is given\n\n{USAGE}"))?;
    let verification =
        verify(pack.as_ref(), &anchor).map_err(|e| format!("`{pack}` can't be verified: {e}"))?;
    Ok(report(&verification))
}

fn report(verification: &Verification) -> (String, u8) {
    let mut lines = Vec::new();
    for check in &verification.checks {
        lines.push(match &check.failure {
            None => format!("ok      {}", check.what),
            Some(failure) => format!("FAILED  {}\n        {failure}", check.what),
        });
    }
    lines.extend(verification.notes.iter().map(|note| format!("note    {note}")));
    if let Some(pack) = &verification.pack {
        lines.push(format!("pack    {}, log index {}", pack.digest, pack.log_index));
        for test in &pack.result.tests {
            lines.push(format!("result  {} {}", test.control.id, test.outcome.word()));
        }
    }
    let (word, code) = match verification.verdict {
        Verdict::Valid => ("VALID", 0),
        Verdict::Indeterminate => ("INDETERMINATE", 3),
        Verdict::Invalid => ("INVALID", 4),
    };
    lines.push(format!("verdict {word}"));
    (lines.join("\n") + "\n", code)
}
