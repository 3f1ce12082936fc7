//! Facts about a signature's place and its CMS → the checks of format checking.

use super::basic::Context;
use super::policy::Reaction;
use super::{CheckId, Checks, Reason, SubIndication};
use crate::cms::{Encoding, Padding, SignedData, attribute};
use crate::error::Error;
use crate::oid;
use crate::signature::{EmbeddedSignature, Fault, Form, Rule, Weight};

fn check_of(rule: Rule) -> CheckId {
    match rule {
        Rule::Header => CheckId::Header,
        Rule::CrossReference => CheckId::CrossReference,
        Rule::Dictionary => CheckId::SignatureDictionary,
        Rule::Range => CheckId::ByteRange,
        Rule::Gap => CheckId::ByteRangeGap,
        Rule::RevisionEnd => CheckId::RevisionEnd,
        Rule::Nesting => CheckId::ByteRangeNesting,
        Rule::OwnRevision => CheckId::OwnRevision,
    }
}

/// Rules R1 to R10: every rule gets its result.
pub(super) fn place(signature: &EmbeddedSignature, context: &Context<'_>, checks: &mut Checks) {
    checks.pass(CheckId::Structure);
    for rule in Rule::ALL {
        // Without a range, or without the revision that it signs, what depends on them could not
        // be looked at.
        let blind = match rule {
            Rule::Gap => signature.byte_range.is_none(),
            Rule::RevisionEnd | Rule::OwnRevision => {
                signature.byte_range.is_none()
                    || (signature.revision.is_none() && !signature.breaks(rule))
            }
            _ => false,
        };
        if blind {
            checks.not_run(check_of(rule), Reason::Earlier);
        } else {
            checks.pass(check_of(rule));
        }
    }
    if signature.byte_range.is_none() {
        // Said by the dictionary's own fault; the range did not run.
        checks.not_run(CheckId::ByteRange, Reason::Earlier);
    }
    for (rule, weight, fault) in &signature.faults {
        let id = check_of(*rule);
        let reason = Reason::Structure {
            fault: fault.clone(),
        };
        match (weight, fault) {
            (Weight::Oddity, Fault::Hybrid) if context.policy.hybrid == Reaction::Reject => {
                checks.fail(id, reason);
            }
            (Weight::Oddity, _) => checks.warn(id, reason),
            // It may be sound; but no field stands for it, so nobody sees it as a signature.
            (Weight::Fault, Fault::NotInField) => {
                checks.fail_as(id, SubIndication::SigConstraintsFailure, reason);
            }
            (Weight::Fault, _) => checks.fail(id, reason),
        }
    }
}

/// That the form is one that may pass.
pub(super) fn form(signature: &EmbeddedSignature, context: &Context<'_>, checks: &mut Checks) {
    let name = signature
        .sub_filter
        .clone()
        .unwrap_or_else(|| "—".to_owned());
    if context.policy.sub_filters.contains(&name) {
        checks.pass(CheckId::SubFilter);
        return;
    }
    let meaning = match Form::of(signature) {
        // Known to be weak: SHA-1 by definition.
        Form::Pkcs7Sha1 | Form::X509RsaSha1 => SubIndication::CryptoConstraintsFailureNoPoe,
        _ => SubIndication::SigConstraintsFailure,
    };
    checks.fail_as(
        CheckId::SubFilter,
        meaning,
        Reason::SubFilterNotAccepted { name },
    );
}

pub(super) fn unreadable(error: &Error) -> Reason {
    Reason::Unreadable {
        error: error.kind().to_string(),
        position: error.position(),
    }
}

/// The shape of the CMS structure: one signer, content where it belongs, padding of zeros.
pub(super) fn cms(data: &SignedData<'_>, form: Form, context: &Context<'_>, checks: &mut Checks) {
    checks.pass(CheckId::Cms);
    if data.signers.len() != 1 {
        checks.fail(
            CheckId::Cms,
            Reason::SignerCount {
                count: data.signers.len(),
            },
        );
    }
    let (content_type, has_content) = match form {
        Form::TimeStamp => (oid::TST_INFO, true),
        Form::Pkcs7Sha1 => (oid::DATA, true),
        _ => (oid::DATA, false),
    };
    if data.content_type != content_type {
        checks.fail(
            CheckId::Cms,
            Reason::CmsContentType {
                found: data.content_type.to_string(),
            },
        );
    }
    if data.content.is_some() != has_content {
        checks.fail(CheckId::Cms, Reason::CmsContent);
    }
    if let Encoding::Ber { .. } = data.encoding {
        match context.policy.cms_encoding {
            Reaction::Warn => checks.warn(CheckId::Cms, Reason::CmsNotDer),
            Reaction::Reject => checks.fail_as(
                CheckId::Cms,
                SubIndication::SigConstraintsFailure,
                Reason::CmsNotDer,
            ),
        }
    }
    match data.padding {
        Padding::None | Padding::Zeros(_) => checks.pass(CheckId::CmsPadding),
        Padding::Other { at } => {
            let reason = Reason::CmsTrailingBytes {
                at: usize::try_from(at).unwrap_or(usize::MAX),
            };
            match context.policy.cms_trailing {
                Reaction::Warn => checks.warn(CheckId::CmsPadding, reason),
                Reaction::Reject => checks.fail(CheckId::CmsPadding, reason),
            }
        }
    }
    let Some(signer) = data.signers.first() else {
        return;
    };
    if signer.digest_algorithm.named_as_signature {
        checks.warn(CheckId::Cms, Reason::DigestNamedAsSignature);
    }
    attributes(data, checks);
}

