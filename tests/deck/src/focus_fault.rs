//! Faults in charges: which rows are changed and how, and what the changed file must show.

use crate::Faults;
use crate::calendar::{HOUR, MINUTE};
use crate::fault::no_record;
use crate::focus::{Charges, Kind, Row};
use crate::money::Dec;
use crate::rates::{
    ACCOUNT_CHANGE, MapFault, MapFaultKind, PRICE_CHANGE, Rate, YEAR_START, day_after,
};
use crate::rng::Rng;
use crate::truth::{Answers, Fact, key};
use std::collections::{BTreeMap, BTreeSet};

/// A fault in one row.
struct Edit {
    control: &'static str,
    fault: &'static str,
    change: Change,
}

enum Change {
    EndsBeforeStart,
    EndsAtStart,
    SwapsBillingPeriod,
    EndsAfterBilling,
    StartsBeforeBilling,
    ListCost(Dec),
    ContractedCost(Dec),
    Currency(&'static str),
    OtherCurrency,
    SubAccount,
    Price(Dec),
}

/// All faults of the file.
#[derive(Default)]
pub(crate) struct Plan {
    edits: BTreeMap<u64, Edit>,
    /// Rows that a fault of another dataset was made for.
    marked: BTreeSet<u64>,
    /// Invoice → the fault that mixes its currencies.
    mixed: BTreeMap<u64, &'static str>,
    map_faults: Vec<MapFault>,
}

impl Plan {
    /// Chooses the rows.
    ///
    /// # Errors
    /// When no row fits a fault; the text names it.
    pub(crate) fn draw(seed: u64, faults: &Faults, charges: &Charges) -> Result<Self, String> {
        let mut plan = Self::default();
        // Mixed currencies first: they taint whole invoices, which the others then avoid.
        if faults.include("FOC-R08") {
            plan.plant_currencies(&mut Rng::stream(seed, "fault FOC-R08"), charges)?;
        }
        if faults.include("FOC-R01") {
            plan.plant_inverted(&mut Rng::stream(seed, "fault FOC-R01"), charges)?;
        }
        if faults.include("FOC-R02") {
            plan.plant_outside(&mut Rng::stream(seed, "fault FOC-R02"), charges)?;
        }
        if faults.include("FOC-R03") {
            plan.plant_costs(&mut Rng::stream(seed, "fault FOC-R03"), charges)?;
        }
        if faults.include("RT-01") {
            plan.plant_prices(&mut Rng::stream(seed, "fault RT-01"), charges)?;
        }
        if faults.include("GL-01") {
            plan.plant_accounts(&mut Rng::stream(seed, "fault GL-01"), charges)?;
        }
        Ok(plan)
    }

    pub(crate) fn map_faults(&self) -> &[MapFault] {
        &self.map_faults
    }

    /// Changes the row where a fault is planted in it, and adds what must be found in it.
    pub(crate) fn apply(&self, number: u64, row: &mut Row, answers: &mut Answers) {
        if let Some(edit) = self.edits.get(&number) {
            let price = row.contracted_price.unwrap_or(Dec::ZERO);
            edit.apply(row);
            edit.tell(row, price, answers);
        }
        if let Some(fault) = self.mixed.get(&row.invoice) {
            let planted = self.edits.get(&number);
            let itself = planted.is_some_and(|e| matches!(e.change, Change::OtherCurrency));
            // Where the currency is none, that fact has the row's cost; it counts once.
            let counted = planted.is_some_and(|e| matches!(e.change, Change::Currency(_)));
            let amount = (!counted).then_some(row.billed_cost);
            tell(answers, row, ("FOC-R08", "invoice-mixed-currency"), amount, fault, !itself);
        }
        for fault in &self.map_faults {
            let usage = row.kind.category() == "Usage";
            let same = row.service.id == fault.service && row.entity.id == fault.entity;
            let mapped = row.sub_account.starts_with("SA-");
            let then = fault.day <= row.start && row.start < day_after(fault.day);
            if usage && same && mapped && then {
                let (name, code) = match fault.kind {
                    MapFaultKind::Gap => ("gl-map-gap", "account-missing"),
                    MapFaultKind::Overlap => ("gl-map-overlap", "account-ambiguous"),
                };
                let amount = Some(row.billed_cost);
                tell(answers, row, ("GL-01", code), amount, name, !self.marked.contains(&number));
            }
        }
    }

