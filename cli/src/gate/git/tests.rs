//! Against real repositories, made by `git` itself.

use super::authors::{Authors, Signature};
use super::changes::Change;
use super::*;
use chrono::DateTime;
use std::collections::BTreeSet;

/// A scratch repository on branch `main`.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        let scratch = Self(tempfile::tempdir().unwrap());
        scratch.git(&["init", "--quiet", "--initial-branch", "main"]);
        scratch
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_as(
            ("Anna", "anna@example.com", "Anna", "anna@example.com", "2026-01-05T00:00:00Z"),
            args,
        )
    }

    fn git_as(&self, who: (&str, &str, &str, &str, &str), args: &[&str]) -> String {
        let (author, email, committer, committer_email, date) = who;
        let mut command = Command::new("git");
        command.current_dir(self.0.path()).args(args);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_AUTHOR_NAME", author).env("GIT_AUTHOR_EMAIL", email);
        command.env("GIT_COMMITTER_NAME", committer).env("GIT_COMMITTER_EMAIL", committer_email);
        command.env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", text_of(&done.stderr));
        text_of(&done.stdout).trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn repository(&self) -> Repository {
        Repository::discover(self.0.path()).unwrap()
    }
}

/// A base with a table, and a branch `head` off it.
fn forked() -> Scratch {
    let scratch = Scratch::new();
    scratch.write("rates/table.csv", "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    scratch.write("tieout.yaml", "workspace: x\n");
    scratch.commit("base");
    scratch.git(&["checkout", "--quiet", "-b", "head"]);
    scratch
}

fn code(failed: Failure) -> &'static str {
    failed.diagnostics[0].code
}

#[test]
fn what_is_judged_is_the_result_of_the_merge() {
    let scratch = forked();
    scratch.write("rates/table.csv", "a\n1\n2\n3\n4\n5\n6\n7\n8\nNINE\n");
    scratch.commit("head");
    scratch.git(&["checkout", "--quiet", "main"]);
    scratch.write("rates/table.csv", "a\nONE\n2\n3\n4\n5\n6\n7\n8\n9\n");
    scratch.commit("meanwhile");
    let repository = scratch.repository();
    let (base, head) = (repository.resolve("main").unwrap(), repository.resolve("head").unwrap());
    let Merge::Clean(tree) = repository.merge(&base, &head).unwrap() else { panic!("conflict") };
    let read = repository.read(&tree, "rates/table.csv").unwrap().unwrap();
    assert_eq!(text_of(&read), "a\nONE\n2\n3\n4\n5\n6\n7\n8\nNINE\n");
    let changes = repository.changed(&repository.tree(&base).unwrap(), &tree).unwrap();
    assert_eq!(changes.0, [Change::Modified("rates/table.csv".to_owned())]);
    assert_eq!(scratch.git(&["status", "--porcelain"]), "", "nothing is touched");
}

#[test]
fn a_conflict_names_its_paths() {
    let scratch = forked();
    scratch.write("rates/table.csv", "head\n");
    scratch.commit("head");
    scratch.git(&["checkout", "--quiet", "main"]);
    scratch.write("rates/table.csv", "main\n");
    scratch.commit("meanwhile");
    let repository = scratch.repository();
    let merged = repository
        .merge(&repository.resolve("main").unwrap(), &repository.resolve("head").unwrap())
        .unwrap();
    assert_eq!(merged, Merge::Conflict(vec!["rates/table.csv".to_owned()]));
}

/// The head's attributes would resolve a conflict by its own rule.
#[test]
fn the_attributes_of_the_head_do_not_merge() {
    let scratch = forked();
    scratch.write(".gitattributes", "* merge=union\n");
    scratch.write("rates/table.csv", "head\n");
    scratch.commit("head");
    scratch.git(&["checkout", "--quiet", "main"]);
    scratch.write("rates/table.csv", "main\n");
    scratch.commit("meanwhile");
    scratch.git(&["checkout", "--quiet", "head"]);
    let repository = scratch.repository();
    let merged = repository
        .merge(&repository.resolve("main").unwrap(), &repository.resolve("head").unwrap())
        .unwrap();
    assert_eq!(merged, Merge::Conflict(vec!["rates/table.csv".to_owned()]));
}

