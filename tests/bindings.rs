//! One table of cases, answered by the Rust API, the C functions and the Python package alike.
//!
//! The table is written to `cases.json` in the folder of the build; `tests/python/test_cases.py` reads
//! it there. A case is a file, whom to trust, what is known, policy and time; an answer is the digest
//! of the report's JSON with its conclusion, or kind, text and position of an error.
#![cfg(all(feature = "capi", feature = "cli"))]
#![allow(unsafe_code)] // It calls C functions.

#[path = "common/cases.rs"]
mod cases;
#[path = "common/encrypted.rs"]
mod encrypted;

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr::{null, null_mut};
use std::sync::LazyLock;

use cases::{Group, at, groups};
use kyso::exchange::{self, Options, Package};
use kyso::ffi::{self, Code};
use kyso::limits::Limits;
use kyso::pki::Certificate;
use kyso::report::hex;
use kyso::signing::key::{AbsentKey, pem};
use kyso::signing::{Plan, Prepared, Signer};
use kyso::validation::Level;
use kyso::{Error, Evidence, Origin, Policy, Report, Trust, Verifier};
use serde_json::{Value, json};
use sha2::Digest as _;

fn answer(answer: Result<&Report, &Error>) -> Value {
    match answer {
        Ok(report) => json!({
            "indication": report.indication.name(),
            "sub_indication": report.sub_indication.map(|sub| sub.name()),
            "signatures": report.signatures.len(),
            "json_sha256": hex(&sha2::Sha256::digest(report.json())),
        }),
        Err(error) => json!({
            "kind": error.kind().code(),
            "text": error.to_string(),
            "position": error.position(),
        }),
    }
}

fn by_rust(group: &Group, bytes: &[Vec<u8>]) -> Vec<Value> {
    let verifier = group.verifier();
    let verify = |bytes: &Vec<u8>| answer(verifier.verify(bytes, at()).as_ref());
    bytes.iter().map(verify).collect()
}

fn text(at: *const c_char) -> Option<String> {
    // SAFETY: what the library gives is null or ends with a zero byte, and lives long enough here.
    (!at.is_null()).then(|| unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned())
}

/// What C sees of a call that gave `code` and perhaps a report.
fn c_answer(code: i32, report: *const ffi::Report) -> Value {
    if code != 0 {
        let position = ffi::kyso_last_error_position();
        return json!({
            "kind": text(ffi::kyso_code_name(code)),
            "text": text(ffi::kyso_last_error()),
            "position": (position >= 0).then_some(position),
        });
    }
    let (mut indication, mut sub, mut json_text, mut length) =
        (ffi::Indication::None, null(), null(), 0);
    let mut signatures = usize::MAX;
    // SAFETY: the outputs are variables of this function.
    unsafe {
        ffi::kyso_report_indication(report, &raw mut indication);
        ffi::kyso_report_sub_indication(report, &raw mut sub);
        ffi::kyso_report_signature_count(report, &raw mut signatures);
        let code = ffi::kyso_report_json(report, &raw mut json_text, &raw mut length);
        assert_eq!(code, Code::Ok);
    }
    let json_text = text(json_text).expect("a text");
    assert_eq!(json_text.len(), length);
    json!({
        "indication": match indication {
            ffi::Indication::TotalPassed => "TOTAL-PASSED",
            ffi::Indication::TotalFailed => "TOTAL-FAILED",
            ffi::Indication::Indeterminate => "INDETERMINATE",
            ffi::Indication::NoSignatureFound => "NO_SIGNATURE_FOUND",
            ffi::Indication::None => "",
        },
        "sub_indication": text(sub),
        "signatures": signatures,
        "json_sha256": hex(&sha2::Sha256::digest(json_text)),
    })
}

unsafe extern "C" fn collect(
    answers: *mut c_void,
    index: usize,
    code: i32,
    report: *const ffi::Report,
) -> i32 {
    // SAFETY: the context of the call below.
    let answers = unsafe { &mut *answers.cast::<Vec<Value>>() };
    answers[index] = c_answer(code, report);
    0
}

