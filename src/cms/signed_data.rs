//! SignedData and SignerInfo, DER or BER, as they were sent.

use std::borrow::Cow;

use super::attribute::Attribute;
use crate::asn1::{Tag, ber, write};
use crate::crypto::{DigestAlgorithm, SignatureAlgorithm};
use crate::error::{Asn1Fault, CmsFault, Error};
use crate::limits::Limits;
use crate::oid::{self, Oid};

/// id-ri-ocsp-response.
const OCSP_RESPONSE: Oid = Oid::from_static(&[0x2b, 6, 1, 5, 5, 7, 0x10, 2]);

/// A `ContentInfo` that holds `SignedData`.
///
/// ```text
/// ContentInfo ::= SEQUENCE { contentType OID, content [0] EXPLICIT ANY }
/// SignedData ::= SEQUENCE {
///     version          INTEGER,
///     digestAlgorithms SET OF AlgorithmIdentifier,
///     encapContentInfo SEQUENCE { eContentType OID, eContent [0] EXPLICIT OCTET STRING OPTIONAL },
///     certificates     [0] IMPLICIT SET OF CertificateChoices OPTIONAL,
///     crls             [1] IMPLICIT SET OF RevocationInfoChoice OPTIONAL,
///     signerInfos      SET OF SignerInfo }
/// ```
///
/// Source: RFC 5652 §3, §5.1, §10.2.
#[derive(Debug, Clone)]
pub struct SignedData<'a> {
    /// `version`.
    pub version: u64,
    /// `digestAlgorithms`.
    pub digest_algorithms: Vec<DigestField<'a>>,
    /// `eContentType`.
    pub content_type: Oid,
    /// `eContent`: the octets that are signed; `None` when the content is detached.
    pub content: Option<Cow<'a, [u8]>>,
    /// The content is another type than OCTET STRING, as PKCS#7 allowed; `content` is then its
    /// content octets (RFC 5652 §5.2.1).
    pub content_is_pkcs7: bool,
    /// The X.509 certificates, each as sent: an unchecked SEQUENCE.
    pub certificates: Vec<&'a [u8]>,
    /// Number of certificates of other kinds, which are skipped.
    pub other_certificates: usize,
    /// The CRLs, each as sent: an unchecked SEQUENCE.
    pub crls: Vec<&'a [u8]>,
    /// OCSP responses among the revocation information, each as sent (RFC 5940 §2.1).
    pub ocsp_responses: Vec<&'a [u8]>,
    /// Number of revocation values of other kinds, which are skipped.
    pub other_revocation: usize,
    /// All signers. There must be exactly one in a PDF, which the caller checks.
    pub signers: Vec<SignerInfo<'a>>,
    /// How it is encoded.
    pub encoding: Encoding,
    /// Octets of the `ContentInfo`.
    pub length: usize,
    /// What follows it.
    pub padding: Padding,
    /// The `ContentInfo` as sent, without what follows it.
    pub raw: &'a [u8],
}

/// How a structure is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Encoding {
    /// Every header is DER. The order of sets is not looked at.
    Der,
    /// Something is BER only.
    Ber {
        /// The first such thing.
        why: &'static str,
        /// Its position in the input, in bytes.
        at: u64,
    },
}

/// What follows a structure in the space reserved for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Padding {
    /// Nothing.
    None,
    /// That many zero octets.
    Zeros(usize),
    /// Something else.
    Other {
        /// Position of the first octet that is not zero, in bytes.
        at: u64,
    },
}

/// The `AlgorithmIdentifier` of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestField<'a> {
    /// Its DER.
    pub raw: Cow<'a, [u8]>,
    /// The algorithm; `None` when it is unknown.
    pub algorithm: Option<DigestAlgorithm>,
    /// The field names a signature algorithm instead of a digest, which some signers write.
    pub named_as_signature: bool,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerIdentifier<'a> {
    /// Issuer and serial number of the certificate.
    IssuerAndSerial {
        /// DER of the issuer's `Name`.
        issuer: Cow<'a, [u8]>,
        /// Content octets of the INTEGER, as sent.
        serial: &'a [u8],
    },
    /// Subject key identifier of the certificate.
    SubjectKeyIdentifier(Cow<'a, [u8]>),
}

