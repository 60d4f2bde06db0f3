//! Any input ends in a catalog or a report, soon and without a panic.

#![allow(clippy::unwrap_used)]

use errbook_codegen::{Catalog, Report, check, load};
use proptest::prelude::*;
use std::fs;
use std::time::{Duration, Instant};

/// Far more than any input here takes on a slow machine without optimisation, far less than what grows with the square
/// of its length.
const SOON: Duration = Duration::from_secs(30);

const VALID: &str = r#"errbook: 1
name: shop
envelopes:
  nested:
    headers: {X-Request-Id: $request_id}
    body:
      ok: false
      error:
        code: $code
        message: $message
        param: $param?
        errors: $errors?
        ..: $fields
request_id_prefix: req_
apis:
  orders: {title: Orders, docs: "https://shop.example/orders", by_status: {413: too_large}}
  stock:
    docs: https://shop.example/{code}
    envelope: problem
    doc: |
      At most {limits.items} items; `{"a": {}}` stays.
actions:
  restock: {text: Order more., url: "https://shop.example/more"}
limits: {items: 10, body: 25 MB}
types:
  violation: {field: string, limit: "u64?", reason: {type: reason, example: lost}, more: list<part>}
  part: {at: timestamp, kind: enum(a|b)?}
  reason: enum(sold|lost)
by_status: {404: not_found, 4xx: bad_request, 5xx: internal_error}
groups:
  plan:
    title: Plans
    status: 402
    retryable: false
    action: upgrade_plan
    fields: {upgrade: {const: true, doc: A larger plan resolves it.}}
codes:
  bad_request: {status: 400, retryable: false, message: Wrong., items: [bad_request]}
  not_found: &missing {status: 404, retryable: false, message: "There is no such thing."}
  gone: *missing
  too_large: {apis: [orders], status: 413, retryable: false, message: "Over {limits.body}."}
  out_of_stock: {status: 409, retryable: false, message: "Only {left} left.", fields: {left: u32}, action: restock}
  unlucky:
    status: [409, 422]
    retryable: false
    message: "Not {why}."
    fields: {why: enum(so|thus), all: list<violation>, by: "map<list<url>>?", any: {type: json, example: {a: [1]}}}
  too_many: {group: plan, message: 'The plan hasn''t room.', causes: [None left., Sold out.]}
  slow_down: {status: 429, retryable: true, message: Slow down., headers: {Retry-After: required}}
  internal_error: {status: 500, retryable: true, message: Something went wrong on our side.}
retired:
  sold_out: {since: 1.10, use: out_of_stock}
"#;

/// Checks `text`, and shows what is wrong with it: both must end.
fn check_soon(text: &str) -> Result<Catalog, Report> {
    let start = Instant::now();
    let result = check("errors.yaml", text);
    if let Err(report) = &result {
        assert!(!report.diagnostics().is_empty());
        assert!(report.to_string().contains("mistake"));
    }
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
    result
}

fn ids(text: &str) -> Vec<&'static str> {
    let report = check_soon(text).expect_err("there is a mistake");
    report.diagnostics().iter().map(|found| found.mistake().id()).collect()
}

#[test]
fn a_valid_file_stays_valid_however_it_is_saved() {
    for text in [
        VALID.to_owned(),
        format!("\u{feff}{VALID}"),
        VALID.replace('\n', "\r\n"),
        VALID.replace('\n', " \t\n"),
    ] {
        if let Err(report) = check_soon(&text) {
            panic!("{report}");
        }
    }
}

#[test]
fn ten_thousand_levels() {
    let deep = 10_000;
    let mut block = String::new();
    // More would be too large before it is too deep.
    for level in 0..2_000 {
        block += &format!("{}a:\n", " ".repeat(level));
    }
    for text in [
        block,
        "- ".repeat(deep),
        "[".repeat(deep),
        "{a: ".repeat(deep),
        format!("{}1{}", "[".repeat(deep), "]".repeat(deep)),
        "? ".repeat(deep),
    ] {
        assert_eq!(ids(&text), ["too-deep"]);
    }
}

