//! Promises of the report: the same bytes each time, every key described, a page that answers, both languages complete.
#![cfg(feature = "visual")]

use kyso::limits::Limits;
use kyso::pdf::{Document, OpenOptions};
use kyso::pki::Certificate;
use kyso::pki::issue::{Key, KeyType};
use kyso::pki::trust::{HolderRule, Role, TrustAnchor};
use kyso::report::FileReport;
use kyso::signing::demo::{self, Pki};
use kyso::signing::plan::Field;
use kyso::signing::{Plan, Signer};
use kyso::{Evidence, Indication, Language, Origin, Policy, Trust, UtcTime, Verifier};

fn now() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap()
}

fn pki() -> Pki {
    let key = || Key::generate(KeyType::P256).unwrap();
    Pki::with_keys([key(), key(), key(), key()], now()).unwrap()
}

fn verifier(pki: &Pki, policy: Policy) -> Verifier {
    let mut trust = Trust::new();
    let root = Certificate::from_der(pki.root.certificate()).unwrap();
    trust.add(TrustAnchor::from_certificate(root).with_source("made by the test"));
    for (is, certificate) in [
        (Role::Person, pki.leader.certificate()),
        (Role::Agency, pki.agency.certificate()),
    ] {
        let certificate = Certificate::from_der(certificate).unwrap();
        trust.add_rule(HolderRule {
            is,
            issuer: None,
            policy: None,
            certificate: Some(*certificate.sha256()),
        });
    }
    let mut evidence = Evidence::new();
    for crl in [&pki.root_crl, &pki.issuing_crl] {
        evidence
            .add_bytes(crl, Origin::Caller, &Limits::default())
            .unwrap();
    }
    Verifier::new(trust, policy).with_evidence(evidence)
}

fn sign(signer: Signer, document: &[u8], field: &str, minutes: i64) -> Vec<u8> {
    let mut plan = Plan::default();
    plan.field = Field::New(field.to_owned());
    let at = UtcTime::from_unix(now().unix() + 60 * minutes).unwrap();
    signer.sign(document, &plan, at).unwrap().into_bytes()
}

