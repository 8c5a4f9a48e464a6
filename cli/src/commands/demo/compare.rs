//! What was found against what was planted, exactly: control, key, code, amount, currency.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use tieout_controls::{Decimal, EvaluatedRecord};
use tieout_deck::Truth;

/// One fact about one record, as found or as planted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    control: String,
    key: Vec<(String, String)>,
    code: String,
    /// In plain notation without needless zeros.
    amount: Option<String>,
    currency: Option<String>,
}

/// The differences between findings and truth.
#[derive(Debug)]
pub(super) struct Comparison {
    equal: u64,
    missing: Vec<Finding>,
    unexpected: Vec<Finding>,
}

impl Comparison {
    /// Compares all facts of a run with the truth; the same fact found twice is one too many.
    pub(super) fn of(records: &[EvaluatedRecord], truth: &Truth) -> Self {
        let mut balance: BTreeMap<Finding, (u64, u64)> = BTreeMap::new();
        for finding in found(records) {
            balance.entry(finding).or_default().0 += 1;
        }
        for finding in planted(truth) {
            balance.entry(finding).or_default().1 += 1;
        }
        let mut all = Self { equal: 0, missing: Vec::new(), unexpected: Vec::new() };
        for (finding, (found, planted)) in balance {
            all.equal += found.min(planted);
            for _ in found..planted {
                all.missing.push(finding.clone());
            }
            for _ in planted..found {
                all.unexpected.push(finding.clone());
            }
        }
        all
    }

    /// Whether everything planted was found, and nothing else.
    pub(super) fn is_equal(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }

    /// For people; at most `limit` differences are listed.
    pub(super) fn render(&self, limit: usize) -> String {
        let equal = self.equal;
        if self.is_equal() {
            return match equal {
                0 => "against truth.json: nothing was planted, nothing was found\n".to_owned(),
                _ => format!(
                    "against truth.json: all {equal} planted exceptions found, to the last digit, \
                     and no other\n"
                ),
            };
        }
        let (missing, unexpected) = (self.missing.len(), self.unexpected.len());
        let mut out = format!(
            "against truth.json: {equal} agree, {missing} MISSING, {unexpected} UNEXPECTED\n"
        );
        let missing = self.missing.iter().map(|f| ("missing", f));
        let unexpected = self.unexpected.iter().map(|f| ("unexpected", f));
        for (what, finding) in missing.chain(unexpected).take(limit) {
            let _ = writeln!(out, "  {what:10} {}", finding.line());
        }
        let all = self.missing.len().saturating_add(self.unexpected.len());
        if all > limit {
            let _ = writeln!(out, "  … and {} more", all.saturating_sub(limit));
        }
        out
    }
}

impl Finding {
    fn line(&self) -> String {
        let key = self.key.iter().map(|(column, value)| format!("{column}={value}"));
        let key = key.collect::<Vec<_>>().join(" ");
        let currency = self.currency.as_deref().unwrap_or_default();
        let amount = self.amount.as_ref().map(|a| format!(" {currency} {a}")).unwrap_or_default();
        format!("{} {} {key}{amount}", self.control, self.code)
    }
}

fn found(records: &[EvaluatedRecord]) -> impl Iterator<Item = Finding> {
    records.iter().flat_map(|record| {
        let key = record.record.key.iter();
        let key: Vec<_> =
            key.map(|f| (f.name.clone(), f.value.to_text().unwrap_or_default())).collect();
        record.decision.facts().iter().map(move |fact| Finding {
            control: record.control.to_string(),
            key: key.clone(),
            code: fact.code.clone(),
            amount: fact.amount.as_ref().map(|a| a.normalized().to_string()),
            currency: match (&fact.amount, &record.exposure) {
                (Some(_), Some(money)) => Some(money.currency.clone()),
                _ => None,
            },
        })
    })
}

fn planted(truth: &Truth) -> impl Iterator<Item = Finding> {
    truth.exceptions.iter().map(|exception| Finding {
        control: exception.control.clone(),
        key: exception.key.clone(),
        code: exception.code.clone(),
        // What can't be read as a decimal equals no finding, and is listed as it stands.
        amount: exception.amount.as_ref().map(|text| {
            Decimal::parse(text).map_or_else(|_| text.clone(), |d| d.normalized().to_string())
        }),
        currency: exception.currency.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tieout_controls::decision::RuleRef;
    use tieout_controls::{Decision, Fact, Field, FieldClass, Money, RecordRef, Value};
    use tieout_deck::Exception;

    fn record(key: &str, amount: &str) -> EvaluatedRecord {
        let rule = RuleRef { file: "r.rego".into(), line: 1, last_line: 2 };
        let amount = Decimal::parse(amount).unwrap();
        let fact = Fact {
            rule,
            code: "differs".into(),
            expected: None,
            actual: None,
            amount: Some(amount.clone()),
            message: None,
        };
        let value = Value::String(key.into());
        let field = Field { name: "id".into(), value, class: FieldClass::Clear };
        EvaluatedRecord {
            control: "A-1".parse().unwrap(),
            record: RecordRef { dataset: "d".into(), file: None, row: None, key: vec![field] },
            decision: Decision::Violates { facts: vec![fact], causes: Vec::new() },
            values: Vec::new(),
            exposure: Some(Money { amount, currency: "EUR".into() }),
        }
    }

    fn truth(exceptions: &[(&str, &str)]) -> Truth {
        let exception = |(key, amount): &(&str, &str)| Exception {
            control: "A-1".into(),
            key: vec![("id".into(), (*key).into())],
            code: "differs".into(),
            amount: Some((*amount).into()),
            currency: Some("EUR".into()),
            fault: "planted".into(),
            consequential: false,
        };
        Truth { seed: "1".into(), exceptions: exceptions.iter().map(exception).collect() }
    }

    #[test]
    fn equal_amounts_may_be_written_differently() {
        let comparison = Comparison::of(&[record("x", "1.50")], &truth(&[("x", "1.5")]));
        assert!(comparison.is_equal());
    }

    #[test]
    fn a_cent_a_missing_one_and_one_twice_are_differences() {
        let cent = Comparison::of(&[record("x", "1.51")], &truth(&[("x", "1.50")]));
        assert_eq!((cent.missing.len(), cent.unexpected.len()), (1, 1));
        let missing = Comparison::of(&[], &truth(&[("x", "1")]));
        assert!(!missing.is_equal());
        assert!(missing.render(9).contains("missing    A-1 differs id=x EUR 1"));
        let twice = Comparison::of(&[record("x", "1"), record("x", "1")], &truth(&[("x", "1")]));
        assert_eq!((twice.equal, twice.unexpected.len()), (1, 1));
    }
}
