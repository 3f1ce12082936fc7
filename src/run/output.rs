//! Octets → a file that appears whole, synced and checked, or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, ErrorKind, FileOperation, FileReason};

/// What may happen to files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// The output must be a new file.
    #[default]
    Keep,
    /// A regular file under the output's name is replaced, never one of the inputs.
    Replace,
}

/// Writes `bytes` to `path` so that a reader sees the old state or the whole new file.
///
/// The octets go to a file of a random name in the same directory (mode 0600, created
/// exclusively), are synced, checked by `verify`, which is given the path of that file, and only
/// then get their name; the directory is synced last, and what `verify` gave is dropped after it.
/// The finished file has the permissions of the file that it replaces, else of the first input,
/// else 0600. `inputs` are files that must never be replaced; they are compared by identity, so
/// that links do not hide them.
///
/// When the process is killed, at most a file `.NAME.RANDOM.tmp` stays behind.
///
/// # Errors
/// [`ErrorKind::Io`] with the path and what to do; what `verify` says. The temporary file is
/// removed, and `path` is as it was.
pub fn write<T>(
    path: &Path,
    bytes: &[u8],
    existing: Existing,
    inputs: &[&Path],
    verify: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<(), Error> {
    let mode = check(path, existing, inputs)?;
    write_checked(path, bytes, existing, Readers::Owner, mode, verify)
}

/// That [`write()`] could begin: for whoever does something first that cannot be undone.
///
/// # Errors
/// [`ErrorKind::Io`], as [`write()`] has it for `path`, what is there and `inputs`.
pub fn permitted(path: &Path, existing: Existing, inputs: &[&Path]) -> Result<(), Error> {
    check(path, existing, inputs)?;
    match fs::metadata(folder(path)) {
        Ok(_) => Ok(()),
        Err(error) => Err(system(FileOperation::CreateBeside, path, &error)),
    }
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Readers {
    /// The owner alone: mode 0600.
    #[default]
    Owner,
    /// Everyone whom the process's mask lets: mode 0644 at most.
    Everyone,
}

/// Writes `bytes` to `path`, a new file, as [`write()`] does, for `readers`.
///
/// # Errors
/// As [`write()`]; the file exists.
pub fn write_new(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), Error> {
    let mode = check(path, Existing::Keep, &[])?;
    write_checked(path, bytes, Existing::Keep, readers, mode, |_| Ok(()))
}

/// A file that is being written and has no name yet: for outputs that do not fit into memory.
///
/// Dropped without [`Pending::publish`], it leaves nothing behind.
pub struct Pending {
    file: BufWriter<File>,
    temporary: Temporary,
    target: PathBuf,
    existing: Existing,
}

impl Pending {
    /// Starts the file that will be `target`, with the care of [`write()`].
    ///
    /// # Errors
    /// As [`write()`].
    pub fn create(target: &Path, existing: Existing, readers: Readers) -> Result<Self, Error> {
        let mode = check(target, existing, &[])?;
        let (temporary, file) = Temporary::create(folder(target), target, readers)?;
        set_mode(&file, mode).map_err(|error| {
            Error::new(ErrorKind::io(FileOperation::SetPermissions, target, &error))
        })?;
        Ok(Self {
            file: BufWriter::with_capacity(1 << 16, file),
            temporary,
            target: target.to_owned(),
            existing,
        })
    }

    /// The error of a write that did not work.
    pub fn failed(&self, error: &io::Error) -> Error {
        system(FileOperation::Write, &self.target, error)
    }

    /// Syncs the file and gives it its name.
    ///
    /// # Errors
    /// As [`write()`].
    pub fn publish(self) -> Result<(), Error> {
        let during = |step, error: &io::Error| system(step, &self.target, error);
        let file = self
            .file
            .into_inner()
            .map_err(|error| during(FileOperation::Write, error.error()))?;
        file.sync_all()
            .map_err(|error| during(FileOperation::Sync, &error))?;
        drop(file);
        self.temporary.publish(&self.target, self.existing)?;
        sync_directory(folder(&self.target))
            .map_err(|error| during(FileOperation::SyncFolder, &error))
    }
}

impl Write for Pending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Syncs the folder that the file `path` lies in.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    sync_directory(folder(path))
}

/// The folder that a file lies in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn write_checked<T>(
    path: &Path,
    bytes: &[u8],
    existing: Existing,
    readers: Readers,
    mode: Option<u32>,
    verify: impl FnOnce(&Path) -> Result<T, Error>,
) -> Result<(), Error> {
    let directory = folder(path);
    let (temporary, mut file) = Temporary::create(directory, path, readers)?;
    let during = |step, error: io::Error| Error::new(ErrorKind::io(step, path, &error));
    file.write_all(bytes)
        .map_err(|error| during(FileOperation::Write, error))?;
    set_mode(&file, mode).map_err(|error| during(FileOperation::SetPermissions, error))?;
    file.sync_all()
        .map_err(|error| during(FileOperation::Sync, error))?;
    drop(file);
    let _held = verify(&temporary.path)?;
    temporary.publish(path, existing)?;
    sync_directory(directory).map_err(|error| during(FileOperation::SyncFolder, error))
}

