//! Policy bundles: `bundles/<bundle>/bundle.yaml` and a folder for each rule or dated table.

use chrono::NaiveDate;
use include_dir::{Dir, include_dir};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tieout_controls::Digest;

/// A policy bundle as read.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Its name, such as `billing`.
    pub name: String,
    /// Its semantic version.
    pub version: String,
    /// Where it applies, such as `EU`; `None` for everywhere.
    pub jurisdiction: Option<String>,
    /// The first day on which it is in force; `None`: ever since. A run's period must lie within.
    pub effective_from: Option<NaiveDate>,
    /// The first day on which it no longer is; `None`: until further notice.
    pub effective_to: Option<NaiveDate>,
    /// The sources its rules rest on.
    pub sources: Vec<String>,
    /// Who owns it.
    pub owner: String,
    /// Who approved it.
    pub approver: String,
    /// SHA-256 over the lines `<sha256 of file>  <path>\n` of all its files, sorted by path.
    pub digest: Digest,
    /// The rules by folder name.
    pub rules: BTreeMap<String, Rule>,
    /// The dated tables by folder name (hyphens as underscores): they are `data.<name>` in rules.
    pub tables: BTreeMap<String, crate::data::Table>,
    /// All files, by path: `<bundle>/<folder>/<file>`, with their text as read.
    pub files: BTreeMap<String, String>,
}

/// A rule of a bundle.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The folder name, such as `foc-r03`.
    pub name: String,
    /// In which language it is written.
    pub language: Language,
    /// The path of the source, such as `billing/foc-r03/rule.rego`.
    pub path: String,
    /// The source.
    pub source: String,
    /// For Cedar: the text of `request.yaml`, which says how a record becomes a request.
    pub request: Option<String>,
}

/// The languages of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// The record profile of Rego v1.
    Rego,
    /// Cedar.
    Cedar,
}

/// A bundle that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct BundleError {
    /// The file.
    pub path: String,
    /// What is wrong, with line and column where there are some.
    pub reason: String,
}

/// The bundles embedded in the program, by name.
///
/// # Errors
/// A built-in file that can't be read is our bug.
pub fn builtin() -> Result<BTreeMap<String, Bundle>, BundleError> {
    let mut bundles = BTreeMap::new();
    for folder in FILES.dirs() {
        let mut files = BTreeMap::new();
        collect_embedded(folder, folder.path(), &mut files)?;
        let bundle = read(&folder.path().display().to_string(), files)?;
        bundles.insert(bundle.name.clone(), bundle);
    }
    Ok(bundles)
}

/// Reads a bundle from a folder. Files and folders whose name begins with a dot are left out;
/// every other file must be text and belongs to the digest.
///
/// # Errors
/// Which file can't be read and why.
pub fn load(folder: &Path) -> Result<Bundle, BundleError> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files)?;
    read(&folder.display().to_string(), files)
}

/// Reads YAML strictly: duplicate keys, lax booleans, tags and bombs are refused.
pub(crate) fn yaml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: 100_000,
            max_depth: 16,
            max_anchors: 0,
            max_aliases: 0,
            max_merge_keys: 0,
        },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| e.to_string())
}

fn error(path: impl std::fmt::Display, reason: impl Into<String>) -> BundleError {
    BundleError { path: path.to_string(), reason: reason.into() }
}

fn collect_embedded(
    folder: &Dir<'_>,
    root: &Path,
    files: &mut BTreeMap<String, String>,
) -> Result<(), BundleError> {
    for file in folder.files() {
        let path = file.path();
        let relative = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let text = file.contents_utf8().ok_or_else(|| error(path.display(), NOT_TEXT))?;
        files.insert(relative.replace('\\', "/"), text.to_owned());
    }
    folder.dirs().try_for_each(|inner| collect_embedded(inner, root, files))
}

fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), BundleError> {
    let failed = |path: &Path, e: std::io::Error| error(path.display(), e.to_string());
    for entry in std::fs::read_dir(folder).map_err(|e| failed(folder, e))? {
        let entry = entry.map_err(|e| failed(folder, e))?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| error(path.display(), "the name is not UTF-8"))?;
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type().map_err(|e| failed(&path, e))?;
        if kind.is_symlink() {
            return Err(error(path.display(), "a bundle has no symbolic links"));
        }
        if kind.is_dir() {
            if !prefix.is_empty() {
                return Err(error(path.display(), "a rule's folder has no folders in it"));
            }
            collect(&path, &format!("{name}/"), files)?;
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|e| failed(&path, e))?;
        let text = String::from_utf8(bytes).map_err(|_| error(path.display(), NOT_TEXT))?;
        files.insert(format!("{prefix}{name}"), text);
    }
    Ok(())
}

