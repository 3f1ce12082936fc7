//! A document and its signatures → a verdict for each, later changes and later signatures included.

use super::basic::{self, Context};
use super::format::{self, Form};
use super::policy::{ChangeAllowance, Reaction};
use super::signature_verdict::{
    AtClaimedTime, BestSignatureTime, Changes, ClaimedTimeSource, Integrity, SignatureVerdict,
    TimeSource,
};
use super::verdict::{CheckId, Checks, Indication, SubIndication, conclude};
use super::{Reason, cryptography};
use crate::cms::{SignedData, attribute};
use crate::error::{Error, ErrorKind};
use crate::pdf::Document;
use crate::pki::evidence::Origin;
use crate::pki::{Certificate, Evidence};
use crate::signature::changes::{FieldEvent, RevisionChanges};
use crate::signature::{self, ChangeLevel, EmbeddedSignature, Kind, Rule, changes, security_store};
use std::sync::Arc;

/// The verdicts of one document.
#[derive(Debug)]
pub struct Validated {
    /// One for each signature, in the order in which they were made.
    pub signatures: Vec<SignatureVerdict>,
}

/// The checks that every signature must pass; a time-stamp of the document has no less.
const MANDATORY: &[CheckId] = &[
    CheckId::Structure,
    CheckId::Header,
    CheckId::CrossReference,
    CheckId::SignatureDictionary,
    CheckId::ByteRange,
    CheckId::ByteRangeGap,
    CheckId::RevisionEnd,
    CheckId::ByteRangeNesting,
    CheckId::OwnRevision,
    CheckId::SubFilter,
    CheckId::Cms,
    CheckId::CmsPadding,
    CheckId::SignedAttributes,
    CheckId::SigningCertificate,
    CheckId::Digest,
    CheckId::SignatureValue,
    CheckId::LaterChanges,
    CheckId::LaterSignatures,
    CheckId::Path,
    CheckId::Period,
    CheckId::Revocation,
    CheckId::RequiredAttributes,
    CheckId::AlgorithmConsistency,
    CheckId::Algorithms,
];

/// Validates every signature of `document`.
///
/// # Errors
/// Catalog or form cannot be read, or a limit was reached.
pub fn validate(document: &Document<'_>, context: &Context<'_>) -> Result<Validated, Error> {
    let found = signature::find(document, context.limits)?;
    if found.is_empty() {
        return Ok(Validated {
            signatures: Vec::new(),
        });
    }
    let evidence = with_security_store(document, context)?;
    let context = &Context {
        evidence: &evidence,
        ..*context
    };
    let revisions = later_changes(document, &found, context);
    let mut pairs: Vec<(SignatureVerdict, Checks)> = found
        .iter()
        .map(|signature| one(document, signature, context))
        .collect();
    // Newest first: a later signature must be judged before those that it may break.
    for index in (0..found.len()).rev() {
        let (later, verdicts) = (
            found.get(index + 1..).unwrap_or_default(),
            pairs.get(index + 1..).unwrap_or_default(),
        );
        let later: Vec<_> = later
            .iter()
            .zip(verdicts.iter().map(|(verdict, _)| verdict.indication))
            .collect();
        let Some(signature) = found.get(index) else {
            continue;
        };
        let mut permitted = Changes {
            level: None,
            permitted: None,
            objects: Vec::new(),
        };
        let mut checks = pairs
            .get(index)
            .map(|(_, checks)| checks.clone())
            .unwrap_or_default();
        judge_changes(
            signature,
            &revisions,
            &later,
            context,
            &mut permitted,
            &mut checks,
        );
        if let Some((verdict, own)) = pairs.get_mut(index) {
            verdict.changes = permitted;
            verdict.set_conclusion(conclude(MANDATORY, &checks));
            *own = checks;
        }
    }
    let signatures = pairs
        .into_iter()
        .map(|(mut verdict, checks)| {
            verdict.checks = checks.into_sorted();
            verdict
        })
        .collect();
    Ok(Validated { signatures })
}

