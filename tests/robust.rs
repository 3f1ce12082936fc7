//! Outside PDFs, most of them malformed: reading always ends, never panics, and finds the pages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kyso::error::PdfFault;
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
    tier: String,
}

/// Files of `expected.json` that are not read strictly, and why that is right.
const REFUSED: &[(&str, &str)] = &[
    // The stream of a hybrid section sends a signed object to the place of another one.
    (
        "pdf/pyhanko-captured/pdfs/test_diff_analysis__test_sign_with_hybrid_sneaky_edit__01.pdf",
        "object 9 0 is not where the cross-reference says at byte 18",
    ),
    // An object that the last cross-reference lists was blanked out by hand.
    (
        "pdf/pyhanko/pdf/minimal-annotless.pdf",
        "object 3 0 is not where the cross-reference says at byte 803",
    ),
    (
        "pdf/pyhanko/pdf/signed-encrypted-pubkey-with-catalog-ref.pdf",
        PUBLIC_KEY,
    ),
    (
        "pdf/pyhanko-captured/pdfs/test_pdfmac__test_sign_crypt_aes256_with_mac_EncryptionType.PUBKEY__01.pdf",
        PUBLIC_KEY,
    ),
    (
        "pdf/pyhanko-captured/pdfs/test_sign_encrypted__test_sign_crypt_pubkey_aes256__01.pdf",
        PUBLIC_KEY,
    ),
];
const PUBLIC_KEY: &str = "not supported: public-key encryption (/Adobe.PubSec)";

#[test]
fn every_signed_pdf_is_read_strictly() {
    let Some(corpora) = corpora() else { return };
    let expected: Vec<Signed> = read(&corpora.join("expected.json"));
    let mut refused = BTreeMap::new();
    for row in &expected {
        let bytes = std::fs::read(corpora.join(&row.file)).expect(&row.file);
        let mut options = OpenOptions::default();
        let password = row.password.as_ref();
        options
            .passwords
            .extend(password.map(|password| Password::new(password.as_bytes())));
        match read_all(&bytes, &options) {
            Ok(pages) => assert!(pages > 0, "{}", row.file),
            Err(error) => {
                refused.insert(row.file.as_str(), error.to_string());
            }
        }
        assert!(!row.tier.is_empty());
    }
    let known: BTreeMap<_, _> = REFUSED
        .iter()
        .map(|(file, why)| (*file, (*why).to_owned()))
        .collect();
    assert_eq!(refused, known);
}

/// Counts the pages and reads every object of every revision, streams and strings decrypted.
fn read_all(bytes: &[u8], options: &OpenOptions) -> Result<u64, kyso::error::Error> {
    let document = Document::open(bytes, options)?;
    for (index, revision) in document.revisions().iter().enumerate() {
        assert_eq!(revision.index, index);
        assert!(revision.start < revision.end && revision.end <= bytes.len() as u64);
        let view = document.as_of(index);
        for change in document.changes(index)? {
            let object = match view.get(change.id) {
                Ok(Some(object)) => object,
                Ok(None) => {
                    assert!(!change.after.is_used());
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(stream) = object.as_stream()
                && let Err(error) = view.decode(stream)
                && !error.to_string().starts_with("not supported: filter")
            {
                return Err(error);
            }
        }
    }
    document.latest().page_count()
}

/// Files of qpdf's tests that state their passwords in their names.
#[test]
fn user_and_owner_passwords_open_encrypted_files() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("robust");
    let qpdf = |name: &str| format!("qpdf/qpdf/qtest/qpdf/{name}");
    let pyhanko = |name: &str| format!("pyhanko/pdf/{name}");
    for (file, password, owner, revision) in [
        (qpdf("enc-R2,V1,U=view,O=master.pdf"), "view", false, 2),
        (qpdf("enc-R2,V1,U=view,O=master.pdf"), "master", true, 2),
        (qpdf("enc-R3,V2,U=view,O=master.pdf"), "view", false, 3),
        (qpdf("enc-R3,V2,U=view,O=master.pdf"), "master", true, 3),
        (qpdf("enc-XI-R6,V5,U=view,O=master.pdf"), "view", false, 6),
        (qpdf("enc-XI-R6,V5,U=view,O=master.pdf"), "master", true, 6),
        (pyhanko("minimal-aes256.pdf"), "usersecret", false, 6),
        (pyhanko("minimal-aes256.pdf"), "ownersecret", true, 6),
        (pyhanko("minimal-rc4.pdf"), "usersecret", false, 3),
        (pyhanko("minimal-rc4.pdf"), "ownersecret", true, 3),
    ] {
        let bytes = std::fs::read(folder.join(&file)).expect(&file);
        let with = |passwords: &[&str]| OpenOptions {
            passwords: passwords
                .iter()
                .map(|password| Password::new(password.as_bytes()))
                .collect(),
            ..OpenOptions::default()
        };
        let error = Document::open(&bytes, &with(&["wrong"])).unwrap_err();
        assert_eq!(error.kind(), &PdfFault::Password.into(), "{file}");
        let options = with(&["wrong", password]);
        assert!(read_all(&bytes, &options).unwrap_or_else(|e| panic!("{file}: {e}")) > 0);
        let document = Document::open(&bytes, &options).expect("was opened before");
        let encryption = document.encryption().expect("the file is encrypted");
        assert_eq!(
            (encryption.opened_as_owner(), encryption.revision()),
            (owner, revision),
            "{file}"
        );
        assert!(!format!("{encryption:?} {options:?}").contains(password));
        let recovered = Document::recover(&bytes, &options).expect("recovery reads it too");
        assert_eq!(
            recovered.latest().page_count(),
            document.latest().page_count()
        );
    }
}
