//! What a check found: data for machines and for the message catalogue, never finished text.

use serde::Serialize;

use crate::signature::{ChangeLevel, Fault};
use crate::time::UtcTime;

/// What a lower row said: a stable code, and its English words with the details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Stable name for machines and for the catalogue.
    pub code: &'static str,
    /// In English, with what was found.
    pub text: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// It could not run because of what an earlier check found.
    Earlier,
    /// Something in the structure of the document or of the signature dictionary.
    Structure {
        /// What exactly.
        fault: Fault,
    },
    /// Something could not be read.
    Unreadable {
        /// The error's text.
        error: String,
        /// Where, in bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<u64>,
    },
    /// The form of signature is not one that may pass.
    SubFilterNotAccepted {
        /// Its name in the document.
        name: String,
    },
    /// Another number of signers than one.
    SignerCount {
        /// How many.
        count: usize,
    },
    /// The CMS structure carries content where it must be detached (or lacks it where it must not).
    CmsContent,
    /// The CMS content type is not the one that belongs there.
    CmsContentType {
        /// Dotted identifier found.
        found: String,
    },
    /// Bytes other than zeros follow the CMS structure.
    CmsTrailingBytes {
        /// Where in the value of /Contents.
        at: usize,
    },
    /// The CMS structure is BER.
    CmsNotDer,
    /// The signed attributes are not in DER order; accepted as they were sent.
    AttributesUnsorted,
    /// The signature fits the sorted attributes, not those that were sent.
    AttributesResorted,
    /// A signed attribute is missing.
    AttributeMissing {
        /// Its name in the standard.
        name: &'static str,
    },
    /// A signed attribute is there more than once, or malformed.
    AttributeMalformed {
        /// Its name in the standard.
        name: &'static str,
    },
    /// A signed attribute that this form of signature must not have.
    AttributeForbidden {
        /// Its name in the standard.
        name: &'static str,
    },
    /// There are no signed attributes at all.
    NoSignedAttributes,
    /// No certificate of the signer is there.
    SignerCertificateMissing,
    /// The signing-certificate attribute names another certificate.
    SignerCertificateDiffers,
    /// The signer's certificate came from outside the signature.
    SignerCertificateFromPool,
    /// The digest of the signed bytes is another one.
    DigestDiffers,
    /// The signature value does not fit.
    SignatureBroken,
    /// The algorithm is not known, so nothing can be said.
    AlgorithmUnknown {
        /// Its name or dotted identifier.
        name: String,
    },
    /// Two places name different algorithms.
    AlgorithmsDiffer {
        /// Digest of the signer.
        digest: String,
        /// Signature algorithm.
        signature: String,
    },
    /// A digest algorithm is named by the identifier of a signature algorithm.
    DigestNamedAsSignature,
    /// A later revision changed something.
    Changed {
        /// How far the change goes.
        level: ChangeLevel,
        /// The revision, counted from 0.
        revision: usize,
        /// Object number.
        object: u32,
        /// Path from the trailer, or what is known of it.
        path: String,
    },
    /// Later revisions changed more than is permitted.
    ChangesNotPermitted {
        /// How far the changes go.
        level: ChangeLevel,
        /// How far they may go.
        allowed: ChangeLevel,
    },
    /// A signature field was added after a certification.
    FieldAfterCertification {
        /// The added field.
        field: String,
    },
    /// A later signature fails or is open.
    LaterSignature {
        /// Its field.
        field: String,
    },
    /// No path to a trust anchor; or the path breaks a rule.
    Path {
        /// What is wrong.
        failure: Said,
        /// The certificate that it is about, RFC 4514 name.
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<String>,
        /// A candidate that nearly fitted, RFC 4514 name.
        #[serde(skip_serializing_if = "Option::is_none")]
        near_miss: Option<String>,
    },
    /// A certificate is outside its period.
    OutOfPeriod {
        /// RFC 4514 name.
        certificate: String,
        /// First second.
        not_before: UtcTime,
        /// Last second.
        not_after: UtcTime,
        /// The moment that was asked.
        at: UtcTime,
    },
    /// A certificate is outside its period now, and was inside when the signature is proven.
    InPeriodThen {
        /// RFC 4514 name.
        certificate: String,
        /// First second.
        not_before: UtcTime,
        /// Last second.
        not_after: UtcTime,
        /// The proven moment.
        at: UtcTime,
    },
    /// Time-stamps contradict each other.
    TimeStampOrder,
    /// A time inside the signature proves that it was made after the certificate's end or
    /// revocation, or before its begin.
    SignedOutside {
        /// The proven moment.
        at: UtcTime,
    },
    /// A certificate is revoked.
    Revoked {
        /// RFC 4514 name.
        certificate: String,
        /// Since when.
        since: UtcTime,
        /// Why, as the issuer says (RFC 5280 §5.3.1).
        why: String,
    },
    /// The certificate was revoked after the proven time of the signature.
    RevokedLater {
        /// RFC 4514 name.
        certificate: String,
        /// Since when.
        since: UtcTime,
    },
    /// Whether a certificate is revoked is not known.
    RevocationUnknown {
        /// RFC 4514 name.
        certificate: String,
        /// Why not.
        why: Vec<Said>,
    },
    /// Whether a certificate is revoked now is not known; it was not when the signature is proven,
    /// by data that was fresh then.
    RevocationFreshThen {
        /// RFC 4514 name.
        certificate: String,
        /// When the data was issued.
        this_update: UtcTime,
        /// The proven moment.
        at: UtcTime,
    },
    /// The data about revocation is from before the proven time of the signature, and the policy
    /// wants later data.
    RevocationBeforeSignature {
        /// RFC 4514 name.
        certificate: String,
        /// When the data was issued.
        this_update: UtcTime,
        /// The proven moment.
        at: UtcTime,
    },
    /// The policy does not ask for revocation.
    RevocationNotAsked,
    /// An algorithm is too weak at the time that can be proven.
    Weak {
        /// The algorithm.
        name: String,
        /// What it is used for.
        used: &'static str,
        /// Last moment of trust.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<UtcTime>,
    },
    /// An algorithm is weak by today's measure and accepted by the policy.
    WeakAccepted {
        /// The algorithm.
        name: String,
        /// What it is used for.
        used: &'static str,
    },
    /// A time-stamp does not verify; it proves nothing.
    TimeStampBroken {
        /// Why.
        why: String,
    },
    /// The signing time in the attributes is exactly seven hours after the proven time.
    SigningTimeIsLocal,
    /// The signer claims a time after the moment of the validation.
    ClaimedTimeInFuture {
        /// What is claimed.
        claimed: UtcTime,
    },
    /// The signer claims a time at which the certificate was not in force.
    ClaimedTimeOutsideCertificate {
        /// What is claimed.
        claimed: UtcTime,
        /// First second of the certificate.
        not_before: UtcTime,
        /// Last second of the certificate.
        not_after: UtcTime,
    },
    /// The signature is in no field that can be reached.
    NotInField,
}
