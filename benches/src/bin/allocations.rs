//! `group, case, allocations` of one run

use allocation_counter::measure;

fn main() {
    for mut group in benches::groups() {
        for case in &mut group.cases {
            // What is set up by the first use.
            case.run();
            let counted = measure(|| case.run());
            println!("{}\t{}\t{}", group.name, case.name, counted.count_total);
        }
    }
}
