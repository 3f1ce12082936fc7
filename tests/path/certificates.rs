//! Certificates as the field has them, and as nobody should have them.

use std::path::{Path, PathBuf};

use kyso::oid::{self, Oid};
use kyso::pki::certificate::Oddity;
use kyso::pki::extension::GeneralName;
use kyso::pki::{Certificate, NameMatch};

use super::common::*;

fn attribute(kind: &Oid, tag: u8, value: &[u8]) -> Vec<u8> {
    let kind = kyso::asn1::write::oid(kind).unwrap();
    element(0x31, &sequence(&[kind, element(tag, value)]))
}

/// Everything that `reference` §5.3 of the Vietnamese PKIs names, in one leaf.
fn vietnamese() -> Cert {
    let mut cert = Cert::new("CN=Co quan chung thuc so,O=Ban Co yeu,C=VN", "CN=x", key(1));
    cert.serial = [&[0x54][..], &[0xab; 15]].concat();
    cert.subject = sequence(&[
        attribute(&oid::AT_COUNTRY, 0x13, b"VN"),
        attribute(&oid::AT_ORGANIZATION, 0x0c, "Bộ Ngoại giao".as_bytes()),
        attribute(&oid::AT_ORGANIZATIONAL_UNIT, 0x1e, &[0x1e, 0xd8, 0, 0x31]),
        attribute(&oid::AT_ORGANIZATIONAL_UNIT, 0x14, b"Phong\xe0"),
        attribute(&oid::AT_TITLE, 0x0c, "Giám đốc".as_bytes()),
        attribute(&oid::AT_COMMON_NAME, 0x0c, "Trần B, C".as_bytes()),
        attribute(&oid::AT_USER_ID, 0x0c, b"MST:0100109106-001"),
        attribute(&oid::AT_USER_ID, 0x0c, b"CCCD:012345678901"),
        attribute(&oid::AT_EMAIL_ADDRESS, 0x16, b"b@mofa.gov.vn"),
    ]);
    let netscape = |last: &str, value: &[u8]| {
        let kind = Oid::from_dotted(&format!("2.16.840.1.113730.1.{last}")).unwrap();
        extension(&kind, false, value)
    };
    let keyid = sequence(&[
        element(0x80, &[7; 20]),
        element(0xa1, &general("dn:CN=RootCA,C=VN")),
        element(0x82, &[4]),
    ]);
    cert.with(basic(false, None))
        .with(usage(&[0, 1, 2, 3]))
        .with(purposes(
            false,
            &[oid::KP_CLIENT_AUTH, oid::KP_EMAIL_PROTECTION],
        ))
        .with(extension(&oid::AUTHORITY_KEY_IDENTIFIER, false, &keyid))
        .with(alt_names(&generals(&["email:b@mofa.gov.vn"])))
        .with(netscape("1", &[3, 2, 5, 0xa0]))
        .with(netscape("13", &element(0x16, b"User Certificate")))
}

#[test]
fn ok_a_leaf_with_every_quirk_of_the_field() {
    let cert = vietnamese().sign(key(0));
    assert_eq!(
        cert.subject().rfc4514(),
        "emailAddress=b@mofa.gov.vn,UID=CCCD:012345678901,UID=MST:0100109106-001,\
         CN=Trần B\\, C,title=Giám đốc,OU=Phongà,OU=Ộ1,O=Bộ Ngoại giao,C=VN"
    );
    assert_eq!(cert.serial().as_bytes().len(), 16);
    let aki = cert.authority_key_identifier().unwrap();
    assert_eq!(aki.key_identifier.as_deref(), Some(&[7; 20][..]));
    assert_eq!(aki.serial.as_ref().unwrap().to_string(), "04");
    assert!(
        matches!(&aki.issuer[..], [GeneralName::Directory(name)] if name.rfc4514() == "CN=RootCA,C=VN")
    );
    assert_eq!(cert.holder().units, ["Ộ1", "Phongà"]);
    assert_eq!(cert.oddities(), []);
    assert_eq!(cert.unknown_critical_extension(), None);
    let told: Vec<String> = cert
        .extensions()
        .iter()
        .filter_map(|e| e.describe())
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[1], "User Certificate");
}

