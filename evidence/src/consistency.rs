//! What a result says must follow from the rest of it.
//!
//! Checked by the verifier, which believes nobody, and by the sealer, so that a contradiction of
//! the program's own never reaches the log. What the record lines say beside it is checked in
//! `verify`.

use crate::encoding::sha256;
use std::collections::BTreeMap;
use tieout_controls::conclude::outcome_of;
use tieout_controls::control::PopulationQuery;
use tieout_controls::dataset::tie_out;
use tieout_controls::result::{DecisionCounts, PolicyIdentity, PopulationSummary, RunParameters};
use tieout_controls::{
    Control, Count, DatasetSummary, Digest, Outcome, RunResult, TestResult, TieOut,
};

/// The digests of the policy files, by their paths in `policy/`.
pub(crate) type PolicyFiles = BTreeMap<String, Digest>;

/// Says the first contradiction.
pub(crate) fn check(result: &RunResult, policies: &PolicyFiles) -> Result<(), String> {
    run(&result.run)?;
    ascending(result.datasets.iter().map(|dataset| dataset.name.as_str()), "datasets")?;
    ascending(result.tests.iter().map(|test| test.control.id.as_str()), "controls")?;
    for dataset in &result.datasets {
        self::dataset(dataset).map_err(|what| format!("dataset `{}`: {what}", dataset.name))?;
    }
    for test in &result.tests {
        self::test(test, result, policies)
            .map_err(|what| format!("{}: {what}", test.control.id))?;
    }
    Ok(())
}

/// Whether a record of the population is a row of its base dataset, not a group of them. The one
/// population that is neither pairs users with rules.
pub(crate) fn has_rows(control: &Control) -> bool {
    let population = &control.population;
    let pairs = PopulationQuery::Native("sod-static".to_owned());
    population.group_by.is_empty() && population.query != pairs
}

/// The path in `policy/` of the text that forms a control's population.
pub(crate) fn population_file(control: &Control) -> String {
    format!("population/{}.sql", control.id)
}

fn ascending<'a>(names: impl Iterator<Item = &'a str>, what: &str) -> Result<(), String> {
    let mut last = None;
    for name in names {
        if last >= Some(name) {
            return Err(format!("{what} are not in the order of their names, each once"));
        }
        last = Some(name);
    }
    Ok(())
}

fn run(run: &RunParameters) -> Result<(), String> {
    let days = [run.period_start, run.period_end, run.as_of];
    // Years beyond four digits are written with a sign.
    if days.iter().any(|day| day.to_string().len() != "2025-01-31".len()) {
        return Err("the run has a date that is no `YYYY-MM-DD`".to_owned());
    }
    require(run.period_start < run.period_end, "the run's period ends before it begins")
}

fn dataset(dataset: &DatasetSummary) -> Result<(), String> {
    let rows = sum(&[dataset.accepted, dataset.refused]);
    require(rows == u128::from(dataset.rows.0), "its rows are not the accepted and the refused")?;
    let nulls = dataset.null_amounts.values().all(|nulls| *nulls <= dataset.accepted);
    require(nulls, "more amounts are null than rows were accepted")?;
    let tied = tie_out(dataset.rows, &dataset.totals, dataset.tie_out.expected());
    require(tied == dataset.tie_out, "its tie-out does not follow from its rows and totals")
}

fn test(test: &TestResult, result: &RunResult, policies: &PolicyFiles) -> Result<(), String> {
    match (&test.policy, &test.population) {
        (Some(policy), Some(population)) => {
            self::policy(policy, &test.control, policies)?;
            query(population, &test.control, policies)?;
            self::population(population, test, result)?;
        }
        (None, None) => untested(test)?,
        _ => return Err("it has a policy or a population, but not both".to_owned()),
    }
    let follows = outcome_of(test).is_none_or(|outcome| outcome == test.outcome);
    require(follows, "its outcome does not follow from its counts and its population")
}

/// A control that could not be prepared has nothing to tell.
fn untested(test: &TestResult) -> Result<(), String> {
    let nothing = test.counts == DecisionCounts::default()
        && test.exception_amounts.is_empty()
        && test.by_code.is_empty()
        && test.undetermined.is_empty();
    let untested = matches!(test.outcome, Outcome::NotTested { .. });
    require(nothing && untested, "it has results without a policy and a population")
}

