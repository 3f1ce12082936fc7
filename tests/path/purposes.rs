//! V026, V027: key usage and extended key usage of leaves and CAs.

use kyso::oid::{self, Oid};
use kyso::pki::path::{
    DocumentSigningRules, Nesting, PathFailureKind, PathFinding, PathParameters, Purpose,
    Requirement, SignerKeyUsage, find,
};
use kyso::pki::{Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;

use super::common::*;

fn run(
    leaf: Cert,
    ca: impl Fn(Cert) -> Cert,
    purpose: Purpose,
    change: impl Fn(&mut PathParameters),
) -> Result<VerifiedPath, PathFailureKind> {
    let root = Cert::ca("CN=root", "CN=root", key(0)).sign(key(0));
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(root));
    let ca = ca(Cert::ca("CN=root", "CN=CA", key(1))).sign(key(0));
    let at = UtcTime::from_rfc3339("2025-01-01").unwrap();
    let mut parameters = PathParameters::new(at, purpose);
    change(&mut parameters);
    let pool: Pool = [ca].into_iter().collect();
    find(&leaf.sign(key(1)), &pool, &trust, &parameters).map_err(|f| f.kind().clone())
}

fn leaf() -> Cert {
    Cert::new("CN=CA", "CN=leaf", key(2))
}

