//! Outside PDFs, most of them malformed: reading always ends, never panics, and finds the pages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kyso::pdf::{Document, OpenOptions, Password};
use serde::Deserialize;

fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("KYSO_CORPORA").map(PathBuf::from);
    if folder.is_none() {
        println!("NOT RUN: KYSO_CORPORA is not set");
    }
    folder
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[derive(Deserialize)]
struct Baseline {
    file: String,
    npages: Option<u64>,
    qpdf_check: String,
}

/// How the pages of a file were counted.
struct Outcome {
    pages: Result<u64, String>,
    /// Why strict reading was not enough.
    strict: Option<String>,
}

fn count_pages(bytes: &[u8], options: &OpenOptions) -> Outcome {
    let strict = Document::open(bytes, options).and_then(|document| {
        // Everything that can be reached is read: this must end, however the file is broken.
        for index in 0..document.revisions().len() {
            let _ = document.changes(index);
        }
        document.latest().page_count()
    });
    match strict {
        Ok(pages) => Outcome {
            pages: Ok(pages),
            strict: None,
        },
        Err(error) => Outcome {
            pages: Document::recover(bytes, options)
                .and_then(|document| document.latest().page_count())
                .map_err(|error| error.to_string()),
            strict: Some(error.to_string()),
        },
    }
}

#[test]
fn robust_corpus_never_panics_and_clean_files_have_their_pages() {
    let Some(corpora) = corpora() else { return };
    let baseline: Vec<Baseline> = read(&corpora.join("robust_baseline.json"));
    let exceptions: BTreeMap<String, Exception> =
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/robust-exceptions.json"));
    let verbose = std::env::var_os("KYSO_ROBUST_VERBOSE").is_some();
    let mut stale: BTreeSet<&str> = exceptions.keys().map(String::as_str).collect();
    let mut wrong = Vec::new();
    let (mut strict, mut recovered, mut clean) = (0, 0, 0);
    for row in &baseline {
        let bytes = std::fs::read(corpora.join("robust").join(&row.file)).expect(&row.file);
        let outcome = count_pages(&bytes, &OpenOptions::default());
        if verbose && let Some(why) = &outcome.strict {
            println!(
                "{} [{}] {why} -> {:?} of {:?}",
                row.file, row.qpdf_check, outcome.pages, row.npages
            );
        }
        if row.qpdf_check != "clean" {
            continue;
        }
        clean += 1;
        match &outcome.strict {
            None => strict += 1,
            Some(_) => recovered += 1,
        }
        let expected = row.npages.expect("clean files have a page count");
        let actual = match &outcome.pages {
            Ok(pages) if *pages == expected => continue,
            Ok(pages) => pages.to_string(),
            Err(error) => error.clone(),
        };
        match exceptions.get(&row.file) {
            Some(exception) if exception.actual == actual && exception.expected == expected => {
                assert!(!exception.reason.is_empty());
                stale.remove(row.file.as_str());
            }
            _ => wrong.push(format!("{}: {expected} expected, {actual}", row.file)),
        }
    }
    println!(
        "{} files; of {clean} clean ones {strict} were read strictly, {recovered} needed recovery",
        baseline.len()
    );
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        stale.is_empty(),
        "exceptions that no longer hold: {stale:?}"
    );
    assert!(clean > 700, "the corpus is not there");
}

#[derive(Deserialize)]
struct Exception {
    expected: u64,
    actual: String,
    reason: String,
}

#[derive(Deserialize)]
struct Signed {
    file: String,
    password: Option<String>,
    sigs: Vec<serde_json::Value>,
}

#[test]
fn every_signed_pdf_opens() {
    let Some(corpora) = corpora() else { return };
    let expected: Vec<Signed> = read(&corpora.join("expected.json"));
    let mut failed = Vec::new();
    for row in &expected {
        let bytes = std::fs::read(corpora.join(&row.file)).expect(&row.file);
        let mut options = OpenOptions::default();
        options.passwords.extend(
            row.password
                .as_ref()
                .map(|password| Password::new(password.as_bytes())),
        );
        match Document::open(&bytes, &options).and_then(|document| document.latest().page_count()) {
            Ok(pages) => assert!(pages > 0, "{}", row.file),
            Err(error) => failed.push(format!(
                "{} ({} signatures): {error}",
                row.file,
                row.sigs.len()
            )),
        }
    }
    println!(
        "{} of {} files are not read strictly:\n{}",
        failed.len(),
        expected.len(),
        failed.join("\n")
    );
}
