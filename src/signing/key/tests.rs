//! Key files of `testdata/keys` → keys that sign; the rest → exact errors.

use super::{KeySource, LocalKey, pem, pkcs12};
use crate::crypto::{Message, SignatureAlgorithm, verify};
use crate::error::{Error, ErrorKind, KeyFault};
use crate::limits::Limits;

const PASSWORD: &[u8] = b"throwaway";

pub(super) fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/testdata/keys/throwaway-{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn pem_key(key: &str, certificate: &str, password: Option<&[u8]>) -> Result<LocalKey, Error> {
    let mut certificates = file(certificate);
    certificates.extend(file("chain.pem"));
    pem::load(&file(key), &certificates, password, &Limits::new())
}

fn p12(name: &str, password: Option<&[u8]>) -> Result<LocalKey, Error> {
    pkcs12::load(&file(name), password, &Limits::new())
}

/// Every algorithm signs, the right key verifies, and another message does not.
fn check(key: &LocalKey) {
    assert!(!key.algorithms().is_empty());
    for algorithm in key.algorithms() {
        let signature = key.sign(&algorithm, b"message").unwrap();
        let public = key.certificate().public_key();
        let check =
            |text| verify(public, &algorithm, Message::Bytes(text), &signature).is_verified();
        assert!(check(b"message"), "{}", algorithm.name());
        assert!(!check(b"messagE"), "{}", algorithm.name());
    }
    let names: Vec<_> = key.chain().iter().map(|c| c.subject().rfc4514()).collect();
    assert_eq!(names.len(), 2);
    assert!(names[0].starts_with("CN=Throw-away issuer"), "{names:?}");
    assert!(names[1].starts_with("CN=Throw-away root"), "{names:?}");
}

fn text(result: Result<LocalKey, Error>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn ok_pem_and_der_private_keys_of_every_form() {
    for (key, certificate) in [
        ("rsa.key.pem", "rsa.crt.pem"),
        ("rsa.pkcs8.der", "rsa.crt.pem"),
        ("rsa.pkcs1.pem", "rsa.crt.pem"),
        ("rsa.pkcs1.der", "rsa.crt.pem"),
        ("p256.key.pem", "p256.crt.pem"),
        ("p256.sec1.pem", "p256.crt.pem"),
        ("p256.no-public.sec1.der", "p256.crt.pem"),
        ("p384.key.pem", "p384.crt.pem"),
        ("ed25519.key.pem", "ed25519.crt.pem"),
    ] {
        check(&pem_key(key, certificate, None).unwrap_or_else(|e| panic!("{key}: {e}")));
    }
}

#[test]
fn ok_encrypted_private_keys() {
    for key in [
        "rsa.aes256.pem",
        "rsa.aes256.der",
        "rsa.aes128-sha1.pem",
        "rsa.aes192-sha512.pem",
        "rsa.3des.pem",
        "rsa.pkcs12-3des.pem",
    ] {
        check(
            &pem_key(key, "rsa.crt.pem", Some(PASSWORD)).unwrap_or_else(|e| panic!("{key}: {e}")),
        );
        assert_eq!(
            text(pem_key(key, "rsa.crt.pem", None)),
            "the key is encrypted: a password is needed"
        );
        assert_eq!(
            text(pem_key(key, "rsa.crt.pem", Some(b"Throwaway"))),
            "the password does not open the key"
        );
    }
}

#[test]
fn ok_pkcs12_files_of_every_form() {
    for name in [
        "modern.p12",
        "legacy.p12",
        "p256.p12",
        "3des.p12",
        "2des.p12",
        "mixed.p12",
        "unencrypted.p12",
        "no-mac.p12",
    ] {
        check(&p12(name, Some(PASSWORD)).unwrap_or_else(|e| panic!("{name}: {e}")));
        assert_eq!(
            text(p12(name, Some(b"wrong"))),
            "the password does not open the key",
            "{name}"
        );
        assert_eq!(
            text(p12(name, None)),
            "the key is encrypted: a password is needed",
            "{name}"
        );
    }
    check(&p12("empty-password.p12", None).unwrap());
    check(&p12("empty-password.p12", Some(b"")).unwrap());
    check(&p12("vietnamese.p12", Some("mật khẩu".as_bytes())).unwrap());
}

#[test]
fn err_keys_that_cannot_sign_say_why() {
    for (key, password, expected) in [
        (
            "p521.key.pem",
            None,
            "cannot sign with this key: EC key on curve 1.3.132.0.35; P-256 and P-384 are supported",
        ),
        (
            "rsa1024.key.pem",
            None,
            "cannot sign with this key: RSA key of 1024 bits; 2048 to 4096 are supported",
        ),
        (
            "rsa.old-encrypted.pem",
            Some(PASSWORD),
            "cannot sign with this key: PEM encrypted in the old OpenSSL way; convert it to PKCS#8",
        ),
        (
            "rsa.scrypt.pem",
            Some(PASSWORD),
            "cannot sign with this key: key derivation scrypt",
        ),
        (
            "p256.key.pem",
            None,
            "the certificate does not belong to the key",
        ),
        (
            "rsa.crt.pem",
            None,
            "not a private key that is understood: the PEM file holds no private key",
        ),
        (
            "modern.p12",
            Some(PASSWORD),
            "not a private key that is understood: the file is PKCS#12, not a key alone",
        ),
    ] {
        assert_eq!(
            text(pem_key(key, "rsa.crt.pem", password)),
            expected,
            "{key}"
        );
    }
    for (name, expected) in [
        (
            "no-key.p12",
            "not a private key that is understood: the PKCS#12 file holds no private key",
        ),
        (
            "no-certificate.p12",
            "not a private key that is understood: the PKCS#12 file holds no certificate",
        ),
        (
            "rsa.pkcs8.der",
            "not a private key that is understood: PKCS#12 file of another version than 3",
        ),
        (
            "rsa.key.pem",
            "not a private key that is understood: malformed PKCS#12 structure",
        ),
    ] {
        assert_eq!(text(p12(name, Some(PASSWORD))), expected, "{name}");
    }
    let garbage = pem::load(b"garbage", &file("rsa.crt.pem"), None, &Limits::new());
    assert_eq!(
        text(garbage),
        "not a private key that is understood: neither PEM nor DER"
    );
}

#[test]
fn err_iterations_above_the_limit_are_refused_before_they_run() {
    let mut limits = Limits::new();
    limits.key_derivation_iterations = 2047;
    let limit = ErrorKind::Limit {
        name: "key_derivation_iterations",
        max: 2047,
    };
    for name in ["modern.p12", "legacy.p12", "no-mac.p12"] {
        let error = pkcs12::load(&file(name), Some(PASSWORD), &limits).unwrap_err();
        assert_eq!(error.kind(), &limit, "{name}");
    }
    let certificate = file("rsa.crt.pem");
    let error = pem::load(
        &file("rsa.aes256.pem"),
        &certificate,
        Some(PASSWORD),
        &limits,
    )
    .unwrap_err();
    assert_eq!(error.kind(), &limit);
}

#[test]
fn err_an_algorithm_that_is_not_offered() {
    let key = pem_key("p256.key.pem", "p256.crt.pem", None).unwrap();
    let error = key
        .sign(&SignatureAlgorithm::Ed25519, b"message")
        .unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Key(KeyFault::Unsupported(_))
    ));
}

