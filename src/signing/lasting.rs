//! A document with one revision appended → whether verifiers can compare that revision, now and after the next one.

use super::embed;
use super::plan::Plan;
use crate::error::{Error, ErrorKind, SigningFault};
use crate::limits::Limits;
use crate::pdf::{Document, OpenOptions};
use crate::signature::{self, ChangeLevel, changes};
use crate::time::UtcTime;

/// Compares the last revision of `bytes`, made for a signature, with the one before, as a verifier
/// of earlier signatures does; and, when it brings the first signature, a revision that another
/// signature would bring. What would make this signature fail later is said now.
///
/// # Errors
/// [`SigningFault::Incomparable`]: something that is listed cannot be read, or a signature counts
/// as a change of the document; limits.
///
/// Source: V077.
pub(super) fn check(bytes: &[u8], claimed: UtcTime, limits: &Limits) -> Result<(), Error> {
    let options = OpenOptions {
        limits: limits.clone(),
        ..OpenOptions::default()
    };
    let document = Document::open(bytes, &options)?;
    let Some(last) = document.revisions().len().checked_sub(1) else {
        return Ok(());
    };
    let signed_before = signature::find(&document, limits)?
        .iter()
        .any(|signature| signature.revision.is_some_and(|own| own < last));
    compare(&document, last, signed_before, limits)?;
    if signed_before {
        return Ok(());
    }
    // Where a next signature is refused, by a certification for instance, none can do harm.
    match embed::embed(&document, &Plan::default(), 1, claimed) {
        Ok(next) => compare(
            &Document::open(&next.bytes, &options)?,
            last + 1,
            true,
            limits,
        ),
        Err(_) => Ok(()),
    }
}

fn compare(
    document: &Document<'_>,
    revision: usize,
    signed_before: bool,
    limits: &Limits,
) -> Result<(), Error> {
    let incomparable = |why: String| Error::new(SigningFault::Incomparable { why });
    let found =
        changes::between(document, revision, limits).map_err(|error| match error.kind() {
            ErrorKind::Limit { .. } => error,
            _ => incomparable(error.to_string()),
        })?;
    let worst = found.objects.iter().max_by_key(|object| object.level);
    match worst {
        Some(worst) if signed_before && worst.level > ChangeLevel::Signing => {
            let place = format!("object {}: {}", worst.object, worst.path);
            Err(incomparable(place))
        }
        _ => Ok(()),
    }
}
