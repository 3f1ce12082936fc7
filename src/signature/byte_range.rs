//! `/ByteRange` and the place of `/Contents` → the signed bytes, or the rule that is broken.

use serde::{Deserialize, Serialize};

use super::{EmbeddedSignature, Fault, Rule, Weight};
use crate::pdf::are_hex_digits;
use crate::pdf::{Document, Object};

/// The four numbers of a byte range, as written; the only way to the signed bytes.
///
/// Source: ISO 32000-2 §12.8.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ByteRange([u64; 4]);

impl ByteRange {
    /// From four non-negative integers in a direct array.
    pub fn from_object(object: &Object<'_>) -> Option<Self> {
        let array = object.as_array()?;
        if array.len() != 4 {
            return None;
        }
        let mut numbers = [0; 4];
        for (number, object) in numbers.iter_mut().zip(array.iter()) {
            *number = u64::try_from(object.as_integer()?).ok()?;
        }
        Some(Self(numbers))
    }

    /// From four numbers.
    pub const fn new(numbers: [u64; 4]) -> Self {
        Self(numbers)
    }

    /// The four numbers.
    pub const fn numbers(self) -> [u64; 4] {
        self.0
    }

    /// First byte after the signed bytes; at most `u64::MAX`.
    pub fn end(self) -> u64 {
        let [_, _, start, length] = self.0;
        start.saturating_add(length)
    }

    /// The bytes between the two parts, half-open.
    pub fn gap(self) -> std::ops::Range<u64> {
        let [start, length, second, _] = self.0;
        start.saturating_add(length)..second
    }

    /// Whether the range is `[0 a b c]` inside a document of `size` bytes.
    pub fn fits(self, size: u64) -> bool {
        let [start, length, second, rest] = self.0;
        let inside = second.checked_add(rest).is_some_and(|end| end <= size);
        start == 0 && length != 0 && rest != 0 && second >= length && inside
    }

    /// The signed bytes, in order; `None` when the range is not `[0 a b c]` inside `document`.
    pub fn parts(self, document: &[u8]) -> Option<[&[u8]; 2]> {
        let [_, length, second, rest] = self.0;
        if !self.fits(document.len() as u64) {
            return None;
        }
        let at = |value: u64| usize::try_from(value).ok();
        let end = second.checked_add(rest)?;
        Some([
            document.get(..at(length)?)?,
            document.get(at(second)?..at(end)?)?,
        ])
    }
}

/// How the gap relates to the token of `/Contents`, by file position and by form.
pub(super) fn check_gap(
    range: ByteRange,
    token: Option<(u64, &[u8])>,
    faults: &mut Vec<(Rule, Weight, Fault)>,
) {
    let Some((start, raw)) = token else {
        faults.push((Rule::Gap, Weight::Fault, Fault::GapNotContents));
        return;
    };
    let gap = range.gap();
    if gap.start != start || gap.end != start.saturating_add(raw.len() as u64) {
        faults.push((Rule::Gap, Weight::Fault, Fault::GapNotContents));
    }
    let digits = raw
        .strip_prefix(b"<")
        .and_then(|raw| raw.strip_suffix(b">"));
    let Some(digits) = digits.filter(|digits| !digits.is_empty()) else {
        faults.push((Rule::Gap, Weight::Fault, Fault::ContentsHex));
        return;
    };
    if are_hex_digits(digits) {
        if !digits.len().is_multiple_of(2) {
            faults.push((Rule::Gap, Weight::Fault, Fault::ContentsHex));
        }
        return;
    }
    let count = digits.iter().filter(|c| c.is_ascii_hexdigit()).count();
    let spaced = digits
        .iter()
        .all(|c| c.is_ascii_hexdigit() || matches!(c, b' ' | b'\t' | b'\r' | b'\n' | 0x0c | 0));
    if spaced && count > 0 && count.is_multiple_of(2) {
        faults.push((Rule::Gap, Weight::Oddity, Fault::ContentsSpaced));
    } else {
        faults.push((Rule::Gap, Weight::Fault, Fault::ContentsHex));
    }
}

/// The revision that `range` ends with, and what is wrong about that end.
pub(super) fn check_end(
    range: ByteRange,
    document: &Document<'_>,
    faults: &mut Vec<(Rule, Weight, Fault)>,
) -> Option<usize> {
    let bytes = document.bytes();
    let end = range.end();
    let slice = |from: u64, to: u64| {
        let (from, to) = (usize::try_from(from).ok()?, usize::try_from(to).ok()?);
        bytes.get(from..to)
    };
    let eol = |bytes: &[u8]| bytes.iter().all(|c| matches!(c, b'\r' | b'\n'));
    for (index, revision) in document.revisions().iter().enumerate() {
        // The end-of-line after the marker belongs to the revision; some leave it unsigned.
        let exact = end == revision.end
            || (end < revision.end
                && revision.end - end <= 2
                && slice(end, revision.end).is_some_and(eol));
        // Others sign white space or zeros that stand after it.
        let padded = end > revision.end
            && slice(revision.end, end).is_some_and(|b| {
                b.iter()
                    .all(|c| matches!(c, 0 | b' ' | b'\t' | b'\r' | b'\n'))
            });
        if exact || padded {
            return Some(index);
        }
    }
    faults.push((
        Rule::RevisionEnd,
        Weight::Fault,
        Fault::NotRevisionEnd { end },
    ));
    None
}

/// Marks signatures whose ranges are equal or cross.
///
/// Ranges nest when of any two the shorter one ends before the gap of the longer one begins.
pub(super) fn check_nesting(signatures: &mut [EmbeddedSignature]) {
    let mut order: Vec<(u64, u64, usize)> = signatures
        .iter()
        .enumerate()
        .filter(|(_, s)| !s.breaks(Rule::Range))
        .filter_map(|(i, s)| s.byte_range.map(|r| (r.end(), r.gap().start, i)))
        .collect();
    order.sort_unstable();
    let mut crossing = Vec::new();
    for pair in order.windows(2) {
        if let [(end, _, a), (_, gap, b)] = pair
            && gap < end
        {
            crossing.extend([*a, *b]);
        }
    }
    for index in crossing {
        if let Some(signature) = signatures.get_mut(index) {
            signature
                .faults
                .push((Rule::Nesting, Weight::Fault, Fault::RangesCross));
        }
    }
}
