//! The document's form → its fields, the signatures in them, and what those forbid.

use std::collections::HashSet;

use crate::error::{Error, PdfFault, Refusal};
use crate::pdf::{Array, Dictionary, Object, ObjectId, View};
use crate::signature::SignatureField;
use crate::signature::field;

/// The object that `object` leads to, and its number when it is an indirect one.
pub(super) fn locate<'d>(
    view: &View<'d, '_>,
    object: &Object<'d>,
) -> Result<(Option<ObjectId>, Object<'d>), Error> {
    let hops = view.document().limits().reference_hops;
    let mut at = None;
    let mut object = object.clone();
    for _ in 0..hops {
        let Object::Reference(id) = object else {
            return Ok((at, object));
        };
        at = Some(id);
        object = view.get(id)?.unwrap_or(Object::Null);
    }
    Err(Error::limit("reference_hops", hops as u64))
}

/// The catalog's `/AcroForm`.
#[derive(Debug)]
pub(super) struct Form<'d> {
    /// Object of `/Fields`, when it is indirect.
    pub(super) fields_id: Option<ObjectId>,
    /// `/Fields`.
    pub(super) fields_array: Option<Array<'d>>,
    /// `/SigFlags`, 0 when absent.
    pub(super) flags: i64,
    /// All fields that can have a value.
    pub(super) fields: Vec<SignatureField<'d>>,
    /// Full names of fields that only hold others.
    pub(super) inner: Vec<String>,
    /// First parts of the names of all fields.
    roots: HashSet<String>,
    /// Signatures that are there: name of the field, signature dictionary, the field's own.
    signatures: Vec<(String, Dictionary<'d>, Dictionary<'d>)>,
    /// The signature of `/Perms` `/DocMDP`.
    certification: Option<Dictionary<'d>>,
}

impl<'d> Form<'d> {
    /// Reads the form of `view`, bounded by `Limits::tree_depth` and `Limits::tree_nodes`.
    pub(super) fn read(view: &View<'d, '_>) -> Result<Self, Error> {
        let catalog = view.catalog()?;
        let mut form = Self {
            fields_id: None,
            fields_array: None,
            flags: 0,
            fields: Vec::new(),
            inner: Vec::new(),
            roots: HashSet::new(),
            signatures: Vec::new(),
            certification: None,
        };
        let permissions = view.value(&catalog, b"Perms")?;
        if let Some(permissions) = permissions.as_dictionary() {
            form.certification = view.value(permissions, b"DocMDP")?.into_dictionary();
        }
        let Some(entry) = catalog.get(b"AcroForm") else {
            return Ok(form);
        };
        let (_, object) = locate(view, entry)?;
        let dictionary = match object {
            Object::Null => return Ok(form),
            Object::Dictionary(dictionary) => dictionary,
            _ => return Err(PdfFault::Malformed("/AcroForm is not a dictionary").into()),
        };
        form.flags = view
            .value(&dictionary, b"SigFlags")?
            .as_integer()
            .unwrap_or(0);
        if let Some(fields) = dictionary.get(b"Fields") {
            let (id, fields) = locate(view, fields)?;
            match fields {
                Object::Array(array) => {
                    form.fields_id = id;
                    form.fields_array = Some(array);
                }
                Object::Null => {}
                _ => return Err(PdfFault::Malformed("/Fields is not an array").into()),
            }
        }
        let tree = field::walk(*view, view.document().limits())?;
        if let Some(oddity) = tree.oddity {
            return Err(PdfFault::Malformed(oddity).into());
        }
        let named = tree.fields.iter().filter_map(|field| field.name.as_ref());
        form.roots = named
            .chain(&tree.inner)
            .filter_map(|name| name.split('.').next())
            .map(str::to_owned)
            .collect();
        form.fields = tree.fields;
        form.inner = tree.inner;
        form.find_signatures(view)?;
        Ok(form)
    }

    fn find_signatures(&mut self, view: &View<'d, '_>) -> Result<(), Error> {
        let limit = view.document().limits().signatures;
        for field in &self.fields {
            if !field.is_signature() || !is_filled(view, field)? {
                continue;
            }
            if self.signatures.len() >= limit {
                return Err(Error::limit("signatures", limit as u64));
            }
            let value = field.value.as_ref().unwrap_or(&Object::Null);
            let Object::Dictionary(value) = view.resolve(value)? else {
                return Err(PdfFault::Malformed("the value of a signature field").into());
            };
            let name = field.name.clone().unwrap_or_default();
            self.signatures
                .push((name, value, field.dictionary.clone()));
        }
        Ok(())
    }

    /// Whether the document bears a signature of any kind.
    pub(super) fn is_signed(&self) -> bool {
        !self.signatures.is_empty() || self.certification.is_some()
    }

    /// Whether the field `name` holds a signature.
    pub(super) fn is_signed_in(&self, name: &str) -> bool {
        self.signatures.iter().any(|(field, ..)| field == name)
    }

    /// Whether a certification says what may change.
    #[cfg(feature = "visual")]
    pub(super) fn is_certified(&self) -> bool {
        self.certification.is_some()
    }

