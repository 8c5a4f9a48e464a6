//! The ten checks as someone would write them by hand for these columns and no others.

use super::by_tieout::{Text, over_groups};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, DictionaryArray, RecordBatch, StringArray};
use chrono::{Datelike, Months, NaiveDate};
use std::collections::BTreeMap;
use std::path::Path;

/// From and until before, in days, with the row's payload.
type Interval = (i64, i64, Payload);

#[derive(Clone, Copy, Default)]
struct Payload {
    number: i128,
    flag: bool,
}

pub(crate) struct Tables {
    currencies: Vec<String>,
    dated: BTreeMap<&'static str, BTreeMap<String, Vec<Interval>>>,
}

impl Tables {
    pub(crate) fn read(folder: &Path) -> Self {
        let file =
            |name: &str| std::fs::read_to_string(folder.join(format!("{name}.csv"))).unwrap();
        let currencies = file("currencies").lines().skip(1).map(str::to_owned).collect();
        let mut dated = BTreeMap::new();
        for (name, keys) in [("vat", 1), ("gl", 3), ("rates", 1), ("centres", 1), ("retention", 1)]
        {
            let mut table: BTreeMap<String, Vec<Interval>> = BTreeMap::new();
            for line in file(name).lines().skip(1) {
                let cells: Vec<&str> = line.split(',').collect();
                let day = |text: &str, none: i64| {
                    if text.is_empty() {
                        none
                    } else {
                        i64::from(text.parse::<NaiveDate>().unwrap().to_epoch_days())
                    }
                };
                let last = cells[keys + 2];
                let number = last.replace('.', "").parse().unwrap_or(0);
                let flag = last.is_empty() || last == "SUSPENSE";
                let interval = (
                    day(cells[keys], i64::MAX),
                    day(cells[keys + 1], i64::MAX),
                    Payload { number, flag },
                );
                table.entry(cells[..keys].join("|")).or_default().push(interval);
            }
            dated.insert(name, table);
        }
        Self { currencies, dated }
    }

    /// For each value of a dictionary its intervals, the null last.
    fn of(&self, table: &str, values: &StringArray) -> Vec<Vec<Interval>> {
        let table = &self.dated[table];
        let of =
            |value: Option<&str>| table.get(value.unwrap_or_default()).cloned().unwrap_or_default();
        values.iter().map(of).chain([Vec::new()]).collect()
    }
}

fn in_force(intervals: &[Interval], day: i64) -> Option<Payload> {
    intervals.iter().find(|(from, to, _)| *from <= day && day < *to).map(|i| i.2)
}

const DAY: i64 = 86_400_000_000;

/// What was worked out for the dictionaries of the last batch.
#[derive(Default)]
struct Known {
    /// Kept, so that no other dictionary can take its place in memory.
    dictionaries: Vec<StringArray>,
    currency: Vec<bool>,
    vat: Vec<Vec<Interval>>,
    rates: Vec<Vec<Interval>>,
    centres: Vec<Vec<Interval>>,
    retention: Vec<Option<i64>>,
    credit: Vec<bool>,
    correction: Vec<bool>,
    gl: Vec<Vec<Interval>>,
    categories: usize,
    entities: usize,
}

fn text<'a>(
    batch: &'a RecordBatch,
    name: &str,
) -> (&'a DictionaryArray<Int32Type>, &'a StringArray) {
    let dictionary = batch.column_by_name(name).unwrap().as_dictionary::<Int32Type>();
    (dictionary, dictionary.values().as_string())
}

fn keys(dictionary: &DictionaryArray<Int32Type>) -> Vec<usize> {
    let null = dictionary.values().len();
    let keys = dictionary.keys();
    let key = |k: &i32| usize::try_from(*k).unwrap();
    if keys.null_count() == 0 {
        return keys.values().iter().map(key).collect();
    }
    keys.iter().map(|k| k.map_or(null, |k| key(&k))).collect()
}

fn same(one: &StringArray, other: &StringArray) -> bool {
    let place = |values: &StringArray| (values.value_data().as_ptr().addr(), values.len());
    place(one) == place(other)
}

impl Known {
    fn of(tables: &Tables, batch: &RecordBatch, before: Self) -> Self {
        let names = [
            "currency",
            "country",
            "sku",
            "cost_centre",
            "class",
            "category",
            "charge_class",
            "service",
            "entity",
        ];
        let dictionaries: Vec<StringArray> =
            names.iter().map(|name| text(batch, name).1.clone()).collect();
        let mut pairs = before.dictionaries.iter().zip(&dictionaries);
        if !before.dictionaries.is_empty() && pairs.all(|(old, new)| same(old, new)) {
            return before;
        }
        let values = |name| text(batch, name).1;
        let is = |name, wanted: &str| {
            values(name).iter().map(|v| v == Some(wanted)).chain([false]).collect()
        };
        let as_of = i64::from(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().to_epoch_days());
        let schedules = tables.of("retention", values("class"));
        let years =
            |i: &Vec<Interval>| in_force(i, as_of).map(|p| i64::try_from(p.number).unwrap());
        let (services, categories, entities) =
            (values("service"), values("category"), values("entity"));
        let gl_table = &tables.dated["gl"];
        let mut gl = Vec::new();
        for service in services.iter().flatten() {
            for category in categories.iter().flatten() {
                for entity in entities.iter().flatten() {
                    let key = format!("{service}|{category}|{entity}");
                    gl.push(gl_table.get(&key).cloned().unwrap_or_default());
                }
            }
        }
        Self {
            dictionaries,
            currency: values("currency")
                .iter()
                .flatten()
                .map(|c| tables.currencies.iter().any(|k| k == c))
                .collect(),
            vat: tables.of("vat", values("country")),
            rates: tables.of("rates", values("sku")),
            centres: tables.of("centres", values("cost_centre")),
            retention: schedules.iter().map(years).collect(),
            credit: is("category", "Credit"),
            correction: is("charge_class", "Correction"),
            gl,
            categories: categories.len(),
            entities: entities.len(),
        }
    }
}