/// That the output may be written, and the permissions that it will have.
fn check(path: &Path, existing: Existing, inputs: &[&Path]) -> Result<Option<u32>, Error> {
    if path.file_name().is_none() {
        return Err(fault(path, FileReason::NoFileName));
    }
    let mut mode = None;
    let there = match fs::symlink_metadata(path) {
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(system(FileOperation::Write, path, &error)),
    };
    for input in inputs {
        let found =
            fs::metadata(input).map_err(|error| system(FileOperation::Read, input, &error))?;
        if there.is_some() && same_file(path, input) {
            return Err(fault(path, FileReason::IsInput));
        }
        mode = mode.or(mode_of(&found));
    }
    match there {
        None => Ok(mode),
        Some(metadata) if !metadata.is_file() => Err(fault(path, FileReason::NotRegular)),
        Some(_) if existing == Existing::Keep => Err(fault(path, FileReason::Exists)),
        Some(metadata) => Ok(mode_of(&metadata)),
    }
}

fn fault(path: &Path, reason: FileReason) -> Error {
    Error::new(ErrorKind::Io {
        operation: FileOperation::Write,
        path: path.display().to_string(),
        reason,
    })
}

fn system(operation: FileOperation, path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::io(operation, path, error))
}

/// A file that is removed unless it gets its final name.
struct Temporary {
    path: PathBuf,
    keep: bool,
}

