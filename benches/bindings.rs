//! What the C functions cost above the Rust ones, on an archive in memory's reach; for
//! `benches/bindings.py`, which puts Python beside them.
//!
//! `cargo bench --features cli,capi --bench bindings -- DIR [PASSES]` prints one JSON object: processor
//! seconds of all threads of this process for the same files through the engine and through
//! `kyso_verify_many`, by path and from memory. DIR is an archive of `--bench corpus`. Without it
//! nothing is done.
#![allow(unsafe_code)] // It calls C functions.

use std::ffi::{CString, c_void};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kyso::archive::{Engine, EngineOptions, Input, Source};
use kyso::ffi::{self, Code};
use kyso::{Evidence, Indication, Origin, Policy, Trust, UtcTime, Verifier};

/// Processor time of all threads of this process.
fn process_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("an archive");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

/// Documents that pass, of `count`, and how long it took.
fn timed(what: impl FnOnce() -> usize) -> (usize, f64) {
    let start = process_time();
    let passed = what();
    (passed, (process_time() - start).as_secs_f64())
}

struct Archive {
    files: Vec<PathBuf>,
    bytes: Vec<Vec<u8>>,
    trust: Vec<u8>,
    evidence: Vec<Vec<u8>>,
    passes: usize,
    at: UtcTime,
}

impl Archive {
    fn rust(&self, memory: bool) -> usize {
        let mut evidence = Evidence::new();
        for piece in &self.evidence {
            evidence
                .add_bytes(piece, Origin::Caller, &Default::default())
                .expect("evidence");
        }
        let trust = Trust::from_bytes(&self.trust).expect("trust");
        let verifier = Verifier::new(trust, Policy::official()).with_evidence(evidence);
        let engine = Engine::new(Arc::new(verifier), EngineOptions::default());
        let inputs = (0..self.passes).flat_map(|_| {
            self.files
                .iter()
                .zip(&self.bytes)
                .map(|(path, bytes)| Input {
                    tag: 0,
                    source: match memory {
                        true => Source::Bytes(bytes.clone()),
                        false => Source::Path(path.clone()),
                    },
                })
        });
        let mut passed = 0;
        let record = |outcome: kyso::archive::Outcome| outcome.answer;
        let sink = |answer: Result<kyso::Report, kyso::Error>| {
            let is = |report: kyso::Report| report.indication == Indication::TotalPassed;
            passed += usize::from(answer.is_ok_and(is));
        };
        engine
            .run(inputs, self.at, record, sink)
            .expect("no disagreement");
        passed
    }

    fn c(&self, memory: bool) -> usize {
        unsafe extern "C" fn count(
            passed: *mut c_void,
            _: usize,
            code: i32,
            report: *const ffi::Report,
        ) -> i32 {
            let mut indication = ffi::Indication::None;
            // SAFETY: the context is the number below, the report that of the library.
            unsafe {
                if code == 0 {
                    ffi::kyso_report_indication(report, &raw mut indication);
                }
                *passed.cast::<usize>() += usize::from(indication == ffi::Indication::TotalPassed);
            }
            0
        }
        let names: Vec<_> = self
            .files
            .iter()
            .map(|path| CString::new(path.as_os_str().as_encoded_bytes()).expect("a path"))
            .collect();
        let documents: Vec<_> = (0..self.passes)
            .flat_map(|_| {
                names
                    .iter()
                    .zip(&self.bytes)
                    .map(|(path, bytes)| ffi::Document {
                        path: if memory {
                            std::ptr::null()
                        } else {
                            path.as_ptr()
                        },
                        data: bytes.as_ptr(),
                        length: bytes.len(),
                    })
            })
            .collect();
        let mut verifier = std::ptr::null_mut();
        let mut passed = 0_usize;
        // SAFETY: pointers and lengths are those of vectors that live until the end.
        unsafe {
            let new = ffi::kyso_verifier_new(std::ptr::null(), &raw mut verifier);
            assert_eq!(new, Code::Ok);
            let (data, length) = (self.trust.as_ptr(), self.trust.len());
            assert_eq!(
                ffi::kyso_verifier_add_trust(verifier, data, length),
                Code::Ok
            );
            for piece in &self.evidence {
                let (data, length) = (piece.as_ptr(), piece.len());
                assert_eq!(
                    ffi::kyso_verifier_add_evidence(verifier, data, length),
                    Code::Ok
                );
            }
            let code = ffi::kyso_verify_many(
                verifier,
                documents.as_ptr(),
                documents.len(),
                self.at.unix(),
                0,
                1,
                Some(count),
                (&raw mut passed).cast(),
            );
            assert_eq!(code, Code::Ok);
        }
        ffi::kyso_verifier_free(verifier);
        passed
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|one| one != "--bench");
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        println!("NOT RUN: no archive is named");
        return;
    };
    let passes = arguments
        .next()
        .map_or(1, |text| text.parse().expect("passes"));
    let read = |path: &PathBuf| std::fs::read(path).expect("a file");
    // What the archive's own table says: an archive in which nothing passes measures nothing.
    let table = std::fs::read_to_string(folder.join("expected.jsonl")).expect("the table");
    let lines: Vec<serde_json::Value> = table
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let name = |line: &serde_json::Value| line["file"].as_str().expect("a name").to_owned();
    let files: Vec<_> = lines
        .iter()
        .map(|line| folder.join("files").join(name(line)))
        .collect();
    let archive = Archive {
        bytes: files.iter().map(read).collect(),
        files,
        trust: read(&folder.join("trust.json")),
        evidence: sorted(&folder.join("crl")).iter().map(read).collect(),
        passes,
        at: UtcTime::from_civil(2026, 11, 23, 7, 0, 0).expect("a moment"),
    };
    let passing = lines
        .iter()
        .filter(|line| line["indication"] == "TOTAL-PASSED")
        .count();
    let expected = passing * passes;
    assert!(expected > 0 && archive.rust(false) == expected);
    let mut line = format!("{{\"files\": {}", archive.files.len() * passes);
    for (name, memory) in [("path", false), ("memory", true)] {
        let (rust, rust_time) = timed(|| archive.rust(memory));
        let (c, c_time) = timed(|| archive.c(memory));
        // Once more in the other order, so that neither always comes first.
        let (again_c, more_c) = timed(|| archive.c(memory));
        let (again_rust, more_rust) = timed(|| archive.rust(memory));
        assert_eq!([rust, c, again_c, again_rust], [expected; 4]);
        line += &format!(
            ", \"rust_{name}\": {:.6}, \"c_{name}\": {:.6}",
            (rust_time + more_rust) / 2.0,
            (c_time + more_c) / 2.0
        );
    }
    println!("{line}, \"passed\": {expected}}}");
}
