//! The fields of a [`Record`] one by one → names, kinds and values: what CSV and Parquet have for columns.
//!
//! The names are those of the JSON. Lists of codes become one text, separated by spaces; the list
//! of signatures is no column here, each form of output writes it in its own way.

use std::borrow::Cow;

use super::record::{Record, SignatureRecord};
use crate::time::UtcTime;

/// What a column holds; every one may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number from 0.
    Number,
    /// True or false.
    Truth,
    /// A moment.
    Time,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'r> {
    /// Not known.
    Null,
    /// Text.
    Text(Cow<'r, str>),
    /// A number.
    Number(u64),
    /// True or false.
    Truth(bool),
    /// A moment.
    Time(UtcTime),
}

/// One column of the table of `R`.
pub struct Column<R: 'static> {
    /// Name, as in the JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// The value of one row.
    pub value: for<'r> fn(&'r R) -> Value<'r>,
}

fn text(value: Option<&String>) -> Value<'_> {
    value.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)))
}

fn number(value: Option<u64>) -> Value<'static> {
    value.map_or(Value::Null, Value::Number)
}

fn truth(value: Option<bool>) -> Value<'static> {
    value.map_or(Value::Null, Value::Truth)
}

fn time(value: Option<UtcTime>) -> Value<'static> {
    value.map_or(Value::Null, Value::Time)
}

fn codes(list: &[String]) -> Value<'_> {
    Value::Text(Cow::Owned(list.join(" ")))
}

fn name(value: Option<&'static str>) -> Value<'static> {
    value.map_or(Value::Null, |name| Value::Text(Cow::Borrowed(name)))
}

macro_rules! columns {
    ($($name:literal $kind:ident $value:expr;)*) => {
        &[$(Column { name: $name, kind: Kind::$kind, value: $value }),*]
    };
}

/// The columns of documents, in the order of the JSON.
pub const DOCUMENT: &[Column<Record>] = columns![
    "schema" Number |r| number(Some(u64::from(r.schema)));
    "path" Text |r| text(Some(&r.path));
    "path_octets" Text |r| text(r.path_octets.as_ref());
    "member" Text |r| text(r.member.as_ref());
    "size" Number |r| number(r.size);
    "sha256" Text |r| text(r.sha256.as_ref());
    "indication" Text |r| name(r.indication.map(|i| i.name()));
    "sub_indication" Text |r| name(r.sub_indication.map(|s| s.name()));
    "error" Text |r| text(r.error.as_ref());
    "error_text" Text |r| text(r.error_text.as_ref());
    "reasons" Text |r| codes(&r.reasons);
    "pages" Number |r| number(r.pages);
    "revisions" Number |r| number(r.revisions);
    "encrypted" Truth |r| truth(r.encrypted);
    "findings" Text |r| codes(&r.findings);
    "signature_count" Number |r| number(Some(r.signature_count));
    "signers" Text |r| text(r.signers.as_ref());
    "agencies" Text |r| text(r.agencies.as_ref());
    "level" Text |r| text(r.level.as_ref());
    "signed_at" Time |r| time(r.signed_at);
    "certificate_end" Time |r| time(r.certificate_end);
];

/// The columns of signatures, in the order of the JSON.
pub const SIGNATURE: &[Column<SignatureRecord>] = columns![
    "field" Text |s| text(s.field.as_ref());
    "kind" Text |s| text(Some(&s.kind));
    "sub_filter" Text |s| text(s.sub_filter.as_ref());
    "indication" Text |s| name(Some(s.indication.name()));
    "sub_indication" Text |s| name(s.sub_indication.map(|s| s.name()));
    "reasons" Text |s| codes(&s.reasons);
    "integrity" Text |s| text(Some(&s.integrity));
    "whole_document" Truth |s| truth(s.whole_document);
    "changes" Text |s| text(s.changes.as_ref());
    "signer" Text |s| text(s.signer.as_ref());
    "agency" Text |s| text(s.agency.as_ref());
    "holder" Text |s| text(s.holder.as_ref());
    "issuer" Text |s| text(s.issuer.as_ref());
    "certificate" Text |s| text(s.certificate.as_ref());
    "certificate_begin" Time |s| time(s.certificate_begin);
    "certificate_end" Time |s| time(s.certificate_end);
    "path_end" Time |s| time(s.path_end);
    "claimed_time" Time |s| time(s.claimed_time);
    "proven_time" Time |s| time(s.proven_time);
    "level" Text |s| text(s.level.as_ref());
    "algorithm" Text |s| text(s.algorithm.as_ref());
    "revocation" Text |s| text(s.revocation.as_ref());
];
