//! One signature → its checks: format, certificate, cryptography, path, revocation, acceptance.
//!
//! Source: EN 319 102-1 §5.3.

use super::cryptography::Signed;
use super::policy::{ContentCommitment, Policy, Strength};
use super::reason::Said;
use super::signature_verdict::{CertificateSummary, RevocationSummary};
use super::{CheckId, Checks, Reason, Recall, SubIndication, cryptography, format};
use crate::cms::attribute::EssCertId;
use crate::cms::{SignedData, SignerInfo, attribute};
pub(super) use crate::crypto::hex;
use crate::crypto::{Budget, DigestAlgorithm};
use crate::limits::Limits;
use crate::oid;
use crate::pki::crl::Reason as RevocationReason;
use crate::pki::evidence::Origin;
use crate::pki::holder::Holder;
use crate::pki::path::{
    DocumentSigningRules, PathFailureKind, Purpose, SignerKeyUsage, VerifiedPath,
};
use crate::pki::revocation::{self, SourceKind, Status as RevocationStatus, Why};
use crate::pki::timestamp::TstInfo;
use crate::pki::{Certificate, Evidence, Pool, Trust};
use crate::signature::Form;
use crate::signature::observation::is_meant;
use crate::time::UtcTime;
use std::sync::Arc;

/// What a validation reads besides the document: all of it given by the caller.
#[derive(Debug, Clone, Copy)]
pub struct Context<'v> {
    /// Whom to trust.
    pub trust: &'v Trust,
    /// The policy.
    pub policy: &'v Policy,
    /// Certificates, CRLs and OCSP responses, those of the document among them.
    pub evidence: &'v Arc<Evidence>,
    /// The moment for which to validate.
    pub at: UtcTime,
    /// How much work is allowed.
    pub limits: &'v Limits,
    /// The signature checks of this one document.
    pub budget: &'v Budget<'v>,
    /// What was made of the same bytes before.
    pub recall: &'v Recall<'v>,
}

/// The certificate of a signer, and how it was found.
#[derive(Debug, Clone)]
pub struct SignerCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether it came with the signature.
    pub embedded: bool,
}

/// The certificate that the signer names, among those of the signature, then of the pool.
///
/// Source: EN 319 102-1 §5.2.3.
pub(super) fn signer_certificate(
    signer: &SignerInfo<'_>,
    embedded: &[Certificate],
    context: &Context<'_>,
    checks: &mut Checks,
) -> Option<SignerCertificate> {
    const ID: CheckId = CheckId::SigningCertificate;
    let fits = |certificate: &&Certificate| is_meant(&signer.identifier, certificate);
    let embedded: Vec<&Certificate> = embedded.iter().filter(fits).collect();
    let signed = signer.signed();
    let v1 = attribute::signing_certificate(signed).ok().flatten();
    let v2 = attribute::signing_certificate_v2(signed).ok().flatten();
    let named = v1.is_some() || v2.is_some();
    // Both attributes must name the certificate when both are there.
    let is_named = |certificate: &Certificate| {
        [&v1, &v2].into_iter().flatten().all(|list| {
            list.first().is_some_and(|id| {
                let issuer_fits = id.issuer_serial.as_ref().is_none_or(|is| {
                    is.serial == certificate.serial().as_bytes()
                        && is
                            .directory_name
                            .is_none_or(|name| name == certificate.issuer().der())
                });
                issuer_fits && names(id, certificate)
            })
        })
    };
    if let Some(certificate) = embedded
        .iter()
        .find(|c| named && is_named(c))
        .or(embedded.first())
        .copied()
    {
        if named && !is_named(certificate) {
            checks.fail(ID, Reason::SignerCertificateDiffers);
        } else {
            checks.pass(ID);
        }
        return Some(SignerCertificate {
            certificate: certificate.clone(),
            embedded: true,
        });
    }
    // From outside only when the signature itself says which one it is.
    let found = context
        .evidence
        .certificates()
        .find(|c| fits(c) && named && is_named(c));
    match found {
        Some(certificate) => {
            checks.warn(ID, Reason::SignerCertificateFromPool);
            Some(SignerCertificate {
                certificate: certificate.clone(),
                embedded: false,
            })
        }
        None => {
            checks.fail(ID, Reason::SignerCertificateMissing);
            None
        }
    }
}

