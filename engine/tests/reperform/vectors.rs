//! Published examples: numbers of billers' documentation and of their own tests, each with its source.
//!
//! Facts only (quantities, prices, totals); read in November 2026 from stored copies of the pages.

use tieout_controls::{Decimal, Rounding};
use tieout_engine::reperform::exact::Exact;
use tieout_engine::reperform::rating::burst::{Burst, RankRule, percentile};
use tieout_engine::reperform::rating::tiers::{
    Between, Bounds, Semantics, Tier, TierTable, ZeroUsage,
};
use tieout_engine::reperform::rating::{Charge, Terms, Usage, rate, rate_change};

pub(crate) fn x(text: &str) -> Exact {
    Exact::try_from(&Decimal::parse(text).unwrap()).unwrap()
}

/// `up_to price fee`, one tier a line; `-` for a tier without end.
fn table(text: &str, zero_usage: ZeroUsage) -> TierTable {
    let tiers = text.split(';').map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Tier {
            up_to: (words[0] != "-").then(|| x(words[0])),
            unit_price: x(words[1]),
            flat_fee: x(words[2]),
            block_size: words.get(3).map(|size| x(size)),
        }
    });
    let bounds = Bounds::UpperInclusive(Between::Above);
    let semantics = Semantics { bounds, zero_usage, started_block: Rounding::Up };
    TierTable::new(tiers.collect(), semantics).unwrap()
}

enum Mode {
    Graduated,
    Volume,
    Stairstep,
}

struct Vector {
    source: &'static str,
    mode: Mode,
    tiers: &'static str,
    zero: ZeroUsage,
    /// Quantity and total.
    cases: &'static [(&'static str, &'static str)],
}