#[test]
fn aliases_repeat_a_bounded_amount() {
    let mut laughs = String::from("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for level in 1..30 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs += &format!("a{level}: &a{level} [{before}]\n");
    }
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 1000].join(", "));
    let mut chain = String::from("a0: &a0 [x]\n");
    for level in 1..10_000 {
        chain += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert!(ids(&laughs).contains(&"too-many-aliases"));
    assert!(ids(&long).contains(&"too-many-aliases"));
    assert!(ids(&chain).contains(&"too-deep"));
    assert!(ids("a: &a [*a]\n").contains(&"alias-to-itself"));
}

#[test]
fn bytes_that_are_no_text() {
    assert_eq!(ids("errbook: 1\0\n"), ["control-character"]);
    assert_eq!(ids(&" ".repeat((8 << 20) + 1)), ["file-too-large"]);

    let path = std::env::temp_dir().join(format!("errbook-hostile-{}.yaml", std::process::id()));
    for (bytes, id) in [
        (b"name: h\xf6llisch\n".to_vec(), "not-utf8"),
        (vec![0xff, 0xfe, b'e', 0], "not-utf8"),
        (vec![0xc3; (8 << 20) + 1], "file-too-large"),
        (vec![b'#'; 9 << 20], "file-too-large"),
    ] {
        fs::write(&path, bytes).unwrap();
        let report = load(&path).expect_err("there is a mistake");
        assert_eq!(report.diagnostics()[0].mistake().id(), id);
        assert!(!report.to_string().is_empty());
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(load(std::env::temp_dir()).unwrap_err().diagnostics()[0].mistake().id(), "unreadable-file");
}

#[test]
fn parts_that_are_no_text() {
    let folder = std::env::temp_dir().join(format!("errbook-hostile-parts-{}", std::process::id()));
    let ids = || -> Vec<&str> {
        let report = load(folder.join("errors.yaml")).unwrap_err();
        report.diagnostics().iter().map(|found| found.mistake().id()).collect()
    };
    let parts = folder.join("errors");
    fs::create_dir_all(&parts).unwrap();
    fs::write(folder.join("errors.yaml"), VALID).unwrap();
    assert!(load(folder.join("errors.yaml")).is_ok());
    // Together they are too large, before anything is made of them.
    for number in 0..5 {
        fs::write(parts.join(format!("{number}.yaml")), vec![0xff; 2 << 20]).unwrap();
    }
    assert_eq!(ids(), ["file-too-large"]);
    fs::remove_dir_all(&parts).unwrap();

    // A folder, whatever it is called.
    fs::create_dir_all(parts.join("a.yaml")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", parts.join("b.yaml")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", parts.join("c.yaml")).unwrap();
        assert_eq!(ids(), ["subfolder", "unreadable-file", "unreadable-file"]);
    }
    fs::remove_dir_all(&parts).unwrap();

    // What aliases repeat is bounded over all files.
    fs::create_dir_all(&parts).unwrap();
    let list = vec!["x"; 1_000].join(", ");
    for number in 0..20 {
        let aliases = ["*a"; 10].join(", ");
        fs::write(parts.join(format!("{number}.yaml")), format!("a{number}: &a [{list}]\nb: [{aliases}]\n"))
            .unwrap();
    }
    assert!(ids().contains(&"too-many-aliases"));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn much_of_everything_takes_time_in_proportion() {
    let many = 20_000;
    let head = "errbook: 1\nname: a\ndocs: https://a.example/e\nby_status: {4xx: c0, 5xx: c1}\n";
    let code = |number: usize| {
        format!("  c{number}: {{status: {}00, retryable: false, message: Wrong.}}\n", 4 + number % 2)
    };
    let codes: String = (0..many).map(code).collect();
    if let Err(report) = check_soon(&format!("{head}codes:\n{codes}")) {
        panic!("{report}");
    }
    // As many mistakes of each kind.
    let unknown: String =
        (0..many).map(|number| format!("  d{number}: {{itms: [c{number}x], status: {number}}}\n")).collect();
    check_soon(&format!("{head}codes:\n{codes}{unknown}")).unwrap_err();
    let items: String = (0..many).map(|number| format!("c{number}x, ")).collect();
    check_soon(&format!("{head}codes:\n{codes}  d: {{items: [{items}]}}\n")).unwrap_err();
    let fields: String = (0..many).map(|number| format!("f{number}: u32, ")).collect();
    let message: String = (0..many).map(|number| format!("{{f{number}}} ")).collect();
    check_soon(&format!(
        "{head}codes:\n  c0: {{status: 400, retryable: false, fields: {{{fields}}}, message: \"{message}\"}}\n"
    ))
    .unwrap_err();
    let apis: String =
        (0..many).map(|number| format!("  a{number}: {{docs: \"https://a.example/{number}\"}}\n")).collect();
    check_soon(&format!("{}apis:\n{apis}codes:\n{codes}", head.replace("docs", "doc"))).unwrap_err();
    let apis: String =
        (0..7_000).map(|number| format!("  a{number}: {{docs: \"https://a.example/{number}\"}}\n")).collect();
    let broken =
        (0..7_000).map(|number| format!("  c{number}: {{status: 500, retryable: true, message: A.}}\n"));
    let emitted = format!("errbook: 1\nname: a\napis:\n{apis}codes:\n{}", broken.collect::<String>());
    assert_eq!(ids(&emitted), ["catalog-too-large"]);
    let headers: String = (0..many).map(|number| format!("X-{number}: optional, ")).collect();
    let _ = check_soon(&format!(
        "{head}codes:\n  c0: {{status: 400, retryable: false, message: A., headers: {{{headers}}}}}\n"
    ));
    let limits: String = (0..10 * many).map(|number| format!("{{limits.l{number}}} {{")).collect();
    check_soon(&format!("{head}codes:\n{codes}  d: {{doc: '{limits}'}}\n")).unwrap_err();
    check_soon(&format!("{head}codes:\n{codes}  d: {{fix: '{}'}}\n", "{limits.".repeat(many))).unwrap_err();
    let grouped: String = (0..many).map(|number| format!("  d{number}: {{group: all}}\n")).collect();
    let long = "x".repeat(1 << 20);
    for shared in [format!("message: {long}"), format!("fields: {{long: {{const: {long}}}}}")] {
        let groups = format!("groups:\n  all: {{{shared}}}\n");
        assert!(ids(&format!("{head}{groups}codes:\n{grouped}")).contains(&"catalog-too-large"));
    }
    let payment = "groups:\n  all: {status: 402, retryable: false, message: Pay.}\n";
    assert_eq!(ids(&format!("{head}{payment}codes:\n{codes}{grouped}")), ["missing-action"]);
    check_soon(&format!("{head}codes: {{{}}}", "a,".repeat(1 << 18))).unwrap_err();
    check_soon(&format!("{head}codes:\n{codes}{codes}")).unwrap_err();
    check_soon(&format!("a: \"{}", "b: x\n".repeat(1 << 18))).unwrap_err();
    check_soon(&format!("a: {{{}", "b\n".repeat(1 << 18))).unwrap_err();
    check_soon(&"a\n".repeat(1 << 18)).unwrap_err();
}

/// So large are the files of [`large_files_end_soon`]: as large as a catalog may be where the code is optimised.
const LARGE: usize = if cfg!(debug_assertions) { 1 << 18 } else { (8 << 20) - 1024 };

/// Files of one kind of thing, as much of it as there can be. Each ends with one of these mistakes, and where the code is
/// optimised within a second on an idle machine, in less than 200 MB.
#[test]
fn large_files_end_soon() {
    let head = "errbook: 1\nname: a\ndocs: https://a.example/e\nby_status: {4xx: c0, 5xx: c1}\n";
    let codes = "codes:\n  c0: {status: 400, retryable: false, message: A.}\n  c1: {status: 500, retryable: true, message: A.}\n";
    let code = "  c2:\n    status: 400\n    retryable: false\n    message: A.\n";
    let repeated = |piece: &str| piece.repeat(LARGE / piece.len());
    let numbered = |piece: &str| {
        let mut text = String::new();
        let mut number = 0;
        while text.len() + piece.len() + 12 < LARGE {
            text += &piece.replace('#', &number.to_string());
            number += 1;
        }
        text
    };
    let cases = [
        ("aliases", format!("a: &a [1]\nb: [{}]\n", repeated("*a, ")), "too-many-aliases"),
        ("anchors", numbered("a#: &a# 1\n"), "unknown-key"),
        ("unknown aliases", format!("b: [{}]\n", repeated("*a, ")), "unknown-alias"),
        ("a long line", format!("a: {}", repeated("x")), "unknown-key"),
        (
            "a long line of codes",
            format!("{head}codes: {{{}}}", numbered("c#: {sttus: 400}, ")),
            "unknown-key",
        ),
        ("brackets", repeated("["), "too-deep"),
        ("braces", repeated("{a: "), "too-deep"),
        ("lists in lists", repeated("- "), "too-deep"),
        ("keys", numbered("k#: 1\n"), "unknown-key"),
        ("keys of a code", format!("{head}{codes}{code}{}", numbered("    k#: 1\n")), "unknown-key"),
        ("codes", format!("{head}{codes}{}", numbered("  k#: {}\n")), "missing-key"),
        ("one code again and again", format!("{head}{codes}{}", repeated("  c: {}\n")), "duplicate-key"),
        ("fields", format!("{head}{codes}{code}    fields:\n{}", numbered("      k#: x\n")), "unknown-name"),
        ("items", format!("{head}{codes}{code}    items:\n{}", numbered("      - k#\n")), "unknown-name"),
        ("limits", format!("{head}{codes}limits:\n{}", numbered("  l#: x\n")), "bad-limit"),
        ("apis", format!("{head}{codes}apis:\n{}", numbered("  a#: {}\n")), "missing-key"),
        ("random text", random(), "control-character"),
        ("a catalog again and again", repeated(VALID), "duplicate-key"),
        ("a quote in the first line", format!("a: \"{}", repeated("b: x\n")), "unclosed-quote"),
        ("a quote in a long line", format!("a: '{}", repeated("x")), "unclosed-quote"),
        ("a quote in braces", format!("a: {{b: \"{}", repeated("b: x\n")), "unclosed-quote"),
        ("a comment", format!("#{}", repeated("x")), "empty-file"),
        ("comments", repeated("# x\n"), "empty-file"),
        ("NUL", repeated("\0"), "control-character"),
        ("lines", repeated("a\n"), "wrong-type"),
        ("line breaks", repeated("\r\n"), "empty-file"),
        ("tabs", format!("a:\n{}b: 1", repeated("\t")), "tab"),
        ("byte order marks", repeated("\u{feff}"), "empty-file"),
    ];
    for (what, text, id) in cases {
        let start = Instant::now();
        let found = ids(&text);
        // Of very many names one or the other bound is met first.
        assert!(found.contains(&id) || found.contains(&"catalog-too-large"), "{what}: {found:?}");
        assert!(start.elapsed() < SOON, "{what} took {:?}", start.elapsed());
        // Shown with --nocapture.
        println!("{what}: {:?}", start.elapsed());
    }
}

/// The same with every run.
fn random() -> String {
    let mut state = 1_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u8::try_from(state >> 57).unwrap_or_default()
    };
    (0..LARGE).map(|_| char::from(byte())).collect()
}

