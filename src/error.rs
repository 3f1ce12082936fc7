//! What can go wrong before a verdict exists: kinds with data, and the byte where it happened.
//!
//! An [`Error`] says that a check could not be run. A bad signature is never an error: it is a
//! verdict. Texts are English, lower case, without full stop; the message catalogue of
//! `report` translates them by [`ErrorKind::code`].

mod refusal;

use std::fmt;

pub use refusal::Refusal;

/// Why a check or an operation could not be run, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    position: Option<u64>,
}

impl Error {
    /// An error without a position.
    pub fn new(kind: impl Into<ErrorKind>) -> Self {
        Self {
            kind: kind.into(),
            position: None,
        }
    }

    /// An error at `position`, in bytes from the start of what was being read.
    pub fn at(kind: impl Into<ErrorKind>, position: u64) -> Self {
        Self {
            kind: kind.into(),
            position: Some(position),
        }
    }

    /// The limit called `name` was reached; `max` is its value, in the unit of the limit.
    pub fn limit(name: &'static str, max: u64) -> Self {
        Self::new(ErrorKind::Limit { name, max })
    }

    /// Moves the position outward: the part that was being read starts at `base` of the whole.
    #[must_use]
    pub fn within(mut self, base: u64) -> Self {
        self.position = Some(self.position.unwrap_or(0).saturating_add(base));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.kind
    }