/// The caller's evidence and what the document's security store adds; unreadable members add nothing.
fn with_security_store(
    document: &Document<'_>,
    context: &Context<'_>,
) -> Result<Arc<Evidence>, Error> {
    let store = security_store::read(document, context.limits)?;
    if store.entries.is_empty() {
        return Ok(Arc::clone(context.evidence));
    }
    let mut evidence = Evidence::over(Arc::clone(context.evidence));
    for entry in &store.entries {
        let origin = Origin::SecurityStore {
            revision: entry.revision,
        };
        match evidence.add_bytes(&entry.bytes, origin, context.limits) {
            Err(error) if matches!(error.kind(), ErrorKind::Limit { .. }) => return Err(error),
            _ => {}
        }
    }
    Ok(Arc::new(evidence))
}

/// What each revision after the first signed one changed; `None` where it cannot be told.
fn later_changes(
    document: &Document<'_>,
    signatures: &[EmbeddedSignature],
    context: &Context<'_>,
) -> Vec<Option<RevisionChanges>> {
    let first = signatures.iter().filter_map(|s| s.revision).min();
    (0..document.revisions().len())
        .map(|revision| match first {
            Some(first) if revision > first => {
                changes::between(document, revision, context.limits).ok()
            }
            _ => None,
        })
        .collect()
}

/// Everything about one signature but what came after it.
fn one(
    document: &Document<'_>,
    signature: &EmbeddedSignature,
    context: &Context<'_>,
) -> (SignatureVerdict, Checks) {
    let mut checks = Checks::new();
    format::place(signature, context, &mut checks);
    format::form(signature, context, &mut checks);
    let form = Form::of(signature);
    let mut verdict = empty(signature, context);
    let parts = signature.signed_parts(document.bytes());
    if form == Form::X509RsaSha1 {
        bare(signature, parts, context, &mut verdict, &mut checks);
        return (verdict, checks);
    }
    if signature.contents.is_empty() {
        not_run(&mut checks, Reason::Earlier);
        return (verdict, checks);
    }
    let data = match SignedData::parse(&signature.contents, context.limits) {
        Ok(data) => data,
        Err(error) => {
            checks.fail(CheckId::Cms, format::unreadable(&error));
            not_run(&mut checks, Reason::Earlier);
            return (verdict, checks);
        }
    };
    times(signature, &data, form, &mut verdict, &mut checks);
    let found = basic::technical(signature, &data, form, parts, context, &mut checks);
    verdict.integrity = integrity(&checks);
    let Some(found) = found else {
        not_run(&mut checks, Reason::Earlier);
        return (verdict, checks);
    };
    let certificate = found.certificate;
    describe(&certificate, &data, &mut verdict);
    let pool = basic::pool(&data, context);
    let evidence = with_own_evidence(&data, context);
    let context = &Context {
        evidence: &evidence,
        ..*context
    };
    trust(
        &certificate,
        &data,
        form,
        &pool,
        context,
        &mut verdict,
        &mut checks,
    );
    (verdict, checks)
}

/// The evidence, and what the signature itself brings; unreadable pieces add nothing.
fn with_own_evidence(data: &SignedData<'_>, context: &Context<'_>) -> Arc<Evidence> {
    let archival = data
        .signers
        .first()
        .and_then(|signer| {
            attribute::adobe_revocation_info(signer.signed())
                .ok()
                .flatten()
        })
        .map(|values| {
            values
                .crls
                .into_iter()
                .chain(values.ocsps)
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>()
        })
        .unwrap_or_default();
    let carried = data.crls.iter().chain(&data.ocsp_responses).copied();
    let mut pieces = carried.chain(archival.iter().map(Vec::as_slice)).peekable();
    if pieces.peek().is_none() {
        return Arc::clone(context.evidence);
    }
    let mut evidence = Evidence::over(Arc::clone(context.evidence));
    for bytes in pieces {
        let _ = evidence.add_bytes(bytes, Origin::Cms, context.limits);
    }
    Arc::new(evidence)
}

