//! The worlds of the test deck as the command writes them.

use crate::harness::Desk;
use serde_json::Value;

fn truth(desk: &Desk, folder: &str) -> Value {
    let text = std::fs::read_to_string(desk.path(&format!("{folder}/truth.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The classes of faults that the truth tells of.
fn classes(truth: &Value) -> Vec<&str> {
    let facts = truth["facts"].as_array().unwrap().iter();
    let mut classes: Vec<&str> = facts.map(|fact| fact["fault"].as_str().unwrap()).collect();
    classes.dedup();
    classes
}

#[test]
fn the_metering_world_is_written_with_the_faults_that_are_asked_for() {
    let desk = Desk::new();
    let told = desk.tieout("deck generate m --world metering --faults none --usage-rows 1");
    told.exits(0).says(&["m: 70155 rows of usage", "0 planted facts", "next: cd m", "tieout run"]);
    assert_eq!(classes(&truth(&desk, "m")), [""; 0]);
    for file in ["data/usage.parquet", "data/charge.parquet", "data/journal.csv", "tieout.yaml"] {
        assert!(desk.path(&format!("m/{file}")).exists(), "{file}");
    }

    let faults = "--faults rounding-mode,late-usage-unbilled --usage-rows 400000";
    let written =
        desk.tieout(&format!("deck generate two --world metering {faults} --per-class 2 -q"));
    assert_eq!(written.exits(0).err, "");
    let planted = truth(&desk, "two");
    assert_eq!(classes(&planted), ["late-usage-unbilled", "rounding-mode"]);
    let own = planted["facts"].as_array().unwrap().iter();
    let own = own.filter(|fact| fact["fault"] == "rounding-mode" && fact["consequential"] == false);
    assert_eq!(own.count(), 2);
    desk.tieout(&format!("deck generate again --world metering {faults} --per-class 2 -q"));
    let bytes = |name: &str| std::fs::read(desk.path(name)).unwrap();
    assert_eq!(bytes("two/data/usage.parquet"), bytes("again/data/usage.parquet"));
}

#[test]
fn by_default_it_has_a_fault_of_every_class_and_runs() {
    let desk = Desk::new();
    desk.tieout("deck generate m --world metering -q").exits(0);
    assert_eq!(classes(&truth(&desk, "m")).len(), 85);
    desk.tieout_in("m", &["dataset", "inspect", "data/usage.parquet"], &[]).exits(0);
    desk.tieout_in("m", &["run"], &[]).exits(2).says(&["error[keys-missing]"]);
}

#[test]
fn what_the_metering_world_does_not_have_is_told_in_the_users_words() {
    let desk = Desk::new();
    let ran = |args: &str| desk.tieout(&format!("deck generate m {args}"));
    ran("--world metering --faults rounding-mod,xyz").exits(2).says(&[
        "error[unknown-fault]: the metering world has no fault `rounding-mod`",
        "did you mean `rounding-mode`?",
        "`xyz`",
        "known: ",
    ]);
    ran("--usage-rows 5").exits(2).says(&["error[deck-option]", "add `--world metering`"]);
    ran("--per-class 5").exits(2).says(&["error[deck-option]: `--per-class`"]);
    ran("--world metering --rows 5").exits(2).says(&["`--rows` belongs to the world `controls`"]);
    ran("--world meterin").exits(2).says(&["possible values: controls, metering"]);
    ran("--world metering --per-class 1 --per-mille 1").exits(2).says(&["cannot be used with"]);
    ran("--world metering --per-class 0").exits(2).says(&["--per-class"]);
    ran("--world metering --per-mille 1001").exits(2).says(&["--per-mille"]);
    ran("--world metering --usage-rows 9 --faults proration-rounded").exits(2).says(&[
        "error[deck-not-written]",
        "no record fits",
        "more rows",
    ]);
    assert!(!desk.path("m/truth.json").exists());
    desk.write("m/mine.txt", "x");
    ran("--world metering").exits(2).says(&["error[folder-not-empty]"]);
}
