//! A48 to A52: forms of files.

use kyso::signature::ChangeLevel as L;

use super::build::*;
use super::expect::{Expect, FORMAT, Row, S};
use super::pki::*;

/// The base document with a hybrid section: a table, and a hidden stream that says where `number`
/// lives.
fn hybrid(number: u32, points_to: u32) -> Vec<u8> {
    hybrid_over(&base(), number, points_to)
}

/// As [`hybrid`], for any document that holds the object.
fn hybrid_over(base: &[u8], number: u32, points_to: u32) -> Vec<u8> {
    let place = find(base, format!("\n{points_to} 0 obj").as_bytes()).unwrap() as u32 + 1;
    let mut data = vec![1];
    data.extend_from_slice(&place.to_be_bytes());
    data.extend_from_slice(&[0, 0]);
    let tail = Tail::new().object(
        30,
        stream(
            &format!("/Type /XRef /W [1 4 2] /Index [{number} 1] /Size 31"),
            &data,
        ),
    );
    let offset = find(&tail.build(base), b"30 0 obj").unwrap();
    let trailer = format!("{} /XRefStm {offset}", tail.trailer);
    tail.trailer(&trailer).build(base)
}

/// The base document as word processors write it: a table that lists two objects as free, and
/// behind it an empty table whose stream says where all are.
fn by_word_processor() -> Vec<u8> {
    let mut all = objects();
    let (font, info) = (all.remove(&FONT).unwrap(), all.remove(&INFO).unwrap());
    let head = format!("{FONT} 0 {INFO} {} ", font.len() + 1);
    let body = [head.as_bytes(), &font, b" ", &info].concat();
    let kind = format!("/Type /ObjStm /N 2 /First {}", head.len());
    all.insert(30, stream(&kind, &body));
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = std::collections::BTreeMap::new();
    for (number, body) in &all {
        places.insert(*number, out.len());
        out.extend([format!("{number} 0 obj\n").as_bytes(), body, b"\nendobj\n"].concat());
    }
    places.insert(31, out.len());
    let mut rows = Vec::new();
    let mut table = "xref\n0 32\n0000000000 65535 f \n".to_owned();
    rows.extend([0, 0, 0, 0, 0, 255, 255]);
    for number in 1..32 {
        let (kind, second, third) = match (number, places.get(&number)) {
            (FONT, _) => (2, 30, 0u16),
            (INFO, _) => (2, 30, 1),
            (_, Some(place)) => (1, *place as u32, 0),
            (_, None) => (0, 0, 0),
        };
        rows.push(kind);
        rows.extend(second.to_be_bytes());
        rows.extend(third.to_be_bytes());
        table += &match places.get(&number) {
            Some(place) => format!("{place:010} 00000 n \n"),
            None => "0000000000 00001 f \n".to_owned(),
        };
    }
    let ends = Tail::new().trailer;
    let ends = format!("/Size 32 {ends}");
    let kind = format!("/Type /XRef /W [1 4 2] /Index [0 32] {ends}");
    out.extend([b"31 0 obj\n", &stream(&kind, &rows)[..], b"\nendobj\n"].concat());
    let first = out.len();
    out.extend(format!("{table}trailer\n<< {ends} >>\nstartxref\n{first}\n%%EOF\n").bytes());
    let second = out.len();
    let beside = format!("/Prev {first} /XRefStm {}", places[&31]);
    out.extend(format!("xref\n0 0\ntrailer\n<< {ends} {beside} >>\n").bytes());
    out.extend(format!("startxref\n{second}\n%%EOF\n").bytes());
    out
}

/// V058, R8: what all programs read alike is only odd, unless the policy is strict; what they read
/// in two ways fails, and so does what comes after the signature.
#[test]
fn a48_hybrid() {
    let mut row = Row::new("A48");
    let mut strict = Row::with("A48, strict", with_policy(kyso::Policy::strict()));
    for (name, document, expect) in [
        ("they agree", hybrid(CONTENT, CONTENT), Expect::Warn),
        ("they disagree", hybrid(CONTENT, XOBJECT), FORMAT),
        (
            "as word processors write it",
            by_word_processor(),
            Expect::Warn,
        ),
    ] {
        let mut file = ByHand::new();
        file.document = document;
        let file = file.build();
        row.case(name, &file, expect);
        strict.case(name, &file, FORMAT);
    }
    row.case(
        "signed by us",
        &sign_new(&by_word_processor(), "A"),
        Expect::Warn,
    );
    let late = hybrid_over(&sign_new(&base(), "A"), CONTENT, CONTENT);
    row.case("after the signature", &late, FORMAT);
    row.finish();
    strict.finish();
}

