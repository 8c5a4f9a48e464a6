//! The auditor's verifier: checks a pack against keys from outside it. No network, no settings.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tieout_evidence::erasure::Receipts;
use tieout_evidence::logbook::statements;
use tieout_evidence::note::NoteKey;
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::verify::{Anchor, Reading, Verdict, Verification, verify_with, visible};

const USAGE: &str = "\
Verifies an evidence pack.

Usage: tieout-verify PACK [--operator-key FILE] [--log-key FILE | --policy FILE]
                          [--receipts LOG --privacy-key FILE]

  PACK                 the pack's folder
  --operator-key FILE  the operator's public key (PEM), from elsewhere than the pack
  --log-key FILE       the log's verifier key (NAME+ID+KEY), from elsewhere than the pack
  --policy FILE        instead of the log's key a policy (C2SP tlog-policy): which logs, and how many of
                       which witnesses must have cosigned; from elsewhere than the pack
  --receipts LOG       the log's folder: what the pack does not disclose is held against the receipts of
                       erasures in it, and is a finding without; wants all three keys
  --privacy-key FILE   the privacy officer's public key (PEM), who signs receipts beside the operator
  -h, --help           this text

Every check is printed, and the verdict as the last line: VALID, INDETERMINATE or INVALID.

Exit code: 0 valid, 2 wrong usage, no pack, or something that can't be read (which says nothing
about the pack), 3 indeterminate (a key was not given, or a redaction has no receipt), 4 invalid.
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
    let (mut pack, mut anchor) = (None, Anchor::default());
    let (mut receipts, mut privacy) = (None, None);
    while let Some(argument) = arguments.next() {
        let slot = match argument.to_str() {
            Some("-h" | "--help") => return Ok((USAGE.to_owned(), 0)),
            Some("--operator-key") => &mut anchor.operator,
            Some("--log-key") => &mut anchor.log,
            Some("--policy") => &mut anchor.policy,
            Some("--privacy-key") => &mut privacy,
            Some("--receipts") if receipts.is_none() => {
                let folder = arguments.next().ok_or("`--receipts` wants a log's folder")?;
                receipts = Some(PathBuf::from(folder));
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
    let receipts = match (&receipts, &privacy) {
        (Some(log), privacy) => Some(receipts_of(log, &anchor, privacy.as_deref())?),
        (None, None) => None,
        (None, Some(_)) => return Err("`--privacy-key` is for `--receipts`".to_owned()),
    };
    let reading = Reading { unseal: None, receipts: receipts.as_ref() };
    let verification = verify_with(&pack, &anchor, reading);
    let verification = verification.map_err(|e| format!("`{}`: {e}", shown(&pack)))?;
    Ok(report(&verification))
}

/// The receipts of a log, under keys that were given.
fn receipts_of(log: &Path, anchor: &Anchor, privacy: Option<&str>) -> Result<Receipts, String> {
    let (Some(operator), Some(key), Some(privacy)) = (&anchor.operator, &anchor.log, privacy)
    else {
        return Err("`--receipts` wants --operator-key, --log-key and --privacy-key".to_owned());
    };
    let wrong = |whose: &str, e: String| format!("the {whose} key given: {e}");
    let operator = PublicKey::from_pem(operator).map_err(|e| wrong("operator's", e.to_string()))?;
    let privacy =
        PublicKey::from_pem(privacy).map_err(|e| wrong("privacy officer's", e.to_string()))?;
    let key = NoteKey::parse(key).map_err(|e| wrong("log's", e.to_string()))?;
    let logged = statements(log, &key).map_err(|e| visible(&e.to_string()))?;
    Receipts::of(&logged, &operator, &privacy)
}

/// A path that may be no UTF-8, as it may be printed.
fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}

fn report(verification: &Verification) -> (String, u8) {
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
    let (word, code) = match verification.verdict {
        Verdict::Valid => ("VALID", 0),
        Verdict::Indeterminate => ("INDETERMINATE", 3),
        Verdict::Invalid => ("INVALID", 4),
    };
    lines.push(format!("verdict {word}"));
    (lines.join("\n") + "\n", code)
}
