//! A certificate → its facts, as JSON and as sentences.

use std::fmt::Write;

use serde::Serialize;

use super::hex;
use super::message::Language;
use super::message::certificate::{self as say, Label};
use crate::oid::Oid;
use crate::pki::Certificate;
use crate::pki::extension::{
    DistributionPoint, DistributionPointName, GeneralName, GeneralSubtree, KeyUsage,
};
use crate::pki::holder::{Holder, HolderHint};
use crate::time::{UtcTime, VIETNAM_OFFSET};

/// Everything that a certificate says. Nothing of it is proven by being here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CertificateFacts {
    /// RFC 4514 subject.
    pub subject: String,
    /// RFC 4514 issuer.
    pub issuer: String,
    /// Whether subject and issuer are one name.
    pub self_issued: bool,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// 1 to 3.
    pub version: u8,
    /// First second of validity.
    pub not_before: UtcTime,
    /// Last second of validity.
    pub not_after: UtcTime,
    /// SHA-256 of the DER, hexadecimal: what trust files pin.
    pub sha256: String,
    /// The key, such as `RSA 2048`.
    pub key: String,
    /// The issuer's signature algorithm.
    pub signature_algorithm: String,
    /// Whether it may issue certificates.
    pub authority: bool,
    /// CA certificates that may stand below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_length: Option<u64>,
    /// Names of the key usage bits; `None` = no such extension.
    pub key_usage: Option<Vec<&'static str>>,
    /// Extended key usage; `None` = no such extension.
    pub extended_key_usage: Option<Vec<Named>>,
    /// Certificate policies.
    pub policies: Vec<Oid>,
    /// Pairs of the issuer's and the subject's policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy_mappings: Vec<(Oid, Oid)>,
    /// Subject key identifier, hexadecimal.
    pub subject_key_identifier: Option<String>,
    /// What the issuer's certificate is, as hinted.
    pub authority_key_identifier: Option<AuthorityHint>,
    /// Alternative names, each with its form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subject_alt_names: Vec<String>,
    /// Names that must be under one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permitted_names: Vec<String>,
    /// Names that must not be under any of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded_names: Vec<String>,
    /// Places of CRLs.
    pub crl: Vec<String>,
    /// Places of delta CRLs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub freshest_crl: Vec<String>,
    /// OCSP responders.
    pub ocsp: Vec<String>,
    /// Places of the issuer's certificate.
    pub ca_issuers: Vec<String>,
    /// Kinds of the statements on qualified certificates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub qualified_statements: Vec<Oid>,
    /// There is no revocation information (RFC 9608).
    pub no_rev_avail: bool,
    /// An OCSP responder that asks not to be checked.
    pub ocsp_no_check: bool,
    /// All extensions, in order.
    pub extensions: Vec<ExtensionFact>,
    /// What breaks RFC 5280, in English.
    pub oddities: Vec<String>,
    /// Why no path may contain it; `None` = usable.
    pub unusable: Option<String>,
    /// Who holds it, as its subject tells.
    pub holder: Holder,
    /// What the holder's identifiers suggest; a hint, never a proof.
    pub hint: HolderHint,
}

