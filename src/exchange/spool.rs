//! Octets as they come → a file without a name, its length and its digest.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::io_fault;
use crate::error::{Error, FileReason};
use crate::pki::issue::random_serial;
use crate::report::hex;

/// Octets in a file that only this process can open, gone when it is dropped.
pub struct Spool {
    file: File,
    length: u64,
    sha256: [u8; 32],
    /// Where a system keeps names of open files, it is removed at the end.
    path: Option<PathBuf>,
}

impl Spool {
    /// Octets.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// SHA-256, hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&self.sha256)
    }

    /// The octets from the start.
    pub(super) fn reader(&mut self) -> Result<BufReader<&mut File>, Error> {
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(|error| io_fault(&error))?;
        Ok(BufReader::new(&mut self.file))
    }

    /// What `source` gives, at most `max` octets.
    pub(super) fn from_reader(
        source: &mut impl Read,
        folder: Option<&Path>,
        max: u64,
    ) -> Result<Self, Error> {
        let mut spooling = Spooling::new(folder, max)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = source.read(&mut buffer).map_err(|error| io_fault(&error))?;
            if count == 0 {
                return spooling.finish();
            }
            spooling.write(buffer.get(..count).unwrap_or_default())?;
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            // Nothing is left to do where that fails.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spool")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// A [`Spool`] that is being filled.
pub(super) struct Spooling {
    file: BufWriter<File>,
    path: Option<PathBuf>,
    digest: Sha256,
    length: u64,
    max: u64,
}

impl Spooling {
    pub(super) fn new(folder: Option<&Path>, max: u64) -> Result<Self, Error> {
        let (file, path) = create(folder)?;
        Ok(Self {
            file: BufWriter::with_capacity(64 << 10, file),
            path,
            digest: Sha256::new(),
            length: 0,
            max,
        })
    }

    pub(super) fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.length = self.length.saturating_add(octets.len() as u64);
        if self.length > self.max {
            return Err(Error::limit("exchange attachment", self.max));
        }
        self.digest.update(octets);
        self.file
            .write_all(octets)
            .map_err(|error| io_fault(&error))
    }

    pub(super) fn finish(mut self) -> Result<Spool, Error> {
        self.file.flush().map_err(|error| io_fault(&error))?;
        let file = self
            .file
            .into_inner()
            .map_err(|error| io_fault(error.error()))?;
        Ok(Spool {
            file,
            length: self.length,
            sha256: self.digest.finalize().into(),
            path: self.path,
        })
    }
}

/// A new file that nobody else can open; its path where the name cannot be removed at once.
fn create(folder: Option<&Path>) -> Result<(File, Option<PathBuf>), Error> {
    let folder = folder.map_or_else(std::env::temp_dir, Path::to_owned);
    let name = random_serial().map_err(|_| crate::error::ErrorKind::Io {
        operation: crate::error::FileOperation::CreateBeside,
        path: folder.display().to_string(),
        reason: FileReason::NoRandom,
    })?;
    let path = folder.join(format!(".kyso-{}", hex(&name)));
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(|error| {
        crate::error::ErrorKind::io(crate::error::FileOperation::Write, &path, &error)
    })?;
    // A process that is killed leaves nothing behind.
    let path = match std::fs::remove_file(&path) {
        Ok(()) => None,
        Err(_) => Some(path),
    };
    Ok((file, path))
}

/// A file without a name, empty.
pub(super) fn unnamed(folder: Option<&Path>) -> Result<File, Error> {
    create(folder).map(|(file, _)| file)
}
