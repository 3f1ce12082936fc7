//! Results of single checks → [`Conclusion`], in the words of EN 319 102-1.
//!
//! [`conclude`] is the only maker of a [`Conclusion`]: a pass needs every mandatory check to be
//! there and to have passed; an empty list, a check that did not run or an error never passes.

use serde::{Deserialize, Serialize};
use std::fmt;

use super::reason::Reason;

/// Main status of a validation.
///
/// Source: EN 319 102-1 §5.1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Indication {
    /// Every mandatory check passed.
    #[serde(rename = "TOTAL-PASSED")]
    TotalPassed,
    /// There is no signature; not a standard status and never a pass.
    #[serde(rename = "NO_SIGNATURE_FOUND")]
    NoSignatureFound,
    /// The available information does not suffice for a pass or a failure.
    #[serde(rename = "INDETERMINATE")]
    Indeterminate,
    /// The signature is technically broken, or proven to be made outside its certificate's life.
    #[serde(rename = "TOTAL-FAILED")]
    TotalFailed,
}

impl Indication {
    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TotalPassed => "TOTAL-PASSED",
            Self::TotalFailed => "TOTAL-FAILED",
            Self::Indeterminate => "INDETERMINATE",
            Self::NoSignatureFound => "NO_SIGNATURE_FOUND",
        }
    }

    /// The standard's URN; `None` for [`Indication::NoSignatureFound`], which is not the standard's.
    ///
    /// Source: TS 119 102-2 §4.3.4.
    pub const fn urn(self) -> Option<&'static str> {
        match self {
            Self::TotalPassed => Some("urn:etsi:019102:mainindication:total-passed"),
            Self::TotalFailed => Some("urn:etsi:019102:mainindication:total-failed"),
            Self::Indeterminate => Some("urn:etsi:019102:mainindication:indeterminate"),
            Self::NoSignatureFound => None,
        }
    }

    /// The worse of two; a failure is worst, then indeterminate, then no signature.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        self.max(other)
    }
}

impl fmt::Display for Indication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! sub_indications {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $main:ident;)*) => {
        /// Why a validation failed or stayed open.
        ///
        /// Source: EN 319 102-1 §5.1.3.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum SubIndication {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl SubIndication {
            /// All of them, in the order of the standard.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The standard's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The main indication that it belongs to.
            pub const fn main(self) -> Indication {
                match self { $(Self::$variant => Indication::$main,)* }
            }
        }
    };
}

