//! A password as it was typed → the octets that AES-256 encryption hashes.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Octets of a password that are used.
const LENGTH: usize = 127;

/// What to try for `password`, in this order: prepared by SASLprep, and as it stands, for files
/// whose writer did not prepare it (and for passwords that are no UTF-8).
///
/// Of SASLprep the steps that change a text are made: every space becomes U+0020, what is mapped
/// to nothing is left out, and the rest is put into normal form KC. Those that refuse a text
/// (forbidden and unassigned characters, mixed directions) are not: a file can only be opened by
/// the password that it was written with.
///
/// Source: ISO 32000-2 §7.6.4.3.3, RFC 4013 §2.1, §2.2.
pub(super) fn candidates(password: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let cut = |octets: &[u8]| Zeroizing::new(octets.get(..LENGTH).unwrap_or(octets).to_vec());
    let plain = cut(password);
    let Ok(text) = std::str::from_utf8(password) else {
        return vec![plain];
    };
    let prepared: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .filter(|c| !is_mapped_to_nothing(*c))
            .map(|c| if is_space(c) { ' ' } else { c })
            .nfkc()
            .collect(),
    );
    let prepared = cut(prepared.as_bytes());
    if prepared == plain {
        vec![plain]
    } else {
        vec![prepared, plain]
    }
}

/// RFC 3454 table C.1.2.
fn is_space(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// RFC 3454 table B.1.
fn is_mapped_to_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{1806}'
            | '\u{180b}'..='\u{180d}'
            | '\u{200c}'
            | '\u{200d}'
            | '\u{2060}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 4013 §3, and Vietnamese in both forms.
    #[test]
    fn ok_passwords_are_prepared_and_tried_as_they_stand() {
        for (typed, prepared) in [
            ("I\u{ad}X", "IX"),
            ("user", "user"),
            ("USER", "USER"),
            ("\u{aa}", "a"),
            ("\u{2168}", "IX"),
            ("a\u{a0}b\u{3000}c", "a b c"),
            ("m\u{1ead}t kh\u{1ea9}u", "m\u{1ead}t kh\u{1ea9}u"),
            (
                "ma\u{302}\u{323}t kha\u{302}\u{309}u",
                "m\u{1ead}t kh\u{1ea9}u",
            ),
        ] {
            let found = candidates(typed.as_bytes());
            assert_eq!(found[0].as_slice(), prepared.as_bytes(), "{typed}");
            assert_eq!(found.last().unwrap().as_slice(), typed.as_bytes());
            assert_eq!(found.len(), if typed == prepared { 1 } else { 2 });
        }
        assert_eq!(candidates(&[0xff; 200])[0].as_slice(), [0xff; 127]);
    }
}
