use super::*;
use crate::asn1::write;
use crate::error::{Asn1Fault, ErrorKind};

fn time(text: &str) -> Vec<u8> {
    write::element(Tag::UTC_TIME, &[text.as_bytes()]).unwrap()
}

fn name(common: &str) -> Vec<u8> {
    let text = write::element(Tag::UTF8_STRING, &[common.as_bytes()]).unwrap();
    let pair = write::sequence(&[&write::oid(&oid::AT_COMMON_NAME).unwrap(), &text]).unwrap();
    write::sequence(&[&write::element(Tag::SET, &[&pair]).unwrap()]).unwrap()
}

fn extension(kind: &Oid, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    let value = write::element(Tag::OCTET_STRING, &[value]).unwrap();
    write::sequence(&[&write::oid(kind).unwrap(), flag, &value]).unwrap()
}

fn entry(serial: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let serial = write::element(Tag::INTEGER, &[serial]).unwrap();
    let extensions = if extensions.is_empty() {
        Vec::new()
    } else {
        write::sequence(&[&extensions.concat()]).unwrap()
    };
    write::sequence(&[&serial, &time("260101000000Z"), &extensions]).unwrap()
}

/// A CRL with a signature that nobody made.
fn crl(version: Option<u64>, entries: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = write::sequence(&[&write::oid(&oid::ECDSA_WITH_SHA256).unwrap()]).unwrap();
    let version = version.map_or(Vec::new(), |v| write::small(v).unwrap());
    let entries = if entries.is_empty() {
        Vec::new()
    } else {
        write::sequence(&[entries]).unwrap()
    };
    let extensions = if extensions.is_empty() {
        Vec::new()
    } else {
        let all = write::sequence(&[&extensions.concat()]).unwrap();
        write::element(Tag::context(0), &[&all]).unwrap()
    };
    let tbs = write::sequence(&[
        &version,
        &algorithm,
        &name("CA"),
        &time("260101000000Z"),
        &time("260201000000Z"),
        &entries,
        &extensions,
    ])
    .unwrap();
    let signature = write::element(Tag::BIT_STRING, &[&[0, 0xde, 0xad]]).unwrap();
    write::sequence(&[&tbs, &algorithm, &signature]).unwrap()
}

fn read(der: &[u8]) -> Result<Crl, Error> {
    Crl::from_der(der, &Limits::new())
}

#[test]
fn ok_parts_are_where_they_stand() {
    let der = crl(
        Some(1),
        &entry(&[5], &[]),
        &[extension(&oid::CRL_NUMBER, false, &[2, 2, 1, 0])],
    );
    let crl = read(&der).unwrap();
    assert_eq!(crl.der(), der);
    assert_eq!(crl.signature(), [0xde, 0xad]);
    assert_eq!(asn1::parse(crl.tbs()).unwrap().tag, Tag::SEQUENCE);
    assert_eq!(crl.issuer().der(), name("CA"));
    assert_eq!(crl.number().unwrap().as_bytes(), [1, 0]);
    assert_eq!(crl.next_update(), UtcTime::from_rfc3339("2026-02-01"));
    assert_eq!(crl.len(), 1);
    assert!(crl.scope().is_none() && crl.unusable().is_none() && crl.base_number().is_none());
}

#[test]
fn ok_version_1_without_extensions() {
    let der = crl(None, &entry(&[5], &[]), &[]);
    assert_eq!(read(&der).unwrap().entries(&[5]).count(), 1);
    let number = extension(&oid::CRL_NUMBER, false, &[2, 1, 1]);
    assert!(read(&crl(None, &[], std::slice::from_ref(&number))).is_err());
    let reason = extension(&oid::CRL_REASON, false, &[0x0a, 1, 1]);
    assert!(read(&crl(None, &entry(&[5], &[reason]), &[])).is_err());
    assert!(read(&crl(Some(2), &[], &[number])).is_err());
}

#[test]
fn ok_reason_and_invalidity_date_of_an_entry() {
    let extensions = [
        extension(&oid::CRL_REASON, false, &[0x0a, 1, 6]),
        extension(
            &oid::INVALIDITY_DATE,
            false,
            &write::element(Tag::GENERALIZED_TIME, &[b"20251231000000Z"]).unwrap(),
        ),
    ];
    let crl = read(&crl(Some(1), &entry(&[7], &extensions), &[])).unwrap();
    let found: Vec<_> = crl.entries(&[7]).collect::<Result<_, _>>().unwrap();
    assert_eq!(
        found,
        [RevokedCertificate {
            revocation_date: UtcTime::from_rfc3339("2026-01-01").unwrap(),
            reason: Reason::CertificateHold,
            invalidity_date: UtcTime::from_rfc3339("2025-12-31"),
            certificate_issuer: vec![],
        }]
    );
}

