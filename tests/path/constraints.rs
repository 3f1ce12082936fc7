//! V028: name constraints form by form, the classes of known holes among them.

use kyso::oid;
use kyso::pki::path::{
    NameConstraintFault as Fault, PathFailureKind, PathParameters, Purpose, find,
};
use kyso::pki::{Pool, Trust, TrustAnchor};
use kyso::time::UtcTime;

use super::common::*;
use super::hostile_pools;

/// What becomes of a leaf with `names` under a CA with these constraints.
fn under(permitted: &[&str], excluded: &[&str], names: &[&str]) -> Result<(), Fault> {
    let leaf = Cert::new("CN=CA", "CN=leaf,O=Agency,C=VN", key(2));
    let leaf = match names {
        [] => leaf,
        names => leaf.with(alt_names(&generals(names))),
    };
    judge(leaf, constraints(permitted, excluded))
}

fn judge(leaf: Cert, limits: Vec<u8>) -> Result<(), Fault> {
    let root = Cert::ca("CN=root", "CN=root", key(0)).sign(key(0));
    let ca = Cert::ca("CN=root", "CN=CA", key(1))
        .with(limits)
        .sign(key(0));
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(root));
    let pool: Pool = [ca].into_iter().collect();
    let at = UtcTime::from_rfc3339("2025-01-01").unwrap();
    let parameters = PathParameters::new(at, Purpose::Any);
    match find(&leaf.sign(key(1)), &pool, &trust, &parameters) {
        Ok(_) => Ok(()),
        Err(failure) => match failure.kind() {
            PathFailureKind::NameConstraint(fault) => Err(fault.clone()),
            other => panic!("{other}"),
        },
    }
}

fn assert_rows(rows: &[(&[&str], &[&str], &str, &str)]) {
    for (permitted, excluded, name, expected) in rows {
        let names: Vec<&str> = name.split(' ').collect();
        let actual = match under(permitted, excluded, &names) {
            Ok(()) => "ok",
            Err(Fault::Excluded { .. }) => "excluded",
            Err(Fault::NotPermitted { .. }) => "not permitted",
            Err(Fault::MalformedName { .. }) => "name",
            Err(Fault::MalformedConstraint { .. }) => "base",
            Err(Fault::UnsupportedForm { .. }) => "unsupported",
            Err(other) => panic!("{other}"),
        };
        assert_eq!(actual, *expected, "{permitted:?} {excluded:?} {name}");
    }
}

#[test]
fn v028_dns() {
    assert_rows(&[
        (&["dns:gov.vn"], &[], "dns:gov.vn", "ok"),
        (&["dns:gov.vn"], &[], "dns:a.b.GOV.vn", "ok"),
        (&["dns:gov.vn"], &[], "dns:evilgov.vn", "not permitted"),
        (&["dns:gov.vn"], &[], "dns:gov.vn.evil.com", "not permitted"),
        (&["dns:.gov.vn"], &[], "dns:gov.vn", "not permitted"),
        (&["dns:.gov.vn"], &[], "dns:a.gov.vn", "ok"),
        (&["dns:"], &[], "dns:a.com", "ok"),
        (&[], &["dns:"], "dns:a.com", "excluded"),
        (&[], &["dns:gov.vn"], "dns:x.gov.vn", "excluded"),
        (&[], &["dns:gov.vn"], "dns:x.com", "ok"),
        // One name too many is enough.
        (
            &["dns:gov.vn"],
            &[],
            "dns:a.gov.vn dns:a.com",
            "not permitted",
        ),
        // CVE-2025-61727, RUSTSEC-2026-0099: a wildcard is many names.
        (&["dns:gov.vn"], &[], "dns:*.gov.vn", "not permitted"),
        (&[], &["dns:a.gov.vn"], "dns:*.gov.vn", "excluded"),
        (&[], &["dns:gov.vn"], "dns:*.gov.vn", "excluded"),
        (&[], &["dns:b.com"], "dns:*.gov.vn", "ok"),
        (&["dns:gov.vn"], &[], "dns:a.*.gov.vn", "name"),
        (&["dns:gov.vn"], &[], "dns:*", "name"),
        // CVE-2026-8763, CVE-2026-27138: a point at the end, an empty name.
        (&[], &["dns:gov.vn"], "dns:x.gov.vn.", "name"),
        (&[], &["dns:gov.vn"], "dns:", "name"),
        (&[], &["dns:gov.vn"], "dns:a..gov.vn", "name"),
        (&["dns:gov.vn."], &[], "dns:x.gov.vn", "base"),
        (&["dns:*.gov.vn"], &[], "dns:x.gov.vn", "base"),
    ]);
}

