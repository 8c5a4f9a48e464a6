//! A repository, through the `git` of the machine.
//!
//! What is judged is the result of a merge, made here by `git merge-tree`, which touches neither the
//! working tree nor a branch. Nothing that the head brings steers git: attributes and the mailmap are
//! the base's, hooks, replacements and the monitor of files are off, and commands run in git's own
//! folder, where they find no file of a working tree.
//!
//! Of the user's own settings only those remain that say whom git trusts (`safe.directory`, keys).

mod authors;
mod changes;
mod history;
mod tree;

pub(crate) use authors::Identity;
pub(crate) use changes::Changes;

use crate::diagnostic::{Diagnostic, Failure, Outcome, io_words};
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The word for the head's working tree: what is in it now, committed or not, but for what git
/// ignores.
pub(crate) const WORKTREE: &str = "WORKTREE";

/// A repository.
#[derive(Debug)]
pub(crate) struct Repository {
    /// Git's own folder.
    git_dir: PathBuf,
    /// The top of the working tree, where there is one.
    root: Option<PathBuf>,
}

/// The full name of a commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Commit(String);

/// The full name of a tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tree(String);

/// What comes of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Merge {
    /// The tree that the merged branch would have.
    Clean(Tree),
    /// The paths that conflict.
    Conflict(Vec<String>),
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Repository {
    /// The repository in which a path lies.
    ///
    /// # Errors
    /// Git is missing, the path lies in no repository, or in one that git doesn't trust.
    pub(crate) fn discover(path: &Path) -> Outcome<Self> {
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let ask = |question: &str| {
            let mut command = clean();
            command.arg("-C").arg(folder).args(["rev-parse", question]);
            finish(command.output())
        };
        let found = ask("--absolute-git-dir")?;
        if !found.status.success() {
            return Err(no_repository(folder, &found));
        }
        let git_dir = path_of(&found.stdout);
        let top = ask("--show-toplevel")?;
        let root = top.status.success().then(|| path_of(&top.stdout));
        Ok(Self { git_dir, root: root.filter(|root| !root.as_os_str().is_empty()) })
    }

    /// The top of the working tree; a bare repository has none.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The commit that a branch, tag or name means; for [`WORKTREE`] one that holds what is in the
    /// working tree now. That one is on no branch, and its author has no e-mail: what isn't committed
    /// is nobody's yet.
    ///
    /// # Errors
    /// There is no such commit, or no working tree.
    pub(crate) fn resolve(&self, reference: &str) -> Outcome<Commit> {
        if reference == WORKTREE {
            return self.snapshot();
        }
        let wanted = format!("{reference}^{{commit}}");
        // What begins with a hyphen would be an option, and no name of git's does.
        let plain = !reference.is_empty() && !reference.starts_with('-');
        let found = match plain {
            true => self.output(&["rev-parse", "--verify", "--quiet", &wanted], None)?,
            false => return Err(unknown(reference)),
        };
        if !found.status.success() {
            return Err(unknown(reference));
        }
        self.only_one(reference)?;
        Ok(Commit(text_of(&found.stdout).trim().to_owned()))
    }

    /// Refuses a short name that several refs have: whoever may push a tag could put it in the place of
    /// a branch.
    fn only_one(&self, reference: &str) -> Outcome<()> {
        let mut found = Vec::new();
        for place in ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"] {
            let full = format!("{place}{reference}");
            if self.output(&["show-ref", "--verify", "--quiet", &full], None)?.status.success() {
                found.push(full);
            }
        }
        if found.len() < 2 {
            return Ok(());
        }
        let message = format!("`{reference}` is the name of several: {}", found.join(", "));
        let help = "give the whole name of the one that is meant";
        Err(Failure::usage(Diagnostic::new("git-ref-ambiguous", message).help(help)))
    }

    /// Whether history is cut off somewhere.
    ///
    /// # Errors
    /// As [`git`](Self::git).
    pub(crate) fn is_shallow(&self) -> Outcome<bool> {
        let told = self.git(&["rev-parse", "--is-shallow-repository"])?;
        Ok(text_of(&told).trim() == "true")
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// As [`git`](Self::git).
    pub(crate) fn tree(&self, commit: &Commit) -> Outcome<Tree> {
        let found = self.git(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])?;
        Ok(Tree(text_of(&found).trim().to_owned()))
    }

    /// Merges the head into the base, by the attributes of the base. Nothing but objects is written.
    ///
    /// # Errors
    /// They have no common history here, as in a shallow clone; or git is older than 2.38.
    pub(crate) fn merge(&self, base: &Commit, head: &Commit) -> Outcome<Merge> {
        let mut command = self.command();
        command.env("GIT_ATTR_SOURCE", &base.0);
        command.args(["merge-tree", "--write-tree", "--no-messages", "--name-only", "-z"]);
        command.args([&base.0, &head.0]);
        let done = finish(command.output())?;
        let told = text_of(&done.stdout);
        let mut told = told.split('\0').filter(|part| !part.is_empty()).map(str::to_owned);
        match (done.status.code(), told.next()) {
            (Some(0), Some(tree)) => Ok(Merge::Clean(Tree(tree))),
            (Some(1), Some(_)) => Ok(Merge::Conflict(told.collect())),
            _ => Err(failed("merge-tree", &done)),
        }
    }

    /// Puts what is in the working tree into a commit of its own.
    fn snapshot(&self) -> Outcome<Commit> {
        let Some(root) = &self.root else {
            let message =
                format!("`{WORKTREE}` is the working tree, and a bare repository has none");
            return Err(Failure::usage(Diagnostic::new("git-ref-unknown", message)));
        };
        let head = self.resolve("HEAD")?;
        let index = self.git_dir.join(format!("tieout-{}.index", std::process::id()));
        let made = self.snapshot_by(root, &index, &head);
        for left in [index.clone(), index.with_extension("index.lock")] {
            // What remains of it is not wanted; a lock is there only if git was stopped.
            let _ = std::fs::remove_file(left);
        }
        made
    }

    fn snapshot_by(&self, root: &Path, index: &Path, head: &Commit) -> Outcome<Commit> {
        // A copy of the index spares git to read every file again; without one it does.
        let _ = std::fs::copy(self.git_dir.join("index"), index);
        let by_index = |args: &[&str]| {
            let mut command = self.command();
            command.env("GIT_INDEX_FILE", index).arg("--work-tree").arg(root).arg("-C").arg(root);
            command.args(args);
            succeeded(args, finish(command.output())?)
        };
        by_index(&["add", "--all", "--", "."])?;
        let tree = text_of(&by_index(&["write-tree"])?).trim().to_owned();
        let mut command = self.command();
        // The same content gives the same name, whoever asks and whenever.
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "uncommitted");
            command.env(format!("GIT_{who}_EMAIL"), "");
            command.env(format!("GIT_{who}_DATE"), "@0 +0000");
        }
        let args = ["commit-tree", "--no-gpg-sign", "-p", &head.0, "-m", WORKTREE, &tree];
        let made = succeeded(&args, finish(command.args(args).output())?)?;
        Ok(Commit(text_of(&made).trim().to_owned()))
    }

    /// What a git command that must succeed prints.
    ///
    /// # Errors
    /// Git is missing, or says no.
    fn git(&self, args: &[&str]) -> Outcome<Vec<u8>> {
        succeeded(args, self.output(args, None)?)
    }

    /// The same with something on its standard input.
    fn git_with(&self, args: &[&str], input: &[u8]) -> Outcome<Vec<u8>> {
        succeeded(args, self.output(args, Some(input))?)
    }

    fn output(&self, args: &[&str], input: Option<&[u8]>) -> Outcome<Output> {
        let mut command = self.command();
        command.args(args);
        let Some(input) = input else { return finish(command.output()) };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| not_run(&e))?;
        let stdin = child.stdin.take();
        // Git answers while it reads: who writes all before reading would wait for ever.
        let output = std::thread::scope(|scope| {
            // What git doesn't read to the end it complains about itself.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        });
        finish(output)
    }

    fn command(&self) -> Command {
        let mut command = clean();
        command.current_dir(&self.git_dir).arg("--git-dir").arg(&self.git_dir);
        command
    }
}

