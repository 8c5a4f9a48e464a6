//! A usage summary that was sealed where the meters' records are: an in-toto Statement v1 about the file, in a
//! DSSE envelope beside it. Whoever carries it to the job of the CI can't change it on the way.

use super::request;
use super::sides::Sides;
use super::statement::{self, Approver};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tieout_controls::Digest;
use tieout_engine::dataset::DatasetSpec;
use tieout_evidence::key::SigningKey;

/// What stands behind the name of the summary in that of its seal.
const BESIDE: &str = ".dsse.json";

/// What is stated of a summary.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    account: String,
}

impl tieout_evidence::statement::Stated for Stated {
    const TYPE: &'static str = "urn:tieout:predicate:usage-summary:v1";
    const SUBJECT: &'static str = "usage-summary";
    const WHAT: &'static str = "statement about a usage summary";
}

impl statement::Personal for Stated {
    fn account(&self) -> &str {
        &self.account
    }
}

/// The file of a summary's seal.
pub(crate) fn beside(summary: &Path) -> PathBuf {
    let mut name = summary.as_os_str().to_owned();
    name.push(BESIDE);
    PathBuf::from(name)
}

/// The seal of a summary as it lies on the disk.
///
/// # Errors
/// The file can't be read.
pub(crate) fn seal(summary: &Path, account: &str, key: &SigningKey) -> Outcome<Vec<u8>> {
    let stated = Stated { account: account.to_owned() };
    statement::signed(digest(summary)?, &stated, key)
}

/// Checks the seals of a usage summary, where the base lists who seals usage.
///
/// # Errors
/// A file without a seal, or one that doesn't hold.
pub(super) fn check(sides: &Sides, usage: &DatasetSpec) -> Outcome<()> {
    let signers = request::usage_signers(sides)?;
    if signers.is_empty() {
        return Ok(());
    }
    for file in &usage.files {
        let seal = beside(&file.path);
        let shown = format!("{}{BESIDE}", file.shown);
        let bytes = std::fs::read(&seal).map_err(|_| unproven(&shown, "it can't be read"))?;
        holds(&bytes, &file.path, &signers).map_err(|why| unproven(&shown, &why))?;
    }
    Ok(())
}

fn holds(bytes: &[u8], summary: &Path, signers: &[Approver]) -> Result<(), String> {
    let (of, _) = statement::verified::<Stated>(bytes, signers)?;
    match digest(summary) {
        Ok(found) if found == of => Ok(()),
        Ok(_) => Err("the summary is not the one that was sealed".to_owned()),
        Err(_) => Err("the summary can't be read".to_owned()),
    }
}

/// SHA-256 of a file.
fn digest(path: &Path) -> Outcome<Digest> {
    let failed = |e: std::io::Error| Failure::file(path, &e);
    let mut file = File::open(path).map_err(failed)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        match buffer.get(..read) {
            Some(part) if !part.is_empty() => hash.update(part),
            _ => return Ok(Digest(hash.finalize().into())),
        }
    }
}

fn unproven(file: &str, why: &str) -> Failure {
    let message = format!("`{file}` does not vouch for the usage: {why}");
    let help = "`tieout gate usage --account ACCOUNT --key FILE` seals what it writes, with a key that \
                the base lists under `gate: {usage_signers: …}`";
    let diagnostic = Diagnostic::new("usage-unproven", message).help(help);
    Failure { exit: Exit::Unproven, diagnostics: vec![diagnostic] }
}
