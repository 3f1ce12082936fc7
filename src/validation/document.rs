//! An observed document → a verdict for each of its signatures, later changes and later signatures included.

use std::sync::Arc;

use super::basic::{self, Context};
use super::cryptography::Signed;
use super::policy::{ChangeAllowance, Reaction};
use super::process::One;
use super::proof::Proofs;
use super::signature_verdict::{Changes, SignatureVerdict};
use super::verdict::{CheckId, Checks, Indication, Status, SubIndication};
use super::wanted::Wanted;
use super::{Reason, level};
use crate::cms::{SignedData, attribute};
use crate::error::{Error, ErrorKind};
use crate::pki::Evidence;
use crate::pki::evidence::Origin;
use crate::signature::changes::{FieldEvent, RevisionChanges};
use crate::signature::{ChangeLevel, EmbeddedSignature, Kind, Observation, SecurityStore};
use crate::time::UtcTime;

/// The verdicts of one document.
#[derive(Debug)]
pub struct Validated {
    /// One for each signature, in the order in which they were made.
    pub signatures: Vec<SignatureVerdict>,
    /// Evidence that could decide what is open.
    pub wanted: Wanted,
}

/// Validates every signature of an observed document; a pure function of its arguments.
///
/// # Errors
/// A limit was reached: bytes of one piece of the security store, signature checks.
pub fn validate(seen: &Observation, context: &Context<'_>) -> Result<Validated, Error> {
    let found = seen.signatures.as_slice();
    if found.is_empty() {
        return Ok(Validated {
            signatures: Vec::new(),
            wanted: Wanted::default(),
        });
    }
    let evidence = with_security_store(&seen.store, context)?;
    let context = &Context {
        evidence: &evidence,
        ..*context
    };
    let read: Vec<_> = found
        .iter()
        .map(|signature| SignedData::parse(&signature.contents, context.limits))
        .collect();
    let mut proofs = Proofs::new(context.at);
    let mut exists: Vec<Option<UtcTime>> = vec![None; found.len()];
    let mut verdicts: Vec<SignatureVerdict> = Vec::new();
    let mut wanted = Wanted::default();
    // Newest first: a later signature must be judged before those that it may break, and a later
    // time-stamp before those that it proves.
    for index in (0..found.len()).rev() {
        let (Some(signature), Some(data)) = (found.get(index), read.get(index)) else {
            continue;
        };
        let mut one = One::new(
            &Signed::of(seen, index, signature),
            signature,
            data,
            exists.get(index).copied().flatten(),
            &proofs,
            context,
        );
        // The verdicts so far stand in reverse order.
        let later: Vec<_> = found
            .get(index + 1..)
            .unwrap_or_default()
            .iter()
            .zip(verdicts.iter().rev().map(|verdict| verdict.indication))
            .collect();
        let certified = certified(found.get(..index).unwrap_or_default());
        one.verdict.changes = judge_changes(
            signature,
            certified,
            &seen.changes,
            &later,
            context,
            &mut one.checks,
        );
        one.conclude();
        // V019: a newer time-stamp that is broken takes nothing from an older one.
        if let Some(time) = one.stamped
            && one.holds
        {
            prove_covered(
                signature,
                time,
                found,
                &read,
                &mut exists,
                &seen.store,
                &mut proofs,
            );
        }
        wanted.absorb(std::mem::take(&mut one.wanted));
        verdicts.push(one.finish());
    }
    verdicts.reverse();
    let baselines = level::assess(found, &read, &verdicts, &seen.store, context);
    for (verdict, baseline) in verdicts.iter_mut().zip(baselines) {
        verdict.baseline = baseline;
    }
    if let Some(limit) = context.budget.exhausted() {
        // Something was left unchecked, for a reason that says nothing of the document.
        return Err(Error::limit(limit.name, limit.max));
    }
    Ok(Validated {
        signatures: verdicts,
        wanted,
    })
}

