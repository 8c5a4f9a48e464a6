//! Writes what the targets begin with into `corpus/`, from a sealed pack.

use tieout_evidence_fuzz::Pack;

fn main() {
    let pack = Pack::seal();
    for (target, name, bytes) in pack.seeds() {
        let folder = std::path::Path::new("corpus").join(target);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
