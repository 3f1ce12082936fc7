//! Subjects, keys and extensions → certificates, CRLs, OCSP answers and time-stamp tokens, for demonstrations and tests.
//!
//! This is no certification authority: keys lie in memory and files, nothing is registered and
//! nothing is checked, so that wrong certificates can be made on purpose. What it writes is a
//! function of its arguments, apart from new keys and from ECDSA, whose signatures are random.
//!
//! ```
//! use kyso::oid;
//! use kyso::pki::issue::{Authority, Key, KeyType, Subject, Template};
//! use kyso::time::UtcTime;
//!
//! # fn main() -> Result<(), kyso::error::Error> {
//! let from = UtcTime::from_rfc3339("2026-01-01").ok_or(kyso::error::ErrorKind::Misuse("time"))?;
//! let name = Subject::new().with(oid::AT_COUNTRY, "VN").with(oid::AT_COMMON_NAME, "Thử nghiệm");
//! let root = Template::root(&[1], name, from, from.plus(86_400));
//! let root = Authority::root(Key::generate(KeyType::P256)?, &root)?;
//!
//! let name = Subject::new().with(oid::AT_COMMON_NAME, "Nguyễn Văn A");
//! let signer = Template::signer(&[2], name, from, from.plus(86_400));
//! let key = Key::generate(KeyType::P256)?;
//! let certificate = root.issue(key.spki(), &signer)?;
//! # assert!(kyso::pki::Certificate::from_der(&certificate)?.subject().common_name().is_some());
//! # Ok(())
//! # }
//! ```

mod certificate;
mod key;
mod stamp;
mod status;

pub use certificate::{Authority, ExtensionValue, Subject, Template};
pub use key::{Key, KeyType};
pub use stamp::StampTemplate;
pub use status::{Answer, CertificateStatus, CrlTemplate, OcspTemplate, RevokedEntry};

use crate::asn1::{Tag, write};
use crate::error::{Error, KeyFault};
use crate::time::UtcTime;

/// Random serial number: 16 octets, positive, as RFC 5280 asks (at most 20).
///
/// # Errors
/// [`KeyFault::Backend`]: the system has no random octets.
///
/// Source: RFC 5280 §4.1.2.2.
pub fn random_serial() -> Result<[u8; 16], Error> {
    use ring::rand::SecureRandom as _;
    let mut serial = [0; 16];
    ring::rand::SystemRandom::new()
        .fill(&mut serial)
        .map_err(|_| KeyFault::Backend("no random octets"))?;
    // Positive, and of full length.
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(serial)
}

/// One PEM block, lines of 64 characters.
///
/// # Errors
/// [`KeyFault::Backend`]: `label` is no PEM label.
///
/// Source: RFC 7468 §2.
pub fn pem(label: &'static str, der: &[u8]) -> Result<String, Error> {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der)
        .map_err(|_| KeyFault::Backend("the PEM block cannot be written").into())
}

/// `BIT STRING` without unused bits.
fn bit_string(octets: &[u8]) -> Result<Vec<u8>, Error> {
    write::element(Tag::BIT_STRING, &[&[0], octets])
}

/// `[number]` EXPLICIT.
fn explicit(number: u8, content: &[&[u8]]) -> Result<Vec<u8>, Error> {
    write::element(Tag::context(number), content)
}

/// UTCTime through 2049, GeneralizedTime from 2050.
///
/// Source: RFC 5280 §4.1.2.5.
fn time(at: UtcTime) -> Result<Vec<u8>, Error> {
    let (year, month, day, hour, minute, second) = at.civil(0);
    if (1950..2050).contains(&year) {
        let year = year % 100;
        let text = format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
        write::element(Tag::UTC_TIME, &[text.as_bytes()])
    } else {
        generalized_time(at)
    }
}

fn generalized_time(at: UtcTime) -> Result<Vec<u8>, Error> {
    let (year, month, day, hour, minute, second) = at.civil(0);
    let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    write::element(Tag::GENERALIZED_TIME, &[text.as_bytes()])
}

/// `SEQUENCE { to be signed, algorithm, BIT STRING, … }`, the frame of certificates, CRLs and
/// OCSP answers; `tail` follows the signature.
fn signed(key: &Key, to_be_signed: &[u8], tail: &[u8]) -> Result<Vec<u8>, Error> {
    let signature = key.sign(to_be_signed)?;
    write::sequence(&[
        to_be_signed,
        &key.algorithm().to_der()?,
        &bit_string(&signature)?,
        tail,
    ])
}

#[cfg(test)]
mod tests;
