//! Who has everything but what was destroyed: the workspace's secret, the vault's files, all keys that are
//! left, every pack and the log. What it derives is written from `docs/formats/erasure.md` alone.

use crate::workspace::files;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// HMAC-SHA-256 over a label, a zero byte and parts.
pub(crate) fn mac(key: &[u8], label: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(label.as_bytes());
    mac.update(&[0]);
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// What the insider has.
pub(crate) struct Insider {
    /// Every file, by path.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Whatever may be a key.
    secrets: BTreeSet<Vec<u8>>,
    vault_secret: Vec<u8>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let pairs = (0..text.len()).step_by(2);
    (text.len() == 64).then(|| {
        pairs.map(|at| u8::from_str_radix(&text[at..at + 2], 16)).collect::<Result<_, _>>().ok()
    })?
}

impl Insider {
    /// Of a folder with `packs`, `log`, `vault` and `epochs`.
    pub(crate) fn new(folder: &Path, workspace_secret: &[u8]) -> Self {
        let files = files(folder);
        let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
        let vault_secret = unhex(&text("vault/secret")).unwrap();
        let mut keys = Vec::new();
        for (path, bytes) in &files {
            let Some(epoch) = path.strip_prefix("vault/keys.") else { continue };
            let Some(kek) = files.get(&format!("epochs/epoch.{epoch}")) else { continue };
            let kek = unhex(std::str::from_utf8(kek).unwrap()).unwrap();
            keys.extend(bytes.chunks(128).filter_map(|slot| unwrap(slot, &kek, epoch)));
        }
        let mut secrets: BTreeSet<Vec<u8>> = keys.iter().cloned().collect();
        // What only two keys together give.
        for (one, other) in keys.iter().flat_map(|one| keys.iter().map(move |other| (one, other))) {
            secrets.insert(mac(one, "tieout/subject-keys/v1", &[other]).to_vec());
        }
        secrets.extend([workspace_secret.to_vec(), vault_secret.clone()]);
        let kept = files.iter().filter(|(path, _)| path.starts_with(['v', 'e']));
        for (_, bytes) in kept {
            secrets.extend(std::str::from_utf8(bytes).ok().and_then(unhex));
            secrets.extend(bytes.windows(32).step_by(4).map(<[u8]>::to_vec));
        }
        Self { files, secrets, vault_secret }
    }

    /// The places in which these strings stand: as they are, in base64 of either alphabet and any
    /// alignment, in hexadecimal digits.
    pub(crate) fn strings(&self, strings: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for text in strings {
            let mut forms = vec![text.as_bytes().to_vec()];
            forms.push(hex(text.as_bytes()).into_bytes());
            forms.push(hex(text.as_bytes()).to_uppercase().into_bytes());
            for skip in 0..3 {
                let padded = [&b"\0\0"[..skip], text.as_bytes()].concat();
                // What depends on what stands before and behind is left off.
                let whole = padded.len() / 3 * 4;
                for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                    let code = engine.encode(&padded)[..whole].to_owned();
                    forms.push(code.as_bytes()[if skip == 0 { 0 } else { 4 }..].to_vec());
                }
            }
            for (path, bytes) in &self.files {
                let within = |form: &Vec<u8>| bytes.windows(form.len()).any(|own| own == form);
                if forms.iter().any(within) {
                    found.push(format!("{path}: {text}"));
                }
            }
        }
        found
    }

    /// The guesses of a dictionary that any digest of a pack or any other file confirms.
    pub(crate) fn confirmed(&self, dictionary: &[&str]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut there: BTreeSet<&[u8]> = BTreeSet::new();
        let program = |path: &str| path.ends_with("verify.py") || path.ends_with("VERIFY.md");
        for (_, bytes) in self.files.iter().filter(|(path, _)| !program(path)) {
            [16, 20, 32].into_iter().for_each(|length| there.extend(bytes.windows(length)));
        }
        for guess in dictionary {
            if self.tagged(guess, &there) {
                found.insert(format!("{guess} by its tag"));
            }
        }
        for pack in self.packs() {
            found.extend(self.disclosed(&pack, dictionary));
        }
        found
    }

    fn packs(&self) -> BTreeSet<String> {
        let packs = self.files.keys().filter_map(|path| path.strip_prefix("packs/"));
        packs.map(|path| path.split('/').next().unwrap().to_owned()).collect()
    }

    /// What may name a guess without a salt: tags, plain digests, HMACs of every label under every secret.
    fn tagged(&self, guess: &str, there: &BTreeSet<&[u8]>) -> bool {
        let mut names: Vec<Vec<u8>> = vec![Sha256::digest(guess).to_vec()];
        for class in ["approval", "focus", ""] {
            let length = u64::try_from(class.len()).unwrap().to_be_bytes();
            let parts = [&length[..], class.as_bytes(), guess.as_bytes()];
            names.push(mac(&self.vault_secret, "tieout/vault-tag/v1", &parts).to_vec());
        }
        for label in
            ["tieout/vault-tag/v1", "tieout/vault-name/v1", "tieout/row/v1", "tieout/salt/v1"]
        {
            names.extend(
                self.secrets.iter().map(|key| mac(key, label, &[guess.as_bytes()]).to_vec()),
            );
        }
        names.iter().any(|name| {
            let half = &name[..16];
            let forms =
                [half.to_vec(), hex(half).into_bytes(), URL_SAFE_NO_PAD.encode(half)[..20].into()];
            forms.iter().any(|form| there.contains(&form[..]))
        })
    }

    /// Disclosures of these guesses, with every salt that the secrets give, against every digest.
    fn disclosed(&self, pack: &str, dictionary: &[&str]) -> BTreeSet<String> {
        let read = |path: &str| {
            let bytes = self.files.get(&format!("packs/{pack}/{path}")).cloned();
            String::from_utf8(bytes.unwrap_or_default()).unwrap()
        };
        let envelope: Value = serde_json::from_str(&read("statement.dsse.json")).unwrap();
        let payload = base64::engine::general_purpose::STANDARD
            .decode(envelope["payload"].as_str().unwrap())
            .unwrap();
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        let id = statement["predicate"]["packId"].as_str().unwrap();
        let id = u128::from_str_radix(id, 16).unwrap().to_be_bytes();
        let mut digests: BTreeSet<String> =
            read("population/000000.txt").lines().map(str::to_owned).collect();
        for line in read("records/000000.jsonl").lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let facts = line["facts"].as_array().into_iter().flatten();
            for part in facts.chain([&line["personal"]]) {
                let own = part["_sd"].as_array().into_iter().flatten();
                digests.extend(own.map(|digest| digest.as_str().unwrap().to_owned()));
            }
        }
        let values: Vec<_> = values(dictionary)
            .into_iter()
            .map(|(guess, name, value)| (guess, name, format!("\"{name}\",{value}]")))
            .collect();
        let mut found = BTreeSet::new();
        for secret in &self.secrets {
            let key = mac(secret, "tieout/salt-key/v1", &[]);
            for (tree, line, slot) in places() {
                let place = [&[tree][..], &line.to_be_bytes(), &slot.to_be_bytes()].concat();
                let salt =
                    URL_SAFE_NO_PAD.encode(&mac(&key, "tieout/salt/v1", &[&id, &place])[..16]);
                let of_tree = |name: &&str| (**name == *"record") == (tree == 2);
                for (guess, name, rest) in values.iter().filter(|(_, name, _)| of_tree(name)) {
                    let text = URL_SAFE_NO_PAD.encode(format!("[\"{salt}\",{rest}"));
                    if digests.contains(&URL_SAFE_NO_PAD.encode(Sha256::digest(text))) {
                        found.insert(format!("{guess} as {name} in {pack}"));
                    }
                }
            }
        }
        found
    }
}

