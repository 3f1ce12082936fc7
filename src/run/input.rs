//! A path → an open regular file with its facts, or its bytes; or why there is none.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, FileOperation};

/// Opens a regular file for reading. A named pipe or a device is refused without waiting for it.
///
/// # Errors
/// [`ErrorKind::Io`]: the system refuses, or it is something else than a regular file.
pub fn open(path: &Path) -> Result<(File, Metadata), Error> {
    let io = |error: std::io::Error| Error::new(ErrorKind::io(FileOperation::Read, path, &error));
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Opening a pipe would wait for its writer; for regular files it means nothing.
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_file() {
        return Ok((file, metadata));
    }
    let kind = match metadata.is_dir() {
        true => std::io::ErrorKind::IsADirectory,
        false => std::io::ErrorKind::InvalidInput,
    };
    Err(io(std::io::Error::from(kind)))
}

/// The bytes of a regular file that may have at most `max` bytes.
///
/// # Errors
/// As [`open`]; [`ErrorKind::Limit`]: it is longer, which is seen before it is read.
pub fn read_regular(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    let (file, metadata) = open(path)?;
    read_open(file, &metadata, path, max)
}

/// As [`read_regular`] for what may be a pipe as well, which is waited for.
///
/// # Errors
/// As [`read_regular`]; a folder.
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    let io = |error: std::io::Error| Error::new(ErrorKind::io(FileOperation::Read, path, &error));
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_dir() {
        return Err(io(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    read_open(file, &metadata, path, max)
}

fn read_open(file: File, metadata: &Metadata, path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    if metadata.len() > max {
        return Err(Error::limit("file", max));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // A file that grows while it is read (or a pipe) is held to the limit as well.
    file.take(max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Error::new(ErrorKind::io(FileOperation::Read, path, &error)))?;
    if bytes.len() as u64 > max {
        return Err(Error::limit("file", max));
    }
    Ok(bytes)
}

/// The files that `paths` name; a folder stands for the files in it, sorted, not deeper.
///
/// # Errors
/// [`ErrorKind::Io`]: a folder cannot be read.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let io = |error| Error::new(ErrorKind::io(FileOperation::Read, path, &error));
        let mut inside = Vec::new();
        for entry in std::fs::read_dir(path).map_err(io)? {
            let entry = entry.map_err(io)?.path();
            if entry.is_file() {
                inside.push(entry);
            }
        }
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn err_a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let error = open(&path).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io { .. }));
        assert!(open(&folder.path().join("nothing")).is_err());
        assert!(open(folder.path()).is_err());
    }
}
