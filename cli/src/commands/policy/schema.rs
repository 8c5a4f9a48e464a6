//! `tieout policy schema`.

use crate::args::AuthoredFile;
use crate::diagnostic::Outcome;
use crate::exit::Exit;
use crate::output;
use crate::text::table;
use clap::ValueEnum;

/// Prints the JSON Schema of a file that people write, or which there are.
pub(in crate::commands) fn schema(file: Option<AuthoredFile>) -> Outcome<Exit> {
    match file {
        Some(file) => output::print(text(file))?,
        None => {
            let row = |file: &AuthoredFile| {
                let value = file.to_possible_value();
                let help = value.as_ref().and_then(|v| v.get_help()).map(ToString::to_string);
                let name = value.map(|v| v.get_name().to_owned());
                vec![name.unwrap_or_default(), help.unwrap_or_default()]
            };
            let rows: Vec<_> = AuthoredFile::value_variants().iter().map(row).collect();
            output::print(&table(&rows))?;
        }
    }
    Ok(Exit::Success)
}

fn text(file: AuthoredFile) -> &'static str {
    macro_rules! schema {
        ($name:literal) => {
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../docs/reference/schemas/",
                $name,
                ".schema.json"
            ))
        };
    }
    match file {
        AuthoredFile::Workspace => schema!("workspace"),
        AuthoredFile::Control => schema!("control"),
        AuthoredFile::Bundle => schema!("bundle"),
        AuthoredFile::Table => schema!("table"),
        AuthoredFile::Request => schema!("request"),
        AuthoredFile::Equivalent => schema!("equivalent"),
        AuthoredFile::Waiver => schema!("waiver"),
    }
}