const VECTORS: &[Vector] = &[
    Vector {
        source: "docs.stripe.com/subscriptions/pricing-models/tiered-pricing, volume-based: 5 fonts \
                 are 35 USD, 6 fonts 39 USD",
        mode: Mode::Volume,
        tiers: "5 7 0; 10 6.5 0; - 6 0",
        zero: ZeroUsage::NoFee,
        cases: &[("1", "7"), ("5", "35"), ("6", "39")],
    },
    Vector {
        source: "stripe.com/docs/billing/subscriptions/tiers, volume",
        mode: Mode::Volume,
        tiers: "5 5 0; 10 4 0; 15 3 0; 20 2 0; - 1 0",
        zero: ZeroUsage::NoFee,
        cases: &[("1", "5"), ("5", "25"), ("6", "24"), ("20", "40"), ("25", "25")],
    },
    Vector {
        source: "stripe.com/docs/billing/subscriptions/tiers, graduated: the total for 6 is 29",
        mode: Mode::Graduated,
        tiers: "5 5 0; 10 4 0; 15 3 0; 20 2 0; - 1 0",
        zero: ZeroUsage::NoFee,
        cases: &[("6", "29")],
    },
    Vector {
        source: "getlago/lago-api spec/services/charges/charge_models/graduated_service_spec.rb \
                 (14c9e1d): no fee at 0, the bound inclusive, the next tier's fee from 11 on",
        mode: Mode::Graduated,
        tiers: "10 10 2; - 5 3",
        zero: ZeroUsage::NoFee,
        cases: &[("0", "0"), ("1", "12"), ("10", "102"), ("11", "110"), ("12", "115")],
    },
    Vector {
        source: "getlago/lago-api spec/services/charges/charge_models/volume_service_spec.rb (130b274)",
        mode: Mode::Volume,
        tiers: "100 2 10; 200 1 0; - 0.5 50",
        zero: ZeroUsage::NoFee,
        cases: &[
            ("0", "0"),
            ("1", "12"),
            ("100", "210"),
            ("101", "101"),
            ("200", "200"),
            ("300", "200"),
        ],
    },
    Vector {
        source: "getlago.com/docs/guide/plans/charges/charge-models/volume: 65,000 calls are 49",
        mode: Mode::Volume,
        tiers: "10000 0.0010 10; 50000 0.0008 10; 100000 0.0006 10; - 0.0004 10",
        zero: ZeroUsage::NoFee,
        cases: &[("65000", "49")],
    },
    Vector {
        source: "openmeterio/openmeter openmeter/billing/service/lineservice/\
                 pricegraduatedtiered_test.go (182a332), totals: the first fee without usage, 5.001 in \
                 the second tier",
        mode: Mode::Graduated,
        tiers: "5 0 100; 10 0 50; 15 10 0; - 5 0",
        zero: ZeroUsage::FirstTierFee,
        cases: &[
            ("0", "100"),
            ("3", "100"),
            ("5", "100"),
            ("5.001", "150"),
            ("7", "150"),
            ("12", "170"),
            ("22", "235"),
        ],
    },
    Vector {
        source: "openmeterio/openmeter openmeter/billing/service/lineservice/\
                 pricevolumetiered_test.go (24f4403)",
        mode: Mode::Volume,
        tiers: "5 0 100; 10 0 150; 15 10 0; - 5 0",
        zero: ZeroUsage::FirstTierFee,
        cases: &[
            ("0", "100"),
            ("3", "100"),
            ("5", "100"),
            ("14", "140"),
            ("15", "150"),
            ("16", "80"),
            ("100", "500"),
        ],
    },
    Vector {
        source: "Amazon S3 pricing example of 2011, as quoted by \
                 filezoomer.com/2011/05/how-does-amazon-s3-calculate-storage-used: 52,900 GB-months \
                 over 1, 50 and 450 TB are 6,602.36 USD (1,700 of them in the last tier)",
        mode: Mode::Graduated,
        tiers: "1024 0.140 0; 51200 0.125 0; 460800 0.110 0",
        zero: ZeroUsage::NoFee,
        cases: &[("52900", "6602.36")],
    },
    Vector {
        source: "docs.useautumn.com/documentation/modelling-pricing/graduated-pricing, tier by tier: 10, \
                 72 and 25",
        mode: Mode::Graduated,
        tiers: "1000 0.01 0; 10000 0.008 0; - 0.005 0",
        zero: ZeroUsage::NoFee,
        cases: &[("15000", "107")],
    },
    Vector {
        source: "zuplo.com/docs/articles/monetization/pricing-models, graduated",
        mode: Mode::Graduated,
        tiers: "1000 0.10 0; 10000 0.05 0; - 0.01 0",
        zero: ZeroUsage::NoFee,
        cases: &[("15000", "600")],
    },
    Vector {
        source: "killbill/killbill TestContiguousIntervalConsumableInArrear.java (08d3d58), ALL_TIERS, \
                 blocks of one",
        mode: Mode::Graduated,
        tiers: "10 1.5 0; 110 1.0 0; - 0.5 0",
        zero: ZeroUsage::NoFee,
        cases: &[("111", "115.5")],
    },
    Vector {
        source: "killbill/killbill, the same file, ALL_TIERS, blocks of 100 and 1000",
        mode: Mode::Graduated,
        tiers: "1000 1 0 100; - 1 0 1000",
        zero: ZeroUsage::NoFee,
        cases: &[("5325", "15")],
    },
    Vector {
        source: "killbill/killbill, the same file, TOP_TIER: started blocks count, and the last tier has \
                 no end",
        mode: Mode::Volume,
        tiers: "1000 1 0 100; 101000 1 0 1000; - 0.5 0 1000",
        zero: ZeroUsage::NoFee,
        cases: &[("1000", "10"), ("101000", "101"), ("101001", "51"), ("300000", "150")],
    },
    Vector {
        source: "docs.oracle.com, Banking Liquidity Management, Examples for Tier Based Amount: slabs",
        mode: Mode::Graduated,
        tiers: "250 1 0; 500 2 0; - 3 0",
        zero: ZeroUsage::NoFee,
        cases: &[("1000", "2250")],
    },
    Vector {
        source: "the same page, slabs without unit: 10 + 20 + 30",
        mode: Mode::Graduated,
        tiers: "250 0 10; 500 0 20; - 0 30",
        zero: ZeroUsage::NoFee,
        cases: &[("1000", "60")],
    },
    Vector {
        source: "the same page, variable amount without unit",
        mode: Mode::Stairstep,
        tiers: "250 0 10; 500 0 20; - 0 30",
        zero: ZeroUsage::NoFee,
        cases: &[("1000", "30")],
    },
];

#[test]
fn published_tier_examples() {
    for Vector { source, mode, tiers, zero, cases } in VECTORS {
        let table = table(tiers, *zero);
        let terms = Terms::of(match mode {
            Mode::Graduated => Charge::Graduated(table),
            Mode::Volume => Charge::Volume(table),
            Mode::Stairstep => Charge::Stairstep(table),
        });
        for (quantity, total) in *cases {
            let rated = rate(&terms, &Usage::Quantity(x(quantity))).unwrap();
            assert_eq!(rated.net, x(total), "{quantity}, {source}");
            rated.trace.verify().unwrap();
        }
    }
}

/// openmeter, the graduated test: 12 units before this bill, 22 after it; tier 3 at 5, tier 4 at 1.
#[test]
fn a_bill_in_the_middle_of_a_period_is_a_difference_of_totals() {
    let table = table("5 0 100; 10 0 50; 15 5 0; - 1 0", ZeroUsage::FirstTierFee);
    let mut terms = Terms::of(Charge::Graduated(table));
    let totals = [Usage::Quantity(x("12")), Usage::Quantity(x("22"))];
    assert_eq!(rate_change(&terms, &totals[0], &totals[1]).unwrap(), x("22"));
    // With a maximum of 170, of which 160 are billed, 5 and then 7 are taken off again.
    terms.maximum = Some(x("170"));
    assert_eq!(rate_change(&terms, &totals[0], &totals[1]).unwrap(), x("10"));
    // A minimum of 1000, of which the first fee of 100 is billed: 900 are left.
    terms.maximum = None;
    terms.minimum = Some(x("1000"));
    assert_eq!(rate(&terms, &Usage::Quantity(x("0"))).unwrap().net, x("1000"));
}

