//! edXML message ↔ its metadata, its attachments and their verdicts.
//!
//! The messages that agencies exchange (QCVN 102:2016/BTTTT with its amendment 1:2022). Elements
//! are found by namespace and name, in any order; document type declarations and entities are
//! refused; attachments are decoded as a stream into files without a name, so that a message of
//! any size needs little memory. Trust comes from the signed PDFs inside: a signature on the
//! envelope is reported, never relied upon.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kyso::exchange::{Options, Package};
//! let file = std::io::BufReader::new(std::fs::File::open("message.edxml")?);
//! let mut package = Package::read(file, &Options::default())?;
//! for attachment in &mut package.attachments {
//!     println!("{}: {} bytes", attachment.name, attachment.size());
//! }
//! # Ok(())
//! # }
//! ```

mod archive;
mod bounded;
mod envelope;
#[doc(hidden)]
pub mod fuzz;
mod interpret;
pub mod message;
mod rules;
mod spool;
mod verify;
mod write;

pub use message::Message;
pub use rules::{FieldFault, check};
pub use spool::Spool;
pub use verify::{AttachmentReport, Comparison, ExchangeReport, verify};
pub use write::{Outgoing, write_document, write_status};

use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use crate::error::{Error, ErrorKind, FileOperation};
use crate::limits::ExchangeLimits;

/// Namespace of the regulation.
pub const NAMESPACE: &str = "http://www.mic.gov.vn/TBT/QCVN_102_2016";

/// Namespaces of senders from before it.
const LEGACY: [&str; 2] = ["http://www.e-doc.vn/Schema/", "http://www.go.vn/eDoc"];

/// Namespace of XML signatures.
const XML_SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// How a message is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How much it may ask for.
    pub limits: ExchangeLimits,
    /// Accepts the namespaces of older senders as well.
    pub allow_legacy_namespaces: bool,
    /// Folder for decoded attachments; `None` takes the system's for temporary files.
    pub folder: Option<PathBuf>,
}

/// A message with its attachments, decoded and unpacked.
#[derive(Debug)]
pub struct Package {
    /// What the envelope says.
    pub message: Message,
    /// The attachments, in their order.
    pub attachments: Vec<Attachment>,
    /// What kind of signature the envelope has.
    pub envelope_signature: EnvelopeSignature,
    /// Values that the regulation does not allow, and where manifest and attachments differ.
    pub faults: Vec<FieldFault>,
    /// An entry of the manifest has no attachment, or an attachment no content; `faults` says which.
    pub incomplete: bool,
}

/// The signature of an envelope; none of these is a reason for trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnvelopeSignature {
    /// There is none.
    Absent,
    /// One in the namespace of XML signatures; it is not checked.
    NotChecked,
    /// Something of that name in another namespace: sample text of a development kit.
    Placeholder,
}

/// One attachment.
#[derive(Debug)]
pub struct Attachment {
    /// Its identifier, without `cid:`.
    pub content_id: String,
    /// Its name as stated; never a path.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Its media type as stated; senders state wrong ones.
    pub content_type: Option<String>,
    /// Name of the entry, when it came in an archive.
    pub entry: Option<String>,
    content: Spool,
}

impl Attachment {
    /// Octets, unpacked.
    pub fn size(&self) -> u64 {
        self.content.length()
    }

    /// SHA-256 of the octets, hexadecimal.
    pub fn sha256(&self) -> String {
        self.content.sha256()
    }

    /// Whether it is a PDF, by its first octets.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn is_pdf(&mut self) -> Result<bool, Error> {
        let mut head = [0; 1024];
        let mut reader = self.content.reader()?;
        let mut length = 0;
        while let Some(rest) = head.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match reader.read(rest).map_err(|error| io_fault(&error))? {
                0 => break,
                more => length = length.saturating_add(more),
            }
        }
        let head = head.get(..length).unwrap_or_default();
        Ok(memchr::memmem::find(head, b"%PDF-").is_some())
    }

    /// Whether it is stated to be a PDF: by its media type, its name or that of its entry.
    pub fn is_declared_pdf(&self) -> bool {
        let of_type = self.content_type.as_deref().is_some_and(|text| {
            let kind = text.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/pdf")
        });
        let mut names = std::iter::once(&self.name).chain(&self.entry);
        of_type || names.any(|name| name.trim_end().to_ascii_lowercase().ends_with(".pdf"))
    }

    /// The octets from the start.
    ///
    /// # Errors
    /// [`ErrorKind::Io`].
    pub fn reader(&mut self) -> Result<impl Read + '_, Error> {
        self.content.reader()
    }
}

impl Package {
    /// Reads one whole message.
    ///
    /// # Errors
    /// [`crate::error::ExchangeFault`], [`ExchangeLimits`], [`ErrorKind::Io`].
    pub fn read(input: impl BufRead, options: &Options) -> Result<Self, Error> {
        let envelope = envelope::read(input, options)?;
        let (message, found) = interpret::interpret(&envelope)?;
        let mut contents: Vec<Option<Spool>> = envelope.contents.into_iter().map(Some).collect();
        let mut attachments = Vec::with_capacity(found.parts.len());
        for (index, part) in found.parts.into_iter().enumerate() {
            let Some(content) = contents.get_mut(part.content).and_then(Option::take) else {
                continue;
            };
            let number = index.saturating_add(1);
            let (content, entry) = archive::opened(content, number, options)?;
            attachments.push(Attachment {
                content_id: part.content_id,
                name: part.name,
                description: part.description,
                content_type: part.content_type,
                entry,
                content,
            });
        }
        let mut faults = rules::check(&message);
        faults.extend(found.faults);
        Ok(Self {
            message,
            attachments,
            envelope_signature: envelope.signature,
            faults,
            incomplete: found.incomplete,
        })
    }
}

/// A file operation on a file without a name.
fn io_fault(error: &io::Error) -> Error {
    ErrorKind::io(
        FileOperation::Read,
        std::path::Path::new("(temporary)"),
        error,
    )
    .into()
}
