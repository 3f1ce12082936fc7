//! Files, folders and patterns → all files that they mean, sorted, and what could not be looked into.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::error::{Error, ErrorKind, FileOperation, FileReason};

/// Which files of folders are meant.
///
/// Patterns know `*`, `?`, `[…]`, `{a,b}` and `**`; capitals do not matter. One without `/` is
/// held against names, one with `/` against the path below the folder that was given.
#[derive(Debug, Clone)]
pub struct Patterns {
    include: GlobSet,
    exclude: GlobSet,
}

impl Patterns {
    /// Files that fit one of `include` and none of `exclude`; folders that fit one of `exclude`
    /// are not entered.
    ///
    /// # Errors
    /// The pattern that is none.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, String> {
        Ok(Self {
            include: set(include)?,
            exclude: set(exclude)?,
        })
    }

    /// Whether a file is meant, by its path below a folder (or in a container).
    pub fn file(&self, below: &Path) -> bool {
        fits(&self.include, below) && !fits(&self.exclude, below)
    }

    /// Whether a folder, or a container in a container, is not excluded.
    pub(crate) fn folder(&self, below: &Path) -> bool {
        !fits(&self.exclude, below)
    }
}

fn set(patterns: &[String]) -> Result<GlobSet, String> {
    let mut all = GlobSetBuilder::new();
    for pattern in patterns {
        // Without a slash: the last part of the path, at any depth.
        let whole = if pattern.contains('/') {
            pattern.trim_start_matches('/').to_owned()
        } else {
            format!("**/{pattern}")
        };
        let glob = GlobBuilder::new(&whole)
            .case_insensitive(true)
            .literal_separator(true)
            .build();
        all.add(glob.map_err(|_| pattern.clone())?);
    }
    all.build().map_err(|error| error.to_string())
}

fn fits(set: &GlobSet, below: &Path) -> bool {
    set.is_match(below)
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Every file once, sorted by the octets of its path; with why it cannot be looked at, for
    /// folders that could not be read.
    pub files: Vec<(PathBuf, Option<Error>)>,
    /// Files that no pattern meant.
    pub passed_over: u64,
}

/// What a walk asks the caller.
pub struct Questions<'q> {
    /// Whether a file or folder is to be listed, by its path; what is not is not counted either.
    pub wanted: &'q dyn Fn(&Path) -> bool,
    /// Whether to end early.
    pub stop: &'q dyn Fn() -> bool,
}

/// Looks through `roots`: a file is taken whatever its name, a folder with everything below it that
/// `patterns` mean.
///
/// Links are followed. A folder is entered once, by whatever way; another way to it (a link to one
/// of its own parents, say) is listed with [`FileReason::Visited`], so that nothing is left out
/// silently. Ends early, with what was found, when `questions` say so.
pub fn walk(roots: &[PathBuf], patterns: &Patterns, questions: &Questions<'_>) -> Found {
    let mut found = Found::default();
    let mut visited = HashSet::new();
    let mut folders = Folders::default();
    for root in roots {
        if root.is_dir() {
            folders.plain.push((root.clone(), PathBuf::new()));
        } else {
            found.files.push((root.clone(), None));
        }
    }
    while let Some((folder, below)) = folders.next() {
        if (questions.stop)() {
            break;
        }
        match identity(&folder) {
            Ok(Some(identity)) if !visited.insert(identity) => {
                found
                    .files
                    .push((folder.clone(), Some(fault(&folder, FileReason::Visited))));
                continue;
            }
            Ok(_) => {}
            Err(error) => {
                found
                    .files
                    .push((folder.clone(), Some(io(&folder, &error))));
                continue;
            }
        }
        if let Err(error) = look(
            (&folder, &below),
            patterns,
            questions,
            &mut folders,
            &mut found,
        ) {
            found
                .files
                .push((folder.clone(), Some(io(&folder, &error))));
        }
    }
    found.files.retain(|(path, _)| (questions.wanted)(path));
    // By octets, not by components: the order that `sort` gives in the C locale.
    found
        .files
        .sort_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
    found
        .files
        .dedup_by(|(a, _), (b, _)| a.as_os_str() == b.as_os_str());
    found
}

/// Folders to be looked into, with their paths below what was given. Those that links lead to come
/// last, so that a folder goes by its own name whatever the order in which a system lists names.
#[derive(Default)]
struct Folders {
    plain: Vec<(PathBuf, PathBuf)>,
    links: Vec<(PathBuf, PathBuf)>,
}

impl Folders {
    fn next(&mut self) -> Option<(PathBuf, PathBuf)> {
        self.plain.pop().or_else(|| {
            self.links.sort();
            self.links.pop()
        })
    }
}

