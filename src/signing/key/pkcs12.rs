//! PKCS#12 files (`.p12`, `.pfx`) → [`LocalKey`].

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::LocalKey;
use super::pbe::{self, Budget, Diversifier, Hash, Passphrase};
use super::pem::decrypted_pkcs8;
use super::private::PrivateKey;
use crate::asn1::{self, Element, Reader, Tag, ber};
use crate::error::{Error, ErrorKind, KeyFault};
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::pki::Certificate;

/// Loads the private key and the certificates of a PKCS#12 file.
///
/// `bytes`: one `PFX`, version 3, DER or BER. `password`: UTF-8 as typed; the caller wipes it.
/// `None` stands for a file made without a password. The MAC (HMAC with the PKCS#12 key
/// derivation, or PBMAC1) is checked before anything inside is read; a file without MAC is
/// accepted, as its parts are still bound to the key by the certificate. Keys and certificates
/// may be encrypted with PBES2 (AES, triple DES) or the older triple DES and RC2 schemes.
///
/// The signer's certificate is the one that belongs to the key; among several (a renewed
/// certificate), the one that the file ties to it by localKeyId. The others become the chain.
///
/// # Errors
/// [`KeyFault`]; [`Limits::key_derivation_iterations`], counted over the whole file.
///
/// Source: RFC 7292 §4, §5, RFC 9579 §4.
pub fn load(bytes: &[u8], password: Option<&[u8]>, limits: &Limits) -> Result<LocalKey, Error> {
    let parts = open(bytes, password, limits)?;
    if parts.keys.is_empty() {
        return Err(KeyFault::Format("the PKCS#12 file holds no private key").into());
    }
    if parts.certificates.is_empty() {
        return Err(KeyFault::Format("the PKCS#12 file holds no certificate").into());
    }
    let mut certificates = Vec::new();
    for (der, id) in parts.certificates {
        certificates.push((Certificate::from_der(&der)?, id));
    }
    for (key, id) in parts.keys {
        if id.is_some() {
            // Stable, so that the rest stays in the order of the file.
            certificates.sort_by_key(|(_, other)| *other != id);
        }
        let all = certificates.iter().map(|(one, _)| one.clone()).collect();
        if let Some(found) = LocalKey::assemble(key, all) {
            return Ok(found);
        }
    }
    Err(KeyFault::Mismatch.into())
}

type LocalKeyId = Option<Vec<u8>>;

/// What a file holds.
#[derive(Default)]
struct Parts {
    keys: Vec<(PrivateKey, LocalKeyId)>,
    certificates: Vec<(Vec<u8>, LocalKeyId)>,
}

/// The file with everything that is not secret decoded.
struct Opening<'l> {
    passphrase: Passphrase,
    given: bool,
    budget: Budget,
    limits: &'l Limits,
}

/// ```asn1
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// ```
///
/// Source: RFC 7292 §4.
fn open(bytes: &[u8], password: Option<&[u8]>, limits: &Limits) -> Result<Parts, Error> {
    let malformed = |_| Error::new(KeyFault::Format("malformed PKCS#12 structure"));
    if bytes.first() != Some(&Tag::SEQUENCE.0) {
        return Err(KeyFault::Format("not a PKCS#12 file").into());
    }
    let bytes = definite(bytes, limits)?;
    let mut reader = asn1::parse(&bytes)
        .and_then(|outer| outer.expect(Tag::SEQUENCE))
        .map_err(malformed)?
        .reader();
    let version = reader.expect(Tag::INTEGER).and_then(|v| v.small());
    if version.map_err(malformed)? != 3 {
        return Err(KeyFault::Format("PKCS#12 file of another version than 3").into());
    }
    let (kind, content) = content_info(reader.expect(Tag::SEQUENCE).map_err(malformed)?)?;
    if kind != oid::DATA {
        return Err(KeyFault::Unsupported(format!(
            "PKCS#12 file protected by {kind} instead of a password"
        ))
        .into());
    }
    let safes = octets(content)?;
    let mac = reader.optional(Tag::SEQUENCE).map_err(malformed)?;

    let mut opening = Opening {
        passphrase: password.map_or_else(|| Passphrase::new(b""), Passphrase::new),
        given: password.is_some_and(|password| !password.is_empty()),
        budget: Budget::new(limits),
        limits,
    };
    if let Some(mac) = mac {
        opening.check_mac(mac, &safes)?;
    }
    opening.read(&safes)
}

