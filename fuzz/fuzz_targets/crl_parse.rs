#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kyso::pki::fuzz::crl_parse(bytes));
