//! Promises about edXML messages: round trips, hostile input, one report for a package, and little
//! memory for large ones.
#![cfg(all(feature = "cli", unix))]

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kyso::error::{ErrorKind, ExchangeFault};
use kyso::exchange::message::{
    Business, Code, DocumentMessage, Organ, Replacement, ResponseFor, StatusMessage, Trace,
};
use kyso::exchange::{
    EnvelopeSignature, Message, NAMESPACE, Options, Outgoing, Package, check, verify,
    write_document, write_status,
};
use kyso::pki::issue::{Key, KeyType};
use kyso::signing::demo;
use kyso::{Error, Evidence, Indication, Origin, Policy, Trust, UtcTime, Verifier};

fn at() -> UtcTime {
    UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap()
}

fn organ(id: &str, name: &str) -> Organ {
    Organ {
        id: id.to_owned(),
        name: name.to_owned(),
        ..Organ::default()
    }
}

fn message() -> DocumentMessage {
    DocumentMessage {
        from: organ("H99.01", "Sở Mẫu & Cộng sự <tỉnh Mẫu>"),
        to: vec![organ("000.00.00.H98", "Bộ Mẫu"), organ("H97", "Tỉnh Khác")],
        document_id: Some("H99.01,2026/11/23,15/QĐ-SM".to_owned()),
        code: Code {
            number: "15".to_owned(),
            notation: "QĐ-SM".to_owned(),
        },
        place: "Tỉnh Mẫu".to_owned(),
        promulgation_date: "2026/11/23".to_owned(),
        document_type: "18".to_owned(),
        document_type_name: "Công văn".to_owned(),
        subject: "Về việc thử nghiệm \"Ễ Ự Ậ\"".to_owned(),
        signer_position: Some("Giám đốc".to_owned()),
        signer_full_name: "Nguyễn Văn Mẫu".to_owned(),
        to_places: vec!["Như trên".to_owned(), "Lưu: VT".to_owned()],
        priority: Some("1".to_owned()),
        appendixes: vec!["Phụ lục I".to_owned()],
        response_for: vec![ResponseFor {
            organ_id: "H97".to_owned(),
            code: "3/CV-TK".to_owned(),
            ..ResponseFor::default()
        }],
        trace: vec![Trace {
            organ_id: "H99.01".to_owned(),
            timestamp: "2026/11/23 14:00:00".to_owned(),
        }],
        business: Business {
            document_type: "0".to_owned(),
            paper: Some("0".to_owned()),
            ..Business::default()
        },
        ..DocumentMessage::default()
    }
}

fn outgoing(name: &str, content: &[u8]) -> Outgoing<Cursor<Vec<u8>>> {
    Outgoing {
        name: name.to_owned(),
        content_type: if name.ends_with(".pdf") {
            "application/pdf".to_owned()
        } else {
            "application/octet-stream".to_owned()
        },
        description: None,
        content: Cursor::new(content.to_vec()),
    }
}

fn packed(attachments: &[(&str, &[u8])], zip: bool) -> Vec<u8> {
    let mut attachments: Vec<_> = attachments.iter().map(|(n, c)| outgoing(n, c)).collect();
    let mut out = Vec::new();
    write_document(&message(), &mut attachments, zip, &mut out).unwrap();
    out
}

fn read(bytes: &[u8]) -> Result<Package, Error> {
    Package::read(bytes, &Options::default())
}

fn contents(package: &mut Package) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for attachment in &mut package.attachments {
        let mut bytes = Vec::new();
        attachment
            .reader()
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        assert_eq!(attachment.size(), bytes.len() as u64);
        all.push(bytes);
    }
    all
}

/// A small message, written by hand: `header` and `attachments` as they are.
fn by_hand(header: &str, attachments: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <edXML xmlns=\"{NAMESPACE}\" xmlns:edXML=\"{NAMESPACE}\"><edXML:edXMLEnvelope>\
         <edXML:edXMLHeader><edXML:MessageHeader><edXML:From><edXML:OrganId>H99</edXML:OrganId>\
         </edXML:From>{header}</edXML:MessageHeader></edXML:edXMLHeader></edXML:edXMLEnvelope>\
         <AttachmentEncoded>{attachments}</AttachmentEncoded></edXML>"
    )
}

fn attachment(content: &[u8]) -> String {
    format!(
        "<Attachment><ContentId>1</ContentId><ContentTransferEncoded>{}</ContentTransferEncoded></Attachment>",
        STANDARD.encode(content)
    )
}

fn fault(text: &str) -> ExchangeFault {
    match read(text.as_bytes()).unwrap_err().kind() {
        ErrorKind::Exchange(fault) => fault.clone(),
        other => panic!("{other:?}"),
    }
}

