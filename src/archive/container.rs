//! A ZIP or tar file → the documents in it, one by one, each within limits.
//!
//! Nothing is written to disk and no name from inside is used as a path. What a container may ask
//! for is bounded: bytes of one member, of all members, bytes out of one packed byte, members.
//! Containers in containers are not opened, and names that stand twice in a ZIP file cannot be told
//! apart: both are said, as members that cannot be had.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::{Error, ErrorKind, FileOperation};
use crate::limits::Limits;
use crate::run::walk::Patterns;

/// Forms of containers, told by the names of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Zip,
    Tar,
    TarGz,
}

impl Form {
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        if name.ends_with(".zip") {
            Some(Self::Zip)
        } else if name.ends_with(".tar") {
            Some(Self::Tar)
        } else if name.ends_with(".tar.gz") || name.ends_with(".tgz") {
            Some(Self::TarGz)
        } else {
            None
        }
    }
}

/// One document in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its name, as it stands there; never a path of this machine.
    pub(super) name: String,
    /// Its bytes, or why it cannot be had.
    pub(super) bytes: Result<Vec<u8>, Error>,
}

/// Calls `take` with every file in the container at `path` whose name `patterns` mean, in the
/// container's order, until it answers false.
///
/// # Errors
/// What ends the reading of the container as a whole; members before it were taken.
pub(super) fn read(
    path: &Path,
    form: Form,
    patterns: &Patterns,
    limits: &Limits,
    take: &mut dyn FnMut(Member) -> bool,
) -> Result<(), Error> {
    let io = |error: &std::io::Error| Error::new(ErrorKind::io(FileOperation::Read, path, error));
    let file = File::open(path).map_err(|error| io(&error))?;
    let mut budget = Budget::new(limits);
    match form {
        Form::Zip => zip_members(BufReader::new(file), patterns, &mut budget, take)
            .map_err(|fault| fault.error(&io)),
        Form::Tar => {
            let reader = BufReader::new(file);
            tar_members(reader, None, patterns, &mut budget, take).map_err(|fault| fault.error(&io))
        }
        Form::TarGz => {
            let packed = file.metadata().map_err(|error| io(&error))?.len();
            let reader = MultiGzDecoder::new(BufReader::new(file));
            tar_members(reader, Some(packed), patterns, &mut budget, take)
                .map_err(|fault| fault.error(&io))
        }
    }
}

/// Why a container or a member cannot be read.
enum Fault {
    Io(std::io::Error),
    Other(Error),
}

impl Fault {
    fn error(self, io: &impl Fn(&std::io::Error) -> Error) -> Error {
        match self {
            Self::Io(error) => io(&error),
            Self::Other(error) => error,
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// What is left of what a container may ask for.
struct Budget<'l> {
    limits: &'l Limits,
    bytes: u64,
    members: u64,
}

impl<'l> Budget<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            bytes: limits.container_bytes,
            members: limits.container_members,
        }
    }

    fn member(&mut self) -> Result<(), Fault> {
        self.members = self.members.checked_sub(1).ok_or_else(|| {
            Fault::Other(Error::limit(
                "container_members",
                self.limits.container_members,
            ))
        })?;
        Ok(())
    }

    /// The whole of `reader`, which came out of `packed` bytes where they are known.
    ///
    /// `Ok(Err(…))` is a fault of this member alone.
    fn read(
        &mut self,
        reader: &mut impl Read,
        packed: Option<u64>,
    ) -> Result<std::io::Result<Result<Vec<u8>, Error>>, Fault> {
        const FREE: u64 = 1 << 20;
        let ratio = packed.map_or(u64::MAX, |packed| {
            packed.saturating_mul(self.limits.inflate_ratio).max(FREE)
        });
        let cap = self.limits.file.min(ratio).min(self.bytes);
        let mut bytes = Vec::new();
        let read = reader.take(cap.saturating_add(1)).read_to_end(&mut bytes);
        let length = bytes.len() as u64;
        self.bytes = self.bytes.saturating_sub(length);
        if let Err(error) = read {
            return Ok(Err(error));
        }
        if length <= cap {
            return Ok(Ok(Ok(bytes)));
        }
        if cap == ratio {
            return Ok(Ok(Err(Error::limit(
                "inflate_ratio",
                self.limits.inflate_ratio,
            ))));
        }
        if cap == self.limits.file {
            return Ok(Ok(Err(Error::limit("file", self.limits.file))));
        }
        Err(Fault::Other(Error::limit(
            "container_bytes",
            self.limits.container_bytes,
        )))
    }
}

/// The error of a member that the container's own structure does not let out.
fn broken(name: &str, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::io(FileOperation::Read, Path::new(name), error))
}

/// A container in a container, whose documents nobody looks at.
fn nested(name: &str, patterns: &Patterns) -> Option<Member> {
    let path = Path::new(name);
    if Form::of(path).is_none() || !patterns.folder(path) {
        return None;
    }
    let error = std::io::Error::other("a container in a container is not opened: unpack it first");
    Some(Member {
        name: name.to_owned(),
        bytes: Err(broken(name, &error)),
    })
}

