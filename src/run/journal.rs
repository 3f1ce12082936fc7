//! Lines → a file that only grows; after a death at any moment, every whole line is there again.
//!
//! A line is written at one go and ends with a line end; what follows the last line end was cut off
//! and is thrown away. The file is locked while it is open, so that two processes cannot share it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, FileOperation, FileReason};

/// Where a line stands: from its first octet, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Octets before it.
    pub start: u64,
    /// Its length in octets.
    pub length: u32,
}

/// An open journal.
pub struct Journal {
    file: BufWriter<File>,
    path: PathBuf,
    end: u64,
    /// Whether the position is somewhere else than at the end.
    moved: bool,
}

impl Journal {
    /// Opens the journal at `path`, or makes it; `take` gets every line that is there, in order.
    ///
    /// `take` answers whether the line is what it should be: from the first one that is not, the
    /// journal is cut off, because nothing behind it can be relied upon.
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; [`FileReason::InUse`] when another process has it open.
    pub fn open(path: &Path, mut take: impl FnMut(Span, &str) -> bool) -> Result<Self, Error> {
        let failed = |step, error: &io::Error| Error::new(ErrorKind::io(step, path, error));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options
            .open(path)
            .map_err(|error| failed(FileOperation::Write, &error))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::new(ErrorKind::Io {
                operation: FileOperation::Write,
                path: path.display().to_string(),
                reason: FileReason::InUse,
            }),
            TryLockError::Error(error) => failed(FileOperation::Write, &error),
        })?;
        let reading = |error| failed(FileOperation::Read, &error);
        let mut lines = BufReader::with_capacity(1 << 16, &file);
        let (mut end, mut line) = (0u64, Vec::new());
        loop {
            line.clear();
            let length = lines.read_until(b'\n', &mut line).map_err(reading)? as u64;
            let Some(text) = line.strip_suffix(b"\n") else {
                break;
            };
            let span = u32::try_from(text.len())
                .ok()
                .map(|length| Span { start: end, length });
            match (span, std::str::from_utf8(text)) {
                (Some(span), Ok(text)) if take(span, text) => end += length,
                _ => break,
            }
        }
        drop(lines);
        file.set_len(end)
            .map_err(|error| failed(FileOperation::Write, &error))?;
        let mut file = BufWriter::with_capacity(1 << 16, file);
        file.seek(SeekFrom::Start(end))
            .map_err(|error| failed(FileOperation::Write, &error))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            end,
            moved: false,
        })
    }

    /// Appends one line, which has no line end in it. It is safe from the death of the process
    /// after [`Journal::flush`], from that of the machine after [`Journal::sync`].
    ///
    /// # Errors
    /// [`ErrorKind::Io`]; a line of 4 GiB is [`ErrorKind::Limit`].
    pub fn append(&mut self, line: &str) -> Result<Span, Error> {
        let length = u32::try_from(line.len())
            .map_err(|_| Error::limit("journal line", u64::from(u32::MAX)))?;
        if std::mem::take(&mut self.moved) {
            let sought = self.file.seek(SeekFrom::Start(self.end));
            sought.map_err(|error| self.failed(FileOperation::Write, &error))?;
        }
        let written = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|error| self.failed(FileOperation::Write, &error))?;
        let span = Span {
            start: self.end,
            length,
        };
        self.end += u64::from(length) + 1;
        Ok(span)
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.file
            .flush()
            .map_err(|error| self.failed(FileOperation::Write, &error))
    }

    /// Gets everything onto the disk.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn sync(&mut self) -> Result<(), Error> {
        self.flush()?;
        let synced = self.file.get_ref().sync_data();
        synced.map_err(|error| self.failed(FileOperation::Sync, &error))
    }

    /// Reads the line at `span` again, into `line`.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn read(&mut self, span: Span, line: &mut String) -> Result<(), Error> {
        line.clear();
        self.flush()?;
        self.moved = true;
        let file = self.file.get_mut();
        let read = file
            .seek(SeekFrom::Start(span.start))
            .and_then(|_| file.take(u64::from(span.length)).read_to_string(line));
        match read {
            Ok(length) if length == span.length as usize => Ok(()),
            Ok(_) => Err(self.failed(
                FileOperation::ReadBack,
                &io::ErrorKind::UnexpectedEof.into(),
            )),
            Err(error) => Err(self.failed(FileOperation::ReadBack, &error)),
        }
    }

    fn failed(&self, step: FileOperation, error: &io::Error) -> Error {
        Error::new(ErrorKind::io(step, &self.path, error))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Whoever wants to know whether all was written asks before. What could not be written is
        // tried once more when the file is closed: the lock is not given away before that.
        //
        // A child process that is just being started shares the open file for a moment: without
        // this, the lock would stay.
        if self.file.flush().is_ok() {
            let _ = self.file.get_ref().unlock();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &Path) -> Vec<String> {
        let mut lines = Vec::new();
        Journal::open(path, |_, line| {
            lines.push(line.to_owned());
            true
        })
        .unwrap();
        lines
    }

    #[test]
    fn ok_lines_come_back_and_a_torn_one_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let mut journal = Journal::open(&path, |_, _| true).unwrap();
        let one = journal.append("one").unwrap();
        journal.append("zwei \u{1ee5}").unwrap();
        journal.flush().unwrap();
        let mut text = String::new();
        journal.read(one, &mut text).unwrap();
        assert_eq!(text, "one");
        journal.append("three").unwrap();
        drop(journal);
        assert_eq!(lines(&path), ["one", "zwei \u{1ee5}", "three"]);
        // Killed at every octet of the file.
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let kept = whole[..cut].iter().filter(|c| **c == b'\n').count();
            assert_eq!(lines(&path).len(), kept);
            let mut journal = Journal::open(&path, |_, _| true).unwrap();
            journal.append("more").unwrap();
            drop(journal);
            assert_eq!(lines(&path).last().unwrap(), "more");
        }
    }

    #[test]
    fn err_what_follows_a_bad_line_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        std::fs::write(&path, "good\nbad\ngood\n").unwrap();
        let mut seen = Vec::new();
        drop(Journal::open(&path, |span, line| {
            seen.push((span.start, line.to_owned()));
            line == "good"
        }));
        assert_eq!(seen, [(0, "good".to_owned()), (5, "bad".to_owned())]);
        assert_eq!(std::fs::read(&path).unwrap(), b"good\n");
    }

    #[test]
    fn err_two_processes_cannot_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let first = Journal::open(&path, |_, _| true).unwrap();
        let Err(error) = Journal::open(&path, |_, _| true) else {
            panic!("opened twice");
        };
        assert!(error.to_string().contains("another process"), "{error}");
        drop(first);
        assert!(Journal::open(&path, |_, _| true).is_ok());
    }
}
