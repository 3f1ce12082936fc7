//! A reader and limits → the same octets, and an error where a limit is passed.

use std::fmt;
use std::io::{self, BufRead, Read};

/// Which limit was reached.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) name: &'static str,
    pub(super) max: u64,
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl std::error::Error for Reached {}

struct Limit {
    name: &'static str,
    max: u64,
    left: u64,
}

impl Limit {
    fn new(name: &'static str, max: u64) -> Self {
        Self {
            name,
            max,
            left: max,
        }
    }
}

/// Counts what is read: of the whole, of the envelope and of one item of it. The parser gathers an
/// item whole, so its limit is what bounds the memory.
pub(super) struct Bounded<R> {
    inner: R,
    message: Limit,
    envelope: Limit,
    item: Limit,
    /// Inside the content of an attachment, of which only the whole is counted.
    pub(super) content: bool,
}

impl<R: BufRead> Bounded<R> {
    pub(super) fn new(inner: R, message: u64, envelope: u64, item: u64) -> Self {
        Self {
            inner,
            message: Limit::new("exchange message", message),
            envelope: Limit::new("exchange envelope", envelope),
            item: Limit::new("exchange item", item),
            content: false,
        }
    }

    /// A new item begins.
    pub(super) fn next_item(&mut self) {
        self.item.left = self.item.max;
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let mut limits = vec![&self.message];
        if !self.content {
            limits.extend([&self.envelope, &self.item]);
        }
        let tight = limits.into_iter().min_by_key(|limit| limit.left);
        let (left, reached) = match tight {
            Some(limit) => (
                limit.left,
                Reached {
                    name: limit.name,
                    max: limit.max,
                },
            ),
            None => return Ok(&[]),
        };
        let buffer = self.inner.fill_buf()?;
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other(reached));
        }
        let take = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        Ok(buffer.get(..take).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        let count = count as u64;
        self.message.left = self.message.left.saturating_sub(count);
        if !self.content {
            self.envelope.left = self.envelope.left.saturating_sub(count);
            self.item.left = self.item.left.saturating_sub(count);
        }
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let buffer = self.fill_buf()?;
        let take = buffer.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..take), buffer.get(..take)) {
            to.copy_from_slice(from);
        }
        self.consume(take);
        Ok(take)
    }
}
