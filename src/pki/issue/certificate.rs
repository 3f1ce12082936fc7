//! Template + public key + authority → DER certificate.

use sha1::{Digest as _, Sha1};

use super::{Key, explicit, signed, time};
use crate::asn1::{Tag, write};
use crate::error::Error;
use crate::oid::{self, Oid};
use crate::pki::extension::KeyUsage;
use crate::time::UtcTime;

/// A distinguished name: one attribute in each relative name, in the order given. A kind may come
/// several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    attributes: Vec<(Oid, Tag, Vec<u8>)>,
}

impl Subject {
    /// An empty name.
    pub fn new() -> Self {
        Self::default()
    }

    /// This name and one more attribute. Countries and serial numbers become PrintableString,
    /// mail addresses and domain components IA5String, all others UTF8String.
    #[must_use]
    pub fn with(self, kind: Oid, text: &str) -> Self {
        let tag = if kind == oid::AT_COUNTRY || kind == oid::AT_SERIAL_NUMBER {
            Tag::PRINTABLE_STRING
        } else if kind == oid::AT_EMAIL_ADDRESS || kind == oid::AT_DOMAIN_COMPONENT {
            Tag::IA5_STRING
        } else {
            Tag::UTF8_STRING
        };
        self.with_raw(kind, tag, text.as_bytes())
    }

    /// This name and one more attribute, whose value is `tag` and `content`, unchecked.
    #[must_use]
    pub fn with_raw(mut self, kind: Oid, tag: Tag, content: &[u8]) -> Self {
        self.attributes.push((kind, tag, content.to_vec()));
        self
    }

    /// DER `Name`.
    ///
    /// # Errors
    /// A value of 256 MiB.
    ///
    /// Source: RFC 5280 §4.1.2.4.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        for (kind, tag, value) in &self.attributes {
            let attribute =
                write::sequence(&[&write::oid(kind)?, &write::element(*tag, &[value])?])?;
            content.extend(write::element(Tag::SET, &[&attribute])?);
        }
        write::sequence(&[&content])
    }
}

/// One extension to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtensionValue {
    /// Kind.
    pub kind: Oid,
    /// Whether a reader that does not know it must refuse the whole.
    pub critical: bool,
    /// DER value, content of the OCTET STRING; unchecked.
    pub value: Vec<u8>,
}

impl ExtensionValue {
    /// Any extension.
    pub fn new(kind: Oid, critical: bool, value: Vec<u8>) -> Self {
        Self {
            kind,
            critical,
            value,
        }
    }

    /// Basic constraints, critical. `path_length` is the number of authorities that may follow.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    ///
    /// Source: RFC 5280 §4.2.1.9.
    pub fn basic_constraints(authority: bool, path_length: Option<u64>) -> Result<Self, Error> {
        let mut content = Vec::new();
        if authority {
            content.extend(write::element(Tag::BOOLEAN, &[&[0xff]])?);
        }
        if let Some(length) = path_length {
            content.extend(write::small(length)?);
        }
        let value = write::sequence(&[&content])?;
        Ok(Self::new(oid::BASIC_CONSTRAINTS, true, value))
    }

    /// Key usage, critical.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    ///
    /// Source: RFC 5280 §4.2.1.3; X.690 §11.2.2 (no trailing zero bits).
    pub fn key_usage(usage: KeyUsage) -> Result<Self, Error> {
        const ORDER: [KeyUsage; 9] = [
            KeyUsage::DIGITAL_SIGNATURE,
            KeyUsage::CONTENT_COMMITMENT,
            KeyUsage::KEY_ENCIPHERMENT,
            KeyUsage::DATA_ENCIPHERMENT,
            KeyUsage::KEY_AGREEMENT,
            KeyUsage::KEY_CERT_SIGN,
            KeyUsage::CRL_SIGN,
            KeyUsage::ENCIPHER_ONLY,
            KeyUsage::DECIPHER_ONLY,
        ];
        let bits = ORDER.iter().enumerate().fold(0u16, |bits, (at, bit)| {
            if usage.has(*bit) {
                bits | 0x8000 >> at
            } else {
                bits
            }
        });
        let octets = bits.to_be_bytes();
        let octets: &[u8] = if bits & 0xff == 0 {
            &octets[..1]
        } else {
            &octets
        };
        let unused = octets.last().map_or(0, |last| last.trailing_zeros());
        // Zero to eight.
        let value = write::element(Tag::BIT_STRING, &[&[(unused % 8) as u8], octets])?;
        Ok(Self::new(oid::KEY_USAGE, true, value))
    }

    /// Extended key usage, not critical.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    ///
    /// Source: RFC 5280 §4.2.1.12.
    pub fn extended_key_usage(purposes: &[Oid]) -> Result<Self, Error> {
        let mut content = Vec::new();
        for purpose in purposes {
            content.extend(write::oid(purpose)?);
        }
        let value = write::sequence(&[&content])?;
        Ok(Self::new(oid::EXTENDED_KEY_USAGE, false, value))
    }

