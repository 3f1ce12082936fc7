//! Promises of signing: earlier bytes stay, one revision each, exact refusals, and programs that
//! we did not write accept what comes out.

#[path = "common/pdf.rs"]
mod documents;

use std::path::Path;
use std::process::Command;

use documents::{FORM, FORMS, Form, PLAIN, build};
use kyso::crypto::DigestAlgorithm;
use kyso::limits::Limits;
use kyso::pdf::{Document, Object, ObjectId, OpenOptions, XrefKind};
use kyso::pki::Certificate;
use kyso::signing::key::{AbsentKey, LocalKey, pem, pkcs12};
use kyso::signing::plan::{EmptyField, Field, Permission, Rectangle, RsaPadding, SubFilter};
use kyso::signing::{Plan, Prepared, Signed, Signer};
use kyso::time::UtcTime;
use kyso::validation::Level;

fn key_file(name: &str) -> Vec<u8> {
    let root = env!("CARGO_MANIFEST_DIR");
    std::fs::read(format!("{root}/testdata/keys/throwaway-{name}")).unwrap()
}

fn key_with(key: &str, certificate: &str) -> LocalKey {
    let mut certificates = key_file(certificate);
    certificates.extend(key_file("chain.pem"));
    pem::load(&key_file(key), &certificates, None, &Limits::new()).unwrap()
}

fn signer(name: &str) -> Signer {
    Signer::new(key_with(
        &format!("{name}.key.pem"),
        &format!("{name}.crt.pem"),
    ))
}

fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T02:00:00Z").unwrap()
}

fn open(bytes: &[u8]) -> Document<'_> {
    Document::open(bytes, &OpenOptions::default()).unwrap()
}

fn plan(change: impl FnOnce(&mut Plan)) -> Plan {
    let mut plan = Plan::default();
    change(&mut plan);
    plan
}

fn refusal(signer: &Signer, document: &[u8], plan: &Plan) -> String {
    signer.sign(document, plan, now()).unwrap_err().to_string()
}

/// Runs a program on `file`; `None` when it is not installed.
fn run(program: &str, arguments: &[&str], file: &Path) -> Option<(bool, String)> {
    match Command::new(program).args(arguments).arg(file).output() {
        Ok(output) => Some((
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr),
        )),
        Err(_) => {
            println!("NOT RUN: {program} is not installed");
            None
        }
    }
}

/// What qpdf, pdfsig and openssl say about the last of `count` signatures of a file.
fn peers_accept(signed: &Signed, count: usize) {
    peers_accept_with(signed, Some(count));
}

/// `count: None` leaves pdfsig out.
fn peers_accept_with(signed: &Signed, count: Option<usize>) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("signed.pdf"), signed.bytes()).unwrap();
    if let Some((ok, text)) = run("qpdf", &["--check"], &path("signed.pdf")) {
        assert!(ok && !text.contains("WARNING"), "{text}");
    }
    if let Some(count) = count
        && let Some((_, text)) = run("pdfsig", &["-nocert"], &path("signed.pdf"))
    {
        let valid = text.matches("Signature is Valid.").count();
        assert_eq!(valid, count, "{text}");
        assert!(text.contains("Total document signed"), "{text}");
        assert_eq!(text.matches("- Signed Ranges").count(), count, "{text}");
    }
    let [_, first, second, rest] = signed.byte_range().map(|n| n as usize);
    let bytes = signed.bytes();
    std::fs::write(
        path("content"),
        [&bytes[..first], &bytes[second..second + rest]].concat(),
    )
    .unwrap();
    std::fs::write(path("cms.der"), signed.cms()).unwrap();
    let root = format!(
        "{}/testdata/keys/throwaway-root.crt.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    let content = path("content");
    let arguments = [
        "cms",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-purpose",
        "any",
        "-CAfile",
        &root,
        "-cades",
        "-out",
        "/dev/null",
        "-content",
        content.to_str().unwrap(),
        "-in",
    ];
    if let Some((ok, text)) = run("openssl", &arguments, &path("cms.der")) {
        assert!(ok, "{text}");
    }
}

#[test]
fn ok_every_form_of_file_keeps_its_bytes_and_its_kind_of_cross_reference() {
    let signer = signer("rsa");
    for form in FORMS {
        for objects in [&PLAIN[..], &FORM[..]] {
            let input = build(form, objects);
            let signed = signer.sign(&input, &Plan::default(), now()).unwrap();
            assert!(signed.bytes().starts_with(&input), "{form:?}");
            let document = open(signed.bytes());
            let kinds: Vec<_> = document.revisions().iter().map(|r| r.kind()).collect();
            let kind = match form {
                Form::Table => XrefKind::Table,
                _ => XrefKind::Stream,
            };
            assert_eq!(kinds, [kind, kind], "{form:?}");
            assert!(signed.bytes().ends_with(b"%%EOF\n"));
            let added = &signed.bytes()[input.len()..];
            assert_eq!(memchr::memmem::find_iter(added, b"%%EOF").count(), 1);
            peers_accept(&signed, 1);
        }
    }
}