/// Appends another content for the first page.
fn other_page(bytes: &[u8]) -> Vec<u8> {
    let document = Document::open(bytes, &OpenOptions::default()).unwrap();
    let view = document.latest();
    let page = view.pages().next().unwrap().unwrap();
    let contents = page.dictionary.get(b"Contents").unwrap();
    let number = contents.as_reference().unwrap().number;
    let before = document.revisions().last().unwrap().startxref;
    let trailer = view.trailer();
    let root = trailer.get(b"Root").unwrap().as_reference().unwrap().number;
    let size = trailer.get(b"Size").unwrap().as_integer().unwrap();
    let mut out = bytes.to_vec();
    let at = out.len();
    out.extend(
        format!("{number} 0 obj\n<</Length 8>>\nstream\n9 9 m 9 \nendstream\nendobj\n").bytes(),
    );
    let start = out.len();
    out.extend(
        format!("xref\n{number} 1\n{at:010} 00000 n \ntrailer\n<</Size {size} /Root {root} 0 R /Prev {before}>>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    out
}

/// Reports of all kinds, by name.
fn reports() -> Vec<(&'static str, FileReport)> {
    let pki = pki();
    let page = demo::document(now()).unwrap();
    let signed = demo::sign(&pki, &page, now()).unwrap();
    let leader = || Signer::new(pki.leader_key().unwrap());
    let agency = || Signer::new(pki.agency_key().unwrap());
    let mut tampered = signed.released.clone();
    let at = memchr::memmem::find(&tampered, b"/Title").unwrap();
    tampered[at + 30] ^= 1;
    let mut five = sign(leader(), &page, "LanhDaoKy", 0);
    five = other_page(&five);
    for (minutes, field) in [
        (5, "SoVanBan"),
        (6, "NgayVanBan"),
        (7, "DauCoQuan"),
        (90, "DauDen"),
    ] {
        five = sign(agency(), &five, field, minutes);
    }
    let at = UtcTime::from_unix(now().unix() + 86_400).unwrap();
    let official = verifier(&pki, Policy::official());
    let verify = |verifier: &Verifier, bytes: &[u8]| verifier.verify(bytes, at);
    let cut = memchr::memmem::find(&signed.released, b"/ByteRange").unwrap();
    let nobody = Verifier::new(Trust::new(), Policy::official());
    let followed = other_page(&signed.released);
    let all = [
        ("passed", verify(&official, &signed.released)),
        ("tampered", verify(&official, &tampered)),
        ("changed-later", verify(&official, &followed)),
        ("indeterminate", verify(&nobody, &signed.released)),
        ("five", verify(&official, &five)),
        (
            "vn-2025",
            verify(&verifier(&pki, Policy::vn_2025()), &signed.approved),
        ),
        ("received", verify(&official, &signed.received)),
        ("copy", verify(&official, &signed.copy)),
        ("unsigned", verify(&official, &page)),
        ("torn", verify(&official, &signed.released[..cut + 40])),
        ("unreadable", verify(&official, b"hello")),
        ("empty", verify(&official, b"")),
    ];
    all.into_iter()
        .map(|(name, report)| (name, FileReport::new(format!("{name}.pdf"), report)))
        .collect()
}

/// Writes the pages into the folder that KYSO_PAGES names, for people to look at.
#[test]
fn pages_to_look_at() {
    let Some(folder) = std::env::var_os("KYSO_PAGES") else {
        println!("no pages are kept: KYSO_PAGES names no folder");
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    for (name, report) in reports() {
        for (language, suffix) in [(Language::Vi, "vi"), (Language::En, "en")] {
            let path = folder.join(format!("{name}.{suffix}.html"));
            std::fs::write(path, report.html(language)).unwrap();
            let path = folder.join(format!("{name}.{suffix}.txt"));
            std::fs::write(path, report.text(language, false)).unwrap();
        }
        let path = folder.join(format!("{name}.json"));
        std::fs::write(path, report.json_pretty()).unwrap();
    }
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(kyso::report::SCHEMA).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Every key of every report is described, and the keys that are promised stay.
#[test]
fn ok_reports_of_all_kinds_fit_the_schema() {
    let validator = validator();
    for (name, report) in reports() {
        for json in [report.json(), report.json_pretty()] {
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            let faults: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{name}: {faults:#?}");
        }
    }
}

/// The schema says no to what no report may be.
#[test]
fn err_the_schema_refuses_unknown_keys_and_words() {
    let validator = validator();
    let (_, report) = reports().swap_remove(0);
    let good: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert!(validator.is_valid(&good));
    for (pointer, key, value) in [
        ("", "valid", serde_json::json!(true)),
        ("", "indication", serde_json::json!("VALID")),
        ("/signatures/0", "integrity", serde_json::json!("fine")),
        ("/signatures/0/changes", "harmless", serde_json::json!(true)),
        ("/document", "revision_ends", serde_json::json!([-1])),
    ] {
        let mut wrong = good.clone();
        wrong.pointer_mut(pointer).unwrap()[key] = value;
        assert!(!validator.is_valid(&wrong), "{pointer}/{key}");
    }
    for key in ["sha256", "signatures", "error", "policy"] {
        let mut wrong = good.clone();
        wrong.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&wrong), "{key}");
    }
}

/// The reports of the whole corpus, thousands of files of all kinds, hold no key that the schema
/// does not know.
#[test]
fn ok_reports_of_the_corpora_fit_the_schema() {
    let Some(folder) = std::env::var_os("KYSO_CORPORA") else {
        println!("NOT RUN: KYSO_CORPORA names no folder");
        return;
    };
    let validator = validator();
    let verifier = Verifier::new(Trust::new(), Policy::official());
    let mut waiting = vec![std::path::PathBuf::from(folder)];
    let mut count = 0;
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
            continue;
        }
        if path.extension().is_none_or(|e| e != "pdf")
            || std::fs::metadata(&path).unwrap().len() > 2 << 20
        {
            continue;
        }
        count += 1;
        let bytes = std::fs::read(&path).unwrap();
        let report = FileReport::new("corpus.pdf".to_owned(), verifier.verify(&bytes, now()));
        let value: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        if let Err(error) = validator.validate(&value) {
            panic!("{}: {}: {error}", path.display(), error.instance_path());
        }
        for language in [Language::Vi, Language::En] {
            let page = report.html(language);
            assert!(page.ends_with("</body></html>\n") && !page.contains("<script"));
        }
    }
    assert!(count > 500, "{count} files");
}

/// V004: the same inputs give the same bytes, in every form and language.
#[test]
fn ok_the_same_inputs_give_the_same_bytes() {
    let pki = pki();
    let signed = demo::sign(&pki, &demo::document(now()).unwrap(), now()).unwrap();
    let forms = || {
        let verifier = verifier(&pki, Policy::official());
        let report = verifier.verify(&signed.released, now()).unwrap();
        let report = FileReport::new("a.pdf".to_owned(), Ok(report));
        let mut all = vec![report.json(), report.json_pretty()];
        for language in [Language::Vi, Language::En] {
            all.extend([report.text(language, true), report.html(language)]);
        }
        all
    };
    let first = forms();
    let others: Vec<Vec<String>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(forms)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for other in others {
        assert_eq!(first, other);
    }
}

/// The page brings everything with it: no script, nothing from outside, one document.
#[test]
fn ok_every_page_stands_alone_and_answers_six_questions() {
    for (name, report) in reports() {
        for language in [Language::Vi, Language::En] {
            let page = report.html(language);
            for outside in [
                "<script", "src=", "href=", "url(h", "@import", "<iframe", "<link",
            ] {
                assert!(!page.contains(outside), "{name}: {outside}");
            }
            assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\""));
            assert_eq!(page.matches("<h1").count(), 1);
            let questions = page.matches("<b class=\"n\">").count();
            let checked = report.report.is_ok();
            assert_eq!(questions, if checked { 6 } else { 0 }, "{name}");
        }
    }
}

