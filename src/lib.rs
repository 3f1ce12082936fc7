//! `kyso` signs official PDFs and verifies them, one by one or by the million.

pub mod asn1;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cms;
pub mod crypto;
pub mod error;
pub mod limits;
pub mod manual;
pub mod oid;
pub mod pdf;
pub mod pki;
pub mod report;
#[cfg(feature = "fs")]
pub mod run;
pub mod signature;
pub mod signing;
pub mod time;
pub mod validation;
pub mod verify;
