//! Programs that we did not write accept our levels: level × key × sub filter × how it was reached.

#[allow(dead_code)] // shared with tests that need more of it
#[path = "common/authorities.rs"]
mod authorities;
#[allow(dead_code)]
#[path = "common/pdf.rs"]
mod documents;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use authorities::Authorities;
use documents::{FORM, Form, PLAIN, build};
use kyso::pki::issue::{CertificateStatus, KeyType};
use kyso::signature::{self, EmbeddedSignature, Kind};
use kyso::signing::plan::SubFilter;
use kyso::signing::{Extended, Extension, Plan, Signer};
use kyso::validation::Level;
use kyso::{Indication, UtcTime};

/// The other programs have no clock but the machine's.
fn now() -> UtcTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UtcTime::from_unix(since.unwrap().as_secs() as i64).unwrap()
}

struct Cell {
    name: String,
    level: Level,
    sub_filter: SubFilter,
    bytes: Vec<u8>,
    path: PathBuf,
}

struct Matrix {
    folder: tempfile::TempDir,
    pki: Authorities,
    /// CRLs and OCSP answer, as the files were made with.
    crls: Vec<PathBuf>,
    ocsp: PathBuf,
    cells: Vec<Cell>,
}

impl Matrix {
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// One for each kind of key.
fn matrices() -> &'static [Matrix; 2] {
    static MATRICES: OnceLock<[Matrix; 2]> = OnceLock::new();
    MATRICES.get_or_init(|| {
        [
            matrix(KeyType::P256, "p256"),
            matrix(KeyType::Rsa2048, "rsa"),
        ]
    })
}

fn matrix(kind: KeyType, key: &str) -> Matrix {
    // A little ago, so that nothing is from the future for anybody.
    let at = now().plus(-120);
    let pki = Authorities::around(at, kind);
    let folder = tempfile::tempdir().unwrap();
    let services = Arc::new(pki.services(at));
    let signer = Signer::new(pki.key()).with_services(Arc::clone(&services));
    let mut cells = Vec::new();
    for sub_filter in [SubFilter::EtsiCadesDetached, SubFilter::AdbePkcs7Detached] {
        for (form, objects) in [(Form::Table, &PLAIN[..]), (Form::ObjectStream, &FORM[..])] {
            let input = build(form, objects);
            let mut plan = Plan::default();
            plan.sub_filter = sub_filter;
            let basic = signer.sign(&input, &plan, at).unwrap().into_bytes();
            let mut add = |how: &str, level: Level, bytes: Vec<u8>| {
                let name = format!("{key} {} {form:?} {level} {how}", sub_filter.name());
                let path = folder.path().join(format!("{}.pdf", cells.len()));
                std::fs::write(&path, &bytes).unwrap();
                cells.push(Cell {
                    name,
                    level,
                    sub_filter,
                    bytes,
                    path,
                });
            };
            add("signed", Level::B, basic.clone());
            for level in [Level::T, Level::Lt, Level::Lta] {
                plan.level = level;
                let signed = signer.sign(&input, &plan, at).unwrap();
                add("signed", level, signed.into_bytes());
                let extended = services.extend(&basic, &Extension::to(level), at);
                let Ok(Extended::Raised(raised)) = extended else {
                    panic!("{extended:?}");
                };
                add("raised", level, raised.into_bytes());
            }
            // Two signatures under one archive, which is renewed.
            plan.level = Level::B;
            let two = signer.sign(&basic, &plan, at).unwrap();
            let mut how = Extension::to(Level::Lta);
            how.renew = true;
            let mut bytes = two.into_bytes();
            for _ in 0..2 {
                let extended = services.extend(&bytes, &how, at);
                let Ok(Extended::Raised(raised)) = extended else {
                    panic!("{extended:?}");
                };
                bytes = raised.into_bytes();
            }
            add("renewed", Level::Lta, bytes);
        }
    }
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let crls = [&pki.root, &pki.issuing, &pki.stamp_issuer]
        .iter()
        .enumerate()
        .map(|(index, authority)| {
            let crl = pki.crl(authority, at, Vec::new());
            write(&format!("{index}.crl"), &crl)
        })
        .collect();
    let ocsp = write("ocsp.der", &pki.ocsp(at, CertificateStatus::Good));
    Matrix {
        folder,
        pki,
        crls,
        ocsp,
        cells,
    }
}

/// Output of a program; says plainly when it is not there.
fn run(program: &str, arguments: &[&str], file: &Path) -> Option<(bool, String)> {
    let output = Command::new(program)
        .args(arguments)
        .arg(file)
        .env("LC_ALL", "C.UTF-8")
        .output();
    match output {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((
                output.status.success(),
                String::from_utf8_lossy(&text).into_owned(),
            ))
        }
        Err(_) => {
            println!("NOT RUN: {program} is not installed");
            None
        }
    }
}

fn signatures(bytes: &[u8]) -> Vec<EmbeddedSignature> {
    let document = kyso::pdf::Document::open(bytes, &Default::default()).unwrap();
    signature::find(&document, &Default::default()).unwrap()
}