#[test]
fn ok_entries_in_any_order_and_of_any_length_are_found() {
    // Long numbers that share their first eight octets, a number that is the beginning of
    // another, negative ones, and one twice.
    let mut serials: Vec<Vec<u8>> = (0..200u8)
        .map(|n| [&[0x11; 12][..], &[n.wrapping_mul(37)]].concat())
        .collect();
    serials.extend([
        vec![1],
        vec![1, 0],
        vec![1, 0, 0],
        vec![0xff],
        vec![0x80, 1],
    ]);
    serials.push(vec![1, 0]);
    let entries: Vec<u8> = serials.iter().flat_map(|s| entry(s, &[])).collect();
    let crl = read(&crl(Some(1), &entries, &[])).unwrap();
    for serial in &serials {
        let expected = serials.iter().filter(|other| *other == serial).count();
        assert_eq!(crl.entries(serial).count(), expected, "{serial:02x?}");
    }
    for absent in [&[][..], &[0], &[2], &[1, 0, 0, 0], &[0x11; 12], &[0x7f; 13]] {
        assert_eq!(crl.entries(absent).count(), 0, "{absent:02x?}");
    }
}

/// V042: a million entries: each is read once, the index has four bytes for each, and a look-up
/// compares about twenty.
#[test]
fn ok_million_entries_cost_four_bytes_each_and_twenty_steps() {
    const COUNT: usize = 1_000_000;
    let mut entries = Vec::new();
    for n in 0..COUNT as u32 {
        // Scattered, positive, all of the same length.
        let [a, b, c, d] = n.wrapping_mul(2_654_435_761).to_be_bytes();
        entries.extend_from_slice(&[0x30, 0x16, 0x02, 0x05, 0x01, a, b, c, d]);
        entries.extend_from_slice(b"\x17\x0d260101000000Z");
    }
    let der = crl(Some(1), &entries, &[]);
    let crl = read(&der).unwrap();
    assert_eq!(crl.len(), COUNT);
    assert_eq!(size_of_val(&*crl.index), 4 * COUNT);
    assert!(crl.issuers.is_empty());
    // Each entry stands in the index once.
    let mut positions = crl.index.to_vec();
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len(), COUNT);
    // The index is ordered, which is what makes a look-up logarithmic.
    let serials = crl.index.windows(2).step_by(997).all(|pair| {
        let [a, b] = pair else { return false };
        serial_at(&der, *a) < serial_at(&der, *b)
    });
    assert!(serials);
    assert_eq!(crl.entries(&[1, 0, 0, 0, 0]).count(), 1);
    assert_eq!(crl.entries(&[1, 0, 0, 0]).count(), 0);
}

#[test]
fn unknown_critical_extension_makes_the_crl_unusable() {
    let unknown = Oid::from_dotted("1.2.3.4").unwrap();
    let der = crl(Some(1), &[], &[extension(&unknown, true, &[5, 0])]);
    assert_eq!(
        read(&der).unwrap().unusable(),
        Some(&Unusable::CriticalExtension(unknown.clone()))
    );
    let der = crl(Some(1), &[], &[extension(&unknown, false, &[5, 0])]);
    assert_eq!(read(&der).unwrap().unusable(), None);
}

#[test]
fn unknown_critical_extension_of_any_entry_makes_the_crl_unusable() {
    let unknown = Oid::from_dotted("1.2.3.4").unwrap();
    let odd = entry(&[9], &[extension(&unknown, true, &[5, 0])]);
    let der = crl(Some(1), &[entry(&[5], &[]), odd].concat(), &[]);
    let crl = read(&der).unwrap();
    assert_eq!(
        crl.unusable(),
        Some(&Unusable::CriticalEntryExtension(unknown))
    );
}

#[test]
fn issuer_of_an_entry_holds_until_the_next_one() {
    let issuer = |common: &str| {
        let general = write::element(Tag::context(4), &[&name(common)]).unwrap();
        let names = write::sequence(&[&general]).unwrap();
        vec![extension(&oid::CERTIFICATE_ISSUER, true, &names)]
    };
    let entries = [
        entry(&[1], &[]),
        entry(&[2], &issuer("B")),
        entry(&[1], &[]),
        entry(&[3], &issuer("C")),
        entry(&[1], &[]),
    ]
    .concat();
    let indirect = write::sequence(&[&[0x84, 1, 0xff]]).unwrap();
    let scope = extension(&oid::ISSUING_DISTRIBUTION_POINT, true, &indirect);
    let indirect = read(&crl(Some(1), &entries, &[scope])).unwrap();
    let issuers: Vec<String> = indirect
        .entries(&[1])
        .map(|entry| {
            let names = entry.unwrap().certificate_issuer;
            names.first().map_or("CRL's".to_owned(), Name::rfc4514)
        })
        .collect();
    assert_eq!(issuers, ["CRL's", "CN=B", "CN=C"]);
    assert_eq!(indirect.unusable(), None);

    let direct = read(&crl(Some(1), &entries, &[])).unwrap();
    assert_eq!(direct.unusable(), Some(&Unusable::IssuerInDirectCrl));
}

