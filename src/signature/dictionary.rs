//! A signature dictionary in its field → the facts of one [`EmbeddedSignature`].

use super::field::SignatureField;
use super::permission::{self, Permissions};
use super::{ByteRange, EmbeddedSignature, Fault, Kind, Rule, Weight, byte_range, corner, scan};
use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{Dictionary, Document, Object, ObjectId, View};
use crate::time::UtcTime;

/// A signature that was found, not yet read.
pub(super) struct Found<'d> {
    /// The revision in which it was found: the latest that reaches it.
    revision: usize,
    /// Whether the latest revision reaches it through a field.
    current: bool,
    field: Option<SignatureField<'d>>,
    value: Option<ObjectId>,
    dictionary: Option<Dictionary<'d>>,
    /// Why there is no dictionary.
    trouble: Option<Fault>,
    /// Whether another field of the same revision has the same dictionary.
    shared: bool,
}

impl Found<'_> {
    /// First byte of the dictionary; `None` inside an object stream or without a dictionary.
    fn place(&self) -> Option<u64> {
        self.dictionary.as_ref().and_then(|d| d.span().start())
    }
}

/// Notes the value of `field` unless the same dictionary was found before.
pub(super) fn add<'d>(
    found: &mut Vec<Found<'d>>,
    document: &'d Document<'_>,
    revision: usize,
    current: bool,
    field: SignatureField<'d>,
    limits: &Limits,
) -> Result<(), Error> {
    let view = document.as_of(revision);
    let Some(value) = field.value.clone() else {
        return Ok(());
    };
    let id = value.as_reference();
    let (dictionary, trouble) = match view.resolve(&value) {
        Ok(Object::Dictionary(dictionary)) => (Some(dictionary), None),
        Ok(_) => (None, Some(Fault::ValueWrong { key: "/V".into() })),
        Err(error) if matches!(error.kind(), crate::error::ErrorKind::Limit { .. }) => {
            return Err(error);
        }
        Err(error) => (
            None,
            Some(Fault::Unreadable {
                error: error.to_string(),
            }),
        ),
    };
    let one = Found {
        revision,
        current,
        field: Some(field),
        value: id,
        dictionary,
        trouble,
        shared: false,
    };
    let same = |other: &Found<'_>| {
        let place = one.place().is_some() && one.place() == other.place();
        // Inside an object stream (or unreadable): the same object in neighbouring revisions.
        let object = one.place().is_none()
            && other.place().is_none()
            && one.value == other.value
            && one.field.as_ref().map(|f| f.id) == other.field.as_ref().map(|f| f.id);
        place || object
    };
    // In an earlier revision, a value without a byte range is a signature that never was finished
    // only if a later revision fills the same object; it is reported all the same.
    if let Some(other) = found.iter_mut().find(|other| same(other)) {
        // Two fields show one signature: whose is it?
        let field = |one: &Found<'_>| one.field.as_ref().and_then(|f| f.id);
        other.shared |= other.revision == revision && field(&one) != field(other);
    } else {
        if found.len() >= limits.signatures {
            return Err(Error::limit("signatures", limits.signatures as u64));
        }
        found.push(one);
    }
    Ok(())
}

