#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::verify::fuzz::verify_whole_file(bytes));
