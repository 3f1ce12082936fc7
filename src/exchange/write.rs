//! What a message says, and attachments → the message, written as a stream.

use std::io::{self, BufReader, Read, Seek, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::archive::harmless;
use super::message::{DocumentMessage, Message, Organ, ResponseFor, Staff, StatusMessage};
use super::spool::Spool;
use super::{NAMESPACE, io_fault, rules};
use crate::error::{Error, ExchangeFault};
use crate::pki::issue::random_serial;
use crate::report::hex;

/// One attachment to send.
#[derive(Debug)]
pub struct Outgoing<R> {
    /// Its name, without a path; at most 200 characters.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its description.
    pub description: Option<String>,
    /// Its octets, from the start.
    pub content: R,
}

struct Out<W: Write> {
    xml: Writer<W>,
}

fn written<T>(result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|error| io_fault(&error))
}

impl<W: Write> Out<W> {
    fn event(&mut self, event: Event<'_>) -> Result<(), Error> {
        written(self.xml.write_event(event))
    }

    fn open(&mut self, name: &str) -> Result<(), Error> {
        self.event(Event::Start(BytesStart::new(format!("edXML:{name}"))))
    }

    fn close(&mut self, name: &str) -> Result<(), Error> {
        self.event(Event::End(BytesEnd::new(format!("edXML:{name}"))))
    }

    fn inside(
        &mut self,
        name: &str,
        then: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.open(name)?;
        then(self)?;
        self.close(name)
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.inside(name, |out| out.event(Event::Text(BytesText::new(text))))
    }

    fn maybe(&mut self, name: &str, text: Option<&String>) -> Result<(), Error> {
        text.map_or(Ok(()), |text| self.text(name, text))
    }

    fn list(&mut self, outer: &str, inner: &str, items: &[String]) -> Result<(), Error> {
        if items.is_empty() {
            return Ok(());
        }
        self.inside(outer, |out| {
            items.iter().try_for_each(|item| out.text(inner, item))
        })
    }

    fn organ(&mut self, name: &str, organ: &Organ) -> Result<(), Error> {
        self.inside(name, |out| {
            out.text("OrganId", &organ.id)?;
            out.maybe("OrganizationInCharge", organ.in_charge.as_ref())?;
            out.text("OrganName", &organ.name)?;
            out.maybe("OrganAdd", organ.address.as_ref())?;
            out.maybe("Email", organ.email.as_ref())?;
            out.maybe("Telephone", organ.telephone.as_ref())?;
            out.maybe("Fax", organ.fax.as_ref())?;
            out.maybe("Website", organ.website.as_ref())
        })
    }

    fn response(&mut self, response: &ResponseFor) -> Result<(), Error> {
        self.inside("ResponseFor", |out| {
            out.text("OrganId", &response.organ_id)?;
            out.text("Code", &response.code)?;
            out.maybe("DocumentId", response.document_id.as_ref())?;
            out.maybe("PromulgationDate", response.promulgation_date.as_ref())
        })
    }

    fn staff(&mut self, staff: Option<&Staff>) -> Result<(), Error> {
        let Some(staff) = staff else { return Ok(()) };
        self.inside("StaffInfo", |out| {
            out.maybe("Department", staff.department.as_ref())?;
            out.maybe("Staff", staff.staff.as_ref())?;
            out.maybe("Mobile", staff.mobile.as_ref())?;
            out.maybe("Email", staff.email.as_ref())
        })
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let root = BytesStart::new("edXML")
            .with_attributes([("xmlns", NAMESPACE), ("xmlns:edXML", NAMESPACE)]);
        self.event(Event::Start(root))
    }
}

/// Refuses what the regulation does not allow.
fn checked(message: &Message) -> Result<(), Error> {
    match rules::check(message).first() {
        Some(fault) => Err(ExchangeFault::Field {
            element: fault.element,
            problem: fault.problem,
        }
        .into()),
        None => Ok(()),
    }
}

