//! The record lines and what is disclosed of them.

use super::content::each_line;
use super::folder::{Covered, Folder};
use crate::claims::TreeHead;
use crate::disclosure;
use crate::layout::{MAX_LINE, RECORD_DISCLOSURES, RECORDS};
use crate::line::{LINE_VERSION, Line, RecordLine, SD_ALG};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use tieout_controls::result::CodeSummary;
use tieout_controls::{ControlId, Count, RunResult, Totals};

/// What the record lines hold.
#[derive(Default)]
pub(super) struct Records {
    /// The lines with the disclosures put in their place.
    pub(super) lines: Vec<Value>,
    /// For each record: its index in the population, its control and its decision.
    pub(super) links: BTreeMap<u64, (ControlId, String)>,
    /// What the lines add up to, by control.
    tallies: BTreeMap<ControlId, Tally>,
    /// The number of digests whose disclosures are not there.
    pub(super) withheld: u64,
}

#[derive(Default)]
struct Tally {
    violates: Count,
    undetermined: Count,
    by_code: BTreeMap<String, CodeSummary>,
    amounts: Totals,
}

/// Reads the lines, and puts the refused rows back into the result.
pub(super) fn read(
    folder: &Folder,
    covered: &Covered<'_>,
    head: &TreeHead,
    result: &mut RunResult,
) -> Result<Records, String> {
    let mut records = Records::default();
    let mut disclosures = Disclosures::open(folder, RECORD_DISCLOSURES)?;
    each_line(covered, RECORDS, head, |text| match Line::parse(text)? {
        Line::Refused(line) => {
            if line.v != LINE_VERSION {
                return Err("a format version other than 1".to_owned());
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
        Line::Record(_) => Err("a record after the refused rows".to_owned()),
    })?;
    disclosures.end()?;
    Ok(records)
}

impl Records {
    fn add(&mut self, line: &RecordLine) -> Result<(), String> {
        if line.v != LINE_VERSION || line.sd_alg.as_deref().is_some_and(|alg| alg != SD_ALG) {
            return Err("a format version or hash that is not known".to_owned());
        }
        let index = line.population.0;
        if self.links.last_key_value().is_some_and(|(last, _)| *last >= index) {
            return Err("records are not in the population's order".to_owned());
        }
        self.links.insert(index, (line.control.clone(), line.decision.clone()));
        let tally = self.tallies.entry(line.control.clone()).or_default();
        match line.decision.as_str() {
            "violates" if !line.facts.is_empty() => tally.violates.increment(),
            "undetermined" if line.facts.is_empty() => tally.undetermined.increment(),
            _ => return Err("a decision that no record line has".to_owned()),
        }
        let currency = line.exposure.as_ref().map_or("", |money| money.currency.as_str());
        for fact in &line.facts {
            let code = tally.by_code.entry(fact.code.clone()).or_default();
            code.count.increment();
            if let Some(amount) = &fact.amount {
                let sum = code.amounts.add(amount, currency);
                sum.and_then(|()| tally.amounts.add(amount, currency))
                    .map_err(|e| e.to_string())?;
            }
        }
        Ok(())
    }

    /// The line with what is disclosed of it.
    fn disclose(
        &mut self,
        line: &RecordLine,
        text: &str,
        disclosures: &mut Disclosures,
    ) -> Result<Value, String> {
        let mut shown = crate::json::value(text.as_bytes())?;
        let mut fill = |object: Option<&mut Map<String, Value>>, digests: &[String]| {
            let Some(object) = object else { return Ok(()) };
            object.remove("_sd");
            let mut left = Vec::new();
            for digest in digests {
                match disclosures.next(digest)? {
                    Some((name, value)) if !object.contains_key(&name) => {
                        object.insert(name, value);
                    }
                    Some(_) => return Err("a disclosure of a field that is there".to_owned()),
                    None => left.push(Value::from(digest.as_str())),
                }
            }
            if !left.is_empty() {
                self.withheld = self.withheld.saturating_add(Count::of(left.len()).0);
                object.insert("_sd".to_owned(), Value::from(left));
            }
            Ok(())
        };
        for (number, fact) in line.facts.iter().enumerate() {
            let object = shown.get_mut("facts").and_then(|facts| facts.get_mut(number));
            fill(object.and_then(Value::as_object_mut), &fact.sd)?;
        }
        if let Some(personal) = &line.personal {
            let object = shown.get_mut("personal").and_then(Value::as_object_mut);
            fill(object, &personal.sd)?;
        }
        Ok(shown)
    }
}

/// Holds the lines against what the result counts and sums.
pub(super) fn count(records: &Records, result: &RunResult) -> Result<(), String> {
    let none = Tally::default();
    for test in &result.tests {
        let id = &test.control.id;
        let tally = records.tallies.get(id).unwrap_or(&none);
        let differing = [
            (tally.violates != test.counts.violates, "violating records"),
            (tally.undetermined != test.counts.undetermined, "undetermined records"),
            (tally.by_code != test.by_code, "exceptions by code"),
            (tally.amounts != test.exception_amounts, "amounts of exceptions"),
        ];
        if let Some((_, what)) = differing.iter().find(|(differs, _)| *differs) {
            return Err(format!("{id}: `{RECORDS}` and the result differ in {what}"));
        }
    }
    if let Some(id) = records.tallies.keys().find(|id| result.test(id).is_none()) {
        return Err(format!("`{RECORDS}` has records of {id}, which was not run"));
    }
    for dataset in &result.datasets {
        let own = result.refused_rows.iter().filter(|row| row.dataset == dataset.name);
        let rows: BTreeSet<_> = own.map(|row| (&row.file, row.row)).collect();
        if Count::of(rows.len()) != dataset.refused {
            let name = &dataset.name;
            return Err(format!("`{RECORDS}` does not have the refused rows of `{name}`"));
        }
    }
    Ok(())
}

/// A file of disclosures, read line by line beside the digests that it is to match: the JSON text
/// of a disclosure, or `null` for one that is withheld. Without the file all are withheld.
pub(super) struct Disclosures {
    reader: Option<BufReader<File>>,
    path: &'static str,
    line: u64,
}

impl Disclosures {
    pub(super) fn open(folder: &Folder, path: &'static str) -> Result<Self, String> {
        let file = folder.has(path).then(|| folder.open(path)).transpose()?;
        Ok(Self { reader: file.map(BufReader::new), path, line: 0 })
    }

    /// Whether the file is there.
    pub(super) fn present(&self) -> bool {
        self.reader.is_some()
    }

    /// The name and value that the digest stands for; `None` when they are withheld.
    pub(super) fn next(&mut self, digest: &str) -> Result<Option<(String, Value)>, String> {
        let Some(text) = self.next_line()? else { return Ok(None) };
        if text == "null" {
            return Ok(None);
        }
        if disclosure::digest(&text) != digest {
            return Err(self.place("not what the digest stands for"));
        }
        disclosure::parse(&text).map(Some).map_err(|e| self.place(&e))
    }

    fn next_line(&mut self) -> Result<Option<String>, String> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        self.line = self.line.saturating_add(1);
        let mut bytes = Vec::new();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = reader.take(most).read_until(b'\n', &mut bytes);
        read.map_err(|e| self.place(&format!("can't be read: {e}")))?;
        let text = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        let text = text.ok_or_else(|| self.place("missing, too long, or not UTF-8"))?;
        Ok(Some(text.to_owned()))
    }

    /// Checks that nothing is left.
    pub(super) fn end(self) -> Result<(), String> {
        let Some(mut reader) = self.reader else { return Ok(()) };
        let mut rest = [0];
        match reader.read(&mut rest) {
            Ok(0) => Ok(()),
            _ => Err(format!("`{}` has more lines than there are digests", self.path)),
        }
    }

    fn place(&self, what: &str) -> String {
        format!("`{}`, line {}: {what}", self.path, self.line)
    }
}
