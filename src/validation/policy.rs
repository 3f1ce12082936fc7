//! Named profiles → plain data that the checks read; no check knows a profile by name.

use serde::{Deserialize, Serialize};

use crate::crypto::{Curve, DigestAlgorithm, KeyKind, SignatureAlgorithm};
use crate::error::{Error, ErrorKind};
use crate::time::UtcTime;

/// What a signature must satisfy; a value that can be stored, compared and hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Policy {
    /// Name shown in reports.
    pub name: String,
    /// How much must be known about revocation.
    pub revocation: RevocationMode,
    /// When revocation data is too old.
    pub freshness: Freshness,
    /// Which revocation data counts for a signature that is proven to be older than the validation.
    pub proven_freshness: ProvenFreshness,
    /// Which later changes are accepted without a certification that grants them.
    pub changes: ChangeAllowance,
    /// A new visible signature field after a certification with P ≥ 2.
    pub field_after_certification: Reaction,
    /// Signed hybrid cross-references whose table and stream agree; others always fail.
    pub hybrid: Reaction,
    /// Bytes other than zeros after the CMS structure.
    pub cms_trailing: Reaction,
    /// CMS in BER where DER is asked for.
    pub cms_encoding: Reaction,
    /// A CMS signature without signed attributes in `adbe.pkcs7.detached`.
    pub no_signed_attributes: Reaction,
    /// `ETSI.CAdES.detached` without a signing-certificate attribute.
    pub no_signing_certificate_attribute: Reaction,
    /// Digest algorithm of the signer that differs from the one in its signature algorithm.
    pub digest_mismatch: Reaction,
    /// Whether the signer's key usage must name content commitment (non-repudiation).
    pub content_commitment: ContentCommitment,
    /// Extended key usages that a signer may have instead of none; dotted identifiers.
    pub extended_key_usages: Vec<crate::oid::Oid>,
    /// Forms of signature that may pass: the PDF names, without the slash.
    pub sub_filters: Vec<String>,
    /// Until when which algorithm is strong enough.
    pub calendar: Calendar,
    /// Days before a certificate's end from which a finding is written.
    pub certificate_end_warning_days: u32,
    /// What a report calls the state of things at the claimed time. It decides nothing.
    #[serde(default)]
    pub claimed_time: ClaimedTimeUse,
}

/// What a report calls the state of things at the claimed time, which nothing proves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimedTimeUse {
    /// A block of its own.
    #[default]
    Apart,
    /// "Validity at signing time", still marked unproven, where no time-stamp proves a time.
    AsSigningTime,
}

/// How much must be known about the revocation of the path's certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationMode {
    /// Known for every certificate below the anchor.
    Require,
    /// Known for every certificate that says where its status is published.
    IfDeclared,
    /// Used when there, not missed when absent.
    SoftFail,
    /// Not looked at; the report says so.
    None,
}

/// When revocation data is too old to speak for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Freshness {
    /// After its own next update.
    NextUpdate,
    /// This many seconds after it was issued.
    MaxAge(u32),
}

/// Which revocation data counts for a signature that a time-stamp proves to be older than the
/// validation. Without such a proof, [`Freshness`] at the moment of the validation decides alone.
///
/// NOTE: the standard takes data as fresh that was issued within its own interval before the time
/// in question (EN 319 102-1 §5.2.5), and asks so for the best signature time (EN 319 102-1 §5.5.4).
/// Data from before the signature then counts, as it does for a validation now: `official` follows
/// that. Where a revocation that was on its way must be seen, data from after the signature is
/// asked for, as qualified signatures in Europe do: `strict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProvenFreshness {
    /// Data that was fresh at the best signature time, with a warning where it is not fresh now.
    FreshThen,
    /// Data issued at the best signature time or later alone.
    IssuedAfter,
}

/// What to do with a deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reaction {
    /// Satisfied, with a warning.
    Warn,
    /// Not satisfied.
    Reject,
}

/// Later changes that are accepted where no certification speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeAllowance {
    /// Security store and document time-stamps.
    LtaUpdates,
    /// Also signature fields.
    Signing,
    /// Also the filling of form fields.
    FormFilling,
    /// Also annotations.
    Annotations,
}

/// What is asked of a signer's key usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentCommitment {
    /// Digital signature or content commitment.
    Optional,
    /// Content commitment.
    Required,
}

