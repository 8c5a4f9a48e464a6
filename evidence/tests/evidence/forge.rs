//! An operator who lies: a pack whose content was changed and which was then sealed again, with
//! every digest, root and signature right. Written by hand after the format's page, with none of
//! the sealer's code.

use crate::workspace::{ORIGIN, Workspace, files};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use tieout_evidence::dsse::pae;
use tieout_evidence::merkle::{Tree, leaf_hash, node_hash};
use tieout_evidence::note::NoteKey;
use tieout_evidence::verify::{Anchor, Verification, verify};

const UNCOVERED: [&str; 7] = [
    "SHA256SUMS",
    "statement.dsse.json",
    "proofs/statement.tlog-proof",
    "proofs/intent.tlog-proof",
    "proofs/checkpoint",
    "disclosures/records.jsonl",
    "disclosures/population.jsonl",
];
pub(crate) const RECORDS: &str = "records/000000.jsonl";
pub(crate) const RECORD_DISCLOSURES: &str = "disclosures/records.jsonl";
const POPULATION: &str = "population/000000.txt";
const POPULATION_DISCLOSURES: &str = "disclosures/population.jsonl";

/// A change of what is announced.
type Lie = Box<dyn FnOnce(&mut Value)>;

/// A pack that is being changed.
pub(crate) struct Forgery {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    statement: Value,
    intent: Value,
    /// Whether statement and announcement repeat the changed result.
    pub(crate) in_step: bool,
    /// Who signs the announcement, where that is not the operator.
    pub(crate) announcer: Option<[u8; 32]>,
    /// The log's indices of announcement and result.
    pub(crate) indices: [usize; 2],
    /// The announcement that the statement names, where that is another.
    pub(crate) names: Option<String>,
    /// The key of which the announcement says to be signed, where that is another.
    pub(crate) announcer_says: Option<String>,
    /// The entry that the statement says to be before it, where that is another.
    pub(crate) previous: Option<String>,
    /// Files that are not there in the end.
    pub(crate) leave_out: &'static [&'static str],
    lies: Vec<Lie>,
    operator: SigningKey,
    log: SigningKey,
}

