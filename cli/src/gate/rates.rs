//! `tieout gate rates`: from two tables to a verdict.

use super::baseline;
use super::judge::{self, Announce, Decided, Judging, Made};
use super::register::unreadable;
use super::request::{self, Evaluated, Request};
use super::result::{
    ChangeLine, GateResult, GateVerdict, Input, Money, Moved, Open, RATES, Reconciled, Rerating,
    Side,
};
use super::sealed;
use super::sides::{Sides, TableFile, is_rate_table};
use crate::catalogue::Catalogue;
use crate::commands::not_run;
use crate::diagnostic::Outcome;
use crate::plan::{self, Selection};
use crate::text::Period;
use crate::workspace::Workspace;
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::control::Severity;
use tieout_controls::result::RunParameters;
use tieout_controls::{DatasetSummary, Digest};
use tieout_engine::dataset::DatasetSpec;
use tieout_engine::gate::changeset::{self, Measures, Row, Worst};
use tieout_engine::gate::diff::{self, Change, Kind};
use tieout_engine::gate::integrity;
use tieout_engine::gate::lookups::Lookups;
use tieout_engine::gate::rerate::{Book, Rerated};
use tieout_engine::gate::table::{self, RateTable};
use tieout_engine::gate::usage::{self, Usage};
use tieout_engine::gate::{RateKey, day_of, midnight};
use tieout_engine::plan::{Plan, PlannedControl};
use tieout_engine::progress::Progress;
use tieout_engine::reperform::exact::Exact;
use tieout_engine::run::RunOutput;
use tieout_evidence::commitment::dataset_commitment;

/// How the gate is asked.
pub(crate) struct Question<'a> {
    pub(crate) as_of: NaiveDate,
    /// The month to re-rate; else the last closed one.
    pub(crate) month: Option<Period>,
    /// Whether nothing is put to usage.
    pub(crate) no_usage: bool,
    /// Over how many days changes of a rate add up.
    pub(crate) window: u32,
    /// From which severity a finding blocks.
    pub(crate) fail_on: Severity,
    /// Approvals, releaser, emergency.
    pub(crate) people: request::Given<'a>,
}

/// What the gate found: the result, the run over the change set, the table that was gated.
pub(crate) struct Gated {
    pub(crate) result: GateResult,
    pub(crate) output: RunOutput,
    pub(crate) table: RateTable,
}

