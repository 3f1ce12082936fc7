//! The release of a document as Nghị định 30/2020 has it: order, places, and what other programs say.
#![cfg(feature = "visual")]

#[allow(dead_code)] // shared with tests that need more of it
#[path = "common/pdf.rs"]
mod documents;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use documents::{Form, build};
use kyso::error::{ErrorKind, ReleaseFault, SigningFault};
use kyso::limits::Limits;
use kyso::pki::issue::{Key, KeyType};
use kyso::pki::{Evidence, Trust};
use kyso::signing::appearance::{Area, Image, ImageSize, Look, PageGeometry, PdfA, TextAppearance};
use kyso::signing::demo::{self, Pki};
use kyso::signing::plan::Permission;
use kyso::signing::release::{
    Act, Approval, ApprovalPlace, Attachment, Certification, CopyForm, Copying, Corner, Dating,
    DocumentNumber, Incoming, Numbering, Office, ReleaseFinding, Sealing,
};
use kyso::signing::{Plan, Signer};
use kyso::time::UtcTime;
use kyso::validation::{Indication, Policy};
use kyso::verify::Verifier;
use lopdf::Object;

fn at() -> UtcTime {
    UtcTime::from_rfc3339("2026-01-05T09:30:00+07:00").unwrap()
}

struct People {
    pki: Pki,
    leader: Signer,
    agency: Signer,
}

fn people() -> &'static People {
    static PEOPLE: OnceLock<People> = OnceLock::new();
    PEOPLE.get_or_init(|| {
        let key = || Key::generate(KeyType::P256).unwrap();
        let pki = Pki::with_keys([key(), key(), key(), key()], at()).unwrap();
        People {
            leader: Signer::new(pki.leader_key().unwrap()),
            agency: Signer::new(pki.agency_key().unwrap()),
            pki,
        }
    })
}

fn office() -> Office {
    demo::office(&people().pki).unwrap()
}

fn verifier(policy: Policy) -> Verifier {
    let pki = &people().pki;
    Verifier::new(demo::trust(pki).unwrap(), policy).with_evidence(demo::evidence(pki).unwrap())
}

fn image(bytes: &[u8]) -> Image {
    Image::from_bytes(bytes, &Limits::new()).unwrap()
}

fn number() -> DocumentNumber {
    DocumentNumber::new(15, "QĐ-UBND").unwrap()
}

const fn corner(left: f64, top: f64) -> Corner {
    Corner { page: 0, left, top }
}

fn approve(place: ApprovalPlace, certify: Option<Permission>) -> Act {
    Act::Approve(Approval {
        image: Some(image(&demo::signature_image().unwrap())),
        size: ImageSize::Native,
        place,
        certify: certify.map(|permission| Certification {
            permission,
            number: None,
            date: None,
            seal: (36.0, 36.0),
            incoming: true,
        }),
    })
}

fn seal() -> Act {
    Act::Seal(Sealing {
        image: image(&demo::seal_image().unwrap()),
        size: ImageSize::Native,
        over: None,
        place: None,
    })
}

fn attachment(place: Option<Corner>) -> Act {
    Act::Attachment(Attachment {
        number: number(),
        place,
    })
}

fn copy(place: Option<Corner>) -> Act {
    Act::Copy(Copying {
        form: CopyForm::TrichSao,
        agency: "Ủy ban nhân dân tỉnh Mẫu".to_owned(),
        place,
    })
}

fn incoming(place: Option<Corner>) -> Act {
    Act::Incoming(Incoming {
        agency: "Sở Nội vụ tỉnh Mẫu".to_owned(),
        number: 7,
        place,
    })
}

fn ends(bytes: &[u8]) -> usize {
    memchr::memmem::find_iter(bytes, b"%%EOF").count()
}

/// All steps on one document, each with the file after it. After a certification the two that have
/// no field waiting for them are left to files of their own.
fn steps(certify: bool) -> Vec<Vec<u8>> {
    let between = ApprovalPlace::Between {
        post: "CHỦ TỊCH".to_owned(),
        name: "Nguyễn Văn A".to_owned(),
    };
    let mut steps = vec![
        approve(between, certify.then_some(Permission::FormFilling)),
        Act::Number(Numbering {
            number: number(),
            place: None,
        }),
        Act::Date(Dating {
            date: at(),
            place: None,
        }),
        seal(),
        incoming(None),
    ];
    if !certify {
        steps.insert(4, attachment(None));
        steps.insert(5, copy(Some(corner(120.0, 268.0))));
    }
    let mut files = vec![demo::document(at()).unwrap()];
    for (index, step) in steps.iter().enumerate() {
        let who = if index == 0 {
            &people().leader
        } else {
            &people().agency
        };
        let before = files.last().unwrap();
        let released = office().sign(before, step, who, at()).unwrap();
        assert!(!released.findings.iter().any(ReleaseFinding::refuses));
        let after = released.signed.into_bytes();
        // V077.
        assert!(after.starts_with(before), "step {index}");
        assert_eq!(ends(&after), ends(before) + 1, "step {index}");
        files.push(after);
    }
    files
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            Some(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
        }
        Err(_) => {
            println!("NOT RUN: {program} is not installed");
            None
        }
    }
}

/// What pyHanko says of each signature of each file; `None` when it is not there.
fn pyhanko(folder: &Path, files: &[(String, Vec<u8>)]) -> Option<Vec<Vec<serde_json::Value>>> {
    let pki = &people().pki;
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).unwrap();
        path(name)
    };
    let files: Vec<String> = files.iter().map(|(name, bytes)| put(name, bytes)).collect();
    let request = serde_json::json!({
        "moment": at().rfc3339(0),
        "roots": [put("root.der", pki.root.certificate())],
        "crls": [put("root.crl", &pki.root_crl), put("issuing.crl", &pki.issuing_crl)],
        "files": files,
    });
    let python = std::env::var("KYSO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/pyhanko_validate.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child
        .stdin
        .take()?
        .write_all(request.to_string().as_bytes())
        .ok()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines();
    if !lines.next().is_some_and(|line| line.contains("version")) {
        println!("NOT RUN: pyHanko is not installed");
        return None;
    }
    Some(
        lines
            .map(|line| {
                let answer: serde_json::Value = serde_json::from_str(line).unwrap();
                let signatures = answer["signatures"].as_array();
                signatures.unwrap_or_else(|| panic!("{line}")).clone()
            })
            .collect(),
    )
}

/// Everybody accepts `bytes` with all its signatures, and the last covers the whole file.
fn accepted(name: &str, bytes: &[u8], signatures: usize) {
    let Some(text) = accepted_but_for_pdfsig(name, bytes, signatures) else {
        return;
    };
    let valid = text.matches("Signature is Valid.").count();
    let whole = text.matches("Total document signed").count();
    assert_eq!((valid, whole), (signatures, 1), "{name}: {text}");
}

