//! Names of encodings and glyphs → characters.

use unicode_normalization::UnicodeNormalization;

/// The character of `code` in the encoding called `name`; `None` for what the encoding lacks and
/// for the upper half of encodings other than WinAnsiEncoding, which is not known here.
///
/// Source: ISO 32000-2 §D.2.
pub(super) fn character(name: &[u8], code: u8) -> Option<char> {
    const WINDOWS: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
        '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{fffd}', 'ž', 'Ÿ',
    ];
    let standard = name == b"StandardEncoding";
    match code {
        b'\'' if standard => Some('’'),
        b'`' if standard => Some('‘'),
        0x20..=0x7e => Some(char::from(code)),
        0x80..=0x9f if name == b"WinAnsiEncoding" => WINDOWS
            .get(usize::from(code - 0x80))
            .copied()
            .filter(|character| *character != '\u{fffd}'),
        0xa0..=0xff if name == b"WinAnsiEncoding" => Some(char::from(code)),
        _ => None,
    }
}

/// What a glyph of this name shows: `uni1EC4`, `u1EC4`, one letter, the names of ASCII, and
/// letters with the marks of Vietnamese (`Ecircumflextilde`); other names are not known.
///
/// Source: the Adobe Glyph List and its specification.
pub(super) fn glyph(name: &[u8]) -> Option<String> {
    const NAMES: &[(&str, char)] = &[
        ("space", ' '),
        ("exclam", '!'),
        ("quotedbl", '"'),
        ("numbersign", '#'),
        ("dollar", '$'),
        ("percent", '%'),
        ("ampersand", '&'),
        ("quotesingle", '\''),
        ("quoteright", '’'),
        ("quoteleft", '‘'),
        ("parenleft", '('),
        ("parenright", ')'),
        ("asterisk", '*'),
        ("plus", '+'),
        ("comma", ','),
        ("hyphen", '-'),
        ("period", '.'),
        ("slash", '/'),
        ("zero", '0'),
        ("one", '1'),
        ("two", '2'),
        ("three", '3'),
        ("four", '4'),
        ("five", '5'),
        ("six", '6'),
        ("seven", '7'),
        ("eight", '8'),
        ("nine", '9'),
        ("colon", ':'),
        ("semicolon", ';'),
        ("less", '<'),
        ("equal", '='),
        ("greater", '>'),
        ("question", '?'),
        ("at", '@'),
        ("bracketleft", '['),
        ("backslash", '\\'),
        ("bracketright", ']'),
        ("underscore", '_'),
        ("braceleft", '{'),
        ("bar", '|'),
        ("braceright", '}'),
        ("endash", '–'),
        ("emdash", '—'),
        ("quotedblleft", '“'),
        ("quotedblright", '”'),
        ("bullet", '•'),
        ("ellipsis", '…'),
        ("dcroat", 'đ'),
        ("Dcroat", 'Đ'),
    ];
    const MARKS: &[(&str, char)] = &[
        ("grave", '\u{300}'),
        ("acute", '\u{301}'),
        ("circumflex", '\u{302}'),
        ("tilde", '\u{303}'),
        ("breve", '\u{306}'),
        ("hookabove", '\u{309}'),
        ("horn", '\u{31b}'),
        ("dotbelow", '\u{323}'),
        ("dieresis", '\u{308}'),
    ];
    let name = std::str::from_utf8(name).ok()?;
    // A suffix tells variants of one character apart.
    let name = name.split('.').next().filter(|name| !name.is_empty())?;
    if let Some((_, character)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(character.to_string());
    }
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len().is_multiple_of(4)
        && !digits.is_empty()
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    {
        let units: Option<Vec<u16>> = (0..digits.len())
            .step_by(4)
            .map(|at| u16::from_str_radix(digits.get(at..at + 4)?, 16).ok())
            .collect();
        return String::from_utf16(&units?).ok();
    }
    if let Some(digits) = name.strip_prefix('u')
        && (4..=6).contains(&digits.len())
        && let Ok(code) = u32::from_str_radix(digits, 16)
    {
        return char::from_u32(code).map(String::from);
    }
    let mut rest = name;
    let letter = rest.chars().next().filter(char::is_ascii_alphabetic)?;
    rest = rest.get(1..)?;
    let mut text = String::from(letter);
    while !rest.is_empty() {
        let (mark, character) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark))?;
        text.push(*character);
        rest = rest.get(mark.len()..)?;
    }
    Some(text.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_names_of_glyphs() {
        for (name, text) in [
            ("A", Some("A")),
            ("slash", Some("/")),
            ("Ecircumflextilde", Some("Ễ")),
            ("uhorn", Some("ư")),
            ("Uhorndotbelow", Some("Ự")),
            ("Dcroat", Some("Đ")),
            ("uni1EC4", Some("Ễ")),
            ("u1EE0", Some("Ỡ")),
            ("a.sc", Some("a")),
            ("g23", None),
            (".notdef", None),
            ("uni", None),
            ("uniXYZW", None),
        ] {
            assert_eq!(glyph(name.as_bytes()).as_deref(), text, "{name}");
        }
    }

    #[test]
    fn ok_codes_of_encodings() {
        assert_eq!(character(b"WinAnsiEncoding", 0xe1), Some('á'));
        assert_eq!(character(b"WinAnsiEncoding", 0x96), Some('–'));
        assert_eq!(character(b"StandardEncoding", b'\''), Some('’'));
        assert_eq!(character(b"StandardEncoding", 0xe1), None);
    }
}
