//! Plan and document → the one revision that holds field, appearance and an empty signature.

use std::collections::BTreeMap;
use std::ops::Range;

use super::form::{Form, locate, only_widget};
use super::plan::{Appearance, Field, Plan, Rectangle, SubFilter};
use crate::error::{Error, PdfFault, Refusal};
use crate::pdf::update::{Update, Updated, real, text_of_new, text_string};
use crate::pdf::{Dictionary, Document, Object, ObjectId, Page, View};
use crate::time::UtcTime;

/// Widget flags of every field that is made: Print and Locked.
///
/// Source: ISO 32000-2 §12.5.3, table 167.
const PRINT_AND_LOCKED: &str = "132";

/// Room for `/ByteRange`: four numbers of at most ten digits.
const BYTE_RANGE_WIDTH: usize = 2 + 1 + 3 * 11;

/// A document with the revision appended, the signature value still missing.
#[derive(Debug)]
pub(super) struct Embedded {
    /// The whole file, `/ByteRange` filled in.
    pub(super) bytes: Vec<u8>,
    /// The `/Contents` token, delimiters included.
    pub(super) gap: Range<u64>,
    /// Full name of the field.
    pub(super) field: String,
}

/// Appends the revision. `reserved`: octets of CMS to keep room for.
pub(super) fn embed(
    document: &Document<'_>,
    plan: &Plan,
    reserved: usize,
    claimed: UtcTime,
) -> Result<Embedded, Error> {
    let mut work = Work::new(document)?;
    let view = work.view;
    let signed = work.form.is_signed();
    if plan.certify.is_some() && signed {
        return Err(Refusal::CertificationNotFirst.into());
    }
    let signature = work.update.reserve();
    let (name, lock) = match &plan.field {
        Field::Named(name) | Field::Existing(name)
            if work.form.has_field(name) || matches!(plan.field, Field::Existing(_)) =>
        {
            let lock = work.fill(name, signature, plan)?;
            (name.clone(), lock)
        }
        Field::Named(name) | Field::Existing(name) | Field::New(name) => {
            work.check_new_name(name)?;
            work.add(name, signature, plan)?;
            (name.clone(), None)
        }
        Field::Automatic => {
            let taken: Vec<String> = plan.empty_fields.iter().map(|f| f.name.clone()).collect();
            let name = work.form.free_name("Signature", &taken);
            work.add(&name, signature, plan)?;
            (name, None)
        }
    };
    work.form.permits(&view, &name)?;
    let mut names = vec![name.as_str()];
    for empty in &plan.empty_fields {
        work.check_new_name(&empty.name)?;
        if names.contains(&empty.name.as_str()) {
            return Err(Refusal::TwoNewFields {
                field: empty.name.clone(),
            }
            .into());
        }
        names.push(&empty.name);
        work.form.permits(&view, &empty.name)?;
        work.widget(&empty.name, empty.page, empty.rectangle, None, None)?;
    }
    let (body, marks) = dictionary(plan, lock.as_deref(), reserved, claimed);
    work.update.put(signature, body, marks)?;
    if plan.certify.is_some() {
        work.certify(signature)?;
    }
    work.annotate()?;
    work.register()?;
    let updated = work.finish(!signed)?;
    fill_byte_range(updated, name)
}

