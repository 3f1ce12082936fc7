//! CRL bytes → [`Crl`]: read once, indexed by serial number, asked in microseconds.

mod index;
mod reason;
mod scope;

use crate::asn1::{self, Element, Tag};
use crate::crypto::{
    Budget, DigestAlgorithm, Memo, Message, Outcome, PublicKey, SignatureAlgorithm,
};
use crate::error::{Error, PkiFault};
use crate::limits::{LimitReached, Limits};
use crate::oid::{self, Oid};
use crate::pki::extension::{AuthorityKeyIdentifier, DistributionPoint, GeneralName};
use crate::pki::name::Name;
use crate::time::UtcTime;
use index::{BorrowedExtension, Indexer, entry_reader, serial_at};
use std::ops::Range;

pub use reason::Reason;
pub use scope::Scope;

/// id-ce-expiredCertsOnCRL, 2.5.29.60 (X.509 §9.5.2.8).
const EXPIRED_CERTS_ON_CRL: Oid = Oid::from_static(&[0x55, 0x1d, 0x3c]);

/// A certificate revocation list, checked for form and indexed; its signature is not yet checked.
///
/// ```text
/// CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
/// TBSCertList ::= SEQUENCE {
///     version             INTEGER { v2(1) } OPTIONAL,
///     signature           AlgorithmIdentifier,
///     issuer              Name,
///     thisUpdate          Time,
///     nextUpdate          Time OPTIONAL,
///     revokedCertificates SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time,
///                                                crlBorrowedExtensions Extensions OPTIONAL } OPTIONAL,
///     crlExtensions       [0] EXPLICIT Extensions OPTIONAL }
/// ```
///
/// Source: RFC 5280 §5.1.
pub struct Crl {
    der: Box<[u8]>,
    sha256: [u8; 32],
    tbs: Range<usize>,
    signature: Range<usize>,
    algorithm: SignatureAlgorithm,
    issuer: Name,
    this_update: UtcTime,
    next_update: Option<UtcTime>,
    extensions: Extensions,
    unusable: Option<Unusable>,
    /// Position of each entry, ordered by serial number.
    index: Box<[u32]>,
    /// Where a certificateIssuer begins to hold: position of the entry, position and length of the
    /// GeneralNames; in file order.
    issuers: Vec<(u32, Range<u32>)>,
    memo: Memo,
}

/// A number that counts CRLs of one issuer; at most 20 octets are usual, any size is kept.
///
/// Source: RFC 5280 §5.2.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlNumber(Box<[u8]>);

impl CrlNumber {
    fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let octets = element.expect(Tag::INTEGER)?.unsigned()?;
        Ok(Self(octets.into()))
    }

    /// The magnitude, big endian, without leading zero octets; zero is `[0]`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialOrd for CrlNumber {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CrlNumber {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

#[derive(Debug, Default)]
struct Extensions {
    number: Option<CrlNumber>,
    base: Option<CrlNumber>,
    scope: Option<Scope>,
    scope_raw: Option<Box<[u8]>>,
    authority_key: Option<AuthorityKeyIdentifier>,
    freshest: Vec<DistributionPoint>,
    expired_since: Option<UtcTime>,
}

/// Why a well-formed CRL must not be used.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, thiserror::Error)]
pub enum Unusable {
    /// Two of the marks "only …" exclude each other.
    #[error("its scope contradicts itself")]
    ContradictoryScope,
    /// A critical extension of an entry, any entry, that is not understood.
    #[error("critical extension {0} of an entry is not understood")]
    CriticalEntryExtension(Oid),
    /// A critical extension of the CRL that is not understood.
    #[error("critical extension {0} is not understood")]
    CriticalExtension(Oid),
    /// An entry names another issuer and the CRL does not say that it is indirect.
    #[error("an entry names another issuer and the CRL is not indirect")]
    IssuerInDirectCrl,
}

