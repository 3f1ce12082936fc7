use std::sync::LazyLock;

use super::*;
use crate::asn1::{Tag, write};
use crate::error::ErrorKind;
use crate::oid;
use DigestAlgorithm as D;
use rsa::traits::PublicKeyParts;

const MESSAGE: &[u8] = b"the message";

/// Random numbers that are the same in every run: SHA-256 of a seed and a counter.
struct Counter(u64);

impl rsa::rand_core::TryRng for Counter {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        for block in out.chunks_mut(32) {
            self.0 += 1;
            let value = D::Sha256.digest(&[&self.0.to_be_bytes()]);
            block.copy_from_slice(&value.as_bytes()[..block.len()]);
        }
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Counter {}

static RSA_1024: LazyLock<rsa::PrivateKey> =
    LazyLock::new(|| rsa::PrivateKey::new(&mut Counter(1), 1024).unwrap());
pub(super) static RSA_2048: LazyLock<rsa::PrivateKey> =
    LazyLock::new(|| rsa::PrivateKey::new(&mut Counter(2), 2048).unwrap());

pub(super) fn rsa_public(key: &rsa::PrivateKey) -> PublicKey {
    PublicKey::from_rsa_components(&key.n().to_be_bytes(), &key.e().to_be_bytes()).unwrap()
}

fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    write::sequence(&[
        &write::sequence(algorithm).unwrap(),
        &write::element(Tag::BIT_STRING, &[&[0], key]).unwrap(),
    ])
    .unwrap()
}

fn ec_public(curve: &Oid, point: &[u8]) -> Result<PublicKey, crate::error::Error> {
    PublicKey::from_spki(&spki(
        &[
            &write::oid(&oid::EC_PUBLIC_KEY).unwrap(),
            &write::oid(curve).unwrap(),
        ],
        point,
    ))
}

/// An `id-RSASSA-PSS` key restricted by the parameters of `algorithm`.
fn pss_public(key: &rsa::PrivateKey, algorithm: Option<&SignatureAlgorithm>) -> PublicKey {
    let identifier = match algorithm {
        Some(algorithm) => algorithm.to_der().unwrap(),
        None => write::sequence(&[&write::oid(&oid::RSA_PSS).unwrap()]).unwrap(),
    };
    let public = rsa_public(key);
    let inside = public.subject_public_key().to_vec();
    let key = write::element(Tag::BIT_STRING, &[&[0], &inside]).unwrap();
    PublicKey::from_spki(&write::sequence(&[&identifier, &key]).unwrap()).unwrap()
}

/// That the signature is accepted for the message and its digest, and refused when anything
/// changes.
fn holds(key: &PublicKey, algorithm: &SignatureAlgorithm, signature: &[u8]) {
    let name = format!("{} by {}", algorithm.name(), key.kind().name());
    let check = |message: &[u8], signature: &[u8]| {
        let outcome = verify(key, algorithm, Message::Bytes(message), signature);
        if let Some(digest) = algorithm.digest() {
            let value = digest.digest(&[message]);
            let again = verify(key, algorithm, Message::Digest(&value), signature);
            assert_eq!(outcome, again, "{name}");
        }
        outcome
    };
    assert_eq!(check(MESSAGE, signature), Outcome::Verified, "{name}");
    assert_eq!(
        check(b"the messagf", signature),
        Outcome::Broken(Broken::Mismatch),
        "{name}"
    );
    assert!(signature.len() <= key.signature_len(), "{name}");
    let mut changed = signature.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    assert!(
        matches!(check(MESSAGE, &changed), Outcome::Broken(_)),
        "{name}"
    );
    for wrong in [
        &signature[..signature.len() - 1],
        &[signature, &[0]].concat(),
        &[],
    ] {
        assert_eq!(
            check(MESSAGE, wrong),
            Outcome::Broken(Broken::Encoding),
            "{name}"
        );
    }
}

/// Calls `$body` with `$type` as each digest type that RSA signs with.
macro_rules! each_digest {
    (|$digest:ident, $kind:ident| $body:block) => {
        each_digest!(@ $digest, $kind, $body,
            Md5 md5::Md5, Sha1 sha1::Sha1, Sha224 sha2::Sha224, Sha256 sha2::Sha256, Sha384 sha2::Sha384,
            Sha512 sha2::Sha512, Sha512_224 sha2::Sha512_224, Sha512_256 sha2::Sha512_256,
            Sha3_224 sha3::Sha3_224, Sha3_256 sha3::Sha3_256, Sha3_384 sha3::Sha3_384,
            Sha3_512 sha3::Sha3_512)
    };
    (@ $digest:ident, $kind:ident, $body:block, $($name:ident $type:ty),*) => {
        $({ let $digest = D::$name; type $kind = $type; $body })*
    };
}

