//! The tour itself, held to what the reference promises.

use std::path::Path;

use tour::Options;

#[tokio::test(flavor = "multi_thread")]
async fn every_code_and_cause_of_the_reference_is_met() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tour");
    let program = env!("CARGO_BIN_EXE_tour").into();
    let report = tour::run(&Options { folder, program, progress: |_| {} }).await.expect("the tour ends");
    assert!(report.is_complete(), "{report}");
}
