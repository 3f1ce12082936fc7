//! CRLs of the evidence → answers about one certificate, delta CRLs taken in.

use std::sync::Arc;

use super::scope::{covered, same};
use super::signer::Search;
use super::{Answer, Answers, Refusal, Revocation, Signer, SourceKind, Why};
use crate::crypto::PublicKey;
use crate::pki::certificate::Certificate;
use crate::pki::crl::{Crl, Reason};
use crate::pki::extension::{GeneralName, ReasonFlags};
use crate::pki::name::Name;
use crate::pki::path::VerifiedPath;

/// What a CRL says of a certificate.
enum Entry {
    Listed(Revocation),
    NotListed,
    /// removeFromCRL in a delta CRL.
    Removed,
}

impl Search<'_> {
    /// Adds to `found` what CRLs say of `certificate`.
    ///
    /// Source: RFC 5280 §6.3.3.
    pub(super) fn crls(
        &mut self,
        path: &VerifiedPath,
        index: usize,
        certificate: &Certificate,
        found: &mut Answers,
    ) {
        let lists = self.lists(certificate);
        let (deltas, complete): (Vec<_>, Vec<_>) = lists
            .into_iter()
            .partition(|crl| crl.base_number().is_some());
        let mut continued = 0;
        for crl in &complete {
            let source = self.source(SourceKind::Crl, crl.sha256());
            match self.complete(crl, path, index, certificate) {
                Ok((signer, key, reasons)) => {
                    let answer = self.answer(crl, &deltas, certificate, signer, key, reasons);
                    match answer {
                        Ok(answer) => {
                            continued += usize::from(answer.delta.is_some());
                            found.answers.push(answer);
                        }
                        Err(why) => found.refusals.push(Refusal {
                            source: Some(source),
                            why,
                        }),
                    }
                }
                Err(why) => {
                    let over = matches!(why, Why::Limit { .. });
                    found.refusals.push(Refusal {
                        source: Some(source),
                        why,
                    });
                    if over {
                        return;
                    }
                }
            }
        }
        if continued == 0
            && let Some(delta) = deltas.first()
        {
            found.refusals.push(Refusal {
                source: Some(self.source(SourceKind::DeltaCrl, delta.sha256())),
                why: Why::DeltaWithoutBase,
            });
        }
    }

    /// CRLs of the certificate's issuer, and of the CRL issuers that its distribution points name.
    fn lists(&self, certificate: &Certificate) -> Vec<Arc<Crl>> {
        let mut issuers: Vec<&Name> = vec![certificate.issuer()];
        for point in certificate.crl_distribution_points() {
            for name in &point.crl_issuer {
                if let GeneralName::Directory(name) = name
                    && !issuers.iter().any(|known| same(known, name))
                {
                    issuers.push(name);
                }
            }
        }
        let evidence = self.sources.evidence;
        issuers
            .into_iter()
            .flat_map(|issuer| evidence.crls_by_issuer(issuer))
            .cloned()
            .collect()
    }

    fn complete(
        &mut self,
        crl: &Crl,
        path: &VerifiedPath,
        index: usize,
        certificate: &Certificate,
    ) -> Result<(Signer, PublicKey, ReasonFlags), Why> {
        if let Some(unusable) = crl.unusable() {
            return Err(Why::Unusable(unusable.clone()));
        }
        let reasons = covered(crl, certificate).map_err(Why::Scope)?;
        let (signer, key) = self.crl_signer(crl, path, index)?;
        // Whoever signed it must not stand in it.
        if let Signer::Other(own) = &signer
            && let Some(leaf) = own.leaf().filter(|leaf| covered(crl, leaf).is_ok())
            && let Entry::Listed(revocation) = look_up(crl, leaf)?
            && revocation.since() <= self.parameters.at
        {
            return Err(Why::SignerRevoked {
                at: revocation.since(),
            });
        }
        Ok((signer, key, reasons))
    }

    fn answer(
        &mut self,
        crl: &Crl,
        deltas: &[Arc<Crl>],
        certificate: &Certificate,
        signer: Signer,
        key: PublicKey,
        reasons: ReasonFlags,
    ) -> Result<Answer, Why> {
        let delta = self.delta(crl, deltas, &key)?;
        let of_base = look_up(crl, certificate)?;
        let of_delta = match &delta {
            Some(delta) => look_up(delta, certificate)?,
            None => Entry::NotListed,
        };
        let revocation = match (of_delta, of_base) {
            (Entry::Listed(revocation), _) => Some(revocation),
            // Only a hold can be lifted (RFC 5280 §5.3.1).
            (Entry::Removed, Entry::Listed(revocation)) if !revocation.is_hold() => {
                Some(revocation)
            }
            (Entry::NotListed, Entry::Listed(revocation)) => Some(revocation),
            (Entry::Removed, _) | (Entry::NotListed, Entry::NotListed | Entry::Removed) => None,
        };
        let this_update = delta.as_ref().map_or(crl.this_update(), |delta| {
            delta.this_update().max(crl.this_update())
        });
        // With the delta at hand, either may be the one that is still current.
        let next_update = delta
            .as_ref()
            .and_then(|delta| delta.next_update())
            .max(crl.next_update());
        Ok(Answer {
            source: self.source(SourceKind::Crl, crl.sha256()),
            delta_algorithm: delta
                .as_ref()
                .map(|delta| delta.signature_algorithm().clone()),
            delta: delta.map(|delta| self.source(SourceKind::DeltaCrl, delta.sha256())),
            this_update,
            next_update,
            produced_at: this_update,
            revocation,
            reasons,
            keeps_expired_since: crl.expired_since(),
            names_certificate: false,
            signer,
            algorithm: crl.signature_algorithm().clone(),
            key,
        })
    }

    /// The newest delta CRL that continues `crl`: same issuer, scope, key; its base not newer and
    /// it itself newer than `crl`.
    ///
    /// Source: RFC 5280 §5.2.4, §6.3.3 (c), (h).
    fn delta(
        &self,
        crl: &Crl,
        deltas: &[Arc<Crl>],
        key: &PublicKey,
    ) -> Result<Option<Arc<Crl>>, Why> {
        let mut fitting: Vec<&Arc<Crl>> = deltas
            .iter()
            .filter(|delta| {
                let key_of = |crl: &Crl| {
                    crl.authority_key_identifier()
                        .and_then(|identifier| identifier.key_identifier.clone())
                };
                delta.unusable().is_none()
                    && same(delta.issuer(), crl.issuer())
                    && delta.scope_octets() == crl.scope_octets()
                    && key_of(delta) == key_of(crl)
                    && delta
                        .base_number()
                        .is_some_and(|base| crl.number().is_some_and(|number| base <= number))
                    && delta.number() > crl.number()
            })
            .collect();
        fitting.sort_by(|a, b| b.number().cmp(&a.number()));
        for delta in fitting {
            if delta.verify_within(key, self.sources.budget)?.is_verified() {
                return Ok(Some(Arc::clone(delta)));
            }
        }
        Ok(None)
    }
}

/// The worst entry of `crl` for `certificate`.
fn look_up(crl: &Crl, certificate: &Certificate) -> Result<Entry, Why> {
    let mut worst = Entry::NotListed;
    for entry in crl.entries(certificate.serial().as_bytes()) {
        let entry = entry.map_err(|_| Why::Entry)?;
        let meant = match entry.certificate_issuer.as_slice() {
            [] => same(crl.issuer(), certificate.issuer()),
            names => names.iter().any(|name| same(name, certificate.issuer())),
        };
        if !meant {
            continue;
        }
        let revocation = Revocation {
            at: entry.revocation_date,
            reason: entry.reason,
            invalidity_date: entry.invalidity_date,
        };
        let removed = entry.reason == Reason::RemoveFromCrl && crl.base_number().is_some();
        worst = match worst {
            Entry::NotListed | Entry::Removed if removed => Entry::Removed,
            Entry::NotListed | Entry::Removed => Entry::Listed(revocation),
            // A final revocation is worse than a hold, then the earlier one.
            Entry::Listed(known)
                if !removed
                    && (revocation.is_hold(), revocation.since())
                        < (known.is_hold(), known.since()) =>
            {
                Entry::Listed(revocation)
            }
            known => known,
        };
    }
    Ok(worst)
}