/// One entry of a CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// The moment from which the certificate is revoked.
    pub revocation_date: UtcTime,
    /// The reason given; [`Reason::Unspecified`] without one.
    pub reason: Reason,
    /// The moment since when the key is suspected, where the issuer tells.
    pub invalidity_date: Option<UtcTime>,
    /// Who issued the certificate; empty in a CRL that is not indirect, then it is the CRL's issuer.
    pub certificate_issuer: Vec<Name>,
}

impl Crl {
    /// Reads and indexes one CRL.
    ///
    /// `der`: one DER value, no trailing bytes. Work and memory are linear in its length, sorting
    /// aside; the index takes four bytes for each entry.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] above [`Limits::crl`]; [`PkiFault::Crl`] or
    /// [`crate::error::Asn1Fault`] for what breaks the form. A CRL with an unknown critical
    /// extension is no error: see [`Crl::unusable`].
    pub fn from_der(der: &[u8], limits: &Limits) -> Result<Self, Error> {
        if der.len() > limits.crl {
            return Err(Error::limit("crl", limits.crl as u64));
        }
        if u32::try_from(der.len()).is_err() {
            return Err(Error::limit("crl", u64::from(u32::MAX)));
        }
        let outer = asn1::parse(der)?.expect(Tag::SEQUENCE)?;
        let mut reader = outer.reader();
        let tbs = reader.expect(Tag::SEQUENCE)?;
        let outer_algorithm = reader.expect(Tag::SEQUENCE)?;
        let signature = reader.expect(Tag::BIT_STRING)?;
        reader.finish()?;
        let signature_octets = signature.bit_string_octets()?;

        let mut reader = tbs.reader();
        let version = match reader.optional(Tag::INTEGER)? {
            None => 1,
            Some(version) if version.small()? == 1 => 2,
            Some(version) => return Err(Error::at(PkiFault::Crl("version"), version.offset)),
        };
        let inner_algorithm = reader.expect(Tag::SEQUENCE)?;
        if inner_algorithm.raw != outer_algorithm.raw {
            return Err(Error::at(
                PkiFault::Crl("inner and outer signature algorithm differ"),
                inner_algorithm.offset,
            ));
        }
        let issuer = reader.expect(Tag::SEQUENCE)?;
        let this_update = reader.element()?.time()?;
        let next_update = match reader.peek() {
            Some(Tag::UTC_TIME | Tag::GENERALIZED_TIME) => Some(reader.element()?.time()?),
            _ => None,
        };
        let revoked = reader.optional(Tag::SEQUENCE)?;
        let mut unusable = None;
        let extensions = match reader.optional(Tag::context(0))? {
            Some(outer) if version == 2 => Extensions::read(&outer, &mut unusable)?,
            Some(outer) => {
                return Err(Error::at(
                    PkiFault::Crl("extensions in a version 1 CRL"),
                    outer.offset,
                ));
            }
            None => Extensions::default(),
        };
        reader.finish()?;

        let mut indexer = Indexer::default();
        if let Some(revoked) = revoked {
            indexer.read(revoked.reader(), version)?;
        }
        let indirect = extensions
            .scope
            .as_ref()
            .is_some_and(|scope| scope.indirect);
        if !indirect && !indexer.issuers.is_empty() {
            unusable = unusable.or(Some(Unusable::IssuerInDirectCrl));
        }
        let unusable = unusable.or(indexer.unusable.take());
        let issuers = std::mem::take(&mut indexer.issuers);

        Ok(Self {
            sha256: sha256(der),
            tbs: range(&tbs, tbs.raw),
            signature: {
                let end = range(&signature, signature.raw).end;
                end - signature_octets.len()..end
            },
            algorithm: SignatureAlgorithm::from_der(outer_algorithm.raw)?,
            issuer: Name::from_element(&issuer)?,
            this_update,
            next_update,
            extensions,
            unusable,
            index: indexer.finish(der),
            issuers,
            memo: Memo::default(),
            der: der.into(),
        })
    }

    /// The CRL as it came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of [`Crl::der`].
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The signed octets.
    pub fn tbs(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    /// The signature value.
    pub fn signature(&self) -> &[u8] {
        self.der.get(self.signature.clone()).unwrap_or_default()
    }

    /// The algorithm of the signature; inner and outer identifier are the same octets.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.algorithm
    }

