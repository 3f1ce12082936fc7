//! Bytes of a certificate → [`Certificate`]: owned, cheap to clone, with every oddity noted.

mod oddity;

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use sha2::Digest as _;

use crate::asn1::{self, Element, Tag};
use crate::cms::{Padding, SignedData};
use crate::crypto::{PublicKey, SignatureAlgorithm};
use crate::error::{Asn1Fault, Error, PkiFault};
use crate::limits::Limits;
use crate::oid::{self, Oid};
use crate::pki::extension::{
    AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, Extension,
    GeneralName, KeyUsage, Known, NameConstraints, PolicyConstraints, PolicyMapping, is_processed,
};
use crate::pki::holder::Holder;
use crate::time::UtcTime;

use oddity::{is_fatal, note_authority, note_names, note_serial};

pub use crate::pki::extension::SerialNumber;
pub use crate::pki::name::{Name, NameMatch};
pub use oddity::Oddity;

/// An X.509 certificate. Equal when the octets are equal.
///
/// What RFC 5280 forbids but real issuers do is read and noted in [`Certificate::oddities`];
/// what makes a certificate useless on a path is refused there, not here, so that one bad
/// certificate does not take a whole pool with it.
///
/// ```asn1
/// Certificate ::= SEQUENCE {
///   tbsCertificate      TBSCertificate,
///   signatureAlgorithm  AlgorithmIdentifier,
///   signature           BIT STRING }
/// ```
///
/// Source: RFC 5280 §4.1.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    sha256: [u8; 32],
    tbs: Range<usize>,
    spki: Range<usize>,
    signature: Range<usize>,
    algorithm: Range<usize>,
    version: u8,
    serial: SerialNumber,
    issuer: Name,
    subject: Name,
    validity: Validity,
    public_key: PublicKey,
    signature_algorithm: SignatureAlgorithm,
    extensions: Vec<Extension>,
    known: Known,
    oddities: Vec<Oddity>,
    unusable: Option<Oddity>,
}

/// The period in which a certificate may be used; both ends belong to it.
///
/// Source: RFC 5280 §4.1.2.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Validity {
    /// First second.
    pub not_before: UtcTime,
    /// Last second; [`UtcTime::MAX`] means that no end is known.
    pub not_after: UtcTime,
}

impl Validity {
    /// Whether `at` is inside.
    pub fn contains(&self, at: UtcTime) -> bool {
        self.not_before <= at && at <= self.not_after
    }
}

