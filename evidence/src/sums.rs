//! Lists of digests in the form of GNU `sha256sum`: `SHA256SUMS` and `policy/MANIFEST`.

use crate::layout::is_path;
use std::collections::BTreeMap;
use std::fmt;
use tieout_controls::Digest;

/// Paths with the digests of their files, in the order of the paths' bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums(pub(crate) BTreeMap<String, Digest>);

impl Sums {
    /// Reads a list: lines of 64 hexadecimal digits, two spaces and a path, each with a newline,
    /// strictly ascending by path.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
        let mut sums = BTreeMap::new();
        let mut last = "";
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let wrong = |what: &str| format!("line {}: {what}", number.saturating_add(1));
            let line = line.strip_suffix('\n').ok_or_else(|| wrong("no newline"))?;
            let (digest, path) =
                line.split_once("  ").ok_or_else(|| wrong("no digest and path"))?;
            let digest = digest.parse().map_err(|e| wrong(&format!("{e}")))?;
            if !is_path(path) {
                return Err(wrong("not a path within the pack"));
            }
            if path <= last {
                return Err(wrong("paths are not ascending"));
            }
            last = path;
            sums.insert(path.to_owned(), digest);
        }
        Ok(Self(sums))
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(path, digest)| writeln!(f, "{digest}  {path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_only() {
        let digest = "ab".repeat(32);
        let text = format!("{digest}  a/b c.txt\n{digest}  a/d\n");
        assert_eq!(Sums::parse(text.as_bytes()).unwrap().to_string(), text);
        for wrong in [
            text.replace("  a/d", " *a/d"),
            text.replace("a/d", "../d"),
            text.replace("a/d", "/d"),
            text.replace("a/d", "a//d"),
            text.replace("a/d", "a/\\d"),
            text.replace("a/d", "a/b c.txt"),
            text.replace("a/d", "A"),
            text.replace("ab", "AB"),
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
        ] {
            assert!(Sums::parse(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