/// One folder: its files are found, its folders are to be looked into.
fn look(
    (folder, below): (&Path, &Path),
    patterns: &Patterns,
    questions: &Questions<'_>,
    folders: &mut Folders,
    found: &mut Found,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, below) = (entry.path(), below.join(entry.file_name()));
        let kind = entry.file_type()?;
        // A link that leads nowhere is a file that cannot be read.
        let link = kind.is_symlink() && fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir());
        if kind.is_dir() || link {
            let list = if link {
                &mut folders.links
            } else {
                &mut folders.plain
            };
            if patterns.folder(&below) {
                list.push((path, below));
            }
        } else if !(questions.wanted)(&path) {
        } else if patterns.file(&below) {
            found.files.push((path, None));
        } else {
            found.passed_over += 1;
        }
    }
    Ok(())
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::io(FileOperation::Read, path, error))
}

fn fault(path: &Path, reason: FileReason) -> Error {
    Error::new(ErrorKind::Io {
        operation: FileOperation::Read,
        path: path.display().to_string(),
        reason,
    })
}

/// What stays the same by whatever way a folder is reached.
#[cfg(unix)]
fn identity(folder: &Path) -> std::io::Result<Option<(u64, u64)>> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).map(|metadata| Some((metadata.dev(), metadata.ino())))
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> std::io::Result<Option<PathBuf>> {
    fs::canonicalize(folder).map(Some)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn patterns(include: &[&str], exclude: &[&str]) -> Patterns {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        Patterns::new(&owned(include), &owned(exclude)).unwrap()
    }

    const ALL: Questions<'static> = Questions {
        wanted: &|_| true,
        stop: &|| false,
    };

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["a/b", "c", "old"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for file in [
            "z.pdf",
            "a/1.PDF",
            "a/b/2.pdf",
            "a/b/2.txt",
            "a-.pdf",
            "old/3.pdf",
        ] {
            fs::write(root.path().join(file), b"x").unwrap();
        }
        root
    }

    fn names(root: &Path, found: &Found) -> Vec<(String, bool)> {
        let name = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
        let files = found.files.iter();
        files
            .map(|(path, error)| (name(path), error.is_some()))
            .collect()
    }

    #[test]
    fn ok_files_below_folders_by_patterns_sorted() {
        let root = tree();
        let roots = [root.path().to_owned()];
        let found = walk(&roots, &patterns(&["*.pdf"], &["old"]), &ALL);
        // `-` is before `/`.
        let expected =
            ["a-.pdf", "a/1.PDF", "a/b/2.pdf", "z.pdf"].map(|name| (name.to_owned(), false));
        assert_eq!(names(root.path(), &found), expected);
        assert_eq!(found.passed_over, 1);
        let found = walk(&roots, &patterns(&["a/**/*.pdf"], &[]), &ALL);
        assert_eq!(found.files.len(), 2);
        let found = walk(&roots, &patterns(&["a/*.pdf"], &[]), &ALL);
        assert_eq!(found.files.len(), 1);
        assert!(Patterns::new(&["[".to_owned()], &[]).is_err());
    }

    #[test]
    fn ok_a_file_is_taken_once_whatever_its_name() {
        let root = tree();
        let file = root.path().join("a/b/2.txt");
        let roots = [file.clone(), file.clone(), root.path().join("a/b")];
        let found = walk(&roots, &patterns(&["*"], &[]), &ALL);
        assert_eq!(found.files.len(), 2);
    }

    /// Directory loops, links to nowhere, folders that cannot be read: listed, and the walk ends.
    #[test]
    fn err_loops_and_dead_links_are_listed() {
        let root = tree();
        symlink(root.path(), root.path().join("a/b/up")).unwrap();
        symlink("c", root.path().join("again")).unwrap();
        symlink("nowhere", root.path().join("dead.pdf")).unwrap();
        let found = walk(&[root.path().to_owned()], &patterns(&["*.pdf"], &[]), &ALL);
        let listed = names(root.path(), &found);
        let wrong: Vec<_> = listed
            .iter()
            .filter(|(_, wrong)| *wrong)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(wrong, ["a/b/up", "again"]);
        assert!(listed.contains(&("dead.pdf".to_owned(), false)));
        assert_eq!(listed.len(), 2 + 6, "{listed:?}");
    }

    #[test]
    fn err_a_missing_root_is_a_file_that_cannot_be_read() {
        let found = walk(&[PathBuf::from("missing")], &patterns(&["*"], &[]), &ALL);
        assert_eq!(found.files.len(), 1);
    }
}
