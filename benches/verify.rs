//! Verifying whole documents with one signature, trusted and with known revocation; and how much
//! that takes beyond the hashing that nobody can avoid.
//!
//! Names are `verify/size/engine`. A document is hashed twice (the signed ranges and the file), so
//! the same two passes with `sha2` are measured in turn with the verification. Every iteration
//! asserts the verdict; the clock is fixed.
//!
//! `cargo bench --features cli --bench verify`

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kyso::limits::Limits;
use kyso::pki::evidence::Origin;
use kyso::pki::{Evidence, Trust};
use kyso::report::Report;
use kyso::signing::{Plan, Signer, demo};
use kyso::time::UtcTime;
use kyso::validation::{Indication, Policy};
use kyso::verify::Verifier;
use sha2::{Digest, Sha256};
use support::{image, with_streams};

struct Bench {
    verifier: Verifier,
    signer: Signer,
    at: UtcTime,
}

impl Bench {
    fn new() -> Self {
        let at = UtcTime::from_rfc3339("2026-11-23T07:00:00Z").expect("a time");
        let pki = demo::Pki::generate(at).expect("keys");
        let root = pki.root.certificate_pem().expect("a certificate");
        let trust = Trust::from_pem(root.as_bytes()).expect("a root");
        let mut evidence = Evidence::new();
        for crl in [&pki.root_crl, &pki.issuing_crl] {
            let added = evidence.add_bytes(crl, Origin::Caller, &Limits::default());
            added.expect("a CRL");
        }
        Self {
            verifier: Verifier::new(trust, Policy::official()).with_evidence(evidence),
            signer: Signer::new(pki.leader_key().expect("a key")),
            at,
        }
    }

    fn sign(&self, document: &[u8]) -> Vec<u8> {
        let signed = self.signer.sign(document, &Plan::default(), self.at);
        signed.expect("the document can be signed").into_bytes()
    }

    /// A signed document of about `size` bytes.
    fn signed(&self, size: usize) -> Vec<u8> {
        let more = self.sign(&with_streams(&[b"".to_vec()])).len();
        let image = image(1);
        let start = memchr::memmem::find(&image, b"stream\n").expect("a stream") + 7;
        let data = size.saturating_sub(more);
        let count = data.div_ceil(1 << 20).max(1);
        let stream = &image[start..start + data / count];
        self.sign(&with_streams(&vec![stream.to_vec(); count]))
    }

    fn verify(&self, bytes: &[u8]) -> Report {
        let report = self.verifier.verify(black_box(bytes), self.at);
        let report = report.expect("the file is good");
        assert_eq!(report.indication, Indication::TotalPassed);
        assert_eq!(report.signatures.len(), 1);
        report
    }
}

/// The two passes of SHA-256 that a verification needs today.
fn hash(bytes: &[u8], range: [u64; 4]) -> [[u8; 32]; 2] {
    let [start, length, second, rest] = range.map(|number| number as usize);
    let mut signed = Sha256::new();
    signed.update(&bytes[start..start + length]);
    signed.update(&bytes[second..second + rest]);
    [signed.finalize().into(), Sha256::digest(bytes).into()]
}

fn milliseconds(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let as_ms = |time: Duration| time.as_secs_f64() * 1e3;
    (as_ms(times[times.len() / 2]), as_ms(times[0]))
}

/// 100 MB: time and memory beyond hashing, with the bounds that they are held to.
fn large(bench: &Bench) {
    const ROUNDS: usize = 31;
    let bytes = bench.signed(100 << 20);
    let report = bench.verify(&bytes);
    let range = report.signatures[0].byte_range.expect("a range").numbers();
    let (mut verified, mut hashed, mut above) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        black_box(bench.verify(&bytes));
        let one = start.elapsed();
        let start = Instant::now();
        black_box(hash(black_box(&bytes), range));
        let other = start.elapsed();
        above.push(one.as_secs_f64() * 1e3 - other.as_secs_f64() * 1e3);
        verified.push(one);
        hashed.push(other);
    }
    above.sort_by(f64::total_cmp);
    let above = above[ROUNDS / 2];
    let (verified, hashed) = (milliseconds(verified), milliseconds(hashed));
    println!(
        "verify/100MB: {} bytes; median {:.2} ms (least {:.2}); sha2 on the same bytes median {:.2} ms (least {:.2})",
        bytes.len(),
        verified.0,
        verified.1,
        hashed.0,
        hashed.1
    );
    println!(
        "verify/100MB: above hashing: median of differences {above:.2} ms, difference of the least {:.2} ms (bound: 5 ms)",
        verified.1 - hashed.1
    );
    let before = MEMORY.reset_peak();
    black_box(bench.verify(&bytes));
    println!(
        "verify/100MB: memory beyond the file: {:.2} MB at most (bound: 16 MB)",
        (MEMORY.peak() - before) as f64 / 1e6
    );
    let mut searched = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let found = memchr::memmem::find_iter(black_box(&bytes), b"/ByteRange").count();
        assert!(found > 0);
        searched.push(start.elapsed());
    }
    println!(
        "verify/100MB: searching all bytes for one key, which is not done: median {:.2} ms",
        milliseconds(searched).0
    );
}

/// Counts what the heap holds, now and at most.
struct Memory {
    now: AtomicUsize,
    peak: AtomicUsize,
}

#[global_allocator]
static MEMORY: Memory = Memory {
    now: AtomicUsize::new(0),
    peak: AtomicUsize::new(0),
};

impl Memory {
    fn grow(&self, size: usize) {
        let now = self.now.fetch_add(size, Ordering::Relaxed) + size;
        self.peak.fetch_max(now, Ordering::Relaxed);
    }

    fn reset_peak(&self) -> usize {
        let now = self.now.load(Ordering::Relaxed);
        self.peak.store(now, Ordering::Relaxed);
        now
    }

    fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }
}

// SAFETY: every call goes unchanged to the system's allocator; only sizes are counted.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.grow(layout.size());
        // SAFETY: the caller keeps the rules of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.now.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the rules of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn benches(criterion: &mut Criterion) {
    let bench = Bench::new();
    large(&bench);
    for (name, size) in [("20KB", 20_000), ("200KB", 200_000), ("2MB", 2_000_000)] {
        let bytes = bench.signed(size);
        println!("verify/{name}: {} bytes", bytes.len());
        let range = bench.verify(&bytes).signatures[0].byte_range;
        let range = range.expect("a range").numbers();
        let mut group = criterion.benchmark_group("verify");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(format!("{name}/kyso"), |bencher| {
            bencher.iter(|| bench.verify(&bytes));
        });
        group.bench_function(format!("{name}/sha2-alone"), |bencher| {
            bencher.iter(|| hash(black_box(&bytes), range));
        });
        group.bench_function(format!("{name}/lopdf-load-alone"), |bencher| {
            bencher.iter(|| {
                let document = lopdf::Document::load_mem(black_box(&bytes));
                document.expect("the file is good").objects.len()
            });
        });
    }
}

criterion_group! {
    name = all;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = benches
}
criterion_main!(all);
