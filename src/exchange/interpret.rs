//! The tree of a message → what it says, in whatever order it says it.

use super::FieldFault;
use super::envelope::{Envelope, Node};
use super::message::{
    Business, Code, DocumentMessage, Message, Organ, Replacement, ResponseFor, Staff,
    StatusMessage, Trace,
};
use crate::error::{Error, ExchangeFault};

/// One attachment, its content as an index.
pub(super) struct Part {
    pub(super) content_id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) content: usize,
}

/// The attachments, beside the manifest.
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    /// Where manifest and attachments differ.
    pub(super) faults: Vec<FieldFault>,
    /// Something the message names is not there.
    pub(super) incomplete: bool,
}

/// One entry of the manifest.
struct Entry<'e> {
    view: View<'e>,
    ids: Vec<String>,
    name: String,
}

impl Entry<'_> {
    /// Whether it means this attachment: by identifier, by name where it states none.
    fn means(&self, id: &str, name: &str) -> bool {
        if self.ids.is_empty() {
            !name.is_empty() && self.name == name
        } else {
            self.ids.iter().any(|own| own == id)
        }
    }
}

/// A view of one element.
#[derive(Clone, Copy)]
struct View<'e> {
    nodes: &'e [Node],
    index: usize,
}

impl<'e> View<'e> {
    fn children(self) -> impl Iterator<Item = Self> + 'e {
        // Children stand after their parent.
        let (nodes, parent) = (self.nodes, self.index);
        nodes
            .iter()
            .enumerate()
            .skip(parent)
            .filter(move |(_, node)| node.parent == Some(parent))
            .map(move |(index, _)| Self { nodes, index })
    }

    fn all(self, name: &'static str) -> impl Iterator<Item = Self> + 'e {
        self.children().filter(move |child| child.name() == name)
    }

    fn name(self) -> &'e str {
        self.nodes.get(self.index).map_or("", |node| &node.name)
    }

    /// The only child of this name; a second one would say something else to another reader.
    fn one(self, name: &'static str) -> Result<Option<Self>, Error> {
        let mut found = self.all(name);
        let first = found.next();
        if found.next().is_some() {
            return Err(ExchangeFault::Field {
                element: name,
                problem: "stands twice",
            }
            .into());
        }
        Ok(first)
    }

    /// Its text, whole: readers differ in what they take for the text around another element.
    fn words(self, name: &'static str) -> Result<String, Error> {
        match self.nodes.get(self.index) {
            Some(node) if node.holds_elements => Err(ExchangeFault::Field {
                element: name,
                problem: "holds another element where text belongs",
            }
            .into()),
            Some(node) => Ok(node.text.trim().to_owned()),
            None => Ok(String::new()),
        }
    }

    /// Text of a child; `None`: absent or empty.
    fn text(self, name: &'static str) -> Result<Option<String>, Error> {
        let text = self.one(name)?.map(|one| one.words(name)).transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn needed(self, name: &'static str) -> Result<String, Error> {
        Ok(self.text(name)?.unwrap_or_default())
    }

    fn list(self, outer: &'static str, inner: &'static str) -> Result<Vec<String>, Error> {
        let Some(outer) = self.one(outer)? else {
            return Ok(Vec::new());
        };
        outer
            .all(inner)
            .map(|one| one.words(inner))
            .filter(|text| !matches!(text, Ok(text) if text.is_empty()))
            .collect()
    }
}

pub(super) fn interpret(envelope: &Envelope) -> Result<(Message, Parts), Error> {
    let root = View {
        nodes: &envelope.nodes,
        index: 0,
    };
    if root.name() != "edXML"
        && !envelope
            .nodes
            .iter()
            .any(|node| node.name == "MessageHeader")
    {
        return Err(ExchangeFault::NotEdxml("the root is not edXML").into());
    }
    // Senders differ in what stands around the header; there is one all the same.
    let mut headers = (0..envelope.nodes.len())
        .map(|index| View { index, ..root })
        .filter(|view| view.name() == "MessageHeader");
    let (Some(header), None) = (headers.next(), headers.next()) else {
        return Err(ExchangeFault::NotEdxml("there is not exactly one MessageHeader").into());
    };
    let around = envelope
        .nodes
        .get(header.index)
        .and_then(|node| node.parent)
        .map(|index| View { index, ..root });
    let message = match header.text("StatusCode")? {
        Some(code) => Message::Status(Box::new(status(header, code)?)),
        None => Message::Document(Box::new(document(header, around)?)),
    };
    Ok((message, parts(root, envelope)?))
}

