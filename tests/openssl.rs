//! Against the `openssl` program: its signatures verify here, our CMS verifies there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kyso::cms::{SignedData, attribute, write};
use kyso::crypto::{
    Broken, DigestAlgorithm as D, KeyKind, Message, Outcome, PublicKey, SignatureAlgorithm, verify,
};
use kyso::limits::Limits;
use kyso::oid;

const MESSAGE: &[u8] = b"the message that openssl signs";

/// A folder in which `openssl` runs; `None`, said plainly, when there is no such program.
struct Openssl(tempfile::TempDir);

impl Openssl {
    fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            println!("NOT RUN: there is no openssl program");
            return None;
        }
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.path("message"), MESSAGE).unwrap();
        Some(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn try_run(&self, arguments: &str) -> Output {
        Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn run(&self, arguments: &str) -> Vec<u8> {
        let output = self.try_run(arguments);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "openssl {arguments}: {words}");
        output.stdout
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Makes a key and reads its public part.
    fn key(&self, name: &str, arguments: &str) -> PublicKey {
        self.run(&format!("genpkey {arguments} -out {name}.pem"));
        self.run(&format!(
            "pkey -in {name}.pem -pubout -outform DER -out {name}.spki"
        ));
        PublicKey::from_spki(&self.read(&format!("{name}.spki"))).unwrap()
    }

    /// A certificate for the key `name`.
    fn certificate(&self, name: &str) -> Vec<u8> {
        self.run(&format!(
            "req -x509 -key {name}.pem -subj /CN={name} -days 2 -out {name}.crt"
        ));
        self.run(&format!("x509 -in {name}.crt -outform DER"))
    }
}

fn openssl_name(digest: D) -> String {
    digest
        .name()
        .to_lowercase()
        .replace("sha-", "sha")
        .replace('/', "-")
}

fn holds(key: &PublicKey, algorithm: &SignatureAlgorithm, signature: &[u8]) {
    let name = format!("{} by {}", algorithm.name(), key.kind().name());
    let mut messages = vec![(Message::Bytes(MESSAGE), Message::Bytes(b"another"))];
    let values = algorithm
        .digest()
        .map(|digest| (digest.digest(&[MESSAGE]), digest.digest(&[b"another"])));
    if let Some((right, wrong)) = &values {
        messages.push((Message::Digest(right), Message::Digest(wrong)));
    }
    for (right, wrong) in messages {
        assert_eq!(
            verify(key, algorithm, right, signature),
            Outcome::Verified,
            "{name}"
        );
        assert_eq!(
            verify(key, algorithm, wrong, signature),
            Outcome::Broken(Broken::Mismatch),
            "{name}"
        );
    }
}

const DIGESTS: [D; 12] = [
    D::Md5,
    D::Sha1,
    D::Sha224,
    D::Sha256,
    D::Sha384,
    D::Sha512,
    D::Sha512_224,
    D::Sha512_256,
    D::Sha3_224,
    D::Sha3_256,
    D::Sha3_384,
    D::Sha3_512,
];

#[test]
fn rsa_signatures_of_openssl_verify() {
    let Some(openssl) = Openssl::new() else {
        return;
    };
    let sizes = [(1024, 65537), (2048, 3), (2056, 65537), (3072, 65537)];
    for (bits, exponent) in sizes {
        let key = openssl.key(
            "rsa",
            &format!(
                "-algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -pkeyopt rsa_keygen_pubexp:{exponent}"
            ),
        );
        assert!(
            matches!(key.kind(), KeyKind::Rsa { bits: b, exponent: e, .. } if *b == bits && *e == exponent)
        );
        for digest in DIGESTS {
            let name = openssl_name(digest);
            openssl.run(&format!("dgst -{name} -sign rsa.pem -out sig message"));
            holds(
                &key,
                &SignatureAlgorithm::RsaPkcs1 { digest },
                &openssl.read("sig"),
            );
            for salt in [0, 20, digest.output_len(), 64] {
                if (bits as usize - 1).div_ceil(8) < 2 + salt + digest.output_len() {
                    continue;
                }
                openssl.run(&format!(
                    "dgst -{name} -sign rsa.pem -sigopt rsa_padding_mode:pss \
                     -sigopt rsa_pss_saltlen:{salt} -out sig message"
                ));
                let algorithm = SignatureAlgorithm::RsaPss {
                    digest,
                    mgf_digest: digest,
                    salt_len: u32::try_from(salt).unwrap(),
                    trailer: 1,
                };
                holds(&key, &algorithm, &openssl.read("sig"));
            }
        }
    }
}

#[test]
fn elliptic_curve_signatures_of_openssl_verify() {
    let Some(openssl) = Openssl::new() else {
        return;
    };
    for curve in ["P-256", "P-384", "P-521"] {
        let key = openssl.key(
            "ec",
            &format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve}"),
        );
        assert_eq!(key.kind().name(), curve);
        for digest in DIGESTS {
            let name = openssl_name(digest);
            openssl.run(&format!("dgst -{name} -sign ec.pem -out sig message"));
            holds(
                &key,
                &SignatureAlgorithm::Ecdsa { digest },
                &openssl.read("sig"),
            );
        }
    }
    for (name, algorithm) in [
        ("ED25519", SignatureAlgorithm::Ed25519),
        ("ED448", SignatureAlgorithm::Ed448),
    ] {
        let key = openssl.key("ed", &format!("-algorithm {name}"));
        openssl.run("pkeyutl -sign -inkey ed.pem -rawin -in message -out sig");
        holds(&key, &algorithm, &openssl.read("sig"));
    }
}

