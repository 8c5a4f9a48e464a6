//! `tieout reperform infer`: rules, candidates and counter-examples as they are told.

use crate::harness::Desk;
use serde_json::Value;

const HEADER: &str = "issuer,invoice_no,line_no,quantity,unit_price,net,tax_category,tax_rate,tax,\
invoice_net,invoice_tax,payable,currency\n";

/// `numerator / denominator`, half away from zero.
fn half_up(numerator: i64, denominator: i64) -> i64 {
    let steps = (2 * numerator.abs() + denominator) / (2 * denominator);
    steps * numerator.signum()
}

fn amount(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Invoices of lines with prices in tenths of a cent: lines and their taxes half up to the cent.
/// Every fifth invoice is a credit note, and amounts with ties are common.
fn invoices(count: i64) -> String {
    let mut out = String::new();
    for number in 1..=count {
        let sign = if number % 5 == 0 { -1 } else { 1 };
        let lines: Vec<(i64, i64, i64)> = (1..=3)
            .map(|line| {
                let quantity = (number * 7 + line * 3) % 9 + 1;
                let price = sign * ((number * 37 + line * 115) % 4000 + 5);
                (quantity, price, half_up(quantity * price, 10))
            })
            .collect();
        let net: i64 = lines.iter().map(|(_, _, net)| net).sum();
        let tax: i64 = lines.iter().map(|(_, _, net)| half_up(net * 15, 100)).sum();
        for ((quantity, price, amount_), line) in lines.iter().zip(1..) {
            let price = format!(
                "{}{}.{:03}",
                if *price < 0 { "-" } else { "" },
                price.abs() / 1000,
                price.abs() % 1000
            );
            out.push_str(&format!(
                "ACME,{number:04},{line},{quantity},{price},{},S,15,{},{},{},{},EUR\n",
                amount(*amount_),
                amount(half_up(amount_ * 15, 100)),
                amount(net),
                amount(tax),
                amount(net + tax),
            ));
        }
    }
    out
}

const ONE_RULE: &str = "  pricing  line amount half_up to 0.01, each on its own
  taxing   tax of a line half_up to 0.01, each on its own
  paying   nothing is rounded in these invoices
";

#[test]
fn a_biller_with_one_rule_has_it_told() {
    let desk = Desk::new();
    desk.write("bills.csv", &(HEADER.to_owned() + &invoices(60)));
    let ran = desk.tieout("reperform infer bills.csv");
    let head = "`ACME`, 60 invoices in EUR: one rule\n";
    assert_eq!(ran.exits(0).out, format!("{head}{ONE_RULE}\n1 biller: 1 with one rule\n"));
    assert_eq!(ran.err, "");

    let told = desk.tieout("reperform infer bills.csv --format json");
    let told: Value = serde_json::from_str(&told.exits(0).out).unwrap();
    let biller = &told["billers"][0];
    assert_eq!((&biller["issuer"], &biller["outcome"]), (&"ACME".into(), &"rule".into()));
    let currency = &biller["currencies"][0];
    assert_eq!((&currency["invoices"], &currency["candidates"]), (&"60".into(), &"1".into()));
    let line = &currency["parts"]["pricing"][0];
    let expected =
        serde_json::json!({"mode": "half_up", "increment": "0.01", "residual": "unassigned"});
    assert_eq!((&line["line"], &line["unit_price"]), (&expected, &Value::Null));
}

/// The same invoices from two files, NDJSON, and a workspace that renames a column.
#[test]
fn files_of_every_kind_say_the_same() {
    let desk = Desk::new();
    let rows = invoices(60);
    let ndjson: String = rows
        .lines()
        .map(|row| {
            let pairs = HEADER.trim_end().split(',').zip(row.split(','));
            let pairs = pairs.map(|(name, value)| format!("{name:?}:{value:?}"));
            format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(","))
        })
        .collect();
    let (first, second) = ndjson.split_at(ndjson.match_indices('\n').nth(100).unwrap().0 + 1);
    desk.write("a.ndjson", first);
    desk.write("b.jsonl", second);
    desk.tieout("reperform infer b.jsonl a.ndjson").exits(0).prints(&["60 invoices", ONE_RULE]);

    let mine = HEADER.replace("unit_price", "price").replace(',', ";") + &rows.replace(',', ";");
    desk.write("mine/bills.csv", &mine);
    let dataset = "{files: [bills.csv], profile: bill-line-1, reading: {delimiter: ';', rename: {price: unit_price}}}";
    let start = "workspace: a\nperiod: {start: 2025-01-01, end: 2026-01-01}\ndatasets:\n";
    desk.write("mine/tieout.yaml", &format!("{start}  bills: {dataset}\n"));
    let ran = desk.tieout_in("mine", &["reperform", "infer"], &[]);
    ran.exits(0).prints(&["60 invoices", ONE_RULE]);
}

