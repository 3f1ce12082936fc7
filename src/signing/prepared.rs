//! Document, plan and certificate → everything but the signature value, storable until a remote
//! service or a token delivers it.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::embed::{self, Embedded};
use super::key::KeySource;
use super::lasting;
use super::plan::{Plan, RsaPadding, SubFilter};
use super::signed::{self, Note, Signed};
use crate::asn1::{self, Tag};
use crate::cms::write::{self, Attributes, Signature};
use crate::crypto::{DigestAlgorithm, DigestValue, Hasher, Message, SignatureAlgorithm, verify};
use crate::error::{Error, ErrorKind, KeyFault, PdfFault, SigningFault};
use crate::limits::Limits;
use crate::oid;
use crate::pdf::{self, Document, OpenOptions};
use crate::pki::Certificate;
use crate::pki::extension::KeyUsage;
use crate::time::UtcTime;
use crate::validation::Level;

/// Version of the stored form.
const STATE: u32 = 2;

/// A document with its new revision in which only the signature value is missing.
///
/// It holds no secret. Serialised, it survives the process: a token or a remote service may
/// answer minutes later, to another process. What is read back is checked before it is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State", into = "State")]
pub struct Prepared {
    /// The whole file, zeros in the gap.
    bytes: Vec<u8>,
    gap: Range<u64>,
    input_length: u64,
    input_sha256: [u8; 32],
    field: String,
    sub_filter: SubFilter,
    digest_algorithm: DigestAlgorithm,
    signature_algorithm: SignatureAlgorithm,
    signed_attributes: Vec<u8>,
    certificate: Certificate,
    chain: Vec<Certificate>,
    level: Level,
    /// Not stored: they are said where the signature is prepared.
    notes: Vec<Note>,
}

impl Prepared {
    /// Appends the revision to `document`, one whole PDF, for the key whose certificate `source`
    /// shows; its private key is not used. `now` is the moment of signing.
    ///
    /// # Errors
    /// [`SigningFault`]: certificate outside its period or of another purpose, or the document,
    /// its signatures or the plan forbid it; [`KeyFault::Unsupported`]: the key cannot sign as
    /// the plan asks; malformed documents; limits.
    pub fn new(
        document: &[u8],
        plan: &Plan,
        source: &dyn KeySource,
        now: UtcTime,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let certificate = source.certificate();
        let notes = check_certificate(certificate, plan, now)?;
        let (signature_algorithm, digest_algorithm) = choose(plan, &source.algorithms())?;
        let options = OpenOptions {
            limits: limits.clone(),
            ..OpenOptions::default()
        };
        let opened = Document::open(document, &options).map_err(|error| match error.kind() {
            ErrorKind::Pdf(PdfFault::Password) => {
                PdfFault::NotUpdatable("encrypted input is refused").into()
            }
            _ => error,
        })?;
        if pdf::cut_off_signature(&opened).is_some() {
            // An appended revision would hide that a signature was torn off.
            return Err(PdfFault::NotUpdatable(
                "it ends in the remains of a signature; sign the complete file",
            )
            .into());
        }
        let claimed = plan.claimed_time.unwrap_or(now);
        let attributes = |message_digest: &[u8]| {
            write::signed_attributes(&Attributes {
                content_type: &oid::DATA,
                message_digest,
                signing_certificate: Some((certificate.der(), DigestAlgorithm::Sha256)),
                signing_time: plan.sub_filter.has_signing_time().then_some(claimed),
                algorithm_protection: Some((digest_algorithm, &signature_algorithm)),
                more: &[],
            })
        };
        // The size does not depend on the digest's value.
        let stand_in = attributes(&vec![0; digest_algorithm.output_len()])?;
        let time_stamp = (plan.time_stamp_space > 0).then_some(plan.time_stamp_space);
        let reserved = with_parts(
            certificate,
            source.chain(),
            digest_algorithm,
            &signature_algorithm,
            &stand_in,
            |parts| write::size(parts, certificate.public_key().signature_len(), time_stamp),
        )?;
        let Embedded { bytes, gap, field } = embed::embed(&opened, plan, reserved, claimed)?;
        lasting::check(&opened, plan, &bytes, claimed, limits)?;
        let input_length = document.len() as u64;
        let Digests {
            input: input_sha256,
            signed,
            ..
        } = digests(digest_algorithm, &bytes, input_length, &gap)?;
        // The stand-in with the digest in its place; where that is not clear, all of it anew.
        let signed_attributes = match with_digest(stand_in, signed.as_bytes()) {
            Some(signed_attributes) => signed_attributes,
            None => attributes(signed.as_bytes())?,
        };
        Ok(Self {
            bytes,
            gap,
            input_length,
            input_sha256,
            field,
            sub_filter: plan.sub_filter,
            digest_algorithm,
            signature_algorithm,
            signed_attributes,
            certificate: certificate.clone(),
            chain: source.chain().to_vec(),
            level: plan.level,
            notes,
        })
    }