impl Certificate {
    /// From one DER value without trailing bytes, of at most the default
    /// [`Limits::certificate`] bytes.
    ///
    /// # Errors
    /// [`Asn1Fault`], [`PkiFault::Certificate`], a limit, or what
    /// [`PublicKey::from_spki`] and [`SignatureAlgorithm::from_der`] say; positions count from
    /// the start of `der`.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::from_der_within(der, &Limits::new())
    }

    /// As [`Certificate::from_der`], with other limits.
    ///
    /// # Errors
    /// As there.
    pub fn from_der_within(der: &[u8], limits: &Limits) -> Result<Self, Error> {
        if der.len() > limits.certificate {
            return Err(Error::limit("certificate", limits.certificate as u64));
        }
        parse(der).map(|inner| Self(Arc::new(inner)))
    }

    /// All certificates of a PEM bundle, of one DER certificate, or of a PKCS#7 or CMS bundle in
    /// PEM or DER. Text around the PEM blocks and blocks of other kinds are passed over.
    ///
    /// # Errors
    /// As [`Certificate::from_der`]; [`PkiFault::Certificate`] when nothing is there.
    pub fn from_pem_or_der(bytes: &[u8]) -> Result<Vec<Self>, Error> {
        let mut found = Vec::new();
        let blocks = crate::pki::pem::blocks(bytes)?;
        if blocks.is_empty() {
            from_der_or_bundle(bytes, &mut found)?;
        }
        for block in blocks {
            match block.label.as_str() {
                "CERTIFICATE" | "X509 CERTIFICATE" => found.push(Self::from_der(&block.content)?),
                // OpenSSL appends its own trust settings, which are not ours.
                "TRUSTED CERTIFICATE" => {
                    let first = asn1::Reader::new(&block.content).element()?;
                    found.push(Self::from_der(first.raw)?);
                }
                "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => {
                    from_der_or_bundle(&block.content, &mut found)?;
                }
                _ => {}
            }
        }
        if found.is_empty() {
            return Err(PkiFault::Certificate("no certificate found").into());
        }
        Ok(found)
    }

    /// The octets.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the octets: what trust files pin.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.0.sha256
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        // All ranges were taken from this very value.
        self.0.der.get(range.clone()).unwrap_or_default()
    }

    /// The part that is signed, header included.
    pub fn tbs(&self) -> &[u8] {
        self.part(&self.0.tbs)
    }

    /// The octets of the signature.
    pub fn signature(&self) -> &[u8] {
        self.part(&self.0.signature)
    }

    /// The outer signature algorithm, DER with header.
    pub fn signature_algorithm_der(&self) -> &[u8] {
        self.part(&self.0.algorithm)
    }

    /// The signature algorithm.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// SubjectPublicKeyInfo, DER with header.
    pub fn spki(&self) -> &[u8] {
        self.part(&self.0.spki)
    }

    /// The key of the subject.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.0.version
    }

    /// The serial number.
    pub fn serial(&self) -> &SerialNumber {
        &self.0.serial
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Whose it is.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who holds it, as the subject tells it.
    pub fn holder(&self) -> Holder {
        Holder::from_name(&self.0.subject)
    }

    /// When it may be used.
    pub fn validity(&self) -> &Validity {
        &self.0.validity
    }

    /// Whether subject and issuer are the same name; says nothing about the signature.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject.matches(&self.0.issuer) != NameMatch::Different
    }

    /// Whether this is a CA certificate of version 3.
    pub fn is_authority(&self) -> bool {
        self.0.version == 3 && self.0.known.basic_constraints.is_some_and(|b| b.ca)
    }

    /// All extensions, in order.
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions
    }

    /// The first extension of a kind.
    pub fn extension(&self, kind: &Oid) -> Option<&Extension> {
        self.0.extensions.iter().find(|e| e.kind == *kind)
    }

    /// Basic constraints; `None` also when malformed, see [`Certificate::oddities`].
    pub fn basic_constraints(&self) -> Option<&BasicConstraints> {
        self.0.known.basic_constraints.as_ref()
    }

    /// Key usage; `None` also when malformed.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.known.key_usage
    }

    /// Extended key usage; `None` also when malformed.
    pub fn extended_key_usage(&self) -> Option<&[Oid]> {
        self.0.known.extended_key_usage.as_deref()
    }

    /// Subject key identifier.
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        self.0.known.subject_key_identifier.as_deref()
    }

    /// Authority key identifier.
    pub fn authority_key_identifier(&self) -> Option<&AuthorityKeyIdentifier> {
        self.0.known.authority_key_identifier.as_ref()
    }

    /// Subject alternative names; empty when absent or malformed.
    pub fn subject_alt_names(&self) -> &[GeneralName] {
        self.0.known.subject_alt_names.as_deref().unwrap_or(&[])
    }

    /// Name constraints; `None` also when malformed.
    pub fn name_constraints(&self) -> Option<&NameConstraints> {
        self.0.known.name_constraints.as_ref()
    }

    /// Certificate policies; `None` also when malformed.
    pub fn policies(&self) -> Option<&[Oid]> {
        self.0.known.policies.as_deref()
    }

    /// Policy mappings; empty when absent or malformed.
    pub fn policy_mappings(&self) -> &[PolicyMapping] {
        self.0.known.policy_mappings.as_deref().unwrap_or(&[])
    }

    /// Policy constraints; `None` also when malformed.
    pub fn policy_constraints(&self) -> Option<&PolicyConstraints> {
        self.0.known.policy_constraints.as_ref()
    }

    /// inhibitAnyPolicy; `None` also when malformed.
    pub fn inhibit_any_policy(&self) -> Option<u64> {
        self.0.known.inhibit_any_policy
    }

    /// CRL distribution points; empty when absent or malformed.
    pub fn crl_distribution_points(&self) -> &[DistributionPoint] {
        &self.0.known.crl_distribution_points
    }

    /// Distribution points of delta CRLs; empty when absent or malformed.
    pub fn freshest_crl(&self) -> &[DistributionPoint] {
        &self.0.known.freshest_crl
    }

    /// Authority information access; empty when absent or malformed.
    pub fn authority_info_access(&self) -> &[AccessDescription] {
        &self.0.known.authority_info_access
    }

    /// Addresses of OCSP responders.
    pub fn ocsp_urls(&self) -> Vec<&str> {
        self.access_urls(&oid::AD_OCSP)
    }

    /// Addresses of the issuer's certificate.
    pub fn ca_issuer_urls(&self) -> Vec<&str> {
        self.access_urls(&oid::AD_CA_ISSUERS)
    }

    /// Addresses of CRLs.
    pub fn crl_urls(&self) -> Vec<&str> {
        self.crl_distribution_points()
            .iter()
            .flat_map(DistributionPoint::urls)
            .collect()
    }

    fn access_urls(&self, method: &Oid) -> Vec<&str> {
        self.authority_info_access()
            .iter()
            .filter(|entry| entry.method == *method)
            .filter_map(|entry| match &entry.location {
                GeneralName::Uri(url) => Some(url.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Whether the issuer says that there is no revocation information (RFC 9608).
    pub fn no_rev_avail(&self) -> bool {
        self.0.known.no_rev_avail
    }

    /// Whether an OCSP responder's certificate asks not to be checked (RFC 6960 §4.2.2.2.1).
    pub fn ocsp_no_check(&self) -> bool {
        self.0.known.ocsp_no_check
    }

    /// Kinds of the qualified-certificate statements.
    pub fn qualified_statements(&self) -> &[Oid] {
        &self.0.known.qualified_statements
    }

    /// Everything against RFC 5280 that was met while reading.
    pub fn oddities(&self) -> &[Oddity] {
        &self.0.oddities
    }

    /// The first oddity that no path may contain, whatever the parameters.
    pub fn unusable(&self) -> Option<&Oddity> {
        self.0.unusable.as_ref()
    }

    /// A critical extension that path validation does not process.
    pub fn unknown_critical_extension(&self) -> Option<&Extension> {
        self.0
            .extensions
            .iter()
            .find(|e| e.critical && !is_processed(&e.kind))
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.sha256.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, serial {})",
            self.subject(),
            self.serial()
        )
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.subject().fmt(f)
    }
}

fn from_der_or_bundle(der: &[u8], found: &mut Vec<Certificate>) -> Result<(), Error> {
    let mut peek = asn1::Reader::new(der);
    let inside = peek
        .expect(Tag::SEQUENCE)
        .map(|outer| outer.reader().peek());
    if matches!(inside, Ok(Some(Tag::SEQUENCE))) {
        found.push(Certificate::from_der(der)?);
        return Ok(());
    }
    let bundle = SignedData::parse(der, &Limits::new())?;
    if let Padding::Other { at } = bundle.padding {
        return Err(Error::at(PkiFault::Certificate("not one bundle"), at));
    }
    for certificate in bundle.certificates {
        found.push(Certificate::from_der(certificate)?);
    }
    Ok(())
}

fn parse(der: &[u8]) -> Result<Inner, Error> {
    let mut oddities = Vec::new();
    let outer = asn1::parse(der)?.expect(Tag::SEQUENCE)?;
    let mut parts = outer.reader();
    let tbs = parts.expect(Tag::SEQUENCE)?;
    let algorithm = parts.expect(Tag::SEQUENCE)?;
    let signature = parts.expect(Tag::BIT_STRING)?;
    parts.finish()?;
    let (signature_octets, unused) = signature.bit_string()?;
    if unused != 0 {
        oddities.push(Oddity::SignatureNotOctets);
    }

    let mut fields = tbs.reader();
    let version = match fields.optional(Tag::context(0))? {
        None => 1,
        Some(explicit) => {
            let number = explicit.only()?.expect(Tag::INTEGER)?;
            match number.small()? {
                0 => {
                    oddities.push(Oddity::ExplicitDefault);
                    1
                }
                1 => 2,
                2 => 3,
                _ => return Err(number.fault(Asn1Fault::Value("unknown certificate version"))),
            }
        }
    };
    let serial = SerialNumber::from_content(&fields.expect(Tag::INTEGER)?)?;
    if fields.expect(Tag::SEQUENCE)?.raw != algorithm.raw {
        oddities.push(Oddity::AlgorithmMismatch);
    }
    let issuer = Name::from_element(&fields.element()?)?;
    let validity = validity(&fields.expect(Tag::SEQUENCE)?, &mut oddities)?;
    let subject = Name::from_element(&fields.element()?)?;
    let spki = fields.expect(Tag::SEQUENCE)?;
    // issuerUniqueID and subjectUniqueID: read past, never used.
    fields.optional(Tag::context_primitive(1))?;
    fields.optional(Tag::context_primitive(2))?;
    let extensions = match fields.optional(Tag::context(3))? {
        None => Vec::new(),
        Some(explicit) => Extension::all(&explicit.only()?)?,
    };
    fields.finish()?;

    let known = extensions_of(&extensions, version, &mut oddities);
    note_serial(&serial, &mut oddities);
    note_names(&issuer, &subject, &known, &extensions, &mut oddities);
    note_authority(&issuer, &subject, &known, &extensions, &mut oddities);
    let unusable = oddities.iter().find(|o| is_fatal(o)).cloned();

    // Positions of parts fit: they were sliced out of a value in memory.
    let range = |part: &Element<'_>| {
        let start = part.offset as usize;
        start..start + part.raw.len()
    };
    let signature_start = signature.offset as usize + signature.raw.len() - signature_octets.len();
    Ok(Inner {
        der: der.into(),
        sha256: sha2::Sha256::digest(der).into(),
        tbs: range(&tbs),
        spki: range(&spki),
        signature: signature_start..signature_start + signature_octets.len(),
        algorithm: range(&algorithm),
        version,
        serial,
        issuer,
        subject,
        validity,
        public_key: PublicKey::from_spki(spki.raw).map_err(|e| e.within(spki.offset))?,
        signature_algorithm: SignatureAlgorithm::from_der(algorithm.raw)
            .map_err(|e| e.within(algorithm.offset))?,
        extensions,
        known,
        oddities,
        unusable,
    })
}

