//! The verdicts of one document → what a reader in the trade should know and what decides nothing.
//!
//! A pure function of what the verdicts say: order of the seals, copies and attachments, time
//! stamps, certificates near their end, and what other checkers would say. Who is a person and who
//! an agency is the word of the trust file alone ([`crate::pki::Trust::role`]); identifiers in names
//! are told as hints.

use serde::{Deserialize, Serialize};

use super::policy::Policy;
use super::reason::Reason;
use super::signature_verdict::{SignatureVerdict, TimeSource};
use super::verdict::Indication;
use crate::pki::holder::HolderHint;
use crate::pki::trust::Role;
use crate::signature::{CornerMark, Kind};
use crate::time::UtcTime;

/// How much a reader should care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Look at it before relying on the file.
    Warning,
    /// Good to know.
    Information,
}

/// Something about a signed file that decides nothing. Signatures are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Remark {
    /// An agency signed, and no valid signature of a person stands before it.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Điều 32 khoản 2 điểm d.
    SealWithoutPersonalSignature {
        /// The agency's signature.
        signature: usize,
    },
    /// The certificates of the person and of the agency end in different PKIs.
    SeveralPkis {
        /// The person's signature.
        person: usize,
        /// The agency's signature.
        agency: usize,
    },
    /// No signature covers the file to its end; checkers known in the field then call every
    /// signature modified.
    NoSignatureCoversFile,
    /// More than one `%%EOF` was added between two signatures; checkers known in the field then
    /// call every signature modified.
    SeveralEndsBetweenSignatures {
        /// The later of the two.
        signature: usize,
        /// How many.
        ends: u64,
    },
    /// The signing time in the attributes is exactly seven hours after the proven time: local time
    /// written as UTC.
    SigningTimeIsLocal {
        /// The signature.
        signature: usize,
    },
    /// Nothing proves when they were made.
    NoTimeStamp {
        /// The signatures.
        signatures: Vec<usize>,
    },
    /// The signer's certificate ends soon.
    CertificateEndsSoon {
        /// The signature.
        signature: usize,
        /// Its last second.
        not_after: UtcTime,
        /// Whole days that are left.
        days: i64,
    },
    /// The rules say one thing, the identifiers in the name another.
    HintContradictsRule {
        /// The signature.
        signature: usize,
        /// What the rules say.
        role: Role,
        /// What the identifiers suggest.
        hint: HolderHint,
    },
    /// No rule of the trust file says who the signers are, so the order of person and agency could
    /// not be judged.
    RoleUnknown {
        /// The signatures.
        signatures: Vec<usize>,
        /// What the identifiers suggest; no proof.
        hint: HolderHint,
    },
    /// Only persons signed: normal for a file that is printed, stamped by hand and sent on paper.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Điều 18 khoản 5.
    PaperRoute,
    /// An agency certifies a copy.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II.
    CopySignature {
        /// The signature.
        signature: usize,
        /// The words on it.
        form: CopyForm,
    },
    /// An agency signs a separate attachment.
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần I, mục II.8.
    AttachmentSignature {
        /// The signature.
        signature: usize,
    },
}

/// The words that name a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyForm {
    /// SAO LỤC: a copy of a copy or of an original of another agency.
    SaoLuc,
    /// SAO Y: a full copy of the original.
    SaoY,
    /// TRÍCH SAO: a part of the original.
    TrichSao,
}

impl CopyForm {
    /// The words as they stand on the page.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SaoLuc => "SAO LỤC",
            Self::SaoY => "SAO Y",
            Self::TrichSao => "TRÍCH SAO",
        }
    }
}

impl Remark {
    /// How much a reader should care.
    pub const fn weight(&self) -> Weight {
        match self {
            Self::SealWithoutPersonalSignature { .. }
            | Self::SeveralPkis { .. }
            | Self::NoSignatureCoversFile
            | Self::SeveralEndsBetweenSignatures { .. }
            | Self::SigningTimeIsLocal { .. }
            | Self::NoTimeStamp { .. }
            | Self::CertificateEndsSoon { .. }
            | Self::HintContradictsRule { .. } => Weight::Warning,
            Self::RoleUnknown { .. }
            | Self::PaperRoute
            | Self::CopySignature { .. }
            | Self::AttachmentSignature { .. } => Weight::Information,
        }
    }

