//! `group, case, so many were done` of what valgrind counts, in this order: it writes a file whenever `counted` returns.

use benches::Case;

/// Enough that what belongs to the call and not to the case is nothing.
const RUNS: u64 = 32;

fn main() {
    for mut group in benches::groups() {
        for case in &mut group.cases {
            // What is set up by the first use.
            case.run();
            let done = counted(case);
            println!("{}\t{}\t{done}", group.name, case.name);
        }
    }
}

/// Valgrind knows it by this name.
#[inline(never)]
fn counted(case: &mut Case) -> u64 {
    case.run_so_often(RUNS)
}