#[test]
fn ok_rsa_pkcs1_with_every_digest() {
    for key in [&*RSA_1024, &*RSA_2048] {
        let public = rsa_public(key);
        each_digest!(|digest, Kind| {
            let scheme = rsa::Pkcs1v15Sign {
                hash_len: Some(digest.output_len()),
                prefix: <Kind as rsa_prefix::Prefix>::prefix(),
            };
            let value = digest.digest(&[MESSAGE]);
            let signature = key.sign(scheme, value.as_bytes()).unwrap();
            let algorithm = SignatureAlgorithm::RsaPkcs1 { digest };
            holds(&public, &algorithm, &signature);
            let block = pkcs1_block(&value, signature.len()).unwrap();
            assert!(block.ends_with(value.as_bytes()));
            assert!(block.starts_with(&[0, 1, 0xff]) && block.len() == signature.len());
        });
    }
    assert_eq!(pkcs1_block(&D::Sha512.digest(&[]), 93), None);
    assert!(pkcs1_block(&D::Sha512.digest(&[]), 94).is_some());
}

/// The prefix as the `rsa` crate makes it, independent of ours.
mod rsa_prefix {
    pub(super) trait Prefix {
        fn prefix() -> Box<[u8]>;
    }

    macro_rules! prefix {
        ($($type:ty => $oid:expr, $len:expr;)*) => {$(
            impl Prefix for $type {
                fn prefix() -> Box<[u8]> {
                    let text = concat!("30", $len, $oid);
                    (0..text.len() / 2)
                        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
                        .collect()
                }
            }
        )*};
    }

    // From RFC 8017 §9.2 note 1 and, for SHA-3, from what OpenSSL writes.
    prefix! {
        md5::Md5 => "300c06082a864886f70d020505000410", "20";
        sha1::Sha1 => "300906052b0e03021a05000414", "21";
        sha2::Sha224 => "300d06096086480165030402040500041c", "2d";
        sha2::Sha256 => "300d060960864801650304020105000420", "31";
        sha2::Sha384 => "300d060960864801650304020205000430", "41";
        sha2::Sha512 => "300d060960864801650304020305000440", "51";
        sha2::Sha512_224 => "300d06096086480165030402050500041c", "2d";
        sha2::Sha512_256 => "300d060960864801650304020605000420", "31";
        sha3::Sha3_224 => "300d06096086480165030402070500041c", "2d";
        sha3::Sha3_256 => "300d060960864801650304020805000420", "31";
        sha3::Sha3_384 => "300d060960864801650304020905000430", "41";
        sha3::Sha3_512 => "300d060960864801650304020a05000440", "51";
    }
}

fn pss_signature<Kind>(
    key: &rsa::PrivateKey,
    digest: DigestAlgorithm,
    salt: usize,
) -> Option<Vec<u8>>
where
    Kind: sha2::Digest + sha2::digest::FixedOutputReset,
{
    let value = digest.digest(&[MESSAGE]);
    let scheme = rsa::Pss::<Kind>::new_with_salt(salt);
    key.sign_with_rng(&mut Counter(9), scheme, value.as_bytes())
        .ok()
}

fn pss(digest: DigestAlgorithm, salt_len: u32) -> SignatureAlgorithm {
    SignatureAlgorithm::RsaPss {
        digest,
        mgf_digest: digest,
        salt_len,
        trailer: 1,
    }
}

#[test]
fn ok_rsa_pss_with_every_digest_and_salts_up_to_64() {
    for key in [&*RSA_1024, &*RSA_2048] {
        let public = rsa_public(key);
        each_digest!(|digest, Kind| {
            for salt in [0, 20, digest.output_len(), 64] {
                let Some(signature) = pss_signature::<Kind>(key, digest, salt) else {
                    assert!(2 + salt + digest.output_len() > 128);
                    continue;
                };
                let salt = salt as u32;
                holds(&public, &pss(digest, salt), &signature);
                // The salt length is part of the check.
                let other = verify(
                    &public,
                    &pss(digest, salt.abs_diff(1)),
                    Message::Bytes(MESSAGE),
                    &signature,
                );
                assert!(matches!(other, Outcome::Broken(_)));
            }
        });
    }
}