fn numbers<'a>(batch: &'a RecordBatch, name: &str) -> &'a [i128] {
    batch.column_by_name(name).unwrap().as_primitive::<Decimal128Type>().values()
}

fn times<'a>(batch: &'a RecordBatch, name: &str) -> &'a [i64] {
    batch.column_by_name(name).unwrap().as_primitive::<TimestampMicrosecondType>().values()
}

pub(crate) fn count(tables: &Tables, folder: &Path, threads: usize) -> (u64, Vec<(u64, u64)>) {
    let parts = over_groups(folder, Text::Dictionaries, threads, |batches| {
        let (mut rows, mut rules) = (0, [(0, 0); 10]);
        let mut known = Known::default();
        for batch in batches {
            known = Known::of(tables, &batch, known);
            rows += u64::try_from(batch.num_rows()).unwrap();
            check(&known, &batch, &mut rules);
        }
        (rows, rules)
    });
    let mut sum = vec![(0, 0); 10];
    for (total, part) in parts.iter().flat_map(|(_, rules)| rules.iter().enumerate()) {
        sum[total].0 += part.0;
        sum[total].1 += part.1;
    }
    (parts.iter().map(|(rows, _)| rows).sum(), sum)
}

fn check(known: &Known, batch: &RecordBatch, rules: &mut [(u64, u64); 10]) {
    let key = |name| keys(text(batch, name).0);
    let (currency, country, sku) = (key("currency"), key("country"), key("sku"));
    let (centre, class, category) = (key("cost_centre"), key("class"), key("category"));
    let (charge_class, service, entity) = (key("charge_class"), key("service"), key("entity"));
    let original = text(batch, "original").0;
    let (start, end) = (times(batch, "charge_start"), times(batch, "charge_end"));
    let (billing_start, billing_end) = (times(batch, "billing_start"), times(batch, "billing_end"));
    let (price, quantity, list) =
        (numbers(batch, "list_price"), numbers(batch, "quantity"), numbers(batch, "list_cost"));
    let (vat_rate, cost, unit_price) =
        (numbers(batch, "vat_rate"), numbers(batch, "cost"), numbers(batch, "unit_price"));
    let trigger = batch.column_by_name("trigger").unwrap().as_primitive::<Date32Type>().values();
    let as_of = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let no_centre = known.centres.len() - 1;
    for row in 0..batch.num_rows() {
        let day = start[row].div_euclid(DAY);
        let mut tell = |rule: usize, verdict: Option<bool>| match verdict {
            Some(true) => rules[rule].0 += 1,
            Some(false) => {}
            None => rules[rule].1 += 1,
        };
        tell(0, Some(!known.currency[currency[row]]));
        tell(1, Some(start[row] < billing_start[row] || end[row] > billing_end[row]));
        tell(2, Some((list[row] - price[row] * quantity[row]).abs() > 500_000));
        tell(3, in_force(&known.vat[country[row]], day).map(|p| p.number != vat_rate[row]));
        let account =
            (service[row] * known.categories + category[row]) * known.entities + entity[row];
        tell(4, in_force(&known.gl[account], day).map(|p| p.flag));
        let correction = known.correction[charge_class[row]];
        tell(5, Some(correction && original.is_null(row)));
        tell(6, Some(cost[row] < 0 && !known.credit[category[row]] && !correction));
        tell(7, in_force(&known.rates[sku[row]], day).map(|p| p.number != unit_price[row]));
        let missing = centre[row] == no_centre;
        tell(
            8,
            if missing {
                Some(true)
            } else {
                in_force(&known.centres[centre[row]], day).map(|p| p.flag)
            },
        );
        tell(
            9,
            known.retention[class[row]].map(|years| {
                // Only near the end does the calendar matter.
                let days = i64::from(trigger[row]);
                let first = i64::from(as_of.to_epoch_days()) - years * 365;
                if days > first {
                    return false;
                }
                if days < first - years {
                    return true;
                }
                let date = NaiveDate::from_epoch_days(trigger[row]).unwrap();
                debug_assert!(date.year() > 1970);
                date.checked_add_months(Months::new(u32::try_from(years * 12).unwrap())).unwrap()
                    <= as_of
            }),
        );
    }
}
