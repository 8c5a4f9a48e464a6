//! The layout of sources.

use std::path::Path;
use tieout_policies::bundle;
use tieout_policies::format::format;

#[test]
fn a_source_is_laid_out() {
    let source = "# a\n\n\n\npackage   t\nviolation contains {\n  \"code\":\"x\",  # why\n\n\n    # more\n      \"amount\" : -input.a-1,\n } if {\n\tinput.a>1 ; f( input.a , 2 )\n x := {{\n\"a\": [ 1,2 ]\n}}\n y := 1 +\n 2\n}\n\n# end\n\n";
    let laid_out = "# a\n\npackage t\nviolation contains {\n\t\"code\": \"x\", # why\n\n\t# more\n\t\"amount\": -input.a - 1,\n} if {\n\tinput.a > 1; f(input.a, 2)\n\tx := {{\n\t\t\"a\": [1, 2]\n\t}}\n\ty := 1 +\n\t\t2\n}\n\n# end\n";
    assert_eq!(format("t.rego", source).unwrap(), laid_out);
    assert_eq!(format("t.rego", laid_out).unwrap(), laid_out);
    assert_eq!(format("t.rego", "x := 1 \\ 2\n").unwrap_err()[0].code, "rego-syntax");
}

#[test]
fn the_shipped_sources_are_laid_out() {
    let mut seen = 0;
    for bundle in bundle::builtin().unwrap().values() {
        for (path, source) in bundle.files.iter().filter(|(path, _)| path.ends_with(".rego")) {
            let laid_out = format(path, source).unwrap();
            for (number, (is, should)) in (1..).zip(source.lines().zip(laid_out.lines())) {
                assert_eq!(is, should, "{path}:{number}");
            }
            assert_eq!(*source, laid_out, "{path}");
            seen += 1;
        }
    }
    assert_eq!(seen, 134);
}

/// What no layout may change: the lines that are not empty, without their spaces.
fn lines(source: &str) -> Vec<String> {
    let words = |line: &str| line.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    source.lines().map(words).filter(|line| !line.is_empty()).collect()
}

/// Spoiled in every way that means nothing, a source comes back as it was.
#[test]
fn a_spoiled_layout_is_mended() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundles");
    let mut seen = 0;
    for bundle in std::fs::read_dir(root).unwrap() {
        let bundle = bundle::load(&bundle.unwrap().path()).unwrap();
        for (path, source) in bundle.files.iter().filter(|(path, _)| path.ends_with(".rego")) {
            let shifted: String = source.lines().map(|l| format!("   {}  \n", l.trim())).collect();
            let spread = shifted.replace("\n   \n", "\n\n\n\n").replace(" == ", "   ==  ");
            assert_ne!(spread, *source);
            let laid_out = format(path, &spread).unwrap();
            assert_eq!(lines(&laid_out), lines(source), "{path}");
            assert_eq!(laid_out, *source, "{path}");
            seen += 1;
        }
    }
    assert_eq!(seen, 134);
}