/// A62.
#[test]
fn broken_pss_with_another_mask_digest_or_trailer_or_a_salt_of_1000() {
    let key = &*RSA_2048;
    let public = rsa_public(key);
    let signature = pss_signature::<sha2::Sha256>(key, D::Sha256, 32).unwrap();
    let outcome = |algorithm: &SignatureAlgorithm| {
        verify(&public, algorithm, Message::Bytes(MESSAGE), &signature)
    };
    let changed = |mgf_digest, salt_len, trailer| SignatureAlgorithm::RsaPss {
        digest: D::Sha256,
        mgf_digest,
        salt_len,
        trailer,
    };
    assert_eq!(outcome(&changed(D::Sha256, 32, 1)), Outcome::Verified);
    for algorithm in [
        changed(D::Sha1, 32, 1),
        changed(D::Sha256, 32, 2),
        changed(D::Sha256, 1000, 1),
        changed(D::Sha256, 223, 1),
    ] {
        assert_eq!(outcome(&algorithm), Outcome::Broken(Broken::Parameters));
    }
    // It fits the block; nobody needs it.
    assert_eq!(
        outcome(&changed(D::Sha256, 222, 1)),
        Outcome::Unknown(Unknown::SaltLength { octets: 222 })
    );
}

#[test]
fn broken_when_a_pss_key_forbids_it() {
    let key = &*RSA_2048;
    let signature = pss_signature::<sha2::Sha256>(key, D::Sha256, 32).unwrap();
    let long = pss_signature::<sha2::Sha256>(key, D::Sha256, 40).unwrap();
    let sha384 = pss_signature::<sha2::Sha384>(key, D::Sha384, 48).unwrap();
    let restricted = pss_public(key, Some(&pss(D::Sha256, 32)));
    let free = pss_public(key, None);
    let KeyKind::Rsa { bits, pss_only, .. } = restricted.kind() else {
        panic!("RSA");
    };
    assert!(*bits == 2048 && *pss_only);
    for public in [&restricted, &free] {
        holds(public, &pss(D::Sha256, 32), &signature);
        // The salt may be longer than the key says (RFC 4055 §3.1), not shorter.
        holds(public, &pss(D::Sha256, 40), &long);
        let pkcs1 = SignatureAlgorithm::RsaPkcs1 { digest: D::Sha256 };
        assert_eq!(
            verify(public, &pkcs1, Message::Bytes(MESSAGE), &signature),
            Outcome::Broken(Broken::KeyMismatch)
        );
    }
    holds(&free, &pss(D::Sha384, 48), &sha384);
    for algorithm in [pss(D::Sha384, 48), pss(D::Sha256, 31)] {
        assert_eq!(
            verify(&restricted, &algorithm, Message::Bytes(MESSAGE), &sha384),
            Outcome::Broken(Broken::KeyMismatch)
        );
    }
}

#[test]
fn ok_ecdsa_with_every_digest_on_every_curve() {
    macro_rules! curve {
        ($curve:ident, $oid:expr, $size:literal) => {{
            use $curve::ecdsa::{Signature, SigningKey, signature::hazmat::PrehashSigner};
            let mut scalar = [7u8; $size];
            scalar[0] = 0;
            let key = SigningKey::from_bytes(&scalar.into()).unwrap();
            for compressed in [false, true] {
                let point = key.verifying_key().to_sec1_point(compressed);
                let public = ec_public(&$oid, point.as_bytes()).unwrap();
                for digest in D::ALL {
                    let value = digest.digest(&[MESSAGE]);
                    let signature: Signature = key.sign_prehash(value.as_bytes()).unwrap();
                    let der = signature.to_der();
                    let algorithm = SignatureAlgorithm::Ecdsa { digest };
                    holds(&public, &algorithm, der.as_bytes());
                }
            }
            let whole = ec_public(&$oid, key.verifying_key().to_sec1_point(false).as_bytes());
            let short = ec_public(&$oid, key.verifying_key().to_sec1_point(true).as_bytes());
            let (whole, short) = (whole.unwrap(), short.unwrap());
            assert!(whole.same_key(&short) && whole != short);
        }};
    }
    curve!(p256, oid::P256, 32);
    curve!(p384, oid::P384, 48);
    curve!(p521, oid::P521, 66);
}

