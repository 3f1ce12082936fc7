//! Validation material + a document → its security store in a new revision, alone or under a time stamp over the whole file.
//!
//! The store is only added to: what lies in it already is not written again, however it was
//! written, and entries by signature (`/VRI`) are left as they are and never made.
//!
//! Source: ISO 32000-2 §12.8.4.3, §12.8.5; EN 319 142-1 §5.4, §6.3.

use std::collections::HashSet;
use std::ops::Range;

use super::embed::{BYTE_RANGE_WIDTH, Embedded, Work, fill_byte_range, reference};
use super::form::locate;
use super::plan::Rectangle;
use super::prepared::sha256;
use crate::error::{Error, PdfFault};
use crate::limits::Limits;
use crate::pdf::{Document, Object, ObjectId};
use crate::pki::revocation::Closure;
use crate::signature::security_store;

/// DER of what is to be added, each object once.
#[derive(Debug, Default)]
pub(super) struct Material {
    certificates: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    ocsps: Vec<Vec<u8>>,
}

impl Material {
    /// What `closure` has and the store of `document` has not.
    pub(super) fn lacking(
        document: &Document<'_>,
        closure: &Closure,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let store = security_store::read(document, limits)?;
        let known: HashSet<[u8; 32]> = store
            .entries
            .iter()
            .map(|entry| sha256(&entry.bytes))
            .collect();
        let fresh = |der: &&[u8]| !known.contains(&sha256(der));
        let owned = |der: &[u8]| der.to_vec();
        Ok(Self {
            certificates: closure
                .certificates()
                .map(|it| it.der())
                .filter(fresh)
                .map(owned)
                .collect(),
            crls: closure
                .crls()
                .iter()
                .map(|it| it.der())
                .filter(fresh)
                .map(owned)
                .collect(),
            ocsps: closure
                .ocsps()
                .iter()
                .map(|it| it.der())
                .filter(fresh)
                .map(owned)
                .collect(),
        })
    }

    /// Whether there is nothing to add.
    pub(super) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.ocsps.is_empty()
    }
}

/// `document` with a revision that holds the security store alone.
pub(super) fn append(document: &Document<'_>, material: &Material) -> Result<Vec<u8>, Error> {
    let mut work = Work::new(document)?;
    work.add_to_store(material)?;
    Ok(work.finish(false)?.bytes)
}

/// `document` with a revision that holds the security store and an empty document time-stamp
/// over the whole file; `reserved`: octets of token to keep room for.
pub(super) fn append_with_stamp(
    document: &Document<'_>,
    material: &Material,
    reserved: usize,
) -> Result<Embedded, Error> {
    let mut work = Work::new(document)?;
    let signed = work.form.is_signed();
    let name = work.form.free_name("Timestamp", &[]);
    let stamp = work.update.reserve();
    // Invisible, as readers and the standard want it; permitted even where P = 1.
    work.widget(&name, 0, Rectangle::NONE, Some(stamp), None)?;
    let (body, marks) = dictionary(reserved);
    work.update.put(stamp, body, marks)?;
    work.add_to_store(material)?;
    work.annotate()?;
    work.register()?;
    fill_byte_range(work.finish(!signed)?, name)
}

/// The dictionary of a document time-stamp and the places of `/ByteRange` and `/Contents` in it.
///
/// Source: ISO 32000-2 §12.8.5, table 256; EN 319 142-1 §5.4.3.
fn dictionary(reserved: usize) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut out =
        b"<<\n/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.RFC3161\n/ByteRange "
            .to_vec();
    let byte_range = out.len()..out.len() + BYTE_RANGE_WIDTH;
    out.resize(byte_range.end, b' ');
    out.extend_from_slice(b"\n/Contents ");
    let start = out.len();
    out.push(b'<');
    out.resize(out.len().saturating_add(reserved.saturating_mul(2)), b'0');
    out.push(b'>');
    let contents = start..out.len();
    out.extend_from_slice(b"\n>>");
    (out, vec![byte_range, contents])
}

