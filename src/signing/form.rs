//! The document's form → its fields, the signatures in them, and what those forbid.

use std::collections::HashSet;

use crate::error::{Error, PdfFault, SigningFault};
use crate::pdf::{Array, Dictionary, Object, ObjectId, View};

/// A refusal with its reason.
pub(super) fn refused(reason: impl Into<String>) -> Error {
    SigningFault::Refused(reason.into()).into()
}

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

/// One terminal or inner field.
#[derive(Debug)]
pub(super) struct FieldInfo<'d> {
    /// The field's object; `None` when it is a direct one.
    pub(super) id: Option<ObjectId>,
    /// Full name: parts joined by full stops.
    pub(super) name: String,
    /// `/FT`, own or inherited.
    pub(super) kind: Option<Vec<u8>>,
    /// The field's own dictionary.
    pub(super) dictionary: Dictionary<'d>,
    /// Whether `/V` is there and not null.
    pub(super) filled: bool,
    /// Widgets that are objects of their own.
    pub(super) widgets: Vec<(ObjectId, Dictionary<'d>)>,
    /// Whether it has kids that are fields.
    pub(super) has_fields: bool,
}

impl FieldInfo<'_> {
    /// Whether it is a signature field.
    pub(super) fn is_signature(&self) -> bool {
        self.kind.as_deref() == Some(b"Sig")
    }

    /// Whether the field's object is its widget, too.
    pub(super) fn is_merged(&self) -> bool {
        self.dictionary.is_name(b"Subtype", b"Widget")
    }
}