/// Whether the hash of `id` is that of `certificate`, whose SHA-256 is known already.
fn names(id: &EssCertId<'_>, certificate: &Certificate) -> bool {
    match id.digest {
        Some(DigestAlgorithm::Sha256) => id.hash == certificate.sha256(),
        _ => id.matches(certificate.der()) == Some(true),
    }
}

/// All certificates that may stand on the path: of the signature and of the evidence.
pub(super) fn pool(embedded: &[Certificate], context: &Context<'_>) -> Pool {
    embedded
        .iter()
        .chain(context.evidence.certificates())
        .cloned()
        .collect()
}

/// The evidence, and what the signature itself brings; unreadable pieces add nothing.
pub(super) fn with_own_evidence(data: &SignedData<'_>, context: &Context<'_>) -> Arc<Evidence> {
    let pieces = data.brought();
    if pieces.is_empty() {
        return Arc::clone(context.evidence);
    }
    let mut evidence = Evidence::over(Arc::clone(context.evidence));
    for bytes in pieces {
        let recall = context.recall;
        let _ = recall.add_to(&mut evidence, bytes, Origin::Cms, context.limits);
    }
    Arc::new(evidence)
}

/// The certificates inside the signature that can be read.
pub(super) fn embedded(data: &SignedData<'_>, context: &Context<'_>) -> Vec<Certificate> {
    data.certificates
        .iter()
        .filter_map(|der| context.recall.certificate(der, context.limits).ok())
        .collect()
}

/// What is asked of the leaf.
pub(super) fn purpose(form: Form, policy: &Policy) -> Purpose {
    if form == Form::TimeStamp {
        return Purpose::TimeStamping;
    }
    document_signing(policy)
}

/// What `policy` asks of a signer of documents.
pub(crate) fn document_signing(policy: &Policy) -> Purpose {
    Purpose::DocumentSigning(DocumentSigningRules {
        key_usage: match policy.content_commitment {
            ContentCommitment::Optional => SignerKeyUsage::DigitalSignatureOrContentCommitment,
            ContentCommitment::Required => SignerKeyUsage::ContentCommitment,
        },
        purposes: policy.extended_key_usages.clone(),
        ..DocumentSigningRules::default()
    })
}

/// What a path failure means in the words of EN 319 102-1.
pub(super) fn meaning(kind: &PathFailureKind) -> SubIndication {
    use PathFailureKind as K;
    match kind {
        K::NoIssuer | K::NotTrusted => SubIndication::NoCertificateChainFound,
        K::AnchorExpired { .. } => SubIndication::NoCertificateChainFoundNoPoe,
        K::OutOfPeriod { .. } => SubIndication::OutOfBoundsNoPoe,
        K::WeakKey { .. } | K::AlgorithmRefused { .. } | K::AlgorithmUnsupported(_) => {
            SubIndication::CryptoConstraintsFailureNoPoe
        }
        K::KeyUsage { .. } | K::ExtendedKeyUsage { .. } | K::Policy(_) => {
            SubIndication::ChainConstraintsFailure
        }
        _ => SubIndication::CertificateChainGeneralFailure,
    }
}