#[test]
fn ok_a_page_changes_in_nothing_but_its_annotations() {
    let signer = signer("p256");
    for form in FORMS {
        let input = build(form, &PLAIN);
        let signed = signer.sign(&input, &Plan::default(), now()).unwrap();
        let (before, after) = (open(&input), open(signed.bytes()));
        let page = |document: &Document<'_>| {
            let page = document.latest().get(ObjectId::new(3, 0)).unwrap().unwrap();
            let entries: Vec<_> = page
                .as_dictionary()
                .unwrap()
                .iter()
                .filter(|entry| entry.key.as_bytes() != b"Annots")
                .map(|entry| (format!("{:?}", entry.key), format!("{:?}", entry.value)))
                .collect();
            entries
        };
        assert_eq!(page(&before), page(&after));
        // The tree above, with its inherited attributes, and the other page are not written.
        let changed: Vec<_> = after.revisions()[1]
            .entries()
            .unwrap()
            .map(|(id, _)| id.number)
            .filter(|number| *number <= 7)
            .collect();
        assert_eq!(changed, [1, 3], "{form:?}");
    }
    // Numbers keep every digit: 1.0000001 has no 32-bit float.
    let signed = signer.sign(&build(Form::Table, &PLAIN), &Plan::default(), now());
    let text = String::from_utf8_lossy(signed.unwrap().bytes()).into_owned();
    assert_eq!(text.matches("/UserUnit 1.0000001").count(), 2);
}

/// V077: the input is an exact prefix, and signatures that were there still hold.
#[test]
fn ok_three_signatures_in_a_row_all_stay_intact() {
    for form in FORMS {
        let mut bytes = build(form, &PLAIN);
        let mut last = None;
        for (count, name) in ["rsa", "p256", "p384"].into_iter().enumerate() {
            let signed = signer(name).sign(&bytes, &Plan::default(), now()).unwrap();
            assert!(signed.bytes().starts_with(&bytes));
            assert_eq!(signed.field(), format!("Signature{}", count + 1));
            bytes = signed.bytes().to_vec();
            last = Some(signed);
        }
        assert_eq!(open(&bytes).revisions().len(), 4);
        peers_accept(&last.unwrap(), 3);
    }
}

#[test]
fn ok_a_file_without_a_last_line_end_keeps_its_signature() {
    let mut input = build(Form::Table, &PLAIN);
    assert_eq!(input.pop(), Some(b'\n'));
    let first = signer("rsa").sign(&input, &Plan::default(), now()).unwrap();
    assert!(first.bytes().starts_with(&input));
    peers_accept(&first, 1);
}

#[test]
fn ok_every_key_and_algorithm() {
    let input = build(Form::Stream, &PLAIN);
    for (name, change) in [
        ("rsa", plan(|p| p.digest = Some(DigestAlgorithm::Sha384))),
        ("rsa", plan(|p| p.digest = Some(DigestAlgorithm::Sha512))),
        ("rsa", plan(|p| p.padding = RsaPadding::Pss)),
        (
            "rsa",
            plan(|p| {
                p.padding = RsaPadding::Pss;
                p.digest = Some(DigestAlgorithm::Sha512);
            }),
        ),
        ("rsa", plan(|p| p.sub_filter = SubFilter::AdbePkcs7Detached)),
        ("p384", Plan::default()),
    ] {
        peers_accept(&signer(name).sign(&input, &change, now()).unwrap(), 1);
    }
    // Neither pdfsig nor openssl 3.0 verifies Ed25519 in CMS; the self-check did.
    signer("ed25519")
        .sign(&input, &Plan::default(), now())
        .unwrap();
    let key = pkcs12::load(&key_file("legacy.p12"), Some(b"throwaway"), &Limits::new()).unwrap();
    peers_accept(
        &Signer::new(key)
            .sign(&input, &Plan::default(), now())
            .unwrap(),
        1,
    );
}