/// One by one from memory, and all of them by path in a batch.
fn by_c(group: &Group, bytes: &[Vec<u8>]) -> [Vec<Value>; 2] {
    let mut verifier = null_mut();
    let policy = CString::new(group.policy).expect("a name");
    let names: Vec<_> = group
        .files
        .iter()
        .map(|path| CString::new(path.as_os_str().as_encoded_bytes()).expect("a path"))
        .collect();
    // SAFETY: pointers and lengths are those of vectors that live until the end.
    unsafe {
        let code = ffi::kyso_verifier_new(policy.as_ptr(), &raw mut verifier);
        assert_eq!(code, Code::Ok);
        for path in &group.trust {
            let data = std::fs::read(path).expect("trust");
            let code = ffi::kyso_verifier_add_trust(verifier, data.as_ptr(), data.len());
            assert_eq!(code, Code::Ok);
        }
        for path in &group.evidence {
            let data = std::fs::read(path).expect("evidence");
            let code = ffi::kyso_verifier_add_evidence(verifier, data.as_ptr(), data.len());
            assert_eq!(code, Code::Ok);
        }
        for path in &group.pool {
            let data = std::fs::read(path).expect("certificates");
            let code = ffi::kyso_verifier_add_certificates(verifier, data.as_ptr(), data.len());
            assert_eq!(code, Code::Ok);
        }
        for word in &group.passwords {
            let code = ffi::kyso_verifier_add_password(verifier, word.as_ptr(), word.len());
            assert_eq!(code, Code::Ok);
        }
        let one = |bytes: &Vec<u8>| {
            let mut report = null_mut();
            let (data, length) = (bytes.as_ptr(), bytes.len());
            let code = ffi::kyso_verify(verifier, data, length, at().unix(), &raw mut report);
            let answer = c_answer(code as i32, report);
            ffi::kyso_report_free(report);
            answer
        };
        let single = bytes.iter().map(one).collect();

        let documents: Vec<_> = names
            .iter()
            .map(|name| ffi::Document {
                path: name.as_ptr(),
                data: null(),
                length: 0,
            })
            .collect();
        let mut many = vec![Value::Null; documents.len()];
        let code = ffi::kyso_verify_many(
            verifier,
            documents.as_ptr(),
            documents.len(),
            at().unix(),
            2,
            0,
            Some(collect),
            (&raw mut many).cast(),
        );
        assert_eq!(code, Code::Ok);
        assert_eq!(ffi::kyso_verifier_free(verifier), Code::Ok);
        [single, many]
    }
}

#[test]
fn ok_every_case_is_answered_alike() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cases");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut table = Vec::new();
    for group in &groups(&folder) {
        let read = |path: &PathBuf| std::fs::read(path).expect("a file");
        let bytes: Vec<_> = group.files.iter().map(read).collect();
        let expected = by_rust(group, &bytes);
        let [single, many] = by_c(group, &bytes);
        for (index, path) in group.files.iter().enumerate() {
            let name = path.display();
            assert_eq!(single[index], expected[index], "{name}: one by one");
            assert_eq!(many[index], expected[index], "{name}: in a batch");
            table.push(json!({
                "file": path,
                "trust": group.trust,
                "evidence": group.evidence,
                "policy": group.policy,
                "pool": group.pool,
                "passwords": group.passwords,
                "at": cases::AT,
                "answer": expected[index],
            }));
        }
    }
    // All four conclusions and errors are among them, or the table says little.
    for wanted in [
        "TOTAL-PASSED",
        "TOTAL-FAILED",
        "INDETERMINATE",
        "NO_SIGNATURE_FOUND",
    ] {
        let is = |case: &Value| case["answer"]["indication"] == wanted;
        assert!(table.iter().any(is), "no case is {wanted}");
    }
    assert!(table.iter().any(|case| case["answer"]["kind"] == "not-pdf"));
    // Pool and passwords decide, or nothing shows that they arrive.
    let answers = |file: &str| -> Vec<&Value> {
        let is = |case: &&Value| {
            case["file"]
                .as_str()
                .is_some_and(|path| path.ends_with(file))
        };
        table
            .iter()
            .filter(is)
            .map(|case| &case["answer"])
            .collect()
    };
    let [without, with] = answers(cases::ALONE)[..] else {
        panic!("two cases are {}", cases::ALONE);
    };
    assert_eq!(without["sub_indication"], "NO_CERTIFICATE_CHAIN_FOUND");
    assert_eq!(with["indication"], "TOTAL-PASSED");
    let [without, with] = answers(cases::LOCKED)[..] else {
        panic!("two cases are {}", cases::LOCKED);
    };
    assert_eq!(without["kind"], "password");
    assert_eq!(with["indication"], "NO_SIGNATURE_FOUND");
    let table = serde_json::to_vec_pretty(&table).expect("JSON");
    std::fs::write(folder.join("cases.json"), table).expect("the table");
}