/// Names that the directory of a ZIP file has more than once, once for every time but the last; the
/// library keeps the last alone.
///
/// Source: APPNOTE.TXT, central directory structure.
fn repeated(reader: &mut (impl Read + Seek), start: u64) -> Result<Vec<String>, std::io::Error> {
    let mut reader = BufReader::new(reader);
    reader.seek(SeekFrom::Start(start))?;
    let (mut met, mut twice) = (HashSet::new(), Vec::new());
    loop {
        let mut signature = [0; 4];
        reader.read_exact(&mut signature)?;
        if signature != *b"PK\x01\x02" {
            return Ok(twice);
        }
        let mut fixed = [0; 42];
        reader.read_exact(&mut fixed)?;
        let length = |at: usize| {
            let two = fixed.get(at..).and_then(<[u8]>::first_chunk);
            u16::from_le_bytes(two.copied().unwrap_or_default())
        };
        let (name, extra, comment) = (length(24), length(26), length(28));
        let mut octets = vec![0; usize::from(name)];
        reader.read_exact(&mut octets)?;
        reader.seek_relative(i64::from(extra) + i64::from(comment))?;
        if let Some(octets) = met.replace(octets) {
            twice.push(String::from_utf8_lossy(&octets).into_owned());
        }
    }
}

fn zip_members(
    mut reader: impl Read + Seek,
    patterns: &Patterns,
    budget: &mut Budget<'_>,
    take: &mut dyn FnMut(Member) -> bool,
) -> Result<(), Fault> {
    let length = reader.seek(SeekFrom::End(0))?;
    reader.rewind()?;
    let zip = |error: zip::result::ZipError| Fault::Io(std::io::Error::other(error.to_string()));
    let mut archive = zip::ZipArchive::new(reader).map_err(zip)?;
    for index in 0..archive.len() {
        let listed = archive.name_for_index(index).and_then(Result::ok);
        let listed = listed.map_or_else(|| format!("#{index}"), std::borrow::Cow::into_owned);
        let mut file = match archive.by_index(index) {
            Ok(file) => file,
            Err(error) => {
                // Encrypted, packed in an unknown way, or damaged: said, and the next one is read.
                budget.member()?;
                let error = std::io::Error::other(error.to_string());
                let bytes = Err(broken(&listed, &error));
                if patterns.file(Path::new(&listed))
                    && !take(Member {
                        name: listed,
                        bytes,
                    })
                {
                    return Ok(());
                }
                continue;
            }
        };
        let name = String::from_utf8_lossy(file.name_raw()).into_owned();
        if !file.is_file() {
            continue;
        }
        if !patterns.file(Path::new(&name)) {
            if let Some(member) = nested(&name, patterns) {
                budget.member()?;
                if !take(member) {
                    return Ok(());
                }
            }
            continue;
        }
        budget.member()?;
        // Nobody packs more bytes than the file has, whatever the directory says.
        let packed = file.compressed_size().min(length);
        let bytes = budget
            .read(&mut file, Some(packed))?
            .unwrap_or_else(|error| Err(broken(&name, &error)));
        if !take(Member { name, bytes }) {
            return Ok(());
        }
    }
    let start = archive.central_directory_start();
    for name in repeated(&mut archive.into_inner(), start)? {
        if !patterns.file(Path::new(&name)) && nested(&name, patterns).is_none() {
            continue;
        }
        budget.member()?;
        let error = std::io::Error::other("the name stands more than once, the last alone is read");
        let bytes = Err(broken(&name, &error));
        if !take(Member { name, bytes }) {
            return Ok(());
        }
    }
    Ok(())
}

