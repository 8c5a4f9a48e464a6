//! Evaluated records as a pack writes them.

use super::SealError;
use super::persons::{Disclosed, Keys};
use crate::claims::FieldNames;
use crate::disclosure;
use crate::line::{
    FactLine, LINE_VERSION, RecordKind, RecordLine, SD_ALG, WITHHELD_IN_FACTS, Withheld,
};
use crate::line_proof::Tree;
use crate::subjects;
use crate::vault::KeySet;
use serde_json::{Map, Value, json};
use tieout_controls::record::{Field, FieldClass};
use tieout_controls::{Count, EvaluatedRecord, Fact};

/// The disclosure of a record of the population.
pub(super) fn population(
    record: &EvaluatedRecord,
    index: u64,
    keys: &Keys<'_>,
) -> Result<Disclosed, SealError> {
    let of = &record.record;
    let content = json!({
        "control": record.control,
        "dataset": of.dataset,
        "file": of.file,
        "row": of.row,
        "key": object(of.key.iter()),
        "decision": record.decision.word(),
    });
    let whose = keys.of(&of.dataset, &subjects::of_fields(&of.key))?;
    let salt = keys.salt(whose.as_ref(), (Tree::Population, index, 0));
    Ok(Disclosed { text: disclosure::text(&salt, "record", &content), keys: whose })
}

/// The line of a record that violates or is undetermined, and the disclosures that belong to it,
/// in the order of their digests in the line.
pub(super) fn line(
    record: &EvaluatedRecord,
    place: Place,
    keys: &Keys<'_>,
    names: &mut FieldNames,
) -> Result<(RecordLine, Vec<Disclosed>), SealError> {
    let of = &record.record;
    // What is about none of them alone is about all of them.
    let all = keys.of(&of.dataset, &subjects::of_fields(of.key.iter().chain(&record.values)))?;
    let mut withheld = Disclosures { keys, line: place.line, all, texts: vec![] };
    let personal = personal(record);
    let facts = record.decision.facts().iter();
    let facts = facts.map(|fact| fact_line(fact, !personal.is_empty(), &mut withheld));
    let facts = facts.collect::<Result<_, _>>()?;
    let mut sd = Vec::new();
    for (name, value) in &personal {
        let whose = match subjects::of_value(value) {
            none if none.is_empty() => withheld.all.clone(),
            some => keys.of(&of.dataset, &some)?,
        };
        sd.push(withheld.add(name, value, whose)?);
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
    keys: &'a Keys<'a>,
    line: u64,
    /// The key of all whom the record is about.
    all: Option<KeySet>,
    texts: Vec<Disclosed>,
}

impl Disclosures<'_> {
    /// Adds a disclosure and gives its digest.
    fn add(
        &mut self,
        name: &str,
        value: &Value,
        whose: Option<KeySet>,
    ) -> Result<String, SealError> {
        let slot = u16::try_from(self.texts.len());
        let slot = slot.map_err(|_| SealError::new("a record has more than 65,535 fields"))?;
        let salt = self.keys.salt(whose.as_ref(), (Tree::Records, self.line, slot));
        let text = disclosure::text(&salt, name, value);
        let digest = disclosure::digest(&text);
        self.texts.push(Disclosed { text, keys: whose });
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
                let whose = withheld.all.clone();
                line.sd.push(withheld.add(name, &Value::from(value), whose)?);
            }
        }
    }
    Ok(line)
}
