//! NIST PKITS, paths of all 246 cases with the settings of the suite.
//!
//! Cases that fail only for revocation have a path that holds; their revocation part is asked in
//! `revocation_of_the_suite`.

use std::collections::BTreeMap;
use std::path::Path;

use kyso::oid::Oid;
use kyso::pki::path::{
    Dsa, ExplicitPolicy, NameConstraintFault, PathFailure, PathFailureKind, PathParameters,
    PolicyFault, PolicySet, Purpose, find,
};
use kyso::pki::{Certificate, Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;
use serde_json::Value;

/// Inside the period of everything that should be valid: 2010 to 2030.
pub const AT: &str = "2023-06-01T00:00:00Z";

/// One case of the suite's table.
pub struct Case {
    pub name: String,
    pub leaf: Certificate,
    pub pool: Pool,
    pub trust: Trust,
    pub parameters: PathParameters,
    pub crls: Vec<Vec<u8>>,
    /// What the suite's owner expects: class and text of an error.
    pub error: Option<(String, String)>,
    pub length: usize,
}

pub fn cases(root: &Path) -> Vec<Case> {
    let certificate = |file: &str| {
        let bytes = std::fs::read(root.join("certs").join(file)).unwrap();
        Certificate::from_der(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"))
    };
    let anchor = TrustAnchor::from_certificate(certificate("TrustAnchorRootCertificate.crt"));
    let table = std::fs::read(root.join("pkits.json")).unwrap();
    let table: Vec<Value> = serde_json::from_slice(&table).unwrap();
    let strings = |value: &Value| -> Vec<String> {
        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|v| v.as_str().unwrap().into()).collect()
    };
    table
        .iter()
        .map(|row| {
            let mut trust = Trust::new();
            trust.add(anchor.clone());
            let at = UtcTime::from_rfc3339(AT).unwrap();
            let mut parameters = PathParameters::new(at, Purpose::Any);
            // The suite's own time: RSA keys of 2048 bits, and DSA.
            parameters.dsa = Dsa::AllowForSuites;
            parameters.minimum_rsa_bits = 1024;
            let settings = &row["params"];
            let policies = strings(&settings["user_initial_policy_set"]);
            if !policies.is_empty() {
                let set = policies.iter().map(|text| Oid::from_dotted(text).unwrap());
                parameters.policies.initial = Some(set.collect());
            }
            let flag = |name: &str| settings[name].as_bool().unwrap_or(false);
            // Naming policies does not make one necessary in this suite (4.8.1).
            parameters.policies.explicit = if flag("initial_explicit_policy") {
                ExplicitPolicy::Always
            } else {
                ExplicitPolicy::ByCertificates
            };
            parameters.policies.inhibit_mapping = flag("initial_policy_mapping_inhibit");
            parameters.policies.inhibit_any = flag("initial_any_policy_inhibit");
            let error = &row["error"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            Case {
                name: format!("{} {}", text(&row["id"]), text(&row["name"])),
                leaf: certificate(row["cert"].as_str().unwrap()),
                pool: strings(&row["other_certs"])
                    .iter()
                    .map(|file| certificate(file))
                    .collect(),
                trust,
                parameters,
                crls: strings(&row["crls"])
                    .iter()
                    .map(|file| std::fs::read(root.join("crls").join(file)).unwrap())
                    .collect(),
                error: error
                    .is_object()
                    .then(|| (text(&error["class"]), text(&error["msg_regex"]))),
                length: usize::try_from(row["path_len"].as_u64().unwrap()).unwrap(),
            }
        })
        .collect()
}

/// Whether the failure is the one that the suite's owner describes.
fn is_described(failure: &PathFailure, text: &str) -> bool {
    use PathFailureKind as Kind;
    let has = |part: &str| text.contains(part);
    match failure.kind() {
        Kind::BadSignature(_) => has("signature of"),
        Kind::CriticalExtension(_) => has("unsupported critical extension"),
        Kind::KeyUsage { .. } => has("not allowed to sign certificates"),
        Kind::NameConstraint(NameConstraintFault::Excluded { .. }) => has("are excluded from"),
        Kind::NameConstraint(_) => has("permitted namespace"),
        Kind::NoIssuer => has("issuer name could not be matched"),
        Kind::NotAuthority => has("is not a CA"),
        Kind::OutOfPeriod { .. } => has("expired") || has("is not valid until"),
        Kind::PathTooLong { .. } => has("maximum path length"),
        Kind::Policy(PolicyFault::AnyPolicyMapped) => has("policy mapping for the \"any policy\""),
        Kind::Policy(_) => has("no valid set of policies"),
        _ => false,
    }
}

#[test]
fn v036_pkits_paths_of_all_cases() {
    let Some(root) = super::corpus("certs/certvalidator/nist_pkits") else {
        return;
    };
    let cases = cases(&root);
    assert_eq!(cases.len(), 246);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = find(&case.leaf, &case.pool, &case.trust, &case.parameters);
        let wanted = case
            .error
            .as_ref()
            .filter(|(class, _)| class == "PathValidationError");
        let good = match (&answer, wanted) {
            (Ok(path), None) => {
                *counts.entry("valid").or_default() += 1;
                // The suite counts the anchor.
                path.certificates().len() + 1 == case.length
            }
            (Err(failure), Some((_, text))) => {
                *counts.entry("invalid").or_default() += 1;
                is_described(failure, text)
            }
            _ => false,
        };
        if !good {
            wrong.push(format!(
                "{}: wanted {wanted:?}, got {}",
                case.name,
                show(&answer)
            ));
        }
    }
    println!("{counts:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn show(answer: &Result<VerifiedPath, PathFailure>) -> String {
    match answer {
        Ok(path) => format!("a path of {}", path.certificates().len()),
        Err(failure) => failure.to_string(),
    }
}

#[test]
fn v029_naming_policies_makes_one_of_them_necessary() {
    let Some(root) = super::corpus("certs/certvalidator/nist_pkits") else {
        return;
    };
    let cases = cases(&root);
    let case = cases
        .iter()
        .find(|case| case.name.contains("mismatch_ignored"))
        .unwrap();
    let mut parameters = case.parameters.clone();
    let path = find(&case.leaf, &case.pool, &case.trust, &parameters).unwrap();
    assert_eq!(*path.user_policies(), PolicySet::These(Default::default()));
    parameters.policies.explicit = ExplicitPolicy::default();
    let failure = find(&case.leaf, &case.pool, &case.trust, &parameters).unwrap_err();
    assert_eq!(
        *failure.kind(),
        PathFailureKind::Policy(PolicyFault::NoValidPolicy)
    );
}

#[test]
fn dsa_is_refused_without_the_parameter_for_suites() {
    let Some(root) = super::corpus("certs/certvalidator/nist_pkits") else {
        return;
    };
    for case in cases(&root)
        .iter()
        .filter(|case| case.name.contains("valid_dsa"))
    {
        let mut parameters = case.parameters.clone();
        parameters.dsa = Dsa::default();
        let failure = find(&case.leaf, &case.pool, &case.trust, &parameters).unwrap_err();
        assert!(
            matches!(
                failure.kind(),
                PathFailureKind::AlgorithmRefused { .. } | PathFailureKind::BadSignature(_)
            ),
            "{}: {failure}",
            case.name
        );
    }
}
