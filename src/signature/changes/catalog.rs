//! The catalog of two revisions, with the bytes, the trailer and the containers around it → what of them changed.

use std::collections::BTreeSet;

use super::{Change, ChangeLevel, Comparison, keys, same};
use crate::error::Error;
use crate::pdf::{Dictionary, Location, Object, ObjectId};
use crate::signature::scan;

impl<'d, 'a> Comparison<'d, 'a> {
    /// Every byte that the revision brings belongs to something that it lists.
    pub(super) fn bytes(&mut self) -> Result<(), Error> {
        if let Some(position) = scan::unaccounted(self.document, self.revision)? {
            let path = format!("bytes from {position} that the cross-reference does not list");
            self.other(0, &path);
        }
        // Programs that find a wrong /Size rebuild the file, and see other objects than we do.
        let Some(own) = self.document.revisions().get(self.revision) else {
            return Ok(());
        };
        for section in own.sections() {
            let size = section.trailer().get(b"Size").and_then(Object::as_integer);
            let highest = section.highest().map_or(0, i64::from);
            let most = i64::try_from(self.limits.objects).unwrap_or(i64::MAX);
            if size.is_none_or(|size| size <= highest || size > most) {
                self.other(0, "trailer /Size does not fit what is listed");
            }
        }
        Ok(())
    }

