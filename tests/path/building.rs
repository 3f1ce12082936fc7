//! V031, V032, V024: paths through cross-signs, loops, re-keyed and same-name CAs, and pools made to hurt.

use kyso::crypto::{Budget, Direct};
use kyso::limits::Limits;
use kyso::pki::path::{PathFailure, PathFailureKind, PathParameters, Purpose};
use kyso::pki::path::{find, find_within};
use kyso::pki::{Certificate, Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;

use super::common::*;
use super::hostile_pools::{self, root, trusted};

fn at() -> UtcTime {
    UtcTime::from_rfc3339("2025-01-01").unwrap()
}

fn trust(anchors: &[Certificate]) -> Trust {
    let mut trust = Trust::new();
    for anchor in anchors {
        trust.add(TrustAnchor::from_certificate(anchor.clone()));
    }
    trust
}

fn run(
    leaf: &Certificate,
    pool: Vec<Certificate>,
    trust: &Trust,
) -> Result<VerifiedPath, PathFailure> {
    let pool: Pool = pool.into_iter().collect();
    find(leaf, &pool, trust, &PathParameters::new(at(), Purpose::Any))
}

/// The same without order playing a part.
fn both_ways(leaf: &Certificate, pool: &[Certificate], trust: &Trust) -> VerifiedPath {
    let forward = run(leaf, pool.to_vec(), trust).unwrap();
    let backward = run(leaf, pool.iter().rev().cloned().collect(), trust).unwrap();
    assert_eq!(forward.certificates(), backward.certificates());
    forward
}

#[test]
fn v024_a_certificate_of_the_pool_is_never_an_anchor() {
    let leaf = Cert::new("CN=root", "CN=leaf", key(2)).sign(key(0));
    let other = Cert::ca("CN=other", "CN=other", key(3)).sign(key(3));
    let failure = run(&leaf, vec![root()], &trust(&[other])).unwrap_err();
    assert_eq!(*failure.kind(), PathFailureKind::NotTrusted);
    assert_eq!(failure.certificate(), Some(&root()));
    let failure = run(&leaf, vec![], &Trust::new()).unwrap_err();
    assert_eq!(*failure.kind(), PathFailureKind::NoIssuer);
    // A self-signed leaf that nobody trusts.
    let failure = run(&root(), vec![root()], &Trust::new()).unwrap_err();
    assert_eq!(*failure.kind(), PathFailureKind::NotTrusted);
}

#[test]
fn v024_a_certificate_of_the_pool_is_an_anchor_when_its_digest_is_pinned() {
    let leaf = Cert::new("CN=root", "CN=leaf", key(2)).sign(key(0));
    let mut pinned = Trust::new();
    pinned.add(TrustAnchor::from_sha256(*root().sha256()));
    let path = run(&leaf, vec![root()], &pinned).unwrap();
    assert_eq!(path.anchor().certificate(), Some(&root()));
    assert!(run(&leaf, vec![], &pinned).is_err());
    // Another certificate of the same name and key is not the one that was pinned.
    let mut twin = Cert::ca("CN=root", "CN=root", key(0));
    twin.serial = vec![9];
    let failure = run(&leaf, vec![twin.sign(key(0))], &pinned).unwrap_err();
    assert_eq!(*failure.kind(), PathFailureKind::NotTrusted);
}

#[test]
fn v031_cross_signs_expired_cas_and_dead_ends_do_not_hide_the_path() {
    let leaf = Cert::new("CN=CA", "CN=leaf", key(2)).sign(key(1));
    let mut expired = Cert::ca("CN=root", "CN=CA", key(1));
    expired.not_after = element(0x17, b"210101000000Z");
    let expired = expired.sign(key(0));
    let cross = Cert::ca("CN=unknown", "CN=CA", key(1)).sign(key(4));
    let good = Cert::ca("CN=root", "CN=CA", key(1)).sign(key(0));
    let no_ca = Cert::new("CN=root", "CN=CA", key(1)).sign(key(0));
    let pool = [expired, cross, no_ca, good.clone()];
    let path = both_ways(&leaf, &pool, &trust(&[root()]));
    assert_eq!(path.certificates(), [leaf, good]);
}

#[test]
fn v031_mutual_cross_signs_and_a_bridge() {
    // A and B sign each other; only B is signed by the root.
    let pool = [
        Cert::ca("CN=B", "CN=A", key(1)).sign(key(2)),
        Cert::ca("CN=A", "CN=B", key(2)).sign(key(1)),
        Cert::ca("CN=root", "CN=B", key(2)).sign(key(0)),
    ];
    let leaf = Cert::new("CN=A", "CN=leaf", key(3)).sign(key(1));
    let path = both_ways(&leaf, &pool, &trust(&[root()]));
    assert_eq!(path.certificates().len(), 3);
    // Without the root's signature: a failure, not a loop.
    let failure = run(
        &leaf,
        pool.iter().take(2).cloned().collect(),
        &trust(&[root()]),
    );
    assert_eq!(*failure.unwrap_err().kind(), PathFailureKind::NotTrusted);
}

#[test]
fn v031_rekeyed_and_same_name_cas_are_told_apart_by_their_signatures() {
    let old = Cert::ca("CN=root", "CN=CA", key(1)).sign(key(0));
    let new = Cert::ca("CN=root", "CN=CA", key(2)).sign(key(0));
    let old_leaf = Cert::new("CN=CA", "CN=leaf", key(3)).sign(key(1));
    let new_leaf = Cert::new("CN=CA", "CN=leaf", key(3)).sign(key(2));
    let pool = [old.clone(), new.clone()];
    let trust = trust(&[root()]);
    let issuer = |leaf: &Certificate| both_ways(leaf, &pool, &trust).certificates()[1].clone();
    assert_eq!(issuer(&old_leaf), old);
    assert_eq!(issuer(&new_leaf), new);

    // A root that changed its key: the new one signed by the old, self-issued.
    let rolled = Cert::ca("CN=root", "CN=root", key(5)).sign(key(0));
    let leaf = Cert::new("CN=root", "CN=leaf", key(3)).sign(key(5));
    assert_eq!(both_ways(&leaf, &[rolled], &trust).certificates().len(), 2);
}

/// Another CA that begins later would come first then: the same path only until it begins.
#[test]
fn the_stable_interval_ends_where_any_candidate_begins_or_ends() {
    let now = Cert::ca("CN=root", "CN=CA", key(1)).sign(key(0));
    let mut later = Cert::ca("CN=root", "CN=CA", key(1));
    later.not_before = element(0x17, b"280101000000Z");
    let later = later.sign(key(0));
    let mut before = Cert::ca("CN=root", "CN=CA", key(1));
    before.not_after = element(0x17, b"230101000000Z");
    let pool: Pool = [later.clone(), now.clone(), before.sign(key(0))]
        .into_iter()
        .collect();
    let leaf = Cert::new("CN=CA", "CN=leaf", key(2)).sign(key(1));
    let ask = |at| {
        find(
            &leaf,
            &pool,
            &trust(&[root()]),
            &PathParameters::new(at, Purpose::Any),
        )
    };
    let path = ask(at()).unwrap();
    let stable = path.stable_interval();
    assert_eq!(stable.first.rfc3339(0), "2023-01-01T00:00:01Z");
    assert_eq!(stable.last.rfc3339(0), "2027-12-31T23:59:59Z");
    for inside in [stable.first, stable.last] {
        assert_eq!(ask(inside).unwrap().certificates(), path.certificates());
    }
    assert_eq!(ask(stable.last.plus(1)).unwrap().certificates()[1], later);
}

#[test]
fn v031_two_anchors_of_one_name() {
    let twin = Cert::ca("CN=root", "CN=root", key(5)).sign(key(5));
    let leaf = Cert::new("CN=root", "CN=leaf", key(3)).sign(key(5));
    for anchors in [[root(), twin.clone()], [twin.clone(), root()]] {
        let path = run(&leaf, vec![], &trust(&anchors)).unwrap();
        assert_eq!(path.anchor().certificate(), Some(&twin));
    }
}

#[test]
fn the_most_specific_failure_is_kept_and_the_near_miss_named() {
    let leaf = Cert::new("CN=CA", "CN=leaf", key(2)).sign(key(1));
    let wrong_key = Cert::ca("CN=root", "CN=CA", key(3)).sign(key(0));
    let failure = run(&leaf, vec![wrong_key.clone()], &trust(&[root()])).unwrap_err();
    assert!(matches!(failure.kind(), PathFailureKind::BadSignature(_)));
    assert_eq!(failure.certificate(), Some(&leaf));
    assert_eq!(failure.near_miss(), Some(&wrong_key));

    // The key identifiers say that it was another key: then it is no issuer at all.
    let pointed = Cert::new("CN=CA", "CN=leaf", key(2)).with(issuer_identifier(&[1]));
    let marked = Cert::ca("CN=root", "CN=CA", key(3))
        .with(key_identifier(&[2]))
        .sign(key(0));
    let failure = run(
        &pointed.sign(key(1)),
        vec![marked.clone()],
        &trust(&[root()]),
    )
    .unwrap_err();
    assert_eq!(*failure.kind(), PathFailureKind::NoIssuer);
    assert_eq!(failure.near_miss(), Some(&marked));

    // A path that only the time breaks beats everything else.
    let mut late = Cert::ca("CN=root", "CN=CA", key(1));
    late.not_before = element(0x17, b"280101000000Z");
    let late = late.sign(key(0));
    let failure = run(&leaf, vec![wrong_key, late.clone()], &trust(&[root()])).unwrap_err();
    assert!(matches!(
        failure.kind(),
        PathFailureKind::OutOfPeriod { .. }
    ));
    assert_eq!(failure.certificate(), Some(&late));
    assert_eq!(failure.chain(), [leaf, late]);
    let text = failure.to_string();
    assert!(text.contains("certificate 2 of 2, CN=CA"), "{text}");
}

fn limit(failure: &PathFailure) -> &'static str {
    match failure.kind() {
        PathFailureKind::Limit { name, .. } => name,
        other => panic!("{other}"),
    }
}

