//! The folder: which files it holds, `tieout.yaml`, and how they come to be there whole.

use crate::DeckError;
use crate::csv::Table;
use crate::money::Totals;
use crate::retention::AS_OF;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

pub(crate) const TRUTH: &str = "truth.json";
pub(crate) const WORKSPACE: &str = "tieout.yaml";
const PARTIAL: &str = "partial";

/// Files that are written beside their place and moved there when all are whole. What isn't
/// moved is removed.
pub(crate) struct Folder {
    root: PathBuf,
    written: Vec<PathBuf>,
}

impl Folder {
    /// Takes the folder, which is new, empty, or a deck already.
    pub(crate) fn take(root: &Path) -> Result<Self, DeckError> {
        let folder = Self { root: root.to_owned(), written: Vec::new() };
        fs::create_dir_all(root).map_err(|e| failed(root, &e))?;
        let deck = root.join(TRUTH).is_file() && root.join(WORKSPACE).is_file();
        let mut entries = fs::read_dir(root).map_err(|e| failed(root, &e))?;
        if !deck && entries.next().is_some() {
            let reason = "the folder is not empty and not a deck; name a new one".to_owned();
            return Err(DeckError { path: root.display().to_string(), reason });
        }
        Ok(folder)
    }

    /// Writes one file through `fill`, and gives what that gives.
    pub(crate) fn file<T, E: ToString>(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut BufWriter<File>) -> Result<T, E>,
    ) -> Result<T, DeckError> {
        let (path, mut out) = self.begin(name)?;
        let made = fill(&mut out).map_err(|e| failed(&path, &e))?;
        out.flush().map_err(|e| failed(&path, &e))?;
        Ok(made)
    }

    /// Writes two files at once.
    pub(crate) fn pair<T, E: ToString>(
        &mut self,
        names: [&str; 2],
        fill: impl FnOnce(&mut BufWriter<File>, &mut BufWriter<File>) -> Result<T, E>,
    ) -> Result<T, DeckError> {
        let [first, second] = names;
        let (path, mut one) = self.begin(first)?;
        let (other_path, mut other) = self.begin(second)?;
        let made = fill(&mut one, &mut other).map_err(|e| failed(&path, &e))?;
        one.flush().map_err(|e| failed(&path, &e))?;
        other.flush().map_err(|e| failed(&other_path, &e))?;
        Ok(made)
    }

    fn begin(&mut self, name: &str) -> Result<(PathBuf, BufWriter<File>), DeckError> {
        let path = self.root.join(name);
        let partial = path.with_added_extension(PARTIAL);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| failed(parent, &e))?;
        }
        let file = File::create(&partial).map_err(|e| failed(&path, &e))?;
        self.written.push(path.clone());
        Ok((path, BufWriter::new(file)))
    }

    /// Moves all files to their places.
    pub(crate) fn commit(mut self) -> Result<(), DeckError> {
        for path in std::mem::take(&mut self.written) {
            let partial = path.with_added_extension(PARTIAL);
            fs::rename(&partial, &path).map_err(|e| failed(&path, &e))?;
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for path in &self.written {
            // Best effort: the error that led here is the one to report.
            drop(fs::remove_file(path.with_added_extension(PARTIAL)));
        }
        if !self.written.is_empty() {
            // Fails where something else is in it, and that is right.
            drop(fs::remove_dir(self.root.join("data")));
        }
    }
}

fn failed(path: &Path, reason: &impl ToString) -> DeckError {
    DeckError { path: path.display().to_string(), reason: reason.to_string() }
}

/// What the workspace says of a dataset.
pub(crate) struct Entry {
    dataset: String,
    profile: String,
    file: String,
    rows: u64,
    totals: Totals,
    source: &'static str,
    obtained_by: &'static str,
}

impl Entry {
    pub(crate) fn of(table: &Table) -> Self {
        let (source, obtained_by) = provenance(table.role);
        Self {
            dataset: table.dataset(),
            profile: match table.role {
                "focus" => "focus-1.2".to_owned(),
                role => format!("{role}-1"),
            },
            file: table.file(),
            rows: u64::try_from(table.rows.len()).unwrap_or(u64::MAX),
            totals: table.totals(),
            source,
            obtained_by,
        }
    }