    /// CRL distribution points, not critical: one point for each URL.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    ///
    /// Source: RFC 5280 §4.2.1.13.
    pub fn crl_distribution_points(urls: &[&str]) -> Result<Self, Error> {
        let mut content = Vec::new();
        for url in urls {
            let full_name = explicit(0, &[&uri(url)?])?;
            content.extend(write::sequence(&[&explicit(0, &[&full_name])?])?);
        }
        let value = write::sequence(&[&content])?;
        Ok(Self::new(oid::CRL_DISTRIBUTION_POINTS, false, value))
    }

    /// Authority information access, not critical.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    ///
    /// Source: RFC 5280 §4.2.2.1.
    pub fn authority_info_access(ocsp: &[&str], issuers: &[&str]) -> Result<Self, Error> {
        let mut content = Vec::new();
        for (method, urls) in [(oid::AD_OCSP, ocsp), (oid::AD_CA_ISSUERS, issuers)] {
            for url in urls {
                content.extend(write::sequence(&[&write::oid(&method)?, &uri(url)?])?);
            }
        }
        let value = write::sequence(&[&content])?;
        Ok(Self::new(oid::AUTHORITY_INFO_ACCESS, false, value))
    }

    /// Certificate policies without qualifiers, not critical.
    ///
    /// # Errors
    /// None in practice; see [`write::element`].
    ///
    /// Source: RFC 5280 §4.2.1.4.
    pub fn certificate_policies(policies: &[Oid]) -> Result<Self, Error> {
        let mut content = Vec::new();
        for policy in policies {
            content.extend(write::sequence(&[&write::oid(policy)?])?);
        }
        let value = write::sequence(&[&content])?;
        Ok(Self::new(oid::CERTIFICATE_POLICIES, false, value))
    }

    /// Subject key identifier, not critical.
    fn subject_key_identifier(identifier: &[u8]) -> Result<Self, Error> {
        let value = write::element(Tag::OCTET_STRING, &[identifier])?;
        Ok(Self::new(oid::SUBJECT_KEY_IDENTIFIER, false, value))
    }

    /// Authority key identifier with the key's identifier alone, not critical.
    pub(super) fn authority_key_identifier(identifier: &[u8]) -> Result<Self, Error> {
        let identifier = write::element(Tag::context_primitive(0), &[identifier])?;
        let value = write::sequence(&[&identifier])?;
        Ok(Self::new(oid::AUTHORITY_KEY_IDENTIFIER, false, value))
    }

    /// DER `Extension`.
    fn to_der(&self) -> Result<Vec<u8>, Error> {
        let critical: &[u8] = if self.critical { &[1, 1, 0xff] } else { &[] };
        write::sequence(&[
            &write::oid(&self.kind)?,
            critical,
            &write::element(Tag::OCTET_STRING, &[&self.value])?,
        ])
    }
}

/// DER `Extensions`.
pub(super) fn extensions(all: &[ExtensionValue]) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    for one in all {
        content.extend(one.to_der()?);
    }
    write::sequence(&[&content])
}

/// `[6] IMPLICIT IA5String`.
fn uri(url: &str) -> Result<Vec<u8>, Error> {
    write::element(Tag::context_primitive(6), &[url.as_bytes()])
}

/// What a certificate says, apart from its keys and its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Serial number, big-endian, not negative.
    pub serial: Vec<u8>,
    /// Subject.
    pub subject: Subject,
    /// First second of validity.
    pub not_before: UtcTime,
    /// Last second of validity.
    pub not_after: UtcTime,
    /// Extensions in this order, after the key identifiers.
    pub extensions: Vec<ExtensionValue>,
    /// Whether subject and authority key identifiers are written.
    pub key_identifiers: bool,
}

impl Template {
    /// A certificate without extensions but the key identifiers.
    pub fn new(serial: &[u8], subject: Subject, not_before: UtcTime, not_after: UtcTime) -> Self {
        Self {
            serial: serial.to_vec(),
            subject,
            not_before,
            not_after,
            extensions: Vec::new(),
            key_identifiers: true,
        }
    }

    /// A root: an authority that signs certificates and CRLs.
    pub fn root(serial: &[u8], subject: Subject, from: UtcTime, until: UtcTime) -> Self {
        Self::authority(serial, subject, from, until, None)
    }

    /// An authority below a root that signs certificates of signers, and CRLs.
    pub fn issuing(serial: &[u8], subject: Subject, from: UtcTime, until: UtcTime) -> Self {
        Self::authority(serial, subject, from, until, Some(0))
    }

    fn authority(
        serial: &[u8],
        subject: Subject,
        from: UtcTime,
        until: UtcTime,
        path_length: Option<u64>,
    ) -> Self {
        let usage = KeyUsage::KEY_CERT_SIGN.with(KeyUsage::CRL_SIGN);
        Self::new(serial, subject, from, until)
            .with(ExtensionValue::basic_constraints(true, path_length))
            .with(ExtensionValue::key_usage(usage))
    }

