//! Questions about whole revisions → where objects lie, how far a revision reaches, who refers to whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{Document, Location, Object, ObjectId, View};

/// Position of `id` in the file; `None` when it is free, unknown or inside an object stream.
pub(super) fn offset_of(view: View<'_, '_>, id: ObjectId) -> Result<Option<u64>, Error> {
    Ok(match view.locate(id.number)? {
        Some(Location::Offset { offset, generation }) if generation == id.generation => {
            Some(offset)
        }
        _ => None,
    })
}

/// The highest position at which `revision` or an earlier one has an object or a section begin.
pub(super) fn reach(document: &Document<'_>, revision: usize) -> Result<u64, Error> {
    // The whole file is covered: nothing lies behind it.
    if revision + 1 == document.revisions().len() {
        return Ok(0);
    }
    let mut reach = 0;
    for revision in document.revisions().iter().take(revision + 1) {
        for section in revision.sections() {
            reach = reach
                .max(section.offset())
                .max(section.stream_offset().unwrap_or(0));
        }
        for (_, location) in revision.entries()? {
            if let Location::Offset { offset, .. } = location {
                reach = reach.max(offset);
            }
        }
    }
    Ok(reach)
}

/// The latest revision that lists `id`.
pub(super) fn written_in(document: &Document<'_>, id: ObjectId) -> Result<Option<usize>, Error> {
    for revision in document.revisions().iter().rev() {
        if revision.lookup(id.number)?.is_some() {
            return Ok(Some(revision.index));
        }
    }
    Ok(None)
}

/// Which objects refer to which, in one revision; the trailer is not an object.
pub(super) struct References(BTreeMap<u32, Vec<u32>>);

impl References {
    /// Reads every object that `view` shows.
    ///
    /// An object that cannot be read could refer to anything: that is an error, not an omission.
    pub(super) fn of(view: View<'_, '_>, limits: &Limits) -> Result<Self, Error> {
        let mut referrers: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut numbers = BTreeSet::new();
        let revisions = view.document().revisions();
        for revision in revisions.iter().take(view.revision_index() + 1) {
            for (id, _) in revision.entries()? {
                numbers.insert(id.number);
            }
        }
        if numbers.len() as u64 > limits.objects {
            return Err(Error::limit("objects", limits.objects));
        }
        for number in numbers {
            let generation = match view.locate(number)? {
                Some(location) if location.is_used() => location.generation(),
                _ => continue,
            };
            let Some(object) = view.get(ObjectId::new(number, generation))? else {
                continue;
            };
            each_reference(&object, |id| {
                referrers.entry(id.number).or_default().push(number)
            });
        }
        Ok(Self(referrers))
    }

    /// Numbers of the objects that refer to `number`, once for each reference.
    pub(super) fn referrers(&self, number: u32) -> &[u32] {
        self.0.get(&number).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether `object` refers to `number`, at any depth, references not followed.
pub(super) fn mentions(object: &Object<'_>, number: u32) -> bool {
    let mut found = false;
    each_reference(object, |id| found |= id.number == number);
    found
}

fn each_reference(object: &Object<'_>, mut take: impl FnMut(ObjectId)) {
    let mut stack = vec![object];
    while let Some(object) = stack.pop() {
        match object {
            Object::Reference(id) => take(*id),
            Object::Array(array) => stack.extend(array.iter()),
            Object::Dictionary(dictionary) => stack.extend(dictionary.iter().map(|e| &e.value)),
            Object::Stream(stream) => stack.extend(stream.dictionary().iter().map(|e| &e.value)),
            _ => {}
        }
    }
}

/// Numbers of all objects that `view` reaches from its trailer.
pub(super) fn reachable(view: View<'_, '_>, limits: &Limits) -> Result<BTreeSet<u32>, Error> {
    let mut seen = BTreeSet::new();
    let mut waiting = Vec::new();
    for entry in view.trailer().iter() {
        each_reference(&entry.value, |id| waiting.push(id));
    }
    while let Some(id) = waiting.pop() {
        if !seen.insert(id.number) {
            continue;
        }
        if seen.len() as u64 > limits.objects {
            return Err(Error::limit("objects", limits.objects));
        }
        if let Some(object) = view.get(id)? {
            each_reference(&object, |id| waiting.push(id));
        }
    }
    Ok(seen)
}
