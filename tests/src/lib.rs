//! What the tests of this package share: where the repository and the data outside it are.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// A file of the data that live outside the repository (`TIEOUT_TEST_DATA`, else `../shared`
/// beside it), under `data/`. Where they are absent, says so and gives `None`; with
/// `TIEOUT_TEST_DATA` set, a missing file is a failure of the caller's.
pub fn outside_data(test: &str, path: &str) -> Option<PathBuf> {
    let stated = std::env::var_os("TIEOUT_TEST_DATA").map(PathBuf::from);
    let root = stated.clone().unwrap_or_else(|| repository().join("../shared"));
    let file = root.join("data").join(path);
    if stated.is_none() && !file.exists() {
        eprintln!("skipped: {test}: no data at {}", file.display());
        return None;
    }
    Some(file)
}

/// Whether peers that are not installed are a failure: `TIEOUT_TEST_PEERS=1`.
pub fn peers_wanted() -> bool {
    std::env::var_os("TIEOUT_TEST_PEERS").is_some()
}

/// Whether a program of someone else's is there to check us with. Where it is not, says so;
/// with `TIEOUT_TEST_PEERS=1` its absence is the caller's failure.
pub fn peer(test: &str, program: &str) -> bool {
    let found = std::process::Command::new(program).arg("--version").output().is_ok();
    if !found && !peers_wanted() {
        eprintln!("skipped: {test}: no {program} on this machine");
        return false;
    }
    true
}

/// Numbers that are the same in every run (Knuth's MMIX constants).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number from 0 up to, not with, `bound`, which is not 0 and below 2³¹.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound
    }

    /// One of the texts.
    pub fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }
}

/// What a command gave.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; −1 for a signal.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `tieout` in a folder. The binary stands beside the tests in the target folder: `cargo test
/// --workspace` builds it.
pub fn tieout(folder: &Path, arguments: &[&str]) -> Ran {
    run(&mut command(folder, arguments))
}

/// The command that [`tieout`] runs, for callers that set more.
pub fn command(folder: &Path, arguments: &[&str]) -> std::process::Command {
    let tests = std::env::current_exe().unwrap_or_default();
    let target = tests.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let mut command = std::process::Command::new(target.join("tieout"));
    command.args(arguments).current_dir(folder).stdin(std::process::Stdio::null());
    command.env("TIEOUT_PASSPHRASE", PASSPHRASE).env("NO_COLOR", "1");
    command
}

/// Runs a command to its end.
#[expect(clippy::panic, reason = "a test that can't start the program can't go on")]
pub fn run(command: &mut std::process::Command) -> Ran {
    match command.output() {
        Ok(output) => Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        },
        Err(e) => panic!("{command:?}: {e} (is it built? `cargo test --workspace` builds it)"),
    }
}

/// The passphrase of keys in tests.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// A workspace folder in `folder` with keys and this `tieout.yaml`.
pub fn workspace(folder: &Path, yaml: &str) {
    write(&folder.join("tieout.yaml"), yaml);
    for role in ["operator", "log"] {
        let file = format!("keys/{role}.pem");
        let made = tieout(folder, &["key", "new", "--role", role, &file]);
        assert_eq!(made.code, 0, "{}", made.stderr);
    }
}

/// Writes a file and the folders above it.
#[expect(clippy::panic, reason = "a test that can't write its files can't go on")]
pub fn write(path: &Path, text: &str) {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, text));
    if let Err(e) = written {
        panic!("{}: {e}", path.display());
    }
}