/// One signer.
///
/// ```text
/// SignerInfo ::= SEQUENCE {
///     version            INTEGER,
///     sid                SignerIdentifier,
///     digestAlgorithm    AlgorithmIdentifier,
///     signedAttrs        [0] IMPLICIT SET OF Attribute OPTIONAL,
///     signatureAlgorithm AlgorithmIdentifier,
///     signature          OCTET STRING,
///     unsignedAttrs      [1] IMPLICIT SET OF Attribute OPTIONAL }
/// ```
///
/// Source: RFC 5652 §5.3.
#[derive(Debug, Clone)]
pub struct SignerInfo<'a> {
    /// `version`.
    pub version: u64,
    /// `sid`.
    pub identifier: SignerIdentifier<'a>,
    /// `digestAlgorithm`.
    pub digest_algorithm: DigestField<'a>,
    /// `signedAttrs`.
    pub signed_attributes: Option<SignedAttributes<'a>>,
    /// DER of `signatureAlgorithm`; see [`SignerInfo::algorithm`].
    pub signature_algorithm: Cow<'a, [u8]>,
    /// `signature`.
    pub signature: Cow<'a, [u8]>,
    /// `unsignedAttrs`: anyone can have put them there.
    pub unsigned_attributes: Vec<Attribute<'a>>,
    /// Position in the input, in bytes.
    pub offset: u64,
}

impl SignerInfo<'_> {
    /// The signature algorithm, with the digest of `digestAlgorithm` where it names none.
    ///
    /// # Errors
    /// As [`SignatureAlgorithm::for_cms`].
    pub fn algorithm(&self) -> Result<SignatureAlgorithm, Error> {
        SignatureAlgorithm::for_cms(&self.signature_algorithm, self.digest_algorithm.algorithm)
            .map_err(|error| error.within(self.offset))
    }

    /// Attributes that are signed; empty when there are none.
    pub fn signed(&self) -> &[Attribute<'_>] {
        self.signed_attributes
            .as_ref()
            .map_or(&[], |attributes| attributes.attributes.as_slice())
    }
}

/// The signed attributes of one signer.
///
/// Source: RFC 5652 §5.4.
#[derive(Debug, Clone)]
pub struct SignedAttributes<'a> {
    /// As sent, with the outer tag `[0]`.
    raw: &'a [u8],
    attributes: Vec<Attribute<'a>>,
    /// The sorted form where it differs from what was sent.
    sorted: Option<Vec<u8>>,
}

impl<'a> SignedAttributes<'a> {
    /// What is hashed: the octets as sent, the outer tag replaced by that of SET.
    pub fn octets_as_sent(&self) -> Vec<u8> {
        octets_of_set(self.raw)
    }

    /// What RFC 5652 wants to be hashed: the DER of the SET OF.
    pub fn octets_sorted(&self) -> Vec<u8> {
        self.sorted.clone().unwrap_or_else(|| self.octets_as_sent())
    }

    /// Whether both are the same octets.
    pub fn is_der(&self) -> bool {
        self.sorted.is_none()
    }

    /// The attributes in the order sent.
    pub fn iter(&self) -> std::slice::Iter<'_, Attribute<'a>> {
        self.attributes.iter()
    }

    /// The attributes in the order sent.
    pub fn as_slice(&self) -> &[Attribute<'a>] {
        &self.attributes
    }
}

/// Place of the first octet that is not zero; many are looked at before each decision, because
/// padding is long.
fn first_not_zero(octets: &[u8]) -> Option<usize> {
    const PART: usize = 256;
    let zeros = octets
        .chunks(PART)
        .take_while(|part| part.iter().fold(0, |all, octet| all | octet) == 0)
        .count()
        * PART;
    let rest = octets.get(zeros..)?;
    Some(zeros + rest.iter().position(|octet| *octet != 0)?)
}

