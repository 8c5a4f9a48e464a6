//! The built-in catalogue, embedded, and the reader of catalogue files.
//!
//! `catalogue/<family>/<control-id>/` holds `control.yaml` (a [`Control`]) and `README.md` (its
//! page: Objective, Risk, Population, Test, What an exception means, Evidence, References).

use crate::control::{Control, ControlId};
use include_dir::{Dir, DirEntry, include_dir};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/catalogue");

/// A catalogue item with the texts it came from.
#[derive(Debug, Clone)]
pub struct CatalogueItem {
    /// The control.
    pub control: Control,
    /// Its `control.yaml`, as written.
    pub source: String,
    /// Its page.
    pub page: String,
}

impl CatalogueItem {
    /// Whether it judges a proposed change of rates or policies, family `gate`, and no records of a period.
    pub fn of_the_gate(&self) -> bool {
        self.control.family == "gate"
    }
}

/// A catalogue file that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct CatalogueError {
    /// The file.
    pub path: String,
    /// What is wrong, with line and column where there are some.
    pub reason: String,
}

/// The built-in controls, by id.
///
/// # Errors
/// A built-in file that can't be read is our bug; its path and reason are given.
pub fn builtin() -> Result<Vec<CatalogueItem>, CatalogueError> {
    let mut items = Vec::new();
    for folder in FILES.dirs().flat_map(Dir::dirs) {
        let text = |name: &str| {
            let path = folder.path().join(name);
            let found =
                folder.entries().iter().filter_map(DirEntry::as_file).find(|f| f.path() == path);
            let missing =
                || CatalogueError { path: path.display().to_string(), reason: "missing".into() };
            let text = found.and_then(|f| f.contents_utf8()).ok_or_else(missing)?;
            Ok((path.display().to_string(), text.to_owned()))
        };
        let (path, source) = text("control.yaml")?;
        let (_, page) = text("README.md")?;
        let control = parse(&path, &source)?;
        items.push(CatalogueItem { control, source, page });
    }
    items.sort_by(|a, b| a.control.id.cmp(&b.control.id));
    Ok(items)
}

/// The built-in control of that id.
///
/// # Errors
/// As [`builtin`].
pub fn find(id: &ControlId) -> Result<Option<CatalogueItem>, CatalogueError> {
    Ok(builtin()?.into_iter().find(|item| &item.control.id == id))
}

/// Reads a `control.yaml`. Duplicate keys, unknown keys and lax booleans are refused.
///
/// # Errors
/// What is wrong, with line and column.
pub fn parse(path: &str, source: &str) -> Result<Control, CatalogueError> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(source, options)
        .map_err(|e| CatalogueError { path: path.to_owned(), reason: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_in_its_folder_and_its_page_has_the_headings() {
        let items = builtin().unwrap();
        assert!(items.len() >= 16, "{} controls", items.len());
        for item in items {
            let id = item.control.id.as_str();
            let folder = format!("{}/{}", item.control.family, id.to_lowercase());
            assert!(FILES.get_dir(&folder).is_some(), "{id} is not in {folder}");
            let headings: Vec<_> =
                item.page.lines().filter_map(|l| l.strip_prefix("## ")).collect();
            let expected = [
                "Objective",
                "Risk",
                "Population",
                "Test",
                "What an exception means",
                "Evidence",
                "References",
            ];
            assert_eq!(headings, expected, "{id}");
        }
    }
}