/// Until when which algorithm is strong enough; dates are the last moment of trust.
///
/// Source: TS 119 312 §8 and §9, as used by EN 319 102-1 §5.2.8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Calendar {
    /// Version of the table, shown in reports.
    pub version: String,
    /// The entries; an algorithm without one is never strong enough.
    pub entries: Vec<CalendarEntry>,
}

/// One algorithm of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CalendarEntry {
    /// The algorithm, as [`algorithm_class`] and [`DigestAlgorithm::name`] name them.
    pub algorithm: String,
    /// Smallest key that the entry speaks of, in bits; 0 for digests.
    #[serde(default)]
    pub bits: u32,
    /// Last moment of trust; `None` is open.
    #[serde(default)]
    pub until: Option<UtcTime>,
    /// Whether a time-stamp must prove the use; the moment of the validation is no proof.
    #[serde(default)]
    pub proof_needed: bool,
}

/// The answer of a calendar for one use of one algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Strong enough, with the end of trust where the calendar has one.
    Until(Option<UtcTime>),
    /// Never strong enough.
    Never,
}

impl Strength {
    /// Whether trust reaches to `at`.
    pub fn holds_at(self, at: UtcTime) -> bool {
        match self {
            Self::Until(None) => true,
            Self::Until(Some(until)) => at <= until,
            Self::Never => false,
        }
    }

    /// The shorter of two.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Until(None), any) | (any, Self::Until(None)) => any,
            (Self::Until(Some(a)), Self::Until(Some(b))) => Self::Until(Some(a.min(b))),
        }
    }
}

impl Calendar {
    /// How long `digest` is trusted.
    pub fn digest(&self, digest: DigestAlgorithm) -> Strength {
        self.entry(digest.name(), 0)
    }

    /// How long a signature by `algorithm` with a key of `key` is trusted, digest included.
    pub fn signature(&self, algorithm: &SignatureAlgorithm, key: &KeyKind) -> Strength {
        let class = algorithm_class(algorithm);
        let own = self.entry(class, key_bits(key));
        match algorithm.digest() {
            Some(digest) => own.weaker(self.digest(digest)),
            None => own,
        }
    }

    /// Whether `digest` counts only where a time-stamp proves its use.
    pub fn needs_proof(&self, digest: DigestAlgorithm) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.algorithm == digest.name() && entry.proof_needed)
    }

    /// The entry with the largest key size that `bits` reaches decides.
    fn entry(&self, algorithm: &str, bits: u32) -> Strength {
        self.entries
            .iter()
            .filter(|entry| entry.algorithm == algorithm && entry.bits <= bits)
            .max_by_key(|entry| entry.bits)
            .map_or(Strength::Never, |entry| Strength::Until(entry.until))
    }
}

/// Name of a signature algorithm in the calendar, without its digest.
pub fn algorithm_class(algorithm: &SignatureAlgorithm) -> &'static str {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1 { .. } => "RSA-PKCS1",
        SignatureAlgorithm::RsaPss { .. } => "RSA-PSS",
        SignatureAlgorithm::Ecdsa { .. } => "ECDSA",
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Ed448 => "EdDSA",
        SignatureAlgorithm::Dsa { .. } => "DSA",
        SignatureAlgorithm::Unsupported { .. } => "unsupported",
    }
}

fn key_bits(key: &KeyKind) -> u32 {
    match key {
        KeyKind::Rsa { bits, .. } | KeyKind::Dsa { bits, .. } => *bits,
        KeyKind::Ec { curve: Curve::P256 } => 256,
        KeyKind::Ec { curve: Curve::P384 } => 384,
        KeyKind::Ec { curve: Curve::P521 } => 521,
        KeyKind::Ed25519 => 255,
        KeyKind::Ed448 => 448,
        _ => 0,
    }
}

fn entry(algorithm: &str, bits: u32, until: Option<(u32, u32)>) -> CalendarEntry {
    CalendarEntry {
        algorithm: algorithm.to_owned(),
        bits,
        until: until.and_then(|(year, month)| UtcTime::from_civil(year, month, 1, 0, 0, 0)),
        proof_needed: false,
    }
}