/// What pdfsig says is given back.
fn accepted_but_for_pdfsig(name: &str, bytes: &[u8], signatures: usize) -> Option<String> {
    let report = verifier(Policy::official()).verify(bytes, at()).unwrap();
    assert_eq!(
        report.indication,
        Indication::TotalPassed,
        "{name}: {}",
        report.json()
    );
    assert_eq!(report.signatures.len(), signatures, "{name}");
    assert_eq!(report.signatures.last().unwrap().whole_document, Some(true));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.pdf");
    std::fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap();
    if let Some(text) = run("qpdf", &["--check", path]) {
        assert!(
            text.contains("No syntax or stream encoding errors") && !text.contains("WARNING"),
            "{name}: {text}"
        );
    }
    let files = [(name.to_owned(), bytes.to_vec())];
    if let Some(answers) = pyhanko(folder.path(), &files) {
        let [answer] = &answers[..] else {
            panic!("{answers:?}");
        };
        assert_eq!(answer.len(), signatures, "{name}");
        for signature in answer {
            assert_eq!(signature["bottom_line"], true, "{name}: {signature}");
            assert_eq!(signature["trusted"], true, "{name}: {signature}");
        }
        let last = answer.last().unwrap();
        assert_eq!(last["coverage"], "ENTIRE_FILE", "{name}");
    }
    run("pdfsig", &["-nocert", path])
}

#[test]
fn ok_seven_signatures_pass_here_and_elsewhere() {
    let files = steps(false);
    accepted("seven.pdf", files.last().unwrap(), 7);
}

/// P = 2, and number, date, seal and the receiver's stamp in the fields that the leader made: no
/// policy has anything to say. Attachment and copy are in files of their own, as in
/// [`ok_attachment_and_copy_pass_here_and_elsewhere`]: seven signatures.
#[test]
fn ok_the_steps_after_a_certification_pass_here_and_elsewhere() {
    let files = steps(true);
    let last = files.last().unwrap();
    accepted("certified.pdf", last, 5);
    let report = verifier(Policy::strict()).verify(last, at()).unwrap();
    assert_eq!(
        report.indication,
        Indication::TotalPassed,
        "{}",
        report.json()
    );
    let names: Vec<_> = report
        .signatures
        .iter()
        .map(|s| s.field.clone().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "ChuKyLanhDao",
            "SoVanBan",
            "NgayVanBan",
            "ChuKyCoQuan",
            "VanBanDen"
        ]
    );
}

/// A37: a new visible field after a certification passes under `official` and is told by the step;
/// `strict` fails it, and so does pyHanko.
#[test]
fn ok_a_new_field_after_a_certification_is_told() {
    let files = steps(true);
    let again = office()
        .sign(
            files.last().unwrap(),
            &copy(Some(corner(120.0, 268.0))),
            &people().agency,
            at(),
        )
        .unwrap();
    assert_eq!(again.findings, [ReleaseFinding::NewFieldAfterCertification]);
    let bytes = again.signed.into_bytes();
    for (policy, expected) in [
        (Policy::official(), Indication::TotalPassed),
        (Policy::strict(), Indication::TotalFailed),
    ] {
        let report = verifier(policy).verify(&bytes, at()).unwrap();
        assert_eq!(report.indication, expected, "{}", report.json());
    }
    let folder = tempfile::tempdir().unwrap();
    if let Some(answers) = pyhanko(folder.path(), &[("new.pdf".to_owned(), bytes)]) {
        assert_eq!(answers[0][0]["docmdp_ok"], false);
    }
}

/// Attachment and copy in files of their own, as they are released.
#[test]
fn ok_attachment_and_copy_pass_here_and_elsewhere() {
    let made = demo::sign(&people().pki, &demo::document(at()).unwrap(), at()).unwrap();
    accepted("annex.pdf", &made.signed_annex, 1);
    accepted("copy.pdf", &made.copy, 1);
}

// Places.

struct Sheet {
    name: &'static str,
    media: [f64; 4],
    crop: Option<[f64; 4]>,
    rotate: i64,
    unit: f64,
}

const A4: [f64; 4] = [0.0, 0.0, 595.276, 841.89];
const SHEETS: [Sheet; 9] = [
    sheet("A4", A4, None, 0, 1.0),
    sheet("A3", [0.0, 0.0, 841.89, 1190.551], None, 0, 1.0),
    sheet("landscape", [0.0, 0.0, 841.89, 595.276], None, 0, 1.0),
    sheet("turned 90", A4, None, 90, 1.0),
    sheet("turned 180", A4, None, 180, 1.0),
    sheet("turned 270", A4, None, 270, 1.0),
    sheet(
        "crop",
        [-50.0, -20.0, 700.0, 900.0],
        Some([20.0, 30.0, 615.0, 872.0]),
        0,
        1.0,
    ),
    sheet("unit 2", [0.0, 0.0, 297.638, 420.945], None, 0, 2.0),
    sheet(
        "all",
        [-50.0, -20.0, 700.0, 900.0],
        Some([20.0, 30.0, 315.0, 451.0]),
        270,
        2.0,
    ),
];

const fn sheet(
    name: &'static str,
    media: [f64; 4],
    crop: Option<[f64; 4]>,
    rotate: i64,
    unit: f64,
) -> Sheet {
    Sheet {
        name,
        media,
        crop,
        rotate,
        unit,
    }
}

fn list(sides: [f64; 4]) -> String {
    sides.map(|side| side.to_string()).join(" ")
}

impl Sheet {
    fn file(&self) -> Vec<u8> {
        let crop = self
            .crop
            .map_or(String::new(), |c| format!("/CropBox [{}]", list(c)));
        let page = format!(
            "<</Type /Page /Parent 2 0 R /MediaBox [{}] {crop} /Rotate {} /UserUnit {}>>",
            list(self.media),
            self.rotate,
            self.unit
        );
        build(
            Form::Table,
            &[
                "<</Type /Catalog /Pages 2 0 R>>",
                "<</Type /Pages /Kids [3 0 R] /Count 1>>",
                &page,
            ],
        )
    }

    /// With the signatures of leader and agency, the text of an attachment and the stamp of arrival;
    /// each sheet is signed once.
    fn released(&self) -> Vec<u8> {
        static DONE: Mutex<BTreeMap<&str, Vec<u8>>> = Mutex::new(BTreeMap::new());
        let mut done = DONE.lock().unwrap();
        done.entry(self.name).or_insert_with(|| self.sign()).clone()
    }

