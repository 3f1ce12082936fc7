//! `pdf::Document` → each [`EmbeddedSignature`]: field, byte range, coverage, permissions, later changes.

pub mod byte_range;
pub mod changes;
pub mod compare;
mod corner;
mod dictionary;
pub mod digests;
mod encoded;
mod fault;
pub(crate) mod field;
mod form;
pub mod lint;
pub mod observation;
mod permission;
mod scan;
pub mod security_store;
mod seen;

pub use byte_range::ByteRange;
pub use changes::{ChangeLevel, ChangedObject, RevisionChanges};
pub use corner::CornerMark;
pub use digests::Digests;
pub use fault::Fault;
pub use field::{FieldKind, SignatureField};
pub use form::Form;
pub use lint::{Lint, LintKind};
pub use observation::{Linting, Observation, observe};
pub use permission::{FieldLock, Permissions};
pub use security_store::SecurityStore;
pub use seen::Difference;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{Document, ObjectId};
use crate::time::UtcTime;

/// What kind of signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A signature of a person or an agency.
    Approval,
    /// A signature that grants or forbids later changes.
    Certification {
        /// `/P` of its transform parameters, 1 to 3.
        permission: u8,
    },
    /// A time-stamp over the document.
    DocumentTimeStamp,
}

impl Kind {
    /// Stable name for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::Certification { .. } => "certification",
            Self::DocumentTimeStamp => "document_timestamp",
        }
    }
}

/// Which rule a fault belongs to; the rules are those of the byte range and of revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The file begins with its header.
    Header,
    /// One form of cross-reference for each revision.
    CrossReference,
    /// The dictionary has what it must have, directly and once.
    Dictionary,
    /// The byte range is four numbers inside the file, from its first byte.
    Range,
    /// The gap is exactly the signature's own value.
    Gap,
    /// The byte range ends where a revision ends, and nothing of the revision lies behind it.
    RevisionEnd,
    /// Byte ranges of different signatures nest.
    Nesting,
    /// The signature stands as it was when it was made.
    OwnRevision,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 8] = [
        Self::Header,
        Self::CrossReference,
        Self::Dictionary,
        Self::Range,
        Self::Gap,
        Self::RevisionEnd,
        Self::Nesting,
        Self::OwnRevision,
    ];
}

/// How much a fault weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Worth telling, decides nothing.
    Oddity,
    /// The rule is broken.
    Fault,
}

/// A signature as it stands in a document; facts, no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EmbeddedSignature {
    /// Full name of the field; `None` when no field leads to the signature or it has no name.
    pub field: Option<String>,
    /// Object of the field; `None` when no field leads to the signature.
    pub field_id: Option<ObjectId>,
    /// Object of the signature dictionary; `None` when it is direct in its field.
    pub value_id: Option<ObjectId>,
    /// What kind of signature.
    pub kind: Kind,
    /// `/SubFilter` without its slash.
    pub sub_filter: Option<String>,
    /// `/ByteRange`, when it is four numbers.
    pub byte_range: Option<ByteRange>,
    /// The revision that the range ends with, counted from 0.
    pub revision: Option<usize>,
    /// Whether the range reaches the end of the file; `None` when the range is wrong.
    pub whole_document: Option<bool>,
    /// How many `%%EOF` stand between the end of the signature before (for the first one: none are
    /// counted, 0) and the end of this one.
    pub end_markers: u64,
    /// What is wrong or odd, with the rule that it belongs to.
    pub faults: Vec<(Rule, Weight, Fault)>,
    /// `/Contents`, decoded, padding included; empty when missing.
    #[serde(with = "encoded::octets")]
    pub contents: Vec<u8>,
    /// `/Cert`, for `adbe.x509.rsa_sha1`.
    #[serde(with = "encoded::list")]
    pub certificates: Vec<Vec<u8>>,
    /// `/M`.
    pub claimed_time: Option<UtcTime>,
    /// `/Name`.
    pub name: Option<String>,
    /// `/Reason`.
    pub reason: Option<String>,
    /// `/Location`.
    pub location: Option<String>,
    /// `/ContactInfo`.
    pub contact: Option<String>,
    /// What the signer permitted.
    pub permissions: Permissions,
    /// What it shows in the top right corner of page 1, when its widget stands there.
    pub corner: Option<CornerMark>,
    /// Pages (counted from 0 where known) and rectangles of the field's widgets that can be seen.
    pub visible: bool,
}