#[test]
fn v028_email() {
    assert_rows(&[
        (&["email:a@gov.vn"], &[], "email:a@gov.vn", "ok"),
        (&["email:a@gov.vn"], &[], "email:a@GOV.VN", "ok"),
        (&["email:a@gov.vn"], &[], "email:A@gov.vn", "not permitted"),
        (&["email:gov.vn"], &[], "email:b@gov.vn", "ok"),
        // A host is not its subdomains (CVE-2026-27137 and its kin).
        (&["email:gov.vn"], &[], "email:b@x.gov.vn", "not permitted"),
        (&["email:.gov.vn"], &[], "email:b@x.gov.vn", "ok"),
        (&["email:.gov.vn"], &[], "email:b@gov.vn", "not permitted"),
        (&[], &["email:.gov.vn"], "email:b@x.y.gov.vn", "excluded"),
        (&[], &["email:"], "email:b@x.vn", "excluded"),
        (&[], &["email:evil.com"], "email:a@gov.vn@evil.com", "name"),
        (
            &["email:gov.vn"],
            &[],
            "email:\"x@evil.com\"@gov.vn",
            "name",
        ),
        (&["email:gov.vn"], &[], "email:nobody", "name"),
        (&["email:gov.vn"], &[], "email:@gov.vn", "name"),
        (&["email:gov.vn"], &[], "email:a@gov.vn.", "name"),
        (&["email:a@"], &[], "email:a@gov.vn", "base"),
    ]);
}

#[test]
fn v028_uri() {
    assert_rows(&[
        (&["uri:gov.vn"], &[], "uri:https://gov.vn/a?b", "ok"),
        (&["uri:gov.vn"], &[], "uri:https://a@gov.vn:443", "ok"),
        (
            &["uri:gov.vn"],
            &[],
            "uri:https://x.gov.vn/",
            "not permitted",
        ),
        (&["uri:.gov.vn"], &[], "uri:https://x.gov.vn/", "ok"),
        (
            &["uri:.gov.vn"],
            &[],
            "uri:https://gov.vn/",
            "not permitted",
        ),
        (
            &["uri:gov.vn"],
            &[],
            "uri:https://gov.vn@evil.com/",
            "not permitted",
        ),
        (
            &["uri:gov.vn"],
            &[],
            "uri:https://evil.com/gov.vn",
            "not permitted",
        ),
        (
            &["uri:gov.vn"],
            &[],
            "uri:https://evil.com\\@gov.vn/",
            "not permitted",
        ),
        // RUSTSEC-2026-0098: a host that is no name.
        (&[], &["uri:gov.vn"], "uri:https://10.0.0.1/", "name"),
        (&[], &["uri:gov.vn"], "uri:https://[fd00::1]/", "name"),
        (&[], &["uri:gov.vn"], "uri:urn:x", "name"),
        (&[], &["uri:gov.vn"], "uri:https:///x", "name"),
        (&[], &["uri:gov.vn"], "uri:https://gov.vn:80a/", "name"),
        (&["uri:https://gov.vn"], &[], "uri:https://gov.vn", "base"),
    ]);
}

