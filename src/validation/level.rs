//! A signature, its verdict and the file's own material → the baseline level that it reaches, and what is missing.
//!
//! Only what lies in the file counts, apart from the trust anchors: whether a program finds the
//! rest somewhere else says nothing about the file.
//!
//! Source: EN 319 142-1 §6.3.

use std::sync::Arc;

use serde::Serialize;

use super::basic::{self, Context};
use super::memo::MaterialKey;
use super::signature_verdict::{Integrity, SignatureVerdict};
use super::verdict::Indication;
use crate::cms::{Encoding, Padding, SignedData, SignerInfo, attribute};
use crate::crypto::hex;
use crate::error::Error;
use crate::oid;
use crate::pki::evidence::Origin;
use crate::pki::path::{self, PathParameters, Period, Purpose, VerifiedPath};
use crate::pki::revocation::{
    self, AnyStrength, Closure, Count, Retroactive, SignerStatus, Sources,
};
use crate::pki::timestamp::TimeStampToken;
use crate::pki::{Certificate, Evidence, Pool};
use crate::signature::{EmbeddedSignature, Form, Kind, SecurityStore};

/// Baseline level of a PAdES signature; each includes those before it.
///
/// Source: EN 319 142-1 §6.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Level {
    /// The signature alone.
    #[serde(rename = "B-B")]
    B,
    /// With a proof of its time.
    #[serde(rename = "B-T")]
    T,
    /// With everything that a validation needs.
    #[serde(rename = "B-LT")]
    Lt,
    /// With a time stamp over that.
    #[serde(rename = "B-LTA")]
    Lta,
}

impl Level {
    /// All of them, the lowest first.
    pub const ALL: [Self; 4] = [Self::B, Self::T, Self::Lt, Self::Lta];

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::B => "B-B",
            Self::T => "B-T",
            Self::Lt => "B-LT",
            Self::Lta => "B-LTA",
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The level of one signature, read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Baseline {
    /// The level; `None` when the signature has not the form of a baseline signature. Material
    /// for a long time may still be there: see `self_contained`.
    pub level: Option<Level>,
    /// Whether everything that a validation needs, apart from the trust anchors, is in the file.
    pub self_contained: bool,
    /// What stands between the signature and the highest level, in the order of the levels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Lack>,
}

/// Something that a level asks for and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Lack {
    /// A property of a baseline signature.
    Form {
        /// Which one.
        rule: FormRule,
    },
    /// A time stamp that verifies, on the signature or over the document.
    TimeStamp,
    /// Certificates from this one up to an anchor.
    Path {
        /// Subject, RFC 4514.
        certificate: String,
    },
    /// An answer about the revocation of this certificate.
    Revocation {
        /// Subject, RFC 4514.
        certificate: String,
    },
    /// A document time-stamp that verifies and covers the material.
    ArchiveTimeStamp,
}

/// Properties of a baseline signature.
///
/// Source: EN 319 142-1 §6.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormRule {
    /// `/SubFilter` is `ETSI.CAdES.detached`.
    SubFilter,
    /// Digest and value verify.
    Intact,
    /// The CMS is DER, with nothing but zeros behind it.
    Der,
    /// One signer, no content.
    Detached,
    /// content-type and message-digest are there, and the type is id-data.
    MandatoryAttributes,
    /// signing-certificate or signing-certificate-v2 is there.
    SigningCertificate,
    /// The signer's certificate is in the CMS.
    Certificate,
    /// The claimed time stands in `/M`.
    ClaimedTime,
    /// The signed attributes have no signing-time.
    NoSigningTime,
    /// The dictionary has no `/Cert`.
    NoCertEntry,
    /// `/Reason` does not stand beside a commitment type or a signature policy.
    Reason,
}