impl<'a> SignedData<'a> {
    /// Reads one `ContentInfo` at the start of `bytes`; what follows it is reported as
    /// [`Padding`]. Positions count from the start of `bytes`.
    ///
    /// # Errors
    /// [`CmsFault`], [`Asn1Fault`]: malformed, or another content type;
    /// [`crate::error::ErrorKind::Limit`]: `cms`, `cms_certificates` (also for CRLs, signers and
    /// digest algorithms), `cms_attributes` or `asn1_depth`.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        if bytes.len() > limits.cms {
            return Err(Error::limit("cms", limits.cms as u64));
        }
        let (mut top, survey) = ber::Reader::surveyed(bytes, limits.asn1_depth)?;
        let outer = top.expect(Tag::SEQUENCE)?;
        let padding = match first_not_zero(top.rest()) {
            Some(index) => Padding::Other {
                at: top.offset() + index as u64,
            },
            None if top.is_empty() => Padding::None,
            None => Padding::Zeros(top.rest().len()),
        };
        let mut info = outer.reader()?;
        let content_type = read_oid(&info.expect(Tag::OID)?)?;
        if content_type != oid::SIGNED_DATA {
            return Err(Error::at(
                CmsFault::NotSignedData(content_type.to_string()),
                outer.offset,
            ));
        }
        let body = info.expect(Tag::context(0))?.only()?;
        info.finish()?;
        let mut fields = body.expect(Tag::SEQUENCE)?.reader()?;
        let version = fields.expect(Tag::INTEGER)?.strict()?.small()?;
        let mut counter = Counter::new("cms_certificates", limits.cms_certificates);
        let mut digest_algorithms = Vec::new();
        let mut algorithms = fields.expect(Tag::SET)?.reader()?;
        while !algorithms.is_empty() {
            counter.one()?;
            let element = algorithms.element()?;
            digest_algorithms.push(DigestField::read(&element).unwrap_or(DigestField {
                raw: Cow::Borrowed(element.raw),
                algorithm: None,
                named_as_signature: false,
            }));
        }
        let mut encapsulated = fields.expect(Tag::SEQUENCE)?.reader()?;
        let content_type = read_oid(&encapsulated.expect(Tag::OID)?)?;
        let (mut content, mut content_is_pkcs7) = (None, false);
        if let Some(wrapper) = encapsulated.optional(Tag::context(0))? {
            let inside = wrapper.only()?;
            content_is_pkcs7 = !matches!(inside.tag, Tag::OCTET_STRING | Tag(0x24));
            content = Some(if content_is_pkcs7 {
                Cow::Borrowed(inside.content)
            } else {
                inside.octets(Tag::OCTET_STRING)?
            });
        }
        encapsulated.finish()?;
        let mut data = Self {
            version,
            digest_algorithms,
            content_type,
            content,
            content_is_pkcs7,
            certificates: Vec::new(),
            other_certificates: 0,
            crls: Vec::new(),
            ocsp_responses: Vec::new(),
            other_revocation: 0,
            signers: Vec::new(),
            encoding: match survey.not_der {
                None => Encoding::Der,
                Some((why, at)) => Encoding::Ber { why, at },
            },
            length: outer.raw.len(),
            padding,
            raw: outer.raw,
        };
        if let Some(set) = fields.optional(Tag::context(0))? {
            data.read_certificates(&set, limits)?;
        }
        if let Some(set) = fields.optional(Tag::context(1))? {
            data.read_revocation(&set, limits)?;
        }
        let mut signers = fields.expect(Tag::SET)?.reader()?;
        let mut counter = Counter::new("cms_certificates", limits.cms_certificates);
        while !signers.is_empty() {
            counter.one()?;
            data.signers
                .push(SignerInfo::read(&signers.element()?, limits)?);
        }
        fields.finish()?;
        Ok(data)
    }

    /// `CertificateChoices`: X.509 is a plain SEQUENCE, all other choices are tagged.
    fn read_certificates(&mut self, set: &ber::Element<'a>, limits: &Limits) -> Result<(), Error> {
        let mut reader = set.reader()?;
        let mut counter = Counter::new("cms_certificates", limits.cms_certificates);
        while !reader.is_empty() {
            counter.one()?;
            let choice = reader.element()?;
            if choice.tag == Tag::SEQUENCE {
                self.certificates.push(choice.raw);
            } else {
                self.other_certificates += 1;
            }
        }
        Ok(())
    }

    /// `RevocationInfoChoice`: a CRL is a plain SEQUENCE, others are `[1]` with their OID.
    fn read_revocation(&mut self, set: &ber::Element<'a>, limits: &Limits) -> Result<(), Error> {
        let mut reader = set.reader()?;
        let mut counter = Counter::new("cms_certificates", limits.cms_certificates);
        while !reader.is_empty() {
            counter.one()?;
            let choice = reader.element()?;
            if choice.tag == Tag::SEQUENCE {
                self.crls.push(choice.raw);
                continue;
            }
            let ocsp = || -> Result<Option<&'a [u8]>, Error> {
                let mut other = choice.expect(Tag::context(1))?.reader()?;
                let format = read_oid(&other.expect(Tag::OID)?)?;
                Ok((format == OCSP_RESPONSE)
                    .then(|| other.element())
                    .transpose()?
                    .map(|response| response.raw))
            };
            match ocsp() {
                Ok(Some(response)) => self.ocsp_responses.push(response),
                _ => self.other_revocation += 1,
            }
        }
        Ok(())
    }
}