/// A file with a cross-reference stream; font and information live in an object stream.
fn compressed(header: &[u8]) -> Vec<u8> {
    let mut all = objects();
    let (font, info) = (all.remove(&FONT).unwrap(), all.remove(&INFO).unwrap());
    let head = format!("{FONT} 0 {INFO} {} ", font.len() + 1);
    let body = [head.as_bytes(), &font, b" ", &info].concat();
    all.insert(
        30,
        stream(&format!("/Type /ObjStm /N 2 /First {}", head.len()), &body),
    );
    let mut tail = Tail::new().xref_stream(31);
    tail.objects = all.into_iter().collect();
    tail.inside = vec![(FONT, 30, 0), (INFO, 30, 1)];
    tail.first = true;
    tail.build(header)
}

/// A linearised file: the section at the front names the one at the end.
fn linearised() -> Vec<u8> {
    // Front: header, parameter dictionary, section of the first page's objects; then all others
    // with their section. The numbers of places are as wide as needed, so two passes suffice.
    let build = |second: usize, places: &[usize]| {
        let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut found = Vec::new();
        found.push(out.len());
        out.extend_from_slice(b"23 0 obj\n<< /Linearized 1 /L 0000000000 /H [0 0] /O 3 /E 0 /N 1 /T 0000000000 >>\nendobj\n");
        let front = out.len();
        out.extend_from_slice(b"xref\n23 2\n");
        for at in [places.first(), places.get(1)] {
            out.extend_from_slice(
                format!("{:010} 00000 n \n", at.copied().unwrap_or(0)).as_bytes(),
            );
        }
        out.extend_from_slice(format!("trailer\n<< /Size 25 /Root 1 0 R /Info 7 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] /Prev {second:010} >>\nstartxref\n0\n%%EOF\n").as_bytes());
        found.push(out.len());
        out.extend_from_slice(b"24 0 obj\n<< >>\nendobj\n");
        let mut rows = Vec::new();
        for (number, body) in objects() {
            rows.push(out.len());
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            out.extend_from_slice(&body);
            out.extend_from_slice(b"\nendobj\n");
        }
        let place = out.len();
        out.extend_from_slice(
            format!("xref\n0 {}\n0000000000 65535 f \n", rows.len() + 1).as_bytes(),
        );
        for at in rows {
            out.extend_from_slice(format!("{at:010} 00000 n \n").as_bytes());
        }
        out.extend_from_slice(
            format!("trailer\n<< /Size 23 >>\nstartxref\n{front}\n%%EOF\n").as_bytes(),
        );
        (out, place, found)
    };
    let (_, place, found) = build(0, &[]);
    build(place, &found).0
}

/// The key of the encrypted file; the passwords are empty.
const FILE_KEY: [u8; 32] = [7; 32];

/// `octets` as an encrypted string: AES-256 in CBC mode behind its first block.
fn encrypted_string(octets: &[u8]) -> String {
    use aes::cipher::block_padding::Pkcs7;
    use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
    let start = [9; 16];
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&FILE_KEY.into(), &start.into());
    let mut room = [octets, &[0; 16]].concat();
    let data = cipher
        .encrypt_padded::<Pkcs7>(&mut room, octets.len())
        .unwrap();
    let all = start.iter().chain(data.iter());
    format!("<{}>", all.map(|b| format!("{b:02x}")).collect::<String>())
}

