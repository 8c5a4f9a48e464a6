//! A scratch repository with real commits, the files beside it that are in no repository, and the
//! branches of requests.

use crate::company::{self, RATES, Table};
use crate::usage::{self, Used};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;
use tieout_tests::{Ran, run, tieout, write};

/// The repository of the rates.
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
    pub(crate) usage: Vec<Used>,
    /// Each commit is made a minute after the one before.
    minutes: Cell<u32>,
}

impl Scratch {
    /// The repository with its first commit on `main`, and the month's data on disk.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// The same with other files in its first commit, or on disk.
    pub(crate) fn with(other: impl FnOnce(&Self)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Self { folder, usage: usage::usage(), minutes: Cell::new(0) };
        scratch.git(&["init", "-q", "-b", "main", "."]);
        scratch.write(".gitignore", "/data/\n/out/\n/log/\n/keys/*.pem\n/keys/*.pem.*\n/ci/\n");
        scratch.write("README.md", "The group's rates.\n");
        scratch.write("tieout.yaml", company::WORKSPACE);
        scratch.write("waivers.yaml", company::WAIVERS);
        scratch.write(RATES, &Table::of_the_company().csv());
        scratch.write("books/contracts.csv", company::CONTRACTS);
        scratch.write("books/documents.csv", company::DOCUMENTS);
        scratch.write("books/calendar.csv", &company::calendar());
        scratch.write("people/accounts.csv", company::ACCOUNTS);
        scratch.write("people/grants.csv", company::GRANTS);
        scratch.write("people/roles.csv", company::ROLES);
        scratch.write("people/delegations.csv", company::DELEGATIONS);
        scratch.write("data/usage.csv", &usage::csv(&scratch.usage));
        scratch.write("data/changes.csv", company::CHANGES);
        scratch.write("data/reviews.csv", company::REVIEWS);
        for (role, file) in [("operator", "operator"), ("log", "log"), ("approver", "fin")] {
            let file = format!("keys/{file}.pem");
            let made = scratch.tieout(&["key", "new", "--role", role, &file]);
            assert_eq!(made.code, 0, "{}", made.stderr);
        }
        // The approver's public key is a file of the base; the private one stays with the approver.
        std::fs::copy(scratch.path("keys/fin.pem.pub"), scratch.path("keys/fin.pub.pem")).unwrap();
        scratch.git(&["add", "-f", "keys/fin.pub.pem"]);
        other(&scratch);
        scratch.commit(ANNA, "2026-01-05", "the group's rates");
        scratch
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        write(&self.path(name), text);
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn tieout(&self, arguments: &[&str]) -> Ran {
        tieout(self.folder.path(), arguments)
    }

    /// Runs git, which knows nothing of the machine's settings.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let ran = run(self.git_command().args(arguments));
        assert_eq!(ran.code, 0, "git {arguments:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout.trim().to_owned()
    }

    fn git_command(&self) -> Command {
        git_in(self.folder.path())
    }

    /// Commits what is in the working tree, a minute after the last commit of the same day.
    pub(crate) fn commit(&self, (name, email): (&str, &str), day: &str, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.minutes.set(self.minutes.get() + 1);
        let (hour, minute) = (8 + self.minutes.get() / 60, self.minutes.get() % 60);
        let date = format!("{day}T{hour:02}:{minute:02}:00Z");
        let mut command = self.git_command();
        command.args(["commit", "-q", "--allow-empty", "-m", message]);
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), name).env(format!("GIT_{who}_EMAIL"), email);
            command.env(format!("GIT_{who}_DATE"), &date);
        }
        let ran = run(&mut command);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Git in a folder, without any settings but those of the repository.
pub(crate) fn git_in(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("TZ", "UTC").env("LC_ALL", "C");
    command
}

