//! An edXML message from C → one report for the message and every PDF in it.

use std::ffi::c_char;
use std::io::{BufRead, BufReader};

use super::code::{Code, call};
use super::memory::{self, Refused, bytes, put, room, time};
use super::report::Found;
use super::{Report, Verifier, handle};
use crate::exchange::{self, Options, Package};
use crate::run::input;

/// Verifies every PDF of one message in memory. `allow_legacy_namespaces` other than 0 accepts
/// senders from before the regulation. Decoded attachments go into the system's folder for
/// temporary files and are gone afterwards.
/// Free the report with `kyso_report_free`.
///
/// # Safety
/// `length` bytes at `data` can be read; `report` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_exchange_verify(
    verifier: *const Verifier,
    data: *const u8,
    length: usize,
    at: i64,
    allow_legacy_namespaces: i32,
    report: *mut *mut Report,
) -> Code {
    call(|| {
        room(report)?;
        // SAFETY: what the caller promises.
        let message = unsafe { bytes("the message", data, length) }?;
        let found = verified(verifier, message, at, allow_legacy_namespaces)?;
        let made = handle::give(Report::from(found))?;
        // SAFETY: what the caller promises.
        unsafe { put(report, made) }
    })
}

/// As `kyso_exchange_verify` for a file, which is read as a stream.
///
/// # Safety
/// `path` ends with a zero byte; `report` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_exchange_verify_path(
    verifier: *const Verifier,
    path: *const c_char,
    at: i64,
    allow_legacy_namespaces: i32,
    report: *mut *mut Report,
) -> Code {
    call(|| {
        room(report)?;
        // SAFETY: what the caller promises.
        let path = unsafe { memory::path("the path", path) }?;
        let (file, _) = input::open(path)?;
        let message = BufReader::with_capacity(64 << 10, file);
        let found = verified(verifier, message, at, allow_legacy_namespaces)?;
        let made = handle::give(Report::from(found))?;
        // SAFETY: what the caller promises.
        unsafe { put(report, made) }
    })
}

fn verified(
    verifier: *const Verifier,
    message: impl BufRead,
    at: i64,
    allow_legacy_namespaces: i32,
) -> Result<Found, Refused> {
    let verifier = handle::get(verifier)?.built();
    let at = time(at)?;
    let options = Options {
        allow_legacy_namespaces: allow_legacy_namespaces != 0,
        ..Options::default()
    };
    let mut package = Package::read(message, &options)?;
    let report = exchange::verify(&mut package, &verifier, at)?;
    Ok(Found::Exchange(Box::new(report)))
}
