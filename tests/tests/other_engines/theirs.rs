//! What the other engines say.

use super::generate::{CENTRES, Record};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn data() -> Value {
    let row = |(id, owner, active, budget): &(&str, &str, bool, i64)| {
        ((*id).to_owned(), json!({"id": id, "owner": owner, "active": active, "budget": budget}))
    };
    json!({"centres": CENTRES.iter().map(row).collect::<BTreeMap<_, _>>()})
}

/// Whether each record is violated, in regorus.
pub(crate) fn regorus(source: &str, records: &[Record]) -> Vec<bool> {
    let mut engine = regorus::Engine::new();
    engine.add_policy("t.rego".to_owned(), source.to_owned()).unwrap();
    engine.add_data(regorus::Value::from_json_str(&data().to_string()).unwrap()).unwrap();
    let violated = |record: &Record| {
        engine.set_input(regorus::Value::from_json_str(&record.json().to_string()).unwrap());
        let found = engine.eval_rule("data.t.violation".to_owned());
        !found.unwrap_or_else(|e| panic!("{e}\n{source}")).as_set().unwrap().is_empty()
    };
    records.iter().map(violated).collect()
}

/// Whether each record is violated by each policy, in OPA; `None` where it is not here.
pub(crate) fn opa(policies: &[String], records: &[Record]) -> Option<Vec<Vec<bool>>> {
    let test = "opa_says_the_same";
    if !tieout_tests::peer(test, "python3") {
        return None;
    }
    let script = tieout_tests::repository().join("tests/peers/opa_policies.py");
    let mut command = Command::new("python3");
    let mut opa = command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let records: Vec<Value> = records.iter().map(Record::json).collect();
    let work = json!({"policies": policies, "records": records, "data": data()});
    // Without OPA the script has ended already.
    let _ = opa.stdin.take().unwrap().write_all(work.to_string().as_bytes());
    let output = opa.wait_with_output().unwrap();
    if output.status.code() == Some(77) && !tieout_tests::peers_wanted() {
        println!("skipped: {test}: no opa-golib-python-bindings here");
        return None;
    }
    assert!(output.status.success(), "{output:?}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
