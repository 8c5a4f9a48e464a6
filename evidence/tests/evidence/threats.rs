//! The page of threats names tests that exist.

use std::path::Path;

#[test]
fn the_tests_of_the_page_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/formats/threats.md")).unwrap();
    let mut named = 0;
    let mut source = String::new();
    for word in page.split('`').skip(1).step_by(2) {
        if word.ends_with(".rs") {
            source = std::fs::read_to_string(root.join(word)).unwrap_or_else(|e| {
                panic!("{word}: {e}");
            });
        } else if word.contains('_') {
            assert!(source.contains(&format!("fn {word}()")), "no test `{word}`");
            named += 1;
        }
    }
    assert!(named >= 25, "{named}");
    for number in 1..=20 {
        assert!(page.contains(&format!("\n| {number} | ")), "threat {number}");
    }
}
