//! What earlier runs in the same folder found → which documents need not be read again; new records are added.
//!
//! The state is one journal (`state.jsonl`), so that a run that is killed at any moment goes on
//! where it was. Its lines:
//!
//! - `#settings {…}`: under what trust, evidence, policy and time the records that follow were made;
//! - `RECORD⇥KEY SIZE MODIFIED INODE DEVICE`: one record and the file that it is about. KEY is the
//!   beginning of the SHA-256 of the path. Where nothing can be told from the file alone (it could
//!   not be read, it changed while it was read), `-` stands in place of the four numbers, and the
//!   document is checked again. A sixth number is the place inside a container;
//! - `#container KEY COUNT SIZE MODIFIED INODE DEVICE`: a container was read to its end and gave so
//!   many records.
//!
//! The record itself holds the digest of the content, so a record is found again by content, trust,
//! policy and time.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::engine::FileStamp;
use crate::error::Error;
use crate::report::hex;
use crate::run::journal::{Journal, Span};
use crate::time::UtcTime;

/// Name of the state in the folder of a run.
pub const FILE: &str = "state.jsonl";

/// Everything apart from the documents that a record depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Version of the records.
    pub schema: u32,
    /// Program and version.
    pub tool: String,
    /// Name of the policy.
    pub policy: String,
    /// SHA-256 of the policy, hexadecimal.
    pub policy_sha256: String,
    /// SHA-256 of the trust, hexadecimal.
    pub trust_sha256: String,
    /// SHA-256 of each piece of evidence, hexadecimal, sorted.
    pub evidence_sha256: Vec<String>,
    /// The moment for which documents are verified.
    pub at: UtcTime,
}

/// Stands for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 16]);

impl Key {
    pub(super) fn new(path: &Path) -> Self {
        let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
        let mut key = [0; 16];
        key.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(key)
    }

    /// The part, from 0, that this path belongs to when there are `parts`.
    pub(super) fn part(self, parts: u32) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d]) % parts.max(1)
    }
}

/// What is known of one path.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// A document.
    One(FileStamp, Span),
    /// A container: its members' records by their place in it, and whether they are all.
    Many(FileStamp, Vec<(u32, Span)>, bool),
}

/// The open state of a run.
pub(super) struct State {
    journal: Journal,
    known: HashMap<Key, Known>,
    since_flush: u32,
    since_sync: u32,
}

/// Lines until they are handed to the system; a killed run repeats these at most.
const FLUSH: u32 = 16;
/// Lines until they are on the disk.
const SYNC: u32 = 4096;

