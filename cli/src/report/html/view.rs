//! What the page's template shows: texts only, in the order of reading.

use crate::report::content::{CodeGroup, Content, Exception, Tested, outcome_words, tally_words};
use crate::report::reviewed::Reviewed;
use crate::report::shown;
use tieout_controls::dataset::DatasetSummary;
use tieout_controls::{Count, RefusedRow, TestResult, TieOut};

/// How many rows of a table are shown; the workbook and the JSON report have the rest.
const LISTED: usize = 200;

#[derive(askama::Template)]
#[template(path = "report.html")]
pub(super) struct Page {
    workspace: String,
    period: String,
    as_of: String,
    engine: String,
    configuration: String,
    pack: String,
    digest: String,
    log_index: String,
    sealed_at: String,
    subject: &'static str,
    verdict: String,
    verdict_class: &'static str,
    verdict_meaning: &'static str,
    notes: Vec<String>,
    notice: &'static str,
    sign_offs: Vec<String>,
    net_title: String,
    nets: Vec<[String; 4]>,
    tally: Vec<Tally>,
    controls: Vec<ControlView>,
    datasets: Vec<DatasetView>,
    refused: Vec<RefusedView>,
    commands: Vec<(&'static str, String)>,
}

struct Tally {
    number: String,
    words: &'static str,
    class: &'static str,
}

struct ControlView {
    id: String,
    company_id: String,
    title: String,
    class: &'static str,
    outcome: &'static str,
    records: String,
    exceptions: String,
    undetermined: String,
    amounts: Vec<String>,
    objective: String,
    attributes: Vec<(&'static str, String)>,
    reasons: Vec<String>,
    groups: Vec<GroupView>,
    causes: Vec<CauseView>,
}

struct GroupView {
    code: String,
    counted: String,
    sum: String,
    rules: String,
    amounts: bool,
    values: bool,
    rows: Vec<ExceptionView>,
    left_off: String,
}

struct ExceptionView {
    amount: String,
    key: String,
    place: String,
    number: String,
    message: String,
    expected: String,
    actual: String,
}

struct CauseView {
    cause: String,
    records: String,
    at_stake: Vec<String>,
    unknown: String,
    rule: String,
}

struct DatasetView {
    name: String,
    profile: String,
    rows: String,
    accepted: String,
    refused: String,
    state: &'static str,
    class: &'static str,
    stated_by: String,
    totals: Vec<String>,
    differences: Vec<DifferenceView>,
}

struct DifferenceView {
    what: String,
    expected: String,
    actual: String,
    difference: String,
}

struct RefusedView {
    dataset: String,
    counted: String,
    rows: Vec<RefusedRowView>,
    left_off: String,
}

struct RefusedRowView {
    file: String,
    row: String,
    line: String,
    column: String,
    code: String,
    reason: String,
}

impl Page {
    /// The page of a pack.
    pub(super) fn of(content: &Content<'_>) -> Self {
        let run = &content.result.run;
        let tally = |(word, number): (&'static str, Count)| Tally {
            number: shown::count(number),
            words: tally_words(word),
            class: word_class(word),
        };
        Self {
            workspace: shown::visible(&run.workspace),
            period: shown::period(run.period_start, run.period_end),
            as_of: run.as_of.to_string(),
            engine: shown::visible(&run.engine),
            configuration: run.configuration.to_string(),
            pack: shown::visible(&content.pack_name()),
            digest: content.pack.digest.to_string(),
            log_index: content.pack.log_index.to_string(),
            sealed_at: shown::visible(&content.pack.sealed_at),
            subject: content.subject(),
            verdict: content.verdict().to_uppercase(),
            verdict_class: match content.verdict() {
                "valid" if !content.is_demo() => "good",
                "invalid" => "bad",
                _ => "open",
            },
            verdict_meaning: content.verdict_meaning(),
            notes: content.verification.notes.iter().map(|note| shown::visible(note)).collect(),
            notice: if content.tells_personal() { shown::PERSONAL } else { "" },
            sign_offs: content
                .reviewed
                .map(|reviewed| {
                    reviewed.sign_offs.iter().map(|line| shown::visible(line)).collect()
                })
                .unwrap_or_default(),
            net_title: content.reviewed.map(Reviewed::title).unwrap_or_default(),
            nets: content.reviewed.map(|reviewed| reviewed.rows.clone()).unwrap_or_default(),
            tally: content.outcomes().into_iter().map(tally).collect(),
            controls: content.tests.iter().map(control).collect(),
            datasets: content.result.datasets.iter().map(dataset).collect(),
            refused: content
                .refused()
                .into_iter()
                .map(|(name, rows)| refused(name, &rows))
                .collect(),
            commands: content.verify_commands(),
        }
    }