    /// Whether `key` signed it; computed once for each key.
    pub fn verify(&self, key: &PublicKey) -> Outcome {
        self.memo.ask(key, || {
            let message = Message::Bytes(self.tbs());
            crate::crypto::verify(key, &self.algorithm, message, self.signature())
        })
    }

    /// As [`Crl::verify`], asked of `budget`.
    ///
    /// # Errors
    /// Nothing is left of the budget.
    pub fn verify_within(
        &self,
        key: &PublicKey,
        budget: &Budget<'_>,
    ) -> Result<Outcome, LimitReached> {
        budget.verify_object(
            &self.sha256,
            Some(&self.memo),
            key,
            &self.algorithm,
            Message::Bytes(self.tbs()),
            self.signature(),
        )
    }

    /// Who issued the CRL.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was issued.
    pub fn this_update(&self) -> UtcTime {
        self.this_update
    }

    /// When the next one is issued at the latest.
    pub fn next_update(&self) -> Option<UtcTime> {
        self.next_update
    }

    /// Its number.
    pub fn number(&self) -> Option<&CrlNumber> {
        self.extensions.number.as_ref()
    }

    /// In a delta CRL: the number of the complete CRL that it continues.
    ///
    /// Source: RFC 5280 §5.2.4.
    pub fn base_number(&self) -> Option<&CrlNumber> {
        self.extensions.base.as_ref()
    }

    /// What it says about its own scope; `None`: everything of its issuer.
    pub fn scope(&self) -> Option<&Scope> {
        self.extensions.scope.as_ref()
    }

    /// The scope as octets; two CRLs have the same scope when these are equal.
    pub(crate) fn scope_octets(&self) -> Option<&[u8]> {
        self.extensions.scope_raw.as_deref()
    }

    /// Which key signed it; a hint.
    pub fn authority_key_identifier(&self) -> Option<&AuthorityKeyIdentifier> {
        self.extensions.authority_key.as_ref()
    }

    /// Where delta CRLs stand.
    pub fn freshest(&self) -> &[DistributionPoint] {
        &self.extensions.freshest
    }

    /// Certificates that expired after this moment stay listed (expiredCertsOnCRL).
    ///
    /// Source: X.509 §9.5.2.8.
    pub fn expired_since(&self) -> Option<UtcTime> {
        self.extensions.expired_since
    }

    /// Why it must not be used, if so.
    ///
    /// Source: RFC 5280 §5.2, §5.3.
    pub fn unusable(&self) -> Option<&Unusable> {
        self.unusable.as_ref()
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// All entries for a serial number, in file order; usually one, several only where issuers
    /// share a number or the CRL repeats itself.
    ///
    /// `serial`: the content octets of the certificate's serialNumber.
    ///
    /// # Errors
    /// An entry names its issuer in a way that cannot be read; then nothing is known of the
    /// certificate.
    pub fn entries<'c>(
        &'c self,
        serial: &'c [u8],
    ) -> impl Iterator<Item = Result<RevokedCertificate, Error>> + 'c {
        let first = self
            .index
            .partition_point(|position| serial_at(&self.der, *position) < serial);
        self.index
            .get(first..)
            .unwrap_or_default()
            .iter()
            .take_while(move |position| serial_at(&self.der, **position) == serial)
            .map(|position| self.entry(*position))
    }

    fn entry(&self, position: u32) -> Result<RevokedCertificate, Error> {
        let mut entry = entry_reader(&self.der, position)?;
        entry.expect(Tag::INTEGER)?;
        let mut revoked = RevokedCertificate {
            revocation_date: entry.element()?.time()?,
            reason: Reason::Unspecified,
            invalidity_date: None,
            certificate_issuer: self.issuer_at(position)?,
        };
        if let Some(extensions) = entry.optional(Tag::SEQUENCE)? {
            let mut reader = extensions.reader();
            while !reader.is_empty() {
                let extension = BorrowedExtension::read(&mut reader)?;
                if extension.is(&oid::CRL_REASON) {
                    revoked.reason = Reason::from_element(&extension.element()?)?;
                } else if extension.is(&oid::INVALIDITY_DATE) {
                    revoked.invalidity_date = Some(extension.element()?.time()?);
                }
            }
        }
        Ok(revoked)
    }

    /// The certificateIssuer that holds for the entry at `position`: its own, or the last before
    /// it; empty: the issuer of the CRL.
    ///
    /// Source: RFC 5280 §5.3.3.
    fn issuer_at(&self, position: u32) -> Result<Vec<Name>, Error> {
        let after = self.issuers.partition_point(|(from, _)| *from <= position);
        let Some((_, names)) = after.checked_sub(1).and_then(|at| self.issuers.get(at)) else {
            return Ok(Vec::new());
        };
        // Positions inside `der`, which is shorter than 4 GiB.
        let octets = self
            .der
            .get(names.start as usize..names.end as usize)
            .unwrap_or_default();
        let names = GeneralName::all(&asn1::parse(octets)?)?;
        let names: Vec<Name> = names
            .into_iter()
            .filter_map(|name| match name {
                GeneralName::Directory(name) => Some(name),
                _ => None,
            })
            .collect();
        if names.is_empty() {
            return Err(Error::at(
                PkiFault::Crl("certificate issuer without a distinguished name"),
                u64::from(position),
            ));
        }
        Ok(names)
    }
}