sub_indications! {
    /// Not conformant to the base standard, so far that it cannot be processed.
    FormatFailure = "FORMAT_FAILURE", TotalFailed;
    /// The digest of the signed bytes is not the one that was signed.
    HashFailure = "HASH_FAILURE", TotalFailed;
    /// The signature value does not verify with the signer's key.
    SigCryptoFailure = "SIG_CRYPTO_FAILURE", TotalFailed;
    /// Proven to be signed after the certificate was revoked.
    Revoked = "REVOKED", TotalFailed;
    /// Proven to be signed after the certificate's end.
    Expired = "EXPIRED", TotalFailed;
    /// Proven to be signed before the certificate's begin.
    NotYetValid = "NOT_YET_VALID", TotalFailed;
    /// Attributes of the signature do not satisfy the policy.
    SigConstraintsFailure = "SIG_CONSTRAINTS_FAILURE", Indeterminate;
    /// The path does not satisfy the policy.
    ChainConstraintsFailure = "CHAIN_CONSTRAINTS_FAILURE", Indeterminate;
    /// The path is wrong for another reason.
    CertificateChainGeneralFailure = "CERTIFICATE_CHAIN_GENERAL_FAILURE", Indeterminate;
    /// An algorithm is too weak, and was when it was used.
    CryptoConstraintsFailure = "CRYPTO_CONSTRAINTS_FAILURE", Indeterminate;
    /// The signer's certificate is expired (or not begun) and the order is unknown.
    OutOfBoundsNoPoe = "OUT_OF_BOUNDS_NO_POE", Indeterminate;
    /// As above, but it is known that the certificate was not revoked.
    OutOfBoundsNotRevoked = "OUT_OF_BOUNDS_NOT_REVOKED", Indeterminate;
    /// The signature policy cannot be processed.
    PolicyProcessingError = "POLICY_PROCESSING_ERROR", Indeterminate;
    /// The signature policy document is missing.
    SignaturePolicyNotAvailable = "SIGNATURE_POLICY_NOT_AVAILABLE", Indeterminate;
    /// Time-stamps are in an order that cannot be.
    TimestampOrderFailure = "TIMESTAMP_ORDER_FAILURE", Indeterminate;
    /// The signer's certificate cannot be identified.
    NoSigningCertificateFound = "NO_SIGNING_CERTIFICATE_FOUND", Indeterminate;
    /// No path leads to a trust anchor.
    NoCertificateChainFound = "NO_CERTIFICATE_CHAIN_FOUND", Indeterminate;
    /// The only path leads to an anchor whose trust has ended, and the order is unknown.
    NoCertificateChainFoundNoPoe = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE", Indeterminate;
    /// The signer's certificate is revoked and the order is unknown.
    RevokedNoPoe = "REVOKED_NO_POE", Indeterminate;
    /// An intermediate certificate is revoked and the order is unknown.
    RevokedCaNoPoe = "REVOKED_CA_NO_POE", Indeterminate;
    /// The certificate behind the revocation data is out of its period, and the order is unknown.
    RevocationOutOfBoundsNoPoe = "REVOCATION_OUT_OF_BOUNDS_NO_POE", Indeterminate;
    /// An algorithm is too weak, and there is no proof that it was used while it was not.
    CryptoConstraintsFailureNoPoe = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", Indeterminate;
    /// A proof of existence is missing.
    NoPoe = "NO_POE", Indeterminate;
    /// Newer revocation data may decide.
    TryLater = "TRY_LATER", Indeterminate;
    /// The signed data cannot be had.
    SignedDataNotFound = "SIGNED_DATA_NOT_FOUND", Indeterminate;
}

impl SubIndication {
    /// The standard's URN.
    ///
    /// Source: TS 119 102-2 §4.3.4.
    pub fn urn(self) -> String {
        format!("urn:etsi:019102:subindication:{}", self.name())
    }
}

impl fmt::Display for SubIndication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Result of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The check ran and is satisfied.
    Passed,
    /// Satisfied, with something that a reader should know.
    Warned,
    /// The check ran and is not satisfied.
    Failed,
    /// The check did not run; never a pass.
    NotRun,
}

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $block:ident, $clause:literal, $fail:ident;)*) => {
        /// The checks of a signature, in the order in which they decide.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum CheckId {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl CheckId {
            /// All of them, in the order in which they decide.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Stable name for machines.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The building block of the standard that it belongs to.
            pub const fn block(self) -> Block {
                match self { $(Self::$variant => Block::$block,)* }
            }

            /// The clause that asks for it.
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$variant => $clause,)* }
            }

            /// What a plain failure of it means.
            pub const fn on_fail(self) -> SubIndication {
                match self { $(Self::$variant => SubIndication::$fail,)* }
            }
        }
    };
}

/// Building blocks of a validation.
///
/// Source: EN 319 102-1 §5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Format checking.
    Format,
    /// Identification of the signing certificate.
    SigningCertificate,
    /// Cryptographic verification.
    Cryptography,
    /// Later changes of the document.
    Document,
    /// X.509 certificate validation.
    Certificate,
    /// Revocation freshness and status.
    Revocation,
    /// Acceptance of the signature's attributes and algorithms.
    Acceptance,
    /// Proof of time.
    Time,
}

