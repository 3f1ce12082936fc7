#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::cms::fuzz::signed_attrs(bytes));
