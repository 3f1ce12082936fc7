#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::verify::fuzz::record_read(bytes));
