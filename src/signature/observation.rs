//! Document bytes → [`Observation`]: all that a validation reads of the document, owned and storable.
//!
//! Facts first, verdict after: what was observed can be kept when the document is gone, and be
//! judged again under another policy, trust or time. The digests are found wanted here and
//! computed apart ([`Digests::fill`]), so that many documents can share the lanes that hash.

use serde::{Deserialize, Serialize};

use super::changes::{self, RevisionChanges};
use super::digests::{Covered, Digests};
use super::{ByteRange, ChangeLevel, ChangedObject, EmbeddedSignature, Form, Lint, SecurityStore};
use super::{find, security_store};
use crate::cms::{SignedData, SignerIdentifier, SignerInfo, attribute};
use crate::crypto::{DigestAlgorithm, Message, Outcome, verify};
use crate::error::{Error, ErrorKind, PdfFault, RecordFault};
use crate::limits::Limits;
use crate::pdf::{self, Document, Oddity, OpenOptions};
use crate::pki::Certificate;
use crate::pki::timestamp::{TimeStampToken, TstInfo};

/// What was observed of one document. Plain data: nothing in it is a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observation {
    /// [`Observation::FORMAT`] of the program that wrote it.
    pub format: u32,
    /// Length of the document, in bytes.
    pub size: u64,
    /// How the document could be read.
    pub reading: Reading,
    /// Pages in the latest revision; `None` when they cannot be counted.
    pub pages: Option<u64>,
    /// PDF version of header and catalog, such as `1.7`; `None` when the file is not readable.
    pub version: Option<String>,
    /// Number of revisions.
    pub revisions: usize,
    /// Where each revision ends, in bytes from the start of the file, oldest first.
    pub revision_ends: Vec<u64>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Oddities of the structure.
    pub oddities: Vec<Oddity>,
    /// Where bytes begin that no revision holds and that speak of a signature, in a document in
    /// which no signature was found.
    pub cut_off: Option<u64>,
    /// The signatures, in the order in which they were made.
    pub signatures: Vec<EmbeddedSignature>,
    /// What each revision changed; `None` up to the first signed one, and where a limit was met.
    pub changes: Vec<Option<RevisionChanges>>,
    /// What the security store of the latest revision holds.
    pub store: SecurityStore,
    /// Digests of the file and of byte ranges.
    pub digests: Digests,
    /// What a signer should have known ([`super::lint`]), in the latest revision; `None` when
    /// nobody asked, or when it could not be told.
    pub lints: Option<Vec<Lint>>,
    /// Outcomes of signatures that no digest can serve.
    pub whole_messages: Vec<WholeMessage>,
}

/// Whether to look for what a signer should know; it reads every object of the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Linting {
    /// Do not.
    #[default]
    Skip,
    /// Look.
    Whole,
}

/// How a document could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Strictly, as it stands.
    Strict,
    /// Not strictly, and nothing speaks of a signature: its cross-reference was rebuilt.
    Recovered(Trouble),
    /// Not strictly, and something speaks of a signature: it was left alone.
    Unreadable(Trouble),
}

/// Why a document could not be read strictly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The error's text.
    pub text: String,
    /// Where, in bytes from the start of the file.
    pub position: Option<u64>,
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        Self {
            text: error.kind().to_string(),
            position: error.position(),
        }
    }
}

/// The outcome of a signature over the signed bytes themselves: EdDSA without signed attributes
/// takes the message and no digest of it, so it was checked while the bytes were there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeMessage {
    /// Index of the signature.
    pub signature: usize,
    /// SHA-256 of the certificate whose key was tried.
    #[serde(with = "super::encoded::sha256")]
    pub certificate: [u8; 32],
    /// The outcome.
    pub outcome: Outcome,
}

impl Observation {
    /// The format of stored observations that this program reads and writes.
    pub const FORMAT: u32 = 1;

