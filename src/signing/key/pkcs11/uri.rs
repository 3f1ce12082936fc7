//! Text of a `pkcs11:` URI → which token, which key, which driver.
//!
//! Source: RFC 7512 §2.3, §2.4.

use crate::error::{Error, TokenFault};

/// Which token; what is `None` is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenChoice {
    /// Its label.
    pub label: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Number of the slot in which it is.
    pub slot: Option<u64>,
}

/// Which key; what is `None` is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyChoice {
    /// Label of the private key, or of its certificate.
    pub label: Option<String>,
    /// `CKA_ID` of the private key and its certificate.
    pub id: Option<Vec<u8>>,
    /// The label is that of the certificate.
    pub by_certificate: bool,
}

/// What a `pkcs11:` URI says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenUri {
    /// Which token.
    pub token: TokenChoice,
    /// Which key.
    pub key: KeyChoice,
    /// Path of the driver (`module-path`).
    pub module: Option<String>,
    /// File with the PIN (`pin-source`, without `file:`).
    pub pin_source: Option<String>,
}

impl TokenUri {
    /// `text` as it may be shown: the value of a `pin-value`, which should not be there, is left
    /// out, whatever else is wrong with the text.
    pub fn shown(text: &str) -> String {
        const NAME: &str = "pin-value=";
        let lower = text.to_ascii_lowercase();
        let (mut out, mut from) = (String::new(), 0);
        for (at, _) in lower.match_indices(NAME) {
            let start = at.saturating_add(NAME.len());
            // One inside a value that was left out already.
            let Some(kept) = text.get(from..start) else {
                continue;
            };
            out.push_str(kept);
            out.push('…');
            let value = text.get(start..).unwrap_or_default();
            let end = value.find([';', '&', '?']).unwrap_or(value.len());
            from = start.saturating_add(end);
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }

    /// Reads `text`, one whole URI.
    ///
    /// `pin-value` is refused: whoever lists the processes of the machine would read the PIN.
    ///
    /// # Errors
    /// [`TokenFault::Uri`]: malformed, an attribute twice, or one that is not known.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let wrong = |what| Error::new(TokenFault::Uri(what));
        let rest = text
            .strip_prefix("pkcs11:")
            .ok_or_else(|| wrong("it does not begin with pkcs11:"))?;
        if text.len() > 4096 {
            return Err(wrong("it is longer than 4096 bytes"));
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut uri = Self::default();
        for part in path.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| wrong("an attribute has no value"))?;
            let octets = decoded(value).ok_or_else(|| wrong("malformed percent-encoding"))?;
            let words =
                || String::from_utf8(octets.clone()).map_err(|_| wrong("a value is not UTF-8"));
            match name {
                "token" => once(&mut uri.token.label, words()?)?,
                "serial" => once(&mut uri.token.serial, words()?)?,
                "manufacturer" => once(&mut uri.token.manufacturer, words()?)?,
                "model" => once(&mut uri.token.model, words()?)?,
                "slot-id" => {
                    let number = words()?.parse();
                    once(
                        &mut uri.token.slot,
                        number.map_err(|_| wrong("slot-id is not a number"))?,
                    )?;
                }
                "object" => once(&mut uri.key.label, words()?)?,
                "id" => once(&mut uri.key.id, octets)?,
                "type" => match words()?.as_str() {
                    "private" => {}
                    "cert" => uri.key.by_certificate = true,
                    _ => return Err(wrong("type must be private or cert")),
                },
                _ => return Err(wrong("an attribute is not supported")),
            }
        }
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| wrong("an attribute has no value"))?;
            let words = decoded(value)
                .and_then(|octets| String::from_utf8(octets).ok())
                .ok_or_else(|| wrong("malformed percent-encoding"))?;
            match name {
                "module-path" => once(&mut uri.module, words)?,
                "pin-source" => {
                    let path = words.strip_prefix("file:").unwrap_or(&words);
                    let path = match path.strip_prefix("//") {
                        Some(path) if path.starts_with('/') => path,
                        Some(_) => return Err(wrong("pin-source must be a file of this machine")),
                        None => path,
                    };
                    if path.starts_with('|') {
                        return Err(wrong("pin-source must be a file, not a command"));
                    }
                    once(&mut uri.pin_source, path.to_owned())?;
                }
                "pin-value" => {
                    return Err(wrong(
                        "pin-value would show the PIN to everybody; use pin-source or --pin-file",
                    ));
                }
                "module-name" => {
                    return Err(wrong("module-name is not supported; use module-path"));
                }
                _ => return Err(wrong("an attribute is not supported")),
            }
        }
        Ok(uri)
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Error> {
    if place.is_some() {
        return Err(TokenFault::Uri("an attribute stands twice").into());
    }
    *place = Some(value);
    Ok(())
}