/// Adds signature dictionaries that no field reaches: objects of some revision with a byte range,
/// and those that a later chain of revisions has cut off (A23).
///
/// One pass over the bytes; each mention of the key is looked up in the object that it stands in.
/// The data of large streams is left out where a signature is known that reaches to the end of the
/// file: whatever could hide there, the file does not read as unsigned.
pub(super) fn add_unreachable<'d>(
    found: &mut Vec<Found<'d>>,
    document: &'d Document<'_>,
    limits: &Limits,
) -> Result<(), Error> {
    let bytes = document.bytes();
    let mut object_start = None;
    let mut searched = 0;
    let (mut last_tried, mut tries) = (None, 0usize);
    let key = memchr::memmem::Finder::new(b"/ByteRange");
    let reaches_end = |one: &Found<'_>| {
        one.dictionary
            .as_ref()
            .and_then(|dictionary| dictionary.get(b"ByteRange"))
            .and_then(ByteRange::from_object)
            .is_some_and(|range| {
                range.parts(bytes).is_some() && range.end().saturating_add(2) >= bytes.len() as u64
            })
    };
    let whole = 0..bytes.len();
    let parts = if found.iter().any(reaches_end) {
        scan::outside_streams(document)
    } else {
        vec![whole]
    };
    let mentions = parts
        .into_iter()
        .filter_map(|range| Some((range.start, bytes.get(range)?)))
        .flat_map(|(start, part)| key.find_iter(part).map(move |at| start + at));
    for at in mentions {
        let known = |one: &Found<'_>| {
            one.dictionary
                .as_ref()
                .and_then(|d| d.span().range())
                .is_some_and(|span| span.contains(&(at as u64)))
        };
        if found.iter().any(known) {
            continue;
        }
        // The last object header before the mention; what was searched is not searched again.
        let between = bytes.get(searched..at).unwrap_or_default();
        if let Some(last) = memchr::memmem::rfind(between, b"obj") {
            object_start = Some(searched + last);
        }
        searched = at;
        let Some((id, offset)) = object_start.and_then(|keyword| header_before(bytes, keyword))
        else {
            continue;
        };
        for revision in (0..document.revisions().len()).rev() {
            let view = document.as_of(revision);
            if scan::offset_of(view, id)? != Some(offset) {
                continue;
            }
            let Ok(Some(Object::Dictionary(dictionary))) = view.get(id) else {
                break;
            };
            let unreached = dictionary.contains(b"ByteRange") && !is_usage_rights(view, id)?;
            if unreached
                && !found
                    .iter()
                    .any(|one| one.value == Some(id) && one.place() == dictionary.span().start())
            {
                if found.len() >= limits.signatures {
                    return Err(Error::limit("signatures", limits.signatures as u64));
                }
                found.push(Found {
                    revision,
                    current: revision + 1 == document.revisions().len(),
                    field: None,
                    value: Some(id),
                    dictionary: Some(dictionary),
                    trouble: None,
                    shared: false,
                });
            }
            break;
        }
        if last_tried == Some(offset) || !leaves_out_a_string(bytes, at) {
            continue;
        }
        last_tried = Some(offset);
        // Each try may read far; so many of them are no accident.
        tries += 1;
        if tries > limits.signatures {
            return Err(Error::limit("signatures", limits.signatures as u64));
        }
        if let Some(dictionary) = cut_off(document, id, offset)
            && !found
                .iter()
                .any(|one| one.place() == dictionary.span().start())
        {
            if found.len() >= limits.signatures {
                return Err(Error::limit("signatures", limits.signatures as u64));
            }
            found.push(Found {
                revision: document.revisions().len().saturating_sub(1),
                current: false,
                field: None,
                value: Some(id),
                dictionary: Some(dictionary),
                trouble: None,
                shared: false,
            });
        }
    }
    Ok(())
}

