//! Bytes and a position → one token, with the range that it takes.

use crate::error::{Error, PdfFault};

/// Where the bytes come from, which decides what a position means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The file itself: positions are file positions.
    File,
    /// A decoded stream; errors name the position of that stream's object in the file.
    Stream(u64),
}

/// White space of ISO 32000-2 table 1.
pub(crate) const fn is_white_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Delimiters of ISO 32000-2 table 2.
pub(crate) const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

/// Neither white space nor delimiter.
pub(crate) const fn is_regular(byte: u8) -> bool {
    !is_white_space(byte) && !is_delimiter(byte)
}

/// One token. Slices are the bytes as they stand in the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'d> {
    Integer(i64),
    Real(f64),
    /// Without the slash, escapes not decoded.
    Name(&'d [u8]),
    /// With its delimiters, `(…)` or `<…>`.
    String(&'d [u8]),
    ArrayOpen,
    ArrayClose,
    DictionaryOpen,
    DictionaryClose,
    Keyword(&'d [u8]),
    End,
}

/// Reads tokens one after the other; never looks back, never allocates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexer<'d> {
    data: &'d [u8],
    position: usize,
    origin: Origin,
}

impl<'d> Lexer<'d> {
    pub(crate) fn new(data: &'d [u8], position: usize, origin: Origin) -> Self {
        Self {
            data,
            position: position.min(data.len()),
            origin,
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    pub(crate) fn set_position(&mut self, position: usize) {
        self.position = position.min(self.data.len());
    }

    pub(crate) fn rest(&self) -> &'d [u8] {
        self.data.get(self.position..).unwrap_or_default()
    }

    pub(crate) fn slice(&self, start: usize, end: usize) -> &'d [u8] {
        self.data.get(start..end).unwrap_or_default()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.data.get(self.position).copied()
    }

    /// An error about the byte at `position` of this input.
    pub(crate) fn error(&self, what: &'static str, position: usize) -> Error {
        let position = match self.origin {
            Origin::File => position as u64,
            Origin::Stream(container) => container,
        };
        Error::at(PdfFault::Malformed(what), position)
    }

    /// Passes over white space and comments.
    pub(crate) fn skip_blank(&mut self) {
        while let Some(byte) = self.peek() {
            if is_white_space(byte) {
                self.position += 1;
            } else if byte == b'%' {
                let rest = self.rest();
                self.position += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    /// Passes over white space only.
    pub(crate) fn skip_white_space(&mut self) {
        while self.peek().is_some_and(is_white_space) {
            self.position += 1;
        }
    }

    /// Takes `keyword` when it stands here as a whole token.
    pub(crate) fn take_keyword(&mut self, keyword: &[u8]) -> bool {
        let rest = self.rest();
        if rest.starts_with(keyword) && !rest.get(keyword.len()).copied().is_some_and(is_regular) {
            self.position += keyword.len();
            return true;
        }
        false
    }

    /// Takes an unsigned decimal number that ends before a character that is not regular.
    pub(crate) fn take_unsigned(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        let mut at = self.position;
        while let Some(digit) = self.data.get(at).copied().filter(u8::is_ascii_digit) {
            value = value
                .checked_mul(10)?
                .checked_add(u64::from(digit - b'0'))?;
            at += 1;
        }
        if at == self.position || self.data.get(at).copied().is_some_and(is_regular) {
            return None;
        }
        self.position = at;
        Some(value)
    }

    /// After the integer `number`: takes `generation R` when that follows.
    pub(crate) fn take_reference(&mut self) -> Option<u64> {
        let start = self.position;
        self.skip_blank();
        if let Some(generation) = self.take_unsigned() {
            self.skip_blank();
            if self.take_keyword(b"R") {
                return Some(generation);
            }
        }
        self.position = start;
        None
    }

    /// The next token and where it starts; blank before it is passed over.
    pub(crate) fn next(&mut self) -> Result<(Token<'d>, usize), Error> {
        self.skip_blank();
        let start = self.position;
        let Some(byte) = self.peek() else {
            return Ok((Token::End, start));
        };
        let following = self.data.get(start + 1).copied();
        let token = match byte {
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(start)?,
            b'/' => {
                self.position += 1;
                Token::Name(self.regular_run())
            }
            b'(' => self.literal_string(start)?,
            b'<' if following == Some(b'<') => {
                self.position += 2;
                Token::DictionaryOpen
            }
            b'<' => {
                let rest = self.rest();
                let Some(length) = memchr::memchr(b'>', rest) else {
                    return Err(self.error("hexadecimal string without end", start));
                };
                self.position += length + 1;
                Token::String(self.slice(start, self.position))
            }
            b'>' if following == Some(b'>') => {
                self.position += 2;
                Token::DictionaryClose
            }
            b'[' => {
                self.position += 1;
                Token::ArrayOpen
            }
            b']' => {
                self.position += 1;
                Token::ArrayClose
            }
            b'>' | b')' | b'{' | b'}' => return Err(self.error("stray delimiter", start)),
            _ => Token::Keyword(self.regular_run()),
        };
        Ok((token, start))
    }

    fn regular_run(&mut self) -> &'d [u8] {
        let start = self.position;
        while self.peek().is_some_and(is_regular) {
            self.position += 1;
        }
        self.slice(start, self.position)
    }

    fn number(&mut self, start: usize) -> Result<Token<'d>, Error> {
        let text = self.regular_run();
        parse_number(text).ok_or_else(|| self.error("malformed number", start))
    }

    fn literal_string(&mut self, start: usize) -> Result<Token<'d>, Error> {
        let mut depth = 0_usize;
        let mut at = start;
        while let Some(found) = self
            .data
            .get(at..)
            .and_then(|rest| memchr::memchr3(b'(', b')', b'\\', rest))
        {
            at += found;
            match self.data.get(at) {
                Some(b'(') => depth += 1,
                Some(b')') => depth = depth.saturating_sub(1),
                // The escaped character does not count.
                _ => at += 1,
            }
            at += 1;
            if depth == 0 {
                self.position = at.min(self.data.len());
                return Ok(Token::String(self.slice(start, self.position)));
            }
        }
        Err(self.error("literal string without end", start))
    }
}

/// An integer, or a real when there is a decimal point or the integer does not fit 64 bits.
/// ISO 32000-2 §7.3.3: sign, digits, at most one point; no exponent.
fn parse_number<'d>(text: &[u8]) -> Option<Token<'d>> {
    let digits = match text.first()? {
        b'+' | b'-' => text.get(1..)?,
        _ => text,
    };
    let mut points = 0;
    let mut figures = 0;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => figures += 1,
            b'.' => points += 1,
            _ => return None,
        }
    }
    if figures == 0 || figures > 400 || points > 1 {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    if points == 0
        && let Ok(value) = text.parse()
    {
        return Some(Token::Integer(value));
    }
    text.parse().ok().map(Token::Real)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &[u8]) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text, 0, Origin::File);
        let mut all = Vec::new();
        loop {
            match lexer.next().unwrap().0 {
                Token::End => return all,
                token => all.push(token),
            }
        }
    }

    #[test]
    fn ok_every_kind_of_token() {
        use Token::*;
        assert_eq!(
            tokens(b"<< /A#42 12 -0.5 +7 .5 4. (a(b)\\)c) <4 1> [true]%x\r>>"),
            [
                DictionaryOpen,
                Name(b"A#42"),
                Integer(12),
                Real(-0.5),
                Integer(7),
                Real(0.5),
                Real(4.0),
                String(b"(a(b)\\)c)"),
                String(b"<4 1>"),
                ArrayOpen,
                Keyword(b"true"),
                ArrayClose,
                DictionaryClose
            ]
        );
    }

    #[test]
    fn ok_integer_beyond_64_bits_is_a_real() {
        assert_eq!(
            tokens(b"9223372036854775807 9223372036854775808"),
            [Token::Integer(i64::MAX), Token::Real(9223372036854775808.0)]
        );
    }

    #[test]
    fn err_numbers_with_two_signs_two_points_or_letters() {
        for text in [&b"--1"[..], b"1-2", b"1.2.3", b"1e5", b"+", b".", b"-."] {
            let error = Lexer::new(text, 0, Origin::File).next().unwrap_err();
            assert_eq!(error.position(), Some(0), "{text:?}");
        }
    }

    #[test]
    fn err_strings_without_end() {
        for text in [&b" (a(b)"[..], b" <41", b" (a\\)"] {
            let error = Lexer::new(text, 0, Origin::File).next().unwrap_err();
            assert_eq!(error.position(), Some(1), "{text:?}");
        }
    }

    #[test]
    fn reference_is_taken_only_as_a_whole() {
        for (text, expected) in [
            (&b" 0 R"[..], Some(0)),
            (b" 65535 R]", Some(65535)),
            (b" 0 RG", None),
            (b" -1 R", None),
            (b" 0 % c\n R", Some(0)),
            (b" 0", None),
        ] {
            let mut lexer = Lexer::new(text, 0, Origin::File);
            assert_eq!(lexer.take_reference(), expected, "{text:?}");
            if expected.is_none() {
                assert_eq!(lexer.position(), 0);
            }
        }
    }
}
