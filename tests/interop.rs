//! V076: programs that we did not write accept what we sign: tool × algorithm × sub filter × input.
//!
//! Each cell is accepted, or listed in [`UNSUPPORTED`] with what the tool says, or the test fails.
//! pyHanko is found by `KYSO_PYTHON` (a Python that can import it), else as `python3`.
#![cfg(feature = "visual")]

#[allow(dead_code)] // shared with tests that need more of it
#[path = "common/pdf.rs"]
mod documents;
#[path = "interop/files.rs"]
mod files;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use files::{Cell, Pki, now};
use kyso::limits::Limits;
use kyso::pki::evidence::{Evidence, Origin};
use kyso::pki::{Certificate, Trust, trust::TrustAnchor};
use kyso::signing::Plan;
use kyso::validation::policy::ChangeAllowance;
use kyso::validation::{Indication, Integrity, Policy};
use kyso::verify::Verifier;

/// What a tool cannot do, by its own words.
struct Unsupported {
    tool: &'static str,
    /// The version that says so; another one may have learnt it.
    version: &'static str,
    /// How the names of the algorithms begin.
    algorithm: &'static str,
    /// Part of what it says.
    says: &'static str,
}

const UNSUPPORTED: &[Unsupported] = &[
    // EdDSA in CMS, RFC 8419, is in neither of them.
    Unsupported {
        tool: "openssl",
        version: "OpenSSL 3.0.",
        algorithm: "ed25519",
        says: "eddsa_digest_signverify_init:invalid digest",
    },
    Unsupported {
        tool: "pdfsig",
        version: "22.12.",
        algorithm: "ed25519",
        says: "Signature Validation: Document isn't signed or corrupted data.",
    },
];

/// What a tool says about a file.
enum Answer {
    Accepted,
    Refused(String),
}

struct Matrix {
    folder: tempfile::TempDir,
    pki: Pki,
    cells: Vec<Cell>,
    /// The first cell with one letter of a page changed.
    control: Cell,
}

fn matrix() -> &'static Matrix {
    static MATRIX: OnceLock<Matrix> = OnceLock::new();
    MATRIX.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pki, cells) = files::matrix(folder.path());
        let control = cells[0].with_another_page(&folder.path().join("control.pdf"));
        Matrix {
            folder,
            pki,
            cells,
            control,
        }
    })
}

/// Standard output and error of a program, and whether it ended well; `None` when there is none.
fn run(command: &mut Command) -> Option<(bool, String)> {
    // The words of the tools are compared.
    let output = command.env("LC_ALL", "C.UTF-8").output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}

/// The first line that a program says about its version; says plainly when it is not there.
fn version(tool: &str, argument: &str) -> Option<String> {
    match run(Command::new(tool).arg(argument)) {
        Some((_, text)) => Some(text.lines().next().unwrap_or_default().to_owned()),
        None => {
            println!("NOT RUN: {tool} is not installed");
            None
        }
    }
}

/// Holds what `tool` says about each file against the table; the control comes last.
fn judge(tool: &str, version: &str, mut ask: impl FnMut(&Cell) -> Answer) {
    let (mut accepted, mut unsupported, mut wrong) = (0, 0, Vec::new());
    for cell in &matrix().cells {
        let known = UNSUPPORTED
            .iter()
            .find(|row| row.tool == tool && cell.algorithm.starts_with(row.algorithm));
        match (ask(cell), known) {
            (Answer::Accepted, None) => accepted += 1,
            (Answer::Accepted, Some(row)) if version.contains(row.version) => {
                wrong.push(format!("{}: accepted, but listed", cell.name()));
            }
            (Answer::Accepted, Some(_)) => {
                println!("{tool}: {version} has learnt {}", cell.name());
                accepted += 1;
            }
            (Answer::Refused(text), Some(row)) if text.contains(row.says) => unsupported += 1,
            (Answer::Refused(text), _) => wrong.push(format!("{}: {text}", cell.name())),
        }
    }
    println!("{tool} ({version}): {accepted} accepted, {unsupported} unsupported");
    assert!(wrong.is_empty(), "{tool}: {}", wrong.join("\n"));
    assert!(accepted > 0);
    // A tool that accepts anything would tell nothing; qpdf looks at no signature.
    let control = matches!(ask(&matrix().control), Answer::Accepted);
    assert_eq!(control, tool == "qpdf", "{tool}: the control");
}

fn accepted_if(accepted: bool, text: String) -> Answer {
    if accepted {
        Answer::Accepted
    } else {
        Answer::Refused(text)
    }
}