    fn sign(&self) -> Vec<u8> {
        let leader = approve(ApprovalPlace::Corner(corner(90.0, 120.0)), None);
        let mut bytes = self.file();
        for (step, who) in [
            (&leader, &people().leader),
            (&seal(), &people().agency),
            (&attachment(None), &people().agency),
            (&incoming(None), &people().agency),
        ] {
            let released = office().sign(&bytes, step, who, at());
            bytes = released
                .unwrap_or_else(|e| panic!("{}: {e}", self.name))
                .signed
                .into_bytes();
        }
        bytes
    }

    /// Width and height as displayed, in millimetres.
    fn size(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.crop.unwrap_or(self.media);
        let mm = self.unit / 72.0 * 25.4;
        let (across, up) = ((right - left) * mm, (top - bottom) * mm);
        if self.rotate % 180 == 0 {
            (across, up)
        } else {
            (up, across)
        }
    }

    /// Left, top, right, bottom of the widget of `field` in millimetres as displayed: read with
    /// another library, turned by hand.
    fn widget(&self, bytes: &[u8], field: &str) -> [f64; 4] {
        let file = lopdf::Document::load_mem(bytes).unwrap();
        let widget = file
            .objects
            .values()
            .filter_map(|object| object.as_dict().ok())
            .find(|d| {
                d.get(b"T")
                    .is_ok_and(|t| t.as_str().is_ok_and(|t| t == field.as_bytes()))
            })
            .unwrap_or_else(|| panic!("{field}"));
        let sides: Vec<f64> = widget
            .get(b"Rect")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .map(|side| f64::from(side.as_float().unwrap()))
            .collect();
        let [left, bottom, right, top] = self.crop.unwrap_or(self.media);
        let mm = self.unit / 72.0 * 25.4;
        let turn = |x: f64, y: f64| {
            let (x, y) = match self.rotate {
                0 => (x - left, top - y),
                90 => (y - bottom, x - left),
                180 => (right - x, y - bottom),
                _ => (top - y, right - x),
            };
            (x * mm, y * mm)
        };
        let (a, b) = (turn(sides[0], sides[1]), turn(sides[2], sides[3]));
        [a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)]
    }
}

fn near(case: &str, actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() < 0.5,
        "{case}: {actual} is not {expected} mm"
    );
}

/// Nghị định 30/2020, phụ lục I: sizes are real, the seal covers the left third of the leader's
/// image, texts stand at the top right; on every kind of page.
#[test]
fn ok_widgets_stand_where_the_rule_says_on_every_kind_of_page() {
    for sheet in &SHEETS {
        let case = sheet.name;
        let bytes = sheet.released();
        let [left, top, right, bottom] = sheet.widget(&bytes, "ChuKyLanhDao");
        for (actual, expected) in [left, top, right, bottom]
            .into_iter()
            .zip([90.0, 120.0, 135.0, 140.0])
        {
            near(case, actual, expected);
        }
        let seal = sheet.widget(&bytes, "ChuKyCoQuan");
        near(case, seal[2] - seal[0], 36.0);
        near(case, seal[3] - seal[1], 36.0);
        near(case, (seal[1] + seal[3]) / 2.0, (top + bottom) / 2.0);
        let third = (seal[2] - left) / (right - left);
        assert!((third - 1.0 / 3.0).abs() < 0.02, "{case}: {third}");
        let text = sheet.widget(&bytes, "ChuKyKemTheo");
        let (width, height) = sheet.size();
        near(case, text[2], width - 10.0);
        near(case, text[1], 10.0);
        assert!(
            text[0] > width / 2.0 - 40.0 && text[3] < height,
            "{case}: {text:?}"
        );
        let stamp = sheet.widget(&bytes, "VanBanDen");
        near(case, stamp[0], 10.0);
        near(case, stamp[1], 5.0);
        let report = verifier(Policy::official()).verify(&bytes, at()).unwrap();
        assert_eq!(report.indication, Indication::TotalPassed, "{case}");
    }
}

/// What a renderer draws: grey values from 0, black, to 255, row by row.
struct Picture {
    width: usize,
    height: usize,
    grey: Vec<u8>,
}

/// The first page as pdftoppm draws it, crop box and rotation applied.
fn rendered(bytes: &[u8]) -> Option<Picture> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("in.pdf"), bytes).unwrap();
    let (file, out) = (path("in.pdf"), path("out"));
    let options = ["-r", "72", "-gray", "-cropbox", "-singlefile"];
    run("pdftoppm", &[&options[..], &[&file, &out]].concat())?;
    let bytes = std::fs::read(path("out.pgm")).unwrap();
    let mut rest = &bytes[..];
    let mut word = || {
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap();
        let text = std::str::from_utf8(&rest[..end]).unwrap().to_owned();
        rest = &rest[end + 1..];
        text
    };
    assert_eq!(word(), "P5");
    let [width, height, most] = [(); 3].map(|()| word().parse::<usize>().unwrap());
    assert_eq!((most, rest.len()), (255, width * height));
    Some(Picture {
        width,
        height,
        grey: rest.to_vec(),
    })
}

/// Whatever a page's rotation, crop box and unit: each stamp is drawn with all its ink, upright,
/// inside its widget, and nothing is drawn elsewhere.
#[test]
fn ok_pictures_are_whole_on_every_kind_of_page() {
    /// Sums of ink in the four quarters of a widget, as shares of its area.
    type Ink = [f64; 4];
    const FIELDS: [&str; 4] = ["ChuKyLanhDao", "ChuKyCoQuan", "ChuKyKemTheo", "VanBanDen"];
    let mut upright: Option<Vec<Ink>> = None;
    for sheet in &SHEETS {
        let case = sheet.name;
        let bytes = sheet.released();
        let Some(picture) = rendered(&bytes) else {
            return;
        };
        let (width, height) = sheet.size();
        let scale = (picture.width as f64 / width, picture.height as f64 / height);
        let boxes = FIELDS.map(|field| sheet.widget(&bytes, field));
        // The renderer does not know UserUnit: a pixel at the edge is then twice as large.
        let edge = sheet.unit / scale.0 * 2.0;
        let mut ink = vec![[0.0; 4]; FIELDS.len()];
        for (index, grey) in picture.grey.iter().enumerate().filter(|(_, g)| **g < 250) {
            let x = (index % picture.width) as f64 / scale.0;
            let y = (index / picture.width) as f64 / scale.1;
            let mut inside = false;
            for ([left, top, right, bottom], ink) in boxes.iter().zip(&mut ink) {
                let within =
                    x > left - edge && x < right + edge && y > top - edge && y < bottom + edge;
                if within {
                    inside = true;
                    let quarter = usize::from(x > (left + right) / 2.0)
                        + 2 * usize::from(y > (top + bottom) / 2.0);
                    let area = (right - left) * scale.0 * (bottom - top) * scale.1;
                    ink[quarter] += f64::from(255 - *grey) / 255.0 / area;
                }
            }
            assert!(inside, "{case}: ink at {x} {y} mm");
        }
        let Some(upright) = &upright else {
            assert!(
                ink.iter().all(|it| it.iter().sum::<f64>() > 0.02),
                "{ink:?}"
            );
            upright = Some(ink);
            continue;
        };
        // A quarter has 1 to 5 percent of ink. Where the page has a unit, the pixels are coarse.
        let most = if sheet.unit == 1.0 { 0.002 } else { 0.02 };
        for ((field, ink), wanted) in FIELDS.iter().zip(&ink).zip(upright) {
            for (ink, wanted) in ink.iter().zip(wanted) {
                assert!(
                    (ink - wanted).abs() < most && *ink > wanted / 2.0,
                    "{case}, {field}: {ink} of the area is ink, {wanted} upright"
                );
            }
        }
    }
}