/// The code and the words of a path failure.
pub(super) fn said_of_path(kind: &PathFailureKind) -> Said {
    use PathFailureKind as K;
    let code = match kind {
        K::AlgorithmRefused { .. } => "algorithm-refused",
        K::AlgorithmUnsupported(_) => "algorithm-unsupported",
        K::AnchorExpired { .. } => "anchor-expired",
        K::BadSignature(_) => "bad-signature",
        K::CriticalExtension(_) => "critical-extension",
        K::ExtendedKeyUsage { .. } => "extended-key-usage",
        K::KeyUsage { .. } => "key-usage",
        K::Limit { .. } => "limit",
        K::NameConstraint(_) => "name-constraint",
        K::NoIssuer => "no-issuer",
        K::NotAuthority => "not-authority",
        K::NotTrusted => "not-trusted",
        K::OutOfPeriod { .. } => "out-of-period",
        K::PathTooLong { .. } => "path-too-long",
        K::Policy(_) => "policy",
        K::WeakKey { .. } => "weak-key",
        _ => "nonconforming",
    };
    Said {
        code,
        text: kind.to_string(),
    }
}

/// The code and the words of why a revocation answer does not count.
pub(super) fn said_of_revocation(why: &Why) -> Said {
    let code = match why {
        Why::NoEvidence => "no-evidence",
        Why::Stale { .. } | Why::TooOld { .. } | Why::NoNextUpdate => "stale",
        Why::FromTheFuture { .. } => "from-the-future",
        Why::BrokenSignature(_) | Why::UncheckedSignature(_) => "signature",
        Why::SignerNotFound | Why::NotAuthorised(_) | Why::SignerPath(_) => "signer",
        Why::SignerRevoked { .. } | Why::SignerUnknown | Why::SignerOutOfPeriod => "signer-status",
        Why::ResponderDoesNotKnow => "responder-does-not-know",
        Why::OtherCertificate(_) | Why::CertificateHash | Why::Scope(_) => "other-certificate",
        Why::Limit { .. } => "limit",
        Why::Weak { .. } => "weak",
        _ => "unusable",
    };
    Said {
        code,
        text: why.to_string(),
    }
}

/// What a report shows of a status.
pub(crate) fn summarise(name: &str, status: &RevocationStatus) -> RevocationSummary {
    let mut summary = RevocationSummary {
        certificate: name.to_owned(),
        status: "unknown",
        since: None,
        why: Vec::new(),
        source: None,
        evidence: None,
        this_update: None,
        next_update: None,
    };
    match status {
        RevocationStatus::Good {
            source,
            this_update,
            next_update,
            ..
        } => {
            summary.status = "good";
            take_source(&mut summary, source);
            summary.this_update = Some(*this_update);
            summary.next_update = *next_update;
        }
        RevocationStatus::Revoked {
            at,
            reason,
            source,
            this_update,
            ..
        } => {
            summary.status = "revoked";
            summary.since = Some(*at);
            summary.why = vec![reason_text(*reason)];
            take_source(&mut summary, source);
            summary.this_update = Some(*this_update);
        }
        RevocationStatus::Unknown { why } => {
            summary.why = why.iter().map(|refusal| refusal.why.to_string()).collect();
        }
    }
    summary
}

fn take_source(summary: &mut RevocationSummary, source: &revocation::Source) {
    summary.source = Some(match source.kind {
        SourceKind::Crl => "crl",
        SourceKind::DeltaCrl => "delta-crl",
        SourceKind::Ocsp => "ocsp",
    });
    summary.evidence = Some(hex(&source.sha256));
}

/// The reason as RFC 5280 §5.3.1 names it.
pub(super) fn reason_text(reason: RevocationReason) -> String {
    let json = serde_json::to_value(reason).unwrap_or_default();
    json.as_str()
        .map_or_else(|| format!("{reason:?}"), str::to_owned)
}

