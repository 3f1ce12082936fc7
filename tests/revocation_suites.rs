//! CRLs, OCSP responses and time stamps that others made: what their owners expect, or why not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use kyso::crypto::{Budget, DigestValue, Direct};
use kyso::limits::Limits;
use kyso::pki::certificate::Oddity;
use kyso::pki::crl::Reason;
use kyso::pki::evidence::{Found, Origin};
use kyso::pki::ocsp::{CertStatus, Mismatch, Reply, ResponderId, ResponseStatus, read};
use kyso::pki::path::{PathFailureKind, PathParameters, Purpose, find};
use kyso::pki::revocation::{
    AnyStrength, Freshness, Parameters, Retroactive, Signer, Sources, Status, Why, answers,
    declared, status,
};
use kyso::pki::timestamp::TimeStampToken;
use kyso::pki::timestamp::exchange::{PkiStatus, TimeStampRequest, TimeStampResponse};
use kyso::pki::{Certificate, Evidence, Pool, Trust, TrustAnchor, VerifiedPath};
use kyso::time::UtcTime;
use serde_json::Value;

/// A folder of the outside test data; `None`, said plainly, when it is not given.
fn corpus(folder: &str) -> Option<PathBuf> {
    match std::env::var_os("KYSO_CORPORA") {
        Some(root) => Some(PathBuf::from(root).join(folder)),
        None => {
            println!("NOT RUN: KYSO_CORPORA is not set ({folder})");
            None
        }
    }
}

fn at(text: &str) -> UtcTime {
    UtcTime::from_rfc3339(text).unwrap()
}

fn certificate(path: &Path) -> Certificate {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // OpenSSL's D3_Issuer_Root.pem has a second one behind the root.
    Certificate::from_pem_or_der(&bytes).unwrap().remove(0)
}

/// The only path from `leaf` to `root` through `others`.
fn path(leaf: &Certificate, others: &Pool, root: Certificate, when: UtcTime) -> VerifiedPath {
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(root));
    let mut parameters = PathParameters::new(when, Purpose::Any);
    parameters.minimum_rsa_bits = 1024;
    find(leaf, others, &trust, &parameters).unwrap()
}

fn parameters(when: UtcTime) -> Parameters {
    let mut parameters = Parameters::new(when);
    parameters.path.minimum_rsa_bits = 1024;
    parameters
}

