//! Attributes of a signer → typed values; one function per attribute.
//!
//! Every function tells three things apart: `Ok(None)` the attribute is absent, `Ok(Some(_))` it
//! is there as its standard defines it, `Err` it is there and breaks its definition
//! ([`CmsFault::Attribute`] with the position in the CMS).

use super::DigestField;
use super::SignerInfo;
use crate::asn1::{Element, Reader, Tag};
use crate::crypto::DigestAlgorithm;
use crate::error::{AttributeProblem, CmsFault, Error};
use crate::oid::{self, Oid};
use crate::time::UtcTime;

/// One attribute, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// `attrType`.
    pub oid: Oid,
    /// The values, each one element as sent.
    pub values: Vec<&'a [u8]>,
    /// The whole attribute as sent.
    pub raw: &'a [u8],
    /// Position in the CMS, in bytes.
    pub offset: u64,
    /// Positions of the values in the CMS, in bytes.
    pub offsets: Vec<u64>,
}

/// id-aa-ets-commitmentType.
const COMMITMENT_TYPE: Oid =
    Oid::from_static(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 0x10]);
/// id-aa-ets-certValues.
const CERTIFICATE_VALUES: Oid =
    Oid::from_static(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 0x17]);
/// id-aa-ets-revocationValues.
const REVOCATION_VALUES: Oid =
    Oid::from_static(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 0x18]);

/// content-type: what was signed.
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: RFC 5652 §11.1.
pub fn content_type(attributes: &[Attribute<'_>]) -> Result<Option<Oid>, Error> {
    one(attributes, &oid::CONTENT_TYPE, "content-type", |value| {
        value.expect(Tag::OID)?.oid()
    })
}

/// message-digest: the digest of the content; its length is not checked here.
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: RFC 5652 §11.2.
pub fn message_digest<'a>(attributes: &[Attribute<'a>]) -> Result<Option<&'a [u8]>, Error> {
    one(
        attributes,
        &oid::MESSAGE_DIGEST,
        "message-digest",
        |value| Ok(value.expect(Tag::OCTET_STRING)?.content),
    )
}

/// signing-time: what the signer claims.
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: RFC 5652 §11.3.
pub fn signing_time(attributes: &[Attribute<'_>]) -> Result<Option<UtcTime>, Error> {
    one(attributes, &oid::SIGNING_TIME, "signing-time", |value| {
        value.time()
    })
}

/// One certificate that the signer names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EssCertId<'a> {
    /// Digest algorithm of `hash`; `None` when it is unknown.
    pub digest: Option<DigestAlgorithm>,
    /// Digest of the certificate's DER.
    pub hash: &'a [u8],
    /// Issuer and serial number, when given.
    pub issuer_serial: Option<IssuerSerial<'a>>,
}

/// Issuer and serial number of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSerial<'a> {
    /// DER of `GeneralNames`.
    pub issuer: &'a [u8],
    /// DER of the `Name`, when `issuer` is exactly one directory name, as it must be here.
    pub directory_name: Option<&'a [u8]>,
    /// Content octets of the INTEGER.
    pub serial: &'a [u8],
}

impl EssCertId<'_> {
    /// Whether `hash` is the digest of `certificate` (DER); `None` when the algorithm is unknown.
    pub fn matches(&self, certificate: &[u8]) -> Option<bool> {
        self.digest
            .map(|digest| digest.digest(&[certificate]).as_bytes() == self.hash)
    }
}

/// signing-certificate: SHA-1 digests of the signer's certificate and perhaps others, never empty.
///
/// ```text
/// SigningCertificate ::= SEQUENCE {
///     certs    SEQUENCE OF ESSCertID,
///     policies SEQUENCE OF PolicyInformation OPTIONAL }
/// ESSCertID ::= SEQUENCE { certHash OCTET STRING, issuerSerial IssuerSerial OPTIONAL }
/// ```
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: RFC 2634 §5.4; RFC 5035 §5.
pub fn signing_certificate<'a>(
    attributes: &[Attribute<'a>],
) -> Result<Option<Vec<EssCertId<'a>>>, Error> {
    one(
        attributes,
        &oid::SIGNING_CERTIFICATE,
        "signing-certificate",
        |value| ess_cert_ids(&value, false),
    )
}