#[test]
fn a_line_is_shown_without_its_break() {
    let report = check_soon(&VALID.replace("\n", "\r\n").replace("name: shop", "nam: shop")).unwrap_err();
    let report = report.to_string();
    assert!(report.contains("2 | nam: shop\n") && !report.contains('\u{240d}'), "{report}");
}

#[test]
fn much_of_every_type_takes_time_in_proportion() {
    let many = 20_000;
    let head = "errbook: 1\nname: a\ndocs: https://a.example/e\nby_status: {4xx: c0, 5xx: c1}\n";
    let codes = "codes:\n  c0: {status: 400, retryable: false, message: A.}\n  c1: {status: 500, retryable: true, message: B.}\n";
    let types = |fields: &dyn Fn(usize) -> String| -> String {
        (0..many).map(|number| format!("  t{number}: {{{}}}\n", fields(number))).collect()
    };
    let each = |types: String| check_soon(&format!("{head}types:\n{types}{codes}"));
    if let Err(report) = each(types(&|_| "a: u32, b: list<enum(a|b)>".to_owned())) {
        panic!("{report}");
    }
    each(types(&|number| format!("a: t{}", number + 1))).unwrap_err();
    each(types(&|number| format!("a: t{number}"))).unwrap_err();
    each(types(&|number| format!("a: t{}", (number + 1) % many))).unwrap_err();
    each(types(&|number| format!("a: x{number}, b: y{number}"))).unwrap_err();
    each(types(&|number| format!("a: \"t{}\", a_a: t{}", number / 2, number / 3))).unwrap_err();
    let enum_of = |values: String| each(format!("  t: enum({values})\n"));
    if let Err(report) =
        enum_of((0..many).map(|number| format!("|v{number}")).collect::<String>().split_off(1))
    {
        panic!("{report}");
    }
    enum_of("|".repeat(1 << 18)).unwrap_err();
    enum_of("a|".repeat(1 << 18)).unwrap_err();
    enum_of("a".repeat(1 << 18)).unwrap_err();
    let field = |kind: String| {
        check_soon(&format!(
            "{head}{codes}  d: {{status: 400, retryable: false, message: A., fields: {{a: '{kind}'}}}}\n"
        ))
    };
    for opening in ["list<", "map<", "list<enum(", "Vec<", "Option<", "enum(", "a|"] {
        field(opening.repeat(1 << 17)).unwrap_err();
        field(format!("{}a{}", opening.repeat(1 << 16), ">".repeat(1 << 16))).unwrap_err();
    }
    field("[]".repeat(1 << 17)).unwrap_err();
    field("?".repeat(1 << 17)).unwrap_err();
    field("(".repeat(1 << 17)).unwrap_err();

    // What a type says once stands on the page of every code.
    let long = "x".repeat(1 << 16);
    let fields = |count: usize| (0..count).map(|number| format!("f{number}: u32, ")).collect::<String>();
    for (of_type, count) in [(format!("a: {{type: u32, doc: {long}}}"), 5_000), (fields(900), 5_000)] {
        let uses: String = (0..count)
            .map(|number| {
                format!("  d{number}: {{status: 400, retryable: false, message: A., fields: {{a: t}}}}\n")
            })
            .collect();
        let text = format!("{head}types: {{t: {{{of_type}}}}}\n{codes}{uses}");
        assert_eq!(ids(&text), ["catalog-too-large"]);
    }
    let statuses = "409, ".repeat(many);
    check_soon(&format!("{head}{codes}  d: {{status: [{statuses}], retryable: false, message: A.}}\n"))
        .unwrap_err();
}