impl<'d> Work<'d, '_> {
    /// Adds `material` to the security store, which is made when there is none.
    fn add_to_store(&mut self, material: &Material) -> Result<(), Error> {
        if material.is_empty() {
            return Ok(());
        }
        let entry = self.catalog.get(b"DSS").cloned().unwrap_or(Object::Null);
        let (id, store) = locate(&self.view, &entry)?;
        let store = match store {
            Object::Dictionary(store) => Some(store),
            Object::Null => None,
            _ => return Err(PdfFault::Malformed("/DSS is not a dictionary").into()),
        };
        let lists: [(&[u8], &[Vec<u8>]); 3] = [
            (b"Certs", &material.certificates),
            (b"CRLs", &material.crls),
            (b"OCSPs", &material.ocsps),
        ];
        let mut changes: Vec<(&[u8], Option<Vec<u8>>)> = Vec::new();
        for (key, added) in lists {
            if added.is_empty() {
                continue;
            }
            let streams: Vec<ObjectId> = added
                .iter()
                .map(|der| self.stream(der))
                .collect::<Result<_, _>>()?;
            let list = store.as_ref().and_then(|store| store.get(key)).cloned();
            match locate(&self.view, &list.unwrap_or(Object::Null))? {
                (Some(list), Object::Array(array)) => {
                    let body = self.update.appended(Some(&array), &streams);
                    self.update.put(list, body, Vec::new())?;
                }
                (_, array @ (Object::Array(_) | Object::Null)) => {
                    let body = self.update.appended(array.as_array(), &streams);
                    changes.push((key, Some(body)));
                }
                _ => return Err(PdfFault::Malformed("a list of /DSS is not an array").into()),
            }
        }
        match (store, id) {
            (Some(_), _) if changes.is_empty() => {}
            (Some(store), Some(id)) => {
                let body = self.update.edited(&store, &changes);
                self.update.put(id, body, Vec::new())?;
            }
            (Some(store), None) => {
                let body = self.update.edited(&store, &changes);
                self.catalog_changes.push((b"DSS", Some(body)));
            }
            (None, _) => {
                let mut body = b"<<\n/Type /DSS\n".to_vec();
                for (key, value) in &changes {
                    body.push(b'/');
                    body.extend_from_slice(key);
                    body.push(b' ');
                    body.extend_from_slice(value.as_deref().unwrap_or(b"null"));
                    body.push(b'\n');
                }
                body.extend_from_slice(b">>");
                let id = self.update.reserve();
                self.update.put(id, body, Vec::new())?;
                self.catalog_changes.push((b"DSS", Some(reference(id))));
                self.declare_extension()?;
            }
        }
        Ok(())
    }

    /// One DER value as a stream. It stays as it is: certificates hardly shrink, and plain octets
    /// need no filter to be read in twenty years.
    fn stream(&mut self, der: &[u8]) -> Result<ObjectId, Error> {
        let mut body = format!("<</Length {}>>\nstream\n", der.len()).into_bytes();
        body.extend_from_slice(der);
        body.extend_from_slice(b"\nendstream");
        let id = self.update.reserve();
        self.update.put(id, body, Vec::new())?;
        Ok(id)
    }

    /// Before PDF 2.0 the security store is an extension, to be declared in the catalog.
    ///
    /// Source: ISO 32000-2 §7.12; EN 319 142-1 §5.4.
    fn declare_extension(&mut self) -> Result<(), Error> {
        if self.view.document().version() >= (2, 0) {
            return Ok(());
        }
        const ESIC: &[u8] = b"<</BaseVersion /1.7 /ExtensionLevel 1>>";
        let entry = self.catalog.get(b"Extensions").cloned();
        match locate(&self.view, &entry.unwrap_or(Object::Null))? {
            (_, Object::Dictionary(known)) if known.get(b"ESIC").is_some() => {}
            (Some(id), Object::Dictionary(known)) => {
                let change = [(b"ESIC".as_slice(), Some(ESIC.to_vec()))];
                let body = self.update.edited(&known, &change);
                self.update.put(id, body, Vec::new())?;
            }
            (None, Object::Dictionary(known)) => {
                let change = [(b"ESIC".as_slice(), Some(ESIC.to_vec()))];
                let body = self.update.edited(&known, &change);
                self.catalog_changes.push((b"Extensions", Some(body)));
            }
            (_, Object::Null) => {
                let body = [b"<</ESIC ", ESIC, b">>"].concat();
                self.catalog_changes.push((b"Extensions", Some(body)));
            }
            _ => return Err(PdfFault::Malformed("/Extensions is not a dictionary").into()),
        }
        Ok(())
    }
}