fn limit(text: &str) -> &'static str {
    match read(text.as_bytes()).unwrap_err().kind() {
        ErrorKind::Limit { name, .. } => name,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ok_what_is_written_is_read() {
    let first = b"%PDF-1.7 first".as_slice();
    let second = vec![0xa5; 200_001];
    for zip in [false, true] {
        let bytes = packed(&[("công văn.pdf", first), ("b.bin", &second)], zip);
        let mut package = read(&bytes).unwrap();
        assert_eq!(package.message, Message::Document(Box::new(message())));
        assert!(package.faults.is_empty(), "{:?}", package.faults);
        assert_eq!(package.envelope_signature, EnvelopeSignature::Absent);
        assert_eq!(package.attachments[0].name, "công văn.pdf");
        assert_eq!(package.attachments[0].entry.is_some(), zip);
        assert!(package.attachments[0].is_pdf().unwrap());
        assert!(!package.attachments[1].is_pdf().unwrap());
        assert_eq!(contents(&mut package), [first.to_vec(), second.clone()]);
    }
}

/// Elements are found by namespace and name: another prefix, another order, `cid:` or not, a wrong
/// media type, line breaks in the base64.
#[test]
fn ok_senders_differ() {
    let text = format!(
        "\u{feff}<a:edXML xmlns:a='{NAMESPACE}' xmlns:xlink='http://www.w3.org/1999/xlink'>\
         <a:AttachmentEncoded><a:Attachment><a:ContentTransferEncoded>JVBE\r\n Ri0xLjc=\n</a:ContentTransferEncoded>\
         <a:ContentType>application/zip</a:ContentType><a:ContentId>7</a:ContentId></a:Attachment></a:AttachmentEncoded>\
         <!-- order --><a:edXMLEnvelope><a:edXMLBody><a:edXMLManifest version='1.0'>\
         <a:Reference xlink:href='cid:7'><a:AttachmentName>t&#x1ec7;p.pdf</a:AttachmentName></a:Reference>\
         </a:edXMLManifest></a:edXMLBody><a:edXMLHeader><a:MessageHeader><a:Subject><![CDATA[a & b]]> &amp; c</a:Subject>\
         <o:Subject xmlns:o='urn:other'>other</o:Subject>\
         <a:From><a:OrganName>Tên</a:OrganName><a:OrganId>H99</a:OrganId></a:From></a:MessageHeader>\
         </a:edXMLHeader></a:edXMLEnvelope></a:edXML>"
    );
    let mut package = read(text.as_bytes()).unwrap();
    let Message::Document(document) = &package.message else {
        panic!("a status message");
    };
    assert_eq!(document.subject, "a & b & c");
    assert_eq!(
        (document.from.id.as_str(), document.from.name.as_str()),
        ("H99", "Tên")
    );
    assert_eq!(package.attachments[0].name, "tệp.pdf");
    assert_eq!(contents(&mut package), [b"%PDF-1.7".to_vec()]);
    // What is missing is said.
    assert!(
        package
            .faults
            .iter()
            .any(|fault| fault.element == "CodeNumber")
    );
}

#[test]
fn ok_signatures_of_envelopes_are_told_apart() {
    for (text, expected) in [
        ("", EnvelopeSignature::Absent),
        (
            "<edXML:Signature><edXML:SignedInfo/></edXML:Signature>",
            EnvelopeSignature::Placeholder,
        ),
        ("<edXML:DigitalSignature/>", EnvelopeSignature::Placeholder),
        (
            "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'/>",
            EnvelopeSignature::NotChecked,
        ),
    ] {
        let package = read(by_hand(text, "").as_bytes()).unwrap();
        assert_eq!(package.envelope_signature, expected, "{text}");
    }
}

#[test]
fn ok_status_messages() {
    for code in ["01", "02", "03", "04", "05", "06", "13", "15", "16"] {
        let status = StatusMessage {
            from: organ("000.00.00.H98", "Bộ Mẫu"),
            response_for: ResponseFor {
                organ_id: "H99.01".to_owned(),
                code: "15/QĐ-SM".to_owned(),
                document_id: None,
                promulgation_date: Some("2026/11/23".to_owned()),
            },
            status_code: code.to_owned(),
            description: Some("Chữ ký không hợp lệ".to_owned()),
            timestamp: "2026/11/23 15:30:00".to_owned(),
            ..StatusMessage::default()
        };
        let mut bytes = Vec::new();
        write_status(&status, &mut bytes).unwrap();
        assert_eq!(
            read(&bytes).unwrap().message,
            Message::Status(Box::new(status))
        );
    }
    let wrong = |change: &dyn Fn(&mut StatusMessage)| {
        let mut status = StatusMessage {
            from: organ("H98", "Bộ Mẫu"),
            response_for: ResponseFor {
                organ_id: "H99".to_owned(),
                code: "15/QĐ-SM".to_owned(),
                ..ResponseFor::default()
            },
            status_code: "03".to_owned(),
            timestamp: "2026/11/23 15:30:00".to_owned(),
            ..StatusMessage::default()
        };
        change(&mut status);
        match write_status(&status, &mut Vec::new()) {
            Ok(()) => "",
            Err(error) => match error.kind() {
                ErrorKind::Exchange(ExchangeFault::Field { element, .. }) => element,
                other => panic!("{other:?}"),
            },
        }
    };
    assert_eq!(wrong(&|_| ()), "");
    assert_eq!(
        wrong(&|status| status.status_code = "07".to_owned()),
        "StatusCode"
    );
    assert_eq!(
        wrong(&|status| status.status_code = "02".to_owned()),
        "Description"
    );
    assert_eq!(
        wrong(&|status| status.timestamp = "2026-11-23".to_owned()),
        "Timestamp"
    );
    assert_eq!(wrong(&|status| status.response_for.code.clear()), "Code");
}

/// Lengths and codes at the limit and one beyond; 13 and 35 characters of an identifier.
#[test]
fn ok_lengths_and_codes_are_checked() {
    let faults = |change: &dyn Fn(&mut DocumentMessage)| {
        let mut message = message();
        change(&mut message);
        check(&Message::Document(Box::new(message)))
            .iter()
            .map(|fault| fault.element)
            .collect::<Vec<_>>()
    };
    let nothing: [&str; 0] = [];
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(faults(&|_| ()), nothing);
    for length in [13, 35] {
        assert_eq!(faults(&|m| m.from.id = "H".repeat(length)), nothing);
    }
    assert_eq!(faults(&|m| m.from.id = "H".repeat(36)), ["OrganId"]);
    assert_eq!(faults(&|m| m.from.id = "H99/1".to_owned()), ["OrganId"]);
    assert_eq!(faults(&|m| m.subject = "ộ".repeat(500)), nothing);
    assert_eq!(faults(&|m| m.subject = "ộ".repeat(501)), ["Subject"]);
    assert_eq!(faults(&|m| m.code.number = "1".repeat(12)), ["CodeNumber"]);
    assert_eq!(
        faults(&|m| m.promulgation_date = "2026/02/30".to_owned()),
        ["PromulgationDate"]
    );
    assert_eq!(faults(&|m| m.priority = some("4")), ["Priority"]);
    assert_eq!(faults(&|m| m.page_amount = some("1000")), ["PageAmount"]);
    assert_eq!(faults(&|m| m.to.clear()), ["To"]);
    // Recall, update, replacement need what they are about.
    for kind in ["1", "2"] {
        assert_eq!(
            faults(&|m| m.business.document_type = kind.to_owned()),
            ["DocumentId"]
        );
        assert_eq!(
            faults(&|m| {
                m.business.document_type = kind.to_owned();
                m.business.document_id = some("H99,2026/11/01,1/QĐ");
            }),
            nothing
        );
    }
    assert_eq!(
        faults(&|m| m.business.document_type = "3".to_owned()),
        ["ReplacementInfo"]
    );
    let mut replacing = message();
    replacing.business.document_type = "3".to_owned();
    replacing.business.replaced = vec![Replacement {
        document_id: "H99,2026/11/01,1/QĐ".to_owned(),
        organs: vec!["H98".to_owned(), "H97".to_owned()],
    }];
    let mut bytes = Vec::new();
    write_document::<&[u8]>(&replacing, &mut [], false, &mut bytes).unwrap();
    assert_eq!(
        read(&bytes).unwrap().message,
        Message::Document(Box::new(replacing))
    );
    let mut hostile = [outgoing("../a.pdf", b"")];
    let error = write_document(&message(), &mut hostile, false, Vec::new()).unwrap_err();
    assert!(error.to_string().starts_with("AttachmentName"), "{error}");
}

#[test]
fn err_declarations_and_entities_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;\">]>";
    let text = by_hand("<edXML:Subject>&c;</edXML:Subject>", "");
    let (head, rest) = text.split_once("?>").unwrap();
    assert_eq!(
        fault(&format!("{head}?>{bomb}{rest}")),
        ExchangeFault::DocumentType
    );
    assert_eq!(fault(&text), ExchangeFault::Entity);
    let outside = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">";
    assert_eq!(
        fault(&format!("{head}?>{outside}{rest}")),
        ExchangeFault::DocumentType
    );
    assert_eq!(
        fault(&text.replace("utf-8", "windows-1258").replace("&c;", "")),
        ExchangeFault::Encoding
    );
}