fn signs(leaf: Cert, rules: &DocumentSigningRules) -> bool {
    let purpose = Purpose::DocumentSigning(rules.clone());
    match run(leaf, |ca| ca, purpose, |_| {}) {
        Ok(_) => true,
        Err(PathFailureKind::ExtendedKeyUsage { .. } | PathFailureKind::KeyUsage { .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

/// Table 2a, one row for each OID.
#[test]
fn v026_extended_key_usage_of_document_signers() {
    let rules = DocumentSigningRules::default();
    let mut loose = DocumentSigningRules::default();
    loose.purposes.push(oid::KP_CLIENT_AUTH);
    loose.purposes.push(oid::ANY_EXTENDED_KEY_USAGE);
    let rows: &[(Oid, bool, bool)] = &[
        (oid::KP_DOCUMENT_SIGNING, true, true),
        (oid::KP_MS_DOCUMENT_SIGNING, true, true),
        (oid::KP_ADOBE_AUTHENTIC_DOCUMENTS, true, true),
        (oid::KP_EMAIL_PROTECTION, true, true),
        (oid::KP_CLIENT_AUTH, false, true),
        (oid::ANY_EXTENDED_KEY_USAGE, false, true),
        (oid::KP_SERVER_AUTH, false, false),
        (oid::KP_CODE_SIGNING, false, false),
        (oid::KP_OCSP_SIGNING, false, false),
        (oid::KP_TIME_STAMPING, false, false),
    ];
    for (purpose, strict, with_flags) in rows {
        for critical in [true, false] {
            let leaf = leaf().with(purposes(critical, std::slice::from_ref(purpose)));
            assert_eq!(signs(leaf.clone(), &rules), *strict, "{purpose}");
            assert_eq!(signs(leaf, &loose), *with_flags, "{purpose}");
        }
    }
    // Absent; one of several; the leaves of the older Vietnamese PKI.
    assert!(signs(leaf(), &rules));
    let vietnamese = [
        oid::KP_CLIENT_AUTH,
        oid::KP_EMAIL_PROTECTION,
        Oid::from_dotted("1.3.6.1.4.1.311.20.2.2").unwrap(),
    ];
    assert!(signs(leaf().with(purposes(false, &vietnamese)), &rules));
    let required = DocumentSigningRules {
        extended_key_usage_extension: Requirement::Required,
        ..rules
    };
    assert!(!signs(leaf(), &required));
}

#[test]
fn v026_key_usage_of_document_signers() {
    let rules = |key_usage| DocumentSigningRules {
        key_usage,
        ..DocumentSigningRules::default()
    };
    let either = rules(SignerKeyUsage::DigitalSignatureOrContentCommitment);
    let commitment = rules(SignerKeyUsage::ContentCommitment);
    let any = rules(SignerKeyUsage::Unrestricted);
    // Bits; either; contentCommitment required; unrestricted.
    let rows: &[(&[u8], bool, bool, bool)] = &[
        (&[0], true, false, true),
        (&[1], true, true, true),
        (&[0, 1, 2, 3], true, true, true),
        (&[2], false, false, true),
        (&[0, 1, 5], false, false, false),
    ];
    for (bits, first, second, third) in rows {
        let leaf = leaf().with(usage(bits)).with(basic(true, None));
        assert_eq!(signs(leaf.clone(), &either), *first, "{bits:?}");
        assert_eq!(signs(leaf.clone(), &commitment), *second, "{bits:?}");
        assert_eq!(signs(leaf, &any), *third, "{bits:?}");
    }
    assert!(signs(leaf(), &either));
    let required = DocumentSigningRules {
        key_usage_extension: Requirement::Required,
        ..either
    };
    assert!(!signs(leaf(), &required));
}

#[test]
fn v027_a_time_stamping_certificate_is_for_nothing_else() {
    let stamps = |leaf: Cert| run(leaf, |ca| ca, Purpose::TimeStamping, |_| {}).is_ok();
    let only = || leaf().with(purposes(true, &[oid::KP_TIME_STAMPING]));
    assert!(stamps(only()));
    assert!(stamps(only().with(usage(&[0]))));
    assert!(stamps(only().with(usage(&[0, 1]))));
    assert!(!stamps(only().with(usage(&[0, 2]))));
    assert!(!stamps(only().with(usage(&[4]))));
    assert!(!stamps(leaf()));
    assert!(!stamps(
        leaf().with(purposes(false, &[oid::KP_TIME_STAMPING]))
    ));
    assert!(!stamps(
        leaf().with(purposes(true, &[oid::ANY_EXTENDED_KEY_USAGE]))
    ));
    let two = [oid::KP_TIME_STAMPING, oid::KP_CODE_SIGNING];
    assert!(!stamps(leaf().with(purposes(true, &two))));
}

#[test]
fn v026_ocsp_and_crl_signers() {
    let run = |leaf: Cert, purpose: Purpose| run(leaf, |ca| ca, purpose, |_| {}).is_ok();
    let responder = leaf().with(purposes(false, &[oid::KP_OCSP_SIGNING]));
    assert!(run(responder.clone(), Purpose::OcspSigning));
    assert!(!run(leaf(), Purpose::OcspSigning));
    let any = leaf().with(purposes(false, &[oid::ANY_EXTENDED_KEY_USAGE]));
    assert!(!run(any, Purpose::OcspSigning));
    assert!(!run(responder.with(usage(&[2])), Purpose::OcspSigning));
    assert!(run(leaf(), Purpose::CrlSigning));
    assert!(run(leaf().with(usage(&[6])), Purpose::CrlSigning));
    assert!(!run(leaf().with(usage(&[0])), Purpose::CrlSigning));
}

/// Rule 2.6.
#[test]
fn v026_extended_key_usage_of_cas() {
    let serving = |ca: Cert| ca.with(purposes(false, &[oid::KP_SERVER_AUTH]));
    let stamper = || leaf().with(purposes(true, &[oid::KP_TIME_STAMPING]));
    let documents = Purpose::DocumentSigning(DocumentSigningRules::default());

    let failure = run(stamper(), serving, Purpose::TimeStamping, |_| {}).unwrap_err();
    assert!(matches!(failure, PathFailureKind::ExtendedKeyUsage { .. }));
    let warned = run(stamper(), serving, Purpose::TimeStamping, |p| {
        p.nesting = Some(Nesting::Warn);
    });
    assert!(warned.is_ok());

    let path = run(leaf(), serving, documents.clone(), |_| {}).unwrap();
    let finding = PathFinding::PurposeNotNested { index: 1 };
    assert!(path.findings().contains(&finding));
    let enforced = run(leaf(), serving, documents.clone(), |p| {
        p.nesting = Some(Nesting::Enforce);
    });
    assert!(enforced.is_err());
    let any = |ca: Cert| ca.with(purposes(false, &[oid::ANY_EXTENDED_KEY_USAGE]));
    let path = run(leaf(), any, documents, |_| {}).unwrap();
    assert!(!path.findings().contains(&finding));
}

#[test]
fn v026_an_empty_extended_key_usage_is_an_error() {
    let empty = leaf().with(purposes(false, &[]));
    let failure = run(empty, |ca| ca, Purpose::Any, |_| {}).unwrap_err();
    assert!(matches!(failure, PathFailureKind::Nonconforming(_)));
}