fn organ(view: View<'_>) -> Result<Organ, Error> {
    Ok(Organ {
        id: view.needed("OrganId")?,
        in_charge: view.text("OrganizationInCharge")?,
        name: view.needed("OrganName")?,
        address: view.text("OrganAdd")?,
        email: view.text("Email")?,
        telephone: view.text("Telephone")?,
        fax: view.text("Fax")?,
        website: view.text("Website")?,
    })
}

fn from(header: View<'_>) -> Result<Organ, Error> {
    match header.one("From")? {
        Some(from) => organ(from),
        None => Err(ExchangeFault::NotEdxml("there is no From").into()),
    }
}

fn response(view: View<'_>) -> Result<ResponseFor, Error> {
    Ok(ResponseFor {
        organ_id: view.needed("OrganId")?,
        code: view.needed("Code")?,
        document_id: view.text("DocumentId")?,
        promulgation_date: view.text("PromulgationDate")?,
    })
}

fn staff(view: View<'_>) -> Result<Staff, Error> {
    Ok(Staff {
        department: view.text("Department")?,
        staff: view.text("Staff")?,
        mobile: view.text("Mobile")?,
        email: view.text("Email")?,
    })
}

fn status(header: View<'_>, status_code: String) -> Result<StatusMessage, Error> {
    Ok(StatusMessage {
        from: from(header)?,
        response_for: header
            .one("ResponseFor")?
            .map(response)
            .transpose()?
            .unwrap_or_default(),
        staff: header.one("StaffInfo")?.map(staff).transpose()?,
        status_code,
        description: header.text("Description")?,
        timestamp: header.needed("Timestamp")?,
    })
}

fn document(header: View<'_>, around: Option<View<'_>>) -> Result<DocumentMessage, Error> {
    let empty = View {
        nodes: &[],
        index: 0,
    };
    let part = |name| Ok::<_, Error>(header.one(name)?.unwrap_or(empty));
    let code = part("Code")?;
    let promulgation = part("PromulgationInfo")?;
    let kind = part("DocumentType")?;
    let signer = part("SignerInfo")?;
    let other = part("OtherInfo")?;
    let (trace, business) = match around.map(|view| view.one("TraceHeaderList")).transpose()? {
        Some(Some(list)) => (trace(list)?, business(list)?),
        _ => (Vec::new(), Business::default()),
    };
    Ok(DocumentMessage {
        from: from(header)?,
        to: header.all("To").map(organ).collect::<Result<_, _>>()?,
        document_id: header.text("DocumentId")?,
        code: Code {
            number: code.needed("CodeNumber")?,
            notation: code.needed("CodeNotation")?,
        },
        place: promulgation.needed("Place")?,
        promulgation_date: promulgation.needed("PromulgationDate")?,
        document_type: kind.needed("Type")?,
        document_type_detail: kind.text("TypeDetail")?,
        document_type_name: kind.needed("TypeName")?,
        subject: header.needed("Subject")?,
        content: header.text("Content")?,
        signer_competence: signer.text("Competence")?,
        signer_position: signer.text("Position")?,
        signer_full_name: signer.needed("FullName")?,
        due_date: header.text("DueDate")?,
        to_places: header.list("ToPlaces", "Place")?,
        priority: other.text("Priority")?,
        sphere_of_promulgation: other.text("SphereOfPromulgation")?,
        typer_notation: other.text("TyperNotation")?,
        promulgation_amount: other.text("PromulgationAmount")?,
        page_amount: other.text("PageAmount")?,
        direction: other.text("Direction")?,
        appendixes: other.list("Appendixes", "Appendix")?,
        response_for: header
            .all("ResponseFor")
            .map(response)
            .collect::<Result<_, _>>()?,
        steering_type: header.text("SteeringType")?,
        trace,
        business,
    })
}

fn trace(list: View<'_>) -> Result<Vec<Trace>, Error> {
    list.all("TraceHeader")
        .map(|one| {
            Ok(Trace {
                organ_id: one.needed("OrganId")?,
                timestamp: one.needed("Timestamp")?,
            })
        })
        .collect()
}