impl Opening<'_> {
    /// A wrong password, or the lack of one.
    fn wrong_password(&self) -> Error {
        if self.given {
            KeyFault::Password.into()
        } else {
            KeyFault::PasswordNeeded.into()
        }
    }

    /// ```asn1
    /// MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
    /// ```
    ///
    /// Source: RFC 7292 §4, RFC 9579 §4.
    fn check_mac(&mut self, mac: Element<'_>, message: &[u8]) -> Result<(), Error> {
        let malformed = |_| Error::new(KeyFault::Format("malformed MAC of the PKCS#12 file"));
        let mut reader = mac.reader();
        let mut info = reader.expect(Tag::SEQUENCE).map_err(malformed)?.reader();
        let mut algorithm = info.expect(Tag::SEQUENCE).map_err(malformed)?.reader();
        let name = algorithm.expect(Tag::OID).map_err(malformed)?;
        let expected = info.expect(Tag::OCTET_STRING).map_err(malformed)?.content;
        let salt = reader.expect(Tag::OCTET_STRING).map_err(malformed)?.content;
        let iterations = match reader.optional(Tag::INTEGER).map_err(malformed)? {
            Some(count) => count.small().map_err(malformed)?,
            None => 1,
        };
        if matches!(name.content, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 14]) {
            let parameters = algorithm.element().map_err(malformed)?;
            return match pbe::verify_pbmac1(
                parameters,
                &self.passphrase,
                message,
                expected,
                &mut self.budget,
            )? {
                true => Ok(()),
                false => Err(self.wrong_password()),
            };
        }
        let hash = Hash::from_digest(name.content).ok_or_else(|| {
            let name = name.oid().map(|oid| oid.to_string()).unwrap_or_default();
            Error::new(KeyFault::Unsupported(format!(
                "PKCS#12 file with MAC algorithm {name}"
            )))
        })?;
        if expected.len() != hash.output_len() {
            return Err(KeyFault::Format("MAC of another length than its algorithm's").into());
        }
        let mut matches = |passphrase: &Passphrase| -> Result<bool, Error> {
            let key = pbe::pkcs12_kdf(
                hash,
                Diversifier::Mac,
                passphrase,
                salt,
                iterations,
                hash.output_len(),
                &mut self.budget,
            )?;
            Ok(hash.verify_hmac(&key, message, expected))
        };
        if matches(&self.passphrase)? {
            return Ok(());
        }
        if !self.given {
            // "No password" and "empty password" differ in the derivation.
            let absent = Passphrase::absent();
            if matches(&absent)? {
                self.passphrase = absent;
                return Ok(());
            }
        }
        Err(self.wrong_password())
    }

    /// All safes, iteratively: nested `safeContentsBag`s join a queue.
    fn read(&mut self, safes: &[u8]) -> Result<Parts, Error> {
        let malformed = |_| Error::new(KeyFault::Format("malformed PKCS#12 contents"));
        let mut parts = Parts::default();
        // (SafeContents, depth)
        let mut queue: Vec<(Zeroizing<Vec<u8>>, usize)> = Vec::new();
        let safes = definite(safes, self.limits)?;
        let mut reader = asn1::parse(&safes)
            .and_then(|outer| outer.expect(Tag::SEQUENCE))
            .map_err(malformed)?
            .reader();
        while !reader.is_empty() {
            let (kind, content) = content_info(reader.expect(Tag::SEQUENCE).map_err(malformed)?)?;
            if kind == oid::DATA {
                queue.push((Zeroizing::new(octets(content)?.into_owned()), 0));
            } else if kind.content() == [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6] {
                queue.push((self.decrypt_content(content)?, 0));
            } else {
                return Err(KeyFault::Unsupported(format!(
                    "PKCS#12 contents protected by {kind} instead of a password"
                ))
                .into());
            }
        }
        queue.reverse();
        while let Some((contents, depth)) = queue.pop() {
            if depth > self.limits.asn1_depth {
                return Err(Error::limit("asn1_depth", self.limits.asn1_depth as u64));
            }
            let contents = definite_secret(contents, self.limits)?;
            let mut bags = asn1::parse(&contents)
                .and_then(|outer| outer.expect(Tag::SEQUENCE))
                .map_err(malformed)?
                .reader();
            while !bags.is_empty() {
                let bag = bags.expect(Tag::SEQUENCE).map_err(malformed)?;
                if let Some(nested) = self.bag(bag, &mut parts)? {
                    queue.push((nested, depth + 1));
                }
            }
        }
        Ok(parts)
    }

    /// ```asn1
    /// EncryptedData ::= SEQUENCE { version INTEGER, encryptedContentInfo SEQUENCE {
    ///     contentType OBJECT IDENTIFIER, contentEncryptionAlgorithm AlgorithmIdentifier,
    ///     encryptedContent [0] IMPLICIT OCTET STRING OPTIONAL } }
    /// ```
    ///
    /// Source: RFC 5652 §8.
    fn decrypt_content(&mut self, content: Element<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let malformed = |_| Error::new(KeyFault::Format("malformed encrypted PKCS#12 contents"));
        let mut reader = content.expect(Tag::SEQUENCE).map_err(malformed)?.reader();
        reader.expect(Tag::INTEGER).map_err(malformed)?;
        let mut info = reader.expect(Tag::SEQUENCE).map_err(malformed)?.reader();
        info.expect(Tag::OID).map_err(malformed)?;
        let algorithm = info.expect(Tag::SEQUENCE).map_err(malformed)?;
        let data = octets(info.element().map_err(malformed)?)?;
        self.decrypt(algorithm, &data)
    }

    fn decrypt(
        &mut self,
        algorithm: Element<'_>,
        data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        pbe::decrypt(algorithm, &self.passphrase, data, &mut self.budget).map_err(|error| {
            if error.kind() == &KeyFault::Password.into() {
                self.wrong_password()
            } else {
                error
            }
        })
    }

    /// Reads one bag; gives back the contents of a nested `safeContentsBag`.
    ///
    /// ```asn1
    /// SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY,
    ///     bagAttributes SET OF PKCS12Attribute OPTIONAL }
    /// ```
    ///
    /// Source: RFC 7292 §4.2.
    fn bag(
        &mut self,
        bag: Element<'_>,
        parts: &mut Parts,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let malformed = |_| Error::new(KeyFault::Format("malformed PKCS#12 bag"));
        let mut reader = bag.reader();
        let kind = reader.expect(Tag::OID).map_err(malformed)?;
        let value = reader
            .expect(Tag::context(0))
            .and_then(|value| value.only())
            .map_err(malformed)?;
        let id = match reader.optional(Tag::SET).map_err(malformed)? {
            Some(attributes) => local_key_id(attributes).map_err(malformed)?,
            None => None,
        };
        let [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, kind] = kind.content else {
            return Ok(None);
        };
        match kind {
            1 => parts.keys.push((PrivateKey::from_pkcs8(value.raw)?, id)),
            2 => {
                let mut shrouded = value.expect(Tag::SEQUENCE).map_err(malformed)?.reader();
                let algorithm = shrouded.expect(Tag::SEQUENCE).map_err(malformed)?;
                let data = octets(shrouded.element().map_err(malformed)?)?;
                let plain = self.decrypt(algorithm, &data)?;
                parts.keys.push((decrypted_pkcs8(&plain)?, id));
            }
            3 => {
                let mut certificate = value.expect(Tag::SEQUENCE).map_err(malformed)?.reader();
                let form = certificate.expect(Tag::OID).map_err(malformed)?;
                let content = certificate
                    .expect(Tag::context(0))
                    .and_then(|content| content.only())
                    .map_err(malformed)?;
                // x509Certificate; SDSI certificates are passed over.
                if matches!(
                    form.content,
                    [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 22, 1]
                ) {
                    if parts.certificates.len() >= self.limits.cms_certificates {
                        return Err(Error::limit(
                            "cms_certificates",
                            self.limits.cms_certificates as u64,
                        ));
                    }
                    parts.certificates.push((octets(content)?.into_owned(), id));
                }
            }
            // CRLs and secrets of other kinds are not ours.
            4 | 5 => {}
            6 => return Ok(Some(Zeroizing::new(value.raw.to_vec()))),
            _ => {}
        }
        Ok(None)
    }
}

