//! One archive on disk for all tests of runs, and the program that runs over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;

use crate::maker::{Corpus, Expected, Options};

/// An archive on disk, with its table.
pub struct Archive {
    pub folder: PathBuf,
    pub table: Vec<Expected>,
}

impl Archive {
    pub fn files(&self) -> PathBuf {
        self.folder.join("files")
    }
}

/// Made once for the whole test program; tests only read it.
pub static ARCHIVE: LazyLock<Archive> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("archive");
    let _ = std::fs::remove_dir_all(&folder);
    let corpus = Corpus::new(Options {
        files: 64,
        signers: 9,
        agencies: 4,
        faulty: 250,
        seed: 3,
        ..Options::default()
    });
    let table = corpus.write(&folder).expect("the archive can be written");
    Archive { folder, table }
});

/// `kyso archive` with the trust and the moment of [`ARCHIVE`], into `out`.
pub fn command(out: &Path) -> Command {
    command_at(out, "2026-11-23T07:00:00Z")
}

/// The same for another moment.
pub fn command_at(out: &Path, at: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kyso"));
    command
        .args(["--lang", "en", "archive", "--at", at])
        .arg("--trust")
        .arg(ARCHIVE.folder.join("trust.json"))
        .arg("--evidence")
        .arg(ARCHIVE.folder.join("crl"))
        .arg("--out")
        .arg(out);
    command
}

/// Runs `command`, which must exit with `code`.
pub fn exits(command: &mut Command, code: i32) -> Output {
    let output = command.output().expect("the program runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(output.stdout.is_empty(), "tables go to files");
    output
}

/// The records of a run.
pub fn records(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("records.jsonl")).expect("a complete run");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The tables of a run, by name.
pub fn tables(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = std::fs::read_dir(out).expect("a run").map(|entry| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("UTF-8")
    });
    names
        .filter(|name| name != "state.jsonl")
        .map(|name| {
            let bytes = std::fs::read(out.join(&name)).expect("a table");
            (name, bytes)
        })
        .collect()
}

/// Lines of the state that hold records.
pub fn state_lines(out: &Path) -> usize {
    let text = std::fs::read_to_string(out.join("state.jsonl")).unwrap_or_default();
    text.lines().filter(|line| line.starts_with('{')).count()
}

/// How many documents the last run took over from earlier ones, as it says itself.
pub fn reused(output: &Output) -> usize {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let (before, _) = text
        .split_once(" from an earlier run")
        .expect("a run that is complete");
    let digits = before.rsplit('(').next().expect("a number");
    digits.parse().expect("a number")
}
