//! What stands in CI configurations and in the guide does what it says: the steps are taken from the files
//! and run by a shell, in repositories with real commits. Programs of the forges are stood in for.

#![cfg(test)]
#![cfg(unix)]

use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tieout_tests::{Ran, command, repository, run, write};

const GUIDE: &str = "docs/guide/gate.md";

/// A file of this repository.
fn ours(path: &str) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn yaml(path: &str) -> Json {
    serde_saphyr::from_str(&ours(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The guide's commands, by section.
fn tour() -> Vec<(String, String)> {
    let guide = ours(GUIDE);
    let sections = guide.split("\n## ").skip(1);
    let section = |text: &str| {
        let title = text.lines().next().unwrap_or_default().to_owned();
        let blocks = text.split("```sh\n").skip(1);
        let script = blocks.map(|block| block.split("```").next().unwrap()).collect();
        (title, script)
    };
    sections.map(section).collect()
}

/// A folder with `tieout` on the path, and stand-ins for programs.
struct Runner {
    folder: TempDir,
}

impl Runner {
    fn new() -> Self {
        let runner = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(runner.path("bin")).unwrap();
        runner
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a program of that name in front of the machine's.
    fn stand_in(&self, name: &str, script: &str) {
        let file = self.path("bin").join(name);
        write(&file, &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a script in a folder, by a shell with these arguments and variables and no others.
    fn sh(
        &self,
        shell: &[&str],
        script: &str,
        folder: &Path,
        env: &BTreeMap<String, String>,
    ) -> Ran {
        let tieout = command(folder, &[]);
        let programs = Path::new(tieout.get_program()).parent().unwrap();
        let path = format!(
            "{}:{}:/usr/local/bin:/usr/bin:/bin",
            self.path("bin").display(),
            programs.display()
        );
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(script).current_dir(folder).env_clear().envs(env);
        command.env("PATH", path).env("HOME", self.folder.path()).env("NO_COLOR", "1");
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        run(command.stdin(std::process::Stdio::null()))
    }

    /// The repository of the guide with the branch as it stands after so many sections.
    fn rates(&self, sections: usize) -> PathBuf {
        let script: String = tour().into_iter().take(sections).map(|(_, script)| script).collect();
        let ran = self.sh(&["sh", "-euc"], &script, self.folder.path(), &BTreeMap::new());
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        self.path("rates")
    }

    fn git(&self, arguments: &str) -> String {
        let day = "GIT_COMMITTER_DATE=2026-06-09T18:00:00Z";
        let script = format!("{day} git {arguments}");
        let ran = self.sh(&["sh", "-euc"], &script, &self.path("rates"), &BTreeMap::new());
        assert_eq!(ran.code, 0, "{arguments}: {}", ran.stderr);
        ran.stdout.trim().to_owned()
    }
}

fn env(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_guide_can_be_followed_word_for_word() {
    let runner = Runner::new();
    let script: String = tour().into_iter().map(|(_, script)| script).collect();
    let ran = runner.sh(&["sh", "-euc"], &script, runner.folder.path(), &BTreeMap::new());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for wrong in ["error:", "warning:", "not found", "Usage:"] {
        assert!(!ran.stderr.contains(wrong), "{}", ran.stderr);
    }
    // Blocked twice, altered, twice after the emergency, twice at the baseline: the others end with
    // 0, or the shell would have stopped.
    let codes: Vec<&str> =
        ran.stdout.lines().filter(|line| line.starts_with("exit code")).collect();
    assert_eq!(
        codes,
        [1, 1, 4, 1, 1, 1, 1, 1].map(|code| format!("exit code {code}")),
        "{}",
        ran.stdout
    );
    // What the guide shows is what its reader sees.
    let guide = ours(GUIDE);
    for shown in guide.split("```text\n").skip(1).map(|block| block.split("```").next().unwrap()) {
        for line in shown.lines().filter(|line| !line.trim().is_empty() && *line != "…") {
            assert!(ran.stdout.lines().any(|said| said == line), "no `{line}` in:\n{}", ran.stdout);
        }
    }
    assert!(guide.matches("```text\n").count() >= 2);
}

/// The values of an action's inputs and of the contexts that it names.
type Contexts = BTreeMap<String, String>;

/// An expression's value: a name of a context alone, nothing that is computed.
fn expanded(text: &str, contexts: &Contexts) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (name, after) = after.split_once("}}").expect(text);
        let value = contexts.get(name.trim());
        out.push_str(before);
        out.push_str(value.unwrap_or_else(|| panic!("{text} names `{}`", name.trim())));
        rest = after;
    }
    out + rest
}

/// What an action left behind.
struct Acted {
    /// Each step's exit code, by its name.
    codes: Vec<(String, i32)>,
    /// What all steps printed.
    log: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

/// Runs the steps of the composite action that are scripts, as GitHub's runner does.
fn acted(runner: &Runner, inputs: &[(&str, &str)], head: &str) -> Acted {
    let action = yaml("docs/ci/github/action.yml");
    let temp = runner.path("temp");
    std::fs::create_dir_all(&temp).unwrap();
    let mut contexts = Contexts::from([
        ("runner.temp".to_owned(), temp.display().to_string()),
        ("github.base_ref".to_owned(), "main".to_owned()),
        ("github.event.pull_request.head.sha".to_owned(), head.to_owned()),
        ("github.event.pull_request.user.login".to_owned(), "anna-m".to_owned()),
        ("github.event.pull_request.number".to_owned(), "7".to_owned()),
        ("github.token".to_owned(), "a-token".to_owned()),
    ]);
    for (name, input) in action["inputs"].as_object().unwrap() {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let usual = input["default"].as_str().unwrap_or_default();
        let value = given.map_or_else(|| expanded(usual, &contexts), ToOwned::to_owned);
        contexts.insert(format!("inputs.{name}"), value);
    }
    for output in ["exit-code", "markdown", "json", "sarif"] {
        contexts.insert(format!("steps.gate.outputs.{output}"), String::new());
    }
    let (output, summary) = (runner.path("output"), runner.path("summary"));
    write(&output, "");
    write(&summary, "");
    let mut codes: Vec<(String, i32)> = Vec::new();
    let mut log = String::new();
    for step in action["runs"]["steps"].as_array().unwrap() {
        let name = step["name"].as_str().unwrap();
        let Some(script) = step["run"].as_str() else { continue };
        // No expression stands in a script: a branch's name would be a command.
        assert!(!script.contains("${{"), "{name}");
        let always = step["if"].as_str().is_some_and(|condition| condition.contains("always()"));
        if !always && codes.iter().any(|(_, code)| *code != 0) {
            continue;
        }
        let mut env = env(&[("GITHUB_REPOSITORY", "meridian/rates")]);
        env.insert("GITHUB_OUTPUT".to_owned(), output.display().to_string());
        env.insert("GITHUB_STEP_SUMMARY".to_owned(), summary.display().to_string());
        for (variable, value) in step["env"].as_object().into_iter().flatten() {
            env.insert(variable.clone(), expanded(value.as_str().unwrap(), &contexts));
        }
        let bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"];
        let ran = runner.sh(&bash, script, &runner.path("rates"), &env);
        log.push_str(&ran.stdout);
        log.push_str(&ran.stderr);
        codes.push((name.to_owned(), ran.code));
        let told = std::fs::read_to_string(&output).unwrap();
        for (key, value) in told.lines().filter_map(|line| line.split_once('=')) {
            contexts.insert(format!("steps.gate.outputs.{key}"), value.to_owned());
        }
    }
    let outputs = contexts.into_iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("steps.gate.outputs.")?.to_owned();
        Some((name, value))
    });
    let outputs = outputs.collect();
    Acted { codes, log, outputs, summary: std::fs::read_to_string(summary).unwrap() }
}

/// A runner on which the request of the guide waits, and a `gh` that has its reviews by these logins.
fn on_github(reviewers: &[&str]) -> (Runner, String) {
    let runner = Runner::new();
    runner.rates(2);
    runner.git("checkout -q dearer");
    let eased = "sed -i.before 's/,0[.]60,/,0.54,/' rates.csv && rm rates.csv.before";
    let ran = runner.sh(&["sh", "-euc"], eased, &runner.path("rates"), &BTreeMap::new());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    runner.git("commit -q -a -m eased");
    runner.git("update-ref refs/remotes/origin/main main");
    let head = runner.git("rev-parse dearer");
    let review = |login: &&str| {
        serde_json::json!({
            "id": login.len(), "user": {"login": login}, "state": "APPROVED",
            "submitted_at": "2026-06-09T18:00:00Z", "commit_id": head,
        })
    };
    let reviews: Vec<Json> = reviewers.iter().map(review).collect();
    write(&runner.path("reviews.json"), &serde_json::json!(reviews).to_string());
    let asked = "api --paginate repos/meridian/rates/pulls/7/reviews?per_page=100";
    let answer = runner.path("reviews.json").display().to_string();
    runner.stand_in(
        "gh",
        &format!("[ \"$*\" = '{asked}' ] && [ \"$GH_TOKEN\" = a-token ] && cat '{answer}'"),
    );
    (runner, head)
}

#[test]
fn the_action_lets_an_approved_change_pass() {
    let (runner, head) = on_github(&["ben-k"]);
    let acted = acted(&runner, &[("as-of", "2026-06-10")], &head);
    let names: Vec<&str> = acted.codes.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Reviews of the pull request", "Gate", "Verdict"]);
    assert!(acted.codes.iter().all(|(_, code)| *code == 0), "{:?}\n{}", acted.codes, acted.log);
    assert_eq!(acted.outputs["exit-code"], "0");
    assert!(acted.summary.starts_with("## Rate gate: allowed"), "{}", acted.summary);
    assert!(acted.log.contains("::notice title=tieout gate::"), "{}", acted.log);
    let sarif = std::fs::read_to_string(&acted.outputs["sarif"]).unwrap();
    assert!(serde_json::from_str::<Json>(&sarif).unwrap()["runs"].is_array());
}

#[test]
fn the_action_blocks_what_only_its_author_approved() {
    let (runner, head) = on_github(&["anna-m"]);
    let acted = acted(&runner, &[("as-of", "2026-06-10")], &head);
    // The gate's step ends well, so that the alerts are uploaded; the verdict is the last step's.
    let codes: Vec<i32> = acted.codes.iter().map(|(_, code)| *code).collect();
    assert_eq!(codes, [0, 0, 1], "{}", acted.log);
    assert_eq!(acted.outputs["exit-code"], "1");
    assert!(acted.log.contains("::error file=rates.csv"), "{}", acted.log);
    assert!(acted.summary.contains("author-approves"), "{}", acted.summary);
}

/// The same request changes no policy: the gate on these lets it pass, whoever approved it.
#[test]
fn the_action_judges_policies_likewise() {
    let (runner, head) = on_github(&[]);
    let asked = [("as-of", "2026-06-10"), ("gate", "policies")];
    let acted = acted(&runner, &asked, &head);
    assert!(acted.codes.iter().all(|(_, code)| *code == 0), "{:?}\n{}", acted.codes, acted.log);
    assert!(acted.summary.starts_with("## Policy gate: allowed"), "{}", acted.summary);
}

/// A squash under another name than the author's doesn't let the author approve: the forge knows who opened it.
#[test]
fn the_action_tells_the_gate_who_opened_the_request() {
    let (runner, _) = on_github(&[]);
    let accounts = runner.path("rates/people/accounts.csv");
    runner.git("checkout -q main");
    let text = std::fs::read_to_string(&accounts).unwrap();
    write(&accounts, &format!("{text}git:bot@example.com,robot,service,2026-01-01T00:00:00Z,\n"));
    write(
        &runner.path("rates/people/grants.csv"),
        &std::fs::read_to_string(runner.path("rates/people/grants.csv"))
            .unwrap()
            .replace("ben,rate", "anna,rate"),
    );
    runner.git("commit -q -a -m 'Anna may approve'");
    runner.git("update-ref refs/remotes/origin/main main");
    runner.git("checkout -q -b squashed main");
    runner.git("merge -q --squash dearer");
    runner.git("-c user.name=bot -c user.email=bot@example.com commit -q -m squashed");
    let head = runner.git("rev-parse squashed");
    let review = serde_json::json!([{
        "id": 1, "user": {"login": "anna-m"}, "state": "APPROVED",
        "submitted_at": "2026-06-09T18:00:00Z", "commit_id": head,
    }]);
    write(&runner.path("reviews.json"), &review.to_string());
    let blocked = acted(&runner, &[("as-of", "2026-06-10")], &head);
    assert!(blocked.summary.contains("author-approves"), "{}\n{}", blocked.summary, blocked.log);
    assert_eq!(blocked.codes.last().unwrap().1, 1, "{}", blocked.log);
    let silent = acted(&runner, &[("as-of", "2026-06-10"), ("author", "")], &head);
    assert!(!silent.summary.contains("author-approves"), "{}", silent.summary);
}

#[test]
fn the_action_blocks_when_it_cannot_judge() {
    let (runner, head) = on_github(&["ben-k"]);
    // Not fetched.
    let nowhere = acted(&runner, &[("as-of", "2026-06-10"), ("base", "origin/nowhere")], &head);
    assert_eq!(nowhere.codes.last().unwrap().1, 2, "{}", nowhere.log);
    assert_eq!(nowhere.outputs["sarif"], "", "{}", nowhere.log);
    assert!(nowhere.summary.contains("could not judge"), "{}", nowhere.summary);
    // No usage, and nobody said that none is wanted.
    std::fs::remove_file(runner.path("rates/data/usage.csv")).unwrap();
    let unused = acted(&runner, &[("as-of", "2026-06-10")], &head);
    assert!([2, 3].contains(&unused.codes.last().unwrap().1), "{:?}", unused.codes);
    // The forge doesn't answer: the gate isn't asked, and the last step allows nothing.
    runner.stand_in("gh", "echo 'HTTP 502' >&2; exit 1");
    let silent = acted(&runner, &[("as-of", "2026-06-10")], &head);
    let codes: Vec<(&str, i32)> =
        silent.codes.iter().map(|(n, code)| (n.as_str(), *code)).collect();
    assert_eq!(codes, [("Reviews of the pull request", 1), ("Verdict", 3)], "{}", silent.log);
}

#[test]
fn the_actions_further_arguments_are_the_gates() {
    let (runner, head) = on_github(&["ben-k"]);
    let more = "--no-usage\n--fail-on\ncritical\n";
    let acted = acted(&runner, &[("as-of", "2026-06-10"), ("arguments", more)], &head);
    assert!(acted.summary.contains("Usage was not re-rated"), "{}\n{}", acted.summary, acted.log);
    // What isn't known needs three approvals.
    assert_eq!(acted.codes.last().unwrap().1, 1, "{}", acted.log);
}

/// Runs the lines of GitLab's job as its runner does: one shell, each line by itself.
fn by_gitlab(runner: &Runner, token: Option<&str>) -> Ran {
    let template = yaml("docs/ci/gitlab.yml");
    let job = &template[".tieout-gate"];
    let lines = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    let script: Vec<&str> = lines.collect();
    let mut variables = env(&[
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "12"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
    ]);
    for (name, value) in job["variables"].as_object().unwrap() {
        variables.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    variables.insert("TIEOUT_AS_OF".to_owned(), "2026-06-10".to_owned());
    variables.insert("CI_COMMIT_SHA".to_owned(), runner.git("rev-parse dearer"));
    if let Some(token) = token {
        variables.insert("TIEOUT_GITLAB_TOKEN".to_owned(), token.to_owned());
    }
    let clone = runner.path("clone");
    let _ = std::fs::remove_dir_all(&clone);
    runner.git("clone -q . ../clone");
    std::fs::create_dir_all(clone.join("data")).unwrap();
    for file in std::fs::read_dir(runner.path("rates/data")).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), clone.join("data").join(file.file_name())).unwrap();
    }
    runner.sh(&["bash", "-eo", "pipefail", "-c"], &script.join("\n"), &clone, &variables)
}

#[test]
fn gitlabs_job_leaves_the_reports_that_it_declares() {
    let (runner, head) = on_github(&[]);
    // Ben's account of GitLab, in a commit on the branch that the request goes into.
    runner.git("checkout -q main");
    let accounts = runner.path("rates/people/accounts.csv");
    let text = std::fs::read_to_string(&accounts).unwrap();
    write(
        &accounts,
        &format!(
            "{text}gitlab:ben-k,ben,personal,2026-01-01T00:00:00Z,\ngitlab:anna-m,anna,personal,2026-01-01T00:00:00Z,\n"
        ),
    );
    runner.git("commit -q -a -m 'an account'");
    let blocked = by_gitlab(&runner, None);
    assert_eq!(blocked.code, 1, "{}{}", blocked.stdout, blocked.stderr);
    let approvals = r#"{"approved_by": [{"user": {"username": "ben-k"}, "approved_at": "2026-06-09T18:00:00Z"}]}"#;
    let versions = format!(
        r#"[{{"id": 1, "head_commit_sha": "{head}", "created_at": "2026-06-09T17:00:00Z"}}]"#
    );
    write(&runner.path("approvals.json"), approvals);
    write(&runner.path("versions.json"), &versions);
    // What is asked for without a word behind the number is the request itself.
    write(&runner.path("7.json"), r#"{"iid": 7, "author": {"id": 3, "username": "anna-m"}}"#);
    // `curl … --output FILE URL`: what is asked for is the word before the question mark.
    runner.stand_in(
        "curl",
        &format!(
            "for word; do url=$word; [ \"$last\" = --output ] && to=$word; last=$word; done\n\
             case $url in https://gitlab.example/api/v4/projects/12/merge_requests/7[/?]*) ;; *) exit 22;; esac\n\
             name=${{url##*/}}; cp '{}'/\"${{name%%\\?*}}.json\" \"$to\"",
            runner.folder.path().display()
        ),
    );
    let allowed = by_gitlab(&runner, Some("a-token"));
    assert_eq!(allowed.code, 0, "{}{}", allowed.stdout, allowed.stderr);
    // Who opened it doesn't approve it.
    write(&runner.path("7.json"), r#"{"iid": 7, "author": {"id": 4, "username": "ben-k"}}"#);
    let own = by_gitlab(&runner, Some("a-token"));
    assert_eq!(own.code, 1, "{}{}", own.stdout, own.stderr);
    assert!(own.stdout.contains("author-approves"), "{}", own.stdout);
    write(&runner.path("7.json"), r#"{"iid": 7, "author": {"id": 3, "username": "anna-m"}}"#);
    assert_eq!(by_gitlab(&runner, Some("a-token")).code, 0);
    let artifacts = &yaml("docs/ci/gitlab.yml")[".tieout-gate"]["artifacts"];
    for report in artifacts["reports"].as_object().unwrap().values() {
        let file = runner.path("clone").join(report.as_str().unwrap());
        assert!(std::fs::metadata(&file).unwrap().len() > 0, "{}", file.display());
    }
}

/// Runs the hook as pre-commit does: the entry, from the top of the repository that commits.
fn hook(runner: &Runner) -> Ran {
    let hooks = yaml(".pre-commit-hooks.yaml");
    assert_eq!(hooks[0]["language"], "script");
    let entry = repository().join(hooks[0]["entry"].as_str().unwrap());
    let variables = env(&[("TIEOUT_BASE", "main"), ("TIEOUT_AS_OF", "2026-06-10")]);
    let entry = entry.display().to_string();
    runner.sh(&["sh", "-c"], &format!("'{entry}'"), &runner.path("rates"), &variables)
}

#[test]
fn the_hook_stops_what_a_policy_forbids_and_leaves_approvals_to_the_request() {
    let runner = Runner::new();
    let rates = runner.rates(1);
    let table = std::fs::read_to_string(rates.join("rates.csv")).unwrap();
    let nothing = hook(&runner);
    assert_eq!(nothing.code, 0, "{}{}", nothing.stdout, nothing.stderr);
    for (price, code) in [("0.60", 1), ("0.54", 0)] {
        let old = "VM-S,2026-01-01T00:00:00Z,,vm-small,eu,retail,0.50,EUR,hour,M-COST,,C-7/1,";
        let new = old.replace(",0.50,", &format!(",{price},")).replace("2026-01", "2026-08")
            + "2026-06-09";
        let ended = old.replace("00Z,,", "00Z,2026-08-01T00:00:00Z,");
        write(&rates.join("rates.csv"), &table.replace(old, &format!("{ended}\n{new}")));
        let ran = hook(&runner);
        assert_eq!(ran.code, code, "{price}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("price-raised"), "{}", ran.stdout);
    }
    // What can't be read stops a commit.
    write(&rates.join("rates.csv"), &table.replace("0.50", "half"));
    assert_ne!(hook(&runner).code, 0);
    std::fs::remove_file(rates.join("data/usage.csv")).unwrap();
    write(&rates.join("rates.csv"), &table.replace("0.50", "0.51"));
    assert_ne!(hook(&runner).code, 0);
}
