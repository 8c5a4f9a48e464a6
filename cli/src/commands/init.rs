//! `tieout init`: a first workspace file.

use super::dataset::look;
use super::remark;
use crate::args::{Global, Init};
use crate::clock;
use crate::diagnostic::{Diagnostic, Failure, Outcome, warn};
use crate::exit::Exit;
use crate::keys;
use crate::output::{self, Access, Existing};
use crate::proposal;
use crate::text::counted;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tieout_controls::SchemaProfile;
use tieout_engine::dataset::Reading;

const FILE: &str = "tieout.yaml";

const ENDINGS: [&str; 10] = [
    ".csv",
    ".csv.gz",
    ".csv.zst",
    ".ndjson",
    ".ndjson.gz",
    ".ndjson.zst",
    ".jsonl",
    ".jsonl.gz",
    ".jsonl.zst",
    ".parquet",
];

/// Writes a workspace file here; never over another one.
pub(super) fn init(global: &Global, args: &Init) -> Outcome<Exit> {
    let path = Path::new(FILE);
    if path.exists() {
        let message = format!("there is a `{FILE}` here already");
        let help =
            "it is never overwritten; `tieout dataset inspect FILE` prints an entry to paste";
        return Err(Failure::usage(Diagnostic::new("workspace-exists", message).help(help)));
    }
    let datasets = match &args.from {
        Some(folder) => from(global, folder)?,
        None => EXAMPLE.to_owned(),
    };
    let here = std::env::current_dir().unwrap_or_default();
    let name = here.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let text = workspace(&workspace_name(&name), clock::last_full_year(), &datasets);
    output::write_beside(path, text.as_bytes(), Existing::Keep, Access::Usual)?;
    remark(global.quiet, &format!("wrote {FILE}; read it through, then"));
    for command in keys::FIRST_RUN {
        remark(global.quiet, &format!("  {command}"));
    }
    Ok(Exit::Success)
}

/// Files of one profile that are read alike: one dataset.
struct Alike {
    profile: &'static SchemaProfile,
    reading: Reading,
    files: Vec<String>,
}

/// The entries for the files of a folder: those of the same profile that are read alike become one
/// dataset.
fn from(global: &Global, folder: &Path) -> Outcome<String> {
    let mut groups: BTreeMap<&str, Vec<Alike>> = BTreeMap::new();
    let mut unknown = Vec::new();
    let files = files(folder)?;
    for file in &files {
        let inspection = match look(file) {
            Ok(inspection) => inspection,
            Err(failure) => {
                failure.diagnostics.iter().for_each(warn);
                unknown.push(slashed(file));
                continue;
            }
        };
        let Some(profile) = proposal::fitting(&inspection) else {
            unknown.push(slashed(file));
            continue;
        };
        let reading = inspection.proposal;
        let group = groups.entry(profile.role).or_default();
        match group.iter_mut().find(|a| a.reading == reading && a.profile == profile) {
            Some(alike) => alike.files.push(slashed(file)),
            None => group.push(Alike { profile, reading, files: vec![slashed(file)] }),
        }
    }
    let fitting = files.len().saturating_sub(unknown.len());
    let files = counted(files.len(), "file");
    remark(global.quiet, &format!("{files} looked at, {fitting} fit a schema profile"));
    Ok(entries(&groups, &unknown))
}

fn entries(groups: &BTreeMap<&str, Vec<Alike>>, unknown: &[String]) -> String {
    let mut out = String::new();
    for (role, group) in groups {
        for (number, Alike { profile, reading, files }) in (1_u32..).zip(group) {
            let several = group.len() > 1;
            let name = if several { format!("{role}-{number}") } else { (*role).to_owned() };
            out.push_str(&proposal::entry(&name, files, profile, reading));
        }
    }
    for file in unknown {
        // In quotes, so that no name can end the comment.
        let file = serde_json::Value::from(file.as_str());
        let _ =
            writeln!(out, "  # {file}: no schema profile fits; `tieout dataset inspect` says why");
    }
    out
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let failed = |e: std::io::Error| Failure::file(folder, &e);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_file() && ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        let message = format!("`{}` holds no CSV, NDJSON or Parquet file", output::shown(folder));
        return Err(Failure::usage(Diagnostic::new("file-not-found", message)));
    }
    Ok(files)
}

fn slashed(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

/// A name that a workspace may have, made from a folder's.
fn workspace_name(folder: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String = folder.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let name = name.trim_matches('-').to_lowercase();
    if name.is_empty() { "workspace".to_owned() } else { name }
}

fn workspace(name: &str, year: i32, datasets: &str) -> String {
    let next = year.saturating_add(1);
    let origin = proposal::scalar(&format!("tieout.local/{name}"));
    let name = proposal::scalar(name);
    format!(
        "# What Tieout tests here. Paths are relative to this file.
workspace: {name}

# The period tested; `end` is the day after its last day.
period: {{start: {year}-01-01, end: {next}-01-01}}

# The date on which the question is asked, such as \"is it still kept on this day\".
as_of: {next}-01-01

datasets:
{datasets}
# All controls are tested unless `include` names some (`tieout control list`).
# controls:
#   include: [FOC-R01, FOC-R03]
#   mandatory: [FOC-R03]
#   settings:
#     FOC-R03: {{company_id: BIL-07, owner: …, parameters: {{list_cost_tolerance: \"0.01\"}}}}

# Two keys: `tieout key new --role operator|log FILE`.
keys: {{operator: keys/operator.pem, log: keys/log.pem}}
# The origin is the log's name for good: it stays when the workspace is renamed.
log: {{folder: log, origin: {origin}}}
output: out
"
    )
}

const EXAMPLE: &str = "  # `tieout dataset inspect FILE` prints an entry such as:
  # focus:
  #   files: [data/focus-*.csv]
  #   profile: focus-1.2
  #   reading: {zone: UTC}
  #   expected: {rows: \"5000\", totals: {BilledCost: {EUR: \"123.45\"}}, source: invoices, obtained_by: …, at: 2026-01-15T09:00:00Z}
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, WorkspaceFile};

    #[test]
    fn the_first_workspace_reads_back() {
        let text = workspace(&workspace_name("Ünser Projekt"), 2025, EXAMPLE);
        let file: WorkspaceFile = config::parse(FILE, &text).unwrap();
        assert_eq!(file.workspace.value, "nser-projekt");
        assert!(file.datasets.is_empty());
        assert_eq!(file.log.origin.unwrap().value, "tieout.local/nser-projekt");
        let begun = text.find("  # focus:").unwrap();
        let (kept, comments) = text.split_at(begun);
        let (example, rest) = comments.split_once("\n\n").unwrap();
        let without = format!("{kept}{}\n{rest}", example.replace("  # ", "  "));
        let file: WorkspaceFile = config::parse(FILE, &without).unwrap();
        assert!(file.datasets["focus"].expected.is_some());
    }

    #[test]
    fn a_folders_name_that_is_a_number_stays_text() {
        let file: WorkspaceFile = config::parse(FILE, &workspace("2025", 2025, EXAMPLE)).unwrap();
        assert_eq!(file.workspace.value, "2025");
    }
}
