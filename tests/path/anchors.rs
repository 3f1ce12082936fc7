//! V024: trust anchors: dates, constraints, the trust file, and who is who.

use std::collections::BTreeSet;

use base64::Engine as _;
use kyso::error::{ErrorKind, PkiFault};
use kyso::oid::Oid;
use kyso::pki::path::{
    AnchorPeriod, PathFailureKind, PathFinding, PathParameters, Period, Purpose, find,
};
use kyso::pki::trust::{AnchorConstraints, HolderRule, OwnConstraints, Role};
use kyso::pki::{Certificate, Name, Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;

use super::common::*;

fn time(text: &str) -> UtcTime {
    UtcTime::from_rfc3339(text).unwrap()
}

fn root() -> Certificate {
    Cert::ca("CN=root", "CN=root", key(0)).sign(key(0))
}

fn leaf() -> Certificate {
    Cert::new("CN=root", "CN=leaf,C=VN", key(2))
        .with(alt_names(&generals(&["dns:a.gov.vn"])))
        .with(policies(&[policy(1)]))
        .sign(key(0))
}

fn parameters(at: &str) -> PathParameters {
    PathParameters::new(time(at), Purpose::Any)
}

fn run(
    anchor: TrustAnchor,
    leaf: &Certificate,
    parameters: &PathParameters,
) -> Result<VerifiedPath, PathFailureKind> {
    let mut trust = Trust::new();
    trust.add(anchor);
    find(leaf, &Pool::new(), &trust, parameters).map_err(|failure| failure.kind().clone())
}

#[test]
fn ok_an_anchor_is_a_name_and_a_key() {
    let name = Name::from_rfc4514("CN=root").unwrap();
    let anchor = TrustAnchor::from_key(name, root().public_key().clone());
    let path = run(anchor, &leaf(), &parameters("2025-01-01")).unwrap();
    let issuer = path.issuer(0).unwrap();
    assert!(issuer.certificate.is_none() && issuer.key.same_key(root().public_key()));
    assert!(path.issuer(1).is_none());
    let other = TrustAnchor::from_key(
        Name::from_rfc4514("CN=root").unwrap(),
        leaf().public_key().clone(),
    );
    assert!(run(other, &leaf(), &parameters("2025-01-01")).is_err());
}

/// The signature on an anchor is not looked at, so SHA-1 and broken ones do no harm there.
#[test]
fn ok_the_signature_of_an_anchor_does_not_count() {
    let unsigned = Cert::ca("CN=root", "CN=root", key(0)).sign(key(7));
    let anchor = TrustAnchor::from_certificate(unsigned);
    assert!(run(anchor, &leaf(), &parameters("2025-01-01")).is_ok());
}

#[test]
fn ok_a_leaf_that_is_an_anchor_is_a_path_of_its_own() {
    let leaf = leaf();
    let anchor = TrustAnchor::from_certificate(leaf.clone());
    let path = run(anchor.clone(), &leaf, &parameters("2025-01-01")).unwrap();
    assert!(path.is_direct() && path.links().next().is_none() && path.issuer(0).is_none());
    let late = run(anchor, &leaf, &parameters("2035-01-01"));
    assert!(matches!(late, Err(PathFailureKind::OutOfPeriod { .. })));
}

#[test]
fn ok_an_anchor_holds_up_to_its_date() {
    let until = time("2024-06-30T12:00:00Z");
    let anchor = || TrustAnchor::from_certificate(root()).with_until(until);
    let path = run(anchor(), &leaf(), &parameters("2024-06-30T12:00:00Z")).unwrap();
    assert_eq!(path.interval().unwrap().last, until);
    let mut late = parameters("2024-06-30T12:00:01Z");
    assert_eq!(
        run(anchor(), &leaf(), &late).unwrap_err(),
        PathFailureKind::AnchorExpired { until }
    );
    late.period = Period::AllowOutOfPeriod;
    let path = run(anchor(), &leaf(), &late).unwrap();
    assert!(
        path.findings()
            .contains(&PathFinding::AnchorExpired { until })
    );
}

#[test]
fn ok_the_period_of_an_anchor_can_be_ignored() {
    let mut short = Cert::ca("CN=root", "CN=root", key(0));
    short.not_after = element(0x17, b"220101000000Z");
    let short = short.sign(key(0));
    let anchor = || TrustAnchor::from_certificate(short.clone());
    let mut parameters = parameters("2025-01-01");
    assert!(matches!(
        run(anchor(), &leaf(), &parameters),
        Err(PathFailureKind::OutOfPeriod { .. })
    ));
    let bare = anchor().with_own_constraints(OwnConstraints::Ignore);
    assert!(run(bare, &leaf(), &parameters).is_ok());
    parameters.anchor_period = AnchorPeriod::Ignore;
    assert!(run(anchor(), &leaf(), &parameters).is_ok());
}

#[test]
fn ok_the_own_constraints_of_an_anchor_bind_unless_ignored() {
    let narrow = Cert::ca("CN=root", "CN=root", key(0)).with(constraints(&["dns:x.y"], &[]));
    let no_ca = Cert::new("CN=root", "CN=root", key(0)).with(basic(false, None));
    for cert in [narrow, no_ca] {
        let anchor = TrustAnchor::from_certificate(cert.sign(key(0)));
        assert!(run(anchor.clone(), &leaf(), &parameters("2025-01-01")).is_err());
        let ignored = anchor.with_own_constraints(OwnConstraints::Ignore);
        assert!(run(ignored, &leaf(), &parameters("2025-01-01")).is_ok());
    }
    // A version that cannot say that it is a CA.
    let mut old = Cert::new("CN=root", "CN=root", key(0));
    old.version = 1;
    let anchor = TrustAnchor::from_certificate(old.sign(key(0)));
    assert!(run(anchor, &leaf(), &parameters("2025-01-01")).is_ok());
}

/// RFC 5937: what the caller adds.
#[test]
fn ok_added_constraints_bind() {
    let with = |constraints| TrustAnchor::from_certificate(root()).with_constraints(constraints);
    let file = |text: &str| {
        let base64 = base64::engine::general_purpose::STANDARD.encode(root().der());
        let json = format!(
            r#"{{"format":"kyso-trust-1","anchors":[{{"certificate":"{base64}","constraints":{text}}}]}}"#
        );
        Trust::from_json(json.as_bytes()).unwrap().anchors()[0].clone()
    };
    let at = parameters("2025-01-01");
    for (text, good) in [
        (r#"{"permitted":["dns:gov.vn","dn:C=VN"]}"#, true),
        (r#"{"permitted":["dns:gov.com"]}"#, false),
        (r#"{"excluded":["dns:a.gov.vn"]}"#, false),
        (
            r#"{"excluded":["ip:10.0.0.0/8","ip:fd00::/8","email:x@y.z","uri:.y.z"]}"#,
            true,
        ),
        (r#"{"permitted":["dn:C=LA"]}"#, false),
        (r#"{"policies":["1.2.3.1"]}"#, true),
        (r#"{"policies":["1.2.3.2"]}"#, false),
        (r#"{"path_length":0}"#, true),
    ] {
        assert_eq!(run(file(text), &leaf(), &at).is_ok(), good, "{text}");
    }
    let bare = Cert::new("CN=root", "CN=leaf", key(2)).sign(key(0));
    let explicit = AnchorConstraints {
        require_explicit_policy: true,
        ..AnchorConstraints::default()
    };
    assert!(run(with(explicit), &bare, &at).is_err());
    let policies = AnchorConstraints {
        policies: Some(BTreeSet::from([policy(1), policy(5)])),
        ..AnchorConstraints::default()
    };
    let mut five = at.clone();
    five.policies.initial = Some(BTreeSet::from([policy(5)]));
    assert!(run(with(policies.clone()), &leaf(), &five).is_err());
    assert!(run(with(policies), &leaf(), &at).is_ok());
    let short = AnchorConstraints {
        path_length: Some(0),
        ..AnchorConstraints::default()
    };
    let ca = Cert::ca("CN=root", "CN=CA", key(1)).sign(key(0));
    let below = Cert::new("CN=CA", "CN=leaf", key(2)).sign(key(1));
    let mut trust = Trust::new();
    trust.add(with(short));
    let failure = find(&below, &[ca].into_iter().collect(), &trust, &at).unwrap_err();
    assert_eq!(*failure.kind(), PathFailureKind::PathTooLong { limit: 0 });
}

#[test]
fn ok_a_trust_file_written_and_read_again_is_the_same() {
    let mut trust = Trust::new();
    let constraints = AnchorConstraints {
        path_length: Some(1),
        policies: Some(BTreeSet::from([policy(1)])),
        inhibit_any_policy: true,
        ..AnchorConstraints::default()
    };
    let anchor = TrustAnchor::from_certificate(root())
        .with_until(time("2030-01-01"))
        .with_source("compared by hand, page 3")
        .with_constraints(constraints);
    assert!(trust.add(anchor.clone()));
    assert!(!trust.add(anchor));
    assert!(
        trust.add(TrustAnchor::from_sha256([7; 32]).with_own_constraints(OwnConstraints::Ignore))
    );
    trust.add_rule(HolderRule {
        is: Role::Agency,
        issuer: Some(Name::from_rfc4514("CN=Cơ quan,C=VN").unwrap()),
        policy: Some(Oid::from_dotted("1.2.3.1").unwrap()),
        certificate: Some([9; 32]),
    });
    let again = Trust::from_bytes(trust.to_json().as_bytes()).unwrap();
    assert_eq!(again, trust);
    assert_eq!(again.digest(), trust.digest());
    assert_ne!(again.digest(), Trust::new().digest());
}

#[test]
fn err_trust_files_that_do_not_say_what_they_mean() {
    let pin = "07".repeat(32);
    let other = format!(
        r#"{{"certificate":"{}","sha256":"{pin}"}}"#,
        base64::engine::general_purpose::STANDARD.encode(root().der())
    );
    let anchors = |text: &str| format!(r#"{{"format":"kyso-trust-1","anchors":[{text}]}}"#);
    let rules =
        |text: &str| format!(r#"{{"format":"kyso-trust-1","anchors":[],"rules":[{text}]}}"#);
    let twice = format!(r#"{{"sha256":"{pin}"}},{{"sha256":"{pin}"}}"#);
    for file in [
        "{}".to_owned(),
        r#"{"format":"kyso-trust-2","anchors":[]}"#.to_owned(),
        anchors("{}"),
        anchors(&twice),
        anchors(&other),
        anchors(r#"{"sha256":"07"}"#),
        anchors(r#"{"certificate":"AAAA"}"#),
        anchors(&format!(r#"{{"sha256":"{pin}","untill":"2030-01-01"}}"#)),
        anchors(&format!(r#"{{"sha256":"{pin}","until":"tomorrow"}}"#)),
        anchors(&format!(
            r#"{{"sha256":"{pin}","constraints":{{"permitted":["gov.vn"]}}}}"#
        )),
        anchors(&format!(
            r#"{{"sha256":"{pin}","constraints":{{"permitted":["ip:10.0.0.0/33"]}}}}"#
        )),
        rules(r#"{"is":"agency"}"#),
        rules(r#"{"is":"office","policy":"1.2.3"}"#),
        rules(r#"{"is":"agency","issuer":"nobody"}"#),
    ] {
        let error = Trust::from_json(file.as_bytes()).expect_err(&file);
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Pki(PkiFault::Trust(_)) | ErrorKind::Asn1(_)
            ),
            "{file}: {error}"
        );
    }
}

#[test]
fn ok_the_first_rule_that_holds_says_who_it_is() {
    let leaf = leaf();
    let pin: String = leaf
        .sha256()
        .iter()
        .map(|octet| format!("{octet:02X}:"))
        .collect();
    let file = format!(
        r#"{{"format":"kyso-trust-1","anchors":[],"rules":[
            {{"is":"agency","issuer":"cn=ROOT","policy":"1.2.3.9"}},
            {{"is":"person","issuer":"cn=ROOT","policy":"1.2.3.1"}},
            {{"is":"agency","certificate":"{pin}"}}]}}"#
    );
    let trust = Trust::from_json(file.as_bytes()).unwrap();
    assert_eq!(trust.role(&leaf), Some(Role::Person));
    let other = Cert::new("CN=other", "CN=leaf", key(2))
        .with(policies(&[policy(1)]))
        .sign(key(0));
    assert_eq!(trust.role(&other), None);
}

#[test]
fn ok_pem_bundles_become_anchors() {
    let pem = kyso::pki::issue::pem("CERTIFICATE", root().der()).unwrap();
    let leaf = kyso::pki::issue::pem("CERTIFICATE", leaf().der()).unwrap();
    let bundle = format!("subject=CN = root\r\n{pem}\ntext between\n{leaf}");
    let trust = Trust::from_pem(bundle.as_bytes()).unwrap();
    assert_eq!(trust.anchors().len(), 2);
    assert!(Trust::from_pem(b"").is_err());
}