    /// The octets to sign, whole: the DER of the signed attributes.
    pub fn message(&self) -> &[u8] {
        &self.signed_attributes
    }

    /// The digest of [`Prepared::message`], for services that sign a digest; `None` for
    /// algorithms that have none (Ed25519).
    pub fn message_digest(&self) -> Option<DigestValue> {
        let algorithm = self.signature_algorithm.digest()?;
        Some(algorithm.digest(&[&self.signed_attributes]))
    }

    /// How the message must be signed.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.signature_algorithm
    }

    /// The certificate of the key that must sign.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificates that go with it.
    pub(super) fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Full name of the signature field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The level that was asked for.
    pub fn level(&self) -> Level {
        self.level
    }

    /// What was passed over when the certificate was looked at.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Adds something to say.
    pub(super) fn note(&mut self, note: Option<Note>) {
        self.notes.extend(note);
    }

    /// The document that was given, exactly.
    pub fn input(&self) -> &[u8] {
        usize::try_from(self.input_length)
            .ok()
            .and_then(|length| self.bytes.get(..length))
            .unwrap_or_default()
    }

    /// SHA-256 of the document that was given.
    pub fn input_sha256(&self) -> &[u8; 32] {
        &self.input_sha256
    }

    /// The four numbers of `/ByteRange`.
    pub fn byte_range(&self) -> [u64; 4] {
        let end = self.bytes.len() as u64;
        let Range { start, end: after } = self.gap;
        [0, start, after, end.saturating_sub(after)]
    }

    /// Octets that the signature may have.
    pub fn reserved(&self) -> u64 {
        // Two digits for an octet, and two delimiters.
        self.gap
            .end
            .saturating_sub(self.gap.start)
            .saturating_sub(2)
            / 2
    }

    /// Whether `value` is a signature of [`Prepared::message`] by the certificate's key.
    pub fn accepts(&self, value: &[u8]) -> bool {
        let key = self.certificate.public_key();
        let message = Message::Bytes(&self.signed_attributes);
        verify(key, &self.signature_algorithm, message, value).is_verified()
    }

    /// Whether its level is one that [`Services::finish`](super::Services::finish) alone reaches.
    pub fn needs_services(&self) -> bool {
        self.level > Level::B
    }

    /// Puts the signature `value` of [`Prepared::message`] into the document, with a time stamp
    /// over it when the plan kept space for one (`time_stamp`: DER of one token), and checks the
    /// result as a verifier does.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`]: the level that was asked for is above what comes of this;
    /// [`SigningFault::SelfCheck`]: the value is not by this key, or anything else does not
    /// verify; [`SigningFault::Placeholder`]: it does not fit.
    pub fn finish(
        self,
        value: &[u8],
        time_stamp: Option<&[u8]>,
        limits: &Limits,
    ) -> Result<Signed, Error> {
        within(self.level, reached(time_stamp))?;
        self.fill_in(value, time_stamp, limits)
    }

    /// As [`Prepared::finish`], whatever the level that was asked for: for services that raise the
    /// result, or say that it fell short.
    pub(super) fn fill_in(
        mut self,
        value: &[u8],
        time_stamp: Option<&[u8]>,
        limits: &Limits,
    ) -> Result<Signed, Error> {
        let mut cms = with_parts(
            &self.certificate,
            &self.chain,
            self.digest_algorithm,
            &self.signature_algorithm,
            &self.signed_attributes,
            |parts| write::signed_data(parts, value),
        )?;
        if let Some(token) = time_stamp {
            cms = write::with_signature_time_stamp(&cms, token, limits)?;
        }
        if cms.len() as u64 > self.reserved() {
            return Err(SigningFault::Placeholder {
                needed: cms.len() as u64,
                reserved: self.reserved(),
            }
            .into());
        }
        fill(&mut self.bytes, &self.gap, &cms)?;
        let byte_range = self.byte_range();
        let sha256 = signed::check(&signed::Expected {
            bytes: &self.bytes,
            input_length: self.input_length,
            input_sha256: &self.input_sha256,
            field: &self.field,
            sub_filter: self.sub_filter,
            byte_range,
            gap: &self.gap,
            digest_algorithm: self.digest_algorithm,
            certificate: &self.certificate,
            limits,
        })?;
        let level = reached(time_stamp);
        Ok(Signed::new(
            signed::Parts {
                bytes: self.bytes,
                sha256,
                input_sha256: self.input_sha256,
                field: self.field,
                byte_range,
                cms,
            },
            level,
            self.notes,
        ))
    }
}