/// Writes a document with its attachments. `pack`: each goes into an archive of one entry of a
/// random name, as the senders of the field's development kit do; else as it is.
///
/// # Errors
/// [`ExchangeFault::Field`]: a value that the regulation does not allow; I/O.
pub fn write_document<R: Read>(
    document: &DocumentMessage,
    attachments: &mut [Outgoing<R>],
    pack: bool,
    out: impl Write,
) -> Result<(), Error> {
    checked(&Message::Document(Box::new(document.clone())))?;
    let field = |problem| ExchangeFault::Field {
        element: "AttachmentName",
        problem,
    };
    for attachment in attachments.iter() {
        if !harmless(&attachment.name) || attachment.name.chars().count() > 200 {
            return Err(field("is no name of a file, or too long").into());
        }
    }
    let ids = attachments
        .iter()
        .map(|_| random_serial().map(|id| hex(&id)))
        .collect::<Result<Vec<_>, _>>()?;
    let mut out = Out {
        xml: Writer::new(out),
    };
    out.begin()?;
    out.inside("edXMLEnvelope", |out| {
        out.inside("edXMLHeader", |out| {
            out.inside("MessageHeader", |out| header(out, document))?;
            trace(out, document)
        })?;
        out.inside("edXMLBody", |out| {
            let manifest =
                BytesStart::new("edXML:edXMLManifest").with_attributes([("version", "1.0")]);
            out.event(Event::Start(manifest))?;
            for (attachment, id) in attachments.iter().zip(&ids) {
                out.inside("Reference", |out| {
                    out.text("ContentId", &format!("cid:{id}"))?;
                    out.text("ContentType", &attachment.content_type)?;
                    out.text("AttachmentName", &attachment.name)?;
                    out.maybe("Description", attachment.description.as_ref())
                })?;
            }
            out.close("edXMLManifest")
        })
    })?;
    out.inside("AttachmentEncoded", |out| {
        for (attachment, id) in attachments.iter_mut().zip(&ids) {
            out.inside("Attachment", |out| {
                out.text("ContentId", &format!("cid:{id}"))?;
                out.text("AttachmentName", &attachment.name)?;
                out.maybe("Description", attachment.description.as_ref())?;
                out.text("ContentType", &attachment.content_type)?;
                out.open("ContentTransferEncoded")?;
                let mut encoder = EncoderWriter::new(out.xml.get_mut(), &STANDARD);
                if pack {
                    let mut packed = packed(&attachment.name, id, &mut attachment.content)?;
                    written(io::copy(&mut packed.reader()?, &mut encoder))?;
                } else {
                    written(io::copy(&mut attachment.content, &mut encoder))?;
                }
                written(encoder.finish().map(|_| ()))?;
                drop(encoder);
                out.close("ContentTransferEncoded")
            })?;
        }
        Ok(())
    })?;
    finish(out)
}

fn finish<W: Write>(mut out: Out<W>) -> Result<(), Error> {
    out.event(Event::End(BytesEnd::new("edXML")))?;
    written(out.xml.get_mut().flush())
}

fn header<W: Write>(out: &mut Out<W>, document: &DocumentMessage) -> Result<(), Error> {
    out.organ("From", &document.from)?;
    for organ in &document.to {
        out.organ("To", organ)?;
    }
    out.maybe("DocumentId", document.document_id.as_ref())?;
    out.inside("Code", |out| {
        out.text("CodeNumber", &document.code.number)?;
        out.text("CodeNotation", &document.code.notation)
    })?;
    out.inside("PromulgationInfo", |out| {
        out.text("Place", &document.place)?;
        out.text("PromulgationDate", &document.promulgation_date)
    })?;
    out.inside("DocumentType", |out| {
        out.text("Type", &document.document_type)?;
        out.maybe("TypeDetail", document.document_type_detail.as_ref())?;
        out.text("TypeName", &document.document_type_name)
    })?;
    out.text("Subject", &document.subject)?;
    out.maybe("Content", document.content.as_ref())?;
    out.inside("SignerInfo", |out| {
        out.maybe("Competence", document.signer_competence.as_ref())?;
        out.maybe("Position", document.signer_position.as_ref())?;
        out.text("FullName", &document.signer_full_name)
    })?;
    out.maybe("DueDate", document.due_date.as_ref())?;
    out.list("ToPlaces", "Place", &document.to_places)?;
    out.inside("OtherInfo", |out| {
        out.maybe("Priority", document.priority.as_ref())?;
        out.maybe(
            "SphereOfPromulgation",
            document.sphere_of_promulgation.as_ref(),
        )?;
        out.maybe("TyperNotation", document.typer_notation.as_ref())?;
        out.maybe("PromulgationAmount", document.promulgation_amount.as_ref())?;
        out.maybe("PageAmount", document.page_amount.as_ref())?;
        out.maybe("Direction", document.direction.as_ref())?;
        out.list("Appendixes", "Appendix", &document.appendixes)
    })?;
    for response in &document.response_for {
        out.response(response)?;
    }
    out.maybe("SteeringType", document.steering_type.as_ref())
}

