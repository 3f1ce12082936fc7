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

fn file(folder: &Path, document: &Decision) -> String {
    let path = folder.join("document.pdf");
    std::fs::write(&path, &document.bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn ok_the_same_second_gives_the_same_bytes() {
    let one = Decision::new(at()).unwrap();
    assert_eq!(one, Decision::new(at()).unwrap());
    assert_ne!(one, Decision::new(at().plus(1)).unwrap());
    assert!(one.bytes.starts_with(b"%PDF-1.7\n"));
    assert!(one.bytes.len() < 200_000, "{}", one.bytes.len());
}

#[test]
fn ok_the_strict_reader_takes_it_and_agrees_on_the_page() {
    let document = Decision::new(at()).unwrap();
    let read = crate::pdf::Document::open(&document.bytes, &Default::default()).unwrap();
    assert!(read.oddities().is_empty(), "{:?}", read.oddities());
    assert_eq!(read.revisions().len(), 1);
    let geometry = super::super::appearance::PageGeometry::of(&read.latest(), 0).unwrap();
    let (width, height) = geometry.displayed_size();
    let (expected_width, expected_height) = document.geometry().unwrap().displayed_size();
    assert!((width - expected_width).abs() < 1e-4 && (height - expected_height).abs() < 1e-4);
}

#[test]
fn qpdf_finds_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), &Decision::new(at()).unwrap());
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
    let path = file(folder.path(), &Decision::new(at()).unwrap());
    if let Some((read, text)) = run("pdftotext", &["-layout", &path, "-"]) {
        assert!(read && is_nfc(&text));
        for part in [
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            "Số: 15/QĐ-UBND",
            "Mẫu, ngày 05 tháng 01 năm 2026",
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
fn ok_dates_have_zeros_where_the_rule_wants_them() {
    for (time, text) in [
        ("2026-01-05", "Mẫu, ngày 05 tháng 01 năm 2026"),
        ("2026-02-15", "Mẫu, ngày 15 tháng 02 năm 2026"),
        ("2026-06-29", "Mẫu, ngày 29 tháng 6 năm 2026"),
        ("2026-12-31T23:00:00Z", "Mẫu, ngày 01 tháng 01 năm 2027"),
    ] {
        let at = UtcTime::from_rfc3339(time).unwrap();
        assert_eq!(format!("Mẫu, {}", document::date(at)), text);
    }
}

#[test]
fn ok_the_signatures_stand_between_post_and_name_side_by_side() {
    let document = Decision::new(at()).unwrap();
    let (leader, agency) = (document.leader, document.agency);
    assert!(agency.left + agency.width < leader.left);
    for (plan, area) in [
        (leader_plan(&document, at()).unwrap(), leader),
        (agency_plan(&document, at()).unwrap(), agency),
    ] {
        let visible = plan.visible.unwrap();
        assert_eq!(visible.page, 0);
        let rectangle = visible.rectangle;
        assert!((rectangle.left - area.left).abs() < 1e-6);
        assert!((rectangle.top - (841.89 - area.top)).abs() < 1e-6);
        assert!((rectangle.right - rectangle.left - area.width).abs() < 1e-6);
        // Inside the margins of 15 mm right and 20 mm bottom.
        assert!(rectangle.right < 195.0 / 25.4 * 72.0 && rectangle.bottom > 20.0 / 25.4 * 72.0);
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
fn drawn(plans: &[Plan], document: &Decision, page: impl Fn(&mut lopdf::Dictionary)) -> Vec<u8> {
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

    let mut file = lopdf::Document::load_mem(&document.bytes).unwrap();
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
    use crate::signing::appearance::{Area, PageGeometry};

    let folder = tempfile::tempdir().unwrap();
    let document = Decision::new(at()).unwrap();
    let crop = [40.0, 60.0, 560.0, 800.0];
    for rotate in [0, 90, 180, 270] {
        for unit in [1.0, 2.0] {
            let geometry = PageGeometry::new(sheet::PAGE, Some(crop), rotate, unit).unwrap();
            let area = Area::points(20.0, 30.0, 200.0, 60.0);
            let text = block(document::LEADER, None, at(), "ỄỰẬỠ");
            let form = draw(&text, &geometry.place(&area).unwrap()).unwrap();
            let plan = Plan {
                visible: Some(form.visible(0).unwrap()),
                ..Plan::default()
            };
            let bytes = drawn(&[plan], &document, |page| {
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
fn qpdf_and_poppler_read_the_page_with_both_signatures_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let document = Decision::new(at()).unwrap();
    let plans = [
        leader_plan(&document, at()).unwrap(),
        agency_plan(&document, at()).unwrap(),
    ];
    let signed = Decision {
        bytes: drawn(&plans, &document, |_| {}),
        ..document
    };
    let path = file(folder.path(), &signed);
    if let Some((clean, text)) = run("qpdf", &["--check", &path]) {
        assert!(clean, "{text}");
    }
    if let Some((_, text)) = run("pdftotext", &["-raw", &path, "-"]) {
        for line in [
            "Người ký: Nguyễn Văn A",
            "Cơ quan: Ủy ban nhân dân tỉnh Mẫu",
            "Người ký: Ủy ban nhân dân tỉnh Mẫu",
            "Lý do: Phát hành văn bản",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        assert_eq!(
            text.matches("Thời gian ký: 05.01.2026 09:30:00 +07:00")
                .count(),
            2,
            "{text}"
        );
    }
}

#[test]
fn each_signature_is_one_revision_and_leaves_the_bytes_before_it() {
    let document = Decision::new(at()).unwrap();
    let signed = sign(&pki(), &document, at()).unwrap();
    assert!(signed.approved.starts_with(&document.bytes));
    assert!(signed.released.starts_with(&signed.approved));
    let read = crate::pdf::Document::open(&signed.released, &Default::default()).unwrap();
    assert_eq!(read.revisions().len(), 3);
    assert!(read.oddities().is_empty(), "{:?}", read.oddities());
}

#[test]
fn pdfsig_and_qpdf_accept_both_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let document = Decision::new(at()).unwrap();
    let pki = Pki::generate(at()).unwrap();
    let signed = sign(&pki, &document, at()).unwrap();
    let path = folder.path().join("released.pdf");
    std::fs::write(&path, &signed.released).unwrap();
    let path = path.to_str().unwrap();
    if let Some((clean, text)) = run("qpdf", &["--check", path]) {
        assert!(clean, "{text}");
    }
    // Trust is not asked: poppler would look into a store of its own.
    if let Some((_, text)) = run("pdfsig", &["-nocert", path]) {
        assert_eq!(text.matches("Signature is Valid.").count(), 2, "{text}");
        for part in [LEADER_FIELD, AGENCY_FIELD, "Total document signed"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    if let Some((_, text)) = run("pdftotext", &["-raw", path, "-"]) {
        assert_eq!(
            text.matches("Thời gian ký: 05.01.2026 09:30:00 +07:00")
                .count(),
            2
        );
    }
}
