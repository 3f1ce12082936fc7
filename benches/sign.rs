//! Signing many documents with one key in a file: the processor time of each, its own verification
//! included, beside what nobody can avoid.
//!
//! `sign/size/key`: in turn, on the same bytes, the private-key operation alone and one pass of
//! SHA-256 in one stream. Processor time of the one thread is counted, and the medians are put into
//! the inequality that is the goal; writing and syncing are measured apart, in wall time. The clock
//! of the signatures is fixed, and every hundredth file is verified once more by the verifier.
//!
//! `taskset -c 1 cargo bench --features cli --bench sign`

mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use kyso::crypto::DigestAlgorithm;
use kyso::limits::Limits;
use kyso::oid;
use kyso::pki::Trust;
use kyso::pki::issue::{Authority, Key, KeyType, Subject, Template};
use kyso::run::output::{self, Existing};
use kyso::signing::key::{LocalKey, pem};
use kyso::signing::{Plan, Signer};
use kyso::time::UtcTime;
use kyso::validation::{Integrity, Policy};
use kyso::verify::Verifier;
use support::{image, memory, with_streams};

const COUNT: usize = 1000;
const SIZE: usize = 200_000;
/// What a signature may cost beyond the key and three passes, in microseconds.
const BOUND: f64 = 100.0;

/// Processor time of this thread.
fn spent() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn at() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T07:00:00Z").expect("a time")
}

fn key(kind: KeyType) -> LocalKey {
    let name = Subject::new().with(oid::AT_COMMON_NAME, "Signer");
    let (from, until) = (at().plus(-86_400), at().plus(86_400));
    let issuer = Template::root(&[1], name.clone(), from, until);
    let root = Authority::root(Key::generate(KeyType::P256).expect("a key"), &issuer);
    let key = Key::generate(kind).expect("a key");
    let holder = root
        .and_then(|root| root.subordinate(key, &Template::signer(&[2], name, from, until)))
        .expect("a certificate");
    let certificate = holder.certificate_pem().expect("a certificate");
    let pkcs8 = holder.key().pkcs8();
    pem::load(pkcs8, certificate.as_bytes(), None, &Limits::default()).expect("a key file")
}

/// A document of 200 KB in twenty objects, another one for each `seed`.
fn document(seed: usize) -> Vec<u8> {
    let image = image(seed + 1);
    let start = memchr::memmem::find(&image, b"stream\n").expect("a stream") + 7;
    let streams: Vec<Vec<u8>> = image[start..start + SIZE]
        .chunks(SIZE / 20)
        .map(<[u8]>::to_vec)
        .collect();
    with_streams(&streams)
}

/// The median, in microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// Processor time of one call, its result kept from being optimised away.
fn timed<T>(times: &mut Vec<Duration>, work: impl FnOnce() -> T) -> T {
    let start = spent();
    let result = black_box(work());
    times.push(spent() - start);
    result
}

fn measure(name: &str, kind: KeyType) {
    let signer = Signer::new(key(kind));
    // Few documents, so that what grows is the signer's.
    let documents: Vec<Vec<u8>> = (0..8).map(document).collect();
    let of = |index: usize| &documents[index % documents.len()];
    let plan = Plan::default();
    let verifier = Verifier::new(Trust::new(), Policy::official());
    let sign = |index: usize| signer.sign(of(index), &plan, at()).expect("a signature");
    let prepared = signer.prepare(of(0), &plan, at()).expect("a plan");
    let (mut whole, mut bare, mut hashed) = (Vec::new(), Vec::new(), Vec::new());
    for index in 1..=COUNT {
        let signed = timed(&mut whole, || sign(index));
        timed(&mut bare, || {
            let key = signer.key();
            let value = key.sign(prepared.signature_algorithm(), prepared.message());
            value.expect("a signature")
        });
        timed(&mut hashed, || {
            DigestAlgorithm::Sha256.digest(&[black_box(signed.bytes())])
        });
        if index % 100 == 0 {
            let report = verifier.verify(signed.bytes(), at()).expect("a verdict");
            assert_eq!(report.signatures.len(), 1);
            assert_eq!(report.signatures[0].integrity, Integrity::Intact);
        }
        if index == 100 || index == COUNT {
            let (now, most) = memory();
            println!(
                "sign/200KB/{name}: after {index} documents {now:.1} MB, at most {most:.1} MB"
            );
        }
    }
    let (whole, bare, hashed) = (median(whole), median(bare), median(hashed));
    let most = bare + 3.0 * hashed + BOUND;
    println!(
        "sign/200KB/{name}: {whole:.1} µs {} {most:.1} µs = the key alone {bare:.1} + 3 × one hash {hashed:.1} + {BOUND} (medians of {COUNT} documents of {} bytes)",
        if whole <= most { "<=" } else { "EXCEEDS" },
        of(0).len(),
    );
    let folder = tempfile::tempdir().expect("a folder");
    let (mut wall, start) = (Duration::ZERO, Instant::now());
    for index in 0..100 {
        let signed = sign(index);
        let begin = Instant::now();
        let path = folder.path().join(format!("{index}.pdf"));
        output::write(&path, signed.bytes(), Existing::Keep, &[], |_| Ok(())).expect("a file");
        wall += begin.elapsed();
    }
    println!(
        "sign/200KB/{name}: wall time with writing and syncing {:.0} µs each, of which writing and syncing {:.0} µs",
        start.elapsed().as_secs_f64() * 1e4,
        wall.as_secs_f64() * 1e4
    );
}

fn main() {
    // `cargo bench` and `cargo test` pass arguments that mean nothing here.
    measure("rsa-2048", KeyType::Rsa2048);
    measure("p-256", KeyType::P256);
}