/// Everything inside the bytes of a valid document time-stamp existed at `time`.
///
/// Source: EN 319 102-1 §5.6.2.3.
fn prove_covered(
    stamp: &EmbeddedSignature,
    time: UtcTime,
    found: &[EmbeddedSignature],
    read: &[Result<SignedData<'_>, Error>],
    exists: &mut [Option<UtcTime>],
    store: &SecurityStore,
    proofs: &mut Proofs,
) {
    let (Some(range), Some(revision)) = (stamp.byte_range, stamp.revision) else {
        return;
    };
    for ((other, data), known) in found.iter().zip(read).zip(exists) {
        if other
            .byte_range
            .is_none_or(|covered| covered.end() > range.gap().start)
        {
            continue;
        }
        *known = Some(known.map_or(time, |old| old.min(time)));
        let Ok(data) = data else {
            continue;
        };
        for bytes in data.certificates.iter().copied().chain(data.brought()) {
            proofs.add(basic::sha256(bytes), time);
        }
        let Some(signer) = data.signers.first() else {
            continue;
        };
        for (token, _) in
            attribute::signature_time_stamps(&signer.unsigned_attributes).unwrap_or_default()
        {
            proofs.add(basic::sha256(token), time);
        }
    }
    for entry in store
        .entries
        .iter()
        .filter(|entry| entry.revision <= revision)
    {
        proofs.add(basic::sha256(&entry.bytes), time);
    }
}

/// The caller's evidence and what the document's security store adds; unreadable members add nothing.
fn with_security_store(
    store: &SecurityStore,
    context: &Context<'_>,
) -> Result<Arc<Evidence>, Error> {
    if store.entries.is_empty() {
        return Ok(Arc::clone(context.evidence));
    }
    let mut evidence = Evidence::over(Arc::clone(context.evidence));
    for entry in &store.entries {
        let origin = Origin::SecurityStore {
            revision: entry.revision,
        };
        let recall = context.recall;
        match recall.add_to(&mut evidence, &entry.bytes, origin, context.limits) {
            Err(error) if matches!(error.kind(), ErrorKind::Limit { .. }) => return Err(error),
            _ => {}
        }
    }
    Ok(Arc::new(evidence))
}

/// What a certification among the `earlier` signatures permits: it is said for the document, so it
/// holds for those who signed after it as well.
///
/// Source: ISO 32000-2 §12.8.2.2.
fn certified(earlier: &[EmbeddedSignature]) -> Option<u8> {
    earlier
        .iter()
        .filter_map(|signature| match signature.kind {
            Kind::Certification { permission } => Some(permission),
            _ => None,
        })
        .min()
}

/// The highest level that this signature, the certification before it and the policy permit.
fn allowed(
    signature: &EmbeddedSignature,
    certified: Option<u8>,
    context: &Context<'_>,
) -> ChangeLevel {
    let policy = match context.policy.changes {
        ChangeAllowance::LtaUpdates => ChangeLevel::LtaUpdates,
        ChangeAllowance::Signing => ChangeLevel::Signing,
        ChangeAllowance::FormFilling => ChangeLevel::FormFilling,
        ChangeAllowance::Annotations => ChangeLevel::Annotations,
    };
    let permissions = &signature.permissions;
    if permissions.unreadable {
        return ChangeLevel::LtaUpdates;
    }
    match permissions
        .document
        .into_iter()
        .chain(permissions.lock_document)
        .chain(certified)
        .min()
    {
        None => policy,
        Some(1) => ChangeLevel::LtaUpdates,
        // A certification that grants form filling grants it whatever the policy; annotations
        // need both.
        Some(2) => ChangeLevel::FormFilling,
        Some(_) => policy.max(ChangeLevel::FormFilling),
    }
}

/// What came after: changes, and the signatures that made them.
fn judge_changes(
    signature: &EmbeddedSignature,
    certified: Option<u8>,
    revisions: &[Option<RevisionChanges>],
    later: &[(&EmbeddedSignature, Indication)],
    context: &Context<'_>,
    checks: &mut Checks,
) -> Changes {
    const ID: CheckId = CheckId::LaterChanges;
    let mut found = Changes {
        level: None,
        permitted: None,
        objects: Vec::new(),
        seen: Vec::new(),
    };
    let Some(own) = signature.revision else {
        checks.not_run(ID, Reason::Earlier);
        checks.not_run(CheckId::LaterSignatures, Reason::Earlier);
        return found;
    };
    checks.pass(CheckId::LaterSignatures);
    let mut level = ChangeLevel::None;
    let mut fine = true;
    for (revision, changes) in revisions.iter().enumerate().skip(own.saturating_add(1)) {
        let Some(changes) = changes else {
            // V069: what could not be compared is not known to be harmless.
            checks.not_run(
                ID,
                Reason::Changed {
                    level: ChangeLevel::Other,
                    revision,
                    object: 0,
                    path: "the revision could not be compared".to_owned(),
                },
            );
            fine = false;
            continue;
        };
        level = level.max(changes.level);
        found.objects.extend(
            changes
                .objects
                .iter()
                .filter(|o| o.level > ChangeLevel::None)
                .cloned(),
        );
        for seen in &changes.seen {
            if !found.seen.contains(seen) {
                found.seen.push(seen.clone());
            }
        }
        fine &= judge_fields(signature, changes, later, context, checks);
    }
    let allowed = allowed(signature, certified, context);
    if level > allowed {
        fine = false;
        checks.fail(ID, Reason::ChangesNotPermitted { level, allowed });
        for object in found.objects.iter().filter(|object| object.level > allowed) {
            checks.fail(
                ID,
                Reason::Changed {
                    level: object.level,
                    revision: object.revision,
                    object: object.object,
                    path: object.path.clone(),
                },
            );
        }
    } else {
        checks.pass(ID);
    }
    let known = checks
        .get(ID)
        .is_some_and(|check| check.status != Status::NotRun);
    found.level = known.then_some(level);
    found.permitted = known.then_some(fine);
    found
}

/// Fields that a later revision created, signed or filled; whether all of that is permitted.
fn judge_fields(
    signature: &EmbeddedSignature,
    changes: &RevisionChanges,
    later: &[(&EmbeddedSignature, Indication)],
    context: &Context<'_>,
    checks: &mut Checks,
) -> bool {
    let mut fine = true;
    for field in &changes.fields {
        if matches!(field.what, FieldEvent::Filled | FieldEvent::Signed)
            && signature
                .permissions
                .fields
                .iter()
                .any(|lock| lock.locks(&field.name))
        {
            fine = false;
            checks.fail(
                CheckId::LaterChanges,
                Reason::Changed {
                    level: changes.level,
                    revision: changes.revision,
                    object: field.id.map_or(0, |id| id.number),
                    path: format!("field {} is locked by this signature", field.name),
                },
            );
        }
        let (signed, created_visible) = match field.what {
            FieldEvent::Created { filled, visible } => (filled, visible),
            FieldEvent::Signed => (true, false),
            FieldEvent::Filled => (false, false),
        };
        if created_visible {
            let certified = matches!(signature.kind, Kind::Certification { .. });
            let reason = Reason::FieldAfterCertification {
                field: field.name.clone(),
            };
            match (certified, context.policy.field_after_certification) {
                (false, _) => {}
                (true, Reaction::Warn) => checks.warn(CheckId::LaterChanges, reason),
                (true, Reaction::Reject) => {
                    fine = false;
                    checks.fail(CheckId::LaterChanges, reason);
                }
            }
            // Added empty and signed afterwards is what adding it signed would have been.
            let signed_later = field.id.is_some()
                && later.iter().any(|(one, indication)| {
                    one.field_id == field.id
                        && one.kind != Kind::DocumentTimeStamp
                        && one.revision > Some(changes.revision)
                        && *indication == Indication::TotalPassed
                });
            if !signed && !signed_later && context.policy.changes < ChangeAllowance::FormFilling {
                fine = false;
                checks.fail(
                    CheckId::LaterChanges,
                    Reason::Changed {
                        level: ChangeLevel::Signing,
                        revision: changes.revision,
                        object: field.id.map_or(0, |id| id.number),
                        path: format!("field {} was added and not signed", field.name),
                    },
                );
            }
        }
        if signed {
            let by = later
                .iter()
                .find(|(s, _)| s.field_id == field.id && s.revision == Some(changes.revision));
            let reason = Reason::LaterSignature {
                field: field.name.clone(),
            };
            match by.map(|(_, indication)| *indication) {
                Some(Indication::TotalPassed) => {}
                Some(Indication::Indeterminate) => {
                    checks.fail_as(
                        CheckId::LaterSignatures,
                        SubIndication::SigConstraintsFailure,
                        reason,
                    );
                }
                _ => checks.fail(CheckId::LaterSignatures, reason),
            }
        }
    }
    fine
}