impl std::fmt::Debug for Crl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crl")
            .field("issuer", &self.issuer)
            .field("this_update", &self.this_update)
            .field("next_update", &self.next_update)
            .field("entries", &self.index.len())
            .finish_non_exhaustive()
    }
}

impl Extensions {
    fn read(outer: &Element<'_>, unusable: &mut Option<Unusable>) -> Result<Self, Error> {
        let mut reader = outer.only()?.expect(Tag::SEQUENCE)?.reader();
        let mut out = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        while !reader.is_empty() {
            let extension = BorrowedExtension::read(&mut reader)?;
            let at = extension.kind.offset;
            if seen.contains(&extension.kind.content) {
                return Err(Error::at(PkiFault::Crl("extension twice"), at));
            }
            if seen.len() >= 64 {
                return Err(Error::at(PkiFault::Crl("more than 64 extensions"), at));
            }
            seen.push(extension.kind.content);
            if extension.is(&oid::CRL_NUMBER) {
                out.number = Some(CrlNumber::from_element(&extension.element()?)?);
            } else if extension.is(&oid::DELTA_CRL_INDICATOR) {
                out.base = Some(CrlNumber::from_element(&extension.element()?)?);
            } else if extension.is(&oid::ISSUING_DISTRIBUTION_POINT) {
                let scope = Scope::read(&extension.element()?)?;
                if scope.is_contradictory() {
                    *unusable = Some(Unusable::ContradictoryScope);
                }
                out.scope = Some(scope);
                out.scope_raw = Some(extension.value.content.into());
            } else if extension.is(&oid::AUTHORITY_KEY_IDENTIFIER) {
                out.authority_key =
                    Some(AuthorityKeyIdentifier::from_element(&extension.element()?)?);
            } else if extension.is(&oid::FRESHEST_CRL) {
                out.freshest = DistributionPoint::all(&extension.element()?)?;
            } else if extension.is(&EXPIRED_CERTS_ON_CRL) {
                let time = extension.element()?.expect(Tag::GENERALIZED_TIME)?;
                out.expired_since = Some(time.time()?);
            } else if extension.critical
                && !extension.is(&oid::ISSUER_ALT_NAME)
                && !extension.is(&oid::AUTHORITY_INFO_ACCESS)
            {
                *unusable = Some(Unusable::CriticalExtension(extension.kind.oid()?));
            }
        }
        Ok(out)
    }
}

/// Where `part`, the end of `element`, stands; offsets were counted over the same bytes.
fn range(element: &Element<'_>, part: &[u8]) -> Range<usize> {
    // The input is shorter than 4 GiB.
    let end = element.offset as usize + element.raw.len();
    end - part.len()..end
}

/// SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let digest = DigestAlgorithm::Sha256.digest(&[bytes]);
    for (to, from) in out.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests;