/// On the page of the demonstration: between post and name, behind "Số:", in the blanks of the
/// date. Post and name are 32 mm apart, centred on 158 mm.
#[test]
fn ok_places_are_found_by_the_words_of_the_page() {
    let sheet = &SHEETS[0];
    let files = steps(false);
    let last = files.last().unwrap();
    let [left, _, right, _] = sheet.widget(last, "ChuKyLanhDao");
    near("leader", (left + right) / 2.0, 158.0);
    let number = sheet.widget(last, "SoVanBan");
    // "Số:" and "/QĐ-UBND" of 13 points with a blank of 12 mm are centred on 61 mm.
    near("number", number[2] - number[0], 12.0);
    assert!(number[0] > 44.0 && number[2] < 66.0, "{number:?}");
    let date = sheet.widget(last, "NgayVanBan");
    assert!(date[0] > 125.0 && date[2] < 165.0, "{date:?}");
    // Both on the line whose base is at 40 mm.
    for stamp in [number, date] {
        assert!(
            stamp[1] < 38.0 && stamp[3] > 40.0 && stamp[3] < 42.0,
            "{stamp:?}"
        );
    }
}

// Order.

fn refusal(result: Result<kyso::signing::release::Released, kyso::Error>) -> String {
    match result.map(|_| ()).unwrap_err().kind() {
        ErrorKind::Signing(SigningFault::Release(ReleaseFault::Refused { why, .. })) => why.clone(),
        other => panic!("{other:?}"),
    }
}

fn seal_at() -> Act {
    Act::Seal(Sealing {
        image: image(&demo::seal_image().unwrap()),
        size: ImageSize::Native,
        over: None,
        place: Some(corner(60.0, 60.0)),
    })
}

/// Nghị định 30/2020, điều 32: the agency signs only what its leader has signed.
#[test]
fn err_a_seal_without_a_leader_is_refused_where_it_is_known_who_is_who() {
    let blank = SHEETS[0].file();
    let agency = &people().agency;
    let text = refusal(office().sign(&blank, &seal_at(), agency, at()));
    assert!(text.contains("only after its leader"), "{text}");
    // Where there is not even a place: everything that forbids it, in both languages.
    let nowhere = Act::Seal(Sealing {
        image: image(&demo::seal_image().unwrap()),
        size: ImageSize::Native,
        over: None,
        place: None,
    });
    let person = people().leader.key();
    let error = office().draft(&blank, &nowhere, person, at()).unwrap_err();
    let kind = error.kind();
    let ErrorKind::Signing(SigningFault::Release(ReleaseFault::Refused { why, why_vi })) = kind
    else {
        panic!("{error}");
    };
    for (text, parts) in [
        (why, ["only after its leader", "; "]),
        (why_vi, ["cơ quan chỉ ký sau người có thẩm quyền", "; "]),
    ] {
        assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    }
    // An agency's signature does not stand in for a person's.
    let stamped = office()
        .sign(&blank, &attachment(None), agency, at())
        .unwrap();
    refusal(office().sign(stamped.signed.bytes(), &seal_at(), agency, at()));
    // Overridden, it is made and told.
    let loud = office().override_refusals("bản giấy đã ký tay");
    let released = loud.sign(&blank, &seal_at(), agency, at()).unwrap();
    assert!(released.findings.contains(&ReleaseFinding::NoLeader));
    assert!(released.findings.contains(&ReleaseFinding::Overridden {
        reason: "bản giấy đã ký tay".to_owned()
    }));
    // Where nobody has said who is who, it is only told.
    let pki = &people().pki;
    let root = Trust::from_pem(pki.root.certificate_pem().unwrap().as_bytes()).unwrap();
    let plain = Office::new(root, demo::evidence(pki).unwrap(), Policy::official());
    let released = plain.sign(&blank, &seal_at(), agency, at()).unwrap();
    assert_eq!(released.findings, [ReleaseFinding::OrderNotEnforced]);
    // Copies need no leader.
    let released = office().sign(&blank, &copy(None), agency, at()).unwrap();
    assert_eq!(released.findings, []);
}

#[test]
fn err_a_seal_on_a_broken_approval_is_refused() {
    let leader = approve(ApprovalPlace::Corner(corner(90.0, 120.0)), None);
    let signed = office()
        .sign(&SHEETS[0].file(), &leader, &people().leader, at())
        .unwrap();
    let mut bytes = signed.signed.into_bytes();
    let place = memchr::memmem::find(&bytes, b"/Rotate 0").unwrap() + 8;
    bytes[place] = b'9';
    bytes[place - 1] = b' ';
    let text = refusal(office().sign(&bytes, &seal_at(), &people().agency, at()));
    assert!(text.contains("ChuKyLanhDao"), "{text}");
}

#[test]
fn err_persons_do_not_seal_and_agencies_do_not_approve() {
    let blank = SHEETS[0].file();
    let leader = approve(ApprovalPlace::Corner(corner(90.0, 120.0)), None);
    let text = refusal(office().sign(&blank, &leader, &people().agency, at()));
    assert!(text.contains("asks for a person's certificate"), "{text}");
    let text = refusal(office().sign(&blank, &copy(None), &people().leader, at()));
    assert!(text.contains("asks for an agency's certificate"), "{text}");
}

