//! ASCII85, ASCIIHex and run-length data → bytes.

use super::super::lexer::is_white_space;
use super::super::object::hex_digit;
use super::Cap;
use crate::error::{Error, PdfFault};

fn fault(what: &'static str) -> Error {
    Error::new(PdfFault::Filter(what))
}

/// Source: ISO 32000-2 §7.4.2.
pub(super) fn decode_hexadecimal(data: &[u8], strict: bool) -> Result<Vec<u8>, Error> {
    let mut output = Vec::with_capacity(data.len() / 2 + 1);
    let mut high: Option<u8> = None;
    for &byte in data {
        if let Some(digit) = hex_digit(byte) {
            match high.take() {
                Some(high) => output.push(high << 4 | digit),
                None => high = Some(digit),
            }
        } else if byte == b'>' {
            output.extend(high.map(|high| high << 4));
            return Ok(output);
        } else if strict && !is_white_space(byte) {
            return Err(fault("character is not hexadecimal"));
        }
    }
    // NOTE: the end marker is often left out; the stream's length tells as much.
    output.extend(high.map(|high| high << 4));
    Ok(output)
}

/// Source: ISO 32000-2 §7.4.3.
pub(super) fn decode_85(data: &[u8], strict: bool) -> Result<Vec<u8>, Error> {
    let mut output = Vec::with_capacity(data.len() / 5 * 4 + 4);
    let mut group = 0_u64;
    let mut digits = 0_usize;
    // NOTE: btoa starts with `<~`; the standard does not, some writers do.
    let data = data.strip_prefix(b"<~").unwrap_or(data);
    for &byte in data {
        match byte {
            b'!'..=b'u' => {
                group = group * 85 + u64::from(byte - b'!');
                digits += 1;
                if digits == 5 {
                    let Ok(word) = u32::try_from(group) else {
                        return Err(fault("ASCII85 group is too large"));
                    };
                    output.extend(word.to_be_bytes());
                    (group, digits) = (0, 0);
                }
            }
            b'z' if digits == 0 => output.extend([0; 4]),
            b'~' => break,
            _ if is_white_space(byte) => {}
            _ if strict => return Err(fault("character is not ASCII85")),
            _ => {}
        }
    }
    if digits == 1 && strict {
        return Err(fault("ASCII85 group of one character"));
    }
    if digits > 1 {
        for _ in digits..5 {
            group = group * 85 + 84;
        }
        let Ok(word) = u32::try_from(group) else {
            return Err(fault("ASCII85 group is too large"));
        };
        output.extend(word.to_be_bytes().iter().take(digits - 1));
    }
    Ok(output)
}

/// Source: ISO 32000-2 §7.4.5.
pub(super) fn decode_run_length(data: &[u8], cap: Cap) -> Result<Vec<u8>, Error> {
    let mut output = Vec::new();
    let mut rest = data;
    while let Some((&length, after)) = rest.split_first() {
        rest = match length {
            128 => break,
            0..=127 => {
                let Some((copied, after)) = after.split_at_checked(usize::from(length) + 1) else {
                    return Err(fault("run-length data is cut short"));
                };
                output.extend(copied);
                after
            }
            129..=255 => {
                let Some((&byte, after)) = after.split_first() else {
                    return Err(fault("run-length data is cut short"));
                };
                output.resize(output.len() + 257 - usize::from(length), byte);
                after
            }
        };
        cap.check(output.len())?;
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::super::decode_with;

    #[test]
    fn ok_hexadecimal() {
        let decode = |data: &[u8]| decode_with("<</Filter/ASCIIHexDecode>>", data);
        assert_eq!(decode(b"4A 4b\n7>rest"), Ok(b"JKp".to_vec()));
        assert_eq!(decode(b"4A"), Ok(b"J".to_vec()));
        assert!(decode(b"4x>").is_err());
    }

    #[test]
    fn ok_base_85() {
        let decode = |data: &[u8]| decode_with("<</Filter/ASCII85Decode>>", data);
        assert_eq!(
            decode(b"87cUR\nD]i,\"Ebo80~>"),
            Ok(b"Hello World!".to_vec())
        );
        assert_eq!(decode(b"z87cURDZ~>"), Ok(b"\0\0\0\0Hello".to_vec()));
        assert_eq!(decode(b"87cURDZ"), Ok(b"Hello".to_vec()));
        assert!(decode(b"8~>").is_err());
        assert!(decode(b"uuuuu~>").is_err());
        assert!(decode(b"8v~>").is_err());
    }

    #[test]
    fn ok_run_length() {
        let decode = |data: &[u8]| decode_with("<</Filter/RunLengthDecode>>", data);
        assert_eq!(decode(b"\x02abc\xfed\x80x"), Ok(b"abcddd".to_vec()));
        assert_eq!(decode(b""), Ok(Vec::new()));
        assert!(decode(b"\x05ab").is_err());
        assert!(decode(b"\xff").is_err());
    }
}
