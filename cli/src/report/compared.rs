//! Two packs side by side: what was run otherwise, what came out otherwise, which exceptions are new or gone.

use super::content::{Content, Exception, Tested};
use super::shown;
use crate::text::table;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tieout_controls::{RunResult, TestResult};
use tieout_evidence::verify::{Verification, VerifiedPack};

/// So many exceptions of a kind are named for a control.
const NAMED: usize = 10;

/// What differs between two packs.
pub(crate) struct Compared {
    text: String,
    differ: bool,
}

impl Compared {
    /// Whether anything but the packs' names and times differs.
    pub(crate) fn differ(&self) -> bool {
        self.differ
    }

    /// It in a page.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// Compares the pack of before with the one of after.
pub(crate) fn compare(sides: [(&VerifiedPack, &Verification); 2]) -> Compared {
    let [before, after] = sides.map(|(pack, verification)| Content::of(pack, verification));
    let mut text = table(&[
        vec!["before".to_owned(), named(&before)],
        vec!["after".to_owned(), named(&after)],
    ]);
    let [a, b] = [before.result, after.result];
    let sections = [
        ("run", differing(&run(a), &run(b))),
        ("datasets", differing(&datasets(a), &datasets(b))),
        ("policies", differing(&policies(a), &policies(b))),
        ("controls", differing(&controls(a), &controls(b))),
        ("exceptions", exceptions(&before, &after)),
    ];
    let differ = sections.iter().any(|(_, lines)| !lines.is_empty());
    for (name, lines) in sections.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let _ = write!(text, "\n{name}\n");
        for line in table(&lines).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if !differ {
        text.push_str("\nthe results are the same\n");
    }
    Compared { text, differ }
}

fn named(content: &Content<'_>) -> String {
    let index = content.pack.log_index;
    shown::visible(&format!("{}, log index {index}, {}", content.pack_name(), content.verdict()))
}

/// What a side says, by what it says it of.
type Said = BTreeMap<String, String>;

/// The lines of which the two sides say something else, with both.
fn differing(before: &Said, after: &Said) -> Vec<Vec<String>> {
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let said =
        |side: &Said, name: &str| side.get(name).map_or("(not there)".to_owned(), Clone::clone);
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| {
            vec![shown::visible(name), said(before, name), "→".to_owned(), said(after, name)]
        })
        .collect()
}

fn run(result: &RunResult) -> Said {
    let run = &result.run;
    let said = [
        ("workspace", shown::visible(&run.workspace)),
        ("period", shown::period(run.period_start, run.period_end)),
        ("as of", run.as_of.to_string()),
        ("configuration", run.configuration.to_string()),
        ("engine", shown::visible(&run.engine)),
    ];
    let set = run.overrides.iter();
    let set = set.map(|(name, value)| (format!("override {name}"), shown::visible(value)));
    said.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(set).collect()
}

fn datasets(result: &RunResult) -> Said {
    let said = result.datasets.iter().map(|dataset| {
        let rows = shown::counted(dataset.rows, "row");
        let refused = shown::count(dataset.refused);
        let said = format!("{rows}, {refused} refused, commitment {}", dataset.commitment);
        let totals = dataset.totals.iter().map(|(column, totals)| {
            (format!("{} {column}", dataset.name), shown::totals_line(totals))
        });
        std::iter::once((dataset.name.clone(), said)).chain(totals).collect::<Vec<_>>()
    });
    said.flatten().collect()
}

fn policies(result: &RunResult) -> Said {
    let used = result.tests.iter().filter_map(|test| test.policy.as_ref());
    used.map(|policy| {
        (policy.bundle.clone(), format!("{} sha256:{}", policy.version, policy.digest))
    })
    .collect()
}

fn controls(result: &RunResult) -> Said {
    let said = |test: &TestResult| {
        let counts = test.counts;
        format!(
            "{}, {} evaluated, {}, {} undetermined, {}",
            test.outcome.word(),
            shown::count(counts.evaluated()),
            shown::counted(counts.violates, "exception"),
            shown::count(counts.undetermined),
            shown::totals_line(&test.exception_amounts),
        )
    };
    result.tests.iter().map(|test| (test.control.id.to_string(), said(test))).collect()
}

/// New and gone exceptions of the controls, the largest amounts first.
fn exceptions(before: &Content<'_>, after: &Content<'_>) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    let ids: BTreeSet<_> =
        before.tests.iter().chain(&after.tests).map(|tested| &tested.test.control.id).collect();
    for id in ids {
        let of = |content: &Content<'_>| -> Vec<Exception> {
            let tested = content.tests.iter().find(|tested| &tested.test.control.id == id);
            tested.map(|Tested { exceptions, .. }| exceptions.clone()).unwrap_or_default()
        };
        let (before, after) = (of(before), of(after));
        for (what, these, others) in [("gone", &before, &after), ("new", &after, &before)] {
            let mut left = tally(others);
            let only: Vec<_> = these.iter().filter(|e| !taken(&mut left, &identity(e))).collect();
            for exception in only.iter().take(NAMED) {
                lines.push(vec![id.to_string(), what.to_owned(), told(exception)]);
            }
            if let Some(more @ 1..) = only.len().checked_sub(NAMED) {
                lines.push(vec![id.to_string(), what.to_owned(), format!("and {more} more")]);
            }
        }
    }
    lines
}

fn tally(exceptions: &[Exception]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for exception in exceptions {
        *tally.entry(identity(exception)).or_default() += 1;
    }
    tally
}

/// Takes one of that identity, if there is one left.
fn taken(left: &mut BTreeMap<String, usize>, identity: &str) -> bool {
    let Some(number) = left.get_mut(identity) else { return false };
    let more = number.checked_sub(1);
    *number = more.unwrap_or(0);
    more.is_some()
}

/// By which an exception is known again: its code and amount, and the clear columns of its key, which every copy of
/// a pack has; where there are none, its row.
fn identity(exception: &Exception) -> String {
    let record = &exception.record;
    let row = record.key.is_empty().then(|| (record.file.clone(), record.row));
    let amount = exception.amount.as_ref().map(|amount| amount.normalized().to_string());
    format!(
        "{:?} {:?} {:?} {row:?} {amount:?} {:?}",
        exception.code, record.dataset, record.key, exception.currency
    )
}

fn told(exception: &Exception) -> String {
    let amount = exception.amount.as_ref().map(|amount| shown::money(amount, &exception.currency));
    let record = &exception.record;
    let key = record
        .key
        .iter()
        .chain(&record.personal)
        .map(|(column, value)| format!("{column}={}", value.as_deref().unwrap_or("(missing)")));
    let mut words = vec![exception.code.clone()];
    words.extend(key);
    words.extend(amount);
    shown::visible(&words.join(" "))
}
