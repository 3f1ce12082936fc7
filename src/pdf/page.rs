//! The catalog's page tree → pages in order; bounded, without recursion.

use std::collections::HashSet;

use super::object::{Dictionary, Object, ObjectId};
use super::view::View;
use crate::error::{Error, PdfFault};

/// One page.
#[derive(Debug, Clone)]
pub struct Page<'d> {
    /// The page object; `None` when `/Kids` holds the dictionary itself.
    pub id: Option<ObjectId>,
    /// Index in the document, from 0.
    pub index: u64,
    /// The page object's dictionary.
    pub dictionary: Dictionary<'d>,
    /// The nodes above, from the root down.
    pub ancestors: Vec<ObjectId>,
}

impl<'d> Page<'d> {
    /// The value of an inheritable key (`Resources`, `MediaBox`, `CropBox`, `Rotate`), from the
    /// page or the nearest node above; `null` when there is none.
    ///
    /// # Errors
    /// As [`View::resolve`].
    ///
    /// Source: ISO 32000-2 §7.7.3.4.
    pub fn inherited(&self, view: &View<'d, '_>, key: &[u8]) -> Result<Object<'d>, Error> {
        let own = view.value(&self.dictionary, key)?;
        if !own.is_null() {
            return Ok(own);
        }
        for id in self.ancestors.iter().rev() {
            if let Some(node) = view.get(*id)?
                && let Some(dictionary) = node.as_dictionary()
            {
                let value = view.value(dictionary, key)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
        }
        Ok(Object::Null)
    }
}

/// What a walk over the page tree finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageTree {
    /// Leaves that were reached.
    pub pages: u64,
    /// `/Count` of the root, when it is a number.
    pub declared: Option<i64>,
    /// Leaves that were reached more than once.
    pub repeated: u64,
}

impl PageTree {
    /// Whether `/Count` of the root is the number of pages reached.
    pub fn count_agrees(&self) -> bool {
        self.declared.and_then(|count| u64::try_from(count).ok()) == Some(self.pages)
    }
}

impl<'d, 'a> View<'d, 'a> {
    /// The pages in order. After an error the walk ends (strict) or goes on with the next page
    /// (recovered documents, which pass over what cannot be read).
    pub fn pages(&self) -> Pages<'d, 'a> {
        Pages {
            view: *self,
            stack: Vec::new(),
            state: State::Fresh,
            interior: HashSet::new(),
            declared: None,
            nodes: 0,
            index: 0,
        }
    }

    /// How many pages are reached.
    ///
    /// # Errors
    /// As [`Self::page_tree`].
    pub fn page_count(&self) -> Result<u64, Error> {
        Ok(self.page_tree()?.pages)
    }

    /// Walks the whole page tree.
    ///
    /// # Errors
    /// A malformed tree, or one that runs in a circle; limits.
    pub fn page_tree(&self) -> Result<PageTree, Error> {
        let mut seen = HashSet::new();
        let mut tree = PageTree {
            pages: 0,
            declared: None,
            repeated: 0,
        };
        let mut pages = self.pages();
        for page in pages.by_ref() {
            tree.pages += 1;
            if page?.id.is_some_and(|id| !seen.insert(id.number)) {
                tree.repeated += 1;
            }
        }
        tree.declared = pages.declared;
        Ok(tree)
    }
}

enum State {
    Fresh,
    Walking,
    Done,
}

struct Node<'d> {
    id: Option<ObjectId>,
    kids: Vec<Object<'d>>,
    next: usize,
}

/// Iterator over the pages of a [`View`].
pub struct Pages<'d, 'a> {
    view: View<'d, 'a>,
    stack: Vec<Node<'d>>,
    state: State,
    interior: HashSet<u32>,
    /// `/Count` of the root.
    declared: Option<i64>,
    nodes: usize,
    index: u64,
}

enum Visit<'d> {
    Interior,
    Leaf(Page<'d>),
}

