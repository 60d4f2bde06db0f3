fn main() {
    errbook_codegen::build("errors.yaml");
}
