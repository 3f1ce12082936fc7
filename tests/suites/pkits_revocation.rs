//! NIST PKITS, the status of every certificate of all cases whose path holds.

use std::collections::BTreeMap;

use kyso::limits::Limits;
use kyso::pki::Evidence;
use kyso::pki::evidence::Origin;
use kyso::pki::path::find;
use kyso::pki::revocation::{Parameters, Status, Why, status};
use kyso::time::UtcTime;

use super::pkits::{AT, cases};

/// What we say of a whole path.
#[derive(Debug, PartialEq)]
enum Answer {
    Good,
    Revoked { index: usize, text: String },
    Unknown { index: usize, why: Vec<Why> },
}

/// As the suite's owner writes a revocation.
fn words(at: UtcTime, reason: kyso::pki::crl::Reason) -> String {
    use kyso::pki::crl::Reason;
    let reason = match reason {
        Reason::KeyCompromise => "a compromised key",
        Reason::CertificateHold => "a certificate hold",
        Reason::AffiliationChanged => "an affiliation change",
        _ => "another reason",
    };
    let text = at.rfc3339(0);
    let (date, time) = text.trim_end_matches('Z').split_once('T').unwrap();
    format!("revoked at {time} on {date}, due to {reason}")
}

/// V036, V038, V039, V041; PKITS 4.4, 4.14, 4.15 and the CRLs of all other parts.
#[test]
fn v036_pkits_revocation_of_all_cases() {
    let Some(root) = super::corpus("certs/certvalidator/nist_pkits") else {
        return;
    };
    let limits = Limits::new();
    let roots = std::fs::read(root.join("crls/TrustAnchorRootCRL.crl")).unwrap();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut unreadable = Vec::new();
    for case in cases(&root) {
        let Ok(path) = find(&case.leaf, &case.pool, &case.trust, &case.parameters) else {
            continue;
        };
        let mut evidence = Evidence::new();
        for crl in case.crls.iter().chain([&roots]) {
            if evidence.add_bytes(crl, Origin::Caller, &limits).is_err() {
                unreadable.push(case.name.clone());
            }
        }
        let mut parameters = Parameters::new(UtcTime::from_rfc3339(AT).unwrap());
        parameters.path = case.parameters.clone();
        let mut answer = Answer::Good;
        // From the anchor down, as the suite's owner does; the first that is not good counts.
        for index in (0..path.certificates().len()).rev() {
            match status(&path, index, &evidence, &case.pool, &parameters) {
                Status::Good { .. } => continue,
                Status::Revoked { at, reason, .. } => {
                    let text = words(at, reason);
                    answer = Answer::Revoked { index, text };
                }
                Status::Unknown { why } => {
                    let why = why.into_iter().map(|refusal| refusal.why).collect();
                    answer = Answer::Unknown { index, why };
                }
            }
            break;
        }
        let part = case.name.get(..3).unwrap_or_default();
        let (good, word) = match (&case.error, &answer) {
            (None, Answer::Good) => (true, "good"),
            (Some((class, text)), Answer::Revoked { index, text: ours }) => {
                let which = match index {
                    0 => "end-entity certificate".to_owned(),
                    _ => format!(
                        "intermediate certificate {}",
                        path.certificates().len() - index
                    ),
                };
                let same = class == "RevokedError" && text.contains(ours) && text.contains(&which);
                (same, "revoked")
            }
            (Some((class, _)), Answer::Unknown { .. }) => (
                class == "InsufficientRevinfoError" || class == "StaleRevinfoError",
                "unknown",
            ),
            _ => (false, "?"),
        };
        *counts.entry(format!("{part} {word}")).or_default() += 1;
        if !good {
            wrong.push(format!("{}: {:?}\n    {answer:?}", case.name, case.error));
        }
    }
    println!("{counts:?}");
    // Its signature is damaged so that the BIT STRING is not even of whole octets.
    assert_eq!(unreadable, ["40404 invalid_bad_crl_signature_test4"]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
