//! Certificates, paths, CRLs and OCSP responses from memory.
//!
//! Names are `what/input/size/engine`. Keys are P-256 and made here, so that signatures differ
//! from run to run; the lists are too large to keep. Every iteration asserts its answer.
//! `x509-parser` reads without checking what `kyso` checks while reading (the key, names, known
//! extensions); it is what one would use otherwise. Signature checks of paths and responses are
//! computed each time, except where the name says cached.
//!
//! `cargo bench --features cli --bench pki`

#[allow(dead_code)]
#[path = "../tests/common/pki.rs"]
mod common;
#[path = "../tests/common/hostile_pools.rs"]
mod hostile_pools;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use kyso::asn1::{Tag, write};
use kyso::crypto::{Budget, Direct, PublicKey};
use kyso::limits::Limits;
use kyso::oid;
use kyso::pki::evidence::Origin;
use kyso::pki::issue::{
    Answer, Authority, CertificateStatus, Key, KeyType, OcspTemplate, Subject, Template,
};
use kyso::pki::path::{PathFailureKind, PathParameters, Purpose, find, find_within};
use kyso::pki::revocation::{Parameters, status};
use kyso::pki::{Certificate, Crl, Evidence, OcspResponse, Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;
use x509_parser::prelude::FromDer as _;

fn at(text: &str) -> UtcTime {
    UtcTime::from_rfc3339(text).unwrap()
}

struct Chain {
    ca: Authority,
    leaf: Certificate,
    pool: Pool,
    trust: Trust,
}

impl Chain {
    fn new() -> Self {
        let (from, until) = (at("2026-01-01"), at("2027-01-01"));
        let named = |text| Subject::new().with(oid::AT_COMMON_NAME, text);
        let key = || Key::generate(KeyType::P256).unwrap();
        let root = Template::root(&[1], named("root"), from, until);
        let root = Authority::root(key(), &root).unwrap();
        let ca = Template::issuing(&[2], named("CA"), from, until);
        let ca = root.subordinate(key(), &ca).unwrap();
        let leaf = Template::signer(&[0x10, 0, 0, 0, 0, 7], named("leaf"), from, until);
        let leaf = ca.issue(key().spki(), &leaf).unwrap();
        let certificate = |der: &[u8]| Certificate::from_der(der).unwrap();
        let mut trust = Trust::new();
        let anchor = certificate(root.certificate());
        trust.add(TrustAnchor::from_certificate(anchor));
        Self {
            leaf: certificate(&leaf),
            pool: [certificate(ca.certificate())].into_iter().collect(),
            ca,
            trust,
        }
    }

    fn path(&self) -> VerifiedPath {
        let parameters = PathParameters::new(at("2026-06-15"), Purpose::Any);
        find(&self.leaf, &self.pool, &self.trust, &parameters).unwrap()
    }

    fn ocsp(&self) -> Vec<u8> {
        let template = OcspTemplate::new(Answer {
            serial: self.leaf.serial().as_bytes().to_vec(),
            status: CertificateStatus::Good,
            this_update: at("2026-06-15"),
            next_update: Some(at("2026-06-22")),
        });
        self.ca.ocsp(&self.ca, &template).unwrap()
    }
}

/// A CRL with `count` entries of 16-octet serial numbers without order, signed by nobody.
fn crl(count: u64) -> Vec<u8> {
    let mut entries = Vec::new();
    let mut state = 1u64;
    for _ in 0..count {
        let mut serial = [0x11u8; 16];
        for half in serial.chunks_mut(8) {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            half.copy_from_slice(&(state ^ state >> 29).to_be_bytes());
        }
        serial[0] = 0x11;
        let serial = write::element(Tag::INTEGER, &[&serial]).unwrap();
        let time = write::element(Tag::UTC_TIME, &[b"260101000000Z"]).unwrap();
        entries.extend(write::sequence(&[&serial, &time]).unwrap());
    }
    let algorithm = write::sequence(&[&write::oid(&oid::ECDSA_WITH_SHA256).unwrap()]).unwrap();
    let tbs = write::sequence(&[
        &write::small(1).unwrap(),
        &algorithm,
        &write::sequence(&[]).unwrap(),
        &write::element(Tag::UTC_TIME, &[b"260101000000Z"]).unwrap(),
        &write::sequence(&[&entries]).unwrap(),
    ]);
    let signature = write::element(Tag::BIT_STRING, &[&[0, 1]]).unwrap();
    write::sequence(&[&tbs.unwrap(), &algorithm, &signature]).unwrap()
}

fn certificates(criterion: &mut Criterion) {
    let chain = Chain::new();
    let der = chain.leaf.der();
    let mut group = criterion.benchmark_group("parse");
    let size = der.len();
    group.bench_function(format!("certificate/{size}/kyso"), |bencher| {
        bencher.iter(|| assert_eq!(Certificate::from_der(black_box(der)).unwrap().version(), 3));
    });
    group.bench_function(format!("certificate/{size}/x509-parser"), |bencher| {
        bencher.iter(|| {
            let (rest, read) =
                x509_parser::certificate::X509Certificate::from_der(black_box(der)).unwrap();
            assert!(rest.is_empty() && read.version().0 == 2);
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("path");
    group.bench_function("two-links-cold/p256/kyso", |bencher| {
        bencher.iter(|| assert_eq!(chain.path().certificates().len(), 2));
    });
    // Everything but the two signature checks, which a budget asks once for each certificate.
    let limits = Limits::new();
    let budget = Budget::new(&Direct, &limits);
    let parameters = PathParameters::new(at("2026-06-15"), Purpose::Any);
    let cached = || find_within(&chain.leaf, &chain.pool, &chain.trust, &parameters, &budget);
    group.bench_function("two-links-cached/p256/kyso", |bencher| {
        bencher.iter(|| assert_eq!(cached().unwrap().certificates().len(), 2));
    });
    group.finish();
}

fn ocsp(criterion: &mut Criterion) {
    let chain = Chain::new();
    let der = chain.ocsp();
    let key = PublicKey::from_spki(chain.ca.key().spki()).unwrap();
    let limits = Limits::new();
    let mut group = criterion.benchmark_group("ocsp");
    group.bench_function("parse/one/kyso", |bencher| {
        bencher.iter(|| OcspResponse::from_der(black_box(&der), &limits).unwrap());
    });
    group.bench_function("parse-verify/one/kyso", |bencher| {
        bencher.iter(|| {
            let response = OcspResponse::from_der(black_box(&der), &limits).unwrap();
            assert!(response.verify(&key).is_verified());
        });
    });
    let path = chain.path();
    let parameters = Parameters::new(at("2026-06-16"));
    group.bench_function("status-cold/one/kyso", |bencher| {
        bencher.iter(|| {
            let mut evidence = Evidence::new();
            evidence
                .add_bytes(black_box(&der), Origin::Caller, &limits)
                .unwrap();
            assert!(status(&path, 0, &evidence, &chain.pool, &parameters).is_good());
        });
    });
    let mut evidence = Evidence::new();
    evidence.add_bytes(&der, Origin::Caller, &limits).unwrap();
    group.bench_function("status-warm/one/kyso", |bencher| {
        bencher.iter(|| {
            assert!(status(&path, 0, black_box(&evidence), &chain.pool, &parameters).is_good());
        });
    });
    group.finish();
}

fn crls(criterion: &mut Criterion) {
    let limits = Limits::new();
    let mut group = criterion.benchmark_group("crl");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    for count in [1_000, 1_000_000] {
        let der = crl(count);
        group.bench_function(format!("parse/{count}/kyso"), |bencher| {
            bencher.iter(|| {
                let crl = Crl::from_der(black_box(&der), &limits).unwrap();
                assert_eq!(crl.len() as u64, count);
            });
        });
        group.bench_function(format!("parse/{count}/x509-parser"), |bencher| {
            bencher.iter(|| {
                let (_, crl) = x509_parser::revocation_list::CertificateRevocationList::from_der(
                    black_box(&der),
                )
                .unwrap();
                assert_eq!(crl.iter_revoked_certificates().count() as u64, count);
            });
        });
        let crl = Crl::from_der(&der, &limits).unwrap();
        let mut serial = [0x11u8; 16];
        group.bench_function(format!("look-up-absent/{count}/kyso"), |bencher| {
            bencher.iter(|| {
                serial[15] = serial[15].wrapping_add(1);
                serial[3] = serial[3].wrapping_add(31);
                assert_eq!(crl.entries(black_box(&serial)).count(), 0);
            });
        });
    }
    group.finish();
}

/// V032: what the limits of a search let a hostile pool cost.
fn hostile(criterion: &mut Criterion) {
    let at = at("2025-01-01");
    let mut group = criterion.benchmark_group("hostile-pool");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(2));
    for (name, (leaf, pool)) in [
        ("100-namesakes", hostile_pools::namesakes()),
        ("12-cross-signed", hostile_pools::cross_signs(12)),
        (
            "2048x2048-name-constraints",
            hostile_pools::name_constraints(),
        ),
        ("20^8-policy-mappings", hostile_pools::policy_mappings()),
    ] {
        let mut parameters = PathParameters::new(at, Purpose::Any);
        if name.ends_with("mappings") {
            let all = hostile_pools::many_policies();
            parameters.policies.initial = Some(all.into_iter().collect());
        }
        let (pool, trust): (Pool, _) = (pool.into_iter().collect(), hostile_pools::trusted());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let failure = find(black_box(&leaf), &pool, &trust, &parameters).unwrap_err();
                assert!(matches!(failure.kind(), PathFailureKind::Limit { .. }));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, certificates, ocsp, crls, hostile);
criterion_main!(benches);
