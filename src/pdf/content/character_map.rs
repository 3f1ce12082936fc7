//! A ToUnicode stream → code to text; nothing else of the language of CMaps.

use std::collections::HashMap;

use crate::error::Error;
use crate::limits::Limits;
use crate::pdf::lexer::{Lexer, Origin, Token};
use crate::pdf::object::{Object, PdfString, Span};
use crate::pdf::parser;

/// Reads `beginbfchar` and `beginbfrange`; what breaks the grammar ends the reading.
///
/// # Errors
/// `Limits::content_operations`, for the number of codes.
///
/// Source: ISO 32000-2 §9.10.3.
pub(super) fn read(data: &[u8], limits: &Limits) -> Result<HashMap<u32, String>, Error> {
    let mut map = HashMap::new();
    let mut lexer = Lexer::new(data, 0, Origin::Stream(0));
    let mut operands: Vec<Object<'_>> = Vec::new();
    let mut budget = limits.content_operations;
    loop {
        let before = lexer.position();
        let Ok((token, _)) = lexer.next() else {
            return Ok(map);
        };
        match token {
            Token::End => return Ok(map),
            Token::String(raw) => operands.push(Object::String(PdfString::new(raw, Span::NONE))),
            Token::ArrayOpen | Token::DictionaryOpen => {
                lexer.set_position(before);
                match parser::parse(&mut lexer, limits) {
                    Ok((object, _)) => operands.push(object),
                    Err(_) => return Ok(map),
                }
            }
            Token::Keyword(word) => {
                match word {
                    b"endbfchar" => characters(&operands, &mut map),
                    b"endbfrange" => ranges(&operands, &mut map, &mut budget),
                    _ => {}
                }
                operands.clear();
            }
            _ => {}
        }
        budget = budget.saturating_sub(1);
        if budget == 0 {
            let max = limits.content_operations as u64;
            return Err(Error::limit("content_operations", max));
        }
    }
}

fn characters(operands: &[Object<'_>], map: &mut HashMap<u32, String>) {
    for pair in operands.chunks_exact(2) {
        if let [code, text] = pair
            && let (Some(code), Some(text)) = (code.as_string(), text.as_string())
            && let Some(code) = number(&code.bytes())
        {
            map.insert(code, unicode(&text.bytes()));
        }
    }
}

fn ranges(operands: &[Object<'_>], map: &mut HashMap<u32, String>, budget: &mut usize) {
    for row in operands.chunks_exact(3) {
        let [first, last, to] = row else { continue };
        let code = |object: &Object<'_>| number(&object.as_string()?.bytes());
        let (Some(first), Some(last)) = (code(first), code(last)) else {
            continue;
        };
        for (step, code) in (first..=last).enumerate() {
            *budget = budget.saturating_sub(1);
            if *budget == 0 {
                return;
            }
            let text = match to {
                Object::Array(list) => match list.get(step).and_then(Object::as_string) {
                    Some(text) => unicode(&text.bytes()),
                    None => break,
                },
                Object::String(text) => {
                    let mut octets = text.bytes().into_owned();
                    let Some((_, tail)) = octets.split_last_chunk_mut::<2>() else {
                        break;
                    };
                    // The last unit counts up.
                    let unit = u16::from_be_bytes(*tail);
                    let Some(unit) = u16::try_from(step).ok().and_then(|s| unit.checked_add(s))
                    else {
                        break;
                    };
                    *tail = unit.to_be_bytes();
                    unicode(&octets)
                }
                _ => break,
            };
            map.insert(code, text);
        }
    }
}

fn number(octets: &[u8]) -> Option<u32> {
    if octets.is_empty() || octets.len() > 4 {
        return None;
    }
    Some(
        octets
            .iter()
            .fold(0, |code, octet| code << 8 | u32::from(*octet)),
    )
}

fn unicode(octets: &[u8]) -> String {
    let (pairs, _) = octets.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair)))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_characters_ranges_and_lists() {
        let map = read(
            b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
              2 beginbfchar <0003> <1EC4> <0004> <00660069> endbfchar\n\
              2 beginbfrange <0010> <0012> <0041> <0020> <0021> [<0061> <D83DDE00>] endbfrange",
            &Limits::new(),
        )
        .unwrap();
        let expected = [
            (3, "Ễ"),
            (4, "fi"),
            (16, "A"),
            (17, "B"),
            (18, "C"),
            (32, "a"),
            (33, "\u{1f600}"),
        ];
        assert_eq!(map.len(), expected.len());
        for (code, text) in expected {
            assert_eq!(map.get(&code).map(String::as_str), Some(text), "{code}");
        }
    }

    /// V001: a small map that declares very many codes stops at the limit.
    #[test]
    fn err_ranges_without_end() {
        let mut limits = Limits::new();
        limits.content_operations = 1000;
        let huge = b"1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange";
        assert!(read(huge, &limits).is_err());
    }
}
