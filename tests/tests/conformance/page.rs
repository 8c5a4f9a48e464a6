//! The page of the totals.

use crate::case::{Case, DEVIATIONS, Verdict};
use std::collections::BTreeMap;
use std::fmt::Write as _;

type Verdicts = BTreeMap<String, Verdict>;

pub(crate) fn page(cases: &[Case], document: &Verdicts, record: &Verdicts) -> String {
    let mut families: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        families.entry(&case.family).or_default().push(case);
    }
    let mut page = HEAD.to_owned();
    let all: Vec<&Case> = cases.iter().collect();
    page.push_str(&line("all", &all, document, record));
    for (family, cases) in &families {
        page.push_str(&line(family, cases, document, record));
    }
    page.push_str("\n## What is refused\n\n| code | documents | records |\n|---|--:|--:|\n");
    for (code, [documents, records]) in tally(document, record, refused) {
        let _ = writeln!(page, "| `{code}` | {documents} | {records} |");
    }
    page.push_str("\n## What differs\n\n| reason | what it is | documents | records |\n");
    page.push_str("|---|---|--:|--:|\n");
    let differing = tally(document, record, failed);
    for (reason, what) in DEVIATIONS {
        let [documents, records] = differing.get(reason).copied().unwrap_or_default();
        let _ = writeln!(page, "| {reason} | {what} | {documents} | {records} |");
    }
    for (path, verdicts) in [("Documents", document), ("Records", record)] {
        let _ = writeln!(page, "\n{path}:\n");
        let differing = verdicts.iter().filter_map(|(name, v)| Some((name, failed(v)?)));
        let lines: String = differing.map(|(name, why)| format!("- {why}: {name}\n")).collect();
        page.push_str(if lines.is_empty() { "- none\n" } else { &lines });
    }
    page
}

const HEAD: &str = "# Conformance\n\n\
OPA's published cases for Rego v1 (swift-opa's compliance suite; two thirds of it, compiled plans \
left out) through both paths: as document policies and in the record profile. The families named \
`crypto*`, `jwt*`, `graphql*`, `net*` and the like lie outside both by choice.\n\n\
- *passed*: the case gives what OPA gives, or is an error where OPA has one;\n\
- *refused*: the policy or the document is refused by name before it is evaluated, or a comparison \
that would go by how an amount is written (`document-comparison`);\n\
- *beyond*: it can't be said on that path: a query that asks for more than a rule, several modules, \
an input that is no record, or a value that is no scalar;\n\
- *differs*: it gives something else, for a reason given below.\n\n\
No case panics. What each comes to stands in `tests/conformance/`; the test that holds this page \
runs them all.\n\n\
| family | cases | documents: passed | refused | beyond | differs | records: passed | refused | \
beyond | differs |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n";

fn line(family: &str, cases: &[&Case], document: &Verdicts, record: &Verdicts) -> String {
    let counts = |verdicts: &Verdicts| {
        let of = |fits: fn(&Verdict) -> bool| {
            cases.iter().filter(|case| fits(&verdicts[&case.name])).count()
        };
        format!(
            "{} | {} | {} | {}",
            of(|v| *v == Verdict::Passed),
            of(|v| matches!(v, Verdict::Refused(_))),
            of(|v| matches!(v, Verdict::NotExpressible(_))),
            of(|v| matches!(v, Verdict::Failed(_))),
        )
    };
    format!("| {family} | {} | {} | {} |\n", cases.len(), counts(document), counts(record))
}

fn refused(verdict: &Verdict) -> Option<&str> {
    if let Verdict::Refused(code) = verdict { Some(code) } else { None }
}

fn failed(verdict: &Verdict) -> Option<&str> {
    if let Verdict::Failed(reason) = verdict { Some(reason) } else { None }
}

fn tally<'a>(
    document: &'a Verdicts,
    record: &'a Verdicts,
    of: fn(&Verdict) -> Option<&str>,
) -> BTreeMap<&'a str, [usize; 2]> {
    let mut tally: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (verdicts, path) in [(document, 0), (record, 1)] {
        for key in verdicts.values().filter_map(of) {
            tally.entry(key).or_default()[path] += 1;
        }
    }
    tally
}