#[test]
fn v032_a_hundred_cas_of_one_name_and_key() {
    let (leaf, pool) = hostile_pools::namesakes();
    let failure = run(&leaf, pool, &trusted()).unwrap_err();
    assert_eq!(limit(&failure), "path_candidates");
}

#[test]
fn v032_a_hundred_cas_of_one_name_and_a_good_one_first() {
    let mut pool = vec![
        Cert::ca("CN=root", "CN=CA", key(1))
            .with(key_identifier(&[7]))
            .sign(key(0)),
    ];
    pool.extend((0..100u8).map(|serial| {
        let mut ca = Cert::ca("CN=x", "CN=CA", key(3)).with(key_identifier(&[8]));
        ca.serial = vec![1, serial];
        ca.sign(key(4))
    }));
    pool.reverse();
    let leaf = Cert::new("CN=CA", "CN=leaf", key(2))
        .with(issuer_identifier(&[7]))
        .sign(key(1));
    assert!(run(&leaf, pool, &trust(&[root()])).is_ok());
}

/// Twelve CAs that all signed each other: 12! orders, none of them trusted.
#[test]
fn v032_mutual_cross_signs_of_many_cas() {
    let (leaf, pool) = hostile_pools::cross_signs(12);
    let failure = run(&leaf, pool, &trusted()).unwrap_err();
    assert!(["path_signature_checks", "path_steps"].contains(&limit(&failure)));
}

