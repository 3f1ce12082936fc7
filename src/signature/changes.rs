//! Two neighbouring revisions → how far the later one goes, object by object, by an allow-list.
//!
//! Every object that a revision adds or replaces must be explained by a rule whose path begins at
//! the trailer; what no rule explains is [`ChangeLevel::Other`]. A rule may bring *new* objects
//! along; an object that existed may change only in the role in which a rule knows it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::field::{self, FieldKind, SignatureField};
use super::scan::{self, References};
use super::seen::{self, Difference};
use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{ChangeKind, Dictionary, Document, Location, Object, ObjectId, View};

/// How far later changes go; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChangeLevel {
    /// Nothing changed.
    None,
    /// Security store, document time-stamps, metadata of the document.
    LtaUpdates,
    /// Signature fields added or filled.
    Signing,
    /// Form fields filled.
    FormFilling,
    /// Annotations added.
    Annotations,
    /// Anything else.
    Other,
}

/// One object that a later revision added or replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedObject {
    /// The revision that changed it, counted from 0.
    pub revision: usize,
    /// Object number; 0 stands for the trailer.
    pub object: u32,
    /// How far the change goes.
    pub level: ChangeLevel,
    /// Path from the trailer, or what is known of it.
    pub path: String,
}

/// What happened to a field in one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Full name of the field.
    pub name: String,
    /// Object of the field.
    pub id: Option<ObjectId>,
    /// What happened.
    pub what: FieldEvent,
}

/// What happened to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldEvent {
    /// A signature field was created; `filled` in the same revision, `visible` on a page.
    Created {
        /// Whether it holds a signature at once.
        filled: bool,
        /// Whether it can be seen.
        visible: bool,
    },
    /// An empty signature field was filled.
    Signed,
    /// The value of another field changed.
    Filled,
}

/// What one revision changed, against the revision before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionChanges {
    /// The revision, counted from 0.
    pub revision: usize,
    /// The highest level.
    pub level: ChangeLevel,
    /// The objects, in order of their numbers.
    pub objects: Vec<ChangedObject>,
    /// The fields.
    pub fields: Vec<FieldChange>,
    /// Where a reader sees it, for changes beyond signatures: entries of pages and of the catalog
    /// that differ in what they lead to. Empty when nothing differs or when that is not known.
    pub seen: Vec<Difference>,
}

/// What `revision` (at least 1) changed against the one before it.
///
/// # Errors
/// A structure that cannot be read, or a limit; then nothing is known, which is no pass.
///
/// Source: ISO 32000-2 §12.8.2.2.2, table 257.
pub fn between(
    document: &Document<'_>,
    revision: usize,
    limits: &Limits,
) -> Result<RevisionChanges, Error> {
    Ok(between_and_reach(document, revision, limits)?.0)
}

/// As [`between`]; and the highest object number that something in the older revision refers to,
/// `None` when no rule had to know, or when not all of it can be read.
pub(crate) fn between_and_reach(
    document: &Document<'_>,
    revision: usize,
    limits: &Limits,
) -> Result<(RevisionChanges, Option<u32>), Error> {
    let mut comparison = Comparison::new(document, revision, limits)?;
    comparison.bytes()?;
    comparison.trailer()?;
    comparison.containers()?;
    comparison.catalog()?;
    comparison.pages()?;
    comparison.unreferenced()?;
    let (old, new) = (comparison.old, comparison.new);
    let reach = comparison.references.as_ref().and_then(References::highest);
    let mut found = comparison.finish();
    if found.level > ChangeLevel::Signing {
        found.seen = seen::contents(old, new, SEEN).unwrap_or_default();
    }
    Ok((found, reach))
}

/// Steps of the search for what a reader sees of a change.
const SEEN: usize = 100_000;

struct Comparison<'d, 'a> {
    document: &'d Document<'a>,
    revision: usize,
    old: View<'d, 'a>,
    new: View<'d, 'a>,
    limits: &'d Limits,
    /// Objects that differ from the older view and wait for an explanation.
    open: BTreeMap<ObjectId, Change>,
    explained: Vec<ChangedObject>,
    fields: Vec<FieldChange>,
    /// Widgets that a rule allows on pages, with the level that they bring.
    widgets: BTreeMap<ObjectId, ChangeLevel>,
    /// What refers to what in the older view; filled when first needed.
    references: Option<References>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// The older view has no such object.
    Added,
    /// The older view has another object of this number.
    Replaced,
}

