//! The index against a scan of every document with code of its own: random corpora, random
//! queries, no difference.

use super::fixture::{built, digest, pack};
use super::random::{
    AMOUNTS, CODES, CONTROLS, CURRENCIES, DAYS, DECISIONS, INSTANTS, INVOICES, Random, line,
    population, sentence,
};
use super::scan::{Q, Range, matches};
use serde_json::Value;
use tieout_controls::Decimal;

const CORPORA: usize = 16;
const QUERIES: usize = 200;

#[test]
fn index_and_scan_agree() {
    let mut random = Random(20_250_131);
    let mut found_some = 0;
    for _ in 0..CORPORA {
        let records: Vec<Value> = (0..=random.below(30)).map(|_| line(&mut random)).collect();
        let passed: Vec<Value> = (0..random.below(20)).map(|_| population(&mut random)).collect();
        let mut packs =
            vec![pack(5, passed.clone(), records.clone()), pack(2, records.clone(), passed)];
        packs.iter_mut().for_each(|pack| pack.result.tests.clear());
        let index = built(&packs);
        packs.reverse();
        for _ in 0..QUERIES {
            let query = query(&mut random, 3);
            let text = print(&query, &mut random);
            let mut expected = Vec::new();
            for pack in &packs {
                let lines = [("record", &pack.records), ("population", &pack.population)];
                for (kind, lines) in lines {
                    for (number, line) in lines.iter().enumerate() {
                        if matches(&query, line, pack.log_index.0) {
                            expected.push(format!("{}/{kind}/{number}", pack.log_index));
                        }
                    }
                }
            }
            found_some += usize::from(!expected.is_empty());
            assert_eq!(index.found(&text), expected, "{text}");
        }
    }
    // A comparison of empty sets would prove nothing.
    assert!(found_some * 3 > CORPORA * QUERIES, "{found_some}");
}

fn query(random: &mut Random, depth: usize) -> Q {
    let parts = |random: &mut Random| {
        let count = 2 + random.below(3);
        (0..count).map(|_| query(random, depth - 1)).collect()
    };
    match random.below(if depth == 0 { 7 } else { 11 }) {
        0 => Q::Text(random.pick(&INVOICES).to_owned()),
        1 => Q::Text(sentence(random)),
        2 => column(random),
        3 => member(random),
        4 => Q::Amount(range(random, &AMOUNTS), currency(random)),
        5 => number(random),
        6 => time(random),
        7 | 8 => Q::And(parts(random)),
        9 => Q::Or(parts(random)),
        _ => Q::Not(Box::new(query(random, depth - 1))),
    }
}

fn column(random: &mut Random) -> Q {
    let op = random.pick(&[":", "="]);
    match random.below(3) {
        0 => Q::Column("InvoiceId", op, random.pick(&INVOICES).to_owned()),
        1 => Q::Column("key.invoiceid", op, random.pick(&INVOICES).to_owned()),
        _ => Q::Column("ChargeDescription", op, sentence(random)),
    }
}

fn member(random: &mut Random) -> Q {
    match random.below(5) {
        0 => Q::Member("control", random.pick(&CONTROLS).to_owned()),
        1 => Q::Member("decision", random.pick(&DECISIONS).to_owned()),
        2 => Q::Member("code", random.pick(&CODES).to_owned()),
        3 => Q::Member("invoice", random.pick(&INVOICES).to_owned()),
        _ => Q::Hash(u64::try_from(random.below(6)).unwrap()),
    }
}

fn number(random: &mut Random) -> Q {
    match random.below(2) {
        0 => Q::Number("BilledCost", "BilledCost", range(random, &AMOUNTS), currency(random)),
        _ => {
            let mut range = range(random, &AMOUNTS);
            // `:` on a column that no profile knows compares text.
            range.op = if range.op == ":" { ">=" } else { range.op };
            Q::Number("value.own", "own", range, None)
        }
    }
}

fn time(random: &mut Random) -> Q {
    let days = random.chance(60);
    let range = if days { range(random, &DAYS) } else { range(random, &INSTANTS) };
    Q::Time([None, Some("tax_point"), Some("ChargePeriodStart")][random.below(3)], range)
}

fn currency(random: &mut Random) -> Option<String> {
    random.chance(50).then(|| random.pick(&CURRENCIES).to_owned())
}

fn range(random: &mut Random, values: &[&str]) -> Range<String> {
    let op = random.pick(&[":[]", ":[]", ">", ">=", "<", "<=", ":"]);
    let (mut a, mut b) = (random.pick(values).to_owned(), random.pick(values).to_owned());
    if let (Ok(x), Ok(y)) = (a.parse::<Decimal>(), b.parse::<Decimal>()) {
        if y < x {
            std::mem::swap(&mut a, &mut b);
        }
    } else if b < a {
        std::mem::swap(&mut a, &mut b);
    }
    Range { op, a, b }
}

fn print(query: &Q, random: &mut Random) -> String {
    let spelled = |word: &str, random: &mut Random| {
        if random.chance(50) { word.to_owned() } else { word.to_lowercase() }
    };
    match query {
        Q::And(parts) => {
            let mut text = String::new();
            for (i, part) in parts.iter().enumerate() {
                if i > 0 {
                    let and = format!(" {} ", spelled("AND", random));
                    // Side by side is AND too, but a currency would join the amount before it.
                    text.push_str(if random.chance(50) { " " } else { &and });
                }
                text.push_str(&operand(part, random));
            }
            text
        }
        Q::Or(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| operand(part, random)).collect();
            parts.join(&format!(" {} ", spelled("OR", random)))
        }
        Q::Not(inner) => format!("{} {}", spelled("NOT", random), operand(inner, random)),
        Q::Text(text) => literal(text),
        Q::Column(name, op, text) => format!("{name}{op}{}", literal(text)),
        Q::Member(name, text) => format!("{name}:{}", literal(text)),
        Q::Hash(number) => format!("hash:sha256:{}", digest(*number)),
        Q::Amount(range, currency) => ranged("amount", range, currency.as_deref()),
        Q::Number(name, _, range, currency) => ranged(name, range, currency.as_deref()),
        Q::Time(name, range) => ranged(name.unwrap_or("date"), range, None),
    }
}

fn operand(query: &Q, random: &mut Random) -> String {
    let text = print(query, random);
    match query {
        Q::And(_) | Q::Or(_) => format!("({text})"),
        _ if random.chance(10) => format!("({text})"),
        _ => text,
    }
}

fn literal(text: &str) -> String {
    format!("\"{text}\"")
}

fn ranged(name: &str, range: &Range<String>, currency: Option<&str>) -> String {
    let Range { op, a, b } = range;
    let suffix = currency.map(|currency| format!(" {currency}")).unwrap_or_default();
    match *op {
        ":[]" => format!("{name}:[{a}..{b}]{suffix}"),
        op => format!("{name}{op}{a}{suffix}"),
    }
}
