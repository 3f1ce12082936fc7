use std::path::Path;
use std::process::Command;

use super::*;
use crate::crypto::{self, DigestAlgorithm, Message, SignatureAlgorithm};
use crate::oid;
use crate::pki::Certificate;
use crate::pki::extension::KeyUsage;

fn from() -> UtcTime {
    UtcTime::from_civil(2026, 1, 1, 0, 0, 0).unwrap()
}

fn until() -> UtcTime {
    UtcTime::from_civil(2056, 1, 1, 0, 0, 0).unwrap()
}

fn subject(name: &str) -> Subject {
    Subject::new()
        .with(oid::AT_COUNTRY, "VN")
        .with(oid::AT_ORGANIZATION, "Ủy ban nhân dân tỉnh Mẫu")
        .with(oid::AT_COMMON_NAME, name)
}

fn signer(serial: &[u8]) -> Template {
    let subject = Subject::new()
        .with(oid::AT_COUNTRY, "VN")
        .with(oid::AT_ORGANIZATIONAL_UNIT, "Văn phòng")
        .with(oid::AT_ORGANIZATIONAL_UNIT, "Sở Mẫu")
        .with(oid::AT_COMMON_NAME, "Nguyễn Văn A, phó phòng")
        .with(oid::AT_USER_ID, "MST:0000000000-001")
        .with(oid::AT_USER_ID, "CCCD:000000000000")
        .with(oid::AT_EMAIL_ADDRESS, "a@example.vn");
    let mut template = Template::signer(serial, subject, from(), until());
    template.extensions.extend([
        ExtensionValue::crl_distribution_points(&["http://crl.example.vn/a.crl"]).unwrap(),
        ExtensionValue::authority_info_access(
            &["http://ocsp.example.vn/"],
            &["http://crt.example.vn/a.crt"],
        )
        .unwrap(),
        ExtensionValue::certificate_policies(&[oid::ANY_POLICY]).unwrap(),
        ExtensionValue::extended_key_usage(&[oid::KP_DOCUMENT_SIGNING]).unwrap(),
    ]);
    template
}

fn verified(issuer: &Certificate, certificate: &Certificate) -> bool {
    crypto::verify(
        issuer.public_key(),
        certificate.signature_algorithm(),
        Message::Bytes(certificate.tbs()),
        certificate.signature(),
    )
    .is_verified()
}

#[test]
fn ok_certificates_of_every_key_type_read_back_and_verify() {
    for (kind, leaf) in [
        (KeyType::P256, KeyType::P384),
        (KeyType::P384, KeyType::P256),
        (KeyType::Rsa2048, KeyType::P256),
    ] {
        let root = Template::root(&[1], subject("Gốc"), from(), until());
        let root = Authority::root(Key::generate(kind).unwrap(), &root).unwrap();
        let leaf = root
            .subordinate(Key::generate(leaf).unwrap(), &signer(&[0xff; 16]))
            .unwrap();
        let issuer = Certificate::from_der(root.certificate()).unwrap();
        let certificate = Certificate::from_der(leaf.certificate()).unwrap();
        assert!(verified(&issuer, &issuer), "{kind:?}");
        assert!(verified(&issuer, &certificate), "{kind:?}");
        assert!(!verified(&certificate, &certificate));
        assert!(
            certificate.oddities().is_empty(),
            "{:?}",
            certificate.oddities()
        );
        assert_eq!(certificate.issuer().der(), issuer.subject().der());
        assert_eq!(certificate.spki(), leaf.key().spki());
        assert_eq!(
            certificate.subject_key_identifier(),
            Some(&leaf.key_identifier()[..])
        );
        assert_eq!(certificate.validity().not_before, from());
        assert_eq!(certificate.validity().not_after, until());
        assert_eq!(
            certificate.key_usage(),
            Some(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::CONTENT_COMMITMENT))
        );
        assert_eq!(certificate.crl_urls(), ["http://crl.example.vn/a.crl"]);
        assert_eq!(certificate.ocsp_urls(), ["http://ocsp.example.vn/"]);
        assert_eq!(
            certificate.ca_issuer_urls(),
            ["http://crt.example.vn/a.crt"]
        );
        assert!(issuer.is_authority() && !certificate.is_authority());
    }
}