/// Trusts the root, knows the CRLs.
fn verifier(policy: Policy) -> Verifier {
    let pki = &matrix().pki;
    let mut trust = Trust::new();
    let root = Certificate::from_der(&pki.root).unwrap();
    trust.add(TrustAnchor::from_certificate(root));
    let mut evidence = Evidence::new();
    for crl in &pki.crls {
        let added = evidence.add_bytes(crl, Origin::Caller, &Limits::default());
        assert_eq!(added.unwrap().crls, 1);
    }
    Verifier::new(trust, policy).with_evidence(evidence)
}

#[test]
fn kyso_passes_every_file_under_the_official_policy() {
    let verifier = verifier(Policy::official());
    judge("kyso", env!("CARGO_PKG_VERSION"), |cell| {
        let report = verifier.verify(&cell.bytes, now()).unwrap();
        let passed = report.indication == Indication::TotalPassed
            && report.signatures.len() == cell.signatures;
        accepted_if(passed, report.json())
    });
}

#[test]
fn qpdf_finds_nothing_wrong() {
    let Some(version) = version("qpdf", "--version") else {
        return;
    };
    judge("qpdf", &version, |cell| {
        let (ok, text) = run(Command::new("qpdf").arg("--check").arg(&cell.path)).unwrap();
        accepted_if(ok && !text.contains("WARNING"), text)
    });
}

#[test]
fn pdfsig_calls_every_signature_valid() {
    let Some(version) = version("pdfsig", "-v") else {
        return;
    };
    let home = matrix().folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    judge("pdfsig", &version, |cell| {
        let mut command = Command::new("pdfsig");
        // No certificates of the user's own.
        command.env("HOME", &home).arg("-nocert").arg(&cell.path);
        let (_, text) = run(&mut command).unwrap();
        let valid = text.matches("Signature is Valid.").count();
        let whole = text.matches("Total document signed").count();
        let form = text.matches(cell.sub_filter).count();
        accepted_if(
            [valid, whole, form] == [cell.signatures, 1, cell.signatures],
            text,
        )
    });
}

#[test]
fn openssl_verifies_value_chain_and_revocation() {
    let Some(version) = version("openssl", "version") else {
        return;
    };
    let folder = matrix().folder.path();
    let (store, content, cms) = (
        folder.join("store.pem"),
        folder.join("content"),
        folder.join("cms.der"),
    );
    std::fs::write(&store, matrix().pki.store()).unwrap();
    let at = now().unix().to_string();
    judge("openssl", &version, |cell| {
        let [_, first, second, rest] = cell.byte_range.map(|n| n as usize);
        let bytes = &cell.bytes;
        let parts = [&bytes[..first], &bytes[second..second + rest]];
        std::fs::write(&content, parts.concat()).unwrap();
        std::fs::write(&cms, &cell.cms).unwrap();
        let mut command = Command::new("openssl");
        command.args(["cms", "-verify", "-binary", "-inform", "DER", "-cades"]);
        command.args(["-purpose", "any", "-crl_check_all", "-x509_strict"]);
        command.args(["-attime", &at, "-out", "/dev/null"]);
        command.arg("-CAfile").arg(&store);
        command.arg("-content").arg(&content).arg("-in").arg(&cms);
        let (ok, text) = run(&mut command).unwrap();
        accepted_if(ok, text)
    });
}

/// pyHanko's version and its answer for each of `files`; says plainly when it is not there.
fn pyhanko(files: &[&Path]) -> Option<(String, Vec<serde_json::Value>)> {
    let python = std::env::var_os("KYSO_PYTHON").unwrap_or_else(|| "python3".into());
    let there = run(Command::new(&python).args(["-c", "import pyhanko"]));
    if there.is_none_or(|(ok, _)| !ok) {
        println!("NOT RUN: pyHanko is not installed");
        return None;
    }
    let matrix = matrix();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let [root_crl, issuing_crl] = &matrix.pki.crls;
    let request = serde_json::json!({
        "moment": now().rfc3339(0).replace('Z', "+00:00"),
        "roots": [write("root.der", &matrix.pki.root)],
        "crls": [write("root.crl", root_crl), write("issuing.crl", issuing_crl)],
        "files": files,
    });
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/interop/pyhanko_validate.py"
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
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let version = lines.remove(0)["version"].to_string();
    assert_eq!(lines.len(), files.len());
    Some((version, lines))
}

