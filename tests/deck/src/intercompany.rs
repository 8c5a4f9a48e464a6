//! Charges within the group: agreements, cost pools, entries on both sides, exchange rates.

mod exchange;
mod fault;

use self::exchange::Exchange;
use crate::Faults;
use crate::calendar::Date;
use crate::company::ENTITIES;
use crate::csv::{Format, Table, cell, maybe};
use crate::fault::Chosen;
use crate::header;
use crate::money::Dec;
use crate::rng::Rng;
use crate::truth::Answers;

/// What one entity does for another.
struct Relation {
    seller: &'static str,
    buyer: &'static str,
    category: &'static str,
    service: &'static str,
    method: &'static str,
    /// The mark-up in hundredths.
    markup: i128,
    /// The months that are charged.
    months: &'static [i64],
}

const EVERY_MONTH: &[i64] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

const RELATIONS: &[Relation] = &[
    Relation {
        seller: "DE01",
        buyer: "FR01",
        category: "it-services",
        service: "kubernetes",
        method: "LVAIGS",
        markup: 5,
        months: EVERY_MONTH,
    },
    Relation {
        seller: "DE01",
        buyer: "EE01",
        category: "it-services",
        service: "database",
        method: "LVAIGS",
        markup: 5,
        months: EVERY_MONTH,
    },
    Relation {
        seller: "DE01",
        buyer: "CH01",
        category: "it-services",
        service: "vm",
        method: "LVAIGS",
        markup: 5,
        months: EVERY_MONTH,
    },
    Relation {
        seller: "CH01",
        buyer: "DE01",
        category: "platform",
        service: "observability",
        method: "cost-plus",
        markup: 8,
        months: EVERY_MONTH,
    },
    Relation {
        seller: "EE01",
        buyer: "DE01",
        category: "development",
        service: "functions",
        method: "cost-plus",
        markup: 10,
        months: &[3, 6, 9],
    },
];

/// The day from which development has no agreement any more.
const DEVELOPMENT_ENDS: Date = Date::new(2025, 10, 1);
/// The day on which the first agreement is followed by another of the same terms.
const RENEWAL: Date = Date::new(2025, 7, 1);

/// A charge, as both sides should book it.
struct Charge {
    relation: &'static Relation,
    month: i64,
    pool: Dec,
    pass_through: Dec,
    amount: Dec,
    /// The category that the seller's side states.
    seller_category: &'static str,
    seller_books: bool,
    buyer_books: bool,
}

impl Charge {
    fn draw(rng: &mut Rng, relation: &'static Relation, month: i64) -> Self {
        let pool = rng.between(2_000_000, 9_000_000);
        let pass_through = pool * rng.between(5, 20) / 100;
        let mut charge = Self {
            relation,
            month,
            pool: Dec::cents(pool),
            pass_through: Dec::cents(pass_through),
            amount: Dec::ZERO,
            seller_category: relation.category,
            seller_books: true,
            buyer_books: true,
        };
        charge.amount = charge.with_markup(relation.markup);
        charge
    }

    /// (pool − pass-through) × (1 + mark-up) + pass-through, to the cent.
    fn with_markup(&self, hundredths: i128) -> Dec {
        let base = self.pool.minus(self.pass_through);
        base.times(Dec::new(100 + hundredths, 2)).plus(self.pass_through).rounded(2)
    }

    fn date(&self) -> Date {
        Date::new(2025, self.month + 1, 1).plus_days(-1)
    }

    fn period(&self) -> String {
        format!("2025-{:02}", self.month)
    }

    fn pool_id(&self) -> String {
        let Relation { seller, buyer, category, .. } = self.relation;
        format!("POOL-{seller}-{buyer}-{category}")
    }

    fn reference(&self) -> String {
        let Relation { seller, buyer, category, .. } = self.relation;
        format!("IC-{}-{seller}-{buyer}-{category}", self.period())
    }
}

