//! Questions about whole revisions → where objects lie, how far a revision reaches, who refers to whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::pdf::{Dictionary, Document, Location, Object, ObjectId, View};

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
    let revisions = document.revisions().iter().take(revision + 1);
    revisions
        .map(|revision| revision.reach())
        .try_fold(0, |reach, next| Ok(reach.max(next?)))
}

/// Files shorter than this are searched whole.
const SMALL_FILE: usize = 4 << 20;
/// Gaps between objects below this are searched whole.
const SMALL_OBJECT: usize = 64 << 10;
/// Files with more listed objects than one in so many bytes are searched whole: asking for their
/// places would take longer than searching.
const BYTES_PER_OBJECT: usize = 1024;

/// The parts of the file in which a dictionary can stand that some revision lists: all but the data
/// of large streams, up to the next place that a revision names. Ascending, half-open.
///
/// What cannot be told is searched: the whole file is always a right answer.
pub(super) fn outside_streams(document: &Document<'_>) -> Vec<std::ops::Range<usize>> {
    let whole = 0..document.bytes().len();
    if whole.end < SMALL_FILE {
        return vec![whole];
    }
    data_of_large_streams(document).map_or_else(
        || vec![whole.clone()],
        |data| {
            let mut parts = Vec::with_capacity(data.len() + 1);
            let mut from = 0;
            for skipped in data {
                parts.push(from..skipped.start);
                from = skipped.end;
            }
            parts.push(from..whole.end);
            parts
        },
    )
}

