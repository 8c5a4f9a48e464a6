//! The nodes of charges and of the lines that consist of them.

use super::rows::{Row as TableRow, Table, digest};
use super::{Derivation, Lineage, Node, Source, Step};
use crate::population::native::Unknown;
use crate::population::native::charges::{ChargeRow, Why};
use crate::population::native::rater::{self, Rater, rated};
use crate::population::native::register::instant;
use crate::population::native::usage::{self, QUANTITY_SCALE, Row};
use crate::reperform::exact::Exact;
use crate::run::RunError;
use std::collections::BTreeSet;
use tieout_controls::Count;

/// So many charges of a line are named; the others are counted.
const NAMED: usize = 20;
/// Of a line with so few charges each one's derivation is a part of its own.
const WHOLE: usize = 3;

/// What is known of a quantity or amount that can't be derived.
const CANNOT: &str = "can't be derived";

/// An instant as text.
pub(super) fn moment(micros: i64) -> String {
    instant(micros).map(tieout_controls::value::instant_text).unwrap_or_default()
}

pub(super) fn fact(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

pub(super) fn quantity(units: i128) -> Exact {
    Exact::from_scaled(units, QUANTITY_SCALE)
}

impl Lineage<'_> {
    /// The derivation of a charge.
    pub(super) fn charge(&self, key: &str, charge: &ChargeRow<'_>) -> Result<Derivation, RunError> {
        let rater = self.billing.rates().of(charge, charge.known);
        let before = self.billing.charges.before(charge);
        let expected = rater
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|rater| rater::expected(charge, before, |quantity| rater.amount(quantity)));
        let id = charge.id;
        let mut root = Node {
            id: format!("charge {id}"),
            value: Some(charge.amount.to_string()),
            unit: Some(charge.currency.to_owned()),
            facts: vec![
                fact("resource", charge.resource),
                fact("service", charge.service),
                fact("period", format!("{} to {}", moment(charge.start), moment(charge.end))),
                fact("run", format!("{}, cut-off {}", charge.run, moment(charge.known))),
                fact("why", why(charge.why)),
            ],
            source: Some(self.rows_of("charge", format!("charge_id = '{id}'"), [charge.at])?),
            inputs: vec![format!("quantity {id}"), format!("price {id}")],
            ..Node::default()
        };
        root.facts.push(match &expected {
            Ok(expected) => fact("derived", expected),
            Err(Unknown(reason)) => fact(CANNOT, reason),
        });
        if let (Ok(rater), Some(quantity)) = (&rater, charge.quantity) {
            root.steps = steps(charge, rater, before, quantity);
        }
        let price = self.price(charge, &rater)?;
        let difference = expected.ok().map(|expected| charge.amount.minus(&expected).to_string());
        let nodes = vec![root, self.quantity(charge, before)?, price];
        Ok(Derivation { key: key.to_owned(), difference, nodes })
    }

    /// What a charge's quantity was counted from.
    fn quantity(&self, charge: &ChargeRow<'_>, before: Option<i128>) -> Result<Node, RunError> {
        let mut node = Node {
            id: format!("quantity {}", charge.id),
            value: charge.quantity.map(|units| quantity(units).to_string()),
            ..Node::default()
        };
        let Some(loaded) = self.roles.get("usage") else {
            node.facts.push(fact("usage", "no dataset of usage in the workspace"));
            return Ok(node);
        };
        let rows = usage::within(self.billing.rows(charge.resource), charge.start, charge.end);
        node.unit = rows.first().map(|row| row.unit.to_owned());
        let known = |row: &&Row<'_>| row.ingest < charge.known;
        let predicate = format!(
            "resource_id = '{}' AND interval_start >= '{}' AND interval_start < '{}' AND \
             ingest_time < '{}'",
            charge.resource,
            moment(charge.start),
            moment(charge.end),
            moment(charge.known)
        );
        let sum = rows.iter().filter(known).try_fold(Exact::zero(), |sum, row| {
            row.quantity.map(|units| sum.plus(&quantity(units)))
        });
        let places: Vec<_> = rows.iter().filter(known).map(|row| row.at).collect();
        node.source = Some(Source {
            dataset: loaded.summary.name.clone(),
            predicate,
            rows: Count::of(places.len()),
            sum: sum.map(|sum| ("quantity".to_owned(), sum.to_string())),
            digest: digest(loaded, places)?,
        });
        match usage::count(rows, charge.known) {
            Ok(counted) => node.facts.extend(shares(rows, &counted, before)),
            Err(Unknown(why)) => node.facts.push(fact(CANNOT, why)),
        }
        let late = rows.iter().filter(|row| row.ingest >= charge.known).count();
        if late > 0 {
            node.facts.push(fact("came in after the cut-off", format!("{late} rows")));
        }
        Ok(node)
    }

    /// The price that rated a charge.
    fn price(
        &self,
        charge: &ChargeRow<'_>,
        rater: &Result<Rater<'_, '_>, Unknown>,
    ) -> Result<Node, RunError> {
        let id = format!("price {}", charge.id);
        let rater = match rater {
            Ok(rater) => rater,
            Err(Unknown(reason)) => {
                return Ok(Node { id, facts: vec![fact(CANNOT, reason)], ..Node::default() });
            }
        };
        let (plan, rate) = (rater.priced.plan, rater.priced.rate);
        let mut facts = vec![
            fact("version", plan.version),
            fact("mode", plan.mode),
            fact("in force", validity(plan.validity())),
            fact("rounding", plan.rounding_words()),
        ];
        if plan.prorated {
            facts.push(fact("share of the month", &rater.share));
        }
        if let Some(rate) = rate {
            facts.push(fact("rate in force", validity(rate.validity())));
            facts.extend(rate.contract_line.map(|line| fact("contract line", line)));
            facts.push(fact("method", rate.method.unwrap_or("none stated")));
            facts.push(fact("approved by change", rate.approval.unwrap_or("none stated")));
        }
        let predicate =
            format!("service_id = '{}' AND version = '{}'", charge.service, plan.version);
        Ok(Node {
            id,
            value: rate.map(|rate| rate.price.to_string()),
            unit: Some(plan.currency.to_owned()),
            facts,
            source: Some(match rate {
                Some(rate) => {
                    let from = moment(rate.from());
                    let predicate =
                        format!("service_id = '{}' AND effective_from = '{from}'", charge.service);
                    self.rows_of("rate-table", predicate, [rate.at])?
                }
                None => self.rows_of("price-tier", predicate, plan.tiers_at())?,
            }),
            inputs: Vec::new(),
            steps: Vec::new(),
        })
    }

    /// Rows of the dataset of a role, as what was read.
    pub(super) fn rows_of(
        &self,
        role: &str,
        predicate: String,
        rows: impl IntoIterator<Item = (usize, usize)>,
    ) -> Result<Source, RunError> {
        let missing = || RunError::Internal(format!("no dataset of the role `{role}`"));
        let loaded = self.roles.get(role).ok_or_else(missing)?;
        let rows: Vec<_> = rows.into_iter().collect();
        Ok(Source {
            dataset: loaded.summary.name.clone(),
            predicate,
            rows: Count::of(rows.len()),
            sum: None,
            digest: digest(loaded, rows)?,
        })
    }

    /// The derivation of an invoice line.
    pub(super) fn line(
        &self,
        key: &str,
        invoice: &str,
        number: i64,
    ) -> Result<Option<Derivation>, RunError> {
        let billed = self.invoice.as_ref().map(|table| line_of(table, invoice, number));
        let charges = self.lines.get(&(invoice, number)).map(Vec::as_slice).unwrap_or_default();
        let charges: Vec<_> =
            charges.iter().filter_map(|place| self.billing.charges.rows.get(*place)).collect();
        let billed = billed.flatten();
        if billed.is_none() && charges.is_empty() {
            return Ok(None);
        }
        let mut root = Node { id: format!("line {key}"), ..Node::default() };
        let mut nodes = Vec::new();
        if let Some(row) = billed {
            root.value = row.text("net").map(str::to_owned);
            root.unit = row.text("currency").map(str::to_owned);
            for name in ["issuer", "buyer", "issue_date", "tax_point", "status"] {
                root.facts.extend(row.text(name).map(|value| fact(name, value)));
            }
            let predicate = format!("invoice_no = '{invoice}' AND line_no = {number}");
            root.source = Some(self.rows_of("invoice", predicate, [row.at])?);
            nodes.push(self.tax(invoice, row)?);
        }
        let derived = if charges.is_empty() {
            let pooled = billed.map(|row| self.pooled(row)).transpose()?.flatten();
            pooled.map(|(found, derived)| {
                nodes.extend(found);
                derived
            })
        } else {
            let (node, sum) = self.charges_of(invoice, number, &charges)?;
            nodes.push(node);
            if charges.len() <= WHOLE {
                for charge in &charges {
                    nodes.extend(self.charge(charge.id, charge)?.nodes);
                }
            }
            Some(sum)
        };
        if let Some(row) = billed {
            nodes.extend(self.exchange(row)?);
        }
        root.facts.push(match &derived {
            Some(derived) => fact("derived", derived),
            None => fact(CANNOT, "neither charges nor a pool of cost name the line"),
        });
        root.inputs = own_inputs(&nodes);
        let net = billed.and_then(|row| row.number("net"));
        let difference = net.zip(derived).map(|(net, derived)| net.minus(&derived).to_string());
        nodes.insert(0, root);
        Ok(Some(Derivation { key: key.to_owned(), difference, nodes }))
    }

    fn charges_of(
        &self,
        invoice: &str,
        number: i64,
        charges: &[&ChargeRow<'_>],
    ) -> Result<(Node, Exact), RunError> {
        let sum = charges.iter().fold(Exact::zero(), |sum, charge| sum.plus(&charge.amount));
        let predicate = format!("invoice_no = '{invoice}' AND invoice_line = {number}");
        let mut source = self.rows_of("charge", predicate, charges.iter().map(|c| c.at))?;
        source.sum = Some(("amount".to_owned(), sum.to_string()));
        let mut largest = charges.to_vec();
        largest
            .sort_by(|a, b| b.amount.magnitude().cmp(&a.amount.magnitude()).then(a.id.cmp(b.id)));
        let mut facts: Vec<_> =
            largest.iter().take(NAMED).map(|charge| fact(charge.id, &charge.amount)).collect();
        if charges.len() > NAMED {
            facts.push(fact("and more", format!("{} charges", charges.len() - NAMED)));
        }
        let node = Node {
            id: format!("charges {invoice}#{number}"),
            value: Some(sum.to_string()),
            unit: charges.first().map(|charge| charge.currency.to_owned()),
            facts,
            source: Some(source),
            ..Node::default()
        };
        Ok((node, sum))
    }
}

