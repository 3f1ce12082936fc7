//! Signature + trust + evidence + policy + time → checks and their conclusion, by EN 319 102-1.

mod basic;
mod chain;
mod cryptography;
mod document;
mod format;
pub mod level;
mod memo;
pub mod policy;
mod process;
mod proof;
mod reason;
pub mod remark;
mod signature_verdict;
mod strength;
mod time_stamp;
pub mod verdict;
mod wanted;

pub use basic::{Context, SignerCertificate};
pub(crate) use basic::{document_signing, summarise};
pub use document::{Validated, validate};
pub use level::{Baseline, FormRule, Lack, Level};
pub use memo::{Fresh, Memo, Recall};
pub use policy::Policy;
pub use reason::{Reason, Said};
pub use remark::{Remark, remarks};
pub use signature_verdict::{
    AtClaimedTime, BestSignatureTime, CertificateSummary, Changes, ClaimedTimeSource, Conclusions,
    Integrity, RevocationSummary, SignatureVerdict, TimeSource, TimeStampSummary,
};
pub(crate) use strength::AnswerStrength;
pub use verdict::{
    Block, Check, CheckId, Checks, Conclusion, Indication, Status, SubIndication, conclude,
};
pub use wanted::{Wanted, WantedStatus};
