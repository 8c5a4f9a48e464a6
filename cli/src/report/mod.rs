//! Reports: a verified pack as bytes for a reader.
//!
//! Step 8 of the path, the last one. Every writer is a pure function of the verified pack and of
//! what its verification said, so a report can say nothing that the pack doesn't, and the same
//! pack gives the same bytes. Personal columns are told where the pack discloses them, with a notice
//! that they are; a pack whose disclosures were deleted gives a report without them.
//!
//! | format | reader |
//! |---|---|
//! | [`Format::Text`] | the person at the terminal |
//! | [`Format::Json`] | programs; its schema is `docs/reference/run-result.schema.json` |
//! | [`Format::Html`] | the compliance officer: one page to open, print, forward |
//! | [`Format::Xlsx`] | the auditor: a workbook with exact amounts |
//! | [`Format::Parquet`] | whoever computes with the exceptions: typed columns |
//! | [`Format::Junit`] | a CI server: a control is a test case |
//! | [`Format::Sarif`] | a code host: one result for each control and code |
//! | [`Format::Openlineage`] | a lineage catalogue: events of the run and of each control |
//! | [`Format::Oscal`] | a governance tool: OSCAL assessment results |
//! | [`Format::TestResult`] | a supply-chain policy: an in-toto test result |

pub(crate) mod compared;
mod content;
mod html;
mod identity;
mod json;
mod junit;
mod openlineage;
mod oscal;
mod parquet;
pub(crate) mod reviewed;
pub(crate) mod sarif;
pub(crate) mod shown;
mod test_result;
mod text;
mod xlsx;

#[cfg(test)]
mod fixture;

use content::Content;
use reviewed::Reviewed;
use std::path::Path;
use tieout_evidence::verify::{Verification, VerifiedPack};

/// The formats of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Format {
    /// Plain text, 100 columns wide.
    Text,
    /// JSON, schema version 1.
    Json,
    /// One self-contained page.
    Html,
    /// A workbook.
    Xlsx,
    /// JUnit XML.
    Junit,
    /// SARIF 2.1.0.
    Sarif,
    /// The exceptions as Apache Parquet.
    Parquet,
    /// OpenLineage events, one a line.
    Openlineage,
    /// OSCAL 1.2.1 assessment results in JSON.
    Oscal,
    /// An in-toto statement with a test result, not signed.
    TestResult,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 10] = [
        Self::Text,
        Self::Json,
        Self::Html,
        Self::Xlsx,
        Self::Junit,
        Self::Sarif,
        Self::Parquet,
        Self::Openlineage,
        Self::Oscal,
        Self::TestResult,
    ];

    /// The usual ending of such a file's name, without the leading point.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Html => "html",
            Self::Xlsx => "xlsx",
            Self::Junit => "junit.xml",
            Self::Sarif => "sarif",
            Self::Parquet => "parquet",
            Self::Openlineage => "openlineage.ndjson",
            Self::Oscal => "oscal.json",
            Self::TestResult => "intoto.json",
        }
    }

    /// The format that a file's name asks for: by its [extension](Format::extension), `.xml` being
    /// JUnit, `.htm` HTML and `.sarif.json` SARIF; `None` for any other.
    pub fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let endings = [
            (".txt", Self::Text),
            (".sarif.json", Self::Sarif),
            (".oscal.json", Self::Oscal),
            (".intoto.json", Self::TestResult),
            (".json", Self::Json),
            (".html", Self::Html),
            (".htm", Self::Html),
            (".xlsx", Self::Xlsx),
            (".xml", Self::Junit),
            (".sarif", Self::Sarif),
            (".parquet", Self::Parquet),
            (".openlineage.ndjson", Self::Openlineage),
        ];
        endings.iter().find(|(ending, _)| name.ends_with(ending)).map(|&(_, format)| format)
    }
}

/// A report that could not be written; our bug, whatever the pack holds.
#[derive(Debug, thiserror::Error)]
#[error("can't write the {format} report: {reason}")]
pub struct ReportError {
    format: &'static str,
    reason: String,
}

impl ReportError {
    fn new(format: &'static str, reason: impl std::fmt::Display) -> Self {
        Self { format, reason: reason.to_string() }
    }
}

/// Writes the report of a pack, and of what people stated about it. The same pack, verification and
/// statements give the same bytes. Formats for programs tell what was signed with the pack: the exceptions gross.
///
/// # Errors
/// [`ReportError`] when a writer refuses its own input.
pub(crate) fn render(
    format: Format,
    pack: &VerifiedPack,
    verification: &Verification,
    reviewed: Option<&Reviewed>,
) -> Result<Vec<u8>, ReportError> {
    let content = Content { reviewed, ..Content::of(pack, verification) };
    match format {
        Format::Text => Ok(text::write(&content).into_bytes()),
        Format::Json => json::write(&content),
        Format::Html => html::write(&content),
        Format::Xlsx => xlsx::write(&content),
        Format::Junit => junit::write(&content),
        Format::Sarif => sarif::write(&content),
        Format::Parquet => parquet::write(&content),
        Format::Openlineage => openlineage::write(&content),
        Format::Oscal => oscal::write(&content),
        Format::TestResult => test_result::write(&content),
    }
}

/// How many controls there are and with which outcomes, such as `17 controls: 2 with exceptions, 15
/// without exceptions`.
pub(crate) fn tally(pack: &VerifiedPack, verification: &Verification) -> String {
    Content::of(pack, verification).tally()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_says_its_format() {
        for format in Format::ALL {
            let name = format!("out/Report.{}", format.extension().to_uppercase());
            assert_eq!(Format::of_file(Path::new(&name)), Some(format), "{name}");
        }
        assert_eq!(Format::of_file(Path::new("a.sarif.json")), Some(Format::Sarif));
        assert_eq!(Format::of_file(Path::new("report.pdf")), None);
        assert_eq!(Format::of_file(Path::new("..")), None);
    }

    #[test]
    fn the_same_pack_gives_the_same_bytes() {
        let (pack, verification) = fixture::pack();
        for format in Format::ALL {
            let first = render(format, &pack, &verification, None).unwrap();
            assert!(!first.is_empty(), "{format:?}");
            assert!(first == render(format, &pack, &verification, None).unwrap(), "{format:?}");
        }
    }

    /// Records whose fields are missing or of another type than expected are told as unknown.
    #[test]
    fn no_record_line_stops_a_report() {
        let (mut pack, verification) = fixture::pack();
        let lines = [
            "null",
            "[]",
            r#"{"control":"FOC-R03"}"#,
            r#"{"control":"FOC-R03","decision":"violates"}"#,
            r#"{"control":"FOC-R03","decision":"violates","facts":[{}, 7],"key":9,"row":[]}"#,
            r#"{"control":"FOC-R03","decision":"undetermined","causes":[{"rule":"x"}]}"#,
        ];
        pack.records.extend(lines.iter().map(|l| serde_json::from_str(l).unwrap()));
        for format in Format::ALL {
            render(format, &pack, &verification, None).unwrap();
        }
    }
}
