//! Writing the partial folder of a pack: everything but the log's proof.

use super::persons::{Disclosed, Disclosures, Keys, Sealed, unsealed};
use super::record::{self, Place};
use super::recover::{Packs, partial_name};
use super::stage::{Chunks, Cover, Stage};
use super::{SealError, SealInput};
use crate::claims::{Claims, FORMAT_VERSION, FieldNames, Operator, Predicate, Statement, TreeHead};
use crate::consistency::{self, PolicyFiles};
use crate::disclosure;
use crate::dsse::Envelope;
use crate::encoding::sha256;
use crate::files::Files;
use crate::intent;
use crate::json;
use crate::layout::{
    DATASETS, INTENT, MANIFEST, MAX_LINE, POLICY, POPULATION, POPULATION_DISCLOSURES, PROOFS,
    RECORD_DISCLOSURES, RECORDS, RUN, STATEMENT, SUMS, VERIFY, VERIFY_PY, is_path,
};
use crate::line::{LINE_VERSION, Line, RefusedKind, RefusedLine};
use crate::salt::Salts;
use crate::sums::Sums;
use crate::verify::Tree;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tieout_controls::paper::PaperError;
use tieout_controls::result::DecisionCounts;
use tieout_controls::value::instant_text;
use tieout_controls::{Decision, Digest, EvaluatedRecord, RunResult};

/// How to verify a pack with the tools of any Unix.
const VERIFY_TEXT: &str = include_str!("VERIFY.md");
/// How to verify it with Python.
const VERIFY_PROGRAM: &str = include_str!("verify.py");

/// Writes the folder durably; gives it, and the name that the finished pack will have.
pub(super) fn write(
    files: &dyn Files,
    input: &SealInput<'_>,
    packs: &Packs<'_>,
    previous: Option<Digest>,
) -> Result<(PathBuf, String), SealError> {
    let (run, datasets) = documents(input.result)?;
    let refused = document(&input.result.refused_rows)?;
    let salts = Salts::new(input.secret, [&run, &datasets, &refused].map(|d| sha256(d)));
    let id: String = salts.pack_id().chars().take(12).collect();
    let name = format!("{}-{id}", input.sealed_at.format("%Y%m%dT%H%M%SZ"));
    let folder = packs.path.join(&name);
    if folder.try_exists().map_err(SealError::unread(&folder))? {
        let reason = format!("`{}` exists", folder.display());
        return Err(SealError::new(reason).help("the same run was sealed within this second"));
    }
    let root = packs.path.join(partial_name(&name));
    let written = Stage::new(files, root.clone()).and_then(|mut stage| {
        stage.write(RUN, &run, Cover::Covered)?;
        stage.write(DATASETS, &datasets, Cover::Covered)?;
        fill(&mut stage, input, &salts, previous)?;
        // The name of the folder itself.
        packs.held.sync().map_err(SealError::io(packs.path))
    });
    if let Err(error) = written {
        // Best effort: what stays is not in the log, and the next sealing removes it.
        let _ = files.remove_folder(&root);
        return Err(error);
    }
    Ok((root, name))
}

/// `run.json` and `datasets.json`. Refused rows are among the record lines.
fn documents(result: &RunResult) -> Result<(Vec<u8>, Vec<u8>), SealError> {
    let run = RunResult { datasets: Vec::new(), refused_rows: Vec::new(), ..result.clone() };
    Ok((document(&run)?, document(&result.datasets)?))
}

fn document(content: &impl serde::Serialize) -> Result<Vec<u8>, SealError> {
    let unfit = |e: String| SealError::new(format!("the result can't be written: {e}"));
    let mut bytes = serde_json::to_vec_pretty(content).map_err(|e| unfit(e.to_string()))?;
    bytes.push(b'\n');
    // What the verifier would not read is not sealed.
    json::value(&bytes).map_err(unfit)?;
    Ok(bytes)
}