    fn plant_currencies(&mut self, rng: &mut Rng, charges: &Charges) -> Result<(), String> {
        let changes = [
            ("currency-unknown", Change::Currency("EUX")),
            ("currency-withdrawn", Change::Currency("HRK")),
            ("currency-of-another-entity", Change::OtherCurrency),
        ];
        for (fault, change) in changes {
            let at = self.find(rng, charges, fault, |r| {
                // A lone row mixes nothing.
                let alone = r.invoice_rows == 1;
                r.kind == Kind::Usage && !alone && !Charges::has_tax(r.invoice)
            })?;
            self.mixed.insert(charges.row(at).invoice, fault);
            self.edits.insert(at, Edit { control: "FOC-R08", fault, change });
        }
        Ok(())
    }

    fn plant_inverted(&mut self, rng: &mut Rng, charges: &Charges) -> Result<(), String> {
        let changes = [
            ("charge-period-reversed", Change::EndsBeforeStart),
            ("charge-period-empty", Change::EndsAtStart),
            ("billing-period-reversed", Change::SwapsBillingPeriod),
        ];
        for (fault, change) in changes {
            let at = self.find(rng, charges, fault, |r| r.kind == Kind::Usage)?;
            self.edits.insert(at, Edit { control: "FOC-R01", fault, change });
        }
        Ok(())
    }

    fn plant_outside(&mut self, rng: &mut Rng, charges: &Charges) -> Result<(), String> {
        let fault = "charge-ends-after-billing-period";
        let at = self.find(rng, charges, fault, |r| r.kind == Kind::Usage)?;
        let change = Change::EndsAfterBilling;
        self.edits.insert(at, Edit { control: "FOC-R02", fault, change });
        let fault = "charge-starts-before-billing-period";
        // Where the earlier start would fall under another price or account, it would be a
        // second fault.
        let steady = [YEAR_START, ACCOUNT_CHANGE, PRICE_CHANGE];
        let at = self.find(rng, charges, fault, |r| {
            r.kind == Kind::Usage && !steady.contains(&r.billing_start)
        })?;
        let change = Change::StartsBeforeBilling;
        self.edits.insert(at, Edit { control: "FOC-R02", fault, change });
        Ok(())
    }

    fn plant_costs(&mut self, rng: &mut Rng, charges: &Charges) -> Result<(), String> {
        let changes = [
            ("list-cost-off-by-a-cent", Change::ListCost(Dec::new(1, 2))),
            ("contracted-cost-off-by-a-cent", Change::ContractedCost(Dec::new(-1, 2))),
            ("contracted-cost-too-high", Change::ContractedCost(Dec::new(1725, 2))),
        ];
        for (fault, change) in changes {
            let priced = |r: &Row| matches!(r.kind, Kind::Usage | Kind::Purchase);
            let at = self.find(rng, charges, fault, priced)?;
            self.edits.insert(at, Edit { control: "FOC-R03", fault, change });
        }
        Ok(())
    }

    fn plant_prices(&mut self, rng: &mut Rng, charges: &Charges) -> Result<(), String> {
        let rate = |r: &Row| charges.rate(r).filter(|_| r.kind == Kind::Usage);
        let changed = |r: &Row| rate(r).is_some_and(|rate| rate.after.is_some());
        for (fault, late) in
            [("old-rate-after-price-change", true), ("new-rate-before-price-change", false)]
        {
            let fits = |r: &Row| changed(r) && (r.start >= PRICE_CHANGE) == late;
            let at = self.find(rng, charges, fault, fits)?;
            let of = |rate: &Rate| if late { Some(rate.before) } else { rate.after };
            let price = rate(&charges.row(at)).and_then(of);
            let change = Change::Price(price.ok_or_else(|| no_record(fault))?);
            self.edits.insert(at, Edit { control: "RT-01", fault, change });
        }
        Ok(())
    }

    fn plant_accounts(&mut self, rng: &mut Rng, charges: &Charges) -> Result<(), String> {
        for fault in ["sub-account-unmapped", "sub-account-unmapped-too"] {
            let at = self.find(rng, charges, fault, |r| r.kind == Kind::Usage)?;
            let change = Change::SubAccount;
            self.edits.insert(at, Edit { control: "GL-01", fault, change });
        }
        for (fault, kind) in
            [("gl-map-gap", MapFaultKind::Gap), ("gl-map-overlap", MapFaultKind::Overlap)]
        {
            let taken: Vec<_> = self.map_faults.iter().map(|f| f.service).collect();
            let begins = [YEAR_START, ACCOUNT_CHANGE];
            let at = self.find(rng, charges, fault, |r| {
                let day = r.start.date().start();
                r.kind == Kind::Usage && !taken.contains(&r.service.id) && !begins.contains(&day)
            })?;
            self.marked.insert(at);
            let row = charges.row(at);
            let (service, entity) = (row.service.id, row.entity.id);
            self.map_faults.push(MapFault { service, entity, day: row.start.date().start(), kind });
        }
        Ok(())
    }

