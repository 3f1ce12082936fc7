//! `kyso` signs official PDFs and verifies them, one by one or by the million.

pub mod asn1;
pub mod cms;
pub mod crypto;
pub mod error;
pub mod limits;
pub mod oid;
pub mod pdf;
pub mod pki;
#[cfg(feature = "fs")]
pub mod run;
pub mod signing;
pub mod time;