/// Path, period, revocation and strength.
fn trust(
    certificate: &Certificate,
    data: &SignedData<'_>,
    form: Form,
    pool: &crate::pki::Pool,
    context: &Context<'_>,
    verdict: &mut SignatureVerdict,
    checks: &mut Checks,
) {
    let purpose = basic::purpose(form, context.policy);
    let path = basic::path(certificate, pool, purpose, context, checks);
    match &path {
        Some(path) => {
            verdict.path = path.certificates().iter().map(basic::summary).collect();
            if !path.is_direct()
                && let Some(anchor) = path.anchor().certificate()
            {
                verdict.path.push(basic::summary(anchor));
            }
            verdict.revocation = basic::revocation(path, pool, context, checks);
            verdict.at_claimed_time = verdict.claimed_time.map(|claimed| AtClaimedTime {
                proven: false,
                in_period: certificate.validity().contains(claimed),
                revocation: path.issuer(0).map(|_| {
                    let status = basic::status(path, 0, pool, context, claimed);
                    basic::summarise(&certificate.subject().rfc4514(), &status)
                }),
            });
        }
        None => checks.not_run(CheckId::Revocation, Reason::Earlier),
    }
    basic::algorithms(
        data,
        certificate,
        path.as_ref(),
        verdict.best_signature_time.time,
        context,
        checks,
    );
}

/// `adbe.x509.rsa_sha1`: certificates in the dictionary, a bare signature in /Contents.
fn bare(
    signature: &EmbeddedSignature,
    parts: Option<[&[u8]; 2]>,
    context: &Context<'_>,
    verdict: &mut SignatureVerdict,
    checks: &mut Checks,
) {
    verdict.claimed_time = signature.claimed_time;
    verdict.claimed_time_source = signature
        .claimed_time
        .map(|_| ClaimedTimeSource::SignatureDictionary);
    let certificates: Vec<Certificate> = signature
        .certificates
        .iter()
        .filter_map(|der| Certificate::from_der_within(der, context.limits).ok())
        .collect();
    match (certificates.first(), parts) {
        (Some(certificate), Some(parts)) => {
            checks.pass(CheckId::SigningCertificate);
            cryptography::bare_rsa(&signature.contents, certificate, parts, checks);
            verdict.signer = Some(certificate.subject().rfc4514());
            verdict.certificate = Some(basic::summary(certificate));
        }
        (None, _) => checks.fail(
            CheckId::SigningCertificate,
            Reason::SignerCertificateMissing,
        ),
        (Some(_), None) => {}
    }
    verdict.integrity = integrity(checks);
    not_run(checks, Reason::Earlier);
}

/// Marks as not run every mandatory check that has no result yet; later changes come afterwards.
fn not_run(checks: &mut Checks, reason: Reason) {
    for id in MANDATORY {
        if !matches!(id, CheckId::LaterChanges | CheckId::LaterSignatures)
            && checks.get(*id).is_none()
        {
            checks.not_run(*id, reason.clone());
        }
    }
}

/// Digest and signature value alone.
///
/// A range that is wrong leaves nothing that could be intact; a check that did not run, unknown.
fn integrity(checks: &Checks) -> Integrity {
    use super::verdict::Status;
    let status = |id| checks.get(id).map(|check| check.status);
    let ids = [CheckId::Digest, CheckId::SignatureValue];
    if ids.iter().any(|id| status(*id) == Some(Status::Failed)) {
        return Integrity::Broken;
    }
    if ids.iter().all(|id| checks.passed(*id)) {
        Integrity::Intact
    } else {
        Integrity::Unknown
    }
}

