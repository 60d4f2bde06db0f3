use errbook::Issues;
use errbook::mail::code;
use errbook::prelude::*;

fn main() {
    let mut issues = Issues::of(code::InvalidParameter);
    issues.push(code::InvalidParameter.at("to"));
    issues.push(code::NotFound.at("from"));
    issues.push(code::NotFound);
}
