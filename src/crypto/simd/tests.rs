//! Every back end of this CPU against `sha2`, `num-bigint`, the `rsa` crate and its portable twin.
#![allow(
    clippy::single_range_in_vec_init,
    reason = "one range is what is meant"
)]

use num_bigint::BigUint;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::crypto::tests::{RSA_2048, rsa_public};
use crate::crypto::{DigestAlgorithm, Message, SignatureAlgorithm, verify};

/// The back ends to test; says which this CPU has not got.
fn backends() -> Vec<Backend> {
    for name in ["avx512", "sha-ni"] {
        if Backend::named(name).is_none() {
            println!("skipped: this CPU has no {name}");
        }
    }
    if !Backend::best().has_rsa_lanes() {
        println!("skipped: this CPU has no AVX-512 IFMA");
    }
    Backend::available()
}

/// Octets without a pattern, the same on every run.
fn octets(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// A job for the digest of some ranges of `bytes`.
fn job<T>(bytes: &[u8], tag: T, ranges: &[std::ops::Range<usize>]) -> Job<Vec<u8>, T> {
    let mut job = Job::new(bytes.to_vec(), tag);
    for range in ranges {
        job.append(Stream::FIRST, range.clone()).unwrap();
    }
    job.digest(Stream::FIRST).unwrap();
    job
}

fn drain<B: AsRef<[u8]>, T>(lanes: &mut Sha256Lanes<B, T>) -> Vec<Digested<B, T>> {
    lanes.run_all();
    assert!(lanes.is_idle());
    std::iter::from_fn(|| lanes.finished()).collect()
}

#[test]
fn back_ends_have_names_and_the_portable_one_is_last() {
    let available = Backend::available();
    assert_eq!(available.last(), Some(&Backend::PORTABLE));
    for backend in available {
        assert_eq!(Backend::named(backend.name()), Some(backend));
    }
    assert_eq!(Backend::named("none"), None);
}

#[test]
fn ok_sha256_of_every_length_around_block_boundaries() {
    for backend in backends() {
        let mut lanes = Sha256Lanes::new(backend);
        let data = octets(1100, 1);
        let lengths = (0..300).chain(500..520).chain(1020..1100);
        for length in lengths.clone() {
            lanes.submit(job(&data[..length], length, &[0..length]));
        }
        let done = drain(&mut lanes);
        assert_eq!(done.len(), lengths.count());
        for done in done {
            assert_eq!(done.bytes, data[..done.tag], "the octets come back");
            let expected = sha256(&[&done.bytes]);
            assert_eq!(done.digests, [expected], "{} {}", backend.name(), done.tag);
        }
    }
}

#[test]
fn ok_sha256_of_two_ranges_split_anywhere() {
    let data = octets(400, 2);
    for backend in backends() {
        let mut lanes = Sha256Lanes::new(backend);
        for first in 0..=195 {
            for gap in [0, 1, 63, 64, 65] {
                let second = first + gap;
                let tag = (first, second);
                lanes.submit(job(&data, tag, &[0..first, second..400]));
            }
        }
        for done in drain(&mut lanes) {
            let (first, second) = done.tag;
            let expected = sha256(&[&data[..first], &data[second..]]);
            assert_eq!(
                done.digests,
                [expected],
                "{} {:?}",
                backend.name(),
                done.tag
            );
        }
    }
}

/// Streams of one length keep `live` lanes live throughout, so each kernel runs alone: one to
/// sixteen streams, and each lane is right, not only the first.
#[test]
fn ok_sha256_with_any_number_of_live_lanes() {
    for backend in backends() {
        for live in 1..=33 {
            let mut lanes = Sha256Lanes::new(backend);
            for tag in 0..live {
                lanes.submit(job(&octets(640, tag), tag, &[0..640]));
            }
            let done = drain(&mut lanes);
            assert_eq!(done.len() as u64, live);
            for done in done {
                let expected = sha256(&[&octets(640, done.tag)]);
                assert_eq!(done.digests, [expected], "{} {live}", backend.name());
            }
        }
    }
}

#[test]
fn the_kernels_agree_with_the_portable_one_on_any_state() {
    let data: Vec<Vec<u8>> = (0..16).map(|seed| octets(64 * 5, seed)).collect();
    for backend in backends() {
        for live in 1..=16 {
            // Lane 3 is the shortest: three blocks.
            let blocks: Vec<&[[u8; 64]]> = (0..live)
                .map(|lane| &data[lane].as_chunks().0[..if lane == 3 { 3 } else { 5 }])
                .collect();
            let before: Vec<[u32; 8]> = (0..live)
                .map(|lane| std::array::from_fn(|word| !(lane as u32 * 0x0101_0101 + word as u32)))
                .collect();
            let (mut ours, mut portable) = (before.clone(), before);
            let taken = sha256::compress(backend, &mut ours, &blocks);
            assert_eq!(taken, if live > 3 { 3 } else { 5 });
            for (state, blocks) in portable.iter_mut().zip(&blocks) {
                sha256_portable::compress(state, &blocks[..taken]);
            }
            assert_eq!(ours, portable, "{} {live}", backend.name());
        }
    }
}

#[test]
fn ok_document_and_file_share_what_stands_before_the_gap() {
    let data = octets(5000, 3);
    for backend in backends() {
        let mut lanes = Sha256Lanes::new(backend);
        for gap in [0, 1, 64, 100, 4000] {
            let mut job = Job::new(data.as_slice(), gap);
            job.append(Stream::FIRST, 0..gap).unwrap();
            let prefix = job.digest(Stream::FIRST).unwrap();
            let ranges = job.fork(Stream::FIRST).unwrap();
            job.append(ranges, gap + 500..5000).unwrap();
            job.append(Stream::FIRST, gap..5000).unwrap();
            let file = job.digest(Stream::FIRST).unwrap();
            let ranges = job.digest(ranges).unwrap();
            assert_eq!((prefix, file, ranges), (0, 1, 2));
            lanes.submit(job);
        }
        let done = drain(&mut lanes);
        assert_eq!(done.len(), 5);
        for done in done {
            let gap = done.tag;
            let expected = [
                sha256(&[&data[..gap]]),
                sha256(&[&data]),
                sha256(&[&data[..gap], &data[gap + 500..]]),
            ];
            assert_eq!(done.digests, expected, "{} {gap}", backend.name());
        }
    }
}

#[test]
fn lanes_refill_while_others_run() {
    for backend in backends() {
        let mut lanes = Sha256Lanes::new(backend);
        let mut lengths = (0..200usize).map(|i| if i % 7 == 0 { 20_000 } else { i * 31 });
        let (mut submitted, mut finished) = (0, 0);
        loop {
            while lanes.is_hungry()
                && let Some(length) = lengths.next()
            {
                lanes.submit(job(&octets(length, submitted), submitted, &[0..length]));
                submitted += 1;
            }
            if lanes.is_idle() {
                break;
            }
            lanes.run();
            while let Some(done) = lanes.finished() {
                let expected = sha256(&[&octets(done.bytes.len(), done.tag)]);
                assert_eq!(done.digests, [expected], "{}", backend.name());
                finished += 1;
            }
            assert!(submitted - finished <= backend.sha256_lanes() as u64);
        }
        assert_eq!(finished, 200);
    }
}

#[test]
fn a_job_without_a_digest_finishes_too() {
    let mut lanes = Sha256Lanes::new(Backend::best());
    lanes.submit(Job::new(vec![1, 2, 3], ()));
    assert_eq!(drain(&mut lanes)[0].digests, [[0u8; 32]; 0]);
    lanes.run();
    assert!(lanes.finished().is_none());
}

#[test]
#[allow(clippy::reversed_empty_ranges, reason = "that is the case")]
fn err_a_range_or_stream_outside_the_job() {
    let mut job = Job::new(&[0u8; 10][..], ());
    for range in [0..11, 11..11, 7..3, usize::MAX..usize::MAX] {
        assert_eq!(job.append(Stream::FIRST, range), Err(OutsideJob));
    }
    let mut other = Job::new(&[][..], ());
    let stream = other.fork(Stream::FIRST).unwrap();
    assert_eq!(job.append(stream, 0..1), Err(OutsideJob));
    assert_eq!(job.fork(stream), Err(OutsideJob));
    assert_eq!(job.digest(stream), Err(OutsideJob));
    assert_eq!(job.append(Stream::FIRST, 10..10), Ok(()));
}

/// Octets that are there when the job is made and gone when it runs.
struct Shrinking(std::cell::Cell<usize>, usize);

impl AsRef<[u8]> for Shrinking {
    fn as_ref(&self) -> &[u8] {
        let looked = self.0.get();
        self.0.set(looked + 1);
        &[0; 1000][..if looked < self.1 { 1000 } else { 70 }]
    }
}

#[test]
fn octets_that_shrink_give_no_digest() {
    for backend in backends() {
        for looks in 1..8 {
            let mut job = Job::new(Shrinking(0.into(), looks), ());
            job.append(Stream::FIRST, 0..1000).unwrap();
            job.digest(Stream::FIRST).unwrap();
            let mut lanes = Sha256Lanes::new(backend);
            lanes.submit(job);
            let done = drain(&mut lanes);
            let whole = [sha256(&[&[0; 1000]])];
            assert!(done[0].digests.is_empty() || done[0].digests == whole);
            assert!(!done[0].digests.is_empty() || looks < 5);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Jobs of random steps; the same steps on `sha2` hashers.
    #[test]
    fn ok_sha256_of_random_jobs(
        jobs in proptest::collection::vec(
            (0usize..3000, proptest::collection::vec((0u8..6, any::<u16>(), any::<u16>()), 0..24)),
            1..40,
        ),
    ) {
        for backend in Backend::available() {
            let mut lanes = Sha256Lanes::new(backend);
            let mut expected = Vec::new();
            for (tag, (length, steps)) in jobs.iter().enumerate() {
                let data = octets(*length, tag as u64);
                let mut job = Job::new(data.clone(), tag);
                let mut streams = vec![(Stream::FIRST, Sha256::new())];
                let mut digests: Vec<[u8; 32]> = Vec::new();
                for (kind, x, y) in steps {
                    let at = usize::from(*x) % streams.len();
                    match kind {
                        0 => {
                            let new = (job.fork(streams[at].0).unwrap(), streams[at].1.clone());
                            streams.push(new);
                        }
                        1 => {
                            prop_assert_eq!(job.digest(streams[at].0).unwrap(), digests.len());
                            digests.push(streams[at].1.clone().finalize().into());
                        }
                        _ => {
                            let start = usize::from(*x) % (length + 1);
                            let end = start + usize::from(*y) % (length - start + 1);
                            job.append(streams[at].0, start..end).unwrap();
                            streams[at].1.update(&data[start..end]);
                        }
                    }
                }
                lanes.submit(job);
                expected.push(digests);
            }
            let done = drain(&mut lanes);
            prop_assert_eq!(done.len(), jobs.len());
            for done in done {
                prop_assert_eq!(&done.digests, &expected[done.tag], "{}", backend.name());
            }
        }
    }
}

const SIZES: [usize; 3] = [256, 384, 512];

/// Moduli at the edges of a size: random, all ones, the least, one with limbs of zeros and ones.
fn moduli(size: usize) -> Vec<BigUint> {
    let one = BigUint::from(1u32);
    let top = &one << (8 * size - 1);
    let mut moduli: Vec<BigUint> = (0..4)
        .map(|seed| (BigUint::from_bytes_be(&octets(size, seed)) % &top) | &top | &one)
        .collect();
    moduli.push((&top << 1) - &one);
    moduli.push(&top | &one);
    moduli.push(&top | (((&one << 52u32) - &one) << 520u32) | &one);
    moduli.push(((&top << 1) - (&one << 52u32)) + &one);
    moduli
}

fn fixed(value: &BigUint, size: usize) -> Vec<u8> {
    let octets = value.to_bytes_be();
    let mut out = vec![0; size - octets.len()];
    out.extend(octets);
    out
}

/// Values at the edges of a modulus, all below it.
fn values(n: &BigUint, size: usize) -> Vec<BigUint> {
    let one = BigUint::from(1u32);
    let mut values = vec![
        BigUint::ZERO,
        one.clone(),
        n - &one,
        n - 2u32,
        n >> 1,
        (n >> 1) + &one,
        ((&one << (8 * size - 1)) - &one),
        (&one << 52u32) - &one,
        &one << 52u32,
        &one << (8 * size - 52),
    ];
    values.extend((0..3).map(|seed| BigUint::from_bytes_be(&octets(size, 100 + seed)) % n));
    values.retain(|value| value < n);
    values
}

fn prepared(n: &BigUint) -> PreparedRsa {
    PreparedRsa::from_components(&n.to_bytes_be(), &[1, 0, 1]).unwrap()
}

/// 65537th power, by the library.
fn power(value: &BigUint, n: &BigUint) -> BigUint {
    value.modpow(&BigUint::from(65537u32), n)
}

#[test]
fn ok_rsa_of_edge_values_and_moduli_mixed_in_every_lane() {
    for size in SIZES {
        let mut cases = Vec::new();
        for n in moduli(size) {
            let key = prepared(&n);
            for value in values(&n, size) {
                let expected = fixed(&power(&value, &n), size);
                cases.push((key.clone(), fixed(&value, size), expected));
            }
        }
        assert!(cases.len() > 90);
        // Neighbours have other moduli.
        let mut order: Vec<_> = (0..cases.len()).map(|i| (i * 41) % cases.len()).collect();
        order.sort_unstable_by_key(|i| i.wrapping_mul(0x9e37_79b9) % 1009);
        for backend in backends() {
            // The twin is slow, and does not know of lanes.
            let shifts = if backend.has_rsa_lanes() { 8 } else { 1 };
            for shift in 0..shifts {
                order.rotate_left(shift);
                let batch: Vec<_> = order
                    .iter()
                    .map(|i| (&cases[*i].0, cases[*i].1.as_slice()))
                    .collect();
                let blocks = public_op(backend, &batch);
                for (i, block) in order.iter().zip(blocks) {
                    let block = block.expect("below the modulus");
                    assert_eq!(block, cases[*i].2, "{} {size} {i}", backend.name());
                }
            }
        }
    }
}

#[test]
fn ok_rsa_in_batches_of_any_number_and_of_mixed_sizes() {
    let keys: Vec<_> = SIZES
        .iter()
        .flat_map(|size| moduli(*size).into_iter().take(3))
        .collect();
    let prepared: Vec<_> = keys.iter().map(prepared).collect();
    for backend in backends() {
        for count in 0..20 {
            let values: Vec<_> = (0..count)
                .map(|i| octets(prepared[i % 9].size().octets() - 1, i as u64))
                .map(|value| [&[0], &value[..]].concat())
                .collect();
            let batch: Vec<_> = (0..count)
                .map(|i| (&prepared[i % 9], values[i].as_slice()))
                .collect();
            let blocks = public_op(backend, &batch);
            assert_eq!(blocks.len(), count);
            for (i, block) in blocks.iter().enumerate() {
                let n = &keys[i % 9];
                let expected = power(&BigUint::from_bytes_be(&values[i]), n);
                let size = prepared[i % 9].size().octets();
                assert_eq!(block.as_deref(), Some(&fixed(&expected, size)[..]));
            }
        }
    }
}

#[test]
fn err_rsa_values_that_are_not_below_the_modulus_or_of_another_length() {
    for size in SIZES {
        let n = &moduli(size)[0];
        let key = prepared(n);
        let good = fixed(&(n - 1u32), size);
        let bad = [
            fixed(n, size),
            fixed(&(n + 1u32), size),
            vec![0xff; size],
            good[1..].to_vec(),
            [&[0], &good[..]].concat(),
            Vec::new(),
        ];
        for backend in backends() {
            for value in &bad {
                let batch = [(&key, &good[..]), (&key, &value[..]), (&key, &good[..])];
                let blocks = public_op(backend, &batch);
                // (-1)^65537 = -1, on both sides of the refused one.
                assert_eq!(blocks, [Some(good.clone()), None, Some(good.clone())]);
            }
        }
    }
}

#[test]
fn keys_for_the_lanes_are_odd_of_three_sizes_and_have_the_usual_exponent() {
    let n = fixed(&moduli(256)[0], 256);
    let key = |n: &[u8], e: &[u8]| PreparedRsa::from_components(n, e);
    assert_eq!(key(&n, &[1, 0, 1]).unwrap().size(), RsaSize::Rsa2048);
    for exponent in [&[3][..], &[1, 0, 2], &[0, 1, 0, 1], &[1, 0, 0, 0, 1], &[]] {
        assert_eq!(key(&n, exponent), None);
    }
    let mut even = n.clone();
    even[255] &= 0xfe;
    let mut short = n.clone();
    short[0] = 0x7f;
    let mut long = vec![0x81];
    long.extend(&n);
    for modulus in [
        &even[..],
        &short,
        &long,
        &n[1..],
        &[],
        &[0xff; 128],
        &[0xff; 1024],
    ] {
        assert_eq!(key(modulus, &[1, 0, 1]), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn ok_rsa_of_random_moduli_and_values(seeds in proptest::collection::vec(any::<u64>(), 1..12)) {
        for size in SIZES {
            let cases: Vec<_> = seeds
                .iter()
                .map(|seed| {
                    let mut n = octets(size, *seed);
                    n[0] |= 0x80;
                    n[size - 1] |= 1;
                    let n = BigUint::from_bytes_be(&n);
                    let value = BigUint::from_bytes_be(&octets(size, seed ^ (1 << 40))) % &n;
                    (prepared(&n), fixed(&value, size), fixed(&power(&value, &n), size))
                })
                .collect();
            let batch: Vec<_> = cases.iter().map(|(key, value, _)| (key, &value[..])).collect();
            for backend in Backend::available() {
                let blocks = public_op(backend, &batch);
                for (block, (_, _, expected)) in blocks.iter().zip(&cases) {
                    prop_assert_eq!(block.as_ref(), Some(expected), "{}", backend.name());
                }
            }
        }
    }
}

/// Signatures by the `rsa` crate, good and damaged: the lanes answer as [`verify`] does.
#[test]
fn rsa_lanes_answer_as_the_single_verification() {
    let signer = &*RSA_2048;
    let public = rsa_public(signer);
    let key = PreparedRsa::new(&public).unwrap();
    let digest = DigestAlgorithm::Sha256.digest(&[b"message"]);
    let other = DigestAlgorithm::Sha256.digest(&[b"another"]);
    let pss = |salt_len| SignatureAlgorithm::RsaPss {
        digest: DigestAlgorithm::Sha256,
        mgf_digest: DigestAlgorithm::Sha256,
        salt_len,
        trailer: 1,
    };
    let pkcs1 = SignatureAlgorithm::RsaPkcs1 {
        digest: DigestAlgorithm::Sha256,
    };
    let signed_pkcs1 = signer
        .sign(::rsa::Pkcs1v15Sign::new::<Sha256>(), digest.as_bytes())
        .unwrap();
    let block = pss_block(&digest, &octets(32, 5));
    let signed_pss = raw_private(&block);
    let empty_salt = raw_private(&pss_block(&digest, &[]));
    let mut cases = Vec::new();
    let all = [&signed_pkcs1, &signed_pss, &empty_salt];
    for (algorithm, right) in [(&pkcs1, 0), (&pss(32), 1), (&pss(0), 2), (&pss(64), 3)] {
        for (which, signature) in all.iter().enumerate() {
            cases.push((
                algorithm.clone(),
                &digest,
                signature.to_vec(),
                which == right,
            ));
            cases.push((algorithm.clone(), &other, signature.to_vec(), false));
            for place in [0, 100, 255] {
                let mut damaged = signature.to_vec();
                damaged[place] ^= 1;
                cases.push((algorithm.clone(), &digest, damaged, false));
            }
            cases.push((algorithm.clone(), &digest, signature[1..].to_vec(), false));
        }
    }
    // Blocks that a parser of the padding would let pass.
    for (place, octet) in [(0, 1), (1, 2), (10, 0xfe), (204, 1), (205, 0x31)] {
        let mut block = crate::crypto::pkcs1_block(&digest, 256).unwrap();
        block[place] = octet;
        if BigUint::from_bytes_be(&block)
            < BigUint::from_bytes_be(public.rsa_components().unwrap().0)
        {
            cases.push((pkcs1.clone(), &digest, raw_private(&block), false));
        }
    }
    for (place, change) in [(0, 0x40), (0, 0x80), (100, 1), (222, 1), (230, 1), (255, 1)] {
        let mut damaged = block.clone();
        damaged[place] ^= change;
        if BigUint::from_bytes_be(&damaged)
            < BigUint::from_bytes_be(public.rsa_components().unwrap().0)
        {
            cases.push((pss(32), &digest, raw_private(&damaged), false));
        }
    }
    for backend in backends() {
        let checks: Vec<_> = cases
            .iter()
            .map(|(algorithm, digest, signature, _)| RsaCheck {
                key: &key,
                padding: RsaPadding::new(algorithm, digest).unwrap(),
                signature,
            })
            .collect();
        let answers = verify_rsa(backend, &checks);
        for ((algorithm, digest, signature, expected), answer) in cases.iter().zip(answers) {
            assert_eq!(answer, *expected, "{} {algorithm:?}", backend.name());
            let single = verify(&public, algorithm, Message::Digest(digest), signature);
            assert_eq!(answer, single.is_verified(), "{algorithm:?}");
        }
    }
}

/// The block of RFC 8017 §9.1.1, 256 octets, made apart from the check.
fn pss_block(digest: &crate::crypto::DigestValue, salt: &[u8]) -> Vec<u8> {
    let seed = sha256(&[&[0; 8], digest.as_bytes(), salt]);
    let mut data = vec![0; 256 - 32 - 2 - salt.len()];
    data.push(1);
    data.extend(salt);
    for (place, octet) in data.iter_mut().enumerate() {
        let counter = u32::try_from(place / 32).unwrap();
        *octet ^= sha256(&[&seed, &counter.to_be_bytes()])[place % 32];
    }
    data[0] &= 0x7f;
    data.extend(seed);
    data.push(0xbc);
    data
}

/// What opens to `block`.
fn raw_private(block: &[u8]) -> Vec<u8> {
    use ::rsa::traits::{PrivateKeyParts, PublicKeyParts};
    let n = BigUint::from_bytes_be(&RSA_2048.n().to_be_bytes());
    let d = BigUint::from_bytes_be(&RSA_2048.d().to_be_bytes());
    fixed(&BigUint::from_bytes_be(block).modpow(&d, &n), 256)
}

#[test]
fn paddings_for_the_lanes_are_those_that_the_single_verification_computes() {
    let value = DigestAlgorithm::Sha256.digest(&[b"message"]);
    let digest = DigestAlgorithm::Sha256;
    let pss = |mgf_digest, salt_len, trailer| SignatureAlgorithm::RsaPss {
        digest,
        mgf_digest,
        salt_len,
        trailer,
    };
    let served = |algorithm| RsaPadding::new(&algorithm, &value).is_some();
    assert!(served(SignatureAlgorithm::RsaPkcs1 { digest }));
    assert!(served(pss(digest, 32, 1)) && served(pss(digest, 64, 1)));
    assert!(!served(pss(digest, 65, 1)) && !served(pss(digest, 32, 2)));
    assert!(!served(pss(DigestAlgorithm::Sha1, 32, 1)));
    assert!(!served(SignatureAlgorithm::Ecdsa { digest }));
    assert!(!served(SignatureAlgorithm::RsaPkcs1 {
        digest: DigestAlgorithm::Sha384
    }));
    let shake = DigestAlgorithm::Shake128.digest(&[b"message"]);
    let digest = DigestAlgorithm::Shake128;
    assert!(RsaPadding::new(&SignatureAlgorithm::RsaPkcs1 { digest }, &shake).is_none());
}