#[test]
fn dsa_signatures_of_openssl_verify() {
    let Some(openssl) = Openssl::new() else {
        return;
    };
    for (bits, order) in [(1024, 160), (2048, 256)] {
        openssl.run(&format!(
            "genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:{bits} \
             -pkeyopt dsa_paramgen_q_bits:{order} -out group.pem"
        ));
        let key = openssl.key("dsa", "-paramfile group.pem");
        assert_eq!(key.kind(), &KeyKind::Dsa { bits });
        for digest in [D::Sha1, D::Sha224, D::Sha256, D::Sha384, D::Sha512] {
            let name = openssl_name(digest);
            openssl.run(&format!("dgst -{name} -sign dsa.pem -out sig message"));
            holds(
                &key,
                &SignatureAlgorithm::Dsa { digest },
                &openssl.read("sig"),
            );
        }
    }
}

/// Keys for CMS (openssl 3.0 has no EdDSA there): name, how they are made, digest, signature algorithm, options of `cms -sign`.
fn cms_keys() -> Vec<(
    &'static str,
    &'static str,
    D,
    SignatureAlgorithm,
    &'static str,
)> {
    let pss = SignatureAlgorithm::RsaPss {
        digest: D::Sha384,
        mgf_digest: D::Sha384,
        salt_len: 48,
        trailer: 1,
    };
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    let pss_option = "-md sha384 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:48";
    vec![
        (
            "rsa",
            rsa,
            D::Sha256,
            SignatureAlgorithm::RsaPkcs1 { digest: D::Sha256 },
            "-md sha256",
        ),
        ("pss", rsa, D::Sha384, pss, pss_option),
        (
            "p256",
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
            D::Sha256,
            SignatureAlgorithm::Ecdsa { digest: D::Sha256 },
            "-md sha256",
        ),
        (
            "p521",
            "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
            D::Sha512,
            SignatureAlgorithm::Ecdsa { digest: D::Sha512 },
            "-md sha512",
        ),
    ]
}

/// Checks the only signer of `data` over `content`, as RFC 5652 §5.6 says.
fn check(data: &SignedData<'_>, key: &PublicKey, content: &[u8]) -> SignatureAlgorithm {
    let [signer] = data.signers.as_slice() else {
        panic!("one signer");
    };
    let digest = signer.digest_algorithm.algorithm.unwrap();
    let algorithm = signer.algorithm().unwrap();
    let message = match &signer.signed_attributes {
        Some(attributes) => {
            assert!(attributes.is_der());
            let list = attributes.as_slice();
            assert_eq!(
                attribute::content_type(list).unwrap().as_ref(),
                Some(&data.content_type)
            );
            assert_eq!(
                attribute::message_digest(list).unwrap(),
                Some(digest.digest(&[content]).as_bytes())
            );
            attributes.octets_as_sent()
        }
        None => content.to_vec(),
    };
    assert_eq!(
        verify(key, &algorithm, Message::Bytes(&message), &signer.signature),
        Outcome::Verified,
        "{}",
        algorithm.name()
    );
    algorithm
}