#[test]
fn v028_ip() {
    let net = "ip:0a000000ff000000";
    let six = "ip:fd000000000000000000000000000000ff000000000000000000000000000000";
    assert_rows(&[
        (&[net], &[], "ip:0a010203", "ok"),
        (&[net], &[], "ip:0b010203", "not permitted"),
        (&[], &[net], "ip:0a010203", "excluded"),
        (
            &[net],
            &[],
            "ip:fd000000000000000000000000000001",
            "not permitted",
        ),
        (
            &[net, six],
            &[],
            "ip:fd000000000000000000000000000001",
            "ok",
        ),
        // Bits of the base outside the mask do not count.
        (&["ip:0a010203ff000000"], &[], "ip:0aff0000", "ok"),
        (&["ip:0a000000ff00ff00"], &[], "ip:0a010203", "base"),
        (&["ip:0a00000080ff0000"], &[], "ip:0a010203", "base"),
        (&["ip:0a000000"], &[], "ip:0a010203", "base"),
        (&["ip:0a000000f0000000"], &[], "ip:0a0102", "name"),
        (&[], &["ip:0000000000000000"], "ip:0a010203", "excluded"),
    ]);
}

#[test]
fn v028_directory_names_match_from_the_top() {
    let rows: &[(&[&str], &[&str], bool)] = &[
        (&["dn:O=Agency,C=VN"], &[], true),
        (&["dn:o=agency,C=vn"], &[], true),
        (&["dn:C=VN"], &[], true),
        (&["dn:"], &[], true),
        (&["dn:CN=leaf,O=Agency,C=VN"], &[], true),
        // CVE-2026-63577: not anywhere in the name.
        (&["dn:O=Agency"], &[], false),
        (&["dn:CN=leaf"], &[], false),
        (&["dn:CN=x,CN=leaf,O=Agency,C=VN"], &[], false),
        (&[], &["dn:O=Agency,C=VN"], false),
        (&[], &["dn:O=Agenc,C=VN"], true),
        (&["dn:C=VN"], &["dn:O=Agency,C=VN"], false),
    ];
    for (permitted, excluded, good) in rows {
        assert_eq!(
            under(permitted, excluded, &[]).is_ok(),
            *good,
            "{permitted:?} {excluded:?}"
        );
    }
    // An alternative name counts as the subject does.
    assert!(under(&["dn:C=VN"], &[], &["dn:C=LA"]).is_err());
    assert!(under(&[], &["dn:C=LA"], &["dn:CN=x,C=LA"]).is_err());
}

#[test]
fn v028_addresses_in_the_subject_count() {
    let leaf = Cert::new("CN=CA", "emailAddress=a@evil.com,C=VN", key(2));
    assert!(judge(leaf.clone(), constraints(&["email:gov.vn"], &[])).is_err());
    assert!(judge(leaf.clone(), constraints(&[], &["email:evil.com"])).is_err());
    assert!(judge(leaf.clone(), constraints(&["email:evil.com"], &[])).is_ok());
    // Also beside an alternative name that is permitted.
    let both = leaf.with(alt_names(&generals(&["email:a@gov.vn"])));
    assert!(judge(both, constraints(&["email:gov.vn"], &[])).is_err());
}

#[test]
fn v028_forms_that_cannot_be_compared_fail_when_constrained() {
    for form in ["other:1.2.3", "x400:", "edi:", "rid:2a03"] {
        let fault = under(&[form], &[], &[form]).unwrap_err();
        assert!(matches!(fault, Fault::UnsupportedForm { .. }), "{form}");
        assert!(under(&[], &[form], &[form]).is_err(), "{form}");
        assert!(under(&[form], &[], &["dns:a.com"]).is_ok(), "{form}");
        assert!(under(&["dns:gov.vn"], &[], &[form]).is_ok(), "{form}");
    }
}