impl<'d> Pages<'d, '_> {
    fn fault(&self, what: &'static str, id: Option<ObjectId>) -> Error {
        use super::xref::Location;
        let entry = id.and_then(|id| self.view.entry(id).ok().flatten());
        match entry {
            Some(Location::Offset { offset, .. }) => Error::at(PdfFault::Malformed(what), offset),
            _ => Error::new(PdfFault::Malformed(what)),
        }
    }

    fn visit(&mut self, object: &Object<'d>) -> Result<Visit<'d>, Error> {
        let limits = self.view.document().limits();
        self.nodes += 1;
        if self.nodes > limits.tree_nodes {
            return Err(Error::limit("tree_nodes", limits.tree_nodes as u64));
        }
        if self.stack.len() >= limits.tree_depth {
            return Err(Error::limit("tree_depth", limits.tree_depth as u64));
        }
        let id = object.as_reference();
        let Object::Dictionary(dictionary) = self.view.resolve(object)? else {
            return Err(self.fault("node of the page tree is not a dictionary", id));
        };
        if self.nodes == 1 {
            self.declared = self.view.value(&dictionary, b"Count")?.as_integer();
        }
        let kind = self.view.value(&dictionary, b"Type")?;
        let kids = self.view.value(&dictionary, b"Kids")?;
        let leaf = match (kind.as_name(), &kids) {
            (Some(b"Page"), _) | (_, Object::Null) => true,
            (_, Object::Array(_)) => false,
            _ => return Err(self.fault("/Kids of a page tree node is not an array", id)),
        };
        if leaf {
            if self.stack.is_empty() && self.view.document().is_strict() && kids.is_null() {
                // A root that is itself a page is read by every program; one without any type
                // is not.
                if kind.as_name() != Some(b"Page") && kind.as_name() != Some(b"Pages") {
                    return Err(self.fault("root of the page tree has no type", id));
                }
                if kind.as_name() == Some(b"Pages") {
                    self.stack.push(Node {
                        id,
                        kids: Vec::new(),
                        next: 0,
                    });
                    return Ok(Visit::Interior);
                }
            }
            let page = Page {
                id,
                index: self.index,
                dictionary,
                ancestors: self.stack.iter().filter_map(|node| node.id).collect(),
            };
            self.index += 1;
            return Ok(Visit::Leaf(page));
        }
        if id.is_some_and(|id| !self.interior.insert(id.number)) {
            return Err(self.fault("page tree runs in a circle or shares a node", id));
        }
        let Object::Array(kids) = kids else {
            return Err(self.fault("/Kids of a page tree node is not an array", id));
        };
        self.stack.push(Node {
            id,
            kids: kids.iter().cloned().collect(),
            next: 0,
        });
        Ok(Visit::Interior)
    }

    fn step(&mut self) -> Option<Result<Visit<'d>, Error>> {
        let object = match self.state {
            State::Done => return None,
            State::Fresh => {
                self.state = State::Walking;
                let root = self.view.catalog().and_then(|catalog| {
                    catalog
                        .get(b"Pages")
                        .cloned()
                        .ok_or_else(|| Error::new(PdfFault::Malformed("catalog has no page tree")))
                });
                match root {
                    Ok(root) => root,
                    Err(error) => return Some(Err(error)),
                }
            }
            State::Walking => loop {
                let top = self.stack.last_mut()?;
                if let Some(kid) = top.kids.get_mut(top.next) {
                    top.next += 1;
                    break std::mem::replace(kid, Object::Null);
                }
                self.stack.pop();
            },
        };
        Some(self.visit(&object))
    }
}

impl<'d> Iterator for Pages<'d, '_> {
    type Item = Result<Page<'d>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.step()? {
                Ok(Visit::Leaf(page)) => return Some(Ok(page)),
                Ok(Visit::Interior) => {}
                Err(error) => {
                    let limit = matches!(error.kind(), crate::error::ErrorKind::Limit { .. });
                    if self.view.document().is_strict() || limit || self.stack.is_empty() {
                        self.state = State::Done;
                        return Some(Err(error));
                    }
                }
            }
        }
    }
}