/// A bundle of files by their path within its folder; `origin` names the folder in errors.
fn read(origin: &str, files: BTreeMap<String, String>) -> Result<Bundle, BundleError> {
    let path = |inner: &str| format!("{origin}/{inner}");
    let manifest_path = path("bundle.yaml");
    let manifest = files.get("bundle.yaml").ok_or_else(|| error(&manifest_path, "missing"))?;
    let manifest: Manifest = yaml(manifest).map_err(|e| error(&manifest_path, e))?;
    manifest.check().map_err(|e| error(&manifest_path, e))?;
    let mut rules = BTreeMap::new();
    let mut tables = BTreeMap::new();
    let folders: BTreeSet<&str> =
        files.keys().filter_map(|p| p.split_once('/')).map(|(folder, _)| folder).collect();
    for folder in folders {
        let text = |file: &str| files.get(&format!("{folder}/{file}"));
        let rego = text("rule.rego").map(|source| (Language::Rego, "rule.rego", source));
        let cedar = text("rule.cedar").map(|source| (Language::Cedar, "rule.cedar", source));
        match (rego.or(cedar), text("table.yaml")) {
            (Some((language, file, source)), None) => {
                let request = text("request.yaml").cloned();
                let rule = Rule {
                    name: folder.to_owned(),
                    language,
                    path: format!("{}/{folder}/{file}", manifest.name),
                    source: source.clone(),
                    request,
                };
                if rego.is_some() && cedar.is_some() {
                    let reason = "has both `rule.rego` and `rule.cedar`";
                    return Err(error(path(folder), reason));
                }
                if language == Language::Cedar && rule.request.is_none() {
                    return Err(error(path(&format!("{folder}/request.yaml")), "missing"));
                }
                rules.insert(folder.to_owned(), rule);
            }
            (None, Some(table)) => {
                let table_path = path(&format!("{folder}/table.yaml"));
                let table = crate::table::parse(table).map_err(|e| error(&table_path, e))?;
                tables.insert(folder.replace('-', "_"), table);
            }
            (Some(_), Some(_)) => {
                return Err(error(path(folder), "has both a rule and a `table.yaml`"));
            }
            (None, None) => {
                let reason = "has none of `rule.rego`, `rule.cedar` and `table.yaml`";
                return Err(error(path(folder), reason));
            }
        }
    }
    let named = files.into_iter().map(|(p, text)| (format!("{}/{p}", manifest.name), text));
    let files: BTreeMap<String, String> = named.collect();
    Ok(Bundle {
        name: manifest.name,
        version: manifest.version,
        jurisdiction: manifest.jurisdiction,
        effective_from: manifest.effective_from,
        effective_to: manifest.effective_to,
        sources: manifest.sources,
        owner: manifest.owner,
        approver: manifest.approver,
        digest: digest(&files),
        rules,
        tables,
        files,
    })
}

fn digest(files: &BTreeMap<String, String>) -> Digest {
    let mut lines = Sha256::new();
    for (path, text) in files {
        let file = Digest(Sha256::digest(text).into());
        lines.update(format!("{file}  {path}\n"));
    }
    Digest(lines.finalize().into())
}

/// `bundle.yaml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    name: String,
    version: String,
    jurisdiction: Option<String>,
    effective_from: Option<NaiveDate>,
    effective_to: Option<NaiveDate>,
    sources: Vec<String>,
    owner: String,
    approver: String,
}

impl Manifest {
    fn check(&self) -> Result<(), String> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.name.is_empty() || !self.name.bytes().all(fits) {
            let name = &self.name;
            return Err(format!("`{name}` is not a name of lower-case letters, digits, hyphens"));
        }
        let parts: Vec<_> = self.version.split('.').collect();
        if parts.len() != 3 || parts.iter().any(|p| p.parse::<u32>().is_err()) {
            return Err(format!("`{}` is not a version such as `1.2.0`", self.version));
        }
        if let (Some(from), Some(to)) = (self.effective_from, self.effective_to)
            && to <= from
        {
            return Err("`effective_to` is not after `effective_from`".to_owned());
        }
        Ok(())
    }
}

const NOT_TEXT: &str = "is not UTF-8 text";

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/bundles");