/// Judges the head of the sides.
///
/// # Errors
/// What can't be done at all. What can't be decided is in the result.
pub(crate) fn gate(
    sides: &Sides,
    question: &Question<'_>,
    (secret, announce): (&[u8; 32], Announce<'_>),
    progress: &dyn Progress,
) -> Outcome<Gated> {
    let catalogue = Catalogue::of(sides.workspace.as_ref())?;
    let mut plan = planned(sides, &catalogue, (question.as_of, question.month))?;
    request::as_precondition(&mut plan);
    let judging = Judging { plan: &plan, catalogue: &catalogue, secret, progress, announce };
    let mut open = Vec::new();
    progress.step("comparing the tables");
    let base = read(sides, &sides.base, "base", &catalogue, &mut open)?;
    let head = read(sides, &sides.head, "head", &catalogue, &mut open)?;
    let changes = diff::changes(&base, &head);
    let mut findings = integrity::findings(&base, &head);
    let legacy = baseline::apply(sides, question.as_of, &changes, &mut findings)?;
    let digest = diff::digest(&changes);
    let mut inputs = Vec::new();
    let lookups = lookups(judging, &mut inputs, &mut open)?;
    let rated = match usage((sides, judging), question, &lookups, &mut open)? {
        Some((usage, month)) => {
            progress.step("re-rating");
            inputs.push(input(&usage.summary));
            let worst = changeset::worst(&base, &head, &changes, (&usage, question.as_of));
            not_rated(&worst.rerated, &mut open);
            Some((usage, worst, month))
        }
        None => None,
    };
    let window = window(sides, question, &catalogue, &mut open)?;
    known_later(&base, &head, question.as_of, &mut open);
    other_tables(sides, &mut open)?;
    let measures = Measures {
        as_of: question.as_of,
        lookups: &lookups,
        window: window.as_ref().map(|table| Book::of(&table.rates)),
        rated: rated.as_ref().map(|(usage, worst, _)| (usage, worst)),
        books: [&Book::of(&base.rates), &Book::of(&head.rates)],
        file: &sides.head.path,
    };
    let rows = changeset::rows(&changes, &findings, &measures);
    let rerating =
        rated.as_ref().map(|(usage, worst, month)| rerating(usage, &worst.rerated, month));
    progress.step("judging");
    let bound = |commit: &str| diff_of(commit, sides, judging, &base);
    let protected = request::protected_rates(sides)?;
    let role = request::rate_role(sides.workspace.as_ref(), question.people.emergency.is_some());
    let evaluated = Evaluated { digest, bound: &bound, protected, role: &role };
    let of = Request::of(sides, judging, (&question.people, question.as_of), evaluated);
    let (request, unknown) = of?;
    open.extend(unknown);
    // A request that changes no rate moves no money, and is judged as if nobody knew how much.
    let moved = rerating.iter().filter(|_| !changes.is_empty()).flat_map(|r| &r.moved);
    let moved: Vec<(&str, &str)> = moved.map(|(c, moved)| (c.as_str(), moved.as_str())).collect();
    let requests = request.rows(&moved, (RATES, changes.len()), &digest);
    let made = Made { profile: "rate-change-1", rows: &rows };
    let Decided { output, controls, findings, waivers } =
        judge::decided((sides, judging), (made, &request, &requests), question.as_of, &mut open)?;
    let result = GateResult {
        schema_version: "1".to_owned(),
        gate: RATES.to_owned(),
        workspace: plan.parameters.workspace.clone(),
        engine: plan.parameters.engine.clone(),
        as_of: question.as_of.to_string(),
        base: side(&sides.base, &base),
        head: side(&sides.head, &head),
        diff_digest: digest.to_string(),
        inputs,
        rows: reconciled(&base, &head, &changes),
        legacy,
        changes: rows.iter().map(line).collect(),
        policies: Vec::new(),
        period: None,
        rerating,
        request: request.summary,
        controls,
        findings,
        open,
        waivers,
        verdict: GateVerdict::Inconclusive,
        fail_on: question.fail_on,
    };
    let result = GateResult { verdict: result.concluded(), ..result };
    Ok(Gated { result, output, table: head })
}

/// What an edit comes to, on the usage of the workspace in a month: `None` where it has none.
///
/// # Errors
/// The usage can't be read.
pub(crate) fn cost(
    workspace: &Workspace,
    (gated, deployed, changes): (&RateTable, &RateTable, &[Change]),
    (month, as_of): ((i64, i64), NaiveDate),
    (catalogue, progress): (&Catalogue, &dyn Progress),
) -> Outcome<Option<Worst>> {
    let specs = plan::datasets(workspace)?;
    let mut specs = specs.iter().filter(|spec| spec.profile.role == "usage-summary");
    let (Some(spec), None) = (specs.next(), specs.next()) else { return Ok(None) };
    let commitments = |name: &str| dataset_commitment(&[0; 32], name);
    let usage = usage::read(spec, month, &commitments, progress);
    let usage = usage.map_err(|e| not_run(e, catalogue))?;
    Ok(Some(changeset::worst(gated, deployed, changes, (&usage, as_of))))
}

/// The evaluated diff of the base with another commit of the head merged into it.
fn diff_of(
    commit: &str,
    sides: &Sides,
    judging: Judging<'_>,
    base: &RateTable,
) -> Outcome<Option<Digest>> {
    let Some(git) = &sides.git else { return Ok(None) };
    let Some((path, bytes)) = git.table_with(commit)? else { return Ok(None) };
    let table = table::read(&path, &bytes, &sides.reading).map_err(|e| judging.failed(e))?;
    Ok(table.refused.is_empty().then(|| diff::digest(&diff::changes(base, &table))))
}

/// The controls of the gate under the base's settings, and those of the workspace that judge changes.
pub(super) fn planned(
    sides: &Sides,
    catalogue: &Catalogue,
    (as_of, period): (NaiveDate, Option<Period>),
) -> Outcome<Plan> {
    let gate = |family: &str| family == judge::FAMILY;
    let mut ids: Vec<String> = catalogue
        .items
        .iter()
        .filter(|(id, item)| gate(&item.control.family) || id.as_str() == request::EMERGENCIES)
        .map(|(id, _)| id.clone())
        .collect();
    ids.sort();
    if let Some(workspace) = &sides.workspace {
        let selection = Selection { only: ids, as_of: Some(as_of), period };
        return plan::resolve(workspace, catalogue, &selection);
    }
    let planned = |id: &String| {
        let item = catalogue.items.get(id)?;
        let bundle = catalogue.bundles.get(&item.control.policy.bundle)?;
        Some(PlannedControl {
            control: item.control.clone(),
            mandatory: true,
            bindings: BTreeMap::new(),
            bundle: bundle.clone(),
        })
    };
    let parameters = RunParameters {
        workspace: "gate".to_owned(),
        period_start: as_of,
        period_end: as_of.succ_opt().unwrap_or(as_of),
        as_of,
        configuration: Digest([0; 32]),
        engine: format!("tieout {}", env!("CARGO_PKG_VERSION")),
        overrides: BTreeMap::new(),
    };
    Ok(Plan {
        parameters,
        datasets: Vec::new(),
        controls: ids.iter().filter_map(planned).collect(),
    })
}

fn read(
    sides: &Sides,
    file: &TableFile,
    which: &str,
    catalogue: &Catalogue,
    open: &mut Vec<Open>,
) -> Outcome<RateTable> {
    let table = table::read(&file.path, &file.bytes, &sides.reading)
        .map_err(|e| not_run(e, catalogue).with_help(&format!("in the {which}, {}", file.shown)))?;
    for refused in &table.refused {
        let column =
            refused.column.as_ref().map_or_else(String::new, |column| format!(" `{column}`:"));
        open.push(Open {
            control: "gate".to_owned(),
            why: format!("row {} of the {which}:{column} {}", refused.row, refused.reason),
            line: refused.line.map(|line| line.to_string()),
        });
    }
    Ok(table)
}

/// What changes are compared with. A dataset of which rows can't be read is not used, and that is open.
fn lookups(
    judging: Judging<'_>,
    inputs: &mut Vec<Input>,
    open: &mut Vec<Open>,
) -> Outcome<Lookups> {
    let mut loaded = Vec::new();
    for spec in judging.of_roles(&["contract", "document", "fiscal-calendar"]) {
        let read = judging.read(spec)?;
        open.extend(unreadable(&read));
        inputs.push(input(&read.summary));
        loaded.push(read);
    }
    Lookups::of(&loaded).map_err(|e| judging.failed(e))
}

pub(super) fn input(summary: &DatasetSummary) -> Input {
    Input {
        name: summary.name.clone(),
        profile: summary.profile.clone(),
        rows: summary.accepted.to_string(),
        commitment: summary.commitment.to_string(),
    }
}

/// The usage of the month, and the month's name; why nothing is re-rated goes to what is open.
fn usage(
    (sides, judging): (&Sides, Judging<'_>),
    question: &Question<'_>,
    lookups: &Lookups,
    open: &mut Vec<Open>,
) -> Outcome<Option<(Usage, String)>> {
    if question.no_usage {
        return Ok(None);
    }
    let specs: Vec<&DatasetSpec> = judging.of_roles(&["usage-summary"]).collect();
    let [spec] = specs.as_slice() else {
        open.push(Open::of_gate(match specs.as_slice() {
            [] => {
                "nothing was re-rated: the base's workspace has no dataset of the profile \
                 usage-summary-1 (`--no-usage` says that none is wanted)"
            }
            _ => "nothing was re-rated: the base's workspace has several usage summaries",
        }));
        return Ok(None);
    };
    let month = question
        .month
        .map(|period| (midnight(period.start), midnight(period.end)))
        .or_else(|| lookups.last_closed(midnight(question.as_of)));
    let Some(month) = month else {
        open.push(Open::of_gate(
            "nothing was re-rated: no closed period ends by the day asked; name one with `--month`",
        ));
        return Ok(None);
    };
    sealed::check(sides, spec)?;
    let commitments = |name: &str| dataset_commitment(judging.secret, name);
    let usage = usage::read(spec, month, &commitments, judging.progress);
    let usage = usage.map_err(|e| judging.failed(e))?;
    if let Some(refused) = usage.refused.first() {
        let number = usage.refused.len();
        let why =
            format!("{number} rows of the usage can't be read, the first: {}", refused.reason);
        open.push(Open::of_gate(why));
    }
    for (why, rows) in &usage.undetermined {
        open.push(Open::of_gate(format!("{} rows of the usage: {why}", rows.rows)));
    }
    if usage.in_month.rows.0 == 0 {
        open.push(Open::of_gate("nothing was re-rated: the usage has no row of the month"));
    }
    let name = match (day_of(month.0), day_of(month.1)) {
        (Some(from), Some(to)) => format!("{from} to {}", to.pred_opt().unwrap_or(to)),
        _ => String::new(),
    };
    Ok(Some((usage, name)))
}

/// The base's table at the beginning of the window; none where the table is younger.
fn window(
    sides: &Sides,
    question: &Question<'_>,
    catalogue: &Catalogue,
    open: &mut Vec<Open>,
) -> Outcome<Option<RateTable>> {
    let Some(git) = &sides.git else { return Ok(None) };
    if git.repository.is_shallow()? {
        open.push(Open::of_gate(
            "the history is cut off, so that nobody knows what changed within the window: fetch all of it",
        ));
    }
    let day = question.as_of.checked_sub_days(chrono::Days::new(question.window.into()));
    // Of commits of the day after, the committer's zone may be the reason.
    let end = question.as_of.checked_add_days(chrono::Days::new(2));
    let begins = |day: NaiveDate| day.and_hms_opt(0, 0, 0).map(|at| at.and_utc());
    let (Some(instant), Some(end)) = (day.and_then(begins), end.and_then(begins)) else {
        return Ok(None);
    };
    let past = git.repository.before((&git.base, &git.table), instant, end)?;
    if let Some(commit) = past.doubtful {
        let why = format!(
            "commit {commit} of the base is dated after the day asked, or its date can't be read: \
             nobody knows what changed within the window"
        );
        open.push(Open::of_gate(why));
    }
    let Some(revision) = past.revision else { return Ok(None) };
    let bytes = match &revision.path {
        Some(path) => git.repository.read(&revision.tree, path)?.map(|bytes| (path, bytes)),
        None => None,
    };
    let Some((path, bytes)) = bytes else {
        let why = "where the table was at the beginning of the window isn't known";
        open.push(Open::of_gate(why));
        return Ok(None);
    };
    let table = table::read(path, &bytes, &sides.reading).map_err(|e| not_run(e, catalogue))?;
    if !table.refused.is_empty() {
        let number = table.refused.len();
        let why =
            format!("{number} rows of the table at the beginning of the window can't be read");
        open.push(Open::of_gate(why));
    }
    Ok(Some(table))
}

/// Rows that nobody knows of on the day: what is charged until then they don't say.
fn known_later(base: &RateTable, head: &RateTable, as_of: NaiveDate, open: &mut Vec<Open>) {
    let tomorrow = midnight(as_of.succ_opt().unwrap_or(as_of));
    let before: BTreeSet<(&RateKey, i64, Option<i64>)> =
        base.rates.iter().map(|rate| (&rate.key, rate.from, rate.terms.known_from)).collect();
    for rate in &head.rates {
        let later = rate.terms.known_from.is_some_and(|known| known >= tomorrow);
        if later && !before.contains(&(&rate.key, rate.from, rate.terms.known_from)) {
            open.push(Open {
                control: "gate".to_owned(),
                why: format!("{}: the row is known only after the day asked", rate.key),
                line: rate.line.map(|line| line.to_string()),
            });
        }
    }
}

/// Other rate tables of the workspace that the request changes: they are judged by a gate of their own.
fn other_tables(sides: &Sides, open: &mut Vec<Open>) -> Outcome<()> {
    let (Some(git), Some(workspace)) = (&sides.git, &sides.workspace) else { return Ok(()) };
    for (name, dataset) in &workspace.settings.datasets {
        if !is_rate_table(dataset) {
            continue;
        }
        let patterns = git.patterns(workspace, &dataset.files)?;
        let judged = |path: &&str| *path == sides.base.path || *path == sides.head.path;
        let paths = git.changes.paths();
        let changed = paths.iter().filter(|path| !judged(path));
        for path in changed.filter(|path| patterns.iter().any(|pattern| pattern.matches(path))) {
            let why = format!(
                "the request also changes `{path}` of the rate table `{name}`: gate it, too"
            );
            open.push(Open::of_gate(why));
        }
    }
    Ok(())
}

fn side(file: &TableFile, table: &RateTable) -> Side {
    Side {
        shown: file.shown.clone(),
        revision: file.revision.clone(),
        file: file.path.clone(),
        digest: table.digest.to_string(),
        rows: table.rates.len().to_string(),
    }
}

fn reconciled(base: &RateTable, head: &RateTable, changes: &[Change]) -> Reconciled {
    let counted = integrity::reconcile(base, head, changes);
    Reconciled {
        unchanged: counted.unchanged.to_string(),
        only_base: counted.only_base.to_string(),
        only_head: counted.only_head.to_string(),
    }
}

fn line(row: &Row) -> ChangeLine {
    let text = |column: &str| row.get(column).map(ToOwned::to_owned);
    let price = |price: &str, currency: &str, unit: &str| {
        let price = row.get(price)?;
        let currency = row.get(currency).unwrap_or_default();
        let unit = row.get(unit).map_or_else(String::new, |unit| format!(" per {unit}"));
        Some(format!("{price} {currency}{unit}"))
    };
    let in_base = row.get("in_base") == Some("true");
    ChangeLine {
        rate_key: text("rate_key").unwrap_or_default(),
        kind: text("kind").unwrap_or_default(),
        other_rate_key: text("other_rate_key"),
        tier_from: text("tier_from"),
        effective_from: text("effective_from").unwrap_or_default(),
        effective_to: text("effective_to"),
        old: price("old_price", "old_currency", "old_unit"),
        new: price("new_price", "new_currency", "new_unit"),
        percent: text("change_percent"),
        in_base: in_base || row.get(changeset::UNLISTED).is_some(),
        legacy: in_base && row.get("kind") != Some(Kind::UsageWithoutRate.word()),
        retroactive: row.get("retroactive") == Some("true"),
        invoices_touched: text("invoices_touched"),
        invoices: row
            .get(changeset::INVOICES)
            .map(|all| all.split(", ").filter(|n| !n.is_empty()).map(ToOwned::to_owned).collect())
            .unwrap_or_default(),
        coverage: text("coverage").unwrap_or_default(),
        delta: text("delta"),
        currency: text("currency"),
        file: text("file").unwrap_or_default(),
        line: text("line").or_else(|| text("old_line")),
    }
}

fn rerating(usage: &Usage, rerated: &Rerated, month: &str) -> Rerating {
    let mut by = BTreeMap::new();
    for (dimension, values) in &rerated.by {
        let mut moved: Vec<Moved> = values
            .iter()
            .map(|((value, currency), sums)| Moved {
                value: value.clone(),
                currency: currency.clone(),
                money: money(&sums.old, &sums.new, &sums.delta),
            })
            .collect();
        let size: BTreeMap<(String, String), Exact> =
            values.iter().map(|(key, sums)| (key.clone(), sums.delta.magnitude())).collect();
        // The top movers first; those that are alike by their names.
        moved.sort_by(|a, b| {
            let of = |m: &Moved| size.get(&(m.value.clone(), m.currency.clone()));
            of(b).cmp(&of(a)).then_with(|| (&a.currency, &a.value).cmp(&(&b.currency, &b.value)))
        });
        by.insert(dimension.name().to_owned(), moved);
    }
    let text = |exact: &Exact| decimal(exact);
    Rerating {
        month: month.to_owned(),
        rows: usage.in_month.rows.to_string(),
        usage: usage.summary.commitment.to_string(),
        groups: groups(rerated),
        quantity: usage
            .in_month
            .by_unit
            .iter()
            .map(|(unit, sum)| (unit.clone(), text(sum)))
            .collect(),
        totals: rerated
            .money
            .iter()
            .map(|(c, m)| (c.clone(), money(&m.old, &m.new, &m.delta)))
            .collect(),
        moved: moved(rerated),
        by,
        unrated: rerated
            .unrated
            .iter()
            .map(|u| format!("{}: {} {}", u.key, text(&u.quantity), u.unit))
            .collect(),
        unpriced: rerated.unpriced.iter().map(ToString::to_string).collect(),
    }
}

/// The differences of all rates without their signs, by currency, with the sign of their sum.
fn moved(rerated: &Rerated) -> BTreeMap<String, String> {
    let mut sums: BTreeMap<&str, (Exact, Exact)> = BTreeMap::new();
    for effect in rerated.by_key.values() {
        for (currency, money) in &effect.money {
            let sum = sums.entry(currency).or_insert_with(|| (Exact::zero(), Exact::zero()));
            *sum = (sum.0.plus(&money.delta), sum.1.plus(&money.delta.magnitude()));
        }
    }
    let signed =
        |(net, gross): (Exact, Exact)| if net.is_negative() { gross.negated() } else { gross };
    sums.into_iter().map(|(c, sum)| (c.to_owned(), decimal(&signed(sum)))).collect()
}

/// How many groups each side rates, has no rate for, or can't decide, by the word for it.
fn groups(rerated: &Rerated) -> BTreeMap<String, [String; 2]> {
    let mut told: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for (place, side) in rerated.sides.iter().enumerate() {
        let undetermined = side.undetermined.iter().map(|(why, portion)| (*why, portion));
        for (word, portion) in [("rated", &side.rated), ("without a rate", &side.unrated)]
            .into_iter()
            .chain(undetermined)
        {
            if let Some(count) = told.entry(word.to_owned()).or_default().get_mut(place) {
                *count = portion.groups.0;
            }
        }
    }
    told.into_iter().map(|(word, counts)| (word, counts.map(|count| count.to_string()))).collect()
}

/// What the head's table can't rate and the base's could, or what only came with it.
fn not_rated(rerated: &Rerated, open: &mut Vec<Open>) {
    let [old, new] = &rerated.sides;
    for (why, portion) in &new.undetermined {
        if old.undetermined.get(why) != Some(portion) {
            let why = format!("{} groups of usage can't be re-rated: {why}", portion.groups);
            open.push(Open::of_gate(why));
        }
    }
}

fn money(old: &Exact, new: &Exact, delta: &Exact) -> Money {
    Money { old: decimal(old), new: decimal(new), delta: decimal(delta) }
}

/// An exact sum as text; sums of rounded amounts always have one.
fn decimal(exact: &Exact) -> String {
    exact.to_decimal().map_or_else(|| "?".to_owned(), |decimal| decimal.normalized().to_string())
}
