//! Certificates from C → what they say, and whether one holds.

use super::code::{Code, call};
use super::memory::{Refused, bytes, put, room, time};
use super::report::Found;
use super::{Report, Verifier, handle};
use crate::pki::Certificate;
use crate::report::certificate::CertificateFacts;
use crate::verify::{CertificateOptions, CertificatePurpose, check_first_certificate};

/// What a certificate is checked for.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Anything.
    Any = 0,
    /// To sign documents.
    DocumentSigning = 1,
    /// To make time stamps.
    TimeStamping = 2,
}

/// Shows everything that certificates (PEM, DER or PKCS#7) say; concludes nothing. `at` is the
/// moment for which the sentences comment on their periods.
/// Free the report with `kyso_report_free`.
///
/// # Safety
/// `length` bytes at `data` can be read; `report` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_certificates_show(
    data: *const u8,
    length: usize,
    at: i64,
    report: *mut *mut Report,
) -> Code {
    call(|| {
        room(report)?;
        let at = time(at)?;
        // SAFETY: what the caller promises.
        let data = unsafe { bytes("the certificates", data, length) }?;
        let facts = Certificate::from_pem_or_der(data)?
            .iter()
            .map(CertificateFacts::new)
            .collect();
        let made = handle::give(Report::from(Found::Certificates(facts, at)))?;
        // SAFETY: what the caller promises.
        unsafe { put(report, made) }
    })
}

/// Checks path and status of one certificate, for a purpose of `enum kyso_purpose`, with trust,
/// evidence and policy of `verifier`; further certificates in `data` are candidates for its path.
/// Free the report with `kyso_report_free`.
///
/// # Safety
/// `length` bytes at `data` can be read; `report` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_certificate_check(
    verifier: *const Verifier,
    data: *const u8,
    length: usize,
    purpose: i32,
    at: i64,
    report: *mut *mut Report,
) -> Code {
    call(|| {
        room(report)?;
        let verifier = handle::get(verifier)?;
        let mut options = CertificateOptions::new(time(at)?);
        options.purpose = [
            (Purpose::Any, CertificatePurpose::Any),
            (
                Purpose::DocumentSigning,
                CertificatePurpose::DocumentSigning,
            ),
            (Purpose::TimeStamping, CertificatePurpose::TimeStamping),
        ]
        .into_iter()
        .find(|(number, _)| *number as i32 == purpose)
        .map(|(_, purpose)| purpose)
        .ok_or_else(|| Refused::misuse(format!("no purpose has the number {purpose}")))?;
        // SAFETY: what the caller promises.
        let data = unsafe { bytes("the certificates", data, length) }?;
        let certificates = Certificate::from_pem_or_der(data)?;
        let found = verifier
            .with_setup(|policy, trust, evidence| {
                options.policy = policy.clone();
                check_first_certificate(&certificates, trust, evidence, &options)
            })
            .ok_or_else(|| Refused::misuse("there is no certificate"))?;
        let made = handle::give(Report::from(Found::Certificate(Box::new(found))))?;
        // SAFETY: what the caller promises.
        unsafe { put(report, made) }
    })
}