fn fill(
    stage: &mut Stage<'_>,
    input: &SealInput<'_>,
    salts: &Salts,
    previous: Option<Digest>,
) -> Result<(), SealError> {
    let announced = announced(input)?;
    stage.write(INTENT, announced, Cover::Covered)?;
    let policies = policies(stage, input.policies)?;
    consistency::check(input.result, &policies).map_err(|what| {
        SealError::new(format!("the result contradicts itself: {what}"))
            .help("this is a defect of what made the result: please report it")
    })?;
    stage.write(VERIFY, VERIFY_TEXT.as_bytes(), Cover::Covered)?;
    stage.write(VERIFY_PY, VERIFY_PROGRAM.as_bytes(), Cover::Covered)?;
    let mut records = RecordFiles::new(Keys { salts, vault: input.vault });
    records.write_paper(stage, input)?;
    records.write_refused(stage, input.result)?;
    let (records, population, fields) = records.close(stage)?;
    let sums = stage.sums.to_string();
    let sums = stage.write(SUMS, sums.as_bytes(), Cover::Uncovered)?;
    let statement = Statement::about(
        sums,
        Predicate {
            format_version: FORMAT_VERSION.to_owned(),
            pack_id: salts.pack_id(),
            sealed_at: instant_text(input.sealed_at),
            operator: Operator {
                keyid: input.operator.public_key().id(),
                demo_key: (input.operator.demo || input.log_key.demo).to_string(),
            },
            previous,
            intent: input.announced.digest,
            claims: Claims::of(input.result),
            records,
            population,
            fields,
        },
    );
    stage.write(STATEMENT, &envelope(&statement, input)?, Cover::Uncovered)?;
    let proofs = stage.root().join(PROOFS);
    stage.empty_folder(&proofs)?;
    stage.sync_folders()
}

/// The announcement's envelope, of which the result is one.
fn announced<'a>(input: &SealInput<'a>) -> Result<&'a [u8], SealError> {
    let bytes = input.announced.envelope.as_slice();
    let intent = Envelope::parse(bytes).and_then(|envelope| intent::read(&envelope));
    let fits = intent.and_then(|intent| intent.run.fits(input.result));
    fits.map_err(|what| {
        SealError::new(what).help("this is a defect of what made the result: please report it")
    })?;
    Ok(bytes)
}

fn envelope(statement: &Statement, input: &SealInput<'_>) -> Result<Vec<u8>, SealError> {
    let payload = serde_json::to_vec(statement).map_err(|e| SealError::new(e.to_string()))?;
    super::fits(&payload, "statement")?;
    Statement::parse(&payload).map_err(|e| SealError::new(format!("the statement: {e}")))?;
    Ok(input.operator.envelope(payload).to_bytes())
}

fn policies(
    stage: &mut Stage<'_>,
    policies: &BTreeMap<String, String>,
) -> Result<PolicyFiles, SealError> {
    let mut manifest = Sums::default();
    for (path, text) in policies {
        stage.leave(POLICY, path)?;
        if !is_path(path) || format!("{POLICY}{path}") == MANIFEST {
            let error = SealError::new(format!("`{path}` can't be a policy's path in a pack"));
            return Err(error.help("relative, without `..`, `\\` and control characters"));
        }
        let digest = stage.write(&format!("{POLICY}{path}"), text.as_bytes(), Cover::Covered)?;
        manifest.0.insert(path.clone(), digest);
    }
    stage.write(MANIFEST, manifest.to_string().as_bytes(), Cover::Covered)?;
    Ok(manifest.0)
}

/// The files with a line a record.
struct RecordFiles<'a> {
    keys: Keys<'a>,
    records: Chunks,
    record_disclosures: Disclosures,
    population: Chunks,
    population_disclosures: Disclosures,
    sealed: Sealed,
    fields: FieldNames,
    counts: BTreeMap<String, DecisionCounts>,
}

impl<'a> RecordFiles<'a> {
    fn new(keys: Keys<'a>) -> Self {
        Self {
            keys,
            records: Chunks::new(RECORDS),
            record_disclosures: Disclosures::new(Tree::Records, RECORD_DISCLOSURES),
            population: Chunks::new(POPULATION),
            population_disclosures: Disclosures::new(Tree::Population, POPULATION_DISCLOSURES),
            sealed: Sealed::default(),
            fields: FieldNames::default(),
            counts: BTreeMap::new(),
        }
    }

