//! Two policies over the same records: of which of them they say something else.

use crate::decision::{Cause, Decision, Fact};
use crate::paper::EvaluatedRecord;

/// A record of which two policies say something else.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What the one says.
    pub before: &'a EvaluatedRecord,
    /// What the other says.
    pub after: &'a EvaluatedRecord,
}

impl Change<'_> {
    /// Whether the verdict is another; else only what is stated about the record is.
    pub fn of_verdict(&self) -> bool {
        self.before.decision.word() != self.after.decision.word()
    }
}

/// Two lists of records that are not the same records in the same order.
#[derive(Debug, thiserror::Error)]
#[error("the two policies were not evaluated over the same records")]
pub struct OtherRecords;

/// The records of which two policies say something else: another verdict, another fact or another
/// cause. Where in its source a rule stands is no difference.
///
/// # Errors
/// When the two are not the same controls and records in the same order.
pub fn changes<'a>(
    before: &'a [EvaluatedRecord],
    after: &'a [EvaluatedRecord],
) -> Result<Vec<Change<'a>>, OtherRecords> {
    if before.len() != after.len() {
        return Err(OtherRecords);
    }
    let mut changes = Vec::new();
    for (before, after) in before.iter().zip(after) {
        if before.control != after.control || before.record != after.record {
            return Err(OtherRecords);
        }
        if !same(&before.decision, &after.decision) {
            changes.push(Change { before, after });
        }
    }
    Ok(changes)
}

fn same(before: &Decision, after: &Decision) -> bool {
    let facts = |decision: &Decision| sorted(decision.facts().iter().map(stated));
    let causes = |decision: &Decision| sorted(decision.causes().iter().map(caused));
    before.word() == after.word()
        && facts(before) == facts(after)
        && causes(before) == causes(after)
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<_> = texts.collect();
    texts.sort();
    texts
}

/// A fact without its place. Amounts are compared by value.
fn stated(fact: &Fact) -> String {
    let Fact { rule: _, code, expected, actual, amount, message } = fact;
    let amount = amount.as_ref().map(|amount| amount.normalized().to_string());
    format!("{code:?} {expected:?} {actual:?} {amount:?} {message:?}")
}

fn caused(cause: &Cause) -> String {
    let Cause { reason, rule: _, column } = cause;
    format!("{reason:?} {column:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::ControlId;
    use crate::decimal::Decimal;
    use crate::decision::RuleRef;
    use crate::money::Count;
    use crate::record::RecordRef;

    fn record(row: u64, decision: Decision) -> EvaluatedRecord {
        let record = RecordRef {
            dataset: "invoices".to_owned(),
            file: Some(Count(0)),
            row: Some(Count(row)),
            key: Vec::new(),
        };
        let control = "OWN-01".parse::<ControlId>().unwrap();
        EvaluatedRecord { control, record, decision, values: Vec::new(), exposure: None }
    }

    fn violates(line: u32, amount: &str) -> Decision {
        let rule = RuleRef { file: "own/late/rule.rego".to_owned(), line, last_line: line };
        let fact = Fact {
            rule,
            code: "late".to_owned(),
            expected: None,
            actual: None,
            amount: Some(Decimal::parse(amount).unwrap()),
            message: None,
        };
        Decision::Violates { facts: vec![fact], causes: Vec::new() }
    }

    #[test]
    fn only_what_is_said_of_a_record_is_a_change() {
        let before = [
            record(1, Decision::Conforms),
            record(2, violates(3, "1.50")),
            record(3, violates(3, "1.50")),
            record(4, Decision::Conforms),
        ];
        let after = [
            record(1, Decision::Conforms),
            record(2, violates(9, "1.5")),
            record(3, violates(3, "1.51")),
            record(4, violates(3, "1.50")),
        ];
        let found = changes(&before, &after).unwrap();
        let found: Vec<_> =
            found.iter().map(|c| (c.before.record.row.unwrap().0, c.of_verdict())).collect();
        assert_eq!(found, [(3, false), (4, true)]);
    }

    #[test]
    fn other_records_are_not_compared() {
        let one = [record(1, Decision::Conforms)];
        assert!(changes(&one, &[]).is_err());
        assert!(changes(&one, &[record(2, Decision::Conforms)]).is_err());
    }
}