/// The baseline of each of `found`, which are in the order of their revisions, as are `verdicts`
/// and `read`, the CMS of each;
/// `None` for document time-stamps.
pub(super) fn assess(
    found: &[EmbeddedSignature],
    read: &[Result<SignedData<'_>, Error>],
    verdicts: &[SignatureVerdict],
    store: &SecurityStore,
    context: &Context<'_>,
) -> Vec<Option<Baseline>> {
    let stamps: Vec<&EmbeddedSignature> = found
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| {
            verdict.kind == Kind::DocumentTimeStamp && verdict.indication == Indication::TotalPassed
        })
        .map(|(signature, _)| signature)
        .collect();
    found
        .iter()
        .zip(read)
        .zip(verdicts)
        .map(|((signature, data), verdict)| {
            if verdict.kind == Kind::DocumentTimeStamp {
                return None;
            }
            let later = stamps
                .iter()
                .filter(|stamp| stamp.revision > signature.revision);
            let later: Vec<&EmbeddedSignature> = later.copied().collect();
            let data = data.as_ref().ok();
            Some(one(signature, data, verdict, &later, store, context))
        })
        .collect()
}

fn one(
    signature: &EmbeddedSignature,
    data: Option<&SignedData<'_>>,
    verdict: &SignatureVerdict,
    stamps: &[&EmbeddedSignature],
    store: &SecurityStore,
    context: &Context<'_>,
) -> Baseline {
    let mut missing: Vec<Lack> = broken_rules(signature, verdict, data, context)
        .into_iter()
        .map(|rule| Lack::Form { rule })
        .collect();
    let basic = missing.is_empty();
    let tokens = data.and_then(|data| data.signers.first());
    let tokens = tokens.map_or(0, |signer| tokens_of(signer).len());
    // The verdict lists the tokens on the value before those inside the signed attributes.
    let on_value = verdict.time_stamps.iter().take(tokens);
    let stamped = on_value
        .into_iter()
        .any(|stamp| stamp.indication == Indication::TotalPassed);
    let timed = stamped || !stamps.is_empty();
    if !timed {
        missing.push(Lack::TimeStamp);
    }
    let (mut contained, mut covered) = (false, false);
    if let Some(data) = data {
        // What the newest time stamp covers, and when that is not enough, everything.
        let newest = stamps.last().and_then(|stamp| stamp.revision);
        // Without a token on the value the first document time-stamp is the proof of time, and
        // must be judged as well.
        let proof = stamps.first().filter(|_| !stamped).copied();
        let lacks = |until: Option<usize>| material(data, verdict, proof, store, until, context);
        covered = newest.is_some_and(|revision| lacks(Some(revision)).is_empty());
        let open = match covered {
            true => Vec::new(),
            false => lacks(None),
        };
        contained = open.is_empty();
        missing.extend(open);
    }
    if !covered {
        missing.push(Lack::ArchiveTimeStamp);
    }
    let level = match (basic, timed, contained, covered) {
        (false, ..) => None,
        (_, true, true, true) => Some(Level::Lta),
        (_, true, true, false) => Some(Level::Lt),
        (_, true, ..) => Some(Level::T),
        _ => Some(Level::B),
    };
    Baseline {
        level,
        self_contained: contained,
        missing,
    }
}

fn tokens_of<'a>(signer: &SignerInfo<'a>) -> Vec<(&'a [u8], u64)> {
    attribute::signature_time_stamps(&signer.unsigned_attributes).unwrap_or_default()
}