/// SHA-1 and short keys until the dates of the European table; v1.5 with ≥ 2048 bits stays open,
/// because the tokens and remote services of the field offer nothing else.
fn official_calendar() -> Calendar {
    let mut entries = vec![
        entry("SHA-1", 0, Some((2012, 8))),
        entry("SHA-224", 0, Some((2029, 1))),
        entry("RSA-PKCS1", 1024, Some((2019, 10))),
        entry("RSA-PKCS1", 1900, None),
        entry("RSA-PSS", 1024, Some((2019, 10))),
        entry("RSA-PSS", 1900, None),
        entry("ECDSA", 256, None),
        entry("EdDSA", 255, None),
    ];
    for digest in [
        DigestAlgorithm::Sha256,
        DigestAlgorithm::Sha384,
        DigestAlgorithm::Sha512,
        DigestAlgorithm::Sha512_256,
        DigestAlgorithm::Sha3_256,
        DigestAlgorithm::Sha3_384,
        DigestAlgorithm::Sha3_512,
        DigestAlgorithm::Shake128,
        DigestAlgorithm::Shake256,
    ] {
        entries.push(entry(digest.name(), 0, None));
    }
    Calendar {
        version: "kyso-official-1".to_owned(),
        entries,
    }
}

impl Policy {
    /// The names that [`Policy::named`] knows.
    pub const NAMES: &'static [&'static str] = &["official", "vn-2025", "vn-legacy", "strict"];

    /// The profile called `name`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "official" => Some(Self::official()),
            "vn-2025" => Some(Self::vn_2025()),
            "vn-legacy" => Some(Self::vn_legacy()),
            "strict" => Some(Self::strict()),
            _ => None,
        }
    }

    /// What a state agency should accept today; the default.
    pub fn official() -> Self {
        Self {
            name: "official".to_owned(),
            revocation: RevocationMode::Require,
            freshness: Freshness::NextUpdate,
            proven_freshness: ProvenFreshness::FreshThen,
            changes: ChangeAllowance::Signing,
            field_after_certification: Reaction::Warn,
            hybrid: Reaction::Warn,
            cms_trailing: Reaction::Reject,
            cms_encoding: Reaction::Warn,
            no_signed_attributes: Reaction::Reject,
            no_signing_certificate_attribute: Reaction::Reject,
            digest_mismatch: Reaction::Reject,
            content_commitment: ContentCommitment::Optional,
            extended_key_usages: vec![
                crate::oid::KP_DOCUMENT_SIGNING,
                crate::oid::KP_MS_DOCUMENT_SIGNING,
                crate::oid::KP_ADOBE_AUTHENTIC_DOCUMENTS,
                crate::oid::KP_EMAIL_PROTECTION,
                crate::oid::KP_CLIENT_AUTH,
                crate::oid::ANY_EXTENDED_KEY_USAGE,
            ],
            sub_filters: ["ETSI.CAdES.detached", "adbe.pkcs7.detached", "ETSI.RFC3161"]
                .map(str::to_owned)
                .to_vec(),
            calendar: official_calendar(),
            certificate_end_warning_days: 30,
            claimed_time: ClaimedTimeUse::Apart,
        }
    }

    /// Thông tư 15/2025/TT-BKHCN as written: its digests and key lengths.
    pub fn vn_2025() -> Self {
        let mut calendar = official_calendar();
        calendar.version = "kyso-vn-2025-1".to_owned();
        calendar
            .entries
            .retain(|e| !matches!(e.algorithm.as_str(), "SHA-1" | "SHA-224" | "EdDSA"));
        for digest in [DigestAlgorithm::Sha512_224, DigestAlgorithm::Sha3_224] {
            calendar.entries.push(entry(digest.name(), 0, None));
        }
        Self {
            name: "vn-2025".to_owned(),
            calendar,
            claimed_time: ClaimedTimeUse::AsSigningTime,
            ..Self::official()
        }
    }

    /// Archives of the older public-service PKI: SHA-1 while that PKI used it.
    pub fn vn_legacy() -> Self {
        let mut calendar = official_calendar();
        calendar.version = "kyso-vn-legacy-1".to_owned();
        for old in &mut calendar.entries {
            if old.algorithm == "SHA-1" {
                // The sub-CAs of the first public-service PKI end in March 2030.
                old.until = UtcTime::from_civil(2030, 3, 5, 0, 0, 0);
                old.proof_needed = true;
            }
        }
        Self {
            name: "vn-legacy".to_owned(),
            no_signed_attributes: Reaction::Warn,
            calendar,
            ..Self::official()
        }
    }

    /// Nothing outside PAdES baseline and the text of the standards.
    pub fn strict() -> Self {
        let mut calendar = official_calendar();
        calendar.version = "TS 119 312 v1.5.1".to_owned();
        calendar
            .entries
            .retain(|e| e.algorithm != "RSA-PKCS1" && e.algorithm != "RSA-PSS");
        calendar.entries.extend([
            entry("RSA-PKCS1", 1024, Some((2019, 10))),
            entry("RSA-PKCS1", 1900, Some((2029, 1))),
            entry("RSA-PSS", 1024, Some((2019, 10))),
            entry("RSA-PSS", 1900, Some((2029, 1))),
            entry("RSA-PSS", 3000, None),
        ]);
        Self {
            name: "strict".to_owned(),
            proven_freshness: ProvenFreshness::IssuedAfter,
            field_after_certification: Reaction::Reject,
            hybrid: Reaction::Reject,
            cms_encoding: Reaction::Reject,
            extended_key_usages: vec![crate::oid::KP_DOCUMENT_SIGNING],
            sub_filters: ["ETSI.CAdES.detached", "ETSI.RFC3161"]
                .map(str::to_owned)
                .to_vec(),
            calendar,
            ..Self::official()
        }
    }

    /// A policy from its JSON form.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`]: not a policy; the byte is where the reader stopped.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(json).map_err(|error| {
            let line_starts = json.split_inclusive(|c| *c == b'\n').map(<[u8]>::len);
            let before: usize = line_starts.take(error.line().saturating_sub(1)).sum();
            let position = before as u64 + error.column().saturating_sub(1) as u64;
            Error::at(ErrorKind::Misuse("not a policy file"), position)
        })
    }

    /// SHA-256 of the policy's JSON form: equal exactly for equal policies.
    pub fn digest(&self) -> [u8; 32] {
        use sha2::Digest;
        // Serialising a struct of strings, numbers and lists to memory cannot fail.
        let json = serde_json::to_vec(self).unwrap_or_default();
        sha2::Sha256::digest(json).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_profiles_round_trip_and_differ() {
        let mut digests = std::collections::BTreeSet::new();
        for name in Policy::NAMES {
            let policy = Policy::named(name).unwrap();
            assert_eq!(policy.name, *name);
            let json = serde_json::to_vec_pretty(&policy).unwrap();
            assert_eq!(Policy::from_json(&json).unwrap(), policy);
            assert!(digests.insert(policy.digest()));
        }
    }

    #[test]
    fn err_a_policy_with_an_unknown_word_is_refused_with_its_place() {
        let mut value = serde_json::to_value(Policy::official()).unwrap();
        value["revocations"] = "none".into();
        let json = serde_json::to_vec(&value).unwrap();
        assert!(
            Policy::from_json(&json)
                .unwrap_err()
                .position()
                .is_some_and(|at| at > 0)
        );
        assert!(Policy::from_json(b"{}").is_err());
    }

    /// V020: the calendar is data; each use is asked at its time.
    #[test]
    fn ok_the_calendar_answers_by_algorithm_size_and_time() {
        let at = |year| UtcTime::from_civil(year, 6, 1, 0, 0, 0).unwrap();
        let rsa = |bits| KeyKind::Rsa {
            bits,
            exponent: 65537,
            pss_only: false,
        };
        let v15 = |digest| SignatureAlgorithm::RsaPkcs1 { digest };
        let (official, strict) = (official_calendar(), Policy::strict().calendar);
        let sha256 = v15(DigestAlgorithm::Sha256);
        assert!(official.signature(&sha256, &rsa(2048)).holds_at(at(2040)));
        assert!(!strict.signature(&sha256, &rsa(2048)).holds_at(at(2030)));
        assert!(!strict.signature(&sha256, &rsa(3072)).holds_at(at(2030)));
        assert!(!official.signature(&sha256, &rsa(1024)).holds_at(at(2020)));
        assert!(official.signature(&sha256, &rsa(1024)).holds_at(at(2019)));
        assert_eq!(official.signature(&sha256, &rsa(1023)), Strength::Never);
        let sha1 = v15(DigestAlgorithm::Sha1);
        assert!(!official.signature(&sha1, &rsa(2048)).holds_at(at(2013)));
        assert!(
            Policy::vn_legacy()
                .calendar
                .signature(&sha1, &rsa(2048))
                .holds_at(at(2025))
        );
        assert!(
            Policy::vn_legacy()
                .calendar
                .needs_proof(DigestAlgorithm::Sha1)
        );
        assert!(
            !Policy::vn_legacy()
                .calendar
                .needs_proof(DigestAlgorithm::Sha256)
        );
        let dsa = SignatureAlgorithm::Dsa {
            digest: DigestAlgorithm::Sha256,
        };
        for name in Policy::NAMES {
            let policy = Policy::named(name).unwrap();
            assert_eq!(policy.calendar.signature(&dsa, &rsa(4096)), Strength::Never);
        }
    }
}