impl State {
    /// Opens the state at `path` for a run under `settings`.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub(super) fn open(path: &Path, settings: &Settings) -> Result<Self, Error> {
        let mut known = HashMap::new();
        let mut current = false;
        let journal = Journal::open(path, |span, line| match parse(line) {
            Some(Line::Settings(found)) => {
                current = found == *settings;
                true
            }
            Some(other) => {
                if current {
                    learn(&mut known, span, other);
                }
                true
            }
            None => false,
        })?;
        let mut state = Self {
            journal,
            known,
            since_flush: 0,
            since_sync: 0,
        };
        if !current {
            // Settings always serialise.
            let text = serde_json::to_string(settings).unwrap_or_default();
            state.journal.append(&format!("#settings {text}"))?;
            state.journal.flush()?;
        }
        Ok(state)
    }

    /// What is known of `path`, taken out: each path is asked for once.
    pub(super) fn take(&mut self, path: &Path) -> Option<Known> {
        self.known.remove(&Key::new(path))
    }

    /// Forgets what was not asked for.
    pub(super) fn forget(&mut self) {
        self.known = HashMap::new();
    }

    /// Adds a record. `stamp`: the file as it was read; `None` to have it checked again next time.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub(super) fn add(
        &mut self,
        record: &str,
        key: Key,
        stamp: Option<&FileStamp>,
        member: Option<u32>,
    ) -> Result<Span, Error> {
        let stamp = stamp.map_or_else(|| "-".to_owned(), numbers);
        let member = member.map_or_else(String::new, |member| format!(" {member}"));
        let line = format!("{record}\t{} {stamp}{member}", hex(&key.0));
        let span = self.journal.append(&line)?;
        self.since_flush += 1;
        self.since_sync += 1;
        if self.since_sync >= SYNC {
            self.sync()?;
        } else if self.since_flush >= FLUSH {
            self.since_flush = 0;
            self.journal.flush()?;
        }
        Ok(span)
    }

    /// Says that a container is read to its end.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub(super) fn end_container(
        &mut self,
        key: Key,
        count: u32,
        stamp: &FileStamp,
    ) -> Result<(), Error> {
        let line = format!("#container {} {count} {}", hex(&key.0), numbers(stamp));
        self.journal.append(&line).map(|_| ())
    }

    /// Gets everything onto the disk.
    ///
    /// # Errors
    /// As [`Journal::sync`].
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        self.since_flush = 0;
        self.since_sync = 0;
        self.journal.sync()
    }

    /// Reads the record at `span` into `record`, as JSON.
    ///
    /// # Errors
    /// As [`Journal::read`].
    pub(super) fn record(&mut self, span: Span, record: &mut String) -> Result<(), Error> {
        self.journal.read(span, record)?;
        // JSON has no tab in it.
        if let Some(end) = record.find('\t') {
            record.truncate(end);
        }
        Ok(())
    }
}

/// The moment of the last run in the folder of the state at `path`; `None` when there was none.
///
/// # Errors
/// As [`Journal::open`].
pub fn last_settings(path: &Path) -> Result<Option<Settings>, Error> {
    let mut last = None;
    if path.exists() {
        Journal::open(path, |_, line| {
            if let Some(found) = settings(line) {
                last = Some(found);
            }
            true
        })?;
    }
    Ok(last)
}

enum Line {
    Settings(Settings),
    Record(Key, Option<FileStamp>, Option<u32>),
    Container(Key, u32, FileStamp),
}

fn settings(line: &str) -> Option<Settings> {
    serde_json::from_str(line.strip_prefix("#settings ")?).ok()
}

fn parse(line: &str) -> Option<Line> {
    if line.starts_with("#settings ") {
        return settings(line).map(Line::Settings);
    }
    if let Some(rest) = line.strip_prefix("#container ") {
        let mut words = rest.split(' ');
        let key = key(words.next()?)?;
        let count = words.next()?.parse().ok()?;
        let stamp = stamp(&mut words)?;
        return words
            .next()
            .is_none()
            .then_some(Line::Container(key, count, stamp));
    }
    let (_, rest) = line.split_once('\t')?;
    let mut words = rest.split(' ').peekable();
    let key = key(words.next()?)?;
    let stamp = if words.next_if_eq(&"-").is_some() {
        None
    } else {
        Some(stamp(&mut words)?)
    };
    let member = match words.next() {
        Some(word) => Some(word.parse().ok()?),
        None => None,
    };
    words
        .next()
        .is_none()
        .then_some(Line::Record(key, stamp, member))
}

fn learn(known: &mut HashMap<Key, Known>, span: Span, line: Line) {
    match line {
        Line::Settings(_) => {}
        Line::Record(key, Some(stamp), None) => {
            known.insert(key, Known::One(stamp, span));
        }
        // Checked, and nothing to hold on to: what is known from before is out of date.
        Line::Record(key, None, None) => {
            known.remove(&key);
        }
        Line::Record(key, stamp, Some(member)) => {
            let Some(stamp) = stamp else { return };
            match known.get_mut(&key) {
                Some(Known::Many(of, members, false)) if *of == stamp => {
                    members.push((member, span));
                }
                _ => {
                    known.insert(key, Known::Many(stamp, vec![(member, span)], false));
                }
            }
        }
        Line::Container(key, count, stamp) => match known.get_mut(&key) {
            Some(Known::Many(of, members, whole)) if *of == stamp => {
                // A run that was killed may have left the same member twice: the last one counts.
                members.reverse();
                members.sort_by_key(|(member, _)| *member);
                members.dedup_by_key(|(member, _)| *member);
                *whole = members.len() == count as usize;
            }
            _ if count == 0 => {
                known.insert(key, Known::Many(stamp, Vec::new(), true));
            }
            _ => {}
        },
    }
}

