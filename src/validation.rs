//! Signature + trust + evidence + policy + time → checks and their conclusion, by EN 319 102-1.

mod basic;
mod cryptography;
mod document;
mod format;
pub mod policy;
mod reason;
mod signature_verdict;
pub mod verdict;

pub use basic::{Context, SignerCertificate};
pub use document::{Validated, validate};
pub use policy::Policy;
pub use reason::Reason;
pub use signature_verdict::{
    AtClaimedTime, BestSignatureTime, CertificateSummary, Changes, ClaimedTimeSource, Integrity,
    RevocationSummary, SignatureVerdict, TimeSource, TimeStampSummary,
};
pub use verdict::{
    Block, Check, CheckId, Checks, Conclusion, Indication, Status, SubIndication, conclude,
};