    /// Where, in bytes from the start of the file (or of the value that was given).
    pub fn position(&self) -> Option<u64> {
        self.position
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "{} at byte {position}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl<K: Into<ErrorKind>> From<K> for Error {
    fn from(kind: K) -> Self {
        Self::new(kind)
    }
}

impl From<RemoteFault> for ErrorKind {
    fn from(fault: RemoteFault) -> Self {
        Self::Key(fault.into())
    }
}

impl From<Refusal> for ErrorKind {
    fn from(refusal: Refusal) -> Self {
        Self::Signing(refusal.into())
    }
}

impl From<TokenFault> for ErrorKind {
    fn from(fault: TokenFault) -> Self {
        Self::Key(fault.into())
    }
}

impl From<ReleaseFault> for ErrorKind {
    fn from(fault: ReleaseFault) -> Self {
        Self::Signing(fault.into())
    }
}

/// The kinds of [`Error`]; match on these, never on texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Malformed ASN.1.
    #[error(transparent)]
    Asn1(#[from] Asn1Fault),
    /// Malformed or unsupported PDF.
    #[error(transparent)]
    Pdf(#[from] PdfFault),
    /// Malformed or unsupported CMS.
    #[error(transparent)]
    Cms(#[from] CmsFault),
    /// Malformed certificate, CRL, OCSP response, time-stamp token or trust file.
    #[error(transparent)]
    Pki(#[from] PkiFault),
    /// A stored record of a verification cannot be used.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// A key could not be loaded or used.
    #[error(transparent)]
    Key(#[from] KeyFault),
    /// A document could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningFault),
    /// A message of the document exchange cannot be read or written.
    #[error(transparent)]
    Exchange(#[from] ExchangeFault),
    /// The system refused a file operation.
    #[error("{} failed: {reason}", operation.text(path))]
    Io {
        /// What was tried.
        operation: FileOperation,
        /// With which file; empty for the standard streams.
        path: String,
        /// Why it did not work.
        reason: FileReason,
    },
    /// A limit was reached: one of [`crate::limits`], or one that the caller set.
    #[error("limit reached: {name} is {max}")]
    Limit {
        /// Name of the limit's field.
        name: &'static str,
        /// Its value.
        max: u64,
    },
    /// Two ways to compute the same thing gave different results: the machine or the program is
    /// broken, and no result of the run may be relied on.
    #[error("two computations of {what} disagree; do not rely on this run")]
    Disagreement {
        /// What was computed.
        what: &'static str,
    },
    /// The caller's arguments do not fit together.
    #[error("{0}")]
    Misuse(&'static str),
}

impl ErrorKind {
    /// `operation` on `path` did not work, says the system.
    pub fn io(operation: FileOperation, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Io {
            operation,
            path: path.display().to_string(),
            reason: FileReason::System {
                kind: error.kind(),
                text: error.to_string(),
            },
        }
    }

    /// A stable word for machines: the family of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Asn1(_) => "asn1",
            Self::Pdf(fault) => fault.code(),
            Self::Cms(_) => "cms",
            Self::Pki(_) => "pki",
            Self::Record(_) => "record",
            Self::Key(_) => "key",
            Self::Signing(_) => "signing",
            Self::Exchange(_) => "exchange",
            Self::Io { .. } => "io",
            Self::Disagreement { .. } => "disagreement",
            Self::Limit { .. } => "limit",
            Self::Misuse(_) => "misuse",
        }
    }
}

/// What was tried with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileOperation {
    /// Creating the temporary file in the folder of the output.
    CreateBeside,
    /// Taking connections.
    Listen,
    /// Making a folder.
    MakeFolder,
    /// Reading a file or a folder.
    Read,
    /// Reading back what was written.
    ReadBack,
    /// Giving the finished file its name.
    Rename,
    /// Setting the permissions of the output.
    SetPermissions,
    /// Reading standard input.
    StandardInput,
    /// Writing standard output.
    StandardOutput,
    /// Getting the output onto the disk.
    Sync,
    /// Getting the folder of the output onto the disk.
    SyncFolder,
    /// Writing a file.
    Write,
}

impl FileOperation {
    fn text(self, path: &str) -> String {
        let verb = match self {
            Self::CreateBeside => "creating a file beside",
            Self::Listen => return "taking connections".to_owned(),
            Self::MakeFolder => "making the folder",
            Self::Read => "reading",
            Self::ReadBack => "reading back",
            Self::Rename => "renaming the finished file to",
            Self::SetPermissions => "setting the permissions of",
            Self::StandardInput => return "reading standard input".to_owned(),
            Self::StandardOutput => return "writing standard output".to_owned(),
            Self::Sync => "syncing",
            Self::SyncFolder => "syncing the directory of",
            Self::Write => "writing",
        };
        format!("{verb} {path}")
    }
}

/// Why a file operation did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileReason {
    /// A file of that name came up between the first look and the end.
    #[error("a file of this name has appeared meanwhile; choose another output")]
    Appeared,
    /// The file is another than it was a moment ago.
    #[error("the file changed meanwhile; try again")]
    Changed,
    /// The output exists and may not be replaced.
    #[error("the file exists; choose another output or allow it to be overwritten")]
    Exists,
    /// Another process works on it.
    #[error("another process works on it; wait for its end, or choose another output")]
    InUse,
    /// The output is one of the inputs, perhaps by another name.
    #[error("it is the input itself, which is never changed; choose another output")]
    IsInput,
    /// The path has no last part.
    #[error("the path does not end in a file name; name the file to write")]
    NoFileName,
    /// No random name can be made.
    #[error("the system gives no random numbers")]
    NoRandom,
    /// A folder, a link, a device.
    #[error("something that is no regular file has this name; choose another output")]
    NotRegular,
    /// Other bytes were read back than were written.
    #[error("other bytes than were written")]
    OtherBytes,
    /// The system refused.
    #[error("{text}")]
    System {
        /// The kind of refusal.
        kind: std::io::ErrorKind,
        /// The system's own words.
        text: String,
    },
    /// The folder was looked into already, by another way; or it contains itself.
    #[error("the folder is read already, by another way to it")]
    Visited,
}

/// What is wrong with an ASN.1 value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Asn1Fault {
    /// The value ends before its declared length.
    #[error("ASN.1 value is cut short: {needed} bytes declared, {available} there")]
    Truncated {
        /// Bytes that the header declares.
        needed: u64,
        /// Bytes that are there.
        available: u64,
    },
    /// Another tag was expected.
    #[error("unexpected ASN.1 tag {actual:#04x}, expected {expected:#04x}")]
    UnexpectedTag {
        /// Identifier octet that the structure asks for.
        expected: u8,
        /// Identifier octet found.
        actual: u8,
    },
    /// The structure asks for one more element.
    #[error("ASN.1 element missing, expected tag {expected:#04x}")]
    Missing {
        /// Identifier octet that the structure asks for.
        expected: u8,
    },
    /// Something follows where the structure ends.
    #[error("{0} bytes follow the end of the ASN.1 value")]
    TrailingData(u64),
    /// Allowed in BER, not in DER.
    #[error("not DER: {0}")]
    NotDer(&'static str),
    /// The value is outside what its type allows.
    #[error("invalid ASN.1 value: {0}")]
    Value(&'static str),
}

/// What is wrong with a PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PdfFault {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// No `%PDF-` header.
    #[error("not a PDF: no %PDF- header")]
    NotPdf,
    /// The structure breaks the grammar; the text says what was expected.
    #[error("malformed PDF: {0}")]
    Malformed(&'static str),
    /// The object is not where the cross-reference says.
    #[error("object {number} {generation} is not where the cross-reference says")]
    ObjectNotThere {
        /// Object number.
        number: u32,
        /// Generation number.
        generation: u16,
    },
    /// No password opens the file.
    #[error("the file is encrypted and none of the passwords opens it")]
    Password,
    /// An update cannot be appended to this file.
    #[error("the file cannot be extended: {0}")]
    NotUpdatable(&'static str),
    /// A feature that is recognised and not supported.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// A stream cannot be decoded.
    #[error("stream cannot be decoded: {0}")]
    Filter(&'static str),
}

impl PdfFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotPdf => "not-pdf",
            Self::Password => "password",
            Self::Unsupported(_) => "unsupported",
            _ => "pdf",
        }
    }
}

/// What is wrong with a CMS structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CmsFault {
    /// The structure breaks RFC 5652; the text says where.
    #[error("malformed CMS: {0}")]
    Malformed(&'static str),
    /// Another content type than signed data.
    #[error("CMS content type is {0}, not signed-data")]
    NotSignedData(String),
    /// An attribute of a signer breaks its definition.
    #[error("attribute {name} {problem}")]
    Attribute {
        /// Name of the attribute as its standard writes it.
        name: &'static str,
        /// What is wrong.
        problem: AttributeProblem,
    },
}

/// What is wrong with an attribute of a signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeProblem {
    /// No value, or more than one, where one is asked for.
    #[error("has {0} values, expected one")]
    Values(usize),
    /// The attribute is there more than once.
    #[error("is there {0} times, expected once")]
    Repeated(usize),
    /// The value has another type or is malformed.
    #[error("has a malformed value")]
    Malformed,
}

/// What is wrong with certificates and what belongs to them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkiFault {
    /// A certificate breaks RFC 5280.
    #[error("malformed certificate: {0}")]
    Certificate(&'static str),
    /// A CRL breaks RFC 5280.
    #[error("malformed CRL: {0}")]
    Crl(&'static str),
    /// An OCSP response breaks RFC 6960.
    #[error("malformed OCSP response: {0}")]
    Ocsp(&'static str),
    /// The responder answers with a word of refusal, and no response.
    #[error("the OCSP responder refuses: {0}")]
    OcspRefused(&'static str),
    /// The bytes are none of the things that prove anything about certificates.
    #[error("neither certificates, nor a CRL, nor an OCSP response")]
    Evidence,
    /// A time-stamp token breaks RFC 3161.
    #[error("malformed time-stamp token: {0}")]
    TimeStamp(&'static str),
    /// A trust file cannot be used.
    #[error("trust file: {0}")]
    Trust(String),
}

/// Why a stored record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordFault {
    /// It is not one.
    #[error("not a record: {0}")]
    Malformed(String),
    /// It has another format.
    #[error("record of another format: {0}")]
    Format(String),
    /// Something in it was changed.
    #[error("the record was changed: its digest does not fit")]
    Digest,
    /// A piece of evidence is not what its digest and kind say.
    #[error("piece {index} of the evidence in the record is not what its digest says")]
    Evidence {
        /// Its place, counted from 0.
        index: usize,
    },
}

/// Why a key cannot be loaded or used. Never carries secret material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// The file is none of the known forms.
    #[error("not a private key that is understood: {0}")]
    Format(&'static str),
    /// The password does not open the key.
    #[error("the password does not open the key")]
    Password,
    /// The key needs a password and none was given.
    #[error("the key is encrypted: a password is needed")]
    PasswordNeeded,
    /// The key comes without the signer's certificate.
    #[error("there is no certificate for the key")]
    CertificateNeeded,
    /// The certificate is not for this key.
    #[error("the certificate does not belong to the key")]
    Mismatch,
    /// An algorithm that is not supported for signing.
    #[error("cannot sign with this key: {0}")]
    Unsupported(String),
    /// A signature value that was made elsewhere does not do.
    #[error("signature value: {0}")]
    Value(&'static str),
    /// The backend refused.
    #[error("signing operation failed: {0}")]
    Backend(&'static str),
    /// A service, or a program, that signs did not.
    #[error(transparent)]
    Remote(#[from] RemoteFault),
    /// A token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenFault),
}

/// Why a key that is elsewhere gave no signature. Never carries a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteFault {
    /// The answer is not what was asked for.
    #[error("the answer cannot be used: {0}")]
    Answer(&'static str),
    /// The authorisation or the access token is no longer in force.
    #[error("the authorisation has expired or is not accepted: {0}")]
    Authorization(String),
    /// The configuration cannot be used.
    #[error("configuration: {0}")]
    Configuration(&'static str),
    /// Nothing came back, or that the service cannot answer now; asking again later may do.
    #[error("the service cannot be reached: {0}")]
    Connection(String),
    /// The credential cannot sign.
    #[error("the credential cannot be used: {0}")]
    Credential(String),
    /// The program cannot be run, or failed.
    #[error("the program {0}")]
    Program(String),
    /// The service or the program says no, in its own words.
    #[error("refused: {0}")]
    Refused(String),
    /// There is no answer yet.
    #[error("no answer after {seconds} seconds")]
    Waiting {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The value is not a signature by the key of the certificate.
    #[error("the signature that came back is not by the key of the certificate")]
    WrongSignature,
}

/// Why a token (PKCS#11) cannot be used. Never carries a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// The token was never given a PIN.
    #[error("the token has no PIN yet")]
    NoPin,
    /// No key fits; what is there.
    #[error("no key of the token fits{}", listed(keys))]
    NoKey {
        /// The private keys that were seen.
        keys: Vec<String>,
    },
    /// No token fits; what is there.
    #[error("no token fits{}", listed(tokens))]
    NoToken {
        /// The tokens that are connected.
        tokens: Vec<String>,
    },
    /// One try is left, and the caller did not say that it may be used.
    #[error("one try is left before the token is locked; the PIN was not tried")]
    LastTry,
    /// Too many wrong PINs were given.
    #[error("the token is locked after too many wrong PINs")]
    Locked,
    /// The driver cannot be loaded, or is none.
    #[error("the PKCS#11 module {path} cannot be used: {reason}")]
    Module {
        /// Where it was sought.
        path: String,
        /// Why not, in the system's words.
        reason: String,
    },
    /// The token asks for a PIN and none was given.
    #[error("the token asks for its PIN")]
    PinNeeded,
    /// The PIN must be changed before it can be used.
    #[error("the PIN has expired and must be changed first")]
    PinExpired,
    /// The driver refuses an operation.
    #[error("the token refuses: {0}")]
    Refused(String),
    /// The token was pulled.
    #[error("the token was removed")]
    Removed,
    /// Several keys fit; which.
    #[error("several keys fit{}", listed(keys))]
    SeveralKeys {
        /// The private keys that fit.
        keys: Vec<String>,
    },
    /// Several tokens fit; which.
    #[error("several tokens fit{}", listed(tokens))]
    SeveralTokens {
        /// The tokens that fit.
        tokens: Vec<String>,
    },
    /// A `pkcs11:` URI cannot be used.
    #[error("pkcs11 URI: {0}")]
    Uri(&'static str),
    /// The PIN is wrong. It is not tried again.
    #[error("the PIN is wrong{}", tries.text())]
    WrongPin {
        /// What the token says about further tries.
        tries: PinTries,
    },
}

/// How many tries a token has left; tokens tell it roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinTries {
    /// A wrong PIN was given lately; more than one try is left.
    Few,
    /// The next wrong PIN locks the token.
    Last,
    /// The token is locked now.
    None,
    /// The token says nothing.
    Unknown,
}

impl PinTries {
    fn text(self) -> &'static str {
        match self {
            Self::Few => "; few tries are left",
            Self::Last => "; one try is left",
            Self::None => "; the token is locked now",
            Self::Unknown => "",
        }
    }
}

/// What there is, for the end of a sentence.
fn listed(items: &[String]) -> String {
    if items.is_empty() {
        "; there is none".to_owned()
    } else {
        format!("; there is {}", items.join(", "))
    }
}

/// Why a message of the document exchange (edXML) cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeFault {
    /// An attachment's archive is refused; the text says why.
    #[error("attachment {index}: archive refused: {why}")]
    Archive {
        /// Number of the attachment, from 1.
        index: usize,
        /// Why.
        why: &'static str,
    },
    /// An attachment is not base64.
    #[error("attachment {index} is not base64")]
    Base64 {
        /// Number of the attachment, from 1.
        index: usize,
    },
    /// A document type declaration, which could define entities.
    #[error("the message has a document type declaration, which is refused")]
    DocumentType,
    /// Another encoding than UTF-8.
    #[error("the message is not UTF-8")]
    Encoding,
    /// An entity that XML itself does not define.
    #[error("the message uses an entity that is not defined")]
    Entity,
    /// A value that the regulation does not allow.
    #[error("{element} {problem}")]
    Field {
        /// Name of the element.
        element: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// Well-formed, and no edXML message.
    #[error("not an edXML message: {0}")]
    NotEdxml(&'static str),
    /// Not well-formed.
    #[error("the message is not well-formed XML: {0}")]
    Xml(String),
}

/// Why a step of the release workflow cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseFault {
    /// A signature that stood on the document would fail after the step; nothing was written.
    #[error("the signature in field \"{field}\" would fail after this step")]
    EarlierWouldFail {
        /// Its field.
        field: String,
    },
    /// No page has the post of a signer above the name.
    #[error("{}", no_block(*.pages, .missing.as_deref(), .unread.as_ref()))]
    NoBlock {
        /// How many pages were looked at, all from the first.
        pages: usize,
        /// The text that is on none of them; absent where both are, and nowhere together.
        missing: Option<String>,
        /// The first page, from 1, part of which cannot be read, and what.
        unread: Option<(usize, &'static str)>,
    },
    /// Number or symbol break their form.
    #[error("number and symbol: {0}")]
    Number(&'static str),
    /// A certification that would forbid the steps to come.
    #[error("a certification in the release workflow is P = 2, which permits the later signatures")]
    Permission,
    /// There is no place for the stamp; the text says why and what to do.
    #[error("no place for the stamp: {0}")]
    Place(&'static str),
    /// The order of signatures, the signer or the document forbid the step.
    #[error("{why}; an override needs a reason")]
    Refused {
        /// All that forbids it.
        why: String,
        /// The same in Vietnamese.
        why_vi: String,
    },
    /// More than one place bears the post above the name.
    #[error(
        "post and name stand together in several places; choose one with --place: {}", .places.join(" or ")
    )]
    SeveralBlocks {
        /// Page from 1, left and top of the stamp in millimetres, joined with commas; for each.
        places: Vec<String>,
    },
    /// The page prints another symbol.
    #[error("page 1 prints the symbol {printed}, and the one given is {given}")]
    Symbol {
        /// As the page has it.
        printed: String,
        /// As it was given.
        given: String,
    },
    /// The page prints another year than that of the date, or the beginning of another.
    #[error("page 1 prints the year {printed}, and the date is of {given}")]
    Year {
        /// As the page has it.
        printed: String,
        /// That of the date.
        given: String,
    },
}

/// Where post and name were looked for, and what to do.
fn no_block(pages: usize, missing: Option<&str>, unread: Option<&(usize, &str)>) -> String {
    let what = match missing {
        Some(text) => format!("the text \"{text}\" is not"),
        None => "the post does not stand above the name".to_owned(),
    };
    let on = match pages {
        0 | 1 => "on page 1".to_owned(),
        _ => format!("on any of the pages 1 to {pages}"),
    };
    let unread = unread.map_or(String::new(), |(page, why)| {
        format!(", and part of page {page} cannot be read: {why}")
    });
    format!("{what} {on}{unread}; give the place with --place")
}

/// Why a text does not give a place on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorProblem {
    /// It is not there.
    #[error("is not on page {page}; give the place in millimetres")]
    Missing {
        /// Page, from 1.
        page: usize,
    },
    /// It is there more than once.
    #[error("is on page {page} {count} times; give the place in millimetres")]
    Several {
        /// How often.
        count: usize,
        /// Page, from 1.
        page: usize,
    },
    /// It is not among what can be read of the page.
    #[error(
        "is not found on page {page}, part of which cannot be read: {why}; give the place in millimetres"
    )]
    Unreadable {
        /// Page, from 1.
        page: usize,
        /// What cannot be read.
        why: &'static str,
    },
}

/// Why a document cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningFault {
    /// The signer's certificate is outside its validity period.
    #[error("the certificate is not valid at {at}: its period is {not_before} to {not_after}")]
    CertificatePeriod {
        /// Time of signing, RFC 3339.
        at: String,
        /// First second of validity, RFC 3339.
        not_before: String,
        /// Last second of validity, RFC 3339.
        not_after: String,
    },
    /// The certificate may not sign documents.
    #[error("the certificate may not sign documents: {0}")]
    CertificatePurpose(&'static str),
    /// The document or the plan forbids this signature.
    #[error("this document cannot be signed like that: {0}")]
    Refused(#[from] Refusal),
    /// The reserved space is too small.
    #[error("the signature needs {needed} bytes, {reserved} are reserved")]
    Placeholder {
        /// Bytes of the finished CMS.
        needed: u64,
        /// Bytes that were reserved.
        reserved: u64,
    },
    /// The embedded font lacks a character of a visible signature.
    #[error("the embedded font has no glyph for {character:?} (U+{code:04X})", code = u32::from(*.character))]
    Character {
        /// The character, after normalization to NFC.
        character: char,
    },
    /// The embedded font cannot be used.
    #[error("embedded font: {0}")]
    Font(&'static str),
    /// A visible signature cannot be placed or drawn; the text says why.
    #[error("visible signature: {0}")]
    Appearance(&'static str),
    /// An image for a visible signature cannot be used; the text says why.
    #[error("image of the signature: {0}")]
    Image(&'static str),
    /// A text that a place on a page is found by.
    #[error("the text \"{text}\" {problem}")]
    Anchor {
        /// What was looked for.
        text: String,
        /// What came of it.
        problem: AnchorProblem,
    },
    /// A step of the release workflow cannot be made.
    #[error(transparent)]
    Release(#[from] ReleaseFault),
    /// A signature that stands on the document already fails, whomever one trusts.
    #[error("the signature in field {field}, which stands on the document, is not valid")]
    EarlierFailed {
        /// Its field.
        field: String,
    },
    /// A verifier could not tell the new revision, or the next one, from a change of the document.
    #[error("a signature in this document could not be told from a change of it: {why}")]
    Incomparable {
        /// What stands in the way.
        why: String,
    },
    /// The finished file does not verify; nothing was written.
    #[error("the finished signature does not verify: {0}")]
    SelfCheck(String),
    /// The signer's certificate is revoked.
    #[error("the certificate is revoked since {since}")]
    CertificateRevoked {
        /// Since when, RFC 3339.
        since: String,
    },
    /// No time stamp could be had; the text says what each authority did.
    #[error("no time stamp: {0}")]
    TimeStamp(String),
    /// What a level needs cannot be had: certificates or revocation data of these certificates.
    #[error("material for long-term validation is missing: {}", .0.join("; "))]
    Material(Vec<String>),
}
