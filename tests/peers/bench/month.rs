//! A month of charges to re-perform: `month ROWS FOLDER [SEED]` writes a workspace with that many charges
//! of January 2025 over the deck's own services and price plans, and what is wrong with them in
//! `planted.json`. One in a thousand is wrong; one in two hundred came late, one in five hundred is
//! reversed. `tieout reperform charges` in the folder has to find exactly what was planted.
//!
//! The arithmetic is this file's own: fractions, worked out as the profiles' pages say it.
#![expect(clippy::unwrap_used, reason = "a bench stops where something is amiss")]
#![expect(clippy::indexing_slicing, reason = "columns of files that it has just written")]

#[path = "month/prices.rs"]
mod prices;
#[path = "month/write.rs"]
mod write;

use prices::{Book, Fraction, Mistake, Plan};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tieout_deck::{MeteringFaults, MeteringOptions, generate_metering};
use write::{Charge, Writer};

pub(crate) const DAY: i64 = 86_400_000_000;
/// 2025-01-01T00:00:00Z in microseconds.
pub(crate) const JANUARY: i64 = 1_735_689_600_000_000;
/// When the runs of January and of February were made.
const RUNS: [i64; 2] = [JANUARY + 35 * DAY, JANUARY + 64 * DAY];
const DAYS: u64 = 31;
/// Zones without daylight saving, and how far they are ahead in minutes.
pub(crate) const ZONES: [(&str, i64); 3] = [("UTC", 0), ("Asia/Kolkata", 330), ("Asia/Tokyo", 540)];

/// Numbers from a seed (Steele, Lea, Flood 2014).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// What was planted.
#[derive(Default, serde::Serialize)]
struct Planted {
    rows: u64,
    late: u64,
    reversed: u64,
    undetermined: u64,
    exceptions: u64,
    classes: BTreeMap<&'static str, u64>,
    difference: BTreeMap<String, String>,
    #[serde(skip)]
    cents: BTreeMap<String, (i128, i128)>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (rows, folder) = (arguments[0].parse().unwrap(), PathBuf::from(&arguments[1]));
    let seed = arguments.get(2).map_or(1, |seed| seed.parse().unwrap());
    let options =
        MeteringOptions { seed, usage_rows: 20_000, faults: MeteringFaults::None, threads: 2 };
    generate_metering(&options, &folder).unwrap();
    for entry in std::fs::read_dir(folder.join("data")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !["price_plan", "price_tier", "rate_table"].contains(&name.as_str()) {
            std::fs::remove_file(path).unwrap();
        }
    }
    let book = Book::read(&folder.join("data"));
    let resources = rows / DAYS + 1;
    let mut writer = Writer::new(&folder, &book, resources);
    let mut planted = Planted::default();
    let mut random = SplitMix(seed);
    for slot in 0.. {
        if planted.rows >= rows {
            break;
        }
        of_slot(slot, resources, &book, &mut random, &mut planted, &mut writer);
    }
    let sums = |pick: fn(&(i128, i128)) -> i128| {
        let sums = planted.cents.iter().map(|(currency, sum)| (currency.clone(), pick(sum)));
        sums.map(|(currency, cents)| (currency, write::money(cents))).collect::<BTreeMap<_, _>>()
    };
    planted.difference = sums(|(_, difference)| *difference);
    let totals = sums(|(billed, _)| *billed);
    writer.finish(planted.rows, &totals);
    let text = serde_json::to_string_pretty(&planted).unwrap();
    std::fs::write(folder.join("planted.json"), &text).unwrap();
    println!("{text}");
}

/// The charges of a resource's day: the original, and perhaps what came late, or a reversal.
fn of_slot(
    slot: u64,
    resources: u64,
    book: &Book,
    random: &mut SplitMix,
    planted: &mut Planted,
    writer: &mut Writer,
) {
    let (resource, day) = (slot % resources, (slot / resources) % DAYS);
    let service = usize::try_from(resource).unwrap() % book.services();
    let (_, minutes) = ZONES[usize::try_from(resource).unwrap() % ZONES.len()];
    let start = JANUARY + i64::try_from(day).unwrap() * DAY - minutes * 60_000_000;
    let mut charge = Charge {
        reason: "original",
        resource,
        start,
        end: start + DAY,
        // Thousandths.
        quantity: i128::from(random.next(30_000_000)),
        known: RUNS[0],
        ..Charge::default()
    };
    let right = |quantity: i128, known: i64, mistake: Mistake| {
        let plan = book.plan(service, start, known);
        plan.cents(quantity, Fraction::of(1, i128::from(DAYS)), mistake)
    };
    let plan = book.plan(service, start, RUNS[0]);
    let quantity = charge.quantity;
    push(
        &mut charge,
        &plan,
        right(quantity, RUNS[0], Mistake::None),
        &right,
        random,
        planted,
        writer,
    );
    match random.next(1000) {
        0..5 => {
            let more = i128::from(random.next(1_000_000));
            let amount = right(quantity + more, RUNS[1], Mistake::None)
                - right(quantity, RUNS[1], Mistake::None);
            charge = Charge { reason: "late", quantity: more, known: RUNS[1], ..charge };
            let plan = book.plan(service, start, RUNS[1]);
            // Mistakes are planted in charges by themselves.
            writer.push(&charge, &plan, amount);
            planted.count(&plan, amount, 0);
            planted.late += 1;
        }
        5..7 => {
            let amount = -right(quantity, RUNS[1], Mistake::None);
            charge = Charge { reason: "correction", quantity: -quantity, known: RUNS[1], ..charge };
            let plan = book.plan(service, start, RUNS[1]);
            writer.push(&charge, &plan, amount);
            planted.count(&plan, amount, 0);
            planted.reversed += 1;
        }
        _ => {}
    }
}

/// Writes a charge, wrong by one of the mistakes in one of a thousand.
fn push(
    charge: &mut Charge,
    plan: &Plan,
    amount: i128,
    right: &dyn Fn(i128, i64, Mistake) -> i128,
    random: &mut SplitMix,
    planted: &mut Planted,
    writer: &mut Writer,
) {
    if random.next(1_000_000) == 0 {
        writer.push(&Charge { unknown: true, ..*charge }, plan, amount);
        planted.count(plan, amount, 0);
        planted.undetermined += 1;
        return;
    }
    let mut billed = amount;
    if random.next(1000) == 0 {
        let made = Mistake::ALL.into_iter().find_map(|(mistake, class)| {
            let wrong = right(charge.quantity, charge.known, mistake);
            (wrong != amount).then_some((wrong, class))
        });
        let (wrong, class) = match made {
            Some(made) if random.next(2) == 0 => made,
            _ => (amount + 123_457, "off"),
        };
        billed = wrong;
        planted.exceptions += 1;
        *planted.classes.entry(class).or_default() += 1;
    }
    writer.push(charge, plan, billed);
    planted.count(plan, billed, billed - amount);
}

impl Planted {
    fn count(&mut self, plan: &Plan, billed: i128, difference: i128) {
        self.rows += 1;
        let sums = self.cents.entry(plan.currency.clone()).or_default();
        sums.0 += billed;
        sums.1 += difference;
    }
}