/// Which rules of a baseline signature do not hold.
fn broken_rules(
    signature: &EmbeddedSignature,
    verdict: &SignatureVerdict,
    data: Option<&SignedData<'_>>,
    context: &Context<'_>,
) -> Vec<FormRule> {
    let signer = data.and_then(|data| data.signers.first());
    let signed = signer.map_or(&[][..], |signer| signer.signed());
    let is = |holds: Option<bool>| holds == Some(true);
    let policy = attribute::signature_policy(signed).ok().flatten().is_some();
    let commitments = attribute::commitment_types(signed).unwrap_or_default();
    let rules = [
        (FormRule::SubFilter, Form::of(signature) == Form::Cades),
        (FormRule::Intact, verdict.integrity == Integrity::Intact),
        (
            FormRule::Der,
            is(data.map(|data| {
                data.encoding == Encoding::Der
                    && matches!(data.padding, Padding::None | Padding::Zeros(_))
            })),
        ),
        (
            FormRule::Detached,
            is(data.map(|data| data.signers.len() == 1 && data.content.is_none())),
        ),
        (
            FormRule::MandatoryAttributes,
            attribute::content_type(signed) == Ok(Some(oid::DATA))
                && matches!(attribute::message_digest(signed), Ok(Some(_))),
        ),
        (
            FormRule::SigningCertificate,
            matches!(attribute::signing_certificate(signed), Ok(Some(_)))
                || matches!(attribute::signing_certificate_v2(signed), Ok(Some(_))),
        ),
        (
            FormRule::Certificate,
            is(data.map(|data| {
                let own = verdict.certificate.as_ref();
                own.is_some_and(|own| {
                    let embedded = basic::embedded(data, context);
                    embedded.iter().any(|one| hex(one.sha256()) == own.sha256)
                })
            })),
        ),
        (FormRule::ClaimedTime, signature.claimed_time.is_some()),
        (
            FormRule::NoSigningTime,
            attribute::signing_time(signed) == Ok(None),
        ),
        (FormRule::NoCertEntry, signature.certificates.is_empty()),
        (
            FormRule::Reason,
            signature.reason.is_none() || (!policy && commitments.is_empty()),
        ),
    ];
    rules
        .into_iter()
        .filter(|(_, holds)| !holds)
        .map(|(rule, _)| rule)
        .collect()
}

/// What is missing in the file to judge the signature, its time stamps, and `proof`, a document
/// time-stamp. Of the store, what stands in revisions up to `until` counts.
fn material(
    data: &SignedData<'_>,
    verdict: &SignatureVerdict,
    proof: Option<&EmbeddedSignature>,
    store: &SecurityStore,
    until: Option<usize>,
    context: &Context<'_>,
) -> Vec<Lack> {
    if store.entries.is_empty() && data.brought().is_empty() {
        // Nothing in the file says anything: what the verdict asked about is missing.
        return nothing_there(verdict);
    }
    let mut evidence = Evidence::new();
    let mut add = |bytes: &[u8], origin| {
        // What cannot be read adds nothing.
        let recall = context.recall;
        let _ = recall.add_to(&mut evidence, bytes, origin, context.limits);
    };
    carried(data, &mut |bytes| add(bytes, Origin::Cms));
    let entries = store
        .entries
        .iter()
        .filter(|entry| until.is_none_or(|until| entry.revision <= until));
    for entry in entries {
        let origin = Origin::SecurityStore {
            revision: entry.revision,
        };
        add(&entry.bytes, origin);
    }
    let own = verdict.certificate.as_ref();
    let leaf = evidence
        .certificates()
        .find(|it| own.is_some_and(|own| own.sha256 == hex(it.sha256())))
        .cloned();
    let mut tokens: Vec<&[u8]> = data
        .signers
        .first()
        .map(|signer| tokens_of(signer).into_iter().map(|(der, _)| der).collect())
        .unwrap_or_default();
    tokens.extend(proof.map(|proof| proof.contents.as_slice()));
    let tokens: Vec<TimeStampToken<'_>> = tokens
        .into_iter()
        .filter_map(|der| TimeStampToken::parse(der, context.limits).ok())
        .collect();
    for token in &tokens {
        carried(token.data(), &mut |bytes| {
            let recall = context.recall;
            let _ = recall.add_to(&mut evidence, bytes, Origin::Cms, context.limits);
        });
    }
    let mut pool = Pool::new();
    pool.extend(evidence.certificates().cloned());
    let stamps: Vec<Option<Certificate>> = tokens
        .iter()
        .map(|token| token.signer_certificate(&pool, context.limits))
        .collect();
    let digest = |certificate: &Certificate| *certificate.sha256();
    let key = MaterialKey {
        at: context.at,
        leaf: leaf.as_ref().map(digest),
        stamps: stamps.iter().map(|it| it.as_ref().map(digest)).collect(),
        evidence: evidence.all(),
    };
    let known = context.recall.lacks(key, context, || {
        lacking(leaf.as_ref(), &stamps, evidence, &pool, context)
    });
    let mut lacks = known.value.clone();
    if leaf.is_none() {
        // Who it is, the verdict may know from elsewhere.
        let certificate = verdict.signer.clone().unwrap_or_default();
        lacks.insert(0, Lack::Path { certificate });
    }
    lacks
}

