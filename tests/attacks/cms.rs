//! A53 to A64: the CMS value in a structure that is faultless.

use kyso::Policy;
use kyso::asn1::Tag;
use kyso::asn1::write::{element, sequence, set_of};
use kyso::cms::write;
use kyso::crypto::{DigestAlgorithm, SignatureAlgorithm};
use kyso::oid;

use super::build::*;
use super::expect::{Expect, FORMAT, Row, S};
use super::pki::*;

fn with(cms: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    ByHand::new().cms(cms).build()
}

/// The faultless value over `content`, changed by `change`.
fn changed(change: impl Fn(&mut Cms<'_>)) -> Vec<u8> {
    with(|content| {
        let mut cms = Cms::new(&PKI.leader, content);
        change(&mut cms);
        cms.der(content)
    })
}

/// V043.
#[test]
fn a53_number_of_signers() {
    let mut row = Row::new("A53");
    let none = with(|content| Cms::new(&PKI.leader, content).with_signers(&[]));
    row.case("none", &none, FORMAT);
    let two = with(|content| {
        let cms = Cms::new(&PKI.leader, content);
        let second = Cms::new(&PKI.agency, content).signer_info(content);
        cms.with_signers(&[cms.signer_info(content), second])
    });
    row.case("two", &two, FORMAT);
    let bad_first = with(|content| {
        let cms = Cms::new(&PKI.leader, content);
        let bad = Cms::new(&PKI.leader, b"other").signer_info(b"other");
        cms.with_signers(&[bad, cms.signer_info(content)])
    });
    row.case("bad first", &bad_first, FORMAT);
    let one = with(|content| {
        let cms = Cms::new(&PKI.leader, content);
        cms.with_signers(&[cms.signer_info(content)])
    });
    row.case("one", &one, Expect::Pass);
    row.finish();
}

/// V044.
#[test]
fn a54_order_of_signed_attributes() {
    let mut row = Row::new("A54");
    let unsorted = |sorted: bool| {
        changed(move |cms| {
            let members = cms.attributes.as_mut().unwrap();
            members.sort();
            members.reverse();
            cms.as_listed = true;
            cms.sign_sorted = sorted;
        })
    };
    row.case("signed as sent", &unsorted(false), Expect::Warn);
    row.case("signed as sorted", &unsorted(true), Expect::Warn);
    row.finish();
}

/// V045.
#[test]
fn a55_no_signed_attributes() {
    let mut row = Row::new("A55");
    for form in ["ETSI.CAdES.detached", "adbe.pkcs7.detached"] {
        let file = ByHand::new()
            .dictionary("ETSI.CAdES.detached", form)
            .cms(|content| {
                let mut cms = Cms::new(&PKI.leader, content);
                cms.attributes = None;
                cms.der(content)
            });
        row.case(form, &file.build(), Expect::Open(S::SigConstraintsFailure));
    }
    row.finish();
}

/// V045.
#[test]
fn a57_content_type_and_message_digest() {
    let mut row = Row::new("A57");
    for index in [0, 1] {
        let name = ["content-type", "message-digest"][index];
        let missing = changed(|cms| {
            cms.attributes.as_mut().unwrap().remove(index);
        });
        row.case(&format!("{name} missing"), &missing, FORMAT);
        let twice = changed(|cms| {
            let members = cms.attributes.as_mut().unwrap();
            members.push(members[index].clone());
        });
        row.case(&format!("{name} twice"), &twice, FORMAT);
        let kind = &[oid::CONTENT_TYPE, oid::MESSAGE_DIGEST][index];
        let value = |cms: &Cms<'_>| {
            let whole = cms.attributes.as_ref().unwrap()[index].clone();
            let mut fields = kyso::asn1::parse(&whole).unwrap().reader();
            fields.element().unwrap();
            fields.element().unwrap().content.to_vec()
        };
        let two_values = changed(|cms| {
            let one = value(cms);
            cms.attributes.as_mut().unwrap()[index] =
                write::attribute(kind, &[&one, &one]).unwrap();
        });
        row.case(&format!("{name} with two values"), &two_values, FORMAT);
        let none = changed(|cms| {
            let empty: [&[u8]; 0] = [];
            cms.attributes.as_mut().unwrap()[index] = write::attribute(kind, &empty).unwrap();
        });
        row.case(&format!("{name} without a value"), &none, FORMAT);
        let wrong = changed(|cms| {
            cms.attributes.as_mut().unwrap()[index] =
                write::attribute(kind, &[&[0x0c, 1, b'x']]).unwrap();
        });
        row.case(&format!("{name} of another type"), &wrong, FORMAT);
    }
    let other = changed(|cms| {
        cms.attributes.as_mut().unwrap()[0] = content_type_attribute(&oid::SIGNED_DATA);
    });
    row.case("another content type", &other, FORMAT);
    let digest = changed(|cms| {
        cms.attributes.as_mut().unwrap()[1] = message_digest_attribute(&[7; 32]);
    });
    row.case("another digest", &digest, Expect::Fail(S::HashFailure));
    let short = changed(|cms| {
        cms.attributes.as_mut().unwrap()[1] = message_digest_attribute(&[]);
    });
    row.case("empty digest", &short, Expect::Fail(S::HashFailure));
    row.finish();
}

