//! Containers on their way through an engine: documents out of them, and what came of each.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::container::{self, Form};
use super::engine::{FileStamp, Input, Source};
use super::publish::Row;
use super::reader;
use super::state::{Key, State};
use crate::error::Error;
use crate::limits::Limits;
use crate::run::journal::Span;
use crate::run::walk::Patterns;

/// Members of containers that are being read. Tags of plain files are their numbers; those of
/// members count down from the largest number there is.
#[derive(Default)]
pub(super) struct Unpacking {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    sent: u64,
    ways: HashMap<u64, Way>,
    open: HashMap<usize, Container>,
}

/// A document on its way: the container's number, its place in there, its name; no name for what is
/// wrong with the container itself.
struct Way {
    file: usize,
    member: u32,
    name: Option<String>,
}

struct Container {
    stamp: Option<FileStamp>,
    lasting: bool,
    /// Number of records, once the end is reached.
    count: Option<u32>,
    spans: Vec<(u32, Span)>,
}

/// A container of which every record is there.
pub(super) struct Whole {
    stamp: Option<FileStamp>,
    spans: Vec<(u32, Span)>,
}

impl Whole {
    /// Says so in the state.
    ///
    /// # Errors
    /// As [`State::end_container`].
    pub(super) fn end(mut self, key: Key, state: &mut State) -> Result<Row, Error> {
        self.spans.sort_by_key(|(member, _)| *member);
        if let Some(stamp) = &self.stamp {
            let count = u32::try_from(self.spans.len()).unwrap_or(u32::MAX);
            state.end_container(key, count, stamp)?;
        }
        let spans = self.spans.into_iter().map(|(_, span)| span);
        Ok(Row::Many(spans.collect()))
    }
}

impl Unpacking {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The maps are whole at every moment.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends every document in the container at `path`, which is file number `file`; a fault of the
    /// container itself goes last, as one more document. Ends early when `send` answers false.
    pub(super) fn read(
        &self,
        file: usize,
        (path, form): (&Path, Form),
        patterns: &Patterns,
        limits: &Limits,
        send: &dyn Fn(Input) -> bool,
    ) {
        let stamp = || {
            let found = std::fs::metadata(path).ok();
            found.map(|found| reader::stamp(&found))
        };
        let before = stamp();
        let container = Container {
            stamp: before,
            lasting: true,
            count: None,
            spans: Vec::new(),
        };
        self.lock().open.insert(file, container);
        let (mut member, mut sent) = (0, true);
        let mut one = |name: Option<String>, bytes: Result<Vec<u8>, Error>| {
            let source = match bytes {
                Ok(bytes) => Source::Bytes(bytes),
                Err(error) => Source::Unreadable(error),
            };
            let way = Way { file, member, name };
            let tag = self.lock().add(way);
            member += 1;
            sent = sent && send(Input { tag, source });
            sent
        };
        let end = container::read(path, form, patterns, limits, &mut |found| {
            one(Some(found.name), found.bytes)
        });
        if let Err(error) = end {
            one(None, Err(error));
        }
        let after = stamp();
        if let Some(container) = self.lock().open.get_mut(&file) {
            container.count = sent.then_some(member);
            // Changed while it was read: read again the next time.
            container.stamp = before.filter(|_| after == before);
        }
    }

    /// The file that a tag belongs to, and the name inside it.
    pub(super) fn place(&self, tag: u64) -> (usize, Option<String>) {
        match self.lock().ways.get(&tag) {
            Some(way) => (way.file, way.name.clone()),
            None => (plain(tag), None),
        }
    }

    /// The file that a tag belongs to, and the place inside it; asked once for each tag.
    pub(super) fn arrived(&self, tag: u64) -> (usize, Option<u32>) {
        match self.lock().ways.remove(&tag) {
            Some(way) => (way.file, Some(way.member)),
            None => (plain(tag), None),
        }
    }

    /// The container as it was when its reading began; from a record on that is not `lasting` it
    /// has no stamp, so that it is read again.
    pub(super) fn stamp(&self, file: usize, lasting: bool) -> Option<FileStamp> {
        let mut inner = self.lock();
        let container = inner.open.get_mut(&file)?;
        container.lasting &= lasting;
        container.stamp.filter(|_| container.lasting)
    }

    /// One more record of a container; gives it back when this was the last.
    pub(super) fn took(&self, file: usize, member: u32, span: Span) -> Option<Whole> {
        let mut inner = self.lock();
        let container = inner.open.get_mut(&file)?;
        container.spans.push((member, span));
        let whole = container.is_whole();
        whole
            .then(|| inner.open.remove(&file))
            .flatten()
            .map(Container::end)
    }

    /// What is whole and was not given back yet, when nothing more will come.
    pub(super) fn rest(&self) -> Vec<(usize, Whole)> {
        let open = std::mem::take(&mut self.lock().open);
        open.into_iter()
            .filter(|(_, container)| container.is_whole())
            .map(|(file, container)| (file, container.end()))
            .collect()
    }
}

impl Inner {
    fn add(&mut self, way: Way) -> u64 {
        let tag = u64::MAX - self.sent;
        self.sent += 1;
        self.ways.insert(tag, way);
        tag
    }
}

impl Container {
    fn is_whole(&self) -> bool {
        self.count
            .is_some_and(|count| self.spans.len() == count as usize)
    }

    fn end(self) -> Whole {
        Whole {
            stamp: self.stamp.filter(|_| self.lasting),
            spans: self.spans,
        }
    }
}

fn plain(tag: u64) -> usize {
    usize::try_from(tag).unwrap_or(usize::MAX)
}
