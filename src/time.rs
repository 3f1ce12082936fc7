//! Text forms of time ↔ [`UtcTime`], seconds since 1970; no clock is read here.

use std::fmt;

/// A moment, in seconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(i64);

/// Vietnam's offset from UTC, in seconds; it has no daylight saving.
pub const VIETNAM_OFFSET: i32 = 7 * 3600;

/// How far the clocks of honest machines may differ, in seconds.
///
/// Answers about revocation say when they were made by the clock of whoever made them, and come
/// while the moment of the validation is known already; a claimed time is by a third clock. Five
/// minutes are what such protocols allow each other, and too little for anybody to gain: an answer
/// from so short a time after a moment speaks of that moment. What is further ahead is from the
/// future and counts for nothing.
pub const CLOCKS: u32 = 300;

impl UtcTime {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800);
    /// 9999-12-31T23:59:59Z: "no well-defined expiration" (RFC 5280 §4.1.2.5).
    pub const MAX: Self = Self(253_402_300_799);

    /// From seconds since 1970; `None` outside years 1 to 9999.
    pub const fn from_unix(seconds: i64) -> Option<Self> {
        if seconds < Self::MIN.0 || seconds > Self::MAX.0 {
            None
        } else {
            Some(Self(seconds))
        }
    }

    /// Seconds since 1970.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// From a civil date and time in UTC; `None` when a field is out of range.
    pub const fn from_civil(
        year: u32,
        month: u32,
        day: u32,
        hour: u32,
        minute: u32,
        second: u32,
    ) -> Option<Self> {
        if year == 0
            || year > 9999
            || month == 0
            || month > 12
            || day == 0
            || day > days_in_month(year, month)
        {
            return None;
        }
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_from_civil(year as i64, month as i64, day as i64);
        Some(Self(
            days * 86_400 + hour as i64 * 3600 + minute as i64 * 60 + second as i64,
        ))
    }

    /// This moment moved by `seconds`, held inside [`UtcTime::MIN`] to [`UtcTime::MAX`].
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        let moved = self.0.saturating_add(seconds);
        if moved < Self::MIN.0 {
            Self::MIN
        } else if moved > Self::MAX.0 {
            Self::MAX
        } else {
            Self(moved)
        }
    }

    /// Year, month, day, hour, minute, second on a clock `offset` seconds east of Greenwich.
    pub fn civil(self, offset: i32) -> (u32, u32, u32, u32, u32, u32) {
        let local = self.plus(i64::from(offset)).0;
        let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        // The remainder is below 86,400 and the year inside 1 to 9999.
        (
            year as u32,
            month,
            day,
            (rest / 3600) as u32,
            (rest / 60 % 60) as u32,
            (rest % 60) as u32,
        )
    }

    /// From an ASN.1 UTCTime as RFC 5280 restricts it: `YYMMDDHHMMSSZ`, pivot 1950.
    ///
    /// Source: RFC 5280 §4.1.2.5.1.
    pub fn from_utc_time(text: &[u8]) -> Option<Self> {
        let [digits @ .., b'Z'] = text else {
            return None;
        };
        if digits.len() != 12 {
            return None;
        }
        let yy = number(digits.get(0..2)?)?;
        let year = if yy < 50 { 2000 + yy } else { 1900 + yy };
        from_digits(year, digits.get(2..)?)
    }

    /// From an ASN.1 GeneralizedTime as RFC 5280 restricts it: `YYYYMMDDHHMMSSZ`, no fraction.
    ///
    /// Source: RFC 5280 §4.1.2.5.2.
    pub fn from_generalized_time(text: &[u8]) -> Option<Self> {
        let [digits @ .., b'Z'] = text else {
            return None;
        };
        if digits.len() != 14 {
            return None;
        }
        from_digits(number(digits.get(0..4)?)?, digits.get(4..)?)
    }

    /// From a PDF date: `D:YYYYMMDDHHmmSSOHH'mm'`, all after the year optional, local time
    /// without an offset read as UTC.
    ///
    /// Source: ISO 32000-2 §7.9.4.
    pub fn from_pdf_date(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"D:").unwrap_or(text);
        let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
        let (fields, rest) = text.split_at(digits);
        let field = |from: usize, default: u32| match fields.get(from..from + 2) {
            Some(two) => number(two),
            None if fields.len() <= from => Some(default),
            None => None,
        };
        let year = number(fields.get(0..4)?)?;
        let at = Self::from_civil(
            year,
            field(4, 1)?,
            field(6, 1)?,
            field(8, 0)?,
            field(10, 0)?,
            field(12, 0)?,
        )?;
        let sign = match rest.first() {
            None | Some(b'Z' | b'z') => return Some(at),
            Some(b'+') => 1,
            Some(b'-') => -1,
            Some(_) => return None,
        };
        let offset: Vec<u8> = rest.iter().copied().filter(u8::is_ascii_digit).collect();
        let hours = number(offset.get(0..2)?)?;
        let minutes = offset.get(2..4).map_or(Some(0), number)?;
        if hours > 23 || minutes > 59 {
            return None;
        }
        Some(at.plus(-sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60)))
    }

    /// From RFC 3339, seconds mandatory, fraction dropped: `2026-11-23T07:00:00Z`, `…+07:00`;
    /// also a date alone, meaning its first second in UTC.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let part = |from: usize, to: usize| number(bytes.get(from..to)?);
        let sep = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|c| any.contains(c));
        if !sep(4, b"-") || !sep(7, b"-") {
            return None;
        }
        let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
        if bytes.len() == 10 {
            return Self::from_civil(year, month, day, 0, 0, 0);
        }
        if !sep(10, b"Tt ") || !sep(13, b":") || !sep(16, b":") {
            return None;
        }
        let at = Self::from_civil(
            year,
            month,
            day,
            part(11, 13)?,
            part(14, 16)?,
            part(17, 19)?,
        )?;
        let mut rest = bytes.get(19..)?;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            rest = fraction.get(digits..)?;
        }
        match rest {
            b"Z" | b"z" => Some(at),
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let east = i64::from(hours) * 3600 + i64::from(minutes) * 60;
                Some(at.plus(if *sign == b'+' { -east } else { east }))
            }
            _ => None,
        }
    }

    /// RFC 3339 on a clock `offset` seconds east of Greenwich (whole minutes); 0 gives `Z`.
    pub fn rfc3339(self, offset: i32) -> String {
        let (year, month, day, hour, minute, second) = self.civil(offset);
        let zone = if offset == 0 {
            "Z".to_owned()
        } else {
            let sign = if offset < 0 { '-' } else { '+' };
            format!(
                "{sign}{:02}:{:02}",
                offset.abs() / 3600,
                offset.abs() / 60 % 60
            )
        };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}")
    }

    /// A PDF date on a clock `offset` seconds east of Greenwich: `D:20261123140000+07'00'`.
    ///
    /// Source: ISO 32000-2 §7.9.4.
    pub fn pdf_date(self, offset: i32) -> String {
        let (year, month, day, hour, minute, second) = self.civil(offset);
        let zone = if offset == 0 {
            "Z".to_owned()
        } else {
            let sign = if offset < 0 { '-' } else { '+' };
            format!(
                "{sign}{:02}'{:02}'",
                offset.abs() / 3600,
                offset.abs() / 60 % 60
            )
        };
        format!("D:{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}{zone}")
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339(0))
    }
}