/// The datasets `cost-pool`, `intercompany`, `ic-agreement` and `fx-rate`.
///
/// # Errors
/// When no charge fits a fault; the text names it.
pub(crate) fn tables(
    seed: u64,
    faults: &Faults,
    answers: &mut Answers,
) -> Result<Vec<Table>, String> {
    let mut rng = Rng::stream(seed, "intercompany");
    let mut charges = Vec::new();
    for relation in RELATIONS {
        let months = relation.months.iter();
        charges.extend(months.map(|month| Charge::draw(&mut rng, relation, *month)));
    }
    let mut chosen = Chosen::default();
    for control in ["TP-01", "TP-02", "IC-04"] {
        if faults.include(control) {
            let mut rng = Rng::stream(seed, &format!("fault {control}"));
            if control == "TP-01" {
                let late = rng.between(10, 12);
                let relation = RELATIONS.iter().filter(|r| r.category == "development");
                charges.extend(relation.map(|r| Charge::draw(&mut rng, r, late)));
            }
            for fault in fault::FAULTS.iter().filter(|f| f.control == control) {
                fault.plant(&mut rng, &mut charges, &mut chosen, answers)?;
            }
        }
    }
    let rates = Exchange::draw(seed);
    Ok(vec![pools(&charges), entries(&charges, &rates), agreements(seed), rates.table()])
}

fn entry_id(charge: usize, side: &str) -> String {
    format!("ICE-{:04}", charge * 2 + if side == "AR" { 1 } else { 2 })
}

fn currency(entity: &str) -> &'static str {
    ENTITIES.iter().find(|e| e.id == entity).map_or("EUR", |e| e.currency)
}

fn pools(charges: &[Charge]) -> Table {
    let row = |charge: &Charge| {
        vec![
            cell(charge.pool_id()),
            cell(charge.period()),
            cell(charge.relation.service),
            cell("619000"),
            cell(charge.pool),
            cell(currency(charge.relation.seller)),
            cell("mixed"),
            cell(charge.pass_through),
            cell(false),
        ]
    };
    Table {
        role: "cost-pool",
        format: Format::Csv,
        columns: &[
            "pool_id",
            "period",
            "service_id",
            "gl_account",
            "amount",
            "currency",
            "behaviour",
            "pass_through",
            "shareholder_activity",
        ],
        money: &[("amount", "currency"), ("pass_through", "currency")],
        rows: charges.iter().map(row).collect(),
    }
}

fn entries(charges: &[Charge], rates: &Exchange) -> Table {
    let mut rows = Vec::new();
    for (number, charge) in charges.iter().enumerate() {
        for side in ["AR", "AP"] {
            let seller = side == "AR";
            if if seller { charge.seller_books } else { charge.buyer_books } {
                rows.push(entry(number, charge, side, rates));
            }
        }
    }
    header::INTERCOMPANY.table(rows)
}

fn entry(number: usize, charge: &Charge, side: &str, rates: &Exchange) -> Vec<Option<String>> {
    let relation = charge.relation;
    let seller = side == "AR";
    let category = if seller { charge.seller_category } else { relation.category };
    let from = currency(relation.seller);
    let to = currency(if seller { relation.seller } else { relation.buyer });
    let rate = (from != to).then(|| rates.of(from, to, charge.month));
    let booked = rate.map_or(charge.amount, |r| charge.amount.times(r).rounded(2));
    vec![
        cell(entry_id(number, side)),
        cell(relation.seller),
        cell(relation.buyer),
        cell(charge.reference()),
        cell(charge.date()),
        cell(category),
        cell(relation.service),
        cell(charge.pool_id()),
        cell(charge.amount),
        cell(from),
        cell(booked),
        cell(to),
        maybe(rate),
        maybe(rate.map(|_| charge.date())),
        cell(side),
        cell(charge.period()),
    ]
}

fn agreements(seed: u64) -> Table {
    let mut rng = Rng::stream(seed, "ic-agreements");
    let begin = Date::new(2024, 1, 1);
    let mut rows = Vec::new();
    for (number, relation) in RELATIONS.iter().enumerate() {
        let terms = match relation.category {
            "development" => vec![(begin, Some(DEVELOPMENT_ENDS))],
            _ if number == 0 => vec![(begin, Some(RENEWAL)), (RENEWAL, None)],
            _ => vec![(begin, None)],
        };
        for (from, to) in terms {
            rows.push(vec![
                cell(format!("ICA-{:02}", rows.len() + 1)),
                cell(relation.seller),
                cell(relation.buyer),
                cell(relation.category),
                cell(relation.method),
                cell(Dec::new(relation.markup, 2)),
                cell("vCPU hours"),
                cell(from),
                maybe(to),
                cell(format!("{:016x}", rng.number())),
            ]);
        }
    }
    header::IC_AGREEMENT.table(rows)
}
