//! The demo: findings equal the truth that the deck wrote, exactly; and every control is needed
//! for it.

#![cfg(test)]

use tieout_tests::tieout;

#[test]
fn findings_equal_the_truth_and_the_run_says_exceptions() {
    let folder = tempfile::tempdir().unwrap();
    let demo =
        tieout(folder.path(), &["demo", "--seed", "11", "--rows", "2000", "--folder", "demo"]);
    assert_eq!(demo.code, 0, "{}{}", demo.stdout, demo.stderr);
    let again = tieout(&folder.path().join("demo"), &["run", "-o", "json=again.json"]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    let compared = tieout(&folder.path().join("demo"), &["policy", "explain-plan", "--compare"]);
    assert_eq!(compared.code, 0, "{}{}", compared.stdout, compared.stderr);
    let lines = |word: &str| compared.stdout.lines().filter(|l| l.contains(word)).count();
    assert_eq!(lines(" records by both, 0 decided differently"), 17, "{}", compared.stdout);
    // Rego by columns, all of it; Cedar is the row evaluator's.
    let by_rows: Vec<_> = compared.stdout.lines().filter(|l| l.contains("by rows:")).collect();
    assert!(by_rows.len() == 1 && by_rows[0].starts_with("CM-02"), "{by_rows:?}");
    assert!(lines("by columns") > 25, "{}", compared.stdout);
}

#[test]
fn a_clean_company_has_no_exceptions() {
    let folder = tempfile::tempdir().unwrap();
    let demo = tieout(
        folder.path(),
        &["demo", "--clean", "--seed", "12", "--rows", "2000", "--folder", "demo"],
    );
    assert_eq!(demo.code, 0, "{}{}", demo.stdout, demo.stderr);
    let again = tieout(&folder.path().join("demo"), &["run"]);
    assert_eq!(again.code, 0, "{}{}", again.stdout, again.stderr);
}

#[test]
fn without_any_one_control_the_equality_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let whole =
        tieout(folder.path(), &["demo", "--seed", "13", "--rows", "1000", "--folder", "demo"]);
    assert_eq!(whole.code, 0, "{}{}", whole.stdout, whole.stderr);
    // The company asks for the controls that it has records for; the others are the metering world's.
    let settings = std::fs::read_to_string(folder.path().join("demo/tieout.yaml")).unwrap();
    let (_, asked) = settings.split_once("include: [").unwrap();
    let (asked, _) = asked.split_once(']').unwrap();
    let ids: Vec<_> = asked.split(", ").map(str::to_owned).collect();
    assert_eq!(ids.len(), 17);
    for removed in &ids {
        let mut arguments = vec!["demo", "--seed", "13", "--rows", "1000", "--folder", "demo"];
        for id in ids.iter().filter(|id| *id != removed) {
            arguments.extend(["--only", id]);
        }
        let demo = tieout(folder.path(), &arguments);
        assert_eq!(demo.code, 1, "without {removed}:\n{}{}", demo.stdout, demo.stderr);
        let all = format!("{}{}", demo.stdout, demo.stderr);
        assert!(all.contains(removed.as_str()), "{removed} is not named:\n{all}");
    }
}
