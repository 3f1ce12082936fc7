//! Proofs of existence: what a valid time-stamp covered existed at its time.
//!
//! Source: EN 319 102-1 §5.6.2.3.

use std::collections::HashMap;

use crate::time::UtcTime;

/// The earliest proven time of each object, by its SHA-256; everything exists at the validation time.
#[derive(Debug, Clone)]
pub(super) struct Proofs {
    now: UtcTime,
    earliest: HashMap<[u8; 32], UtcTime>,
}

impl Proofs {
    pub(super) fn new(now: UtcTime) -> Self {
        Self {
            now,
            earliest: HashMap::new(),
        }
    }

    /// The object with this SHA-256 existed at `time`.
    pub(super) fn add(&mut self, sha256: [u8; 32], time: UtcTime) {
        let known = self.earliest.entry(sha256).or_insert(time);
        *known = time.min(*known);
    }

    /// The earliest time at which the object is proven to exist.
    pub(super) fn of(&self, sha256: &[u8; 32]) -> UtcTime {
        self.earliest
            .get(sha256)
            .map_or(self.now, |time| self.now.min(*time))
    }

    /// Whether anything is proven to be older than the validation.
    pub(super) fn is_empty(&self) -> bool {
        self.earliest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V018, V090: proofs are kept by the hash of the object; what nobody covered exists now.
    #[test]
    fn the_earliest_proof_counts_and_the_default_is_now() {
        let at = |second| UtcTime::from_unix(second).unwrap();
        let mut proofs = Proofs::new(at(100));
        assert_eq!(proofs.of(&[1; 32]), at(100));
        proofs.add([1; 32], at(50));
        proofs.add([1; 32], at(70));
        proofs.add([2; 32], at(200));
        assert_eq!(proofs.of(&[1; 32]), at(50));
        assert_eq!(proofs.of(&[2; 32]), at(100));
        assert_eq!(proofs.of(&[3; 32]), at(100));
    }
}