/// Settings that would change what git says, or make it run something.
const SETTINGS: [&str; 13] = [
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "commit.gpgSign=false",
    "diff.renameLimit=0",
    "gc.auto=0",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "log.mailmap=false",
    "mailmap.file=/dev/null",
    "merge.renames=true",
    "merge.directoryRenames=conflict",
];

/// What git is told of the environment: where programs and the user's home are, and nothing of the
/// repository, which a hook or a job may have set otherwise.
const KEPT: [&str; 7] =
    ["PATH", "HOME", "XDG_CONFIG_HOME", "GNUPGHOME", "USERPROFILE", "SYSTEMROOT", "TMPDIR"];

fn clean() -> Command {
    let mut command = Command::new("git");
    command.env_clear().stdin(Stdio::null());
    for name in KEPT {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    let set = [
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_PAGER", ""),
    ];
    command.envs(set).arg("--no-pager");
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
}

fn finish(output: std::io::Result<Output>) -> Outcome<Output> {
    output.map_err(|e| not_run(&e))
}

fn succeeded(args: &[&str], output: Output) -> Outcome<Vec<u8>> {
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(failed(args.first().copied().unwrap_or_default(), &output)),
    }
}

fn not_run(error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::NotFound {
        let message = "there is no `git` on this machine";
        let help = "install git 2.38 or later, or compare files: `--base FILE --head FILE`";
        return Failure::usage(Diagnostic::new("git-missing", message).help(help));
    }
    let message = format!("`git` can't be run: {}", io_words(error).0);
    Failure::usage(Diagnostic::new("git-missing", message))
}

