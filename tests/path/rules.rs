//! V023, V025, V029, V030, V033, V034, V035: the rules of RFC 5280 §6.1 one by one.

use std::collections::BTreeSet;

use kyso::asn1::write;
use kyso::oid::{self, Oid};
use kyso::pki::certificate::Oddity;
use kyso::pki::issue::{Key, KeyType};
use kyso::pki::path::{
    ExplicitPolicy, Nonconforming, PathFailureKind, PathFinding, PathParameters, PolicyFault,
    PolicySet, Purpose, find,
};
use kyso::pki::{Certificate, Name, Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;

use super::common::*;
use super::hostile_pools;

fn parameters(at: &str) -> PathParameters {
    PathParameters::new(UtcTime::from_rfc3339(at).unwrap(), Purpose::Any)
}

fn trusted() -> Trust {
    let mut trust = Trust::new();
    let root = Cert::ca("CN=root", "CN=root", key(0)).sign(key(0));
    trust.add(TrustAnchor::from_certificate(root));
    trust
}

fn run(
    leaf: &Certificate,
    pool: &[Certificate],
    parameters: &PathParameters,
) -> Result<VerifiedPath, PathFailureKind> {
    let pool: Pool = pool.iter().cloned().collect();
    find(leaf, &pool, &trusted(), parameters).map_err(|failure| failure.kind().clone())
}

fn leaf_of(ca: &str, ca_key: usize) -> Certificate {
    Cert::new(ca, "CN=leaf", key(9)).sign(key(ca_key))
}

/// A leaf under `ca`, which the root signs.
fn under(ca: Cert) -> Result<VerifiedPath, PathFailureKind> {
    run(
        &leaf_of("CN=CA", 1),
        &[ca.sign(key(0))],
        &parameters("2025-01-01"),
    )
}

/// A broken signature is told although constraints and policies are broken as well.
#[test]
fn v023_signatures_come_before_names_and_policies() {
    let ca = Cert::ca("CN=root", "CN=CA", key(1))
        .with(constraints(&["dns:x.y"], &[]))
        .with(extension(
            &oid::POLICY_CONSTRAINTS,
            true,
            &sequence(&[element(0x80, &[0])]),
        ));
    let leaf = Cert::new("CN=CA", "CN=leaf", key(9)).with(alt_names(&generals(&["dns:evil.com"])));
    let good = run(
        &leaf.sign(key(1)),
        &[ca.sign(key(0))],
        &parameters("2025-01-01"),
    );
    assert!(matches!(good, Err(PathFailureKind::NameConstraint(_))));
    for (leaf_key, ca_key) in [(2, 0), (1, 2)] {
        let broken = run(
            &leaf.sign(key(leaf_key)),
            &[ca.sign(key(ca_key))],
            &parameters("2025-01-01"),
        );
        assert!(matches!(broken, Err(PathFailureKind::BadSignature(_))));
    }
}

#[test]
fn v025_issuers_must_be_cas_of_version_3() {
    assert!(under(Cert::ca("CN=root", "CN=CA", key(1))).is_ok());
    let mut old = Cert::new("CN=root", "CN=CA", key(1));
    for version in [1, 2] {
        old.version = version;
        assert_eq!(
            under(old.clone()).unwrap_err(),
            PathFailureKind::NotAuthority
        );
    }
    // Version 1 that claims to be a CA.
    let mut claiming = Cert::ca("CN=root", "CN=CA", key(1));
    claiming.version = 2;
    assert!(under(claiming).is_err());
    let plain = Cert::new("CN=root", "CN=CA", key(1)).with(usage(&[5]));
    assert_eq!(
        under(plain.clone()).unwrap_err(),
        PathFailureKind::NotAuthority
    );
    assert_eq!(
        under(plain.with(basic(false, None))).unwrap_err(),
        PathFailureKind::NotAuthority
    );
    let no_sign = Cert::new("CN=root", "CN=CA", key(1))
        .with(basic(true, None))
        .with(usage(&[6]));
    assert!(matches!(
        under(no_sign),
        Err(PathFailureKind::KeyUsage { .. })
    ));
    let no_usage = Cert::new("CN=root", "CN=CA", key(1)).with(basic(true, None));
    assert!(under(no_usage).is_ok());
}

/// Rule 2.3; the limbo cases of `pathlen::` run in `limbo`.
#[test]
fn v025_path_length() {
    let run = |lengths: &[Option<u64>], change: fn(&mut PathParameters)| {
        let mut pool = Vec::new();
        let mut above = ("CN=root".to_owned(), 0);
        for (index, length) in lengths.iter().enumerate() {
            let subject = format!("CN=CA{index}");
            let ca = Cert::new(&above.0, &subject, key(index + 1)).with(basic(true, *length));
            pool.push(ca.sign(key(above.1)));
            above = (subject, index + 1);
        }
        let mut parameters = parameters("2025-01-01");
        change(&mut parameters);
        run(&leaf_of(&above.0, above.1), &pool, &parameters).map(|_| ())
    };
    let same: fn(&mut PathParameters) = |_| {};
    assert!(run(&[Some(0)], same).is_ok());
    assert_eq!(
        run(&[Some(0), None], same),
        Err(PathFailureKind::PathTooLong { limit: 0 })
    );
    assert!(run(&[Some(1), Some(5)], same).is_ok());
    assert_eq!(
        run(&[Some(1), Some(5), None], same),
        Err(PathFailureKind::PathTooLong { limit: 1 })
    );
    assert!(run(&[None, None], |p| p.max_path_length = Some(2)).is_ok());
    assert_eq!(
        run(&[None, None], |p| p.max_path_length = Some(1)),
        Err(PathFailureKind::PathTooLong { limit: 1 })
    );
}

fn named(policies: &[Oid]) -> PathParameters {
    let mut parameters = parameters("2025-01-01");
    parameters.policies.initial = Some(policies.iter().cloned().collect());
    parameters
}

#[test]
fn v029_policies_that_hold() {
    let ca = Cert::ca("CN=root", "CN=CA", key(1)).with(policies(&[policy(1), policy(2)]));
    let leaf = Cert::new("CN=CA", "CN=leaf", key(9)).with(policies(&[policy(2), policy(3)]));
    let (leaf, pool) = (leaf.sign(key(1)), [ca.sign(key(0))]);
    let path = run(&leaf, &pool, &named(&[policy(2)])).unwrap();
    let two = PolicySet::These(BTreeSet::from([policy(2)]));
    assert_eq!(
        (path.authority_policies(), path.user_policies()),
        (&two, &two)
    );
    for wanted in [policy(1), policy(3)] {
        assert_eq!(
            run(&leaf, &pool, &named(&[wanted])).unwrap_err(),
            PathFailureKind::Policy(PolicyFault::NoValidPolicy)
        );
    }
    // Nobody asked: any path holds, and says what it has.
    assert!(run(&leaf, &pool, &parameters("2025-01-01")).is_ok());
    let bare = leaf_of("CN=CA", 1);
    assert!(run(&bare, &pool, &parameters("2025-01-01")).is_ok());
    let mut explicit = parameters("2025-01-01");
    explicit.policies.explicit = ExplicitPolicy::Always;
    assert!(run(&bare, &pool, &explicit).is_err());
}

#[test]
fn v029_mappings_translate_and_can_be_inhibited() {
    let ca = Cert::ca("CN=root", "CN=CA", key(1))
        .with(policies(&[policy(1), policy(2)]))
        .with(mappings(&[(policy(1), policy(7)), (policy(1), policy(8))]));
    let pool = [ca.sign(key(0))];
    let leaf = |number| {
        Cert::new("CN=CA", "CN=leaf", key(9))
            .with(policies(&[policy(number)]))
            .sign(key(1))
    };
    for number in [7, 8] {
        let path = run(&leaf(number), &pool, &named(&[policy(1)])).unwrap();
        // Told in the words of the anchor's side.
        assert!(path.user_policies().has(&policy(1)));
        assert!(!path.user_policies().has(&policy(number)));
        let mut inhibited = named(&[policy(1)]);
        inhibited.policies.inhibit_mapping = true;
        assert!(run(&leaf(number), &pool, &inhibited).is_err());
    }
    // A policy that is mapped away no longer stands for itself.
    assert!(run(&leaf(1), &pool, &named(&[policy(1)])).is_err());
    assert!(run(&leaf(2), &pool, &named(&[policy(2)])).is_ok());
}

#[test]
fn v029_any_policy() {
    let pool = [Cert::ca("CN=root", "CN=CA", key(1))
        .with(policies(&[oid::ANY_POLICY]))
        .sign(key(0))];
    let leaf = |list: &[Oid]| {
        Cert::new("CN=CA", "CN=leaf", key(9))
            .with(policies(list))
            .sign(key(1))
    };
    assert!(run(&leaf(&[policy(5)]), &pool, &named(&[policy(5)])).is_ok());
    assert!(run(&leaf(&[oid::ANY_POLICY]), &pool, &named(&[policy(5)])).is_ok());
    let mut inhibited = named(&[policy(5)]);
    inhibited.policies.inhibit_any = true;
    assert!(run(&leaf(&[policy(5)]), &pool, &inhibited).is_err());
    let mapped = Cert::ca("CN=root", "CN=CA", key(1))
        .with(policies(&[policy(1)]))
        .with(mappings(&[(policy(1), oid::ANY_POLICY)]));
    assert_eq!(
        run(
            &leaf(&[policy(1)]),
            &[mapped.sign(key(0))],
            &parameters("2025-01-01")
        )
        .unwrap_err(),
        PathFailureKind::Policy(PolicyFault::AnyPolicyMapped)
    );
}

/// CVE-2023-0464: every CA maps many policies to many; a tree would have 20^8 nodes.
#[test]
fn v029_policy_mappings_cannot_explode() {
    let (leaf, pool) = hostile_pools::policy_mappings();
    let failure = run(&leaf, &pool, &named(&hostile_pools::many_policies())).unwrap_err();
    assert_eq!(
        failure,
        PathFailureKind::Limit {
            name: "policy_nodes",
            max: 1024
        }
    );
}

#[test]
fn v030_extensions_that_reject_the_path_but_not_the_pool() {
    let unknown = |critical| extension(&Oid::from_dotted("1.2.3.4").unwrap(), critical, &[5, 0]);
    let ca = || Cert::ca("CN=root", "CN=CA", key(1));
    assert!(under(ca().with(unknown(false))).is_ok());
    assert!(matches!(
        under(ca().with(unknown(true))),
        Err(PathFailureKind::CriticalExtension(_))
    ));
    assert!(matches!(
        under(ca().with(usage(&[5]))),
        Err(PathFailureKind::Nonconforming(Oddity::DuplicateExtension(
            _
        )))
    ));
    assert!(matches!(
        under(ca().with(extension(&oid::SUBJECT_ALT_NAME, false, &[0x30, 0]))),
        Err(PathFailureKind::Nonconforming(Oddity::MalformedExtension(
            _
        )))
    ));
    // The same ones beside a good CA of the same name do no harm.
    let mut pool = vec![ca().sign(key(0))];
    for bad in [unknown(true), usage(&[5])] {
        let mut bad = ca().with(bad);
        bad.serial = vec![7];
        pool.insert(0, bad.sign(key(0)));
    }
    assert!(run(&leaf_of("CN=CA", 1), &pool, &parameters("2025-01-01")).is_ok());
}

#[test]
fn v033_weak_and_unsupported_keys() {
    let rsa = Key::generate(KeyType::Rsa2048).unwrap();
    let leaf = Cert::new("CN=root", "CN=leaf", &rsa).sign(key(0));
    assert!(run(&leaf, &[], &parameters("2025-01-01")).is_ok());
    let mut higher = parameters("2025-01-01");
    higher.minimum_rsa_bits = 3072;
    assert_eq!(
        run(&leaf, &[], &higher).unwrap_err(),
        PathFailureKind::WeakKey {
            bits: 2048,
            minimum: 3072
        }
    );
    // Explicit curve parameters, and a curve that is not supported: typed, not "bad signature".
    let named = |parameters: Vec<u8>| {
        let algorithm = sequence(&[write::oid(&oid::EC_PUBLIC_KEY).unwrap(), parameters]);
        let mut cert = Cert::new("CN=root", "CN=leaf", key(9));
        cert.spki = sequence(&[algorithm, element(3, &[0, 4, 1, 2])]);
        cert
    };
    let secp256k1 = write::oid(&Oid::from_dotted("1.3.132.0.10").unwrap()).unwrap();
    for cert in [named(sequence(&[element(2, &[1])])), named(secp256k1)] {
        assert!(matches!(
            run(&cert.sign(key(0)), &[], &parameters("2025-01-01")),
            Err(PathFailureKind::AlgorithmUnsupported(_))
        ));
        let mut ca = cert.clone().with(basic(true, None));
        ca.subject = name("CN=CA");
        assert!(matches!(
            under(ca),
            Err(PathFailureKind::AlgorithmUnsupported(_))
        ));
    }
    // A point that is not on its curve is no key at all.
    let mut off = key(9).spki().to_vec();
    *off.last_mut().unwrap() ^= 1;
    let mut cert = Cert::new("CN=root", "CN=leaf", key(9));
    cert.spki = off;
    assert!(Certificate::from_der(&cert.der(key(0))).is_err());
}

#[test]
fn v033_inner_and_outer_algorithm_must_be_the_same_octets() {
    let mut cert = Cert::new("CN=root", "CN=leaf", key(9));
    cert.inner_algorithm = Some(sequence(&[
        write::oid(&oid::ECDSA_WITH_SHA256).unwrap(),
        vec![5, 0],
    ]));
    let failure = run(&cert.sign(key(0)), &[], &parameters("2025-01-01")).unwrap_err();
    assert_eq!(
        failure,
        PathFailureKind::Nonconforming(Oddity::AlgorithmMismatch)
    );
}

#[test]
fn v034_both_ends_of_the_period_belong_to_it() {
    let mut cert = Cert::new("CN=root", "CN=leaf", key(9));
    cert.not_before = element(0x17, b"240229235959Z");
    cert.not_after = element(0x18, b"20280101000000Z");
    let leaf = cert.sign(key(0));
    for (at, good) in [
        ("2024-02-29T23:59:58Z", false),
        ("2024-02-29T23:59:59Z", true),
        ("2028-01-01T00:00:00Z", true),
        ("2028-01-01T00:00:01Z", false),
    ] {
        assert_eq!(run(&leaf, &[], &parameters(at)).is_ok(), good, "{at}");
    }
    let path = run(&leaf, &[], &parameters("2025-01-01")).unwrap();
    let interval = path.interval().unwrap();
    assert_eq!(interval.first.rfc3339(0), "2024-02-29T23:59:59Z");
    assert_eq!(interval.last.rfc3339(0), "2028-01-01T00:00:00Z");
    let oddity = PathFinding::Oddity {
        index: 0,
        oddity: Oddity::GeneralizedTimeBefore2050,
    };
    assert!(path.findings().contains(&oddity));
}

#[test]
fn v034_time_encodings() {
    let read = |not_after: Vec<u8>| {
        let mut cert = Cert::new("CN=root", "CN=leaf", key(9));
        cert.not_after = not_after;
        Certificate::from_der(&cert.der(key(0)))
    };
    let end = |not_after| read(not_after).unwrap().validity().not_after.rfc3339(0);
    assert_eq!(end(element(0x17, b"491231235959Z")), "2049-12-31T23:59:59Z");
    assert_eq!(
        end(element(0x18, b"20500101000000Z")),
        "2050-01-01T00:00:00Z"
    );
    assert_eq!(
        read(element(0x18, b"99991231235959Z"))
            .unwrap()
            .validity()
            .not_after,
        UtcTime::MAX
    );
    // 50 means 1950, before the beginning.
    assert!(read(element(0x17, b"500101000000Z")).is_err());
    for (tag, text) in [
        (0x17, &b"3001010000Z"[..]),
        (0x17, b"300101000000"),
        (0x17, b"300101000000+0700"),
        (0x17, b"301301000000Z"),
        (0x17, b"300230000000Z"),
        (0x17, b"300101240000Z"),
        (0x17, b"300101000060Z"),
        (0x18, b"20300101000000.5Z"),
        (0x18, b"20300101000000"),
        (0x18, b"203001010000Z"),
        (0x18, b"30000100000000Z"),
        (0x16, b"300101000000Z"),
        (0x17, b""),
    ] {
        assert!(
            read(element(tag, text)).is_err(),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn v035_how_the_issuer_was_matched_is_told() {
    let mut ca = Cert::ca("CN=root", "CN=CA", key(1));
    ca.subject = Name::from_rfc4514("CN=Cơ  quan A,C=VN")
        .unwrap()
        .der()
        .to_vec();
    let mut leaf = Cert::new("CN=root", "CN=leaf", key(9));
    leaf.issuer = Name::from_rfc4514("CN=CƠ QUAN a,C=vn")
        .unwrap()
        .der()
        .to_vec();
    let (leaf, ca) = (leaf.sign(key(1)), ca.sign(key(0)));
    let path = run(&leaf, &[ca], &parameters("2025-01-01")).unwrap();
    let told = |path: &VerifiedPath, index| {
        path.findings()
            .contains(&PathFinding::NameNormalised { index })
    };
    assert!(told(&path, 0) && !told(&path, 1));
    // The same constraint, the same comparison.
    let ca = Cert::ca("CN=root", "CN=CA", key(1)).with(constraints(&["dn:cn=LEAF"], &[]));
    assert!(under(ca).is_ok());
}

#[test]
fn harmless_oddities_are_findings_unless_they_are_to_be_rejected() {
    for (serial, oddity) in [
        (vec![0], Oddity::SerialZero),
        (vec![0x80], Oddity::SerialNegative),
        (vec![1; 21], Oddity::SerialLong(21)),
        (vec![0, 1], Oddity::SerialPadded),
    ] {
        let mut cert = Cert::new("CN=root", "CN=leaf", key(9));
        cert.serial = serial;
        let leaf = cert.sign(key(0));
        let mut parameters = parameters("2025-01-01");
        let path = run(&leaf, &[], &parameters).unwrap();
        let finding = PathFinding::Oddity {
            index: 0,
            oddity: oddity.clone(),
        };
        assert!(path.findings().contains(&finding), "{oddity}");
        parameters.nonconforming = Nonconforming::Reject;
        assert!(matches!(
            run(&leaf, &[], &parameters),
            Err(PathFailureKind::Nonconforming(_))
        ));
    }
}
