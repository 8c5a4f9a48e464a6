//! `tieout why`: every charge and line derived, found, verified, compared.

use crate::harness::Desk;
use serde_json::Value;
use std::fs::File;
use tieout_engine::lineage::Store;

/// A workspace of the metering world, everything derived.
fn derived(faults: &str) -> Desk {
    let desk = Desk::new();
    let world =
        format!("deck generate m --world metering --usage-rows 100000 --seed 4 {faults} -q");
    desk.tieout(&world).exits(0);
    desk.tieout_in("m", &["why", "--prepare"], &[]).exits(0).says(&["charges and lines"]);
    desk
}

/// The keys of all invoice lines.
fn lines(desk: &Desk) -> Vec<String> {
    let text = std::fs::read_to_string(desk.path("m/data/invoice.csv")).unwrap();
    let key = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{}#{}", cells[1], cells[2])
    };
    text.lines().skip(1).map(key).collect()
}

#[test]
fn every_line_of_a_clean_company_comes_to_what_was_billed() {
    let desk = derived("--faults none");
    let file = File::open(desk.path("m/out/lineage/derivations")).unwrap();
    let mut store = Store::open(file).unwrap();
    let lines = lines(&desk);
    assert!(lines.len() > 400);
    let (mut charges, mut pooled) = (0, 0);
    for key in &lines {
        let derivation = store.find(key).unwrap().unwrap();
        assert_eq!(derivation.difference.as_deref(), Some("0"), "{key}");
        let named = |word: &str| derivation.nodes.iter().filter(|n| n.id.starts_with(word)).count();
        charges += named("charges ");
        pooled += named("pool ");
        let of = derivation.nodes.iter().find(|node| node.id.starts_with("charges "));
        for (id, _) in of.iter().flat_map(|node| &node.facts).filter(|(id, _)| id != "and more") {
            let charge = store.find(id).unwrap().unwrap();
            assert_eq!(charge.difference.as_deref(), Some("0"), "{id}");
            let last = charge.nodes[0].steps.last().unwrap();
            assert_eq!(Some(&last.result), charge.nodes[0].value.as_ref(), "{id}");
        }
    }
    assert!(charges > 100 && pooled > 100, "{charges} {pooled}");
}

#[test]
fn a_changed_cell_is_found_at_the_node_that_read_it() {
    let desk = derived("--faults none");
    let why = |key: &str, more: &[&str]| desk.tieout_in("m", &[&["why", key], more].concat(), &[]);
    let key = lines(&desk).into_iter().find(|key| key.ends_with("#900")).unwrap();
    why(&key, &["--verify"]).exits(0).says(&["every node as before"]);
    let json: Value = serde_json::from_str(&why(&key, &["--format", "json"]).out).unwrap();
    let nodes = json["derivation"]["nodes"].as_array().unwrap();
    let of = |word: &str| {
        let node = nodes.iter().find(|node| node["id"].as_str().unwrap().starts_with(word));
        node.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (allocation, pool) = (of("allocation "), of("pool "));
    let part = nodes.iter().find(|node| node["id"] == allocation.as_str()).unwrap();
    let recipient = part["facts"][0][0].as_str().unwrap().to_owned();
    let (centre, pool_id) = recipient.split_once(" of ").unwrap();
    let period = allocation.rsplit(' ').next().unwrap();
    let file = desk.path("m/data/allocation_result.csv");
    let before = std::fs::read_to_string(&file).unwrap();
    let row = format!("{pool_id},{period},{centre},");
    let changed = before.lines().map(|line| {
        let name = "cost-centre,K-";
        if line.starts_with(&row) { line.replace(name, "cost-centre,X-") } else { line.to_owned() }
    });
    let changed = changed.collect::<Vec<_>>().join("\n") + "\n";
    assert_ne!(changed, before);
    std::fs::write(&file, changed).unwrap();
    let ran = why(&key, &["--verify"]);
    ran.exits(4).says(&["error[derivation-changed]", &format!("`{allocation}`")]);
    assert!(!ran.err.contains(&pool), "{}", ran.err);
    // Asked without doubt, it is derived anew from the files as they are.
    why(&key, &[]).exits(0).says(&["derived ", "charges and lines"]);
    why(&key, &["--verify"]).exits(0);
}

#[test]
fn a_wrong_charge_is_told_and_a_change_adds_up() {
    let desk = derived("--faults rounding-mode --per-class 1");
    let truth = std::fs::read_to_string(desk.path("m/truth.json")).unwrap();
    let truth: Value = serde_json::from_str(&truth).unwrap();
    let fact = &truth["facts"][0];
    let (id, amount) = (fact["key"][0][1].as_str().unwrap(), fact["amount"].as_str().unwrap());
    let why = |more: &[&str]| desk.tieout_in("m", &[&["why", id], more].concat(), &[]);
    why(&[]).exits(1).prints(&[&format!("billed {amount} more than derived"), "proration: "]);
    let page = why(&["--format", "html"]);
    page.exits(1).prints(&["<!doctype html>", id]);
    let months = ["2024-02", "2024-03", "2024-04", "2024-05"].iter();
    let compared: Vec<Value> = months
        .filter_map(|month| {
            let ran = why(&["--diff", month, "--format", "json"]);
            serde_json::from_str(&ran.out).ok()
        })
        .collect();
    assert!(!compared.is_empty());
    let number = |value: &Value| -> i128 {
        let text = value.as_str().unwrap();
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let units: i128 = format!("{}{part:0<2}", whole.trim_start_matches('-')).parse().unwrap();
        if text.starts_with('-') { -units } else { units }
    };
    for change in compared {
        let effects = change["effects"].as_array().unwrap().iter();
        let sum: i128 = effects.map(|effect| number(&effect["amount"])).sum();
        assert_eq!(sum, number(&change["after"]) - number(&change["before"]), "{change}");
    }
}

#[test]
fn mistakes_are_told_in_the_users_words() {
    let desk = Desk::new();
    desk.tieout("deck generate m --world metering --usage-rows 1 --faults none -q").exits(0);
    let why = |args: &[&str]| desk.tieout_in("m", &[&["why"], args].concat(), &[]);
    why(&[]).exits(2).says(&["INVOICE#LINE"]);
    why(&["C000000-00", "--verify"]).exits(2).says(&["error[no-derivations]", "why --prepare"]);
    why(&["C99"]).exits(2).says(&["error[unknown-charge]: there is no charge", "`C99`"]);
    let nothing = why(&["C000000-00", "--diff", "1999-01"]);
    nothing.exits(2).says(&["error[nothing-to-compare]", "`1999-01`"]);
    desk.write("m/out/lineage/derivations", "cut short");
    why(&["C000000-00"]).exits(2).says(&["error[derivations-unreadable]", "delete it"]);
    std::fs::remove_file(desk.path("m/data/charge.parquet")).unwrap();
    why(&["C000000-00"]).exits(2).says(&["charge.parquet"]);
}
