//! Numbers, dates, moments → the texts that stamps show.

use serde::Serialize;

use crate::error::{Error, ReleaseFault};
use crate::time::{UtcTime, VIETNAM_OFFSET};

/// How stamps show the moment of signing, always at +07:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// `05/01/2026; 09:30:00 +07:00`, the order of Phụ lục III with the zone written out.
    #[default]
    Annex,
    /// `2026-01-05T09:30:00+07:00`, ISO 8601.
    Iso8601,
    /// `05.01.2026 09:30:00 +07:00`, as the tools of the public service write it.
    Vgca,
}

impl Clock {
    /// `at` in this form.
    pub fn text(self, at: UtcTime) -> String {
        let (year, month, day, hour, minute, second) = at.civil(VIETNAM_OFFSET);
        let clock = format!("{hour:02}:{minute:02}:{second:02}");
        match self {
            Self::Annex => format!("{day:02}/{month:02}/{year:04}; {clock} +07:00"),
            Self::Iso8601 => format!("{year:04}-{month:02}-{day:02}T{clock}+07:00"),
            Self::Vgca => format!("{day:02}.{month:02}.{year:04} {clock} +07:00"),
        }
    }
}

/// Number and symbol of a document: `15/QĐ-UBND`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentNumber {
    number: u32,
    symbol: String,
}

impl DocumentNumber {
    /// From the number and the symbol, whose groups are joined with `-`, without spaces.
    ///
    /// # Errors
    /// [`ReleaseFault::Number`].
    ///
    /// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II, mục 3.
    pub fn new(number: u32, symbol: &str) -> Result<Self, Error> {
        let fault = |why| Error::from(ReleaseFault::Number(why));
        if number == 0 {
            return Err(fault("numbers start at 1"));
        }
        let groups = || symbol.split(['-', '/']);
        if symbol.is_empty() || symbol.chars().count() > 60 || groups().any(str::is_empty) {
            return Err(fault("a symbol is groups of letters joined with hyphens"));
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | '.' | '&');
        if !symbol.chars().all(plain) {
            return Err(fault("a symbol has no spaces and no signs but hyphens"));
        }
        if groups().any(|group| group.chars().next().is_some_and(char::is_lowercase)) {
            return Err(fault("a symbol is written in capitals"));
        }
        Ok(Self {
            number,
            symbol: symbol.to_owned(),
        })
    }

    /// The number, with a zero before it below 10.
    pub fn number(&self) -> String {
        format!("{:02}", self.number)
    }

    /// The symbol.
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Number and symbol.
    pub fn text(&self) -> String {
        format!("{}/{}", self.number(), self.symbol)
    }
}

/// Day, month and year as documents write them: a zero before days below 10 and before the months
/// 1 and 2.
///
/// Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần II, mục 4.
pub fn date_parts(at: UtcTime) -> [String; 3] {
    let (year, month, day, ..) = at.civil(VIETNAM_OFFSET);
    let zero = if month < 3 { "0" } else { "" };
    [
        format!("{day:02}"),
        format!("{zero}{month}"),
        format!("{year}"),
    ]
}

/// `ngày 05 tháng 01 năm 2026`.
pub fn date_text(at: UtcTime) -> String {
    let [day, month, year] = date_parts(at);
    format!("ngày {day} tháng {month} năm {year}")
}

/// What kind of copy an agency makes.
///
/// Source: Nghị định 30/2020/NĐ-CP, điều 25.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyForm {
    /// `SAO LỤC`: of what was received, with the copying agency's own particulars.
    SaoLuc,
    /// `SAO Y`: of the whole.
    SaoY,
    /// `TRÍCH SAO`: of a part.
    TrichSao,
}

impl CopyForm {
    /// As the stamp names it.
    pub fn text(self) -> &'static str {
        match self {
            Self::SaoLuc => "SAO LỤC",
            Self::SaoY => "SAO Y",
            Self::TrichSao => "TRÍCH SAO",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_moments_are_shown_at_plus_seven() {
        // The evening before, in Greenwich.
        let at = UtcTime::from_rfc3339("2026-01-04T18:05:09Z").unwrap();
        assert_eq!(Clock::Annex.text(at), "05/01/2026; 01:05:09 +07:00");
        assert_eq!(Clock::Vgca.text(at), "05.01.2026 01:05:09 +07:00");
        assert_eq!(Clock::Iso8601.text(at), "2026-01-05T01:05:09+07:00");
    }

    #[test]
    fn ok_numbers_and_symbols() {
        let text = |number, symbol| DocumentNumber::new(number, symbol).unwrap().text();
        assert_eq!(text(5, "QĐ-UBND"), "05/QĐ-UBND");
        assert_eq!(text(15, "QĐ-BNV"), "15/QĐ-BNV");
        // The Prime Minister's symbol has a small letter.
        assert_eq!(text(1203, "QĐ-TTg"), "1203/QĐ-TTg");
        assert_eq!(text(68, "2024/NĐ-CP"), "68/2024/NĐ-CP");
        for (number, symbol) in [
            (0, "QĐ-UBND"),
            (1, ""),
            (1, "QĐ - UBND"),
            (1, "QĐ--UBND"),
            (1, "QĐ-"),
            (1, "qđ-ubnd"),
            (1, "QĐ_UBND"),
        ] {
            assert!(DocumentNumber::new(number, symbol).is_err(), "{symbol}");
        }
    }

    #[test]
    fn ok_zeros_stand_where_the_rule_wants_them() {
        for (time, text) in [
            ("2020-01-05", "ngày 05 tháng 01 năm 2020"),
            ("2026-02-15", "ngày 15 tháng 02 năm 2026"),
            ("2026-06-29", "ngày 29 tháng 6 năm 2026"),
            ("2026-12-31T23:00:00Z", "ngày 01 tháng 01 năm 2027"),
        ] {
            assert_eq!(date_text(UtcTime::from_rfc3339(time).unwrap()), text);
        }
    }
}