#[test]
fn ok_eddsa_from_the_message_alone() {
    use ring::signature::KeyPair;
    let one = ring::signature::Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
    let public = spki(
        &[&write::oid(&oid::ED25519).unwrap()],
        one.public_key().as_ref(),
    );
    let public = PublicKey::from_spki(&public).unwrap();
    holds(
        &public,
        &SignatureAlgorithm::Ed25519,
        one.sign(MESSAGE).as_ref(),
    );
    let two = ed448_goldilocks::SigningKey::from(ed448_goldilocks::SecretKey::from([5; 57]));
    let key = spki(
        &[&write::oid(&oid::ED448).unwrap()],
        two.verifying_key().as_bytes(),
    );
    let key = PublicKey::from_spki(&key).unwrap();
    let signature = two.sign_raw(MESSAGE).to_bytes();
    holds(&key, &SignatureAlgorithm::Ed448, &signature);
    let value = D::Sha512.digest(&[MESSAGE]);
    assert_eq!(
        verify(
            &key,
            &SignatureAlgorithm::Ed448,
            Message::Digest(&value),
            &signature
        ),
        Outcome::Unknown(Unknown::MessageForm)
    );
    // A key of the other curve.
    assert_eq!(
        verify(
            &public,
            &SignatureAlgorithm::Ed448,
            Message::Bytes(MESSAGE),
            &signature
        ),
        Outcome::Broken(Broken::KeyMismatch)
    );
}

#[test]
fn unknown_what_is_not_supported_and_never_broken() {
    let public = rsa_public(&RSA_2048);
    let signature = [0; 256];
    let unknown = |key: &PublicKey, algorithm: &SignatureAlgorithm| {
        matches!(
            verify(key, algorithm, Message::Bytes(MESSAGE), &signature),
            Outcome::Unknown(_)
        )
    };
    let pkcs1 = SignatureAlgorithm::RsaPkcs1 { digest: D::Sha256 };
    assert!(unknown(
        &public,
        &SignatureAlgorithm::Unsupported {
            oid: Oid::from_dotted("1.2.840.113549.1.1.2").unwrap()
        }
    ));
    for digest in [D::Shake128, D::Shake256] {
        assert!(unknown(&public, &SignatureAlgorithm::RsaPkcs1 { digest }));
        assert!(unknown(&public, &pss(digest, 32)));
    }
    let mut odd = vec![0x81; 64];
    for octets in [64, 127, 1025, 2048] {
        odd.resize(octets, 0x81);
        let key = PublicKey::from_rsa_components(&odd, &[3]).unwrap();
        assert!(unknown(&key, &pkcs1), "{octets}");
    }
    // An exponent of more than 33 bits.
    let large = PublicKey::from_rsa_components(&[0x81; 256], &[0x11; 9]).unwrap();
    assert!(unknown(&large, &pkcs1));
    assert!(matches!(
        large.kind(),
        KeyKind::Rsa {
            bits: 2048,
            exponent: u64::MAX,
            ..
        }
    ));
    let brainpool = Oid::from_dotted("1.3.36.3.3.2.8.1.1.7").unwrap();
    let other = ec_public(&brainpool, &[4; 65]).unwrap();
    assert_eq!(
        other.kind(),
        &KeyKind::Unsupported {
            oid: brainpool.clone()
        }
    );
    assert!(unknown(
        &other,
        &SignatureAlgorithm::Ecdsa { digest: D::Sha256 }
    ));
    // Explicit curve parameters.
    let explicit = spki(
        &[
            &write::oid(&oid::EC_PUBLIC_KEY).unwrap(),
            &write::sequence(&[&[2, 1, 1]]).unwrap(),
        ],
        &[4; 65],
    );
    let explicit = PublicKey::from_spki(&explicit).unwrap();
    assert!(matches!(explicit.kind(), KeyKind::Unsupported { .. }));
}

#[test]
fn err_keys_that_are_malformed_or_dangerous() {
    let numbers = PublicKey::from_rsa_components;
    assert!(numbers(&[0x80; 256], &[3]).is_err(), "even modulus");
    for exponent in [&[1][..], &[2], &[0], &[1, 0]] {
        assert!(numbers(&[0x81; 256], exponent).is_err(), "{exponent:?}");
    }
    // A74.
    let error = numbers(&vec![0x81; 1 << 17], &[3]).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Limit {
            name: "rsa_bits",
            ..
        }
    ));
    for (curve, size) in [(oid::P256, 65), (oid::P384, 97), (oid::P521, 133)] {
        let mut point = vec![1; size];
        point[0] = 4;
        assert!(ec_public(&curve, &point).is_err(), "off the curve");
        assert!(ec_public(&curve, &[0]).is_err(), "infinity");
        assert!(ec_public(&curve, &point[1..]).is_err(), "short");
    }
    let ed25519 = write::oid(&oid::ED25519).unwrap();
    assert!(PublicKey::from_spki(&spki(&[&ed25519], &[1; 31])).is_err());
    assert!(PublicKey::from_spki(&spki(&[&ed25519, &[5, 0]], &[1; 32])).is_err());
    let ed448 = write::oid(&oid::ED448).unwrap();
    assert!(PublicKey::from_spki(&spki(&[&ed448], &[0xff; 57])).is_err());
    let public = rsa_public(&RSA_1024);
    let mut trailing = public.spki().to_vec();
    trailing.push(0);
    assert!(PublicKey::from_spki(&trailing).is_err());
}