/// Two names that each have two thousand certificates.
#[test]
fn v032_large_crowds_of_one_name() {
    let crowd = |issuer: &str, subject: &str, subject_key: usize, issuer_key: usize| {
        let one = Cert::ca(issuer, subject, key(subject_key)).der(key(issuer_key));
        let one = Certificate::from_der(&one).unwrap();
        (0..2000u32).map(move |serial| {
            // Another serial number inside: the signature breaks, which is what crowds have.
            let mut der = one.der().to_vec();
            let at = der.windows(3).position(|part| part == [2, 1, 1]).unwrap();
            der[at + 2] = serial.to_be_bytes()[3] | 1;
            let last = der.len() - 8;
            der[last..last + 4].copy_from_slice(&serial.to_be_bytes());
            Certificate::from_der(&der).unwrap()
        })
    };
    let pool = crowd("CN=B", "CN=A", 1, 2).chain(crowd("CN=A", "CN=B", 2, 1));
    let leaf = Cert::new("CN=A", "CN=leaf", key(3)).sign(key(1));
    let failure = run(&leaf, pool.collect(), &trusted()).unwrap_err();
    let known = ["path_candidates", "path_signature_checks", "path_steps"];
    assert!(known.contains(&limit(&failure)));
}

/// The same names, and one key each: signatures are cheap, steps are not.
#[test]
fn v032_steps_are_bounded_when_signatures_are_known() {
    let (leaf, pool) = hostile_pools::cross_signs(9);
    let failure = run(&leaf, pool, &trusted()).unwrap_err();
    assert_eq!(limit(&failure), "path_steps");
}

#[test]
fn v032_a_path_that_is_too_long_for_the_limits() {
    let name = |n: usize| format!("CN=CA{n}");
    let mut pool = vec![Cert::ca("CN=root", "CN=CA1", key(1)).sign(key(0))];
    pool.extend((2..=12).map(|n| Cert::ca(&name(n - 1), &name(n), key(n)).sign(key(n - 1))));
    let leaf = |n: usize| Cert::new(&name(n), "CN=leaf", key(20)).sign(key(n));
    assert!(run(&leaf(9), pool.clone(), &trust(&[root()])).is_ok());
    let failure = run(&leaf(10), pool, &trusted()).unwrap_err();
    assert_eq!(limit(&failure), "path_length");
}

/// The caller's own bound on signature checks, for instance of one document.
#[test]
fn v032_a_limit_of_the_caller_ends_the_search() {
    let leaf = Cert::new("CN=root", "CN=leaf", key(2)).sign(key(0));
    let parameters = PathParameters::new(at(), Purpose::Any);
    let mut limits = Limits::new();
    limits.document_signature_checks = 0;
    let nothing = Budget::new(&Direct, &limits);
    let trust = trust(&[root()]);
    let failure = find_within(&leaf, &Pool::new(), &trust, &parameters, &nothing);
    assert_eq!(limit(&failure.unwrap_err()), "document_signature_checks");
}