#[test]
fn ok_an_existing_field_is_filled_and_its_lock_is_repeated() {
    for form in FORMS {
        let input = build(form, &FORM);
        let signer = signer("rsa");
        let fill = plan(|p| p.field = Field::Existing("approval".into()));
        let signed = signer.sign(&input, &fill, now()).unwrap();
        let document = open(signed.bytes());
        let view = document.latest();
        let field = view.get(ObjectId::new(7, 0)).unwrap().unwrap();
        let field = field.as_dictionary().unwrap();
        let signature = view.value(field, b"V").unwrap();
        let signature = signature.as_dictionary().unwrap();
        let reference = view.value(signature, b"Reference").unwrap();
        let reference = reference.as_array().unwrap().get(0).unwrap().clone();
        let reference = reference.as_dictionary().unwrap();
        assert!(reference.is_name(b"TransformMethod", b"FieldMDP"));
        let parameters = view.value(reference, b"TransformParams").unwrap();
        let parameters = parameters.as_dictionary().unwrap();
        assert!(parameters.is_name(b"Action", b"Include"));
        // Only the field, the form (flags) and new objects are written.
        let changed: Vec<_> = document.revisions()[1]
            .entries()
            .unwrap()
            .map(|(id, _)| id.number)
            .filter(|number| *number <= 10)
            .collect();
        assert_eq!(changed, [5, 7], "{form:?}");
        peers_accept(&signed, 1);

        assert_eq!(
            refusal(&signer, signed.bytes(), &fill),
            "this document cannot be signed like that: field \"approval\" is signed already"
        );
        // A second signature elsewhere adds to the indirect /Annots and /Fields alone.
        let second = signer
            .sign(signed.bytes(), &Plan::default(), now())
            .unwrap();
        let document = open(second.bytes());
        let changed: Vec<_> = document.revisions()[2]
            .entries()
            .unwrap()
            .map(|(id, _)| id.number)
            .filter(|number| *number <= 10)
            .collect();
        assert_eq!(changed, [4, 6], "{form:?}");
        peers_accept(&second, 2);
    }
}

#[test]
fn ok_an_existing_field_whose_widget_is_an_object_of_its_own() {
    let mut objects = FORM;
    objects[5] = "[10 0 R 9 0 R]";
    objects[6] =
        "<</Type /Annot /Subtype /Widget /Parent 10 0 R /Rect [9 9 99 99] /P 3 0 R /F 132>>";
    objects[9] = "<</FT /Sig /T (approval) /Kids [7 0 R]>>";
    let fill = plan(|p| p.field = Field::Existing("approval".into()));
    let signed = signer("rsa")
        .sign(&build(Form::Table, &objects), &fill, now())
        .unwrap();
    // pdfsig takes a kid with a /Parent for a field of its own, and finds it empty.
    peers_accept_with(&signed, None);
}

#[test]
fn ok_a_certification_and_what_it_prepared() {
    let signer = signer("rsa");
    let input = build(Form::Table, &PLAIN);
    let certify = plan(|p| {
        p.certify = Some(Permission::FormFilling);
        p.reason = Some("Phê duyệt".into());
        p.empty_fields.push(EmptyField {
            name: "Seal".into(),
            page: 1,
            rectangle: Rectangle {
                left: 300.0,
                bottom: 100.0,
                right: 400.0,
                top: 200.5,
            },
        });
    });
    let first = signer.sign(&input, &certify, now()).unwrap();
    peers_accept(&first, 1);
    let document = open(first.bytes());
    let view = document.latest();
    let catalog = view.catalog().unwrap();
    let permissions = view.value(&catalog, b"Perms").unwrap();
    let signature = view
        .value(permissions.as_dictionary().unwrap(), b"DocMDP")
        .unwrap();
    let signature = signature.as_dictionary().unwrap();
    assert_eq!(
        signature
            .get(b"Reason")
            .and_then(Object::as_string)
            .unwrap()
            .text(),
        "Phê duyệt"
    );
    let seal = plan(|p| p.field = Field::Existing("Seal".into()));
    let second = signer.sign(first.bytes(), &seal, now()).unwrap();
    peers_accept(&second, 2);
    assert_eq!(
        refusal(&signer, second.bytes(), &certify),
        "this document cannot be signed like that: a certification must be the first signature, and there is one already"
    );
}

/// V078: a certification with P = 1.
#[test]
fn err_a_certification_without_changes_is_the_last_signature() {
    let signer = signer("rsa");
    let certify = plan(|p| p.certify = Some(Permission::NoChanges));
    let first = signer
        .sign(&build(Form::Stream, &PLAIN), &certify, now())
        .unwrap();
    assert_eq!(
        refusal(&signer, first.bytes(), &Plan::default()),
        "this document cannot be signed like that: its certification permits no changes (P = 1)"
    );
}

/// V078: locks of fields, by the signature and by the field itself.
#[test]
fn err_a_locked_field_is_not_signed() {
    let mut objects = FORM;
    objects[7] = "<</Type /SigFieldLock /Action /Exclude /Fields [(note)]>>";
    let signer = signer("rsa");
    let fill = plan(|p| p.field = Field::Existing("approval".into()));
    let signed = signer
        .sign(&build(Form::Table, &objects), &fill, now())
        .unwrap();
    assert_eq!(
        refusal(&signer, signed.bytes(), &Plan::default()),
        "this document cannot be signed like that: the signature in field \"approval\" locks field \"Signature1\""
    );
}