/// The octets of a value; `None`: a percent sign without two digits.
///
/// Source: RFC 3986 §2.1.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        if octet != b'%' {
            out.push(octet);
            continue;
        }
        let digit = |octet: u8| char::from(octet).to_digit(16);
        let (high, low) = (digit(octets.next()?)?, digit(octets.next()?)?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    Some(out)
}

/// `text` as a value of a URI: what is neither a letter nor a digit nor one of `-._~` is encoded.
///
/// Source: RFC 3986 §2.3.
pub(super) fn encoded(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(octet) {
            text.push(char::from(*octet));
        } else {
            text += &format!("%{octet:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, KeyFault};

    #[test]
    fn ok_all_parts_are_read() {
        let uri = TokenUri::from_text(
            "pkcs11:token=V%C4%83n%20th%C6%B0;serial=00ff;manufacturer=X;model=Y;slot-id=7;\
             object=k%C3%BD;id=%01%a2;type=cert?module-path=/lib/a.so&pin-source=file:/run/pin",
        )
        .unwrap();
        assert_eq!(uri.token.label.as_deref(), Some("Văn thư"));
        assert_eq!(uri.token.serial.as_deref(), Some("00ff"));
        assert_eq!(uri.token.manufacturer.as_deref(), Some("X"));
        assert_eq!(uri.token.model.as_deref(), Some("Y"));
        assert_eq!(uri.token.slot, Some(7));
        assert_eq!(uri.key.label.as_deref(), Some("ký"));
        assert_eq!(uri.key.id, Some(vec![1, 0xa2]));
        assert!(uri.key.by_certificate);
        assert_eq!(uri.module.as_deref(), Some("/lib/a.so"));
        assert_eq!(uri.pin_source.as_deref(), Some("/run/pin"));
        assert_eq!(TokenUri::from_text("pkcs11:").unwrap(), TokenUri::default());
        let long = TokenUri::from_text("pkcs11:?pin-source=file:///run/pin").unwrap();
        assert_eq!(long.pin_source.as_deref(), Some("/run/pin"));
    }

    /// V082: a PIN is never taken from an argument; nor does a refusal repeat it.
    #[test]
    fn err_what_is_not_understood_is_refused() {
        for (text, part) in [
            ("token=a", "begin with"),
            ("pkcs11:token", "no value"),
            ("pkcs11:token=%zz", "percent"),
            ("pkcs11:token=%1", "percent"),
            ("pkcs11:token=%ff", "UTF-8"),
            ("pkcs11:token=a;token=b", "twice"),
            ("pkcs11:slot-id=x", "number"),
            ("pkcs11:type=data", "private or cert"),
            ("pkcs11:x-muon=1", "not supported"),
            ("pkcs11:?pin-value=246813", "pin-value"),
            ("pkcs11:?pin-source=|cat", "command"),
            ("pkcs11:?pin-source=file://host/pin", "this machine"),
            ("pkcs11:?module-name=a", "module-path"),
        ] {
            let error = TokenUri::from_text(text).unwrap_err();
            let ErrorKind::Key(KeyFault::Token(TokenFault::Uri(what))) = error.kind() else {
                panic!("{text}: {error}");
            };
            assert!(what.contains(part), "{text}: {what}");
            assert!(!error.to_string().contains("246813"));
        }
    }

    /// V082: what is shown of a text, good or bad, has no PIN.
    #[test]
    fn ok_what_is_shown_has_no_pin() {
        for (text, shown) in [
            ("pkcs11:token=a?pin-source=b", "pkcs11:token=a?pin-source=b"),
            (
                "pkcs11:token=Ễ;pin-value=246813",
                "pkcs11:token=Ễ;pin-value=…",
            ),
            ("pkcs11:?PIN-Value=246813&x=y", "pkcs11:?PIN-Value=…&x=y"),
            (
                "pkcs11:a;pin-value=2;pin-value=46?pin-value=pin-value=813",
                "pkcs11:a;pin-value=…;pin-value=…?pin-value=…",
            ),
        ] {
            assert_eq!(TokenUri::shown(text), shown);
        }
    }

    #[test]
    fn ok_encoding_and_decoding_are_inverse() {
        for text in ["", "a-b_c.d~e", "Văn thư; 100 %", "?&=;/:\u{0}"] {
            assert_eq!(
                decoded(&encoded(text.as_bytes())),
                Some(text.as_bytes().to_vec())
            );
        }
    }
}
