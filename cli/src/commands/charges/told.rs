//! What re-performed charges come to, for people and for programs.

use crate::diagnostic::{Failure, Outcome};
use crate::text::{counted, money, money_of, table, visible_line};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use tieout_controls::dataset::TieOut;
use tieout_controls::{DatasetSummary, Decimal, RefusedRow, Totals};
use tieout_engine::charges::{Exception, Reperformance};

/// So many refused rows are told one by one.
const REFUSED: usize = 8;

/// For people.
pub(super) fn text(done: &Reperformance) -> String {
    let mut out = String::new();
    for summary in datasets(done) {
        dataset(&mut out, summary);
    }
    refused(&mut out, &done.refused);
    let undetermined: u64 = done.undetermined.values().map(|count| count.0).sum();
    let _ = writeln!(
        out,
        "\n{} re-performed, {} exceptions, {undetermined} undetermined",
        done.evaluated, done.exceptions
    );
    out.push_str(&sums(done));
    if done.retroactive.0 > 0 {
        let _ = writeln!(
            out,
            "right as billed, and changed by prices that became known later: {}",
            done.retroactive
        );
    }
    if undetermined > 0 {
        let _ = writeln!(out, "\nundetermined, billed {}", money(&done.billed_undetermined));
        let rows = done
            .undetermined
            .iter()
            .map(|(why, count)| vec![format!("  {count}"), visible_line(why)]);
        out.push_str(&table(&rows.collect::<Vec<_>>()));
    }
    if done.exceptions.0 > 0 {
        out.push_str("\nexceptions by class\n");
        let rows = done.classes.iter().map(|(name, class)| {
            vec![format!("  {}", class.count), name.clone(), money(&class.difference)]
        });
        out.push_str(&table(&rows.collect::<Vec<_>>()));
    }
    for (currency, largest) in done.largest.iter().filter(|(_, largest)| !largest.is_empty()) {
        let _ = writeln!(out, "\nlargest in {}", visible_line(currency));
        let rows = largest.iter().map(|exception| line(exception, currency));
        out.push_str(&table(&rows.collect::<Vec<_>>()));
    }
    out
}

fn datasets(done: &Reperformance) -> impl Iterator<Item = &DatasetSummary> {
    std::iter::once(&done.charges).chain(&done.others)
}

fn dataset(out: &mut String, summary: &DatasetSummary) {
    let DatasetSummary { name, rows, refused, tie_out, .. } = summary;
    let counted = counted(usize::try_from(rows.0).unwrap_or(usize::MAX), "row");
    let _ = write!(out, "`{name}`: {counted}, {refused} refused, ");
    match tie_out {
        TieOut::NoExpectation => out.push_str("nobody says what it should hold\n"),
        TieOut::Agrees { expected } => {
            let _ = writeln!(out, "ties out with {}", visible_line(&expected.source));
        }
        TieOut::Differs { expected, differences } => {
            let _ = writeln!(out, "doesn't tie out with {}", visible_line(&expected.source));
            for found in differences {
                let _ = writeln!(
                    out,
                    "  {}: {} stated, {} found, difference {}",
                    visible_line(&found.what),
                    found.expected,
                    found.actual,
                    found.difference
                );
            }
        }
    }
}

fn refused(out: &mut String, rows: &[RefusedRow]) {
    for row in rows.iter().take(REFUSED) {
        let column = row.column.as_ref().map(|column| format!(", `{column}`")).unwrap_or_default();
        let place = format!("`{}`, row {}{column}", row.file, row.row);
        let said = format!("  refused: {place}: {} [{}]", row.reason, row.code);
        let _ = writeln!(out, "{}", visible_line(&said));
    }
    if let Some(more) = rows.len().checked_sub(REFUSED).filter(|more| *more > 0) {
        let _ = writeln!(out, "  and {more} more; `--format json` names all");
    }
}

fn sums(done: &Reperformance) -> String {
    let Reperformance { billed, reperformed, difference, .. } = done;
    let currencies: BTreeSet<&String> = billed.0.keys().chain(reperformed.0.keys()).collect();
    let zero = Decimal::zero();
    let amount = |totals: &Totals, currency: &str| {
        let found = totals.0.get(currency).unwrap_or(&zero);
        money_of(found, currency)
    };
    let title = ["  billed", "as re-performed", "difference"].map(str::to_owned).to_vec();
    let rows = currencies.into_iter().map(|currency| {
        let of = |totals| visible_line(&amount(totals, currency));
        vec![format!("  {}", of(billed)), of(reperformed), of(difference)]
    });
    let rows: Vec<_> = std::iter::once(title).chain(rows).collect();
    if rows.len() > 1 { table(&rows) } else { String::new() }
}

fn line(exception: &Exception, currency: &str) -> Vec<String> {
    let of = |amount: &Decimal| visible_line(&money_of(amount, currency));
    vec![
        format!("  {}", visible_line(&exception.charge)),
        visible_line(&format!("{}:{}", exception.file, exception.row)),
        visible_line(&exception.service),
        format!("billed {}", of(&exception.amount)),
        format!("re-performed {}", of(&exception.expected)),
        format!("difference {}", of(&exception.difference)),
        exception.class.clone(),
    ]
}

/// For programs. A commitment is told where the workspace has a secret: only then it is one.
pub(super) fn document(done: &Reperformance, committed: bool) -> Outcome<String> {
    let summary = |summary: &DatasetSummary| {
        let mut told = serde_json::to_value(summary).map_err(Failure::internal)?;
        if let Some(fields) = told.as_object_mut().filter(|_| !committed) {
            fields.remove("commitment");
        }
        Ok(told)
    };
    let others = done.others.iter().map(summary).collect::<Outcome<Vec<Json>>>()?;
    let classes = done.classes.iter().map(|(name, class)| {
        json!({"class": name, "count": class.count, "difference": class.difference})
    });
    let largest = done.largest.iter().flat_map(|(currency, largest)| {
        largest.iter().map(move |exception| told(exception, currency))
    });
    let whole = json!({
        "schema_version": "1",
        "charges": summary(&done.charges)?,
        "others": others,
        "refused": done.refused,
        "evaluated": done.evaluated,
        "exceptions": done.exceptions,
        "retroactive": done.retroactive,
        "undetermined": done.undetermined,
        "billed": done.billed,
        "reperformed": done.reperformed,
        "difference": done.difference,
        "billed_undetermined": done.billed_undetermined,
        "classes": classes.collect::<Vec<_>>(),
        "largest": largest.collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
    Ok(text + "\n")
}

fn told(exception: &Exception, currency: &str) -> Json {
    json!({
        "file": exception.file,
        "row": exception.row,
        "charge_id": exception.charge,
        "service_id": exception.service,
        "amount": exception.amount,
        "expected": exception.expected,
        "difference": exception.difference,
        "currency": currency,
        "class": exception.class,
    })
}