    /// Whether a stored observation is one of this program's, within `limits`.
    ///
    /// # Errors
    /// [`RecordFault`]; [`ErrorKind::Limit`].
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        if self.format != Self::FORMAT {
            return Err(RecordFault::Format(self.format.to_string()).into());
        }
        let counts = [
            ("signatures", self.signatures.len(), limits.signatures),
            ("xref_sections", self.changes.len(), limits.xref_sections),
            (
                "security_store_streams",
                self.store.entries.len(),
                limits.security_store_streams,
            ),
        ];
        for (name, count, max) in counts {
            if count > max {
                return Err(Error::limit(name, max as u64));
            }
        }
        // What this program writes holds together.
        let compared = self.signatures.is_empty() || self.changes.len() == self.revisions;
        let inside = |signature: &EmbeddedSignature| {
            signature.revision.is_none_or(|own| own < self.revisions)
        };
        if !compared || !self.signatures.iter().all(inside) {
            return Err(RecordFault::Malformed("revisions do not fit".to_owned()).into());
        }
        Ok(())
    }

    /// The digest of what `range` covers, when it was computed.
    pub fn digest(
        &self,
        range: ByteRange,
        algorithm: DigestAlgorithm,
    ) -> Option<crate::crypto::DigestValue> {
        self.digests.get(Covered::Range(range), algorithm)
    }
}

/// Observes `document`, a whole PDF file; all but the digests that [`Observation::digests`] wants.
///
/// What cannot be read strictly and speaks of a signature is [`Reading::Unreadable`], no error:
/// it is a failure, and no program may repair it first.
///
/// # Errors
/// [`PdfFault`]: empty, not a PDF, no password fits, not supported, unreadable and nothing in it
/// speaks of a signature; [`ErrorKind::Limit`].
pub fn observe(
    document: &[u8],
    options: &OpenOptions,
    linting: Linting,
) -> Result<Observation, Error> {
    if document.len() as u64 > options.limits.file {
        return Err(Error::limit("file", options.limits.file));
    }
    let strict = match Document::open(document, options) {
        Ok(open) => match read(&open, Reading::Strict, &options.limits, linting) {
            Err(error) if !is_final(&error) && pdf::mentions_byte_range(document) => error,
            other => return other,
        },
        Err(error) => error,
    };
    if is_final(&strict) {
        return Err(strict);
    }
    if pdf::mentions_byte_range(document) {
        // Signed and not readable strictly: no repair, a failure.
        return Ok(Observation {
            reading: Reading::Unreadable(Trouble::from(&strict)),
            ..empty(document)
        });
    }
    // When nothing can be rebuilt, the first fault and its place say more.
    let open = Document::recover(document, options).map_err(|error| match is_final(&error) {
        true => error,
        false => strict.clone(),
    })?;
    let reading = Reading::Recovered(Trouble::from(&strict));
    read(&open, reading, &options.limits, linting)
}

fn empty(document: &[u8]) -> Observation {
    Observation {
        format: Observation::FORMAT,
        size: document.len() as u64,
        reading: Reading::Strict,
        pages: None,
        version: None,
        revisions: 0,
        revision_ends: Vec::new(),
        encrypted: false,
        oddities: Vec::new(),
        cut_off: None,
        signatures: Vec::new(),
        changes: Vec::new(),
        store: SecurityStore::default(),
        digests: Digests::new(),
        lints: None,
        whole_messages: Vec::new(),
    }
}

fn read(
    document: &Document<'_>,
    reading: Reading,
    limits: &Limits,
    linting: Linting,
) -> Result<Observation, Error> {
    let signatures = find(document, limits)?;
    let (major, minor) = document.version();
    let mut seen = Observation {
        reading,
        pages: document.latest().page_count().ok(),
        version: Some(format!("{major}.{minor}")),
        revisions: document.revisions().len(),
        revision_ends: document.revisions().iter().map(|r| r.end).collect(),
        encrypted: document.encryption().is_some(),
        oddities: document.oddities().to_vec(),
        lints: match linting {
            Linting::Whole => super::lint::lint(document.latest(), limits).ok(),
            Linting::Skip => None,
        },
        ..empty(document.bytes())
    };
    if signatures.is_empty() {
        seen.cut_off = pdf::cut_off_signature(document);
        return Ok(seen);
    }
    seen.store = security_store::read(document, limits)?;
    seen.changes = later_changes(document, &signatures, limits);
    for (index, signature) in signatures.iter().enumerate() {
        want(document.bytes(), index, signature, limits, &mut seen);
    }
    seen.signatures = signatures;
    Ok(seen)
}

/// What each revision after the first signed one changed; `None` where it cannot be told.
fn later_changes(
    document: &Document<'_>,
    signatures: &[EmbeddedSignature],
    limits: &Limits,
) -> Vec<Option<RevisionChanges>> {
    let first = signatures.iter().filter_map(|s| s.revision).min();
    (0..document.revisions().len())
        .map(|revision| match first {
            Some(first) if revision > first => compared(document, revision, limits),
            _ => None,
        })
        .collect()
}

