//! Bytes → [`SignedData`] with the signed attributes as sent; and the DER writer.
//!
//! Real signatures are BER, padded with zeros and unsorted: all of that is read and reported.
//! Nothing here decides what is acceptable.

pub mod attribute;
mod brought;
#[doc(hidden)]
pub mod fuzz;
mod signed_data;
pub mod write;

pub use attribute::Attribute;
pub use signed_data::{
    DigestField, Encoding, Padding, SignedAttributes, SignedData, SignerIdentifier, SignerInfo,
};

#[cfg(test)]
mod tests;
