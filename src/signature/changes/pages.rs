//! The pages of two revisions → annotations that were added, and what nothing refers to.

use std::collections::BTreeSet;

use super::{Change, ChangeLevel, Comparison, keys, same};
use crate::error::Error;
use crate::pdf::{Object, ObjectId, View};
use crate::signature::scan;

impl<'d, 'a> Comparison<'d, 'a> {
    /// Pages whose list of annotations grew, and lists that are objects of their own.
    pub(super) fn pages(&mut self) -> Result<(), Error> {
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
    pub(super) fn unreferenced(&mut self) -> Result<(), Error> {
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
    pub(super) fn annotations_alone(&mut self, id: ObjectId) -> Result<bool, Error> {
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
