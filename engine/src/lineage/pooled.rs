//! What a line bears beside its charges: tax, pooled cost, exchange.

use super::derive::fact;
use super::rows::Row;
use super::{Lineage, Node, Source, Step};
use crate::reperform::exact::{Exact, Increment};
use crate::run::RunError;
use tieout_controls::Rounding;
use tieout_controls::currency::minor_units;

impl Lineage<'_> {
    /// The tax of a line: its category's tax on the document, and the line's part of it.
    pub(super) fn tax(&self, invoice: &str, line: &Row) -> Result<Node, RunError> {
        let (issuer, category) = (line.text("issuer"), line.text("vat_category"));
        let rate = line.number("vat_rate");
        let same = |row: &&Row| {
            row.text("issuer") == issuer
                && row.text("vat_category") == category
                && row.number("vat_rate") == rate
        };
        let of_invoice = self.invoice.iter().flat_map(|t| t.with("invoice_no", Some(invoice)));
        let rows: Vec<&Row> = of_invoice.filter(same).collect();
        let sum = |column| {
            let numbers = rows.iter().filter_map(|row| row.number(column));
            numbers.fold(Exact::zero(), |sum, number| sum.plus(&number))
        };
        let (net, borne) = (sum("net"), sum("vat_amount"));
        let category = category.unwrap_or_default();
        let mut facts = vec![
            fact("category", category),
            fact("lines of the category", rows.len()),
            fact("borne by the lines", &borne),
        ];
        facts.extend(line.text("exemption_code").map(|code| fact("exemption", code)));
        facts.extend(line.text("gross").map(|gross| fact("gross", gross)));
        let currency = line.text("currency").unwrap_or_default();
        let increment = minor_units(currency).and_then(Increment::digits);
        let steps = rate.zip(increment).map(|(rate, increment)| {
            rounded("tax", format!("{net} * {rate} / 100"), &of_percent(&net, &rate), increment)
        });
        let predicate = format!("invoice_no = '{invoice}' AND vat_category = '{category}'");
        Ok(Node {
            id: "tax".to_owned(),
            value: line.text("vat_amount").map(str::to_owned),
            unit: Some(currency.to_owned()),
            facts,
            steps: steps.into_iter().collect(),
            source: Some(self.rows_of("invoice", predicate, rows.iter().map(|row| row.at))?),
            inputs: Vec::new(),
        })
    }

    /// The entry between companies that is this line: the seller's, of the same day and amount.
    fn entry(&self, line: &Row) -> Option<&Row> {
        let same = |row: &&Row| {
            row.text("side") == Some("AR")
                && row.text("seller") == line.text("issuer")
                && row.text("buyer") == line.text("buyer")
                && row.text("txn_ccy") == line.text("currency")
                && row.number("txn_amount") == line.number("net")
        };
        let of_day = self.intercompany.as_ref()?.with("txn_date", line.text("issue_date"));
        let mut found = of_day.filter(same);
        found.next().filter(|_| found.next().is_none())
    }

    /// The pool of cost behind a line, with its mark-up and what it was allocated from.
    pub(super) fn pooled(&self, line: &Row) -> Result<Option<(Vec<Node>, Exact)>, RunError> {
        let Some(entry) = self.entry(line) else { return Ok(None) };
        let (id, period) = (entry.text("pool_id"), entry.text("period"));
        let pool = self.pool(id, period);
        let Some(pool) = pool else { return Ok(None) };
        let currency = line.text("currency").unwrap_or_default();
        let increment = minor_units(currency).and_then(Increment::digits);
        let numbers = pool.number("amount").zip(pool.number("pass_through"));
        let agreement = self.agreement(entry);
        let markup = agreement.and_then(|row| row.number("markup"));
        let (Some((cost, passed)), Some(markup), Some(increment)) = (numbers, markup, increment)
        else {
            return Ok(None);
        };
        let exact = cost.minus(&passed).times(&Exact::integer(1).plus(&markup)).plus(&passed);
        let formula = format!("({cost} - {passed}) * (1 + {markup}) + {passed}");
        let step = rounded("mark-up", formula, &exact, increment);
        let derived = exact.rounded(increment, Rounding::HalfUp);
        let (id, period) = (id.unwrap_or_default(), period.unwrap_or_default());
        let mut facts = vec![fact("entry", entry.text("entry_id").unwrap_or_default())];
        facts.extend(
            agreement.and_then(|row| row.text("agreement_id")).map(|a| fact("agreement", a)),
        );
        let predicate = format!("pool_id = '{id}' AND period = '{period}'");
        let mut nodes = vec![Node {
            id: format!("pool {id} {period}"),
            value: Some(cost.to_string()),
            unit: Some(currency.to_owned()),
            facts,
            steps: vec![step],
            source: Some(self.rows_of("cost-pool", predicate, [pool.at])?),
            inputs: vec![format!("allocation {period}")],
        }];
        nodes.extend(self.allocation(line, entry, period)?);
        Ok(Some((nodes, derived)))
    }

    fn agreement(&self, entry: &Row) -> Option<&Row> {
        let date = entry.text("txn_date")?;
        let holds = |row: &&Row| {
            ["buyer", "category"].iter().all(|c| row.text(c) == entry.text(c))
                && row.text("effective_from").is_some_and(|from| from <= date)
                && row.text("effective_to").is_none_or(|to| date < to)
        };
        let of_seller = self.agreements.as_ref()?.with("seller", entry.text("seller"));
        let mut found = of_seller.filter(holds);
        found.next().filter(|_| found.next().is_none())
    }

    /// What the seller's pools gave to the buyer's cost centres in the period: each part, and who got
    /// what was left of the division.
    fn allocation(&self, line: &Row, entry: &Row, period: &str) -> Result<Option<Node>, RunError> {
        let Some(results) = &self.results else { return Ok(None) };
        let (seller, buyer) = (entry.text("seller"), entry.text("buyer").unwrap_or_default());
        let own = |row: &&Row| {
            row.text("recipient_kind") == Some("cost-centre")
                && self.entity_of(row.text("recipient"), period) == Some(buyer)
                && self.pool_is(row.text("pool_id"), period, seller)
        };
        let rows: Vec<&Row> = results.with("period", Some(period)).filter(own).collect();
        let amounts = rows.iter().filter_map(|row| row.number("amount"));
        let sum = amounts.fold(Exact::zero(), |sum, amount| sum.plus(&amount));
        let text = |row: &Row, column| row.text(column).unwrap_or_default().to_owned();
        let part = |row: &&Row| {
            let name = format!("{} of {}", text(row, "recipient"), text(row, "pool_id"));
            let adjusted = row.number("rounding_adj").filter(|units| !units.is_zero());
            let adjusted = adjusted.map(|units| format!(", {units} of it left by the division"));
            let share = text(row, "share");
            let value =
                format!("{} by {share}{}", text(row, "amount"), adjusted.unwrap_or_default());
            (name, value)
        };
        let predicate = format!(
            "period = '{period}' AND recipient_kind = 'cost-centre', recipients of {buyer}, pools of {}",
            seller.unwrap_or_default()
        );
        let source = self.rows_of("allocation-result", predicate, rows.iter().map(|row| row.at))?;
        Ok(Some(Node {
            id: format!("allocation {period}"),
            value: Some(sum.to_string()),
            unit: line.text("currency").map(str::to_owned),
            facts: rows.iter().map(part).collect(),
            steps: Vec::new(),
            source: Some(Source { sum: Some(("amount".to_owned(), sum.to_string())), ..source }),
            inputs: Vec::new(),
        }))
    }

    /// Whose a cost centre is on the first day of a period.
    fn entity_of(&self, centre: Option<&str>, period: &str) -> Option<&str> {
        let day = format!("{period}-01");
        let holds = |row: &&Row| {
            row.text("valid_from").is_some_and(|from| from <= day.as_str())
                && row.text("valid_to").is_none_or(|to| day.as_str() < to)
        };
        let mut found = self.centres.as_ref()?.with("cc_id", centre).filter(holds);
        found.next().filter(|_| found.next().is_none())?.text("entity")
    }

    fn pool_is(&self, pool: Option<&str>, period: &str, entity: Option<&str>) -> bool {
        self.pool(pool, Some(period)).is_some_and(|row| row.text("entity") == entity)
    }

    /// The pool of that name and period.
    fn pool(&self, id: Option<&str>, period: Option<&str>) -> Option<&Row> {
        self.pools.as_ref()?.with("pool_id", id).find(|row| row.text("period") == period)
    }

    /// What the buyer books where its currency is another one.
    pub(super) fn exchange(&self, line: &Row) -> Result<Option<Node>, RunError> {
        let Some(entry) = self.entry(line) else { return Ok(None) };
        let same = self.intercompany.iter().flat_map(|t| t.with("ic_ref", entry.text("ic_ref")));
        let booked = same.into_iter().find(|row| row.text("side") == Some("AP"));
        let Some(booked) = booked.filter(|row| row.text("booked_ccy") != row.text("txn_ccy"))
        else {
            return Ok(None);
        };
        let currency = booked.text("booked_ccy").unwrap_or_default();
        let increment = minor_units(currency).and_then(Increment::digits);
        let numbers = booked.number("txn_amount").zip(booked.number("fx_rate"));
        let step = numbers.zip(increment).map(|((amount, rate), increment)| {
            rounded("exchange", format!("{amount} * {rate}"), &amount.times(&rate), increment)
        });
        let id = booked.text("entry_id").unwrap_or_default();
        Ok(Some(Node {
            id: format!("exchange {id}"),
            value: booked.text("booked_amount").map(str::to_owned),
            unit: Some(currency.to_owned()),
            facts: booked.text("fx_date").map(|date| fact("rate of", date)).into_iter().collect(),
            steps: step.into_iter().collect(),
            source: Some(self.rows_of(
                "intercompany",
                format!("entry_id = '{id}'"),
                [booked.at],
            )?),
            inputs: Vec::new(),
        }))
    }
}

fn of_percent(net: &Exact, rate: &Exact) -> Exact {
    net.times(rate).times(&Exact::from_scaled(1, 2))
}

fn rounded(operation: &str, formula: String, exact: &Exact, increment: Increment) -> Step {
    let result = exact.rounded(increment, Rounding::HalfUp);
    Step {
        operation: operation.to_owned(),
        formula,
        result: result.to_string(),
        rounding: Some(format!("{} to {increment}", Rounding::HalfUp.name())),
        residual: Some(exact.minus(&result).to_string()),
    }
}
