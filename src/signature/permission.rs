//! Transform parameters and locks of a signature → what its signer permitted later.

use crate::error::Error;
use crate::pdf::{Dictionary, Object, View};

/// Which fields a lock or FieldMDP freezes; names are full field names.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "action", content = "fields", rename_all = "kebab-case")]
pub enum FieldLock {
    /// Every field.
    All,
    /// These fields and what is below them.
    Include(Vec<String>),
    /// Every field but these and what is below them.
    Exclude(Vec<String>),
}

impl FieldLock {
    /// Whether the field called `name` is frozen. A name of a parent stands for all below it.
    pub fn locks(&self, name: &str) -> bool {
        let within = |list: &[String]| {
            list.iter().any(|entry| {
                name.strip_prefix(entry.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match self {
            Self::All => true,
            Self::Include(list) => within(list),
            Self::Exclude(list) => !within(list),
        }
    }
}

/// What a signer permitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Permissions {
    /// `/P` of DocMDP in the signature's own references: 1, 2 or 3.
    pub document: Option<u8>,
    /// `/P` of the field's lock (PDF 2.0).
    pub lock_document: Option<u8>,
    /// FieldMDP of the signature's references.
    pub fields: Vec<FieldLock>,
    /// A transform that is not known, or parameters that cannot be read: nothing is permitted.
    pub unreadable: bool,
}

/// Reads `/Reference` of the signature and `/Lock` of its field.
///
/// Source: ISO 32000-2 §12.8.2, §12.7.5.5.
pub(super) fn read<'d>(
    view: View<'d, '_>,
    signature: &Dictionary<'d>,
    field: Option<&Dictionary<'d>>,
) -> Result<Permissions, Error> {
    let mut permissions = Permissions::default();
    if let Some(references) = signature.get(b"Reference") {
        let references = view.resolve(references)?;
        let Some(references) = references.as_array() else {
            permissions.unreadable = true;
            return Ok(permissions);
        };
        for reference in references.iter() {
            let reference = view.resolve(reference)?;
            match reference.as_dictionary() {
                Some(reference) => transform(view, reference, &mut permissions)?,
                None => permissions.unreadable = true,
            }
        }
    }
    if let Some(lock) = field.and_then(|field| field.get(b"Lock")) {
        let lock = view.resolve(lock)?;
        if let Some(lock) = lock.as_dictionary() {
            match field_lock(view, lock)? {
                Some(fields) => permissions.fields.push(fields),
                None => permissions.unreadable = true,
            }
            if let Some(p) = lock.get(b"P") {
                match permission(&view.resolve(p)?) {
                    Some(p) => permissions.lock_document = Some(p),
                    None => permissions.unreadable = true,
                }
            }
        }
    }
    Ok(permissions)
}

fn transform<'d>(
    view: View<'d, '_>,
    reference: &Dictionary<'d>,
    permissions: &mut Permissions,
) -> Result<(), Error> {
    let method = match reference.get(b"TransformMethod") {
        Some(method) => view.resolve(method)?,
        None => Object::Null,
    };
    let parameters = match reference.get(b"TransformParams") {
        Some(parameters) => view.resolve(parameters)?,
        None => Object::Null,
    };
    match method.as_name() {
        Some(b"DocMDP") => {
            let p = match parameters.as_dictionary().and_then(|p| p.get(b"P")) {
                Some(p) => permission(&view.resolve(p)?),
                // The default of the standard.
                None => Some(2),
            };
            match p {
                Some(p) => {
                    permissions.document = Some(permissions.document.map_or(p, |old| old.min(p)))
                }
                None => {
                    permissions.document = Some(1);
                    permissions.unreadable = true;
                }
            }
        }
        Some(b"FieldMDP") => match parameters.as_dictionary() {
            Some(parameters) => match field_lock(view, parameters)? {
                Some(lock) => permissions.fields.push(lock),
                None => permissions.unreadable = true,
            },
            None => permissions.unreadable = true,
        },
        Some(b"UR3" | b"UR") => {}
        // `Identity` and what nobody knows.
        _ => permissions.unreadable = true,
    }
    Ok(())
}

fn permission(object: &Object<'_>) -> Option<u8> {
    match object.as_integer() {
        Some(p @ 1..=3) => u8::try_from(p).ok(),
        _ => None,
    }
}

fn field_lock<'d>(
    view: View<'d, '_>,
    parameters: &Dictionary<'d>,
) -> Result<Option<FieldLock>, Error> {
    let action = match parameters.get(b"Action") {
        Some(action) => view.resolve(action)?,
        None => return Ok(None),
    };
    let mut names = Vec::new();
    if let Some(fields) = parameters.get(b"Fields") {
        let fields = view.resolve(fields)?;
        let Some(fields) = fields.as_array() else {
            return Ok(None);
        };
        for name in fields.iter() {
            match view.resolve(name)?.as_string() {
                Some(name) => names.push(name.text()),
                None => return Ok(None),
            }
        }
    }
    Ok(match action.as_name() {
        Some(b"All") => Some(FieldLock::All),
        Some(b"Include") => Some(FieldLock::Include(names)),
        Some(b"Exclude") => Some(FieldLock::Exclude(names)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A42: a field whose name merely begins alike is not locked.
    #[test]
    fn a_lock_on_a_parent_reaches_its_kids_and_nothing_else() {
        let include = FieldLock::Include(vec!["form.name".to_owned()]);
        assert!(include.locks("form.name"));
        assert!(include.locks("form.name.first"));
        assert!(!include.locks("form.names"));
        assert!(!include.locks("form"));
        let exclude = FieldLock::Exclude(vec!["a".to_owned()]);
        assert!(!exclude.locks("a.b"));
        assert!(exclude.locks("ab"));
        assert!(FieldLock::All.locks("anything"));
    }
}
