//! Lines of a list that processes share → appended before they count, taken off when they are done; none is lost.
//!
//! Whoever changes the list holds its lock. Lines are taken off by a new file in the old one's
//! place, so a process that waited for the lock looks whether what it locked is still the list.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::output::{self, Existing, is_at};
use crate::error::{Error, ErrorKind, FileOperation};

/// Holds the list: until this is dropped, nobody else changes it.
#[derive(Debug)]
pub struct Held {
    /// Closed, and with that unlocked, when this goes.
    _file: File,
}

/// Holds the list at `path`; `None` when there is none.
///
/// # Errors
/// [`ErrorKind::Io`].
pub fn hold(path: &Path) -> Result<Option<Held>, Error> {
    match locked(path, OpenOptions::new().read(true).write(true)) {
        Ok(file) => Ok(Some(Held { _file: file })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ErrorKind::io(FileOperation::Write, path, &error).into()),
    }
}

/// The list at `path`, at most `most` octets, as it is while nobody holds it.
///
/// # Errors
/// [`ErrorKind::Io`]; [`ErrorKind::Limit`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let failed = |error: io::Error| Error::new(ErrorKind::io(FileOperation::Read, path, &error));
    let file = locked(path, OpenOptions::new().read(true).write(true)).map_err(failed)?;
    let mut bytes = Vec::new();
    let read = file.take(most.saturating_add(1)).read_to_end(&mut bytes);
    if read.map_err(failed)? as u64 > most {
        return Err(Error::limit("file", most));
    }
    Ok(bytes)
}

/// Adds `line`, which has no line end in it, to the list at `path`, made when it is not there. It
/// is on the disk when this returns, and the list is held, so that what the line speaks of can be
/// done before anyone works on the line.
///
/// # Errors
/// [`ErrorKind::Io`].
pub fn append(path: &Path, line: &str) -> Result<Held, Error> {
    let failed = |error: io::Error| Error::new(ErrorKind::io(FileOperation::Write, path, &error));
    let mut options = OpenOptions::new();
    let mut file = locked(path, options.read(true).append(true).create(true)).map_err(failed)?;
    let write = |file: &mut File| -> io::Result<()> {
        let length = file.metadata()?.len();
        let mut text = Vec::with_capacity(line.len().saturating_add(2));
        if length > 0 {
            let mut last = [0u8];
            file.seek(SeekFrom::Start(length.saturating_sub(1)))?;
            file.read_exact(&mut last)?;
            // What a process wrote that died over it stays a line of its own.
            if last != *b"\n" {
                text.push(b'\n');
            }
        }
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
        file.write_all(&text)?;
        file.sync_all()
    };
    write(&mut file).map_err(failed)?;
    output::sync_folder_of(path).map_err(failed)?;
    Ok(Held { _file: file })
}

/// Takes the first of each of `lines` off the list at `path`; whatever else is on it stays, also
/// what came since it was read.
///
/// # Errors
/// [`ErrorKind::Io`].
pub fn take_off(path: &Path, lines: &[&str]) -> Result<(), Error> {
    let failed = |error: io::Error| Error::new(ErrorKind::io(FileOperation::Write, path, &error));
    if lines.is_empty() {
        return Ok(());
    }
    let mut file = locked(path, OpenOptions::new().read(true).write(true)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    let mut done = lines.to_vec();
    let mut left = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        match done.iter().position(|done| done.as_bytes() == text) {
            Some(index) => drop(done.swap_remove(index)),
            None => left.extend_from_slice(line),
        }
    }
    output::write(path, &left, Existing::Replace, &[], |_| Ok(()))
}

/// The file at `path`, locked.
fn locked(path: &Path, options: &OpenOptions) -> io::Result<File> {
    loop {
        let file = options.open(path)?;
        file.lock()?;
        if is_at(&file, path) {
            return Ok(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two threads add while a third takes off: what is not taken off is there, once.
    #[test]
    fn ok_no_line_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("queue");
        append(path, "first").unwrap();
        std::thread::scope(|scope| {
            for name in ["a", "b"] {
                scope.spawn(move || {
                    for number in 0..100 {
                        append(path, &format!("{name} {number}")).unwrap();
                    }
                });
            }
            scope.spawn(move || {
                for number in 0..50 {
                    let line = format!("a {number}");
                    while !std::fs::read_to_string(path)
                        .unwrap()
                        .lines()
                        .any(|it| it == line)
                    {
                        std::thread::yield_now();
                    }
                    take_off(path, &[&line, "not there"]).unwrap();
                }
            });
        });
        let text = std::fs::read_to_string(path).unwrap();
        let mut left: Vec<&str> = text.lines().collect();
        left.sort_unstable();
        let mut wanted: Vec<String> = (50..100).map(|number| format!("a {number}")).collect();
        wanted.extend((0..100).map(|number| format!("b {number}")));
        wanted.push("first".to_owned());
        wanted.sort_unstable();
        assert_eq!(left, wanted);
    }

    /// Whoever holds the list keeps others from taking a line off it, and loses nothing by that.
    #[test]
    fn ok_a_list_that_is_held_does_not_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("queue");
        assert!(hold(path).unwrap().is_none());
        drop(append(path, "first").unwrap());
        assert_eq!(read(path, 6).unwrap(), b"first\n");
        assert!(read(path, 5).is_err());
        let held = hold(path).unwrap().unwrap();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| take_off(path, &["first"]));
            for _ in 0..100 {
                std::thread::yield_now();
                assert_eq!(std::fs::read_to_string(path).unwrap(), "first\n");
            }
            drop(held);
            other.join().unwrap().unwrap();
        });
        assert!(read(path, 0).unwrap().is_empty());
    }

    #[test]
    fn ok_a_line_that_was_cut_off_stays_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue");
        std::fs::write(&path, "{\"file\": \"a").unwrap();
        append(&path, "whole").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"file\": \"a\nwhole\n");
        // Of two equal lines one goes.
        append(&path, "whole").unwrap();
        take_off(&path, &["whole"]).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "{\"file\": \"a\nwhole\n"
        );
    }
}
