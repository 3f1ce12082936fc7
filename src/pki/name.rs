//! DER of a distinguished name → [`Name`]: its attributes, RFC 4514 text and the three grades of equality.

mod text;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use unicode_normalization::UnicodeNormalization;

use crate::asn1::{self, Element, Tag, write};
use crate::error::{Asn1Fault, Error};
use crate::oid::{self, Oid};

pub(crate) use text::from_hex;
use text::{pair_from_text, push_attribute, split_unescaped};

/// NumericString.
const NUMERIC_STRING: Tag = Tag(0x12);
/// UniversalString.
const UNIVERSAL_STRING: Tag = Tag(0x1c);
/// VisibleString.
const VISIBLE_STRING: Tag = Tag(0x1a);

/// A distinguished name, kept as the octets that came.
///
/// ```asn1
/// Name ::= SEQUENCE OF SET SIZE (1..MAX) OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }
/// ```
///
/// Equality of Rust values (`==`, `Hash`) is equality of octets; [`Name::matches`] is the
/// comparison of RFC 5280.
///
/// Source: RFC 5280 §4.1.2.4.
#[derive(Clone)]
pub struct Name(Arc<Inner>);

struct Inner {
    der: Box<[u8]>,
    normal: OnceLock<Box<[u8]>>,
    text: OnceLock<Box<str>>,
}

/// How equal two names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum NameMatch {
    /// Not the same name.
    Different,
    /// Equal once string types, case, spaces and Unicode forms are levelled.
    Normalised,
    /// The same octets.
    Identical,
}

/// One attribute of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What it tells, e.g. [`oid::AT_COMMON_NAME`].
    pub kind: Oid,
    /// Index of the relative name it stands in, the top one (usually the country) first.
    pub rdn: usize,
    /// The value as it stands in the name.
    pub value: Element<'a>,
}

impl Attribute<'_> {
    /// The value as text; `None` when it is no string or its octets are not of its string type.
    ///
    /// TeletexString is read as ISO 8859-1, which is what issuers put there.
    pub fn text(&self) -> Option<String> {
        string(&self.value)
    }
}