impl Temporary {
    fn create(directory: &Path, target: &Path, readers: Readers) -> Result<(Self, File), Error> {
        let mut random = [0u8; 8];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| fault(target, FileReason::NoRandom))?;
        let mut name = OsString::from(".");
        // Long names are cut, so that the temporary name fits too.
        let target_name = target.file_name().unwrap_or_default().to_string_lossy();
        name.push(target_name.chars().take(40).collect::<String>());
        name.push(format!(".{:016x}.tmp", u64::from_be_bytes(random)));
        let path = directory.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        permit(&mut options, readers);
        let file = options
            .open(&path)
            .map_err(|error| system(FileOperation::CreateBeside, target, &error))?;
        Ok((Self { path, keep: false }, file))
    }

    fn publish(mut self, target: &Path, existing: Existing) -> Result<(), Error> {
        let renamed = match existing {
            Existing::Replace => fs::rename(&self.path, target),
            Existing::Keep => rename_to_new(&self.path, target),
        };
        match renamed {
            Ok(()) => {
                self.keep = true;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(fault(target, FileReason::Appeared))
            }
            Err(error) => Err(system(FileOperation::Rename, target, &error)),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.keep {
            // Nothing can be done when it fails; the name says what the file is.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(unix)]
mod system {
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    use super::Readers;

    pub(super) fn permit(options: &mut OpenOptions, readers: Readers) {
        options.mode(match readers {
            Readers::Owner => 0o600,
            Readers::Everyone => 0o644,
        });
    }

    pub(super) fn mode_of(metadata: &Metadata) -> Option<u32> {
        Some(metadata.mode() & 0o777)
    }

    pub(super) fn set_mode(file: &File, mode: Option<u32>) -> io::Result<()> {
        match mode {
            Some(mode) => file.set_permissions(fs::Permissions::from_mode(mode)),
            None => Ok(()),
        }
    }

    /// Whether both names lead to one file, links followed.
    pub(super) fn same_file(a: &Path, b: &Path) -> bool {
        match (fs::metadata(a), fs::metadata(b)) {
            (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
            _ => false,
        }
    }

    /// Whether `path` leads to this open file.
    pub(in crate::run) fn is_at(file: &File, path: &Path) -> bool {
        match (file.metadata(), fs::metadata(path)) {
            (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
            _ => false,
        }
    }

    pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }

    /// Renames without ever replacing.
    pub(super) fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            // File systems without that operation have links that do not replace either.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                fs::hard_link(from, to)?;
                fs::remove_file(from)
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::{self, File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    use super::Readers;

    pub(super) fn permit(_: &mut OpenOptions, _: Readers) {}

    pub(super) fn mode_of(_: &Metadata) -> Option<u32> {
        None
    }

    pub(super) fn set_mode(_: &File, _: Option<u32>) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn same_file(a: &Path, b: &Path) -> bool {
        match (fs::canonicalize(a), fs::canonicalize(b)) {
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        }
    }

    /// A file that somebody has open is not replaced there.
    pub(in crate::run) fn is_at(_: &File, _: &Path) -> bool {
        true
    }

    pub(super) fn sync_directory(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)?;
        fs::remove_file(from)
    }
}

pub(super) use system::is_at;
use system::{mode_of, permit, rename_to_new, same_file, set_mode, sync_directory};

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn passes(_: &Path) -> Result<(), Error> {
        Ok(())
    }

    #[test]
    fn ok_a_new_file_has_the_permissions_of_its_input_and_nothing_stays_behind() {
        let directory = tempfile::tempdir().unwrap();
        let (input, output) = (directory.path().join("in"), directory.path().join("out"));
        fs::write(&input, b"old").unwrap();
        fs::set_permissions(&input, fs::Permissions::from_mode(0o640)).unwrap();
        write(&output, b"new", Existing::Keep, &[&input], |temporary| {
            assert_eq!(fs::read(temporary).unwrap(), b"new");
            assert!(!output.exists());
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read(&output).unwrap(), b"new");
        assert_eq!(fs::metadata(&output).unwrap().mode() & 0o777, 0o640);
        assert_eq!(names(directory.path()), ["in", "out"]);
        let alone = directory.path().join("alone");
        write(&alone, b"x", Existing::Keep, &[], passes).unwrap();
        assert_eq!(fs::metadata(&alone).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn err_an_existing_file_is_kept_unless_asked() {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("out.pdf");
        fs::write(&output, b"old").unwrap();
        let error = write(&output, b"new", Existing::Keep, &[], passes).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "writing {} failed: the file exists; choose another output or allow it to be overwritten",
                output.display()
            )
        );
        assert_eq!(fs::read(&output).unwrap(), b"old");
        write(&output, b"new", Existing::Replace, &[], passes).unwrap();
        assert_eq!(fs::read(&output).unwrap(), b"new");
        assert_eq!(names(directory.path()), ["out.pdf"]);
    }

    #[test]
    fn err_the_input_is_never_replaced_by_any_of_its_names() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::write(path("in"), b"old").unwrap();
        symlink(path("in"), path("symbolic")).unwrap();
        fs::hard_link(path("in"), path("hard")).unwrap();
        for name in ["in", "symbolic", "hard"] {
            let error = write(
                &path(name),
                b"new",
                Existing::Replace,
                &[&path("in")],
                passes,
            )
            .unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "writing {} failed: it is the input itself, which is never changed; choose another output",
                    path(name).display()
                )
            );
        }
        assert_eq!(fs::read(path("in")).unwrap(), b"old");
        assert_eq!(names(directory.path()), ["hard", "in", "symbolic"]);
    }

    #[test]
    fn err_a_file_that_does_not_verify_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("out");
        let error = write(&output, b"new", Existing::Keep, &[], |_| -> Result<(), _> {
            Err(Error::new(ErrorKind::Misuse("does not verify")))
        })
        .unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Misuse("does not verify"));
        assert!(names(directory.path()).is_empty());
    }

    /// A lock that `verify` takes is held until the file has its name.
    #[test]
    fn ok_what_the_check_gives_lives_until_the_file_is_there() {
        struct Guard<'p>(&'p Path);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                assert_eq!(fs::read(self.0).unwrap(), b"new");
            }
        }
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("out");
        write(&output, b"new", Existing::Keep, &[], |_| Ok(Guard(&output))).unwrap();
    }

    #[test]
    fn err_a_file_that_appears_meanwhile_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("out");
        let error = write(&output, b"new", Existing::Keep, &[], |_| {
            fs::write(&output, b"other").unwrap();
            Ok(())
        })
        .unwrap_err();
        assert!(error.to_string().contains("has appeared meanwhile"));
        assert_eq!(fs::read(&output).unwrap(), b"other");
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn ok_a_pending_file_appears_when_it_is_published_and_not_before() {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("out");
        let start = |existing| Pending::create(&output, existing, Readers::Everyone).unwrap();
        let mut pending = start(Existing::Keep);
        pending.write_all(&[7; 100_000]).unwrap();
        assert!(!output.exists());
        pending.publish().unwrap();
        assert_eq!(fs::read(&output).unwrap(), [7; 100_000]);
        let mut dropped = start(Existing::Replace);
        dropped.write_all(b"half").unwrap();
        drop(dropped);
        assert_eq!(fs::read(&output).unwrap().len(), 100_000);
        assert_eq!(names(directory.path()), ["out"]);
    }

    #[test]
    fn err_directories_and_links_are_no_outputs() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        symlink("nowhere", &link).unwrap();
        for path in [directory.path(), &link] {
            assert!(write(path, b"new", Existing::Replace, &[], passes).is_err());
        }
        let nowhere = directory.path().join("missing").join("out");
        assert!(write(&nowhere, b"new", Existing::Keep, &[], passes).is_err());
        assert_eq!(names(directory.path()), ["link"]);
    }
}
