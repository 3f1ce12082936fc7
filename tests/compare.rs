//! Promises about two files: what a signature signed comes out byte for byte; what came back is what was issued, or it is named what differs.
#![cfg(feature = "cli")]

use std::path::{Path, PathBuf};
use std::process::Command;

use kyso::pdf::OpenOptions;
use kyso::pki::issue::{Key, KeyType};
use kyso::signature::ChangeLevel;
use kyso::signature::Difference;
use kyso::signature::compare::{Comparison, Outcome, compare};
use kyso::signing::{Plan, Signer, demo};
use kyso::{UtcTime, pdf, signature};

/// The field of the second signature, which shows the document's number.
const NUMBER_FIELD: &str = "SoVanBan";

fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap()
}

struct Files {
    issued: Vec<u8>,
    approved: Vec<u8>,
    released: Vec<u8>,
}

fn files() -> Files {
    let key = || Key::generate(KeyType::P256).unwrap();
    let pki = demo::Pki::with_keys([key(), key(), key(), key()], now()).unwrap();
    let document = demo::document(now()).unwrap();
    let signed = demo::sign(&pki, &document, now()).unwrap();
    Files {
        issued: document,
        approved: signed.approved,
        released: signed.numbered,
    }
}

fn compared(issued: &[u8], returned: &[u8]) -> Comparison {
    compare(issued, returned, &OpenOptions::default()).unwrap()
}

/// V068: for each signature, the signed revision is the file as its signer saw it.
#[test]
fn ok_every_signed_revision_comes_out_byte_for_byte() {
    let files = files();
    let limits = kyso::limits::Limits::default();
    let document = pdf::Document::open(&files.released, &OpenOptions::default()).unwrap();
    let found = signature::find(&document, &limits).unwrap();
    let revisions: Vec<_> = found
        .iter()
        .map(|one| one.signed_revision(&files.released))
        .collect();
    assert_eq!(
        revisions,
        [Some(&files.approved[..]), Some(&files.released[..])]
    );
}

/// A byte range that is wrong signs nothing that could be handed out.
#[test]
fn a_signature_with_a_wrong_range_gives_nothing() {
    let mut bytes = files().approved;
    let range = memchr::memmem::find(&bytes, b"/ByteRange").unwrap();
    let digit = range + bytes[range..].iter().position(u8::is_ascii_digit).unwrap();
    bytes[digit] = b'1';
    let document = pdf::Document::open(&bytes, &OpenOptions::default()).unwrap();
    let found = signature::find(&document, &kyso::limits::Limits::default()).unwrap();
    assert_eq!(found[0].signed_revision(&bytes), None);
}

#[test]
fn ok_signatures_alone_are_the_issued_file() {
    let files = files();
    let same = compared(&files.issued, &files.issued);
    assert_eq!(same.outcome, Outcome::Identical);
    let both = compared(&files.issued, &files.released);
    assert_eq!(both.outcome, Outcome::SignaturesAdded);
    assert_eq!(both.level, Some(ChangeLevel::Signing));
    assert_eq!(both.signatures_added, [demo::LEADER_FIELD, NUMBER_FIELD]);
    let one = compared(&files.approved, &files.released);
    assert_eq!(one.outcome, Outcome::SignaturesAdded);
    assert_eq!(one.signatures_added, [NUMBER_FIELD]);
    // The way back is no addition.
    let back = compared(&files.released, &files.approved);
    assert_eq!(back.outcome, Outcome::Changed);
    let length = files.approved.len() as u64;
    assert_eq!(back.differences[0], Difference::CutOff { length });
}

/// Appends `object` as the newest version of object `number`.
fn update(bytes: &[u8], number: u32, object: &str) -> Vec<u8> {
    let document = pdf::Document::open(bytes, &OpenOptions::default()).unwrap();
    let before = document.revisions().last().unwrap().startxref;
    let trailer = document.latest().trailer().clone();
    let root = trailer.get(b"Root").unwrap().as_reference().unwrap().number;
    let size = trailer.get(b"Size").unwrap().as_integer().unwrap();
    let size = size.max(i64::from(number) + 1);
    let mut out = bytes.to_vec();
    let at = out.len();
    out.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    let start = out.len();
    let section = format!(
        "xref\n{number} 1\n{at:010} 00000 n \ntrailer\n<</Size {size} /Root {root} 0 R /Prev {before}>>\nstartxref\n{start}\n%%EOF\n"
    );
    out.extend(section.bytes());
    out
}