fn tar_members(
    reader: impl Read,
    packed: Option<u64>,
    patterns: &Patterns,
    budget: &mut Budget<'_>,
    take: &mut dyn FnMut(Member) -> bool,
) -> Result<(), Fault> {
    let most = packed.map_or(u64::MAX, |packed| {
        packed
            .saturating_mul(budget.limits.inflate_ratio)
            .max(1 << 20)
    });
    // Skipping costs as much as reading here, so that both count.
    let mut archive = tar::Archive::new(reader.take(most));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        budget.member()?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if !patterns.file(Path::new(&name)) {
            if let Some(member) = nested(&name, patterns)
                && !take(member)
            {
                return Ok(());
            }
            continue;
        }
        let stated = entry.size();
        let mut bytes = budget
            .read(&mut entry, None)?
            .unwrap_or_else(|error| Err(broken(&name, &error)));
        // The library takes an early end of the file for the end of the member.
        if bytes
            .as_ref()
            .is_ok_and(|bytes| bytes.len() as u64 != stated)
        {
            let error = std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "the container is cut short in it",
            );
            bytes = Err(broken(&name, &error));
        }
        if !take(Member { name, bytes }) {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn patterns() -> Patterns {
        Patterns::new(&["*.pdf".to_owned()], &[]).unwrap()
    }

    fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append_data(&mut header, name, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn members(name: &str, bytes: &[u8], limits: &Limits) -> (Vec<Member>, Option<Error>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut all = Vec::new();
        let form = Form::of(&path).unwrap();
        let end = read(&path, form, &patterns(), limits, &mut |member| {
            all.push(member);
            true
        });
        (all, end.err())
    }

    #[test]
    fn ok_members_by_name_in_order() {
        let files: [(&str, &[u8]); 3] =
            [("b/2.pdf", b"two"), ("x.txt", b"no"), ("a/1.PDF", b"one")];
        let gz = {
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
            gz.write_all(&tar(&files)).unwrap();
            gz.finish().unwrap()
        };
        for (name, bytes) in [
            ("a.zip", zip(&files)),
            ("a.tar", tar(&files)),
            ("a.tgz", gz),
        ] {
            let (all, end) = members(name, &bytes, &Limits::default());
            assert_eq!(end, None, "{name}");
            let found: Vec<_> = all
                .iter()
                .map(|one| (one.name.as_str(), one.bytes.as_deref().unwrap()))
                .collect();
            assert_eq!(
                found,
                [("b/2.pdf", &b"two"[..]), ("a/1.PDF", b"one")],
                "{name}"
            );
        }
    }

    /// A bomb is a limit, and the members around it are read.
    #[test]
    fn err_bombs_reach_a_limit() {
        let zeros = vec![0; 3 << 20];
        let files: [(&str, &[u8]); 3] = [("1.pdf", b"one"), ("2.pdf", &zeros), ("3.pdf", b"three")];
        let (all, end) = members("bomb.zip", &zip(&files), &Limits::default());
        let codes: Vec<_> = all
            .iter()
            .map(|one| one.bytes.as_ref().err().map(|error| error.to_string()))
            .collect();
        let ratio = Some("limit reached: inflate_ratio is 200".to_owned());
        assert_eq!(codes, [None, ratio, None]);
        assert_eq!(end, None);
        let limits = Limits {
            container_bytes: 1000,
            ..Limits::default()
        };
        let (all, end) = members("big.tar", &tar(&files), &limits);
        assert_eq!(all.len(), 1);
        assert_eq!(
            end.unwrap().to_string(),
            "limit reached: container_bytes is 1000"
        );
        let limits = Limits {
            container_members: 2,
            ..Limits::default()
        };
        let (all, end) = members("many.zip", &zip(&files), &limits);
        assert_eq!(all.len(), 2);
        assert_eq!(
            end.unwrap().to_string(),
            "limit reached: container_members is 2"
        );
    }

    /// What was read, `None` where it was not.
    fn found(all: &[Member]) -> Vec<(&str, Option<&[u8]>)> {
        all.iter()
            .map(|one| (one.name.as_str(), one.bytes.as_deref().ok()))
            .collect()
    }

    /// Cut in the second member, at its edges and amid it: never a shorter one, and the first is as it
    /// was.
    #[test]
    fn err_a_member_that_is_cut_short() {
        let long = vec![b'x'; 3000];
        let whole = tar(&[("1.pdf", b"one"), ("2.pdf", &long)]);
        for cut in [1536, 1537, 2048, 4000, 4535] {
            let part = whole.get(..cut).unwrap();
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
            gz.write_all(part).unwrap();
            for (name, bytes) in [("a.tar", part.to_vec()), ("a.tgz", gz.finish().unwrap())] {
                let (all, _) = members(name, &bytes, &Limits::default());
                let expected = [("1.pdf", Some(&b"one"[..])), ("2.pdf", None)];
                assert_eq!(found(&all), expected, "{name} at {cut}");
            }
        }
    }

    /// Two members of one name in a ZIP file: both are told of, and which is read.
    #[test]
    fn err_a_name_that_stands_twice() {
        let mut bytes = zip(&[("1.pdf", b"one"), ("2.pdf", b"two")]);
        for at in memchr::memmem::find_iter(&bytes.clone(), b"2.pdf") {
            bytes[at] = b'1';
        }
        let (all, end) = members("a.zip", &bytes, &Limits::default());
        assert_eq!(end, None);
        let expected = [("1.pdf", Some(&b"two"[..])), ("1.pdf", None)];
        assert_eq!(found(&all), expected);
    }

    #[test]
    fn err_a_container_in_a_container() {
        let inner = zip(&[("1.pdf", b"one")]);
        let files: [(&str, &[u8]); 2] = [("in.zip", &inner), ("2.pdf", b"two")];
        let expected = [("in.zip", None), ("2.pdf", Some(&b"two"[..]))];
        for (name, bytes) in [("a.zip", zip(&files)), ("a.tar", tar(&files))] {
            let (all, end) = members(name, &bytes, &Limits::default());
            assert_eq!(end, None);
            assert_eq!(found(&all), expected, "{name}");
        }
    }

    #[test]
    fn err_no_container_at_all() {
        for name in ["a.zip", "a.tar", "a.tgz"] {
            let (all, end) = members(name, &[0x41; 2000], &Limits::default());
            assert!(all.is_empty() && end.is_some(), "{name}");
        }
        assert_eq!(Form::of(Path::new("a.pdf")), None);
    }
}