    /// The (first) signature that it is about; `None` when it is about the file.
    pub fn signature(&self) -> Option<usize> {
        match self {
            Self::SealWithoutPersonalSignature { signature }
            | Self::SeveralEndsBetweenSignatures { signature, .. }
            | Self::SigningTimeIsLocal { signature }
            | Self::CertificateEndsSoon { signature, .. }
            | Self::HintContradictsRule { signature, .. }
            | Self::CopySignature { signature, .. }
            | Self::AttachmentSignature { signature } => Some(*signature),
            Self::NoTimeStamp { signatures } | Self::RoleUnknown { signatures, .. } => {
                signatures.first().copied()
            }
            Self::SeveralPkis { agency, .. } => Some(*agency),
            Self::NoSignatureCoversFile | Self::PaperRoute => None,
        }
    }
}

/// What is to be remarked on the signatures of one document, warnings first.
///
/// `signatures`: in the order in which they were made. `at`: the moment of the validation.
pub fn remarks(signatures: &[SignatureVerdict], policy: &Policy, at: UtcTime) -> Vec<Remark> {
    let mut found = Vec::new();
    let signers = || {
        let by_signers = |s: &&SignatureVerdict| s.kind != Kind::DocumentTimeStamp;
        signatures
            .iter()
            .enumerate()
            .filter(move |(_, s)| by_signers(s))
    };
    for (index, signature) in signers() {
        of_one(index, signature, policy, at, &mut found);
    }
    let unproven =
        |s: &SignatureVerdict| s.best_signature_time.source == TimeSource::ValidationTime;
    let without: Vec<usize> = signers()
        .filter(|(_, s)| unproven(s))
        .map(|(index, _)| index)
        .collect();
    if !without.is_empty() {
        let signatures = without;
        found.push(Remark::NoTimeStamp { signatures });
    }
    for hint in [
        HolderHint::Organisation,
        HolderHint::Person,
        HolderHint::Unknown,
    ] {
        let unknown = |s: &SignatureVerdict| {
            s.role.is_none() && s.certificate.as_ref().is_some_and(|c| c.hint == hint)
        };
        let signatures: Vec<usize> = signers()
            .filter(|(_, s)| unknown(s))
            .map(|(index, _)| index)
            .collect();
        if !signatures.is_empty() {
            found.push(Remark::RoleUnknown { signatures, hint });
        }
    }
    order(signatures, &mut found);
    pkis(signatures, &mut found);
    if !signatures.is_empty() && !signatures.iter().any(|s| s.whole_document == Some(true)) {
        found.push(Remark::NoSignatureCoversFile);
    }
    for (signature, one) in signatures.iter().enumerate() {
        if one.end_markers > 1 {
            let ends = one.end_markers;
            found.push(Remark::SeveralEndsBetweenSignatures { signature, ends });
        }
    }
    let mut roles = signers().map(|(_, s)| s.role).peekable();
    if roles.peek().is_some() && roles.all(|role| role == Some(Role::Person)) {
        found.push(Remark::PaperRoute);
    }
    found.sort_by_key(|remark| (remark.weight(), remark.signature()));
    found
}

fn of_one(
    signature: usize,
    one: &SignatureVerdict,
    policy: &Policy,
    at: UtcTime,
    found: &mut Vec<Remark>,
) {
    let local = |reason: &Reason| matches!(reason, Reason::SigningTimeIsLocal);
    if one
        .checks
        .iter()
        .any(|check| check.reasons.iter().any(local))
    {
        found.push(Remark::SigningTimeIsLocal { signature });
    }
    if let Some(form) = one.corner.as_ref().and_then(copy_form) {
        found.push(Remark::CopySignature { signature, form });
    } else if one.corner.as_ref().is_some_and(is_attachment) {
        found.push(Remark::AttachmentSignature { signature });
    }
    let Some(certificate) = &one.certificate else {
        return;
    };
    let left = certificate.not_after.unix().saturating_sub(at.unix());
    let days = left / 86_400;
    if left >= 0 && days < i64::from(policy.certificate_end_warning_days) {
        let not_after = certificate.not_after;
        found.push(Remark::CertificateEndsSoon {
            signature,
            not_after,
            days,
        });
    }
    let hint = certificate.hint;
    match (one.role, hint) {
        (Some(role @ Role::Agency), HolderHint::Person)
        | (Some(role @ Role::Person), HolderHint::Organisation) => {
            found.push(Remark::HintContradictsRule {
                signature,
                role,
                hint,
            });
        }
        _ => {}
    }
}

