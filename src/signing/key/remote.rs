//! What is to be signed and whoever holds the key elsewhere (a service, a program) → a signature
//! value that was checked.

#[cfg(feature = "net")]
pub mod csc;
#[cfg(feature = "fs")]
pub mod external;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::value::normalized;
use crate::crypto::{Message, PublicKey, SignatureAlgorithm, verify};
use crate::error::{Error, RemoteFault};

/// Base64 as services write it: with line breaks and blanks, which are left out.
///
/// # Errors
/// [`RemoteFault::Answer`].
pub fn base64(text: &str) -> Result<Vec<u8>, Error> {
    let plain: Vec<u8> = text.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD
        .decode(plain)
        .map_err(|_| RemoteFault::Answer("not base64").into())
}

/// Hexadecimal of either case, with blanks left out.
///
/// # Errors
/// [`RemoteFault::Answer`].
pub fn hexadecimal(text: &str) -> Result<Vec<u8>, Error> {
    let wrong = || Error::new(RemoteFault::Answer("not hexadecimal"));
    let digits: Vec<u8> = text
        .bytes()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| {
            char::from(c)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        })
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(wrong());
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// `value` in the form of CMS, after it was checked: a value by another key, or over something
/// else, is found here and not in the finished file.
///
/// # Errors
/// [`RemoteFault::WrongSignature`].
pub fn checked(
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    message: &[u8],
    value: &[u8],
) -> Result<Vec<u8>, Error> {
    let wrong = || Error::new(RemoteFault::WrongSignature);
    let value = normalized(key, algorithm, value).map_err(|_| wrong())?;
    if verify(key, algorithm, Message::Bytes(message), &value).is_verified() {
        Ok(value)
    } else {
        Err(wrong())
    }
}

/// Words of somebody else, for an error text: one line, not long.
#[cfg(any(feature = "fs", feature = "net"))]
fn short(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().take(300).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_line_breaks_are_left_out() {
        assert_eq!(base64("aGVs\r\nbG8=\r\n").unwrap(), b"hello");
        assert_eq!(hexadecimal("68 65\n6C6c6f").unwrap(), b"hello");
    }

    #[test]
    fn err_other_text() {
        for text in ["aGVsbG8", "aGV*bG8=", "{}"] {
            assert!(base64(text).is_err(), "{text}");
        }
        for text in ["123", "0x12", "zz"] {
            assert!(hexadecimal(text).is_err(), "{text}");
        }
    }
}