impl Name {
    /// From one DER value without trailing bytes.
    ///
    /// # Errors
    /// [`Asn1Fault`]: not a sequence of sets of attributes.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::from_element(&asn1::parse(der)?)
    }

    /// From an element that stands in a larger structure; errors count from that structure.
    ///
    /// # Errors
    /// As [`Name::from_der`].
    pub fn from_element(element: &Element<'_>) -> Result<Self, Error> {
        let mut rdns = element.expect(Tag::SEQUENCE)?.reader();
        while !rdns.is_empty() {
            let set = rdns.expect(Tag::SET)?;
            if set.content.is_empty() {
                return Err(set.fault(Asn1Fault::Value("empty relative distinguished name")));
            }
            let mut attributes = set.reader();
            while !attributes.is_empty() {
                let mut pair = attributes.expect(Tag::SEQUENCE)?.reader();
                pair.expect(Tag::OID)?.oid()?;
                pair.element()?;
                pair.finish()?;
            }
        }
        Ok(Self::unchecked(element.raw.into()))
    }

    fn unchecked(der: Box<[u8]>) -> Self {
        Self(Arc::new(Inner {
            der,
            normal: OnceLock::new(),
            text: OnceLock::new(),
        }))
    }

    /// From RFC 4514 text, e.g. `CN=Nguyễn Văn A,O=Bộ Tài chính,C=VN`. Values become UTF8String,
    /// countries PrintableString, mail addresses and domain components IA5String.
    ///
    /// # Errors
    /// [`crate::error::PkiFault::Trust`], with the part that is not understood.
    ///
    /// Source: RFC 4514 §3.
    pub fn from_rfc4514(text: &str) -> Result<Self, Error> {
        let mut rdns = Vec::new();
        if !text.is_empty() {
            for rdn in split_unescaped(text, ',') {
                let mut set = Vec::new();
                for pair in split_unescaped(rdn, '+') {
                    set.push(pair_from_text(pair)?);
                }
                set.sort();
                rdns.push(write::element(Tag::SET, &[&set.concat()])?);
            }
        }
        rdns.reverse();
        Self::from_der(&write::element(Tag::SEQUENCE, &[&rdns.concat()])?)
    }

    /// This name with one more relative name at its end: the form that CRL distribution points
    /// use. `rdn`: content octets of the SET, as under its implicit tag.
    ///
    /// # Errors
    /// [`Asn1Fault`]: `rdn` is not a set of attributes.
    ///
    /// Source: RFC 5280 §4.2.1.13.
    pub fn with_relative(&self, rdn: &[u8]) -> Result<Self, Error> {
        let above = asn1::parse(&self.0.der)?.content;
        Self::from_der(&write::sequence(&[
            above,
            &write::element(Tag::SET, &[rdn])?,
        ])?)
    }

    /// The octets, header included.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Whether the name has no attributes at all.
    pub fn is_empty(&self) -> bool {
        self.0.der.len() <= 2
    }

    /// The attributes in the order of the name, the top one first.
    pub fn attributes(&self) -> Vec<Attribute<'_>> {
        let mut found = Vec::new();
        // The structure was checked when the name was made; nothing is lost by stopping early.
        let Ok(sequence) = asn1::parse(&self.0.der) else {
            return found;
        };
        let mut rdns = sequence.reader();
        let mut rdn = 0;
        while let Ok(set) = rdns.element() {
            let mut pairs = set.reader();
            while let Ok(pair) = pairs.element() {
                let mut pair = pair.reader();
                if let (Ok(kind), Ok(value)) =
                    (pair.element().and_then(|e| e.oid()), pair.element())
                {
                    found.push(Attribute { kind, rdn, value });
                }
            }
            rdn += 1;
        }
        found
    }

    /// The texts of all attributes of one kind, in the order of the name.
    pub fn texts(&self, kind: &Oid) -> Vec<String> {
        self.attributes()
            .iter()
            .filter(|attribute| attribute.kind == *kind)
            .filter_map(Attribute::text)
            .collect()
    }

    /// The last common name, which is the most specific one.
    pub fn common_name(&self) -> Option<String> {
        self.texts(&oid::AT_COMMON_NAME).pop()
    }

    /// The name as RFC 4514 writes it: last relative name first, short names only where they are
    /// registered, other kinds as dotted numbers with the value in hexadecimal.
    pub fn rfc4514(&self) -> String {
        let text = self.0.text.get_or_init(|| self.to_text().into());
        text.to_string()
    }

    fn to_text(&self) -> String {
        let attributes = self.attributes();
        let mut text = String::new();
        let mut last: Option<usize> = None;
        let mut groups: Vec<Vec<&Attribute<'_>>> = Vec::new();
        for attribute in &attributes {
            if last == Some(attribute.rdn) {
                if let Some(group) = groups.last_mut() {
                    group.push(attribute);
                }
            } else {
                groups.push(vec![attribute]);
                last = Some(attribute.rdn);
            }
        }
        for (index, group) in groups.iter().rev().enumerate() {
            if index > 0 {
                text.push(',');
            }
            for (index, attribute) in group.iter().enumerate() {
                if index > 0 {
                    text.push('+');
                }
                push_attribute(&mut text, attribute);
            }
        }
        text
    }

    /// Compares as RFC 5280 asks: octets first, then attribute by attribute with string types,
    /// case and spaces levelled. Values of TeletexString, BMPString and UniversalString are equal
    /// only as octets.
    ///
    /// Source: RFC 5280 §7.1; RFC 4518 §2.
    pub fn matches(&self, other: &Self) -> NameMatch {
        if self.0.der == other.0.der {
            NameMatch::Identical
        } else if self.normal_form() == other.normal_form() {
            NameMatch::Normalised
        } else {
            NameMatch::Different
        }
    }

    /// Whether `base` is this name or stands at its top, compared as [`Name::matches`] does.
    ///
    /// Source: RFC 5280 §7.1, for name constraints.
    pub fn is_within(&self, base: &Self) -> bool {
        // Every relative name in the normal form carries its length, so a prefix ends between two.
        self.normal_form().starts_with(base.normal_form())
    }

    /// Octets that are equal exactly when [`Name::matches`] is not `Different`; for use as a key.
    pub fn normal_form(&self) -> &[u8] {
        self.0.normal.get_or_init(|| {
            let mut normal = Vec::with_capacity(self.0.der.len());
            let attributes = self.attributes();
            let mut rest = attributes.as_slice();
            while let Some(first) = rest.first() {
                let count = rest.iter().take_while(|a| a.rdn == first.rdn).count();
                let (group, after) = rest.split_at(count);
                let mut pairs: Vec<Vec<u8>> = group.iter().map(normal_pair).collect();
                pairs.sort();
                push_framed(&mut normal, &pairs.concat());
                rest = after;
            }
            normal.into_boxed_slice()
        })
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.der.hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc4514())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({})", self.rfc4514())
    }
}

