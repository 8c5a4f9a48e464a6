//! Exceptions gross and net of what was cleared. The gross figures are the pack's, and stay as they are.

use super::disposition::{Disposition, Kind};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeMap;
use tieout_controls::decimal::DecimalError;
use tieout_controls::{ControlId, Count, Decimal, RunResult, Totals};

/// A number of exceptions and their amounts by currency, unrounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// How many.
    pub count: Count,
    /// How much.
    pub amounts: Totals,
}

/// A control's exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Net {
    /// The control.
    pub control: ControlId,
    /// All of them, as the pack says.
    pub gross: Figure,
    /// Those that were cleared, by what they are. True exceptions never are.
    pub cleared: BTreeMap<Kind, Figure>,
    /// Gross less what was cleared.
    pub net: Figure,
}

/// A disposition that is not about exceptions of the pack as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// No such control.
    #[error("the pack has no control `{0}`")]
    Control(ControlId),
    /// Nothing to decide about.
    #[error("the control `{0}` has no exceptions")]
    NoExceptions(ControlId),
    /// No such line, a refused row, an undetermined record, or one of another control.
    #[error("the record {0} of the pack is no exception of that control")]
    NoException(Count),
    /// Other amounts.
    #[error("it states other amounts than the exceptions have")]
    Amounts,
    /// A sum past 76 digits.
    #[error(transparent)]
    Overflow(#[from] DecimalError),
}

/// Each control's exceptions gross and net, in the pack's order. `records` are the pack's lines as
/// [`VerifiedPack::records`](crate::verify::VerifiedPack::records) has them; the dispositions are in the
/// order of the log, each with whether a reviewer cleared it.
///
/// Of several cleared dispositions of one record the last decides, and only that: where it expired before
/// the day, the record counts in full.
///
/// # Errors
/// A disposition, cleared or not, that is not about exceptions as the pack has them.
pub fn net_of(
    result: &RunResult,
    records: &[Value],
    dispositions: &[(&Disposition, bool)],
    day: NaiveDate,
) -> Result<Vec<Net>, NetError> {
    let mut decided: BTreeMap<u64, &Disposition> = BTreeMap::new();
    for (disposition, cleared) in dispositions {
        for place in fits(result, records, disposition)? {
            if *cleared {
                decided.insert(place.0, disposition);
            }
        }
    }
    let mut nets = Vec::new();
    for test in &result.tests {
        let gross = Figure { count: test.counts.violates, amounts: test.exception_amounts.clone() };
        let mut net = Net {
            control: test.control.id.clone(),
            net: gross.clone(),
            gross,
            cleared: BTreeMap::new(),
        };
        for (place, disposition) in &decided {
            if disposition.control == net.control && counts(disposition, day) {
                let record = records.get(index(*place));
                let record = record.ok_or(NetError::NoException(Count(*place)))?;
                net.clear(disposition.kind, &amounts_of(record)?)?;
            }
        }
        nets.push(net);
    }
    Ok(nets)
}

/// The places of the exceptions that a disposition is about, where it states their amounts.
///
/// # Errors
/// It is not about exceptions as the pack has them.
pub(super) fn fits(
    result: &RunResult,
    records: &[Value],
    disposition: &Disposition,
) -> Result<Vec<Count>, NetError> {
    let (places, amounts) = about(result, records, disposition)?;
    if amounts == disposition.amounts { Ok(places) } else { Err(NetError::Amounts) }
}

/// The exceptions that a disposition is about, by their places among the records, and their amounts in
/// the pack, whatever amounts it states.
///
/// # Errors
/// It is about something that is no exception of its control, or its control has none.
pub fn about(
    result: &RunResult,
    records: &[Value],
    disposition: &Disposition,
) -> Result<(Vec<Count>, Totals), NetError> {
    let control = &disposition.control;
    if result.test(control).is_none() {
        return Err(NetError::Control(control.clone()));
    }
    let is_exception = |record: &&Value| {
        let has = |name: &str, value: &str| record.get(name).and_then(Value::as_str) == Some(value);
        has("kind", "record") && has("decision", "violates") && has("control", &control.to_string())
    };
    let places: Vec<Count> = match &disposition.records {
        None => {
            let all = records.iter().enumerate().filter(|(_, record)| is_exception(record));
            all.map(|(place, _)| Count::of(place)).collect()
        }
        Some(places) => places.clone(),
    };
    if places.is_empty() {
        return Err(NetError::NoExceptions(control.clone()));
    }
    let mut amounts = Totals::default();
    for place in &places {
        let record = records.get(index(place.0)).filter(is_exception);
        amounts.add_all(&amounts_of(record.ok_or(NetError::NoException(*place))?)?)?;
    }
    Ok((places, amounts))
}

/// Whether a cleared disposition takes anything away on that day.
fn counts(disposition: &Disposition, day: NaiveDate) -> bool {
    let lasts = disposition.expires.is_none_or(|last| day <= last);
    lasts && disposition.kind != Kind::TrueException
}

impl Net {
    fn clear(&mut self, kind: Kind, amounts: &Totals) -> Result<(), DecimalError> {
        let cleared = self.cleared.entry(kind).or_default();
        cleared.count.increment();
        cleared.amounts.add_all(amounts)?;
        self.net.count = Count(self.net.count.0.saturating_sub(1));
        amounts
            .0
            .iter()
            .try_for_each(|(currency, amount)| self.net.amounts.add(&amount.neg(), currency))
    }
}

/// The amounts of a record line: what its facts add up to, in its currency, as
/// `tieout_controls::conclude` adds up.
///
/// # Errors
/// Past 76 digits.
fn amounts_of(record: &Value) -> Result<Totals, DecimalError> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("").to_owned();
    let currency = text(record.get("exposure").and_then(|exposure| exposure.get("currency")));
    let mut amounts = Totals::default();
    let facts = record.get("facts").and_then(Value::as_array);
    for fact in facts.into_iter().flatten() {
        if let Some(amount) = fact.get("amount").and_then(Value::as_str) {
            amounts.add(&Decimal::parse(amount)?, &currency)?;
        }
    }
    Ok(amounts)
}

fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