/// V046.
#[test]
fn a58_signing_certificate_attribute() {
    let mut row = Row::new("A58");
    let absent = changed(|cms| {
        cms.attributes.as_mut().unwrap().remove(2);
    });
    row.case("absent", &absent, Expect::Open(S::SigConstraintsFailure));
    let wrong = changed(|cms| {
        cms.attributes.as_mut().unwrap()[2] = ess_attribute(PKI.agency.certificate());
    });
    row.case(
        "of another certificate",
        &wrong,
        Expect::Open(S::NoSigningCertificateFound),
    );
    // The same key and names, issued again: only the hash tells.
    let again = PKI
        .issuing
        .issue(PKI.leader.key().spki(), &signer_template(11, "Leader"))
        .unwrap();
    let other = PKI
        .issuing
        .issue(PKI.leader.key().spki(), &{
            let mut template = signer_template(11, "Leader");
            template.not_after = at().plus(500 * DAY);
            template
        })
        .unwrap();
    for (name, certificate) in [("re-issued", again), ("re-issued for longer", other)] {
        let file = changed(|cms| cms.chain[0] = certificate.clone());
        row.case(name, &file, Expect::Open(S::NoSigningCertificateFound));
    }
    let nobody = changed(|cms| cms.chain.clear());
    row.case(
        "no certificate at all",
        &nobody,
        Expect::Open(S::NoSigningCertificateFound),
    );
    row.finish();
}

/// V047.
#[test]
fn a59_algorithms_that_differ() {
    let mut row = Row::new("A59");
    let differ = changed(|cms| {
        cms.digest = DigestAlgorithm::Sha512;
    });
    // The digest of the content is then that of another algorithm.
    row.case("digest named only", &differ, Expect::Fail(S::HashFailure));
    let consistent = with(|content| {
        let mut cms = Cms::new(&PKI.leader, content);
        cms.digest = DigestAlgorithm::Sha512;
        let digest = DigestAlgorithm::Sha512.digest(&[content]);
        cms.attributes.as_mut().unwrap()[1] = message_digest_attribute(digest.as_bytes());
        cms.der(content)
    });
    row.case(
        "SHA-512 and ECDSA with SHA-256",
        &consistent,
        Expect::Open(S::SigConstraintsFailure),
    );
    let protection = |digest: DigestAlgorithm, signature: &SignatureAlgorithm| {
        let signature = signature.to_der().unwrap();
        let inside = kyso::asn1::parse(&signature).unwrap().content.to_vec();
        let value = sequence(&[
            &digest.to_der().unwrap(),
            &element(Tag::context(1), &[&inside]).unwrap(),
        ])
        .unwrap();
        write::attribute(&oid::CMS_ALGORITHM_PROTECTION, &[&value]).unwrap()
    };
    let ecdsa = |digest| SignatureAlgorithm::Ecdsa { digest };
    let sha256 = DigestAlgorithm::Sha256;
    for (name, digest, signature, expect) in [
        ("right", sha256, ecdsa(sha256), Expect::Pass),
        (
            "another digest",
            DigestAlgorithm::Sha384,
            ecdsa(sha256),
            FORMAT,
        ),
        (
            "another signature",
            sha256,
            ecdsa(DigestAlgorithm::Sha384),
            FORMAT,
        ),
    ] {
        let file = changed(|cms| {
            cms.attributes
                .as_mut()
                .unwrap()
                .push(protection(digest, &signature));
        });
        row.case(&format!("protection: {name}"), &file, expect);
    }
    row.finish();
}

