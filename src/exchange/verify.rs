//! A package and a verifier → one report: every attachment's verdict, what the metadata say beside
//! it, and the status to answer with.

use std::fmt::Write as _;
use std::io::Read as _;

use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

use super::message::{DocumentMessage, Message, ResponseFor, StatusMessage};
use super::{EnvelopeSignature, FieldFault, Package, io_fault};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::report::message::error as error_text;
use crate::report::message::exchange as say;
use crate::report::{Language, Report};
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::validation::Indication;
use crate::verify::Verifier;

/// Characters of a status message's description, as many as QCVN 102:2016/BTTTT allows.
const DESCRIPTION: usize = 500;

/// What was found about one message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExchangeReport {
    /// What the envelope says.
    pub message: Message,
    /// The signature of the envelope, which is not checked.
    pub envelope_signature: EnvelopeSignature,
    /// Values that the regulation does not allow, where manifest and attachments differ, and what is
    /// declared a PDF and cannot be read as one.
    pub faults: Vec<FieldFault>,
    /// The attachments.
    pub attachments: Vec<AttachmentReport>,
    /// What is stated, beside what passed signatures say.
    pub comparisons: Vec<Comparison>,
    /// The worst verdict of the PDFs; never a pass while one of them cannot be read or something
    /// that the manifest names is not there.
    pub indication: Indication,
    /// Code of the status message that fits: 03 when every PDF passes, 02 when one fails or what is
    /// declared a PDF is none, 01 when a person must decide; `None` for what is a status message
    /// itself.
    pub status_code: Option<&'static str>,
}

/// One attachment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttachmentReport {
    /// Its name, as stated.
    pub name: String,
    /// Octets.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Whether it came in an archive.
    pub packed: bool,
    /// Its verdict; `None`: it is no PDF, or it could not be read.
    pub report: Option<Report>,
    /// Why it could not be read, in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    #[serde(skip)]
    error: Option<Error>,
}

/// Something stated, beside what signatures say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// `organisation`, `signer` or `date`.
    pub what: &'static str,
    /// As stated.
    pub stated: String,
    /// What passed signatures say.
    pub found: Vec<String>,
    /// `agrees`, `differs` or `not-compared`.
    pub result: &'static str,
}

/// Verifies every PDF of `package` at the moment `at`, one after the other, so that memory holds
/// one of them at a time.
///
/// # Errors
/// I/O; a PDF that cannot be read is part of the report.
pub fn verify(
    package: &mut Package,
    verifier: &Verifier,
    at: UtcTime,
) -> Result<ExchangeReport, Error> {
    let mut attachments = Vec::with_capacity(package.attachments.len());
    let limit = Limits::default().file;
    let mut faults = package.faults.clone();
    let mut unreadable = false;
    for attachment in &mut package.attachments {
        let mut found = AttachmentReport {
            name: attachment.name.clone(),
            size: attachment.size(),
            sha256: attachment.sha256(),
            packed: attachment.entry.is_some(),
            report: None,
            problem: None,
            error: None,
        };
        let declared = attachment.is_declared_pdf();
        if declared || attachment.is_pdf()? {
            let result = if attachment.size() > limit {
                Err(Error::limit("file", limit))
            } else {
                let mut bytes = Vec::new();
                attachment
                    .reader()?
                    .read_to_end(&mut bytes)
                    .map_err(|error| io_fault(&error))?;
                verifier.verify(&bytes, at)
            };
            match result {
                Ok(report) => found.report = Some(report),
                Err(error) => {
                    if declared {
                        // What is too large for this receiver is a question, no reason to refuse.
                        unreadable |= !matches!(error.kind(), ErrorKind::Limit { .. });
                        faults.push(FieldFault::about(
                            &found.name,
                            "Attachment",
                            "is declared a PDF and cannot be read as one",
                        ));
                    }
                    found.problem = Some(error.to_string());
                    found.error = Some(error);
                }
            }
        }
        attachments.push(found);
    }
    let comparisons = match &package.message {
        Message::Document(document) => compare(document, &attachments),
        Message::Status(_) => Vec::new(),
    };
    let indication = attachments
        .iter()
        .filter_map(|one| match (&one.report, &one.problem) {
            (Some(report), _) => Some(report.indication),
            (None, Some(_)) => Some(Indication::Indeterminate),
            (None, None) => None,
        })
        .chain(package.incomplete.then_some(Indication::Indeterminate))
        .max_by_key(|indication| rank(*indication))
        .unwrap_or(Indication::NoSignatureFound);
    let status_code = match (&package.message, indication) {
        (Message::Status(_), _) => None,
        (_, Indication::TotalFailed) => Some("02"),
        _ if unreadable => Some("02"),
        (_, Indication::TotalPassed) => Some("03"),
        _ => Some("01"),
    };
    Ok(ExchangeReport {
        message: package.message.clone(),
        envelope_signature: package.envelope_signature,
        faults,
        attachments,
        comparisons,
        indication,
        status_code,
    })
}

