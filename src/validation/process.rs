//! One signature and what proves its time → its verdict, by the basic, the with-time and the archival process.
//!
//! Source: EN 319 102-1 §5.3, §5.5, §5.6.

use std::sync::Arc;

use super::basic::{self, Context};
use super::chain::Chain;
use super::cryptography::Signed;
use super::format;
use super::proof::Proofs;
use super::signature_verdict::{
    AtClaimedTime, BestSignatureTime, Changes, ClaimedTimeSource, Conclusions, Integrity,
    SignatureVerdict, TimeSource,
};
use super::time_stamp::{self, Stamp};
use super::verdict::{CheckId, Checks, Indication, Status, SubIndication, conclude};
use super::wanted::Wanted;
use super::{Reason, cryptography};
use crate::cms::{SignedData, attribute};
use crate::crypto::DigestAlgorithm;
use crate::error::Error;
use crate::oid::Oid;
use crate::pki::Certificate;
use crate::pki::timestamp::TstInfo;
use crate::signature::{EmbeddedSignature, Form, Rule};
use crate::time::{CLOCKS, UtcTime};

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

/// id-aa-er-internal and id-aa-er-external. Source: RFC 4998 Appendix A.
const EVIDENCE_RECORDS: [Oid; 2] = [
    Oid::from_static(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 0x31]),
    Oid::from_static(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 0x32]),
];
/// id-aa-ets-archiveTimestampV2 and archive-time-stamp-v3. Source: EN 319 122-1 §5.5.3.
const ARCHIVE_TIME_STAMPS: [Oid; 2] = [
    Oid::from_static(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 1, 9, 0x10, 2, 0x30]),
    Oid::from_static(&[4, 0, 0x8d, 0x45, 2, 4]),
];

/// One signature while it is judged.
pub(super) struct One {
    pub(super) verdict: SignatureVerdict,
    /// Results that do not depend on time, and those of the last process.
    pub(super) checks: Checks,
    /// Results of path, period, revocation and strength in the two simpler processes.
    basic: Checks,
    with_time: Checks,
    archival: Checks,
    /// The time of a document time-stamp, when its token verifies.
    pub(super) stamped: Option<UtcTime>,
    /// Whether everything but what came later is satisfied.
    pub(super) holds: bool,
    /// Evidence that could decide what is open.
    pub(super) wanted: Wanted,
}