/// The document encrypted with AES-256 (revision 6), and signed: strings in what signing adds are
/// encrypted too, and the value of the signature is not. The product signs no encrypted file, so
/// this is done by hand.
fn encrypted(cms: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    use lopdf::encryption::crypt_filters::{Aes256CryptFilter, CryptFilter};
    let filter: std::sync::Arc<dyn CryptFilter> = std::sync::Arc::new(Aes256CryptFilter);
    let version = lopdf::EncryptionVersion::V5 {
        encrypt_metadata: true,
        crypt_filters: [(b"StdCF".to_vec(), filter)].into(),
        file_encryption_key: &FILE_KEY,
        stream_filter: b"StdCF".to_vec(),
        string_filter: b"StdCF".to_vec(),
        owner_password: "",
        user_password: "",
        permissions: lopdf::Permissions::all(),
    };
    let mut document = lopdf::Document::load_mem(&base()).unwrap();
    let state = lopdf::EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    let mut plain = Vec::new();
    document.save_to(&mut plain).unwrap();
    let trailer = document.trailer.get(b"Encrypt").unwrap();
    let (number, _) = trailer.as_reference().unwrap();
    let mut file = ByHand::new()
        .dictionary(
            "(D:20260504100201+07'00')",
            &encrypted_string(b"D:20260504100201+07'00'"),
        )
        .cms(cms);
    let field = patched(&file.tail.objects[2].1, "(A)", &encrypted_string(b"A"));
    file.tail = Tail::new()
        .object(
            PAGE,
            patched(&current(&plain, PAGE), "17 0 R]", "17 0 R 40 0 R]"),
        )
        .object(
            FORM,
            patched(
                &current(&plain, FORM),
                "17 0 R]",
                "17 0 R 40 0 R]/SigFlags 3",
            ),
        )
        .object(40, field)
        .trailer(&format!("{} /Encrypt {number} 0 R", Tail::new().trailer));
    file.document = plain;
    file.build()
}

/// V060.
#[test]
fn a49_forms_that_must_pass() {
    let mut row = Row::new("A49");
    row.case(
        "object streams",
        &sign_new(&compressed(b"%PDF-1.7\n"), "A"),
        Expect::Pass,
    );
    row.case(
        "PDF 2.0",
        &sign_new(&compressed(b"%PDF-2.0\n"), "A"),
        Expect::Pass,
    );
    let streamed = sign_new(&compressed(b"%PDF-2.0\n"), "A");
    let store = edited(
        &streamed,
        CATALOG,
        "/Pages 2 0 R",
        "/Pages 2 0 R /Extensions << /KYSO << /BaseVersion /2.0 /ExtensionLevel 1 >> >>",
    );
    let tail = Tail::new()
        .object(CATALOG, store)
        .xref_stream(size(&streamed));
    row.level(
        "PDF 2.0, extended",
        &tail.build(&streamed),
        Expect::Pass,
        L::LtaUpdates,
    );
    row.case("linearised", &sign_new(&linearised(), "A"), Expect::Pass);
    row.all(
        "linearised, twice",
        &sign_new(&sign_new(&linearised(), "A"), "B"),
        Expect::Pass,
        2,
    );
    let good = encrypted(|content| Cms::new(&PKI.leader, content).der(content));
    assert!(find(&good, b"Pay 100 VND").is_none());
    row.case("encrypted", &good, Expect::Pass);
    let report = verifier().verify(&good, at()).unwrap();
    assert!(report.document.encrypted);
    assert_eq!(report.signatures[0].field.as_deref(), Some("A"));
    assert!(report.signatures[0].claimed_time.is_some());
    let mut other = good.clone();
    other[400] ^= 1;
    row.case(
        "encrypted, one byte changed",
        &other,
        Expect::Fail(S::HashFailure),
    );
    row.finish();
}

/// V061.
#[test]
fn a50_encryption_or_identifier_changed() {
    let mut row = Row::new("A50");
    let file = signed();
    let plain = Tail::new().trailer;
    let other = plain.replacen("<0011", "<9911", 1);
    row.level(
        "first identifier",
        &Tail::new().trailer(&other).build(&file),
        FORMAT,
        L::Other,
    );
    let second = plain.replace("> <0011", "> <9911");
    row.case(
        "second identifier",
        &Tail::new().trailer(&second).build(&file),
        Expect::Pass,
    );
    let none = "/Root 1 0 R /Info 7 0 R";
    row.level(
        "no identifier",
        &Tail::new().trailer(none).build(&file),
        FORMAT,
        L::Other,
    );
    let encrypted = format!(
        "{plain} /Encrypt << /Filter /Standard /V 1 /R 2 /O <{0}> /U <{0}> /P -4 >>",
        "00".repeat(32)
    );
    row.case(
        "encryption added",
        &Tail::new().trailer(&encrypted).build(&file),
        Expect::Error("password"),
    );
    let null = format!("{plain} /Encrypt 24 0 R");
    row.case(
        "encryption, dangling",
        &Tail::new().trailer(&null).build(&file),
        FORMAT,
    );
    row.finish();
}

