//! What the record lines add up to.

use super::place::{Decided, Kind};
use super::scan::Fixed;
use crate::line::RecordLine;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;
use tieout_controls::decimal::DecimalError;
use tieout_controls::result::{CodeSummary, UndeterminedGroup};
use tieout_controls::{Cause, ControlId, Count, Decimal, Totals};

/// The sums of one control.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) violates: Count,
    pub(super) undetermined: Count,
    pub(super) by_code: BTreeMap<String, CodeSummary>,
    pub(super) amounts: Totals,
    pub(super) groups: BTreeMap<Cause, UndeterminedGroup>,
}

/// By control.
pub(super) type Tallies = BTreeMap<ControlId, Tally>;

impl Tally {
    /// As `tieout_controls::conclude` adds up.
    pub(super) fn add(&mut self, line: &RecordLine, decision: Decided) -> Result<(), DecimalError> {
        self.count(decision, 1);
        let currency = line.exposure.as_ref().map_or("", |money| money.currency.as_str());
        for fact in &line.facts {
            let code = self.by_code.entry(fact.code.clone()).or_default();
            code.count.increment();
            if let Some(amount) = &fact.amount {
                code.amounts.add(amount, currency)?;
                self.amounts.add(amount, currency)?;
            }
        }
        for cause in &line.causes {
            let group = self.group(cause);
            group.count.increment();
            match &line.exposure {
                Some(money) => group.exposure.add(&money.amount, &money.currency)?,
                None => group.exposure_unknown.increment(),
            }
        }
        Ok(())
    }

    fn count(&mut self, decision: Decided, number: u64) {
        let count = match decision {
            Decided::Undetermined => &mut self.undetermined,
            _ => &mut self.violates,
        };
        *count = *count + Count(number);
    }

    fn group(&mut self, cause: &Cause) -> &mut UndeterminedGroup {
        self.groups.entry(cause.clone()).or_insert_with(|| UndeterminedGroup {
            cause: cause.clone(),
            count: Count(0),
            exposure: Totals::default(),
            exposure_unknown: Count(0),
        })
    }

    fn add_all(&mut self, other: &Self) -> Result<(), DecimalError> {
        self.violates = self.violates + other.violates;
        self.undetermined = self.undetermined + other.undetermined;
        self.amounts.add_all(&other.amounts)?;
        for (code, summary) in &other.by_code {
            let own = self.by_code.entry(code.clone()).or_default();
            own.count = own.count + summary.count;
            own.amounts.add_all(&summary.amounts)?;
        }
        for (cause, group) in &other.groups {
            let own = self.group(cause);
            own.count = own.count + group.count;
            own.exposure_unknown = own.exposure_unknown + group.exposure_unknown;
            own.exposure.add_all(&group.exposure)?;
        }
        Ok(())
    }
}

/// Adds the sums of other lines.
pub(super) fn add_all(tallies: &mut Tallies, others: Tallies) -> Result<(), DecimalError> {
    others.into_iter().try_for_each(|(id, other)| tallies.entry(id).or_default().add_all(&other))
}

/// Sums of lines of common shapes, in integers until they are all added.
#[derive(Default)]
pub(super) struct Sums {
    controls: Vec<Summed>,
}

struct Summed {
    /// That of the last line.
    kind: Arc<Kind>,
    violates: u64,
    undetermined: u64,
    codes: Vec<(String, Sum)>,
    causes: Vec<(Cause, Sum)>,
}

#[derive(Default)]
struct Sum {
    count: u64,
    /// Without an amount.
    without: u64,
    amounts: Vec<Amount>,
}

struct Amount {
    currency: String,
    scale: u32,
    sum: i128,
}

impl Sums {
    /// Adds a line. The amounts have up to 18 digits, so that no sum in memory can overflow.
    pub(super) fn add<'c>(
        &mut self,
        kind: &Arc<Kind>,
        facts: impl Iterator<Item = (&'c str, Option<Fixed>)>,
        causes: impl Iterator<Item = &'c Cause>,
        exposure: Option<(Fixed, &str)>,
    ) -> Option<()> {
        let at = self.controls.iter().rposition(|summed| {
            Arc::ptr_eq(&summed.kind, kind) || summed.kind.control == kind.control
        });
        let at = at.unwrap_or_else(|| {
            let (kind, codes, causes) = (Arc::clone(kind), Vec::new(), Vec::new());
            self.controls.push(Summed { kind, violates: 0, undetermined: 0, codes, causes });
            self.controls.len().saturating_sub(1)
        });
        let summed = self.controls.get_mut(at)?;
        if !Arc::ptr_eq(&summed.kind, kind) {
            summed.kind = Arc::clone(kind);
        }
        let count = match kind.decision {
            Decided::Undetermined => &mut summed.undetermined,
            _ => &mut summed.violates,
        };
        *count = count.saturating_add(1);
        let currency = exposure.map_or("", |(_, currency)| currency);
        for (code, amount) in facts {
            sum_of(&mut summed.codes, code)?.add(amount.map(|amount| (amount, currency)));
        }
        for cause in causes {
            sum_of(&mut summed.causes, cause)?.add(exposure);
        }
        Some(())
    }

    /// Adds everything to the tallies.
    pub(super) fn add_to(self, tallies: &mut Tallies) -> Result<(), DecimalError> {
        for summed in self.controls {
            let tally = tallies.entry(summed.kind.control.clone()).or_default();
            tally.count(Decided::Violates, summed.violates);
            tally.count(Decided::Undetermined, summed.undetermined);
            for (code, sum) in summed.codes {
                let own = tally.by_code.entry(code).or_default();
                own.count = own.count + Count(sum.count);
                sum.add_to(&mut own.amounts)?;
                sum.add_to(&mut tally.amounts)?;
            }
            for (cause, sum) in summed.causes {
                let own = tally.group(&cause);
                own.count = own.count + Count(sum.count);
                own.exposure_unknown = own.exposure_unknown + Count(sum.without);
                sum.add_to(&mut own.exposure)?;
            }
        }
        Ok(())
    }
}

impl Sum {
    fn add(&mut self, amount: Option<(Fixed, &str)>) {
        self.count = self.count.saturating_add(1);
        let Some(((number, scale), currency)) = amount else {
            self.without = self.without.saturating_add(1);
            return;
        };
        // Texts that are both empty are told first: comparing nothing, at no place in memory, takes a
        // hundred times as long where it is done with masked vectors.
        let same = |own: &str| own.is_empty() && currency.is_empty() || own == currency;
        let known = self.amounts.iter_mut().find(|own| own.scale == scale && same(&own.currency));
        match known {
            Some(own) => own.sum = own.sum.saturating_add(number),
            None => {
                self.amounts.push(Amount { currency: currency.to_owned(), scale, sum: number });
            }
        }
    }

    fn add_to(&self, totals: &mut Totals) -> Result<(), DecimalError> {
        self.amounts.iter().try_for_each(|own| {
            totals.add(&Decimal::from_scaled(own.sum, own.scale), &own.currency)
        })
    }
}

/// The sum of that key, a new one where there is none.
fn sum_of<'s, K, Q>(sums: &'s mut Vec<(K, Sum)>, key: &Q) -> Option<&'s mut Sum>
where
    K: Borrow<Q>,
    Q: ?Sized + Eq + ToOwned<Owned = K>,
{
    let known = sums.iter().rposition(|(known, _)| known.borrow() == key);
    let at = known.unwrap_or_else(|| {
        sums.push((key.to_owned(), Sum::default()));
        sums.len().saturating_sub(1)
    });
    sums.get_mut(at).map(|(_, sum)| sum)
}
