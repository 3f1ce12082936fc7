//! Outside PDFs, most of them malformed: reading always ends, never panics, and finds the pages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use kyso::error::PdfFault;
use kyso::pdf::{Document, Object, ObjectId, OpenOptions, Password};
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

/// Whether two readers see the same object. Streams are compared by their dictionaries, strings
/// by their decrypted bytes.
fn same(ours: &Object<'_>, theirs: &lopdf::Object) -> bool {
    use lopdf::Object as Theirs;
    let mut pairs = vec![(ours, theirs)];
    while let Some((ours, theirs)) = pairs.pop() {
        match (ours, theirs) {
            (Object::Null, Theirs::Null) => {}
            (Object::Boolean(a), Theirs::Boolean(b)) if a == b => {}
            (Object::Integer(a), Theirs::Integer(b)) if a == b => {}
            (Object::Real(a), Theirs::Real(b)) if (*a as f32 - b).abs() <= b.abs() * 1e-6 => {}
            (Object::Name(a), Theirs::Name(b)) if a.as_bytes() == b => {}
            (Object::String(a), Theirs::String(b, _)) if a.bytes() == *b => {}
            (Object::Reference(a), Theirs::Reference(b)) if (a.number, a.generation) == *b => {}
            (Object::Array(a), Theirs::Array(b)) if a.len() == b.len() => {
                pairs.extend(a.iter().zip(b));
            }
            (Object::Dictionary(_), Theirs::Dictionary(b))
            | (Object::Stream(_), Theirs::Stream(lopdf::Stream { dict: b, .. })) => {
                let a = ours.as_dictionary().expect("it is one");
                if a.len() != b.len() && a.duplicates().is_empty() {
                    return false;
                }
                for entry in a.iter() {
                    // The length of decrypted data is another one.
                    if entry.key.as_bytes() == b"Length" {
                        continue;
                    }
                    match b.get(entry.key.as_bytes()) {
                        Ok(value) => {
                            let last = a.get(entry.key.as_bytes()).expect("it is there");
                            pairs.push((last, value));
                        }
                        Err(_) => return false,
                    }
                }
            }
            _ => return false,
        }
    }
    true
}

#[test]
fn a_second_parser_sees_the_same_objects() {
    let Some(corpora) = corpora() else { return };
    let baseline: Vec<Baseline> = read(&corpora.join("robust_baseline.json"));
    let clean = baseline.iter().filter(|row| row.qpdf_check == "clean");
    let robust = clean.map(|row| (corpora.join("robust").join(&row.file), None));
    let signed: Vec<Signed> = read(&corpora.join("expected.json"));
    let signed = signed
        .into_iter()
        .map(|row| (corpora.join(&row.file), row.password));
    let (mut files, mut objects, mut different) = (0, 0, BTreeMap::new());
    for (path, password) in robust.chain(signed) {
        let bytes = std::fs::read(&path).expect("the file is there");
        let mut options = OpenOptions::default();
        options.passwords.extend(
            password
                .iter()
                .map(|password| Password::new(password.as_bytes())),
        );
        let Ok(ours) = Document::open(&bytes, &options) else {
            continue;
        };
        let theirs = match &password {
            Some(password) => lopdf::Document::load_mem_with_options(
                &bytes,
                lopdf::LoadOptions::with_password(password),
            ),
            None => lopdf::Document::load_mem(&bytes),
        };
        let Ok(theirs) = theirs else { continue };
        files += 1;
        for ((number, generation), object) in &theirs.objects {
            let id = ObjectId::new(*number, *generation);
            objects += 1;
            match ours.latest().get(id) {
                Ok(Some(found)) if same(&found, object) => {}
                found => {
                    let file = path.strip_prefix(&corpora).expect("it is there");
                    let file = file.to_str().expect("names are ASCII").to_owned();
                    different.insert(file, format!("{id}: {found:?} and {object:?}"));
                }
            }
        }
    }
    println!("{objects} objects of {files} files were compared");
    let known: BTreeSet<String> = DIFFERENT
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(
        different.keys().cloned().collect::<BTreeSet<_>>(),
        known,
        "{different:#?}"
    );
    assert!(objects > 30_000 && files > 1000);
}

/// Files in which lopdf sees other objects, and why ours are right.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "pdf/pyhanko-captured/pdfs/test_diff_analysis__test_sign_with_hybrid_sneaky_edit__01.pdf",
        HEADER,
    ),
    ("robust/pdfium/pixel/bug_925736.pdf", COMMENT),
    ("robust/pdfium/text_font.pdf", COMMENT),
    (
        "robust/pyhanko/pdf/minimal-badxref.pdf",
        "rows of 19 and 21 bytes",
    ),
    (
        "robust/qpdf/qpdf/qtest/qpdf/many-nulls.pdf",
        "over Limits::inflate_ratio",
    ),
    (
        "robust/qpdf/qpdf/qtest/qpdf/object-stream-self-ref.pdf",
        INDEX,
    ),
    (
        "robust/qpdf/qpdf/qtest/qpdf/override-compressed-object.pdf",
        INDEX,
    ),
];
const HEADER: &str = "the object header at the offset names another object";
const COMMENT: &str = "the offset is that of a comment before the object";
const INDEX: &str = "the index in the object stream names another object";