impl<'a> DigestField<'a> {
    fn read(element: &ber::Element<'a>) -> Result<Self, Error> {
        let raw = element.expect(Tag::SEQUENCE)?.der()?;
        let mut algorithm =
            DigestAlgorithm::from_der(&raw).map_err(|error| error.within(element.offset))?;
        let mut named_as_signature = false;
        if algorithm.is_none() {
            let oid = read_oid(&element.reader()?.expect(Tag::OID)?)?;
            algorithm = SignatureAlgorithm::digest_of_oid(&oid);
            named_as_signature = algorithm.is_some();
        }
        Ok(Self {
            raw,
            algorithm,
            named_as_signature,
        })
    }
}

impl<'a> SignerInfo<'a> {
    fn read(element: &ber::Element<'a>, limits: &Limits) -> Result<Self, Error> {
        let mut fields = element.expect(Tag::SEQUENCE)?.reader()?;
        let version = fields.expect(Tag::INTEGER)?.strict()?.small()?;
        let sid = fields.element()?;
        let identifier = match sid.tag {
            Tag::SEQUENCE => {
                let mut parts = sid.reader()?;
                let issuer = parts.expect(Tag::SEQUENCE)?.der()?;
                let serial = parts.expect(Tag::INTEGER)?;
                parts.finish()?;
                if serial.content.is_empty() {
                    return Err(Error::at(Asn1Fault::Value("empty integer"), serial.offset));
                }
                SignerIdentifier::IssuerAndSerial {
                    issuer,
                    serial: serial.content,
                }
            }
            Tag(0x80 | 0xa0) => {
                SignerIdentifier::SubjectKeyIdentifier(sid.octets(Tag::context_primitive(0))?)
            }
            _ => {
                return Err(Error::at(
                    CmsFault::Malformed("signer identifier of no known kind"),
                    sid.offset,
                ));
            }
        };
        let digest_algorithm = DigestField::read(&fields.element()?)?;
        let signed_attributes = fields
            .optional(Tag::context(0))?
            .map(|set| SignedAttributes::read(&set, limits))
            .transpose()?;
        let signature_algorithm = fields.expect(Tag::SEQUENCE)?.der()?;
        let signature = fields.element()?.octets(Tag::OCTET_STRING)?;
        let unsigned_attributes = match fields.optional(Tag::context(1))? {
            Some(set) => read_attributes(&set, limits)?,
            None => Vec::new(),
        };
        fields.finish()?;
        Ok(Self {
            version,
            identifier,
            digest_algorithm,
            signed_attributes,
            signature_algorithm,
            signature,
            unsigned_attributes,
            offset: element.offset,
        })
    }
}