impl EmbeddedSignature {
    /// Whether `rule` is broken.
    pub fn breaks(&self, rule: Rule) -> bool {
        self.faults
            .iter()
            .any(|(r, weight, _)| *r == rule && *weight == Weight::Fault)
    }

    /// The file as it was when it was signed, its own value included; `None` when the byte range
    /// is wrong or does not end where a revision ends.
    ///
    /// `document`: the whole file that the signature was found in.
    pub fn signed_revision<'d>(&self, document: &'d [u8]) -> Option<&'d [u8]> {
        let rules = [Rule::Range, Rule::Gap, Rule::RevisionEnd];
        self.revision?;
        if rules.into_iter().any(|rule| self.breaks(rule)) {
            return None;
        }
        document.get(..usize::try_from(self.byte_range?.end()).ok()?)
    }

    /// The bytes that the signature covers, in order; `None` when the range is wrong.
    pub fn signed_parts<'d>(&self, document: &'d [u8]) -> Option<[&'d [u8]; 2]> {
        self.byte_range?.parts(document)
    }
}

/// Every signature of `document`, in the order in which they were made.
///
/// Found are the values of all signature fields that the interactive form reaches, in the latest
/// and in every earlier revision, and signature dictionaries that no field reaches.
///
/// # Errors
/// [`crate::error::PdfFault`] when catalog or form cannot be read, or a limit.
pub fn find(document: &Document<'_>, limits: &Limits) -> Result<Vec<EmbeddedSignature>, Error> {
    let mut found: Vec<dictionary::Found> = Vec::new();
    let last = document.revisions().len().saturating_sub(1);
    let mut visited: Option<BTreeSet<u32>> = None;
    for revision in (0..=last).rev() {
        // The field tree of this revision is the next one's unless that changed one of its objects.
        if let Some(visited) = &visited {
            let later = document.revisions().get(revision + 1);
            let listed = later.map(|later| later.entries()).transpose()?;
            let mut listed = listed.into_iter().flatten();
            if !listed.any(|(id, _)| visited.contains(&id.number)) {
                continue;
            }
        }
        let tree = field::walk(document.as_of(revision), limits)?;
        for field in tree.fields {
            if field.kind == FieldKind::Signature && field.value.is_some() {
                dictionary::add(
                    &mut found,
                    document,
                    revision,
                    revision == last,
                    field,
                    limits,
                )?;
            }
        }
        visited = Some(tree.visited);
    }
    dictionary::add_unreachable(&mut found, document, limits)?;
    let mut signatures = Vec::with_capacity(found.len());
    for one in found {
        signatures.push(dictionary::read(document, one, limits)?);
    }
    byte_range::check_nesting(&mut signatures);
    signatures.sort_by_key(|s| s.byte_range.map_or(u64::MAX, ByteRange::end));
    // ISO 32000-2 §12.8.2.2.1: one DocMDP signature in a document.
    let certify = signatures
        .iter_mut()
        .filter(|s| matches!(s.kind, Kind::Certification { .. }));
    for second in certify.skip(1) {
        let fault = (Rule::Dictionary, Weight::Fault, Fault::SecondCertification);
        second.faults.push(fault);
    }
    count_end_markers(document.bytes(), &mut signatures);
    Ok(signatures)
}

fn count_end_markers(bytes: &[u8], signatures: &mut [EmbeddedSignature]) {
    let mut before: Option<usize> = None;
    for signature in signatures {
        let end = signature
            .byte_range
            .and_then(|range| usize::try_from(range.end()).ok())
            .filter(|end| *end <= bytes.len());
        let Some(end) = end else { continue };
        if let Some(start) = before
            && let Some(between) = bytes.get(start..end)
        {
            signature.end_markers = memchr::memmem::find_iter(between, b"%%EOF").count() as u64;
        }
        before = before.max(Some(end));
    }
}