#[test]
fn err_entry_issuer_without_a_name_is_not_read_as_the_crl_issuer() {
    let names = write::sequence(&[&[0x82, 1, b'x']]).unwrap();
    let entry = entry(&[1], &[extension(&oid::CERTIFICATE_ISSUER, true, &names)]);
    let scope = write::sequence(&[&[0x84, 1, 0xff]]).unwrap();
    let scope = extension(&oid::ISSUING_DISTRIBUTION_POINT, true, &scope);
    let crl = read(&crl(Some(1), &entry, &[scope])).unwrap();
    assert!(crl.entries(&[1]).all(|entry| entry.is_err()));
    assert_eq!(crl.entries(&[1]).count(), 1);
}

/// RUSTSEC-2026-0104: an empty BIT STRING in onlySomeReasons, and every value around it.
#[test]
fn err_or_ok_but_never_a_panic_for_any_scope() {
    for content in [
        &[0x83, 0][..],
        &[0x83, 1, 0],
        &[0x83, 1, 8],
        &[0x83, 2, 9, 0],
        &[0x81, 0],
        &[0x81, 1, 1],
        &[0xa0, 0],
        &[0xa0, 2, 0xa0, 0],
        &[0xa0, 2, 0xa1, 0],
        &[0x85, 1, 0xff, 0x81, 1, 0xff],
    ] {
        let scope = write::sequence(&[content]).unwrap();
        let scope = extension(&oid::ISSUING_DISTRIBUTION_POINT, true, &scope);
        let result = read(&crl(Some(1), &[], &[scope]));
        let only_some_reasons = result.ok().and_then(|crl| crl.scope()?.only_some_reasons);
        let expected = (content == [0x83, 1, 0]).then_some(0);
        assert_eq!(only_some_reasons.map(|reasons| reasons.0), expected);
    }
    let both = write::sequence(&[&[0x81, 1, 0xff, 0x82, 1, 0xff]]).unwrap();
    let both = extension(&oid::ISSUING_DISTRIBUTION_POINT, true, &both);
    let crl = read(&crl(Some(1), &[], &[both])).unwrap();
    assert_eq!(crl.unusable(), Some(&Unusable::ContradictoryScope));
}

/// V042: whatever is cut off or changed, the reader ends with an error or with a CRL.
#[test]
fn err_or_ok_but_never_a_panic_for_every_cut_and_change() {
    let extensions = [
        extension(&oid::CRL_NUMBER, false, &[2, 1, 1]),
        extension(
            &oid::ISSUING_DISTRIBUTION_POINT,
            true,
            &[0x30, 3, 0x83, 1, 0],
        ),
    ];
    let reason = extension(&oid::CRL_REASON, false, &[0x0a, 1, 1]);
    let der = crl(Some(1), &entry(&[5], &[reason]), &extensions);
    for length in 0..der.len() {
        assert!(read(&der[..length]).is_err());
    }
    let mut read_anyway = 0;
    for at in 0..der.len() {
        for value in [0x00, 0x01, 0x30, 0x7f, 0x80, 0xff] {
            let mut changed = der.clone();
            changed[at] = value;
            if let Ok(crl) = read(&changed) {
                read_anyway += crl.entries(&[5]).filter(Result::is_ok).count();
            }
        }
    }
    assert!(read_anyway > 0);
}

#[test]
fn err_limits_and_contradictions_are_told() {
    let der = crl(Some(1), &[], &[]);
    let mut limits = Limits::new();
    limits.crl = der.len() - 1;
    assert_eq!(
        Crl::from_der(&der, &limits).unwrap_err().kind(),
        &ErrorKind::Limit {
            name: "crl",
            max: limits.crl as u64
        }
    );
    assert_eq!(
        read(&[&der[..], &[0]].concat()).unwrap_err().kind(),
        &ErrorKind::Asn1(Asn1Fault::TrailingData(1))
    );
    let number = extension(&oid::CRL_NUMBER, false, &[2, 1, 1]);
    assert_eq!(
        read(&crl(Some(1), &[], &[number.clone(), number]))
            .unwrap_err()
            .kind(),
        &ErrorKind::Pki(PkiFault::Crl("extension twice"))
    );
    // The outer algorithm, ecdsa-with-SHA256, becomes ecdsa-with-SHA384.
    let mut other = der.clone();
    let at = other.len() - 6;
    assert_eq!(other[at], 2);
    other[at] = 3;
    assert_eq!(
        read(&other).unwrap_err().kind(),
        &ErrorKind::Pki(PkiFault::Crl("inner and outer signature algorithm differ"))
    );
}

#[test]
fn numbers_are_ordered_by_size() {
    let number = |octets: &[u8]| CrlNumber(octets.into());
    assert!(number(&[2]) < number(&[1, 0]));
    assert!(number(&[1, 0]) < number(&[1, 1]));
}