/// The value of localKeyId among bag attributes.
///
/// Source: RFC 7292 §4.2, RFC 2985 §5.5.2.
fn local_key_id(attributes: Element<'_>) -> Result<LocalKeyId, Error> {
    let mut reader = attributes.reader();
    while !reader.is_empty() {
        let mut attribute = reader.expect(Tag::SEQUENCE)?.reader();
        let name = attribute.expect(Tag::OID)?;
        let values = attribute.expect(Tag::SET)?;
        if matches!(name.content, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 21]) {
            return Ok(Some(values.only()?.content.to_vec()));
        }
    }
    Ok(None)
}

/// ```asn1
/// ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
/// ```
fn content_info(info: Element<'_>) -> Result<(Oid, Element<'_>), Error> {
    let mut reader: Reader<'_> = info.reader();
    let read = |reader: &mut Reader<'_>| reader.expect(Tag::OID)?.oid();
    let malformed = |_| Error::new(KeyFault::Format("malformed PKCS#12 contents"));
    let kind = read(&mut reader).map_err(malformed)?;
    let content = reader
        .expect(Tag::context(0))
        .and_then(|content| content.only())
        .map_err(malformed)?;
    Ok((kind, content))
}

/// The octets of an OCTET STRING, also one in pieces and also under an implicit tag.
///
/// Source: ITU-T X.690 §8.7.3.
fn octets(string: Element<'_>) -> Result<Cow<'_, [u8]>, Error> {
    let malformed = |_| Error::new(KeyFault::Format("malformed octet string in PKCS#12 file"));
    if !string.tag.is_constructed() {
        return Ok(Cow::Borrowed(string.content));
    }
    let mut joined = Vec::with_capacity(string.content.len());
    let mut reader = string.reader();
    while !reader.is_empty() {
        let piece = reader.expect(Tag::OCTET_STRING).map_err(malformed)?;
        joined.extend_from_slice(piece.content);
    }
    Ok(Cow::Owned(joined))
}

/// `bytes` as DER. What BER allows is met in files of Windows, Java and older programs.
fn definite<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, [u8]>, Error> {
    let malformed = |error: Error| match error.kind() {
        ErrorKind::Limit { .. } => error,
        _ => KeyFault::Format("malformed PKCS#12 structure").into(),
    };
    let survey = ber::survey(bytes, limits.asn1_depth).map_err(malformed)?;
    if survey.not_der.is_none() {
        return Ok(Cow::Borrowed(bytes));
    }
    if survey.length != bytes.len() {
        return Err(KeyFault::Format("something follows the PKCS#12 structure").into());
    }
    ber::to_der(bytes, limits.asn1_depth)
        .map(Cow::Owned)
        .map_err(malformed)
}

/// As [`definite`], for contents that may hold a key in the clear.
fn definite_secret(
    bytes: Zeroizing<Vec<u8>>,
    limits: &Limits,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    match definite(&bytes, limits)? {
        Cow::Owned(der) => Ok(Zeroizing::new(der)),
        Cow::Borrowed(_) => Ok(bytes),
    }
}