#[test]
fn err_what_is_not_well_formed() {
    let whole = by_hand("<edXML:Subject>a</edXML:Subject>", &attachment(b"content"));
    for (text, name) in [
        (
            whole.replace("</edXML:Subject>", "</edXML:Object>"),
            "another end",
        ),
        (
            whole
                .replace("<edXML:Subject>", "<other:Subject>")
                .replace("</edXML:Subject>", "</other:Subject>"),
            "a prefix without a declaration",
        ),
        (
            whole.replace("<AttachmentEncoded>", "<AttachmentEncoded a='1' a='2'>"),
            "an attribute twice",
        ),
        (format!("{whole}<edXML xmlns='{NAMESPACE}'/>"), "two roots"),
        (whole.replace("</edXML>", ""), "no end"),
        (
            whole[..whole.find("ContentTransferEncoded>").unwrap() + 26].to_owned(),
            "cut in an attachment",
        ),
    ] {
        assert!(matches!(fault(&text), ExchangeFault::Xml(_)), "{name}");
    }
    // No prefix of a message is one.
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        assert!(read(&whole.as_bytes()[..end]).is_err(), "{end}");
    }
    let mut octets = whole.clone().into_bytes();
    let place = whole.find(">a<").unwrap() + 1;
    octets[place] = 0xff;
    assert_eq!(
        read(&octets).unwrap_err().kind(),
        &ErrorKind::Exchange(ExchangeFault::Encoding)
    );
}

/// What two readers could understand differently is refused.
#[test]
fn err_ambiguous_messages() {
    let twice = by_hand(
        "<edXML:Subject>a</edXML:Subject><edXML:Subject>b</edXML:Subject>",
        "",
    );
    assert_eq!(
        fault(&twice),
        ExchangeFault::Field {
            element: "Subject",
            problem: "stands twice"
        }
    );
    let headers = by_hand("<edXML:MessageHeader/>", "");
    assert!(matches!(fault(&headers), ExchangeFault::NotEdxml(_)));
    for text in [
        "<a/>".to_owned(),
        format!("<edXML xmlns='{NAMESPACE}'/>"),
        by_hand("", "").replace(NAMESPACE, "urn:other"),
        by_hand("", "<ContentTransferEncoded>YQ==</ContentTransferEncoded>"),
        by_hand(
            "",
            &attachment(b"a").replace(
                "<ContentTransferEncoded>YQ==</ContentTransferEncoded>",
                &"<ContentTransferEncoded>YQ==</ContentTransferEncoded>".repeat(2),
            ),
        ),
    ] {
        assert!(
            matches!(
                fault(&text),
                ExchangeFault::NotEdxml(_) | ExchangeFault::Field { .. }
            ),
            "{text}"
        );
    }
}