#[test]
fn ok_identifiers_of_signature_algorithms_round_trip() {
    let mut all = vec![
        SignatureAlgorithm::Ed25519,
        SignatureAlgorithm::Ed448,
        pss(D::Sha1, 20),
        pss(D::Sha256, 32),
        pss(D::Sha3_512, 0),
        SignatureAlgorithm::RsaPss {
            digest: D::Sha256,
            mgf_digest: D::Sha1,
            salt_len: 1000,
            trailer: 2,
        },
    ];
    for digest in D::ALL {
        all.push(SignatureAlgorithm::Ecdsa { digest });
        all.push(SignatureAlgorithm::RsaPkcs1 { digest });
        all.push(SignatureAlgorithm::Dsa { digest });
    }
    let mut written = 0;
    for algorithm in &all {
        let Ok(der) = algorithm.to_der() else {
            // No identifier exists.
            assert!(!matches!(algorithm.digest(), Some(D::Sha256)));
            continue;
        };
        written += 1;
        assert_eq!(&SignatureAlgorithm::from_der(&der).unwrap(), algorithm);
        assert_eq!(&SignatureAlgorithm::for_cms(&der, None).unwrap(), algorithm);
        let text = serde_json::to_string(algorithm).unwrap();
        assert_eq!(
            &serde_json::from_str::<SignatureAlgorithm>(&text).unwrap(),
            algorithm
        );
    }
    assert_eq!(written, 6 + 11 + 12 + 5);
    // All defaults: SHA-1.
    let defaults = write::sequence(&[&write::oid(&oid::RSA_PSS).unwrap(), &[0x30, 0]]).unwrap();
    assert_eq!(
        SignatureAlgorithm::from_der(&defaults).unwrap(),
        pss(D::Sha1, 20)
    );
}

#[test]
fn ok_generic_identifiers_take_the_digest_of_the_signer() {
    let identifier = |kind: &Oid, parameters: &[u8]| {
        write::sequence(&[&write::oid(kind).unwrap(), parameters]).unwrap()
    };
    let digest = D::Sha384;
    for (kind, expected) in [
        (oid::RSA_ENCRYPTION, SignatureAlgorithm::RsaPkcs1 { digest }),
        (oid::EC_PUBLIC_KEY, SignatureAlgorithm::Ecdsa { digest }),
        (oid::DSA, SignatureAlgorithm::Dsa { digest }),
    ] {
        for parameters in [&[][..], &[5, 0]] {
            let der = identifier(&kind, parameters);
            let read = SignatureAlgorithm::for_cms(&der, Some(digest)).unwrap();
            assert_eq!(read, expected);
            let unsupported = SignatureAlgorithm::Unsupported { oid: kind.clone() };
            assert_eq!(
                SignatureAlgorithm::for_cms(&der, None).unwrap(),
                unsupported
            );
            assert_eq!(SignatureAlgorithm::from_der(&der).unwrap(), unsupported);
        }
        assert!(SignatureAlgorithm::for_cms(&identifier(&kind, &[2, 1, 1]), Some(digest)).is_err());
    }
    // NULL where none belongs: read in CMS, refused in certificates.
    let null = identifier(&oid::ECDSA_WITH_SHA256, &[5, 0]);
    assert!(SignatureAlgorithm::from_der(&null).is_err());
    assert_eq!(
        SignatureAlgorithm::for_cms(&null, None).unwrap(),
        SignatureAlgorithm::Ecdsa { digest: D::Sha256 }
    );
    for (kind, parameters) in [
        (oid::SHA256_WITH_RSA, &[2, 1, 1][..]),
        (oid::SHA256_WITH_RSA, &[5, 0, 5, 0]),
        (oid::RSA_PSS, &[]),
        (oid::RSA_PSS, &[5, 0]),
        (oid::ED25519, &[4, 0]),
    ] {
        let der = identifier(&kind, parameters);
        assert!(SignatureAlgorithm::from_der(&der).is_err(), "{kind}");
        assert!(SignatureAlgorithm::for_cms(&der, None).is_err(), "{kind}");
    }
}