/// The author of most requests, known to the directory.
pub(crate) const ANNA: (&str, &str) = ("Anna M.", "anna@meridian.example");
/// One for whom others act in a circle.
pub(crate) const GIL: (&str, &str) = ("Gil R.", "gil@meridian.example");
/// Whom the directory doesn't know.
pub(crate) const MALLORY: (&str, &str) = ("Mallory", "mallory@elsewhere.example");

/// The branch of a request, and what its commits have been.
pub(crate) struct Branch<'s> {
    pub(crate) scratch: &'s Scratch,
    pub(crate) name: String,
    pub(crate) base: String,
    /// The table as it will be committed next, and its file.
    pub(crate) table: Table,
    pub(crate) file: String,
    /// Every commit that the branch has had, also those that a rebase left behind.
    pub(crate) commits: Vec<String>,
    author: (&'static str, &'static str),
}

impl<'s> Branch<'s> {
    /// A new branch off `main`, checked out.
    pub(crate) fn open(scratch: &'s Scratch, name: &str) -> Self {
        scratch.git(&["checkout", "-q", "-f", "-b", name, "main"]);
        Self {
            scratch,
            name: name.to_owned(),
            base: "main".to_owned(),
            table: Table::of_the_company(),
            file: RATES.to_owned(),
            commits: Vec::new(),
            author: ANNA,
        }
    }

    /// The commits that follow are somebody else's.
    pub(crate) fn by(&mut self, author: (&'static str, &'static str)) -> &mut Self {
        self.author = author;
        self
    }

    /// Writes a file beside the table.
    pub(crate) fn write(&mut self, name: &str, text: &str) -> &mut Self {
        self.scratch.write(name, text);
        self
    }

    /// Moves the table to another file.
    pub(crate) fn rename(&mut self, to: &str) -> &mut Self {
        let folder = self.scratch.path(to);
        std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
        self.scratch.git(&["mv", &self.file, to]);
        self.file = to.to_owned();
        self
    }

    /// Commits the table as it is now, and whatever was written.
    pub(crate) fn commit(&mut self, message: &str) -> &mut Self {
        let text = self.table.csv();
        self.commit_text(&text, message)
    }

    /// Commits another form of the table.
    pub(crate) fn commit_text(&mut self, text: &str, message: &str) -> &mut Self {
        let file = self.file.clone();
        self.write(&file, text);
        let commit = self.scratch.commit(self.author, "2026-06-09", message);
        self.commits.push(commit);
        self
    }

    /// The table as it is now was merged on an earlier day: it is the base of the commits that follow.
    pub(crate) fn merged(&mut self, day: &str) -> &mut Self {
        let base = format!("base-of-{}", self.name);
        let scratch = self.scratch;
        scratch.git(&["checkout", "-q", "-b", &base, "main"]);
        scratch.write(&self.file, &self.table.csv());
        scratch.commit(ANNA, day, "merged");
        scratch.git(&["checkout", "-q", "-B", &self.name, &base]);
        self.base = base;
        self
    }

    /// The base gets a commit that has nothing to do with rates, and the branch is rebased onto it.
    pub(crate) fn rebased(&mut self) -> &mut Self {
        let base = format!("base-of-{}", self.name);
        let scratch = self.scratch;
        scratch.git(&["checkout", "-q", "-b", &base, "main"]);
        scratch.write("README.md", "The group's rates, and who may change them.\n");
        scratch.commit(ANNA, "2026-06-09", "a word more");
        scratch.git(&["checkout", "-q", &self.name]);
        let mut rebase = git_in(scratch.folder.path());
        rebase.args(["rebase", "-q", &base]);
        rebase.env("GIT_COMMITTER_NAME", ANNA.0).env("GIT_COMMITTER_EMAIL", ANNA.1);
        let ran = run(rebase.env("GIT_COMMITTER_DATE", "2026-06-09T20:00:00Z"));
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        self.base = base;
        self.commits.push(scratch.git(&["rev-parse", "HEAD"]));
        self
    }
}