/// The files of `kyso demo --exchange`, made once.
static DEMO: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bindings-demo");
    let _ = std::fs::remove_dir_all(&folder);
    let output = Command::new(env!("CARGO_BIN_EXE_kyso"))
        .args(["demo", "--exchange", "--at", cases::AT])
        .arg(&folder)
        .output()
        .expect("kyso runs");
    assert!(output.status.success(), "{output:?}");
    folder
});

fn demo(name: &str) -> Vec<u8> {
    std::fs::read(DEMO.join(name)).expect(name)
}

/// What a function gave as pointer and length.
fn octets(data: *const u8, length: usize) -> Vec<u8> {
    // SAFETY: what the library gives has this length and lives long enough here.
    unsafe { std::slice::from_raw_parts(data, length) }.to_vec()
}

#[test]
fn ok_a_signature_in_two_steps_is_that_of_rust() {
    let (document, certificates) = (demo("quyet-dinh.pdf"), demo("leader.pem"));
    let key = pem::load(&demo("leader.key"), &certificates, None, &Limits::new()).expect("a key");
    let wishes = c"{\"field\": \"Ky\", \"certify\": 2}";
    let plan = Plan::from_json(wishes.to_bytes()).expect("wishes");
    let signer = Signer::new(key);
    let expected = signer.sign(&document, &plan, at()).expect("signed");
    let of_rust = signer.prepare(&document, &plan, at()).expect("prepared");

    let (mut prepared, mut signed) = (null_mut(), null_mut());
    let (mut name, mut data, mut length) = (null(), null(), 0);
    // SAFETY: pointers and lengths are those of vectors that live until the end, and of variables.
    unsafe {
        let code = ffi::kyso_prepare(
            document.as_ptr(),
            document.len(),
            certificates.as_ptr(),
            certificates.len(),
            wishes.as_ptr(),
            at().unix(),
            &raw mut prepared,
        );
        assert_eq!(code, Code::Ok, "{:?}", text(ffi::kyso_last_error()));
        let code = ffi::kyso_prepared_algorithm(prepared, &raw mut name);
        assert_eq!(code, Code::Ok);
        assert_eq!(text(name), Some(of_rust.signature_algorithm().name()));
        let code = ffi::kyso_prepared_message(prepared, &raw mut data, &raw mut length);
        assert_eq!(code, Code::Ok);
        let message = octets(data, length);
        assert_eq!(message, of_rust.message());
        let code = ffi::kyso_prepared_digest(prepared, &raw mut data, &raw mut length);
        assert_eq!(code, Code::Ok);
        let digest = of_rust.message_digest().expect("RSA has one");
        assert_eq!(octets(data, length), digest.as_bytes());

        let value = signer.key().sign(of_rust.signature_algorithm(), &message);
        let value = value.expect("a value");
        let (at, size) = (value.as_ptr(), value.len());
        let code = ffi::kyso_finish(prepared, at, size, &raw mut signed);
        assert_eq!(code, Code::Ok, "{:?}", text(ffi::kyso_last_error()));
        assert_eq!(ffi::kyso_prepared_free(prepared), Code::Ok);
        let code = ffi::kyso_signed_document(signed, &raw mut data, &raw mut length);
        assert_eq!(code, Code::Ok);
        assert!(octets(data, length) == expected.bytes(), "other bytes");
        assert_eq!(ffi::kyso_signed_free(signed), Code::Ok);
    }
}