const PLAIN: &str = "%PDF-1.4\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 200]>>\nendobj\n3 0 obj\n<</Type /Page /Parent 2 0 R /Contents 4 0 R>>\nendobj\n4 0 obj\n<</Length 8>>\nstream\n0 0 m 5 \nendstream\nendobj\n";

fn plain() -> Vec<u8> {
    let mut bytes = PLAIN.as_bytes().to_vec();
    let place = |text: &str| PLAIN.find(text).unwrap();
    let start = bytes.len();
    let rows: String = ["1 0 obj", "2 0 obj", "3 0 obj", "4 0 obj"]
        .iter()
        .map(|text| format!("{:010} 00000 n \n", place(text)))
        .collect();
    bytes.extend(
        format!("xref\n0 5\n0000000000 65535 f \n{rows}trailer\n<</Root 1 0 R /Size 5>>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    bytes
}

/// An added revision that is no signature is named by object and by what the reader sees.
#[test]
fn a_later_change_of_a_page_is_named_by_object_and_page() {
    let issued = plain();
    let stream = "<</Length 8>>\nstream\n9 9 m 9 \nendstream";
    let found = compared(&issued, &update(&issued, 4, stream));
    assert_eq!(found.outcome, Outcome::Changed);
    assert!(found.begins_with_issued);
    assert_eq!(found.level, Some(ChangeLevel::Other));
    let object = |d: &Difference| {
        matches!(
            d,
            Difference::Object {
                object: 4,
                revision: 1,
                ..
            }
        )
    };
    assert!(found.differences.iter().any(object), "{found:?}");
    let page = Difference::Page {
        page: 1,
        key: "Contents".to_owned(),
    };
    assert!(found.differences.contains(&page), "{found:?}");
}

/// Saved anew by a program: not the issued bytes, and the page that differs is told from those
/// that do not.
#[test]
fn a_file_saved_anew_is_not_the_issued_one() {
    let issued = plain();
    let at = memchr::memmem::find(&issued, b"0 0 m").unwrap();
    let mut other = issued.clone();
    other[at] = b'7';
    let found = compared(&issued, &other);
    assert_eq!(found.outcome, Outcome::Changed);
    assert_eq!(
        found.differences,
        [
            Difference::FirstByte {
                at: at as u64,
                object: Some(4)
            },
            Difference::Page {
                page: 1,
                key: "Contents".to_owned()
            }
        ]
    );
    // Another order of bytes and the same pages: still not the issued file, and no page is blamed.
    let mut spaced = issued.clone();
    let comment = memchr::memmem::find(&spaced, b"%PDF-1.4").unwrap();
    spaced[comment + 7] = b'5';
    let found = compared(&issued, &spaced);
    assert_eq!(found.outcome, Outcome::Changed);
    assert!(matches!(
        found.differences[..],
        [Difference::FirstByte { object: None, .. }]
    ));
}

/// V069: what came back and cannot be read is never what was issued.
#[test]
fn what_cannot_be_read_is_not_the_issued_file() {
    let issued = plain();
    for returned in [
        &b""[..],
        b"hello",
        &issued[..issued.len() - 20],
        &[&issued[..], b"garbage"].concat(),
    ] {
        assert_eq!(compared(&issued, returned).outcome, Outcome::Changed);
    }
    assert!(compare(b"hello", &issued, &OpenOptions::default()).is_err());
}

fn kyso(folder: &Path, arguments: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_kyso"))
        .current_dir(folder)
        .args(arguments.split(' '))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn folder() -> (tempfile::TempDir, PathBuf, Files) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let files = files();
    std::fs::write(path.join("issued.pdf"), &files.issued).unwrap();
    std::fs::write(path.join("approved.pdf"), &files.approved).unwrap();
    std::fs::write(path.join("released.pdf"), &files.released).unwrap();
    let mut tampered = files.released.clone();
    tampered[20] ^= 1;
    std::fs::write(path.join("tampered.pdf"), tampered).unwrap();
    (folder, path, files)
}

#[test]
fn ok_the_program_says_what_differs_in_both_languages() {
    let (_keep, path, _) = folder();
    assert_eq!(
        kyso(&path, "compare --lang en approved.pdf released.pdf"),
        (
            0,
            "approved.pdf → released.pdf: SIGNATURES ADDED — what was issued is unchanged\n  \
             + a signature was added in field SoVanBan\n  \
             → Check the added signatures with kyso verify.\n"
                .to_owned(),
            String::new()
        )
    );
    let (code, out, _) = kyso(&path, "compare --lang vi issued.pdf tampered.pdf");
    assert_eq!(code, 1);
    assert!(
        out.starts_with("issued.pdf → tampered.pdf: ĐÃ THAY ĐỔI — không phải tệp đã phát hành\n  ✗ khác từ byte 20"),
        "{out}"
    );
    let (code, out, _) = kyso(&path, "compare --format json issued.pdf issued.pdf");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["outcome"]), (0, &"identical".into()));
    let (code, _, err) = kyso(&path, "compare --lang en missing.pdf issued.pdf");
    assert_eq!(code, 4, "{err}");
}

