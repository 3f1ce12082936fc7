//! GeneralizedTime as responders and time-stamping authorities write it → second and fraction.

use crate::asn1::{Element, Tag};
use crate::error::{Asn1Fault, Error};
use crate::time::UtcTime;

/// `YYYYMMDDhhmmss[.f…]Z` → the second, and the fraction in microseconds, rounded up but below
/// one second.
///
/// NOTE: RFC 3161 §2.4.2 allows the fraction. RFC 6960 §4.2.2.1 does not, but responders write it;
/// octets are what was signed, and the second is not in doubt.
///
/// # Errors
/// [`Asn1Fault`].
pub(crate) fn moment(element: &Element<'_>) -> Result<(UtcTime, u32), Error> {
    let text = element.expect(Tag::GENERALIZED_TIME)?.content;
    read(text).ok_or_else(|| element.fault(Asn1Fault::Value("malformed time")))
}

fn read(text: &[u8]) -> Option<(UtcTime, u32)> {
    let Some(point) = text.iter().position(|octet| *octet == b'.') else {
        return Some((UtcTime::from_generalized_time(text)?, 0));
    };
    let (whole, rest) = text.split_at_checked(point)?;
    let [b'.', fraction @ .., b'Z'] = rest else {
        return None;
    };
    if fraction.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let second = UtcTime::from_generalized_time(&[whole, b"Z"].concat())?;
    let micros = (0..6).fold(0u32, |sum, at| {
        sum * 10 + fraction.get(at).map_or(0, |digit| u32::from(digit - b'0'))
    });
    let more = fraction.iter().skip(6).any(|digit| *digit != b'0');
    Some((second, (micros + u32::from(more)).min(999_999)))
}
