//! Bytes → [`Document`]: lazy objects with their places in the file, one [`Revision`] per update.

pub mod content;
mod crypt;
mod document;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod lexer;
mod object;
mod object_stream;
mod page;
mod parser;
mod recover;
mod revision;
#[cfg(test)]
mod tests;
mod text;
pub mod update;
mod view;
mod xref;

use std::fmt;

use zeroize::Zeroizing;

use crate::limits::Limits;

pub use crypt::{Encryption, Method};
pub use document::Document;
pub(crate) use object::are_hex_digits;
pub use object::{Array, Dictionary, Entry, Item, Name, Object, ObjectId, PdfString, Span, Stream};
pub use page::{Page, PageTree, Pages};
pub use revision::{Change, ChangeKind, Revision};
pub use view::View;
pub use xref::{Location, Section, XrefKind};

/// How to open a document.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// How much work the file may ask for.
    pub limits: Limits,
    /// Passwords to try in this order, as user and as owner password. The empty one is always
    /// tried first.
    pub passwords: Vec<Password>,
}

/// A password. Overwritten when dropped, never shown.
#[derive(Clone)]
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// From its bytes: UTF-8 for files with AES-256, else PDFDocEncoding.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Something unusual in the structure of a file, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Oddity {
    /// What it is.
    pub kind: OddityKind,
    /// Where, in bytes from file start.
    pub position: u64,
}

impl Oddity {
    pub(crate) fn new(kind: OddityKind, position: u64) -> Self {
        Self { kind, position }
    }
}

/// The kinds of [`Oddity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OddityKind {
    /// `%PDF-` is not at byte 0; offsets are still counted from byte 0.
    BytesBeforeHeader,
    /// A cross-reference table with a stream beside it (at the position).
    Hybrid,
    /// `startxref` or `/Prev` points at white space before the section, or one byte into the
    /// keyword `xref`. Other programs may refuse the file or rebuild it.
    ImpreciseOffset,
    /// The file is linearised; its first two sections are one revision.
    Linearized,
    /// A section lists objects at or above its `/Size`, or has no `/Size`. They are read; some
    /// programs take them for missing.
    Size,
    /// Something follows the last revision.
    TrailingBytes {
        /// How many bytes.
        length: u64,
        /// Whether all of them are white space (NUL included).
        blank: bool,
    },
}

/// Where the bytes begin that no revision holds, when they speak of a signature: the file was cut
/// short inside the revision of a signature, or torn in another way.
pub fn cut_off_signature(document: &Document<'_>) -> Option<u64> {
    document.oddities().iter().find_map(|oddity| {
        let from = usize::try_from(oddity.position).ok()?;
        let behind = document.bytes().get(from..)?;
        (matches!(oddity.kind, OddityKind::TrailingBytes { blank: false, .. })
            && mentions_byte_range(behind))
        .then_some(oddity.position)
    })
}

/// Whether `/ByteRange` occurs anywhere in `bytes`, so that a file that cannot be read may be a
/// signed one. Not a way to find signatures: streams and escaped names hide from it.
pub fn mentions_byte_range(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"/ByteRange").is_some()
}