#[test]
fn ok_every_bit_of_key_usage_reads_back() {
    let key = Key::generate(KeyType::P256).unwrap();
    for usage in [
        KeyUsage::DIGITAL_SIGNATURE,
        KeyUsage::CONTENT_COMMITMENT,
        KeyUsage::KEY_CERT_SIGN.with(KeyUsage::CRL_SIGN),
        KeyUsage::ENCIPHER_ONLY,
        KeyUsage::DECIPHER_ONLY,
        KeyUsage::KEY_AGREEMENT.with(KeyUsage::DECIPHER_ONLY),
    ] {
        let mut template = Template::new(&[7], subject("x"), from(), until());
        template
            .extensions
            .push(ExtensionValue::key_usage(usage).unwrap());
        let key = Key::from_pkcs8(key.pkcs8()).unwrap();
        let made = Authority::root(key, &template).unwrap();
        let read = Certificate::from_der(made.certificate()).unwrap();
        assert_eq!(read.key_usage(), Some(usage));
    }
}

#[test]
fn ok_rsa_bytes_are_a_function_of_the_arguments() {
    let key = Key::generate(KeyType::Rsa2048).unwrap();
    let template = Template::root(&[1], subject("Gốc"), from(), until());
    let again = Key::from_pkcs8(key.pkcs8()).unwrap();
    let one = Authority::root(key, &template).unwrap();
    let two = Authority::root(again, &template).unwrap();
    assert_eq!(one.certificate(), two.certificate());
}

#[test]
fn ok_rsa_signs_with_pss_when_told() {
    let pss = SignatureAlgorithm::RsaPss {
        digest: DigestAlgorithm::Sha384,
        mgf_digest: DigestAlgorithm::Sha384,
        salt_len: 48,
        trailer: 1,
    };
    let key = Key::generate(KeyType::Rsa2048).unwrap();
    let key = key.with_algorithm(pss.clone()).unwrap();
    let template = Template::root(&[1], subject("Gốc"), from(), until());
    let root = Authority::root(key, &template).unwrap();
    let read = Certificate::from_der(root.certificate()).unwrap();
    assert_eq!(read.signature_algorithm(), &pss);
    assert!(verified(&read, &read));
}

#[test]
fn err_algorithms_that_the_key_does_not_have() {
    let ecdsa = SignatureAlgorithm::Ecdsa {
        digest: DigestAlgorithm::Sha384,
    };
    let key = Key::generate(KeyType::P256).unwrap();
    assert!(key.with_algorithm(ecdsa).is_err());
    assert!(Key::from_pkcs8(&[0x30, 0]).is_err());
}

#[test]
fn ok_serials_are_positive_and_differ() {
    let (one, two) = (random_serial().unwrap(), random_serial().unwrap());
    assert_ne!(one, two);
    assert!((0x40..0x80).contains(&one[0]));
}

/// Runs openssl; `None` when there is none.
fn openssl(arguments: &[&str]) -> Option<(bool, String)> {
    let output = Command::new("openssl").args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    Some((output.status.success(), text))
}