#[test]
fn err_fields_that_cannot_be_used() {
    let signer = signer("rsa");
    let input = build(Form::Table, &FORM);
    for (field, expected) in [
        (
            Field::Existing("none".into()),
            "there is no field named \"none\"",
        ),
        (
            Field::Existing("note".into()),
            "field \"note\" is not a signature field",
        ),
        (
            Field::New("note".into()),
            "a field named \"note\" exists already",
        ),
        (
            Field::New("a.b".into()),
            "a field cannot be named \"a.b\": names are not empty and have no full stop",
        ),
        (
            Field::New("".into()),
            "a field cannot be named \"\": names are not empty and have no full stop",
        ),
    ] {
        let text = refusal(&signer, &input, &plan(|p| p.field = field.clone()));
        assert_eq!(
            text,
            format!("this document cannot be signed like that: {expected}")
        );
    }
    let empty = plan(|p| {
        p.empty_fields.push(EmptyField {
            name: "later".into(),
            page: 5,
            rectangle: Rectangle::NONE,
        });
    });
    assert_eq!(
        refusal(&signer, &input, &empty),
        "this document cannot be signed like that: there is no page 6"
    );
}

#[test]
fn err_files_that_cannot_be_extended() {
    let signer = signer("rsa");
    let good = build(Form::Table, &PLAIN);
    let extended = |bytes: &[u8]| refusal(&signer, bytes, &Plan::default());
    // The hidden stream says where object 1 lives, and so does the table.
    let hybrid = build(Form::Hybrid, &PLAIN);
    let own = format!("/Index [{} 1]", PLAIN.len() + 1);
    let place = hybrid
        .windows(own.len())
        .position(|part| part == own.as_bytes());
    let mut contradicting = hybrid.clone();
    contradicting[place.unwrap()..][..own.len()].copy_from_slice(b"/Index [1 1]");
    assert!(signer.sign(&hybrid, &Plan::default(), now()).is_ok());
    assert_eq!(
        extended(&contradicting),
        "the file cannot be extended: its hybrid cross-references contradict each other; save it anew first"
    );
    // The header moved by one byte, every object where it was.
    let moved = [&b"\n%PDF-1.7\n%\xe2\xe3\xcf\n"[..], &good[15..]].concat();
    assert_eq!(
        extended(&moved),
        "the file cannot be extended: bytes stand before its %PDF- header; save it anew first"
    );
    // Broken structure is never repaired for signing.
    let broken = String::from_utf8_lossy(&good).replace("startxref\n", "startxref\n9");
    assert!(
        signer
            .sign(broken.as_bytes(), &Plan::default(), now())
            .is_err()
    );
    assert_eq!(extended(b""), "the file is empty");
    assert_eq!(extended(b"hello"), "not a PDF: no %PDF- header");
}

/// An extra object that is listed at its place and cannot be read there: its header has another
/// generation. Nothing refers to it.
fn with_unreadable(text: &str) -> Vec<u8> {
    let mut objects = FORM.to_vec();
    objects.push(text);
    let mut document = build(Form::Table, &objects);
    let header = b"11 0 obj";
    let at = document
        .windows(header.len())
        .position(|part| part == header)
        .unwrap();
    document[at + 3] = b'7';
    document
}

/// V057, V077: an object that cannot be read in the signed revision is no change of a later one.
#[test]
fn ok_an_unreadable_object_from_before_the_first_signature_spoils_no_later_one() {
    let signer = signer("p256");
    let mut document = with_unreadable("<</Width 8 /Next 1 0 R>>");
    for count in 1..=3 {
        document = signer
            .sign(&document, &Plan::default(), now())
            .unwrap()
            .into_bytes();
        let report = kyso::verify(
            &document,
            &kyso::Trust::new(),
            &kyso::Policy::official(),
            now(),
        )
        .unwrap();
        assert_eq!(report.signatures.len(), count);
        for verdict in &report.signatures {
            assert_eq!(verdict.changes.permitted, Some(true), "{verdict:#?}");
        }
    }
}

/// What another program may find in the place of an unreadable object counts: when it refers to
/// an object that a later signature will bring, that would be a change, said at the first one.
#[test]
fn err_an_unreadable_object_that_may_refer_to_what_a_later_signature_brings() {
    let signer = signer("p256");
    let first = signer
        .sign(
            &with_unreadable("<</Width 8 /Next 10 0 R>>"),
            &Plan::default(),
            now(),
        )
        .unwrap();
    // The next free number, of the signature dictionary that the next signature makes.
    let size = open(first.bytes()).latest().trailer().get(b"Size").cloned();
    let next = size.and_then(|size| size.as_integer()).unwrap();
    for text in [
        format!("<</Width 8 /Next {next} 0 R>>"),
        format!("<</Width 8 /Next {next} % a comment\n0 R>>"),
    ] {
        let refused = refusal(&signer, &with_unreadable(&text), &Plan::default());
        assert!(
            refused.starts_with("a signature in this document could not be told from a change"),
            "{refused}"
        );
    }
}