impl Forgery {
    /// Of a sealed pack.
    pub(crate) fn of(pack: &std::path::Path) -> Self {
        let files = files(pack);
        let payload = |path: &str| {
            let envelope: Value = serde_json::from_slice(&files[path]).unwrap();
            let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
            serde_json::from_slice(&payload).unwrap()
        };
        let (statement, intent) = (payload("statement.dsse.json"), payload("intent.dsse.json"));
        let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]);
        Self {
            files,
            statement,
            intent,
            in_step: true,
            announcer: None,
            names: None,
            announcer_says: None,
            previous: None,
            leave_out: &[],
            indices: [0, 1],
            operator: key(1),
            log: key(2),
            lies: Vec::new(),
        }
    }

    /// Signs with other keys, given by their seeds.
    pub(crate) fn keys(&mut self, operator: [u8; 32], log: [u8; 32]) {
        self.operator = SigningKey::from_bytes(&operator);
        self.log = SigningKey::from_bytes(&log);
    }

    /// Changes the statement's predicate.
    pub(crate) fn predicate(&mut self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.statement["predicate"]);
    }

    /// What the announcement says as it stands.
    pub(crate) fn announced(&self) -> Value {
        self.intent["predicate"].clone()
    }

    /// The id of the operator's key.
    pub(crate) fn keyid(&self) -> String {
        public(&self.operator).id().to_string()
    }

    /// Changes what the announcement says, after it repeats the result.
    pub(crate) fn intent(&mut self, edit: impl FnOnce(&mut Value) + 'static) {
        self.lies.push(Box::new(edit));
    }

    /// Changes a JSON document.
    pub(crate) fn document(&mut self, path: &str, edit: impl FnOnce(&mut Value)) {
        let mut document = serde_json::from_slice(&self.files[path]).unwrap();
        edit(&mut document);
        let mut bytes = serde_json::to_vec_pretty(&document).unwrap();
        bytes.push(b'\n');
        self.files.insert(path.to_owned(), bytes);
    }

    /// Changes the result of the test of that number.
    pub(crate) fn test(&mut self, number: usize, edit: impl FnOnce(&mut Value)) {
        self.document("run.json", |run| edit(&mut run["tests"][number]));
    }

    /// Changes the dataset of that number.
    pub(crate) fn dataset(&mut self, number: usize, edit: impl FnOnce(&mut Value)) {
        self.document("datasets.json", |datasets| edit(&mut datasets[number]));
    }

    /// Changes the record line of that number.
    pub(crate) fn line(&mut self, number: usize, edit: impl FnOnce(&mut Value)) {
        self.lines(RECORDS, |lines| {
            let mut line = serde_json::from_str(&lines[number]).unwrap();
            edit(&mut line);
            lines[number] = line.to_string();
        });
    }

    /// Changes the lines of a file.
    pub(crate) fn lines(&mut self, path: &str, edit: impl FnOnce(&mut Vec<String>)) {
        let text = String::from_utf8(self.files[path].clone()).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        edit(&mut lines);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.files.insert(path.to_owned(), text.into_bytes());
    }

    /// Changes the disclosures of the population, each a `[salt, name, record]`, and commits to
    /// them anew.
    pub(crate) fn population(&mut self, mut edit: impl FnMut(usize, &mut Value)) {
        let mut digests = Vec::new();
        self.lines(POPULATION_DISCLOSURES, |lines| {
            for (number, line) in lines.iter_mut().enumerate() {
                let mut disclosure = serde_json::from_str(line).unwrap();
                edit(number, &mut disclosure);
                *line = disclosure.to_string();
                digests.push(sd_digest(line));
            }
        });
        self.lines(POPULATION, |lines| *lines = digests);
    }

    /// Changes the disclosure of that number of the record lines, and its digest in them.
    pub(crate) fn disclosure(&mut self, number: usize, edit: impl FnOnce(&mut Value)) {
        let mut digests = (String::new(), String::new());
        self.lines(RECORD_DISCLOSURES, |lines| {
            digests.0 = sd_digest(&lines[number]);
            let mut disclosure = serde_json::from_str(&lines[number]).unwrap();
            edit(&mut disclosure);
            lines[number] = disclosure.to_string();
            digests.1 = sd_digest(&lines[number]);
        });
        self.lines(RECORDS, |lines| {
            lines.iter_mut().for_each(|line| *line = line.replace(&digests.0, &digests.1));
        });
    }

    /// Seals it again into a folder.
    pub(crate) fn write(&mut self, folder: &std::path::Path) {
        self.manifest();
        self.seal();
        for (path, bytes) in &self.files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// Seals it again and verifies it under the keys that sealed it.
    pub(crate) fn verify(mut self) -> Verification {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        let key = tieout_evidence::key::SigningKey::from_seed;
        let anchor = Anchor {
            operator: Some(key(self.operator.to_bytes(), false).public_pem()),
            log: Some(key(self.log.to_bytes(), false).vkey(ORIGIN).unwrap()),
            policy: None,
        };
        let verification = verify(folder.path(), &anchor).unwrap();
        // Nothing is said otherwise when no line is kept.
        let streamed = tieout_evidence::verify::check(folder.path(), &anchor).unwrap();
        assert_eq!(streamed.checks, verification.checks);
        assert_eq!(streamed.notes, verification.notes);
        assert_eq!(streamed.verdict, verification.verdict);
        verification
    }

    fn manifest(&mut self) {
        let policies = self.files.iter().filter_map(|(path, bytes)| {
            let path = path.strip_prefix("policy/").filter(|path| *path != "MANIFEST")?;
            Some(format!("{}  {path}\n", hex(&sha256(bytes))))
        });
        let manifest: String = policies.collect();
        self.files.insert("policy/MANIFEST".to_owned(), manifest.into_bytes());
    }

    fn seal(&mut self) {
        if self.in_step {
            self.repeat_announcement();
        }
        self.lies.drain(..).for_each(|lie| lie(&mut self.intent));
        let announcer = self.announcer.map(|seed| SigningKey::from_bytes(&seed));
        let announcer = announcer.as_ref().unwrap_or(&self.operator);
        let mut intent = envelope(&self.intent, announcer);
        if let Some(keyid) = self.announcer_says.take() {
            let text = String::from_utf8(intent).unwrap();
            intent = text.replace(&public(announcer).id().to_string(), &keyid).into_bytes();
        }
        let entry = sha256(&intent);
        self.files.insert("intent.dsse.json".to_owned(), intent);
        self.files.retain(|path, _| !self.leave_out.contains(&path.as_str()));
        if self.in_step {
            let predicate = &mut self.statement["predicate"];
            let digest = Value::from(hex(&entry));
            predicate["intent"] = self.names.take().map_or(digest.clone(), Value::from);
            let previous = self.previous.take().map_or(digest, Value::from);
            predicate["previous"] = if self.indices[1] == 0 { Value::Null } else { previous };
        }
        let covered = self.files.iter().filter(|(path, _)| !UNCOVERED.contains(&path.as_str()));
        let lines = covered.map(|(path, bytes)| format!("{}  {path}\n", hex(&sha256(bytes))));
        let sums: String = lines.collect();
        let key = NoteKey::new(ORIGIN, public(&self.log)).unwrap();
        let keyid = public(&self.operator).id().to_string();
        self.statement["subject"][0]["digest"]["sha256"] = hex(&sha256(sums.as_bytes())).into();
        if self.in_step {
            self.statement["predicate"]["operator"]["keyid"] = keyid.as_str().into();
            self.repeat_result();
        }
        let envelope = envelope(&self.statement, &self.operator);
        let own = [leaf_hash(&entry), leaf_hash(&sha256(&envelope))];
        let [left, right] = if self.indices == [1, 0] { [own[1], own[0]] } else { own };
        let head = format!("{ORIGIN}\n2\n{}\n", STANDARD.encode(node_hash(&left, &right).0));
        let signature = [&key.id()[..], &self.log.sign(head.as_bytes()).to_bytes()].concat();
        let note = format!("{head}\n\u{2014} {ORIGIN} {}\n", STANDARD.encode(signature));
        let proof = |number: usize| {
            let (index, sibling) = (self.indices[number], STANDARD.encode(own[1 - number].0));
            format!("c2sp.org/tlog-proof@v1\nindex {index}\n{sibling}\n\n{note}").into_bytes()
        };
        for (path, bytes) in [
            ("SHA256SUMS", sums.into_bytes()),
            ("statement.dsse.json", envelope),
            ("proofs/intent.tlog-proof", proof(0)),
            ("proofs/statement.tlog-proof", proof(1)),
            ("proofs/checkpoint", note.clone().into_bytes()),
        ] {
            self.files.insert(path.to_owned(), bytes);
        }
        self.files.retain(|path, _| !self.leave_out.contains(&path.as_str()));
    }

    /// What the announcement says of the run, controls and datasets.
    fn repeat_announcement(&mut self) {
        let document = |path: &str| -> Value { serde_json::from_slice(&self.files[path]).unwrap() };
        let (run, datasets) = (document("run.json"), document("datasets.json"));
        let controls = run["tests"].as_array().unwrap().iter().map(|test| {
            let definition = hex(&sha256(test["control"].to_string().as_bytes()));
            let control = &test["control"]["id"];
            json!({"control": control, "definition": definition, "policy": test["policy"]})
        });
        let controls = controls.collect::<Value>();
        self.intent["subject"][0]["digest"]["sha256"] = run["run"]["configuration"].clone();
        let predicate = &mut self.intent["predicate"];
        (predicate["run"], predicate["controls"]) = (run["run"].clone(), controls);
        predicate["datasets"] = dataset_claims(&datasets);
    }

    /// What the statement says of the result, records and population.
    fn repeat_result(&mut self) {
        let document = |path: &str| -> Value { serde_json::from_slice(&self.files[path]).unwrap() };
        let (run, datasets) = (document("run.json"), document("datasets.json"));
        let tests = run["tests"].as_array().unwrap();
        let number = |count: &Value| count.as_str().unwrap().parse::<u128>().unwrap();
        let results = tests.iter().map(|test| {
            let counts = test["counts"].as_object().unwrap();
            let evaluated = counts.values().map(number).sum::<u128>().min(u64::MAX.into());
            json!({
                "control": test["control"]["id"],
                "companyId": test["control"].get("company_id"),
                "outcome": test["outcome"]["state"],
                "evaluated": evaluated.to_string(),
                "counts": counts,
                "exceptionAmounts": test["exception_amounts"],
            })
        });
        let mut policies: Vec<_> = tests.iter().map(|test| test["policy"].clone()).collect();
        policies.retain(|policy| !policy.is_null());
        policies.sort_by_key(|policy| (policy["bundle"].to_string(), policy["rule"].to_string()));
        policies.dedup();
        let (results, claims): (Value, Value) = (results.collect(), dataset_claims(&datasets));
        let (records, population) = (self.tree("records/"), self.tree("population/"));
        let predicate = &mut self.statement["predicate"];
        predicate["run"] = run["run"].clone();
        predicate["results"] = results;
        predicate["policies"] = policies.into();
        predicate["datasets"] = claims;
        predicate["records"] = records;
        predicate["population"] = population;
    }

    fn tree(&self, folder: &str) -> Value {
        let mut tree = Tree::default();
        for (_, bytes) in self.files.iter().filter(|(path, _)| path.starts_with(folder)) {
            String::from_utf8_lossy(bytes).lines().for_each(|line| tree.push(line.as_bytes()));
        }
        json!({
            "treeSize": tree.size().to_string(),
            "rootHash": tree.root().to_string(),
            "hashing": "rfc6962-sha256",
        })
    }
}