/// Strength of every algorithm: of the signature, and of each certificate of the path.
pub(super) fn algorithms(
    data: &SignedData<'_>,
    certificate: &Certificate,
    path: Option<&VerifiedPath>,
    proven: UtcTime,
    context: &Context<'_>,
    checks: &mut Checks,
) {
    const ID: CheckId = CheckId::Algorithms;
    checks.pass(ID);
    let calendar = &context.policy.calendar;
    let mut judge =
        |name: &dyn Fn() -> String, used, strength: Strength, digest: Option<DigestAlgorithm>| {
            let weak = digest.is_some_and(|digest| calendar.needs_proof(digest));
            if weak && strength.holds_at(proven) && proven < context.at {
                let name = name();
                checks.warn(ID, Reason::WeakAccepted { name, used });
            } else if weak || !strength.holds_at(proven) {
                let name = name();
                let until = match strength {
                    Strength::Until(until) => until,
                    Strength::Never => None,
                };
                checks.fail(ID, Reason::Weak { name, used, until });
            }
        };
    if let Some(signer) = data.signers.first() {
        match signer.algorithm() {
            Ok(algorithm) => {
                let strength = calendar.signature(&algorithm, certificate.public_key().kind());
                judge(
                    &|| {
                        let key = certificate.public_key().kind().name();
                        format!("{}, {key}", algorithm.name())
                    },
                    "signature",
                    strength,
                    algorithm.digest(),
                );
            }
            Err(_) => judge(
                &|| "signatureAlgorithm".to_owned(),
                "signature",
                Strength::Never,
                None,
            ),
        }
        if signer.signed_attributes.is_some() {
            match signer.digest_algorithm.algorithm {
                Some(digest) => judge(
                    &|| digest.name().to_owned(),
                    "digest of the document",
                    calendar.digest(digest),
                    Some(digest),
                ),
                None => judge(
                    &|| "digestAlgorithm".to_owned(),
                    "digest of the document",
                    Strength::Never,
                    None,
                ),
            }
        }
    }
    // A document time-stamp ties the document to its time by the imprint.
    let imprint = match &data.content {
        Some(content) if data.content_type == oid::TST_INFO => TstInfo::from_der(content).ok(),
        _ => None,
    };
    if let Some(digest) = imprint.and_then(|info| info.imprint_algorithm) {
        let name = || digest.name().to_owned();
        let used = "imprint of the time-stamp";
        judge(&name, used, calendar.digest(digest), Some(digest));
    }
    for link in path.map(VerifiedPath::links).into_iter().flatten() {
        let strength = calendar.signature(link.algorithm, link.issuer_key.kind());
        let name = || {
            let key = link.issuer_key.kind().name();
            format!("{}, {key}", link.algorithm.name())
        };
        judge(&name, "certificate", strength, link.algorithm.digest());
    }
}

/// Runs format, cryptography and acceptance checks that need no trust.
pub(super) fn technical(
    data: &SignedData<'_>,
    form: Form,
    signed: &Signed<'_>,
    embedded: &[Certificate],
    context: &Context<'_>,
    checks: &mut Checks,
) -> Option<SignerCertificate> {
    format::cms(data, form, context, checks);
    format::acceptance(data, form, context, checks);
    let signer = data.signers.first()?;
    let certificate = signer_certificate(signer, embedded, context, checks);
    if !signed.fits() {
        checks.not_run(CheckId::Digest, Reason::Earlier);
        checks.not_run(CheckId::SignatureValue, Reason::Earlier);
        return certificate;
    }
    cryptography::digest(data, form, signed, checks);
    match &certificate {
        Some(found) => {
            cryptography::signature_value(data, &found.certificate, signed, context, checks);
        }
        None => checks.not_run(CheckId::SignatureValue, Reason::Earlier),
    }
    certificate
}

/// What a report shows of a certificate.
pub(super) fn summary(certificate: &Certificate) -> CertificateSummary {
    let holder = Holder::from_name(certificate.subject());
    let hint = holder.hint();
    let organization = holder.organizations.into_iter().chain(holder.units);
    CertificateSummary {
        subject: certificate.subject().rfc4514(),
        common_name: holder.common_name,
        title: holder.title,
        organization: organization.collect(),
        hint,
        issuer_common_name: Holder::from_name(certificate.issuer()).common_name,
        issuer: certificate.issuer().rfc4514(),
        serial: certificate.serial().to_string(),
        not_before: certificate.validity().not_before,
        not_after: certificate.validity().not_after,
        sha256: hex(certificate.sha256()),
    }
}

/// SHA-256 of `bytes`.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).into()
}
