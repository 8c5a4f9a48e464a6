//! What an index says of itself: its packs, its versions, and what could not be indexed.

use super::{IndexError, failed};
use crate::name::{Column, Scope, is_personal, known_column};
use crate::query::{Query, QueryError, quoted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tieout_controls::{Count, Digest};

/// The version of the schema and the analysers: an index made by another one is rebuilt.
pub(super) const VERSION: &str = "1";
/// How many columns a message names.
const SHOWN: usize = 20;
/// The file that names the generation in use.
const POINTER: &str = "index.json";

/// What the index says of itself; the payload of its commit, so that it can't be apart from it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// [`VERSION`] as of making.
    pub(super) version: String,
    /// The packs, by log index.
    pub(super) packs: Vec<Pack>,
    /// All documents.
    pub(super) documents: Count,
    /// The documents that have personal fields.
    pub(super) with_personal: Count,
    /// The evaluated records that the packs no longer disclose.
    pub(super) withheld: Count,
    /// Values that are too long to be found as a whole.
    pub(super) long_values: Count,
    /// Words that are too long to be found.
    pub(super) long_words: Count,
    /// Numbers and amounts that ranges can't find.
    pub(super) odd_numbers: Count,
    /// The columns, by the index's names.
    pub(super) columns: BTreeSet<String>,
}

/// A pack of the index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pack {
    pub(super) log_index: Count,
    pub(super) digest: Digest,
}

/// What is stored of a document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) log_index: Count,
    pub(super) kind: String,
    pub(super) number: Count,
    pub(super) control: Option<String>,
    pub(super) decision: Option<String>,
    pub(super) document: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct Pointer {
    version: String,
    generation: String,
}

impl Manifest {
    /// What a reader of any answer should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let counted = [
            (self.with_personal, "documents with personal fields, which are not searched"),
            (
                self.withheld,
                "evaluated records that their packs withhold, and which are not searched",
            ),
            (self.long_values, "values too long to be found as a whole (over 65,000 bytes)"),
            (self.long_words, "words too long to be found (over 65,000 bytes)"),
            (self.odd_numbers, "numbers out of the reach of ranges"),
        ];
        let some = counted.iter().filter(|(count, _)| *count > Count(0));
        some.map(|(count, what)| format!("{what}: {count}")).collect()
    }

    pub(super) fn digest(&self, log_index: Count) -> Result<Digest, IndexError> {
        let found = self.packs.binary_search_by(|pack| pack.log_index.cmp(&log_index));
        let pack = found.ok().and_then(|at| self.packs.get(at));
        let missing = || failed(format!("it has a document of the unknown pack {log_index}"));
        pack.map(|pack| pack.digest).ok_or_else(missing)
    }

    /// Refuses columns that nothing has, and personal ones; notes those of the schema profiles that
    /// no document has.
    pub(super) fn check_columns(&self, query: &Query) -> Result<Vec<String>, QueryError> {
        let mut notes = Vec::new();
        for (column, span) in &query.columns {
            if column.indexed().iter().any(|name| self.columns.contains(name)) {
                continue;
            }
            let name = quoted(&column.to_string());
            if is_personal(&column.name) {
                let message =
                    format!("{name} is personal, and personal columns are not in the index");
                return Err(span.error(message).with_help(self.known(column)));
            }
            let note = format!("no document has a column {name}");
            let unknown = column.scope != Scope::Any && known_column(&column.name).is_none();
            if unknown && !self.columns.is_empty() {
                return Err(span.error(note).with_help(self.known(column)));
            }
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        Ok(notes)
    }

    /// The columns that there are, in the column's scope.
    fn known(&self, column: &Column) -> String {
        let prefix = match column.scope {
            Scope::Any => "",
            Scope::Key => "key.",
            Scope::Value => "value.",
        };
        let known: Vec<_> = self.columns.iter().filter(|name| name.starts_with(prefix)).collect();
        let shown: Vec<_> = known.iter().take(SHOWN).map(|name| name.as_str()).collect();
        let more = known.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("there are: {}{more}", shown.join(", "))
    }
}

/// Opens the generation in use and reads what it says of itself.
pub(super) fn open(folder: &Path) -> Result<(tantivy::Index, Manifest), IndexError> {
    let generation = generation(folder)?.ok_or_else(|| {
        IndexError(format!("there is no index in `{}`: rebuild it", folder.display()))
    })?;
    let index = tantivy::Index::open_in_dir(folder.join(generation)).map_err(failed)?;
    let damaged = index.validate_checksum().map_err(failed)?;
    if let Some(file) = damaged.iter().min() {
        return Err(IndexError(format!("the index is damaged (`{}`): rebuild it", file.display())));
    }
    let payload = index.load_metas().map_err(failed)?.payload.unwrap_or_default();
    let manifest: Manifest = serde_json::from_str(&payload).map_err(failed)?;
    if manifest.version != VERSION {
        return Err(other_version(&manifest.version));
    }
    Ok((index, manifest))
}

fn other_version(version: &str) -> IndexError {
    IndexError(format!("the index has version `{version}`, not `{VERSION}`: rebuild it"))
}

/// The name of the generation in use, where there is one.
fn generation(folder: &Path) -> Result<Option<String>, IndexError> {
    let path = folder.join(POINTER);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| at(&path, e))?,
    };
    let pointer: Pointer = serde_json::from_str(&text).map_err(|e| at(&path, e))?;
    if pointer.version != VERSION {
        return Err(other_version(&pointer.version));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if !pointer.generation.bytes().all(plain) || pointer.generation.is_empty() {
        return Err(at(&path, "not the name of a generation"));
    }
    Ok(Some(pointer.generation))
}

/// Makes the folder of the next generation: its name and path.
pub(super) fn next_generation(folder: &Path) -> Result<(String, PathBuf), IndexError> {
    std::fs::create_dir_all(folder).map_err(|e| at(folder, e))?;
    for number in 1..1_000_000_u32 {
        let name = format!("generation-{number}");
        let path = folder.join(&name);
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            other => return other.map(|()| (name, path.clone())).map_err(|e| at(&path, e)),
        }
    }
    Err(at(folder, "too many generations"))
}

/// Puts a generation in use and removes the others.
pub(super) fn put_in_use(folder: &Path, generation: &str) -> Result<(), IndexError> {
    use std::io::Write;
    let pointer = Pointer { version: VERSION.to_owned(), generation: generation.to_owned() };
    let text = serde_json::to_string(&pointer).map_err(failed)?;
    let (path, beside) = (folder.join(POINTER), folder.join("index.json.new"));
    let written = std::fs::File::create(&beside).and_then(|mut file| {
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| at(&beside, e))?;
    std::fs::rename(&beside, &path).map_err(|e| at(&path, e))?;
    std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(|e| at(folder, e))?;
    for entry in std::fs::read_dir(folder).map_err(|e| at(folder, e))? {
        let entry = entry.map_err(|e| at(folder, e))?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("generation-") && name != *generation {
            std::fs::remove_dir_all(entry.path()).map_err(|e| at(&entry.path(), e))?;
        }
    }
    Ok(())
}

pub(super) fn at(path: &Path, error: impl std::fmt::Display) -> IndexError {
    IndexError(format!("`{}`: {error}", path.display()))
}
