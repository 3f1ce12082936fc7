//! `Plan` → `Prepared` (storable, resumable) → `Signed`: documents are signed in exactly one
//! revision each, and only what verifies comes out.

#[cfg(feature = "visual")]
pub mod appearance;
#[cfg(feature = "visual")]
pub mod demo;
mod embed;
mod form;
#[doc(hidden)]
pub mod fuzz;
pub mod key;
pub mod plan;
mod prepared;
mod signed;

pub use key::KeySource;
pub use plan::Plan;
pub use prepared::Prepared;
pub use signed::Signed;

use std::fmt;

use crate::error::Error;
use crate::limits::Limits;
use crate::time::UtcTime;

/// A key source and how to sign with it; made once, shared by threads, used for many documents.
pub struct Signer {
    key: Box<dyn KeySource>,
    limits: Limits,
}

impl Signer {
    /// Signs with `key`, within the default [`Limits`].
    pub fn new(key: impl KeySource + 'static) -> Self {
        Self {
            key: Box::new(key),
            limits: Limits::new(),
        }
    }

    /// Signs within other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The key source.
    pub fn key(&self) -> &dyn KeySource {
        &*self.key
    }

    /// Signs `document`, one whole PDF, as `plan` says, at the moment `now`.
    ///
    /// # Errors
    /// As [`Prepared::new`], [`KeySource::sign`] and [`Prepared::finish`].
    pub fn sign(&self, document: &[u8], plan: &Plan, now: UtcTime) -> Result<Signed, Error> {
        let prepared = self.prepare(document, plan, now)?;
        let value = self
            .key
            .sign(prepared.signature_algorithm(), prepared.message())?;
        prepared.finish(&value, None, &self.limits)
    }

    /// The first half of [`Signer::sign`], without the private key.
    ///
    /// # Errors
    /// As [`Prepared::new`].
    pub fn prepare(&self, document: &[u8], plan: &Plan, now: UtcTime) -> Result<Prepared, Error> {
        Prepared::new(document, plan, &*self.key, now, &self.limits)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("certificate", &self.key.certificate().subject().rfc4514())
            .finish_non_exhaustive()
    }
}
