#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::serve::fuzz::multipart(bytes));
