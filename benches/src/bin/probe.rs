fn main() {
    let mut groups = benches::groups();
    let which = std::env::args().nth(1).unwrap();
    let group = groups.iter_mut().find(|g| g.name == "service, success").unwrap();
    let case = group.cases.iter_mut().find(|c| c.name == which).unwrap();
    case.run_so_often(20000);
}
