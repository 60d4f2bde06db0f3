#![no_main]

#[path = "../src/memory.rs"]
#[allow(dead_code)]
mod memory;

libfuzzer_sys::fuzz_target!(|input: &[u8]| memory::run(input));