/// signing-certificate-v2: digests of the signer's certificate and perhaps others, never empty.
///
/// ```text
/// SigningCertificateV2 ::= SEQUENCE {
///     certs    SEQUENCE OF ESSCertIDv2,
///     policies SEQUENCE OF PolicyInformation OPTIONAL }
/// ESSCertIDv2 ::= SEQUENCE {
///     hashAlgorithm AlgorithmIdentifier DEFAULT {algorithm id-sha256},
///     certHash      OCTET STRING,
///     issuerSerial  IssuerSerial OPTIONAL }
/// ```
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: RFC 5035 §3, §4.
pub fn signing_certificate_v2<'a>(
    attributes: &[Attribute<'a>],
) -> Result<Option<Vec<EssCertId<'a>>>, Error> {
    one(
        attributes,
        &oid::SIGNING_CERTIFICATE_V2,
        "signing-certificate-v2",
        |value| ess_cert_ids(&value, true),
    )
}

fn ess_cert_ids<'a>(value: &Element<'a>, v2: bool) -> Result<Vec<EssCertId<'a>>, Error> {
    let mut fields = value.expect(Tag::SEQUENCE)?.reader();
    let list = fields.expect(Tag::SEQUENCE)?;
    fields.optional(Tag::SEQUENCE)?;
    fields.finish()?;
    let mut identifiers = Vec::new();
    let mut list_reader = list.reader();
    while !list_reader.is_empty() {
        let mut parts = list_reader.expect(Tag::SEQUENCE)?.reader();
        let digest = if v2 {
            match parts.optional(Tag::SEQUENCE)? {
                Some(algorithm) => DigestAlgorithm::from_der(algorithm.raw)
                    .map_err(|error| error.within(algorithm.offset))?,
                None => Some(DigestAlgorithm::Sha256),
            }
        } else {
            Some(DigestAlgorithm::Sha1)
        };
        let hash = parts.expect(Tag::OCTET_STRING)?.content;
        let issuer_serial = match parts.optional(Tag::SEQUENCE)? {
            Some(pair) => Some(issuer_serial(&pair)?),
            None => None,
        };
        parts.finish()?;
        identifiers.push(EssCertId {
            digest,
            hash,
            issuer_serial,
        });
    }
    if identifiers.is_empty() {
        return Err(list.fault(crate::error::Asn1Fault::Value("empty list")));
    }
    Ok(identifiers)
}

/// ```text
/// IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber CertificateSerialNumber }
/// ```
fn issuer_serial<'a>(pair: &Element<'a>) -> Result<IssuerSerial<'a>, Error> {
    let mut parts = pair.reader();
    let names = parts.expect(Tag::SEQUENCE)?;
    let serial = parts.expect(Tag::INTEGER)?;
    parts.finish()?;
    let directory_name = names
        .only()
        .ok()
        .filter(|name| name.tag == Tag::context(4))
        .and_then(|name| name.only().ok())
        .map(|name| name.raw);
    Ok(IssuerSerial {
        issuer: names.raw,
        directory_name,
        serial: serial.content,
    })
}

/// What CMSAlgorithmProtection protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlgorithmProtection<'a> {
    /// DER of the digest `AlgorithmIdentifier`.
    pub digest: &'a [u8],
    /// Content of the signature `AlgorithmIdentifier`; `None` when a MAC is protected instead.
    pub signature: Option<&'a [u8]>,
}

impl AlgorithmProtection<'_> {
    /// Whether these are the algorithms that `signer` states outside its signed attributes.
    /// Absent and NULL parameters are the same.
    pub fn matches(&self, signer: &SignerInfo<'_>) -> bool {
        fn parts(content: &[u8]) -> Option<(Oid, &[u8])> {
            let mut reader = Reader::new(content);
            let oid = reader.expect(Tag::OID).ok()?.oid().ok()?;
            let parameters = reader.rest();
            Some((
                oid,
                if parameters == [5, 0] {
                    &[]
                } else {
                    parameters
                },
            ))
        }
        let inside = |raw: &[u8]| {
            let sequence = crate::asn1::parse(raw).ok()?;
            let (oid, parameters) = parts(sequence.content)?;
            Some((oid, parameters.to_vec()))
        };
        let DigestField { raw, .. } = &signer.digest_algorithm;
        let digest = inside(self.digest);
        let signature = self
            .signature
            .and_then(parts)
            .map(|(oid, parameters)| (oid, parameters.to_vec()));
        digest.is_some()
            && digest == inside(raw)
            && signature.is_some()
            && signature == inside(&signer.signature_algorithm)
    }
}