fn empty(signature: &EmbeddedSignature, context: &Context<'_>) -> SignatureVerdict {
    SignatureVerdict {
        field: signature.field.clone(),
        kind: signature.kind,
        sub_filter: signature.sub_filter.clone(),
        byte_range: signature.byte_range,
        revision: signature.revision,
        integrity: if signature.breaks(Rule::Range) {
            Integrity::Broken
        } else {
            Integrity::Unknown
        },
        whole_document: signature.whole_document,
        changes: Changes {
            level: None,
            permitted: None,
            objects: Vec::new(),
        },
        indication: Indication::Indeterminate,
        sub_indication: Some(SubIndication::SignedDataNotFound),
        signer: None,
        certificate: None,
        claimed_time: None,
        claimed_time_source: None,
        best_signature_time: BestSignatureTime {
            time: context.at,
            source: TimeSource::ValidationTime,
        },
        at_claimed_time: None,
        algorithm: None,
        reason: signature.reason.clone(),
        location: signature.location.clone(),
        path: Vec::new(),
        revocation: Vec::new(),
        time_stamps: Vec::new(),
        unprocessed: Vec::new(),
        checks: Vec::new(),
    }
}

/// The claimed time: the signed attribute where there is one, else `/M`.
fn times(
    signature: &EmbeddedSignature,
    data: &SignedData<'_>,
    form: Form,
    verdict: &mut SignatureVerdict,
    _checks: &mut Checks,
) {
    let attribute = match (form, data.signers.first()) {
        (Form::TimeStamp, _) | (_, None) => None,
        (_, Some(signer)) => attribute::signing_time(signer.signed()).ok().flatten(),
    };
    (verdict.claimed_time, verdict.claimed_time_source) = match (attribute, signature.claimed_time)
    {
        (Some(time), _) => (Some(time), Some(ClaimedTimeSource::SignedAttribute)),
        (None, Some(time)) => (Some(time), Some(ClaimedTimeSource::SignatureDictionary)),
        (None, None) => (None, None),
    };
    if let Some(signer) = data.signers.first() {
        if attribute::signature_policy(signer.signed()).is_ok_and(|policy| policy.is_some()) {
            verdict.unprocessed.push("signature-policy-identifier");
        }
        if attribute::content_time_stamps(signer.signed()).is_ok_and(|stamps| !stamps.is_empty()) {
            verdict.unprocessed.push("content-time-stamp");
        }
    }
    if data.other_certificates > 0 {
        verdict
            .unprocessed
            .push("attribute certificates or certificates of other kinds");
    }
}

fn describe(certificate: &Certificate, data: &SignedData<'_>, verdict: &mut SignatureVerdict) {
    verdict.signer = Some(certificate.subject().rfc4514());
    verdict.certificate = Some(basic::summary(certificate));
    if let Some(algorithm) = data
        .signers
        .first()
        .and_then(|signer| signer.algorithm().ok())
    {
        verdict.algorithm = Some(format!(
            "{}, {}",
            algorithm.name(),
            certificate.public_key().kind().name()
        ));
    }
}

/// The highest level that this signature and the policy permit.
fn allowed(signature: &EmbeddedSignature, context: &Context<'_>) -> ChangeLevel {
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
    revisions: &[Option<RevisionChanges>],
    later: &[(&EmbeddedSignature, Indication)],
    context: &Context<'_>,
    found: &mut Changes,
    checks: &mut Checks,
) {
    const ID: CheckId = CheckId::LaterChanges;
    let Some(own) = signature.revision else {
        checks.not_run(ID, Reason::Earlier);
        checks.not_run(CheckId::LaterSignatures, Reason::Earlier);
        return;
    };
    checks.pass(CheckId::LaterSignatures);
    let mut level = ChangeLevel::None;
    let mut fine = true;
    for (revision, changes) in revisions.iter().enumerate().skip(own + 1) {
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
        fine &= judge_fields(signature, changes, later, context, checks);
    }
    let allowed = allowed(signature, context);
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
        .is_some_and(|check| check.status != super::verdict::Status::NotRun);
    found.level = known.then_some(level);
    found.permitted = known.then_some(fine);
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
            if !signed && context.policy.changes < ChangeAllowance::FormFilling {
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
