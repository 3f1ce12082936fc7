//! Byte ranges and digest algorithms → digest values, all of one document in one pass.

use serde::{Deserialize, Serialize};

use super::ByteRange;
use crate::crypto::{DigestAlgorithm, DigestValue, Hasher};

/// What a digest is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covered {
    /// The whole file.
    File,
    /// The two parts of a byte range, one after the other.
    Range(ByteRange),
}

/// One digest of a document, wanted or known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeDigest {
    /// What is hashed.
    pub of: Covered,
    /// How.
    pub algorithm: DigestAlgorithm,
    /// The octets; `None` until they are computed.
    #[serde(with = "super::encoded::optional_hex")]
    value: Option<Vec<u8>>,
}

/// The digests that the signatures of one document need, and that of the whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests(Vec<RangeDigest>);

impl Digests {
    /// Nothing is wanted yet but the SHA-256 of the whole file.
    pub fn new() -> Self {
        let mut digests = Self(Vec::new());
        digests.want(Covered::File, DigestAlgorithm::Sha256);
        digests
    }

    /// Adds a digest that is needed.
    pub fn want(&mut self, of: Covered, algorithm: DigestAlgorithm) {
        if self.find(of, algorithm).is_none() {
            self.0.push(RangeDigest {
                of,
                algorithm,
                value: None,
            });
        }
    }

    /// All of them, in the order in which they were wanted.
    pub fn iter(&self) -> impl Iterator<Item = &RangeDigest> {
        self.0.iter()
    }

    /// The digest, when it was computed.
    pub fn get(&self, of: Covered, algorithm: DigestAlgorithm) -> Option<DigestValue> {
        let value = self.find(of, algorithm)?.value.clone()?;
        DigestValue::from_bytes(algorithm, value)
    }

    /// SHA-256 of the whole file, when it was computed.
    pub fn file(&self) -> Option<[u8; 32]> {
        let known = self.find(Covered::File, DigestAlgorithm::Sha256)?;
        known.value.as_deref()?.try_into().ok()
    }

    /// Takes a value that was computed elsewhere; tells whether it was wanted.
    pub fn set(&mut self, of: Covered, value: &DigestValue) -> bool {
        let algorithm = value.algorithm();
        let place = self
            .0
            .iter_mut()
            .find(|one| one.of == of && one.algorithm == algorithm);
        match place {
            Some(place) => {
                place.value = Some(value.as_bytes().to_vec());
                true
            }
            None => false,
        }
    }

    /// Whether nothing is left to compute.
    pub fn is_complete(&self) -> bool {
        self.0.iter().all(|one| one.value.is_some())
    }

    fn find(&self, of: Covered, algorithm: DigestAlgorithm) -> Option<&RangeDigest> {
        self.0
            .iter()
            .find(|one| one.of == of && one.algorithm == algorithm)
    }

    /// Computes every digest of `document`, the bytes that were observed.
    ///
    /// For each algorithm one hasher runs over the document and is forked at the gap of every
    /// range. Ranges that nest therefore cost one hash of the document and, each, what stands
    /// between its own gap and its end. Ranges outside the document get no value.
    pub fn fill(&mut self, document: &[u8]) {
        for algorithm in DigestAlgorithm::ALL {
            let mut wanted: Vec<&mut RangeDigest> = self
                .0
                .iter_mut()
                .filter(|one| one.algorithm == algorithm)
                .collect();
            // The gap of the whole file is behind its end.
            wanted.sort_by_key(|one| match one.of {
                Covered::File => u64::MAX,
                Covered::Range(range) => range.gap().start,
            });
            let mut hasher = algorithm.hasher();
            let mut done = 0;
            for one in wanted {
                let (head, tail) = match one.of {
                    Covered::File => (document, &[][..]),
                    Covered::Range(range) => match range.parts(document) {
                        Some([head, tail]) => (head, tail),
                        None => continue,
                    },
                };
                hasher.update(head.get(done..).unwrap_or_default());
                done = head.len();
                let mut own: Hasher = hasher.clone();
                own.update(tail);
                one.value = Some(own.finish().as_bytes().to_vec());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pass gives what each range gives by itself, nested or not.
    #[test]
    fn ok_one_pass_equals_each_range_by_itself() {
        let document: Vec<u8> = (0..4000u32).map(|n| (n * 7 % 251) as u8).collect();
        let ranges = [
            [0, 100, 200, 300],
            [0, 700, 900, 100],
            [0, 3000, 3001, 999],
            [0, 150, 160, 1000],
        ];
        let mut digests = Digests::new();
        for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha1] {
            for range in ranges {
                digests.want(Covered::Range(ByteRange::new(range)), algorithm);
                digests.want(Covered::Range(ByteRange::new(range)), algorithm);
            }
        }
        assert_eq!(digests.iter().count(), 9);
        assert!(!digests.is_complete());
        digests.fill(&document);
        assert!(digests.is_complete());
        for one in digests.iter() {
            let parts = match one.of {
                Covered::File => [&document[..], &[]],
                Covered::Range(range) => range.parts(&document).unwrap(),
            };
            let expected = one.algorithm.digest(&parts);
            assert_eq!(digests.get(one.of, one.algorithm), Some(expected));
        }
        let json = serde_json::to_vec(&digests).unwrap();
        assert_eq!(serde_json::from_slice::<Digests>(&json).unwrap(), digests);
    }

    /// V001: a range outside the document has no digest, and a wrong length is none.
    #[test]
    fn err_a_range_outside_the_document_has_no_digest() {
        let mut digests = Digests::new();
        let outside = Covered::Range(ByteRange::new([0, 5, 6, 5]));
        digests.want(outside, DigestAlgorithm::Sha256);
        digests.fill(&[1; 10]);
        assert_eq!(digests.get(outside, DigestAlgorithm::Sha256), None);
        assert!(digests.file().is_some() && !digests.is_complete());
        let json = r#"[{"of":"file","algorithm":"SHA-256","value":"00"}]"#;
        let short: Digests = serde_json::from_str(json).unwrap();
        assert_eq!(short.get(Covered::File, DigestAlgorithm::Sha256), None);
        assert_eq!(short.file(), None);
    }
}
