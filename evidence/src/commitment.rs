//! Salted commitments to the rows of a dataset.

use crate::merkle::Tree;
use crate::salt::{Keyed, mac};
use crate::subjects;
use crate::vault::{Vault, VaultError};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use tieout_controls::paper::RowCommitment;
use tieout_controls::{Count, Digest};

/// A salted RFC 6962 tree over the rows of the dataset of that name: each leaf is
/// HMAC-SHA-256(secret-derived key, row), so that no row can be guessed from the root.
pub fn dataset_commitment(secret: &[u8; 32], dataset: &str) -> Box<dyn RowCommitment> {
    let key = mac(secret, "tieout/dataset-key/v1", &[dataset.as_bytes()]);
    Box::new(Salted { key: Keyed::new(&key), tree: Tree::default(), persons: None })
}

/// The same, in which a row with personal columns also depends on the keys of whom they name: with the
/// secret and all other rows, nobody can confirm what an erased one was. `personal` are the places of these
/// columns in a row.
pub fn personal_commitment(
    secret: &[u8; 32],
    dataset: &str,
    personal: Vec<usize>,
    vault: Arc<Vault>,
) -> Box<dyn RowCommitment> {
    let key = mac(secret, "tieout/dataset-key/v1", &[dataset.as_bytes()]);
    let persons = Persons { dataset: dataset.to_owned(), personal, vault };
    Box::new(Salted { key: Keyed::new(&key), tree: Tree::default(), persons: Some(persons) })
}

struct Salted {
    key: Keyed,
    tree: Tree,
    persons: Option<Persons>,
}

/// Whose keys a row depends on.
struct Persons {
    dataset: String,
    personal: Vec<usize>,
    vault: Arc<Vault>,
}

impl Persons {
    fn bind(&self, leaf: [u8; 32], row: &[u8]) -> [u8; 32] {
        self.bound(&leaf, row).unwrap_or_else(|error| {
            // Nothing is sealed with a vault that failed.
            self.vault.fail(error);
            leaf
        })
    }

    fn bound(&self, leaf: &[u8; 32], row: &[u8]) -> Result<[u8; 32], VaultError> {
        let unread = || {
            let what = format!("a row of `{}` is not the columns that it must be", self.dataset);
            VaultError::new(what)
        };
        let values: Vec<Value> = serde_json::from_slice(row).map_err(|_| unread())?;
        let mut subjects = BTreeSet::new();
        for at in &self.personal {
            subjects.extend(subjects::of_value(values.get(*at).ok_or_else(unread)?));
        }
        let keys = self.vault.key_set(&self.dataset, subjects.iter().map(String::as_str))?;
        Ok(keys.map_or(*leaf, |keys| mac(&keys.key, "tieout/personal-row/v1", &[leaf])))
    }
}

impl RowCommitment for Salted {
    fn add(&mut self, row: &[u8]) {
        let leaf = self.key.mac(b"tieout/row/v1\0", row);
        let leaf = self.persons.as_ref().map_or(leaf, |persons| persons.bind(leaf, row));
        self.tree.push(&leaf);
    }

    fn finish(self: Box<Self>) -> (Count, Digest) {
        (Count(self.tree.size()), self.tree.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(secret: u8, name: &str, rows: &[&str]) -> Digest {
        let mut commitment = dataset_commitment(&[secret; 32], name);
        rows.iter().for_each(|row| commitment.add(row.as_bytes()));
        let (count, root) = commitment.finish();
        assert_eq!(count, Count::of(rows.len()));
        root
    }

    #[test]
    fn depends_on_rows_order_name_and_secret() {
        let first = root(1, "focus", &["a", "b", "c"]);
        assert_eq!(first, root(1, "focus", &["a", "b", "c"]));
        for other in [
            root(1, "focus", &["a", "c", "b"]),
            root(1, "focus", &["a", "b", "c", "c"]),
            root(1, "focus", &["a", "bc"]),
            root(1, "rates", &["a", "b", "c"]),
            root(2, "focus", &["a", "b", "c"]),
        ] {
            assert_ne!(first, other);
        }
    }
}
