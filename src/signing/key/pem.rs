//! PEM or DER files with a private key and certificates → [`LocalKey`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::LocalKey;
use super::pbe::{Budget, Passphrase, decrypt};
use super::private::PrivateKey;
use crate::asn1::{self, Tag};
use crate::error::{Error, KeyFault};
use crate::limits::Limits;
use crate::pki::Certificate;

/// Loads a private key and its certificates.
///
/// `key`: PEM or DER; PKCS#8, plain or encrypted with PBES2, PKCS#1 `RSA PRIVATE KEY` or SEC1
/// `EC PRIVATE KEY`. PEM may hold other blocks before it. `certificates`: PEM bundle, DER or
/// PKCS#7; the signer's is found by its public key, the others become the chain. `password`:
/// the octets as typed; the caller wipes them.
///
/// # Errors
/// [`KeyFault`]; malformed certificates; [`Limits::key_derivation_iterations`].
///
/// Source: RFC 7468, RFC 5958 §2, §3, RFC 8017 §A.1.2, RFC 5915 §3.
pub fn load(
    key: &[u8],
    certificates: &[u8],
    password: Option<&[u8]>,
    limits: &Limits,
) -> Result<LocalKey, Error> {
    let key = private_key(key, password, limits)?;
    let certificates = Certificate::from_pem_or_der(certificates)?;
    LocalKey::assemble(key, certificates).ok_or_else(|| KeyFault::Mismatch.into())
}

/// The private key in `bytes`, PEM or DER.
pub(super) fn private_key(
    bytes: &[u8],
    password: Option<&[u8]>,
    limits: &Limits,
) -> Result<PrivateKey, Error> {
    if bytes.first() == Some(&Tag::SEQUENCE.0) {
        return from_der(bytes, password, limits);
    }
    let mut other = false;
    for block in blocks(bytes) {
        let block = block?;
        match block.label {
            b"PRIVATE KEY" => return PrivateKey::from_pkcs8(&block.der),
            b"ENCRYPTED PRIVATE KEY" => return encrypted(&block.der, password, limits),
            b"RSA PRIVATE KEY" => return PrivateKey::from_pkcs1(&block.der),
            b"EC PRIVATE KEY" => return PrivateKey::from_ec_private_key(&block.der, None),
            b"DSA PRIVATE KEY" => {
                return Err(KeyFault::Unsupported(
                    "DSA key; RSA, EC P-256, EC P-384 and Ed25519 are supported".to_owned(),
                )
                .into());
            }
            b"OPENSSH PRIVATE KEY" => {
                return Err(KeyFault::Format("an OpenSSH key; convert it to PKCS#8").into());
            }
            _ => other = true,
        }
    }
    Err(KeyFault::Format(if other {
        "the PEM file holds no private key"
    } else {
        "neither PEM nor DER"
    })
    .into())
}

/// DER says by its second element which structure it is.
fn from_der(der: &[u8], password: Option<&[u8]>, limits: &Limits) -> Result<PrivateKey, Error> {
    let malformed = |_| Error::new(KeyFault::Format("malformed DER"));
    let mut reader = asn1::parse(der).map_err(malformed)?.reader();
    let first = reader.element().map_err(malformed)?;
    let second = reader.element().map_err(malformed)?;
    match (first.tag, second.tag) {
        (Tag::SEQUENCE, Tag::OCTET_STRING) => encrypted(der, password, limits),
        (Tag::INTEGER, Tag::SEQUENCE) if first.content == [3] => {
            Err(KeyFault::Format("the file is PKCS#12, not a key alone").into())
        }
        (Tag::INTEGER, Tag::SEQUENCE) => PrivateKey::from_pkcs8(der),
        (Tag::INTEGER, Tag::INTEGER) => PrivateKey::from_pkcs1(der),
        (Tag::INTEGER, Tag::OCTET_STRING) => PrivateKey::from_ec_private_key(der, None),
        (Tag::SEQUENCE, Tag::SEQUENCE) => {
            Err(KeyFault::Format("the file is a certificate, not a key").into())
        }
        _ => Err(KeyFault::Format("the DER file holds another structure").into()),
    }
}

/// ```asn1
/// EncryptedPrivateKeyInfo ::= SEQUENCE {
///     encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
/// ```
///
/// Source: RFC 5958 §3.
fn encrypted(der: &[u8], password: Option<&[u8]>, limits: &Limits) -> Result<PrivateKey, Error> {
    let malformed = |_| Error::new(KeyFault::Format("malformed encrypted PKCS#8 structure"));
    let mut reader = asn1::parse(der)
        .and_then(|outer| outer.expect(Tag::SEQUENCE))
        .map_err(malformed)?
        .reader();
    let algorithm = reader.expect(Tag::SEQUENCE).map_err(malformed)?;
    let data = reader.expect(Tag::OCTET_STRING).map_err(malformed)?.content;
    reader.finish().map_err(malformed)?;
    let password = password.ok_or(KeyFault::PasswordNeeded)?;
    let plain = decrypt(
        algorithm,
        &Passphrase::new(password),
        data,
        &mut Budget::new(limits),
    )?;
    decrypted_pkcs8(&plain)
}

/// A key that came out of decryption: what is no DER at all was decrypted with a wrong password
/// whose padding happened to fit (one time in 256).
pub(super) fn decrypted_pkcs8(plain: &[u8]) -> Result<PrivateKey, Error> {
    if asn1::parse(plain).is_err() {
        return Err(KeyFault::Password.into());
    }
    PrivateKey::from_pkcs8(plain)
}

struct Block<'a> {
    label: &'a [u8],
    der: Zeroizing<Vec<u8>>,
}

/// The PEM blocks of a file, text around them skipped.
///
/// Source: RFC 7468 §2, §3.
fn blocks(text: &[u8]) -> impl Iterator<Item = Result<Block<'_>, Error>> {
    let mut lines = text.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii);
    std::iter::from_fn(move || {
        let label = lines.by_ref().find_map(|line| {
            line.strip_prefix(b"-----BEGIN ".as_slice())?
                .strip_suffix(b"-----".as_slice())
        })?;
        let mut body = Zeroizing::new(Vec::with_capacity(text.len().min(1 << 20)));
        for line in lines.by_ref() {
            if line.starts_with(b"-----END ") {
                return Some(decode(label, &body));
            }
            if line.starts_with(b"Proc-Type:") {
                return Some(Err(KeyFault::Unsupported(
                    "PEM encrypted in the old OpenSSL way; convert it to PKCS#8".to_owned(),
                )
                .into()));
            }
            body.extend(line.iter().filter(|octet| !octet.is_ascii_whitespace()));
        }
        Some(Err(KeyFault::Format("PEM block without an end").into()))
    })
}

fn decode<'a>(label: &'a [u8], body: &[u8]) -> Result<Block<'a>, Error> {
    let mut der = Zeroizing::new(vec![0; body.len()]);
    let length = STANDARD
        .decode_slice(body, &mut der)
        .map_err(|_| KeyFault::Format("PEM block is not base64"))?;
    der.truncate(length);
    Ok(Block { label, der })
}