impl<'d, 'a> Comparison<'d, 'a> {
    fn new(document: &'d Document<'a>, revision: usize, limits: &'d Limits) -> Result<Self, Error> {
        let (old, new) = (
            document.as_of(revision.saturating_sub(1)),
            document.as_of(revision),
        );
        let mut this = Self {
            document,
            revision,
            old,
            new,
            limits,
            open: BTreeMap::new(),
            explained: Vec::new(),
            fields: Vec::new(),
            widgets: BTreeMap::new(),
            references: None,
        };
        let start = document.revisions().get(revision).map_or(0, |r| r.start);
        let mut offsets = BTreeSet::new();
        for change in document.changes(revision)? {
            let id = change.id;
            match (change.kind, change.after) {
                (ChangeKind::Unchanged, _) => {}
                (ChangeKind::Freed, _) => this.other(id.number, "freed"),
                // V057: nothing of a later revision may lie in earlier bytes, nor twice at one place.
                (_, Location::Offset { offset, .. }) if offset < start => {
                    this.other(id.number, "cross-reference into earlier bytes");
                }
                (_, Location::Offset { offset, .. }) if !offsets.insert(offset) => {
                    this.other(id.number, "two objects at one place");
                }
                (_, Location::InStream { stream, .. })
                    if !this.is_written_after(stream, start)? =>
                {
                    this.other(id.number, "cross-reference into an earlier object stream");
                }
                (ChangeKind::Added, _) => {
                    this.open.insert(id, Change::Added);
                }
                (ChangeKind::Replaced, after)
                    if this
                        .old
                        .locate(id.number)?
                        .is_some_and(|before| before.generation() != after.generation()) =>
                {
                    // V058: what refers to the old generation refers to nothing now, or to this.
                    this.other(id.number, "another generation of an object that was there");
                }
                (ChangeKind::Replaced, _) => {
                    // Written again and the same: no change, whoever refers to it.
                    if !scan::same(&this.now(id)?, &this.was(id.number)?) {
                        this.open.insert(id, Change::Replaced);
                    }
                }
            }
        }
        Ok(this)
    }