/// An object identifier with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Dotted.
    pub oid: Oid,
    /// Its name in the registries, where known.
    pub name: Option<&'static str>,
}

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtensionFact {
    /// Which.
    #[serde(flatten)]
    pub kind: Named,
    /// Whether it must be understood.
    pub critical: bool,
    /// Content, for kinds that no check uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The parts of an authority key identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthorityHint {
    /// Key identifier, hexadecimal.
    pub key: Option<String>,
    /// Names of the issuer's issuer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub issuer: Vec<String>,
    /// Serial number of the issuer's certificate, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

impl From<&Oid> for Named {
    fn from(oid: &Oid) -> Self {
        let name = const_oid::ObjectIdentifier::new(&oid.to_string())
            .ok()
            .and_then(|known| const_oid::db::DB.by_oid(&known))
            .or_else(|| match oid.to_string().as_str() {
                "1.3.6.1.5.5.7.3.36" => Some("id-kp-documentSigning"),
                "1.3.6.1.4.1.311.10.3.12" => Some("msDocumentSigning"),
                "1.2.840.113583.1.1.5" => Some("adobeAuthenticDocumentsTrust"),
                "1.3.6.1.4.1.311.20.2.2" => Some("msSmartcardLogon"),
                "2.16.840.1.113730.1.1" => Some("netscapeCertType"),
                "2.16.840.1.113730.1.13" => Some("netscapeComment"),
                _ => None,
            });
        Self {
            oid: oid.clone(),
            name,
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name {
            Some(name) => f.write_str(name),
            None => self.oid.fmt(f),
        }
    }
}

impl CertificateFacts {
    /// Reads them off.
    pub fn new(certificate: &Certificate) -> Self {
        let texts = |urls: Vec<&str>| urls.into_iter().map(str::to_owned).collect();
        let subtrees = |list: &[GeneralSubtree]| list.iter().map(|s| general(&s.base)).collect();
        let names = certificate.name_constraints();
        let holder = certificate.holder();
        Self {
            subject: certificate.subject().rfc4514(),
            issuer: certificate.issuer().rfc4514(),
            self_issued: certificate.is_self_issued(),
            serial: certificate.serial().to_string(),
            version: certificate.version(),
            not_before: certificate.validity().not_before,
            not_after: certificate.validity().not_after,
            sha256: hex(certificate.sha256()),
            key: certificate.public_key().kind().name(),
            signature_algorithm: certificate.signature_algorithm().name(),
            authority: certificate.is_authority(),
            path_length: certificate.basic_constraints().and_then(|b| b.path_length),
            key_usage: certificate.key_usage().map(KeyUsage::names),
            extended_key_usage: certificate
                .extended_key_usage()
                .map(|kinds| kinds.iter().map(Named::from).collect()),
            policies: certificate.policies().unwrap_or_default().to_vec(),
            policy_mappings: certificate
                .policy_mappings()
                .iter()
                .map(|pair| (pair.issuer.clone(), pair.subject.clone()))
                .collect(),
            subject_key_identifier: certificate.subject_key_identifier().map(hex),
            authority_key_identifier: certificate.authority_key_identifier().map(|id| {
                AuthorityHint {
                    key: id.key_identifier.as_deref().map(hex),
                    issuer: id.issuer.iter().map(general).collect(),
                    serial: id.serial.as_ref().map(ToString::to_string),
                }
            }),
            subject_alt_names: certificate
                .subject_alt_names()
                .iter()
                .map(general)
                .collect(),
            permitted_names: names.map_or_else(Vec::new, |n| subtrees(&n.permitted)),
            excluded_names: names.map_or_else(Vec::new, |n| subtrees(&n.excluded)),
            crl: points(certificate.crl_distribution_points()),
            freshest_crl: points(certificate.freshest_crl()),
            ocsp: texts(certificate.ocsp_urls()),
            ca_issuers: texts(certificate.ca_issuer_urls()),
            qualified_statements: certificate.qualified_statements().to_vec(),
            no_rev_avail: certificate.no_rev_avail(),
            ocsp_no_check: certificate.ocsp_no_check(),
            extensions: certificate
                .extensions()
                .iter()
                .map(|extension| ExtensionFact {
                    kind: Named::from(&extension.kind),
                    critical: extension.critical,
                    text: extension.describe(),
                })
                .collect(),
            oddities: certificate
                .oddities()
                .iter()
                .map(ToString::to_string)
                .collect(),
            unusable: certificate.unusable().map(ToString::to_string),
            hint: holder.hint(),
            holder,
        }
    }

    /// As sentences. `at`: the moment for which the period is commented; `warn_days`: how many
    /// days before its end a certificate gets a warning.
    pub fn text(&self, language: Language, at: UtcTime, warn_days: u32) -> String {
        let l = language;
        let mut out = Lines {
            text: String::new(),
            language: l,
        };
        out.one(Label::Subject, &self.subject);
        self.holder_text(&mut out);
        out.one(Label::Issuer, &self.issuer);
        if self.self_issued {
            out.note(say::self_issued(l));
        }
        out.one(Label::Serial, &self.serial);
        out.one(Label::Version, &self.version.to_string());
        let from = self.not_before.rfc3339(VIETNAM_OFFSET);
        let until = self.not_after.rfc3339(VIETNAM_OFFSET);
        out.one(Label::Period, &format!("{from} – {until}"));
        match period(self.not_before, self.not_after, at, warn_days) {
            PeriodState::Inside => {}
            state => out.note(&say::period(l, state)),
        }
        out.one(Label::Key, &self.key);
        out.one(Label::SignedWith, &self.signature_algorithm);
        if self.authority {
            out.one(Label::Authority, &say::authority(l, self.path_length));
        }
        match &self.key_usage {
            Some(bits) => {
                let bits: Vec<_> = bits.iter().map(|bit| say::key_usage(l, bit)).collect();
                out.one(Label::KeyUsage, &bits.join(", "));
            }
            None => out.one(Label::KeyUsage, say::not_limited(l)),
        }
        match &self.extended_key_usage {
            Some(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(|kind| say::purpose(l, kind)).collect();
                out.one(Label::ExtendedKeyUsage, &kinds.join(", "));
            }
            None => out.one(Label::ExtendedKeyUsage, say::not_limited(l)),
        }
        out.many(Label::Policies, &self.policies);
        let mapped = self.policy_mappings.iter();
        let mapped: Vec<_> = mapped.map(|(from, to)| format!("{from} → {to}")).collect();
        out.many(Label::PolicyMappings, &mapped);
        out.many(Label::AlternativeNames, &self.subject_alt_names);
        out.many(Label::PermittedNames, &self.permitted_names);
        out.many(Label::ExcludedNames, &self.excluded_names);
        out.many(Label::Ocsp, &self.ocsp);
        out.many(Label::Crl, &self.crl);
        out.many(Label::FreshestCrl, &self.freshest_crl);
        out.many(Label::CaIssuers, &self.ca_issuers);
        if self.no_rev_avail {
            out.note(say::no_rev_avail(l));
        }
        if self.ocsp_no_check {
            out.note(say::ocsp_no_check(l));
        }
        out.many(Label::QualifiedStatements, &self.qualified_statements);
        if let Some(id) = &self.subject_key_identifier {
            out.one(Label::KeyIdentifier, id);
        }
        if let Some(hint) = &self.authority_key_identifier {
            let mut parts: Vec<String> = hint.key.iter().cloned().collect();
            parts.extend(hint.issuer.iter().cloned());
            parts.extend(hint.serial.iter().map(|serial| format!("serial {serial}")));
            out.one(Label::IssuerIdentifier, &parts.join("; "));
        }
        let extensions = self.extensions.iter().map(|extension| {
            let mark = if extension.critical { "!" } else { "" };
            match &extension.text {
                Some(text) => format!("{}{mark} ({text})", extension.kind),
                None => format!("{}{mark}", extension.kind),
            }
        });
        out.many(Label::Extensions, &extensions.collect::<Vec<_>>());
        out.one(Label::Sha256, &self.sha256);
        for oddity in &self.oddities {
            out.note(&say::oddity(l, oddity));
        }
        if let Some(why) = &self.unusable {
            out.note(&say::unusable(l, why));
        }
        out.text
    }

    fn holder_text(&self, out: &mut Lines) {
        let l = out.language;
        let holder = &self.holder;
        let optional = |out: &mut Lines, label, value: &Option<String>| {
            if let Some(value) = value {
                out.one(label, value);
            }
        };
        optional(out, Label::Name, &holder.common_name);
        optional(out, Label::Title, &holder.title);
        let agency: Vec<_> = holder.organizations.iter().chain(&holder.units).collect();
        if !agency.is_empty() {
            let agency: Vec<_> = agency.into_iter().map(String::as_str).collect();
            out.one(Label::Agency, &agency.join(" › "));
        }
        for identifier in &holder.identifiers {
            let kind = say::identifier(l, identifier.kind);
            out.one(Label::Identifier, &format!("{kind} {}", identifier.value));
        }
        out.many(Label::Email, &holder.emails);
        if let Some(hint) = say::hint(l, self.hint) {
            out.note(hint);
        }
    }
}

/// Where a moment lies in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum PeriodState {
    /// Before it.
    NotYet,
    /// In it, the end not near.
    Inside,
    /// In it, and it ends after this many days, rounded down.
    EndsIn {
        /// Days.
        days: i64,
    },
    /// After it.
    Over,
}

/// Where `at` lies in the period; `warn_days`: how many days before its end "near" begins.
pub fn period(not_before: UtcTime, not_after: UtcTime, at: UtcTime, warn_days: u32) -> PeriodState {
    let left = not_after.unix().saturating_sub(at.unix());
    if at < not_before {
        PeriodState::NotYet
    } else if left < 0 {
        PeriodState::Over
    } else if left < i64::from(warn_days).saturating_mul(86_400) {
        PeriodState::EndsIn {
            days: left / 86_400,
        }
    } else {
        PeriodState::Inside
    }
}

struct Lines {
    text: String,
    language: Language,
}

impl Lines {
    // Writing to a string cannot fail.
    fn one(&mut self, label: Label, value: &str) {
        let label = say::label(self.language, label);
        let _ = writeln!(self.text, "  {label}: {}", plain(value));
    }

    fn many(&mut self, label: Label, values: &[impl std::fmt::Display]) {
        if !values.is_empty() {
            let all: Vec<_> = values.iter().map(ToString::to_string).collect();
            self.one(label, &all.join(", "));
        }
    }

    fn note(&mut self, text: &str) {
        let _ = writeln!(self.text, "  ! {}", plain(text));
    }
}

/// Text of a certificate for a terminal: control characters and marks that turn the direction of
/// text are shown as escapes.
pub(crate) fn plain(text: &str) -> String {
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hostile(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

fn general(name: &GeneralName) -> String {
    match name {
        GeneralName::Directory(name) => format!("dn:{name}"),
        GeneralName::Dns(name) => format!("dns:{name}"),
        GeneralName::EdiParty(octets) => format!("ediparty:{}", hex(octets)),
        GeneralName::Email(name) => format!("email:{name}"),
        GeneralName::Ip(octets) => address(octets),
        GeneralName::Other(kind, octets) => format!("other:{kind}:{}", hex(octets)),
        GeneralName::RegisteredId(id) => format!("id:{id}"),
        GeneralName::Uri(name) => format!("uri:{name}"),
        GeneralName::X400(octets) => format!("x400:{}", hex(octets)),
    }
}

/// An address, or an address and its mask.
fn address(octets: &[u8]) -> String {
    let one = |octets: &[u8]| {
        let four = <[u8; 4]>::try_from(octets).map(std::net::IpAddr::from);
        let any = four.or_else(|_| <[u8; 16]>::try_from(octets).map(std::net::IpAddr::from));
        any.ok().map(|address| address.to_string())
    };
    let (base, mask) = octets.split_at(octets.len() / 2);
    match (one(octets), one(base), one(mask)) {
        // Sixteen octets are one address, also where they could be two of eight.
        (Some(address), _, _) => format!("ip:{address}"),
        (None, Some(base), Some(mask)) => format!("ip:{base}/{mask}"),
        _ => format!("ip:{}", hex(octets)),
    }
}

fn points(points: &[DistributionPoint]) -> Vec<String> {
    points
        .iter()
        .flat_map(|point| match &point.name {
            Some(DistributionPointName::Full(names)) => names
                .iter()
                .map(|name| match name {
                    GeneralName::Uri(url) => url.clone(),
                    other => general(other),
                })
                .collect(),
            Some(DistributionPointName::Relative(octets)) => {
                vec![format!("relative:{}", hex(octets))]
            }
            None => point.crl_issuer.iter().map(general).collect(),
        })
        .collect()
}