#[test]
fn v028_bounded_bases_and_constraints_in_a_leaf_fail() {
    let bounded = |field: Vec<u8>| {
        let subtree = sequence(&[general("dns:gov.vn"), field]);
        let value = sequence(&[element(0xa0, &subtree)]);
        judge(
            Cert::new("CN=CA", "CN=leaf", key(2)),
            extension(&oid::NAME_CONSTRAINTS, true, &value),
        )
    };
    assert_eq!(bounded(element(0x80, &[1])), Err(Fault::BoundedSubtree));
    assert_eq!(bounded(element(0x81, &[0])), Err(Fault::BoundedSubtree));
    assert_eq!(bounded(element(0x80, &[0])), Ok(()));

    let leaf = Cert::new("CN=CA", "CN=leaf", key(2)).with(constraints(&["dns:a.com"], &[]));
    assert_eq!(
        judge(leaf, constraints(&["dns:b.com"], &[])),
        Err(Fault::InLeaf)
    );
}

/// Rule 2.13: permitted sets intersect, excluded sets unite, and what a lower CA widens does not
/// count.
#[test]
fn v028_sets_of_several_cas_add_up() {
    let root = Cert::ca("CN=root", "CN=root", key(0)).sign(key(0));
    let at = UtcTime::from_rfc3339("2025-01-01").unwrap();
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(root));
    let run = |upper: Vec<u8>, lower: Vec<u8>, host: &str| {
        let pool: Pool = [
            Cert::ca("CN=root", "CN=A", key(1)).with(upper).sign(key(0)),
            Cert::ca("CN=A", "CN=B", key(2)).with(lower).sign(key(1)),
        ]
        .into_iter()
        .collect();
        let leaf = Cert::new("CN=B", "CN=leaf", key(3))
            .with(alt_names(&[general(host)]))
            .sign(key(2));
        find(&leaf, &pool, &trust, &PathParameters::new(at, Purpose::Any)).is_ok()
    };
    let permit = |host: &str| constraints(&[host], &[]);
    assert!(run(permit("dns:vn"), permit("dns:gov.vn"), "dns:a.gov.vn"));
    assert!(!run(permit("dns:vn"), permit("dns:gov.vn"), "dns:a.vn"));
    assert!(!run(permit("dns:gov.vn"), permit("dns:vn"), "dns:a.vn"));
    assert!(!run(
        constraints(&[], &["dns:a.vn"]),
        permit("dns:vn"),
        "dns:a.vn"
    ));
    assert!(!run(
        permit("dns:vn"),
        constraints(&[], &["dns:a.vn"]),
        "dns:b.a.vn"
    ));
}

/// Self-issued CA certificates are passed over, a self-issued leaf is not.
#[test]
fn v028_self_issued_certificates() {
    let root = Cert::ca("CN=root", "CN=root", key(0))
        .with(constraints(&[], &["dn:CN=root"]))
        .sign(key(0));
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(root));
    let rolled = Cert::ca("CN=root", "CN=root", key(1)).sign(key(0));
    let pool: Pool = [rolled].into_iter().collect();
    let at = UtcTime::from_rfc3339("2025-01-01").unwrap();
    let run = |subject: &str| {
        let leaf = Cert::new("CN=root", subject, key(2)).sign(key(1));
        find(&leaf, &pool, &trust, &PathParameters::new(at, Purpose::Any)).is_ok()
    };
    assert!(run("CN=leaf"));
    assert!(!run("CN=root"));
}

/// V032: 2048 names under 2048 bases end in the limit.
#[test]
fn v032_name_constraint_comparisons_are_bounded() {
    let (leaf, pool) = hostile_pools::name_constraints();
    let at = UtcTime::from_rfc3339("2025-01-01").unwrap();
    let failure = find(
        &leaf,
        &pool.into_iter().collect(),
        &hostile_pools::trusted(),
        &PathParameters::new(at, Purpose::Any),
    )
    .unwrap_err();
    assert_eq!(
        *failure.kind(),
        PathFailureKind::Limit {
            name: "name_constraint_comparisons",
            max: 250_000
        }
    );
}