/// What was prepared for a higher level never comes out as B-B without a word.
#[test]
fn err_a_level_that_needs_services() {
    let certificates = Certificate::from_pem_or_der(&demo("leader.pem")).expect("certificates");
    let absent = AbsentKey::new(certificates, None).expect("a certificate");
    let mut plan = Plan::default();
    plan.level = Level::T;
    plan.time_stamp_space = 4096;
    let document = demo("quyet-dinh.pdf");
    let prepared = Prepared::new(&document, &plan, &absent, at(), &Limits::new());
    let state = serde_json::to_vec(&prepared.expect("prepared")).expect("JSON");
    let (mut prepared, mut signed) = (null_mut(), null_mut());
    // SAFETY: pointers and lengths are those of vectors that live until the end, and of variables.
    unsafe {
        let (data, length) = (state.as_ptr(), state.len());
        let code = ffi::kyso_prepared_restore(data, length, &raw mut prepared);
        assert_eq!(code, Code::Ok);
        let code = ffi::kyso_finish(prepared, data, 256, &raw mut signed);
        assert_eq!(code, Code::Misuse);
    }
    assert!(signed.is_null());
    let said = text(ffi::kyso_last_error()).expect("a text");
    assert!(said.contains("needs services"), "{said}");
    assert_eq!(ffi::kyso_prepared_free(prepared), Code::Ok);
}

#[test]
fn ok_exchange_messages_are_answered_alike() {
    let trust = demo("trust.json");
    let crls = [demo("root.crl"), demo("issuing.crl")];
    let mut evidence = Evidence::new();
    let mut verifier = null_mut();
    // SAFETY: pointers and lengths are those of vectors that live until the end, and of variables.
    unsafe {
        assert_eq!(ffi::kyso_verifier_new(null(), &raw mut verifier), Code::Ok);
        let code = ffi::kyso_verifier_add_trust(verifier, trust.as_ptr(), trust.len());
        assert_eq!(code, Code::Ok);
        for crl in &crls {
            let code = ffi::kyso_verifier_add_evidence(verifier, crl.as_ptr(), crl.len());
            assert_eq!(code, Code::Ok);
            let added = evidence.add_bytes(crl, Origin::Caller, &Limits::new());
            added.expect("evidence");
        }
    }
    let trust = Trust::from_bytes(&trust).expect("trust");
    let of_rust = Verifier::new(trust, Policy::official()).with_evidence(evidence);

    for (name, indication) in [
        ("trao-doi/1-van-ban.edxml", ffi::Indication::TotalPassed),
        (
            "trao-doi/3-van-ban.bi-sua.edxml",
            ffi::Indication::TotalFailed,
        ),
    ] {
        let message = demo(name);
        let mut package = Package::read(message.as_slice(), &Options::default()).expect(name);
        let expected = exchange::verify(&mut package, &of_rust, at()).expect(name);
        let path = DEMO.join(name);
        let path = CString::new(path.as_os_str().as_encoded_bytes()).expect("a path");
        // As an older sender would write it.
        let old = String::from_utf8(message.clone()).expect("UTF-8");
        let old = old.replace(exchange::NAMESPACE, "http://www.e-doc.vn/Schema/");
        let check = |code: Code, report: *mut ffi::Report, same: bool| {
            assert_eq!(code, Code::Ok, "{:?}", text(ffi::kyso_last_error()));
            let (mut found, mut json, mut count) = (ffi::Indication::None, null(), 0);
            // SAFETY: the outputs are variables here.
            unsafe {
                ffi::kyso_report_indication(report, &raw mut found);
                ffi::kyso_report_json(report, &raw mut json, null_mut());
                ffi::kyso_report_signature_count(report, &raw mut count);
            }
            assert_eq!((found, count), (indication, expected.attachments.len()));
            if same {
                assert_eq!(text(json), Some(expected.json()), "{name}");
            }
            assert_eq!(ffi::kyso_report_free(report), Code::Ok);
        };
        let (time, mut report) = (at().unix(), null_mut());
        // SAFETY: as above.
        unsafe {
            let (data, length) = (message.as_ptr(), message.len());
            let code = ffi::kyso_exchange_verify(verifier, data, length, time, 0, &raw mut report);
            check(code, report, true);
            let path = path.as_ptr();
            let code = ffi::kyso_exchange_verify_path(verifier, path, time, 0, &raw mut report);
            check(code, report, true);
            let (data, length) = (old.as_ptr(), old.len());
            let code = ffi::kyso_exchange_verify(verifier, data, length, time, 0, &raw mut report);
            assert_eq!(code, Code::Exchange);
            let code = ffi::kyso_exchange_verify(verifier, data, length, time, 1, &raw mut report);
            check(code, report, false);
        }
    }
    assert_eq!(ffi::kyso_verifier_free(verifier), Code::Ok);
}

#[test]
fn ok_the_version_is_that_of_the_crate() {
    let version = text(ffi::kyso_version());
    assert_eq!(version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
}
