//! A small certificate writer for tests: every field can be wrong.

use std::sync::OnceLock;

use kyso::asn1::{Tag, write};
use kyso::oid::{self, Oid};
use kyso::pki::issue::{Key, KeyType};
use kyso::pki::{Certificate, Name};

/// What comes out is what was put in; nothing is checked.
#[derive(Clone)]
pub struct Cert {
    /// 1 to 3.
    pub version: u8,
    pub serial: Vec<u8>,
    /// Algorithm inside the signed part, when another than outside.
    pub inner_algorithm: Option<Vec<u8>>,
    pub issuer: Vec<u8>,
    pub not_before: Vec<u8>,
    pub not_after: Vec<u8>,
    pub subject: Vec<u8>,
    pub spki: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
}

/// ecdsa-with-SHA256.
pub fn algorithm() -> Vec<u8> {
    sequence(&[write::oid(&oid::ECDSA_WITH_SHA256).unwrap()])
}

pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    write::element(Tag(tag), &[content]).unwrap()
}

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

pub fn name(text: &str) -> Vec<u8> {
    Name::from_rfc4514(text).unwrap().der().to_vec()
}

/// A key that is made once for each number.
pub fn key(number: usize) -> &'static Key {
    static KEYS: [OnceLock<Key>; 32] = [const { OnceLock::new() }; 32];
    KEYS[number].get_or_init(|| Key::generate(KeyType::P256).unwrap())
}

impl Cert {
    /// Version 3, 2020 to 2030, without extensions.
    pub fn new(issuer: &str, subject: &str, subject_key: &Key) -> Self {
        Self {
            version: 3,
            serial: vec![1],
            inner_algorithm: None,
            issuer: name(issuer),
            not_before: element(0x17, b"200101000000Z"),
            not_after: element(0x17, b"300101000000Z"),
            subject: name(subject),
            spki: subject_key.spki().to_vec(),
            extensions: Vec::new(),
        }
    }

    /// A CA.
    pub fn ca(issuer: &str, subject: &str, subject_key: &Key) -> Self {
        Self::new(issuer, subject, subject_key)
            .with(basic(true, None))
            .with(usage(&[5, 6]))
    }

    pub fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    pub fn der(&self, issuer_key: &Key) -> Vec<u8> {
        let version = match self.version {
            1 => Vec::new(),
            number => element(0xa0, &[2, 1, number - 1]),
        };
        let extensions = match self.extensions.is_empty() {
            true => Vec::new(),
            false => element(0xa3, &sequence(&self.extensions)),
        };
        let tbs = sequence(&[
            version,
            element(2, &self.serial),
            self.inner_algorithm.clone().unwrap_or_else(algorithm),
            self.issuer.clone(),
            sequence(&[self.not_before.clone(), self.not_after.clone()]),
            self.subject.clone(),
            self.spki.clone(),
            extensions,
        ]);
        let signature = issuer_key.sign(&tbs).unwrap();
        sequence(&[
            tbs,
            algorithm(),
            element(3, &[&[0][..], &signature].concat()),
        ])
    }

    pub fn sign(&self, issuer_key: &Key) -> Certificate {
        Certificate::from_der(&self.der(issuer_key)).unwrap()
    }
}

pub fn extension(kind: &Oid, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical {
        vec![1, 1, 0xff]
    } else {
        Vec::new()
    };
    sequence(&[write::oid(kind).unwrap(), flag, element(4, value)])
}

pub fn basic(ca: bool, length: Option<u64>) -> Vec<u8> {
    let flag = if ca { vec![1, 1, 0xff] } else { Vec::new() };
    let length = length.map_or(Vec::new(), |n| write::small(n).unwrap());
    extension(&oid::BASIC_CONSTRAINTS, true, &sequence(&[flag, length]))
}

/// Bits by their number in RFC 5280.
pub fn usage(bits: &[u8]) -> Vec<u8> {
    let octet = bits.iter().fold(0u8, |sum, bit| sum | 0x80 >> bit);
    let unused = octet.trailing_zeros() as u8;
    extension(&oid::KEY_USAGE, true, &[3, 2, unused, octet])
}

pub fn oids(list: &[Oid]) -> Vec<u8> {
    sequence(
        &list
            .iter()
            .map(|oid| write::oid(oid).unwrap())
            .collect::<Vec<_>>(),
    )
}

pub fn purposes(critical: bool, list: &[Oid]) -> Vec<u8> {
    extension(&oid::EXTENDED_KEY_USAGE, critical, &oids(list))
}

pub fn alt_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension(&oid::SUBJECT_ALT_NAME, false, &sequence(names))
}

/// General names from texts such as `dns:a.b`; `ip:` and `other` take hexadecimal.
pub fn general(text: &str) -> Vec<u8> {
    let (form, value) = text.split_once(':').unwrap();
    match form {
        "email" => element(0x81, value.as_bytes()),
        "dns" => element(0x82, value.as_bytes()),
        "uri" => element(0x86, value.as_bytes()),
        "ip" => element(0x87, &hex(value)),
        "dn" => element(0xa4, &name(value)),
        "rid" => element(0x88, &hex(value)),
        "other" => {
            let kind = write::oid(&Oid::from_dotted(value).unwrap()).unwrap();
            element(0xa0, &[kind, element(0xa0, &element(0x0c, b"x"))].concat())
        }
        "x400" => element(0xa3, &[]),
        "edi" => element(0xa5, &element(0xa1, &element(0x0c, b"x"))),
        other => panic!("form {other}"),
    }
}

pub fn generals(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| general(text)).collect()
}

pub fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

pub fn constraints(permitted: &[&str], excluded: &[&str]) -> Vec<u8> {
    let part = |tag: u8, texts: &[&str]| match texts {
        [] => Vec::new(),
        texts => {
            let subtrees = texts.iter().map(|text| sequence(&[general(text)]));
            element(tag, &subtrees.collect::<Vec<_>>().concat())
        }
    };
    extension(
        &oid::NAME_CONSTRAINTS,
        true,
        &sequence(&[part(0xa0, permitted), part(0xa1, excluded)]),
    )
}

pub fn policies(list: &[Oid]) -> Vec<u8> {
    let all: Vec<_> = list
        .iter()
        .map(|policy| sequence(&[write::oid(policy).unwrap()]))
        .collect();
    extension(&oid::CERTIFICATE_POLICIES, false, &sequence(&all))
}

pub fn mappings(pairs: &[(Oid, Oid)]) -> Vec<u8> {
    let all: Vec<_> = pairs
        .iter()
        .map(|(issuer, subject)| oids(&[issuer.clone(), subject.clone()]))
        .collect();
    extension(&oid::POLICY_MAPPINGS, true, &sequence(&all))
}

pub fn policy(number: u64) -> Oid {
    Oid::from_dotted(&format!("1.2.3.{number}")).unwrap()
}

pub fn key_identifier(identifier: &[u8]) -> Vec<u8> {
    extension(&oid::SUBJECT_KEY_IDENTIFIER, false, &element(4, identifier))
}

pub fn issuer_identifier(identifier: &[u8]) -> Vec<u8> {
    let value = sequence(&[element(0x80, identifier)]);
    extension(&oid::AUTHORITY_KEY_IDENTIFIER, false, &value)
}