#[test]
fn cms_of_openssl_is_read_and_verifies_in_der_and_ber() {
    let Some(openssl) = Openssl::new() else {
        return;
    };
    for (name, make, digest, algorithm, options) in cms_keys() {
        let key = openssl.key(name, make);
        let certificate = openssl.certificate(name);
        let signed = format!(
            "cms -sign -binary -in message -signer {name}.crt -inkey {name}.pem -outform DER {options}"
        );
        let forms = [
            ("", false),
            ("-cades", false),
            ("-keyid", false),
            ("-nodetach", false),
            ("-nodetach -stream -indef", true),
        ];
        for (form, ber) in forms {
            if ber && name == "pss" {
                // openssl 3.0 cannot: "illegal zero content".
                continue;
            }
            openssl.run(&format!("{signed} {form} -out cms"));
            let mut bytes = openssl.read("cms");
            bytes.extend_from_slice(&[0; 40]);
            let data = SignedData::parse(&bytes, &Limits::new()).unwrap();
            let is_ber = !matches!(data.encoding, kyso::cms::Encoding::Der);
            assert_eq!(is_ber, ber, "{name} {form}");
            assert_eq!(data.length + 40, bytes.len());
            assert_eq!(data.certificates, [&certificate[..]]);
            match &data.content {
                Some(content) => assert_eq!(content[..], *MESSAGE),
                None => assert!(!form.contains("nodetach")),
            }
            assert_eq!(check(&data, &key, MESSAGE), algorithm, "{name} {form}");
            let signer = &data.signers[0];
            assert_eq!(signer.digest_algorithm.algorithm, Some(digest));
            let named = attribute::signing_certificate_v2(signer.signed()).unwrap();
            assert_eq!(named.is_some(), form == "-cades");
            if let Some([first, ..]) = named.as_deref() {
                assert_eq!(first.matches(&certificate), Some(true));
            }
        }
        openssl.run(&format!("{signed} -noattr -out cms"));
        let bytes = openssl.read("cms");
        let data = SignedData::parse(&bytes, &Limits::new()).unwrap();
        assert!(data.signers[0].signed_attributes.is_none());
        check(&data, &key, MESSAGE);
    }
}

/// Signs with the key `name` of `openssl`.
fn sign(openssl: &Openssl, name: &str, algorithm: &SignatureAlgorithm, message: &[u8]) -> Vec<u8> {
    std::fs::write(openssl.path("to-sign"), message).unwrap();
    let digest = openssl_name(algorithm.digest().unwrap());
    let options = match algorithm {
        SignatureAlgorithm::RsaPss { salt_len, .. } => {
            format!("-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt_len}")
        }
        _ => String::new(),
    };
    openssl.run(&format!(
        "dgst -{digest} -sign {name}.pem {options} -out value to-sign"
    ));
    openssl.read("value")
}

fn accepts(openssl: &Openssl, cms: &Path, certificate: &str) -> bool {
    let output = openssl.try_run(&format!(
        "cms -verify -binary -inform DER -in {} -content message -CAfile {certificate} \
             -purpose any -out /dev/null",
        cms.display()
    ));
    output.status.success()
}

#[test]
fn openssl_verifies_what_the_writer_makes() {
    let Some(openssl) = Openssl::new() else {
        return;
    };
    for (name, make, digest, algorithm, _) in cms_keys() {
        let key = openssl.key(name, make);
        let certificate = openssl.certificate(name);
        let value = digest.digest(&[MESSAGE]);
        let signed = write::signed_attributes(&write::Attributes {
            content_type: &oid::DATA,
            message_digest: value.as_bytes(),
            signing_certificate: Some((&certificate, digest)),
            signing_time: None,
            algorithm_protection: Some((digest, &algorithm)),
            more: &[],
        })
        .unwrap();
        let signer = write::issuer_and_serial(&certificate).unwrap();
        let parts = write::Signature {
            content_type: &oid::DATA,
            content: None,
            certificates: &[&certificate],
            crls: &[],
            signer: &signer,
            digest_algorithm: digest,
            signature_algorithm: &algorithm,
            signed_attributes: Some(&signed),
            unsigned_attributes: &[],
        };
        let signature = sign(&openssl, name, &algorithm, &signed);
        let cms = write::signed_data(&parts, &signature).unwrap();
        let most = write::size(&parts, key.signature_len(), None).unwrap();
        assert!(cms.len() <= most && cms.len() + 4 >= most, "{name}");
        let data = SignedData::parse(&cms, &Limits::new()).unwrap();
        check(&data, &key, MESSAGE);
        let path = openssl.path("ours.cms");
        std::fs::write(&path, &cms).unwrap();
        let own = format!("{name}.crt");
        assert!(accepts(&openssl, &path, &own), "{name}");

        // A time stamp (here any CMS) leaves the signature right.
        let stamped = write::with_signature_time_stamp(&cms, &cms, &Limits::new()).unwrap();
        std::fs::write(&path, &stamped).unwrap();
        assert!(accepts(&openssl, &path, &own), "{name} stamped");

        let mut broken = cms.clone();
        *broken.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &broken).unwrap();
        assert!(!accepts(&openssl, &path, &own), "{name} broken");
    }
}