#[test]
fn a_renamed_table_is_followed() {
    let scratch = forked();
    scratch.git(&["mv", "rates/table.csv", "prices ü.csv"]);
    scratch.write("new.csv", "b\n");
    scratch.commit("head");
    let repository = scratch.repository();
    let tree = |name| repository.tree(&repository.resolve(name).unwrap()).unwrap();
    let changes = repository.changed(&tree("main"), &tree("head")).unwrap();
    assert_eq!(changes.after("rates/table.csv").as_deref(), Some("prices ü.csv"));
    assert_eq!(changes.before("prices ü.csv").as_deref(), Some("rates/table.csv"));
    assert_eq!(changes.before("new.csv"), None);
    assert_eq!(changes.after("tieout.yaml").as_deref(), Some("tieout.yaml"));
    assert_eq!(changes.paths(), ["new.csv", "rates/table.csv", "prices ü.csv"]);
    let gone = repository.changed(&tree("head"), &tree("main")).unwrap();
    assert_eq!(gone.after("new.csv"), None);
}

#[test]
fn everyone_who_had_a_hand_in_it_is_named_by_the_mailmap_of_the_base() {
    let scratch = Scratch::new();
    scratch.write(".mailmap", "Anna <anna@example.com> <a.private@example.org>\n");
    scratch.commit("base");
    scratch.git(&["checkout", "--quiet", "-b", "head"]);
    scratch.write("t", "1\n");
    // The head says that its author is somebody else, in the tree and in the working tree.
    scratch.write(".mailmap", "Carla <carla@example.com> <a.private@example.org>\n");
    scratch.git(&["add", "--all"]);
    let message = "change\n\nco-authored-by: Ben <ben@example.com>\nCo-Authored-By: nobody\n\nend";
    let who = ("A", "a.private@example.org", "Dora", "dora@example.com", "2026-01-06T00:00:00Z");
    scratch.git_as(who, &["commit", "--quiet", "--message", message]);
    let repository = scratch.repository();
    let (base, head) = (repository.resolve("main").unwrap(), repository.resolve("head").unwrap());
    let authors = repository.authors(&base, &head).unwrap();
    let accounts: BTreeSet<_> = authors.identities.iter().map(Identity::account).collect();
    let expected = ["git:anna@example.com", "git:ben@example.com", "git:dora@example.com", "git:"];
    assert_eq!(accounts, expected.map(str::to_owned).into());
    assert_eq!(authors.commits, [(head, Signature::Missing)]);
    assert_eq!(repository.authors(&base, &base).unwrap(), Authors::default());
}

#[test]
fn the_working_tree_is_a_revision_of_nobody() {
    let scratch = forked();
    scratch.write(".gitignore", "secret\n");
    scratch.write("secret", "x");
    scratch.write("rates/table.csv", "changed\n");
    scratch.write("rates/new.csv", "new\n");
    let repository = scratch.repository();
    let (base, head) = (repository.resolve("main").unwrap(), repository.resolve(WORKTREE).unwrap());
    let status = scratch.git(&["status", "--porcelain"]);
    assert_eq!(repository.resolve(WORKTREE).unwrap(), head, "the same again");
    let Merge::Clean(tree) = repository.merge(&base, &head).unwrap() else { panic!("conflict") };
    let folder = tempfile::tempdir().unwrap();
    let written = repository.extract(&tree, &["rates"], folder.path()).unwrap();
    assert_eq!(written, ["rates/new.csv", "rates/table.csv"]);
    let text = std::fs::read_to_string(folder.path().join("rates/table.csv")).unwrap();
    assert_eq!(text, "changed\n");
    assert_eq!(repository.read(&tree, "secret").unwrap(), None);
    let authors = repository.authors(&base, &head).unwrap().identities;
    assert_eq!(authors.iter().map(Identity::account).collect::<Vec<_>>(), ["git:"]);
    assert_eq!(scratch.git(&["status", "--porcelain"]), status, "the index is as it was");
    let left = std::fs::read_dir(repository.git_dir).unwrap().map(|e| e.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with("tieout-")));
}

