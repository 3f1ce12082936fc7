//! Pointers and lengths from C → handles, numbered codes and bytes: the C ABI (feature `capi`).
//!
//! The header `src/ffi/kyso.h` is made from this module by cbindgen and checked in; its comments
//! are those below. The rules that hold for every function:
//!
//! - A function returns a [`Code`]; outputs come last and are written only when it is `OK`.
//! - A handle is a number that is looked up, never an address that is followed: one that was freed
//!   already, is of another kind or was made up gives `BAD_HANDLE`, whichever thread uses it.
//! - What a handle gives as a pointer stays until that handle is freed. Texts are UTF-8 and end
//!   with a zero byte, which their length does not count; behind other bytes there is nothing.
//! - Null is an error where a value is needed, and an empty input where the length is 0.
//! - Any thread may use any handle at any time. A process made by fork uses none of its parent's,
//!   and calls a function only where the parent had no other thread in one at the fork.
//! - No panic leaves the library: it becomes `PANIC`.
//! - Times are seconds since 1970-01-01T00:00:00Z. Nothing here reads a clock or the network.

// Pointers from C cannot be read without it; every block says why it may.
#![allow(unsafe_code)]

mod batch;
mod certificate;
mod code;
mod exchange;
#[doc(hidden)]
pub mod fuzz;
mod handle;
mod memory;
mod report;
mod signing;
mod verifier;

pub use batch::{Answered, Document, kyso_verify_many};
pub use certificate::{Purpose, kyso_certificate_check, kyso_certificates_show};
pub use code::{Code, kyso_code_name, kyso_last_error, kyso_last_error_position};
pub use exchange::{kyso_exchange_verify, kyso_exchange_verify_path};
pub use report::{
    Indication, Language, Report, kyso_report_free, kyso_report_indication, kyso_report_json,
    kyso_report_signature_count, kyso_report_sub_indication, kyso_report_text,
};
pub use signing::{
    Prepared, Signed, kyso_finish, kyso_prepare, kyso_prepared_algorithm, kyso_prepared_digest,
    kyso_prepared_field, kyso_prepared_free, kyso_prepared_message, kyso_prepared_restore,
    kyso_prepared_state, kyso_signed_document, kyso_signed_free,
};
pub use verifier::{
    Verifier, kyso_verifier_add_certificates, kyso_verifier_add_evidence,
    kyso_verifier_add_password, kyso_verifier_add_trust, kyso_verifier_free, kyso_verifier_new,
    kyso_verify, kyso_verify_path, kyso_version,
};