/// Signed by the RSA holder, the value changed by `change`.
fn rsa(change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    with(|content| {
        let cms = Cms::new(&PKI.rsa, content);
        cms.with_value(&change(&cms.value(content)))
    })
}

/// V048. Forged PKCS#1 blocks need a private key without padding, or e = 3 and a cube root: the
/// Wycheproof vectors in the unit tests of `crypto` have them; here are the outer forms.
#[test]
fn a60_rsa_values() {
    let mut row = Row::new("A60");
    let broken = Expect::Fail(S::SigCryptoFailure);
    row.case("right", &rsa(|value| value.to_vec()), Expect::Pass);
    row.case(
        "one octet more",
        &rsa(|value| [value, &[0]].concat()),
        broken,
    );
    row.case(
        "zero in front",
        &rsa(|value| [&[0], value].concat()),
        broken,
    );
    row.case("one octet less", &rsa(|value| value[1..].to_vec()), broken);
    row.case("empty", &rsa(|_| Vec::new()), broken);
    row.case("all zeros", &rsa(|value| vec![0; value.len()]), broken);
    row.case(
        "one",
        &rsa(|value| {
            let mut one = vec![0; value.len()];
            *one.last_mut().unwrap() = 1;
            one
        }),
        broken,
    );
    row.case("all ones", &rsa(|value| vec![0xff; value.len()]), broken);
    row.finish();
}

