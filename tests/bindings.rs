//! One table of cases, answered by the Rust API, the C functions and the Python package alike.
//!
//! The table is written to `cases.json` in the folder of the build; `tests/python/test_cases.py` reads
//! it there. A case is a file, whom to trust, what is known, policy and time; an answer is the digest
//! of the report's JSON with its conclusion, or kind, text and position of an error.
#![cfg(all(feature = "capi", feature = "cli"))]
#![allow(unsafe_code)] // It calls C functions.

#[path = "common/cases.rs"]
mod cases;

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};

use cases::{Group, at, groups};
use kyso::ffi::{self, Code};
use kyso::report::hex;
use kyso::{Error, Report};
use serde_json::{Value, json};
use sha2::Digest as _;

fn answer(answer: Result<&Report, &Error>) -> Value {
    match answer {
        Ok(report) => json!({
            "indication": report.indication.name(),
            "sub_indication": report.sub_indication.map(|sub| sub.name()),
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
    // SAFETY: the outputs are variables of this function.
    unsafe {
        ffi::kyso_report_indication(report, &raw mut indication);
        ffi::kyso_report_sub_indication(report, &raw mut sub);
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
    let table = serde_json::to_vec_pretty(&table).expect("JSON");
    std::fs::write(folder.join("cases.json"), table).expect("the table");
}