/// The regulation writes `Bussiness`.
fn business(list: View<'_>) -> Result<Business, Error> {
    let Some(view) = list.one("Bussiness")? else {
        return Ok(Business::default());
    };
    let mut replaced = Vec::new();
    if let Some(list) = view.one("ReplacementInfoList")? {
        for one in list.all("ReplacementInfo") {
            replaced.push(Replacement {
                document_id: one.needed("DocumentId")?,
                organs: one.list("OrganIdList", "OrganId")?,
            });
        }
    }
    Ok(Business {
        document_type: view.needed("BussinessDocType")?,
        reason: view.text("BussinessDocReason")?,
        document_id: view.text("DocumentId")?,
        paper: view.text("Paper")?,
        replaced,
        staff: view.one("StaffInfo")?.map(staff).transpose()?,
    })
}

/// Identifiers with and without `cid:` are the same.
fn plain_id(text: &str) -> String {
    text.strip_prefix("cid:").unwrap_or(text).to_owned()
}

fn entries<'e>(root: View<'e>, envelope: &'e Envelope) -> Result<Vec<Entry<'e>>, Error> {
    let mut found = Vec::new();
    for (index, node) in envelope.nodes.iter().enumerate() {
        if node.name != "Reference" {
            continue;
        }
        let view = View { index, ..root };
        let own = view.text("ContentId")?;
        let mut ids: Vec<String> = own
            .iter()
            .chain(&node.href)
            .map(|id| plain_id(id))
            .collect();
        ids.retain(|id| !id.is_empty());
        found.push(Entry {
            view,
            ids,
            name: view.needed("AttachmentName")?,
        });
    }
    Ok(found)
}

fn parts(root: View<'_>, envelope: &Envelope) -> Result<Parts, Error> {
    let entries = entries(root, envelope)?;
    let mut met = vec![0_usize; entries.len()];
    let mut found: Vec<Part> = Vec::new();
    let mut faults = Vec::new();
    let mut incomplete = false;
    for (index, node) in envelope.nodes.iter().enumerate() {
        let attachment = View { index, ..root };
        if node.content.is_some() {
            let parent = node.parent.map(|index| View { index, ..root });
            if parent.is_none_or(|parent| parent.name() != "Attachment") {
                return Err(ExchangeFault::NotEdxml("content outside of an Attachment").into());
            }
        }
        if node.name != "Attachment" {
            continue;
        }
        let id = plain_id(&attachment.needed("ContentId")?);
        let own_name = attachment.needed("AttachmentName")?;
        let mut reference = None;
        for (entry, met) in entries.iter().zip(&mut met) {
            if entry.means(&id, &own_name) {
                *met = met.saturating_add(1);
                reference.get_or_insert(entry);
            }
        }
        let get = |name| -> Result<Option<String>, Error> {
            match attachment.text(name)? {
                Some(text) => Ok(Some(text)),
                // What the attachment itself does not say, its entry in the manifest may.
                None => reference.map_or(Ok(None), |entry| entry.view.text(name)),
            }
        };
        let name = get("AttachmentName")?.unwrap_or_default();
        match reference {
            None => faults.push(FieldFault::about(
                &name,
                "ContentId",
                "stands in no entry of the manifest",
            )),
            Some(entry) if !entry.name.is_empty() && entry.name != name => {
                faults.push(FieldFault::about(
                    &name,
                    "AttachmentName",
                    "differs from that of the manifest's entry with its ContentId",
                ));
            }
            Some(_) => {}
        }
        let content = attachment
            .one("ContentTransferEncoded")?
            .and_then(|view| envelope.nodes.get(view.index))
            .and_then(|node| node.content);
        let Some(content) = content else {
            incomplete = true;
            faults.push(FieldFault::about(
                &name,
                "ContentTransferEncoded",
                "is missing",
            ));
            continue;
        };
        if !id.is_empty() && found.iter().any(|other| other.content_id == id) {
            faults.push(FieldFault::about(
                &name,
                "ContentId",
                "is that of an attachment before it",
            ));
        }
        found.push(Part {
            name,
            description: get("Description")?,
            content_type: get("ContentType")?,
            content_id: id,
            content,
        });
    }
    for (index, (entry, met)) in entries.iter().zip(&met).enumerate() {
        if *met == 0 {
            incomplete = true;
            faults.push(FieldFault::about(
                &entry.name,
                "Reference",
                "has no attachment",
            ));
        }
        let before = entries.iter().take(index);
        if before
            .flat_map(|one| &one.ids)
            .any(|id| entry.ids.contains(id))
        {
            faults.push(FieldFault::about(
                &entry.name,
                "Reference",
                "has the ContentId of one before it",
            ));
        }
    }
    Ok(Parts {
        parts: found,
        faults,
        incomplete,
    })
}