/// V081: period, trust and status of the signer's own certificate, before anything is signed.
#[test]
fn err_or_warning_the_certificate_is_checked_before_signing() {
    let blank = SHEETS[0].file();
    let pki = &people().pki;
    let agency = &people().agency;
    let later = at().plus(5 * 365 * 86_400);
    let text = refusal(office().sign(&blank, &copy(None), agency, later));
    assert!(text.contains("certificate fails"), "{text}");
    let blind = Office::new(
        demo::trust(pki).unwrap(),
        Evidence::new(),
        Policy::official(),
    );
    let released = blind.sign(&blank, &copy(None), agency, at()).unwrap();
    assert!(
        released
            .findings
            .iter()
            .any(|finding| matches!(finding, ReleaseFinding::StatusUnknown { .. })),
        "{:?}",
        released.findings
    );
    let nobody = Office::new(Trust::new(), Evidence::new(), Policy::official());
    let released = nobody.sign(&blank, &copy(None), agency, at()).unwrap();
    assert!(
        released
            .findings
            .contains(&ReleaseFinding::CertificateNotChecked)
    );
}

/// V078: what a certification forbids is refused; the workflow certifies with P = 2 alone.
#[test]
fn err_certifications_that_forbid_the_later_steps() {
    let document = demo::document(at()).unwrap();
    let between = || ApprovalPlace::Between {
        post: "CHỦ TỊCH".to_owned(),
        name: "Nguyễn Văn A".to_owned(),
    };
    for permission in [Permission::NoChanges, Permission::Annotations] {
        let act = approve(between(), Some(permission));
        let error = office()
            .sign(&document, &act, &people().leader, at())
            .map(|_| ());
        assert_eq!(
            error.unwrap_err().kind(),
            &ErrorKind::from(ReleaseFault::Permission)
        );
    }
    let mut plan = Plan::default();
    plan.certify = Some(Permission::NoChanges);
    let closed = people().leader.sign(&document, &plan, at()).unwrap();
    let error = office()
        .sign(closed.bytes(), &copy(None), &people().agency, at())
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("P = 1"), "{error}");
}

#[test]
fn ok_what_is_odd_is_told() {
    let blank = SHEETS[0].file();
    // The seal where the leader's blue should be.
    let red = Act::Approve(Approval {
        image: Some(image(&demo::seal_image().unwrap())),
        size: ImageSize::Width(20.0),
        place: ApprovalPlace::Corner(corner(20.0, 20.0)),
        certify: None,
    });
    let released = office().sign(&blank, &red, &people().leader, at()).unwrap();
    assert_eq!(released.findings, [ReleaseFinding::InkNotBlue]);
    // The number after the seal.
    let sealed = office()
        .sign(released.signed.bytes(), &seal_at(), &people().agency, at())
        .unwrap();
    let late = Act::Number(Numbering {
        number: number(),
        place: Some(corner(40.0, 35.0)),
    });
    let sealed = sealed.signed.bytes();
    let text = refusal(office().sign(sealed, &late, &people().agency, at()));
    assert!(text.contains("has signed (field ChuKyCoQuan)"), "{text}");
    // A stamp on words.
    let document = demo::document(at()).unwrap();
    let released = office()
        .sign(
            &document,
            &incoming(Some(corner(30.0, 80.0))),
            &people().agency,
            at(),
        )
        .unwrap();
    assert_eq!(released.findings, [ReleaseFinding::CoversText]);
}

#[test]
fn err_places_that_cannot_be_found() {
    let agency = &people().agency;
    let blank = SHEETS[0].file();
    let number_step = Act::Number(Numbering {
        number: number(),
        place: None,
    });
    let date_step = Act::Date(Dating {
        date: at(),
        place: None,
    });
    for step in [&number_step, &date_step] {
        assert!(office().draft(&blank, step, agency.key(), at()).is_err());
    }
    let between = ApprovalPlace::Between {
        post: "BỘ TRƯỞNG".to_owned(),
        name: "Nguyễn Văn A".to_owned(),
    };
    let document = demo::document(at()).unwrap();
    let error = office()
        .draft(
            &document,
            &approve(between, None),
            people().leader.key(),
            at(),
        )
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the text \"BỘ TRƯỞNG\" is not on page 1; give the place with --place"
    );
    // A number larger than its blank.
    let wide = Act::Number(Numbering {
        number: DocumentNumber::new(1_234_567, "QĐ-UBND").unwrap(),
        place: None,
    });
    assert!(
        office()
            .draft(&document, &wide, agency.key(), at())
            .is_err()
    );
}

// What the pages print.

/// A word on a page: millimetres from the left and of its base line from the top.
type Word<'w> = (f64, f64, &'w str);