impl serde::Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc4514())
    }
}

/// The text of a string value, or nothing.
pub(crate) fn string(value: &Element<'_>) -> Option<String> {
    let content = value.content;
    match value.tag {
        Tag::UTF8_STRING => String::from_utf8(content.to_vec()).ok(),
        Tag::PRINTABLE_STRING | Tag::IA5_STRING | NUMERIC_STRING | VISIBLE_STRING => content
            .is_ascii()
            .then(|| content.iter().map(|octet| char::from(*octet)).collect()),
        Tag::TELETEX_STRING => Some(content.iter().map(|octet| char::from(*octet)).collect()),
        Tag::BMP_STRING => {
            let (pairs, rest) = content.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            rest.is_empty()
                .then(|| String::from_utf16(&units).ok())
                .flatten()
        }
        UNIVERSAL_STRING => {
            let (quads, rest) = content.as_chunks::<4>();
            if !rest.is_empty() {
                return None;
            }
            quads
                .iter()
                .map(|quad| char::from_u32(u32::from_be_bytes(*quad)))
                .collect()
        }
        _ => None,
    }
}

/// Type and value of one attribute in a form whose equality is the equality of RFC 5280 §7.1.
fn normal_pair(attribute: &Attribute<'_>) -> Vec<u8> {
    let mut pair = Vec::new();
    push_framed(&mut pair, attribute.kind.content());
    let level = match attribute.value.tag {
        Tag::UTF8_STRING
        | Tag::PRINTABLE_STRING
        | Tag::IA5_STRING
        | NUMERIC_STRING
        | VISIBLE_STRING => attribute.text().map(|text| levelled(&text)),
        _ => None,
    };
    match level {
        Some(text) => {
            pair.push(Tag::UTF8_STRING.0);
            push_framed(&mut pair, text.as_bytes());
        }
        None => {
            // Marked apart from the levelled strings.
            pair.push(0);
            push_framed(&mut pair, attribute.value.raw);
        }
    }
    pair
}

/// Transcode, map, normalise (NFKC), then fold case and compress spaces.
///
/// Source: RFC 4518 §2.2, §2.3, §2.6.1.
fn levelled(text: &str) -> String {
    let mapped = text.chars().filter_map(|c| match c {
        '\u{00ad}'
        | '\u{1806}'
        | '\u{034f}'
        | '\u{180b}'..='\u{180d}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fffc}'
        | '\u{200b}'
        | '\u{feff}' => None,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' => Some(' '),
        c if c.is_control() => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    });
    let folded: String = mapped.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let mut level = String::with_capacity(folded.len());
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if !level.is_empty() {
            level.push(' ');
        }
        level.push_str(word);
    }
    level
}