fn policy(
    policy: &PolicyIdentity,
    control: &Control,
    policies: &PolicyFiles,
) -> Result<(), String> {
    let named = policy.bundle == control.policy.bundle && policy.rule == control.policy.rule;
    require(named, "its policy is another than the control names")?;
    let folder = format!("{}/{}/", policy.bundle, policy.rule);
    let inner = policy.source.strip_prefix(&folder).is_some_and(|file| !file.contains('/'));
    require(inner, "its policy's source is not in the folder of the rule")?;
    if !policies.contains_key(&policy.source) {
        return Err(format!("`policy/{}` is missing", policy.source));
    }
    let digest = bundle_digest(&policy.bundle, policies);
    require(digest == policy.digest, "its policy's digest is not that of the bundle's files")
}

/// The digest of a bundle: that of the lines `<digest>␠␠<path>` LF of its files, by path.
fn bundle_digest(bundle: &str, policies: &PolicyFiles) -> Digest {
    let prefix = format!("{bundle}/");
    let files = policies.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
    let lines: String = files.map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    sha256(lines.as_bytes())
}

fn query(
    population: &PopulationSummary,
    control: &Control,
    policies: &PolicyFiles,
) -> Result<(), String> {
    let file = population_file(control);
    let listed = policies.get(&file).ok_or_else(|| format!("`policy/{file}` is missing"))?;
    if *listed != population.query || *listed != sha256(population_text(control).as_bytes()) {
        return Err(format!("`policy/{file}` is not the query of its population"));
    }
    Ok(())
}

/// The text that forms a population.
fn population_text(control: &Control) -> String {
    let population = &control.population;
    let condition = population.condition.as_deref().unwrap_or("true").trim_end();
    let query = match &population.query {
        PopulationQuery::Sql(sql) => sql.trim_end().to_owned(),
        PopulationQuery::Native(name) => format!("-- native: {name}"),
    };
    format!(
        "-- population of {}: the rows of {} where\n{condition}\n-- query\n{query}\n",
        control.id, population.base
    )
}

fn population(
    population: &PopulationSummary,
    test: &TestResult,
    result: &RunResult,
) -> Result<(), String> {
    let read = read(population, result)?;
    let base = read.iter().find(|dataset| dataset.name == population.base);
    let base = base.ok_or("its base dataset is not among those read")?;
    require(population.base_rows == base.accepted, "its base rows are not the dataset's")?;
    require(population.refused == base.refused, "its refused rows are not the dataset's")?;
    let rows = sum(&[population.selected, population.excluded, population.unknown]);
    require(
        rows == u128::from(population.base_rows.0),
        "its base rows are not those selected, excluded and unknown",
    )?;
    let DecisionCounts { conforms, violates, undetermined, not_applicable } = test.counts;
    let evaluated = sum(&[conforms, violates, undetermined, not_applicable]);
    require(
        evaluated == sum(&[population.records, population.unknown]),
        "its counts are not those of the population's records",
    )?;
    require(population.unknown <= undetermined, "rows of unknown membership are not undetermined")?;
    if has_rows(&test.control) && population.not_reconciled.is_empty() {
        require(
            population.records == population.selected,
            "its records are not the selected rows",
        )?;
    }
    for dataset in read {
        let agrees = matches!(dataset.tie_out, TieOut::Agrees { .. });
        let whole = dataset.name == population.base || dataset.refused == Count(0);
        let named = format!("`{}`", dataset.name);
        let said = |reasons: &[String]| reasons.iter().any(|reason| reason.starts_with(&named));
        if !(agrees || said(&population.not_tied_out)) {
            return Err(format!("it does not say that {named} is not tied out"));
        }
        if !(whole || said(&population.not_reconciled)) {
            return Err(format!("it does not say that rows of {named} were refused"));
        }
    }
    Ok(())
}

/// The datasets that a population reads.
fn read<'a>(
    population: &PopulationSummary,
    result: &'a RunResult,
) -> Result<Vec<&'a DatasetSummary>, String> {
    let find = |name: &String| {
        let dataset = result.datasets.iter().find(|dataset| dataset.name == *name);
        dataset.ok_or_else(|| format!("it reads a dataset `{name}` that is not there"))
    };
    population.datasets.values().map(find).collect()
}

fn sum(counts: &[Count]) -> u128 {
    counts.iter().map(|count| u128::from(count.0)).sum()
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}
