//! Whatever is changed in a pack is seen.

use crate::workspace::{Workspace, files};
use std::collections::BTreeMap;
use std::path::Path;
use tieout_evidence::verify::Verdict;

/// A pack that is second in its log, so that its proof has a hash.
fn pack(workspace: &Workspace) -> std::path::PathBuf {
    workspace.seal(0);
    workspace.seal(1).folder
}

fn copy(files: &BTreeMap<String, Vec<u8>>, to: &Path) {
    for (name, bytes) in files {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// The step from bit to bit: every bit. Without optimization that takes half an hour, so there it
/// is every bit of the proofs only, which alone have no digest over their bytes.
fn step(name: &str) -> usize {
    if cfg!(debug_assertions) && !name.starts_with("proofs/") { 31 } else { 1 }
}

/// Every single bit of every file of a pack: those that SHA256SUMS covers, SHA256SUMS, the
/// envelope, the proofs, and the disclosures. No file of a pack is left out.
#[test]
fn any_flipped_bit_is_invalid() {
    let workspace = Workspace::new();
    let original = files(&pack(&workspace));
    let copies = [0, 1].map(|n| workspace.path(&format!("copy-{n}")));
    copies.iter().for_each(|to| copy(&original, to));
    println!("bits flipped, bits, file:");
    for (name, bytes) in &original {
        let bits = bytes.len() * 8;
        println!("{:7} {bits:7}  {name}", bits.div_ceil(step(name)));
    }
    std::thread::scope(|scope| {
        for (half, folder) in copies.iter().enumerate() {
            let (workspace, original) = (&workspace, &original);
            scope.spawn(move || flip(workspace, original, folder, half));
        }
    });
}

/// Flips every other bit in the copy, beginning with the first or second.
fn flip(workspace: &Workspace, original: &BTreeMap<String, Vec<u8>>, folder: &Path, half: usize) {
    for (name, bytes) in original {
        let path = folder.join(name);
        let mut changed = bytes.clone();
        for bit in (0..bytes.len() * 8).step_by(step(name)).skip(half).step_by(2) {
            changed[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &changed).unwrap();
            let verdict = workspace.verify(folder).verdict;
            assert_eq!(verdict, Verdict::Invalid, "{name}: bit {bit}");
            changed[bit / 8] = bytes[bit / 8];
        }
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(workspace.verify(folder).verdict, Verdict::Valid);
}

#[test]
fn any_missing_shortened_or_doubled_file_is_invalid() {
    let workspace = Workspace::new();
    let folder = pack(&workspace);
    for (name, bytes) in files(&folder) {
        let path = folder.join(&name);
        let invalid = |what: &str| {
            assert_eq!(workspace.verify(&folder).verdict, Verdict::Invalid, "{name} {what}");
        };
        if !name.starts_with("disclosures/") {
            std::fs::remove_file(&path).unwrap();
            invalid("missing");
        }
        for cut in [0, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            invalid("shortened");
        }
        std::fs::write(&path, bytes.repeat(2)).unwrap();
        invalid("doubled");
        std::fs::write(&path, &bytes).unwrap();
    }
    assert_eq!(workspace.verify(&folder).verdict, Verdict::Valid);
}

#[test]
fn any_further_file_or_folder_is_invalid() {
    let workspace = Workspace::new();
    let folder = pack(&workspace);
    let names =
        ["x", ".DS_Store", "records/000001.jsonl", "policy/x", "proofs/key.pem", "disclosures/x"];
    for name in names {
        std::fs::write(folder.join(name), "").unwrap();
        assert_eq!(workspace.verify(&folder).verdict, Verdict::Invalid, "{name}");
        std::fs::remove_file(folder.join(name)).unwrap();
    }
    std::fs::create_dir(folder.join("empty")).unwrap();
    assert_eq!(workspace.verify(&folder).verdict, Verdict::Invalid);
    std::fs::remove_dir(folder.join("empty")).unwrap();
    // Whoever erases deletes files, and may leave the folder.
    for name in ["disclosures/records.jsonl", "disclosures/population.jsonl"] {
        std::fs::remove_file(folder.join(name)).unwrap();
        assert_eq!(workspace.verify(&folder).verdict, Verdict::Valid, "without {name}");
    }
    let (run, elsewhere) = (folder.join("run.json"), workspace.path("run.json"));
    std::fs::rename(&run, &elsewhere).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&elsewhere, &run).unwrap();
    assert_eq!(workspace.verify(&folder).verdict, Verdict::Invalid);
}

/// Whoever changes a file and its line in SHA256SUMS still has not the operator's key.
#[test]
fn a_consistent_change_lacks_the_signature() {
    let workspace = Workspace::new();
    let folder = pack(&workspace);
    let policy = folder.join("policy/billing/cm-02/rule.cedar");
    let sums = folder.join("SHA256SUMS");
    let manifest = folder.join("policy/MANIFEST");
    let old = digest(&policy);
    std::fs::write(&policy, "# permit all\n").unwrap();
    replace(&manifest, &old, &digest(&policy));
    let listed = std::fs::read_to_string(&sums).unwrap();
    let line = listed.lines().find(|line| line.ends_with("policy/MANIFEST")).unwrap();
    replace(&sums, &line[..64], &digest(&manifest));
    replace(&sums, &old, &digest(&policy));
    let verification = workspace.verify(&folder);
    assert_eq!(verification.verdict, Verdict::Invalid);
    assert!(
        crate::workspace::failures(&verification)[0].contains("its subject is another SHA256SUMS")
    );
}

fn digest(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    let digest: [u8; 32] = Sha256::digest(std::fs::read(path).unwrap()).into();
    tieout_controls::Digest(digest).to_string()
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from));
    std::fs::write(path, text.replace(from, to)).unwrap();
}