checks! {
    /// The file reads strictly, without repair.
    Structure = "structure", Format, "ISO 32000-2 §7.5", FormatFailure;
    /// The file begins with its header.
    Header = "header", Format, "ISO 32000-2 §7.5.2", FormatFailure;
    /// The file has one cross-reference form for each revision.
    CrossReference = "cross-reference", Format, "ISO 32000-2 §7.5.8.4", FormatFailure;
    /// The signature dictionary has what it must have, directly and once.
    SignatureDictionary = "signature-dictionary", Format, "ISO 32000-2 §12.8.1", FormatFailure;
    /// The byte range is four numbers inside the file, from its first byte.
    ByteRange = "byte-range", Format, "ISO 32000-2 §12.8.1", FormatFailure;
    /// What the byte range leaves out is exactly the signature's own value.
    ByteRangeGap = "byte-range-gap", Format, "ISO 32000-2 §12.8.1", FormatFailure;
    /// The byte range ends where a revision ends.
    RevisionEnd = "revision-end", Format, "ISO 32000-2 §12.8.1", FormatFailure;
    /// Byte ranges of different signatures nest.
    ByteRangeNesting = "byte-range-nesting", Format, "ISO 32000-2 §12.8.1", FormatFailure;
    /// The signature stands as it was when it was made.
    OwnRevision = "own-revision", Format, "ISO 32000-2 §12.8.1", FormatFailure;
    /// The form of the signature is one of the known ones.
    SubFilter = "sub-filter", Format, "ISO 32000-2 §12.8.3.3", SigConstraintsFailure;
    /// The CMS structure reads, with one signer and without content.
    Cms = "cms", Format, "RFC 5652 §5.1", FormatFailure;
    /// Nothing but zeros stands after the CMS structure.
    CmsPadding = "cms-padding", Format, "EN 319 142-1 §6.3", FormatFailure;
    /// The mandatory signed attributes are there once, with the right type.
    SignedAttributes = "signed-attributes", Format, "RFC 5652 §5.3", FormatFailure;
    /// The signer's certificate is there and is the one that the signature names.
    SigningCertificate = "signing-certificate", SigningCertificate, "EN 319 102-1 §5.2.3", NoSigningCertificateFound;
    /// The digest of the signed bytes is the signed one.
    Digest = "digest", Cryptography, "EN 319 102-1 §5.2.7", HashFailure;
    /// The signature value verifies with the signer's key.
    SignatureValue = "signature-value", Cryptography, "EN 319 102-1 §5.2.7", SigCryptoFailure;
    /// What later revisions changed is permitted.
    LaterChanges = "later-changes", Document, "ISO 32000-2 §12.8.2.2", FormatFailure;
    /// Signatures that were added later hold.
    LaterSignatures = "later-signatures", Document, "ISO 32000-2 §12.8.2.2", FormatFailure;
    /// A path of certificates leads to a trust anchor.
    Path = "path", Certificate, "RFC 5280 §6.1", NoCertificateChainFound;
    /// The certificates of the path are inside their periods.
    Period = "period", Certificate, "RFC 5280 §6.1.3", OutOfBoundsNoPoe;
    /// No certificate of the path is revoked, and that is known.
    Revocation = "revocation", Revocation, "RFC 5280 §6.3", TryLater;
    /// The signed attributes that the form and the policy ask for are there.
    RequiredAttributes = "required-attributes", Acceptance, "EN 319 102-1 §5.2.8", SigConstraintsFailure;
    /// The digest and signature algorithms of the signature agree with each other.
    AlgorithmConsistency = "algorithm-consistency", Acceptance, "RFC 8933 §3.1", SigConstraintsFailure;
    /// Algorithms and key lengths are strong enough at the time that can be proven.
    Algorithms = "algorithms", Acceptance, "EN 319 102-1 §5.2.8", CryptoConstraintsFailureNoPoe;
    /// Time-stamps verify and are in order.
    TimeStamps = "time-stamps", Time, "EN 319 102-1 §5.5.4", TimestampOrderFailure;
}