/// Pages of these words, in a font whose characters are half as wide as the 13 points they are high.
fn worded(pages: &[Vec<Word<'_>>]) -> Vec<u8> {
    let mut characters: Vec<char> = pages
        .iter()
        .flatten()
        .flat_map(|(.., word)| word.chars())
        .collect();
    characters.sort_unstable();
    characters.dedup();
    let code = |c: char| characters.binary_search(&c).unwrap() + 1;
    let stream = |content: &str| {
        let length = content.len();
        format!("<</Length {length}>>\nstream\n{content}\nendstream")
    };
    let lines: String = characters
        .iter()
        .map(|c| format!("<{:02X}> <{:04X}>\n", code(*c), u32::from(*c)))
        .collect();
    let map = format!(
        "begincmap\n1 begincodespacerange\n<00> <FF>\nendcodespacerange\n{} beginbfchar\n{lines}endbfchar\nendcmap",
        characters.len()
    );
    let widths = "500 ".repeat(256);
    let kids: Vec<String> = (0..pages.len())
        .map(|page| format!("{} 0 R", 5 + 2 * page))
        .collect();
    let mut objects = vec![
        "<</Type /Catalog /Pages 2 0 R>>".to_owned(),
        format!(
            "<</Type /Pages /Kids [{}] /Count {} /MediaBox [0 0 595 842]>>",
            kids.join(" "),
            pages.len()
        ),
        format!(
            "<</Type /Font /Subtype /TrueType /BaseFont /Helvetica /FirstChar 0 /LastChar 255 /Widths [{widths}] /ToUnicode 4 0 R>>"
        ),
        stream(&map),
    ];
    for (page, words) in pages.iter().enumerate() {
        let mut content = String::new();
        for (left, baseline, word) in words {
            let hex: String = word.chars().map(|c| format!("{:02X}", code(c))).collect();
            let (x, y) = (left / 25.4 * 72.0, 842.0 - baseline / 25.4 * 72.0);
            content += &format!("BT /F 13 Tf 1 0 0 1 {x} {y} Tm <{hex}> Tj ET\n");
        }
        objects.push(format!(
            "<</Type /Page /Parent 2 0 R /Resources <</Font <</F 3 0 R>>>> /Contents {} 0 R>>",
            6 + 2 * page
        ));
        objects.push(stream(&content));
    }
    let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
    build(Form::Table, &objects)
}

/// A page with this line of the number and this line of the date.
fn headed(number: &str, date: &str) -> Vec<u8> {
    worded(&[vec![(20.0, 40.0, number), (100.0, 40.0, date)]])
}

/// What drawing a step comes to, whoever has signed before.
fn drawn(document: &[u8], act: &Act) -> Result<kyso::signing::release::Draft, ReleaseFault> {
    let office = office().override_refusals("thử");
    let draft = office.draft(document, act, people().agency.key(), at());
    draft.map_err(|error| match error.kind() {
        ErrorKind::Signing(SigningFault::Release(fault)) => fault.clone(),
        other => panic!("{other:?}"),
    })
}

fn dating(day: &str) -> Act {
    Act::Date(Dating {
        date: UtcTime::from_rfc3339(day).unwrap(),
        place: None,
    })
}

fn numbering() -> Act {
    Act::Number(Numbering {
        number: number(),
        place: None,
    })
}

/// A year that the page prints is part of what is signed: it is that of the date, or nothing is.
#[test]
fn err_a_printed_year_is_that_of_the_date() {
    for (line, day, printed) in [
        ("ngày      tháng      năm 2026", "2025-03-01", Some("2026")),
        (
            "ngày      tháng      năm 2026",
            "2026-12-31T23:00:00Z",
            Some("2026"),
        ),
        ("ngày      tháng      năm 20...", "1999-03-01", Some("20")),
        ("ngày      tháng      năm 202...", "2030-03-01", Some("202")),
        ("ngày      tháng      năm 2026", "2026-03-01", None),
        ("ngày      tháng      năm 20...", "2026-03-01", None),
        ("ngày      tháng      năm 20", "2026-03-01", None),
        ("ngày      tháng      năm ......", "2026-03-01", None),
        ("ngày      tháng      năm", "2026-03-01", None),
    ] {
        let year = match drawn(&headed("Số:", line), &dating(day)) {
            Ok(_) => None,
            Err(ReleaseFault::Year { printed, .. }) => Some(printed),
            Err(other) => panic!("{line}: {other}"),
        };
        assert_eq!(year.as_deref(), printed, "{line} {day}");
    }
    // The rest of the year goes behind its beginning: the stamp reaches over the dots.
    let width = |line: &str| {
        let draft = drawn(&headed("Số:", line), &dating("2026-03-01")).unwrap();
        draft.place.unwrap().area.width
    };
    let whole = width("ngày      tháng      năm 2026");
    assert!(width("ngày      tháng      năm 20...") > whole + 10.0);
}

/// Dots, ellipses and rules are blanks; digits are not.
#[test]
fn ok_dotted_blanks_are_filled() {
    for line in [
        "Số: ......../QĐ-UBND",
        "Số: …………/QĐ-UBND",
        "Số: ____/QĐ-UBND",
        "Số:       /QĐ-UBND",
        "Số: ..../...............",
        "Số: ....................",
    ] {
        let draft = drawn(&headed(line, "ngày"), &numbering());
        draft.unwrap_or_else(|fault| panic!("{line}: {fault}"));
    }
    for line in [
        "ngày ...... tháng ...... năm 2026",
        "ngày …… tháng …… năm 2026",
        "ngày ___ tháng ___ năm ....",
    ] {
        let draft = drawn(&headed("Số:", line), &dating("2026-03-01"));
        draft.unwrap_or_else(|fault| panic!("{line}: {fault}"));
    }
    for line in ["Số: 12/QĐ-UBND", "Số: 12...../QĐ-UBND", "Số:./QĐ-UBND"] {
        assert!(
            drawn(&headed(line, "ngày"), &numbering()).is_err(),
            "{line}"
        );
    }
    let line = "ngày 0... tháng ...... năm 2026";
    assert!(drawn(&headed("Số:", line), &dating("2026-03-01")).is_err());
}

/// The symbol on the page is not stamped again: it is the one that was given.
#[test]
fn err_another_symbol_than_the_printed_one() {
    for (symbol, printed) in [
        ("/TTr-SNV", Some("TTr-SNV")),
        ("/QĐ-UBND", None),
        ("/ QĐ \u{2013} UBND", None),
    ] {
        let line = format!("Số:       {symbol}");
        let found = match drawn(&headed(&line, "ngày"), &numbering()) {
            Ok(_) => None,
            Err(ReleaseFault::Symbol { printed, given }) => {
                assert_eq!(given, "QĐ-UBND");
                Some(printed.replace(' ', ""))
            }
            Err(other) => panic!("{line}: {other}"),
        };
        assert_eq!(found.as_deref(), printed, "{line}");
    }
}

/// Post and name on an annex, or twice on a page, are no less a place than those of the document.
#[test]
fn err_several_signature_blocks_are_not_chosen_from_silently() {
    let block = |top: f64| {
        vec![
            (140.0, top, "CHỦ TỊCH"),
            (138.0, top + 32.0, "Nguyễn Văn A"),
        ]
    };
    let between = |name: &str| {
        let place = ApprovalPlace::Between {
            post: "CHỦ TỊCH".to_owned(),
            name: name.to_owned(),
        };
        approve(place, None)
    };
    let leader = people().leader.key();
    let fault = |pages: &[Vec<Word<'_>>], name: &str| {
        let draft = office().draft(&worded(pages), &between(name), leader, at());
        draft.map_err(|error| error.to_string())
    };
    let one = fault(
        &[block(150.0), vec![(30.0, 40.0, "Phụ lục")]],
        "Nguyễn Văn A",
    )
    .unwrap();
    assert_eq!(one.place.unwrap().page, 0);
    for pages in [
        vec![block(150.0), block(100.0)],
        vec![[block(100.0), block(200.0)].concat()],
    ] {
        let text = fault(&pages, "Nguyễn Văn A").unwrap_err();
        assert!(
            text.contains("--place: 1,") && text.contains(" or "),
            "{text}"
        );
    }
    let text = fault(&[block(150.0), block(100.0)], "Trần Văn B").unwrap_err();
    assert!(
        text.contains("\"Trần Văn B\" is not on any of the pages 1 to 2"),
        "{text}"
    );
    assert!(text.contains("--place"), "{text}");
}

// What stands there already.

/// A document with the signature of its leader, and those of the steps behind it.
fn after(steps: &[Act]) -> Vec<u8> {
    let between = ApprovalPlace::Between {
        post: "CHỦ TỊCH".to_owned(),
        name: "Nguyễn Văn A".to_owned(),
    };
    let document = demo::document(at()).unwrap();
    let leader = office().sign(&document, &approve(between, None), &people().leader, at());
    let mut bytes = leader.unwrap().signed.into_bytes();
    for step in steps {
        let released = office().sign(&bytes, step, &people().agency, at()).unwrap();
        bytes = released.signed.into_bytes();
    }
    bytes
}

/// A step is made once, and no stamp stands on another.
#[test]
fn err_a_step_that_was_made_is_not_made_again() {
    let today = || dating("2026-01-05");
    for (step, told) in [
        (numbering(), "has its number already (field SoVanBan)"),
        (today(), "has its date already (field NgayVanBan)"),
    ] {
        let once = after(std::slice::from_ref(&step));
        let text = refusal(office().sign(&once, &step, &people().agency, at()));
        assert!(text.contains(told), "{text}");
        // Whoever must, says why.
        let loud = office().override_refusals("ghi nhầm số");
        let released = loud.sign(&once, &step, &people().agency, at()).unwrap();
        assert!(
            released
                .findings
                .iter()
                .any(|finding| matches!(finding, ReleaseFinding::Overridden { .. }))
        );
    }
    let numbered = after(&[numbering(), today(), seal()]);
    // A second seal, a second approval, a stamp that is put on another.
    let text = refusal(office().sign(&numbered, &seal(), &people().agency, at()));
    assert!(text.contains("field ChuKyCoQuan, page 1"), "{text}");
    let again = approve(ApprovalPlace::Corner(corner(140.0, 200.0)), None);
    let text = refusal(office().sign(&numbered, &again, &people().leader, at()));
    assert!(text.contains("before this step"), "{text}");
    let received = after(&[incoming(None)]);
    let over = incoming(Some(corner(20.0, 8.0)));
    let text = refusal(office().sign(&received, &over, &people().agency, at()));
    assert!(text.contains("field VanBanDen, page 1"), "{text}");
}

/// The same where a certification has made the fields: nothing escapes into a second one.
#[test]
fn err_a_certification_changes_nothing_of_that() {
    let between = ApprovalPlace::Between {
        post: "CHỦ TỊCH".to_owned(),
        name: "Nguyễn Văn A".to_owned(),
    };
    let act = approve(between, Some(Permission::FormFilling));
    let document = demo::document(at()).unwrap();
    let certified = office().sign(&document, &act, &people().leader, at());
    let certified = certified.unwrap().signed.into_bytes();
    let fault = drawn(&certified, &dating("2025-03-01")).map(|_| ());
    let year = |year: &str| year.to_owned();
    let (printed, given) = (year("2026"), year("2025"));
    assert_eq!(fault, Err(ReleaseFault::Year { printed, given }));
    let numbered = office().sign(&certified, &numbering(), &people().agency, at());
    let numbered = numbered.unwrap().signed.into_bytes();
    let text = refusal(office().sign(&numbered, &numbering(), &people().agency, at()));
    assert!(text.contains("number already (field SoVanBan)"), "{text}");
}

/// Two offices receive one document; a copy is made of what was an attachment.
#[test]
fn ok_a_second_stamp_stands_beside_the_first() {
    let sheet = &SHEETS[0];
    for (steps, fields) in [
        (
            [incoming(None), incoming(None)],
            ["VanBanDen", "VanBanDen2"],
        ),
        ([attachment(None), copy(None)], ["ChuKyKemTheo", "ChuKySao"]),
    ] {
        let bytes = after(&steps);
        let [one, other] = fields.map(|field| sheet.widget(&bytes, field));
        assert!(
            other[2] <= one[0] || one[2] <= other[0],
            "{one:?} {other:?}"
        );
        near(fields[1], other[1], one[1]);
        assert!(other[0] >= 0.0 && other[2] <= sheet.size().0, "{other:?}");
    }
    // There is no room for a third of the text's kind: what to do is told.
    let full = after(&[incoming(None), attachment(None)]);
    let error = office().sign(&full, &copy(None), &people().agency, at());
    let text = error.map(|_| ()).unwrap_err().to_string();
    assert!(text.contains("give the place"), "{text}");
}

/// Nghị định 30/2020, điều 14: number and date, then the agency; điều 32: nothing before the leader.
#[test]
fn err_steps_out_of_order() {
    let document = demo::document(at()).unwrap();
    let agency = &people().agency;
    for step in [numbering(), dating("2026-01-05")] {
        let text = refusal(office().sign(&document, &step, agency, at()));
        assert!(text.contains("only after its leader"), "{text}");
    }
    for (steps, told) in [
        (vec![], ["blank of the number", "blank of the date"]),
        (vec![numbering()], ["blank of the date", "date"]),
    ] {
        let text = refusal(office().sign(&after(&steps), &seal(), agency, at()));
        assert!(told.iter().all(|told| text.contains(told)), "{text}");
        assert_eq!(text.contains("blank of the number"), steps.is_empty());
    }
}

/// Names of agencies have up to 200 characters.
#[test]
fn ok_long_names_of_agencies_are_wrapped() {
    for count in [57, 120, 200] {
        let agency: String = "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh "
            .chars()
            .cycle()
            .take(count)
            .collect();
        let received = Act::Incoming(Incoming {
            agency: agency.clone(),
            number: 7,
            place: None,
        });
        let copied = Act::Copy(Copying {
            form: CopyForm::SaoY,
            agency,
            place: None,
        });
        for step in [received, copied] {
            let document = demo::document(at()).unwrap();
            let released = office()
                .sign(&document, &step, &people().agency, at())
                .unwrap();
            // What is longer is told to stand on the head, at its size of 10 points.
            let short = count == 57 || matches!(step, Act::Incoming(_));
            let findings = released.findings;
            assert!(!short || findings.is_empty(), "{count} {findings:?}");
        }
    }
}

/// What is not transparent hides what it stands on.
#[test]
fn ok_an_opaque_image_on_words_is_told() {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[20, 40, 200].repeat(16)).unwrap();
    writer.finish().unwrap();
    let document = demo::document(at()).unwrap();
    let told = |left: f64| {
        let act = Act::Approve(Approval {
            image: Some(image(&bytes)),
            size: ImageSize::Width(10.0),
            place: ApprovalPlace::Corner(corner(left, 80.0)),
            certify: None,
        });
        let released = office().sign(&document, &act, &people().leader, at());
        let findings = released.unwrap().findings;
        assert!(findings.contains(&ReleaseFinding::ImageNotTransparent));
        findings.contains(&ReleaseFinding::HidesText)
    };
    // In the text, and in the right margin.
    assert!(told(40.0));
    assert!(!told(198.0));
}

