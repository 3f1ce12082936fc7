//! Certificates, names and trust anchors → a path that holds, and the status of its certificates.

pub mod certificate;
pub mod crl;
pub mod evidence;
pub mod extension;
pub mod fuzz;
pub mod holder;
pub mod issue;
pub(crate) mod moment;
pub mod name;
pub mod ocsp;
pub mod path;
pub(crate) mod pem;
pub mod pool;
pub mod revocation;
pub mod timestamp;
pub mod trust;

pub use certificate::{Certificate, SerialNumber, Validity};
pub use crl::Crl;
pub use evidence::Evidence;
pub use name::{Name, NameMatch};
pub use ocsp::OcspResponse;
pub use path::{PathFailure, PathFailureKind, PathParameters, Purpose, VerifiedPath};
pub use pool::Pool;
pub use trust::{Trust, TrustAnchor};