/// What `revision` changed. One that cannot be read has changed something that no rule explains;
/// one that exceeds a limit could not be looked at.
fn compared(document: &Document<'_>, revision: usize, limits: &Limits) -> Option<RevisionChanges> {
    match changes::between(document, revision, limits) {
        Ok(changes) => Some(changes),
        Err(error) if matches!(error.kind(), ErrorKind::Limit { .. }) => None,
        Err(error) => Some(RevisionChanges {
            revision,
            level: ChangeLevel::Other,
            objects: vec![ChangedObject {
                revision,
                object: 0,
                level: ChangeLevel::Other,
                path: error.to_string(),
            }],
            fields: Vec::new(),
            seen: Vec::new(),
        }),
    }
}

/// Notes the digests that `signature` needs, and the outcome where none can serve.
fn want(
    document: &[u8],
    index: usize,
    signature: &EmbeddedSignature,
    limits: &Limits,
    seen: &mut Observation,
) {
    let Some(range) = signature.byte_range else {
        return;
    };
    let Some(parts) = range.parts(document) else {
        return;
    };
    let mut digest = |algorithm| seen.digests.want(Covered::Range(range), algorithm);
    let form = Form::of(signature);
    if form == Form::X509RsaSha1 {
        digest(DigestAlgorithm::Sha1);
        return;
    }
    let Ok(data) = SignedData::parse(&signature.contents, limits) else {
        return;
    };
    match form {
        Form::Pkcs7Sha1 => digest(DigestAlgorithm::Sha1),
        Form::TimeStamp => {
            let content = data.content.as_deref().unwrap_or_default();
            if let Some(algorithm) = TstInfo::from_der(content)
                .ok()
                .and_then(|info| info.imprint_algorithm)
            {
                digest(algorithm);
            }
        }
        _ => {}
    }
    let Some(signer) = data.signers.first() else {
        return;
    };
    for (token, _) in attribute::content_time_stamps(signer.signed()).unwrap_or_default() {
        let token = TimeStampToken::parse(token, limits);
        if let Some(algorithm) = token.ok().and_then(|token| token.info().imprint_algorithm) {
            digest(algorithm);
        }
    }
    if matches!(form, Form::Pkcs7Sha1 | Form::TimeStamp) {
        return;
    }
    let algorithm = match (&signer.signed_attributes, signer.algorithm()) {
        (Some(_), _) => signer.digest_algorithm.algorithm,
        (None, Ok(algorithm)) => algorithm.digest(),
        (None, Err(_)) => return,
    };
    match algorithm {
        Some(algorithm) => digest(algorithm),
        None if signer.signed_attributes.is_none() && data.content.is_none() => {
            let message = parts.concat();
            let outcomes = whole_message(&data, signer, &message, index, limits);
            seen.whole_messages.extend(outcomes);
        }
        None => {}
    }
}

/// Tries the keys of the embedded certificates that the signer may mean.
fn whole_message(
    data: &SignedData<'_>,
    signer: &SignerInfo<'_>,
    message: &[u8],
    signature: usize,
    limits: &Limits,
) -> Vec<WholeMessage> {
    let Ok(algorithm) = signer.algorithm() else {
        return Vec::new();
    };
    data.certificates
        .iter()
        .filter_map(|der| Certificate::from_der_within(der, limits).ok())
        .filter(|certificate| is_meant(&signer.identifier, certificate))
        .take(limits.path_candidates)
        .map(|certificate| WholeMessage {
            signature,
            certificate: *certificate.sha256(),
            outcome: verify(
                certificate.public_key(),
                &algorithm,
                Message::Bytes(message),
                &signer.signature,
            ),
        })
        .collect()
}

/// Whether `identifier` means `certificate`, by its octets.
pub(crate) fn is_meant(identifier: &SignerIdentifier<'_>, certificate: &Certificate) -> bool {
    match identifier {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            certificate.serial().as_bytes() == *serial
                && certificate.issuer().der() == issuer.as_ref()
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            certificate.subject_key_identifier() == Some(id.as_ref())
        }
    }
}

/// Errors that say something about the input as a whole, signed or not.
fn is_final(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Pdf(
            PdfFault::Empty | PdfFault::NotPdf | PdfFault::Password | PdfFault::Unsupported(_)
        ) | ErrorKind::Limit { .. }
    )
}
