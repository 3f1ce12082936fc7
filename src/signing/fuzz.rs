//! Any bytes → nothing: the entries for fuzzing, one call for each target of `fuzz/`.
//!
//! What they check beyond "no panic" are facts that must hold for every input.

use std::sync::OnceLock;

use super::key::{LocalKey, pem, pkcs12};
use super::plan::Permission;
use super::{Plan, Signer};
use crate::error::{Error, ErrorKind, SigningFault};
use crate::limits::Limits;
use crate::pki::issue::{Authority, Key, KeyType, Subject, Template};
use crate::time::UtcTime;

const PASSWORDS: [Option<&[u8]>; 2] = [None, Some(b"throwaway")];

/// Few iterations, so that a run is short.
fn limits() -> Limits {
    let mut limits = Limits::new();
    limits.key_derivation_iterations = 20_000;
    limits
}

/// A PKCS#12 file of unknown origin.
pub fn pkcs12_open(bytes: &[u8]) {
    for password in PASSWORDS {
        let _ = pkcs12::load(bytes, password, &limits());
    }
}

/// A private key file of unknown origin, PEM or DER.
pub fn pkcs8_open(bytes: &[u8]) {
    for password in PASSWORDS {
        super::key::read_private_key(bytes, password, &limits());
    }
}

/// A document of unknown origin is refused, or signed so that its bytes are a prefix and the
/// result passes the self-check.
pub fn incremental_update_reparse(bytes: &[u8]) {
    static SIGNER: OnceLock<Option<Signer>> = OnceLock::new();
    let signer = SIGNER.get_or_init(|| throw_away_key().ok().map(Signer::new));
    let signer = signer.as_ref();
    let mut plan = Plan {
        allow_certificate_outside_its_period: true,
        allow_certificate_of_another_purpose: true,
        ..Plan::default()
    };
    for certify in [None, Some(Permission::FormFilling)] {
        plan.certify = certify;
        match signer.map(|signer| signer.sign(bytes, &plan, UtcTime::MAX)) {
            Some(Ok(signed)) => assert!(signed.bytes().starts_with(bytes)),
            Some(Err(error)) => assert!(
                !matches!(error.kind(), ErrorKind::Signing(SigningFault::SelfCheck(_))),
                "{error}"
            ),
            None => assert!(signer.is_some(), "a key can be made"),
        }
    }
}

fn throw_away_key() -> Result<LocalKey, Error> {
    let subject = Subject::new().with(crate::oid::AT_COMMON_NAME, "Throw-away");
    let template = Template::root(&[1], subject, UtcTime::MIN, UtcTime::MAX);
    let authority = Authority::root(Key::generate(KeyType::P256)?, &template)?;
    pem::load(
        authority.key().pkcs8(),
        authority.certificate(),
        None,
        &Limits::new(),
    )
}