#[test]
fn published_package_examples() {
    let package = |size, price, minimum_packages| {
        Terms::of(Charge::Package {
            size: x(size),
            price: x(price),
            started: Rounding::Up,
            minimum_packages,
        })
    };
    // stripe.com/docs/billing/subscriptions/quantity-transformation: 10 for every 5 users or part.
    let stripe = [("1", "10"), ("3", "10"), ("5", "10"), ("6", "20"), ("7", "20")];
    // docs.stripe.com, transform quantities: 150 minutes at 10 an hour.
    let hours = [("150", "30")];
    // chargebee.com/docs, package pricing: one package at least, of 1,000,000 tokens at 1.25.
    let tokens = [("10", "1.25"), ("1000000", "1.25"), ("1500000", "2.50")];
    // getlago/lago-api package_service_spec.rb (0a09b0b).
    let lago = [("121", "1300")];
    for (terms, cases) in [
        (package("5", "10", 0), &stripe[..]),
        (package("60", "10", 0), &hours),
        (package("1000000", "1.25", 1), &tokens),
        (package("10", "100", 0), &lago),
    ] {
        for (quantity, total) in cases {
            let rated = rate(&terms, &Usage::Quantity(x(quantity))).unwrap();
            assert_eq!(rated.net, x(total), "{quantity}");
        }
    }
    // getlago/lago-api, the same with 10 free units; getlago.com, package: 201 units, 100 of them free.
    for (size, price, free, quantity, total) in
        [("10", "100", "10", "121", "1200"), ("100", "5", "100", "201", "10")]
    {
        let mut terms = package(size, price, 0);
        terms.free_units = Some(x(free));
        assert_eq!(rate(&terms, &Usage::Quantity(x(quantity))).unwrap().net, x(total));
    }
    // Without usage Chargebee bills one package, Stripe and Lago none.
    let nothing = Usage::Quantity(x("0"));
    assert_eq!(rate(&package("1000000", "1.25", 1), &nothing).unwrap().net, x("1.25"));
    assert_eq!(rate(&package("5", "10", 0), &nothing).unwrap().net, x("0"));
}

/// HNS, "Computing the 95th percentile for data transfer": of twenty samples the highest is dropped
/// and the next one counts; quoted in nvidia/Nemotron-CC-Math-v1. The samples and their order are the
/// page's; the copy at hand ends before its results, which follow from the rule.
#[test]
fn published_percentile_examples() {
    let inbound = "0.139 0.653 0.201 0.116 0.084 0.032 0.047 0.185 0.198 0.203 0.276 0.370 0.971 \
                   0.233 0.218 0.182 0.169 0.126 0.131 0.157";
    let outbound = "1.347 1.435 1.229 0.523 0.438 0.231 0.347 0.689 0.940 1.248 1.385 1.427 3.988 \
                    1.265 1.221 1.013 0.992 0.874 0.896 1.002";
    let samples = |text: &str| text.split_whitespace().map(x).collect::<Vec<_>>();
    let (p95, rank) = (x("0.95"), RankRule::NearestRank);
    assert_eq!(percentile(&samples(inbound), &p95, rank).unwrap(), x("0.653"));
    assert_eq!(percentile(&samples(outbound), &p95, rank).unwrap(), x("1.435"));
    // torchbyte.com/blog/95th-percentile-billing-networking: of 8,640 samples the 8,208th counts.
    let month: Vec<Exact> = (1..=8640).map(Exact::integer).collect();
    assert_eq!(percentile(&month, &p95, rank).unwrap(), x("8208"));
    // Where p·n isn't whole the rank rules differ: of 30 samples 28.5.
    let few: Vec<Exact> = (1..=30).map(Exact::integer).collect();
    assert_eq!(percentile(&few, &p95, RankRule::NearestRank).unwrap(), x("29"));
    assert_eq!(percentile(&few, &p95, RankRule::LowerRank).unwrap(), x("28"));
    assert_eq!(percentile(&few, &p95, RankRule::Interpolated).unwrap(), x("28.55"));

    let burst = Burst {
        quantile: p95,
        rank,
        committed_rate: x("1"),
        committed_fee: x("100"),
        excess_price: x("20"),
    };
    let rated = rate(&Terms::of(Charge::Burst(burst)), &Usage::Samples(samples(outbound))).unwrap();
    assert_eq!(rated.net, x("108.7"));
}