/// Content type and message digest: once each, of the right type, and the right content type.
fn attributes(data: &SignedData<'_>, checks: &mut Checks) {
    const ID: CheckId = CheckId::SignedAttributes;
    let Some(signer) = data.signers.first() else {
        return;
    };
    if signer.signed_attributes.is_none() {
        // Whether they may be missing is a matter of acceptance.
        checks.pass(ID);
        return;
    }
    checks.pass(ID);
    match attribute::content_type(signer.signed()) {
        Ok(Some(found)) if found == data.content_type => {}
        Ok(Some(found)) => checks.fail(
            ID,
            Reason::CmsContentType {
                found: found.to_string(),
            },
        ),
        Ok(None) => checks.fail(
            ID,
            Reason::AttributeMissing {
                name: "content-type",
            },
        ),
        Err(_) => checks.fail(
            ID,
            Reason::AttributeMalformed {
                name: "content-type",
            },
        ),
    }
    match attribute::message_digest(signer.signed()) {
        Ok(Some(_)) => {}
        Ok(None) => checks.fail(
            ID,
            Reason::AttributeMissing {
                name: "message-digest",
            },
        ),
        Err(_) => checks.fail(
            ID,
            Reason::AttributeMalformed {
                name: "message-digest",
            },
        ),
    }
    match attribute::algorithm_protection(signer.signed()) {
        Ok(None) => {}
        Ok(Some(protection)) if protection.matches(signer) => {}
        Ok(Some(_)) | Err(_) => checks.fail(
            ID,
            Reason::AttributeMalformed {
                name: "CMSAlgorithmProtection",
            },
        ),
    }
    if attribute::signing_time(signer.signed()).is_err() {
        checks.fail(
            ID,
            Reason::AttributeMalformed {
                name: "signing-time",
            },
        );
    }
    let ess = (
        attribute::signing_certificate(signer.signed()),
        attribute::signing_certificate_v2(signer.signed()),
    );
    if ess.0.is_err() || ess.1.is_err() {
        checks.fail(
            ID,
            Reason::AttributeMalformed {
                name: "signing-certificate",
            },
        );
    }
}

/// What the form and the policy ask of attributes and of the agreement of algorithms.
pub(super) fn acceptance(
    data: &SignedData<'_>,
    form: Form,
    context: &Context<'_>,
    checks: &mut Checks,
) {
    let Some(signer) = data.signers.first() else {
        checks.not_run(CheckId::RequiredAttributes, Reason::Earlier);
        checks.not_run(CheckId::AlgorithmConsistency, Reason::Earlier);
        return;
    };
    const ID: CheckId = CheckId::RequiredAttributes;
    checks.pass(ID);
    if signer.signed_attributes.is_none() {
        if form.needs_signed_attributes() || context.policy.no_signed_attributes == Reaction::Reject
        {
            checks.fail(ID, Reason::NoSignedAttributes);
        } else {
            checks.warn(ID, Reason::NoSignedAttributes);
        }
    } else if matches!(form, Form::Cades | Form::TimeStamp) {
        let signed = signer.signed();
        let v1 = attribute::signing_certificate(signed)
            .ok()
            .flatten()
            .is_some();
        let v2 = attribute::signing_certificate_v2(signed)
            .ok()
            .flatten()
            .is_some();
        if !v1 && !v2 {
            let reason = Reason::AttributeMissing {
                name: "signing-certificate-v2",
            };
            // A token names its signer, whatever the policy (RFC 3161 §2.4.2).
            match (form, context.policy.no_signing_certificate_attribute) {
                (Form::Cades, Reaction::Warn) => checks.warn(ID, reason),
                _ => checks.fail(ID, reason),
            }
        }
        if form == Form::Cades && matches!(attribute::signing_time(signed), Ok(Some(_))) {
            // NOTE: EN 319 142-1 wants /M alone; many signers write both, and it does no harm.
            checks.warn(
                ID,
                Reason::AttributeForbidden {
                    name: "signing-time",
                },
            );
        }
    }
    const CONSISTENT: CheckId = CheckId::AlgorithmConsistency;
    checks.pass(CONSISTENT);
    let Ok(algorithm) = signer.algorithm() else {
        checks.not_run(CONSISTENT, Reason::Earlier);
        return;
    };
    if let (Some(digest), Some(signature)) = (signer.digest_algorithm.algorithm, algorithm.digest())
        && digest != signature
    {
        let reason = Reason::AlgorithmsDiffer {
            digest: digest.name().to_owned(),
            signature: algorithm.name(),
        };
        match context.policy.digest_mismatch {
            Reaction::Warn => checks.warn(CONSISTENT, reason),
            Reaction::Reject => checks.fail(CONSISTENT, reason),
        }
    }
}
