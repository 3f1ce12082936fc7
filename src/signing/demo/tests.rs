use std::path::Path;
use std::process::Command;

use unicode_normalization::is_nfc;

use super::*;
use crate::pki::Certificate;
use crate::pki::issue::{Key, KeyType};
use crate::signing::key::KeySource as _;

fn at() -> UtcTime {
    UtcTime::from_rfc3339("2026-01-05T09:30:00+07:00").unwrap()
}

fn pki() -> Pki {
    let key = || Key::generate(KeyType::P256).unwrap();
    Pki::with_keys([key(), key(), key(), key()], at()).unwrap()
}

/// Output of a program, or `None` with a word on the console when it is not installed.
fn run(program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        println!("NOT RUN: {program} is not installed");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    Some((output.status.success(), text))
}

fn file(folder: &Path, document: &[u8]) -> String {
    let path = folder.join("document.pdf");
    std::fs::write(&path, document).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn ok_the_same_second_gives_the_same_bytes() {
    let one = document(at()).unwrap();
    assert_eq!(one, document(at()).unwrap());
    assert_ne!(one, document(at().plus(1)).unwrap());
    assert!(one.starts_with(b"%PDF-1.7\n"));
    assert!(one.len() < 200_000, "{}", one.len());
}

#[test]
fn ok_the_strict_reader_takes_it() {
    let bytes = document(at()).unwrap();
    let read = crate::pdf::Document::open(&bytes, &Default::default()).unwrap();
    assert!(read.oddities().is_empty(), "{:?}", read.oddities());
    assert_eq!(read.revisions().len(), 1);
}

#[test]
fn qpdf_finds_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &document(at()).unwrap());
    if let Some((clean, text)) = run("qpdf", &["--check", &path]) {
        assert!(
            clean && text.contains("No syntax or stream encoding errors"),
            "{text}"
        );
    }
}