fn trace<W: Write>(out: &mut Out<W>, document: &DocumentMessage) -> Result<(), Error> {
    let list = BytesStart::new("edXML:TraceHeaderList").with_attributes([("version", "1.0")]);
    out.event(Event::Start(list))?;
    for trace in &document.trace {
        out.inside("TraceHeader", |out| {
            out.text("OrganId", &trace.organ_id)?;
            out.text("Timestamp", &trace.timestamp)
        })?;
    }
    let business = &document.business;
    out.inside("Bussiness", |out| {
        out.text("BussinessDocType", &business.document_type)?;
        out.maybe("BussinessDocReason", business.reason.as_ref())?;
        out.maybe("DocumentId", business.document_id.as_ref())?;
        out.maybe("Paper", business.paper.as_ref())?;
        if !business.replaced.is_empty() {
            out.inside("ReplacementInfoList", |out| {
                business.replaced.iter().try_for_each(|one| {
                    out.inside("ReplacementInfo", |out| {
                        out.text("DocumentId", &one.document_id)?;
                        out.list("OrganIdList", "OrganId", &one.organs)
                    })
                })
            })?;
        }
        out.staff(business.staff.as_ref())
    })?;
    out.close("TraceHeaderList")
}

/// `content` in an archive of one entry.
fn packed(name: &str, id: &str, content: &mut impl Read) -> Result<Spool, Error> {
    use zip::write::{SimpleFileOptions, ZipWriter};
    let extension = name
        .rsplit_once('.')
        .map_or("bin", |(_, extension)| extension);
    let plain: String = extension
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(8)
        .collect();
    // The archive's writer goes back to what it wrote, which a file does for it.
    let mut file = super::spool::unnamed(None)?;
    let broken = |_| {
        Error::new(ExchangeFault::Archive {
            index: 1,
            why: "it cannot be written",
        })
    };
    let mut archive = ZipWriter::new(&mut file);
    let options = SimpleFileOptions::default().large_file(false);
    archive
        .start_file(format!("{id}.{plain}"), options)
        .map_err(broken)?;
    written(io::copy(content, &mut archive))?;
    archive.finish().map_err(broken)?;
    written(file.rewind())?;
    Spool::from_reader(&mut BufReader::new(file), None, u64::MAX)
}

/// Writes what became of a document.
///
/// # Errors
/// As [`write_document`].
pub fn write_status(status: &StatusMessage, out: impl Write) -> Result<(), Error> {
    checked(&Message::Status(Box::new(status.clone())))?;
    let mut out = Out {
        xml: Writer::new(out),
    };
    out.begin()?;
    out.inside("edXMLEnvelope", |out| {
        out.inside("edXMLHeader", |out| {
            out.inside("MessageHeader", |out| {
                out.organ("From", &status.from)?;
                out.response(&status.response_for)?;
                out.staff(status.staff.as_ref())?;
                out.text("StatusCode", &status.status_code)?;
                out.maybe("Description", status.description.as_ref())?;
                out.text("Timestamp", &status.timestamp)
            })
        })
    })?;
    finish(out)
}