impl<'a> SignedAttributes<'a> {
    fn read(set: &ber::Element<'a>, limits: &Limits) -> Result<Self, Error> {
        let attributes = read_attributes(set, limits)?;
        let in_order = |values: &[&[u8]]| values.is_sorted();
        let whole: Vec<&[u8]> = attributes.iter().map(|attribute| attribute.raw).collect();
        let tidy =
            set.is_der()? && in_order(&whole) && attributes.iter().all(|one| in_order(&one.values));
        let sorted = if tidy {
            None
        } else {
            Some(sorted(&attributes, limits).map_err(|error| error.within(set.offset))?)
        };
        Ok(Self {
            raw: set.raw,
            attributes,
            sorted: sorted.filter(|sorted| *sorted != octets_of_set(set.raw)),
        })
    }
}

/// `raw` with the outer tag of SET.
fn octets_of_set(raw: &[u8]) -> Vec<u8> {
    let mut octets = raw.to_vec();
    if let Some(tag) = octets.first_mut() {
        *tag = Tag::SET.0;
    }
    octets
}

/// The attributes as a DER SET OF; a value whose inside is no ASN.1 stays as it is.
fn sorted(attributes: &[Attribute<'_>], limits: &Limits) -> Result<Vec<u8>, Error> {
    let mut members = Vec::with_capacity(attributes.len());
    for attribute in attributes {
        let mut values = Vec::with_capacity(attribute.values.len());
        for value in &attribute.values {
            values.push(ber::to_der(value, limits.asn1_depth).unwrap_or_else(|_| value.to_vec()));
        }
        members.push(write::sequence(&[
            &write::oid(&attribute.oid)?,
            &write::set_of(Tag::SET, &values)?,
        ])?);
    }
    write::set_of(Tag::SET, &members)
}

/// `SET OF Attribute` under an IMPLICIT tag.
///
/// ```text
/// Attribute ::= SEQUENCE { attrType OID, attrValues SET OF ANY }
/// ```
fn read_attributes<'a>(
    set: &ber::Element<'a>,
    limits: &Limits,
) -> Result<Vec<Attribute<'a>>, Error> {
    let mut reader = set.reader()?;
    let mut counter = Counter::new("cms_attributes", limits.cms_attributes);
    let mut attributes = Vec::new();
    while !reader.is_empty() {
        counter.one()?;
        let element = reader.expect(Tag::SEQUENCE)?;
        let mut parts = element.reader()?;
        let oid = read_oid(&parts.expect(Tag::OID)?)?;
        let mut inside = parts.expect(Tag::SET)?.reader()?;
        parts.finish()?;
        let mut values = Vec::new();
        let mut offsets = Vec::new();
        let mut counter = Counter::new("cms_attributes", limits.cms_attributes);
        while !inside.is_empty() {
            counter.one()?;
            let value = inside.element()?;
            values.push(value.raw);
            offsets.push(value.offset);
        }
        attributes.push(Attribute {
            oid,
            values,
            raw: element.raw,
            offset: element.offset,
            offsets,
        });
    }
    Ok(attributes)
}

fn read_oid(element: &ber::Element<'_>) -> Result<Oid, Error> {
    Oid::from_content(element.content).ok_or_else(|| {
        Error::at(
            Asn1Fault::Value("malformed object identifier"),
            element.offset,
        )
    })
}

/// Counts members against a limit.
struct Counter {
    name: &'static str,
    max: usize,
    seen: usize,
}

impl Counter {
    fn new(name: &'static str, max: usize) -> Self {
        Self { name, max, seen: 0 }
    }

    fn one(&mut self) -> Result<(), Error> {
        self.seen += 1;
        if self.seen > self.max {
            return Err(Error::limit(self.name, self.max as u64));
        }
        Ok(())
    }
}