impl One {
    /// Everything about one signature but what came after it.
    ///
    /// `data`: its `/Contents`, read; `exists`: the time for which a later time-stamp of the
    /// document proves the signature.
    pub(super) fn new(
        signed: &Signed<'_>,
        signature: &EmbeddedSignature,
        data: &Result<SignedData<'_>, Error>,
        exists: Option<UtcTime>,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Self {
        let mut one = Self {
            verdict: empty(signature, context),
            checks: Checks::new(),
            basic: Checks::new(),
            with_time: Checks::new(),
            archival: Checks::new(),
            stamped: None,
            holds: false,
            wanted: Wanted::default(),
        };
        format::place(signature, context, &mut one.checks);
        format::form(signature, context, &mut one.checks);
        one.fill(signed, signature, data, exists, proofs, context);
        for id in MANDATORY {
            let later = matches!(id, CheckId::LaterChanges | CheckId::LaterSignatures);
            if !later && one.checks.get(*id).is_none() && one.archival.get(*id).is_none() {
                one.checks.not_run(*id, Reason::Earlier);
            }
        }
        one
    }

    fn fill(
        &mut self,
        signed: &Signed<'_>,
        signature: &EmbeddedSignature,
        data: &Result<SignedData<'_>, Error>,
        exists: Option<UtcTime>,
        proofs: &Proofs,
        context: &Context<'_>,
    ) {
        let form = Form::of(signature);
        if form == Form::X509RsaSha1 {
            bare(
                signature,
                signed,
                context,
                &mut self.verdict,
                &mut self.checks,
            );
            return;
        }
        if signature.contents.is_empty() {
            return;
        }
        let data = match data {
            Ok(data) => data,
            Err(error) => {
                self.checks.fail(CheckId::Cms, format::unreadable(error));
                return;
            }
        };
        times(signature, data, form, &mut self.verdict);
        let embedded = basic::embedded(data, context);
        let found = basic::technical(data, form, signed, &embedded, context, &mut self.checks);
        self.verdict.integrity = integrity(&self.checks);
        let Some(found) = found else { return };
        describe(&found.certificate, data, context, &mut self.verdict);
        self.claimed_time(&found.certificate, form, context);
        if form == Form::TimeStamp
            && let Some(info) = data
                .content
                .as_deref()
                .and_then(|content| TstInfo::from_der(content).ok())
        {
            if info.earliest() > context.at {
                // A time after the moment of the validation proves nothing.
                self.checks
                    .fail(CheckId::TimeStamps, Reason::TimeStampOrder);
            }
            // V017: what a newer time-stamp covers cannot be newer itself (RFC 3161 §2.4.2).
            if exists.is_some_and(|covered| covered < info.earliest()) {
                self.checks
                    .fail(CheckId::TimeStamps, Reason::TimeStampOrder);
            }
            // None is defined, so that the token must not be used (RFC 3161 §2.4.2).
            if info.critical_extension.is_some() {
                let name = "critical extension of TSTInfo";
                self.checks
                    .fail(CheckId::Cms, Reason::AttributeForbidden { name });
            }
            if let Some(sub) = time_stamp::outside(&found.certificate, info.gen_time) {
                let reason = Reason::SignedOutside { at: info.gen_time };
                self.checks.fail_as(CheckId::Period, sub, reason);
            }
            self.stamped = Some(info.proven_at());
            self.verdict.claimed_time = Some(info.gen_time);
            self.verdict.claimed_time_source = Some(ClaimedTimeSource::TimeStampToken);
        }
        let evidence = basic::with_own_evidence(data, context);
        let context = &Context {
            evidence: &evidence,
            ..*context
        };
        let stamps = self.stamps(data, form, signed, exists, proofs, context);
        self.trust(
            &found.certificate,
            data,
            form,
            &embedded,
            &stamps,
            exists,
            proofs,
            context,
        );
    }

    /// Warns of a claimed time that cannot be true. It decides nothing, as it proves nothing.
    fn claimed_time(&mut self, certificate: &Certificate, form: Form, context: &Context<'_>) {
        const ID: CheckId = CheckId::TimeStamps;
        let Some(claimed) = self
            .verdict
            .claimed_time
            .filter(|_| form != Form::TimeStamp)
        else {
            return;
        };
        let (not_before, not_after) = {
            let validity = certificate.validity();
            (validity.not_before, validity.not_after)
        };
        if claimed > context.at.plus(i64::from(CLOCKS)) {
            self.checks
                .warn(ID, Reason::ClaimedTimeInFuture { claimed });
        }
        if claimed < not_before.plus(-i64::from(CLOCKS))
            || claimed > not_after.plus(i64::from(CLOCKS))
        {
            self.checks.warn(
                ID,
                Reason::ClaimedTimeOutsideCertificate {
                    claimed,
                    not_before,
                    not_after,
                },
            );
        }
    }

    /// The tokens on the signature and in its signed attributes.
    fn stamps(
        &mut self,
        data: &SignedData<'_>,
        form: Form,
        signed: &Signed<'_>,
        exists: Option<UtcTime>,
        proofs: &Proofs,
        context: &Context<'_>,
    ) -> Stamps {
        const ID: CheckId = CheckId::TimeStamps;
        let mut stamps = Stamps {
            signature: Vec::new(),
            content: Vec::new(),
        };
        let Some(signer) = data.signers.first() else {
            return stamps;
        };
        if form == Form::TimeStamp {
            return stamps;
        }
        match attribute::signature_time_stamps(&signer.unsigned_attributes) {
            Ok(tokens) => stamps.signature.extend(tokens.iter().map(|(token, _)| {
                let digest =
                    |algorithm: DigestAlgorithm| Some(algorithm.digest(&[&signer.signature]));
                time_stamp::validate(token, digest, proofs, context)
            })),
            Err(error) => self.checks.warn(ID, format::unreadable(&error)),
        }
        if let (Ok(tokens), true) = (
            attribute::content_time_stamps(signer.signed()),
            signed.fits(),
        ) {
            stamps.content.extend(tokens.iter().map(|(token, _)| {
                time_stamp::validate(token, |algorithm| signed.digest(algorithm), proofs, context)
            }));
        }
        for stamp in stamps.signature.iter().chain(&stamps.content) {
            self.wanted.absorb(stamp.wanted.clone());
            match &stamp.proven {
                Some(_) => self.checks.pass(ID),
                // It proves nothing, and takes nothing away.
                None => self.checks.warn(
                    ID,
                    Reason::TimeStampBroken {
                        why: stamp
                            .summary
                            .why
                            .clone()
                            .unwrap_or_else(|| stamp.summary.indication.to_string()),
                    },
                ),
            }
            self.verdict.time_stamps.push(stamp.summary.clone());
        }
        // What is stamped inside the signature is older than what stamps it (RFC 3161 §2.4.2).
        for inner in &stamps.content {
            for outer in &stamps.signature {
                if let (Some(a), Some(b)) = (&inner.proven, &outer.proven)
                    && a.is_before(b, inner.authority == outer.authority) == Some(false)
                {
                    self.checks.fail(ID, Reason::TimeStampOrder);
                }
            }
        }
        let earliest = stamps
            .signature
            .iter()
            .filter_map(|stamp| stamp.proven.as_ref())
            .map(TstInfo::earliest)
            .max();
        if let (Some(stamped), Some(covered)) = (earliest, exists)
            && covered < stamped
        {
            self.checks.fail(ID, Reason::TimeStampOrder);
        }
        if let (Some(claimed), Some(stamp)) = (self.verdict.claimed_time, stamps.best())
            && claimed.unix() - stamp.unix() >= 7 * 3600 - 60
            && claimed.unix() - stamp.unix() <= 7 * 3600 + 60
        {
            self.checks.warn(ID, Reason::SigningTimeIsLocal);
        }
        stamps
    }

    /// Path, period, revocation and strength, by each process.
    #[expect(
        clippy::too_many_arguments,
        reason = "facts of one signature, used in one place"
    )]
    fn trust(
        &mut self,
        certificate: &Certificate,
        data: &SignedData<'_>,
        form: Form,
        embedded: &[Certificate],
        stamps: &Stamps,
        exists: Option<UtcTime>,
        proofs: &Proofs,
        context: &Context<'_>,
    ) {
        let known = context
            .recall
            .chain(certificate, form, embedded, context, || {
                Chain::find(certificate, form, &basic::pool(embedded, context), context)
            });
        let chain = &known.value;
        if let Some(path) = chain.path() {
            self.verdict.role = context.trust.role(certificate);
            self.verdict.pki = Some(path.anchor().pki_or_own());
        }
        self.verdict.path = chain.path_summaries(context.recall);
        self.verdict.revocation = chain.revocation_summaries(context.at, proofs, context);
        self.verdict.at_claimed_time = self.verdict.claimed_time.map(|claimed| AtClaimedTime {
            proven: false,
            in_period: certificate.validity().contains(claimed),
            revocation: chain.leaf_summary(claimed, proofs, context),
        });
        let judge = |best: UtcTime, proofs: &Proofs| {
            let mut checks = Checks::new();
            chain.judge(best, proofs, context, &mut checks);
            stamps.outside(certificate, chain, best, proofs, context, &mut checks);
            basic::algorithms(data, certificate, chain.path(), best, context, &mut checks);
            checks
        };
        let nothing = Proofs::new(context.at);
        self.basic = judge(context.at, &nothing);
        let stamped = stamps.best().unwrap_or(context.at).min(context.at);
        self.with_time = if stamped < context.at {
            judge(stamped, &nothing)
        } else {
            self.basic.clone()
        };
        let covered = exists.unwrap_or(context.at).min(context.at);
        self.archival = if covered < stamped || !proofs.is_empty() {
            judge(covered.min(stamped), proofs)
        } else {
            self.with_time.clone()
        };
        // The network is asked only for paths at whose end a signature verifies.
        if self.verdict.integrity == Integrity::Intact {
            self.wanted
                .absorb(chain.wanted(&self.archival, proofs, context));
        }
        if covered < stamped {
            self.verdict.best_signature_time = BestSignatureTime {
                time: covered,
                source: TimeSource::DocumentTimeStamp,
            };
        } else if stamped < context.at {
            self.verdict.best_signature_time = BestSignatureTime {
                time: stamped,
                source: TimeSource::SignatureTimeStamp,
            };
        }
    }

    /// The conclusions of the three processes; the last one is the signature's.
    pub(super) fn conclude(&mut self) {
        let with = |own: &Checks| {
            let mut all = self.checks.clone();
            all.absorb(own.clone());
            all
        };
        let last = with(&self.archival);
        // Where there are time-stamps, that they were looked at is asked as well.
        let mut mandatory = MANDATORY.to_vec();
        if !self.verdict.time_stamps.is_empty() {
            mandatory.push(CheckId::TimeStamps);
        }
        let archival = conclude(&mandatory, &last);
        // Without time-stamps all three are one.
        let of = |own: &Checks| match *own == self.archival {
            true => archival,
            false => conclude(&mandatory, &with(own)),
        };
        self.verdict.conclusions = Conclusions {
            basic: of(&self.basic),
            with_time: of(&self.with_time),
            archival,
        };
        self.verdict
            .set_conclusion(self.verdict.conclusions.archival);
        // What came later changes nothing of what a time-stamp covers.
        let later = [CheckId::LaterChanges, CheckId::LaterSignatures];
        mandatory.retain(|id| !later.contains(id));
        let own = conclude(&mandatory, &last.without(&later));
        self.holds = own.indication() == Indication::TotalPassed;
        self.checks = last;
    }

    pub(super) fn finish(self) -> SignatureVerdict {
        let mut verdict = self.verdict;
        verdict.checks = self.checks.into_sorted();
        verdict
    }
}