/// Refuses a level above the one that is reached without services.
pub(super) fn within(wanted: Level, reached: Level) -> Result<(), Error> {
    match wanted > reached {
        true => Err(ErrorKind::Misuse("a level above B-B needs services").into()),
        false => Ok(()),
    }
}

/// The level of a signature with this time stamp over it, or none.
fn reached(time_stamp: Option<&[u8]>) -> Level {
    match time_stamp {
        Some(_) => Level::T,
        None => Level::B,
    }
}

/// Writes `octets` into the `/Contents` token at `gap`, which is large enough.
pub(super) fn fill(bytes: &mut [u8], gap: &Range<u64>, octets: &[u8]) -> Result<(), Error> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let gap = range(gap)
        .and_then(|gap| bytes.get_mut(gap))
        .and_then(|gap| gap.get_mut(1..))
        .ok_or_else(inconsistent)?;
    for (octet, place) in octets.iter().zip(gap.chunks_exact_mut(2)) {
        for (place, digit) in place.iter_mut().zip([octet >> 4, octet & 15]) {
            *place = DIGITS.get(usize::from(digit)).copied().unwrap_or(b'0');
        }
    }
    Ok(())
}

/// Everything in the CMS but its value, given to `then`.
fn with_parts<T>(
    certificate: &Certificate,
    chain: &[Certificate],
    digest_algorithm: DigestAlgorithm,
    signature_algorithm: &SignatureAlgorithm,
    signed_attributes: &[u8],
    then: impl FnOnce(&Signature<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let signer = write::issuer_and_serial(certificate.der())?;
    let certificates: Vec<&[u8]> = std::iter::once(certificate)
        .chain(chain)
        .map(Certificate::der)
        .collect();
    then(&Signature {
        content_type: &oid::DATA,
        content: None,
        certificates: &certificates,
        crls: &[],
        signer: &signer,
        digest_algorithm,
        signature_algorithm,
        signed_attributes: Some(signed_attributes),
        unsigned_attributes: &[],
    })
}

/// The algorithm that plan and key agree on, and the digest of the document.
fn choose(
    plan: &Plan,
    offered: &[SignatureAlgorithm],
) -> Result<(SignatureAlgorithm, DigestAlgorithm), Error> {
    // RFC 8419 §3.1: SHA-512 with Ed25519.
    let digest_of = |algorithm: &SignatureAlgorithm| match algorithm {
        SignatureAlgorithm::Ed25519 => Some(DigestAlgorithm::Sha512),
        SignatureAlgorithm::Ed448 => Some(DigestAlgorithm::Shake256),
        other => other.digest(),
    };
    let fitting = |pss: bool| {
        offered.iter().find_map(|algorithm| {
            let digest = digest_of(algorithm)?;
            let padding = match algorithm {
                SignatureAlgorithm::RsaPkcs1 { .. } => !pss,
                SignatureAlgorithm::RsaPss { .. } => pss,
                _ => true,
            };
            let wanted = plan.digest.is_none_or(|wanted| wanted == digest);
            (padding && wanted).then(|| (algorithm.clone(), digest))
        })
    };
    let pss = plan.padding == RsaPadding::Pss;
    // A key that is made for PSS alone signs with PSS.
    let only_pss = !offered
        .iter()
        .any(|algorithm| matches!(algorithm, SignatureAlgorithm::RsaPkcs1 { .. }));
    fitting(pss || only_pss).ok_or_else(|| {
        let digest = plan
            .digest
            .map_or("any digest".to_owned(), |d| d.to_string());
        KeyFault::Unsupported(format!("it offers no {digest} as the plan asks")).into()
    })
}

/// That the certificate may sign documents at `now`; what the plan overrides is noted.
///
/// Source: RFC 5280 §4.1.2.5, §4.2.1.3, §4.2.1.12, RFC 9336 §3.
fn check_certificate(
    certificate: &Certificate,
    plan: &Plan,
    now: UtcTime,
) -> Result<Vec<Note>, Error> {
    let mut notes = Vec::new();
    let validity = certificate.validity();
    if !validity.contains(now) {
        if !plan.allow_certificate_outside_its_period {
            return Err(SigningFault::CertificatePeriod {
                at: now.to_string(),
                not_before: validity.not_before.to_string(),
                not_after: validity.not_after.to_string(),
            }
            .into());
        }
        notes.push(Note::OutsidePeriod);
    }
    match check_purpose(certificate) {
        Err(_) if plan.allow_certificate_of_another_purpose => notes.push(Note::OtherPurpose),
        other => other?,
    }
    Ok(notes)
}

fn check_purpose(certificate: &Certificate) -> Result<(), Error> {
    let purpose = |why| Err(SigningFault::CertificatePurpose(why).into());
    if certificate.is_authority() {
        return purpose("it is the certificate of an authority");
    }
    if let Some(usage) = certificate.key_usage() {
        if !usage.has(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::CONTENT_COMMITMENT)) {
            return purpose("its key usage names neither digitalSignature nor contentCommitment");
        }
        if usage.has(KeyUsage::KEY_CERT_SIGN) {
            return purpose("its key usage names keyCertSign");
        }
    }
    if let Some(purposes) = certificate.extended_key_usage() {
        let fitting = [
            oid::KP_DOCUMENT_SIGNING,
            oid::KP_MS_DOCUMENT_SIGNING,
            oid::KP_ADOBE_AUTHENTIC_DOCUMENTS,
            oid::KP_EMAIL_PROTECTION,
            oid::KP_CLIENT_AUTH,
            oid::ANY_EXTENDED_KEY_USAGE,
        ];
        if !purposes.iter().any(|purpose| fitting.contains(purpose)) {
            return purpose("its extended key usage is for something else");
        }
    }
    Ok(())
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}

