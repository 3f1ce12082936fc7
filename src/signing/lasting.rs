//! A document with one revision appended → whether verifiers can compare that revision, now and after the next one.

use super::embed;
use super::plan::{Field, Plan};
use crate::error::{Error, ErrorKind, SigningFault};
use crate::limits::Limits;
use crate::pdf::{Document, Object, OpenOptions};
use crate::signature::{self, ChangeLevel, changes};
use crate::time::UtcTime;

/// Looks at `bytes`, which are `before` and one revision made for a signature as `plan` says, as a
/// verifier of earlier signatures will: that revision when there is an earlier signature, else the
/// revision that another signature would bring. What would make a signature fail later is said now.
///
/// # Errors
/// [`SigningFault::Incomparable`]: something that is listed cannot be read, or a signature counts
/// as a change of the document; limits.
///
/// Source: V077.
pub(super) fn check(
    before: &Document<'_>,
    plan: &Plan,
    bytes: &[u8],
    claimed: UtcTime,
    limits: &Limits,
) -> Result<(), Error> {
    let options = OpenOptions {
        limits: limits.clone(),
        ..OpenOptions::default()
    };
    let document = Document::open(bytes, &options)?;
    let Some(last) = document.revisions().len().checked_sub(1) else {
        return Ok(());
    };
    let incomparable = |why: String| Error::new(SigningFault::Incomparable { why });
    let (worst, reach) = worst(&document, last, limits)?;
    // A new field on page 1 touches what the next one will touch, and this one just did; of the
    // next one's objects, which get higher numbers, nothing speaks yet.
    let size = document.latest().trailer().get(b"Size");
    let size = size.and_then(Object::as_integer);
    let fresh = reach
        .zip(size)
        .is_some_and(|(reach, size)| i64::from(reach) < size && has_room(&document, size, limits));
    if worst.is_none() && fresh && is_usual(plan) {
        return Ok(());
    }
    let signed_before = signature::find(before, limits)?
        .iter()
        .any(|signature| signature.revision.is_some());
    if signed_before {
        return worst.map_or(Ok(()), |why| Err(incomparable(why)));
    }
    // Where a next signature is refused, by a certification for instance, none can do harm.
    let Ok(next) = embed::embed(&document, &Plan::default(), 1, claimed) else {
        return Ok(());
    };
    let document = Document::open(&next.bytes, &options)?;
    let (worst, _) = self::worst(&document, last + 1, limits)?;
    worst.map_or(Ok(()), |why| Err(incomparable(why)))
}

/// More objects than one signature and its field bring or write anew.
const ROOM: u64 = 256;

/// Whether the next signature stays clear of the limit on objects: by their numbers, which end
/// before `size`, and by how many of them all revisions list together.
fn has_room(document: &Document<'_>, size: i64, limits: &Limits) -> bool {
    let sections = document.revisions().iter().flat_map(|one| one.sections());
    let listed = sections.fold(0u64, |sum, one| sum.saturating_add(one.count()));
    let most = u64::try_from(size).map_or(u64::MAX, |size| size.max(listed));
    most.saturating_add(ROOM) <= limits.objects
}

/// Whether the plan makes a field on page 1, as [`Plan::default`] does.
fn is_usual(plan: &Plan) -> bool {
    matches!(plan.field, Field::Automatic | Field::New(_))
        && plan.certify.is_none()
        && plan.visible.as_ref().is_none_or(|it| it.page == 0)
}

/// What in `revision` is more than a signature, `None` when nothing is; and the highest object
/// number that anything before it refers to, where that was looked for.
fn worst(
    document: &Document<'_>,
    revision: usize,
    limits: &Limits,
) -> Result<(Option<String>, Option<u32>), Error> {
    let compared = changes::between_and_reach(document, revision, limits);
    let (found, reach) = compared.map_err(|error| match error.kind() {
        ErrorKind::Limit { .. } => error,
        _ => Error::new(SigningFault::Incomparable {
            why: error.to_string(),
        }),
    })?;
    let worst = found.objects.iter().max_by_key(|object| object.level);
    let worst = worst
        .filter(|worst| worst.level > ChangeLevel::Signing)
        .map(|worst| format!("object {}: {}", worst.object, worst.path));
    Ok((worst, reach))
}
