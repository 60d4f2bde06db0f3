#![no_main]

#[path = "../src/markup.rs"]
mod markup;

libfuzzer_sys::fuzz_target!(|input: &[u8]| markup::run(input));