fn path(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn openssl_reads_and_verifies_what_is_issued() {
    if openssl(&["version"]).is_none() {
        println!("NOT RUN: openssl is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = Template::root(&[1], subject("Gốc"), from(), until());
    let root = Authority::root(Key::generate(KeyType::Rsa2048).unwrap(), &root).unwrap();
    let issuing = Template::issuing(&[2], subject("Cấp phát"), from(), until());
    let issuing = root
        .subordinate(Key::generate(KeyType::P384).unwrap(), &issuing)
        .unwrap();
    let good = issuing
        .subordinate(Key::generate(KeyType::P256).unwrap(), &signer(&[3]))
        .unwrap();
    let revoked = issuing
        .issue(good.key().spki(), &signer(&[0x80, 4]))
        .unwrap();
    let revoked_at = from().plus(86_400);
    let crl = |authority: &Authority, entries| {
        let der = authority
            .crl(&CrlTemplate {
                number: Some(17),
                this_update: from(),
                next_update: Some(until()),
                entries,
                extensions: Vec::new(),
            })
            .unwrap();
        pem("X509 CRL", &der).unwrap()
    };
    let entry = RevokedEntry {
        serial: vec![0x80, 4],
        at: revoked_at,
        reason: Some(1),
        invalidity_date: Some(from()),
    };
    let crls = crl(&root, Vec::new()) + &crl(&issuing, vec![entry]);

    let root_file = path(
        folder.path(),
        "root.pem",
        root.certificate_pem().unwrap().as_bytes(),
    );
    let issuing_file = path(
        folder.path(),
        "issuing.pem",
        issuing.certificate_pem().unwrap().as_bytes(),
    );
    let crl_file = path(folder.path(), "crls.pem", crls.as_bytes());
    let good_file = path(
        folder.path(),
        "good.pem",
        good.certificate_pem().unwrap().as_bytes(),
    );
    let revoked_pem = pem("CERTIFICATE", &revoked).unwrap();
    let revoked_file = path(folder.path(), "revoked.pem", revoked_pem.as_bytes());

    let (read, text) = openssl(&[
        "x509",
        "-in",
        &good_file,
        "-noout",
        "-text",
        "-nameopt",
        "utf8,sep_comma_plus",
    ])
    .unwrap();
    assert!(read, "{text}");
    for part in [
        "Version: 3",
        "Serial Number: 3 (0x3)",
        "OU=Văn phòng,OU=Sở Mẫu,CN=Nguyễn Văn A, phó phòng",
        "UID=MST:0000000000-001,UID=CCCD:000000000000",
        "Digital Signature, Non Repudiation",
        "CA:FALSE",
        "URI:http://crl.example.vn/a.crl",
        "OCSP - URI:http://ocsp.example.vn/",
        "X509v3 Any Policy",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }

    let (read, text) = openssl(&["crl", "-in", &crl_file, "-noout", "-text"]).unwrap();
    assert!(read && text.contains("X509v3 CRL Number"), "{text}");

    let verify = |file: &str| {
        openssl(&[
            "verify",
            "-x509_strict",
            "-CAfile",
            &root_file,
            "-untrusted",
            &issuing_file,
            "-CRLfile",
            &crl_file,
            "-crl_check_all",
            "-attime",
            "1780000000",
            file,
        ])
        .unwrap()
    };
    let (passed, text) = verify(&good_file);
    assert!(passed, "{text}");
    let (passed, text) = verify(&revoked_file);
    assert!(!passed && text.contains("certificate revoked"), "{text}");

    let responder = Template::ocsp_responder(&[9], subject("OCSP"), from(), until());
    let responder = issuing
        .subordinate(Key::generate(KeyType::Rsa2048).unwrap(), &responder)
        .unwrap();
    let answer = |status| Answer {
        serial: vec![3],
        status,
        this_update: from(),
        next_update: Some(until()),
    };
    for (by, status, word) in [
        (&issuing, CertificateStatus::Good, "Cert Status: good"),
        (
            &responder,
            CertificateStatus::Unknown,
            "Cert Status: unknown",
        ),
        (
            &responder,
            CertificateStatus::Revoked {
                at: revoked_at,
                reason: Some(4),
            },
            "Revocation Reason: superseded (0x4)",
        ),
    ] {
        let template = OcspTemplate {
            by_name: word.contains("unknown"),
            nonce: Some(vec![1, 2, 3, 4]),
            ..OcspTemplate::new(answer(status))
        };
        let response = by.ocsp(&issuing, &template).unwrap();
        let file = path(folder.path(), "answer.der", &response);
        let chain = path(
            folder.path(),
            "chain.pem",
            (root.certificate_pem().unwrap() + &issuing.certificate_pem().unwrap()).as_bytes(),
        );
        let (read, text) = openssl(&[
            "ocsp",
            "-respin",
            &file,
            "-issuer",
            &issuing_file,
            "-cert",
            &good_file,
            "-CAfile",
            &chain,
            "-verify_other",
            &issuing_file,
            "-no_nonce",
            "-resp_text",
        ])
        .unwrap();
        assert!(read && text.contains(word), "{word}: {text}");
        assert!(text.contains("Response verify OK"), "{word}: {text}");
    }
}