/// The catalog's `/AcroForm`.
#[derive(Debug)]
pub(super) struct Form<'d> {
    /// Object of `/AcroForm`, when it is indirect.
    pub(super) id: Option<ObjectId>,
    /// Its dictionary; `None` when the document has no form.
    pub(super) dictionary: Option<Dictionary<'d>>,
    /// Object of `/Fields`, when it is indirect.
    pub(super) fields_id: Option<ObjectId>,
    /// `/Fields`.
    pub(super) fields_array: Option<Array<'d>>,
    /// `/SigFlags`, 0 when absent.
    pub(super) flags: i64,
    /// All fields, those above before those below.
    pub(super) fields: Vec<FieldInfo<'d>>,
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
            id: None,
            dictionary: None,
            fields_id: None,
            fields_array: None,
            flags: 0,
            fields: Vec::new(),
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
        let (id, object) = locate(view, entry)?;
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
                    form.walk(view, &array)?;
                    form.fields_array = Some(array);
                }
                Object::Null => {}
                _ => return Err(PdfFault::Malformed("/Fields is not an array").into()),
            }
        }
        form.id = id;
        form.dictionary = Some(dictionary);
        form.find_signatures(view)?;
        Ok(form)
    }

    fn walk(&mut self, view: &View<'d, '_>, roots: &Array<'d>) -> Result<(), Error> {
        struct Node<'d> {
            object: Object<'d>,
            parent: Option<usize>,
            depth: usize,
        }
        let limits = view.document().limits();
        let mut seen: HashSet<u32> = HashSet::new();
        let mut nodes = 0usize;
        let mut stack: Vec<Node<'d>> = roots
            .iter()
            .rev()
            .map(|object| Node {
                object: object.clone(),
                parent: None,
                depth: 1,
            })
            .collect();
        while let Some(node) = stack.pop() {
            nodes += 1;
            if nodes > limits.tree_nodes {
                return Err(Error::limit("tree_nodes", limits.tree_nodes as u64));
            }
            if node.depth > limits.tree_depth {
                return Err(Error::limit("tree_depth", limits.tree_depth as u64));
            }
            let (id, object) = locate(view, &node.object)?;
            if id.is_some_and(|id| !seen.insert(id.number)) {
                return Err(PdfFault::Malformed("a form field is reached twice").into());
            }
            let dictionary = match object {
                Object::Dictionary(dictionary) => dictionary,
                Object::Null => continue,
                _ => return Err(PdfFault::Malformed("a form field is not a dictionary").into()),
            };
            let part = view.value(&dictionary, b"T")?;
            let part = part.as_string().map(|part| part.text());
            if let (None, Some(parent), Some(id)) = (&part, node.parent, id) {
                // A kid without a name is a widget of its parent.
                if let Some(parent) = self.fields.get_mut(parent) {
                    parent.widgets.push((id, dictionary));
                }
                continue;
            }
            let parent = node.parent.and_then(|parent| self.fields.get_mut(parent));
            let (mut name, inherited) = match parent {
                Some(parent) => {
                    parent.has_fields = true;
                    (format!("{}.", parent.name), parent.kind.clone())
                }
                None => (String::new(), None),
            };
            name.push_str(part.as_deref().unwrap_or_default());
            let kind = view.value(&dictionary, b"FT")?;
            let kind = kind.as_name().map(<[u8]>::to_vec).or(inherited);
            let filled = !view.value(&dictionary, b"V")?.is_null();
            let kids = view.value(&dictionary, b"Kids")?;
            let own = self.fields.len();
            self.fields.push(FieldInfo {
                id,
                name,
                kind,
                dictionary,
                filled,
                widgets: Vec::new(),
                has_fields: false,
            });
            if let Some(kids) = kids.as_array() {
                stack.extend(kids.iter().rev().map(|object| Node {
                    object: object.clone(),
                    parent: Some(own),
                    depth: node.depth + 1,
                }));
            }
        }
        Ok(())
    }

    fn find_signatures(&mut self, view: &View<'d, '_>) -> Result<(), Error> {
        let limit = view.document().limits().signatures;
        for field in &self.fields {
            if !field.is_signature() || !field.filled {
                continue;
            }
            if self.signatures.len() >= limit {
                return Err(Error::limit("signatures", limit as u64));
            }
            let Object::Dictionary(value) = view.value(&field.dictionary, b"V")? else {
                return Err(PdfFault::Malformed("the value of a signature field").into());
            };
            self.signatures
                .push((field.name.clone(), value, field.dictionary.clone()));
        }
        Ok(())
    }

    /// Whether the document bears a signature of any kind.
    pub(super) fn is_signed(&self) -> bool {
        !self.signatures.is_empty() || self.certification.is_some()
    }

    /// Whether a certification says what may change.
    #[cfg(feature = "visual")]
    pub(super) fn is_certified(&self) -> bool {
        self.certification.is_some()
    }

    /// Whether a field below the root has this partial name.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.fields
            .iter()
            .any(|field| field.name.split('.').next() == Some(name))
    }

    /// The first free name of the form `Signature1`, names in `taken` left out; `prefix` is the
    /// part before the number.
    pub(super) fn free_name(&self, prefix: &str, taken: &[String]) -> String {
        let used: HashSet<&str> = self
            .fields
            .iter()
            .filter_map(|field| field.name.split('.').next())
            .chain(taken.iter().map(String::as_str))
            .collect();
        let mut number = 1u64;
        loop {
            let name = format!("{prefix}{number}");
            if !used.contains(name.as_str()) {
                return name;
            }
            number += 1;
        }
    }

    /// That the signatures in the document permit one more in the field `name`.
    ///
    /// Source: ISO 32000-2 §12.8.2.2, §12.8.2.4, §12.7.5.5.
    pub(super) fn permits(&self, view: &View<'d, '_>, name: &str) -> Result<(), Error> {
        let closed = || refused("its certification permits no changes (P = 1)");
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
                refused(format!(
                    "the signature in field \"{signer}\" locks field \"{name}\""
                ))
            };
            for (method, parameters) in transforms(view, signature)? {
                if method == b"FieldMDP" && locks(view, &parameters, name)? {
                    return Err(locked());
                }
            }
            let lock = view.value(field, b"Lock")?;
            if let Some(lock) = lock.as_dictionary() {
                if view.value(lock, b"P")?.as_integer() == Some(1) {
                    return Err(refused(format!(
                        "the signature in field \"{signer}\" permits no changes (P = 1)"
                    )));
                }
                if locks(view, lock, name)? {
                    return Err(locked());
                }
            }
        }
        Ok(())
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