fn range(gap: &Range<u64>) -> Option<Range<usize>> {
    Some(usize::try_from(gap.start).ok()?..usize::try_from(gap.end).ok()?)
}

fn inconsistent() -> Error {
    Error::new(ErrorKind::Misuse("the prepared signature is inconsistent"))
}

/// What is hashed of a file with a signature, in one pass when the digest is SHA-256.
pub(super) struct Digests {
    /// SHA-256 of the input.
    pub(super) input: [u8; 32],
    /// The digest of everything but the gap.
    pub(super) signed: DigestValue,
    /// SHA-256 of all before the gap, to go on with.
    before_gap: Hasher,
}

impl Digests {
    /// SHA-256 of the whole file `bytes`, of which these are the digests.
    pub(super) fn whole(self, bytes: &[u8], gap: &Range<u64>) -> Result<[u8; 32], Error> {
        let mut hasher = self.before_gap;
        let rest = range(gap).and_then(|gap| bytes.get(gap.start..));
        hasher.update(rest.ok_or_else(inconsistent)?);
        octets(&hasher.finish())
    }
}

fn octets(value: &DigestValue) -> Result<[u8; 32], Error> {
    value.as_bytes().try_into().map_err(|_| inconsistent())
}

/// The digests of `bytes`, which begin with an input of this length and have the gap behind it.
pub(super) fn digests(
    algorithm: DigestAlgorithm,
    bytes: &[u8],
    input_length: u64,
    gap: &Range<u64>,
) -> Result<Digests, Error> {
    let gap = range(gap).ok_or_else(inconsistent)?;
    let input = usize::try_from(input_length).map_err(|_| inconsistent())?;
    let parts = (
        bytes.get(..input),
        bytes.get(input..gap.start),
        bytes.get(gap.end..),
    );
    let (Some(input), Some(before), Some(after)) = parts else {
        return Err(inconsistent());
    };
    let mut hasher = DigestAlgorithm::Sha256.hasher();
    hasher.update(input);
    let own = octets(&hasher.clone().finish())?;
    hasher.update(before);
    let before_gap = hasher.clone();
    let signed = if algorithm == DigestAlgorithm::Sha256 {
        hasher.update(after);
        hasher.finish()
    } else {
        algorithm.digest(&[input, before, after])
    };
    Ok(Digests {
        input: own,
        signed,
        before_gap,
    })
}