/// An entry of a table that names the very end of the file, where nothing stands: behind it lies
/// what the first signature writes, which is then taken for the object. A form that the second
/// signature would have to change may be used by it, so the first one is refused (V077).
#[test]
fn err_an_entry_that_names_the_end_of_the_file_is_no_second_signature() {
    let signer = signer("p256");
    let objects = [
        "<</Fields 2 0 R>>",
        "[]",
        "<</Type /Catalog /Pages 4 0 R /AcroForm 1 0 R>>",
        "<</Type /Pages /Kids [5 0 R] /Count 1>>",
        "<</Type /Page /Parent 4 0 R /MediaBox [0 0 595 842]>>",
    ];
    let with_entry = |entry: &str| {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        let mut rows = "0000000000 65535 f \n".to_owned();
        for (index, text) in objects.iter().enumerate() {
            rows += &format!("{:010} 00000 n \n", bytes.len());
            bytes.extend(format!("{} 0 obj\n{text}\nendobj\n", index + 1).bytes());
        }
        let xref = bytes.len();
        let tail = format!("trailer\n<</Size 7/Root 3 0 R>>\nstartxref\n{xref}\n%%EOF\n");
        let whole = xref + "xref\n0 7\n".len() + rows.len() + 20 + tail.len();
        let last = entry.replace("END", &format!("{whole:010}"));
        bytes.extend(format!("xref\n0 7\n{rows}{last}{tail}").bytes());
        assert_eq!(bytes.len(), whole);
        bytes
    };
    let mut document = with_entry("0000000000 00001 f \n");
    for _ in 0..2 {
        let signed = signer.sign(&document, &Plan::default(), now());
        document = signed.unwrap().into_bytes();
    }
    let refused = refusal(&signer, &with_entry("END 00000 n \n"), &Plan::default());
    assert!(
        refused.starts_with("a signature in this document could not be told from a change"),
        "{refused}"
    );
}

/// An empty field below another is filled by its full name; no field is made beside it.
#[test]
fn ok_an_empty_field_below_another_is_named_in_full() {
    let document = build(
        Form::Table,
        &[
            "<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R>>",
            "<</Type /Pages /Kids [3 0 R] /Count 1>>",
            "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [6 0 R]>>",
            "<</Fields [5 0 R]>>",
            "<</T (a) /Kids [6 0 R]>>",
            "<</Type /Annot /Subtype /Widget /FT /Sig /T (b) /Parent 5 0 R /Rect [0 0 0 0] /P 3 0 R /F 4>>",
        ],
    );
    let named = |name: &str| plan(|p| p.field = Field::Named(name.to_owned()));
    let signer = signer("p256");
    let first = signer.sign(&document, &named("a.b"), now()).unwrap();
    assert_eq!(first.field(), "a.b");
    let open = Document::open(first.bytes(), &OpenOptions::default()).unwrap();
    let found = kyso::signature::find(&open, &Limits::default()).unwrap();
    let fields: Vec<_> = found.iter().map(|one| one.field.as_deref()).collect();
    assert_eq!(fields, [Some("a.b")]);
    assert!(
        refusal(&signer, &document, &named("a.c")).starts_with("this document cannot be signed")
    );
}

/// A first signature after which a second one would pass the limit on objects is refused by it.
#[test]
fn err_the_next_signature_would_have_too_many_objects() {
    let within = |objects: u64| {
        let mut limits = Limits::default();
        limits.objects = objects;
        limits
    };
    let document = build(Form::Table, &FORM);
    let (mut passed, mut refused) = (0, 0);
    for objects in 8..48 {
        let signer = signer("p256").with_limits(within(objects));
        let Ok(first) = signer.sign(&document, &Plan::default(), now()) else {
            refused += 1;
            continue;
        };
        passed += 1;
        let second = self::signer("p256").sign(first.bytes(), &Plan::default(), now());
        let options = OpenOptions {
            limits: within(objects),
            ..OpenOptions::default()
        };
        let opened = Document::open(second.unwrap().bytes(), &options).map(|_| ());
        assert_eq!(opened, Ok(()), "limit {objects}");
    }
    assert!(passed > 0 && refused > 0, "{passed} {refused}");
}

/// An object that cannot be read inside an object stream could be anything: said at the first
/// signature, because the second would make the first fail.
#[test]
fn err_what_no_verifier_could_compare_is_refused_at_the_first_signature() {
    let mut unreadable = FORM.to_vec();
    unreadable.push("<</Unbalanced [1 2>>");
    // A page without its /Type is no page for the rules: no signature can be added to it.
    let mut typeless = FORM.to_vec();
    typeless[2] = "<</Parent 2 0 R /Resources <<>>>>";
    for (form, objects) in [(Form::ObjectStream, unreadable), (Form::Table, typeless)] {
        let refused = refusal(&signer("p256"), &build(form, &objects), &Plan::default());
        assert!(
            refused.starts_with("a signature in this document could not be told from a change"),
            "{refused}"
        );
    }
}

