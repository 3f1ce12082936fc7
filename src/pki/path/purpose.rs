//! Key usage and extended key usage of a leaf → whether it may do what it did.

use super::PathFailureKind;
use crate::oid::{self, Oid};
use crate::pki::certificate::Certificate;
use crate::pki::extension::KeyUsage;

/// What the leaf is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Anything: no usage is asked.
    Any,
    /// To sign CRLs: cRLSign, when key usage is there.
    CrlSigning,
    /// To sign documents.
    DocumentSigning(DocumentSigningRules),
    /// To answer for a CA by OCSP: id-kp-OCSPSigning by name (RFC 6960 §4.2.2.2).
    OcspSigning,
    /// To make time stamps: extended key usage critical and exactly id-kp-timeStamping, key usage
    /// nothing but signatures (RFC 3161 §2.3).
    TimeStamping,
}

/// What is asked of a signer of documents.
///
/// Source: RFC 9336 §4; validation rules 2.4, 2.5 and table 2a.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSigningRules {
    /// Which bits the key usage needs.
    pub key_usage: SignerKeyUsage,
    /// Whether the key usage extension must be there.
    pub key_usage_extension: Requirement,
    /// One of these must be in the extended key usage. anyExtendedKeyUsage counts only when it
    /// stands here.
    pub purposes: Vec<Oid>,
    /// Whether the extended key usage extension must be there.
    pub extended_key_usage_extension: Requirement,
}

impl Default for DocumentSigningRules {
    /// Table 2a: document signing of RFC 9336 and of Microsoft, Adobe authentic documents, mail
    /// protection; extensions optional; either signing bit.
    fn default() -> Self {
        Self {
            key_usage: SignerKeyUsage::DigitalSignatureOrContentCommitment,
            key_usage_extension: Requirement::Optional,
            purposes: vec![
                oid::KP_DOCUMENT_SIGNING,
                oid::KP_MS_DOCUMENT_SIGNING,
                oid::KP_ADOBE_AUTHENTIC_DOCUMENTS,
                oid::KP_EMAIL_PROTECTION,
            ],
            extended_key_usage_extension: Requirement::Optional,
        }
    }
}

/// Bits that a signer's key usage needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerKeyUsage {
    /// contentCommitment (non-repudiation).
    ContentCommitment,
    /// One of the two.
    DigitalSignatureOrContentCommitment,
    /// Either, or none of them: a loosening for archives.
    Unrestricted,
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// It may be missing.
    Optional,
    /// It may not.
    Required,
}

impl Purpose {
    /// The purpose in words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Any => "any purpose",
            Self::CrlSigning => "signing CRLs",
            Self::DocumentSigning(_) => "signing documents",
            Self::OcspSigning => "signing OCSP responses",
            Self::TimeStamping => "time-stamping",
        }
    }

    /// Whether the leaf may serve the purpose.
    pub(super) fn check(&self, leaf: &Certificate) -> Result<(), PathFailureKind> {
        let usage = leaf.key_usage();
        let extended = leaf.extended_key_usage();
        let signing = KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::CONTENT_COMMITMENT);
        let (usage_fits, extended_fits) = match self {
            Self::Any => (true, true),
            Self::CrlSigning => (usage.is_none_or(|u| u.has(KeyUsage::CRL_SIGN)), true),
            Self::OcspSigning => (
                usage.is_none_or(|u| u.has(signing)),
                extended.is_some_and(|e| e.contains(&oid::KP_OCSP_SIGNING)),
            ),
            Self::TimeStamping => (
                usage.is_none_or(|u| u.has(signing) && u.is_within(signing)),
                extended.is_some_and(|e| e == [oid::KP_TIME_STAMPING])
                    && leaf
                        .extension(&oid::EXTENDED_KEY_USAGE)
                        .is_some_and(|e| e.critical),
            ),
            Self::DocumentSigning(rules) => (
                rules.usage_fits(usage),
                match extended {
                    None => rules.extended_key_usage_extension == Requirement::Optional,
                    Some(found) => found.iter().any(|kind| rules.purposes.contains(kind)),
                },
            ),
        };
        if !usage_fits {
            return Err(PathFailureKind::KeyUsage {
                purpose: self.name(),
                found: usage,
            });
        }
        if !extended_fits {
            return Err(self.extended_failure(leaf));
        }
        Ok(())
    }

    /// The failure of an extended key usage.
    pub(super) fn extended_failure(&self, certificate: &Certificate) -> PathFailureKind {
        PathFailureKind::ExtendedKeyUsage {
            purpose: self.name(),
            found: certificate.extended_key_usage().map(<[Oid]>::to_vec),
        }
    }

    /// Whether the extended key usage of a CA, when there is one, has the leaf's purpose too.
    ///
    /// Source: validation rule 2.6.
    pub(super) fn is_nested(&self, authority: &Certificate) -> bool {
        let Some(found) = authority.extended_key_usage() else {
            return true;
        };
        found.contains(&oid::ANY_EXTENDED_KEY_USAGE)
            || match self {
                Self::Any | Self::CrlSigning => true,
                Self::DocumentSigning(rules) => {
                    found.iter().any(|kind| rules.purposes.contains(kind))
                }
                Self::OcspSigning => found.contains(&oid::KP_OCSP_SIGNING),
                Self::TimeStamping => found.contains(&oid::KP_TIME_STAMPING),
            }
    }
}

impl DocumentSigningRules {
    fn usage_fits(&self, usage: Option<KeyUsage>) -> bool {
        let Some(usage) = usage else {
            return self.key_usage_extension == Requirement::Optional;
        };
        // Who may issue certificates must not sign documents with the same key.
        if usage.has(KeyUsage::KEY_CERT_SIGN) {
            return false;
        }
        match self.key_usage {
            SignerKeyUsage::ContentCommitment => usage.has(KeyUsage::CONTENT_COMMITMENT),
            SignerKeyUsage::DigitalSignatureOrContentCommitment => {
                usage.has(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::CONTENT_COMMITMENT))
            }
            SignerKeyUsage::Unrestricted => true,
        }
    }
}