#[test]
fn err_old_namespaces_need_the_flag() {
    let text = by_hand("<edXML:Subject>a</edXML:Subject>", &attachment(b"content"));
    let options = Options {
        allow_legacy_namespaces: true,
        ..Options::default()
    };
    for old in ["http://www.e-doc.vn/Schema/", "http://www.go.vn/eDoc"] {
        let text = text.replace(NAMESPACE, old);
        assert!(matches!(fault(&text), ExchangeFault::NotEdxml(_)));
        let package = Package::read(text.as_bytes(), &options).unwrap();
        assert_eq!(package.attachments.len(), 1);
    }
}

#[test]
fn err_limits_are_held() {
    let deep = by_hand(
        &format!("{}{}", "<edXML:a>".repeat(40), "</edXML:a>".repeat(40)),
        "",
    );
    assert_eq!(limit(&deep), "exchange depth");
    let many = by_hand(&"<edXML:a/>".repeat(20_001), "");
    assert_eq!(limit(&many), "exchange elements");
    let long = by_hand(
        &format!("<edXML:Subject>{}</edXML:Subject>", "a".repeat(2 << 20)),
        "",
    );
    assert_eq!(limit(&long), "exchange item");
    let tag = by_hand(&format!("<edXML:a b='{}'/>", "a".repeat(2 << 20)), "");
    assert_eq!(limit(&tag), "exchange item");
    let texts = format!("<edXML:Subject>{}</edXML:Subject>", "a".repeat(1 << 19)).repeat(17);
    assert_eq!(limit(&by_hand(&texts, "")), "exchange envelope");
    let attachments = attachment(b"a").repeat(101);
    assert_eq!(limit(&by_hand("", &attachments)), "exchange attachments");
    let mut options = Options::default();
    options.limits.attachment = 6;
    let text = by_hand("", &attachment(b"content"));
    let error = Package::read(text.as_bytes(), &options).unwrap_err();
    assert_eq!(
        error.kind(),
        &ErrorKind::Limit {
            name: "exchange attachment",
            max: 6
        }
    );
    options.limits.attachment = 7;
    assert!(Package::read(text.as_bytes(), &options).is_ok());
    options.limits.message = text.len() as u64 - 1;
    let error = Package::read(text.as_bytes(), &options).unwrap_err();
    assert!(matches!(
        error.kind(),
        ErrorKind::Limit {
            name: "exchange message",
            ..
        }
    ));
    options.limits.message += 1;
    assert!(Package::read(text.as_bytes(), &options).is_ok());
}

