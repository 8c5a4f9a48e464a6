//! `tieout.lock`: the versions and digests of policy bundles that a workspace has agreed to.

use crate::config;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::output;
use crate::workspace::Workspace;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tieout_controls::Digest;
use tieout_policies::bundle::Bundle;

const FILE: &str = "tieout.lock";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`bundles` with version and digest")]
struct LockFile {
    bundles: BTreeMap<String, Pinned>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "`version` and `digest` of a bundle")]
struct Pinned {
    version: String,
    digest: Digest,
}

/// Checks the bundles of a run against the lock file, where there is one. All differences are
/// reported at once.
///
/// # Errors
/// A bundle that isn't in the lock file, or has another version or digest there.
pub(crate) fn check<'a>(
    workspace: &Workspace,
    used: impl IntoIterator<Item = &'a Bundle>,
) -> Outcome<()> {
    let path = workspace.path(FILE);
    // Only what isn't there pins nothing: a lock that can't be read is not passed over.
    if output::is_absent(&path) {
        return Ok(());
    }
    let source = output::read_text(&path)?;
    let lock: LockFile = config::parse(&output::shown(&path), &source)?;
    let mut wrong = Vec::new();
    for bundle in used {
        let Bundle { name, version, digest, .. } = bundle;
        let message = match lock.bundles.get(name) {
            Some(pin) if pin.version == *version && pin.digest == *digest => continue,
            Some(pin) if pin.version != *version => {
                format!("policy bundle `{name}` is {version}, the lock file pins {}", pin.version)
            }
            Some(_) => {
                format!("policy bundle `{name}` {version} is not what was locked: its files differ")
            }
            None => format!("policy bundle `{name}` is not in the lock file"),
        };
        let help = format!("review the change, then `tieout version --lock > {FILE}`");
        wrong.push(Diagnostic::new("bundle-not-locked", message).help(help));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure { exit: crate::exit::Exit::Usage, diagnostics: wrong })
}

/// The lock file for these bundles.
pub(crate) fn render<'a>(bundles: impl IntoIterator<Item = &'a Bundle>) -> String {
    let mut out = "bundles:\n".to_owned();
    for Bundle { name, version, digest, .. } in bundles {
        let _ = writeln!(out, "  {name}: {{version: \"{version}\", digest: \"{digest}\"}}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_reads_back() {
        let digest = Digest([7; 32]);
        let text = format!("bundles:\n  billing: {{version: \"1.0.0\", digest: \"{digest}\"}}\n");
        let lock: LockFile = config::parse(FILE, &text).unwrap();
        let pin = lock.bundles.get("billing").unwrap();
        assert_eq!((pin.version.as_str(), pin.digest), ("1.0.0", digest));
    }
}