/// Whether four numbers stand behind the key at `at`, and what they leave out looks like a string.
fn leaves_out_a_string(bytes: &[u8], at: usize) -> bool {
    let near = bytes.get(at..).unwrap_or_default();
    let near = near.get(..200).unwrap_or(near);
    let numbers: Vec<usize> = near
        .split(|c| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .filter_map(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
        .take(3)
        .collect();
    let [_, start, end] = numbers.as_slice() else {
        return false;
    };
    let before = end.checked_sub(1).and_then(|last| bytes.get(last));
    bytes.get(*start) == Some(&b'<') && before == Some(&b'>')
}

/// The signature dictionary at `offset`, when its byte range leaves out exactly its own value: it
/// was made for this file, although no revision leads to it any more.
///
/// The signature of a file that is embedded in this one counts from that file's start, so its gap
/// lies elsewhere.
fn cut_off<'d>(document: &'d Document<'_>, id: ObjectId, offset: u64) -> Option<Dictionary<'d>> {
    let object = document.object_at(0, id, offset, 0).ok()?;
    let dictionary = object.into_dictionary()?;
    let range = ByteRange::from_object(dictionary.get(b"ByteRange")?)?;
    let contents = dictionary.entry(b"Contents")?.value_span.range()?;
    (range.gap() == contents).then_some(dictionary)
}

/// Reads `n g obj` backwards from its keyword: the id and the offset of `n`.
fn header_before(bytes: &[u8], keyword: usize) -> Option<(ObjectId, u64)> {
    let number_before = |end: usize| -> Option<(u64, usize)> {
        let head = bytes.get(..end)?;
        let spaces = head
            .iter()
            .rev()
            .take_while(|c| matches!(c, b' ' | b'\t' | b'\r' | b'\n' | 0x0c | 0))
            .count();
        let end = end - spaces;
        let digits = bytes
            .get(..end)?
            .iter()
            .rev()
            .take(10)
            .take_while(|c| c.is_ascii_digit())
            .count();
        let start = end - digits;
        let text = std::str::from_utf8(bytes.get(start..end)?).ok()?;
        Some((text.parse().ok()?, start))
    };
    let (generation, start) = number_before(keyword)?;
    let (number, start) = number_before(start)?;
    let id = ObjectId::new(u32::try_from(number).ok()?, u16::try_from(generation).ok()?);
    Some((id, start as u64))
}

/// Whether `id` is the usage-rights signature of a form: made by a vendor's program for its own
/// reader, in no field, and not a signature of anyone.
///
/// Source: ISO 32000-1 §12.8.2.3.
fn is_usage_rights(view: View<'_, '_>, id: ObjectId) -> Result<bool, Error> {
    let catalog = view.catalog()?;
    let Some(perms) = catalog.get(b"Perms") else {
        return Ok(false);
    };
    let perms = view.resolve(perms)?;
    let rights = perms
        .as_dictionary()
        .and_then(|perms| perms.get(b"UR3").or_else(|| perms.get(b"UR")));
    Ok(rights.and_then(Object::as_reference) == Some(id))
}

/// The facts of one signature.
pub(super) fn read<'d>(
    document: &'d Document<'_>,
    found: Found<'d>,
    limits: &Limits,
) -> Result<EmbeddedSignature, Error> {
    let mut faults = document_faults(document);
    let mut signature = EmbeddedSignature {
        field: found.field.as_ref().and_then(|f| f.name.clone()),
        field_id: found.field.as_ref().and_then(|f| f.id),
        value_id: found.value,
        kind: Kind::Approval,
        sub_filter: None,
        byte_range: None,
        revision: None,
        whole_document: None,
        end_markers: 0,
        faults: Vec::new(),
        contents: Vec::new(),
        certificates: Vec::new(),
        claimed_time: None,
        name: None,
        reason: None,
        location: None,
        contact: None,
        permissions: Permissions::default(),
        corner: None,
        visible: found.field.as_ref().is_some_and(SignatureField::is_visible),
    };
    if found.field.is_none() {
        faults.push((Rule::OwnRevision, Weight::Fault, Fault::NotInField));
    } else if !found.current {
        faults.push((Rule::OwnRevision, Weight::Fault, Fault::FieldRemoved));
    }
    if found.shared {
        faults.push((Rule::Nesting, Weight::Fault, Fault::RangesCross));
    }
    let Some(dictionary) = &found.dictionary else {
        faults.push((
            Rule::Dictionary,
            Weight::Fault,
            found
                .trouble
                .unwrap_or(Fault::KeyMissing { key: "/V".into() }),
        ));
        check_hybrid(document, None, &mut faults)?;
        signature.faults = faults;
        return Ok(signature);
    };
    check_dictionary(dictionary, &mut faults);
    let view = document.as_of(found.revision);
    let token = dictionary.entry(b"Contents").and_then(|entry| {
        let string = entry.value.as_string()?;
        Some((string.span().start()?, string.raw()))
    });
    if let Some(string) = dictionary.get(b"Contents").and_then(Object::as_string) {
        if string.raw().len() / 2 > limits.cms.saturating_mul(2) {
            return Err(Error::limit("cms", limits.cms as u64));
        }
        signature.contents = string.bytes().into_owned();
        if signature.contents.iter().all(|byte| *byte == 0) {
            faults.push((
                Rule::Dictionary,
                Weight::Fault,
                Fault::ValueWrong {
                    key: "/Contents".into(),
                },
            ));
        }
    }
    if let Some(range) = dictionary
        .get(b"ByteRange")
        .and_then(ByteRange::from_object)
    {
        signature.byte_range = Some(range);
        check_range(range, document, &mut faults);
        byte_range::check_gap(range, token, &mut faults);
        let broken = |faults: &[(Rule, Weight, Fault)], rule| {
            faults
                .iter()
                .any(|(r, weight, _)| *r == rule && *weight == Weight::Fault)
        };
        if !broken(&faults, Rule::Range) {
            signature.revision = byte_range::check_end(range, document, &mut faults);
            signature.whole_document = Some(range.end() == document.bytes().len() as u64);
        }
        if let Some(own) = signature.revision {
            check_own_revision(document, &found, own, range, &mut faults)?;
        }
        check_tail(document, range, &mut faults);
    }
    check_hybrid(document, signature.revision, &mut faults)?;
    let own_view = signature.revision.map_or(view, |own| document.as_of(own));
    let text = |key: &[u8]| -> Option<String> {
        let value = own_view.resolve(dictionary.get(key)?).ok()?;
        value.as_string().map(|s| s.text())
    };
    signature.sub_filter = dictionary
        .get(b"SubFilter")
        .and_then(Object::as_name)
        .map(|name| String::from_utf8_lossy(name).into_owned());
    let is_time_stamp = signature.sub_filter.as_deref() == Some("ETSI.RFC3161")
        || dictionary.is_name(b"Type", b"DocTimeStamp");
    signature.claimed_time = dictionary
        .get(b"M")
        .and_then(|m| own_view.resolve(m).ok())
        .and_then(|m| {
            m.as_string()
                .and_then(|s| UtcTime::from_pdf_date(&s.bytes()))
        });
    signature.name = text(b"Name");
    signature.reason = text(b"Reason");
    signature.location = text(b"Location");
    signature.contact = text(b"ContactInfo");
    signature.corner = match &found.field {
        Some(field) if signature.visible => corner::read(own_view, &field.widgets),
        _ => None,
    };
    signature.certificates = certificates(own_view, dictionary, limits);
    signature.permissions = permission::read(
        own_view,
        dictionary,
        found.field.as_ref().map(|f| &f.dictionary),
    )?;
    signature.kind = if is_time_stamp {
        Kind::DocumentTimeStamp
    } else if let Some(permission) = signature.permissions.document {
        Kind::Certification { permission }
    } else {
        Kind::Approval
    };
    let type_fits = match dictionary.get(b"Type").and_then(Object::as_name) {
        None => true,
        Some(b"Sig") => !is_time_stamp,
        Some(b"DocTimeStamp") => signature.sub_filter.as_deref() == Some("ETSI.RFC3161"),
        Some(_) => false,
    };
    if !type_fits {
        // NOTE: time-stamps under /Type /Sig occur in the field; the form decides, with a warning.
        let weight = if dictionary.is_name(b"Type", b"Sig") {
            Weight::Oddity
        } else {
            Weight::Fault
        };
        faults.push((Rule::Dictionary, weight, Fault::TypeMismatch));
    }
    signature.faults = faults;
    Ok(signature)
}

/// What holds for every signature of the document.
fn document_faults(document: &Document<'_>) -> Vec<(Rule, Weight, Fault)> {
    let mut faults = Vec::new();
    if document.header_offset() != 0 {
        let offset = document.header_offset();
        faults.push((Rule::Header, Weight::Fault, Fault::HeaderOffset { offset }));
    }
    faults
}

/// Hybrid cross-references: nothing but odd where they were signed, and where all programs see the
/// same objects, as in what word processors write; in an update after the signature, or where table
/// and stream contradict each other, a fault.
fn check_hybrid(
    document: &Document<'_>,
    own: Option<usize>,
    faults: &mut Vec<(Rule, Weight, Fault)>,
) -> Result<(), Error> {
    for revision in document.revisions().iter().filter(|one| one.is_hybrid()) {
        let signed = own.is_some_and(|own| revision.index <= own);
        let (weight, fault) = match signed && document.is_sound_hybrid(revision.index)? {
            true => (Weight::Oddity, Fault::Hybrid),
            false => (Weight::Fault, Fault::HybridUnsound),
        };
        faults.push((Rule::CrossReference, weight, fault));
    }
    Ok(())
}

/// R3: direct values, once each.
fn check_dictionary(dictionary: &Dictionary<'_>, faults: &mut Vec<(Rule, Weight, Fault)>) {
    let mut fault = |fault| faults.push((Rule::Dictionary, Weight::Fault, fault));
    if dictionary.span().start().is_none() {
        fault(Fault::InObjectStream);
    }
    for entry in dictionary.duplicates() {
        fault(Fault::KeyTwice {
            key: String::from_utf8_lossy(entry.key.as_bytes()).into_owned(),
        });
    }
    type Fits = fn(&Object<'_>) -> bool;
    let keys: [(&'static str, &[u8], Fits); 5] = [
        ("/Filter", b"Filter", |o| o.as_name().is_some()),
        ("/SubFilter", b"SubFilter", |o| o.as_name().is_some()),
        ("/ByteRange", b"ByteRange", |o| {
            ByteRange::from_object(o).is_some()
        }),
        ("/Contents", b"Contents", |o| {
            o.as_string().is_some_and(|s| s.is_hexadecimal())
        }),
        ("/Type", b"Type", |o| o.as_name().is_some()),
    ];
    for (key, name, fits) in keys {
        match dictionary.get(name) {
            None | Some(Object::Null) => {
                // /Type is optional; /SubFilter too, but then the form is not known.
                if name != b"Type" && name != b"SubFilter" {
                    fault(Fault::KeyMissing { key: key.into() });
                }
            }
            Some(Object::Reference(_)) => fault(Fault::ValueIndirect { key: key.into() }),
            Some(value) if !fits(value) => fault(Fault::ValueWrong { key: key.into() }),
            Some(_) => {}
        }
    }
}

/// R1: `[0 a b c]`, a and c not zero, inside the file, parts in order.
fn check_range(range: ByteRange, document: &Document<'_>, faults: &mut Vec<(Rule, Weight, Fault)>) {
    let [start, ..] = range.numbers();
    if start != 0 {
        faults.push((Rule::Range, Weight::Fault, Fault::RangeStart));
    } else if range.parts(document.bytes()).is_none() {
        faults.push((Rule::Range, Weight::Fault, Fault::RangeOutside));
    }
}

/// R4 and R10: the signature belongs to the revision that it signs and is not defined anew later.
fn check_own_revision(
    document: &Document<'_>,
    found: &Found<'_>,
    own: usize,
    range: ByteRange,
    faults: &mut Vec<(Rule, Weight, Fault)>,
) -> Result<(), Error> {
    let end = range.end();
    if scan::reach(document, own)? > end {
        faults.push((
            Rule::RevisionEnd,
            Weight::Fault,
            Fault::RevisionReachesBeyond,
        ));
    }
    let Some(id) = found.value else { return Ok(()) };
    let offset = scan::offset_of(document.as_of(own), id)?;
    if offset.is_none() || scan::offset_of(document.as_of(found.revision), id)? != offset {
        let revision = found.revision;
        faults.push((
            Rule::OwnRevision,
            Weight::Fault,
            Fault::Redefined { revision },
        ));
        return Ok(());
    }
    // A43: the object was there, with these bytes, before the revision that it claims to sign.
    if let Some(before) = own.checked_sub(1)
        && scan::offset_of(document.as_of(before), id)? == offset
    {
        faults.push((Rule::OwnRevision, Weight::Fault, Fault::Recycled));
    }
    // The field must point to it in its own revision as well.
    if let Some(field) = found.field.as_ref().and_then(|f| f.id) {
        let then = document.as_of(own).get(field)?.unwrap_or(Object::Null);
        let value = then
            .as_dictionary()
            .and_then(|d| d.get(b"V"))
            .and_then(Object::as_reference);
        if value != Some(id) {
            faults.push((
                Rule::OwnRevision,
                Weight::Fault,
                Fault::Redefined {
                    revision: found.revision,
                },
            ));
        }
    }
    Ok(())
}

/// R6: what stands after the last revision and in no signed bytes.
fn check_tail(document: &Document<'_>, range: ByteRange, faults: &mut Vec<(Rule, Weight, Fault)>) {
    let bytes = document.bytes();
    let Some(last) = document.revisions().last() else {
        return;
    };
    let at = last.end.max(range.end().min(bytes.len() as u64));
    let tail = usize::try_from(at)
        .ok()
        .and_then(|at| bytes.get(at..))
        .unwrap_or_default();
    if tail.iter().all(|c| matches!(c, b'\r' | b'\n')) {
        return;
    }
    let count = tail.len() as u64;
    let blank = tail
        .iter()
        .all(|c| matches!(c, 0 | b' ' | b'\t' | b'\r' | b'\n'));
    if blank && count <= 1024 {
        faults.push((
            Rule::RevisionEnd,
            Weight::Oddity,
            Fault::ZerosAfterEnd { count },
        ));
    } else {
        faults.push((
            Rule::RevisionEnd,
            Weight::Fault,
            Fault::BytesAfterEnd { at, count },
        ));
    }
}

/// `/Cert`: one string or an array of them.
fn certificates(view: View<'_, '_>, dictionary: &Dictionary<'_>, limits: &Limits) -> Vec<Vec<u8>> {
    let Some(Ok(value)) = dictionary.get(b"Cert").map(|value| view.resolve(value)) else {
        return Vec::new();
    };
    if let Some(string) = value.as_string() {
        return vec![string.bytes().into_owned()];
    }
    let Some(array) = value.as_array() else {
        return Vec::new();
    };
    array
        .iter()
        .take(limits.cms_certificates)
        .filter_map(|item| view.resolve(item).ok())
        .filter_map(|item| item.as_string().map(|s| s.bytes().into_owned()))
        .collect()
}