/// What git said, and what can be done about it.
fn failed(name: &str, output: &Output) -> Failure {
    let said = text_of(&output.stderr);
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    let line = line.trim_start_matches("fatal: ").trim_start_matches("error: ");
    let help = REMEDIES.iter().find(|(words, _)| said.contains(words)).map(|(_, help)| *help);
    let diagnostic = Diagnostic::new("git-failed", format!("`git {name}`: {line}"));
    Failure::usage(diagnostic.maybe_help(help.map(str::to_owned)))
}

const REMEDIES: [(&str, &str); 5] = [
    (
        "dubious ownership",
        "say that you trust it: `git config --global --add safe.directory FOLDER`",
    ),
    (
        "unrelated histories",
        "fetch the whole history: a shallow clone doesn't know where both began",
    ),
    ("unknown option", "this needs git 2.38 or later"),
    ("usage: git merge-tree", "this needs git 2.38 or later"),
    ("missing blob", "fetch it: objects are not fetched while the gate runs"),
];

fn no_repository(folder: &Path, output: &Output) -> Failure {
    if text_of(&output.stderr).contains("dubious ownership") {
        return failed("rev-parse", output);
    }
    let message = format!("`{}` is in no git repository", crate::output::shown(folder));
    let help = "run it in a clone, or compare files: `--base FILE --head FILE`";
    Failure::usage(Diagnostic::new("git-no-repository", message).help(help))
}

fn unknown(reference: &str) -> Failure {
    let message = format!("no commit is called `{reference}` here");
    let help = "a branch, a tag or a commit; one of a forge is fetched first: `git fetch origin \
                NAME`, then `origin/NAME`";
    Failure::usage(Diagnostic::new("git-ref-unknown", message).help(help))
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn path_of(line: &[u8]) -> PathBuf {
    PathBuf::from(text_of(line).trim_end_matches(['\r', '\n']))
}

#[cfg(test)]
mod tests;
