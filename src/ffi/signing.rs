//! A document, certificates and wishes → what is to be signed elsewhere; its value → the signed document.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use super::code::{Code, call};
use super::handle;
use super::memory::{self, Refused, bytes, put, put_bytes, put_text, room, time};
use crate::limits::Limits;
use crate::pki::Certificate;
use crate::signing::key::AbsentKey;
use crate::signing::plan::Plan;
use crate::signing::{self, Signer};

/// A document with a new revision in which only the signature value is missing. It holds no secret
/// and survives the process: see `kyso_prepared_state`.
pub struct Prepared {
    prepared: signing::Prepared,
    digest: Option<Vec<u8>>,
    algorithm: CString,
    field: CString,
    state: OnceLock<CString>,
}

/// A signed document that verifies.
pub struct Signed(signing::Signed);

impl From<signing::Prepared> for Prepared {
    fn from(prepared: signing::Prepared) -> Self {
        let digest = prepared.message_digest();
        Self {
            digest: digest.map(|digest| digest.as_bytes().to_vec()),
            algorithm: memory::text(prepared.signature_algorithm().name()),
            field: memory::text(prepared.field().to_owned()),
            state: OnceLock::new(),
            prepared,
        }
    }
}

/// Prepares a signature on one whole PDF for a key that is elsewhere. `certificates` are the
/// signer's, then its issuers' (PEM, DER or PKCS#7). `options` is null or one JSON object, all
/// members optional: `field`, `sub_filter`, `digest`, `padding`, `reason`, `location`, `contact`,
/// `name`, `certify`, `claimed_time`, `allow_certificate_outside_its_period`,
/// `allow_certificate_of_another_purpose`. `now` is the time of signing.
/// Free the result with `kyso_prepared_free`.
///
/// # Safety
/// The lengths are those of what can be read at the pointers; `options` is null or ends with a
/// zero byte; `prepared` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_prepare(
    document: *const u8,
    document_length: usize,
    certificates: *const u8,
    certificates_length: usize,
    options: *const c_char,
    now: i64,
    prepared: *mut *mut Prepared,
) -> Code {
    call(|| {
        room(prepared)?;
        // SAFETY: what the caller promises.
        let (document, certificates, options) = unsafe {
            (
                bytes("the document", document, document_length)?,
                bytes("the certificates", certificates, certificates_length)?,
                memory::utf8("the options", options)?,
            )
        };
        let plan = match options {
            Some(options) => Plan::from_json(options.as_bytes())?,
            None => Plan::default(),
        };
        let key = AbsentKey::new(Certificate::from_pem_or_der(certificates)?, None)?;
        let made = Signer::new(key).prepare(document, &plan, time(now)?)?;
        let made = handle::give(Prepared::from(made))?;
        // SAFETY: what the caller promises.
        unsafe { put(prepared, made) }
    })
}

/// Frees what was prepared. Null is nothing to free.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_prepared_free(prepared: *mut Prepared) -> Code {
    call(|| handle::free(prepared))
}

/// The octets to sign: the DER of the signed attributes. A service is given these or their digest,
/// never the digest of the digest.
///
/// # Safety
/// `data` and `length` point at room for them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_prepared_message(
    prepared: *const Prepared,
    data: *mut *const u8,
    length: *mut usize,
) -> Code {
    call(|| {
        let prepared = handle::get(prepared)?;
        // SAFETY: what the caller promises; the handle keeps the octets.
        unsafe { put_bytes(prepared.prepared.message(), data, length) }
    })
}

/// The digest of the octets to sign; length 0 for an algorithm that has none.
///
/// # Safety
/// `data` and `length` point at room for them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_prepared_digest(
    prepared: *const Prepared,
    data: *mut *const u8,
    length: *mut usize,
) -> Code {
    call(|| {
        let prepared = handle::get(prepared)?;
        let digest = prepared.digest.as_deref().unwrap_or_default();
        // SAFETY: what the caller promises; the handle keeps the octets.
        unsafe { put_bytes(digest, data, length) }
    })
}

/// The signature algorithm, by name.
///
/// # Safety
/// `name` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_prepared_algorithm(
    prepared: *const Prepared,
    name: *mut *const c_char,
) -> Code {
    call(|| {
        let prepared = handle::get(prepared)?;
        // SAFETY: what the caller promises; the handle keeps the text.
        unsafe { put_text(&prepared.algorithm, name, std::ptr::null_mut()) }
    })
}

/// The name of the signature field.
///
/// # Safety
/// `name` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_prepared_field(
    prepared: *const Prepared,
    name: *mut *const c_char,
) -> Code {
    call(|| {
        let prepared = handle::get(prepared)?;
        // SAFETY: what the caller promises; the handle keeps the text.
        unsafe { put_text(&prepared.field, name, std::ptr::null_mut()) }
    })
}

/// All of it as JSON, to store until the value comes; the form that `kyso prepare` writes.
///
/// # Safety
/// `json` points at room for a pointer, `length` is null or points at room for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_prepared_state(
    prepared: *const Prepared,
    json: *mut *const c_char,
    length: *mut usize,
) -> Code {
    call(|| {
        let prepared = handle::get(prepared)?;
        let state = prepared.state.get_or_init(|| {
            // Strings and numbers always serialise.
            memory::text(serde_json::to_string(&prepared.prepared).unwrap_or_default())
        });
        // SAFETY: what the caller promises; the handle keeps the text.
        unsafe { put_text(state, json, length) }
    })
}

/// What was prepared, from its stored form; what does not fit together is refused.
///
/// # Safety
/// `length` bytes at `json` can be read; `prepared` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_prepared_restore(
    json: *const u8,
    length: usize,
    prepared: *mut *mut Prepared,
) -> Code {
    call(|| {
        room(prepared)?;
        // SAFETY: what the caller promises.
        let json = unsafe { bytes("the state", json, length) }?;
        let read: signing::Prepared = serde_json::from_slice(json)
            .map_err(|error| Refused::misuse(format!("not a prepared signature: {error}")))?;
        let made = handle::give(Prepared::from(read))?;
        // SAFETY: what the caller promises.
        unsafe { put(prepared, made) }
    })
}

/// Puts the signature value in and checks the result. For RSA the value has the length of the
/// modulus, for ECDSA it is a DER `ECDSA-Sig-Value`, for Ed25519 it has 64 octets.
/// Free the result with `kyso_signed_free`; what was prepared stays.
///
/// # Safety
/// `length` bytes at `value` can be read; `signed` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_finish(
    prepared: *const Prepared,
    value: *const u8,
    length: usize,
    signed: *mut *mut Signed,
) -> Code {
    call(|| {
        room(signed)?;
        let prepared = handle::get(prepared)?;
        // SAFETY: what the caller promises.
        let value = unsafe { bytes("the value", value, length) }?;
        let finished = prepared
            .prepared
            .clone()
            .finish(value, None, &Limits::default())?;
        let made = handle::give(Signed(finished))?;
        // SAFETY: what the caller promises.
        unsafe { put(signed, made) }
    })
}

/// The whole signed PDF; the document that was given is its beginning.
///
/// # Safety
/// `data` and `length` point at room for them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_signed_document(
    signed: *const Signed,
    data: *mut *const u8,
    length: *mut usize,
) -> Code {
    call(|| {
        let signed = handle::get(signed)?;
        // SAFETY: what the caller promises; the handle keeps the octets.
        unsafe { put_bytes(signed.0.bytes(), data, length) }
    })
}

/// Frees a signed document. Null is nothing to free.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_signed_free(signed: *mut Signed) -> Code {
    call(|| handle::free(signed))
}
