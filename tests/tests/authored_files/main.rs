//! The JSON Schemas of the files that people write say what the readers of these files do, by someone
//! else's validator: over all shipped files, and over each with one thing wrong.

#![cfg(test)]

use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tieout_policies::bundle;
use tieout_policies::compile::{Environment, compile};
use tieout_tests::{repository, tieout};

/// Of a file with one thing wrong: what is wrong, and the document.
type Twin = (String, Json);

#[test]
fn shipped_files_are_valid_and_schemas_refuse_what_readers_refuse() {
    let there = Command::new("python3").args(["-c", "import jsonschema"]).output();
    if !there.is_ok_and(|o| o.status.success()) {
        assert!(std::env::var_os("TIEOUT_TEST_PEERS").is_none(), "pip install jsonschema");
        eprintln!("skipped: authored_files: no Python package jsonschema on this machine");
        return;
    }
    let mut compared = 0;
    for (kind, file) in shipped() {
        let document: Json = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let mut twins = vec![(String::new(), document.clone())];
        // Files of a kind are wrong in the same ways: the largest of each is enough.
        if file == largest(kind) {
            twins.extend(spoiled(&document));
        }
        let valid = validated(kind, &twins);
        for ((wrong, document), valid) in twins.iter().zip(&valid) {
            let read = Reader { kind, folder: file.parent().unwrap() }.read(document);
            let place = format!("{}: {wrong}", file.display());
            if wrong.is_empty() {
                assert_eq!((valid.as_str(), &read), ("valid", &Ok(())), "{place}");
            }
            if let Err(told) = &read {
                fields(kind, wrong, told);
            }
            assert_eq!(valid == "valid", read.is_ok(), "{place}: {valid}; {read:?}");
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared} documents");
}

/// Of each of these some ship with the product.
const KINDS: [&str; 5] = ["control", "bundle", "table", "request", "equivalent"];

fn shipped() -> Vec<(&'static str, PathBuf)> {
    // A workspace file and one of waivers in which every key stands.
    let here = repository().join("tests/tests/authored_files");
    let mut all =
        vec![("workspace", here.join("tieout.yaml")), ("waiver", here.join("waivers.yaml"))];
    for kind in KINDS {
        let mut found = Vec::new();
        for root in ["policies/bundles", "controls/catalogue"] {
            below(&repository().join(root), &format!("{kind}.yaml"), &mut found);
        }
        assert!(!found.is_empty(), "{kind}");
        all.extend(found.into_iter().map(|file| (kind, file)));
    }
    all
}

fn below(folder: &Path, name: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            below(&entry, name, found);
        } else if entry.ends_with(name) {
            found.push(entry);
        }
    }
}

fn largest(kind: &str) -> PathBuf {
    let of = shipped().into_iter().filter(|(of, _)| *of == kind).map(|(_, file)| file);
    of.max_by_key(|file| (fs::metadata(file).unwrap().len(), file.clone())).unwrap()
}

fn schema(kind: &str) -> PathBuf {
    repository().join(format!("docs/reference/schemas/{kind}.schema.json"))
}

fn validated(kind: &str, twins: &[Twin]) -> Vec<String> {
    let mut validator = Command::new("python3")
        .arg(repository().join("tests/peers/validate_many.py"))
        .arg(schema(kind))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = twins.iter().map(|(_, document)| format!("{document}\n")).collect();
    let mut input = validator.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = validator.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{kind}");
    let told: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(told.len(), twins.len(), "{kind}");
    told
}

/// The document with each key left out, an unknown key in each mapping, and each value of another
/// type.
fn spoiled(document: &Json) -> Vec<Twin> {
    let mut twins = Vec::new();
    let mut places = vec![Vec::new()];
    while let Some(place) = places.pop() {
        let pointer = |place: &[String]| place.iter().map(|p| format!("/{p}")).collect::<String>();
        let at = pointer(&place);
        let mut changed = |wrong: String, change: &dyn Fn(&mut Json)| {
            let mut twin = document.clone();
            change(twin.pointer_mut(&at).unwrap());
            twins.push((wrong, twin));
        };
        match document.pointer(&at).unwrap() {
            Json::Object(fields) => {
                changed(format!("{at}: an unknown key"), &|v| {
                    v.as_object_mut().unwrap().insert("zz".to_owned(), json!({"zz": {}}));
                });
                changed(format!("{at}: a list"), &|v| *v = json!(["zz"]));
                for key in fields.keys() {
                    changed(format!("{at}: without `{key}`"), &|v| {
                        v.as_object_mut().unwrap().remove(key);
                    });
                    places.push(place.iter().chain([key]).cloned().collect());
                }
            }
            Json::Array(items) => {
                changed(format!("{at}: a mapping"), &|v| *v = json!({"zz": "zz"}));
                // Items are alike: the first is enough.
                if !items.is_empty() {
                    places.push(place.iter().cloned().chain(["0".to_owned()]).collect());
                }
            }
            _ => {
                changed(format!("{at}: a mapping"), &|v| *v = json!({"zz": "zz"}));
                changed(format!("{at}: a list"), &|v| *v = json!(["zz"]));
                if choice(document, &place) {
                    changed(format!("{at}: another word"), &|v| *v = json!("zz"));
                }
            }
        }
    }
    twins
}

