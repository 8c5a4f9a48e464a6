//! Looking at a file before it is a dataset.

mod look;
mod propose;

use self::look::Look;
use crate::dataset::{Encoding, Format, Reading, Rows, SourceFile, source};
use crate::run::RunError;
use tieout_controls::SchemaProfile;

/// What a file seems to hold. Proposals, for a person to confirm.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The rows.
    pub rows: u64,
    /// The columns in their order.
    pub columns: Vec<InspectedColumn>,
    /// The profiles that fit, best first, with the columns of the profile that are missing and
    /// the columns of the file that it doesn't know.
    pub profiles: Vec<ProfileFit>,
    /// The settings that the file seems to need under the best profile.
    pub proposal: Reading,
}

/// A column as seen. No values: they may be personal.
#[derive(Debug, Clone)]
pub struct InspectedColumn {
    /// Its name.
    pub name: String,
    /// What its values look like, such as `decimal, 11 digits behind the point`.
    pub looks_like: String,
    /// How many are null or look like a null marker.
    pub nulls: u64,
}

/// How a profile fits.
#[derive(Debug, Clone)]
pub struct ProfileFit {
    /// The profile.
    pub profile: &'static SchemaProfile,
    /// Its mandatory columns that the file lacks.
    pub missing: Vec<String>,
    /// The file's columns that it doesn't know.
    pub unknown: Vec<String>,
}

/// Looks at a file. What the settings given leave open is proposed; nothing is changed in what they
/// state.
///
/// # Errors
/// When it can't be read at all.
pub fn inspect(file: &SourceFile, reading: &Reading) -> Result<Inspection, RunError> {
    let mut proposal = reading.clone();
    let mut rows = opened(file, &mut proposal)?;
    let names = rows.columns().to_vec();
    let mut looks: Vec<Look> = names.iter().map(|_| Look::default()).collect();
    let mut count = 0;
    while let Some(row) = rows.next_row()? {
        count += 1;
        match row.cells {
            Ok(cells) => looks.iter_mut().zip(&cells).for_each(|(look, cell)| look.add(cell)),
            Err(refusal) if refusal.code == "invalid-utf8" => proposal.encoding = Encoding::Latin1,
            Err(_) => {}
        }
    }
    let floats = floats(file, reading)?;
    for (name, look) in names.iter().zip(&mut looks) {
        look.float = floats.contains(name);
    }
    let profiles = propose::fits(&names);
    propose::settings(&names, &looks, profiles.first(), &mut proposal);
    let columns = names.into_iter().zip(&looks).map(|(name, look)| InspectedColumn {
        name,
        looks_like: look.words(),
        nulls: look.nulls(),
    });
    Ok(Inspection { rows: count, columns: columns.collect(), profiles, proposal })
}

/// Opens the file; a CSV whose header is one column until it is cut at another delimiter gets that
/// delimiter, one whose header is not UTF-8 is read as ISO 8859-1.
fn opened(file: &SourceFile, proposal: &mut Reading) -> Result<Box<dyn Rows>, RunError> {
    let first = match source::open(file.into(), proposal) {
        Err(RunError::Input { code: "invalid-header", .. })
            if proposal.encoding == Encoding::Utf8 =>
        {
            proposal.encoding = Encoding::Latin1;
            source::open(file.into(), proposal)?
        }
        other => other?,
    };
    let [only] = first.columns() else { return Ok(first) };
    let wider = [';', '\t', '|', ','].into_iter().max_by_key(|cut| only.matches(*cut).count());
    match wider.filter(|cut| only.contains(*cut)) {
        Some(delimiter) if source::format(&file.shown, proposal)? == Format::Csv => {
            proposal.delimiter = delimiter;
            source::open(file.into(), proposal)
        }
        _ => Ok(first),
    }
}

/// The columns of a Parquet file that are binary floating point.
fn floats(file: &SourceFile, reading: &Reading) -> Result<Vec<String>, RunError> {
    let Some(schema) = source::parquet_schema(file.into(), reading)? else {
        return Ok(Vec::new());
    };
    let floats = schema.fields().iter().filter(|field| field.data_type().is_floating());
    Ok(floats.map(|field| field.name().clone()).collect())
}