#[test]
fn poppler_reads_the_words_in_nfc_and_finds_every_font_embedded() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &document(at()).unwrap());
    if let Some((read, text)) = run("pdftotext", &["-layout", &path, "-"]) {
        assert!(read && is_nfc(&text));
        for part in [
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            "/QĐ-UBND",
            "Mẫu, ngày",
            "năm 2026",
            "Ễ, Ự, Ậ, Ỡ",
            "Điều 2. Người có thẩm quyền ký trước bằng chữ ký số cá nhân",
            "từ ngày ký./.",
            "Nơi nhận:",
            "Nguyễn Văn A",
            "không có giá trị pháp lý",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    if let Some((read, text)) = run("pdffonts", &[&path]) {
        assert!(read);
        let fonts: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(fonts.len(), 3, "{text}");
        for font in fonts {
            // emb, sub, uni.
            assert!(
                font.contains("CID TrueType") && font.contains("yes yes yes"),
                "{font}"
            );
        }
    }
}

#[test]
fn ok_every_certificate_says_that_it_is_a_demonstration() {
    let pki = pki();
    for holder in [&pki.root, &pki.issuing, &pki.leader, &pki.agency] {
        let certificate = Certificate::from_der(holder.certificate()).unwrap();
        let subject = certificate.subject().rfc4514();
        assert!(
            subject.contains("DEMO – không có giá trị pháp lý"),
            "{subject}"
        );
        assert!(
            certificate.oddities().is_empty(),
            "{:?}",
            certificate.oddities()
        );
        assert!(certificate.validity().contains(at()));
    }
}

#[test]
fn ok_the_keys_sign_with_their_chains() {
    let pki = pki();
    for (key, holder) in [
        (pki.leader_key().unwrap(), &pki.leader),
        (pki.agency_key().unwrap(), &pki.agency),
    ] {
        assert_eq!(key.certificate().der(), holder.certificate());
        let chain: Vec<&[u8]> = key.chain().iter().map(Certificate::der).collect();
        assert_eq!(chain, [pki.issuing.certificate(), pki.root.certificate()]);
    }
}

#[test]
fn ok_only_files_with_keys_are_secret() {
    let files = pki().files().unwrap();
    assert_eq!(files.len(), 8);
    for file in files {
        let text = std::str::from_utf8(&file.content).unwrap();
        assert_eq!(file.secret, text.contains("PRIVATE KEY"), "{}", file.name);
        assert_eq!(file.secret, file.name.ends_with(".key"));
    }
}

#[test]
fn openssl_accepts_the_signers_under_their_crls() {
    let folder = tempfile::tempdir().unwrap();
    let pki = pki();
    for file in pki.files().unwrap() {
        std::fs::write(folder.path().join(file.name), &file.content[..]).unwrap();
    }
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let crls: Vec<u8> = ["root.crl", "issuing.crl"]
        .iter()
        .flat_map(|name| std::fs::read(path(name)).unwrap())
        .collect();
    std::fs::write(path("crls.pem"), crls).unwrap();
    for signer in ["leader.pem", "agency.pem"] {
        let Some((passed, text)) = run(
            "openssl",
            &[
                "verify",
                "-x509_strict",
                "-CAfile",
                &path("root.pem"),
                "-untrusted",
                &path("issuing.pem"),
                "-CRLfile",
                &path("crls.pem"),
                "-crl_check_all",
                "-attime",
                &at().unix().to_string(),
                &path(signer),
            ],
        ) else {
            return;
        };
        assert!(passed, "{text}");
    }
}

/// The document with the forms of `plans` drawn by widgets, its page turned, cropped and scaled.
fn drawn(
    plans: &[super::super::Plan],
    document: &[u8],
    page: impl Fn(&mut lopdf::Dictionary),
) -> Vec<u8> {
    use lopdf::{Object, dictionary};

    fn shifted(object: &Object, base: u32) -> Object {
        let map = |dictionary: &lopdf::Dictionary| {
            let mut out = lopdf::Dictionary::new();
            for (key, value) in dictionary.iter() {
                out.set(key.clone(), shifted(value, base));
            }
            out
        };
        match object {
            Object::Reference((number, _)) => Object::Reference((number + base, 0)),
            Object::Array(array) => array
                .iter()
                .map(|one| shifted(one, base))
                .collect::<Vec<_>>()
                .into(),
            Object::Dictionary(dictionary) => Object::Dictionary(map(dictionary)),
            Object::Stream(stream) => {
                let mut stream = stream.clone();
                stream.dict = map(&stream.dict);
                Object::Stream(stream)
            }
            other => other.clone(),
        }
    }

    let mut file = lopdf::Document::load_mem(document).unwrap();
    let mut annotations = Vec::new();
    for plan in plans {
        let visible = plan.visible.as_ref().unwrap();
        let base = file.max_id + 1;
        for object in visible.appearance.objects() {
            file.add_object(shifted(object, base));
        }
        let r = visible.rectangle;
        let sides = [r.left, r.bottom, r.right, r.top].map(|side| Object::Real(side as f32));
        let form = Object::Reference((base + visible.appearance.form(), 0));
        let widget = dictionary! {
            "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "F" => 132,
            "T" => Object::string_literal(format!("S{base}")),
            "Rect" => sides.to_vec(), "AP" => dictionary! { "N" => form },
        };
        annotations.push(Object::Reference(file.add_object(widget)));
    }
    let number = *file.get_pages().get(&1).unwrap();
    let dictionary = file.get_dictionary_mut(number).unwrap();
    dictionary.set("Annots", annotations);
    page(dictionary);
    let mut out = Vec::new();
    file.save_to(&mut out).unwrap();
    out
}

/// Left and top of the first word `Người` of `path`, in units of user space from the displayed top left.
fn place_of_signer(path: &str) -> Option<(f64, f64)> {
    let (_, text) = run("pdftotext", &["-bbox", "-cropbox", path, "-"])?;
    // The page's own text has the word too, without the colon after the next one.
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        if line.contains(">Người<") && next.contains(">ký:<") {
            let value = |key: &str| -> f64 {
                let from = line.find(key).unwrap() + key.len() + 2;
                line[from..].split('"').next().unwrap().parse().unwrap()
            };
            return Some((value("xMin"), value("yMin")));
        }
    }
    panic!("the signature is not shown: {text}");
}