impl serde::Serialize for UtcTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339(0))
    }
}

impl<'de> serde::Deserialize<'de> for UtcTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

fn from_digits(year: u32, rest: &[u8]) -> Option<UtcTime> {
    let field = |from: usize| number(rest.get(from..from + 2)?);
    UtcTime::from_civil(year, field(0)?, field(2)?, field(4)?, field(6)?, field(8)?)
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |sum, c| {
        if !c.is_ascii_digit() {
            return None;
        }
        sum.checked_mul(10)?.checked_add(u32::from(c - b'0'))
    })
}

const fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a Gregorian date; years count from March, so that the leap day is last.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * march_month + 2) / 5 + 1) as u32;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_day_of_four_centuries_round_trips() {
        let mut expected = UtcTime::from_civil(1899, 12, 31, 0, 0, 0).unwrap();
        for year in 1900..2300 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    let at = UtcTime::from_civil(year, month, day, 0, 0, 0).unwrap();
                    assert_eq!(at.unix() - expected.unix(), 86_400);
                    assert_eq!(at.civil(0), (year, month, day, 0, 0, 0));
                    expected = at;
                }
            }
        }
    }

    #[test]
    fn ok_known_moments() {
        assert_eq!(
            UtcTime::from_civil(2026, 11, 23, 7, 0, 0).unwrap().unix(),
            1_795_417_200
        );
        assert_eq!(UtcTime::from_utc_time(b"700101000000Z").unwrap().unix(), 0);
        assert_eq!(
            UtcTime::from_utc_time(b"491231235959Z"),
            UtcTime::from_civil(2049, 12, 31, 23, 59, 59)
        );
        assert_eq!(
            UtcTime::from_utc_time(b"500101000000Z"),
            UtcTime::from_civil(1950, 1, 1, 0, 0, 0)
        );
        assert_eq!(
            UtcTime::from_generalized_time(b"99991231235959Z"),
            Some(UtcTime::MAX)
        );
        assert_eq!(UtcTime::MAX.rfc3339(0), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn err_what_rfc_5280_forbids() {
        for text in [
            "7001010000Z",
            "700101000000",
            "700101000000+0000",
            "70010100000.0Z",
            "701301000000Z",
            "700229000000Z",
        ] {
            assert_eq!(UtcTime::from_utc_time(text.as_bytes()), None, "{text}");
        }
        for text in [
            "20200101000000.5Z",
            "20200101000000+0700",
            "20200101000060Z",
            "00000101000000Z",
            "2020010100000Z",
        ] {
            assert_eq!(
                UtcTime::from_generalized_time(text.as_bytes()),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn ok_pdf_dates() {
        let noon = UtcTime::from_civil(2026, 11, 23, 5, 0, 0);
        for text in [
            "D:20261123120000+07'00'",
            "D:20261123120000+07'00",
            "D:20261123050000Z",
            "20261123050000",
            "D:2026112305",
        ] {
            assert_eq!(UtcTime::from_pdf_date(text.as_bytes()), noon, "{text}");
        }
        for text in [
            "",
            "D:",
            "D:202611231",
            "D:20261323",
            "D:20261123050000?07",
            "D:20261123050000+99'00'",
        ] {
            assert_eq!(UtcTime::from_pdf_date(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            noon.unwrap().pdf_date(VIETNAM_OFFSET),
            "D:20261123120000+07'00'"
        );
    }

    #[test]
    fn ok_rfc3339_round_trips_with_offsets() {
        let at = UtcTime::from_rfc3339("2026-11-23T14:30:05.25+07:00").unwrap();
        assert_eq!(at.rfc3339(0), "2026-11-23T07:30:05Z");
        assert_eq!(at.rfc3339(VIETNAM_OFFSET), "2026-11-23T14:30:05+07:00");
        assert_eq!(
            UtcTime::from_rfc3339("2026-11-23"),
            UtcTime::from_civil(2026, 11, 23, 0, 0, 0)
        );
        for text in [
            "2026-11-23T14:30Z",
            "2026-11-23T14:30:05",
            "2026-11-23T14:30:05.Z",
            "2026-1-2",
            "2026-11-23T25:00:00Z",
        ] {
            assert_eq!(UtcTime::from_rfc3339(text), None, "{text}");
        }
    }
}
