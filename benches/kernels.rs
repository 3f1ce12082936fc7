//! The kernels of `crypto::simd` beside one stream of `sha2` and one verification of `ring`.
//!
//! `cargo bench --features cli --bench kernels`
//!
//! All cases take turns in one process, and each turn is timed by the processor time of the thread.
//! Printed are median and best of the rounds, the spread between them, and the ratio to the first
//! case of the group, of medians and of bests. Only ratios of one run mean something: the absolute
//! figures are those of this machine, at this hour.

use std::hint::black_box;
use std::time::Duration;

use kyso::crypto::simd::{
    Backend, Job, PreparedRsa, RsaCheck, RsaPadding, Sha256Lanes, Stream, verify_rsa,
};
use kyso::crypto::{DigestAlgorithm, DigestValue};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use sha2::Digest;

const ROUNDS: usize = 31;

/// Processor time of this thread.
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or(0),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    )
}

/// A case: what it is called, what is timed.
type Case<'a> = (String, Box<dyn FnMut() + 'a>);

/// Times the cases in turns; `amount` is what one call works through, in `unit`.
fn group(name: &str, unit: &str, amount: f64, mut cases: Vec<Case<'_>>) {
    let mut times = vec![Vec::new(); cases.len()];
    for round in 0..ROUNDS + 3 {
        for ((_, case), times) in cases.iter_mut().zip(&mut times) {
            let start = thread_time();
            case();
            let time = thread_time() - start;
            // The first rounds warm caches and clocks.
            if round >= 3 {
                times.push(time.as_secs_f64());
            }
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    println!("{name}");
    for ((name, _), mine) in cases.iter().zip(&times) {
        let (median, best) = (mine[ROUNDS / 2], mine[0]);
        println!(
            "  {name:<24} median {:>9.3} {unit}  best {:>9.3}  spread {:>4.1} %  ratio {:>5.2} (best {:.2})",
            amount / median,
            amount / best,
            100.0 * (median / best - 1.0),
            times[0][ROUNDS / 2] / median,
            times[0][0] / best,
        );
    }
}

/// Octets without a pattern.
fn octets(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}

fn sha256(name: &str, streams: usize, length: usize, repeats: usize) {
    let data: Vec<Vec<u8>> = (0..streams)
        .map(|s| octets(length, 77 + s as u64))
        .collect();
    let expected: Vec<[u8; 32]> = data
        .iter()
        .map(|d| sha2::Sha256::digest(d).into())
        .collect();
    let mut cases: Vec<Case<'_>> = vec![(
        "sha2, one stream".to_owned(),
        Box::new(|| {
            for _ in 0..repeats {
                for (data, expected) in data.iter().zip(&expected) {
                    let digest = sha2::Sha256::digest(black_box(data));
                    assert_eq!(digest[..], expected[..]);
                }
            }
        }),
    )];
    for backend in Backend::available() {
        let (data, expected) = (&data, &expected);
        let mut lanes = Sha256Lanes::new(backend);
        cases.push((
            format!("lanes, {}", backend.name()),
            Box::new(move || {
                for _ in 0..repeats {
                    for (tag, data) in data.iter().enumerate() {
                        let mut job = Job::new(data.as_slice(), tag);
                        job.append(Stream::FIRST, 0..data.len())
                            .and_then(|()| job.digest(Stream::FIRST))
                            .expect("the whole range");
                        lanes.submit(job);
                    }
                    lanes.run_all();
                    while let Some(done) = lanes.finished() {
                        assert_eq!(done.digests[0], expected[done.tag]);
                    }
                }
            }),
        ));
    }
    let amount = (streams * length * repeats) as f64 / 1e9;
    group(name, "GB/s", amount, cases);
}

/// Moduli and values are random: the answer is "no", which costs what "yes" costs.
fn rsa(bits: usize, count: usize) {
    let size = bits / 8;
    let keys: Vec<Vec<u8>> = (0..16)
        .map(|seed| {
            let mut modulus = octets(size, 900 + seed);
            modulus[0] |= 0x80;
            modulus[size - 1] |= 1;
            modulus
        })
        .collect();
    let prepared: Vec<PreparedRsa> = keys
        .iter()
        .map(|n| PreparedRsa::from_components(n, &[1, 0, 1]).expect("a size with lanes"))
        .collect();
    let values: Vec<Vec<u8>> = (0..count)
        .map(|seed| {
            let mut value = octets(size, 5 + seed as u64);
            value[0] &= 0x7f;
            value
        })
        .collect();
    let digest: DigestValue = DigestAlgorithm::Sha256.digest(&[b"message"]);
    let checks: Vec<RsaCheck<'_>> = values
        .iter()
        .enumerate()
        .map(|(place, signature)| RsaCheck {
            key: &prepared[place % 16],
            padding: RsaPadding::Pkcs1 { digest: &digest },
            signature,
        })
        .collect();
    let mut cases: Vec<Case<'_>> = vec![(
        "ring".to_owned(),
        Box::new(|| {
            for (place, value) in values.iter().enumerate() {
                let key = RsaPublicKeyComponents {
                    n: &keys[place % 16],
                    e: &vec![1, 0, 1],
                };
                let answer = key.verify(&RSA_PKCS1_2048_8192_SHA256, b"message", value);
                assert!(black_box(answer).is_err());
            }
        }),
    )];
    for (name, backend) in [
        ("lanes", Backend::best()),
        ("portable twin", Backend::PORTABLE),
    ] {
        let checks = &checks;
        cases.push((
            name.to_owned(),
            Box::new(move || {
                assert!(!black_box(verify_rsa(backend, checks)).contains(&true));
            }),
        ));
    }
    cases.push((
        "preparing a key".to_owned(),
        Box::new(|| {
            for place in 0..count {
                let key = PreparedRsa::from_components(black_box(&keys[place % 16]), &[1, 0, 1]);
                assert!(black_box(key).is_some());
            }
        }),
    ));
    group(&format!("RSA-{bits}"), "k/s", count as f64 / 1e3, cases);
}

fn main() {
    let backends: Vec<_> = Backend::available().iter().map(|b| b.name()).collect();
    println!("back ends of this CPU: {}", backends.join(", "));
    for wanted in ["avx512", "sha-ni"] {
        if !backends.contains(&wanted) {
            println!("skipped: this CPU has no {wanted}");
        }
    }
    if !Backend::best().has_rsa_lanes() {
        println!("skipped: this CPU has no AVX-512 IFMA; the lanes of RSA are the portable twin");
    }
    sha256("SHA-256, 16 streams of 16 KiB", 16, 16 << 10, 8);
    sha256("SHA-256, 8 streams of 16 KiB", 8, 16 << 10, 16);
    sha256("SHA-256, 64 streams of 1 KiB", 64, 1 << 10, 32);
    rsa(2048, 128);
    rsa(3072, 64);
    rsa(4096, 64);
}
