//! The interactive forms of two revisions → fields that were added, signed or filled.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, ChangeLevel, Comparison, FieldChange, FieldEvent, keys, same};
use crate::error::Error;
use crate::pdf::{Dictionary, Object, ObjectId, View};
use crate::signature::field::{self, FieldKind, SignatureField};

impl<'d, 'a> Comparison<'d, 'a> {
    /// The interactive form: fields are compared one by one, other keys may only be completed.
    pub(super) fn form(
        &mut self,
        old: Option<&Object<'d>>,
        new: Option<&Object<'d>>,
    ) -> Result<(), Error> {
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
                    } && !self.default_matters(&key, &before, &after)?;
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
        if !self.looks_are_bounded(field)? {
            return Ok(());
        }
        let filled = value.is_some();
        let visible = field.is_visible();
        let time_stamp = value
            .as_ref()
            .is_some_and(|v| v.is_name(b"SubFilter", b"ETSI.RFC3161"));
        if time_stamp && self.comes_into_view(field)? {
            return Ok(());
        }
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

    /// Whether all widgets of a signature field draw inside their rectangles alone.
    fn looks_are_bounded(&self, field: &SignatureField<'d>) -> Result<bool, Error> {
        for (_, widget) in &field.widgets {
            if !self.is_bounded(widget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a field shows something: a time-stamp is evidence and has nothing to show.
    fn comes_into_view(&self, field: &SignatureField<'d>) -> Result<bool, Error> {
        for (_, widget) in &field.widgets {
            if field::is_visible(widget) && self.is_drawn(widget)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a new or filled signature field brings along: value, appearance, lock, seed value.
    pub(super) fn widget_content(
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
                    self.widgets
                        .entry(*widget)
                        .or_insert(if field::is_visible(dictionary) {
                            ChangeLevel::Signing
                        } else {
                            ChangeLevel::LtaUpdates
                        });
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
                if value.is_none()
                    || !self.looks_are_bounded(new)?
                    || time_stamp && self.comes_into_view(new)?
                {
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
            if !clean || !self.is_bounded(&dictionary)? {
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
    pub(super) fn appearance_in_place(
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
}