/// Ascending; `None` when it cannot be told, or would cost too much to tell.
fn data_of_large_streams(document: &Document<'_>) -> Option<Vec<std::ops::Range<usize>>> {
    let sections = || document.revisions().iter().flat_map(|r| r.sections());
    let listed: usize = sections()
        .map(|section| section.highest().map_or(0, |highest| highest as usize + 1))
        .sum();
    if listed.checked_mul(BYTES_PER_OBJECT)? > document.bytes().len() {
        return None;
    }
    // Every place that some revision names, and what it says stands there.
    let mut places: BTreeMap<u64, Option<(usize, ObjectId)>> = BTreeMap::new();
    for section in sections() {
        places.insert(section.offset(), None);
        places.extend(section.stream_offset().map(|offset| (offset, None)));
    }
    for revision in document.revisions() {
        for (id, location) in revision.entries().ok()? {
            if let Location::Offset { offset, .. } = location {
                places.insert(offset, Some((revision.index, id)));
            }
        }
    }
    let nexts = places.keys().copied().skip(1);
    let mut data = Vec::new();
    for ((offset, object), next) in places.iter().zip(nexts) {
        let Some((revision, id)) = object else {
            continue;
        };
        if next - offset < SMALL_OBJECT as u64 {
            continue;
        }
        let Ok(Some(Object::Stream(stream))) = document.as_of(*revision).get(*id) else {
            continue;
        };
        // The data begins behind the dictionary and the keyword; some of it is searched too.
        let span = stream.dictionary().span().range()?;
        let start = usize::try_from(span.end).ok()?;
        let end = start
            .saturating_add(stream.raw().len())
            .min(usize::try_from(next).ok()?);
        if span.start >= *offset && start < end {
            data.push(start..end);
        }
    }
    Some(data)
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

/// The first byte of `revision` that belongs to nothing that the revision lists; `None` when all do.
///
/// What no cross-reference leads to is not there for us, but a program that rebuilds the file
/// finds it: so it must not be there at all.
pub(super) fn unaccounted(document: &Document<'_>, revision: usize) -> Result<Option<u64>, Error> {
    let Some(own) = document.revisions().get(revision) else {
        return Ok(None);
    };
    let bytes = document.bytes();
    let mut known = BTreeMap::new();
    for (id, location) in own.entries()? {
        if matches!(location, Location::Offset { offset, .. } if offset >= own.start)
            && let Some(span) = document.object_span(revision, id)?
        {
            known.insert(span.start, span.end);
        }
    }
    for section in own.sections() {
        known.insert(section.offset(), section.end());
    }
    known.insert(own.startxref_position, own.end);
    let at = |position: u64| {
        usize::try_from(position)
            .ok()
            .and_then(|position| bytes.get(position))
            .copied()
    };
    let mut position = own.start;
    while position < own.end {
        match at(position) {
            Some(0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ') => position += 1,
            Some(b'%') => {
                while !matches!(at(position), None | Some(b'\n' | b'\r')) {
                    position += 1;
                }
            }
            _ => match known.get(&position) {
                Some(end) if *end > position => position = *end,
                _ => return Ok(Some(position)),
            },
        }
    }
    Ok(None)
}

/// Whether two values mean the same: numbers by value, a null entry like a missing one.
pub(super) fn same(a: &Object<'_>, b: &Object<'_>) -> bool {
    let mut waiting = vec![(a, b)];
    while let Some((a, b)) = waiting.pop() {
        let alike = match (a, b) {
            (Object::Integer(_) | Object::Real(_), Object::Integer(_) | Object::Real(_)) => {
                a == b || a.as_number() == b.as_number()
            }
            (Object::Array(a), Object::Array(b)) => {
                waiting.extend(a.iter().zip(b.iter()));
                a.len() == b.len()
            }
            (Object::Dictionary(a), Object::Dictionary(b)) => {
                a.duplicates().is_empty()
                    && b.duplicates().is_empty()
                    && entries(a, b, &mut waiting)
            }
            (Object::Stream(a), Object::Stream(b)) => {
                a.raw() == b.raw() && entries(a.dictionary(), b.dictionary(), &mut waiting)
            }
            (a, b) => a == b,
        };
        if !alike {
            return false;
        }
    }
    true
}

/// Pairs the values of two dictionaries; whether no key stands in one of them alone.
fn entries<'o>(
    a: &'o Dictionary<'_>,
    b: &'o Dictionary<'_>,
    waiting: &mut Vec<(&'o Object<'o>, &'o Object<'o>)>,
) -> bool {
    let present = |d: &'o Dictionary<'_>| d.iter().filter(|e| !e.value.is_null()).count();
    for entry in a.iter().filter(|entry| !entry.value.is_null()) {
        match b.get(entry.key.as_bytes()) {
            Some(other) => waiting.push((&entry.value, other)),
            None => return false,
        }
    }
    present(a) == present(b)
}

/// The numbers of all objects that `view` lists, free ones included.
pub(super) fn numbers(view: View<'_, '_>, limits: &Limits) -> Result<BTreeSet<u32>, Error> {
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
    Ok(numbers)
}

/// The object of this number, whatever its generation; `None` when it is free or unknown.
pub(super) fn object<'d>(view: View<'d, '_>, number: u32) -> Result<Option<Object<'d>>, Error> {
    match view.locate(number)? {
        Some(location) if location.is_used() => {
            view.get(ObjectId::new(number, location.generation()))
        }
        _ => Ok(None),
    }
}

/// Which objects refer to which, in one revision; the trailer is not an object.
pub(super) struct References {
    referrers: BTreeMap<u32, Vec<u32>>,
    /// Whether an object could not be read, so that what it refers to is guessed.
    guessed: bool,
}

impl References {
    /// Reads every object that `view` shows.
    ///
    /// An object that is listed and cannot be read is a defect of what was signed, no later change;
    /// but other programs may find something for it. So whatever the bytes give for it counts: see
    /// [`guess`].
    ///
    /// # Errors
    /// An unreadable object inside an object stream, which could refer to anything; limits.
    pub(super) fn of(view: View<'_, '_>, limits: &Limits) -> Result<Self, Error> {
        let mut referrers: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut unreadable = BTreeMap::new();
        for number in numbers(view, limits)? {
            match (object(view, number), view.locate(number)?) {
                (Ok(None), _) => {}
                (Ok(Some(object)), _) => each_reference(&object, |id| {
                    referrers.entry(id.number).or_default().push(number)
                }),
                (Err(error), Some(Location::Offset { offset, .. })) if !is_limit(&error) => {
                    unreadable.insert(number, offset);
                }
                (Err(error), _) => return Err(error),
            }
        }
        guess(view, &unreadable, limits, |from, to| {
            referrers.entry(to).or_default().push(from);
        })?;
        Ok(Self {
            referrers,
            guessed: !unreadable.is_empty(),
        })
    }

    /// Numbers of the objects that refer to `number`, once for each reference.
    pub(super) fn referrers(&self, number: u32) -> &[u32] {
        let found = self.referrers.get(&number);
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// The highest number that something refers to; `None` when an object could not be read: the
    /// bytes for which it is taken may be others once more of the file lies before a later view.
    pub(super) fn highest(&self) -> Option<u32> {
        if self.guessed {
            return None;
        }
        Some(self.referrers.last_key_value().map_or(0, |(top, _)| *top))
    }
}

/// Whether `object` refers to `number`, at any depth, references not followed.
pub(super) fn mentions(object: &Object<'_>, number: u32) -> bool {
    let mut found = false;
    each_reference(object, |id| found |= id.number == number);
    found
}

fn is_limit(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Limit { .. })
}

/// For each of `unreadable` (number and listed place), the numbers to which the bytes refer that
/// another program may take for it: from the listed place, and from every `number generation obj`
/// of the revisions that `view` shows, each up to `endobj`.
///
/// # Errors
/// The limit `decoded_total` on the bytes that are looked at.
fn guess(
    view: View<'_, '_>,
    unreadable: &BTreeMap<u32, u64>,
    limits: &Limits,
    mut take: impl FnMut(u32, u32),
) -> Result<(), Error> {
    if unreadable.is_empty() {
        return Ok(());
    }
    let document = view.document();
    let end = document.revisions().get(view.revision_index());
    let end = end.and_then(|revision| usize::try_from(revision.end).ok());
    let bytes = document.bytes();
    let bytes = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or(bytes);
    let listed = unreadable
        .iter()
        .filter_map(|(number, offset)| Some((*number, usize::try_from(*offset).ok()?)));
    let found = memchr::memmem::find_iter(bytes, b"obj").filter_map(|at| {
        let before = bytes.get(..at)?;
        let (generation, _) = last_number(before)?;
        let (_, number) = last_number(before.get(..generation)?)?;
        unreadable.contains_key(&number?).then_some((number?, at))
    });
    let mut left = limits.decoded_total;
    for (number, start) in listed.chain(found) {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = memchr::memmem::find(rest, b"endobj").unwrap_or(rest.len());
        left = left
            .checked_sub(length as u64)
            .ok_or_else(|| Error::limit("decoded_total", limits.decoded_total))?;
        let part = rest.get(..length).unwrap_or(rest);
        // A comment may stand between the parts of a reference: then every number counts.
        let any_number = part.contains(&b'%');
        for (at, octet) in part.iter().enumerate() {
            let before = part.get(..at).unwrap_or_default();
            let target = match octet {
                b'R' if !any_number => last_number(before)
                    .and_then(|(generation, _)| last_number(before.get(..generation)?)?.1),
                b'0'..=b'9' if any_number && !part.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                    part.get(..=at).and_then(|text| last_number(text)?.1)
                }
                _ => None,
            };
            if let Some(target) = target {
                take(number, target);
            }
        }
    }
    Ok(())
}