// One signature in several places.

/// One field with a widget on each page, ISO 32000-2 §12.7.4.1. pdfsig looks for the value in each
/// widget instead of their field and calls it not signed; nothing is bent for it.
#[test]
fn ok_one_signature_on_several_pages_is_one_field() {
    let page = "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>";
    let file = build(
        Form::Table,
        &[
            "<</Type /Catalog /Pages 2 0 R>>",
            "<</Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3>>",
            page,
            "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate 90>>",
            page,
        ],
    );
    let geometry = |rotate| PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, rotate, 1.0).unwrap();
    let look = Look {
        image: Some(image(&demo::signature_image().unwrap())),
        text: Some(TextAppearance::new(vec![
            "Nguyễn Văn A – Ễ Ự Ậ Ỡ".to_owned(),
        ])),
        code: None,
    };
    let mut places = [(0, 0), (1, 90), (2, 0)].into_iter().map(|(page, rotate)| {
        let placement = geometry(rotate)
            .place(&Area::millimetres(20.0, 20.0, 80.0, 20.0))
            .unwrap();
        look.draw(&placement, None).unwrap().visible(page).unwrap()
    });
    let mut plan = Plan::default();
    plan.visible = places.next();
    plan.repeated = places.collect();
    let signed = people().leader.sign(&file, &plan, at()).unwrap();
    if let Some(text) = accepted_but_for_pdfsig("several.pdf", signed.bytes(), 1) {
        let valid = text.contains("Signature is Valid.");
        assert!(
            valid || text.contains("The signature form field is not signed."),
            "{text}"
        );
    }
    let open = lopdf::Document::load_mem(signed.bytes()).unwrap();
    let fields = open
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|d| d.has(b"FT"));
    let kids: Vec<usize> = fields
        .map(|field| field.get(b"Kids").unwrap().as_array().unwrap().len())
        .collect();
    assert_eq!(kids, [3]);
    // Another one after it, and one of the same kind.
    let again = people().agency.sign(signed.bytes(), &plan, at()).unwrap();
    accepted_but_for_pdfsig("several-again.pdf", again.bytes(), 2);
}

