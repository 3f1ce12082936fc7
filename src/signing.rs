//! `Plan` → `Prepared` (storable, resumable) → `Signed`: documents are signed in exactly one
//! revision each, and only what verifies comes out.

#[cfg(feature = "visual")]
pub mod appearance;
#[cfg(feature = "visual")]
pub mod demo;
mod embed;
mod extend;
#[cfg(all(test, feature = "visual"))]
mod forced;
mod form;
#[doc(hidden)]
pub mod fuzz;
pub mod key;
mod lasting;
#[cfg(feature = "net")]
pub mod network;
pub mod plan;
mod prepared;
#[cfg(feature = "visual")]
pub mod release;
mod services;
mod signed;
mod store;

pub use extend::{Extended, Extension, Raised};
pub use key::KeySource;
pub use plan::Plan;
pub use prepared::Prepared;
pub use services::{EvidenceSource, Services, TimeStampSource};
pub use signed::{Note, Signed};

use std::fmt;
use std::sync::Arc;

use crate::crypto::DigestAlgorithm;
use crate::error::Error;
use crate::limits::Limits;
use crate::time::UtcTime;
use crate::validation::{Indication, Level};

use plan::Shortfall;

/// A key source and how to sign with it; made once, shared by threads, used for many documents.
pub struct Signer {
    key: Box<dyn KeySource>,
    services: Option<Arc<Services>>,
    limits: Limits,
}

impl Signer {
    /// Signs with `key`, within the default [`Limits`].
    pub fn new(key: impl KeySource + 'static) -> Self {
        Self {
            key: Box::new(key),
            services: None,
            limits: Limits::new(),
        }
    }

    /// Signs within other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Checks the own certificate and every result with `services`, and takes from there what
    /// levels above B-B need.
    #[must_use]
    pub fn with_services(mut self, services: Arc<Services>) -> Self {
        self.services = Some(services);
        self
    }

    /// The key source.
    pub fn key(&self) -> &dyn KeySource {
        &*self.key
    }

    /// Signs `document`, one whole PDF, as `plan` says, at the moment `now`.
    ///
    /// # Errors
    /// As [`Prepared::new`], [`KeySource::sign`], [`Prepared::finish`] and [`Services::finish`].
    pub fn sign(&self, document: &[u8], plan: &Plan, now: UtcTime) -> Result<Signed, Error> {
        let (prepared, shortfall) = self.prepare_or_lower(document, plan, now)?;
        let value = self
            .key
            .sign(prepared.signature_algorithm(), prepared.message())?;
        let signed = match &self.services {
            Some(services) => services.finish(prepared, &value, plan.shortfall, now)?,
            None => prepared.finish(&value, None, &self.limits)?,
        };
        Ok(match shortfall {
            Some(error) => signed.fell_short(Some(error)),
            None => signed,
        })
    }

    /// The first half of [`Signer::sign`], without the private key.
    ///
    /// # Errors
    /// As [`Prepared::new`]; the own certificate is revoked; the place for a time stamp cannot be
    /// computed because no authority answers, and the plan does not permit a lower level.
    pub fn prepare(&self, document: &[u8], plan: &Plan, now: UtcTime) -> Result<Prepared, Error> {
        Ok(self.prepare_or_lower(document, plan, now)?.0)
    }

    fn prepare_or_lower(
        &self,
        document: &[u8],
        plan: &Plan,
        now: UtcTime,
    ) -> Result<(Prepared, Option<Error>), Error> {
        let Some(services) = &self.services else {
            prepared::within(plan.level, Level::B)?;
            let prepared = Prepared::new(document, plan, &*self.key, now, &self.limits)?;
            return Ok((prepared, None));
        };
        let own = services.own_certificate(
            self.key.certificate(),
            self.key.chain(),
            plan.allow_revoked_certificate,
            now,
        )?;
        let mut plan = plan.clone();
        let mut shortfall = None;
        if plan.level > Level::B && plan.time_stamp_space == 0 {
            match services.token_space(now) {
                Ok(space) => plan.time_stamp_space = space,
                Err(error) if plan.shortfall == Shortfall::KeepLower => {
                    plan.level = Level::B;
                    shortfall = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        let mut prepared = Prepared::new(document, &plan, &*self.key, now, &self.limits)?;
        prepared.note(own);
        Ok((prepared, shortfall))
    }
}

impl Services {
    /// Puts the signature `value` into `prepared`, raises it to the level that was asked for, and
    /// verifies the whole as a verifier does: with trust, and without anchors what can be verified
    /// without.
    ///
    /// # Errors
    /// As [`Prepared::finish`] and [`Services::extend`]; with [`Shortfall::KeepLower`] a level
    /// that cannot be reached is no error.
    pub fn finish(
        &self,
        prepared: Prepared,
        value: &[u8],
        shortfall: Shortfall,
        now: UtcTime,
    ) -> Result<Signed, Error> {
        let level = prepared.level();
        let mut short = None;
        let mut at = now;
        let mut token = None;
        if level >= Level::T {
            let digest = DigestAlgorithm::Sha256.digest(&[value]);
            match self.stamp(&digest, now) {
                Ok((der, time)) => {
                    at = at.max(time);
                    token = Some(der);
                }
                Err(error) if shortfall == Shortfall::KeepLower => short = Some(error),
                Err(error) => return Err(error),
            }
        }
        let input = prepared.input().to_vec();
        let (certificate, chain) = (prepared.certificate().clone(), prepared.chain().to_vec());
        let mut signed = prepared.fill_in(value, token.as_deref(), self.limits())?;
        let before = self.judge(&input, at)?;
        let mut report = self.confirm(&before, signed.bytes(), 1, at)?;
        if self.can_ask()
            && self.has_trust()
            && report
                .signatures
                .last()
                .is_some_and(|own| own.indication == Indication::Indeterminate)
        {
            // Where it was prepared by another process, nothing was asked yet.
            self.gather(&certificate, &chain, at);
            at = self.moment(at);
            report = self.confirm(&before, signed.bytes(), 1, at)?;
        }
        if let Some(own) = report.signatures.last()
            && own.indication != Indication::TotalPassed
            && self.has_trust()
        {
            signed.note(Note::Verdict {
                indication: own.indication,
                sub_indication: own.sub_indication,
            });
        }
        if level >= Level::Lt && short.is_none() {
            let mut how = Extension::to(level);
            how.field = Some(signed.field().to_owned());
            match self.extend(signed.bytes(), &how, at) {
                Ok(Extended::Raised(raised)) => {
                    if !raised.is_covered() {
                        signed.note(Note::LastRevisionOpen);
                    }
                    signed = signed.raised(raised.into_bytes(), level);
                }
                // The file had everything before.
                Ok(Extended::Unchanged) => signed = signed.reached(level),
                Err(error) if shortfall == Shortfall::KeepLower => short = Some(error),
                Err(error) => return Err(error),
            }
        }
        Ok(signed.fell_short(short))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("certificate", &self.key.certificate().subject().rfc4514())
            .finish_non_exhaustive()
    }
}