#[test]
fn debug_shows_no_secret() {
    let key = pem_key("rsa.key.pem", "rsa.crt.pem", None).unwrap();
    let shown = format!("{key:?}");
    assert_eq!(
        shown,
        "LocalKey { key: \"[redacted]\", certificate: \"CN=Throw-away rsa,O=Throw-away test keys,C=VN\", .. }"
    );
}

#[test]
fn errors_carry_neither_password_nor_key() {
    for name in ["modern.p12", "legacy.p12", "no-mac.p12"] {
        let error = p12(name, Some(b"s3cret-passphrase")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}

#[test]
fn no_change_of_one_octet_makes_a_panic() {
    let original = file("unencrypted.p12");
    let mut limits = Limits::new();
    limits.key_derivation_iterations = 3000;
    for at in 0..original.len().min(400) {
        for value in [0x00, 0x30, 0x7f, 0x80, 0xff] {
            let mut changed = original.clone();
            changed[at] = value;
            let _ = pkcs12::load(&changed, Some(PASSWORD), &limits);
        }
    }
    let original = file("rsa.aes256.der");
    for at in 0..original.len().min(140) {
        for value in [0x00, 0x30, 0x7f, 0x80, 0xff] {
            let mut changed = original.clone();
            changed[at] = value;
            let _ = pem::private_key(&changed, Some(PASSWORD), &limits);
        }
    }
}
