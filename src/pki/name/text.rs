//! Attributes of names ↔ RFC 4514 text.

use std::fmt::Write as _;

use super::Attribute;
use crate::asn1::{self, Tag, write};
use crate::error::{Error, PkiFault};
use crate::oid::{self, Oid};

/// Short names that are registered for LDAP; the first of a kind is the one written.
const SHORT_NAMES: &[(&str, Oid)] = &[
    ("CN", oid::AT_COMMON_NAME),
    ("L", oid::AT_LOCALITY),
    ("ST", oid::AT_STATE),
    ("O", oid::AT_ORGANIZATION),
    ("OU", oid::AT_ORGANIZATIONAL_UNIT),
    ("C", oid::AT_COUNTRY),
    ("STREET", oid::AT_STREET),
    ("DC", oid::AT_DOMAIN_COMPONENT),
    ("UID", oid::AT_USER_ID),
    ("title", oid::AT_TITLE),
    ("serialNumber", oid::AT_SERIAL_NUMBER),
    ("SN", oid::AT_SURNAME),
    ("givenName", oid::AT_GIVEN_NAME),
    ("emailAddress", oid::AT_EMAIL_ADDRESS),
    ("T", oid::AT_TITLE),
    ("E", oid::AT_EMAIL_ADDRESS),
];

pub(super) fn push_attribute(text: &mut String, attribute: &Attribute<'_>) {
    let short = SHORT_NAMES
        .iter()
        .find(|(_, kind)| *kind == attribute.kind)
        .map(|(short, _)| *short);
    match (short, attribute.text()) {
        (Some(short), Some(value)) => {
            text.push_str(short);
            text.push('=');
            push_escaped(text, &value);
        }
        (short, _) => {
            match short {
                Some(short) => text.push_str(short),
                None => {
                    let _ = write!(text, "{}", attribute.kind);
                }
            }
            text.push_str("=#");
            for octet in attribute.value.raw {
                let _ = write!(text, "{octet:02x}");
            }
        }
    }
}

/// Source: RFC 4514 §2.4.
fn push_escaped(text: &mut String, value: &str) {
    let count = value.chars().count();
    for (index, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            ' ' | '#' if index == 0 => {
                text.push('\\');
                text.push(c);
            }
            ' ' if index + 1 == count => text.push_str("\\ "),
            c if c.is_control() => {
                let mut utf8 = [0; 4];
                for octet in c.encode_utf8(&mut utf8).bytes() {
                    let _ = write!(text, "\\{octet:02x}");
                }
            }
            c => text.push(c),
        }
    }
}

pub(super) fn split_unescaped(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == separator {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + c.len_utf8();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

pub(super) fn pair_from_text(pair: &str) -> Result<Vec<u8>, Error> {
    let fault = || Error::from(PkiFault::Trust(format!("not an RFC 4514 name: `{pair}`")));
    let (kind, value) = pair.split_once('=').ok_or_else(fault)?;
    let kind = kind.trim();
    let kind = SHORT_NAMES
        .iter()
        .find(|(short, _)| short.eq_ignore_ascii_case(kind))
        .map(|(_, oid)| oid.clone())
        .or_else(|| Oid::from_dotted(kind))
        .ok_or_else(fault)?;
    let value = value.trim_start_matches(' ');
    let value = if let Some(hex) = value.strip_prefix('#') {
        let octets = from_hex(hex.trim_end()).ok_or_else(fault)?;
        asn1::parse(&octets)?.raw.to_vec()
    } else {
        let octets = unescape(value).ok_or_else(fault)?;
        let text = String::from_utf8(octets).map_err(|_| fault())?;
        let tag = if kind == oid::AT_COUNTRY || kind == oid::AT_SERIAL_NUMBER {
            Tag::PRINTABLE_STRING
        } else if kind == oid::AT_EMAIL_ADDRESS || kind == oid::AT_DOMAIN_COMPONENT {
            Tag::IA5_STRING
        } else {
            Tag::UTF8_STRING
        };
        let tag = if text.is_ascii() {
            tag
        } else {
            Tag::UTF8_STRING
        };
        write::element(tag, &[text.as_bytes()])?
    };
    write::sequence(&[&write::oid(&kind)?, &value])
}

fn unescape(value: &str) -> Option<Vec<u8>> {
    let bytes = value.as_bytes();
    let mut octets = Vec::with_capacity(bytes.len());
    let mut kept = 0;
    let mut at = 0;
    while let Some(octet) = bytes.get(at) {
        if *octet != b'\\' {
            octets.push(*octet);
            at += 1;
            if *octet != b' ' {
                kept = octets.len();
            }
            continue;
        }
        let next = *bytes.get(at + 1)?;
        let pair = bytes.get(at + 1..at + 3).and_then(|two| {
            let two = std::str::from_utf8(two).ok()?;
            from_hex(two)?.first().copied()
        });
        match (next, pair) {
            (b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' | b' ' | b'#' | b'=', _) => {
                octets.push(next);
                at += 2;
            }
            (_, Some(octet)) => {
                octets.push(octet);
                at += 3;
            }
            _ => return None,
        }
        kept = octets.len();
    }
    // Spaces at the end count only when they are escaped.
    octets.truncate(kept);
    Some(octets)
}

pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let nibble = |c: u8| char::from(c).to_digit(16);
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(nibble(*high)? << 4 | nibble(*low)?).ok())
        .collect()
}
