//! The record lines and what is disclosed of them.

use super::Withheld;
use super::content::each_line;
use super::disclosed::Disclosures;
use super::folder::Covered;
use super::place::{Decided, Entry};
use super::stop::Stop;
use crate::claims::{FieldNames, TreeHead};
use crate::consistency::PolicyFiles;
use crate::layout::RECORDS;
use crate::line::{LINE_VERSION, Line, RecordLine, SD_ALG, WITHHELD_IN_FACTS};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::result::{CodeSummary, UndeterminedGroup};
use tieout_controls::{Cause, ControlId, Count, RunResult, Totals};

/// What the record lines hold.
#[derive(Default)]
pub(super) struct Records {
    /// The lines with the disclosures put in their place.
    pub(super) lines: Vec<Value>,
    /// For each record its index in the population: what it says, and its place in `lines`.
    pub(super) entries: BTreeMap<u64, (Entry, usize)>,
    /// What the lines add up to, by control.
    tallies: BTreeMap<ControlId, Tally>,
    /// The columns that stand in the lines; of the personal ones those that are disclosed.
    fields: FieldNames,
    /// The files of the rules that the lines name.
    rules: BTreeSet<String>,
    /// The digests whose disclosures are not there.
    pub(super) withheld: Vec<Withheld>,
    /// The number of them that stand for columns.
    withheld_columns: u64,
}

#[derive(Default)]
struct Tally {
    violates: Count,
    undetermined: Count,
    by_code: BTreeMap<String, CodeSummary>,
    amounts: Totals,
    groups: BTreeMap<Cause, UndeterminedGroup>,
}

/// Reads the lines, and puts the refused rows back into the result.
pub(super) fn read(
    covered: &Covered<'_>,
    head: &TreeHead,
    mut disclosures: Disclosures<'_>,
    result: &mut RunResult,
) -> Result<Records, Stop> {
    let mut records = Records::default();
    each_line(covered, RECORDS, head, |text| match Line::parse(text)? {
        Line::Refused(line) => {
            if line.v != LINE_VERSION {
                return Err("a format version other than 1".into());
            }
            result.refused_rows.push(line.row);
            records.lines.push(crate::json::value(text.as_bytes())?);
            Ok(())
        }
        Line::Record(line) if result.refused_rows.is_empty() => {
            records.add(&line)?;
            let shown = records.disclose(&line, text, &mut disclosures)?;
            records.lines.push(shown);
            Ok(())
        }
        Line::Record(_) => Err("a record after the refused rows".into()),
    })?;
    records.withheld = disclosures.end()?;
    Ok(records)
}

impl Records {
    fn add(&mut self, line: &RecordLine) -> Result<(), String> {
        check_form(line)?;
        let index = line.population.0;
        if self.entries.last_key_value().is_some_and(|(last, _)| *last >= index) {
            return Err("records are not in the population's order".to_owned());
        }
        let entry = Entry::of(line)?;
        let tally = self.tallies.entry(line.control.clone()).or_default();
        tally.add(line, entry.decision).map_err(|e| e.to_string())?;
        self.entries.insert(index, (entry, self.lines.len()));
        self.fields.clear.extend(line.key.keys().chain(line.values.keys()).cloned());
        let rules = line.facts.iter().map(|fact| &fact.rule);
        for rule in rules.chain(line.causes.iter().map(|cause| &cause.rule)) {
            if !self.rules.contains(&rule.file) {
                self.rules.insert(rule.file.clone());
            }
        }
        Ok(())
    }

    /// The line with what is disclosed of it.
    fn disclose(
        &mut self,
        line: &RecordLine,
        text: &str,
        disclosures: &mut Disclosures<'_>,
    ) -> Result<Value, Stop> {
        let mut shown = crate::json::value(text.as_bytes())?;
        let leaf = Count::of(self.lines.len()).0;
        for (number, fact) in line.facts.iter().enumerate() {
            let object = shown.get_mut("facts").and_then(|facts| facts.get_mut(number));
            fill(object, (leaf, &fact.sd), disclosures, |name, value| {
                WITHHELD_IN_FACTS.contains(&name) && value.is_string()
            })?;
        }
        if let Some(personal) = &line.personal {
            let object = shown.get_mut("personal");
            let names = &mut self.fields.personal;
            let left = fill(object, (leaf, &personal.sd), disclosures, |name, _| {
                names.insert(name.to_owned());
                name != "_sd"
            })?;
            self.withheld_columns = self.withheld_columns.saturating_add(left);
        }
        Ok(shown)
    }
}

/// What is personal stands in digests only, and digests only where something is.
fn check_form(line: &RecordLine) -> Result<(), String> {
    if line.v != LINE_VERSION || line.sd_alg.as_deref().is_some_and(|alg| alg != SD_ALG) {
        return Err("a format version or hash that is not known".to_owned());
    }
    let personal = line.personal.is_some();
    let digests = line.personal.as_ref().is_none_or(|personal| !personal.sd.is_empty());
    let facts = line.facts.iter().all(|fact| {
        if personal {
            fact.expected.is_none() && fact.actual.is_none() && fact.message.is_none()
        } else {
            fact.sd.is_empty()
        }
    });
    if digests && facts && line.sd_alg.is_some() == personal {
        Ok(())
    } else {
        Err("what is withheld is not what the format withholds".to_owned())
    }
}