    /// The object in the newer view.
    fn now(&self, id: ObjectId) -> Result<Object<'d>, Error> {
        Ok(self.new.get(id)?.unwrap_or(Object::Null))
    }

    /// The object of this number in the older view, whatever its generation.
    fn was(&self, number: u32) -> Result<Object<'d>, Error> {
        let generation = self.old.locate(number)?.map_or(0, Location::generation);
        Ok(self
            .old
            .get(ObjectId::new(number, generation))?
            .unwrap_or(Object::Null))
    }

    fn is_written_after(&self, number: u32, start: u64) -> Result<bool, Error> {
        Ok(
            matches!(self.new.locate(number)?, Some(Location::Offset { offset, .. }) if offset >= start),
        )
    }

    fn finish(mut self) -> RevisionChanges {
        let open = std::mem::take(&mut self.open);
        for (id, change) in open {
            let what = match change {
                Change::Added => "added, and explained by no rule",
                Change::Replaced => "replaced, and explained by no rule",
            };
            self.other(id.number, what);
        }
        self.explained
            .sort_by(|a, b| (a.object, &a.path).cmp(&(b.object, &b.path)));
        let level = self
            .explained
            .iter()
            .map(|c| c.level)
            .max()
            .unwrap_or(ChangeLevel::None);
        RevisionChanges {
            revision: self.revision,
            level,
            objects: self.explained,
            fields: self.fields,
            seen: Vec::new(),
        }
    }

    fn other(&mut self, object: u32, path: &str) {
        self.note(object, ChangeLevel::Other, path);
    }

    fn note(&mut self, object: u32, level: ChangeLevel, path: &str) {
        self.explained.push(ChangedObject {
            revision: self.revision,
            object,
            level,
            path: path.to_owned(),
        });
    }

    /// Explains an object in its own role, whether it is new or was replaced.
    fn explain(&mut self, id: ObjectId, level: ChangeLevel, path: &str) {
        if self.open.remove(&id).is_some() {
            self.note(id.number, level, path);
        }
    }

    /// Explains `object` and all new objects that only it brings, down to objects that existed.
    ///
    /// What existed is not explained, and neither is a new object to which the older view already
    /// refers: defining it would change something else.
    fn explain_new(
        &mut self,
        object: &Object<'d>,
        level: ChangeLevel,
        path: &str,
    ) -> Result<(), Error> {
        let mut stack = vec![object.clone()];
        let mut steps = 0usize;
        while let Some(object) = stack.pop() {
            steps += 1;
            if steps > self.limits.tree_nodes {
                return Err(Error::limit("tree_nodes", self.limits.tree_nodes as u64));
            }
            match object {
                Object::Reference(id) => {
                    if self.open.get(&id) != Some(&Change::Added) || self.is_dangling(id.number)? {
                        continue;
                    }
                    self.explain(id, level, path);
                    stack.push(self.now(id)?);
                }
                Object::Array(array) => stack.extend(array.iter().cloned()),
                Object::Dictionary(dictionary) => {
                    stack.extend(dictionary.iter().map(|e| e.value.clone()))
                }
                Object::Stream(stream) => {
                    stack.extend(stream.dictionary().iter().map(|e| e.value.clone()))
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn references(&mut self) -> Result<&References, Error> {
        let references = match self.references.take() {
            Some(references) => references,
            None => References::of(self.old, self.limits)?,
        };
        Ok(self.references.insert(references))
    }

    /// Whether the older view refers to this number without defining it.
    fn is_dangling(&mut self, number: u32) -> Result<bool, Error> {
        Ok(!self.references()?.referrers(number).is_empty())
    }

    /// Whether in the older view there is one reference to `id` at most, by `referrer`; the trailer
    /// does not count.
    fn is_used_only_by(&mut self, id: ObjectId, referrer: Option<u32>) -> Result<bool, Error> {
        Ok(match self.references()?.referrers(id.number) {
            [] => true,
            [one] => Some(*one) == referrer,
            _ => false,
        })
    }

    /// Object number of the older catalog.
    fn root(&self) -> Option<u32> {
        self.old
            .trailer()
            .get(b"Root")
            .and_then(Object::as_reference)
            .map(|id| id.number)
    }

    /// Every byte that the revision brings belongs to something that it lists.
    fn bytes(&mut self) -> Result<(), Error> {
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
    fn trailer(&mut self) -> Result<(), Error> {
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

    /// The information dictionary: text and dates alone.
    fn info(&mut self, before: Option<ObjectId>, id: ObjectId) -> Result<(), Error> {
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

    /// Cross-reference and object streams of this revision, when they replace nothing else.
    fn containers(&mut self) -> Result<(), Error> {
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
    fn catalog(&mut self) -> Result<(), Error> {
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

    /// Whether `object` is dictionaries, arrays and simple values alone, at any depth.
    fn is_plain(&self, object: &Object<'d>) -> Result<bool, Error> {
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
    fn metadata(
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

    /// The security store: lists of streams, each a DER value; entries of a signature stay as they were.
    fn security_store(
        &mut self,
        old: Option<&Object<'d>>,
        new: Option<&Object<'d>>,
    ) -> Result<(), Error> {
        const PATH: &str = "catalog /DSS";
        let Some(new) = new else {
            if old.is_some() {
                self.other(0, "catalog /DSS removed");
            }
            return Ok(());
        };
        if old == Some(new)
            && new
                .as_reference()
                .is_none_or(|id| !self.open.contains_key(&id))
            && self.open.is_empty()
        {
            return Ok(());
        }
        let old_dictionary = match old {
            Some(old) => self.old.resolve(old)?.into_dictionary(),
            None => None,
        };
        let Object::Dictionary(dss) = self.new.resolve(new)? else {
            self.other(0, PATH);
            return Ok(());
        };
        let known = |key: &[u8]| matches!(key, b"Type" | b"VRI" | b"Certs" | b"CRLs" | b"OCSPs");
        if !dss.iter().all(|entry| known(entry.key.as_bytes())) || !dss.duplicates().is_empty() {
            self.other(0, "catalog /DSS with a key that does not belong there");
            return Ok(());
        }
        let root = self.root();
        self.own_role(new, old, root, PATH)?;
        // Who holds the lists in the older view: the store, or the catalog when the store is direct.
        let holder = old
            .and_then(Object::as_reference)
            .map(|id| id.number)
            .or(root);
        for key in [b"Certs".as_slice(), b"CRLs", b"OCSPs"] {
            let before = old_dictionary.as_ref().and_then(|d| d.get(key)).cloned();
            self.stream_list(dss.get(key), before.as_ref(), holder, PATH)?;
        }
        let before = old_dictionary.as_ref().and_then(|d| d.get(b"VRI")).cloned();
        let Some(vri) = dss.get(b"VRI") else {
            if before.is_some() {
                self.other(0, "catalog /DSS /VRI removed");
            }
            return Ok(());
        };
        self.own_role(vri, before.as_ref(), holder, PATH)?;
        let vri_holder = before
            .as_ref()
            .and_then(Object::as_reference)
            .map(|id| id.number)
            .or(holder);
        let old_vri = match &before {
            Some(before) => self.old.resolve(before)?.into_dictionary(),
            None => None,
        };
        let Object::Dictionary(vri) = self.new.resolve(vri)? else {
            self.other(0, "catalog /DSS /VRI");
            return Ok(());
        };
        if !vri.duplicates().is_empty() {
            self.other(0, "catalog /DSS /VRI");
        }
        if let Some(old_vri) = &old_vri {
            self.kept_entries(old_vri, &vri, &dss)?;
        }
        for entry in vri.iter() {
            let name = entry.key.as_bytes();
            let fits =
                (name.len() == 40 && name.iter().all(u8::is_ascii_hexdigit)) || name == b"Type";
            if !fits {
                self.other(0, "catalog /DSS /VRI with a key that does not belong there");
                return Ok(());
            }
            let before = old_vri.as_ref().and_then(|d| d.get(name)).cloned();
            if name == b"Type" {
                continue;
            }
            self.own_role(&entry.value, before.as_ref(), vri_holder, PATH)?;
            let Object::Dictionary(one) = self.new.resolve(&entry.value)? else {
                self.other(0, "catalog /DSS /VRI");
                return Ok(());
            };
            if !one.duplicates().is_empty() {
                self.other(0, "catalog /DSS /VRI");
            }
            for inner in one.iter() {
                match inner.key.as_bytes() {
                    b"Cert" | b"CRL" | b"OCSP" => {
                        self.stream_list(Some(&inner.value), None, None, PATH)?
                    }
                    b"TS" => self.store_stream(&inner.value, PATH)?,
                    b"Type" | b"TU" => {}
                    _ => self.other(0, "catalog /DSS /VRI with a key that does not belong there"),
                }
            }
        }
        Ok(())
    }

    /// What the store said of a signature stays: no entry goes, and a changed one takes nothing out
    /// of the store and lists nothing from outside it.
    ///
    /// NOTE: an entry may list less than before, or other answers, as long as the store's own lists
    /// have both: a widespread writer (pyHanko) renews material by writing the entry anew with
    /// what it fetched last. Time stamp and date of an entry stay as they were.
    fn kept_entries(
        &mut self,
        old: &Dictionary<'d>,
        new: &Dictionary<'d>,
        store: &Dictionary<'d>,
    ) -> Result<(), Error> {
        const LISTS: [(&[u8], &[u8]); 3] =
            [(b"Cert", b"Certs"), (b"CRL", b"CRLs"), (b"OCSP", b"OCSPs")];
        for entry in old.iter().filter(|entry| entry.key.as_bytes() != b"Type") {
            let before = self.old.resolve(&entry.value)?;
            let after = match new.get(entry.key.as_bytes()) {
                Some(after) => self.new.resolve(after)?,
                None => Object::Null,
            };
            if scan::same(&before, &after) {
                continue;
            }
            let (Object::Dictionary(before), Object::Dictionary(after)) = (before, after) else {
                self.other(0, "catalog /DSS /VRI: an entry was removed");
                continue;
            };
            let mut kept = after.duplicates().is_empty()
                && [b"TS".as_slice(), b"TU"]
                    .iter()
                    .all(|key| before.get(key).is_none() || same(before.get(key), after.get(key)));
            for (name, all) in LISTS {
                let all = members(&self.new, store.get(all))?;
                let listed = members(&self.new, after.get(name))?;
                let mut was = members(&self.old, before.get(name))?.into_iter();
                kept &= listed.is_subset(&all)
                    && was.all(|id| all.contains(&id) || listed.contains(&id));
            }
            if !kept {
                self.other(
                    0,
                    "catalog /DSS /VRI: an entry lost or misplaced what it listed",
                );
            }
        }
        Ok(())
    }

    /// Explains a container that is reached by reference: new, or replaced in the role it had.
    fn own_role(
        &mut self,
        new: &Object<'d>,
        old: Option<&Object<'d>>,
        holder: Option<u32>,
        path: &str,
    ) -> Result<(), Error> {
        let Some(id) = new.as_reference() else {
            return Ok(());
        };
        match self.open.get(&id).copied() {
            Some(Change::Added) if !self.is_dangling(id.number)? => {
                self.explain(id, ChangeLevel::LtaUpdates, path)
            }
            Some(Change::Replaced)
                if old.and_then(Object::as_reference) == Some(id)
                    && self.is_used_only_by(id, holder)? =>
            {
                self.explain(id, ChangeLevel::LtaUpdates, path);
            }
            _ => {}
        }
        Ok(())
    }

    fn stream_list(
        &mut self,
        new: Option<&Object<'d>>,
        old: Option<&Object<'d>>,
        holder: Option<u32>,
        path: &str,
    ) -> Result<(), Error> {
        let Some(new) = new else { return Ok(()) };
        self.own_role(new, old, holder, path)?;
        let list = self.new.resolve(new)?;
        let Some(list) = list.as_array() else {
            self.other(0, "catalog /DSS: a list is none");
            return Ok(());
        };
        for item in list.iter() {
            self.store_stream(item, path)?;
        }
        Ok(())
    }

    /// A stream of the store; a new one must hold one DER value and nothing a page could use.
    fn store_stream(&mut self, item: &Object<'d>, path: &str) -> Result<(), Error> {
        let Some(id) = item.as_reference() else {
            self.other(0, "catalog /DSS: a member is no stream");
            return Ok(());
        };
        if self.open.get(&id) != Some(&Change::Added) || self.is_dangling(id.number)? {
            return Ok(());
        }
        let Object::Stream(stream) = self.now(id)? else {
            self.other(id.number, "catalog /DSS: a member is no stream");
            return Ok(());
        };
        let plain = stream.dictionary().iter().all(|entry| {
            matches!(
                entry.key.as_bytes(),
                b"Length" | b"Filter" | b"DecodeParms" | b"Type" | b"Size" | b"DL"
            )
        });
        if plain {
            self.explain(id, ChangeLevel::LtaUpdates, path);
            for entry in stream.dictionary().iter() {
                self.explain_new(&entry.value, ChangeLevel::LtaUpdates, path)?;
            }
        }
        Ok(())
    }

    /// The interactive form: fields are compared one by one, other keys may only be completed.
    fn form(&mut self, old: Option<&Object<'d>>, new: Option<&Object<'d>>) -> Result<(), Error> {
        let (Some(new), old) = (new, old) else {
            if old.is_some() {
                self.other(0, "catalog /AcroForm removed");
            }
            return Ok(());
        };
        let before = match old {
            Some(old) => self
                .old
                .resolve(old)?
                .into_dictionary()
                .unwrap_or_else(Dictionary::empty),
            None => Dictionary::empty(),
        };
        let Object::Dictionary(after) = self.new.resolve(new)? else {
            self.other(0, "catalog /AcroForm");
            return Ok(());
        };
        let mut clean = after.duplicates().is_empty();
        for key in keys(&before, &after) {
            let (was, is) = (before.get(&key), after.get(&key));
            if was == is {
                continue;
            }
            let allowed = match key.as_slice() {
                b"Fields" => true,
                b"SigFlags" => is.and_then(Object::as_integer).is_some_and(|flags| {
                    let before = was.and_then(Object::as_integer).unwrap_or(0);
                    (0..=3).contains(&flags) && flags & before == before
                }),
                b"NeedAppearances" => is.and_then(Object::as_boolean) == Some(false),
                // Completed where nothing was: signing programs bring the defaults of their fields.
                b"DR" | b"DA" | b"Q" => {
                    let grew = match (was, is) {
                        (None, _) => true,
                        (Some(was), Some(is)) => self.grew(was, is)?,
                        (Some(_), None) => false,
                    };
                    if let (true, Some(is)) = (grew, is) {
                        self.explain_new(is, ChangeLevel::Signing, "catalog /AcroForm /DR")?;
                    }
                    grew
                }
                _ => false,
            };
            if !allowed {
                clean = false;
                let path = format!("catalog /AcroForm /{}", String::from_utf8_lossy(&key));
                self.other(0, &path);
            }
        }
        if clean && let Some(id) = new.as_reference() {
            let same_role = old.and_then(Object::as_reference) == Some(id);
            match self.open.get(&id).copied() {
                Some(Change::Added) if !self.is_dangling(id.number)? => {
                    self.explain(id, ChangeLevel::LtaUpdates, "catalog /AcroForm");
                }
                Some(Change::Replaced) if same_role => {
                    self.explain(id, ChangeLevel::LtaUpdates, "catalog /AcroForm")
                }
                _ => {}
            }
        }
        self.field_list(before.get(b"Fields"), after.get(b"Fields"))?;
        self.field_tree()
    }

    /// Whether direct dictionaries only gained keys, at every depth; all else is as it was.
    fn grew(&self, old: &Object<'d>, new: &Object<'d>) -> Result<bool, Error> {
        let mut waiting = vec![(old.clone(), new.clone())];
        let mut steps = 0usize;
        while let Some((old, new)) = waiting.pop() {
            steps += 1;
            if steps > self.limits.tree_nodes {
                return Err(Error::limit("tree_nodes", self.limits.tree_nodes as u64));
            }
            match (old, new) {
                (Object::Dictionary(old), Object::Dictionary(new)) => {
                    for entry in old.iter() {
                        let Some(after) = new.get(entry.key.as_bytes()) else {
                            return Ok(false);
                        };
                        waiting.push((entry.value.clone(), after.clone()));
                    }
                }
                (old, new) if old == new => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The array of root fields: what was there stays.
    fn field_list(
        &mut self,
        old: Option<&Object<'d>>,
        new: Option<&Object<'d>>,
    ) -> Result<(), Error> {
        let before = match old {
            Some(old) => self.old.resolve(old)?,
            None => Object::Null,
        };
        let after = match new {
            Some(new) => self.new.resolve(new)?,
            None => Object::Null,
        };
        let empty = Vec::new();
        let list = |object: &Object<'d>| {
            object
                .as_array()
                .map(|a| a.iter().cloned().collect::<Vec<_>>())
        };
        let (before, after) = (
            list(&before).unwrap_or_default(),
            list(&after).unwrap_or(empty),
        );
        if !before.iter().all(|field| after.contains(field)) {
            self.other(0, "catalog /AcroForm /Fields: a field was removed");
            return Ok(());
        }
        if let Some(id) = new.and_then(Object::as_reference) {
            match self.open.get(&id).copied() {
                Some(Change::Added) if !self.is_dangling(id.number)? => {
                    self.explain(id, ChangeLevel::LtaUpdates, "catalog /AcroForm /Fields");
                }
                // An array that is something else as well, such as the list of pages, is not a
                // list of fields alone.
                Some(Change::Replaced)
                    if old.and_then(Object::as_reference) == Some(id)
                        && self.annotations_alone(id)? =>
                {
                    self.explain(id, ChangeLevel::LtaUpdates, "catalog /AcroForm /Fields");
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn field_tree(&mut self) -> Result<(), Error> {
        let before = field::walk(self.old, self.limits)?.fields;
        let after = field::walk(self.new, self.limits)?.fields;
        let key = |field: &SignatureField<'_>| (field.id, field.name.clone());
        let old: BTreeMap<_, &SignatureField<'d>> =
            before.iter().map(|field| (key(field), field)).collect();
        let mut kept = BTreeSet::new();
        let names: BTreeSet<Option<String>> = before.iter().map(|f| f.name.clone()).collect();
        for field in &after {
            match old.get(&key(field)) {
                Some(was) => {
                    kept.insert(key(field));
                    self.field_kept(was, field)?;
                }
                None => {
                    // A second field of a name that exists would take over its value.
                    let fresh = !names.contains(&field.name);
                    self.field_added(field, fresh)?;
                }
            }
        }
        for field in &before {
            if !kept.contains(&key(field)) {
                self.other(
                    field.id.map_or(0, |id| id.number),
                    "catalog /AcroForm: a field was removed or renamed",
                );
            }
        }
        Ok(())
    }

    /// A field that was not there: a signature field, with its widgets.
    fn field_added(&mut self, field: &SignatureField<'d>, fresh: bool) -> Result<(), Error> {
        let path = format!(
            "field {}",
            field.name.as_deref().unwrap_or("without a name")
        );
        let Some(id) = field.id else {
            self.other(0, &path);
            return Ok(());
        };
        if self.open.get(&id) != Some(&Change::Added) {
            self.other(
                id.number,
                "catalog /AcroForm: an object that was there became a field",
            );
            return Ok(());
        }
        // V065: a field of signatures is a widget, and no page, no file, no other annotation.
        let is_widget = |d: &Dictionary<'_>| {
            (d.get(b"Type").is_none() || d.is_name(b"Type", b"Annot"))
                && (d.get(b"Subtype").is_none() || d.is_name(b"Subtype", b"Widget"))
        };
        // Under a parent that was there and does not list it, it would have two names and values.
        let adopted = match field.dictionary.get(b"Parent") {
            Some(Object::Reference(parent)) => !self.was(parent.number)?.is_null(),
            _ => false,
        };
        if adopted {
            return Ok(());
        }
        let widgets = field.widgets.iter().map(|(_, widget)| widget);
        if !widgets.chain([&field.dictionary]).all(is_widget) {
            return Ok(());
        }
        let has_actions = |d: &Dictionary<'_>| d.contains(b"A") || d.contains(b"AA");
        let acts =
            has_actions(&field.dictionary) || field.widgets.iter().any(|(_, d)| has_actions(d));
        if field.kind != FieldKind::Signature || !fresh || acts {
            return Ok(());
        }
        if self.is_dangling(id.number)? {
            return Ok(());
        }
        // The value must be new as well: an old one would be a recycled signature.
        if let Some(Object::Reference(value)) = &field.value
            && !self.was(value.number)?.is_null()
        {
            return Ok(());
        }
        let value = match &field.value {
            Some(value) => self.new.resolve(value)?.into_dictionary(),
            None => None,
        };
        let filled = value.is_some();
        let visible = field.is_visible();
        let time_stamp = value
            .as_ref()
            .is_some_and(|v| v.is_name(b"SubFilter", b"ETSI.RFC3161"));
        let level = if !visible && (time_stamp || !filled) {
            ChangeLevel::LtaUpdates
        } else {
            ChangeLevel::Signing
        };
        self.explain(id, level, &path);
        for (widget, dictionary) in &field.widgets {
            if let Some(widget) = widget {
                self.widgets.insert(*widget, level);
                if *widget != id
                    && self.open.get(widget) == Some(&Change::Added)
                    && !self.is_dangling(widget.number)?
                {
                    self.explain(*widget, level, &path);
                }
            }
            self.widget_content(dictionary, level, &path)?;
        }
        self.widget_content(&field.dictionary, level, &path)?;
        self.fields.push(FieldChange {
            name: field.name.clone().unwrap_or_default(),
            id: Some(id),
            what: FieldEvent::Created { filled, visible },
        });
        Ok(())
    }

    /// What a new or filled signature field brings along: value, appearance, lock, seed value.
    fn widget_content(
        &mut self,
        dictionary: &Dictionary<'d>,
        level: ChangeLevel,
        path: &str,
    ) -> Result<(), Error> {
        for entry in dictionary.iter() {
            // Where it hangs is not what it brings: the page, the parent and the kids have own rules.
            if !matches!(entry.key.as_bytes(), b"P" | b"Parent" | b"Kids") {
                self.explain_new(&entry.value, level, path)?;
            }
        }
        Ok(())
    }

    /// A field that was there: an empty signature field may be filled, another field may get a value.
    fn field_kept(
        &mut self,
        old: &SignatureField<'d>,
        new: &SignatureField<'d>,
    ) -> Result<(), Error> {
        let name = new.name.clone().unwrap_or_default();
        let path = format!("field {name}");
        let was_filled = match &old.value {
            Some(value) => !self.old.resolve(value)?.is_null(),
            None => false,
        };
        let is_signed = match &new.value {
            Some(value) if !was_filled => !self.new.resolve(value)?.is_null(),
            _ => false,
        };
        // V066: one that was there and is not signed now may not come into view either.
        if new.kind == FieldKind::Signature && is_signed {
            for (widget, dictionary) in &new.widgets {
                if let Some(widget) = widget {
                    self.widgets.entry(*widget).or_insert(
                        if super::field::is_visible(dictionary) {
                            ChangeLevel::Signing
                        } else {
                            ChangeLevel::LtaUpdates
                        },
                    );
                }
            }
        }
        let objects: Vec<(ObjectId, Dictionary<'d>)> =
            std::iter::once((new.id, new.dictionary.clone()))
                .chain(new.widgets.iter().cloned())
                .filter_map(|(id, dictionary)| Some((id?, dictionary)))
                .filter(|(id, _)| self.open.get(id) == Some(&Change::Replaced))
                .collect();
        let value_changed = old.value != new.value;
        if objects.is_empty() && !value_changed {
            return Ok(());
        }
        let (level, allowed): (ChangeLevel, &[&[u8]]) = match new.kind {
            FieldKind::Signature if was_filled => return Ok(()),
            FieldKind::Signature => {
                let value = match &new.value {
                    Some(value) => self.new.resolve(value)?.into_dictionary(),
                    None => None,
                };
                let time_stamp = value
                    .as_ref()
                    .is_some_and(|v| v.is_name(b"SubFilter", b"ETSI.RFC3161"));
                let level = if time_stamp && !new.is_visible() {
                    ChangeLevel::LtaUpdates
                } else {
                    ChangeLevel::Signing
                };
                // A field that stays empty has no reason to look otherwise.
                if value.is_none() {
                    return Ok(());
                }
                // The value must be a new object: an old one would be a recycled signature.
                if let Some(Object::Reference(id)) = &new.value
                    && self.open.get(id) != Some(&Change::Added)
                {
                    return Ok(());
                }
                (
                    level,
                    &[b"V", b"AP", b"AS", b"F", b"M", b"MK", b"DA", b"Type"],
                )
            }
            FieldKind::Other => (ChangeLevel::FormFilling, &[b"V", b"AP", b"AS", b"I", b"RV"]),
        };
        for (id, dictionary) in objects {
            let before = self.was(id.number)?;
            let Some(before) = before.as_dictionary() else {
                continue;
            };
            let clean = dictionary.duplicates().is_empty()
                && keys(before, &dictionary).iter().all(|key| {
                    same(before.get(key), dictionary.get(key)) || allowed.contains(&key.as_slice())
                })
                && (before.get(b"Type") == dictionary.get(b"Type")
                    || dictionary.is_name(b"Type", b"Annot"));
            if !clean {
                continue;
            }
            self.explain(id, level, &path);
            for key in allowed {
                if !same(before.get(key), dictionary.get(key))
                    && let Some(value) = dictionary.get(key)
                {
                    self.explain_new(value, level, &path)?;
                }
            }
            self.appearance_in_place(before, &dictionary, id, level, &path)?;
        }
        let what = match new.kind {
            FieldKind::Signature if new.value.is_some() => FieldEvent::Signed,
            FieldKind::Signature => return Ok(()),
            FieldKind::Other => FieldEvent::Filled,
        };
        self.fields.push(FieldChange {
            name,
            id: new.id,
            what,
        });
        Ok(())
    }

    /// An appearance stream that was replaced under its number, when only this widget shows it.
    fn appearance_in_place(
        &mut self,
        old: &Dictionary<'d>,
        new: &Dictionary<'d>,
        widget: ObjectId,
        level: ChangeLevel,
        path: &str,
    ) -> Result<(), Error> {
        let normal =
            |view: &View<'d, 'a>, widget: &Dictionary<'d>| -> Result<Option<ObjectId>, Error> {
                let Some(appearance) = widget.get(b"AP") else {
                    return Ok(None);
                };
                let appearance = view.resolve(appearance)?;
                Ok(appearance
                    .as_dictionary()
                    .and_then(|ap| ap.get(b"N"))
                    .and_then(Object::as_reference))
            };
        if let (Some(before), Some(after)) = (normal(&self.old, old)?, normal(&self.new, new)?)
            && before == after
            && self.open.get(&after) == Some(&Change::Replaced)
            && self.is_used_only_by(after, Some(widget.number))?
        {
            let object = self.now(after)?;
            let is_form = |o: &Object<'_>| {
                o.as_stream()
                    .is_some_and(|s| s.dictionary().is_name(b"Subtype", b"Form"))
            };
            if is_form(&object) && is_form(&self.was(after.number)?) {
                self.explain(after, level, path);
                self.explain_new(&object, level, path)?;
            }
        }
        Ok(())
    }

    /// Pages whose list of annotations grew, and lists that are objects of their own.
    fn pages(&mut self) -> Result<(), Error> {
        let waiting: Vec<ObjectId> = self
            .open
            .iter()
            .filter(|(_, c)| **c == Change::Replaced)
            .map(|(id, _)| *id)
            .collect();
        let mut lists: Vec<(Option<Object<'d>>, Option<Object<'d>>)> = Vec::new();
        let mut arrays = BTreeSet::new();
        for id in waiting {
            let (before, after) = (self.was(id.number)?, self.now(id)?);
            match (before, after) {
                (Object::Dictionary(before), Object::Dictionary(after))
                    if before.is_name(b"Type", b"Page") && after.is_name(b"Type", b"Page") =>
                {
                    let clean = after.duplicates().is_empty()
                        && keys(&before, &after)
                            .iter()
                            .all(|key| same(before.get(key), after.get(key)) || key == b"Annots");
                    if clean {
                        let (was, is) = (
                            before.get(b"Annots").cloned(),
                            after.get(b"Annots").cloned(),
                        );
                        if let Some(level) = self.annotations(was.as_ref(), is.as_ref())? {
                            self.explain(id, level, "page /Annots");
                        }
                        lists.push((was, is));
                    }
                }
                (Object::Array(_), Object::Array(_)) => {
                    arrays.insert(id);
                }
                _ => {}
            }
        }
        if !arrays.is_empty() {
            // Lists that are objects of their own: only where a page of the older view has them as such.
            for page in self.old.pages() {
                let page = page?;
                let Some(list) = page.dictionary.get(b"Annots") else {
                    continue;
                };
                if list.as_reference().is_some_and(|id| arrays.contains(&id)) {
                    lists.push((Some(list.clone()), Some(list.clone())));
                }
            }
        }
        for (was, is) in lists {
            let Some(level) = self.annotations(was.as_ref(), is.as_ref())? else {
                continue;
            };
            if let Some(id) = is.as_ref().and_then(Object::as_reference) {
                let same = was.as_ref().and_then(Object::as_reference) == Some(id);
                let added =
                    self.open.get(&id) == Some(&Change::Added) && !self.is_dangling(id.number)?;
                let replaced = same
                    && self.open.get(&id) == Some(&Change::Replaced)
                    && self.annotations_alone(id)?;
                if added || replaced {
                    self.explain(id, level, "page /Annots");
                }
            }
        }
        Ok(())
    }

    /// New objects that nothing refers to, in neither view: some programs leave them behind.
    fn unreferenced(&mut self) -> Result<(), Error> {
        let added: Vec<ObjectId> = self
            .open
            .iter()
            .filter(|(_, c)| **c == Change::Added)
            .map(|(id, _)| *id)
            .collect();
        if added.is_empty() {
            return Ok(());
        }
        let own = self.document.revisions().get(self.revision);
        let start = own.map_or(0, |revision| revision.start);
        let reachable = scan::reachable(self.new, start, self.limits)?;
        for id in added {
            if !reachable.contains(&id.number) && !self.is_dangling(id.number)? {
                self.explain(id, ChangeLevel::LtaUpdates, "not referred to");
            }
        }
        Ok(())
    }

    /// Whether the array `id` is used as a list of annotations (or of fields) alone.
    fn annotations_alone(&mut self, id: ObjectId) -> Result<bool, Error> {
        for referrer in self.references()?.referrers(id.number).to_vec() {
            let object = self.was(referrer)?;
            let Some(dictionary) = object.as_dictionary() else {
                return Ok(false);
            };
            for entry in dictionary.iter() {
                let named = matches!(entry.key.as_bytes(), b"Annots" | b"Fields");
                if !named && scan::mentions(&entry.value, id.number) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The level of a grown list of annotations; `None` when something was removed or is unknown.
    fn annotations(
        &mut self,
        old: Option<&Object<'d>>,
        new: Option<&Object<'d>>,
    ) -> Result<Option<ChangeLevel>, Error> {
        let read = |view: &View<'d, 'a>,
                    list: Option<&Object<'d>>|
         -> Result<Option<Vec<Object<'d>>>, Error> {
            Ok(match list {
                None => Some(Vec::new()),
                Some(list) => match view.resolve(list)? {
                    Object::Null => Some(Vec::new()),
                    Object::Array(array) => Some(array.iter().cloned().collect()),
                    _ => None,
                },
            })
        };
        let (Some(before), Some(after)) = (read(&self.old, old)?, read(&self.new, new)?) else {
            return Ok(None);
        };
        // What was there stays, in its order; all else is new, one that is listed again as well.
        let mut rest = before.iter().peekable();
        let new: Vec<&Object<'d>> = after
            .iter()
            .filter(|annotation| rest.next_if_eq(annotation).is_none())
            .collect();
        if rest.next().is_some() {
            return Ok(None);
        }
        let mut level = ChangeLevel::None;
        for annotation in new {
            let Some(id) = annotation.as_reference() else {
                return Ok(None);
            };
            if let Some(widget) = self.widgets.get(&id) {
                level = level.max(*widget);
                continue;
            }
            let object = self.now(id)?;
            let Some(dictionary) = object.as_dictionary() else {
                return Ok(None);
            };
            let is_markup = !matches!(
                dictionary.get(b"Subtype").and_then(Object::as_name),
                None | Some(
                    b"Widget"
                        | b"Link"
                        | b"Movie"
                        | b"Screen"
                        | b"Sound"
                        | b"3D"
                        | b"RichMedia"
                        | b"FileAttachment"
                )
            );
            let acts = dictionary.contains(b"A") || dictionary.contains(b"AA");
            // One that was there, and on no page, was kept for this.
            if !is_markup || acts || !self.was(id.number)?.is_null() {
                return Ok(None);
            }
            level = level.max(ChangeLevel::Annotations);
            for entry in dictionary.iter() {
                if !matches!(entry.key.as_bytes(), b"P" | b"Parent") {
                    self.explain_new(&entry.value, ChangeLevel::Annotations, "page /Annots")?;
                }
            }
            self.explain_new(annotation, ChangeLevel::Annotations, "page /Annots")?;
        }
        Ok(Some(level))
    }
}

/// The objects to which a list of the security store refers; none when it is not there.
fn members(view: &View<'_, '_>, list: Option<&Object<'_>>) -> Result<BTreeSet<ObjectId>, Error> {
    let Some(list) = list else {
        return Ok(BTreeSet::new());
    };
    let list = view.resolve(list)?;
    let items = list.as_array().into_iter().flat_map(|list| list.iter());
    Ok(items.filter_map(Object::as_reference).collect())
}

/// Whether two entries mean the same; a null entry is like a missing one.
fn same(a: Option<&Object<'_>>, b: Option<&Object<'_>>) -> bool {
    scan::same(a.unwrap_or(&Object::Null), b.unwrap_or(&Object::Null))
}

/// The keys of both dictionaries, each once, sorted.
fn keys(a: &Dictionary<'_>, b: &Dictionary<'_>) -> BTreeSet<Vec<u8>> {
    a.iter()
        .chain(b.iter())
        .map(|entry| entry.key.as_bytes().to_vec())
        .collect()
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

    #[test]
    fn ok_levels_are_ordered() {
        use ChangeLevel as L;
        let order = [
            L::None,
            L::LtaUpdates,
            L::Signing,
            L::FormFilling,
            L::Annotations,
            L::Other,
        ];
        assert!(order.is_sorted());
        assert_eq!(
            serde_json::to_string(&L::LtaUpdates).unwrap(),
            "\"LtaUpdates\""
        );
    }
}
