//! Salted commitments to the rows of a dataset.

use crate::merkle::Tree;
use crate::salt::{Keyed, mac};
use tieout_controls::paper::RowCommitment;
use tieout_controls::{Count, Digest};

/// A salted RFC 6962 tree over the rows of the dataset of that name: each leaf is
/// HMAC-SHA-256(secret-derived key, row), so that no row can be guessed from the root.
pub fn dataset_commitment(secret: &[u8; 32], dataset: &str) -> Box<dyn RowCommitment> {
    let key = mac(secret, "tieout/dataset-key/v1", &[dataset.as_bytes()]);
    Box::new(Salted { key: Keyed::new(&key), tree: Tree::default() })
}

struct Salted {
    key: Keyed,
    tree: Tree,
}

impl RowCommitment for Salted {
    fn add(&mut self, row: &[u8]) {
        self.tree.push(&self.key.mac(b"tieout/row/v1\0", row));
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