/// ISO/TS 32004: an appended revision would break the code over the whole document.
#[test]
fn err_a_document_with_a_mac_is_refused() {
    let document = build(Form::Table, &FORM);
    let at = document
        .windows(8)
        .rposition(|part| part == b"/Root 1 ")
        .unwrap();
    let code = b"/AuthCode <</MACLocation /Standalone /MAC <00>>> ";
    let document = [&document[..at], code, &document[at..]].concat();
    assert_eq!(
        refusal(&signer("p256"), &document, &Plan::default()),
        "the file cannot be extended: its integrity is guarded by a document MAC (/AuthCode)"
    );
}

/// V078: encryption permissions; nothing encrypted is signed at all.
#[test]
fn err_encrypted_input_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("plain.pdf"), build(Form::Table, &PLAIN)).unwrap();
    for password in ["", "secret"] {
        let output = path("encrypted.pdf");
        let made = Command::new("qpdf")
            .args(["--encrypt", password, "owner", "256", "--"])
            .arg(path("plain.pdf"))
            .arg(&output)
            .status();
        if made.is_err() {
            println!("NOT RUN: qpdf is not installed");
            return;
        }
        assert_eq!(
            refusal(
                &signer("rsa"),
                &std::fs::read(&output).unwrap(),
                &Plan::default()
            ),
            "the file cannot be extended: encrypted input is refused"
        );
    }
}

/// V081: period and purpose; what is overridden is noted.
#[test]
fn err_certificates_that_may_not_sign() {
    let input = build(Form::Table, &PLAIN);
    let with = |certificate| Signer::new(key_with("rsa.key.pem", certificate));
    assert_eq!(
        refusal(&with("rsa-expired.crt.pem"), &input, &Plan::default()),
        "the certificate is not valid at 2026-11-23T02:00:00Z: its period is 2020-01-01T00:00:00Z to 2021-01-01T00:00:00Z"
    );
    assert_eq!(
        refusal(&with("rsa-server.crt.pem"), &input, &Plan::default()),
        "the certificate may not sign documents: its extended key usage is for something else"
    );
    assert_eq!(
        refusal(&with("rsa-encipherment.crt.pem"), &input, &Plan::default()),
        "the certificate may not sign documents: its key usage names neither digitalSignature nor contentCommitment"
    );
    let loud = plan(|p| p.allow_certificate_outside_its_period = true);
    assert!(
        with("rsa-expired.crt.pem")
            .sign(&input, &loud, now())
            .is_ok()
    );
    let loud = plan(|p| p.allow_certificate_of_another_purpose = true);
    assert!(
        with("rsa-server.crt.pem")
            .sign(&input, &loud, now())
            .is_ok()
    );
    let sha3 = plan(|p| p.digest = Some(DigestAlgorithm::Sha3_256));
    assert_eq!(
        refusal(&with("rsa.crt.pem"), &input, &sha3),
        "cannot sign with this key: it offers no SHA3-256 as the plan asks"
    );
}

#[test]
fn ok_a_prepared_signature_survives_its_process() {
    let signer = signer("p256");
    let input = build(Form::ObjectStream, &PLAIN);
    let prepared = signer.prepare(&input, &Plan::default(), now()).unwrap();
    let state = serde_json::to_string(&prepared).unwrap();
    assert!(!state.contains("PRIVATE"));
    let read: Prepared = serde_json::from_str(&state).unwrap();
    assert_eq!(read, prepared);
    let value = signer
        .key()
        .sign(read.signature_algorithm(), read.message())
        .unwrap();
    let signed = read.finish(&value, None, &Limits::new()).unwrap();
    peers_accept(&signed, 1);

    // What was changed in between is noticed, on reading or at the end.
    let mut value: serde_json::Value = serde_json::from_str(&state).unwrap();
    value["input_length"] = 5.into();
    assert_eq!(
        serde_json::from_value::<Prepared>(value.clone())
            .unwrap_err()
            .to_string(),
        "the prepared signature is inconsistent"
    );
    value["version"] = 99.into();
    assert!(
        serde_json::from_value::<Prepared>(value)
            .unwrap_err()
            .to_string()
            .contains("another version")
    );
}

#[test]
fn ok_prepared_from_the_certificate_alone() {
    let input = build(Form::Table, &PLAIN);
    let mut certificates = Certificate::from_pem_or_der(&key_file("rsa.crt.pem")).unwrap();
    certificates.extend(Certificate::from_pem_or_der(&key_file("chain.pem")).unwrap());
    let absent = AbsentKey::new(certificates, None).unwrap();
    let limits = Limits::new();
    let prepared = Prepared::new(&input, &Plan::default(), &absent, now(), &limits).unwrap();
    assert_eq!(prepared.message_digest().unwrap().as_bytes().len(), 32);
    let key = signer("rsa");
    let value = key
        .key()
        .sign(prepared.signature_algorithm(), prepared.message())
        .unwrap();
    let signed = prepared.finish(&value, None, &limits).unwrap();
    assert_eq!(
        signed.bytes(),
        key.sign(&input, &Plan::default(), now()).unwrap().bytes()
    );
    assert_eq!(
        refusal(&Signer::new(absent), &input, &Plan::default()),
        "cannot sign with this key: its private key is elsewhere"
    );
}