/// Source: RFC 5280 §4.1.2.5; validation rule 2.22.
fn validity(element: &Element<'_>, oddities: &mut Vec<Oddity>) -> Result<Validity, Error> {
    let mut inside = element.reader();
    let (first, second) = (inside.element()?, inside.element()?);
    inside.finish()?;
    let validity = Validity {
        not_before: first.time()?,
        not_after: second.time()?,
    };
    // 2050-01-01T00:00:00Z.
    let turn = UtcTime::from_civil(2050, 1, 1, 0, 0, 0).unwrap_or(UtcTime::MAX);
    let early = |element: &Element<'_>, at| element.tag == Tag::GENERALIZED_TIME && at < turn;
    if early(&first, validity.not_before) || early(&second, validity.not_after) {
        oddities.push(Oddity::GeneralizedTimeBefore2050);
    }
    if validity.not_before > validity.not_after {
        return Err(Error::at(
            PkiFault::Certificate("the period ends before it begins"),
            element.offset,
        ));
    }
    Ok(validity)
}

fn extensions_of(extensions: &[Extension], version: u8, oddities: &mut Vec<Oddity>) -> Known {
    let mut known = Known::default();
    if !extensions.is_empty() && version < 3 {
        oddities.push(Oddity::ExtensionsBeforeVersion3);
    }
    if extensions.iter().any(|e| e.explicit_default) {
        oddities.push(Oddity::ExplicitDefault);
    }
    let mut seen: BTreeSet<&Oid> = BTreeSet::new();
    for extension in extensions {
        if !seen.insert(&extension.kind) {
            oddities.push(Oddity::DuplicateExtension(extension.kind.clone()));
            continue;
        }
        if known.read(extension).is_err() {
            oddities.push(Oddity::MalformedExtension(extension.kind.clone()));
        }
    }
    known
}