fn dataset_claims(datasets: &Value) -> Value {
    let claims = datasets.as_array().unwrap().iter().map(|dataset| {
        json!({
            "name": dataset["name"],
            "rows": dataset["rows"],
            "commitment": dataset["commitment"],
        })
    });
    claims.collect()
}

/// A statement in its envelope.
fn envelope(statement: &Value, key: &SigningKey) -> Vec<u8> {
    let payload = statement.to_string().into_bytes();
    let signature = key.sign(&pae("application/vnd.in-toto+json", &payload));
    format!(
        "{{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"{}\",\
         \"signatures\":[{{\"keyid\":\"{}\",\"sig\":\"{}\"}}]}}\n",
        STANDARD.encode(&payload),
        public(key).id(),
        STANDARD.encode(signature.to_bytes()),
    )
    .into_bytes()
}

/// Of the fixture, sealed by an honest sealer.
pub(crate) fn fixture_pack() -> Forgery {
    let workspace = Workspace::new();
    Forgery::of(&workspace.seal(0).folder)
}

fn public(key: &SigningKey) -> tieout_evidence::public_key::PublicKey {
    tieout_evidence::public_key::PublicKey::from(key)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hex(digest: &[u8; 32]) -> String {
    tieout_controls::Digest(*digest).to_string()
}

fn sd_digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(URL_SAFE_NO_PAD.encode(text).as_bytes()))
}