/// How a dictionary below the catalog is made where there is none, and the entries it begins with.
pub(super) enum New {
    /// In the catalog itself.
    Direct(&'static [u8]),
    /// As an object of its own.
    Indirect(&'static [u8]),
}

/// The text of a new dictionary: `head`, then the entries.
fn made(head: &[u8], entries: &[(&[u8], Option<Vec<u8>>)]) -> Vec<u8> {
    let mut out = [b"<<\n", head].concat();
    for (key, value) in entries {
        out.push(b'/');
        out.extend_from_slice(key);
        out.push(b' ');
        out.extend_from_slice(value.as_deref().unwrap_or(b"null"));
        out.push(b'\n');
    }
    out.extend_from_slice(b">>");
    out
}

/// A revision while it is put together.
pub(super) struct Work<'d, 'a> {
    pub(super) update: Update<'d, 'a>,
    pub(super) view: View<'d, 'a>,
    pub(super) form: Form<'d>,
    pub(super) catalog: Dictionary<'d>,
    /// Entries of the catalog to set (`Some`) or to remove.
    pub(super) catalog_changes: Vec<(&'static [u8], Option<Vec<u8>>)>,
    new_fields: Vec<ObjectId>,
    /// New widgets by page index.
    annotations: BTreeMap<usize, (Page<'d>, Vec<ObjectId>)>,
}

pub(super) fn reference(id: ObjectId) -> Vec<u8> {
    format!("{id} R").into_bytes()
}

impl<'d, 'a> Work<'d, 'a> {
    /// An empty revision of `document`.
    pub(super) fn new(document: &'d Document<'a>) -> Result<Self, Error> {
        let update = Update::new(document)?;
        let view = update.view();
        let form = Form::read(&view)?;
        let catalog = view.catalog()?;
        if view.value(&catalog, b"NeedsRendering")?.as_boolean() == Some(true) {
            return Err(Refusal::DynamicForm.into());
        }
        Ok(Self {
            update,
            view,
            form,
            catalog,
            catalog_changes: Vec::new(),
            new_fields: Vec::new(),
            annotations: BTreeMap::new(),
        })
    }

    fn check_new_name(&self, name: &str) -> Result<(), Error> {
        if name.is_empty() || name.contains('.') {
            return Err(Refusal::FieldName {
                field: name.to_owned(),
            }
            .into());
        }
        if self.form.has_name(name) {
            return Err(Refusal::FieldExists {
                field: name.to_owned(),
            }
            .into());
        }
        Ok(())
    }

    /// Puts the signature into an existing field; gives back what its `/Lock` asks the signature
    /// to say.
    fn fill(
        &mut self,
        name: &str,
        signature: ObjectId,
        plan: &Plan,
    ) -> Result<Option<Vec<u8>>, Error> {
        let field = || name.to_owned();
        let other = || Error::from(Refusal::FieldOfOtherKind { field: field() });
        let mut found = self.form.fields.iter().filter(|field| field.is_named(name));
        let field = match (found.next(), found.next()) {
            (Some(field), None) => field,
            (None, _) if self.form.inner.iter().any(|inner| inner == name) => return Err(other()),
            (None, _) => return Err(Refusal::FieldMissing { field: field() }.into()),
            (Some(_), Some(_)) => {
                return Err(Refusal::FieldsOfOneName { field: field() }.into());
            }
        };
        if !field.is_signature() {
            return Err(other());
        }
        if self.form.is_signed_in(name) {
            return Err(Refusal::FieldSigned {
                field: name.to_owned(),
            }
            .into());
        }
        let Some(id) = field.id else {
            return Err(Refusal::FieldDirect {
                field: name.to_owned(),
            }
            .into());
        };
        if !plan.repeated.is_empty() {
            return Err(Refusal::RepeatedField.into());
        }
        let seed = self.view.value(&field.dictionary, b"SV")?;
        if let Some(seed) = seed.as_dictionary() {
            check_seed_value(&self.view, seed, plan)?;
        }
        let mut changes = vec![(b"V".as_slice(), Some(reference(signature)))];
        let dictionary = field.dictionary.clone();
        if let Some(visible) = &plan.visible {
            let (at, widget) = only_widget(field).ok_or_else(|| {
                Error::from(Refusal::FieldPlace {
                    field: name.to_owned(),
                })
            })?;
            let widget = (at != id).then(|| (at, widget.clone()));
            let normal = self.appearance(&visible.appearance)?;
            match widget {
                None => changes.push((b"AP", Some(normal))),
                Some((widget, dictionary)) => {
                    let body = self.update.edited(&dictionary, &[(b"AP", Some(normal))]);
                    self.update.put(widget, body, Vec::new())?;
                }
            }
        }
        let body = self.update.edited(&dictionary, &changes);
        self.update.put(id, body, Vec::new())?;
        self.lock(&dictionary)
    }

    /// The signature reference that a field's `/Lock` asks for.
    ///
    /// Source: ISO 32000-2 §12.7.5.5, §12.8.2.4.
    fn lock(&self, field: &Dictionary<'d>) -> Result<Option<Vec<u8>>, Error> {
        let lock = self.view.value(field, b"Lock")?;
        let Some(lock) = lock.as_dictionary() else {
            return Ok(None);
        };
        let action = self.view.value(lock, b"Action")?;
        let action = match action.as_name() {
            Some(action @ (b"All" | b"Include" | b"Exclude")) => action,
            _ => return Err(PdfFault::Malformed("/Action of a field lock").into()),
        };
        let mut parameters = b"/Type /TransformParams /V /1.2 /Action /".to_vec();
        parameters.extend_from_slice(action);
        if action != b"All" {
            parameters.extend_from_slice(b" /Fields [");
            let fields = self.view.value(lock, b"Fields")?;
            for field in fields.as_array().iter().flat_map(|array| array.iter()) {
                let field = self.view.resolve(field)?;
                let field = field
                    .as_string()
                    .ok_or(PdfFault::Malformed("/Fields of a field lock"))?;
                parameters.extend_from_slice(field.raw());
                parameters.push(b' ');
            }
            parameters.push(b']');
        }
        let (root, _) = self.root()?;
        let mut out = b"<</Type /SigRef /TransformMethod /FieldMDP /TransformParams <<".to_vec();
        out.extend_from_slice(&parameters);
        out.extend_from_slice(format!(">> /Data {root} R>>").as_bytes());
        Ok(Some(out))
    }

    /// A new field for the signature.
    fn add(&mut self, name: &str, signature: ObjectId, plan: &Plan) -> Result<(), Error> {
        match &plan.visible {
            None if !plan.repeated.is_empty() => Err(Refusal::RepeatedInvisible.into()),
            None => self.widget(name, 0, Rectangle::NONE, Some(signature), None),
            Some(visible) if plan.repeated.is_empty() => self.widget(
                name,
                visible.page,
                visible.rectangle,
                Some(signature),
                Some(&visible.appearance),
            ),
            Some(visible) => {
                let id = self.update.reserve();
                let mut kids = Vec::new();
                for place in std::iter::once(visible).chain(&plan.repeated) {
                    let mut body =
                        format!("<<\n/Type /Annot\n/Subtype /Widget\n/Parent {id} R").into_bytes();
                    body.extend(self.place(
                        place.page,
                        place.rectangle,
                        Some(&place.appearance),
                    )?);
                    body.extend_from_slice(b"\n>>");
                    kids.push(self.annotation(place.page, body)?);
                }
                let mut body = b"<<\n/FT /Sig\n/T ".to_vec();
                body.extend_from_slice(&text_string(name));
                body.extend_from_slice(format!("\n/V {signature} R\n/Kids ").as_bytes());
                body.extend_from_slice(&self.update.appended(None, &kids));
                body.extend_from_slice(b"\n>>");
                self.update.put(id, body, Vec::new())?;
                self.new_fields.push(id);
                Ok(())
            }
        }
    }

    /// A new field that is its own widget.
    pub(super) fn widget(
        &mut self,
        name: &str,
        page: usize,
        rectangle: Rectangle,
        signature: Option<ObjectId>,
        appearance: Option<&Appearance>,
    ) -> Result<(), Error> {
        let mut body = b"<<\n/Type /Annot\n/Subtype /Widget\n/FT /Sig\n/T ".to_vec();
        body.extend_from_slice(&text_string(name));
        if let Some(signature) = signature {
            body.extend_from_slice(format!("\n/V {signature} R").as_bytes());
        }
        body.extend(self.place(page, rectangle, appearance)?);
        body.extend_from_slice(b"\n>>");
        let id = self.annotation(page, body)?;
        self.new_fields.push(id);
        Ok(())
    }

    /// The entries that place a widget and say what it shows. One that has a place and shows
    /// nothing yet gets an empty form, which PDF/A asks for.
    ///
    /// Source: ISO 32000-2 §12.5.2; ISO 19005-2 §6.3.3.
    fn place(
        &mut self,
        page: usize,
        rectangle: Rectangle,
        appearance: Option<&Appearance>,
    ) -> Result<Vec<u8>, Error> {
        let Rectangle {
            left,
            bottom,
            right,
            top,
        } = rectangle;
        let corners = [left, bottom, right, top];
        if !corners.iter().all(|c| c.is_finite() && c.abs() < 1e6) || left > right || bottom > top {
            return Err(Refusal::Rectangle.into());
        }
        let page_id = self.page(page)?;
        let rect = if corners == [0.0; 4] {
            "0 0 0 0".to_owned()
        } else {
            // A ten-thousandth of a point is far below what is seen.
            corners.map(|c| real((c * 1e4).round() / 1e4)).join(" ")
        };
        let mut body =
            format!("\n/F {PRINT_AND_LOCKED}\n/Rect [{rect}]\n/P {page_id} R").into_bytes();
        let normal = match appearance {
            Some(appearance) => self.appearance(appearance)?,
            None if left == right || bottom == top => return Ok(body),
            None => {
                let id = self.update.reserve();
                let form = format!(
                    "<</Type /XObject /Subtype /Form /BBox [0 0 {} {}] /Length 0>>\nstream\n\nendstream",
                    real(right - left),
                    real(top - bottom)
                );
                self.update.put(id, form.into_bytes(), Vec::new())?;
                format!("<</N {id} R>>").into_bytes()
            }
        };
        body.extend_from_slice(b"\n/AP ");
        body.extend_from_slice(&normal);
        Ok(body)
    }

    /// Writes a widget and notes it for the annotations of its page.
    fn annotation(&mut self, page: usize, body: Vec<u8>) -> Result<ObjectId, Error> {
        let id = self.update.reserve();
        self.update.put(id, body, Vec::new())?;
        if let Some((_, widgets)) = self.annotations.get_mut(&page) {
            widgets.push(id);
        }
        Ok(id)
    }

    /// The object of the page at `index`, which is noted for its annotations.
    fn page(&mut self, index: usize) -> Result<ObjectId, Error> {
        if !self.annotations.contains_key(&index) {
            let page = self.view.pages().nth(index).ok_or_else(|| {
                Error::from(Refusal::PageMissing {
                    page: index.saturating_add(1),
                })
            })??;
            self.annotations.insert(index, (page, Vec::new()));
        }
        self.annotations
            .get(&index)
            .and_then(|(page, _)| page.id)
            .ok_or_else(|| Refusal::PageDirect.into())
    }

    /// Writes the objects of an appearance; gives back the value of `/AP`.
    fn appearance(&mut self, appearance: &Appearance) -> Result<Vec<u8>, Error> {
        let ids: Vec<ObjectId> = appearance
            .objects()
            .iter()
            .map(|_| self.update.reserve())
            .collect();
        for (object, id) in appearance.objects().iter().zip(&ids) {
            let mut object = object.clone();
            renumber(&mut object, &ids)?;
            let body = text_of_new(&object)?;
            self.update.put(*id, body, Vec::new())?;
        }
        let form = usize::try_from(appearance.form())
            .ok()
            .and_then(|form| ids.get(form))
            .ok_or(PdfFault::Malformed("appearance without its form"))?;
        Ok(format!("<</N {form} R>>").into_bytes())
    }

    /// The catalog's object.
    fn root(&self) -> Result<(ObjectId, Object<'d>), Error> {
        let trailer = self.view.trailer();
        let root = trailer.get(b"Root").cloned().unwrap_or(Object::Null);
        match locate(&self.view, &root)? {
            (Some(id), object) => Ok((id, object)),
            (None, _) => Err(PdfFault::Malformed("there is no catalog").into()),
        }
    }

    /// `/Perms` `/DocMDP`.
    ///
    /// Source: ISO 32000-2 §12.8.6.
    fn certify(&mut self, signature: ObjectId) -> Result<(), Error> {
        let change = [(b"DocMDP".as_slice(), Some(reference(signature)))];
        self.set_below_catalog(b"Perms", New::Direct(b""), &change)
    }

    /// Sets entries of the dictionary that the catalog has under `key`, or of a new one.
    pub(super) fn set_below_catalog(
        &mut self,
        key: &'static [u8],
        new: New,
        changes: &[(&[u8], Option<Vec<u8>>)],
    ) -> Result<(), Error> {
        let entry = self.catalog.get(key).cloned().unwrap_or(Object::Null);
        let (id, body) = match locate(&self.view, &entry)? {
            (id, Object::Dictionary(known)) => (id, self.update.edited(&known, changes)),
            (_, Object::Null) => match new {
                New::Direct(head) => (None, made(head, changes)),
                New::Indirect(head) => {
                    let id = self.update.reserve();
                    self.catalog_changes.push((key, Some(reference(id))));
                    (Some(id), made(head, changes))
                }
            },
            _ => return Err(PdfFault::Malformed("an entry of the catalog").into()),
        };
        match id {
            Some(id) => self.update.put(id, body, Vec::new()),
            None => {
                self.catalog_changes.push((key, Some(body)));
                Ok(())
            }
        }
    }

    /// Adds the new widgets to the annotations of their pages.
    pub(super) fn annotate(&mut self) -> Result<(), Error> {
        for (page, widgets) in std::mem::take(&mut self.annotations).into_values() {
            let Some(page_id) = page.id else {
                continue; // Refused where the page was asked for.
            };
            let entry = page.dictionary.get(b"Annots").cloned();
            let entry = entry.unwrap_or(Object::Null);
            match locate(&self.view, &entry)? {
                (Some(id), Object::Array(array)) => {
                    let body = self.update.appended(Some(&array), &widgets);
                    self.update.put(id, body, Vec::new())?;
                }
                (_, object @ (Object::Array(_) | Object::Null)) => {
                    let array = self.update.appended(object.as_array(), &widgets);
                    let body = self
                        .update
                        .edited(&page.dictionary, &[(b"Annots", Some(array))]);
                    self.update.put(page_id, body, Vec::new())?;
                }
                _ => return Err(PdfFault::Malformed("/Annots is not an array").into()),
            }
        }
        Ok(())
    }

    /// Adds the new fields to the form, and the form's flags.
    ///
    /// Source: ISO 32000-2 §12.7.3, table 225 (SignaturesExist, AppendOnly).
    pub(super) fn register(&mut self) -> Result<(), Error> {
        let mut changes: Vec<(&[u8], Option<Vec<u8>>)> = Vec::new();
        if !self.new_fields.is_empty() {
            let fields = self
                .update
                .appended(self.form.fields_array.as_ref(), &self.new_fields);
            match self.form.fields_id {
                Some(id) => self.update.put(id, fields, Vec::new())?,
                None => changes.push((b"Fields", Some(fields))),
            }
        }
        if self.form.flags & 3 != 3 {
            let flags = (self.form.flags | 3).to_string().into_bytes();
            changes.push((b"SigFlags", Some(flags)));
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.set_below_catalog(b"AcroForm", New::Indirect(b""), &changes)
    }

    pub(super) fn finish(mut self, make_id: bool) -> Result<Updated, Error> {
        if !self.catalog_changes.is_empty() {
            let (root, _) = self.root()?;
            let body = self.update.edited(&self.catalog, &self.catalog_changes);
            self.update.put(root, body, Vec::new())?;
        }
        self.update.finish(make_id)
    }
}

/// Turns indices into the numbers that the objects got. Recursive over an appearance, which comes
/// from this crate and nests a few levels.
fn renumber(object: &mut lopdf::Object, ids: &[ObjectId]) -> Result<(), Error> {
    use lopdf::Object as New;
    match object {
        New::Reference((index, _)) => {
            let id = usize::try_from(*index)
                .ok()
                .and_then(|index| ids.get(index))
                .ok_or(PdfFault::Malformed(
                    "appearance refers to an object it has not",
                ))?;
            *object = New::Reference((id.number, id.generation));
        }
        New::Array(items) => {
            for item in items {
                renumber(item, ids)?;
            }
        }
        New::Dictionary(dictionary) => {
            for (_, value) in dictionary.iter_mut() {
                renumber(value, ids)?;
            }
        }
        New::Stream(stream) => {
            for (_, value) in stream.dict.iter_mut() {
                renumber(value, ids)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// That the constraints which the field calls required are met by this plan.
///
/// Source: ISO 32000-2 §12.7.5.5, table 237.
fn check_seed_value<'d>(
    view: &View<'d, '_>,
    seed: &Dictionary<'d>,
    plan: &Plan,
) -> Result<(), Error> {
    let required = view.value(seed, b"Ff")?.as_integer().unwrap_or(0);
    if required & 1 != 0 && !view.value(seed, b"Filter")?.is_null() {
        let filter = view.value(seed, b"Filter")?;
        if filter.as_name() != Some(b"Adobe.PPKLite") {
            return Err(Refusal::Handler.into());
        }
    }
    if required & 2 != 0 {
        let forms = view.value(seed, b"SubFilter")?;
        let own = plan.sub_filter.name().as_bytes();
        let named = forms
            .as_array()
            .is_some_and(|forms| forms.iter().any(|form| form.as_name() == Some(own)));
        if !named {
            return Err(Refusal::Form {
                form: plan.sub_filter.name(),
            }
            .into());
        }
    }
    // Bit 3 is the version of the handler, which says nothing here.
    if required & !7 != 0 {
        return Err(Refusal::SeedValues.into());
    }
    Ok(())
}

/// The signature dictionary and the places of `/ByteRange` and `/Contents` in it.
///
/// Source: ISO 32000-2 §12.8.1, table 255; EN 319 142-1 §6.3.
fn dictionary(
    plan: &Plan,
    lock: Option<&[u8]>,
    reserved: usize,
    claimed: UtcTime,
) -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut out, places) = with_places("Sig", plan.sub_filter.name(), reserved);
    out.extend_from_slice(format!("\n/M ({})\n", claimed.pdf_date(plan.utc_offset)).as_bytes());
    let texts = [
        ("Name", &plan.name),
        ("Reason", &plan.reason),
        ("Location", &plan.location),
        ("ContactInfo", &plan.contact),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            out.extend_from_slice(format!("/{key} ").as_bytes());
            out.extend_from_slice(&text_string(text));
            out.push(b'\n');
        }
    }
    if plan.certify.is_some() || lock.is_some() {
        out.extend_from_slice(b"/Reference [");
        if let Some(permission) = plan.certify {
            out.extend_from_slice(
                format!(
                    "<</Type /SigRef /TransformMethod /DocMDP /TransformParams \
                     <</Type /TransformParams /P {} /V /1.2>>>>",
                    permission as u8
                )
                .as_bytes(),
            );
        }
        out.extend_from_slice(lock.unwrap_or_default());
        out.extend_from_slice(b"]\n");
    }
    out.extend_from_slice(b">>");
    (out, places)
}

/// The beginning of a signature dictionary of this type, and the places of `/ByteRange` and
/// `/Contents` in it; `reserved`: octets of CMS to keep room for.
pub(super) fn with_places(
    kind: &str,
    sub_filter: &str,
    reserved: usize,
) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut out = format!("<<\n/Type /{kind}\n/Filter /Adobe.PPKLite\n/SubFilter /{sub_filter}\n")
        .into_bytes();
    out.extend_from_slice(b"/ByteRange ");
    let byte_range = out.len()..out.len() + BYTE_RANGE_WIDTH;
    out.resize(byte_range.end, b' ');
    out.extend_from_slice(b"\n/Contents ");
    let start = out.len();
    out.push(b'<');
    out.resize(out.len().saturating_add(reserved.saturating_mul(2)), b'0');
    out.push(b'>');
    let contents = start..out.len();
    (out, vec![byte_range, contents])
}

/// Writes `/ByteRange`, which is known now.
pub(super) fn fill_byte_range(updated: Updated, field: String) -> Result<Embedded, Error> {
    let lost = || Error::new(PdfFault::Malformed("the place of the signature is lost"));
    let Updated { mut bytes, marks } = updated;
    let [range, gap] = marks.as_slice() else {
        return Err(lost());
    };
    let end = bytes.len() as u64;
    let text = format!(
        "[0 {} {} {}]",
        gap.start,
        gap.end,
        end.saturating_sub(gap.end)
    );
    let start = usize::try_from(range.start).map_err(|_| lost())?;
    let place = bytes
        .get_mut(start..start.saturating_add(BYTE_RANGE_WIDTH))
        .and_then(|place| place.get_mut(..text.len()))
        .ok_or_else(lost)?;
    place.copy_from_slice(text.as_bytes());
    Ok(Embedded {
        bytes,
        gap: gap.clone(),
        field,
    })
}

impl SubFilter {
    /// Whether the signed attributes hold the signing time.
    pub(super) fn has_signing_time(self) -> bool {
        self == Self::AdbePkcs7Detached
    }
}