/// V048.
#[test]
fn a61_ecdsa_values() {
    let mut row = Row::new("A61");
    let broken = Expect::Fail(S::SigCryptoFailure);
    let order = [
        0xffu8, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let integer = |content: &[u8]| element(Tag::INTEGER, &[content]).unwrap();
    let pair = |r: &[u8], s: &[u8]| sequence(&[&integer(r), &integer(s)]).unwrap();
    let parts = |value: &[u8]| {
        let mut fields = kyso::asn1::parse(value).unwrap().reader();
        let r = fields.element().unwrap().content.to_vec();
        (r, fields.element().unwrap().content.to_vec())
    };
    let value = |change: &dyn Fn(&[u8]) -> Vec<u8>| {
        with(|content| {
            let cms = Cms::new(&PKI.leader, content);
            cms.with_value(&change(&cms.value(content)))
        })
    };
    let n = [&[0][..], &order].concat();
    row.case("r zero", &value(&|v| pair(&[0], &parts(v).1)), broken);
    row.case("s zero", &value(&|v| pair(&parts(v).0, &[0])), broken);
    row.case("both zero", &value(&|_| pair(&[0], &[0])), broken);
    row.case("r the order", &value(&|v| pair(&n, &parts(v).1)), broken);
    row.case("s the order", &value(&|v| pair(&parts(v).0, &n)), broken);
    row.case(
        "r negative",
        &value(&|v| pair(&[0x80], &parts(v).1)),
        broken,
    );
    row.case("s empty", &value(&|v| pair(&parts(v).0, &[])), broken);
    row.case("trailing byte", &value(&|v| [v, &[0]].concat()), broken);
    row.case(
        "trailing byte inside",
        &value(&|v| {
            let (r, s) = parts(v);
            sequence(&[&integer(&r), &integer(&s), &[5, 0]]).unwrap()
        }),
        broken,
    );
    row.case(
        "long form of the length",
        &value(&|v| [&[0x30, 0x81], &v[1..]].concat()),
        broken,
    );
    row.case(
        "raw r and s",
        &value(&|v| {
            let (r, s) = parts(v);
            let fixed = |n: &[u8]| {
                let n = n.strip_prefix(&[0]).unwrap_or(n);
                [vec![0; 32 - n.len()], n.to_vec()].concat()
            };
            [fixed(&r), fixed(&s)].concat()
        }),
        broken,
    );
    row.finish();
}

/// V048.
#[test]
fn a62_pss_parameters() {
    let mut row = Row::new("A62");
    let sha256 = DigestAlgorithm::Sha256;
    let pss = |mgf_digest, salt_len, trailer| SignatureAlgorithm::RsaPss {
        digest: sha256,
        mgf_digest,
        salt_len,
        trailer,
    };
    let right = pss(sha256, 32, 1);
    let key = kyso::pki::issue::Key::from_pkcs8(PKI.rsa.key().pkcs8())
        .unwrap()
        .with_algorithm(right.clone())
        .unwrap();
    let file = |named: SignatureAlgorithm| {
        with(|content| {
            let mut cms = Cms::new(&PKI.rsa, content);
            let message = set_of(Tag::SET, cms.attributes.as_ref().unwrap()).unwrap();
            cms.algorithm = named.clone();
            cms.with_value(&key.sign(&message).unwrap())
        })
    };
    row.case("right", &file(right.clone()), Expect::Pass);
    for (name, named) in [
        (
            "another hash of the mask",
            pss(DigestAlgorithm::Sha384, 32, 1),
        ),
        ("trailer 2", pss(sha256, 32, 2)),
        ("salt 1000", pss(sha256, 1000, 1)),
    ] {
        row.case(name, &file(named), Expect::Fail(S::SigCryptoFailure));
    }
    row.finish();
}

/// V043, V050.
#[test]
fn a63_what_surrounds_the_value() {
    let mut row = Row::new("A63");
    let content = with(|content| {
        let mut cms = Cms::new(&PKI.leader, content);
        cms.content = Some(content.to_vec());
        cms.content.as_mut().unwrap().truncate(500);
        cms.der(content)
    });
    row.case("content inside", &content, FORMAT);
    let garbage = with(|content| [&Cms::new(&PKI.leader, content).der(content)[..], b"x"].concat());
    row.case("a byte behind", &garbage, FORMAT);
    // Indefinite length at the two outer levels.
    let indefinite = with(|content| {
        let der = Cms::new(&PKI.leader, content).der(content);
        let inside = kyso::asn1::parse(&der).unwrap().content;
        [&[0x30, 0x80], inside, &[0, 0]].concat()
    });
    row.case("indefinite length", &indefinite, Expect::Warn);
    let long = with(|content| {
        let mut der = Cms::new(&PKI.leader, content).der(content);
        assert_eq!(der[..2], [0x30, 0x82]);
        der[2..4].fill(0xff);
        der
    });
    row.case("longer than its place", &long, FORMAT);
    row.finish();
    let mut row = Row::with("A63 strict", with_policy(Policy::strict()));
    row.case(
        "indefinite length",
        &indefinite,
        Expect::Open(S::SigConstraintsFailure),
    );
    row.finish();
}

/// V005, V049.
#[test]
fn a64_legacy_forms() {
    let mut row = Row::new("A64");
    let sha1 = |right: bool| {
        ByHand::new()
            .dictionary("ETSI.CAdES.detached", "adbe.pkcs7.sha1")
            .cms(move |content| {
                let inner = DigestAlgorithm::Sha1.digest(&[if right { content } else { b"x" }]);
                let mut cms = Cms::new(&PKI.leader, inner.as_bytes());
                cms.content = Some(inner.as_bytes().to_vec());
                cms.der(inner.as_bytes())
            })
            .build()
    };
    row.case(
        "inner digest wrong",
        &sha1(false),
        Expect::Fail(S::HashFailure),
    );
    row.case(
        "inner digest right",
        &sha1(true),
        Expect::Open(S::CryptoConstraintsFailureNoPoe),
    );
    let certificate: String = PKI
        .rsa
        .certificate()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    // The signing side makes no SHA-1 signatures; this one is made by hand.
    let bare = |right: bool| {
        use rsa::pkcs8::DecodePrivateKey as _;
        let key = rsa::PrivateKey::from_pkcs8_der(PKI.rsa.key().pkcs8()).unwrap();
        ByHand::new()
            .dictionary(
                "ETSI.CAdES.detached",
                &format!("adbe.x509.rsa_sha1 /Cert <{certificate}>"),
            )
            .cms(move |content| {
                let message = if right { content } else { b"x" };
                let digest = DigestAlgorithm::Sha1.digest(&[message]);
                let scheme = rsa::Pkcs1v15Sign::new::<sha1::Sha1>();
                let value = key.sign(scheme, digest.as_bytes()).unwrap();
                element(Tag::OCTET_STRING, &[&value]).unwrap()
            })
            .build()
    };
    row.case(
        "bare RSA, of something else",
        &bare(false),
        Expect::Fail(S::SigCryptoFailure),
    );
    row.case(
        "bare RSA",
        &bare(true),
        Expect::Open(S::CryptoConstraintsFailureNoPoe),
    );
    let unknown = ByHand::new()
        .dictionary("ETSI.CAdES.detached", "Example.unknown")
        .build();
    row.case(
        "unknown form",
        &unknown,
        Expect::Open(S::SigConstraintsFailure),
    );
    row.finish();
}
