#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tieout_evidence::fuzz::timestamp(data));
