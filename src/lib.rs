//! `kyso` signs official PDFs and verifies them, one by one or by the million.
//!
//! Bytes → [`pdf::Document`] → [`signature::EmbeddedSignature`] → [`cms::SignedData`] →
//! [`pki::VerifiedPath`] → verdict ([`validation`]) → [`Report`]. Each arrow is one module; a
//! module names only modules on its left.
//!
//! ```
//! # #[cfg(feature = "visual")] {
//! # use kyso::{pki::issue::{Key, KeyType}, signing::demo, UtcTime};
//! # let now = UtcTime::from_rfc3339("2026-11-23T07:00:00Z").unwrap();
//! # let key = || Key::generate(KeyType::P256);
//! # let pki = demo::Pki::with_keys([key()?, key()?, key()?, key()?], now)?;
//! # let roots = pki.root.certificate_pem()?.into_bytes();
//! # let crls = [pki.root_crl.clone(), pki.issuing_crl.clone()];
//! # let signed = demo::sign(&pki, &demo::document(now)?, now)?.released;
//! use kyso::{Evidence, Indication, Origin, Policy, Trust, Verifier};
//!
//! let mut evidence = Evidence::new();
//! for crl in &crls {
//!     evidence.add_bytes(crl, Origin::Caller, &Default::default())?;
//! }
//! let verifier = Verifier::new(Trust::from_pem(&roots)?, Policy::official()).with_evidence(evidence);
//! let report = verifier.verify(&signed, now)?;
//! assert_eq!(report.indication, Indication::TotalPassed);
//! # }
//! # Ok::<(), kyso::Error>(())
//! ```
//!
//! Trust, time and evidence are arguments; nothing here reads a system store, a clock or the
//! network. An [`Error`] says that a check could not be run; a bad signature is a verdict. The
//! README says what is supported.

#[cfg(feature = "fs")]
pub mod archive;
pub mod asn1;
#[cfg(feature = "cli")]
pub mod cli;
pub mod cms;
pub mod crypto;
pub mod error;
#[cfg(feature = "exchange")]
pub mod exchange;
#[cfg(feature = "capi")]
pub mod ffi;
pub mod limits;
pub mod manual;
pub mod oid;
#[cfg(feature = "net")]
pub mod online;
pub mod pdf;
pub mod pki;
#[cfg(feature = "python")]
mod python;
pub mod report;
#[cfg(feature = "fs")]
pub mod run;
#[cfg(feature = "serve")]
pub mod serve;
pub mod signature;
pub mod signing;
pub mod time;
pub mod validation;
pub mod verify;

pub use error::Error;
pub use pki::Evidence;
pub use pki::Trust;
pub use pki::evidence::Origin;
pub use report::{Language, Report};
pub use signing::Signer;
pub use time::UtcTime;
pub use validation::{Indication, Policy};
pub use verify::{Verifier, verify};
