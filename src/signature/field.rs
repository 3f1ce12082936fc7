//! The interactive form of one revision → its fields, walked without recursion and within limits.

use std::collections::BTreeSet;

use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::{Dictionary, Object, ObjectId, View};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// `/FT /Sig`, or a value that is a signature dictionary.
    Signature,
    /// Text, choice or button.
    Other,
}

/// A terminal field of the form.
#[derive(Debug, Clone)]
pub struct SignatureField<'d> {
    /// Full name; parts are joined with a full stop. `None` when no part is named.
    pub name: Option<String>,
    /// Object of the field; `None` when it is direct in its parent.
    pub id: Option<ObjectId>,
    /// What it holds.
    pub kind: FieldKind,
    /// `/V`, not resolved; `None` when absent or a direct null.
    pub value: Option<Object<'d>>,
    /// The field's own dictionary.
    pub dictionary: Dictionary<'d>,
    /// Widgets: objects of the field itself (when merged) or of its kids.
    pub widgets: Vec<(Option<ObjectId>, Dictionary<'d>)>,
}

impl SignatureField<'_> {
    /// Whether a widget of it can be seen: a rectangle with area, not hidden.
    pub fn is_visible(&self) -> bool {
        self.widgets.iter().any(|(_, widget)| is_visible(widget))
    }

    /// Whether it is a signature field.
    pub fn is_signature(&self) -> bool {
        self.kind == FieldKind::Signature
    }

    /// Whether its full name is `name`.
    pub fn is_named(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

/// Whether a widget has a rectangle with area.
///
/// Flags do not count: `Hidden` and `NoView` can be passed over by a viewer that prints.
pub(super) fn is_visible(widget: &Dictionary<'_>) -> bool {
    let Some(rectangle) = widget.get(b"Rect") else {
        return false;
    };
    let Some(array) = rectangle.as_array() else {
        return true;
    };
    let numbers: Option<Vec<f64>> = array.iter().map(Object::as_number).collect();
    match numbers.as_deref() {
        Some([x0, y0, x1, y1]) => (x1 - x0).abs() > 0.0 && (y1 - y0).abs() > 0.0,
        // A rectangle that is not four direct numbers is not known to be empty.
        _ => true,
    }
}

/// The fields of one revision.
pub(crate) struct FieldTree<'d> {
    pub(crate) fields: Vec<SignatureField<'d>>,
    /// Full names of fields that only hold others.
    pub(crate) inner: Vec<String>,
    /// Object numbers that the walk read.
    pub(super) visited: BTreeSet<u32>,
    /// What was passed over, and whoever adds to the form must not: the first such thing.
    pub(crate) oddity: Option<&'static str>,
}

/// Something that is reached a second time.
const TWICE: &str = "a form field is reached twice";
/// Neither a field nor null.
const NO_FIELD: &str = "a form field is not a dictionary";

struct Node<'d> {
    object: Object<'d>,
    name: Option<String>,
    kind: Option<Object<'d>>,
    value: Option<Object<'d>>,
    depth: usize,
}

