//! Small PKIs of certvalidator and pyHanko: PSS-only, Ed25519 and Ed448 CAs, several layers.

use std::path::Path;

use kyso::crypto::SignatureAlgorithm;
use kyso::pki::path::{
    DocumentSigningRules, PathFailureKind, PathFinding, PathParameters, Period, Purpose, find,
};
use kyso::pki::{Certificate, Pool, Trust, VerifiedPath};
use kyso::time::UtcTime;

const FOLDER: &str = "certs/certvalidator";

fn signing() -> Purpose {
    Purpose::DocumentSigning(DocumentSigningRules::default())
}

fn read(path: &Path) -> Vec<Certificate> {
    Certificate::from_pem_or_der(&std::fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A path of `leaf` inside `folder`, trusting the root, with everything else as a candidate.
fn path(
    folder: &Path,
    leaf: &str,
    at: &str,
    purpose: Purpose,
) -> Result<VerifiedPath, PathFailureKind> {
    let mut pool = Pool::new();
    let mut trust = Trust::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("root.") {
            trust.merge(Trust::from_bytes(&std::fs::read(&file).unwrap()).unwrap());
        } else if name != leaf {
            pool.extend(read(&file));
        }
    }
    assert_eq!(trust.anchors().len(), 1, "{}", folder.display());
    let leaf = read(&folder.join(leaf)).remove(0);
    let parameters = PathParameters::new(UtcTime::from_rfc3339(at).unwrap(), purpose);
    find(&leaf, &pool, &trust, &parameters).map_err(|failure| failure.kind().clone())
}

#[test]
fn ok_paths_of_every_small_pki() {
    let Some(root) = super::corpus(FOLDER) else {
        return;
    };
    let rows: &[(&str, &str, Purpose, usize)] = &[
        ("testing-ca-pss", "signer1.cert.pem", signing(), 2),
        ("testing-ca-pss-exclusive", "signer1.cert.pem", signing(), 2),
        ("testing-ca-ed25519", "signer.cert.pem", signing(), 2),
        (
            "testing-ca-ed25519",
            "signer1-indefinite.cert.pem",
            signing(),
            2,
        ),
        ("testing-ca-ed25519", "signer2.cert.pem", signing(), 2),
        (
            "testing-ca-ed25519",
            "tsa.cert.pem",
            Purpose::TimeStamping,
            1,
        ),
        ("testing-ca-ed448", "signer.cert.pem", signing(), 2),
        ("testing-ca-ed448", "signer2.cert.pem", signing(), 2),
        ("testing-ca-ed448", "tsa.cert.pem", Purpose::TimeStamping, 1),
        ("testing-ca-ed448", "ocsp.cert.pem", Purpose::OcspSigning, 2),
        ("multilayer/certs", "alice.cert.pem", signing(), 3),
        ("ades/time-slide/certs", "alice.crt", signing(), 2),
        (
            "ades/time-slide/certs",
            "interm-ocsp.crt",
            Purpose::OcspSigning,
            2,
        ),
        ("freshness/certs", "alice.crt", signing(), 2),
        (
            "freshness/certs",
            "interm-ocsp.crt",
            Purpose::OcspSigning,
            2,
        ),
    ];
    for (folder, leaf, purpose, length) in rows {
        let found = path(&root.join(folder), leaf, "2020-12-15", purpose.clone());
        let found = found.unwrap_or_else(|kind| panic!("{folder}/{leaf}: {kind}"));
        assert_eq!(found.certificates().len(), *length, "{folder}/{leaf}");
        assert!(found.interval().unwrap().last > found.at());
    }
    let pss = path(
        &root.join("testing-ca-pss-exclusive"),
        "signer1.cert.pem",
        "2020-12-15",
        signing(),
    );
    assert!(
        pss.unwrap()
            .links()
            .all(|link| matches!(link.algorithm, SignatureAlgorithm::RsaPss { .. }))
    );
}

#[test]
fn err_time_and_purpose_of_the_small_pkis() {
    let Some(root) = super::corpus(FOLDER) else {
        return;
    };
    let folder = root.join("testing-ca-ed25519");
    let kind = |leaf, at, purpose| path(&folder, leaf, at, purpose).unwrap_err();
    let day = "2020-12-15";
    assert!(matches!(
        kind("signer.cert.pem", "2022-01-02", signing()),
        PathFailureKind::OutOfPeriod { .. }
    ));
    assert!(matches!(
        kind("tsa2.cert.pem", day, Purpose::TimeStamping),
        PathFailureKind::OutOfPeriod { .. }
    ));
    // Its issuer has the name of the CA there, and another key, as the key identifiers say.
    assert_eq!(
        kind("ocsp.cert.pem", day, Purpose::OcspSigning),
        PathFailureKind::NoIssuer
    );
    for (leaf, purpose) in [
        ("tsa.cert.pem", signing()),
        ("signer.cert.pem", Purpose::TimeStamping),
        ("signer.cert.pem", Purpose::OcspSigning),
    ] {
        assert!(
            matches!(
                kind(leaf, day, purpose.clone()),
                PathFailureKind::ExtendedKeyUsage { .. }
            ),
            "{leaf} {purpose:?}"
        );
    }
    assert!(matches!(
        kind("signer.cert.pem", day, Purpose::CrlSigning),
        PathFailureKind::KeyUsage { .. }
    ));
}

#[test]
fn ok_bundles_of_every_form() {
    let Some(root) = super::corpus(FOLDER) else {
        return;
    };
    let folder = root.join("certs_to_unpack");
    let files = ["many-certs.pem", "test.p7b", "test.p7b.pem"].map(|file| read(&folder.join(file)));
    for certificates in files {
        assert_eq!(certificates.len(), 2);
    }
}

/// One that is out of its period has a path once the caller says so by name.
#[test]
fn ok_a_path_out_of_its_period_when_asked_by_name() {
    let Some(root) = super::corpus(FOLDER) else {
        return;
    };
    let folder = root.join("testing-ca-pss");
    let leaf = read(&folder.join("signer1.cert.pem")).remove(0);
    let pool: Pool = read(&folder.join("interm.cert.pem")).into_iter().collect();
    let trust = Trust::from_pem(&std::fs::read(folder.join("root.cert.pem")).unwrap()).unwrap();
    let at = UtcTime::from_rfc3339("2024-01-01").unwrap();
    let mut parameters = PathParameters::new(at, signing());
    let failure = find(&leaf, &pool, &trust, &parameters).unwrap_err();
    assert_eq!(failure.certificate(), Some(&leaf));
    assert_eq!(failure.chain().len(), 2);
    assert!(failure.anchor().is_some());
    parameters.period = Period::AllowOutOfPeriod;
    let path = find(&leaf, &pool, &trust, &parameters).unwrap();
    assert_eq!(path.interval().unwrap().last, leaf.validity().not_after);
    assert!(
        path.findings()
            .contains(&PathFinding::OutOfPeriod { index: 0 })
    );
}