fn numbers(stamp: &FileStamp) -> String {
    let FileStamp {
        size,
        modified,
        inode,
        device,
    } = stamp;
    format!("{size} {modified} {inode} {device}")
}

fn stamp<'w>(words: &mut impl Iterator<Item = &'w str>) -> Option<FileStamp> {
    Some(FileStamp {
        size: words.next()?.parse().ok()?,
        modified: words.next()?.parse().ok()?,
        inode: words.next()?.parse().ok()?,
        device: words.next()?.parse().ok()?,
    })
}

fn key(word: &str) -> Option<Key> {
    if word.len() != 32 {
        return None;
    }
    u128::from_str_radix(word, 16)
        .ok()
        .map(|number| Key(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(policy: &str) -> Settings {
        Settings {
            schema: 1,
            tool: "kyso".to_owned(),
            policy: policy.to_owned(),
            policy_sha256: String::new(),
            trust_sha256: String::new(),
            evidence_sha256: Vec::new(),
            at: UtcTime::MIN,
        }
    }

    const STAMP: FileStamp = FileStamp {
        size: 5,
        modified: -7,
        inode: 3,
        device: 1,
    };

    #[test]
    fn ok_records_come_back_under_the_same_settings_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let file = Path::new("a/b.pdf");
        let mut state = State::open(&path, &settings("one")).unwrap();
        state
            .add("{\"x\":1}", Key::new(file), Some(&STAMP), None)
            .unwrap();
        drop(state);
        assert!(
            State::open(&path, &settings("two"))
                .unwrap()
                .take(file)
                .is_none()
        );
        let mut state = State::open(&path, &settings("one")).unwrap();
        let Some(Known::One(stamp, span)) = state.take(file) else {
            panic!("not known");
        };
        assert_eq!(stamp, STAMP);
        let mut text = String::new();
        state.record(span, &mut text).unwrap();
        assert_eq!(text, "{\"x\":1}");
        drop(state);
        assert_eq!(
            last_settings(&path).unwrap().map(|last| last.policy),
            Some("one".to_owned())
        );
    }

    #[test]
    fn ok_what_could_not_be_read_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let file = Path::new("a");
        let mut state = State::open(&path, &settings("one")).unwrap();
        let key = Key::new(file);
        state.add("{}", key, Some(&STAMP), None).unwrap();
        state.add("{}", key, None, None).unwrap();
        drop(state);
        let mut state = State::open(&path, &settings("one")).unwrap();
        assert!(state.take(file).is_none());
    }

    #[test]
    fn ok_a_container_is_known_when_it_was_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let file = Path::new("a.zip");
        let key = Key::new(file);
        let whole = |path: &Path| match State::open(path, &settings("one")).unwrap().take(file) {
            Some(Known::Many(_, members, whole)) => (members.len(), whole),
            _ => (0, false),
        };
        let mut state = State::open(&path, &settings("one")).unwrap();
        for member in [1, 0] {
            state.add("{}", key, Some(&STAMP), Some(member)).unwrap();
        }
        drop(state);
        assert_eq!(whole(&path), (2, false));
        // The next run starts over with it.
        let mut state = State::open(&path, &settings("one")).unwrap();
        for member in 0..3 {
            state.add("{}", key, Some(&STAMP), Some(member)).unwrap();
        }
        state.end_container(key, 3, &STAMP).unwrap();
        drop(state);
        assert_eq!(whole(&path), (3, true));
    }
}
