//! The record profile: both evaluators must find the wrong results, and none of the right ones.

use super::amounts::{self, AMOUNTS, Amount, text};
use arrow_array::types::{ArrowPrimitiveType, Decimal256Type};
use arrow_array::{ArrayRef, Decimal128Array, PrimitiveArray, RecordBatch};
use chrono::NaiveDate;
use num_bigint::BigInt;
use std::collections::BTreeMap;
use std::sync::Arc;
use tieout_controls::{ColumnType, Decision};
use tieout_engine::vectorised::Vectorised;
use tieout_policies::bundle::{Language, Rule};
use tieout_policies::compile::{Compiled, Environment, compile};
use tieout_policies::data::{Column, Data, RunDates, Schema};
use tieout_policies::evaluate::{Evaluator, Reference};
use tieout_tests::Random;

type Wide = <Decimal256Type as ArrowPrimitiveType>::Native;

/// An operation on two amounts.
#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Sum,
    Product,
}

impl Operation {
    fn rule(self) -> String {
        let operator = if self == Self::Sum { "+" } else { "*" };
        format!(
            "package money\n\nviolation contains {{\"code\": \"differs\", \"expected\": right, \
             \"actual\": input.result}} if {{\n\tright := input.a {operator} input.b\n\tright != input.result\n}}\n"
        )
    }

    fn scale(self, a: u32, b: u32) -> u32 {
        if self == Self::Sum { a.max(b) } else { a + b }
    }

    fn right(self, a: Amount, b: Amount) -> BigInt {
        if self == Self::Sum { a.plus(b) } else { a.times(b) }
    }

    /// Up to 38 digits: of each operand of a sum, of a product as a whole.
    fn operands(self, random: &mut Random) -> (usize, usize) {
        match self {
            Self::Sum => (1 + random.below(38), 1 + random.below(38)),
            Self::Product => {
                let first = 1 + random.below(37);
                (first, 1 + random.below(38 - first))
            }
        }
    }
}

/// Rows of two amounts of one scale each and a result, every seventh of which is wrong by the
/// least that there is.
struct Rows {
    a: Vec<Amount>,
    b: Vec<Amount>,
    right: Vec<BigInt>,
    scale: u32,
}

impl Rows {
    fn new(operation: Operation, rows: usize, scales: (u32, u32), random: &mut Random) -> Self {
        let mut made = Self {
            a: Vec::new(),
            b: Vec::new(),
            right: Vec::new(),
            scale: operation.scale(scales.0, scales.1),
        };
        for _ in 0..rows {
            let (digits_a, digits_b) = operation.operands(random);
            let a = Amount { unscaled: amounts::digits(random, digits_a), scale: scales.0 };
            let b = Amount { unscaled: amounts::digits(random, digits_b), scale: scales.1 };
            made.right.push(operation.right(a, b));
            made.a.push(a);
            made.b.push(b);
        }
        made
    }

    fn wrong(row: usize) -> bool {
        row.is_multiple_of(7)
    }

    fn stated(&self, row: usize) -> BigInt {
        let right = &self.right[row];
        if Self::wrong(row) { right + BigInt::from(1) } else { right.clone() }
    }

    fn batch(&self) -> RecordBatch {
        let small = |of: &[Amount]| -> ArrayRef {
            let scale = i8::try_from(of[0].scale).unwrap();
            let array = Decimal128Array::from_iter_values(of.iter().map(|a| a.unscaled));
            Arc::new(array.with_precision_and_scale(38, scale).unwrap())
        };
        let wide = (0..self.right.len()).map(|row| {
            let bytes = self.stated(row).to_signed_bytes_be();
            let fill = if bytes[0] & 0x80 == 0 { 0 } else { 0xff };
            let mut all = [fill; 32];
            all[32 - bytes.len()..].copy_from_slice(&bytes);
            Wide::from_be_bytes(all)
        });
        let wide = PrimitiveArray::<Decimal256Type>::from_iter_values(wide)
            .with_precision_and_scale(76, i8::try_from(self.scale).unwrap())
            .unwrap();
        let result: ArrayRef = Arc::new(wide);
        RecordBatch::try_from_iter([
            ("a", small(&self.a)),
            ("b", small(&self.b)),
            ("result", result),
        ])
        .unwrap()
    }

    fn policy(&self, operation: Operation) -> Compiled {
        let decimal = |name: &str, precision, scale: u32| Column {
            name: name.to_owned(),
            kind: ColumnType::Decimal { precision, scale: u8::try_from(scale).unwrap() },
            nullable: false,
        };
        let (a, b) = (self.a[0].scale, self.b[0].scale);
        let columns =
            vec![decimal("a", 38, a), decimal("b", 38, b), decimal("result", 76, self.scale)];
        let environment = Environment { input: Schema { columns }, ..Environment::default() };
        let rule = Rule {
            name: "money".to_owned(),
            path: "money/rule.rego".to_owned(),
            language: Language::Rego,
            source: operation.rule(),
            request: None,
        };
        compile(&rule, &environment).unwrap()
    }

    /// The rows found, and whether what each says is right.
    fn check(&self, decisions: &[Decision]) {
        assert_eq!(decisions.len(), self.right.len());
        for (row, decision) in decisions.iter().enumerate() {
            match decision {
                Decision::Conforms => assert!(!Self::wrong(row), "{}", self.told(row)),
                Decision::Violates { facts, .. } => {
                    assert!(Self::wrong(row), "{}", self.told(row));
                    let fact = &facts[0];
                    let stated = [&fact.expected, &fact.actual].map(|v| v.clone().unwrap());
                    let right = text(&self.right[row], self.scale);
                    assert_eq!(stated, [right, text(&self.stated(row), self.scale)]);
                }
                other => panic!("{other:?}: {}", self.told(row)),
            }
        }
    }

    fn told(&self, row: usize) -> String {
        format!("{} and {}", self.a[row].text(), self.b[row].text())
    }
}

fn data() -> Data {
    let date = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    let run = RunDates { as_of: date(2026), period_start: date(2025), period_end: date(2026) };
    Data { tables: BTreeMap::new(), parameters: BTreeMap::new(), run }
}

fn all_scales(operation: Operation, seed: u64) {
    let mut random = Random(seed);
    let data = data();
    let pairs = (2..=12).flat_map(|a| (2..=12).map(move |b| (a, b)));
    let each = AMOUNTS.div_ceil(121);
    for scales in pairs {
        let rows = Rows::new(operation, each, scales, &mut random);
        let (policy, batch) = (rows.policy(operation), rows.batch());
        rows.check(&Reference.decide(&policy, &batch, &data).unwrap());
        let vectorised = Vectorised::new(&policy, &data).unwrap();
        assert!(vectorised.backends().iter().all(|b| b.by_rows.is_none()));
        rows.check(&vectorised.decide(&[batch], 1).unwrap()[0]);
    }
}

#[test]
fn a_million_sums_are_exact_in_both_evaluators() {
    all_scales(Operation::Sum, 1);
}

#[test]
fn a_million_products_are_exact_in_both_evaluators() {
    all_scales(Operation::Product, 2);
}
