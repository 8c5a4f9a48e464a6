//! `tieout pack redact` and `tieout pack disclose`: copies of a pack that disclose less.
//!
//! What is covered by signatures and proofs is copied as it is, so a copy verifies as the pack does. Of the
//! disclosures a line is kept or is `null`. What is sealed of persons is left out: a copy is for others, who
//! have none of the keys.

use super::archive::files;
use crate::args::{Global, PackCopy, Scope};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output;
use crate::packs;
use crate::report::shown::{self, counted};
use crate::workspace::Workspace;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use tieout_controls::Count;
use tieout_evidence::dsse::Envelope;
use tieout_evidence::verify::Reading;

/// The folder of what may be left out.
const DISCLOSURES: &str = "disclosures";

/// What a copy withholds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Withheld {
    /// What the scope names; everything when it names nothing.
    Named,
    /// Everything but what the scope names.
    Others,
}

/// Copies a pack that verifies into a folder that isn't there yet.
pub(in crate::commands) fn copy(
    global: &Global,
    args: &PackCopy,
    withheld: Withheld,
) -> Outcome<Exit> {
    let scope = &args.scope;
    if withheld == Withheld::Others && scope.is_empty() {
        let message = "nothing is named that the copy is to disclose";
        let help = "name personal columns with `--column`, controls with `--control`, or both";
        return Err(Failure::usage(Diagnostic::new("nothing-to-disclose", message).help(help)));
    }
    let workspace = Workspace::find(global.config.as_deref())?;
    let folder = packs::named(&args.pack, workspace.as_ref())?;
    let anchor = packs::anchor(&args.anchor, workspace.as_ref())?;
    let (verified, _) = packs::open(&folder, &anchor, None)?;
    let columns = Columns::of(&folder)?;
    known(scope, &columns, &verified.result)?;
    let choice = Choice { scope, withheld, columns };
    let to = output::absolute(&args.to);
    if to.symlink_metadata().is_ok() {
        let message = format!("`{}` exists; a copy replaces nothing", output::shown(&to));
        return Err(Failure::usage(
            Diagnostic::new("copy-exists", message).help("name a new folder"),
        ));
    }
    let beside = beside(&to)?;
    let _ = std::fs::remove_dir_all(&beside);
    let copied = write(&folder, &beside, &choice).and_then(|counts| {
        let placed = std::fs::rename(&beside, &to).map_err(|e| Failure::file(&to, &e));
        placed.map(|()| counts)
    });
    if copied.is_err() {
        let _ = std::fs::remove_dir_all(&beside);
    }
    let counts = copied?;
    let verification = packs::check_only(&to, &anchor, Reading::default())?;
    output::print(&format!(
        "{}\n  {} kept, {} withheld\n  verification: {}\n",
        output::shown(&to),
        counted(counts.kept, "disclosure"),
        shown::count(counts.withheld),
        packs::vouched(verification.verdict),
    ))?;
    Ok(packs::exit(verification.verdict))
}

/// Refuses names that the pack doesn't have: a column that is misspelt would not be withheld.
fn known(scope: &Scope, columns: &Columns, result: &tieout_controls::RunResult) -> Outcome<()> {
    for column in &scope.column {
        if !columns.personal.contains(column) {
            let all: Vec<_> = columns.personal.iter().map(String::as_str).collect();
            let message = format!("the records of the pack have no personal column `{column}`");
            let help = format!("they have: {}", all.join(", "));
            return Err(Failure::usage(
                Diagnostic::new("personal-column-unknown", message).help(help),
            ));
        }
    }
    for control in &scope.control {
        if result.test(control).is_none() {
            let message = format!("the pack has no control `{control}`");
            let help = "`tieout pack show PACK` lists them";
            return Err(Failure::usage(Diagnostic::new("unknown-control", message).help(help)));
        }
    }
    Ok(())
}

fn beside(to: &Path) -> Outcome<PathBuf> {
    let name = to
        .file_name()
        .ok_or_else(|| Failure::file(to, &std::io::ErrorKind::InvalidInput.into()))?;
    let mut partial = std::ffi::OsString::from(".");
    partial.push(name);
    partial.push(".partial");
    Ok(to.with_file_name(partial))
}

/// The columns of the record lines, as the signed statement lists them.
struct Columns {
    clear: BTreeSet<String>,
    personal: BTreeSet<String>,
}

impl Columns {
    /// Of a pack that verified.
    fn of(pack: &Path) -> Outcome<Self> {
        let path = pack.join("statement.dsse.json");
        let bytes = std::fs::read(&path).map_err(|e| Failure::file(&path, &e))?;
        let envelope = Envelope::parse(&bytes).map_err(Failure::internal)?;
        let statement: Value =
            serde_json::from_slice(&envelope.payload).map_err(Failure::internal)?;
        let names = |class: &str| {
            let listed = statement.pointer(&format!("/predicate/fields/{class}"));
            let listed = listed.and_then(Value::as_array).into_iter().flatten();
            listed.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Ok(Self { clear: names("clear"), personal: names("personal") })
    }
}

struct Choice<'a> {
    scope: &'a Scope,
    withheld: Withheld,
    columns: Columns,
}

impl Choice<'_> {
    fn control(&self, control: &str) -> bool {
        let named = self.scope.control.iter().any(|id| id.as_str() == control);
        match self.withheld {
            Withheld::Named => !named && !self.scope.is_empty(),
            Withheld::Others => named || self.scope.control.is_empty(),
        }
    }

    fn column(&self, name: &str) -> bool {
        let name = name.strip_prefix("value.").unwrap_or(name);
        let named = self.scope.column.iter().any(|column| column == name);
        match self.withheld {
            Withheld::Named => !named,
            Withheld::Others => named || self.scope.column.is_empty(),
        }
    }

    /// A column of a population's key: one of which nobody knows whether it is personal is taken for it.
    fn key(&self, name: &str) -> bool {
        self.columns.clear.contains(name) || self.column(name)
    }
}

