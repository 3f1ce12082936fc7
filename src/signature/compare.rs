//! The document that was issued and the one that came back → whether only signatures were added, else what differs.
//!
//! Added signatures are recognised by their shape alone; whether they hold is for a verification to
//! say.

use serde::Serialize;

use super::changes::{self, ChangeLevel, ChangedObject, FieldEvent};
use super::seen::{self, Difference, NAMED};

use crate::error::{Error, ErrorKind};
use crate::pdf::{Document, OpenOptions};

/// What the comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Byte for byte the same.
    Identical,
    /// All bytes that were issued, and after them signatures (with their time-stamps, long-term
    /// evidence and metadata), nothing else.
    SignaturesAdded,
    /// All bytes that were issued, and after them no signature: document time-stamps, long-term
    /// evidence or metadata, nothing else.
    EvidenceAdded,
    /// Something else.
    Changed,
}

/// The issued and the returned document side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The answer.
    pub outcome: Outcome,
    /// Length of the issued file, in bytes.
    pub issued_size: u64,
    /// Length of the returned file, in bytes.
    pub returned_size: u64,
    /// Whether the returned file begins with all bytes of the issued one.
    pub begins_with_issued: bool,
    /// Revisions that were added, when it does.
    pub revisions_added: usize,
    /// How far the added revisions go; `None` when nothing could be told.
    pub level: Option<ChangeLevel>,
    /// Names of the fields whose signatures were added, in order.
    pub signatures_added: Vec<String>,
    /// Names of the fields whose document time-stamps were added, in order.
    pub time_stamps_added: Vec<String>,
    /// What differs, without the added signatures.
    pub differences: Vec<Difference>,
}

/// Compares `returned` with `issued`, two whole files.
///
/// # Errors
/// What [`Document::open`] says of `issued`; a limit, or no password that opens `returned`.
pub fn compare(issued: &[u8], returned: &[u8], options: &OpenOptions) -> Result<Comparison, Error> {
    let old = Document::open(issued, options)?;
    let mut found = Comparison {
        outcome: Outcome::Identical,
        issued_size: issued.len() as u64,
        returned_size: returned.len() as u64,
        begins_with_issued: returned.starts_with(issued),
        revisions_added: 0,
        level: Some(ChangeLevel::None),
        signatures_added: Vec::new(),
        time_stamps_added: Vec::new(),
        differences: Vec::new(),
    };
    if issued == returned {
        return Ok(found);
    }
    found.outcome = Outcome::Changed;
    found.level = None;
    if !found.begins_with_issued {
        found.differences.push(first_difference(&old, returned)?);
    }
    let new = match Document::open(returned, options) {
        Ok(new) => new,
        Err(error) if matches!(error.kind(), ErrorKind::Limit { .. }) => return Err(error),
        Err(error) => {
            found.differences.push(unreadable(&error));
            return Ok(found);
        }
    };
    if found.begins_with_issued && additions(&old, &new, &mut found)? {
        found.outcome = match found.signatures_added.is_empty() {
            true => Outcome::EvidenceAdded,
            false => Outcome::SignaturesAdded,
        };
        return Ok(found);
    }
    let limit = options.limits.tree_nodes;
    match seen::contents(old.latest(), new.latest(), limit) {
        Ok(more) => found.differences.extend(more),
        Err(error) if matches!(error.kind(), ErrorKind::Limit { .. }) => return Err(error),
        Err(error) => found.differences.push(unreadable(&error)),
    }
    found.differences.truncate(NAMED);
    Ok(found)
}

/// Where the files part ways.
fn first_difference(old: &Document<'_>, returned: &[u8]) -> Result<Difference, Error> {
    let issued = old.bytes();
    let Some(at) = issued.iter().zip(returned).position(|(a, b)| a != b) else {
        return Ok(Difference::CutOff {
            length: returned.len() as u64,
        });
    };
    let at = at as u64;
    let mut object = None;
    'revisions: for revision in old
        .revisions()
        .iter()
        .filter(|r| r.start <= at && at < r.end)
    {
        for (id, _) in revision.entries()? {
            let span = old.object_span(revision.index, id).ok().flatten();
            if span.is_some_and(|span| span.contains(&at)) {
                object = Some(id.number);
                break 'revisions;
            }
        }
    }
    Ok(Difference::FirstByte { at, object })
}

/// The revisions that came after the issued bytes; whether they are signatures and no more.
fn additions(
    old: &Document<'_>,
    new: &Document<'_>,
    found: &mut Comparison,
) -> Result<bool, Error> {
    let count = old.revisions().len();
    let end = |document: &Document<'_>| {
        let last = count.checked_sub(1)?;
        Some(document.revisions().get(last)?.startxref_position)
    };
    // The revisions that were issued are revisions of the returned file too.
    if end(old).is_none() || end(old) != end(new) {
        return Ok(false);
    }
    let limits = new.limits().clone();
    let mut level = ChangeLevel::None;
    for revision in count..new.revisions().len() {
        found.revisions_added += 1;
        let changes = match changes::between(new, revision, &limits) {
            Ok(changes) => changes,
            Err(error) if matches!(error.kind(), ErrorKind::Limit { .. }) => return Err(error),
            Err(error) => {
                level = ChangeLevel::Other;
                found.differences.push(unreadable(&error));
                continue;
            }
        };
        level = level.max(changes.level);
        found.differences.extend(
            changes
                .objects
                .into_iter()
                .filter(|object| object.level > ChangeLevel::Signing)
                .map(named),
        );
        for field in changes.fields {
            match field.what {
                FieldEvent::Created { filled: true, .. } | FieldEvent::Signed => {
                    // What goes no further than evidence is no signature.
                    match changes.level > ChangeLevel::LtaUpdates {
                        true => found.signatures_added.push(field.name),
                        false => found.time_stamps_added.push(field.name),
                    }
                }
                FieldEvent::Created { filled: false, .. } => {
                    let field = field.name;
                    found.differences.push(Difference::EmptyField { field });
                }
                FieldEvent::Filled => {
                    let field = field.name;
                    found.differences.push(Difference::FieldValue { field });
                }
            }
        }
    }
    found.level = Some(level);
    // Bytes behind the last revision belong to nothing that was compared.
    let whole = new
        .revisions()
        .last()
        .is_some_and(|last| last.end == new.bytes().len() as u64);
    Ok(whole
        && found.revisions_added > 0
        && level <= ChangeLevel::Signing
        && found.differences.is_empty())
}

fn unreadable(error: &Error) -> Difference {
    Difference::Unreadable {
        error: error.kind().to_string(),
        position: error.position(),
    }
}

fn named(object: ChangedObject) -> Difference {
    Difference::Object {
        revision: object.revision,
        object: object.object,
        path: object.path,
    }
}