/// The tokens of one signature.
struct Stamps {
    /// Over the signature value.
    signature: Vec<Stamp>,
    /// Over the content, inside the signed attributes.
    content: Vec<Stamp>,
}

impl Stamps {
    /// The earliest time that a token proves for the signature.
    fn best(&self) -> Option<UtcTime> {
        self.signature.iter().filter_map(Stamp::time).min()
    }

    /// What is proven to be signed while the certificate was not in force.
    ///
    /// Source: EN 319 102-1 §5.3.4, §5.5.4.
    fn outside(
        &self,
        certificate: &Certificate,
        chain: &Chain,
        best: UtcTime,
        proofs: &Proofs,
        context: &Context<'_>,
        checks: &mut Checks,
    ) {
        let validity = certificate.validity();
        if best < validity.not_before && best < context.at {
            let reason = Reason::SignedOutside { at: best };
            checks.fail_as(CheckId::Period, SubIndication::NotYetValid, reason);
        }
        let Some(after) = self.content.iter().filter_map(Stamp::time).max() else {
            return;
        };
        if after > validity.not_after {
            checks.fail_as(
                CheckId::Period,
                SubIndication::Expired,
                Reason::SignedOutside { at: after },
            );
        }
        if chain
            .leaf_revoked_since(proofs, context)
            .is_some_and(|since| after >= since)
        {
            checks.fail_as(
                CheckId::Revocation,
                SubIndication::Revoked,
                Reason::SignedOutside { at: after },
            );
        }
    }
}

