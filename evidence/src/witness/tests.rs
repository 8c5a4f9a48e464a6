use super::*;
use crate::encoding::base64;
use crate::key::SigningKey;
use crate::log;
use crate::note::NoteSignature;

const ORIGIN: &str = "example.com/log";

/// A log of numbered entries; `fork` is where it begins to tell another history.
struct Log {
    key: SigningKey,
    entries: Vec<Digest>,
}

impl Log {
    fn new(fork: u8) -> Self {
        let entry = |n: u8| if n < fork { Digest([n; 32]) } else { Digest([n ^ 0x80; 32]) };
        Self { key: SigningKey::from_seed([1; 32], false), entries: (0..40).map(entry).collect() }
    }

    fn vkey(&self) -> NoteKey {
        NoteKey::parse(&self.key.vkey(ORIGIN).unwrap()).unwrap()
    }

    fn note(&self, size: usize) -> String {
        let root = log::tree(&self.entries[..size]).root();
        let text =
            Checkpoint { origin: ORIGIN.to_owned(), size: Count::of(size), root }.to_string();
        let signature = self.key.sign(text.as_bytes());
        let line = NoteSignature { name: ORIGIN.to_owned(), id: self.vkey().id(), signature };
        Note { text, signatures: vec![line] }.to_string()
    }

    /// The request from one size to another.
    fn request(&self, old: usize, new: usize) -> String {
        let leaves = log::leaves(&self.entries[..new]);
        let proof =
            merkle::consistency_proof(&leaves, old).filter(|_| old < new).unwrap_or_default();
        let proof: String = proof.iter().map(|hash| base64(&hash.0) + "\n").collect();
        format!("old {old}\n{proof}\n{}", self.note(new))
    }
}

struct House {
    folder: tempfile::TempDir,
    key: CosigningKey,
}

impl House {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            key: SigningKey::from_seed([9; 32], false).into(),
        }
    }

    fn witness(&self) -> Witness<'_> {
        let logs = vec![Log::new(255).vkey()];
        Witness::new("w.example", &self.key, logs, self.folder.path()).unwrap()
    }

    fn ask(&self, body: &str) -> Answer {
        self.witness().add_checkpoint(body, 1_700_000_000).unwrap()
    }
}

#[test]
fn what_continues_is_cosigned_and_the_line_verifies() {
    let (house, log) = (House::new(), Log::new(255));
    let mut size = 0;
    for next in [0, 1, 2, 3, 3, 7, 8, 9, 31, 32, 40] {
        let Answer::Cosigned(line) = house.ask(&log.request(size, next)) else {
            panic!("{size} to {next}: {:?}", house.ask(&log.request(size, next)));
        };
        assert!(line.starts_with("\u{2014} w.example ") && line.ends_with('\n'), "{line:?}");
        let cosigned = Note::parse(&(log.note(next) + &line)).unwrap();
        assert_eq!(house.witness().cosigner().cosigned(&cosigned), Ok(Some(1_700_000_000)));
        size = next;
    }
}

/// Split view and rollback: the state outlives the process, and no other history gets its line.
#[test]
fn a_fork_and_a_rollback_are_refused() {
    let (house, log, fork) = (House::new(), Log::new(255), Log::new(5));
    assert_eq!(house.ask(&log.request(0, 8)).status(), 200);
    assert_eq!(house.ask(&fork.request(8, 12)), Answer::Unprocessable);
    assert_eq!(house.ask(&fork.request(8, 8)), Answer::Conflict(Count(8)));
    assert_eq!(house.ask(&fork.request(0, 12)), Answer::Conflict(Count(8)));
    assert_eq!(house.ask(&log.request(0, 4)), Answer::Conflict(Count(8)));
    assert_eq!(house.ask(&log.request(4, 12)), Answer::Conflict(Count(8)));
    // What shares its first entries with the log until then continues it.
    assert_eq!(house.ask(&Log::new(9).request(8, 12)).status(), 200);
    assert_eq!(house.ask(&log.request(12, 16)), Answer::Unprocessable);
}

#[test]
fn who_is_not_known_is_told_so() {
    let (house, log) = (House::new(), Log::new(255));
    let request = log.request(0, 3);
    assert_eq!(house.ask(&request.replace(ORIGIN, "example.com/other")), Answer::NotFound);
    let signed_by_another = Log { key: SigningKey::from_seed([2; 32], false), ..Log::new(255) };
    assert_eq!(house.ask(&signed_by_another.request(0, 3)), Answer::Forbidden);
    for (body, why) in [
        (request.replace("old 0", "old 00"), "a zero in front"),
        (request.replace("old 0", "old -1"), "a sign"),
        (request.replace("old 0\n\n", "old 0\n"), "no empty line"),
        (request.replace("old 0\n", "old 0\nnot base64\n"), "no hash"),
        (
            request.replace("old 0\n", &format!("old 0\n{}", (base64(&[0; 32]) + "\n").repeat(64))),
            "64 hashes",
        ),
        (request.replace("old 0", "old 4"), "above"),
        (String::new(), "nothing"),
    ] {
        assert_eq!(house.ask(&body).status(), 400, "{why}");
    }
    // A proof where there is nothing to prove.
    let more = request.replace("old 0\n", &format!("old 0\n{}\n", base64(&[0; 32])));
    assert_eq!(house.ask(&more), Answer::Unprocessable);
}

#[test]
fn a_state_that_cannot_be_read_cosigns_nothing() {
    let (house, log) = (House::new(), Log::new(255));
    assert_eq!(house.ask(&log.request(0, 3)).status(), 200);
    let file = house.witness().file(ORIGIN);
    std::fs::write(&file, "").unwrap();
    assert!(house.witness().add_checkpoint(&log.request(0, 3), 1).is_err());
    // What an interrupted answer left behind is in nobody's way.
    std::fs::remove_file(&file).unwrap();
    std::fs::write(file.with_extension("partial"), "half").unwrap();
    assert_eq!(house.ask(&log.request(0, 3)).status(), 200);
}

/// Two logs race from one size; only one history is cosigned, whoever comes first.
#[test]
fn of_two_requests_at_once_one_continues() {
    for _ in 0..20 {
        let (house, log, fork) = (House::new(), Log::new(255), Log::new(4));
        assert_eq!(house.ask(&log.request(0, 4)).status(), 200);
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let asked = [log.request(4, 9), fork.request(4, 9)].map(|body| {
                scope.spawn(|| {
                    let body = body;
                    house.ask(&body).status()
                })
            });
            asked.map(|asked| asked.join().unwrap()).to_vec()
        });
        let mut sorted = answers.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [200, 409], "{answers:?}");
    }
}
