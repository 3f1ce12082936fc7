//! A path → the whole file in a buffer that is used again, or why it cannot be read.

use std::fs::{File, Metadata};
use std::io::Read;
use std::time::{Duration, Instant};

use super::engine::{FileStamp, Input, Source};
use super::queue::Queue;
use crate::error::{Error, ErrorKind, FileOperation, FileReason};
use crate::run::input::open;

/// A document in memory that is given to the next one afterwards.
///
/// Octets behind the length are left over from an earlier document: clearing them for each would
/// cost as much as a tenth of hashing.
#[derive(Default)]
pub(super) struct Buffer {
    octets: Vec<u8>,
    length: usize,
}

impl Buffer {
    /// Room that it has, used or not.
    pub(super) fn room(&self) -> usize {
        self.octets.capacity()
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(octets: Vec<u8>) -> Self {
        let length = octets.len();
        Self { octets, length }
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

/// A document in memory, or the error in its place.
pub(super) struct Loaded {
    /// Its place among the inputs.
    pub(super) number: u64,
    pub(super) tag: u64,
    pub(super) file: Option<FileStamp>,
    pub(super) bytes: Result<Buffer, Error>,
    /// What [`Queue::give_back`] is to be told.
    pub(super) reserved: u64,
}

impl Loaded {
    fn new(number: u64, tag: u64) -> Self {
        Self {
            number,
            tag,
            file: None,
            bytes: Ok(Buffer::default()),
            reserved: 0,
        }
    }

    /// What needs not be read.
    pub(super) fn of_bytes(number: u64, tag: u64, bytes: Vec<u8>) -> Self {
        Self {
            reserved: bytes.len() as u64,
            bytes: Ok(bytes.into()),
            ..Self::new(number, tag)
        }
    }
}

/// One reader thread: inputs → documents, until the inputs end. Files may have `max` bytes.
pub(super) fn read_all(queue: &Queue, max: u64) {
    while let Some((number, input)) = queue.input() {
        let loaded = read_timed(number, input, max, queue, |octets| queue.reserve(octets));
        queue.push(loaded);
    }
}

/// As [`read`], and the queue learns how long it took; waiting for room does not count.
pub(super) fn read_timed(
    number: u64,
    input: Input,
    max: u64,
    queue: &Queue,
    reserve: impl FnOnce(u64) -> Buffer,
) -> Loaded {
    let start = Instant::now();
    let mut waited = Duration::ZERO;
    let loaded = read(number, input, max, |octets| {
        let start = Instant::now();
        let buffer = reserve(octets);
        waited = start.elapsed();
        buffer
    });
    queue.was_read(loaded.reserved, start.elapsed().saturating_sub(waited));
    loaded
}

/// One input → its document in a buffer that `reserve` gives for so many octets.
fn read(number: u64, input: Input, max: u64, reserve: impl FnOnce(u64) -> Buffer) -> Loaded {
    let path = match input.source {
        Source::Bytes(bytes) => return Loaded::of_bytes(number, input.tag, bytes),
        Source::Unreadable(error) => {
            let mut loaded = Loaded::new(number, input.tag);
            loaded.bytes = Err(error);
            return loaded;
        }
        Source::Path(path) => path,
    };
    let mut loaded = Loaded::new(number, input.tag);
    let opened = open(&path).and_then(|(file, metadata)| {
        if metadata.len() > max {
            return Err(Error::limit("file", max));
        }
        Ok((file, metadata))
    });
    let (mut file, metadata) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            loaded.bytes = Err(error);
            return loaded;
        }
    };
    loaded.file = Some(stamp(&metadata));
    loaded.reserved = metadata.len();
    let mut buffer = reserve(loaded.reserved);
    loaded.bytes = fill(&mut file, metadata.len(), &mut buffer)
        .map_err(|error| Error::new(ErrorKind::io(FileOperation::Read, &path, &error)))
        .and_then(|whole| {
            if whole {
                return Ok(buffer);
            }
            Err(Error::new(ErrorKind::Io {
                operation: FileOperation::Read,
                path: path.display().to_string(),
                reason: FileReason::Changed,
            }))
        });
    loaded
}

/// Whether the file had exactly `length` bytes, which stand in `buffer` then.
fn fill(file: &mut File, length: u64, buffer: &mut Buffer) -> std::io::Result<bool> {
    let too_much = || std::io::Error::from(std::io::ErrorKind::OutOfMemory);
    let length = usize::try_from(length).map_err(|_| too_much())?;
    // One more than there should be, so that the end is seen.
    let wanted = length.checked_add(1).ok_or_else(too_much)?;
    let octets = &mut buffer.octets;
    if octets.len() < wanted {
        octets
            .try_reserve_exact(wanted - octets.len())
            .map_err(|_| too_much())?;
        octets.resize(wanted, 0);
    }
    buffer.length = 0;
    while let Some(free) = octets
        .get_mut(buffer.length..wanted)
        .filter(|free| !free.is_empty())
    {
        match file.read(free) {
            Ok(0) => break,
            Ok(count) => buffer.length += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(buffer.length == length)
}

/// By what a later run can tell that the file was not touched.
pub(super) fn stamp(metadata: &Metadata) -> FileStamp {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|since| i128::try_from(since.as_nanos()).ok())
        .unwrap_or(0);
    #[cfg(unix)]
    let (inode, device) = {
        use std::os::unix::fs::MetadataExt;
        (metadata.ino(), metadata.dev())
    };
    #[cfg(not(unix))]
    let (inode, device) = (0, 0);
    FileStamp {
        size: metadata.len(),
        modified,
        inode,
        device,
    }
}