/// `adbe.x509.rsa_sha1`: certificates in the dictionary, a bare signature in /Contents.
fn bare(
    signature: &EmbeddedSignature,
    signed: &Signed<'_>,
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
    match (certificates.first(), signed.fits()) {
        (Some(certificate), true) => {
            checks.pass(CheckId::SigningCertificate);
            cryptography::bare_rsa(&signature.contents, certificate, signed, context, checks);
            verdict.signer = Some(certificate.subject().rfc4514());
            verdict.certificate = Some(context.recall.summary(certificate));
        }
        (None, _) => checks.fail(
            CheckId::SigningCertificate,
            Reason::SignerCertificateMissing,
        ),
        (Some(_), false) => {}
    }
    verdict.integrity = integrity(checks);
}

/// Digest and signature value alone.
///
/// A range that is wrong leaves nothing that could be intact; a check that did not run, unknown.
fn integrity(checks: &Checks) -> Integrity {
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
    let nothing = conclude(&[], &Checks::new());
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
        corner: signature.corner.clone(),
        end_markers: signature.end_markers,
        changes: Changes {
            level: None,
            permitted: None,
            objects: Vec::new(),
            seen: Vec::new(),
        },
        indication: Indication::Indeterminate,
        sub_indication: Some(SubIndication::SignedDataNotFound),
        signer: None,
        certificate: None,
        role: None,
        pki: None,
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
        path: Arc::default(),
        revocation: Arc::default(),
        time_stamps: Vec::new(),
        baseline: None,
        unprocessed: Vec::new(),
        conclusions: Conclusions {
            basic: nothing,
            with_time: nothing,
            archival: nothing,
        },
        checks: Vec::new(),
    }
}

/// The claimed time: the signed attribute where there is one, else `/M`.
fn times(
    signature: &EmbeddedSignature,
    data: &SignedData<'_>,
    form: Form,
    verdict: &mut SignatureVerdict,
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
    let policy = data
        .signers
        .first()
        .map(|signer| attribute::signature_policy(signer.signed()));
    // One that cannot be read is there all the same.
    if policy.is_some_and(|policy| policy != Ok(None)) {
        verdict.unprocessed.push("signature-policy-identifier");
    }
    if let Some(signer) = data.signers.first() {
        let has = |list: &[Oid]| {
            signer
                .unsigned_attributes
                .iter()
                .any(|a| list.contains(&a.oid))
        };
        if has(&EVIDENCE_RECORDS) {
            verdict.unprocessed.push("evidence-record");
        }
        if has(&ARCHIVE_TIME_STAMPS) {
            verdict.unprocessed.push("archive-time-stamp");
        }
    }
    if data.other_certificates > 0 {
        verdict
            .unprocessed
            .push("attribute certificates or certificates of other kinds");
    }
}

fn describe(
    certificate: &Certificate,
    data: &SignedData<'_>,
    context: &Context<'_>,
    verdict: &mut SignatureVerdict,
) {
    verdict.signer = Some(certificate.subject().rfc4514());
    verdict.certificate = Some(context.recall.summary(certificate));
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
