//! The ways in which a signature's place in its document can be wrong (rules R1–R10).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What is wrong, or odd, in the structure around a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The file does not begin with `%PDF-`.
    HeaderOffset {
        /// Where it begins, in bytes.
        offset: u64,
    },
    /// A revision has both a table and a hidden stream.
    Hybrid,
    /// Hybrid cross-references whose table and stream name different objects, or that came after
    /// the signature: programs need not see the same document.
    HybridUnsound,
    /// An object or structure cannot be read.
    Unreadable {
        /// The error's text.
        error: String,
    },
    /// A key is missing.
    KeyMissing {
        /// The key.
        key: Cow<'static, str>,
    },
    /// A value has the wrong type or form.
    ValueWrong {
        /// The key.
        key: Cow<'static, str>,
    },
    /// A value is a reference where it must be direct.
    ValueIndirect {
        /// The key.
        key: Cow<'static, str>,
    },
    /// A key stands twice in one dictionary.
    KeyTwice {
        /// The key.
        key: String,
    },
    /// The signature dictionary is inside an object stream.
    InObjectStream,
    /// The byte range does not begin at the first byte.
    RangeStart,
    /// The byte range reaches outside the file or overlaps itself.
    RangeOutside,
    /// The gap of the byte range is not exactly the value of /Contents.
    GapNotContents,
    /// The value of /Contents is not pairs of hexadecimal digits.
    ContentsHex,
    /// The value of /Contents holds white space.
    ContentsSpaced,
    /// The byte range does not end where a revision ends.
    NotRevisionEnd {
        /// Where it ends, in bytes.
        end: u64,
    },
    /// A cross-reference section or object of the signed revision lies behind the signed bytes.
    RevisionReachesBeyond,
    /// Byte ranges of two signatures are equal or cross.
    RangesCross,
    /// A later revision defines the signature anew.
    Redefined {
        /// The revision, counted from 0.
        revision: usize,
    },
    /// The signature's object existed before the revision that it signs.
    Recycled,
    /// Bytes after the last revision that belong to nothing.
    BytesAfterEnd {
        /// Where they begin.
        at: u64,
        /// How many.
        count: u64,
    },
    /// Zero bytes after the last revision.
    ZerosAfterEnd {
        /// How many.
        count: u64,
    },
    /// An earlier signature certifies the document; there can be one certification alone.
    SecondCertification,
    /// `/Type` does not fit `/SubFilter`.
    TypeMismatch,
    /// No field leads to the signature.
    NotInField,
    /// The field was reachable in an earlier revision and is no longer.
    FieldRemoved,
}