/// CMSAlgorithmProtection.
///
/// ```text
/// CMSAlgorithmProtection ::= SEQUENCE {
///     digestAlgorithm        DigestAlgorithmIdentifier,
///     signatureAlgorithm [1] SignatureAlgorithmIdentifier OPTIONAL,
///     macAlgorithm       [2] MessageAuthenticationCodeAlgorithm OPTIONAL }
/// ```
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: RFC 6211 §2.
pub fn algorithm_protection<'a>(
    attributes: &[Attribute<'a>],
) -> Result<Option<AlgorithmProtection<'a>>, Error> {
    one(
        attributes,
        &oid::CMS_ALGORITHM_PROTECTION,
        "CMSAlgorithmProtection",
        |value| {
            let mut fields = value.expect(Tag::SEQUENCE)?.reader();
            let digest = fields.expect(Tag::SEQUENCE)?.raw;
            let signature = fields.optional(Tag::context(1))?.map(|field| field.content);
            fields.optional(Tag::context(2))?;
            fields.finish()?;
            Ok(AlgorithmProtection { digest, signature })
        },
    )
}

/// Time-stamp tokens over the signature value, from the **unsigned** attributes; empty when
/// there is none. Each is one CMS `ContentInfo` as sent, with its position.
///
/// # Errors
/// [`CmsFault::Attribute`]: an attribute without a value.
///
/// Source: RFC 3161 Appendix A; EN 319 122-1 §5.3.
pub fn signature_time_stamps<'a>(
    unsigned: &[Attribute<'a>],
) -> Result<Vec<(&'a [u8], u64)>, Error> {
    all_values(unsigned, &oid::SIGNATURE_TIME_STAMP, "signature-time-stamp")
}

/// Time-stamp tokens over the content, from the signed attributes; empty when there is none.
///
/// # Errors
/// [`CmsFault::Attribute`]: an attribute without a value.
///
/// Source: EN 319 122-1 §5.2.8.
pub fn content_time_stamps<'a>(signed: &[Attribute<'a>]) -> Result<Vec<(&'a [u8], u64)>, Error> {
    all_values(signed, &oid::CONTENT_TIME_STAMP, "content-time-stamp")
}

/// Revocation data inside a signature: each CRL and OCSP value one DER element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevocationValues<'a> {
    /// CRLs.
    pub crls: Vec<&'a [u8]>,
    /// OCSP: `OCSPResponse` from [`adobe_revocation_info`], `BasicOCSPResponse` from
    /// [`revocation_values`].
    pub ocsps: Vec<&'a [u8]>,
    /// Number of values of other kinds.
    pub others: usize,
}

/// adbe-revocationInfoArchival, a signed attribute: CRLs and `OCSPResponse`s.
///
/// ```text
/// RevocationInfoArchival ::= SEQUENCE {
///     crl          [0] EXPLICIT SEQUENCE OF CRLs OPTIONAL,
///     ocsp         [1] EXPLICIT SEQUENCE OF OCSPResponse OPTIONAL,
///     otherRevInfo [2] EXPLICIT SEQUENCE OF OtherRevInfo OPTIONAL }
/// ```
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: ISO 32000-2 §12.8.3.3.2.
pub fn adobe_revocation_info<'a>(
    signed: &[Attribute<'a>],
) -> Result<Option<RevocationValues<'a>>, Error> {
    one(
        signed,
        &oid::ADOBE_REVOCATION_INFO,
        "adbe-revocationInfoArchival",
        |value| revocation_lists(&value),
    )
}

/// revocation-values, an unsigned attribute: CRLs and `BasicOCSPResponse`s.
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: EN 319 122-1 Annex A.1.1.
pub fn revocation_values<'a>(
    unsigned: &[Attribute<'a>],
) -> Result<Option<RevocationValues<'a>>, Error> {
    one(unsigned, &REVOCATION_VALUES, "revocation-values", |value| {
        revocation_lists(&value)
    })
}

fn revocation_lists<'a>(value: &Element<'a>) -> Result<RevocationValues<'a>, Error> {
    let mut fields = value.expect(Tag::SEQUENCE)?.reader();
    let mut list = |number: u8| -> Result<Vec<&'a [u8]>, Error> {
        let Some(field) = fields.optional(Tag::context(number))? else {
            return Ok(Vec::new());
        };
        let inside = field.only()?;
        // NOTE: otherRevVals of EN 319 122-1 is a single value, not a list.
        elements(&inside.expect(Tag::SEQUENCE)?)
    };
    let (crls, ocsps, others) = (list(0)?, list(1)?, list(2)?.len());
    fields.finish()?;
    Ok(RevocationValues {
        crls,
        ocsps,
        others,
    })
}