fn evidence(files: &[PathBuf]) -> Evidence {
    let mut evidence = Evidence::new();
    for file in files {
        let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        evidence
            .add_bytes(&bytes, Origin::Caller, &Limits::new())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    evidence
}

fn reasons(status: Status) -> Vec<Why> {
    match status {
        Status::Unknown { why } => why.into_iter().map(|refusal| refusal.why).collect(),
        other => panic!("not unknown: {other:?}"),
    }
}

/// V037: OpenSSL's OCSP cases, with the reason why each bad response does not count.
#[test]
fn v037_openssl_ocsp_cases() {
    let Some(root) = corpus("certs/certvalidator/openssl-ocsp") else {
        return;
    };
    let table = std::fs::read(root.join("openssl-ocsp.json")).unwrap();
    let table: Vec<Value> = serde_json::from_slice(&table).unwrap();
    assert_eq!(table.len(), 29);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &table {
        let name = row["name"].as_str().unwrap();
        let list = |key: &str| -> Vec<PathBuf> {
            let values = row[key].as_array().map(Vec::as_slice).unwrap_or_default();
            let files = values.iter().map(|value| value.as_str().unwrap());
            files.map(|file| root.join(file)).collect()
        };
        let moment = at(row["moment"].as_str().unwrap());
        let others: Pool = list("other_certs").iter().map(|f| certificate(f)).collect();
        let leaf = certificate(&root.join(row["cert"].as_str().unwrap()));
        let anchor = certificate(&root.join(row["root"].as_str().unwrap()));
        let path = path(&leaf, &others, anchor, moment);
        let length = usize::try_from(row["path_len"].as_u64().unwrap()).unwrap();
        assert_eq!(path.certificates().len() + 1, length, "{name}");
        let mut evidence = Evidence::new();
        for file in list("ocsps") {
            let text = std::fs::read_to_string(file).unwrap().replace('\n', "");
            let der = base64::engine::general_purpose::STANDARD
                .decode(text)
                .unwrap();
            let found = evidence
                .add_bytes(&der, Origin::Caller, &Limits::new())
                .unwrap();
            assert_eq!(
                found,
                Found {
                    ocsps: 1,
                    ..Found::default()
                }
            );
        }
        // From the anchor down; certificates that say nowhere to ask are passed over, as the
        // table's owner does (no case has evidence for them).
        let mut bad = None;
        for index in (0..path.certificates().len()).rev() {
            let status = status(&path, index, &evidence, &others, &parameters(moment));
            if status.is_good() {
                continue;
            }
            let why = reasons(status);
            if why == [Why::NoEvidence] && index > 0 {
                assert!(name.contains("delegated_with_intermediate"), "{name}");
                continue;
            }
            bad = Some((index, why));
            break;
        }
        if name == "delegated_success" {
            // Disagreement: the responder's certificate has a subject alternative name without
            // any name, which RFC 5280 §4.2.1.6 forbids; its owner and OpenSSL let that pass.
            assert!(matches!(&bad, Some((0, why)) if matches!(
                &why[..],
                [Why::SignerPath(failure)] if matches!(
                    failure.kind(),
                    PathFailureKind::Nonconforming(Oddity::MalformedExtension(_))
                )
            )));
            *counts.entry("refused for an empty name").or_default() += 1;
            continue;
        }
        let Some(text) = row["error"]["msg_regex"].as_str() else {
            assert_eq!(bad, None, "{name}");
            *counts.entry("good").or_default() += 1;
            continue;
        };
        let (index, why) = bad.unwrap_or_else(|| panic!("{name} is good"));
        assert_eq!(text.contains("end-entity"), index == 0, "{name}");
        let [why] = &why[..] else {
            panic!("{name}: {why:?}");
        };
        let described = match why {
            // The responder is named by the hash of its key, which the changed one is not.
            Why::SignerNotFound if name.ends_with("wrong_key_in_signing_cert") => {
                "Unable to verify OCSP response signature"
            }
            Why::BrokenSignature(_) => "Unable to verify OCSP response signature",
            Why::SignerNotFound => "signing certificate could not be located",
            Why::SignerPath(_) => "signing certificate could not be validated",
            Why::OtherCertificate(Mismatch::IssuerName) => "issuer name hash does not match",
            Why::OtherCertificate(Mismatch::IssuerKey) => "issuer key hash does not match",
            Why::Stale { .. } => "not recent enough",
            other => panic!("{name}: {other:?}"),
        };
        assert!(text.contains(described), "{name}: {why} for {text}");
        *counts.entry(described).or_default() += 1;
    }
    println!("{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), 29);
}

struct Alice {
    folder: PathBuf,
    path: VerifiedPath,
    pool: Pool,
}

impl Alice {
    fn new(folder: PathBuf, intermediate: &str) -> Self {
        let file = |name: &str| certificate(&folder.join("certs").join(name));
        let pool: Pool = [file(intermediate)].into_iter().collect();
        let path = path(
            &file("alice.crt"),
            &pool,
            file("root.crt"),
            at("2020-10-01"),
        );
        Self { folder, path, pool }
    }

    fn evidence(&self, files: &[&str]) -> Evidence {
        let files: Vec<PathBuf> = files.iter().map(|file| self.folder.join(file)).collect();
        evidence(&files)
    }

    /// Status of the intermediate authority, then of Alice.
    fn ask(&self, files: &[&str], parameters: &Parameters) -> [Status; 2] {
        let evidence = self.evidence(files);
        [1, 0].map(|index| status(&self.path, index, &evidence, &self.pool, parameters))
    }
}

/// The CRL is too old. (The OCSP response is for Alice, who has the same serial number.)
fn is_too_old(status: Status) -> bool {
    let why = reasons(status);
    let others = |why: &Why| matches!(why, Why::OtherCertificate(_));
    why.len() == 2
        && why.iter().any(others)
        && why.iter().any(|why| matches!(why, Why::TooOld { .. }))
}

const DAY: u32 = 86_400;

/// V040: pyHanko's freshness cases: maximum age, "after the signature", the newest answer, and
/// nothing from the future.
#[test]
fn v040_pyhanko_freshness_cases() {
    let Some(root) = corpus("certs/certvalidator/freshness") else {
        return;
    };
    let alice = Alice::new(root, "interm.crt");
    let october = ["alice-2020-10-01.ors", "root-2020-10-01.crl"];
    let with = |when, freshness| {
        let mut parameters = parameters(when);
        parameters.freshness = freshness;
        parameters
    };

    // Three days must pass between a signature and the answer.
    let signed = |day: &str| Freshness::IssuedSince(at(day).plus(i64::from(3 * DAY)));
    let [authority, leaf] = alice.ask(&october, &with(at("2020-10-01"), signed("2020-09-18")));
    assert!(authority.is_good() && leaf.is_good());
    let [authority, _] = alice.ask(&october, &with(at("2020-10-01"), signed("2020-09-30")));
    assert!(is_too_old(authority));

    let age = |days| with(at("2020-10-01"), Freshness::MaxAge(days));
    let [authority, leaf] = alice.ask(&october, &age(9 * DAY));
    assert!(authority.is_good() && leaf.is_good());
    let [authority, _] = alice.ask(&october, &age(3600));
    assert!(is_too_old(authority));

    // The newer answer wins; without it nobody knows better.
    let lenient = |when| with(when, Freshness::MaxAge(20 * DAY));
    let december = [
        "alice-2020-11-29.ors",
        "alice-2020-12-10.ors",
        "root-2020-12-10.crl",
    ];
    let [authority, leaf] = alice.ask(&december, &lenient(at("2020-12-10")));
    assert!(authority.is_good());
    let Status::Revoked {
        at: since, reason, ..
    } = leaf
    else {
        panic!("{leaf:?}");
    };
    assert_eq!((since, reason), (at("2020-12-01"), Reason::KeyCompromise));
    let without = ["alice-2020-11-29.ors", "root-2020-12-10.crl"];
    let [authority, leaf] = alice.ask(&without, &lenient(at("2020-12-10")));
    assert!(authority.is_good() && leaf.is_good());

    // In November nobody knew of December.
    let november = [
        "alice-2020-11-29.ors",
        "alice-2020-12-10.ors",
        "root-2020-11-29.crl",
    ];
    let [authority, leaf] = alice.ask(&november, &lenient(at("2020-11-29")));
    assert!(authority.is_good() && leaf.is_good());
    let mut retroactive = lenient(at("2020-11-29"));
    retroactive.retroactive = Retroactive::Accept;
    let [_, leaf] = alice.ask(&november, &retroactive);
    assert!(matches!(leaf, Status::Revoked { at: since, .. } if since == at("2020-12-01")));
}

/// One responder certificate answers for two issuers of one chain; times have fractions.
#[test]
fn v037_pyhanko_multitasking_responder() {
    let Some(root) = corpus("certs/certvalidator/multitasking-ocsp") else {
        return;
    };
    let file = |name: &str| certificate(&root.join(name));
    let pool: Pool = [file("interm.cert.pem")].into_iter().collect();
    let moment = at("2021-08-19T12:20:44Z");
    let alice = file("alice.cert.pem");
    let path = path(&alice, &pool, file("root.cert.pem"), moment);
    let all = evidence(&[
        root.join("ocsp-resp-interm.der"),
        root.join("ocsp-resp-alice.der"),
    ]);
    for index in [0, 1] {
        let status = status(&path, index, &all, &pool, &parameters(moment));
        assert!(status.is_good(), "{index}: {status:?}");
    }
    // Either response alone leaves the other certificate unknown.
    let one = evidence(&[root.join("ocsp-resp-interm.der")]);
    let status = status(&path, 0, &one, &pool, &parameters(moment));
    assert!(matches!(
        reasons(status)[..],
        [Why::OtherCertificate(_)] | [Why::NoEvidence]
    ));
}

/// What pyHanko's time-slide cases start from: every authentic answer with its times, of any age.
#[test]
fn listed_answers_carry_what_sliding_the_time_needs() {
    let Some(root) = corpus("certs/certvalidator/ades/time-slide") else {
        return;
    };
    for (intermediate, revoked) in [("interm.crt", None), ("interm-revoked.crt", Some(1))] {
        let alice = Alice::new(root.clone(), intermediate);
        let evidence = alice.evidence(&[
            "alice-2020-10-01.ors",
            "alice-2020-11-29.ors",
            "alice-2020-12-10.ors",
            "interm-2020-10-01.crl",
            "interm-2020-11-29.crl",
            "interm-2020-12-10.crl",
            "root-2020-10-01.crl",
            "root-2020-11-29.crl",
            "root-2020-12-10.crl",
        ]);
        let budget = Budget::new(&Direct, &Limits::new());
        let sources = Sources {
            evidence: &evidence,
            pool: &alice.pool,
            budget: &budget,
            strength: &AnyStrength,
        };
        let list = |index| answers(&alice.path, index, &sources, &parameters(at("2026-01-01")));
        let of_authority = list(1);
        assert_eq!(of_authority.answers.len(), 3);
        let told: Vec<_> = of_authority.answers.iter().map(|a| a.revocation).collect();
        assert_eq!(
            told.iter().filter(|r| r.is_some()).count(),
            revoked.unwrap_or(0)
        );

        let of_alice = list(0);
        assert_eq!(of_alice.refusals, []);
        // Three CRLs of the intermediate authority, three responses of its responder.
        assert_eq!(of_alice.answers.len(), 6);
        for answer in &of_alice.answers {
            let by_crl = matches!(answer.signer, Signer::OnPath { index: 1 });
            assert_eq!(
                by_crl,
                answer.produced_at != answer.this_update || {
                    answer.source.kind == kyso::pki::revocation::SourceKind::Crl
                }
            );
            match answer.revocation {
                Some(revocation) => {
                    assert_eq!(revocation.at, at("2020-12-01"));
                    assert!(answer.this_update >= at("2020-12-01"));
                }
                None => assert!(answer.this_update < at("2020-12-01")),
            }
        }
    }
}

/// Files of pyca/cryptography; the facts are those that OpenSSL prints of them.
#[test]
fn ocsp_samples_read_as_openssl_reads_them() {
    let Some(root) = corpus("ocsp/cryptography-vectors") else {
        return;
    };
    let limits = Limits::new();
    let file = |name: &str| std::fs::read(root.join(format!("{name}.der"))).unwrap();
    let answered = |name: &str| match read(&file(name), &limits) {
        Ok(Reply::Answered(response)) => *response,
        other => panic!("{name}: {other:?}"),
    };
    let revoked = |time: &str, reason| CertStatus::Revoked {
        at: at(time),
        reason,
    };
    let table = [
        ("resp-delegate-unknown-cert", CertStatus::Unknown),
        ("resp-invalid-signature-oid", CertStatus::Good),
        (
            "resp-responder-key-hash",
            revoked("2018-09-01T04:11:54Z", Reason::Unspecified),
        ),
        (
            "resp-revoked-no-next-update",
            revoked("2017-12-27T00:28:54Z", Reason::Unspecified),
        ),
        (
            "resp-revoked-reason",
            revoked("2018-06-27T12:30:01Z", Reason::Superseded),
        ),
        (
            "resp-revoked",
            revoked("2016-09-02T21:28:48Z", Reason::Unspecified),
        ),
        ("resp-sct-extension", CertStatus::Good),
        ("resp-sha256", CertStatus::Good),
        ("resp-single-extension-reason", CertStatus::Good),
        (
            "resp-unknown-extension",
            revoked("2018-06-27T12:30:01Z", Reason::Superseded),
        ),
        (
            "resp-unknown-hash-alg",
            revoked("2018-09-01T04:11:54Z", Reason::Unspecified),
        ),
    ];
    for (name, status) in table {
        let response = answered(name);
        assert_eq!(response.answers().len(), 1, "{name}");
        let answer = &response.answers()[0];
        assert_eq!(answer.status, status, "{name}");
        let next = name != "resp-revoked-no-next-update";
        assert_eq!(answer.next_update.is_some(), next, "{name}");
        let known = name != "resp-unknown-hash-alg";
        assert_eq!(answer.id.algorithm.is_some(), known, "{name}");
    }
    assert!(matches!(
        answered("resp-responder-key-hash").responder(),
        ResponderId::KeyHash(hash) if hash.len() == 20
    ));
    assert!(matches!(
        answered("resp-revoked-reason").responder(),
        ResponderId::Name(name) if name.common_name().unwrap().starts_with("QuoVadis")
    ));
    // A responder's certificate signs its own response.
    let response = answered("resp-revoked-reason");
    assert!(
        response
            .verify(response.certificates()[0].public_key())
            .is_verified()
    );
    // One response for twenty certificates.
    let many = answered("ocsp-army.deps.mil-resp");
    assert_eq!(many.answers().len(), 20);
    let listed = many
        .answers()
        .iter()
        .filter(|answer| answer.status != CertStatus::Good);
    assert_eq!(listed.count(), 4);
    assert!(
        many.verify(many.certificates()[0].public_key())
            .is_verified()
    );

    assert!(matches!(
        read(&file("resp-unauthorized"), &limits),
        Ok(Reply::Refused(ResponseStatus::Unauthorized))
    ));
    // OpenSSL reads version 2; RFC 6960 defines only version 1, and nobody knows what another
    // one means.
    for bad in [
        "resp-invalid-version",
        "resp-response-type-unknown-oid",
        "resp-successful-no-response-bytes",
        "resp-unknown-response-status",
    ] {
        assert!(read(&file(bad), &limits).is_err(), "{bad}");
    }
}

/// OpenSSL's case: a real authority's token over 32 zero octets, by two chains.
#[test]
fn v051_openssl_time_stamp_case() {
    let Some(root) = corpus("cms/openssl/test/recipes/80-test_tsa_data") else {
        return;
    };
    let limits = Limits::new();
    let bytes = std::fs::read(root.join("sectigo-all-zero.tsr")).unwrap();
    let response = TimeStampResponse::parse(&bytes, &limits).unwrap();
    assert_eq!(response.status, PkiStatus::Granted);
    let token = TimeStampToken::parse(response.token.unwrap(), &limits).unwrap();
    let algorithm = token.info().imprint_algorithm.unwrap();
    let zeros = DigestValue::from_bytes(algorithm, vec![0; algorithm.output_len()]).unwrap();
    let request = TimeStampRequest {
        imprint: zeros.clone(),
        policy: None,
        nonce: None,
        certificate: false,
    };
    // Our request is the one that OpenSSL sent.
    let sent = std::fs::read(root.join("all-zero.tsq")).unwrap();
    let asked = TimeStampRequest {
        certificate: true,
        ..request.clone()
    };
    assert!(sent == request.to_der().unwrap() || sent == asked.to_der().unwrap());
    response.answer_to(&request, &limits).unwrap();

    let file = |name: &str| certificate(&root.join(name));
    let pool: Pool = [
        "sectigo-signer.pem",
        "sectigo-time-stamping-ca.pem",
        "user-trust-ca-aaa.pem",
    ]
    .map(file)
    .into_iter()
    .collect();
    let when = token.info().gen_time;
    let budget = Budget::new(&Direct, &Limits::new());
    for (anchor, length) in [("user-trust-ca.pem", 2), ("comodo-aaa.pem", 3)] {
        let mut trust = Trust::new();
        trust.add(TrustAnchor::from_certificate(file(anchor)));
        let parameters = PathParameters::new(when, Purpose::Any);
        let result = token.verify(&zeros, &pool, &trust, &parameters, &budget);
        assert_eq!(result.faults, [], "{anchor}");
        let path = result
            .verified()
            .unwrap_or_else(|| panic!("{anchor}: {:?}", result.path));
        assert_eq!(path.certificates().len(), length, "{anchor}");
    }
    let other = DigestValue::from_bytes(algorithm, vec![1; algorithm.output_len()]).unwrap();
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(file("user-trust-ca.pem")));
    let parameters = PathParameters::new(when, Purpose::Any);
    let result = token.verify(&other, &pool, &trust, &parameters, &budget);
    assert!(result.verified().is_none());
}

/// Bundles that others made: PEM with many certificates, PKCS#7 in DER and in PEM.
#[test]
fn evidence_takes_bundles() {
    let Some(root) = corpus("certs/certvalidator") else {
        return;
    };
    let found = |name: &str| {
        let bytes = std::fs::read(root.join(name)).unwrap();
        let mut evidence = Evidence::new();
        let found = evidence.add_bytes(&bytes, Origin::Caller, &Limits::new());
        (found.unwrap(), evidence.pool().len())
    };
    let (many, kept) = found("certs_to_unpack/many-certs.pem");
    assert!(many.certificates > 1 && kept > 1);
    let (der, _) = found("certs_to_unpack/test.p7b");
    let (pem, _) = found("certs_to_unpack/test.p7b.pem");
    assert_eq!(der, pem);
    assert!(der.certificates > 0);
    let (crl, _) = found("freshness/root-2020-10-01.crl");
    assert_eq!(
        crl,
        Found {
            crls: 1,
            ..Found::default()
        }
    );
}

/// V042: every file of the collection, malformed ones too, ends with an answer or an error.
#[test]
fn v042_no_file_makes_a_reader_panic() {
    let mut files = Vec::new();
    for folder in ["cms", "ocsp", "certs/certvalidator"] {
        let Some(root) = corpus(folder) else {
            return;
        };
        let mut folders = vec![root];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => files.push(path),
                }
            }
        }
    }
    assert!(files.len() > 800);
    let limits = Limits::new();
    let (mut taken, mut refused) = (0, 0);
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let mut evidence = Evidence::over(Arc::new(Evidence::new()));
        match evidence.add_bytes(&bytes, Origin::Caller, &limits) {
            Ok(found) => {
                assert_ne!(found, Found::default());
                taken += 1;
            }
            Err(_) => {
                assert!(evidence.is_empty());
                refused += 1;
            }
        }
        let _ = TimeStampToken::parse(&bytes, &limits);
        let _ = TimeStampResponse::parse(&bytes, &limits);
        for certificate in evidence.certificates() {
            let _ = declared(certificate);
        }
    }
    println!("{taken} files are evidence, {refused} are not");
    assert!(taken > 600);
}