/// What `evidence` lacks for the paths of `leaf` and of those who made the time stamps.
fn lacking(
    leaf: Option<&Certificate>,
    stamps: &[Option<Certificate>],
    evidence: Evidence,
    pool: &Pool,
    context: &Context<'_>,
) -> Vec<Lack> {
    let evidence = Arc::new(evidence);
    let own = Context {
        evidence: &evidence,
        ..*context
    };
    let mut lacks = Vec::new();
    let mut closure = Closure::new();
    let sources = Sources {
        evidence: &evidence,
        pool,
        budget: context.budget,
        // Whether it is there is asked, not what it is worth.
        strength: &AnyStrength,
    };
    let mut parameters = revocation::Parameters::new(context.at);
    parameters.retroactive = Retroactive::Accept;
    parameters.signers = SignerStatus::Ignore;
    parameters.path.limits = context.limits.clone();
    parameters.path.minimum_rsa_bits = 1024;
    let mut take = |path: Option<VerifiedPath>, name: String| match path {
        Some(path) => closure.add(&path, &sources, &parameters, Count::Authentic),
        None => lacks.push(Lack::Path { certificate: name }),
    };
    if let Some(leaf) = leaf {
        let purpose = basic::document_signing(context.policy);
        take(path_of(leaf, purpose, pool, &own), leaf.subject().rfc4514());
    }
    for stamp in stamps {
        let path = stamp
            .as_ref()
            .and_then(|stamp| path_of(stamp, Purpose::TimeStamping, pool, &own));
        let name = stamp.as_ref().map(|stamp| stamp.subject().rfc4514());
        take(path, name.unwrap_or_default());
    }
    for gap in closure.missing() {
        lacks.push(Lack::Revocation {
            certificate: gap.certificate.subject().rfc4514(),
        });
    }
    lacks
}

/// What is missing in a file without any revocation data.
fn nothing_there(verdict: &SignatureVerdict) -> Vec<Lack> {
    if verdict.path.is_empty() {
        let certificate = verdict.signer.clone().unwrap_or_default();
        return vec![Lack::Path { certificate }];
    }
    let path = verdict.path.iter().filter(|it| it.subject != it.issuer);
    let path = path.map(|it| it.subject.clone());
    let stamps = verdict.time_stamps.iter();
    let stamps = stamps.filter_map(|stamp| stamp.authority.clone());
    path.chain(stamps)
        .map(|certificate| Lack::Revocation { certificate })
        .collect()
}

/// Certificates and revocation data that a CMS brings.
fn carried(data: &SignedData<'_>, add: &mut impl FnMut(&[u8])) {
    let all = data.certificates.iter().copied().chain(data.brought());
    all.for_each(add);
}

fn path_parameters(purpose: Purpose, context: &Context<'_>) -> PathParameters {
    let mut parameters = PathParameters::new(context.at, purpose);
    parameters.limits = context.limits.clone();
    parameters.minimum_rsa_bits = 1024;
    parameters.period = Period::AllowOutOfPeriod;
    parameters
}

fn path_of(
    leaf: &Certificate,
    purpose: Purpose,
    pool: &Pool,
    context: &Context<'_>,
) -> Option<VerifiedPath> {
    path::find_within(
        leaf,
        pool,
        context.trust,
        &path_parameters(purpose, context),
        context.budget,
    )
    .ok()
}
