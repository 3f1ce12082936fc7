//! Key files of `testdata/keys` → keys that sign; the rest → exact errors.

use super::{KeySource, LocalKey, pem, pkcs12};
use crate::asn1::{self, Tag, write};
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

/// `der` as old programs write it: every constructed value of indefinite length, and every octet
/// string of the outer layers in pieces of 100 octets.
fn as_ber(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut reader = asn1::Reader::new(der);
    while !reader.is_empty() {
        let element = reader.element().unwrap();
        if element.tag.is_constructed() {
            out.extend([element.tag.0, 0x80]);
            out.extend(as_ber(element.content));
            out.extend([0, 0]);
        } else if element.tag == Tag::OCTET_STRING && element.content.len() > 100 {
            out.extend([0x24, 0x80]);
            for piece in element.content.chunks(100) {
                out.extend([0x04, piece.len() as u8]);
                out.extend(piece);
            }
            out.extend([0, 0]);
        } else {
            out.extend(element.raw);
        }
    }
    out
}

#[test]
fn ok_pkcs12_in_ber() {
    for name in ["modern.p12", "legacy.p12", "no-mac.p12", "unencrypted.p12"] {
        let original = file(name);
        let ber = as_ber(&original);
        assert!(ber.len() > original.len() && ber.starts_with(&[0x30, 0x80]));
        let load = |bytes: &[u8]| pkcs12::load(bytes, Some(PASSWORD), &Limits::new());
        check(&load(&ber).unwrap_or_else(|e| panic!("{name}: {e}")));
        // Cut short or followed by something, it is refused.
        assert!(load(&ber[..ber.len() - 2]).is_err());
        assert!(load(&[&ber[..], &[0]].concat()).is_err());
    }
}

/// The MAC of a file replaced by a PBMAC1 over the same contents.
fn with_pbmac1(original: &[u8], key_length: u64) -> Vec<u8> {
    let oid = |last: &[u8]| {
        let stem = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d];
        write::element(Tag::OID, &[&stem, last]).unwrap()
    };
    let seq = |parts: &[&[u8]]| write::sequence(parts).unwrap();
    let mut pfx = asn1::parse(original).unwrap().reader();
    let (version, safe) = (pfx.element().unwrap(), pfx.element().unwrap());
    let mut info = safe.reader();
    info.element().unwrap();
    let message = info.element().unwrap().only().unwrap().content;

    let mut key = [0; 32];
    let rounds = std::num::NonZeroU32::new(2048).unwrap();
    let prf = ring::pbkdf2::PBKDF2_HMAC_SHA256;
    ring::pbkdf2::derive(prf, rounds, b"salt-and-pepper", PASSWORD, &mut key);
    let mac = ring::hmac::sign(
        &ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key),
        message,
    );

    let hmac_sha256 = seq(&[&oid(&[2, 9]), &[5, 0]]);
    let derivation = seq(&[
        &oid(&[1, 5, 12]),
        &seq(&[
            &write::element(Tag::OCTET_STRING, &[b"salt-and-pepper"]).unwrap(),
            &write::small(2048).unwrap(),
            &write::small(key_length).unwrap(),
            &hmac_sha256,
        ]),
    ]);
    let algorithm = seq(&[&oid(&[1, 5, 14]), &seq(&[&derivation, &hmac_sha256])]);
    let digest_info = seq(&[
        &algorithm,
        &write::element(Tag::OCTET_STRING, &[mac.as_ref()]).unwrap(),
    ]);
    let unused_salt = write::element(Tag::OCTET_STRING, &[b"unused"]).unwrap();
    let mac_data = seq(&[&digest_info, &unused_salt, &write::small(1).unwrap()]);
    seq(&[version.raw, safe.raw, &mac_data])
}

#[test]
fn ok_pkcs12_with_pbmac1() {
    let file = with_pbmac1(&file("modern.p12"), 32);
    let load = |password: &[u8]| pkcs12::load(&file, Some(password), &Limits::new());
    check(&load(PASSWORD).unwrap());
    assert_eq!(text(load(b"wrong")), "the password does not open the key");
}

#[test]
fn err_pbmac1_key_length_is_bounded_before_it_is_used() {
    // CVE-2025-11187.
    for (length, expected) in [
        (u64::MAX, "derived key length out of bounds"),
        (129, "derived key length out of bounds"),
        (0, "derived key length out of bounds"),
        (19, "PBMAC1 key shorter than 20 octets"),
    ] {
        let file = with_pbmac1(&file("modern.p12"), length);
        assert_eq!(
            text(pkcs12::load(&file, Some(PASSWORD), &Limits::new())),
            format!("not a private key that is understood: {expected}")
        );
    }
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
            "not a private key that is understood: not a PKCS#12 file",
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
