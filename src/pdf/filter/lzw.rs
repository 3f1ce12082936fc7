//! LZW data → bytes, capped.

use super::Cap;
use crate::error::{Error, PdfFault};

const CLEAR: usize = 256;
const END: usize = 257;
const FIRST: usize = 258;
const CODES: usize = 4096;

/// Codes of 9 to 12 bits, high bit first. `early_change`: the width grows one code early.
///
/// Source: ISO 32000-2 §7.4.4.2.
pub(super) fn decode(
    data: &[u8],
    early_change: bool,
    cap: Cap,
    strict: bool,
) -> Result<Vec<u8>, Error> {
    // Where in the output the bytes of each code lie: what a code means was put out before.
    let mut places: Vec<(usize, usize)> = Vec::with_capacity(CODES - FIRST);
    let early = usize::from(early_change);
    let mut output: Vec<u8> = Vec::new();
    let mut previous: Option<(usize, usize)> = None;
    let mut buffer = 0_u32;
    let mut held = 0_u32;
    let mut bytes = data.iter();
    loop {
        let width = match FIRST + places.len() + early {
            0..512 => 9,
            512..1024 => 10,
            1024..2048 => 11,
            _ => 12,
        };
        while held < width {
            let Some(&byte) = bytes.next() else {
                // NOTE: many writers leave the end code out; nothing is lost by that.
                let rest = buffer & ((1 << held) - 1);
                if strict && held >= 8 && rest != 0 {
                    return Err(Error::new(PdfFault::Filter("LZW data is cut short")));
                }
                return Ok(output);
            };
            buffer = buffer << 8 | u32::from(byte);
            held += 8;
        }
        held -= width;
        let code = (buffer >> held & ((1 << width) - 1)) as usize;
        let start = output.len();
        match code {
            CLEAR => {
                places.clear();
                previous = None;
                continue;
            }
            END => return Ok(output),
            0..CLEAR => output.push(code as u8),
            _ => {
                let place = places.get(code - FIRST).copied();
                // The code that is being defined: the previous one and its own first byte.
                let place = place.or_else(|| {
                    previous
                        .filter(|_| code == FIRST + places.len())
                        .map(|(start, length)| (start, length + 1))
                });
                let Some((from, length)) = place else {
                    if strict {
                        return Err(Error::new(PdfFault::Filter("LZW code is not defined")));
                    }
                    return Ok(output);
                };
                cap.check(output.len().saturating_add(length))?;
                for index in from..from.saturating_add(length) {
                    let byte = output.get(index).copied().unwrap_or_default();
                    output.push(byte);
                }
            }
        }
        cap.check(output.len())?;
        if let Some((from, length)) = previous
            && FIRST + places.len() < CODES
        {
            places.push((from, length + 1));
        }
        previous = Some((start, output.len() - start));
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode_with;

    /// The example of ISO 32000-2 §7.4.4.2.
    #[test]
    fn ok_example_of_the_standard() {
        let encoded = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(
            decode_with("<</Filter/LZWDecode>>", &encoded),
            Ok(vec![45, 45, 45, 45, 45, 65, 45, 45, 45, 66])
        );
    }

    /// A plain encoder, to reach the wider codes.
    fn encode(data: &[u8], early: usize) -> Vec<u8> {
        let mut table = std::collections::HashMap::<Vec<u8>, usize>::new();
        let (mut bits, mut held, mut out) = (0_u64, 0, Vec::new());
        let mut put = |code: usize, defined: usize| {
            let width = match defined + early {
                0..512 => 9,
                512..1024 => 10,
                1024..2048 => 11,
                _ => 12,
            };
            bits = bits << width | code as u64;
            held += width;
            while held >= 8 {
                held -= 8;
                out.push((bits >> held) as u8);
            }
            if code == super::END && held > 0 {
                out.push((bits << (8 - held)) as u8);
            }
        };
        let code = |table: &std::collections::HashMap<Vec<u8>, usize>, word: &[u8]| match word {
            [one] => usize::from(*one),
            _ => table[word],
        };
        // What the decoder has defined when it reads the next code.
        let mut defined = 258;
        let mut fresh = true;
        put(256, 258);
        let mut word = Vec::new();
        for &byte in data {
            let longer = [&word[..], &[byte]].concat();
            if longer.len() == 1 || table.contains_key(&longer) {
                word = longer;
                continue;
            }
            put(code(&table, &word), defined);
            if !fresh {
                defined += 1;
            }
            fresh = false;
            table.insert(longer, 258 + table.len());
            word = vec![byte];
            if table.len() + 258 == 4094 {
                put(code(&table, &word), defined);
                put(256, defined + 1);
                table.clear();
                defined = 258;
                fresh = true;
                word.clear();
            }
        }
        if !word.is_empty() {
            put(code(&table, &word), defined);
            defined += usize::from(!fresh);
        }
        put(257, defined);
        out
    }

    #[test]
    fn ok_all_widths_with_and_without_early_change() {
        let data: Vec<u8> = (0..60_000_u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8)
            .collect();
        for (early, dictionary) in [
            (1, "<</Filter/LZWDecode>>"),
            (0, "<</Filter/LZWDecode/DecodeParms<</EarlyChange 0>>>>"),
        ] {
            let encoded = encode(&data, early);
            assert!(
                decode_with(dictionary, &encoded) == Ok(data.clone()),
                "{early}"
            );
        }
    }

    #[test]
    fn err_code_that_is_not_defined() {
        // Clear, then code 300.
        let bits = 256_u32 << 9 | 300;
        let data = (bits << 14).to_be_bytes();
        assert!(decode_with("<</Filter/LZWDecode>>", &data).is_err());
    }
}
