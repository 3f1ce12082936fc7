//! x509-limbo, every case outside `webpki::`, host-name checks off.
//!
//! The leaf's purpose is serverAuth, because the suite is made for servers (any for `pathlen::`). A case without a time
//! is judged at 2023-12-02. Deliberate differences stand in `limbo_exceptions.json` with expected,
//! actual and reason; one that no longer differs fails the test. What RFC 5280 asks of issuers
//! only is recorded by default, and refused with `Nonconforming::Reject`: an exception that says
//! so in `strict` is held to it.

use std::collections::BTreeMap;

use kyso::oid;
use kyso::pki::path::{
    DocumentSigningRules, Nonconforming, PathFailure, PathParameters, Purpose, find,
};
use kyso::pki::{Certificate, Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;
use serde::Deserialize;

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    max_chain_depth: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    expected: String,
    actual: String,
    reason: String,
    /// What the case gives with `Nonconforming::Reject`.
    strict: String,
}

impl Case {
    fn run(&self, nonconforming: Nonconforming) -> Result<VerifiedPath, String> {
        let one = |pem: &String| {
            let mut found = Certificate::from_pem_or_der(pem.as_bytes())
                .map_err(|error| format!("not read: {error}"))?;
            Ok::<_, String>(found.remove(0))
        };
        let leaf = one(&self.peer_certificate)?;
        let mut trust = Trust::new();
        for pem in &self.trusted_certs {
            // An anchor that cannot be read is no anchor.
            if let Ok(certificate) = one(pem) {
                trust.add(TrustAnchor::from_certificate(certificate));
            }
        }
        let pool: Pool = self
            .untrusted_intermediates
            .iter()
            .filter_map(|pem| one(pem).ok())
            .collect();
        let at = self.validation_time.as_deref().unwrap_or("2023-12-02");
        let rules = DocumentSigningRules {
            purposes: vec![oid::KP_SERVER_AUTH],
            ..DocumentSigningRules::default()
        };
        // Leaves of the path-length cases are CA certificates, which sign no documents.
        let purpose = match self.id.starts_with("pathlen::") {
            true => Purpose::Any,
            false => Purpose::DocumentSigning(rules),
        };
        let mut parameters = PathParameters::new(UtcTime::from_rfc3339(at).unwrap(), purpose);
        parameters.max_path_length = self.max_chain_depth;
        parameters.nonconforming = nonconforming;
        find(&leaf, &pool, &trust, &parameters).map_err(|failure: PathFailure| failure.to_string())
    }
}

#[test]
fn v036_limbo_cases_outside_webpki() {
    let Some(root) = super::corpus("certs/x509-limbo") else {
        return;
    };
    let suite = std::fs::read(root.join("limbo-2023-12-02.json")).unwrap();
    let suite: Suite = serde_json::from_slice(&suite).unwrap();
    let mut exceptions: BTreeMap<String, Exception> =
        serde_json::from_str(include_str!("limbo_exceptions.json")).unwrap();
    let mut wrong = Vec::new();
    let mut ran = 0;
    for case in suite
        .testcases
        .iter()
        .filter(|c| !c.id.starts_with("webpki::"))
    {
        ran += 1;
        let answer = case.run(Nonconforming::Record);
        let word = |good: bool| if good { "SUCCESS" } else { "FAILURE" };
        let actual = word(answer.is_ok());
        match exceptions.remove(&case.id) {
            None if actual == case.expected_result => {}
            None => wrong.push(format!(
                "{}: expected {}, got {actual}: {:?}; strict: {:?}",
                case.id,
                case.expected_result,
                answer.err(),
                case.run(Nonconforming::Reject).err()
            )),
            Some(exception) => {
                let strict = word(case.run(Nonconforming::Reject).is_ok());
                let written = (&*exception.expected, &*exception.actual, &*exception.strict);
                if written != (&*case.expected_result, actual, strict)
                    || exception.expected == exception.actual
                    || exception.reason.is_empty()
                {
                    wrong.push(format!("{}: the exception is stale", case.id));
                }
            }
        }
    }
    wrong.extend(exceptions.keys().map(|id| format!("{id}: no such case")));
    println!("{ran} cases");
    assert_eq!(ran, 100);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