#[cfg(feature = "visual")]
#[test]
fn ok_a_visible_signature_in_a_new_and_in_an_existing_field() {
    use kyso::signing::appearance::{Area, PageGeometry, TextAppearance, draw};
    let (plain, form) = (build(Form::ObjectStream, &PLAIN), build(Form::Table, &FORM));
    for (input, page, field, widget) in [
        (&plain, 1, Field::New("Trưởng phòng".into()), None),
        (&form, 0, Field::Existing("approval".into()), Some(7)),
    ] {
        let document = open(input);
        let geometry = PageGeometry::of(&document.latest(), page).unwrap();
        let area = Area {
            left: 100.0,
            top: 100.0,
            width: 200.0,
            height: 80.0,
        };
        let text = TextAppearance::signer("Nguyễn Thị Ánh", None, now(), Some("Phê duyệt"));
        let visible = draw(&text, &geometry.place(&area).unwrap())
            .unwrap()
            .visible(page)
            .unwrap();
        let rectangle = visible.rectangle;
        let plan = plan(|p| {
            p.field = field.clone();
            p.visible = Some(visible);
        });
        let signed = signer("rsa").sign(input, &plan, now()).unwrap();
        peers_accept(&signed, 1);
        let document = open(signed.bytes());
        let view = document.latest();
        let widget = widget.or_else(|| {
            let page = view.pages().nth(page).unwrap().unwrap();
            let annotations = view.value(&page.dictionary, b"Annots").unwrap();
            let last = annotations
                .as_array()
                .unwrap()
                .get(0)
                .unwrap()
                .as_reference();
            last.map(|id| id.number)
        });
        let widget = view
            .get(ObjectId::new(widget.unwrap(), 0))
            .unwrap()
            .unwrap();
        let widget = widget.as_dictionary().unwrap();
        assert_eq!(widget.get(b"F"), Some(&Object::Integer(132)));
        let appearance = view.value(widget, b"AP").unwrap();
        let normal = view
            .value(appearance.as_dictionary().unwrap(), b"N")
            .unwrap();
        let stream = normal.as_stream().unwrap();
        assert!(stream.dictionary().is_name(b"Subtype", b"Form"));
        assert!(!view.decode(stream).unwrap().is_empty());
        if matches!(field, Field::New(_)) {
            let rect = view.value(widget, b"Rect").unwrap();
            let left = rect
                .as_array()
                .unwrap()
                .get(0)
                .unwrap()
                .as_number()
                .unwrap();
            assert!((left - rectangle.left).abs() < 1e-4);
        }
    }
}

#[test]
fn ok_files_that_qpdf_wrote() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("in.pdf"), build(Form::Table, &FORM)).unwrap();
    for arguments in [
        &["--linearize"][..],
        &["--linearize", "--object-streams=generate"],
        &["--object-streams=generate"],
    ] {
        let output = path("out.pdf");
        let made = Command::new("qpdf")
            .args(arguments)
            .arg(path("in.pdf"))
            .arg(&output)
            .status();
        if made.is_err() {
            println!("NOT RUN: qpdf is not installed");
            return;
        }
        let input = std::fs::read(&output).unwrap();
        let first = signer("rsa").sign(&input, &Plan::default(), now()).unwrap();
        let fill = plan(|p| p.field = Field::Existing("approval".into()));
        let second = signer("p256").sign(first.bytes(), &fill, now()).unwrap();
        peers_accept(&second, 2);
    }
}

/// V080: what was signed is verified before it is handed out.
#[test]
fn err_a_value_by_another_key_makes_no_file() {
    let input = build(Form::Table, &PLAIN);
    let prepared = signer("rsa")
        .prepare(&input, &Plan::default(), now())
        .unwrap();
    let good = signer("rsa")
        .key()
        .sign(prepared.signature_algorithm(), prepared.message())
        .unwrap();
    let mut bad = good.clone();
    bad[10] ^= 1;
    let error = prepared
        .clone()
        .finish(&bad, None, &Limits::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the finished signature does not verify: the signature value is not by the key of the certificate"
    );
    // No space was kept for a time stamp.
    let token = [&[0x04, 0x82, 0x10, 0x00][..], &[0; 4096]].concat();
    let error = prepared
        .finish(&good, Some(&token), &Limits::new())
        .unwrap_err();
    assert!(
        error.to_string().starts_with("the signature needs "),
        "{error}"
    );
}

