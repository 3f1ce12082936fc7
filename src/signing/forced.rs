//! A file that passes, and each of its checks forced not to → never a pass.

use super::demo::{self, Pki};
use crate::limits::Limits;
use crate::pki::evidence::Origin;
use crate::pki::issue::{Key, KeyType};
use crate::pki::{Evidence, Trust};
use crate::time::UtcTime;
use crate::validation::verdict::force::{self, Forced};
use crate::validation::{CheckId, Indication, Policy, Status};
use crate::verify::Verifier;

/// V001, V003: no check can be left out, fail, or not run, and leave a pass; for no policy.
#[test]
fn no_check_can_be_left_out() {
    let at = UtcTime::from_rfc3339("2026-01-05T09:30:00+07:00").unwrap();
    let key = || Key::generate(KeyType::P256).unwrap();
    let pki = Pki::with_keys([key(), key(), key(), key()], at).unwrap();
    let document = demo::document(at).unwrap();
    let signed = demo::sign(&pki, &document, at).unwrap();
    let mut evidence = Evidence::new();
    for crl in [&pki.root_crl, &pki.issuing_crl] {
        let limits = Limits::default();
        evidence.add_bytes(crl, Origin::Caller, &limits).unwrap();
    }
    let trust = Trust::from_pem(pki.root.certificate_pem().unwrap().as_bytes()).unwrap();
    for name in ["official", "vn-2025", "vn-legacy"] {
        let verifier = Verifier::new(trust.clone(), Policy::named(name).unwrap())
            .with_evidence(evidence.clone());
        for file in [&signed.approved, &signed.released] {
            let seen = verifier.observe(file).unwrap();
            let judge = || verifier.judge(&seen, at).unwrap();
            assert_eq!(judge().indication, Indication::TotalPassed);
            for id in CheckId::ALL {
                // There is no time-stamp in the file: nothing to look at.
                if *id == CheckId::TimeStamps {
                    continue;
                }
                for how in [
                    Forced::Forgotten,
                    Forced::As(Status::NotRun),
                    Forced::As(Status::Failed),
                ] {
                    let report = force::with(*id, how, judge);
                    assert_ne!(report.indication, Indication::TotalPassed, "{id:?} {how:?}");
                    for verdict in &report.signatures {
                        assert_ne!(
                            verdict.indication,
                            Indication::TotalPassed,
                            "{id:?} {how:?}"
                        );
                    }
                }
            }
        }
    }
}
