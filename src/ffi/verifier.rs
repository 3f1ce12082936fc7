//! Policy, trust and evidence from C → a [`Verifier`]; a document and a time → a report.

use std::ffi::c_char;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::code::{Code, call};
use super::memory::{self, Refused, bytes, put, room, time};
use super::{Report, handle};
use crate::limits::Limits;
use crate::pdf::Password;
use crate::pki::evidence::Origin;
use crate::pki::{Certificate, Evidence, Trust};
use crate::run::input;
use crate::validation::Policy;
use crate::verify;

/// Whom to trust, what to ask and what is known: filled first, then used for any number of
/// documents by any number of threads.
pub struct Verifier {
    setup: Mutex<Setup>,
    built: OnceLock<Arc<verify::Verifier>>,
}

struct Setup {
    policy: Policy,
    trust: Trust,
    evidence: Evidence,
    passwords: Vec<Password>,
}

impl Verifier {
    /// Changes what it is made of, before its first use.
    fn add(&self, what: impl FnOnce(&mut Setup) -> Result<(), Refused>) -> Result<(), Refused> {
        let mut setup = self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        if self.built.get().is_some() {
            return Err(Refused::misuse(
                "the verifier is in use already; add everything before the first document",
            ));
        }
        what(&mut setup)
    }

    /// What it does the work with; from now on nothing can be added.
    pub(super) fn built(&self) -> Arc<verify::Verifier> {
        let setup = self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(self.built.get_or_init(|| {
            let verifier = verify::Verifier::new(setup.trust.clone(), setup.policy.clone())
                .with_evidence(setup.evidence.clone())
                .with_passwords(setup.passwords.clone());
            Arc::new(verifier)
        }))
    }

    /// Trust and evidence, for certificates alone.
    pub(super) fn with_setup<T>(&self, what: impl FnOnce(&Policy, &Trust, &Evidence) -> T) -> T {
        let setup = self.setup.lock().unwrap_or_else(PoisonError::into_inner);
        what(&setup.policy, &setup.trust, &setup.evidence)
    }
}

/// Version of the library. Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Makes a verifier that trusts nobody yet. `policy` is the name of a profile (`official`,
/// `vn-2025`, `vn-legacy`, `strict`) or a policy as JSON; null is `official`.
/// Free it with `kyso_verifier_free`.
///
/// # Safety
/// `policy` is null or ends with a zero byte; `verifier` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verifier_new(
    policy: *const c_char,
    verifier: *mut *mut Verifier,
) -> Code {
    call(|| {
        room(verifier)?;
        // SAFETY: what the caller promises.
        let words = unsafe { memory::utf8("the policy", policy) }?;
        let policy = match words {
            None => Policy::official(),
            Some(words) => match Policy::named(words) {
                Some(policy) => policy,
                None => Policy::from_json(words.as_bytes())?,
            },
        };
        let made = handle::give(Verifier {
            setup: Mutex::new(Setup {
                policy,
                trust: Trust::new(),
                evidence: Evidence::new(),
                passwords: Vec::new(),
            }),
            built: OnceLock::new(),
        })?;
        // SAFETY: what the caller promises.
        unsafe { put(verifier, made) }
    })
}

/// Frees a verifier. Calls that use it in other threads go on. Null is nothing to free.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_verifier_free(verifier: *mut Verifier) -> Code {
    call(|| handle::free(verifier))
}

/// Adds whom to trust: one PEM, DER, PKCS#7 or trust file. Only before the first document.
///
/// # Safety
/// `length` bytes at `data` can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verifier_add_trust(
    verifier: *const Verifier,
    data: *const u8,
    length: usize,
) -> Code {
    call(|| {
        // SAFETY: what the caller promises.
        let data = unsafe { bytes("the trust", data, length) }?;
        handle::get(verifier)?.add(|setup| {
            setup.trust.merge(Trust::from_bytes(data)?);
            Ok(())
        })
    })
}

/// Adds what helps to decide: one CRL, OCSP response, or certificates. Only before the first
/// document.
///
/// # Safety
/// `length` bytes at `data` can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verifier_add_evidence(
    verifier: *const Verifier,
    data: *const u8,
    length: usize,
) -> Code {
    call(|| {
        // SAFETY: what the caller promises.
        let data = unsafe { bytes("the evidence", data, length) }?;
        handle::get(verifier)?.add(|setup| {
            setup
                .evidence
                .add_bytes(data, Origin::Caller, &Limits::default())?;
            Ok(())
        })
    })
}

/// Adds certificates that may stand between signer and anchor (PEM, DER or PKCS#7); they are not
/// trusted by that. Only before the first document.
///
/// # Safety
/// `length` bytes at `data` can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verifier_add_certificates(
    verifier: *const Verifier,
    data: *const u8,
    length: usize,
) -> Code {
    call(|| {
        // SAFETY: what the caller promises.
        let data = unsafe { bytes("the certificates", data, length) }?;
        handle::get(verifier)?.add(|setup| {
            for certificate in Certificate::from_pem_or_der(data)? {
                setup.evidence.add_certificate(certificate, Origin::Caller);
            }
            Ok(())
        })
    })
}

/// Adds a password to try on encrypted documents, after those that were added before. Only before
/// the first document.
///
/// # Safety
/// `length` bytes at `data` can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verifier_add_password(
    verifier: *const Verifier,
    data: *const u8,
    length: usize,
) -> Code {
    call(|| {
        // SAFETY: what the caller promises.
        let data = unsafe { bytes("the password", data, length) }?;
        handle::get(verifier)?.add(|setup| {
            setup.passwords.push(Password::new(data));
            Ok(())
        })
    })
}

/// Verifies every signature of one document, a whole PDF in memory, for the moment `at`. A bad
/// signature is a report; an error means that the document could not be checked.
/// Free the report with `kyso_report_free`.
///
/// # Safety
/// `length` bytes at `data` can be read and do not change; `report` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verify(
    verifier: *const Verifier,
    data: *const u8,
    length: usize,
    at: i64,
    report: *mut *mut Report,
) -> Code {
    call(|| {
        room(report)?;
        let verifier = handle::get(verifier)?.built();
        let at = time(at)?;
        // SAFETY: what the caller promises.
        let document = unsafe { bytes("the document", data, length) }?;
        let made = handle::give(Report::from(verifier.verify(document, at)?))?;
        // SAFETY: what the caller promises.
        unsafe { put(report, made) }
    })
}

/// As `kyso_verify` for a file, which must be a regular one and is read whole. On Unix a path is
/// any bytes, elsewhere UTF-8.
///
/// # Safety
/// `path` ends with a zero byte; `report` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_verify_path(
    verifier: *const Verifier,
    path: *const c_char,
    at: i64,
    report: *mut *mut Report,
) -> Code {
    call(|| {
        room(report)?;
        let verifier = handle::get(verifier)?.built();
        let at = time(at)?;
        // SAFETY: what the caller promises.
        let path = unsafe { memory::path("the path", path) }?;
        let document = input::read_regular(path, verifier.limits().file)?;
        let made = handle::give(Report::from(verifier.verify(&document, at)?))?;
        // SAFETY: what the caller promises.
        unsafe { put(report, made) }
    })
}