#[test]
fn parquet_says_the_same() {
    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    use std::sync::Arc;
    let desk = Desk::new();
    let rows = invoices(60);
    let columns = HEADER.trim_end().split(',').enumerate().map(|(at, name)| {
        let values = rows.lines().map(|row| row.split(',').nth(at).unwrap());
        let array: ArrayRef = Arc::new(StringArray::from(values.collect::<Vec<_>>()));
        (name, array)
    });
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(desk.path("bills.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    desk.tieout("reperform infer bills.parquet").exits(0).prints(&["60 invoices", ONE_RULE]);
}

#[test]
fn the_guides_invoices_leave_the_candidates_that_it_shows() {
    let guide = include_str!("../../../docs/guide/rounding-rules.md");
    let block = |language: &str| {
        let (_, block) = guide.split_once(&format!("```{language}\n")).unwrap();
        block.split("```").next().unwrap()
    };
    let desk = Desk::new();
    desk.write("bills.csv", block("csv"));
    let ran = desk.tieout(block("sh").trim().strip_prefix("tieout ").unwrap());
    assert_eq!(ran.exits(3).out, block("text"));
}

#[test]
fn a_contradiction_is_told_by_its_first_counter_example() {
    let desk = Desk::new();
    let rows = invoices(60);
    // One cent more on the second line of an invoice, its totals and taxes as they would follow.
    let line = rows.lines().nth(3 * 40 + 1).unwrap();
    let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
    let billed = fields[5].clone();
    let cents: i64 = billed.replace('.', "").parse().unwrap();
    fields[5] = amount(cents + 1);
    desk.write("bills.csv", &(HEADER.to_owned() + &rows.replace(line, &fields.join(","))));
    let ran = desk.tieout("reperform infer bills.csv");
    let expected = format!(
        "           line 2: {} EUR billed, {billed} EUR by: line amount half_up to 0.01, each on its own",
        fields[5]
    );
    ran.exits(1).prints(&[
        "`ACME`, 60 invoices in EUR: no rule\n",
        "  pricing  nothing that explains the 40 invoices before it explains invoice 0041\n",
        &expected,
        "  all invoices but 0041: one rule\n",
        "    pricing  line amount half_up to 0.01, each on its own\n",
        "1 biller: 1 without a rule\n",
    ]);
    let told = desk.tieout("reperform infer bills.csv --format json");
    let told: Value = serde_json::from_str(&told.exits(1).out).unwrap();
    let currency = &told["billers"][0]["currencies"][0];
    let found = &currency["contradictions"][0];
    assert_eq!((&found["invoice"], &found["explained_before"]), (&"0041".into(), &"40".into()));
    assert_eq!(found["nearest"][0]["billed"], fields[5].as_str());
    assert_eq!(currency["without"]["0041"]["candidates"], "1");
}

/// Each kind of flaw leaves its invoice out, is told, and keeps the biller from having a rule.
#[test]
fn what_cannot_be_used_is_listed_with_its_reason_and_nothing_is_concluded() {
    let nines = "9".repeat(40);
    let one = "ACME,x,1,1,1,1,S,15,0.15,1,0.15,1.15,EUR";
    let flaws = [
        (one.replace(",15,", ",,"), "x: bills.csv:182: `tax_rate`: null where", "null-not-allowed"),
        (
            one.replace("x,1,1,1,1", &format!("x,1,1,1,{nines}")),
            "`net`: more than 38 digits",
            "too-many-digits",
        ),
        (
            one.replace("x,1,1,1,1", "x,1,1,-,1"),
            "`unit_price`: not a decimal number",
            "not-a-decimal",
        ),
        (
            one.replace("EUR", "XQX"),
            "x: bills.csv row 181: `currency`: no currency",
            "bill-currency",
        ),
        (
            format!("{one}\n{}", one.replace("x,1", "x,2").replace("EUR", "USD")),
            "row 182: `currency`: the lines of an invoice have more than one currency",
            "bill-currency",
        ),
        (
            format!("{one}\n{}", one.replace("x,1", "x,2").replace(",1.15,", ",1.16,")),
            "row 182: `payable`: differs from the first line's",
            "bill-totals",
        ),
        (format!("{one}\n{one}"), "row 182: `line_no`: stands twice", "bill-line-number"),
        (one.replace("x,1", "x,-1"), "`line_no`: not a number from 0", "bill-line-number"),
    ];
    for (rows, words, code) in flaws {
        let desk = Desk::new();
        desk.write("bills.csv", &format!("{HEADER}{}{rows}\n", invoices(60)));
        let ran = desk.tieout("reperform infer bills.csv");
        ran.exits(3).prints(&[
            "`ACME`, 60 invoices in EUR: undetermined; of those that could be used: one rule\n",
            ONE_RULE,
            "  left out of `ACME`: 1 invoice\n",
            words,
            &format!("[{code}]"),
            "1 biller: 1 undetermined\n",
        ]);
        assert!(!ran.out.contains(&nines), "{}", ran.out);
        let told = desk.tieout("reperform infer bills.csv --format json");
        let told: Value = serde_json::from_str(&told.exits(3).out).unwrap();
        let left_out = &told["billers"][0]["left_out"][0];
        assert_eq!(
            (&left_out["invoice"], &left_out["reasons"][0]["code"]),
            (&"x".into(), &code.into())
        );
    }
}

/// A row that may be a line of any invoice: what looks like a contradiction may be its absence.
#[test]
fn with_a_row_of_no_known_invoice_not_even_a_contradiction_is_concluded() {
    let desk = Desk::new();
    let rows = invoices(60);
    let lost = rows.lines().nth(100).unwrap();
    for (broken, words) in [
        ("ACME,0034".to_owned(), "1 refused row that may be lines of any invoice:"),
        (
            lost.replace(",0034,", ",,"),
            "1 refused row that may be lines of any invoice of this biller:",
        ),
    ] {
        desk.write("bills.csv", &(HEADER.to_owned() + &rows.replace(lost, &broken)));
        let ran = desk.tieout("reperform infer bills.csv");
        ran.exits(3).prints(&[
            "undetermined; of those that could be used: no rule",
            words,
            "bills.csv:102:",
        ]);
    }
}

#[test]
fn invoices_that_round_nothing_show_no_rule() {
    let desk = Desk::new();
    desk.write("bills.csv", &(HEADER.to_owned() + "B,1,1,2,1.50,3,S,10,0.30,3,0.30,3.30,EUR\n"));
    let ran = desk.tieout("reperform infer bills.csv");
    ran.exits(3).prints(&["`B`, 1 invoice in EUR: undetermined, they round nothing\n"]);
}

/// Numbers that fit the profile, with a product of forty digits and more.
#[test]
fn a_product_of_forty_digits_is_exact() {
    let desk = Desk::new();
    let (wide, product) = ("12345678901234567890.5", "24691357802469135781");
    let row = format!("B,1,1,2,{wide},{product},S,0,0,{product},0,{product},JPY\n");
    desk.write("bills.csv", &(HEADER.to_owned() + &row));
    desk.tieout("reperform infer bills.csv").exits(3).prints(&["round nothing"]);
    let row = row.replace(",2,", ",3,").replace(product, "37037036703703703672");
    desk.write("bills.csv", &(HEADER.to_owned() + &row));
    let ran = desk.tieout("reperform infer bills.csv");
    ran.exits(3).prints(&["line amount half_up, half_even, up or ceiling to 1, each on its own"]);
    let row = row.replace(",37037036703703703672,S", ",99999999999999999999999999999999999999,S");
    desk.write("bills.csv", &(HEADER.to_owned() + &row));
    desk.tieout("reperform infer bills.csv").exits(3).prints(&["too-many-digits"]);
}

#[test]
fn files_that_cannot_be_read_are_told_with_what_to_do() {
    let desk = Desk::new();
    let infer = |args: &str| desk.tieout(&format!("reperform infer {args}"));
    infer("no.csv nor.csv").exits(2).says(&["error[file-access]: `no.csv`: no such", "`nor.csv`"]);
    infer(".").exits(2).says(&["error[file-access]: `.` is a folder", "`./*.csv`"]);
    infer("").exits(2).says(&["error[no-invoices]", "no workspace here", "bill-line.md"]);
    desk.write("notes.txt", "x");
    infer("notes.txt").exits(2).says(&["error[unknown-format]", "`notes.txt`"]);
    desk.write("empty.csv", HEADER);
    infer("empty.csv").exits(3).says(&["error[no-invoices]: the files have no rows"]);
    desk.write("wrong.csv", &HEADER.replace("unit_price", "UnitPrice"));
    infer("wrong.csv").exits(2).says(&[
        "error[missing-column]: `wrong.csv` lacks the column `unit_price`",
        "rename: {UnitPrice: unit_price}",
        "dataset inspect wrong.csv",
        "bill-line.md",
    ]);
    desk.write("tieout.yaml", "workspace: a\nperiod: {start: 2025-01-01, end: 2026-01-01}\n");
    infer("").exits(2).says(&["error[no-invoices]: no dataset of the workspace has the profile"]);
    infer("x.csv --format yaml").exits(2).says(&["possible values: text, json"]);
}
