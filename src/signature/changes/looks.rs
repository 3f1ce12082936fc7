//! What later revisions bring for viewers to draw: appearances of widgets, defaults of the form → whether they can show more than they say.

use super::Comparison;
use crate::error::Error;
use crate::pdf::{Dictionary, Object, View};
use crate::signature::field::{self, FieldKind};

/// Appearances of one widget that are looked at: three, with their states.
const APPEARANCES: usize = 100;

impl<'d> Comparison<'d, '_> {
    /// Whether `widget` draws inside its rectangle alone, whatever program shows it.
    ///
    /// A form without a bounding box is drawn over the whole page by some programs, and one with a
    /// bounding box is drawn outside a rectangle without area by others. So each appearance that
    /// draws has four finite numbers as its bounding box; where the rectangle has no area, the
    /// bounding box has neither width nor height.
    ///
    /// Source: ISO 32000-2 §8.10.2, §12.5.5.
    pub(super) fn is_bounded(&self, widget: &Dictionary<'d>) -> Result<bool, Error> {
        let view = self.new;
        let rectangle = numbers::<4>(&view, &view.value(widget, b"Rect")?);
        let has_area = rectangle.is_some_and(|[a, b, c, d]| a != c && b != d);
        let Some(forms) = self.appearances(widget)? else {
            return Ok(false);
        };
        for form in forms {
            if !draws(&view, &form) {
                continue;
            }
            let Some(dictionary) = form.as_dictionary() else {
                return Ok(false);
            };
            let Some([a, b, c, d]) = numbers::<4>(&view, &view.value(dictionary, b"BBox")?) else {
                return Ok(false);
            };
            let matrix = view.value(dictionary, b"Matrix")?;
            let fits = match numbers::<6>(&view, &matrix) {
                Some([a, b, c, d, _, _]) => a * d != b * c,
                None => matrix.is_null(),
            };
            if !fits || !has_area && (a != c || b != d) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether something of `widget` is drawn.
    pub(super) fn is_drawn(&self, widget: &Dictionary<'d>) -> Result<bool, Error> {
        let characteristics = self.new.value(widget, b"MK")?;
        let painted = characteristics
            .as_dictionary()
            .is_some_and(|mk| mk.iter().any(|entry| !matches!(entry.key.as_bytes(), b"R")));
        let forms = self.appearances(widget)?;
        Ok(painted || forms.is_none_or(|forms| forms.iter().any(|form| draws(&self.new, form))))
    }

    /// All streams of `/AP`, with those of its states; `None` when it has another shape.
    fn appearances(&self, widget: &Dictionary<'d>) -> Result<Option<Vec<Object<'d>>>, Error> {
        let mut found = Vec::new();
        let all = self.new.value(widget, b"AP")?;
        if all.is_null() {
            return Ok(Some(found));
        }
        let Some(all) = all.as_dictionary() else {
            return Ok(None);
        };
        for entry in all.iter() {
            match self.new.resolve(&entry.value)? {
                Object::Null => {}
                Object::Dictionary(states) => {
                    for state in states.iter().take(APPEARANCES) {
                        match self.new.resolve(&state.value)? {
                            Object::Null => {}
                            form @ Object::Stream(_) => found.push(form),
                            _ => return Ok(None),
                        }
                    }
                }
                form @ Object::Stream(_) => found.push(form),
                _ => return Ok(None),
            }
            if found.len() >= APPEARANCES {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// Whether `key` (`DR`, `DA` or `Q`), added to the form, could change how something looks that
    /// was there: `before` and `after` are the forms.
    ///
    /// What was there keeps its look when it brings its own: its appearance, and for text its own
    /// default for `key`; and when no viewer is asked to make appearances anew.
    ///
    /// Source: ISO 32000-2 §12.7.3, §12.7.4.3.
    pub(super) fn default_matters(
        &self,
        key: &[u8],
        before: &Dictionary<'d>,
        after: &Dictionary<'d>,
    ) -> Result<bool, Error> {
        let mut any = false;
        for field in field::walk(self.old, self.limits)?.fields {
            if field.kind == FieldKind::Signature {
                continue;
            }
            any = true;
            for (_, widget) in &field.widgets {
                if self.leans_on_form(key, widget)? {
                    return Ok(true);
                }
            }
        }
        // Widgets that no form lists, and free text, take their fonts from the form too.
        for page in self.old.pages() {
            let list = self.old.value(&page?.dictionary, b"Annots")?;
            for annotation in list.as_array().into_iter().flat_map(|list| list.iter()) {
                let annotation = self.old.resolve(annotation)?;
                let Some(annotation) = annotation.as_dictionary() else {
                    continue;
                };
                let leans = match annotation.get(b"Subtype").and_then(Object::as_name) {
                    Some(b"FreeText") => true,
                    Some(b"Widget") => {
                        !matches!(self.inherited(annotation, b"FT")?.as_name(), Some(b"Sig"))
                    }
                    _ => false,
                };
                any |= leans;
                if leans && self.leans_on_form(key, annotation)? {
                    return Ok(true);
                }
            }
        }
        let made_anew = |view: &View<'d, '_>, form: &Dictionary<'d>| -> Result<bool, Error> {
            let value = view.value(form, b"NeedAppearances")?;
            Ok(!value.is_null() && value.as_boolean() != Some(false))
        };
        Ok(any && (made_anew(&self.old, before)? || made_anew(&self.new, after)?))
    }

    /// Whether the look of a widget or annotation of the older view rests on the form's `key`.
    fn leans_on_form(&self, key: &[u8], widget: &Dictionary<'d>) -> Result<bool, Error> {
        let kind = self.inherited(widget, b"FT")?;
        let is_text = kind.as_name() == Some(b"Tx");
        let is_empty = is_text
            && self.inherited(widget, b"V")?.is_null()
            && self.inherited(widget, b"DV")?.is_null();
        let appearance = self.old.value(widget, b"AP")?;
        let own_look = match appearance.as_dictionary() {
            Some(appearance) => !self.old.value(appearance, b"N")?.is_null(),
            None => false,
        };
        if !own_look {
            // A text field without a value shows nothing in any font.
            return Ok(!is_empty);
        }
        // Buttons have no variable text.
        let varies = !is_empty && kind.as_name() != Some(b"Btn");
        Ok(varies && key != b"DR" && self.inherited(widget, key)?.is_null())
    }

    /// An entry of a widget or of a field above it, in the older view.
    fn inherited(&self, widget: &Dictionary<'d>, key: &[u8]) -> Result<Object<'d>, Error> {
        let mut node = widget.clone();
        for _ in 0..self.limits.tree_depth {
            let value = self.old.value(&node, key)?;
            if !value.is_null() {
                return Ok(value);
            }
            match self.old.value(&node, b"Parent")? {
                Object::Dictionary(parent) => node = parent,
                _ => return Ok(Object::Null),
            }
        }
        Ok(Object::Null)
    }
}

/// Whether a form has more in it than saved and restored states and comments; one that cannot be
/// decoded is taken to draw.
fn draws(view: &View<'_, '_>, form: &Object<'_>) -> bool {
    let Some(stream) = form.as_stream() else {
        return true;
    };
    let Ok(data) = view.decode(stream) else {
        return true;
    };
    data.split(|byte| matches!(byte, b'\r' | b'\n'))
        .map(|line| line.split(|byte| *byte == b'%').next().unwrap_or_default())
        .flat_map(|line| line.split(|byte| matches!(byte, 0 | b'\t' | 0x0c | b' ')))
        .any(|word| !matches!(word, b"" | b"q" | b"Q"))
}

/// An array of exactly so many finite numbers.
fn numbers<'d, const N: usize>(view: &View<'d, '_>, object: &Object<'d>) -> Option<[f64; N]> {
    let array = object.as_array().filter(|array| array.len() == N)?;
    let mut found = [0.0; N];
    for (number, item) in found.iter_mut().zip(array.iter()) {
        *number = view
            .resolve(item)
            .ok()?
            .as_number()
            .filter(|n| n.is_finite())?;
    }
    Some(found)
}
