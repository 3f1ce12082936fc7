#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::pdf::fuzz::page_text(bytes));
