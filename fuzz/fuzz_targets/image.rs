#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::signing::fuzz::image(bytes));
