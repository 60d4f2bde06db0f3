//! x
use errbook_sim::client::*;
use errbook_sim::scenario::*;
fn main() {
    let t = std::time::Instant::now();
    for c in ALL { let r = reset::run(&c); println!("S2 {:32} peak {} early {:.2} success {:.3} p99 {:?}", c.name, r.peak(), r.early, r.success, r.p99); }
    eprintln!("{:?}", t.elapsed());
    for c in ALL { let r = tenant::run(&c); println!("S3 {:32} {r:?}", c.name); }
    eprintln!("{:?}", t.elapsed());
    for c in ALL { for f in [0.1, 1.0] { for e in [false, true] { let r = nested::Nested{candidate:c, exhausted:e, failures:f}.run(); println!("S4 {:32} {f} {e} {r:?}", c.name); } } }
    eprintln!("{:?}", t.elapsed());
    let all: Vec<_> = ALL.iter().flat_map(|c| random::FAILURES.map(|f| (*c, f))).collect();
    let r = each(&all, |(c, f)| { let t = random::Failing::new(*c, *f).run(); (t.success(), t.amplification()) });
    for ((c, f), (s, a)) in all.iter().zip(r) { println!("S5 {:32} {f} {s:.4} {a:.3}", c.name); }
    eprintln!("{:?}", t.elapsed());
    for c in ALL { println!("S6 {:32} {:?} {:?}", c.name, effects::run(&c, false), effects::run(&c, true)); }
    eprintln!("{:?}", t.elapsed());
    let all: Vec<_> = ALL.iter().flat_map(|c| [false, true].into_iter().flat_map(move |s| overload::FLEETS.map(|n| (*c, n, s)))).collect();
    let r = each(&all, |(c, n, s)| overload::recovery(c, *n, *s));
    for ((c, n, s), r) in all.iter().zip(r) { println!("S1 {:32} {n} {s} {r:?}", c.name); }
    eprintln!("{:?}", t.elapsed());
}
