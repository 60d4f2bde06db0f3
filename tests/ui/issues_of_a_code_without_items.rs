use errbook::Issues;
use errbook::mail::code;

fn main() {
    let mut issues = Issues::of(code::NotFound);
    issues.push(code::NotFound);
}
