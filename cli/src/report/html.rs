//! The report to open, print and forward: one page without script and without any outside
//! resource. The template escapes every value; nothing is passed to it as markup.

mod view;

use super::ReportError;
use super::content::Content;
use askama::Template as _;

/// Writes the page.
pub(super) fn write(content: &Content<'_>) -> Result<Vec<u8>, ReportError> {
    let page = view::Page::of(content);
    page.render().map(String::into_bytes).map_err(|e| ReportError::new("html", e))
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, fixture, render};

    fn page() -> String {
        let (pack, verification) = fixture::pack();
        String::from_utf8(render(Format::Html, &pack, &verification, None).unwrap()).unwrap()
    }

    #[test]
    fn nothing_on_the_page_runs_or_is_fetched() {
        let page = page();
        for forbidden in
            ["<script", "<link", "<img", "<iframe", " src=", "url(", "@import", "http:", "https:"]
        {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        for link in page.split("href=\"").skip(1) {
            assert!(link.starts_with('#'), "{}", &link[..20]);
        }
    }

    #[test]
    fn hostile_values_are_text() {
        let page = page();
        assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
        assert!(!page.contains("<b>pass one</b>") && !page.contains("<draft>"));
        assert!(page.contains("]]&#62;") && page.contains("=1+1"));
        assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
    }

    #[test]
    fn it_tells_amounts_in_full_and_the_difference_of_one_cent() {
        let page = page();
        assert!(page.contains("12,345,678,901,234,567,890.123456789012345678"));
        assert!(page.contains("-0.01"));
        assert!(page.contains("512.25"));
        assert!(page.contains("not a decimal number"));
        assert!(page.contains("INDETERMINATE"));
    }

    /// Every table has a caption, every head cell a scope, and ids are unique.
    #[test]
    fn tables_are_told_to_those_who_listen() {
        let page = page();
        let count = |what: &str| page.matches(what).count();
        assert_eq!(count("<table"), count("<caption"));
        assert_eq!(count("<th "), count("<th scope="));
        assert_eq!(count("<th>"), 0);
        let ids: Vec<_> =
            page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len());
        for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(unique.contains(&target), "{target}");
        }
    }
}
