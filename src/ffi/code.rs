//! What a call did → a [`Code`] for its caller, and text and position of the last error of the thread.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::memory::{self, Refused};
use crate::error::{Error, ErrorKind};

/// What became of a call. Numbers are never used again for something else; newer versions may
/// return ones that are not listed here.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// All went well, and the outputs are written.
    Ok = 0,
    /// A pointer is null where something is needed.
    NullPointer = 1,
    /// The handle was freed, is of another kind, or never was one.
    BadHandle = 2,
    /// A text is not UTF-8.
    NotUtf8 = 3,
    /// An argument has a value that means nothing here, or does not fit the others.
    Misuse = 4,
    /// A defect of the library; the call had no other effect. Please report it.
    Panic = 5,
    /// The callback asked to stop.
    Stopped = 6,
    /// Malformed ASN.1.
    Asn1 = 10,
    /// The document has no bytes.
    Empty = 11,
    /// It does not begin as a PDF does.
    NotPdf = 12,
    /// It is encrypted, and no password opens it.
    Password = 13,
    /// It uses something that is not supported.
    Unsupported = 14,
    /// It cannot be read as a PDF.
    Pdf = 15,
    /// Malformed or unsupported CMS.
    Cms = 16,
    /// Malformed certificate, CRL, OCSP response, time-stamp token or trust file.
    Pki = 17,
    /// A stored record or policy cannot be used.
    Record = 18,
    /// A key or a signature value cannot be used.
    Key = 19,
    /// The document cannot be signed like that.
    Signing = 20,
    /// A message of the document exchange cannot be read.
    Exchange = 21,
    /// The system refused a file operation.
    Io = 22,
    /// Two computations of the same thing disagree: rely on no result of this run.
    Disagreement = 23,
    /// A limit was reached.
    Limit = 24,
    /// Another error; its text says which.
    Other = 99,
}

impl Code {
    const ALL: &'static [Self] = &[
        Self::Ok,
        Self::NullPointer,
        Self::BadHandle,
        Self::NotUtf8,
        Self::Misuse,
        Self::Panic,
        Self::Stopped,
        Self::Asn1,
        Self::Empty,
        Self::NotPdf,
        Self::Password,
        Self::Unsupported,
        Self::Pdf,
        Self::Cms,
        Self::Pki,
        Self::Record,
        Self::Key,
        Self::Signing,
        Self::Exchange,
        Self::Io,
        Self::Disagreement,
        Self::Limit,
        Self::Other,
    ];

    /// The word of [`ErrorKind::code`] where it has one, and one of the same form else.
    fn name(self) -> &'static CStr {
        match self {
            Self::Ok => c"ok",
            Self::NullPointer => c"null-pointer",
            Self::BadHandle => c"bad-handle",
            Self::NotUtf8 => c"not-utf-8",
            Self::Misuse => c"misuse",
            Self::Panic => c"panic",
            Self::Stopped => c"stopped",
            Self::Asn1 => c"asn1",
            Self::Empty => c"empty",
            Self::NotPdf => c"not-pdf",
            Self::Password => c"password",
            Self::Unsupported => c"unsupported",
            Self::Pdf => c"pdf",
            Self::Cms => c"cms",
            Self::Pki => c"pki",
            Self::Record => c"record",
            Self::Key => c"key",
            Self::Signing => c"signing",
            Self::Exchange => c"exchange",
            Self::Io => c"io",
            Self::Disagreement => c"disagreement",
            Self::Limit => c"limit",
            Self::Other => c"other",
        }
    }
}

impl From<&ErrorKind> for Code {
    fn from(kind: &ErrorKind) -> Self {
        let word = kind.code();
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.name().to_bytes() == word.as_bytes())
            .unwrap_or(Self::Other)
    }
}

impl From<&Error> for Refused {
    fn from(error: &Error) -> Self {
        Self {
            code: error.kind().into(),
            text: error.to_string(),
            position: error.position(),
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

thread_local! {
    static LAST: RefCell<Option<(CString, Option<u64>)>> = const { RefCell::new(None) };
}

/// Runs `body`; what it refuses, and every panic, becomes a code. Remembers the error, or that
/// there was none.
pub(super) fn call(body: impl FnOnce() -> Result<(), Refused>) -> Code {
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
            (Some(text), _) => (*text).to_owned(),
            (None, Some(text)) => text.clone(),
            (None, None) => "no text".to_owned(),
        };
        // A payload whose own drop panics must not get out either.
        std::mem::forget(panic);
        Err(Refused::new(Code::Panic, format!("internal error: {text}")))
    });
    match result {
        Ok(()) => {
            remember(None);
            Code::Ok
        }
        Err(refused) => {
            let code = refused.code;
            remember(Some(refused));
            code
        }
    }
}

/// Sets what [`kyso_last_error`] says in this thread.
pub(super) fn remember(refused: Option<Refused>) {
    let last = refused.map(|refused| (memory::text(refused.text), refused.position));
    // A thread that is ending has nobody left to ask.
    let _ = LAST.try_with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut() {
            *slot = last;
        }
    });
}

/// The text of the last call of this thread that gave an error, in English; null when the last
/// call gave none. Valid until the next call in this thread.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_last_error() -> *const c_char {
    LAST.try_with(|slot| {
        let slot = slot.try_borrow().ok()?;
        slot.as_ref().map(|(text, _)| text.as_ptr())
    })
    .ok()
    .flatten()
    .unwrap_or(std::ptr::null())
}

/// Where the last error of this thread is, in bytes from the start of the input; -1 when it has no
/// place, or when there was no error.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_last_error_position() -> i64 {
    LAST.try_with(|slot| {
        let slot = slot.try_borrow().ok()?;
        slot.as_ref().and_then(|(_, position)| *position)
    })
    .ok()
    .flatten()
    .and_then(|position| i64::try_from(position).ok())
    .unwrap_or(-1)
}

/// The word for a code, such as `not-pdf`; null for a number that is none. Never freed.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_code_name(code: i32) -> *const c_char {
    Code::ALL
        .iter()
        .find(|one| **one as i32 == code)
        .map_or(std::ptr::null(), |one| one.name().as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::PdfFault;

    #[test]
    fn ok_words_of_errors_are_words_of_codes() {
        assert_eq!(Code::from(&ErrorKind::from(PdfFault::NotPdf)), Code::NotPdf);
        let limit = Error::limit("file", 1);
        assert_eq!(Code::from(limit.kind()), Code::Limit);
        let mut numbers: Vec<i32> = Code::ALL.iter().map(|code| *code as i32).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), Code::ALL.len());
        // One that the list forgets would be `other` for every caller.
        let declared = include_str!("kyso.h").matches("\n  KYSO_CODE_").count();
        assert_eq!(declared, Code::ALL.len());
    }

    #[test]
    fn err_a_panic_becomes_a_code_and_a_text() {
        assert_eq!(call(|| panic!("on purpose")), Code::Panic);
        // SAFETY: not null here, and nothing was called since.
        let text = unsafe { CStr::from_ptr(kyso_last_error()) };
        assert_eq!(text.to_bytes(), b"internal error: on purpose");
        assert_eq!(call(|| Ok(())), Code::Ok);
        assert!(kyso_last_error().is_null());
    }
}