/// The agency signs after the person whose document it is, or its own copy.
fn order(signatures: &[SignatureVerdict], found: &mut Vec<Remark>) {
    let is_person = |s: &SignatureVerdict| {
        s.role == Some(Role::Person) && s.indication == Indication::TotalPassed
    };
    let is_exempt = |s: &SignatureVerdict| {
        s.corner
            .as_ref()
            .is_some_and(|mark| copy_form(mark).is_some() || is_attachment(mark))
    };
    for (signature, one) in signatures.iter().enumerate() {
        if is_person(one) {
            return;
        }
        if one.role == Some(Role::Agency) && !is_exempt(one) {
            found.push(Remark::SealWithoutPersonalSignature { signature });
            return;
        }
    }
}

/// A person and an agency whose paths end in different PKIs.
fn pkis(signatures: &[SignatureVerdict], found: &mut Vec<Remark>) {
    let of = |role| {
        signatures
            .iter()
            .enumerate()
            .filter(move |(_, s)| s.role == Some(role) && s.pki.is_some())
    };
    for (agency, seal) in of(Role::Agency) {
        if let Some((person, _)) = of(Role::Person).find(|(_, s)| s.pki != seal.pki) {
            found.push(Remark::SeveralPkis { person, agency });
            return;
        }
    }
}

/// Which copy a mark in the corner certifies: its first words, and no picture.
pub fn copy_form(mark: &CornerMark) -> Option<CopyForm> {
    if mark.picture {
        return None;
    }
    let text = mark.text.to_uppercase();
    let forms = [CopyForm::SaoLuc, CopyForm::SaoY, CopyForm::TrichSao];
    forms.into_iter().find(|form| {
        text.strip_prefix(form.words())
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

/// Whether a mark in the corner is that of a separate attachment: number and symbol of the document
/// and the time of signing, no picture.
pub fn is_attachment(mark: &CornerMark) -> bool {
    let text = &mark.text;
    !mark.picture && has_number_and_symbol(text) && has_time(text)
}

/// Such as `15/QĐ-UBND`: figures, a stroke, capitals.
fn has_number_and_symbol(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | ':'))
        .any(|word| {
            let Some((number, symbol)) = word.split_once('/') else {
                return false;
            };
            number.starts_with(|c: char| c.is_ascii_digit())
                && symbol.starts_with(char::is_uppercase)
                && symbol.chars().all(|c| {
                    c.is_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '/' | '&' | '.')
                })
        })
}

/// Such as `14:30:05`: two figures three times.
fn has_time(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_digit() || c == ':'))
        .any(|word| {
            let parts: Vec<&str> = word.split(':').collect();
            parts.len() == 3 && parts.iter().all(|part| (1..=2).contains(&part.len()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &str) -> CornerMark {
        CornerMark {
            text: text.to_owned(),
            picture: false,
        }
    }

    /// The words of Annex III, in the presets of the field.
    #[test]
    fn ok_copies_and_attachments_are_known_by_their_words() {
        for (text, form, attachment) in [
            (
                "SAO Y; Sở Mẫu; 23/11/2026; 14:30:05",
                Some(CopyForm::SaoY),
                false,
            ),
            (
                "Sao lục; Sở Mẫu; 23.11.2026 14:30:05 +07:00",
                Some(CopyForm::SaoLuc),
                false,
            ),
            (
                "TRÍCH SAO Sở Mẫu 23.11.2026 14:30:05",
                Some(CopyForm::TrichSao),
                false,
            ),
            ("Số: 15/QĐ-UBND; 23/11/2026; 14:30:05", None, true),
            ("15/QĐ-UBND 23.11.2026 14:30:05 +07:00", None, true),
            ("SAO YÊN", None, false),
            ("Số: 15/QĐ-UBND", None, false),
            ("23/11/2026 14:30:05", None, false),
            ("Nguyễn Văn A 23.11.2026 14:30:05", None, false),
            ("", None, false),
        ] {
            assert_eq!(copy_form(&mark(text)), form, "{text}");
            assert_eq!(is_attachment(&mark(text)), attachment, "{text}");
        }
    }

    /// The rule asks for text alone; a seal's picture in the corner is neither.
    #[test]
    fn a_picture_is_neither_copy_nor_attachment() {
        for text in ["SAO Y", "Số: 15/QĐ-UBND; 23/11/2026; 14:30:05"] {
            let picture = CornerMark {
                picture: true,
                ..mark(text)
            };
            assert_eq!(copy_form(&picture), None);
            assert!(!is_attachment(&picture));
        }
    }
}