/// What was prepared for a higher level never comes out lower without a word.
#[test]
fn err_a_level_is_not_lowered_in_silence() {
    let input = build(Form::Table, &PLAIN);
    let signer = signer("rsa");
    for (level, token) in [
        (Level::T, None),
        (Level::Lt, None),
        (Level::Lt, Some([5, 0])),
    ] {
        let plan = plan(|p| {
            p.level = level;
            p.time_stamp_space = 4096;
        });
        let prepared = Prepared::new(&input, &plan, signer.key(), now(), &Limits::new()).unwrap();
        assert!(prepared.needs_services());
        let value = signer
            .key()
            .sign(prepared.signature_algorithm(), prepared.message())
            .unwrap();
        let token = token.as_ref().map(|token| &token[..]);
        assert_eq!(
            prepared
                .finish(&value, token, &Limits::new())
                .unwrap_err()
                .to_string(),
            "a level above B-B needs services"
        );
    }
}

/// V080: the place is computed, not guessed.
#[test]
fn the_place_for_the_signature_has_exactly_its_size() {
    let input = build(Form::Table, &PLAIN);
    for (name, slack) in [("rsa", 0), ("ed25519", 0), ("p256", 9), ("p384", 9)] {
        let signed = signer(name).sign(&input, &Plan::default(), now()).unwrap();
        let [_, start, end, _] = signed.byte_range();
        let reserved = (end - start - 2) / 2;
        let left = reserved - signed.cms().len() as u64;
        assert!(left <= slack, "{name}: {left}");
        let space = plan(|p| p.time_stamp_space = 6000);
        let signed = signer(name).sign(&input, &space, now()).unwrap();
        let [_, start, end, _] = signed.byte_range();
        assert!((end - start - 2) / 2 >= reserved + 6000);
    }
}

#[test]
fn the_result_depends_on_the_arguments_alone() {
    let input = build(Form::Stream, &PLAIN);
    let sign = || signer("rsa").sign(&input, &Plan::default(), now()).unwrap();
    assert_eq!(sign().bytes(), sign().bytes());
}

#[test]
fn the_identifier_keeps_its_first_string_and_changes_its_second() {
    for form in FORMS {
        let signed = signer("rsa")
            .sign(&build(form, &PLAIN), &Plan::default(), now())
            .unwrap();
        let document = open(signed.bytes());
        let id = |revision: usize| {
            let trailer = document.revisions()[revision].trailer().unwrap();
            let id = trailer.get(b"ID").unwrap().as_array().unwrap();
            let string = |i| id.get(i).unwrap().as_string().unwrap().bytes().into_owned();
            (string(0), string(1))
        };
        assert_eq!(id(0).0, id(1).0);
        assert_ne!(id(0).1, id(1).1);
        assert_eq!(id(1).1.len(), 16);
    }
}

/// V084: a writer that is killed between writing and renaming leaves its temporary file alone.
#[cfg(all(unix, feature = "fs"))]
#[test]
fn a_killed_writer_leaves_the_old_file_or_the_new_one() {
    use kyso::run::output::{Existing, write};
    const VARIABLE: &str = "KYSO_TEST_CRASH_OUTPUT";
    if let Some(path) = std::env::var_os(VARIABLE) {
        let _ = write(
            Path::new(&path),
            b"new",
            Existing::Replace,
            &[],
            |_| -> Result<(), _> { std::process::abort() },
        );
        unreachable!();
    }
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("out.pdf");
    std::fs::write(&output, b"old").unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_killed_writer_leaves_the_old_file_or_the_new_one",
        ])
        .env(VARIABLE, &output)
        .output()
        .unwrap()
        .status;
    assert!(!status.success());
    assert_eq!(std::fs::read(&output).unwrap(), b"old");
    let mut names: Vec<_> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with(".out.pdf.") && names[0].ends_with(".tmp"));
    // The next run is not disturbed.
    write(&output, b"new", Existing::Replace, &[], |_| Ok(())).unwrap();
    assert_eq!(std::fs::read(&output).unwrap(), b"new");
}

/// Every outside file is signed and passes the self-check, or is refused without a panic.
#[test]
fn outside_files_are_signed_or_refused() {
    let Some(corpora) = std::env::var_os("KYSO_CORPORA") else {
        println!("NOT RUN: KYSO_CORPORA is not set");
        return;
    };
    let signer = signer("p256");
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    let (mut signed, mut checked) = (0, 0);
    for folder in ["pdf", "robust"] {
        let mut folders = vec![Path::new(&corpora).join(folder)];
        while let Some(folder) = folders.pop() {
            let mut paths: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            paths.sort();
            for path in paths {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let input = std::fs::read(&path).unwrap();
                checked += 1;
                match signer.sign(&input, &Plan::default(), now()) {
                    Ok(result) => {
                        assert!(result.bytes().starts_with(&input), "{}", path.display());
                        signed += 1;
                    }
                    Err(error) => {
                        let text = error.to_string();
                        assert!(
                            !text.contains("does not verify"),
                            "{}: {text}",
                            path.display()
                        );
                        let kind = text.split(" at byte").next().unwrap_or_default();
                        *counts.entry(kind.to_owned()).or_default() += 1;
                    }
                }
            }
        }
    }
    println!("{signed} of {checked} files were signed; refused: {counts:#?}");
    assert!(signed > 300, "{signed} of {checked}");
}