/// Whether the value is one of a closed list of words.
fn choice(document: &Json, place: &[String]) -> bool {
    const WORDS: [&str; 8] =
        ["kind", "assertion", "severity", "type", "format", "encoding", "float", "as_of"];
    let last = place.last().map_or("", String::as_str);
    // In a request, `type` is any type of the schema in Cedar.
    WORDS.contains(&last) && document.get("principal").is_none()
}

/// The names that a reader expects in a place are those that the schema has there.
fn fields(kind: &str, wrong: &str, told: &str) {
    let Some((_, expected)) = told.split_once("unknown field `zz`, expected ") else { return };
    let expected = expected.lines().next().unwrap_or_default().trim_start_matches("one of ");
    let expected = expected.split(" at line").next().unwrap_or_default();
    let expected: BTreeSet<&str> =
        expected.split([',', ' ', '`']).filter(|word| !word.is_empty() && *word != "or").collect();
    let schema: Json = serde_json::from_slice(&fs::read(schema(kind)).unwrap()).unwrap();
    let pointer = wrong.split(": ").next().unwrap();
    let place = pointer.split('/').skip(1).fold(&schema, |schema, step| {
        let under = |name: &str| schema.get(name).filter(|s| !s.is_boolean());
        let property = schema.get("properties").and_then(|p| p.get(step));
        property.or_else(|| under("additionalProperties")).or_else(|| under("items")).unwrap()
    });
    // In a map any key is known, and what is unknown stands in its value.
    let place =
        if place.get("properties").is_some() { place } else { &place["additionalProperties"] };
    let none = Map::new();
    let properties = place["properties"].as_object().unwrap_or(&none);
    let known: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(known, expected, "{kind}: {wrong}");
}

/// What reads a kind of file in the product.
struct Reader<'a> {
    kind: &'a str,
    folder: &'a Path,
}

impl Reader<'_> {
    fn read(&self, document: &Json) -> Result<(), String> {
        // JSON is YAML.
        let text = document.to_string();
        match self.kind {
            "workspace" => workspace(&text),
            "waiver" => waiver(&text),
            "control" => {
                let read = serde_json::from_str::<tieout_controls::Control>(&text);
                read.map(drop).map_err(|e| e.to_string())
            }
            "bundle" => in_bundle(self.folder, "bundle.yaml", &text),
            "equivalent" => equivalent(self.folder, &text),
            kind => {
                let rule = self.folder.file_name().unwrap().to_str().unwrap();
                let home = self.folder.parent().unwrap();
                in_bundle(home, &format!("{rule}/{kind}.yaml"), &text)
            }
        }
    }
}

fn workspace(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tieout.yaml"), text).unwrap();
    let ran = tieout(folder.path(), &["policy", "explain-plan"]);
    let refused = ran.stderr.contains("error[yaml-invalid]");
    if refused { Err(ran.stderr) } else { Ok(()) }
}

fn waiver(text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("w.yaml"), text).unwrap();
    let ran = tieout(folder.path(), &["waiver", "list", "w.yaml"]);
    if ran.code == 0 { Ok(()) } else { Err(ran.stderr) }
}

fn in_bundle(home: &Path, file: &str, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    copy(home, folder.path());
    fs::write(folder.path().join(file), text).unwrap();
    let read = bundle::load(folder.path()).map_err(|e| e.to_string())?;
    if file.ends_with("request.yaml") {
        let path = format!("{}/{}", read.name, file.replace("request.yaml", "rule.cedar"));
        let rule = read.rules.values().find(|r| r.path == path).expect("the rule");
        // What the columns are the request alone doesn't say: only its form is looked at.
        let found = compile(rule, &Environment::default()).expect_err("there are no columns");
        let form = ["unknown field", "missing field", "invalid type", "expected"];
        let told = found.iter().map(|d| d.message.as_str());
        if let Some(told) = told.into_iter().find(|m| form.iter().any(|word| m.contains(word))) {
            return Err(told.to_owned());
        }
    }
    Ok(())
}

fn equivalent(rule: &Path, text: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let home = rule.parent().unwrap();
    copy(home, folder.path());
    let rule = rule.file_name().unwrap();
    fs::write(folder.path().join(rule).join("equivalent.yaml"), text).unwrap();
    let ran = tieout(folder.path(), &["policy", "mutate", rule.to_str().unwrap()]);
    if ran.code == 2 { Err(ran.stderr) } else { Ok(()) }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let there = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &there);
        } else {
            fs::copy(entry.path(), there).unwrap();
        }
    }
}