/// The digest of `bytes` without the gap.
pub(super) fn digest_around(
    algorithm: DigestAlgorithm,
    bytes: &[u8],
    gap: &Range<u64>,
) -> Result<DigestValue, Error> {
    let gap = range(gap).ok_or_else(inconsistent)?;
    match (bytes.get(..gap.start), bytes.get(gap.end..)) {
        (Some(before), Some(after)) => Ok(algorithm.digest(&[before, after])),
        _ => Err(inconsistent()),
    }
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct State {
    /// Version of this form.
    version: u32,
    input_length: u64,
    input_sha256: String,
    field: String,
    sub_filter: String,
    digest_algorithm: DigestAlgorithm,
    signature_algorithm: SignatureAlgorithm,
    gap: [u64; 2],
    /// `B-B`, `B-T`, `B-LT` or `B-LTA`.
    level: String,
    /// The rest is base64.
    signed_attributes: String,
    certificate: String,
    chain: Vec<String>,
    document: String,
}

impl From<Prepared> for State {
    fn from(prepared: Prepared) -> Self {
        Self {
            version: STATE,
            input_length: prepared.input_length,
            input_sha256: STANDARD.encode(prepared.input_sha256),
            field: prepared.field,
            sub_filter: prepared.sub_filter.name().to_owned(),
            digest_algorithm: prepared.digest_algorithm,
            signature_algorithm: prepared.signature_algorithm,
            gap: [prepared.gap.start, prepared.gap.end],
            level: prepared.level.name().to_owned(),
            signed_attributes: STANDARD.encode(prepared.signed_attributes),
            certificate: STANDARD.encode(prepared.certificate.der()),
            chain: prepared
                .chain
                .iter()
                .map(|one| STANDARD.encode(one.der()))
                .collect(),
            document: STANDARD.encode(prepared.bytes),
        }
    }
}

impl TryFrom<State> for Prepared {
    type Error = Error;

    /// Checks that the parts still fit together; the signature value will decide the rest.
    fn try_from(state: State) -> Result<Self, Error> {
        let misuse = |why| Error::new(ErrorKind::Misuse(why));
        if state.version != STATE {
            return Err(misuse(
                "a prepared signature of another version of this program",
            ));
        }
        let decode = |text: &str| {
            STANDARD
                .decode(text)
                .map_err(|_| misuse("a prepared signature that is not base64"))
        };
        let sub_filter = [SubFilter::AdbePkcs7Detached, SubFilter::EtsiCadesDetached]
            .into_iter()
            .find(|form| form.name() == state.sub_filter)
            .ok_or_else(|| misuse("a prepared signature of an unknown form"))?;
        let chain = state
            .chain
            .iter()
            .map(|one| Certificate::from_der(&decode(one)?))
            .collect::<Result<_, _>>()?;
        let prepared = Self {
            bytes: decode(&state.document)?,
            gap: state.gap[0]..state.gap[1],
            input_length: state.input_length,
            input_sha256: decode(&state.input_sha256)?
                .try_into()
                .map_err(|_| inconsistent())?,
            field: state.field,
            sub_filter,
            digest_algorithm: state.digest_algorithm,
            signature_algorithm: state.signature_algorithm,
            signed_attributes: decode(&state.signed_attributes)?,
            certificate: Certificate::from_der(&decode(&state.certificate)?)?,
            chain,
            level: Level::ALL
                .into_iter()
                .find(|level| level.name() == state.level)
                .ok_or_else(|| misuse("a prepared signature of an unknown level"))?,
            notes: Vec::new(),
        };
        let Digests { input, signed, .. } = digests(
            prepared.digest_algorithm,
            &prepared.bytes,
            prepared.input_length,
            &prepared.gap,
        )?;
        let whole = input == prepared.input_sha256
            && prepared.gap.end > prepared.gap.start.saturating_add(2)
            && message_digest(&prepared.signed_attributes)? == signed.as_bytes();
        if whole {
            Ok(prepared)
        } else {
            Err(inconsistent())
        }
    }
}

/// Signed attributes whose message-digest is all zeros → the same with `digest`.
fn with_digest(mut attributes: Vec<u8>, digest: &[u8]) -> Option<Vec<u8>> {
    let zeros = vec![0; digest.len()];
    if message_digest(&attributes).ok()? != zeros {
        return None;
    }
    let at = memchr::memmem::find(&attributes, &zeros)?;
    let place = attributes.get_mut(at..at.checked_add(digest.len())?)?;
    place.copy_from_slice(digest);
    (message_digest(&attributes).ok()? == digest).then_some(attributes)
}

/// The value of message-digest among signed attributes.
fn message_digest(attributes: &[u8]) -> Result<&[u8], Error> {
    let mut reader = asn1::parse(attributes)?.expect(Tag::SET)?.reader();
    while !reader.is_empty() {
        let mut attribute = reader.expect(Tag::SEQUENCE)?.reader();
        if attribute.expect(Tag::OID)?.oid()? == oid::MESSAGE_DIGEST {
            let value = attribute.expect(Tag::SET)?.only()?;
            return Ok(value.expect(Tag::OCTET_STRING)?.content);
        }
    }
    Err(inconsistent())
}