    /// The first free row that fits, from a place of the stream's choice on.
    fn find(
        &self,
        rng: &mut Rng,
        charges: &Charges,
        fault: &str,
        fits: impl Fn(&Row) -> bool,
    ) -> Result<u64, String> {
        let first = rng.below(charges.count());
        let free = |number: &u64| {
            let row = charges.row(*number);
            let untouched = !self.edits.contains_key(number) && !self.marked.contains(number);
            untouched && !self.mixed.contains_key(&row.invoice) && fits(&row)
        };
        let mut numbers = (first..charges.count()).chain(0..first);
        numbers.find(free).ok_or_else(|| no_record(fault))
    }
}

impl Edit {
    fn apply(&self, row: &mut Row) {
        match self.change {
            Change::EndsBeforeStart => row.end = row.start.plus(-HOUR),
            Change::EndsAtStart => row.end = row.start,
            Change::SwapsBillingPeriod => {
                std::mem::swap(&mut row.billing_start, &mut row.billing_end);
            }
            Change::EndsAfterBilling => row.end = row.billing_end.plus(HOUR),
            Change::StartsBeforeBilling => row.start = row.billing_start.plus(-30 * MINUTE),
            Change::ListCost(error) => row.list_cost = row.list_cost.plus(error),
            Change::ContractedCost(error) => {
                row.contracted_cost = row.contracted_cost.plus(error);
            }
            Change::Currency(currency) => row.currency = currency,
            Change::OtherCurrency => {
                row.currency = if row.currency == "EUR" { "CHF" } else { "EUR" };
            }
            Change::SubAccount => row.sub_account = format!("XX-{}-9", row.entity.id),
            Change::Price(price) => row.contract(price),
        }
    }

    /// `price` is the contracted price that the row should have.
    fn tell(&self, row: &Row, price: Dec, answers: &mut Answers) {
        let mut fact = |code, amount: Option<Dec>| {
            tell(answers, row, (self.control, code), amount, self.fault, false);
        };
        let billed = Some(row.billed_cost);
        match self.change {
            Change::EndsBeforeStart | Change::EndsAtStart => fact("charge-period-inverted", billed),
            Change::SwapsBillingPeriod => {
                fact("billing-period-inverted", billed);
                // No charge lies inside a period that ends before it begins.
                let code = ("FOC-R02", "outside-billing-period");
                tell(answers, row, code, billed, self.fault, true);
            }
            Change::EndsAfterBilling | Change::StartsBeforeBilling => {
                fact("outside-billing-period", billed);
            }
            // A list cost is charged to nobody: it counts in no total.
            Change::ListCost(_) => fact("list-cost-differs", None),
            Change::ContractedCost(error) => fact("contracted-cost-differs", Some(error)),
            // The rate that the charge names is stated in the currency that it should have.
            Change::Currency(_) => {
                fact("currency-not-iso-4217", billed);
                let code = ("RT-01", "rate-currency-differs");
                tell(answers, row, code, None, self.fault, true);
            }
            // The whole invoice is told, this row as the planted one.
            Change::OtherCurrency => {
                let code = ("RT-01", "rate-currency-differs");
                tell(answers, row, code, None, self.fault, true);
            }
            Change::SubAccount => fact("service-unmapped", billed),
            Change::Price(wrong) => {
                let quantity = row.quantity.unwrap_or(Dec::ZERO);
                fact("rate-differs", Some(wrong.minus(price).times(quantity)));
            }
        }
    }
}

/// Adds a fact about a row: control and code, the amount if it has one, the fault.
fn tell(
    answers: &mut Answers,
    row: &Row,
    (control, code): (&str, &str),
    amount: Option<Dec>,
    fault: &str,
    follows: bool,
) {
    answers.add(Fact {
        control,
        key: row_key(row),
        code,
        amount: amount.map(|amount| (amount, row.currency)),
        fault,
        consequential: follows,
    });
}

/// The row's key; a null would be an empty text, but no fault touches a row with one.
fn row_key(row: &Row) -> Vec<(String, String)> {
    key([
        ("InvoiceId", &row.invoice_id()),
        ("ResourceId", row.resource.as_deref().unwrap_or_default()),
        ("SkuPriceId", row.sku_price.as_deref().unwrap_or_default()),
        ("ChargePeriodStart", &row.start.to_string()),
    ])
}
