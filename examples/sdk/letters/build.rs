//! errors.yaml to Rust.

fn main() {
    errbook_codegen::build("errors.yaml");
}