#[test]
fn pyhanko_trusts_every_signature_with_the_root_and_the_crls() {
    let cells = matrix().cells.iter().chain([&matrix().control]);
    let paths: Vec<&Path> = cells.map(|cell| cell.path.as_path()).collect();
    let Some((version, answers)) = pyhanko(&paths) else {
        return;
    };
    let mut lines = answers.into_iter();
    judge("pyHanko", &version, |cell| {
        let answer = lines.next().unwrap();
        let signatures = answer["signatures"].as_array().cloned().unwrap_or_default();
        let good = signatures.iter().enumerate().all(|(index, signature)| {
            let last = index + 1 == cell.signatures;
            let (coverage, changes) = if last {
                ("ENTIRE_FILE", "NONE")
            } else {
                ("ENTIRE_REVISION", "FORM_FILLING")
            };
            ["intact", "valid", "trusted", "bottom_line", "docmdp_ok"]
                .iter()
                .all(|fact| signature[*fact] == true)
                && signature["path"] == 3
                && signature["coverage"] == coverage
                && signature["changes"] == changes
        });
        accepted_if(
            good && signatures.len() == cell.signatures,
            answer.to_string(),
        )
    });
}

#[derive(serde::Deserialize)]
struct Foreign {
    file: String,
    #[serde(default)]
    password: Option<String>,
    sigs: Vec<ForeignSignature>,
}

#[derive(serde::Deserialize)]
struct ForeignSignature {
    expect: Option<String>,
    tier: String,
    #[serde(default)]
    modification: Option<serde_json::Value>,
}

/// Documents that other programs signed are signed once more: what was signed stays intact and its
/// later changes permitted, for pyHanko and for us, and the new signature passes.
#[test]
fn documents_signed_by_others_keep_their_signatures() {
    let Some(corpora) = std::env::var_os("KYSO_CORPORA").map(PathBuf::from) else {
        println!("NOT RUN: KYSO_CORPORA is not set");
        return;
    };
    let all = std::fs::read(corpora.join("expected.json")).unwrap();
    let all: Vec<Foreign> = serde_json::from_slice(&all).unwrap();
    let sound = |signature: &ForeignSignature| {
        let judged = signature.modification.as_ref();
        signature.expect.as_deref() == Some("intact")
            && matches!(signature.tier.as_str(), "A" | "B")
            && judged.is_some_and(|m| m["docmdp_ok"] == true && m["docmdp"] != "NO_CHANGES")
    };
    let chosen = all
        .iter()
        .filter(|file| file.password.is_none() && file.sigs.iter().all(sound))
        .step_by(3);
    let signer = matrix().pki.signer();
    let mut policy = Policy::official();
    policy.changes = ChangeAllowance::FormFilling;
    let verifier = verifier(policy);
    let folder = tempfile::tempdir().unwrap();
    let (mut signed, mut refused, mut wrong) = (Vec::new(), 0, Vec::new());
    for file in chosen {
        let document = std::fs::read(corpora.join(&file.file)).unwrap();
        let result = match signer.sign(&document, &Plan::default(), now()) {
            Ok(result) => result,
            Err(error) => {
                println!("refused: {}: {error}", file.file);
                refused += 1;
                continue;
            }
        };
        let report = verifier.verify(result.bytes(), now()).unwrap();
        let (last, before) = report.signatures.split_last().unwrap();
        let kept = before
            .iter()
            .all(|s| s.integrity == Integrity::Intact && s.changes.permitted == Some(true));
        if !kept || last.indication != Indication::TotalPassed {
            wrong.push(format!("kyso: {}: {}", file.file, report.json()));
        }
        let path = folder.path().join(format!("{}.pdf", signed.len()));
        std::fs::write(&path, result.bytes()).unwrap();
        signed.push((&file.file, result.field().to_owned(), path));
    }
    println!("{} signed, {refused} refused", signed.len());
    let paths: Vec<&Path> = signed.iter().map(|(_, _, path)| path.as_path()).collect();
    if let Some((_, answers)) = pyhanko(&paths) {
        for ((file, field, _), answer) in signed.iter().zip(answers) {
            let good = answer["signatures"].as_array().is_some_and(|signatures| {
                let own = signatures.iter().filter(|one| one["field"] == **field);
                own.count() == 1
                    && signatures.len() > 1
                    && signatures.iter().all(|signature| {
                        let sound = ["intact", "valid", "docmdp_ok"]
                            .iter()
                            .all(|fact| signature[*fact] == true);
                        sound && (signature["field"] != **field || signature["bottom_line"] == true)
                    })
            });
            if !good {
                wrong.push(format!("pyHanko: {file}: {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(signed.len() > 40);
}

/// Without openssl the long RSA keys are missing, which is said; nothing else may be.
#[test]
fn every_algorithm_meets_every_sub_filter_and_input() {
    let each = files::SUB_FILTERS.len() * files::INPUTS.len();
    let made = matrix().cells.len() / each;
    assert_eq!(matrix().cells.len(), made * each);
    let all = files::ALGORITHMS.len();
    assert!(made == all || made == all - 6, "{made} algorithms");
}
