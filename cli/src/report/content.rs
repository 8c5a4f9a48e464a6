//! What a report tells, read from the verified pack once for all formats.
//!
//! The pack's record lines are read defensively: a field that is missing or of another type than
//! expected is told as unknown, never guessed and never a reason to stop.

mod record;

pub(super) use record::{Exception, Place, RecordName, Undetermined};

use super::reviewed::Reviewed;
use super::shown;
use crate::output::shell_word;
use record::Line;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::dataset::DatasetSummary;
use tieout_controls::{Count, Outcome, RefusedRow, RunResult, TestResult, Totals};
use tieout_evidence::verify::{Verdict, Verification, VerifiedPack};

/// A pack as its reports tell it.
pub(super) struct Content<'a> {
    /// The pack's identity.
    pub(super) pack: &'a VerifiedPack,
    /// What its verification said.
    pub(super) verification: &'a Verification,
    /// Its result.
    pub(super) result: &'a RunResult,
    /// The tests in the order of the result, with their records.
    pub(super) tests: Vec<Tested<'a>>,
    /// What people stated about it, where they did.
    pub(super) reviewed: Option<&'a Reviewed>,
}

/// A control's result with the records that its report names.
pub(super) struct Tested<'a> {
    /// The result.
    pub(super) test: &'a TestResult,
    /// One for each record and code, by currency, then by falling amount.
    pub(super) exceptions: Vec<Exception>,
    /// The undetermined records, in the pack's order.
    pub(super) undetermined: Vec<Undetermined>,
}

/// A control's exceptions of one code in one currency, the largest amount first.
pub(super) struct CodeGroup<'a> {
    /// The code of the defect.
    pub(super) code: &'a str,
    /// The exceptions.
    pub(super) exceptions: Vec<&'a Exception>,
}

impl CodeGroup<'_> {
    /// The exact sum of the group's amounts; `None` where none has an amount.
    pub(super) fn sum(&self) -> Option<String> {
        let mut totals = Totals::default();
        for exception in &self.exceptions {
            if let Some(amount) = &exception.amount {
                totals.add(amount, &exception.currency).ok()?;
            }
        }
        (!totals.is_empty()).then(|| shown::totals_line(&totals))
    }

    /// The rules that state the code.
    pub(super) fn places(&self) -> Vec<String> {
        let places: BTreeSet<_> = self.exceptions.iter().filter_map(|e| e.rule.as_ref()).collect();
        places.into_iter().map(Place::text).collect()
    }
}

impl<'a> Content<'a> {
    /// Reads a pack.
    pub(super) fn of(pack: &'a VerifiedPack, verification: &'a Verification) -> Self {
        let result = &pack.result;
        let mut lines: BTreeMap<&str, Vec<Line<'_>>> = BTreeMap::new();
        for (number, value) in pack.records.iter().enumerate() {
            if let Some(control) = record::text(value, "control") {
                let line = Line { number: Count::of(number), value };
                lines.entry(control).or_default().push(line);
            }
        }
        let tested = |test: &'a TestResult| {
            let lines = lines.get(test.control.id.as_str()).map_or(&[][..], Vec::as_slice);
            Tested::of(test, lines, &result.datasets)
        };
        let tests = result.tests.iter().map(tested).collect();
        Self { pack, verification, result, tests, reviewed: None }
    }

    /// The word for the verification's verdict.
    pub(super) fn verdict(&self) -> &'static str {
        match self.verification.verdict {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
            Verdict::Indeterminate => "indeterminate",
        }
    }

    /// What was verified: evidence, or what only looks like it.
    pub(super) fn subject(&self) -> &'static str {
        if self.is_demo() { "Demo pack" } else { "Evidence" }
    }

    /// Whether the pack was sealed with keys that everyone has.
    pub(super) fn is_demo(&self) -> bool {
        self.verification.notes.iter().any(|note| note.starts_with("sealed with a demo key"))
    }

    /// What the verdict means, in a sentence.
    pub(super) fn verdict_meaning(&self) -> &'static str {
        match self.verification.verdict {
            Verdict::Valid if self.is_demo() => {
                "Signatures, digests and log proof hold, under demo keys that everyone has: this \
                 shows what evidence looks like, and is none."
            }
            Verdict::Valid => "Signatures, digests and log proof hold under the keys given.",
            Verdict::Invalid => "Something in the pack does not hold: rely on none of it.",
            Verdict::Indeterminate => {
                "Everything holds by itself, but nothing outside the pack vouches for its keys."
            }
        }
    }

    /// The pack's name: that of its folder, without the path to it.
    pub(super) fn pack_name(&self) -> String {
        let name = self.pack.folder.file_name().map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| self.pack.digest.to_string())
    }

    /// The commands by which anyone verifies the pack, each with what it is for.
    pub(super) fn verify_commands(&self) -> Vec<(&'static str, String)> {
        let quoted = shell_word(&self.pack_name());
        vec![
            (
                "Verify signatures, digests and the log's proof with the operator's public key \
                 and the log's key, which you got from elsewhere than the pack",
                format!(
                    "tieout verify {quoted} --operator-key operator.pem.pub --log-key log.pem.vkey"
                ),
            ),
            (
                "Check the digests of the pack's files with nothing but coreutils",
                format!("cd {quoted} && sha256sum --check SHA256SUMS"),
            ),
            (
                "Compare the pack's digest with the one in this report",
                format!("sha256sum {quoted}/statement.dsse.json"),
            ),
        ]
    }

    /// Whether the records told have personal columns that the pack discloses.
    pub(super) fn tells_personal(&self) -> bool {
        let exceptions = self.tests.iter().flat_map(|t| &t.exceptions).map(|e| &e.record);
        let undetermined = self.tests.iter().flat_map(|t| &t.undetermined).map(|u| &u.record);
        exceptions.chain(undetermined).any(|record| !record.personal.is_empty())
    }

    /// How many controls have which outcome, in the order of gravity.
    pub(super) fn outcomes(&self) -> Vec<(&'static str, Count)> {
        let number = |word: &str| {
            Count::of(self.tests.iter().filter(|t| t.test.outcome.word() == word).count())
        };
        ["exceptions", "inconclusive", "not-tested", "no-exceptions"]
            .into_iter()
            .map(|word| (word, number(word)))
            .collect()
    }

    /// How many controls there are, and with which outcomes.
    pub(super) fn tally(&self) -> String {
        let some = self.outcomes().into_iter().filter(|(_, number)| *number > Count(0));
        let told: Vec<_> = some
            .map(|(word, number)| format!("{} {}", shown::count(number), tally_words(word)))
            .collect();
        let controls = shown::counted(Count::of(self.tests.len()), "control");
        format!("{controls}: {}", shown::or_nothing(&told.join(", ")))
    }

    /// The refused rows by dataset.
    pub(super) fn refused(&self) -> BTreeMap<&'a str, Vec<&'a RefusedRow>> {
        let mut by_dataset: BTreeMap<&str, Vec<&RefusedRow>> = BTreeMap::new();
        for row in &self.result.refused_rows {
            by_dataset.entry(&row.dataset).or_default().push(row);
        }
        by_dataset
    }
}