/// One check and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which check.
    pub id: CheckId,
    /// Its result.
    pub status: Status,
    /// What a failure means here; `None` unless failed or not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_indication: Option<SubIndication>,
    /// What was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// The checks of one signature while they are being made; keeps the worst result of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// No check made yet.
    pub fn new() -> Self {
        Self(Vec::with_capacity(CheckId::ALL.len()))
    }

    /// Notes that `id` was satisfied; does not undo an earlier failure or warning.
    pub fn pass(&mut self, id: CheckId) {
        self.note(id, Status::Passed, None, None);
    }

    /// Notes that `id` was satisfied, with something to tell.
    pub fn warn(&mut self, id: CheckId, reason: Reason) {
        self.note(id, Status::Warned, None, Some(reason));
    }

    /// Notes that `id` failed, with the meaning that is plain for it.
    pub fn fail(&mut self, id: CheckId, reason: Reason) {
        self.fail_as(id, id.on_fail(), reason);
    }

    /// Notes that `id` failed with another meaning.
    pub fn fail_as(&mut self, id: CheckId, meaning: SubIndication, reason: Reason) {
        self.note(id, Status::Failed, Some(meaning), Some(reason));
    }

    /// Notes that `id` could not run.
    pub fn not_run(&mut self, id: CheckId, reason: Reason) {
        self.note(id, Status::NotRun, None, Some(reason));
    }

    /// Whether `id` ran and was satisfied.
    pub fn passed(&self, id: CheckId) -> bool {
        self.get(id)
            .is_some_and(|c| matches!(c.status, Status::Passed | Status::Warned))
    }

    /// Takes over results that were made apart.
    pub(super) fn absorb(&mut self, other: Self) {
        for check in other.0 {
            self.note(check.id, check.status, check.sub_indication, None);
            if let Some(own) = self.0.iter_mut().find(|own| own.id == check.id) {
                own.reasons.extend(check.reasons);
            }
        }
    }

    /// The results of all other checks.
    pub(super) fn without(&self, ids: &[CheckId]) -> Self {
        let others = self.0.iter().filter(|check| !ids.contains(&check.id));
        Self(others.cloned().collect())
    }

    /// The result of `id`.
    pub fn get(&self, id: CheckId) -> Option<&Check> {
        self.0.iter().find(|check| check.id == id)
    }

    /// All results, in the order in which they decide.
    pub fn into_sorted(mut self) -> Vec<Check> {
        self.0.sort_by_key(|check| check.id);
        self.0
    }

    /// All results, in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Check> {
        self.0.iter()
    }

    fn note(
        &mut self,
        id: CheckId,
        status: Status,
        meaning: Option<SubIndication>,
        reason: Option<Reason>,
    ) {
        #[cfg(test)]
        let status = match force::of(id) {
            Some(force::Forced::Forgotten) => return,
            Some(force::Forced::As(status)) => status,
            None => status,
        };
        let severity = |status| match status {
            Status::Passed => 0,
            Status::Warned => 1,
            Status::NotRun => 2,
            Status::Failed => 3,
        };
        match self.0.iter_mut().find(|check| check.id == id) {
            None => self.0.push(Check {
                id,
                status,
                sub_indication: meaning,
                reasons: reason.into_iter().collect(),
            }),
            Some(check) => {
                if severity(status) > severity(check.status) {
                    check.status = status;
                    check.sub_indication = meaning;
                } else if status == Status::Failed
                    && meaning.is_some_and(|new| {
                        check
                            .sub_indication
                            .is_none_or(|old| new.main() > old.main())
                    })
                {
                    check.sub_indication = meaning;
                }
                check.reasons.extend(reason);
            }
        }
    }
}

/// Faults for tests: one check that is forgotten, or has another result than it found.
#[cfg(test)]
pub(crate) mod force {
    use super::{CheckId, Status};
    use std::cell::Cell;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Forced {
        /// Its result is not noted at all.
        Forgotten,
        /// This is noted instead.
        As(Status),
    }