    /// A signer of documents: digitalSignature and contentCommitment.
    pub fn signer(serial: &[u8], subject: Subject, from: UtcTime, until: UtcTime) -> Self {
        let usage = KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::CONTENT_COMMITMENT);
        Self::new(serial, subject, from, until)
            .with(ExtensionValue::basic_constraints(false, None))
            .with(ExtensionValue::key_usage(usage))
    }

    /// A responder that signs OCSP answers for the authority that issues it, and is not checked
    /// for revocation itself.
    ///
    /// Source: RFC 6960 §4.2.2.2.
    pub fn ocsp_responder(serial: &[u8], subject: Subject, from: UtcTime, until: UtcTime) -> Self {
        let no_check = ExtensionValue::new(oid::OCSP_NO_CHECK, false, vec![Tag::NULL.0, 0]);
        Self::new(serial, subject, from, until)
            .with(ExtensionValue::key_usage(KeyUsage::DIGITAL_SIGNATURE))
            .with(ExtensionValue::extended_key_usage(&[oid::KP_OCSP_SIGNING]))
            .with(Ok(no_check))
    }

    /// A time-stamping authority.
    ///
    /// Source: RFC 3161 §2.3.
    pub fn time_stamping(serial: &[u8], subject: Subject, from: UtcTime, until: UtcTime) -> Self {
        let purpose = ExtensionValue::extended_key_usage(&[oid::KP_TIME_STAMPING]);
        Self::new(serial, subject, from, until)
            .with(ExtensionValue::key_usage(KeyUsage::DIGITAL_SIGNATURE))
            .with(purpose.map(|purpose| ExtensionValue {
                critical: true,
                ..purpose
            }))
    }

    /// Short values of our own, which cannot reach the writer's limit.
    fn with(mut self, extension: Result<ExtensionValue, Error>) -> Self {
        self.extensions.extend(extension);
        self
    }
}

/// A key with its own certificate, which may sign others, CRLs and OCSP answers.
#[derive(Debug)]
pub struct Authority {
    key: Key,
    name: Vec<u8>,
    certificate: Vec<u8>,
}

impl Authority {
    /// Signs its own certificate.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    pub fn root(key: Key, template: &Template) -> Result<Self, Error> {
        let name = template.subject.to_der()?;
        let certificate = certificate(&key, &name, key.subject_public_key(), key.spki(), template)?;
        Ok(Self {
            key,
            name,
            certificate,
        })
    }

    /// A holder of `key` whose certificate this authority signs: an authority below it, a
    /// responder, or a signer.
    ///
    /// # Errors
    /// [`crate::error::KeyFault`].
    pub fn subordinate(&self, key: Key, template: &Template) -> Result<Self, Error> {
        let certificate = self.issue(key.spki(), template)?;
        Ok(Self {
            name: template.subject.to_der()?,
            key,
            certificate,
        })
    }

    /// DER certificate for the key in `spki` (one DER `SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// [`crate::error::KeyFault`]; `spki` is malformed.
    ///
    /// Source: RFC 5280 §4.1.
    pub fn issue(&self, spki: &[u8], template: &Template) -> Result<Vec<u8>, Error> {
        let mut reader = crate::asn1::parse(spki)?.expect(Tag::SEQUENCE)?.reader();
        reader.expect(Tag::SEQUENCE)?;
        let (subject_key, _) = reader.expect(Tag::BIT_STRING)?.bit_string()?;
        certificate(&self.key, &self.name, subject_key, spki, template)
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// DER certificate.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// PEM certificate.
    ///
    /// # Errors
    /// None in practice; see [`super::pem`].
    pub fn certificate_pem(&self) -> Result<String, Error> {
        super::pem("CERTIFICATE", &self.certificate)
    }

    /// DER name of the subject.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Identifier of the key: SHA-1 of the public key's bits.
    ///
    /// Source: RFC 5280 §4.2.1.2 (1).
    pub fn key_identifier(&self) -> [u8; 20] {
        key_identifier(self.key.subject_public_key())
    }
}

fn key_identifier(subject_public_key: &[u8]) -> [u8; 20] {
    Sha1::digest(subject_public_key).into()
}

fn certificate(
    issuer: &Key,
    issuer_name: &[u8],
    subject_key: &[u8],
    spki: &[u8],
    template: &Template,
) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    if template.key_identifiers {
        let issuer_key = key_identifier(issuer.subject_public_key());
        all.push(ExtensionValue::subject_key_identifier(&key_identifier(
            subject_key,
        ))?);
        all.push(ExtensionValue::authority_key_identifier(&issuer_key)?);
    }
    all.extend(template.extensions.iter().cloned());
    let extensions = if all.is_empty() {
        Vec::new()
    } else {
        explicit(3, &[&extensions(&all)?])?
    };
    let tbs = write::sequence(&[
        &explicit(0, &[&write::small(2)?])?,
        &write::unsigned(&template.serial)?,
        &issuer.algorithm().to_der()?,
        issuer_name,
        &write::sequence(&[&time(template.not_before)?, &time(template.not_after)?])?,
        &template.subject.to_der()?,
        spki,
        &extensions,
    ])?;
    signed(issuer, &tbs, &[])
}