    /// Whether a field below the root has this partial name.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.roots.contains(name)
    }

    /// Whether there is a field of this full name, or something at the root with this partial one.
    ///
    /// Source: ISO 32000-2 §12.7.4.2.
    pub(super) fn has_field(&self, name: &str) -> bool {
        let mut fields = self.fields.iter();
        self.has_name(name) || fields.any(|field| field.name.as_deref() == Some(name))
    }

    /// The first free name of the form `Signature1`, names in `taken` left out; `prefix` is the
    /// part before the number.
    pub(super) fn free_name(&self, prefix: &str, taken: &[String]) -> String {
        let mut number = 1u64;
        loop {
            let name = format!("{prefix}{number}");
            if !self.has_name(&name) && !taken.contains(&name) {
                return name;
            }
            number += 1;
        }
    }

    /// That the signatures in the document permit one more in the field `name`.
    ///
    /// Source: ISO 32000-2 §12.8.2.2, §12.8.2.4, §12.7.5.5.
    pub(super) fn permits(&self, view: &View<'d, '_>, name: &str) -> Result<(), Error> {
        let closed = || Error::from(Refusal::Closed);
        if let Some(certification) = &self.certification
            && certified(view, certification)?.unwrap_or(2) == 1
        {
            return Err(closed());
        }
        for (signer, signature, field) in &self.signatures {
            if certified(view, signature)? == Some(1) {
                return Err(closed());
            }
            let locked = || {
                Error::from(Refusal::Locked {
                    by: signer.clone(),
                    field: name.to_owned(),
                })
            };
            for (method, parameters) in transforms(view, signature)? {
                if method == b"FieldMDP" && locks(view, &parameters, name)? {
                    return Err(locked());
                }
            }
            let lock = view.value(field, b"Lock")?;
            if let Some(lock) = lock.as_dictionary() {
                if view.value(lock, b"P")?.as_integer() == Some(1) {
                    return Err(Refusal::ClosedBy {
                        field: signer.clone(),
                    }
                    .into());
                }
                if locks(view, lock, name)? {
                    return Err(locked());
                }
            }
        }
        Ok(())
    }
}

/// Whether the field has a value, its own or that of a field above it.
fn is_filled<'d>(view: &View<'d, '_>, field: &SignatureField<'d>) -> Result<bool, Error> {
    match &field.value {
        Some(value) => Ok(!view.resolve(value)?.is_null()),
        None => Ok(false),
    }
}

/// The one widget of the field and its object; `None` when there is none on a page, or more than
/// one, or when it is no object of its own.
pub(super) fn only_widget<'f, 'd>(
    field: &'f SignatureField<'d>,
) -> Option<(ObjectId, &'f Dictionary<'d>)> {
    match field.widgets.as_slice() {
        // A field without kids stands in the list itself, whatever it is.
        [(id, widget)] if *id != field.id || widget.is_name(b"Subtype", b"Widget") => {
            Some(((*id)?, widget))
        }
        _ => None,
    }
}

/// Method and parameters of each signature reference.
fn transforms<'d>(
    view: &View<'d, '_>,
    signature: &Dictionary<'d>,
) -> Result<Vec<(Vec<u8>, Dictionary<'d>)>, Error> {
    let references = view.value(signature, b"Reference")?;
    let mut found = Vec::new();
    for reference in references.as_array().iter().flat_map(|array| array.iter()) {
        let reference = view.resolve(reference)?;
        let Some(reference) = reference.as_dictionary() else {
            continue;
        };
        let method = view.value(reference, b"TransformMethod")?;
        let parameters = view.value(reference, b"TransformParams")?;
        if let (Some(method), Some(parameters)) = (method.as_name(), parameters.into_dictionary()) {
            found.push((method.to_vec(), parameters));
        }
    }
    Ok(found)
}

/// P of a certification signature; `None` when it is an approval signature.
fn certified<'d>(view: &View<'d, '_>, signature: &Dictionary<'d>) -> Result<Option<i64>, Error> {
    for (method, parameters) in transforms(view, signature)? {
        if method == b"DocMDP" {
            let permission = view.value(&parameters, b"P")?;
            // Absent means 2; what is no number is taken at its strictest.
            return Ok(Some(match permission {
                Object::Null => 2,
                Object::Integer(p @ 1..=3) => p,
                _ => 1,
            }));
        }
    }
    Ok(None)
}

/// Whether `/Action` and `/Fields` of a lock cover the field `name`; a name covers what is below.
fn locks<'d>(view: &View<'d, '_>, lock: &Dictionary<'d>, name: &str) -> Result<bool, Error> {
    let action = view.value(lock, b"Action")?;
    let listed = view.value(lock, b"Fields")?;
    let mut named = false;
    for field in listed.as_array().iter().flat_map(|array| array.iter()) {
        let field = view.resolve(field)?;
        if let Some(field) = field.as_string() {
            let field = field.text();
            named |= name
                .strip_prefix(&field)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        }
    }
    Ok(match action.as_name() {
        Some(b"All") => true,
        Some(b"Include") => named,
        Some(b"Exclude") => !named,
        // A lock that cannot be read is taken at its strictest.
        _ => true,
    })
}
