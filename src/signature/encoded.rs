//! Octets ↔ text, for stored observations: base64 for what is long, hexadecimal for digests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::crypto::hex;

/// One octet string in base64.
pub(super) mod octets {
    use super::*;

    pub(in crate::signature) fn serialize<S: Serializer>(
        octets: &[u8],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(octets))
    }

    pub(in crate::signature) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<u8>, D::Error> {
        STANDARD
            .decode(String::deserialize(from)?)
            .map_err(|_| D::Error::custom("not base64"))
    }
}

/// A list of octet strings in base64.
pub(super) mod list {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct One(#[serde(with = "super::octets")] Vec<u8>);

    pub(in crate::signature) fn serialize<S: Serializer>(
        list: &[Vec<u8>],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(list.iter().map(|octets| STANDARD.encode(octets)))
    }

    pub(in crate::signature) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Vec<u8>>, D::Error> {
        let list = Vec::<One>::deserialize(from)?;
        Ok(list.into_iter().map(|One(octets)| octets).collect())
    }
}

/// A digest in hexadecimal, or null.
pub(super) mod optional_hex {
    use super::*;

    pub(in crate::signature) fn serialize<S: Serializer>(
        value: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_deref().map(hex).serialize(to)
    }

    pub(in crate::signature) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| unhex(&text).ok_or_else(|| D::Error::custom("not hexadecimal")))
            .transpose()
    }
}

/// A SHA-256 in hexadecimal.
pub(super) mod sha256 {
    use super::*;

    pub(in crate::signature) fn serialize<S: Serializer>(
        value: &[u8; 32],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex(value))
    }

    pub(in crate::signature) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<[u8; 32], D::Error> {
        unhex(&String::deserialize(from)?)
            .and_then(|octets| octets.try_into().ok())
            .ok_or_else(|| D::Error::custom("not a SHA-256"))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |c: u8| char::from(c).to_digit(16);
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok())
        .collect()
}
