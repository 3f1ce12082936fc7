//! Validation material + a document → its security store in a new revision, alone or under a time stamp over the whole file.
//!
//! The store is only added to: what lies in it already is not written again, however it was
//! written, and entries by signature (`/VRI`) are left as they are and never made.
//!
//! Source: ISO 32000-2 §12.8.4.3, §12.8.5; EN 319 142-1 §5.4, §6.3.

use std::collections::HashSet;

use super::embed::{Embedded, New, Work, fill_byte_range, with_places};
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
    // ISO 32000-2 §12.8.1, table 255; ISO 32000-2 §12.8.5; EN 319 142-1 §5.4.3.
    let (mut body, marks) = with_places("DocTimeStamp", "ETSI.RFC3161", reserved);
    body.extend_from_slice(b"\n>>");
    work.update.put(stamp, body, marks)?;
    work.add_to_store(material)?;
    work.annotate()?;
    work.register()?;
    fill_byte_range(work.finish(!signed)?, name)
}

impl<'d> Work<'d, '_> {
    /// Adds `material` to the security store, which is made when there is none.
    fn add_to_store(&mut self, material: &Material) -> Result<(), Error> {
        if material.is_empty() {
            return Ok(());
        }
        let entry = self.catalog.get(b"DSS").cloned().unwrap_or(Object::Null);
        let store = match locate(&self.view, &entry)?.1 {
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
        if changes.is_empty() {
            return Ok(()); // Each list is an object of its own, and was changed there.
        }
        self.set_below_catalog(b"DSS", New::Indirect(b"/Type /DSS\n"), &changes)?;
        match store {
            Some(_) => Ok(()),
            None => self.declare_extension(),
        }
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
        let known = self.view.value(&self.catalog, b"Extensions")?;
        if known
            .as_dictionary()
            .is_some_and(|known| known.contains(b"ESIC"))
        {
            return Ok(());
        }
        let change = [(b"ESIC".as_slice(), Some(ESIC.to_vec()))];
        self.set_below_catalog(b"Extensions", New::Direct(b""), &change)
    }
}