    /// Keys of the trailer: the same root, the same encryption, the same first identifier.
    pub(super) fn trailer(&mut self) -> Result<(), Error> {
        let (old, new) = (self.old.trailer().clone(), self.new.trailer().clone());
        for key in keys(&old, &new) {
            let (before, after) = (old.get(&key), new.get(&key));
            if before == after {
                continue;
            }
            let path = format!("trailer /{}", String::from_utf8_lossy(&key));
            match key.as_slice() {
                // Where the section lies and how it is stored; and the checksum some writers add.
                b"Size" | b"Prev" | b"XRefStm" | b"Index" | b"W" | b"Type" | b"Length"
                | b"Filter" | b"DecodeParms" | b"DocChecksum" => {}
                b"ID" => {
                    let first = |object: Option<&Object<'d>>| {
                        object
                            .and_then(|o| o.as_array())
                            .and_then(|a| a.get(0))
                            .cloned()
                    };
                    // An identifier may be added where there was none.
                    if before.is_some() && first(before) != first(after) {
                        self.other(0, &path);
                    }
                }
                b"Info" => {}
                b"AuthCode" if renews_mac(before, after) => {}
                _ => self.other(0, &path),
            }
        }
        let (before, after) = (old.get(b"Info"), new.get(b"Info"));
        if let Some(Object::Reference(id)) = after {
            self.info(before.and_then(Object::as_reference), *id)?;
        } else if before != after {
            self.other(0, "trailer /Info");
        }
        Ok(())
    }

    /// Cross-reference and object streams of this revision, when they replace nothing else.
    pub(super) fn containers(&mut self) -> Result<(), Error> {
        let ids: Vec<(ObjectId, Change)> = self
            .open
            .iter()
            .map(|(id, change)| (*id, *change))
            .collect();
        let sections: Vec<u64> = self
            .document
            .revisions()
            .get(self.revision)
            .map(|r| {
                r.sections()
                    .iter()
                    .flat_map(|s| [Some(s.offset()), s.stream_offset()])
                    .flatten()
                    .collect()
            })
            .unwrap_or_default();
        for (id, change) in ids {
            let Some(Location::Offset { offset, .. }) = self.new.locate(id.number)? else {
                continue;
            };
            let Object::Stream(stream) = self.now(id)? else {
                continue;
            };
            let is_xref =
                stream.dictionary().is_name(b"Type", b"XRef") && sections.contains(&offset);
            let is_container = stream.dictionary().is_name(b"Type", b"ObjStm");
            if !(is_xref || is_container) {
                continue;
            }
            let fits = match change {
                Change::Added => !self.is_dangling(id.number)?,
                // Some writers give each cross-reference stream the same number.
                Change::Replaced => {
                    is_xref
                        && self
                            .was(id.number)?
                            .as_dictionary()
                            .is_some_and(|old| old.is_name(b"Type", b"XRef"))
                }
            };
            if is_container && self.holds_two_versions(id.number)? {
                self.other(
                    id.number,
                    "an object stream with another version of an object",
                );
                continue;
            }
            if fits {
                self.explain(
                    id,
                    ChangeLevel::None,
                    if is_xref {
                        "cross-reference stream"
                    } else {
                        "object stream"
                    },
                );
            }
        }
        Ok(())
    }

    /// Whether an object stream lists an object twice, or one that was there and that the
    /// cross-reference has elsewhere: programs that do not ask for the index may take the other.
    fn holds_two_versions(&self, number: u32) -> Result<bool, Error> {
        let stream = self.document.object_stream_as_of(self.revision, number)?;
        let mut listed = BTreeSet::new();
        for inside in stream.numbers() {
            let here = matches!(
                self.new.locate(inside)?,
                Some(Location::InStream { stream, .. }) if stream == number
            );
            if !listed.insert(inside) || !here && !self.was(inside)?.is_null() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The catalog, key by key.
    pub(super) fn catalog(&mut self) -> Result<(), Error> {
        let (old, new) = (self.old.catalog()?, self.new.catalog()?);
        let mut level = ChangeLevel::None;
        let mut clean = new.duplicates().is_empty();
        for key in keys(&old, &new) {
            if same(old.get(&key), new.get(&key)) {
                continue;
            }
            match key.as_slice() {
                b"AcroForm" | b"DSS" | b"Extensions" | b"Metadata" => {
                    level = level.max(ChangeLevel::LtaUpdates)
                }
                b"Version" => {
                    let version = |d: &Dictionary<'_>| {
                        d.get(b"Version")
                            .and_then(Object::as_name)
                            .map(<[u8]>::to_vec)
                    };
                    // Later or equal, and of the known form.
                    let after = version(&new);
                    let known = after
                        .as_deref()
                        .is_some_and(|v| matches!(v, [b'1' | b'2', b'.', b'0'..=b'9']));
                    if known && version(&old) <= after {
                        level = level.max(ChangeLevel::LtaUpdates);
                    } else {
                        clean = false;
                        self.other(0, "catalog /Version");
                    }
                }
                other => {
                    clean = false;
                    let path = format!("catalog /{}", String::from_utf8_lossy(other));
                    self.other(0, &path);
                }
            }
        }
        if let Some(root) = self
            .new
            .trailer()
            .get(b"Root")
            .and_then(Object::as_reference)
            && clean
            && self.open.get(&root) == Some(&Change::Replaced)
        {
            self.explain(root, level, "catalog");
        }
        self.extensions(old.get(b"Extensions"), new.get(b"Extensions"))?;
        self.metadata(old.get(b"Metadata"), new.get(b"Metadata"))?;
        self.security_store(old.get(b"DSS"), new.get(b"DSS"))?;
        self.form(old.get(b"AcroForm"), new.get(b"AcroForm"))
    }

    /// Developer extensions: names and numbers in dictionaries.
    fn extensions(
        &mut self,
        old: Option<&Object<'d>>,
        new: Option<&Object<'d>>,
    ) -> Result<(), Error> {
        if let Some(new) = new {
            if !self.is_plain(new)? {
                self.other(0, "catalog /Extensions holds more than names and numbers");
                return Ok(());
            }
            let in_place = old
                .and_then(Object::as_reference)
                .filter(|id| new.as_reference() == Some(*id));
            if let Some(id) = in_place
                && self.is_used_only_by(id, self.root())?
            {
                self.explain(id, ChangeLevel::LtaUpdates, "catalog /Extensions");
                let object = self.now(id)?;
                return self.explain_new(&object, ChangeLevel::LtaUpdates, "catalog /Extensions");
            }
            self.explain_new(new, ChangeLevel::LtaUpdates, "catalog /Extensions")?;
        }
        Ok(())
    }
}

/// Whether a message authentication code took the place of another of the same form.
///
/// An encrypted document that has one needs another with each update. Whether it fits is not
/// checked: it takes the password, and says no more of what was signed than the signature does.
///
/// Source: ISO/TS 32004 (integrity protection in encrypted documents).
fn renews_mac(before: Option<&Object<'_>>, after: Option<&Object<'_>>) -> bool {
    let (Some(before), Some(after)) = (
        before.and_then(Object::as_dictionary),
        after.and_then(Object::as_dictionary),
    ) else {
        return false;
    };
    let fits = |code: &Dictionary<'_>| {
        code.duplicates().is_empty()
            && code.iter().all(|entry| match entry.key.as_bytes() {
                b"MACLocation" => entry.value.as_name().is_some(),
                b"MAC" => entry.value.as_string().is_some(),
                b"SigObjRef" => entry.value.as_reference().is_some(),
                b"ByteRange" => entry.value.as_array().is_some_and(|range| {
                    range.len() == 4 && range.iter().all(|n| n.as_integer().is_some())
                }),
                _ => false,
            })
    };
    let known = matches!(
        after.get(b"MACLocation").and_then(Object::as_name),
        Some(b"Standalone" | b"AttachedToSig")
    );
    known && fits(before) && fits(after)
}
