//! Bytes of a text string → Unicode.

/// Decodes a text string; what cannot be decoded becomes U+FFFD.
///
/// Source: ISO 32000-2 §7.9.2.2.
pub(crate) fn decode(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return utf16(rest, u16::from_be_bytes);
    }
    // NOTE: not in the standard, but written by real programs and read by all.
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return String::from_utf8_lossy(rest).into_owned();
    }
    bytes.iter().map(|&byte| pdf_doc_encoding(byte)).collect()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut text: String = char::decode_utf16(units.iter().map(|pair| unit(*pair)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !rest.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// ISO 32000-2 table D.2; undefined codes become U+FFFD.
fn pdf_doc_encoding(byte: u8) -> char {
    const LOW: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
    const HIGH: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚',
        '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    match byte {
        0x18..=0x1f => LOW.get(usize::from(byte - 0x18)).copied(),
        0x80..=0xa0 => HIGH.get(usize::from(byte - 0x80)).copied(),
        0x7f | 0xad => None,
        _ => Some(char::from(byte)),
    }
    .unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn ok_each_encoding() {
        assert_eq!(decode(b"\xfe\xff\x00K\x00\xfd\x1e\xd1"), "Kýố");
        assert_eq!(decode(b"\xff\xfeK\x00"), "K");
        assert_eq!(decode("\u{feff}Ký số".as_bytes()), "Ký số");
        assert_eq!(decode(b"A\x80\xa0\x18\xe9"), "A•€˘é");
        assert_eq!(decode(b"\xfe\xff\xd8\x00\x00"), "\u{fffd}\u{fffd}");
    }
}
