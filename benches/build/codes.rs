//! Makes catalogs of 500 and of 5,000 codes, generates their Rust as any user does, and writes what is compared with their
//! `from_text`: a `match`, a phf map and strum's derive of the same texts, for them and for the repository's own catalog.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

const MADE: [(&str, usize); 2] = [("medium", 500), ("large", 5_000)];

fn main() {
    println!("cargo::rerun-if-changed=build/codes.rs");
    println!("cargo::rerun-if-changed=../errors.yaml");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));

    let own = errbook_codegen::load("../errors.yaml").unwrap_or_else(|report| panic!("{report}"));
    write_peers(&out, "mail", &own);
    for (name, count) in MADE {
        let folder = out.join(name);
        fs::create_dir_all(&folder).expect("a folder in OUT_DIR");
        let yaml = folder.join("errors.yaml");
        fs::write(&yaml, made_catalog(name, count)).expect("a file in OUT_DIR");
        let catalog = errbook_codegen::load(&yaml).unwrap_or_else(|report| panic!("{report}"));
        errbook_codegen::write(&catalog.files(), &folder).expect("files in OUT_DIR");
        write_peers(&out, name, &catalog);
    }
}

fn write_peers(out: &Path, name: &str, catalog: &errbook_codegen::Catalog) {
    let texts: Vec<&str> = catalog.codes().collect();
    fs::write(out.join(format!("{name}_peers.rs")), peers(&texts)).expect("a file in OUT_DIR");
}

/// Codes as people write them, 10 to 40 characters, many of the same length and with the same beginning.
fn made_catalog(name: &str, count: usize) -> String {
    const SUBJECTS: [&str; 25] = [
        "account",
        "address",
        "api_key",
        "attachment",
        "batch",
        "bucket",
        "card",
        "certificate",
        "contract",
        "customer",
        "deployment",
        "domain",
        "invoice",
        "mailbox",
        "member",
        "message",
        "organization",
        "payment_method",
        "project",
        "refund",
        "region",
        "schedule",
        "subscription",
        "template",
        "webhook",
    ];
    const PARTS: [&str; 10] = [
        "",
        "_name",
        "_owner",
        "_id",
        "_country",
        "_limit",
        "_status",
        "_signature",
        "_currency",
        "_version",
    ];
    const FAULTS: [&str; 20] = [
        "_missing",
        "_invalid",
        "_not_found",
        "_expired",
        "_too_long",
        "_too_large",
        "_locked",
        "_suspended",
        "_already_exists",
        "_not_allowed",
        "_unsupported",
        "_unverified",
        "_mismatch",
        "_in_use",
        "_deleted",
        "_conflict",
        "_rejected",
        "_unavailable",
        "_required",
        "_limit_reached",
    ];
    let mut yaml = format!("errbook: 1\nname: {name}\ndocs: https://{name}.example/docs/errors\n");
    yaml.push_str(
        "by_status: {4xx: bad_request, 5xx: internal_error}\ncodes:\n\
                    \x20 bad_request: {status: 400, retryable: false, message: The request is wrong.}\n\
                    \x20 internal_error: {status: 500, retryable: true, message: Something went wrong.}\n",
    );
    let texts = SUBJECTS.iter().flat_map(|subject| {
        PARTS.iter().flat_map(move |part| FAULTS.iter().map(move |fault| format!("{subject}{part}{fault}")))
    });
    for text in texts.take(count - 2) {
        let _ = writeln!(yaml, "  {text}: {{status: 409, retryable: false, message: That is wrong.}}");
    }
    yaml
}

/// The texts in the catalog's order, and functions from a text to its place there.
fn peers(texts: &[&str]) -> String {
    let mut map = phf_codegen::Map::new();
    let (mut arms, mut variants) = (String::new(), String::new());
    for (at, text) in texts.iter().enumerate() {
        map.entry(*text, at.to_string());
        let _ = writeln!(arms, "        {text:?} => {at},");
        let _ = writeln!(variants, "    #[strum(serialize = {text:?})]\n    C{at},");
    }
    format!(
        "pub(crate) static TEXTS: [&str; {}] = {texts:?};\n\n\
         pub(crate) static PHF: phf::Map<&'static str, u16> = {};\n\n\
         pub(crate) fn by_match(text: &str) -> Option<u16> {{\n    Some(match text {{\n{arms}        \
         _ => return None,\n    }})\n}}\n\n\
         #[derive(Clone, Copy, strum::EnumString)]\npub(crate) enum Strum {{\n{variants}}}\n\n\
         impl From<Strum> for u16 {{\n    fn from(code: Strum) -> u16 {{\n        code as u16\n    }}\n}}\n",
        texts.len(),
        map.build(),
    )
}
