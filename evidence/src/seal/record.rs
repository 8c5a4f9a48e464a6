//! Evaluated records as a pack writes them.

use super::SealError;
use crate::claims::FieldNames;
use crate::disclosure;
use crate::line::{
    FactLine, LINE_VERSION, RecordKind, RecordLine, SD_ALG, WITHHELD_IN_FACTS, Withheld,
};
use crate::salt::{Salted, Salts};
use serde_json::{Map, Value, json};
use tieout_controls::record::{Field, FieldClass};
use tieout_controls::{Count, EvaluatedRecord, Fact};

/// The disclosure of a record of the population.
pub(super) fn population(record: &EvaluatedRecord, index: u64, salts: &Salts) -> String {
    let of = &record.record;
    let content = json!({
        "control": record.control,
        "dataset": of.dataset,
        "file": of.file,
        "row": of.row,
        "key": object(of.key.iter()),
        "decision": record.decision.word(),
    });
    disclosure::text(&salts.salt(Salted::Population, index, 0), "record", &content)
}

/// The line of a record that violates or is undetermined, and the disclosures that belong to it,
/// in the order of their digests in the line.
pub(super) fn line(
    record: &EvaluatedRecord,
    place: Place,
    salts: &Salts,
    names: &mut FieldNames,
) -> Result<(RecordLine, Vec<String>), SealError> {
    let of = &record.record;
    let mut withheld = Disclosures { salts, line: place.line, texts: Vec::new() };
    let personal = personal(record);
    let facts = record.decision.facts().iter();
    let facts = facts.map(|fact| fact_line(fact, !personal.is_empty(), &mut withheld));
    let facts = facts.collect::<Result<_, _>>()?;
    let mut sd = Vec::new();
    for (name, value) in &personal {
        sd.push(withheld.add(name, value)?);
        names.personal.insert(name.clone());
    }
    for field in clear(&of.key).chain(clear(&record.values)) {
        names.clear.insert(field.name.clone());
    }
    let sd_alg = (!withheld.texts.is_empty()).then(|| SD_ALG.to_owned());
    let line = RecordLine {
        v: LINE_VERSION.to_owned(),
        kind: RecordKind::Record,
        control: record.control.clone(),
        decision: record.decision.word().to_owned(),
        dataset: of.dataset.clone(),
        file: of.file,
        row: of.row,
        population: Count(place.population),
        key: object(clear(&of.key)),
        facts,
        causes: record.decision.causes().to_vec(),
        exposure: record.exposure.clone(),
        values: object(clear(&record.values)),
        personal: (!sd.is_empty()).then_some(Withheld { sd }),
        sd_alg,
    };
    Ok((line, withheld.texts))
}

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its index among the record lines.
    pub(super) line: u64,
    /// Its index in the population.
    pub(super) population: u64,
}

struct Disclosures<'a> {
    salts: &'a Salts,
    line: u64,
    texts: Vec<String>,
}

impl Disclosures<'_> {
    /// Adds a disclosure and gives its digest.
    fn add(&mut self, name: &str, value: &Value) -> Result<String, SealError> {
        let slot = u16::try_from(self.texts.len());
        let slot = slot.map_err(|_| SealError::new("a record has more than 65,535 fields"))?;
        let text = disclosure::text(&self.salts.salt(Salted::Record, self.line, slot), name, value);
        let digest = disclosure::digest(&text);
        self.texts.push(text);
        Ok(digest)
    }
}

/// The personal columns of key and values. A column in both with one value is told once; with two,
/// the second has `value.` in front.
fn personal(record: &EvaluatedRecord) -> Vec<(String, Value)> {
    let mut fields: Vec<(String, Value)> = Vec::new();
    for field in record.record.key.iter().chain(&record.values) {
        if field.class == FieldClass::Clear {
            continue;
        }
        let value = field.value.to_json();
        match fields.iter().find(|(name, _)| *name == field.name) {
            None => fields.push((field.name.clone(), value)),
            Some((_, same)) if *same == value => {}
            Some(_) => fields.push((format!("value.{}", field.name), value)),
        }
    }
    fields
}

fn clear(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| field.class == FieldClass::Clear)
}

fn object<'a>(fields: impl Iterator<Item = &'a Field>) -> Map<String, Value> {
    fields.map(|field| (field.name.clone(), field.value.to_json())).collect()
}

/// What a rule expected, what it found and what it says may repeat a personal column, so in a
/// record that has one they are withheld with it.
fn fact_line(
    fact: &Fact,
    personal: bool,
    withheld: &mut Disclosures<'_>,
) -> Result<FactLine, SealError> {
    let mut line = FactLine {
        rule: fact.rule.clone(),
        code: fact.code.clone(),
        expected: fact.expected.clone(),
        actual: fact.actual.clone(),
        amount: fact.amount.clone(),
        message: fact.message.clone(),
        sd: Vec::new(),
    };
    if personal {
        let values = [line.expected.take(), line.actual.take(), line.message.take()];
        for (name, value) in WITHHELD_IN_FACTS.into_iter().zip(values) {
            if let Some(value) = value {
                line.sd.push(withheld.add(name, &Value::from(value))?);
            }
        }
    }
    Ok(line)
}
