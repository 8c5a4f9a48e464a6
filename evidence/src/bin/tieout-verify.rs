//! The auditor's verifier: checks a pack, or the proof of one line, against keys from outside. No network, no settings.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tieout_evidence::erasure::Receipts;
use tieout_evidence::logbook::statements;
use tieout_evidence::note::NoteKey;
use tieout_evidence::public_key::PublicKey;
use tieout_evidence::verify::{
    Anchor, Check, LineVerification, Reading, Reviews, Trust, Verdict, Verification, check_with,
    reviews, verify_line, visible,
};

const USAGE: &str = "\
Verifies an evidence pack, or the proof of one line of a pack.

Usage: tieout-verify PACK [--operator-key FILE] [--log-key FILE | --policy FILE]
                          [--authority-key FILE] [--completion-days NUMBER]
                          [--receipts LOG --privacy-key FILE]
       tieout-verify proof PROOF [--operator-key FILE] [--log-key FILE | --policy FILE]

  PACK                 the pack's folder
  PROOF                a file of `tieout pack prove`
  --operator-key FILE  the operator's public key (PEM), from elsewhere than the pack
  --log-key FILE       the log's verifier key (NAME+ID+KEY), from elsewhere than the pack
  --policy FILE        instead of the log's key a policy (C2SP tlog-policy): which logs, and how many of
                       which witnesses must have cosigned; from elsewhere than the pack
  --authority-key FILE the public key (PEM) of who says whose the keys of sign-offs are, from elsewhere than
                       the pack
  --completion-days NUMBER
                       the most days from a report's release to the completion of its file, 14 unless given
  --receipts LOG       the log's folder: what the pack does not disclose is held against the receipts of
                       erasures in it, and is a finding without; wants all three keys
  --privacy-key FILE   the privacy officer's public key (PEM), who signs receipts beside the operator
  -h, --help           this text

Every check is printed, and the verdict as the last line: VALID, INDETERMINATE or INVALID. Sign-offs and
other statements that lie with the pack are told, too, and what is wrong with one is wrong with the whole.

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

fn run(arguments: impl Iterator<Item = OsString>) -> Result<(String, u8), String> {
    let mut arguments = arguments.peekable();
    let line = arguments.next_if(|first| first == "proof").is_some();
    let (mut pack, mut anchor, mut trust) = (None, Anchor::default(), Trust::default());
    let (mut days, mut receipts, mut privacy) = (None, None, None);
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
    let what = if line { "proof" } else { "pack" };
    let path = pack.ok_or_else(|| format!("no {what} is given\n\n{USAGE}"))?;
    let wrong = |e: &dyn std::fmt::Display| format!("`{}`: {e}", shown(&path));
    if line {
        if trust.authority.is_some() || days.is_some() {
            return Err(format!("sign-offs are of packs, not of one line\n\n{USAGE}"));
        }
        if receipts.is_some() || privacy.is_some() {
            return Err(format!("receipts are of packs, not of one line\n\n{USAGE}"));
        }
        let unreadable = |e| format!("`{}` can't be read: {e}", shown(&path));
        // What is no text is no proof, which is for the verification to say.
        let text = std::fs::read(&path).map_err(unreadable)?;
        let text = String::from_utf8_lossy(&text);
        return Ok(report_line(&verify_line(&text, &anchor).map_err(|e| wrong(&e))?));
    }
    trust.completion_days = days.unwrap_or(trust.completion_days);
    let receipts = match (&receipts, &privacy) {
        (Some(log), privacy) => Some(receipts_of(log, &anchor, privacy.as_deref())?),
        (None, None) => None,
        (None, Some(_)) => return Err("`--privacy-key` is for `--receipts`".to_owned()),
    };
    let reading = Reading { unseal: None, receipts: receipts.as_ref() };
    let verification = check_with(&path, &anchor, reading).map_err(|e| wrong(&e))?;
    let content = verification.pack.as_ref();
    let signed = content.map(|content| reviews(content, &anchor, &trust)).transpose();
    let signed = signed.map_err(|e| wrong(&e))?.flatten();
    Ok(report(&verification, signed.as_ref()))
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

fn report(verification: &Verification, signed: Option<&Reviews>) -> (String, u8) {
    let mut lines = begin(&verification.checks, &verification.notes);
    if let Some(pack) = &verification.pack {
        lines.push(format!("pack    {}, log index {}", pack.digest, pack.log_index));
        for test in &pack.result.tests {
            lines.push(format!("result  {} {}", test.control.id, test.outcome.word()));
        }
    }
    lines.extend(signed.into_iter().flat_map(Reviews::lines));
    end(lines, verification.verdict.with(signed))
}

fn report_line(verification: &LineVerification) -> (String, u8) {
    let mut lines = begin(&verification.checks, &verification.notes);
    if let Some(line) = &verification.line {
        lines.push(format!("pack    {}, log index {}", line.pack, line.log_index));
        lines.push(format!("line    {} {}", line.tree.name(), line.index));
        let content = match &line.content {
            serde_json::Value::Null => "not disclosed".to_owned(),
            content => visible(&content.to_string()),
        };
        lines.push(format!("says    {content}"));
    }
    end(lines, verification.verdict)
}

fn begin(checks: &[Check], notes: &[String]) -> Vec<String> {
    let checks = checks.iter().map(|check| match &check.failure {
        None => format!("ok      {}", check.what),
        Some(failure) => format!("FAILED  {}\n        {}", check.what, visible(failure)),
    });
    checks.chain(notes.iter().map(|note| format!("note    {}", visible(note)))).collect()
}

fn end(mut lines: Vec<String>, verdict: Verdict) -> (String, u8) {
    let (word, code) = match verdict {
        Verdict::Valid => ("VALID", 0),
        Verdict::Indeterminate => ("INDETERMINATE", 3),
        Verdict::Invalid => ("INVALID", 4),
    };
    lines.push(format!("verdict {word}"));
    (lines.join("\n") + "\n", code)
}
