//! Two views of documents → where a reader sees that they differ: pages and entries of the catalog.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::scan;
use crate::error::Error;
use crate::pdf::{Dictionary, Object, ObjectId, Page, View};

/// Differences that are named; more are left out.
pub(super) const NAMED: usize = 200;

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Difference {
    /// The returned file is shorter and holds only issued bytes.
    CutOff {
        /// Its length, in bytes.
        length: u64,
    },
    /// The first byte that is another one.
    FirstByte {
        /// From the start of the file.
        at: u64,
        /// The object of the issued file that it belongs to, where one does.
        #[serde(skip_serializing_if = "Option::is_none")]
        object: Option<u32>,
    },
    /// The returned file cannot be read strictly.
    Unreadable {
        /// Why, in English.
        error: String,
        /// Where, in bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        position: Option<u64>,
    },
    /// Another number of pages.
    PageCount {
        /// Pages of the issued file.
        issued: u64,
        /// Pages of the returned file.
        returned: u64,
    },
    /// An entry of a page, or what it leads to.
    Page {
        /// Counted from 1.
        page: u64,
        /// The entry, such as `Contents`.
        key: String,
    },
    /// An entry of the catalog, or what it leads to.
    Catalog {
        /// The entry.
        key: String,
    },
    /// A later revision changed an object in a way that is no signature.
    Object {
        /// The revision, counted from 0.
        revision: usize,
        /// Object number; 0 stands for the trailer.
        object: u32,
        /// Path from the trailer, or what is known of it.
        path: String,
    },
    /// A signature field was added and not signed.
    EmptyField {
        /// Its name.
        field: String,
    },
    /// The value of a form field is another one.
    FieldValue {
        /// Its name.
        field: String,
    },
}

/// Names pages and entries of the catalog that differ in what they lead to; looks at `limit` values
/// at most.
///
/// # Errors
/// What cannot be read, or the limit.
pub(super) fn contents(
    old: View<'_, '_>,
    new: View<'_, '_>,
    limit: usize,
) -> Result<Vec<Difference>, Error> {
    let mut found = Vec::new();
    if let (Ok(issued), Ok(returned)) = (old.page_count(), new.page_count())
        && issued != returned
    {
        found.push(Difference::PageCount { issued, returned });
    }
    let mut steps = limit;
    for (number, (before, after)) in (1..).zip(old.pages().zip(new.pages())) {
        let (Ok(before), Ok(after)) = (before, after) else {
            break;
        };
        for key in page_keys(&before, &after) {
            let (a, b) = (entry(&old, &before, &key)?, entry(&new, &after, &key)?);
            if !alike((old, a), (new, b), &mut steps)? {
                let key = String::from_utf8_lossy(&key).into_owned();
                found.push(Difference::Page { page: number, key });
            }
        }
        if found.len() >= NAMED {
            return Ok(found);
        }
    }
    let (before, after) = (old.catalog()?, new.catalog()?);
    let skipped = |key: &[u8]| matches!(key, b"Pages" | b"AcroForm" | b"DSS" | b"Type");
    for key in keys(&before, &after)
        .into_iter()
        .filter(|key| !skipped(key))
    {
        let (a, b) = (old.value(&before, &key)?, new.value(&after, &key)?);
        if !alike((old, a), (new, b), &mut steps)? {
            let key = String::from_utf8_lossy(&key).into_owned();
            found.push(Difference::Catalog { key });
        }
    }
    Ok(found)
}

fn keys(a: &Dictionary<'_>, b: &Dictionary<'_>) -> BTreeSet<Vec<u8>> {
    let names = |d: &Dictionary<'_>| -> Vec<Vec<u8>> {
        d.iter().map(|e| e.key.as_bytes().to_vec()).collect()
    };
    names(a).into_iter().chain(names(b)).collect()
}

const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];

fn page_keys(a: &Page<'_>, b: &Page<'_>) -> BTreeSet<Vec<u8>> {
    let mut all = keys(&a.dictionary, &b.dictionary);
    all.extend(INHERITED.map(<[u8]>::to_vec));
    all.remove(b"Parent".as_slice());
    all
}

fn entry<'d>(view: &View<'d, '_>, page: &Page<'d>, key: &[u8]) -> Result<Object<'d>, Error> {
    match INHERITED.contains(&key) {
        true => page.inherited(view, key),
        false => view.value(&page.dictionary, key),
    }
}

/// Whether two values of two documents mean the same, references followed and data decoded.
fn alike<'o, 'n>(
    (old, a): (View<'o, '_>, Object<'o>),
    (new, b): (View<'n, '_>, Object<'n>),
    steps: &mut usize,
) -> Result<bool, Error> {
    let mut seen: BTreeSet<(Option<ObjectId>, Option<ObjectId>)> = BTreeSet::new();
    let mut waiting = vec![(a, b)];
    while let Some((a, b)) = waiting.pop() {
        let Some(left) = steps.checked_sub(1) else {
            let limit = old.document().limits().tree_nodes;
            return Err(Error::limit("tree_nodes", limit as u64));
        };
        *steps = left;
        let ids = (a.as_reference(), b.as_reference());
        if ids != (None, None) && !seen.insert(ids) {
            continue;
        }
        let (a, b) = (old.resolve(&a)?, new.resolve(&b)?);
        match (&a, &b) {
            (Object::Array(a), Object::Array(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                waiting.extend(a.iter().cloned().zip(b.iter().cloned()));
            }
            (Object::Dictionary(a), Object::Dictionary(b)) => {
                if !pairs(a, b, &[b"Parent", b"P"], &mut waiting) {
                    return Ok(false);
                }
            }
            (Object::Stream(a), Object::Stream(b)) => {
                let how: &[&[u8]] = &[b"Length", b"Filter", b"DecodeParms"];
                if !pairs(a.dictionary(), b.dictionary(), how, &mut waiting) {
                    return Ok(false);
                }
                let same = match (old.decode(a), new.decode(b)) {
                    (Ok(a), Ok(b)) => a == b,
                    // Data of pictures is not decoded here.
                    _ => a.raw() == b.raw(),
                };
                if !same {
                    return Ok(false);
                }
            }
            (a, b) => {
                if !scan::same(a, b) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

/// Puts the values of equal keys side by side; false when one side has a key alone.
fn pairs<'o, 'n>(
    a: &Dictionary<'o>,
    b: &Dictionary<'n>,
    passed_over: &[&[u8]],
    waiting: &mut Vec<(Object<'o>, Object<'n>)>,
) -> bool {
    for key in keys(a, b) {
        if passed_over.contains(&key.as_slice()) {
            continue;
        }
        match (a.get(&key), b.get(&key)) {
            (Some(a), Some(b)) => waiting.push((a.clone(), b.clone())),
            _ => return false,
        }
    }
    true
}
