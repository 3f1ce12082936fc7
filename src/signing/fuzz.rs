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

/// An image of unknown origin is refused, or can be drawn under every part of PDF/A.
#[cfg(feature = "visual")]
pub fn image(bytes: &[u8]) {
    use super::appearance::{Area, Image, Look, PageGeometry, PdfA};
    let mut limits = Limits::new();
    limits.image_pixels = 1 << 20;
    let Ok(image) = Image::from_bytes(bytes, &limits) else {
        return;
    };
    let (width, height) = image.pixels();
    assert!(u64::from(width) * u64::from(height) <= limits.image_pixels);
    let _ = image.ink();
    let placement = PageGeometry::new([0.0, 0.0, 99.0, 99.0], None, 0, 1.0)
        .and_then(|page| page.place(&Area::points(1.0, 1.0, 50.0, 40.0)));
    let look = Look {
        image: Some(image),
        ..Look::default()
    };
    for archive in [None, Some(PdfA { part: 1 }), Some(PdfA { part: 2 })] {
        if let Ok(placement) = &placement {
            let form = look.draw(placement, archive);
            let _ = form.and_then(|form| form.visible(0));
        }
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
