//! `/Info` and `/Metadata` of two revisions → whether they changed as metadata may.

use super::{Change, ChangeLevel, Comparison, keys, same};
use crate::error::Error;
use crate::pdf::{Object, ObjectId};

impl<'d, 'a> Comparison<'d, 'a> {
    /// The information dictionary: text and dates alone.
    pub(super) fn info(&mut self, before: Option<ObjectId>, id: ObjectId) -> Result<(), Error> {
        let Some(change) = self.open.get(&id).copied() else {
            if before != Some(id) {
                self.other(0, "trailer /Info leads to an object that was there");
            }
            return Ok(());
        };
        let simple = |object: &Object<'_>| {
            matches!(
                object,
                Object::String(_)
                    | Object::Name(_)
                    | Object::Boolean(_)
                    | Object::Integer(_)
                    | Object::Null
            )
        };
        let Object::Dictionary(new) = self.now(id)? else {
            return Ok(());
        };
        if !new.iter().all(|entry| simple(&entry.value)) || !new.duplicates().is_empty() {
            return Ok(());
        }
        let same_role = match change {
            Change::Added => !self.is_dangling(id.number)?,
            Change::Replaced => {
                // Replaced in place: it was the information dictionary, and only that. Keys that
                // mean something in no other dictionary need no search for other roles.
                let old = self.was(id.number)?;
                let harmless = old.as_dictionary().is_some_and(|old| {
                    keys(old, &new).iter().all(|key| {
                        same(old.get(key), new.get(key))
                            || matches!(key.as_slice(), b"ModDate" | b"Producer" | b"CreationDate")
                    })
                });
                before == Some(id) && (harmless || self.is_used_only_by(id, None)?)
            }
        };
        if same_role {
            self.explain(id, ChangeLevel::LtaUpdates, "trailer /Info");
        }
        Ok(())
    }

    /// Whether `object` is dictionaries, arrays and simple values alone, at any depth.
    pub(super) fn is_plain(&self, object: &Object<'d>) -> Result<bool, Error> {
        let mut waiting = vec![object.clone()];
        let mut steps = 0usize;
        while let Some(object) = waiting.pop() {
            steps += 1;
            if steps > 1000 {
                return Ok(false);
            }
            match object {
                Object::Reference(id) => waiting.push(self.now(id)?),
                Object::Array(array) => waiting.extend(array.iter().cloned()),
                Object::Dictionary(dictionary) => {
                    waiting.extend(dictionary.iter().map(|entry| entry.value.clone()));
                }
                Object::Stream(_) => return Ok(false),
                _ => {}
            }
        }
        Ok(true)
    }

    /// XMP metadata of the document: a stream that is XML without entities.
    pub(super) fn metadata(
        &mut self,
        old: Option<&Object<'d>>,
        new: Option<&Object<'d>>,
    ) -> Result<(), Error> {
        let Some(id) = new.and_then(Object::as_reference) else {
            if new.is_some() && new != old {
                self.other(0, "catalog /Metadata is no reference");
            }
            return Ok(());
        };
        let Some(change) = self.open.get(&id).copied() else {
            if old.and_then(Object::as_reference) != Some(id) {
                self.other(0, "catalog /Metadata leads to an object that was there");
            }
            return Ok(());
        };
        let Object::Stream(stream) = self.now(id)? else {
            return Ok(());
        };
        let dictionary = stream.dictionary();
        let is_metadata =
            dictionary.is_name(b"Type", b"Metadata") && dictionary.is_name(b"Subtype", b"XML");
        if !is_metadata || !is_plain_xmp(&self.new.decode(&stream)?) {
            return Ok(());
        }
        let same_role = match change {
            Change::Added => !self.is_dangling(id.number)?,
            Change::Replaced => {
                old.and_then(Object::as_reference) == Some(id)
                    && self
                        .was(id.number)?
                        .as_dictionary()
                        .is_some_and(|d| d.is_name(b"Type", b"Metadata"))
                    && self.is_used_only_by(id, self.root())?
            }
        };
        if same_role {
            self.explain(id, ChangeLevel::LtaUpdates, "catalog /Metadata");
        }
        Ok(())
    }
}

/// Whether `bytes` are XMP that is safe to accept: text, no document type, no entities declared,
/// elements closed in order, an XMP root.
pub(crate) fn is_plain_xmp(bytes: &[u8]) -> bool {
    let text = match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        other => other,
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return false;
    };
    if text.contains("<!")
        && text
            .split("<!")
            .skip(1)
            .any(|after| !after.starts_with("--"))
    {
        return false;
    }
    let mut open: Vec<&str> = Vec::new();
    let mut root = None;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at..).unwrap_or_default();
        let skip = |end: &str| rest.find(end).map(|at| at + end.len());
        let length = if rest.starts_with("<!--") {
            skip("-->")
        } else if rest.starts_with("<?") {
            skip("?>")
        } else {
            let Some(end) = tag_end(rest) else {
                return false;
            };
            let inside = rest.get(1..end).unwrap_or_default();
            if let Some(name) = inside.strip_prefix('/') {
                if open.pop() != Some(name.trim_end()) {
                    return false;
                }
            } else {
                let name = inside
                    .split(|c: char| c.is_ascii_whitespace() || c == '/')
                    .next()
                    .unwrap_or_default();
                if name.is_empty() || (open.is_empty() && root.replace(name).is_some()) {
                    return false;
                }
                if !inside.ends_with('/') {
                    open.push(name);
                }
                if open.len() > 100 {
                    return false;
                }
            }
            Some(end + 1)
        };
        let Some(length) = length else { return false };
        rest = rest.get(length..).unwrap_or_default();
    }
    open.is_empty() && matches!(root, Some("x:xmpmeta" | "rdf:RDF" | "x:xapmeta"))
}

/// Position of the `>` that ends the tag at the start of `text`, quotes respected.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.bytes().enumerate() {
        match (quote, c) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A51, V067: metadata with entities or a document type, or not well-formed, is not accepted.
    #[test]
    fn xmp_that_could_expand_or_does_not_close_is_refused() {
        let good = "<?xpacket begin=''?><x:xmpmeta xmlns:x='a'><rdf:RDF><a b='>'/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>";
        assert!(is_plain_xmp(good.as_bytes()));
        for bad in [
            "<!DOCTYPE x [<!ENTITY a 'b'>]><x:xmpmeta></x:xmpmeta>",
            "<x:xmpmeta><a></x:xmpmeta></a>",
            "<x:xmpmeta>",
            "<html></html>",
            "<x:xmpmeta/><x:xmpmeta/>",
            "no markup at all",
            "<x:xmpmeta><![CDATA[x]]></x:xmpmeta>",
        ] {
            assert!(!is_plain_xmp(bad.as_bytes()), "{bad}");
        }
        assert!(!is_plain_xmp(&[0xff, 0xfe]));
    }
}