/// certificate-values, an unsigned attribute: certificates, each one DER element.
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: EN 319 122-1 Annex A.1.2.
pub fn certificate_values<'a>(unsigned: &[Attribute<'a>]) -> Result<Option<Vec<&'a [u8]>>, Error> {
    one(
        unsigned,
        &CERTIFICATE_VALUES,
        "certificate-values",
        |value| elements(&value.expect(Tag::SEQUENCE)?),
    )
}

fn elements<'a>(list: &Element<'a>) -> Result<Vec<&'a [u8]>, Error> {
    let mut reader = list.reader();
    let mut elements = Vec::new();
    while !reader.is_empty() {
        elements.push(reader.element()?.raw);
    }
    Ok(elements)
}

/// signature-policy-identifier: `Some(None)` is the implied policy.
///
/// ```text
/// SignaturePolicy ::= CHOICE {
///     signaturePolicyId      SignaturePolicyId,
///     signaturePolicyImplied NULL }
/// ```
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: EN 319 122-1 §5.2.9.1.
pub fn signature_policy(signed: &[Attribute<'_>]) -> Result<Option<Option<Oid>>, Error> {
    one(
        signed,
        &oid::SIGNATURE_POLICY,
        "signature-policy-identifier",
        |value| {
            if value.tag == Tag::NULL {
                return Ok(None);
            }
            let mut fields = value.expect(Tag::SEQUENCE)?.reader();
            fields.expect(Tag::OID)?.oid().map(Some)
        },
    )
}

/// commitment-type-indication: the commitments that the signer makes; empty when there is none.
///
/// # Errors
/// [`CmsFault::Attribute`].
///
/// Source: EN 319 122-1 §5.2.3.
pub fn commitment_types(signed: &[Attribute<'_>]) -> Result<Vec<Oid>, Error> {
    const NAME: &str = "commitment-type-indication";
    all_values(signed, &COMMITMENT_TYPE, NAME)?
        .into_iter()
        .map(|(value, offset)| {
            read(value, offset, NAME, |value| {
                let mut fields = value.expect(Tag::SEQUENCE)?.reader();
                fields.expect(Tag::OID)?.oid()
            })
        })
        .collect()
}

/// The attribute that must be there at most once, with one value.
fn one<'a, T>(
    attributes: &[Attribute<'a>],
    oid: &Oid,
    name: &'static str,
    value_of: impl FnOnce(Element<'a>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut found = attributes.iter().filter(|attribute| attribute.oid == *oid);
    let Some(attribute) = found.next() else {
        return Ok(None);
    };
    let problem = |problem| Error::at(CmsFault::Attribute { name, problem }, attribute.offset);
    let more = found.count();
    if more > 0 {
        return Err(problem(AttributeProblem::Repeated(more + 1)));
    }
    match (attribute.values.as_slice(), attribute.offsets.as_slice()) {
        ([value], [offset]) => read(value, *offset, name, value_of).map(Some),
        (values, _) => Err(problem(AttributeProblem::Values(values.len()))),
    }
}

/// All values of all attributes of one kind, with their positions.
fn all_values<'a>(
    attributes: &[Attribute<'a>],
    oid: &Oid,
    name: &'static str,
) -> Result<Vec<(&'a [u8], u64)>, Error> {
    let mut values = Vec::new();
    for attribute in attributes.iter().filter(|one| one.oid == *oid) {
        if attribute.values.is_empty() {
            let problem = AttributeProblem::Values(0);
            return Err(Error::at(
                CmsFault::Attribute { name, problem },
                attribute.offset,
            ));
        }
        values.extend(
            attribute
                .values
                .iter()
                .copied()
                .zip(attribute.offsets.iter().copied()),
        );
    }
    Ok(values)
}

/// One value, which must be DER.
fn read<'a, T>(
    value: &'a [u8],
    offset: u64,
    name: &'static str,
    value_of: impl FnOnce(Element<'a>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut reader = Reader::at(value, offset);
    reader
        .element()
        .and_then(|element| {
            reader.finish()?;
            value_of(element)
        })
        .map_err(|error| {
            let problem = AttributeProblem::Malformed;
            Error::at(
                CmsFault::Attribute { name, problem },
                error.position().unwrap_or(offset),
            )
        })
}