fn unwrap(slot: &[u8], kek: &[u8], epoch: &str) -> Option<Vec<u8>> {
    let epoch: u64 = epoch.parse().unwrap();
    let beside = [&slot[..48], &epoch.to_be_bytes()].concat();
    let cipher = ChaCha20Poly1305::new_from_slice(kek).unwrap();
    let nonce = Nonce::try_from(&slot[48..60]).unwrap();
    cipher.decrypt(&nonce, Payload { msg: &slot[60..108], aad: &beside }).ok()
}

/// Every place in which something of the fixture may stand.
fn places() -> impl Iterator<Item = (u8, u64, u16)> {
    let lines = (1..=2).flat_map(|tree| (0..8).map(move |line| (tree, line)));
    lines.flat_map(|(tree, line)| {
        let slots = if tree == 1 { 0..7 } else { 0..1 };
        slots.map(move |slot| (tree, line, slot))
    })
}

/// What the fixture's records would say of a guess: guess, name, value.
fn values(dictionary: &[&str]) -> Vec<(String, &'static str, Value)> {
    let mut values = Vec::new();
    for guess in dictionary {
        let mut add = |name, value| values.push(((*guess).to_owned(), name, value));
        for name in ["approver", "author", "deployed_by", "actual", "expected", "value.approver"] {
            add(name, json!(guess));
        }
        add("message", json!(format!("{guess} approved a change of {guess}")));
        for row in 1..=4 {
            for decision in ["conforms", "violates"] {
                let (number, change) = (row.to_string(), format!("CHG-{row}"));
                add(
                    "record",
                    json!({"control": "CM-02", "dataset": "approval", "file": "0", "row": number,
                        "key": {"change_id": change, "approver": guess}, "decision": decision}),
                );
            }
        }
    }
    values
}