    thread_local! {
        static FORCED: Cell<Option<(CheckId, Forced)>> = const { Cell::new(None) };
    }

    pub(super) fn of(id: CheckId) -> Option<Forced> {
        let (forced, how) = FORCED.get()?;
        (forced == id).then_some(how)
    }

    /// `run`, with every result of `id` forced.
    pub(crate) fn with<T>(id: CheckId, how: Forced, run: impl FnOnce() -> T) -> T {
        FORCED.set(Some((id, how)));
        let answer = run();
        FORCED.set(None);
        answer
    }
}

/// A main indication with its reason; made by [`conclude`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Conclusion {
    indication: Indication,
    sub_indication: Option<SubIndication>,
}

impl Conclusion {
    /// The main indication.
    pub fn indication(self) -> Indication {
        self.indication
    }

    /// Why; `None` when passed.
    pub fn sub_indication(self) -> Option<SubIndication> {
        self.sub_indication
    }
}

/// The conclusion from `checks`, of which all in `mandatory` must be there and satisfied.
///
/// A failure decides before anything open; among equals the first in the order of [`CheckId`].
pub fn conclude(mandatory: &[CheckId], checks: &Checks) -> Conclusion {
    let open = |sub: SubIndication| Conclusion {
        indication: Indication::Indeterminate,
        sub_indication: Some(sub),
    };
    // An INDETERMINATE that stands for "the check that could have said so did not run".
    let unknown = |id: CheckId| match id.on_fail() {
        sub if sub.main() == Indication::Indeterminate => sub,
        _ => SubIndication::SignedDataNotFound,
    };
    let mut failed: Vec<(CheckId, SubIndication)> = checks
        .iter()
        .filter(|check| check.status == Status::Failed)
        .map(|check| (check.id, check.sub_indication.unwrap_or(check.id.on_fail())))
        .collect();
    failed.sort_by_key(|(id, _)| *id);
    if let Some((_, sub)) = failed
        .iter()
        .find(|(_, sub)| sub.main() == Indication::TotalFailed)
    {
        return Conclusion {
            indication: Indication::TotalFailed,
            sub_indication: Some(*sub),
        };
    }
    if let Some((_, sub)) = failed.first() {
        return open(*sub);
    }
    if mandatory.is_empty() {
        return open(SubIndication::SignedDataNotFound);
    }
    let mut missing: Vec<CheckId> = mandatory
        .iter()
        .copied()
        .filter(|id| !checks.passed(*id))
        .collect();
    missing.extend(
        checks
            .iter()
            .filter(|check| check.status == Status::NotRun)
            .map(|check| check.id),
    );
    missing.sort();
    match missing.first() {
        Some(id) => open(unknown(*id)),
        None => Conclusion {
            indication: Indication::TotalPassed,
            sub_indication: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_passed() -> Checks {
        let mut checks = Checks::new();
        for id in CheckId::ALL {
            checks.pass(*id);
        }
        checks
    }

    /// V001, V003: a pass needs every mandatory check.
    #[test]
    fn a_missing_or_unrun_check_never_passes() {
        assert_eq!(
            conclude(CheckId::ALL, &all_passed()).indication(),
            Indication::TotalPassed
        );
        for id in CheckId::ALL {
            let mut missing = Checks::new();
            for other in CheckId::ALL.iter().filter(|other| *other != id) {
                missing.pass(*other);
            }
            assert_eq!(
                conclude(CheckId::ALL, &missing).indication(),
                Indication::Indeterminate,
                "{id:?}"
            );
            let mut not_run = all_passed();
            not_run.not_run(*id, Reason::Earlier);
            assert_eq!(
                conclude(CheckId::ALL, &not_run).indication(),
                Indication::Indeterminate,
                "{id:?}"
            );
            // Not mandatory, but said to be impossible: no pass either.
            assert_eq!(
                conclude(&[CheckId::Digest], &not_run).indication(),
                Indication::Indeterminate,
                "{id:?}"
            );
            let mut failed = all_passed();
            failed.fail(*id, Reason::Earlier);
            assert_ne!(
                conclude(CheckId::ALL, &failed).indication(),
                Indication::TotalPassed,
                "{id:?}"
            );
        }
        assert_eq!(
            conclude(&[], &Checks::new()).indication(),
            Indication::Indeterminate
        );
        assert_eq!(
            conclude(&[], &all_passed()).indication(),
            Indication::Indeterminate
        );
    }

    /// V010: a broken signature is said even when the path is broken too.
    #[test]
    fn a_failure_beats_what_is_open() {
        let mut checks = all_passed();
        checks.fail(CheckId::Path, Reason::Earlier);
        checks.fail(CheckId::SignatureValue, Reason::Earlier);
        let conclusion = conclude(CheckId::ALL, &checks);
        assert_eq!(
            conclusion.sub_indication(),
            Some(SubIndication::SigCryptoFailure)
        );
    }

    /// A later pass does not undo a failure, and the worse of two failures stays.
    #[test]
    fn a_failure_stays() {
        let mut checks = Checks::new();
        checks.fail_as(
            CheckId::Path,
            SubIndication::NoCertificateChainFound,
            Reason::Earlier,
        );
        checks.pass(CheckId::Path);
        checks.fail_as(CheckId::Path, SubIndication::Expired, Reason::Earlier);
        checks.fail_as(CheckId::Path, SubIndication::TryLater, Reason::Earlier);
        let check = checks.get(CheckId::Path).unwrap();
        assert_eq!(
            (check.status, check.sub_indication),
            (Status::Failed, Some(SubIndication::Expired))
        );
    }

    /// V002: the names are the standard's.
    #[test]
    fn ok_every_name_is_the_standards() {
        let names = SubIndication::ALL.iter().map(|sub| sub.name());
        // EN 319 102-1 §5.1.3, tables 5 and 6; in any order here.
        let said: std::collections::BTreeSet<_> = names.collect();
        let standard: std::collections::BTreeSet<_> = "FORMAT_FAILURE HASH_FAILURE \
            SIG_CRYPTO_FAILURE REVOKED EXPIRED NOT_YET_VALID SIG_CONSTRAINTS_FAILURE \
            CHAIN_CONSTRAINTS_FAILURE CERTIFICATE_CHAIN_GENERAL_FAILURE \
            CRYPTO_CONSTRAINTS_FAILURE CRYPTO_CONSTRAINTS_FAILURE_NO_POE \
            NO_SIGNING_CERTIFICATE_FOUND NO_CERTIFICATE_CHAIN_FOUND \
            NO_CERTIFICATE_CHAIN_FOUND_NO_POE REVOKED_NO_POE REVOKED_CA_NO_POE \
            OUT_OF_BOUNDS_NO_POE OUT_OF_BOUNDS_NOT_REVOKED REVOCATION_OUT_OF_BOUNDS_NO_POE \
            TIMESTAMP_ORDER_FAILURE NO_POE TRY_LATER SIGNED_DATA_NOT_FOUND \
            POLICY_PROCESSING_ERROR SIGNATURE_POLICY_NOT_AVAILABLE"
            .split_whitespace()
            .collect();
        assert_eq!(said, standard);
        for sub in SubIndication::ALL {
            assert_eq!(
                serde_json::to_string(sub).unwrap(),
                format!("\"{}\"", sub.name())
            );
            assert!(sub.urn().ends_with(sub.name()));
        }
        assert_eq!(
            Indication::TotalPassed.worst(Indication::Indeterminate),
            Indication::Indeterminate
        );
        assert_eq!(
            Indication::TotalFailed.worst(Indication::Indeterminate),
            Indication::TotalFailed
        );
    }
}