#[test]
fn kyso_passes_every_level() {
    for matrix in matrices() {
        for cell in &matrix.cells {
            let mut verifier = matrix.pki.verifier();
            if cell.level < Level::Lt {
                verifier = verifier.with_evidence(matrix.pki.evidence(now().plus(-60)));
            }
            let report = verifier.verify(&cell.bytes, now()).unwrap();
            assert_eq!(report.indication, Indication::TotalPassed, "{}", cell.name);
            let level = report.signatures[0].baseline.as_ref().unwrap().level;
            let expected = match cell.sub_filter {
                SubFilter::EtsiCadesDetached => Some(cell.level),
                SubFilter::AdbePkcs7Detached => None,
            };
            assert_eq!(level, expected, "{}", cell.name);
        }
    }
}

#[test]
fn qpdf_finds_nothing_wrong() {
    for cell in matrices().iter().flat_map(|matrix| &matrix.cells) {
        let Some((ok, text)) = run("qpdf", &["--check"], &cell.path) else {
            return;
        };
        assert!(ok && !text.contains("WARNING"), "{}: {text}", cell.name);
    }
}

/// pdfsig 22.12 knows no document time-stamps: it lists them, and calls them neither good nor bad.
#[test]
fn pdfsig_calls_the_signatures_valid() {
    for matrix in matrices() {
        for cell in &matrix.cells {
            let Some((_, text)) = run("pdfsig", &["-nocert"], &cell.path) else {
                return;
            };
            let found = signatures(&cell.bytes);
            let stamps = found.iter().filter(|it| it.kind == Kind::DocumentTimeStamp);
            let regular = found.len() - stamps.count();
            let valid = text.matches("Signature is Valid.").count();
            assert!(valid >= regular, "{}: {text}", cell.name);
            assert_eq!(text.matches("Signature is Invalid").count(), 0, "{text}");
        }
    }
}

/// openssl: the CMS of each signature with its chain, and each document time-stamp.
#[test]
fn openssl_verifies_signatures_and_tokens() {
    for matrix in matrices() {
        let pki = &matrix.pki;
        let root = matrix.write("root.pem", pki.root.certificate_pem().unwrap().as_bytes());
        let between = pki.stamp_issuer.certificate_pem().unwrap();
        let between = matrix.write("between.pem", between.as_bytes());
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        for cell in &matrix.cells {
            for one in signatures(&cell.bytes) {
                let parts = one.signed_parts(&cell.bytes).unwrap().concat();
                let content = text(&matrix.write("content", &parts));
                let data = kyso::cms::SignedData::parse(&one.contents, &Default::default());
                let length = data.unwrap().length;
                let cms = matrix.write("cms.der", &one.contents[..length]);
                let (root, between) = (text(&root), text(&between));
                let arguments = match one.kind {
                    Kind::DocumentTimeStamp => vec![
                        "ts",
                        "-verify",
                        "-token_in",
                        "-data",
                        &content,
                        "-CAfile",
                        &root,
                        "-untrusted",
                        &between,
                        "-in",
                    ],
                    _ => vec![
                        "cms",
                        "-verify",
                        "-binary",
                        "-inform",
                        "DER",
                        "-cades",
                        "-purpose",
                        "any",
                        "-CAfile",
                        &root,
                        "-out",
                        "/dev/null",
                        "-content",
                        &content,
                        "-in",
                    ],
                };
                let Some((ok, text)) = run("openssl", &arguments, &cms) else {
                    return;
                };
                assert!(ok, "{}: {text}", cell.name);
            }
        }
    }
}

/// pyHanko, with full trust; B-LT and B-LTA from the file alone.
#[test]
fn pyhanko_trusts_every_level() {
    let python = std::env::var_os("KYSO_PYTHON").unwrap_or_else(|| "python3".into());
    let there = Command::new(&python)
        .args(["-c", "import pyhanko"])
        .output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("NOT RUN: pyHanko is not installed");
        return;
    }
    for matrix in matrices() {
        let pki = &matrix.pki;
        let others = [pki.stamp_issuer.certificate(), pki.responder.certificate()];
        let others: Vec<PathBuf> = others
            .iter()
            .enumerate()
            .map(|(index, der)| matrix.write(&format!("other{index}.der"), der))
            .collect();
        let files: Vec<_> = matrix
            .cells
            .iter()
            .map(|cell| serde_json::json!([cell.path, cell.level.name()]))
            .collect();
        let request = serde_json::json!({
            "root": matrix.write("root.der", pki.root.certificate()),
            "crls": matrix.crls,
            "ocsps": [matrix.ocsp],
            "others": others,
            "files": files,
        });
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/interop/pyhanko_levels.py"
        );
        let mut child = Command::new(&python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(request.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut answers = text.lines().skip(1);
        let mut wrong = Vec::new();
        for cell in &matrix.cells {
            let line = answers.next().unwrap();
            let answer: serde_json::Value = serde_json::from_str(line).unwrap();
            let all = answer["signatures"].as_array().cloned().unwrap_or_default();
            let regular = |one: &&serde_json::Value| one["coverage"].is_null();
            let good = all.len() == signatures(&cell.bytes).len()
                && all.iter().all(|one| one["bottom_line"] == true)
                && all.iter().filter(regular).all(|one| {
                    // A signature that was raised has its time stamp over the document.
                    let stamped = cell.level == Level::B
                        || !cell.name.ends_with("signed")
                        || one["stamped"] == true;
                    one["trusted"] == true && one["docmdp_ok"] == true && stamped
                });
            if !good {
                wrong.push(format!("{}: {answer}", cell.name));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        println!("pyHanko trusts {} files", matrix.cells.len());
    }
}