#[test]
fn ok_what_is_odd_is_noted_and_read() {
    let notes = |change: fn(&mut Cert)| {
        let mut cert = Cert::ca("CN=a", "CN=b", key(1))
            .with(key_identifier(&[1]))
            .with(issuer_identifier(&[2]));
        change(&mut cert);
        cert.sign(key(0)).oddities().to_vec()
    };
    assert_eq!(notes(|_| {}), []);
    type Change = fn(&mut Cert);
    let rows: Vec<(Change, Oddity)> = vec![
        (|c| c.serial = vec![0xff], Oddity::SerialNegative),
        (|c| c.issuer = sequence(&[]), Oddity::EmptyIssuer),
        (|c| c.subject = sequence(&[]), Oddity::AuthorityWithoutName),
        (
            |c| c.subject = sequence(&[attribute(&oid::AT_COMMON_NAME, 0x0c, &[0xff])]),
            Oddity::MalformedString,
        ),
        (|c| c.version = 2, Oddity::ExtensionsBeforeVersion3),
        (
            |c| c.extensions.push(usage(&[5])),
            Oddity::DuplicateExtension(oid::KEY_USAGE),
        ),
        (
            |c| {
                c.extensions
                    .push(extension(&oid::NAME_CONSTRAINTS, true, &[0x30, 0]))
            },
            Oddity::MalformedExtension(oid::NAME_CONSTRAINTS),
        ),
        (
            |c| c.extensions[0] = extension(&oid::BASIC_CONSTRAINTS, false, &[0x30, 3, 1, 1, 0xff]),
            Oddity::CriticalMissing(oid::BASIC_CONSTRAINTS),
        ),
        (
            |c| c.extensions[0] = basic(false, None),
            Oddity::ContradictoryAuthority,
        ),
        (
            |c| {
                let kind = kyso::asn1::write::oid(&oid::KEY_USAGE).unwrap();
                c.extensions[1] = sequence(&[kind, vec![1, 1, 0], element(4, &[3, 2, 1, 6])]);
            },
            Oddity::ExplicitDefault,
        ),
        (
            |c| drop(c.extensions.pop()),
            Oddity::AuthorityKeyIdentifierMissing,
        ),
        (
            |c| drop(c.extensions.remove(2)),
            Oddity::SubjectKeyIdentifierMissing,
        ),
    ];
    for (change, oddity) in rows {
        assert!(notes(change).contains(&oddity), "{oddity}");
    }
}

#[test]
fn err_what_is_no_certificate() {
    let good = vietnamese().der(key(0));
    assert!(Certificate::from_der(&good).is_ok());
    let trailing = [&good[..], &[0]].concat();
    assert!(Certificate::from_der(&trailing).is_err());
    for length in 0..good.len() {
        assert!(Certificate::from_der(&good[..length]).is_err());
    }
    assert!(Certificate::from_pem_or_der(b"-----BEGIN CERTIFICATE-----\n").is_err());
    assert!(Certificate::from_pem_or_der(b"no certificate").is_err());
    let mut backwards = vietnamese();
    std::mem::swap(&mut backwards.not_before, &mut backwards.not_after);
    assert!(Certificate::from_der(&backwards.der(key(0))).is_err());
    let mut long = vietnamese();
    long.serial = vec![1; 65];
    assert!(Certificate::from_der(&long.der(key(0))).is_err());
    let huge = vietnamese().with(extension(&policy(1), false, &vec![0; 300_000]));
    let error = Certificate::from_der(&huge.der(key(0))).unwrap_err();
    assert!(error.to_string().contains("limit"), "{error}");
}

/// No octet can be changed such that reading does not end in an answer.
#[test]
fn ok_every_octet_changed_ends_in_an_answer() {
    let good = vietnamese().der(key(0));
    for at in 0..good.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= change;
            if let Ok(read) = Certificate::from_der(&bad) {
                assert_eq!(read.der(), &bad[..]);
                let _ = (
                    read.subject().rfc4514(),
                    read.holder(),
                    read.is_self_issued(),
                );
                assert_ne!(read.subject().matches(read.subject()), NameMatch::Different);
            }
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|e| ["crt", "pem", "der"].contains(&e.to_str().unwrap()))
        {
            found.push(path);
        }
    }
}

/// Every certificate of the suites that x509-parser reads says the same here.
#[test]
fn ok_a_second_reader_agrees() {
    use x509_parser::prelude::{FromDer as _, X509Certificate};
    let Some(root) = super::corpus("certs/certvalidator") else {
        return;
    };
    let mut found = Vec::new();
    files(&root, &mut found);
    let mut compared = 0;
    for file in found {
        let Ok(read) = Certificate::from_pem_or_der(&std::fs::read(&file).unwrap()) else {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(
                name.contains(".attr.") || !name.ends_with(".crt"),
                "{}",
                file.display()
            );
            continue;
        };
        for ours in read {
            let (_, theirs) = X509Certificate::from_der(ours.der()).unwrap();
            compared += 1;
            let place = file.display();
            assert_eq!(ours.subject().der(), theirs.subject().as_raw(), "{place}");
            assert_eq!(ours.issuer().der(), theirs.issuer().as_raw(), "{place}");
            assert_eq!(ours.serial().as_bytes(), theirs.raw_serial(), "{place}");
            assert_eq!(ours.spki(), theirs.public_key().raw, "{place}");
            assert_eq!(ours.tbs(), theirs.tbs_certificate.as_ref(), "{place}");
            assert_eq!(ours.signature(), &*theirs.signature_value.data, "{place}");
            let period = theirs.validity();
            assert_eq!(
                ours.validity().not_before.unix(),
                period.not_before.timestamp(),
                "{place}"
            );
            assert_eq!(
                ours.validity().not_after.unix(),
                period.not_after.timestamp(),
                "{place}"
            );
            assert_eq!(
                ours.extensions().len(),
                theirs.extensions().len(),
                "{place}"
            );
            for (ours, theirs) in ours.extensions().iter().zip(theirs.extensions()) {
                assert_eq!(ours.kind.to_string(), theirs.oid.to_id_string(), "{place}");
                assert_eq!(
                    (ours.critical, &*ours.value),
                    (theirs.critical, theirs.value),
                    "{place}"
                );
            }
            let ca = theirs
                .basic_constraints()
                .unwrap()
                .is_some_and(|b| b.value.ca);
            assert_eq!(
                ours.basic_constraints().is_some_and(|b| b.ca),
                ca,
                "{place}"
            );
        }
    }
    println!("{compared} certificates compared");
    assert!(compared > 400);
}