    fn write_paper(
        &mut self,
        stage: &mut Stage<'_>,
        input: &SealInput<'_>,
    ) -> Result<(), SealError> {
        let mut failed = None;
        let streamed = input.paper.each_record(&mut |record| {
            self.record(stage, record).map_err(|error| {
                let reason = error.reason.clone();
                failed = Some(error);
                PaperError(reason)
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        streamed.map_err(|e| SealError::new(format!("the working paper can't be read: {e}")))?;
        for test in &input.result.tests {
            let id = test.control.id.as_str();
            if self.counts.remove(id).unwrap_or_default() != test.counts {
                return Err(SealError::new(format!(
                    "{id}: the working paper and the result differ in the number of records"
                )));
            }
        }
        match self.counts.keys().next() {
            Some(id) => Err(SealError::new(format!(
                "the working paper has records of {id}, of which there is no result"
            ))),
            None => Ok(()),
        }
    }

    fn record(&mut self, stage: &mut Stage<'_>, record: &EvaluatedRecord) -> Result<(), SealError> {
        let place = Place { line: self.records.size(), population: self.population.size() };
        let shown = record::population(record, place.population, &self.keys)?;
        self.population.line(stage, &disclosure::digest(&shown.text))?;
        self.population_disclosures.add(stage, &mut self.sealed, shorter(shown)?)?;
        let counts = self.counts.entry(record.control.to_string()).or_default();
        match record.decision {
            Decision::Conforms => counts.conforms.increment(),
            Decision::NotApplicable => counts.not_applicable.increment(),
            Decision::Violates { .. } => counts.violates.increment(),
            Decision::Undetermined { .. } => counts.undetermined.increment(),
        }
        if matches!(record.decision, Decision::Conforms | Decision::NotApplicable) {
            return Ok(());
        }
        let (line, disclosures) = record::line(record, place, &self.keys, &mut self.fields)?;
        self.line(stage, &Line::Record(Box::new(line)))?;
        for shown in disclosures {
            self.record_disclosures.add(stage, &mut self.sealed, shorter(shown)?)?;
        }
        Ok(())
    }

    fn write_refused(
        &mut self,
        stage: &mut Stage<'_>,
        result: &RunResult,
    ) -> Result<(), SealError> {
        for row in &result.refused_rows {
            let v = LINE_VERSION.to_owned();
            let line = RefusedLine { v, kind: RefusedKind::Refused, row: row.clone() };
            self.line(stage, &Line::Refused(line))?;
        }
        Ok(())
    }

    fn line(&mut self, stage: &mut Stage<'_>, line: &Line) -> Result<(), SealError> {
        let text = serde_json::to_string(line).map_err(|e| SealError::new(e.to_string()))?;
        self.records.line(stage, &short(text)?)
    }

    fn close(self, stage: &mut Stage<'_>) -> Result<(TreeHead, TreeHead, FieldNames), SealError> {
        let records = self.records.close(stage)?;
        let population = self.population.close(stage)?;
        self.record_disclosures.close(stage)?;
        self.population_disclosures.close(stage)?;
        if let Some(vault) = self.keys.vault {
            // Nothing is sealed under a key that a power failure may take.
            vault.save().map_err(unsealed)?;
            self.sealed.close(stage, vault, &self.keys.salts.pack_id())?;
        }
        Ok((records, population, self.fields))
    }
}

fn shorter(Disclosed { text, keys }: Disclosed) -> Result<Disclosed, SealError> {
    Ok(Disclosed { text: short(text)?, keys })
}

/// The verifier reads no longer lines.
fn short(line: String) -> Result<String, SealError> {
    if line.len() < MAX_LINE {
        Ok(line)
    } else {
        Err(SealError::new("a record is longer than 1 MiB"))
    }
}