/// Each part of the page closes what it opens.
#[test]
fn ok_the_markup_of_every_page_nests() {
    const VOID: [&str; 6] = ["meta", "rect", "circle", "path", "line", "br"];
    for (name, report) in reports() {
        let page = report.html(Language::Vi);
        let mut open: Vec<&str> = Vec::new();
        for part in page.split('<').skip(1) {
            let tag = part.split('>').next().unwrap();
            if tag.starts_with('!') {
                continue;
            }
            if let Some(closed) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "{name}: …{part}");
                continue;
            }
            let element = tag.split([' ', '/']).next().unwrap();
            if !tag.ends_with('/') && !VOID.contains(&element) {
                open.push(element);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

/// Validity at signing time, as Thông tư 15/2025/TT-BKHCN asks: without a time-stamp it is shown
/// from the claimed time under `vn-2025` alone, and marked as unproven.
#[test]
fn ok_vn_2025_shows_the_claimed_time_as_signing_time_and_says_unproven() {
    let reports = reports();
    let page = |wanted: &str| {
        let (_, report) = reports.iter().find(|(name, _)| *name == wanted).unwrap();
        report.text(Language::Vi, false)
    };
    let row = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.contains("hiệu lực tại thời điểm ký"));
        line.unwrap().to_owned()
    };
    let shown = row(&page("vn-2025"));
    assert!(shown.contains("chứng thư còn trong thời hạn"), "{shown}");
    assert!(shown.contains("chưa được chứng minh"), "{shown}");
    let hidden = row(&page("passed"));
    assert!(hidden.contains("không xác định được"), "{hidden}");
    // The indication does not depend on it.
    for (name, report) in &reports {
        if ["passed", "vn-2025"].contains(name) {
            let report = report.report.as_ref().unwrap();
            assert_eq!(report.indication, Indication::TotalPassed);
        }
    }
}

/// Thông tư 15/2025/TT-BKHCN, Điều 6 khoản 4: the minimum fields, in Vietnamese.
#[test]
fn ok_the_minimum_fields_are_in_text_and_page() {
    let reports = reports();
    let (_, report) = &reports[0];
    let (text, page) = (report.text(Language::Vi, false), report.html(Language::Vi));
    for field in [
        "Tổ chức cấp chứng thư",
        "Người ký",
        "Đơn vị quản lý chứng thư",
        "Thời điểm ký",
        "Tính toàn vẹn",
        "Hiệu lực tại thời điểm ký",
        "Thời hạn chứng thư",
    ] {
        assert!(page.contains(field), "page: {field}");
        assert!(text.contains(&field.to_lowercase()), "text: {field}");
    }
}
