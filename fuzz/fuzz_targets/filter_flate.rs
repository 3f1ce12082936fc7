#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::pdf::fuzz::filter_flate(bytes));
