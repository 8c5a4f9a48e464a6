//! The auditor's verifier: checks a pack against keys from outside it. No network, no settings.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tieout_evidence::verify::{
    Anchor, Reviews, Trust, Verdict, Verification, reviews, verify, visible,
};

const USAGE: &str = "\
Verifies an evidence pack.

Usage: tieout-verify PACK [--operator-key FILE] [--log-key FILE | --policy FILE]
                          [--authority-key FILE] [--completion-days NUMBER]

  PACK                 the pack's folder
  --operator-key FILE  the operator's public key (PEM), from elsewhere than the pack
  --log-key FILE       the log's verifier key (NAME+ID+KEY), from elsewhere than the pack
  --policy FILE        instead of the log's key a policy (C2SP tlog-policy): which logs, and how many of
                       which witnesses must have cosigned; from elsewhere than the pack
  --authority-key FILE the public key (PEM) of who says whose the keys of sign-offs are, from elsewhere than
                       the pack
  --completion-days NUMBER
                       the most days from a report's release to the completion of its file, 14 unless given
  -h, --help           this text

Every check is printed, and the verdict as the last line: VALID, INDETERMINATE or INVALID. Sign-offs and
other statements that lie with the pack are told, too, and what is wrong with one is wrong with the whole.

Exit code: 0 valid, 2 wrong usage, no pack, or something that can't be read (which says nothing
about the pack), 3 indeterminate (a key was not given), 4 invalid.
";

fn main() -> ExitCode {
    let (text, code) = match run(std::env::args_os().skip(1)) {
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

fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<(String, u8), String> {
    let (mut pack, mut anchor, mut trust) = (None, Anchor::default(), Trust::default());
    let mut days = None;
    while let Some(argument) = arguments.next() {
        let slot = match argument.to_str() {
            Some("-h" | "--help") => return Ok((USAGE.to_owned(), 0)),
            Some("--operator-key") => &mut anchor.operator,
            Some("--log-key") => &mut anchor.log,
            Some("--policy") => &mut anchor.policy,
            Some("--authority-key") => &mut trust.authority,
            Some("--completion-days") => {
                let number = arguments.next().and_then(|n| n.to_str().and_then(|n| n.parse().ok()));
                let number: u32 = number.ok_or("`--completion-days` wants a number of days")?;
                if days.replace(number).is_some() {
                    return Err("`--completion-days` is given twice".to_owned());
                }
                continue;
            }
            _ if argument.as_encoded_bytes().starts_with(b"-") || pack.is_some() => {
                let argument = shown(argument.as_ref());
                return Err(format!("`{argument}` is not expected\n\n{USAGE}"));
            }
            _ => {
                pack = Some(PathBuf::from(argument));
                continue;
            }
        };
        let option = shown(argument.as_ref());
        let file = arguments.next().ok_or_else(|| format!("`{option}` wants a file"))?;
        if slot.is_some() {
            return Err(format!("`{option}` is given twice"));
        }
        let text = std::fs::read_to_string(&file);
        let unreadable = |e| format!("`{}` can't be read: {e}", shown(file.as_ref()));
        *slot = Some(text.map_err(unreadable)?);
    }
    let pack = pack.ok_or_else(|| format!("no pack is given\n\n{USAGE}"))?;
    trust.completion_days = days.unwrap_or(trust.completion_days);
    let verification = verify(&pack, &anchor).map_err(|e| format!("`{}`: {e}", shown(&pack)))?;
    let content = verification.pack.as_ref();
    let signed = content.map(|content| reviews(content, &anchor, &trust)).transpose();
    let signed = signed.map_err(|e| format!("`{}`: {e}", shown(&pack)))?.flatten();
    Ok(report(&verification, signed.as_ref()))
}

/// A path that may be no UTF-8, as it may be printed.
fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}

fn report(verification: &Verification, signed: Option<&Reviews>) -> (String, u8) {
    let mut lines = Vec::new();
    for check in &verification.checks {
        lines.push(match &check.failure {
            None => format!("ok      {}", check.what),
            Some(failure) => format!("FAILED  {}\n        {}", check.what, visible(failure)),
        });
    }
    lines.extend(verification.notes.iter().map(|note| format!("note    {}", visible(note))));
    if let Some(pack) = &verification.pack {
        lines.push(format!("pack    {}, log index {}", pack.digest, pack.log_index));
        for test in &pack.result.tests {
            lines.push(format!("result  {} {}", test.control.id, test.outcome.word()));
        }
    }
    lines.extend(signed.into_iter().flat_map(Reviews::lines));
    let verdict = verification.verdict.with(signed);
    let (word, code) = match verdict {
        Verdict::Valid => ("VALID", 0),
        Verdict::Indeterminate => ("INDETERMINATE", 3),
        Verdict::Invalid => ("INVALID", 4),
    };
    lines.push(format!("verdict {word}"));
    (lines.join("\n") + "\n", code)
}
