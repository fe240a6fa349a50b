#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swarmscope_fuzz::case::case(data));
