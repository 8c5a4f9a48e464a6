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
use tieout_evidence::merkle::{Tree, leaf_hash};
use tieout_evidence::note::NoteKey;
use tieout_evidence::verify::{Anchor, Verification, verify};

const UNCOVERED: [&str; 6] = [
    "SHA256SUMS",
    "statement.dsse.json",
    "proofs/statement.tlog-proof",
    "proofs/checkpoint",
    "disclosures/records.jsonl",
    "disclosures/population.jsonl",
];
pub(crate) const RECORDS: &str = "records/000000.jsonl";
pub(crate) const RECORD_DISCLOSURES: &str = "disclosures/records.jsonl";
const POPULATION: &str = "population/000000.txt";
const POPULATION_DISCLOSURES: &str = "disclosures/population.jsonl";

/// A pack that is being changed.
pub(crate) struct Forgery {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    statement: Value,
    /// Whether the statement repeats the changed result.
    pub(crate) in_step: bool,
    operator: SigningKey,
    log: SigningKey,
}

impl Forgery {
    /// Of a sealed pack.
    pub(crate) fn of(pack: &std::path::Path) -> Self {
        let files = files(pack);
        let envelope: Value = serde_json::from_slice(&files["statement.dsse.json"]).unwrap();
        let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
        let statement = serde_json::from_slice(&payload).unwrap();
        let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]);
        Self { files, statement, in_step: true, operator: key(1), log: key(2) }
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
        let payload = self.statement.to_string().into_bytes();
        let signature = self.operator.sign(&pae("application/vnd.in-toto+json", &payload));
        let envelope = format!(
            "{{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"{}\",\
             \"signatures\":[{{\"keyid\":\"{keyid}\",\"sig\":\"{}\"}}]}}\n",
            STANDARD.encode(&payload),
            STANDARD.encode(signature.to_bytes()),
        );
        let root = leaf_hash(&sha256(envelope.as_bytes()));
        let head = format!("{ORIGIN}\n1\n{}\n", STANDARD.encode(root.0));
        let signature = [&key.id()[..], &self.log.sign(head.as_bytes()).to_bytes()].concat();
        let note = format!("{head}\n\u{2014} {ORIGIN} {}\n", STANDARD.encode(signature));
        let proof = format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{note}");
        for (path, text) in [
            ("SHA256SUMS", sums),
            ("statement.dsse.json", envelope),
            ("proofs/checkpoint", note),
            ("proofs/statement.tlog-proof", proof),
        ] {
            self.files.insert(path.to_owned(), text.into_bytes());
        }
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
        let claims = datasets.as_array().unwrap().iter().map(|dataset| {
            json!({
                "name": dataset["name"],
                "rows": dataset["rows"],
                "commitment": dataset["commitment"],
            })
        });
        let (results, claims): (Value, Value) = (results.collect(), claims.collect());
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