    /// A dataset in Parquet, named as its profile is without the version.
    pub(crate) fn parquet(profile: &str, rows: u64, totals: Totals, source: &'static str) -> Self {
        let role = profile.rsplit_once('-').map_or(profile, |(role, _)| role);
        Self {
            dataset: role.replace('-', "_"),
            profile: profile.to_owned(),
            file: format!("{role}.parquet"),
            rows,
            totals,
            source,
            obtained_by: "Group IT controlling",
        }
    }
}

/// Who states a dataset's counts and totals, and who obtained the statement.
fn provenance(role: &str) -> (&'static str, &'static str) {
    match role {
        "user" | "role" | "role-grant" | "permission" | "sod-rule" | "account-person"
        | "delegation" | "access-review" | "access-decision" => {
            ("Directory service, monthly count of entitlements", "Information security")
        }
        "activity" => ("Log collector, count of events", "Information security"),
        "change" | "approval" => ("Change board register, count of 2025", "Change management"),
        "retention-record" | "hold" | "disposal" => {
            ("Records register, control report", "Records management")
        }
        "invoice" | "vat-rate" | "vat-registration" | "entity" => {
            ("ERP, VAT ledger totals of 2025", "Group tax")
        }
        "benchmark" => ("Transfer pricing studies, list of comparables", "Group tax"),
        "intercompany" | "ic-agreement" | "cost-pool" | "fx-rate" => {
            ("Consolidation system, intercompany matrix of 2025", "Group accounting")
        }
        _ => ("Master data hub, control report", "Group IT controlling"),
    }
}

/// What the workspace says of itself: its name, its period, and the controls that it asks for, all
/// where there are none.
pub(crate) struct Header {
    pub(crate) name: &'static str,
    pub(crate) start: &'static str,
    pub(crate) end: &'static str,
    pub(crate) controls: &'static [&'static str],
}

/// The text of `tieout.yaml`.
pub(crate) fn yaml(header: &Header, entries: &[Entry]) -> Result<String, std::fmt::Error> {
    let Header { name, start, end, controls } = header;
    let mut text = format!(
        "workspace: {name}\nperiod: {{start: {start}, end: {end}}}\nas_of: {AS_OF}\ndatasets:\n"
    );
    for entry in entries {
        writeln!(text, "  {}:", entry.dataset)?;
        writeln!(text, "    files: [data/{}]", entry.file)?;
        writeln!(text, "    profile: {}", entry.profile)?;
        writeln!(text, "    reading: {{}}")?;
        writeln!(text, "    expected:")?;
        writeln!(text, "      rows: \"{}\"", entry.rows)?;
        write_totals(&mut text, &entry.totals)?;
        writeln!(text, "      source: \"{}\"", entry.source)?;
        writeln!(text, "      obtained_by: \"{}\"", entry.obtained_by)?;
        writeln!(text, "      at: 2026-01-15T09:00:00Z")?;
    }
    if !controls.is_empty() {
        writeln!(text, "controls:\n  include: [{}]", controls.join(", "))?;
    }
    write!(
        text,
        "keys: {{operator: keys/operator.pem, log: keys/log.pem}}\n\
         log: {{folder: log, origin: tieout.local/{name}}}\n\
         output: out\n"
    )?;
    Ok(text)
}

fn write_totals(text: &mut String, totals: &Totals) -> std::fmt::Result {
    if totals.0.is_empty() {
        return writeln!(text, "      totals: {{}}");
    }
    writeln!(text, "      totals:")?;
    for (column, sums) in &totals.0 {
        let sums = sums.iter().map(|(currency, sum)| format!("{currency}: \"{sum}\""));
        writeln!(text, "        {column}: {{{}}}", sums.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

/// Writes a table's file.
pub(crate) fn write_table(folder: &mut Folder, table: &Table) -> Result<(), DeckError> {
    folder.file(&format!("data/{}", table.file()), |out| -> io::Result<()> { table.write(out) })
}
