//! `group, case, median in ns, ratio to ours, spread of the ratio`; of the groups alone whose names begin as an argument says.

fn main() {
    let begin = std::env::args().nth(1).unwrap_or_default();
    for mut group in benches::groups().into_iter().filter(|group| group.name.starts_with(&begin)) {
        eprintln!("{}", group.name);
        let times = group.times();
        for (case, times) in group.cases.iter().zip(times) {
            let benches::Times { median, ratio, spread } = times;
            println!("{}\t{}\t{median}\t{ratio}\t{spread}", group.name, case.name);
        }
    }
}
