//! A report of any kind → its conclusion, its JSON and its sentences for C.

use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use super::code::{Code, call};
use super::handle;
use super::memory::{self, Refused, put, put_text};
use crate::exchange::ExchangeReport;
use crate::report::certificate::CertificateFacts;
use crate::report::certificate_check::{CertificateConclusion, CertificateReport};
use crate::report::{self, Language as Words};
use crate::time::UtcTime;
use crate::validation::{self, SubIndication};

/// What was found about a document, certificates or an exchange message.
pub struct Report {
    found: Found,
    json: OnceLock<CString>,
    vietnamese: OnceLock<CString>,
    english: OnceLock<CString>,
    sub_indication: OnceLock<CString>,
}

/// What it is about.
pub(super) enum Found {
    Document(Box<report::Report>),
    Certificate(Box<CertificateReport>),
    Certificates(Vec<CertificateFacts>, UtcTime),
    Exchange(Box<ExchangeReport>),
}

/// The main conclusion, in the words of EN 319 102-1. The numbers are the exit codes of `kyso
/// verify`.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indication {
    /// `TOTAL-PASSED`.
    TotalPassed = 0,
    /// `TOTAL-FAILED`.
    TotalFailed = 1,
    /// `INDETERMINATE`.
    Indeterminate = 2,
    /// There is no signature, which is never a pass.
    NoSignatureFound = 3,
    /// The report only shows something and concludes nothing.
    None = -1,
}

/// A language for sentences.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vi = 0,
    /// English.
    En = 1,
}

/// Days before the end of a certificate from which a comment says so.
const WARN_DAYS: u32 = 30;

impl From<Found> for Report {
    fn from(found: Found) -> Self {
        Self {
            found,
            json: OnceLock::new(),
            vietnamese: OnceLock::new(),
            english: OnceLock::new(),
            sub_indication: OnceLock::new(),
        }
    }
}

impl From<report::Report> for Report {
    fn from(report: report::Report) -> Self {
        Found::Document(Box::new(report)).into()
    }
}

impl Report {
    fn indication(&self) -> Indication {
        let of = |indication| match indication {
            validation::Indication::TotalPassed => Indication::TotalPassed,
            validation::Indication::TotalFailed => Indication::TotalFailed,
            validation::Indication::Indeterminate => Indication::Indeterminate,
            validation::Indication::NoSignatureFound => Indication::NoSignatureFound,
        };
        match &self.found {
            Found::Document(report) => of(report.indication),
            Found::Exchange(report) => of(report.indication),
            Found::Certificate(report) => match report.conclusion {
                CertificateConclusion::Passed => Indication::TotalPassed,
                CertificateConclusion::Failed => Indication::TotalFailed,
                CertificateConclusion::Indeterminate => Indication::Indeterminate,
            },
            Found::Certificates(..) => Indication::None,
        }
    }

    fn sub_indication(&self) -> Option<SubIndication> {
        match &self.found {
            Found::Document(report) => report.sub_indication,
            _ => None,
        }
    }

    fn json(&self) -> String {
        match &self.found {
            Found::Document(report) => report.json(),
            Found::Exchange(report) => report.json(),
            Found::Certificate(report) => report.json(),
            Found::Certificates(facts, _) => {
                // A struct of strings, numbers and lists always serialises.
                serde_json::to_string(facts).unwrap_or_default()
            }
        }
    }

    fn text(&self, language: Words) -> String {
        match &self.found {
            Found::Document(report) => report.text(language),
            Found::Exchange(report) => report.text(language),
            Found::Certificate(report) => report.text(language),
            Found::Certificates(facts, at) => facts
                .iter()
                .map(|one| one.text(language, *at, WARN_DAYS))
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }
}

/// Frees a report, and with it every text that it gave. Null is nothing to free.
#[unsafe(no_mangle)]
pub extern "C" fn kyso_report_free(report: *mut Report) -> Code {
    call(|| handle::free(report))
}

/// The conclusion: one of `enum kyso_indication`.
///
/// # Safety
/// `indication` points at room for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_report_indication(
    report: *const Report,
    indication: *mut Indication,
) -> Code {
    call(|| {
        let report = handle::get(report)?;
        // SAFETY: what the caller promises.
        unsafe { put(indication, report.indication()) }
    })
}

/// Why the conclusion is what it is, such as `HASH_FAILURE`; null when it passed, or when it has
/// no such word.
///
/// # Safety
/// `name` points at room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_report_sub_indication(
    report: *const Report,
    name: *mut *const c_char,
) -> Code {
    call(|| {
        let report = handle::get(report)?;
        let text = report.sub_indication().map(|sub| {
            let text = || memory::text(sub.name().to_owned());
            report.sub_indication.get_or_init(text).as_ptr()
        });
        // SAFETY: what the caller promises.
        unsafe { put(name, text.unwrap_or(std::ptr::null())) }
    })
}

/// How many signatures and document time stamps a document has, or how many certificates or
/// attachments the report is about.
///
/// # Safety
/// `count` points at room for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_report_signature_count(
    report: *const Report,
    count: *mut usize,
) -> Code {
    call(|| {
        let report = handle::get(report)?;
        let number = match &report.found {
            Found::Document(report) => report.signatures.len(),
            Found::Certificate(_) => 1,
            Found::Certificates(facts, _) => facts.len(),
            Found::Exchange(report) => report.attachments.len(),
        };
        // SAFETY: what the caller promises.
        unsafe { put(count, number) }
    })
}

/// The report as JSON in UTF-8; of a document with the members of the format `kyso-report-1`, but
/// for `schema`, `file` and `error`, which belong to one answer among many. `length`, which may be
/// null, does not count the zero byte behind it.
///
/// # Safety
/// `json` points at room for a pointer, `length` is null or points at room for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_report_json(
    report: *const Report,
    json: *mut *const c_char,
    length: *mut usize,
) -> Code {
    call(|| {
        let report = handle::get(report)?;
        let text = report.json.get_or_init(|| memory::text(report.json()));
        // SAFETY: what the caller promises; the handle keeps the text.
        unsafe { put_text(text, json, length) }
    })
}

/// The report as sentences in UTF-8, in a language of `enum kyso_language`.
///
/// # Safety
/// `text` points at room for a pointer, `length` is null or points at room for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kyso_report_text(
    report: *const Report,
    language: i32,
    text: *mut *const c_char,
    length: *mut usize,
) -> Code {
    call(|| {
        let report = handle::get(report)?;
        let (slot, words) = if language == Language::Vi as i32 {
            (&report.vietnamese, Words::Vi)
        } else if language == Language::En as i32 {
            (&report.english, Words::En)
        } else {
            return Err(Refused::misuse("the language is neither vi nor en"));
        };
        let made = slot.get_or_init(|| memory::text(report.text(words)));
        // SAFETY: what the caller promises; the handle keeps the text.
        unsafe { put_text(made, text, length) }
    })
}