/// V067.
#[test]
fn a51_metadata_replaced() {
    let mut row = Row::new("A51");
    let file = signed();
    let xmp = |data: &[u8]| stream("/Type /Metadata /Subtype /XML", data);
    let good = XMP.replace("</rdf:RDF>", "<rdf:Description rdf:about=''/></rdf:RDF>");
    row.level(
        "good",
        &Tail::new()
            .object(METADATA, xmp(good.as_bytes()))
            .build(&file),
        Expect::Pass,
        L::LtaUpdates,
    );
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>{}]>{XMP}",
        "<!ENTITY b '&a;&a;&a;'>".repeat(100)
    );
    for (name, data) in [
        ("not closed", XMP.replace("</x:xmpmeta>", "").into_bytes()),
        ("document type", format!("<!DOCTYPE x>{XMP}").into_bytes()),
        ("entities", bomb.into_bytes()),
        ("another root", b"<html></html>".to_vec()),
        ("not text", vec![0xff, 0xfe, 0, 1]),
        ("empty", Vec::new()),
    ] {
        row.level(
            name,
            &Tail::new().object(METADATA, xmp(&data)).build(&file),
            FORMAT,
            L::Other,
        );
    }
    // A short stream that inflates to 100 MB.
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..100 {
        encoder.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let data = encoder.finish().unwrap();
    let inflated = stream("/Type /Metadata /Subtype /XML /Filter /FlateDecode", &data);
    row.case(
        "inflates without end",
        &Tail::new().object(METADATA, inflated).build(&file),
        Expect::Open(S::SignedDataNotFound),
    );
    // The information dictionary: text alone.
    let info = edited(&file, INFO, "(Decision)", "(Other)");
    row.level(
        "information",
        &Tail::new().object(INFO, info).build(&file),
        Expect::Pass,
        L::LtaUpdates,
    );
    let info = edited(&file, INFO, "(Decision)", "<< /S /JavaScript >>");
    row.level(
        "information that is not text",
        &Tail::new().object(INFO, info).build(&file),
        FORMAT,
        L::Other,
    );
    row.finish();
}

/// V058.
#[test]
fn a52_names_generations_and_keys() {
    let mut row = Row::new("A52");
    let file = signed();
    for (name, number, from, to) in [
        (
            "escaped key beside the plain one",
            PAGE,
            "/Contents 4 0 R",
            "/Contents 4 0 R /Con#74ents 10 0 R",
        ),
        (
            "key twice",
            PAGE,
            "/Contents 4 0 R",
            "/Contents 4 0 R /Contents 10 0 R",
        ),
        (
            "key twice, the same",
            PAGE,
            "/Contents 4 0 R",
            "/Contents 4 0 R /Contents 4 0 R",
        ),
        (
            "generation 65535",
            PAGE,
            "/Contents 4 0 R",
            "/Contents 4 65535 R",
        ),
        (
            "generation 65536",
            PAGE,
            "/Contents 4 0 R",
            "/Contents 4 65536 R",
        ),
        (
            "generation negative",
            PAGE,
            "/Contents 4 0 R",
            "/Contents 4 -1 R",
        ),
        ("another generation", PAGES, "[3 0 R]", "[3 1 R]"),
        (
            "slash in a name",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /Foo#2FBar 1",
        ),
        (
            "catalog key twice",
            CATALOG,
            "/Pages 2 0 R",
            "/Pages 2 0 R /Pages 2 0 R",
        ),
        ("form key twice", FORM, "/DA", "/Fields [] /DA"),
    ] {
        let tail = Tail::new().object(number, edited(&file, number, from, to));
        row.case(name, &tail.build(&file), FORMAT);
    }
    // The same name written otherwise is the same name.
    let page = edited(&file, PAGE, "/Contents 4 0 R", "/Con#74ents 4 0 R");
    row.case(
        "the same, escaped",
        &Tail::new().object(PAGE, page).build(&file),
        Expect::Pass,
    );
    row.finish();
}