#[test]
fn ok_the_program_writes_the_signed_revision() {
    let (_keep, path, files) = folder();
    for wanted in ["1", demo::LEADER_FIELD] {
        let out = format!("{wanted}.pdf");
        let (code, said, err) = kyso(
            &path,
            &format!("extract --lang en released.pdf --signature {wanted} --out {out}"),
        );
        let length = files.approved.len();
        let line = format!("what signature {wanted} signed, {length} bytes: {out}\n");
        assert_eq!((code, said), (0, line), "{err}");
        assert_eq!(std::fs::read(path.join(out)).unwrap(), files.approved);
    }
    for (arguments, code) in [
        ("extract released.pdf --signature 3 --out new.pdf", 5),
        ("extract released.pdf --signature Nobody --out new.pdf", 5),
        ("extract issued.pdf --signature 1 --out new.pdf", 3),
        ("extract missing.pdf --signature 1 --out new.pdf", 4),
        ("extract released.pdf --signature 1 --out released.pdf", 4),
        ("extract released.pdf --signature 1 --out approved.pdf", 4),
    ] {
        let (found, _, err) = kyso(&path, arguments);
        assert_eq!(found, code, "{arguments}: {err}");
        assert!(!path.join("new.pdf").exists());
    }
    assert_eq!(
        std::fs::read(path.join("released.pdf")).unwrap(),
        files.released
    );
    // What comes out is signed to its end.
    let signer = Signer::new(
        demo::Pki::with_keys([0; 4].map(|_| Key::generate(KeyType::P256).unwrap()), now())
            .unwrap()
            .leader_key()
            .unwrap(),
    );
    let again = signer
        .sign(&files.released, &Plan::default(), now())
        .unwrap()
        .into_bytes();
    std::fs::write(path.join("again.pdf"), again).unwrap();
    let (code, _, _) = kyso(&path, "extract again.pdf --signature 2 --out second.pdf");
    assert_eq!(code, 0);
    assert_eq!(
        std::fs::read(path.join("second.pdf")).unwrap(),
        files.released
    );
}

/// What came back with no signature is not called signed.
#[test]
fn an_update_without_a_signature_adds_none() {
    let issued = plain();
    let found = compared(&issued, &update(&issued, 9, "<</Left (behind)>>"));
    assert_eq!(found.outcome, Outcome::EvidenceAdded, "{found:?}");
    assert_eq!(found.level, Some(ChangeLevel::LtaUpdates));
    assert!(found.signatures_added.is_empty() && found.time_stamps_added.is_empty());
}
