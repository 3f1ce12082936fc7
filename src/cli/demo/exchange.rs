//! `kyso demo --exchange`: a released decision → its way to another agency and back: message, status 03, filing; and 02 for what was changed on the way.

use std::path::Path;

use super::{make_folder, write};
use crate::error::{Error, ErrorKind};
use crate::exchange::message::{Business, Code, DocumentMessage, Organ, Trace};
use crate::exchange::{Options, Outgoing, Package, verify, write_document, write_status};
use crate::report::Language;
use crate::signing::Signer;
use crate::signing::demo::{self, Pki, Release};
use crate::signing::release::{Act, Incoming};
use crate::time::{UtcTime, VIETNAM_OFFSET};
use crate::verify::Verifier;

/// Identifier of the sender, invented.
const SENDER: &str = "H99";
/// Identifier of the receiver, invented.
const RECEIVER: &str = "H99.01";
/// Name of the folder.
const FOLDER: &str = "trao-doi";

/// Sends `made` from its agency to another one, good and as `tampered`; what both sides read.
pub(super) fn show(
    dir: &Path,
    pki: &Pki,
    made: &Release,
    tampered: &[u8],
    verifier: &Verifier,
    at: UtcTime,
    language: Language,
) -> Result<String, Error> {
    let dir = &dir.join(FOLDER);
    make_folder(dir)?;
    let filed = dir.join("luu-tru");
    make_folder(&filed)?;
    let mut said = String::new();

    // The sender packs the decision and its annex; on another day, somebody changes them on the way.
    let sent = pack(&made.released, made, at)?;
    write(dir, "1-van-ban.edxml", &sent)?;
    let changed = pack(tampered, made, at)?;
    write(dir, "3-van-ban.bi-sua.edxml", &changed)?;

    for (message, name, expected) in [
        (&sent, "2-trang-thai-03.edxml", "03"),
        (&changed, "4-trang-thai-02.edxml", "02"),
    ] {
        // The receiver opens the message, verifies what is in it and answers.
        let mut package = Package::read(message.as_slice(), &Options::default())?;
        let report = verify(&mut package, verifier, at)?;
        said += &report.text(language);
        said.push('\n');
        let status = report
            .answer(at, language)
            .filter(|one| one.status_code == expected);
        let status = status.ok_or_else(|| unexpected("the receiver's answer"))?;
        let mut bytes = Vec::new();
        write_status(&status, &mut bytes)?;
        write(dir, name, &bytes)?;
        // The sender reads it.
        let mut back = Package::read(bytes.as_slice(), &Options::default())?;
        said += &verify(&mut back, verifier, at)?.text(language);
        said.push('\n');
        if expected != "03" {
            continue;
        }
        // What is accepted gets the receiver's stamp, with the receiver's own key, and is filed.
        let office = demo::office(pki)?;
        let clerk = Signer::new(pki.receiver_key(at)?);
        for (number, attachment) in (1..).zip(&mut package.attachments) {
            let mut document = Vec::new();
            std::io::copy(&mut attachment.reader()?, &mut document)
                .map_err(|_| unexpected("an attachment"))?;
            let stamp = Act::Incoming(Incoming {
                agency: demo::RECEIVER.to_owned(),
                number,
                place: None,
            });
            let stamped = office.sign(&document, &stamp, &clerk, at)?.signed;
            write(&filed, &attachment.name, stamped.bytes())?;
        }
    }
    Ok(said)
}

/// The message with `decision` and the annex.
fn pack(decision: &[u8], made: &Release, at: UtcTime) -> Result<Vec<u8>, Error> {
    let stamp = at.rfc3339(VIETNAM_OFFSET);
    let day: String = stamp.chars().take(10).collect::<String>().replace('-', "/");
    let time: String = stamp.chars().skip(11).take(8).collect();
    let organ = |id: &str, name: &str| Organ {
        id: id.to_owned(),
        name: name.to_owned(),
        ..Organ::default()
    };
    let message = DocumentMessage {
        from: organ(SENDER, demo::AGENCY),
        to: vec![organ(RECEIVER, demo::RECEIVER)],
        document_id: Some(format!("{SENDER},{day},15/{}", demo::SYMBOL)),
        code: Code {
            number: "15".to_owned(),
            notation: demo::SYMBOL.to_owned(),
        },
        place: "Tỉnh Mẫu".to_owned(),
        promulgation_date: day.clone(),
        document_type: "2".to_owned(),
        document_type_name: "Quyết định".to_owned(),
        subject: demo::TITLE.to_owned(),
        signer_position: Some("Chủ tịch".to_owned()),
        signer_full_name: demo::LEADER.to_owned(),
        to_places: vec![demo::RECEIVER.to_owned()],
        priority: Some("0".to_owned()),
        trace: vec![Trace {
            organ_id: SENDER.to_owned(),
            timestamp: format!("{day} {time}"),
        }],
        business: Business {
            document_type: "0".to_owned(),
            paper: Some("0".to_owned()),
            ..Business::default()
        },
        ..DocumentMessage::default()
    };
    let mut attachments = [
        ("quyet-dinh.pdf", decision),
        ("phu-luc.pdf", made.signed_annex.as_slice()),
    ]
    .map(|(name, content)| Outgoing {
        name: name.to_owned(),
        content_type: "application/pdf".to_owned(),
        description: None,
        content,
    });
    let mut bytes = Vec::new();
    write_document(&message, &mut attachments, true, &mut bytes)?;
    Ok(bytes)
}

fn unexpected(what: &'static str) -> Error {
    Error::new(ErrorKind::Misuse(what))
}