/// All terminal fields that `/AcroForm /Fields` reaches, in document order.
///
/// # Errors
/// [`crate::error::PdfFault`], or the limits `tree_depth` and `tree_nodes`.
///
/// Source: ISO 32000-2 §12.7.4.1.
pub(crate) fn walk<'d>(view: View<'d, '_>, limits: &Limits) -> Result<FieldTree<'d>, Error> {
    let mut tree = FieldTree {
        fields: Vec::new(),
        inner: Vec::new(),
        visited: BTreeSet::new(),
        oddity: None,
    };
    if let Some(root) = view.trailer().get(b"Root").and_then(Object::as_reference) {
        tree.visited.insert(root.number);
    }
    let catalog = view.catalog()?;
    let Some(form) = catalog.get(b"AcroForm") else {
        return Ok(tree);
    };
    let form = read(&view, form, &mut tree)?;
    let Some(form) = form.as_dictionary() else {
        return Ok(tree);
    };
    let Some(fields) = form.get(b"Fields") else {
        return Ok(tree);
    };
    let fields = read(&view, fields, &mut tree)?;
    let Some(fields) = fields.as_array() else {
        return Ok(tree);
    };

    let root = |object: &Object<'d>| Node {
        object: object.clone(),
        name: None,
        kind: None,
        value: None,
        depth: 1,
    };
    let mut stack: Vec<Node<'d>> = fields.iter().rev().map(root).collect();
    let mut seen = BTreeSet::new();
    let mut shown = BTreeSet::new();
    let mut nodes = 0usize;
    while let Some(node) = stack.pop() {
        nodes += 1;
        if nodes > limits.tree_nodes {
            return Err(Error::limit("tree_nodes", limits.tree_nodes as u64));
        }
        if node.depth > limits.tree_depth {
            return Err(Error::limit("tree_depth", limits.tree_depth as u64));
        }
        let id = node.object.as_reference();
        if id.is_some_and(|id| !seen.insert(id)) {
            tree.oddity.get_or_insert(TWICE);
            continue;
        }
        let dictionary = match read(&view, &node.object, &mut tree)? {
            Object::Dictionary(dictionary) => dictionary,
            Object::Null => continue,
            _ => {
                tree.oddity.get_or_insert(NO_FIELD);
                continue;
            }
        };
        let part = match dictionary.get(b"T") {
            Some(part) => view.resolve(part)?.as_string().map(|s| s.text()),
            None => None,
        };
        let name = match (node.name, part) {
            (Some(parent), Some(part)) => Some(format!("{parent}.{part}")),
            (parent, part) => part.or(parent),
        };
        let kind = match dictionary.get(b"FT") {
            Some(kind) => Some(view.resolve(kind)?),
            None => node.kind,
        };
        let value = match dictionary.get(b"V") {
            Some(Object::Null) | None => node.value,
            Some(value) => Some(value.clone()),
        };
        let kids = match dictionary.get(b"Kids") {
            Some(kids) => read(&view, kids, &mut tree)?.as_array().cloned(),
            None => None,
        };
        // Kids with a name of their own are fields; without one they are widgets of this field.
        let mut widgets = Vec::new();
        let mut is_terminal = true;
        if let Some(kids) = &kids {
            for kid in kids.iter() {
                nodes += 1;
                if nodes > limits.tree_nodes {
                    return Err(Error::limit("tree_nodes", limits.tree_nodes as u64));
                }
                let inside = match read(&view, kid, &mut tree)? {
                    Object::Dictionary(inside) => inside,
                    Object::Null => continue,
                    _ => {
                        tree.oddity.get_or_insert(NO_FIELD);
                        continue;
                    }
                };
                let own = kid.as_reference();
                if own.is_some_and(|own| !shown.insert(own)) {
                    tree.oddity.get_or_insert(TWICE);
                }
                if inside.contains(b"T") || inside.contains(b"Kids") || inside.contains(b"V") {
                    is_terminal = false;
                }
                widgets.push((own, inside));
            }
        }
        if !is_terminal {
            let inherit = |kid: &Object<'d>| Node {
                object: kid.clone(),
                name: name.clone(),
                kind: kind.clone(),
                value: value.clone(),
                depth: node.depth + 1,
            };
            stack.extend(kids.iter().flat_map(|kids| kids.iter()).rev().map(inherit));
            tree.inner.extend(name.clone());
            // A value beside named kids still counts, once.
            if dictionary.get(b"V").is_none_or(Object::is_null) {
                continue;
            }
        }
        if widgets.is_empty()
            || dictionary.is_name(b"Subtype", b"Widget")
            || dictionary.contains(b"Rect")
        {
            widgets.push((id, dictionary.clone()));
        }
        let is_signature = kind.as_ref().and_then(Object::as_name) == Some(b"Sig")
            || match &value {
                Some(value) => view
                    .resolve(value)
                    .is_ok_and(|v| v.as_dictionary().is_some_and(|d| d.contains(b"ByteRange"))),
                None => false,
            };
        tree.fields.push(SignatureField {
            name,
            id,
            kind: if is_signature {
                FieldKind::Signature
            } else {
                FieldKind::Other
            },
            value,
            dictionary,
            widgets,
        });
    }
    Ok(tree)
}

/// The object behind `object`, its number noted.
fn read<'d>(
    view: &View<'d, '_>,
    object: &Object<'d>,
    tree: &mut FieldTree<'d>,
) -> Result<Object<'d>, Error> {
    if let Some(id) = object.as_reference() {
        tree.visited.insert(id.number);
    }
    view.resolve(object)
}
