#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::exchange::fuzz::envelope(bytes));