/// Puts disclosures into the place of their digests; gives the number of those that are not there.
fn fill(
    object: Option<&mut Value>,
    (leaf, digests): (u64, &[String]),
    disclosures: &mut Disclosures<'_>,
    mut belongs: impl FnMut(&str, &Value) -> bool,
) -> Result<u64, Stop> {
    let Some(object) = object.and_then(Value::as_object_mut) else { return Ok(0) };
    object.shift_remove("_sd");
    let mut left = Vec::new();
    for digest in digests {
        match disclosures.next(leaf, digest)? {
            Some(field)
                if !object.contains_key(&field.name) && belongs(&field.name, &field.value) =>
            {
                object.insert(field.name, field.value);
            }
            Some(_) => return Err(disclosures.wrong("not a field that is withheld there")),
            None => left.push(Value::from(digest.as_str())),
        }
    }
    let number = Count::of(left.len()).0;
    if number > 0 {
        object.insert("_sd".to_owned(), Value::from(left));
    }
    Ok(number)
}

impl Tally {
    /// As `tieout_controls::conclude` adds up.
    fn add(
        &mut self,
        line: &RecordLine,
        decision: Decided,
    ) -> Result<(), tieout_controls::decimal::DecimalError> {
        match decision {
            Decided::Undetermined => self.undetermined.increment(),
            _ => self.violates.increment(),
        }
        let currency = line.exposure.as_ref().map_or("", |money| money.currency.as_str());
        for fact in &line.facts {
            let code = self.by_code.entry(fact.code.clone()).or_default();
            code.count.increment();
            if let Some(amount) = &fact.amount {
                code.amounts.add(amount, currency)?;
                self.amounts.add(amount, currency)?;
            }
        }
        for cause in &line.causes {
            let group = self.groups.entry(cause.clone()).or_insert_with(|| UndeterminedGroup {
                cause: cause.clone(),
                count: Count(0),
                exposure: Totals::default(),
                exposure_unknown: Count(0),
            });
            group.count.increment();
            match &line.exposure {
                Some(money) => group.exposure.add(&money.amount, &money.currency)?,
                None => group.exposure_unknown.increment(),
            }
        }
        Ok(())
    }
}

/// Holds the lines against what the result counts and sums, and against the policies.
pub(super) fn count(
    records: &Records,
    result: &RunResult,
    policies: &PolicyFiles,
) -> Result<(), String> {
    let none = Tally::default();
    for test in &result.tests {
        let id = &test.control.id;
        let tally = records.tallies.get(id).unwrap_or(&none);
        let differing = [
            (tally.violates != test.counts.violates, "violating records"),
            (tally.undetermined != test.counts.undetermined, "undetermined records"),
            (tally.by_code != test.by_code, "exceptions by code"),
            (tally.amounts != test.exception_amounts, "amounts of exceptions"),
            (!tally.groups.values().eq(&test.undetermined), "causes of undetermined records"),
        ];
        if let Some((_, what)) = differing.iter().find(|(differs, _)| *differs) {
            return Err(format!("{id}: `{RECORDS}` and the result differ in {what}"));
        }
    }
    if let Some(id) = records.tallies.keys().find(|id| result.test(id).is_none()) {
        return Err(format!("`{RECORDS}` has records of {id}, which was not run"));
    }
    if let Some(file) = records.rules.iter().find(|file| !policies.contains_key(*file)) {
        return Err(format!("`{RECORDS}` names a rule in `policy/{file}`, which is not there"));
    }
    refused(result)
}

/// The refused rows are those that the datasets count, in files and rows that they have.
fn refused(result: &RunResult) -> Result<(), String> {
    let mut rows: BTreeMap<&str, BTreeSet<(&str, Count)>> = BTreeMap::new();
    for row in &result.refused_rows {
        let dataset = result.datasets.iter().find(|dataset| dataset.name == row.dataset);
        let has = dataset.is_some_and(|dataset| {
            dataset.files.contains(&row.file) && row.row > Count(0) && row.row <= dataset.rows
        });
        if !has {
            return Err(format!("`{RECORDS}` has a refused row that no dataset has"));
        }
        rows.entry(&row.dataset).or_default().insert((&row.file, row.row));
    }
    for dataset in &result.datasets {
        let name = dataset.name.as_str();
        if Count::of(rows.get(name).map_or(0, BTreeSet::len)) != dataset.refused {
            return Err(format!("`{RECORDS}` does not have the refused rows of `{name}`"));
        }
    }
    Ok(())
}

/// The statement names the columns that stand in the lines. Of the personal ones, those that are
/// not disclosed can't be told.
pub(super) fn fields(records: &Records, stated: &FieldNames) -> Result<(), String> {
    let found = &records.fields;
    let personal = if records.withheld_columns == 0 {
        found.personal == stated.personal
    } else {
        !stated.personal.is_empty() && found.personal.is_subset(&stated.personal)
    };
    if found.clear == stated.clear && personal {
        Ok(())
    } else {
        Err(format!("`{RECORDS}` and the statement differ in the columns"))
    }
}
