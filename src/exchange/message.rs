//! What an edXML message says, as plain data; the same data are what the writer takes.

use serde::{Deserialize, Serialize};

/// A message: a document, or what became of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Message {
    /// A document with its attachments.
    Document(Box<DocumentMessage>),
    /// What became of a document.
    Status(Box<StatusMessage>),
}

/// An organisation that sends or receives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Organ {
    /// Its identifier, such as `000.00.00.H12` or `H12.03`.
    pub id: String,
    /// The organisation above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_charge: Option<String>,
    /// Its name.
    pub name: String,
    /// Its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Its telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// Its fax number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fax: Option<String>,
    /// Its web site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
}

/// Number and symbol of a document, such as `15` and `QĐ-BNV`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Code {
    /// Its number.
    pub number: String,
    /// Its symbol.
    pub notation: String,
}

/// A document on its way to other organisations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentMessage {
    /// Who sends.
    pub from: Organ,
    /// Who receives.
    pub to: Vec<Organ>,
    /// Identifier of the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// Number and symbol.
    pub code: Code,
    /// Place of issue.
    pub place: String,
    /// Date of issue, `yyyy/MM/dd`.
    pub promulgation_date: String,
    /// Code of the kind of document.
    pub document_type: String,
    /// Code of the kind, in more detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_type_detail: Option<String>,
    /// Name of the kind of document.
    pub document_type_name: String,
    /// What it is about.
    pub subject: String,
    /// A summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// In whose name it is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer_competence: Option<String>,
    /// Post of the signer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer_position: Option<String>,
    /// Name of the signer.
    pub signer_full_name: String,
    /// By when it must be answered, `yyyy/MM/dd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<String>,
    /// Where it goes, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_places: Vec<String>,
    /// Urgency, 0 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sphere_of_promulgation: Option<String>,
    /// Symbol of the typist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typer_notation: Option<String>,
    /// How many are issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promulgation_amount: Option<String>,
    /// How many pages it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_amount: Option<String>,
    /// `true` or `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// Its appendixes, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub appendixes: Vec<String>,
    /// Documents to which this one answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_for: Vec<ResponseFor>,
    /// Whether it steers, 0 or 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steering_type: Option<String>,
    /// Way of the message so far.
    pub trace: Vec<Trace>,
    /// What the message does.
    pub business: Business,
}

/// A document that is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResponseFor {
    /// Who issued it.
    pub organ_id: String,
    /// Number and symbol, `15/QĐ-BNV`.
    pub code: String,
    /// Identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// Date of issue, `yyyy/MM/dd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promulgation_date: Option<String>,
}

/// One station of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    /// Which organisation.
    pub organ_id: String,
    /// When, `yyyy/MM/dd HH:mm:ss`, local time.
    pub timestamp: String,
}

/// What a message does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Business {
    /// 0 new, 1 recall, 2 update, 3 replace.
    pub document_type: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Identifier of the document that is recalled or updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_id: Option<String>,
    /// Whether paper follows, 0 or 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<String>,
    /// Documents that are replaced.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<Replacement>,
    /// Who sends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<Staff>,
}

/// A document that is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Replacement {
    /// Which.
    pub document_id: String,
    /// At which organisations.
    pub organs: Vec<String>,
}

/// The person who sends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Staff {
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// Mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// What became of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusMessage {
    /// Who says it.
    pub from: Organ,
    /// Which document.
    pub response_for: ResponseFor,
    /// Who at that organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<Staff>,
    /// 01 arrived, 02 refused, 03 received, 04 assigned, 05 in work, 06 done, 13 take-back asked,
    /// 15 update or take-back accepted, 16 refused.
    pub status_code: String,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When, `yyyy/MM/dd HH:mm:ss`, local time.
    pub timestamp: String,
}
