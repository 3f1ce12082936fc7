//! Everything that was found about one signature: the axes side by side, and their conclusion.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::level::Baseline;
use super::verdict::{Check, Conclusion, Indication, SubIndication};
use crate::pki::holder::HolderHint;
use crate::pki::trust::Role;
use crate::signature::{ByteRange, ChangeLevel, ChangedObject, CornerMark, Difference, Kind};
use crate::time::UtcTime;

/// Digest and signature value alone; says nothing about trust or later changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Integrity {
    /// The digest fits the signed bytes and the signature value verifies.
    Intact,
    /// One of them does not.
    Broken,
    /// At least one of them could not be checked.
    Unknown,
}

/// The verdict on one signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureVerdict {
    /// Full name of the field; `None` when no field leads to the signature.
    pub field: Option<String>,
    /// What kind of signature.
    #[serde(serialize_with = "kind_name")]
    pub kind: Kind,
    /// The form's PDF name, without the slash.
    pub sub_filter: Option<String>,
    /// The four numbers of the byte range, in bytes from the start of the file.
    pub byte_range: Option<ByteRange>,
    /// The revision that the signature signs, counted from 0.
    pub revision: Option<usize>,
    /// Digest and signature value.
    pub integrity: Integrity,
    /// Whether the signature covers the file to its end; `None` when its range is wrong.
    pub whole_document: Option<bool>,
    /// What the signature shows in the top right corner of page 1, the place of copies and
    /// attachments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corner: Option<CornerMark>,
    /// How many `%%EOF` stand between the end of the signature before and the end of this one; 0
    /// for the first.
    pub end_markers: u64,
    /// What later revisions changed.
    pub changes: Changes,
    /// The conclusion.
    pub indication: Indication,
    /// Why; `None` when passed.
    pub sub_indication: Option<SubIndication>,
    /// The subject of the signer's certificate, RFC 4514; `None` when the certificate is not known.
    pub signer: Option<String>,
    /// The signer's certificate.
    pub certificate: Option<Arc<CertificateSummary>>,
    /// Who the signer is, by the caller's rules; `None` when no rule says so or no path was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The PKI that the path ends in: the caller's word for it, else the SHA-256 of its anchor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pki: Option<String>,
    /// When the signer says the signature was made; never proven by itself.
    pub claimed_time: Option<UtcTime>,
    /// Where the claimed time stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_time_source: Option<ClaimedTimeSource>,
    /// The earliest time at which the signature is proven to exist.
    pub best_signature_time: BestSignatureTime,
    /// The state of things at the claimed time: unproven, for information alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_claimed_time: Option<AtClaimedTime>,
    /// Signature algorithm with digest, and key.
    pub algorithm: Option<String>,
    /// Stated reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Stated location.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The path that was found, signer first, anchor last.
    pub path: Arc<[Arc<CertificateSummary>]>,
    /// What is known of the revocation of each certificate of the path below the anchor.
    pub revocation: Arc<[RevocationSummary]>,
    /// Time-stamps that belong to the signature.
    pub time_stamps: Vec<TimeStampSummary>,
    /// The baseline level that the file itself supports; `None` for a document time-stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// Constructs that were recognised and not processed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unprocessed: Vec<&'static str>,
    /// The conclusions of the processes of EN 319 102-1, each on its own.
    pub conclusions: Conclusions,
    /// Every check made.
    pub checks: Vec<Check>,
}

impl SignatureVerdict {
    pub(crate) fn set_conclusion(&mut self, conclusion: Conclusion) {
        self.indication = conclusion.indication();
        self.sub_indication = conclusion.sub_indication();
    }
}

fn kind_name<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

/// The conclusions of the validation processes; the last one is the signature's.
///
/// Source: EN 319 102-1 §5.3, §5.5, §5.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Conclusions {
    /// For the moment of the validation, time-stamps not looked at.
    pub basic: Conclusion,
    /// With the time-stamps on the signature.
    pub with_time: Conclusion,
    /// With the time-stamps of the document and what they prove.
    pub archival: Conclusion,
}

/// What later revisions changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// How far they go; `None` when they could not be judged.
    pub level: Option<ChangeLevel>,
    /// Whether that is permitted; `None` when they could not be judged.
    pub permitted: Option<bool>,
    /// The objects that make the level, with their paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ChangedObject>,
    /// Where a reader sees changes beyond signatures; empty when that is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Difference>,
}

/// Where a claimed time stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimedTimeSource {
    /// `/M` of the signature dictionary.
    SignatureDictionary,
    /// The signing-time attribute.
    SignedAttribute,
    /// The token of a document time-stamp, which is its own proof once it verifies.
    TimeStampToken,
}

/// The earliest proof of the signature's existence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BestSignatureTime {
    /// The moment.
    pub time: UtcTime,
    /// Where the proof comes from.
    pub source: TimeSource,
}

/// Where a proof of time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeSource {
    /// The time of the validation itself: nothing older is proven.
    ValidationTime,
    /// A time-stamp on the signature value.
    SignatureTimeStamp,
    /// A document time-stamp that covers the signature.
    DocumentTimeStamp,
}

/// One certificate, as a report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateSummary {
    /// RFC 4514 subject.
    pub subject: String,
    /// The subject's common name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_name: Option<String>,
    /// The subject's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The organisation that the certificate belongs to: O, then OU, the highest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organization: Vec<String>,
    /// What the prefixes of identifiers in the subject suggest; no proof.
    pub hint: HolderHint,
    /// The issuer's common name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_common_name: Option<String>,
    /// RFC 4514 issuer.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// First second of validity.
    pub not_before: UtcTime,
    /// Last second of validity.
    pub not_after: UtcTime,
    /// SHA-256 of the DER, hexadecimal.
    pub sha256: String,
}

/// What is known of a certificate's revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevocationSummary {
    /// RFC 4514 subject of the certificate.
    pub certificate: String,
    /// `good`, `revoked` or `unknown`.
    pub status: &'static str,
    /// Since when it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<UtcTime>,
    /// Why it is revoked, or why nothing is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// `crl` or `ocsp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// SHA-256 of the evidence, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// When the evidence was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub this_update: Option<UtcTime>,
    /// When newer evidence is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_update: Option<UtcTime>,
}

/// The state of things at the claimed time; unproven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtClaimedTime {
    /// Always false: the claim proves nothing.
    pub proven: bool,
    /// Whether the signer's certificate was inside its period.
    pub in_period: bool,
    /// Revocation of the signer's certificate then, as far as the evidence tells.
    pub revocation: Option<RevocationSummary>,
}

/// One time-stamp of a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimeStampSummary {
    /// Time of the token.
    pub time: Option<UtcTime>,
    /// Subject of the authority's certificate, RFC 4514.
    pub authority: Option<String>,
    /// Conclusion on the token.
    pub indication: Indication,
    /// Why; `None` when passed.
    pub sub_indication: Option<SubIndication>,
    /// What is wrong with it, in the words of the check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