/// The worse, the higher: as the program's exit codes.
fn rank(indication: Indication) -> u8 {
    match indication {
        Indication::TotalPassed => 0,
        Indication::NoSignatureFound => 1,
        Indication::Indeterminate => 2,
        Indication::TotalFailed => 3,
    }
}

/// For comparing names: composed, lower case, white space as one blank, escapes gone.
fn plain(text: &str) -> String {
    let text: String = text.nfc().filter(|c| *c != '\\').collect();
    text.to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn compare(document: &DocumentMessage, attachments: &[AttachmentReport]) -> Vec<Comparison> {
    let passed: Vec<_> = attachments
        .iter()
        .filter_map(|one| one.report.as_ref())
        .flat_map(|report| &report.signatures)
        .filter(|one| one.indication == Indication::TotalPassed)
        .collect();
    let signers: Vec<String> = passed.iter().filter_map(|one| one.signer.clone()).collect();
    let named = |what, stated: &str| {
        let wanted = plain(stated);
        let result = if signers.is_empty() || wanted.is_empty() {
            "not-compared"
        } else if signers.iter().any(|signer| plain(signer).contains(&wanted)) {
            "agrees"
        } else {
            "differs"
        };
        Comparison {
            what,
            stated: stated.to_owned(),
            found: signers.clone(),
            result,
        }
    };
    let mut days: Vec<String> = passed
        .iter()
        .filter_map(|one| one.claimed_time)
        .map(|time| {
            let text = time.rfc3339(VIETNAM_OFFSET);
            text.chars().take(10).collect::<String>().replace('-', "/")
        })
        .collect();
    days.dedup();
    let date = Comparison {
        what: "date",
        stated: document.promulgation_date.clone(),
        result: if days.is_empty() {
            "not-compared"
        } else if days.contains(&document.promulgation_date) {
            "agrees"
        } else {
            "differs"
        },
        found: days,
    };
    vec![
        named("organisation", &document.from.name),
        named("signer", &document.signer_full_name),
        date,
    ]
}

impl ExchangeReport {
    /// Whether an attachment that is a PDF, or is declared one, could not be read.
    pub fn has_unreadable(&self) -> bool {
        self.attachments.iter().any(|one| one.problem.is_some())
    }

    /// Indented JSON, with a line end.
    pub fn json(&self) -> String {
        // A struct of strings, numbers and lists always serialises.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The status message that answers a document: received, or refused with the reason in words of
    /// `language`, sent at the moment `now`; `None` for what is a status message itself.
    pub fn answer(&self, now: UtcTime, language: Language) -> Option<StatusMessage> {
        let Message::Document(document) = &self.message else {
            return None;
        };
        let code = self.status_code?;
        let stamp: String = now.rfc3339(VIETNAM_OFFSET).chars().take(19).collect();
        Some(StatusMessage {
            from: document.to.first().cloned().unwrap_or_default(),
            response_for: ResponseFor {
                organ_id: document.from.id.clone(),
                code: format!("{}/{}", document.code.number, document.code.notation),
                document_id: document.document_id.clone(),
                promulgation_date: Some(document.promulgation_date.clone()),
            },
            staff: None,
            status_code: code.to_owned(),
            description: (code == "02").then(|| self.refusal(language)),
            timestamp: stamp.replace('-', "/").replace('T', " "),
        })
    }

    /// Which attachments fail, and why.
    fn refusal(&self, language: Language) -> String {
        let failed = self.attachments.iter().filter_map(|one| {
            let verdict = one.report.as_ref()?;
            (verdict.indication == Indication::TotalFailed).then_some((&one.name, verdict))
        });
        let failed: Vec<String> = failed
            .map(|(name, verdict)| match verdict.sub_indication {
                Some(sub) => format!("{name} ({}, {sub})", verdict.indication),
                None => format!("{name} ({})", verdict.indication),
            })
            .collect();
        let unreadable: Vec<String> = self
            .attachments
            .iter()
            .filter_map(|one| Some((one, one.error.as_ref()?)))
            .map(|(one, error)| format!("{} ({})", one.name, error_text(language, error)))
            .collect();
        let mut sentences = Vec::new();
        if !failed.is_empty() {
            sentences.push(format!("{}: {}", say::refusal(language), failed.join("; ")));
        }
        if !unreadable.is_empty() {
            let words = say::unreadable(language);
            sentences.push(format!("{words}: {}", unreadable.join("; ")));
        }
        let text = sentences.join(". ");
        text.chars().take(DESCRIPTION).collect()
    }

    /// Sentences for the user.
    pub fn text(&self, language: Language) -> String {
        let l = language;
        let mut out = String::new();
        let clean = crate::report::certificate::plain;
        // Writing to a string cannot fail.
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        match &self.message {
            Message::Document(document) => {
                line(say::title(
                    l,
                    &clean(&document.from.name),
                    &clean(&document.subject),
                ));
            }
            Message::Status(status) => {
                line(say::status_title(
                    l,
                    &clean(&status.from.name),
                    &clean(&status.status_code),
                ));
                if let Some(words) = &status.description {
                    line(format!("  {}", clean(words)));
                }
            }
        }
        for fault in &self.faults {
            let text = match &fault.attachment {
                None => say::finding(l, fault.element, fault.problem),
                Some(name) => {
                    say::attachment_finding(l, &clean(name), fault.element, fault.problem)
                }
            };
            line(format!("  ! {text}"));
        }
        let signature = match self.envelope_signature {
            EnvelopeSignature::Absent => "absent",
            EnvelopeSignature::NotChecked => "not-checked",
            EnvelopeSignature::Placeholder => "placeholder",
        };
        line(format!("  {}", say::envelope_signature(l, signature)));
        for (index, one) in self.attachments.iter().enumerate() {
            let number = index.saturating_add(1);
            line(format!(
                "  {}",
                say::attachment(l, number, &clean(&one.name), one.size)
            ));
            match (&one.report, &one.error) {
                (Some(report), _) => {
                    for text in report.text(l).lines() {
                        line(format!("    {text}"));
                    }
                }
                (None, Some(error)) => line(format!("    {}", error_text(l, error))),
                (None, None) => line(format!("    {}", say::not_a_pdf(l))),
            }
        }
        for one in &self.comparisons {
            let found = one.found.iter().map(|text| clean(text)).collect::<Vec<_>>();
            let text = say::comparison(
                l,
                one.what,
                &clean(&one.stated),
                &found.join("; "),
                one.result,
            );
            line(format!("  {text}"));
        }
        if let Some(code) = self.status_code {
            line(format!("→ {}", say::answer(l, code)));
        }
        out
    }
}