// PDF/A.

fn archival(part: u8) -> Vec<u8> {
    let xmp = format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF \
         xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description \
         rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" pdfaid:part=\"{part}\" \
         pdfaid:conformance=\"B\"/></rdf:RDF></x:xmpmeta>"
    );
    let metadata = format!(
        "<</Type /Metadata /Subtype /XML /Length {}>>\nstream\n{xmp}\nendstream",
        xmp.len()
    );
    build(
        Form::Table,
        &[
            "<</Type /Catalog /Pages 2 0 R /Metadata 4 0 R>>",
            "<</Type /Pages /Kids [3 0 R] /Count 1>>",
            "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>",
            &metadata,
        ],
    )
}

/// No stamp brings what its part of PDF/A forbids: ISO 19005-1 §6.4 (soft masks, transparency
/// groups), §6.3.4 and §6.3.5 (fonts embedded, glyphs listed), §6.2.3 (colours of a device),
/// §6.5.3 (widgets are printed); ISO 19005-2 §6.3.3 (every widget has an appearance).
#[test]
fn ok_pdf_a_is_not_broken_by_the_stamps() {
    for part in [1, 2, 3] {
        let mut bytes = archival(part);
        let open = kyso::pdf::Document::open(&bytes, &Default::default()).unwrap();
        assert_eq!(PdfA::declared(&open.latest()).unwrap(), Some(PdfA { part }));
        drop(open);
        let leader = Act::Approve(Approval {
            image: Some(image(&demo::signature_image().unwrap())),
            size: ImageSize::Native,
            place: ApprovalPlace::Corner(corner(90.0, 120.0)),
            certify: Some(Certification {
                permission: Permission::FormFilling,
                number: Some(corner(30.0, 35.0)),
                date: Some(corner(110.0, 35.0)),
                seal: (36.0, 36.0),
                incoming: true,
            }),
        });
        let date = Act::Date(Dating {
            date: at(),
            place: Some((corner(110.0, 35.0), "Mẫu".to_owned())),
        });
        for (step, who) in [
            (&leader, &people().leader),
            (&date, &people().agency),
            (&seal(), &people().agency),
            (&incoming(None), &people().agency),
        ] {
            let released = office().sign(&bytes, step, who, at()).unwrap();
            if matches!(step, Act::Seal(_)) {
                let told = released
                    .findings
                    .contains(&ReleaseFinding::TransparencyReduced);
                assert_eq!(told, part == 1);
            }
            bytes = released.signed.into_bytes();
        }
        let file = lopdf::Document::load_mem(&bytes).unwrap();
        let (mut masks, mut lists, mut widgets) = (0, 0, 0);
        for object in file.objects.values() {
            let dictionary = match object {
                Object::Stream(stream) => &stream.dict,
                Object::Dictionary(dictionary) => dictionary,
                _ => continue,
            };
            let name = |key: &[u8]| dictionary.get(key).and_then(Object::as_name).ok();
            assert!(!dictionary.has(b"Group"), "part {part}: a group");
            assert!(!dictionary.has(b"Interpolate"));
            masks += usize::from(dictionary.has(b"SMask"));
            if name(b"Subtype") == Some(b"Image") && !dictionary.has(b"ImageMask") {
                let is_mask = name(b"ColorSpace") == Some(b"DeviceGray");
                assert!(is_mask || dictionary.get(b"ColorSpace").unwrap().as_array().is_ok());
                assert!(part > 1 || !is_mask, "part 1 has no soft masks");
            }
            if name(b"Type") == Some(b"FontDescriptor") {
                assert!(
                    dictionary.has(b"FontFile2"),
                    "part {part}: font not embedded"
                );
                lists += usize::from(dictionary.has(b"CIDSet"));
                assert_eq!(dictionary.has(b"CIDSet"), part == 1);
            }
            if name(b"Subtype") == Some(b"Widget") {
                widgets += 1;
                let flags = dictionary.get(b"F").unwrap().as_i64().unwrap();
                // Print set; Invisible, Hidden and NoView not.
                assert_eq!((flags & 4, flags & 35), (4, 0));
                assert!(dictionary.has(b"AP"));
                assert!(!dictionary.has(b"A") && !dictionary.has(b"AA"));
            }
            if let Object::Stream(stream) = object
                && name(b"Subtype") == Some(b"Form")
            {
                let content = stream
                    .decompressed_content()
                    .unwrap_or_else(|_| stream.content.clone());
                let content = String::from_utf8_lossy(&content).into_owned();
                assert!(
                    !content.contains(" rg") && !content.contains(" RG"),
                    "{content}"
                );
            }
        }
        assert_eq!(masks > 0, part > 1, "part {part}");
        assert_eq!(lists > 0, part == 1);
        assert_eq!(widgets, 5, "leader, number (empty), date, seal, incoming");
        accepted("archival.pdf", &bytes, 4);
    }
}