impl<'a> Tested<'a> {
    fn of(test: &'a TestResult, lines: &[Line<'_>], datasets: &[DatasetSummary]) -> Self {
        let mut exceptions: Vec<_> =
            lines.iter().flat_map(|line| record::exceptions(line, datasets)).collect();
        exceptions.sort_by(Exception::order);
        let undetermined =
            lines.iter().filter_map(|line| record::undetermined(line, datasets)).collect();
        Self { test, exceptions, undetermined }
    }

    /// The exceptions by code and currency, in that order.
    pub(super) fn groups(&self) -> Vec<CodeGroup<'_>> {
        let mut groups: BTreeMap<(&str, bool, &str), Vec<&Exception>> = BTreeMap::new();
        for exception in &self.exceptions {
            let currency = exception.currency.as_str();
            let key = (exception.code.as_str(), currency.is_empty(), currency);
            groups.entry(key).or_default().push(exception);
        }
        groups.into_iter().map(|((code, ..), exceptions)| CodeGroup { code, exceptions }).collect()
    }

    /// The names of the datasets read, the base first.
    pub(super) fn datasets(&self) -> Vec<&'a str> {
        let Some(population) = &self.test.population else { return Vec::new() };
        let others: BTreeSet<_> = population.datasets.values().map(String::as_str).collect();
        let base = population.base.as_str();
        std::iter::once(base).chain(others.into_iter().filter(|name| *name != base)).collect()
    }

    /// Why nothing can be concluded, or why nothing was tested.
    pub(super) fn reasons(&self) -> Vec<&'a str> {
        match &self.test.outcome {
            Outcome::Inconclusive { why } => why.iter().map(String::as_str).collect(),
            Outcome::NotTested { why } => vec![why],
            Outcome::Exceptions | Outcome::NoExceptions => Vec::new(),
        }
    }

    /// The control's id, with the company's own beside it.
    pub(super) fn name(&self) -> String {
        let control = &self.test.control;
        match &control.company_id {
            Some(own) => format!("{} ({own})", control.id),
            None => control.id.to_string(),
        }
    }
}

/// How many controls have the outcome, after the number.
pub(super) fn tally_words(word: &str) -> &'static str {
    match word {
        "exceptions" => "with exceptions",
        "no-exceptions" => "without exceptions",
        word => outcome_words(word),
    }
}

/// The outcome in words for people.
pub(super) fn outcome_words(word: &str) -> &'static str {
    match word {
        "exceptions" => "exceptions",
        "inconclusive" => "inconclusive",
        "not-tested" => "not tested",
        _ => "no exceptions",
    }
}