/// Pieces of YAML that mean something, so that what is put together from them gets far.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "errbook: 1\n",
        "codes:\n",
        "  a: ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "\t",
        "\"",
        "'",
        "\\",
        "|\n",
        ">-\n",
        "&a ",
        "*a",
        "!!str ",
        "? ",
        "~",
        "null",
        "$code",
        "..",
        "<<",
        "#",
        "%",
        "@",
        "`",
        "---\n",
        "\r",
        "é",
        "\u{feff}",
        "\u{2028}",
        "\u{0}",
        "status",
        "400",
        "{limits.",
        "types:\n",
        "enum(",
        "list<",
        "map<",
        ">",
        "|",
        ")",
        "🦀",
        "\u{300}",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        let _ = check_soon(&text);
    }

    #[test]
    fn any_pieces(text in pieces()) {
        let _ = check_soon(&text);
    }

    /// A valid file with something taken out, put in, or said elsewhere again.
    #[test]
    fn a_valid_file_with_a_change(from in 0..VALID.len(), length in 0_usize..40, at in 0..VALID.len(), piece in pieces()) {
        let boundary = |at: usize| VALID.len().min(at);
        let (from, to) = (boundary(from), boundary(from + length));
        let _ = check_soon(&format!("{}{}", &VALID[..from], &VALID[to..]));
        let _ = check_soon(&format!("{}{piece}{}", &VALID[..at], &VALID[at..]));
        let _ = check_soon(&format!("{}{}{}", &VALID[..at], &VALID[from..to], &VALID[at..]));
    }
}

#[test]
fn more_codes_than_two_bytes_hold() {
    let mut text =
        "errbook: 1\nname: big\ndocs: https://big.example/errors\nby_status: {4xx: c0, 5xx: c1}\ncodes:\n"
            .to_owned();
    text.push_str("  c0: {status: 400, retryable: false, message: A.}\n  c1: {status: 500, retryable: true, message: B.}\n");
    for number in 2..=65_536 {
        text += &format!("  c{number}: {{status: 400, retryable: false, message: C.}}\n");
    }
    let report = check("errors.yaml", &text).unwrap_err().to_string();
    assert!(report.contains("a catalog has at most 65536 codes"), "{report}");
}