#[test]
fn what_is_no_plain_file_is_refused() {
    let scratch = forked();
    scratch.write("lfs.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", scratch.0.path().join("link.csv")).unwrap();
    scratch.commit("head");
    let repository = scratch.repository();
    let tree = repository.tree(&repository.resolve("head").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for path in ["lfs.csv", "link.csv", "absent.csv"] {
        let failed = repository.extract(&tree, &[path], folder.path()).unwrap_err();
        assert_eq!(code(failed), "git-file", "{path}");
    }
    for path in ["lfs.csv", "link.csv", "rates"] {
        assert_eq!(code(repository.read(&tree, path).unwrap_err()), "git-file", "{path}");
    }
    assert_eq!(repository.read(&tree, "absent.csv").unwrap(), None);
    let inside = |path: &str| repository.inside(&scratch.0.path().join(path));
    assert_eq!(inside("rates/gone.csv").unwrap(), "rates/gone.csv");
    assert_eq!(code(repository.inside(Path::new("/etc/passwd")).unwrap_err()), "git-file");
}

#[test]
fn the_window_begins_at_a_commit_of_the_base_and_its_name_for_the_file() {
    let scratch = Scratch::new();
    scratch.write("old.csv", "1\n2\n3\n4\n5\n6\n");
    scratch.git(&["add", "--all"]);
    let at = |date: &'static str| ("A", "a@x", "A", "a@x", date);
    scratch.git_as(at("2026-01-01T00:00:00Z"), &["commit", "--quiet", "--message", "1"]);
    scratch.git(&["mv", "old.csv", "new.csv"]);
    scratch.git_as(at("2026-02-01T00:00:00Z"), &["commit", "--quiet", "--message", "2"]);
    // Made last and dated first.
    scratch.write("new.csv", "1\n2\n3\n4\n5\nSIX\n");
    let commit = ["commit", "--quiet", "--all", "--message", "3"];
    scratch.git_as(at("2020-01-01T00:00:00Z"), &commit);
    let repository = scratch.repository();
    let base = repository.resolve("main").unwrap();
    let before = |date: &str| {
        let instant = DateTime::parse_from_rfc3339(date).unwrap().to_utc();
        let end = instant + chrono::TimeDelta::days(92);
        repository.before((&base, "new.csv"), instant, end).unwrap().revision
    };
    let found = before("2026-01-15T00:00:00Z").unwrap();
    assert_eq!(found.path.as_deref(), Some("old.csv"));
    assert_eq!(found.commit, repository.resolve("main~2").unwrap());
    assert_eq!(before("2026-03-01T00:00:00Z").unwrap().path.as_deref(), Some("new.csv"));
    assert_eq!(before("2026-01-01T00:00:00Z"), None);
}

#[test]
fn errors_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(Repository::discover(folder.path()).unwrap_err()), "git-no-repository");
    let scratch = forked();
    let repository = scratch.repository();
    for reference in ["absent", "--all", "", "main:rates", "main..head"] {
        let failed = repository.resolve(reference).unwrap_err();
        assert_eq!(code(failed), "git-ref-unknown", "{reference}");
    }
    scratch.git(&["checkout", "--quiet", "--orphan", "other"]);
    scratch.commit("another beginning");
    let (base, head) = (repository.resolve("main").unwrap(), repository.resolve("other").unwrap());
    let failed = repository.merge(&base, &head).unwrap_err();
    assert!(failed.diagnostics[0].help.as_deref().unwrap().contains("shallow"));
    let bare = Command::new("git").args(["init", "--quiet", "--bare"]).arg(folder.path()).status();
    assert!(bare.unwrap().success());
    let bare = Repository::discover(folder.path()).unwrap();
    assert!(bare.root().is_none());
    assert_eq!(code(bare.resolve(WORKTREE).unwrap_err()), "git-ref-unknown");
}
