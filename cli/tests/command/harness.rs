//! Runs the real binary in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder in which commands are run.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The search for a workspace ends here, whatever lies above.
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        Self { folder }
    }

    /// Another desk with a copy of a folder of this one.
    pub(crate) fn copy(&self, folder: &str) -> Self {
        let other = Self::new();
        copy(&self.path(folder), &other.path(folder));
        other
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs `tieout` with these arguments, separated by spaces, in the desk's folder.
    pub(crate) fn tieout(&self, args: &str) -> Ran {
        self.tieout_in(".", &args.split_whitespace().collect::<Vec<_>>(), &[])
    }

    pub(crate) fn tieout_in(&self, folder: &str, args: &[&str], env: &[(&str, &str)]) -> Ran {
        run(&self.folder.path().join(folder), args, env)
    }

    /// Runs a script in the desk's folder, with `tieout` on the path: whether it succeeded, and what it said.
    #[cfg(unix)]
    pub(crate) fn shell(&self, flags: &str, script: &str) -> (bool, String, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_tieout")).parent().unwrap();
        let mut shell = Command::new("sh");
        shell.args([flags, script]).current_dir(self.path(".")).env_clear();
        shell.env("PATH", format!("{}:/usr/bin:/bin", program.display())).stdin(Stdio::null());
        let Output { status, stdout, stderr } = shell.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status.success(), text(stdout), text(stderr))
    }

    /// The command of [`tieout_in`](Self::tieout_in), for tests that watch it or set more.
    pub(crate) fn command(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
        command.args(args).current_dir(self.path(folder)).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }
}

/// The commands of a page, in their order.
#[cfg(unix)]
pub(crate) fn commands(page: &str) -> String {
    page.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect()
}

/// Copies a file, or a folder with what is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.unwrap().success(), "{}", from.display());
}

fn run(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
    command.args(args).current_dir(folder).env_clear().envs(env.iter().copied());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
}

impl Ran {
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The words stand on standard error, and nothing there is for programmers.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in:\n{}", self.err);
        }
        for jargon in ["panicked", "unwrap", "Option<", "struct ", "Err(", "RUST_BACKTRACE"] {
            assert!(!self.err.contains(jargon), "`{jargon}` in:\n{}", self.err);
        }
        self
    }

    #[track_caller]
    pub(crate) fn prints(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.out.contains(word), "no `{word}` in:\n{}", self.out);
        }
        self
    }
}
