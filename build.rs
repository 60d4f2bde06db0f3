//! Generates this repository's own catalog, where the feature `mail` asks for it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "mail")]
    errbook_codegen::build("errors.yaml");
}