#[test]
fn poppler_shows_the_text_upright_and_in_place_on_turned_and_cropped_pages() {
    use crate::signing::appearance::{Area, PageGeometry, TextAppearance, draw};
    use crate::signing::plan::Plan;

    let folder = tempfile::tempdir().unwrap();
    let page = document(at()).unwrap();
    let crop = [40.0, 60.0, 560.0, 800.0];
    for rotate in [0, 90, 180, 270] {
        for unit in [1.0, 2.0] {
            let geometry = PageGeometry::new(sheet::PAGE, Some(crop), rotate, unit).unwrap();
            let area = Area::points(20.0, 30.0, 200.0, 60.0);
            let text = TextAppearance::signer(document::LEADER, None, at(), Some("ỄỰẬỠ"));
            let form = draw(&text, &geometry.place(&area).unwrap()).unwrap();
            let plan = Plan {
                visible: Some(form.visible(0).unwrap()),
                ..Plan::default()
            };
            let bytes = drawn(&[plan], &page, |page| {
                let crop = crop.map(|side| lopdf::Object::Real(side as f32));
                page.set("Rotate", rotate);
                page.set("UserUnit", lopdf::Object::Real(unit as f32));
                page.set("CropBox", crop.to_vec());
            });
            let path = folder.path().join("turned.pdf");
            std::fs::write(&path, bytes).unwrap();
            let Some((left, top)) = place_of_signer(path.to_str().unwrap()) else {
                return;
            };
            let case = format!("{rotate} {unit}: {left} {top}");
            assert!((left * unit - 20.0).abs() < 0.01, "{case}");
            // The box of a word starts at the ascent, a little above the outlines.
            assert!((top * unit - 30.0).abs() < 3.0, "{case}");
        }
    }
}

#[test]
fn each_step_is_one_revision_and_leaves_the_bytes_before_it() {
    for certify in [false, true] {
        let made = release(&pki(), &document(at()).unwrap(), at(), certify).unwrap();
        let steps = [
            &made.document,
            &made.approved,
            &made.numbered,
            &made.dated,
            &made.released,
            &made.received,
        ];
        for (count, pair) in (2..).zip(steps.windows(2)) {
            assert!(pair[1].starts_with(pair[0]));
            let read = crate::pdf::Document::open(pair[1], &Default::default()).unwrap();
            assert_eq!(read.revisions().len(), count);
            assert!(read.oddities().is_empty(), "{:?}", read.oddities());
        }
        assert!(made.signed_annex.starts_with(&made.annex));
        assert!(made.copy.starts_with(&made.scan));
    }
}

/// What a reader copies from the page after every step.
#[test]
fn poppler_reads_number_date_and_stamps() {
    let folder = tempfile::tempdir().unwrap();
    let made = sign(&pki(), &document(at()).unwrap(), at()).unwrap();
    for (bytes, parts) in [
        (
            &made.received,
            &[
                "ĐẾN Số: 07",
                "Sở Nội vụ tỉnh Mẫu",
                "Ngày: 05/01/2026; 09:30:00 +07:00",
            ][..],
        ),
        (
            &made.signed_annex,
            &["Số: 15/QĐ-UBND; 05/01/2026; 09:30:00 +07:00"][..],
        ),
        (
            &made.copy,
            &[
                "SAO Y; Ủy ban nhân dân tỉnh Mẫu;",
                "05/01/2026; 09:30:00 +07:00",
            ][..],
        ),
    ] {
        let path = file(folder.path(), bytes);
        let Some((_, text)) = run("pdftotext", &["-layout", &path, "-"]) else {
            return;
        };
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(flat.contains(part), "{part} is not in {text}");
        }
    }
    let path = file(folder.path(), &made.received);
    if let Some((_, text)) = run("pdftotext", &["-layout", &path, "-"]) {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("ngày 05 tháng 01 năm 2026"), "{text}");
        assert!(
            flat.contains("Số: 15 /QĐ-UBND") || flat.contains("Số: 15/QĐ-UBND"),
            "{text}"
        );
    }
}
