//! Two neighbouring revisions → how far the later one goes, object by object, by an allow-list.
//!
//! Every object that a revision adds or replaces must be explained by a rule whose path begins at
//! the trailer; what no rule explains is [`ChangeLevel::Other`]. A rule may bring *new* objects
//! along; an object that existed may change only in the role in which a rule knows it.

mod catalog;
mod form;
mod looks;
pub(crate) mod metadata;
mod pages;
mod security_store;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

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
    /// Security store, document time-stamps, metadata of the document, and what no reader sees.
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

#[cfg(test)]
mod tests {
    use super::*;

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