fn push_framed(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(&(octets.len() as u64).to_be_bytes());
    out.extend_from_slice(octets);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: Tag, content: &[u8]) -> Vec<u8> {
        write::element(tag, &[content]).unwrap()
    }

    fn name(pairs: &[(&Oid, Tag, &[u8])]) -> Name {
        let rdns: Vec<u8> = pairs
            .iter()
            .flat_map(|(kind, tag, value)| {
                let mut pair = wrap(Tag::OID, kind.content());
                pair.extend(wrap(*tag, value));
                wrap(Tag::SET, &wrap(Tag::SEQUENCE, &pair))
            })
            .collect();
        Name::from_der(&wrap(Tag::SEQUENCE, &rdns)).unwrap()
    }

    #[test]
    fn ok_rfc4514_escapes_commas_spaces_and_unknown_kinds() {
        let quirky = name(&[
            (&oid::AT_COUNTRY, Tag::PRINTABLE_STRING, b"VN"),
            (
                &oid::AT_ORGANIZATION,
                Tag::UTF8_STRING,
                "Bộ, Tài chính".as_bytes(),
            ),
            (
                &oid::AT_ORGANIZATIONAL_UNIT,
                Tag::BMP_STRING,
                &[0x1e, 0xd9, 0, b'a'],
            ),
            (&oid::AT_COMMON_NAME, Tag::TELETEX_STRING, b" caf\xe9 "),
            (&Oid::from_dotted("1.2.3").unwrap(), Tag::UTF8_STRING, b"x"),
        ]);
        assert_eq!(
            quirky.rfc4514(),
            "1.2.3=#0c0178,CN=\\ café\\ ,OU=ộa,O=Bộ\\, Tài chính,C=VN"
        );
    }

    #[test]
    fn ok_text_round_trip_keeps_every_value() {
        for text in [
            "CN=A\\, B\\+C\\\\,OU=x,OU=y,C=VN",
            "UID=MST:0101234567,CN=Nguyễn Văn A+title=Giám đốc,O=\\#1",
            "emailAddress=a@b.vn,DC=example",
            "",
        ] {
            let read = Name::from_rfc4514(text).unwrap();
            let again = Name::from_rfc4514(&read.rfc4514()).unwrap();
            assert_eq!(read, again, "{text}");
            assert_eq!(read.attributes().len(), again.attributes().len());
        }
        assert_eq!(
            Name::from_rfc4514("CN=a,C=VN").unwrap().rfc4514(),
            "CN=a,C=VN"
        );
        for text in ["CN", "XX=1", "CN=a,", "CN=\\zz", "1.2.3=#0c"] {
            assert!(Name::from_rfc4514(text).is_err(), "{text}");
        }
    }

    #[test]
    fn v035_three_grades_of_equality() {
        let printable = name(&[(&oid::AT_COMMON_NAME, Tag::PRINTABLE_STRING, b"Root  CA ")]);
        let utf8 = name(&[(&oid::AT_COMMON_NAME, Tag::UTF8_STRING, b"root ca")]);
        let teletex = name(&[(&oid::AT_COMMON_NAME, Tag::TELETEX_STRING, b"root ca")]);
        assert_eq!(printable.matches(&printable.clone()), NameMatch::Identical);
        assert_eq!(printable.matches(&utf8), NameMatch::Normalised);
        assert_eq!(utf8.matches(&teletex), NameMatch::Different);
        assert_eq!(teletex.matches(&teletex.clone()), NameMatch::Identical);
        let composed = name(&[(&oid::AT_COMMON_NAME, Tag::UTF8_STRING, "Ộ".as_bytes())]);
        let taken_apart = name(&[(
            &oid::AT_COMMON_NAME,
            Tag::UTF8_STRING,
            "o\u{323}\u{302}".as_bytes(),
        )]);
        assert_eq!(composed.matches(&taken_apart), NameMatch::Normalised);
    }

    #[test]
    fn v035_normal_form_keeps_the_borders_of_relative_names() {
        let both = |set: &[u8]| Name::from_der(&wrap(Tag::SEQUENCE, set)).unwrap();
        let pair = |kind: &Oid, text: &str| {
            let mut pair = wrap(Tag::OID, kind.content());
            pair.extend(wrap(Tag::UTF8_STRING, text.as_bytes()));
            wrap(Tag::SEQUENCE, &pair)
        };
        let (a, b) = (
            pair(&oid::AT_COMMON_NAME, "a"),
            pair(&oid::AT_ORGANIZATION, "b"),
        );
        let one_set = both(&wrap(Tag::SET, &[a.clone(), b.clone()].concat()));
        let other_order = both(&wrap(Tag::SET, &[b.clone(), a.clone()].concat()));
        let two_sets = both(&[wrap(Tag::SET, &a), wrap(Tag::SET, &b)].concat());
        assert_eq!(one_set.matches(&other_order), NameMatch::Normalised);
        assert_eq!(one_set.matches(&two_sets), NameMatch::Different);
        assert!(two_sets.is_within(&both(&wrap(Tag::SET, &a))));
        assert!(!two_sets.is_within(&both(&wrap(Tag::SET, &b))));
        assert!(!one_set.is_within(&both(&wrap(Tag::SET, &a))));
    }

    #[test]
    fn err_names_that_are_no_names() {
        for der in [
            &[][..],
            &[0x31, 0],
            &[0x30, 2, 0x31, 0],
            &[0x30, 4, 0x31, 2, 0x30, 0],
            &[0x30, 0, 0],
        ] {
            assert!(Name::from_der(der).is_err(), "{der:02x?}");
        }
        assert!(Name::from_der(&[0x30, 0]).unwrap().is_empty());
    }
}
