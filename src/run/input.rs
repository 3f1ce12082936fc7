//! A path → an open regular file with its facts, or why there is none.

use std::fs::{File, Metadata, OpenOptions};
use std::path::Path;

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