#[test]
fn err_attachments_that_are_no_base64() {
    for text in ["a", "YWJj*", "YQ==YQ==", "YQ=a", "&#65;", "Y Q"] {
        let text = by_hand(
            "",
            &attachment(b"").replace("></ContentT", &format!(">{text}</ContentT")),
        );
        assert_eq!(fault(&text), ExchangeFault::Base64 { index: 1 }, "{text}");
    }
    // Padding in the middle of a long one.
    let long = format!(
        "{}{}",
        STANDARD.encode(vec![7; 49_151]),
        STANDARD.encode(vec![7; 90_000])
    );
    let text = by_hand(
        "",
        &attachment(b"").replace("></ContentT", &format!(">{long}</ContentT")),
    );
    assert_eq!(fault(&text), ExchangeFault::Base64 { index: 1 });
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    use zip::write::{SimpleFileOptions, ZipWriter};
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn err_archives_are_guarded() {
    let refused = |bytes: &[u8]| match fault(&by_hand("", &attachment(bytes))) {
        ExchangeFault::Archive { index: 1, why } => why,
        other => panic!("{other:?}"),
    };
    let one = archive(&[("a.pdf", b"%PDF-1.7 content")]);
    let mut package = read(by_hand("", &attachment(&one)).as_bytes()).unwrap();
    assert_eq!(contents(&mut package), [b"%PDF-1.7 content".to_vec()]);

    let elsewhere = "the name of its entry leads elsewhere";
    for name in [
        "../a.pdf",
        "/etc/passwd",
        "a/b.pdf",
        "..\\a.pdf",
        "C:a.pdf",
        "..",
        "a\u{1}",
    ] {
        assert_eq!(refused(&archive(&[(name, b"x")])), elsewhere, "{name:?}");
    }
    assert_eq!(refused(&archive(&[("d/", b"")])), "its entry is no file");
    let bomb = archive(&[("a.pdf", &vec![0; 3 << 20])]);
    assert!(bomb.len() < 10_000);
    assert_eq!(refused(&bomb), "it unpacks to far more than it holds");
    let end = "it does not end as an archive of one entry does";
    assert_eq!(refused(&archive(&[("a", b"1"), ("b", b"2")])), end);
    assert_eq!(refused(&[one.clone(), b"more".to_vec()].concat()), end);
    assert_eq!(refused(&one[..one.len() - 1]), end);
    // The content is not what the checksum says.
    let mut damaged = archive(&[("a.pdf", &(0..=255).cycle().take(4000).collect::<Vec<u8>>())]);
    damaged[60] ^= 0x10;
    assert_eq!(refused(&damaged), "its entry is damaged");
    // Encrypted, by its flag in both places.
    let mut secret = one.clone();
    secret[6] |= 1;
    let directory = memchr::memmem::find(&secret, b"PK\x01\x02").unwrap();
    secret[directory + 8] |= 1;
    assert!(["its entry is encrypted", "its entry cannot be read"].contains(&refused(&secret)));
    // A directory that claims another size than it has.
    let mut large = one;
    let place = large.len() - 10;
    large[place + 2] = 1;
    assert_eq!(refused(&large), "its directory is too large");
}

/// No change of one octet makes a panic.
#[test]
fn ok_changed_messages_do_not_panic() {
    let zip = archive(&[("a.pdf", b"%PDF-1.7 content")]);
    let whole = by_hand(
        "<edXML:Subject>a &amp; b</edXML:Subject>",
        &attachment(&zip),
    )
    .into_bytes();
    for place in 0..whole.len() {
        for value in [b'<', b'>', b'&', b'"', 0, 0xff, whole[place] ^ 1] {
            let mut changed = whole.clone();
            changed[place] = value;
            kyso::exchange::fuzz::envelope(&changed);
        }
    }
}

struct Signed {
    verifier: Verifier,
    released: Vec<u8>,
    tampered: Vec<u8>,
    root: Vec<u8>,
    crls: [Vec<u8>; 2],
}

fn signed() -> Signed {
    let key = || Key::generate(KeyType::P256).unwrap();
    let pki = demo::Pki::with_keys([key(), key(), key(), key()], at()).unwrap();
    let decision = demo::document(at()).unwrap();
    let released = demo::sign(&pki, &decision, at()).unwrap().released;
    let mut tampered = released.clone();
    let place = memchr::memmem::find(&tampered, b"stream\n").unwrap() + 20;
    tampered[place] ^= 1;
    let root = pki.root.certificate_pem().unwrap().into_bytes();
    let crls = [pki.root_crl.clone(), pki.issuing_crl.clone()];
    let mut evidence = Evidence::new();
    for crl in &crls {
        evidence
            .add_bytes(crl, Origin::Caller, &Default::default())
            .unwrap();
    }
    let trust = Trust::from_pem(&root).unwrap();
    Signed {
        verifier: Verifier::new(trust, Policy::official()).with_evidence(evidence),
        released,
        tampered,
        root,
        crls,
    }
}

/// One report for a package: the verdict of each PDF, and the status that fits.
#[test]
fn ok_a_package_is_verified() {
    let signed = signed();
    let untrusting = Verifier::new(Trust::new(), Policy::official());
    let released = ("a.pdf", signed.released.as_slice());
    let tampered = ("b.pdf", signed.tampered.as_slice());
    let other = ("c.docx", b"PK no archive".as_slice());
    for (verifier, attachments, indication, status) in [
        (
            &signed.verifier,
            vec![released, other],
            Indication::TotalPassed,
            "03",
        ),
        (
            &signed.verifier,
            vec![released, tampered],
            Indication::TotalFailed,
            "02",
        ),
        (&untrusting, vec![released], Indication::Indeterminate, "01"),
        (
            &signed.verifier,
            vec![other],
            Indication::NoSignatureFound,
            "01",
        ),
        (
            &signed.verifier,
            vec![("d.pdf", b"%PDF-1.7 broken".as_slice())],
            Indication::Indeterminate,
            "02",
        ),
    ] {
        for zip in [false, true] {
            let mut package = read(&packed(&attachments, zip)).unwrap();
            let report = verify(&mut package, verifier, at()).unwrap();
            assert_eq!(report.indication, indication);
            assert_eq!(report.status_code, Some(status));
            // Each answer is the library's own for that file.
            for (one, (_, bytes)) in report.attachments.iter().zip(&attachments) {
                if one.name.ends_with(".pdf") {
                    assert_eq!(
                        one.report.as_ref(),
                        verifier.verify(bytes, at()).ok().as_ref()
                    );
                } else {
                    assert!(one.report.is_none() && one.problem.is_none());
                }
            }
        }
    }
}

/// What is declared a PDF, by type or by name, and is none: never a pass, named, refused.
#[test]
fn err_a_declared_pdf_that_is_none() {
    let signed = signed();
    let twice = STANDARD.encode(&signed.released).into_bytes();
    let mut headless = signed.released.clone();
    headless[..5].copy_from_slice(b"%PdF-");
    let inner = archive(&[("a.pdf", &signed.released)]);
    for content in [b"hello".to_vec(), Vec::new(), twice, inner, headless] {
        // An archive of one entry is opened once, so that the one within stays an archive.
        let (bytes, zip) = match content.starts_with(b"PK") {
            true => (content, true),
            false => (content, false),
        };
        let text = packed(&[("a.pdf", &signed.released), ("b.pdf", &bytes)], zip);
        let typed = String::from_utf8(text.clone()).unwrap();
        let typed = typed.replace("b.pdf", "b.bin").into_bytes();
        for (text, name) in [(text, "b.pdf"), (typed, "b.bin")] {
            let mut package = read(&text).unwrap();
            let report = verify(&mut package, &signed.verifier, at()).unwrap();
            let head = &bytes[..bytes.len().min(9)];
            assert_eq!(report.indication, Indication::Indeterminate, "{head:?}");
            assert_eq!(report.status_code, Some("02"), "{head:?}");
            assert!(report.has_unreadable());
            let fault = report.faults.last().unwrap();
            assert_eq!(fault.attachment.as_deref(), Some(name));
            let answer = report.answer(at(), kyso::Language::En).unwrap();
            assert!(answer.description.unwrap().contains(name));
        }
    }
}

/// Text goes on after comments and processing instructions, CDATA is text, an element is refused:
/// in the content of attachments and in every other element that is read.
#[test]
fn err_text_is_read_whole_or_refused() {
    let whole: Vec<u8> = (0..90_000_u32).map(|n| (n % 251) as u8).collect();
    let text = STANDARD.encode(&whole);
    let (head, tail) = text.split_at(70_001);
    let content = |inner: &str| {
        let start = "<Attachment><ContentId>1</ContentId><ContentTransferEncoded>";
        by_hand(
            "",
            &format!("{start}{inner}</ContentTransferEncoded></Attachment>"),
        )
    };
    for inner in [
        format!("{head}<!-- a -->{tail}"),
        format!("{head}<?a b?>{tail}"),
        format!("<![CDATA[{text}]]>"),
        format!("{head}<![CDATA[{tail}]]>"),
        format!("<!-- a --><![CDATA[{head}]]>{tail}<!-- b -->"),
    ] {
        let mut package = read(content(&inner).as_bytes()).unwrap();
        assert!(
            contents(&mut package) == [whole.clone()],
            "{}",
            &inner[..20]
        );
    }
    let element = |element| ExchangeFault::Field {
        element,
        problem: "holds another element where text belongs",
    };
    for inner in [
        format!("{head}<a/>{tail}"),
        format!("{head}<a>{tail}</a>"),
        format!("<x:a xmlns:x='urn:x'/>{text}"),
    ] {
        assert_eq!(fault(&content(&inner)), element("ContentTransferEncoded"));
    }
    // Padding ends the content: nothing may be appended.
    let appended = content("YQ==<!-- a -->YQ==");
    assert_eq!(fault(&appended), ExchangeFault::Base64 { index: 1 });
    let subject = |inner: &str| by_hand(&format!("<edXML:Subject>{inner}</edXML:Subject>"), "");
    match read(subject("a<!-- b -->c<?d?><![CDATA[e]]>").as_bytes())
        .unwrap()
        .message
    {
        Message::Document(document) => assert_eq!(document.subject, "ace"),
        Message::Status(_) => panic!("a status message"),
    }
    assert_eq!(fault(&subject("a<b/>c")), element("Subject"));
}

/// Manifest and attachments that differ are faults; what the manifest names and is not there is
/// never a pass.
#[test]
fn err_manifest_and_attachments_differ() {
    let signed = signed();
    let text = packed(&[("a.pdf", &signed.released), ("b.bin", b"b")], false);
    let text = String::from_utf8(text).unwrap();
    let between = |from: &str, to: &str, nth: usize| {
        let start = text.match_indices(from).nth(nth).unwrap().0;
        let end = start + text[start..].find(to).unwrap() + to.len();
        text[start..end].to_owned()
    };
    let second = between("<edXML:Attachment>", "</edXML:Attachment>", 1);
    let entry = between("<edXML:Reference", "</edXML:Reference>", 1);
    let empty = between(
        "<edXML:ContentTransferEncoded>",
        "</edXML:ContentTransferEncoded>",
        1,
    );
    let id = between("<edXML:ContentId>", "</edXML:ContentId>", 1);
    let other = second.replace(&id, "<edXML:ContentId>other</edXML:ContentId>");
    let cases: [(&str, String, &[&str], bool); 7] = [
        ("as written", text.clone(), &[], true),
        (
            "attachment gone",
            text.replace(&second, ""),
            &["Reference"],
            false,
        ),
        ("entry gone", text.replace(&entry, ""), &["ContentId"], true),
        (
            "content gone",
            text.replace(&empty, ""),
            &["ContentTransferEncoded"],
            false,
        ),
        (
            "other id",
            text.replace(&second, &other),
            &["ContentId", "Reference"],
            false,
        ),
        (
            "twice",
            text.replace(&second, &second.repeat(2)),
            &["ContentId"],
            true,
        ),
        (
            "other name",
            text.replace(&second, &second.replace("b.bin", "c.bin")),
            &["AttachmentName"],
            true,
        ),
    ];
    for (name, text, faults, passes) in cases {
        let mut package = read(text.as_bytes()).unwrap();
        let report = verify(&mut package, &signed.verifier, at()).unwrap();
        let found: Vec<_> = report.faults.iter().map(|one| one.element).collect();
        assert_eq!(found, faults, "{name}");
        assert_eq!(
            report.indication == Indication::TotalPassed,
            passes,
            "{name}"
        );
        assert_eq!(report.status_code == Some("03"), passes, "{name}");
    }
}

/// Metadata beside what signatures say: never a reason to fail, always told.
#[test]
fn ok_metadata_are_compared_with_signatures() {
    let signed = signed();
    let results = |change: &dyn Fn(&mut DocumentMessage), verifier: &Verifier| {
        let mut message = message();
        change(&mut message);
        let mut bytes = Vec::new();
        let mut attachments = [outgoing("a.pdf", &signed.released)];
        write_document(&message, &mut attachments, false, &mut bytes).unwrap();
        let report = verify(&mut read(&bytes).unwrap(), verifier, at()).unwrap();
        report
            .comparisons
            .iter()
            .map(|one| one.result)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        results(&|_| (), &signed.verifier),
        ["differs", "differs", "agrees"]
    );
    let report = signed.verifier.verify(&signed.released, at()).unwrap();
    let name = |index: usize| {
        let subject = report.signatures[index].signer.clone().unwrap();
        let start = subject.find("CN=").unwrap() + 3;
        let rest = &subject[start..];
        rest[..rest.find([',', '+']).unwrap_or(rest.len())].to_owned()
    };
    let (leader, agency) = (name(0), name(1));
    let right = |m: &mut DocumentMessage| {
        m.from.name = agency.to_uppercase();
        m.signer_full_name = leader.clone();
    };
    assert_eq!(
        results(&right, &signed.verifier),
        ["agrees", "agrees", "agrees"]
    );
    let late = |m: &mut DocumentMessage| m.promulgation_date = "2026/11/24".to_owned();
    assert_eq!(results(&late, &signed.verifier)[2], "differs");
    let nobody = Verifier::new(Trust::new(), Policy::official());
    assert_eq!(results(&right, &nobody), ["not-compared"; 3]);
}

fn kyso(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kyso"))
        .current_dir(folder)
        .args(["--lang", "en"])
        .args(arguments)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .concat()
}

/// One agency packs, the other verifies, answers and unpacks.
#[test]
fn ok_the_program_exchanges() {
    let signed = signed();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let json = serde_json::to_vec(&Message::Document(Box::new(message()))).unwrap();
    write("message.json", &json);
    write("qd.pdf", &signed.released);
    write("sai.pdf", &signed.tampered);
    write("chu.pdf", b"no PDF at all");
    write("root.pem", &signed.root);
    write("1.crl", &signed.crls[0]);
    write("2.crl", &signed.crls[1]);
    for (file, out, answer, code, status) in [
        ("qd.pdf", "good.edxml", "good.xml", 0, "03"),
        ("sai.pdf", "bad.edxml", "bad.xml", 1, "02"),
        ("chu.pdf", "none.edxml", "none.xml", 4, "02"),
    ] {
        let output = kyso(
            folder,
            &["exchange", "pack", "message.json", file, "--zip", "-o", out],
        );
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let output = kyso(
            folder,
            &[
                "exchange",
                "verify",
                out,
                "--trust",
                "root.pem",
                "--evidence",
                "1.crl",
                "--evidence",
                "2.crl",
                "--at",
                "2026-11-23T07:00:00Z",
                "--answer",
                answer,
            ],
        );
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        let text = said(&output);
        assert!(
            text.contains(&format!("status to answer with: {status}")),
            "{text}"
        );
        let answer = read(&fs::read(folder.join(answer)).unwrap()).unwrap();
        let Message::Status(answer) = answer.message else {
            panic!("no status message");
        };
        assert_eq!(answer.status_code, status);
        assert_eq!(answer.response_for.code, "15/QĐ-SM");
        assert_eq!(answer.from, message().to[0]);
    }
    let output = kyso(folder, &["exchange", "unpack", "good.edxml", "-o", "out"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        fs::read(folder.join("out/01-qd.pdf")).unwrap(),
        signed.released
    );
    let again: Message =
        serde_json::from_slice(&fs::read(folder.join("out/message.json")).unwrap()).unwrap();
    assert_eq!(again, Message::Document(Box::new(message())));
    // What exists is kept; what fails leaves nothing.
    let output = kyso(
        folder,
        &[
            "exchange",
            "pack",
            "message.json",
            "qd.pdf",
            "-o",
            "good.edxml",
        ],
    );
    assert_eq!(output.status.code(), Some(4));
    let output = kyso(
        folder,
        &[
            "exchange",
            "pack",
            "message.json",
            "none.pdf",
            "-o",
            "new.edxml",
        ],
    );
    assert_eq!(output.status.code(), Some(4));
    assert!(!folder.join("new.edxml").exists());
    write(
        "cut.edxml",
        &fs::read(folder.join("good.edxml")).unwrap()[..5000],
    );
    let output = kyso(folder, &["exchange", "unpack", "cut.edxml", "-o", "cut"]);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(!folder.join("cut").exists());
    // Names of attachments lead nowhere.
    let hostile = by_hand(
        "",
        &attachment(b"x").replace(
            "<ContentId>",
            "<AttachmentName>../../e&#x2f;v\u{202e}il.pdf</AttachmentName><ContentId>",
        ),
    );
    write("hostile.edxml", hostile.as_bytes());
    let output = kyso(
        folder,
        &["exchange", "unpack", "hostile.edxml", "-o", "hostile"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let mut names: Vec<_> = fs::read_dir(folder.join("hostile"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["01-_.._e_v_il.pdf", "message.json"]);
}

/// A message of 300 MB is packed, read and unpacked by a process that may not have 200 MB.
#[test]
fn ok_a_large_message_needs_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let json = serde_json::to_vec(&Message::Document(Box::new(message()))).unwrap();
    fs::write(folder.join("message.json"), json).unwrap();
    let file = fs::File::create(folder.join("large.bin")).unwrap();
    file.set_len(225 << 20).unwrap();
    let small = |arguments: &str| {
        let output = Command::new("sh")
            .current_dir(folder)
            .args([
                "-c",
                &format!("ulimit -v 200000 && exec \"$0\" --lang en exchange {arguments}"),
            ])
            .arg(env!("CARGO_BIN_EXE_kyso"))
            .output()
            .unwrap();
        assert!(output.status.code() != Some(4), "{}", said(&output));
        output
    };
    let output = small("pack message.json large.bin -o large.edxml");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(fs::metadata(folder.join("large.edxml")).unwrap().len() > 300 << 20);
    let output = small("unpack large.edxml -o out");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        fs::metadata(folder.join("out/01-large.bin")).unwrap().len(),
        225 << 20
    );
    let output = small("verify large.edxml --at 2026-11-23T07:00:00Z");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
}

/// The odd messages of the field in one table: each gets a typed answer, none a pass.
#[test]
fn ok_the_table_of_odd_messages() {
    let zip = |entries: &[(&str, &[u8])]| by_hand("", &attachment(&archive(entries)));
    let subject = "<edXML:Subject>a</edXML:Subject>";
    let bomb = vec![0; 64 << 20];
    let entities = by_hand("<edXML:Subject>&b;</edXML:Subject>", "").replace(
        "?>",
        "?><!DOCTYPE a [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>",
    );
    let wrong_type = by_hand("", &attachment(b"%PDF-1.7 x")).replace(
        "<ContentId>",
        "<ContentType>application/zip</ContentType><ContentId>",
    );
    let placeholder = by_hand("<edXML:Signature>copied</edXML:Signature>", "");
    type Expected = Result<EnvelopeSignature, &'static str>;
    let cases: [(&str, String, Expected); 7] = [
        ("zip bomb", zip(&[("a.pdf", &bomb)]), Err("archive")),
        ("path", zip(&[("../../a.pdf", b"x")]), Err("archive")),
        ("entity bomb", entities, Err("document type")),
        (
            "wrong content type",
            wrong_type,
            Ok(EnvelopeSignature::Absent),
        ),
        (
            "placeholder",
            placeholder,
            Ok(EnvelopeSignature::Placeholder),
        ),
        (
            "not well-formed",
            by_hand(subject, "").replace("</edXML:Subject>", "</edXML:subject>"),
            Err("xml"),
        ),
        (
            "cut short",
            by_hand(subject, "")[..300].to_owned(),
            Err("xml"),
        ),
    ];
    let nobody = Verifier::new(Trust::new(), Policy::official());
    for (name, text, expected) in cases {
        let found = read(text.as_bytes()).map_err(|error| match error.kind() {
            ErrorKind::Exchange(ExchangeFault::Archive { .. }) => "archive",
            ErrorKind::Exchange(ExchangeFault::DocumentType) => "document type",
            ErrorKind::Exchange(ExchangeFault::Xml(_)) => "xml",
            _ => "another",
        });
        let signature = found.as_ref().map(|package| package.envelope_signature);
        assert_eq!(signature, expected.as_ref().copied(), "{name}");
        if let Ok(mut package) = found {
            let report = verify(&mut package, &nobody, at()).unwrap();
            assert_ne!(report.indication, Indication::TotalPassed, "{name}");
            assert_ne!(report.status_code, Some("03"), "{name}");
        }
    }
}

/// From the leader's signature to the receiver's archive and its figures: the demonstration, read
/// with the program's own commands.
#[test]
fn ok_a_document_goes_from_agency_to_agency() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let when = "2026-11-23T07:00:00Z";
    let output = kyso(folder, &["demo", "demo", "--exchange", "--at", when]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let trusting = |arguments: &[&str]| {
        let trust = ["--trust", "demo/trust.json", "--evidence", "demo/root.crl"];
        let more = ["--evidence", "demo/issuing.crl", "--at", when];
        kyso(folder, &[arguments, &trust, &more].concat())
    };
    let way = "demo/trao-doi";
    let message = |name: &str| {
        let bytes = fs::read(folder.join(way).join(name)).unwrap();
        read(&bytes).unwrap().message
    };
    // What arrives good is received, what was changed on the way is refused, with the reason.
    for (sent, answered, exit, code) in [
        ("1-van-ban.edxml", "2-trang-thai-03.edxml", 0, "03"),
        ("3-van-ban.bi-sua.edxml", "4-trang-thai-02.edxml", 1, "02"),
    ] {
        let path = format!("{way}/{sent}");
        let output = trusting(&["exchange", "verify", &path, "--answer", "answer.edxml"]);
        assert_eq!(output.status.code(), Some(exit), "{}", said(&output));
        fs::remove_file(folder.join("answer.edxml")).unwrap();
        let (Message::Document(document), Message::Status(status)) =
            (message(sent), message(answered))
        else {
            panic!("a document and its status");
        };
        assert_eq!(status.status_code, code);
        assert_eq!(status.from, document.to[0]);
        assert_eq!(status.response_for.organ_id, document.from.id);
        assert_eq!(status.response_for.code, "15/QĐ-UBND");
        assert_eq!(status.response_for.document_id, document.document_id);
        let reason = "quyet-dinh.pdf (TOTAL-FAILED, HASH_FAILURE)";
        match code {
            "03" => assert_eq!(status.description, None),
            _ => assert!(
                status.description.as_ref().unwrap().contains(reason),
                "{status:?}"
            ),
        }
        // The metadata agree with what the good signatures say.
        let report = trusting(&["exchange", "verify", &path, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
        if code == "03" {
            let comparisons = report["comparisons"].as_array().unwrap();
            assert_eq!(comparisons.len(), 3, "organisation, signer, date");
            for comparison in comparisons {
                assert_eq!(comparison["result"], "agrees", "{comparison}");
            }
        }
    }
    // What was filed carries the receiver's stamp above the sender's signatures, and still passes.
    let filed = format!("{way}/luu-tru/quyet-dinh.pdf");
    let output = trusting(&["verify", "--format", "json", &filed]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let signers: Vec<&str> = report["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["signer"].as_str().unwrap())
        .collect();
    assert_eq!(signers.len(), 5, "leader, number, date, seal, stamp");
    assert!(signers[4].contains(demo::RECEIVER) && signers[3].contains(demo::AGENCY));
    let sent = fs::read(folder.join("demo/quyet-dinh.phat-hanh.pdf")).unwrap();
    assert!(fs::read(folder.join(&filed)).unwrap().starts_with(&sent));
    // The figures of the half-year: the decision with 5 signatures, the annex with 2.
    let output = trusting(&["archive", &format!("{way}/luu-tru"), "--out", "run"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let summary = fs::read(folder.join("run/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    assert_eq!(summary["documents"]["total"], 2);
    assert_eq!(summary["signed_share"], 1.0);
    assert_eq!(summary["half_years"]["2026-H2"]["documents"], 2);
    assert_eq!(summary["half_years"]["2026-H2"]["signatures"], 7);
    assert_eq!(summary["half_years"]["2026-H2"]["used"], 3);
    let mut by_signer: Vec<(&str, u64)> = summary["certificates"]
        .as_object()
        .unwrap()
        .values()
        .map(|one| {
            (
                one["signer"].as_str().unwrap(),
                one["signatures"].as_u64().unwrap(),
            )
        })
        .collect();
    by_signer.sort_unstable();
    let mut expected = [(demo::LEADER, 1), (demo::RECEIVER, 2), (demo::AGENCY, 4)];
    expected.sort_unstable();
    assert_eq!(by_signer, expected);
    let agencies = summary["agencies"].as_object().unwrap();
    let signatures: u64 = agencies
        .values()
        .map(|one| one["signatures"].as_u64().unwrap())
        .sum();
    assert_eq!(signatures, 7, "{agencies:?}");
}