#[derive(Default)]
struct Counts {
    kept: Count,
    withheld: Count,
}

fn write(from: &Path, to: &Path, choice: &Choice<'_>) -> Outcome<Counts> {
    let mut paths = Vec::new();
    files(from, Path::new(""), &mut paths)?;
    paths.sort();
    for path in paths.iter().filter(|path| !path.starts_with(DISCLOSURES)) {
        let target = to.join(path);
        make_folder(&target)?;
        std::fs::copy(from.join(path), &target).map_err(|e| Failure::file(&target, &e))?;
    }
    let mut counts = Counts::default();
    if let Some(mut lines) = Lines::open(from, to, "records.jsonl", &mut counts)? {
        for chunk in paths.iter().filter(|path| path.starts_with("records")) {
            each_line(&from.join(chunk), |line| records(line, choice, &mut lines))?;
        }
        lines.end()?;
    }
    if let Some(mut lines) = Lines::open(from, to, "population.jsonl", &mut counts)? {
        while let Some(text) = lines.next()? {
            let keep = population(&text, choice)?;
            lines.put(&text, keep)?;
        }
        lines.end()?;
    }
    Ok(counts)
}

fn make_folder(file: &Path) -> Outcome<()> {
    let folder = file.parent().unwrap_or(file);
    std::fs::create_dir_all(folder).map_err(|e| Failure::file(folder, &e))
}

fn each_line(path: &Path, mut each: impl FnMut(&str) -> Outcome<()>) -> Outcome<()> {
    let failed = |e: std::io::Error| Failure::file(path, &e);
    let file = File::open(path).map_err(failed)?;
    BufReader::new(file).lines().try_for_each(|line| each(&line.map_err(failed)?))
}

/// The disclosures of a record line: first those of its facts, then its columns'. A fact's texts may repeat
/// any of the columns, so they are kept where all of those are.
fn records(line: &str, choice: &Choice<'_>, lines: &mut Lines<'_>) -> Outcome<()> {
    let line: Value = serde_json::from_str(line).map_err(Failure::internal)?;
    let digests = |of: &Value| of.get("_sd").and_then(Value::as_array).map_or(0, Vec::len);
    let facts = line.get("facts").and_then(Value::as_array);
    let facts: usize = facts.into_iter().flatten().map(digests).sum();
    let control = line.get("control").and_then(Value::as_str);
    let control = control.is_some_and(|control| choice.control(control));
    let take = |lines: &mut Lines<'_>, number: usize| {
        (0..number)
            .map(|_| {
                lines.next()?.ok_or_else(|| Failure::internal("fewer disclosures than digests"))
            })
            .collect::<Outcome<Vec<_>>>()
    };
    let told = take(lines, facts)?;
    let columns = take(lines, line.get("personal").map_or(0, digests))?;
    let kept: Vec<_> = columns
        .iter()
        .map(|text| control && name(text).is_some_and(|name| choice.column(&name)))
        .collect();
    let all = control && kept.iter().all(|kept| *kept);
    told.iter().try_for_each(|text| lines.put(text, all))?;
    columns.iter().zip(kept).try_for_each(|(text, keep)| lines.put(text, keep))
}

/// The name in a disclosure; `None` of one that is withheld already.
fn name(text: &str) -> Option<String> {
    let disclosure: Value = serde_json::from_str(text).ok()?;
    disclosure.get(1)?.as_str().map(str::to_owned)
}

fn population(text: &str, choice: &Choice<'_>) -> Outcome<bool> {
    let disclosure: Value = serde_json::from_str(text).map_err(Failure::internal)?;
    let Some(record) = disclosure.get(2) else { return Ok(false) };
    let control = record.get("control").and_then(Value::as_str);
    let key = record.get("key").and_then(Value::as_object);
    Ok(control.is_some_and(|control| choice.control(control))
        && key.is_some_and(|key| key.keys().all(|name| choice.key(name))))
}

/// A file of disclosures that is copied line by line.
struct Lines<'a> {
    path: PathBuf,
    from: std::io::Lines<BufReader<File>>,
    to: BufWriter<File>,
    counts: &'a mut Counts,
}

impl<'a> Lines<'a> {
    fn open(from: &Path, to: &Path, name: &str, counts: &'a mut Counts) -> Outcome<Option<Self>> {
        let path = from.join(DISCLOSURES).join(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Failure::file(&path, &e)),
        };
        let target = to.join(DISCLOSURES).join(name);
        make_folder(&target)?;
        let copy = File::create_new(&target).map_err(|e| Failure::file(&target, &e))?;
        let from = BufReader::new(file).lines();
        Ok(Some(Self { path: target, from, to: BufWriter::new(copy), counts }))
    }

    fn next(&mut self) -> Outcome<Option<String>> {
        self.from.next().transpose().map_err(|e| Failure::file(&self.path, &e))
    }

    fn put(&mut self, text: &str, keep: bool) -> Outcome<()> {
        let keep = keep && text != "null";
        let counted = if keep { &mut self.counts.kept } else { &mut self.counts.withheld };
        counted.increment();
        let text = if keep { text } else { "null" };
        writeln!(self.to, "{text}").map_err(|e| Failure::file(&self.path, &e))
    }

    fn end(self) -> Outcome<()> {
        let file = self.to.into_inner().map_err(|e| Failure::file(&self.path, &e.into_error()))?;
        file.sync_all().map_err(|e| Failure::file(&self.path, &e))
    }
}