/// The nodes that no other one rests on.
fn own_inputs(nodes: &[Node]) -> Vec<String> {
    let rested: BTreeSet<&String> = nodes.iter().flat_map(|node| &node.inputs).collect();
    nodes.iter().map(|node| &node.id).filter(|id| !rested.contains(id)).cloned().collect()
}

pub(super) fn line_of<'t>(table: &'t Table, invoice: &str, number: i64) -> Option<&'t TableRow> {
    let number = number.to_string();
    table.with("invoice_no", Some(invoice)).find(|row| row.text("line_no") == Some(&number))
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Original => "original",
        Why::Correction => "correction",
        Why::Late => "late",
    }
}

fn validity((from, to, known): (i64, Option<i64>, i64)) -> String {
    let to = to.map_or_else(|| "further notice".to_owned(), moment);
    let known = (known > i64::MIN).then(|| format!(", known from {}", moment(known)));
    format!("{} to {to}{}", moment(from), known.unwrap_or_default())
}

/// Of what counted: how much was estimated, corrected, charged before; what did not count.
fn shares(
    rows: &[Row<'_>],
    counted: &usage::Counted,
    before: Option<i128>,
) -> Vec<(String, String)> {
    let counting = || counted.rows.iter().filter_map(|place| rows.get(*place));
    let sum = |of: fn(&&Row<'_>) -> bool| {
        let rows: Vec<_> = counting().filter(of).collect();
        let total = rows.iter().filter_map(|row| row.quantity).map(quantity);
        let total = total.fold(Exact::zero(), |sum, quantity| sum.plus(&quantity));
        (rows.len(), total)
    };
    let mut facts = vec![fact(
        "counted",
        format!("{} of {} intervals", quantity(counted.total), counted.rows.len()),
    )];
    for (name, (count, total)) in
        [("estimated", sum(|row| row.estimated)), ("corrected", sum(|row| row.replaces.is_some()))]
    {
        if count > 0 {
            facts.push(fact(name, format!("{total} in {count} intervals")));
        }
    }
    if let Some(before) = before.filter(|before| *before != 0) {
        facts.push(fact("charged before", quantity(before)));
    }
    facts
}

/// The steps of a charge's rating; of what came late those of the whole, and what was charged before.
fn steps(
    charge: &ChargeRow<'_>,
    rater: &Rater<'_, '_>,
    before: Option<i128>,
    units: i128,
) -> Vec<Step> {
    let rated = |units| rated(&rater.priced.terms, &rater.share, &quantity(units)).ok();
    let before = before.filter(|_| charge.why == Why::Late);
    let whole = before.map_or(units.checked_abs(), |before| before.checked_add(units));
    let Some(whole) = whole.and_then(rated) else { return Vec::new() };
    let mut steps: Vec<Step> = whole.trace.steps.iter().map(step).collect();
    let last = |formula: String, result: Exact| Step {
        operation: "charge".to_owned(),
        formula,
        result: result.to_string(),
        rounding: None,
        residual: None,
    };
    if let Some(earlier) = before.and_then(rated) {
        let formula = format!("{} - {}", whole.net, earlier.net);
        steps.push(last(formula, whole.net.minus(&earlier.net)));
    } else if units < 0 {
        steps.push(last(format!("-({})", whole.net), whole.net.negated()));
    }
    steps
}

fn step(step: &crate::reperform::rating::Step) -> Step {
    let rounding = step.rounding.map(|(increment, mode)| format!("{} to {increment}", mode.name()));
    Step {
        operation: step.operation.name().to_owned(),
        formula: step.formula.to_string(),
        result: step.result.to_string(),
        residual: rounding.is_some().then(|| step.residual.to_string()),
        rounding,
    }
}
