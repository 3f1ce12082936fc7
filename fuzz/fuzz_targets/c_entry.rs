#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::ffi::fuzz::c_entry(bytes));