    /// The controls with exceptions.
    fn failed(&self) -> Vec<&ControlView> {
        self.controls.iter().filter(|control| !control.groups.is_empty()).collect()
    }

    /// The controls about which nothing could be concluded, or nothing was tested.
    fn unconcluded(&self) -> Vec<&ControlView> {
        self.controls.iter().filter(|control| !control.reasons.is_empty()).collect()
    }

    /// The controls with undetermined records.
    fn undetermined(&self) -> Vec<&ControlView> {
        self.controls.iter().filter(|control| !control.causes.is_empty()).collect()
    }
}

/// The CSS class of an outcome.
fn word_class(word: &str) -> &'static str {
    match word {
        "exceptions" => "bad",
        "inconclusive" => "open",
        "not-tested" => "none",
        _ => "good",
    }
}

fn control(tested: &Tested<'_>) -> ControlView {
    let (test, control) = (tested.test, &tested.test.control);
    let word = test.outcome.word();
    ControlView {
        id: control.id.to_string(),
        company_id: shown::visible(control.company_id.as_deref().unwrap_or_default()),
        title: shown::visible(&control.title),
        class: word_class(word),
        outcome: outcome_words(word),
        records: shown::count(test.counts.evaluated()),
        exceptions: shown::count(test.counts.violates),
        undetermined: shown::count(test.counts.undetermined),
        amounts: shown::totals(&test.exception_amounts),
        objective: shown::visible(&control.objective),
        attributes: attributes(test),
        reasons: tested.reasons().iter().map(|reason| shown::visible(reason)).collect(),
        groups: tested.groups().iter().map(group).collect(),
        causes: test.undetermined.iter().map(cause).collect(),
    }
}

fn attributes(test: &TestResult) -> Vec<(&'static str, String)> {
    let control = &test.control;
    let mut attributes = vec![
        ("Risk", control.risk.clone()),
        ("Assertion", control.assertion.word().to_owned()),
        ("Kind", control.kind.word().to_owned()),
        ("Severity", control.severity.word().to_owned()),
        ("Owner", control.owner.clone()),
        ("Frequency", control.frequency.clone()),
    ];
    if let Some(policy) = &test.policy {
        let text = format!("{} {}, {}", policy.bundle, policy.version, policy.source);
        attributes.push(("Policy", text));
        attributes.push(("Policy digest", policy.digest.to_string()));
    }
    if let Some(population) = &test.population {
        let counts = format!(
            "{} from {} of {}: {} selected, {} excluded, {} not selectable; {} refused",
            shown::counted(population.records, "record"),
            shown::counted(population.base_rows, "row"),
            population.base,
            shown::count(population.selected),
            shown::count(population.excluded),
            shown::count(population.unknown),
            shown::count(population.refused),
        );
        attributes.push(("Population", counts));
        attributes.push(("Population total", shown::totals_line(&population.totals)));
        if !population.not_reconciled.is_empty() {
            attributes.push(("Not reconciled", population.not_reconciled.join("; ")));
        }
        let reasons = population.not_tied_out.join("; ");
        let tied = if reasons.is_empty() { "ties out".to_owned() } else { reasons };
        attributes.push(("Tie-out", tied));
    }
    for (name, parameter) in &control.parameters {
        let text = format!("{name} = {}: {}", parameter.value, parameter.description);
        attributes.push(("Parameter", text));
    }
    if !control.references.is_empty() {
        attributes.push(("References", control.references.join("; ")));
    }
    attributes.into_iter().map(|(name, text)| (name, shown::visible(&text))).collect()
}

fn group(group: &CodeGroup<'_>) -> GroupView {
    let exceptions = &group.exceptions;
    GroupView {
        code: shown::visible(shown::or_nothing(group.code)),
        counted: shown::counted(Count::of(exceptions.len()), "exception"),
        sum: group.sum().unwrap_or_default(),
        rules: group.places().join(", "),
        amounts: exceptions.iter().any(|e| e.amount.is_some()),
        values: exceptions.iter().any(|e| e.expected.is_some() || e.actual.is_some()),
        rows: exceptions.iter().take(LISTED).map(|e| exception(e)).collect(),
        left_off: left_off(exceptions.len()),
    }
}

fn exception(exception: &Exception) -> ExceptionView {
    let stated = |value: &Option<String>| value.as_deref().map(shown::stated);
    let or_nothing = |value: Option<String>| value.unwrap_or_else(|| shown::NOTHING.to_owned());
    let amount = exception.amount.as_ref();
    ExceptionView {
        amount: or_nothing(amount.map(|amount| shown::money(amount, &exception.currency))),
        key: exception.record.key_text(),
        place: exception.record.place_text(),
        number: exception.record.number.to_string(),
        message: shown::visible(exception.message.as_deref().unwrap_or_default()),
        expected: or_nothing(stated(&exception.expected)),
        actual: or_nothing(stated(&exception.actual)),
    }
}

fn cause(group: &tieout_controls::result::UndeterminedGroup) -> CauseView {
    let rule = &group.cause.rule;
    let unknown = match group.exposure_unknown {
        Count(0) => String::new(),
        number => format!("unknown for {}", shown::counted(number, "record")),
    };
    CauseView {
        cause: shown::visible(&group.describe()),
        records: shown::count(group.count),
        at_stake: shown::totals(&group.exposure),
        unknown,
        rule: shown::visible(&format!("{}:{}", rule.file, rule.line)),
    }
}

fn dataset(dataset: &DatasetSummary) -> DatasetView {
    let (state, class, expected) = match &dataset.tie_out {
        TieOut::NoExpectation => ("no expectation", "open", None),
        TieOut::Agrees { expected } => ("ties out", "good", Some(expected)),
        TieOut::Differs { expected, .. } => ("differs", "bad", Some(expected)),
    };
    let differences = match &dataset.tie_out {
        TieOut::Differs { differences, .. } => differences.as_slice(),
        TieOut::NoExpectation | TieOut::Agrees { .. } => &[],
    };
    let stated_by = expected.map(|e| format!("{}, obtained by {}", e.source, e.obtained_by));
    let total = |(column, totals)| format!("{column} {}", shown::totals_line(totals));
    DatasetView {
        name: shown::visible(&dataset.name),
        profile: shown::visible(&dataset.profile),
        rows: shown::count(dataset.rows),
        accepted: shown::count(dataset.accepted),
        refused: shown::count(dataset.refused),
        state,
        class,
        stated_by: shown::visible(&stated_by.unwrap_or_else(|| "nobody".to_owned())),
        totals: dataset.totals.iter().map(total).map(|text| shown::visible(&text)).collect(),
        differences: differences.iter().map(difference).collect(),
    }
}

fn difference(difference: &tieout_controls::dataset::Difference) -> DifferenceView {
    DifferenceView {
        what: shown::visible(&difference.what),
        expected: shown::compared(&difference.what, &difference.expected),
        actual: shown::compared(&difference.what, &difference.actual),
        difference: shown::compared(&difference.what, &difference.difference),
    }
}

fn refused(dataset: &str, rows: &[&RefusedRow]) -> RefusedView {
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| shown::NOTHING.to_owned());
    let row = |row: &&RefusedRow| RefusedRowView {
        file: shown::visible(&row.file),
        row: shown::count(row.row),
        line: or_nothing(row.line.map(shown::count)),
        column: or_nothing(row.column.as_deref().map(shown::visible)),
        code: shown::visible(&row.code),
        reason: shown::visible(&row.reason),
    };
    RefusedView {
        dataset: shown::visible(dataset),
        counted: shown::counted(Count::of(rows.len()), "row"),
        rows: rows.iter().take(LISTED).map(row).collect(),
        left_off: left_off(rows.len()),
    }
}

/// How many rows are not shown; empty when all are.
fn left_off(rows: usize) -> String {
    match Count::of(rows.saturating_sub(LISTED)) {
        Count(0) => String::new(),
        number => shown::count(number),
    }
}