/// The number at the end of `text`, white space after it passed over: where it begins, and its
/// value when it can be an object number.
fn last_number(text: &[u8]) -> Option<(usize, Option<u32>)> {
    let white = |octet: &u8| matches!(octet, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ');
    let end = text.iter().rposition(|octet| !white(octet))? + 1;
    let text = text.get(..end)?;
    let start = text
        .iter()
        .rposition(|octet| !octet.is_ascii_digit())
        .map_or(0, |before| before + 1);
    let digits = text.get(start..).filter(|digits| !digits.is_empty())?;
    let value = digits.iter().try_fold(0u32, |sum, digit| {
        sum.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
    });
    Some((start, value))
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
///
/// What cannot be read and stands before byte `since` is passed over: [`References`] of an older
/// view tell what it may refer to.
pub(super) fn reachable(
    view: View<'_, '_>,
    since: u64,
    limits: &Limits,
) -> Result<BTreeSet<u32>, Error> {
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
        match view.get(id) {
            Ok(Some(object)) => each_reference(&object, |id| waiting.push(id)),
            Ok(None) => {}
            Err(error) => match view.locate(id.number)? {
                Some(Location::Offset { offset, .. }) if offset < since && !is_limit(&error) => {}
                _ => return Err(error),
            },
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::OpenOptions;

    const SIGNATURE: &str =
        "<</Type/Sig/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<00>>>\nendobj\n";

    /// One page, a stream of 6 MB, and `more` objects: text, and where in the stream's data it
    /// stands (behind the stream when `None`).
    fn file(more: &[(&str, Option<usize>)]) -> (Vec<u8>, Vec<usize>) {
        let mut data = vec![b'.'; 6 << 20];
        let mut bytes = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for text in [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        ] {
            offsets.push(bytes.len());
            bytes.extend(format!("{} 0 obj\n{text}\nendobj\n", offsets.len()).bytes());
        }
        offsets.push(bytes.len());
        bytes.extend(format!("4 0 obj\n<</Length {}>>\nstream\n", data.len()).bytes());
        let start = bytes.len();
        let end = start + data.len() + b"\nendstream\nendobj\n".len();
        let mut behind = String::new();
        for (text, inside) in more {
            let object = format!("{} 0 obj\n{text}", offsets.len() + 1);
            match inside {
                Some(at) => {
                    offsets.push(start + at);
                    data[*at..at + object.len()].copy_from_slice(object.as_bytes());
                }
                None => {
                    offsets.push(end + behind.len());
                    behind.push_str(&object);
                }
            }
        }
        bytes.extend(&data);
        bytes.extend(format!("\nendstream\nendobj\n{behind}").bytes());
        let xref = bytes.len();
        bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
        for offset in &offsets {
            bytes.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        bytes.extend(
            format!(
                "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n",
                offsets.len() + 1
            )
            .bytes(),
        );
        (bytes, offsets)
    }

    /// How much is searched, and whether each of `offsets` is.
    fn searched(bytes: &[u8], offsets: &[usize]) -> (usize, bool) {
        let document = Document::open(bytes, &OpenOptions::default()).unwrap();
        let parts = outside_streams(&document);
        assert!(parts.windows(2).all(|pair| pair[0].end <= pair[1].start));
        let length = parts.iter().map(ExactSizeIterator::len).sum();
        let all = offsets.iter().all(|at| {
            let object = *at..at + SIGNATURE.len();
            parts
                .iter()
                .any(|part| part.start <= object.start && object.end <= part.end)
        });
        (length, all)
    }

    #[test]
    fn ok_the_data_of_a_large_stream_is_not_searched() {
        let (bytes, _) = file(&[]);
        let (length, _) = searched(&bytes, &[]);
        assert!(length < 2000, "{length}");
    }

    #[test]
    fn ok_every_object_that_is_listed_is_searched_also_inside_streams() {
        let (bytes, offsets) = file(&[(SIGNATURE, None)]);
        let (length, all) = searched(&bytes, &offsets[4..]);
        assert!(length < 2000, "{length}");
        assert!(all);
        // Objects that lie in the data of a stream and are listed as objects of their own.
        let (bytes, offsets) = file(&[
            (SIGNATURE, Some(1 << 20)),
            ("null\nendobj\n", Some(3 << 20)),
            (SIGNATURE, Some((3 << 20) + 90_000)),
            (SIGNATURE, None),
        ]);
        assert!(searched(&bytes, &[offsets[4], offsets[6], offsets[7]]).1);
        // Without a signature that a field leads to, the whole file is searched.
        let document = Document::open(&bytes, &OpenOptions::default()).unwrap();
        let found = super::super::find(&document, &Limits::default()).unwrap();
        assert_eq!(found.len(), 3);
    }
}
