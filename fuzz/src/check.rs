//! Any text is a catalog or a report.

use errbook_codegen::check;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let catalog = match check("errors.yaml", &text) {
        Ok(catalog) => catalog,
        Err(report) => {
            let read = text.strip_prefix('\u{feff}').unwrap_or(&text);
            assert!(!report.diagnostics().is_empty());
            for found in report.diagnostics() {
                let range = found.range().unwrap_or_default();
                assert!(read.get(range.clone()).is_some(), "{range:?} is no part of the file");
                shown(found.title());
            }
            let rendered = report.to_string();
            assert!(rendered.contains("mistake"));
            shown(&rendered);
            return;
        }
    };
    let files = catalog.files();
    assert_eq!(files[0].name, "errbook.rs");
    assert_eq!(files[1..], catalog.pages());
    syn::parse_file(&files[0].text).expect("what is generated is Rust");
    for file in &files {
        assert!(file.text.ends_with('\n') && !file.text.contains('\r'));
        shown(&file.text);
    }
    assert!(catalog.codes().count() > 0);
    for code in catalog.codes() {
        shown(&catalog.explain(code).expect("a code of the catalog is explained"));
    }
    let longer_than_any: String = catalog.codes().chain(["?"]).collect();
    assert!(catalog.explain(&longer_than_any).is_err());
}

/// Nothing in it moves the cursor of a terminal, or changes the direction of a line.
fn shown(text: &str) {
    let hidden = |char: char| {
        char.is_control() && !matches!(char, '\n' | '\t')
            || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(hidden), "{:?}", text.lines().find(|line| line.contains(hidden)));
}
