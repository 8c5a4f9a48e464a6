//! RFC 6962 trees against the vectors of the Certificate Transparency reference implementation
//! (google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc; Apache-2.0).

use tieout_controls::Digest;
use tieout_evidence::merkle::{
    Tree, consistency_proof, inclusion_proof, leaf_hash, root, verify_consistency, verify_inclusion,
};

const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The roots of the trees of sizes 0 to 8.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hashes() -> Vec<Digest> {
    LEAVES.iter().map(|leaf| leaf_hash(&bytes(leaf))).collect()
}

fn digests(hex: &[&str]) -> Vec<Digest> {
    hex.iter().map(|hex| hex.parse().unwrap()).collect()
}

#[test]
fn roots_of_the_reference_trees() {
    let mut tree = Tree::default();
    for (size, expected) in ROOTS.iter().enumerate() {
        assert_eq!(tree.root().to_string(), *expected, "size {size}");
        assert_eq!(root(&hashes()[..size]).to_string(), *expected);
        if let Some(leaf) = LEAVES.get(size) {
            tree.push(&bytes(leaf));
        }
    }
}

#[test]
fn proofs_of_the_reference_trees() {
    let leaves = hashes();
    let path = |index, size: usize| inclusion_proof(&leaves[..size], index).unwrap();
    assert_eq!(path(0, 1), []);
    assert_eq!(
        path(0, 8),
        digests(&[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ])
    );
    assert_eq!(
        path(5, 8),
        digests(&[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
    assert_eq!(
        consistency_proof(&leaves, 6).unwrap(),
        digests(&[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ])
    );
}

#[test]
fn proofs_hold_for_their_place_only() {
    let leaves: Vec<_> = (0..40_u8).map(|n| leaf_hash(&[n])).collect();
    let size_of = |leaves: &[Digest]| u64::try_from(leaves.len()).unwrap();
    for size in 1..=leaves.len() {
        let (tree, head) = (&leaves[..size], root(&leaves[..size]));
        for index in 0..size {
            let proof = inclusion_proof(tree, index).unwrap();
            let at = u64::try_from(index).unwrap();
            let holds = |at, size, proof: &[Digest], root| {
                verify_inclusion(&leaves[index], at, size, proof, root)
            };
            assert!(holds(at, size_of(tree), &proof, &head));
            assert!(!holds(at + 1, size_of(tree), &proof, &head));
            assert!(!holds(at, size_of(tree), &proof, &leaves[0]) || size == 1);
            assert!(!holds(at, size_of(tree), &[proof.as_slice(), &[head]].concat(), &head));
            if let Some((_, shorter)) = proof.split_last() {
                assert!(!holds(at, size_of(tree), shorter, &head));
            }
        }
        for old in 1..=size {
            let proof = consistency_proof(tree, old).unwrap();
            let old_root = root(&leaves[..old]);
            let old = u64::try_from(old).unwrap();
            assert!(verify_consistency(old, &old_root, size_of(tree), &head, &proof));
            if !proof.is_empty() {
                assert!(!verify_consistency(old, &head, size_of(tree), &head, &proof));
                assert!(!verify_consistency(old, &old_root, size_of(tree), &old_root, &proof));
                assert!(!verify_consistency(old, &old_root, size_of(tree), &head, &proof[1..]));
            }
        }
    }
    assert!(!verify_inclusion(&leaves[0], 0, 0, &[], &leaves[0]));
    assert_eq!(inclusion_proof(&leaves, leaves.len()), None);
}

#[test]
fn a_repeated_last_leaf_and_a_node_as_leaf_give_other_roots() {
    let [a, b, c] = [b"a", b"b", b"c"].map(|leaf| leaf_hash(leaf));
    assert_ne!(root(&[a, b, c]), root(&[a, b, c, c]));
    let node = leaf_hash(&[a.0, b.0].concat());
    assert_ne!(root(&[a, b]), node);
}
