//! Name constraints of the CAs above, names of a certificate → inside or outside, form by form.
//!
//! Every set of constraints is asked by itself: a name must be under a permitted base of each
//! set that has its form, and under no excluded base of any. That is the intersection and the
//! union of RFC 5280 §6.1.4 (g), without computing them. What is not understood fails.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;

use super::PathFailureKind;
use super::build::Work;
use crate::oid;
use crate::pki::certificate::Certificate;
use crate::pki::extension::{GeneralName, GeneralSubtree, NameConstraints};
use crate::pki::name::Name;

/// What is wrong with names or constraints.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub enum NameConstraintFault {
    /// A base with a `minimum` or a `maximum`.
    BoundedSubtree,
    /// The name is under an excluded base.
    Excluded {
        /// The name.
        name: String,
    },
    /// The leaf carries name constraints.
    InLeaf,
    /// A base that is no base of its form.
    MalformedConstraint {
        /// The base.
        base: String,
    },
    /// A name of a constrained form that is no name of that form.
    MalformedName {
        /// The name.
        name: String,
    },
    /// The name is under no permitted base.
    NotPermitted {
        /// The name.
        name: String,
    },
    /// A name of a form that is constrained and cannot be compared.
    UnsupportedForm {
        /// The form.
        form: &'static str,
    },
}

impl fmt::Display for NameConstraintFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BoundedSubtree => f.write_str("a base has a minimum or maximum"),
            Self::Excluded { name } => write!(f, "{name} is excluded"),
            Self::InLeaf => f.write_str("the certificate of an end user has name constraints"),
            Self::MalformedConstraint { base } => write!(f, "malformed base {base}"),
            Self::MalformedName { name } => write!(f, "malformed name {name}"),
            Self::NotPermitted { name } => write!(f, "{name} is not permitted"),
            Self::UnsupportedForm { form } => {
                write!(f, "names of the form {form} cannot be compared")
            }
        }
    }
}

/// All sets of constraints from the anchor down.
#[derive(Default)]
pub(super) struct Constraints {
    sets: Vec<Set>,
}

#[derive(Default)]
struct Set {
    permitted: Bases,
    excluded: Bases,
}

#[derive(Default)]
struct Bases {
    directory: Vec<Name>,
    dns: Vec<String>,
    email: Vec<Mail>,
    ip: Vec<Network>,
    uri: Vec<String>,
    /// Forms that cannot be compared, with their number.
    unsupported: BTreeMap<&'static str, usize>,
}

/// A base for addresses: both of 4 or both of 16 octets.
struct Network {
    address: Box<[u8]>,
    mask: Box<[u8]>,
}

/// A base for mail addresses.
enum Mail {
    /// One mailbox: local part as it stands, host in lower case.
    Box(String, String),
    /// All mailboxes on one host.
    Host(String),
    /// All mailboxes on hosts below a domain (held without its leading point).
    Below(String),
    /// All.
    Every,
}

/// A name as the comparisons want it.
enum Asked<'a> {
    Directory(&'a Name),
    /// Lower case; `true` for a name that began with `*.`, which is cut off.
    Dns(String, bool),
    /// Local part, host in lower case.
    Email(String, String),
    Ip(&'a [u8]),
    /// The host, in lower case.
    Uri(String),
}

impl Constraints {
    /// Adds the constraints of one CA.
    pub(super) fn add(&mut self, names: &NameConstraints) -> Result<(), PathFailureKind> {
        if !names.permitted.is_empty() || !names.excluded.is_empty() {
            self.sets.push(Set {
                permitted: Bases::read(&names.permitted)?,
                excluded: Bases::read(&names.excluded)?,
            });
        }
        Ok(())
    }

    /// Holds every name of `certificate` against all sets.
    ///
    /// Source: RFC 5280 §6.1.3 (b), (c); §4.2.1.10.
    pub(super) fn check(
        &self,
        certificate: &Certificate,
        work: &mut Work<'_>,
    ) -> Result<(), PathFailureKind> {
        if self.sets.is_empty() {
            return Ok(());
        }
        let subject = certificate.subject();
        // NOTE RFC 5280 asks this only of certificates without alternative names; we always do
        // (validation rule 2.13).
        let addresses: Vec<GeneralName> = subject
            .attributes()
            .iter()
            .filter(|attribute| attribute.kind == oid::AT_EMAIL_ADDRESS)
            .map(|attribute| GeneralName::Email(attribute.text().unwrap_or_default()))
            .collect();
        let directory = (!subject.is_empty()).then(|| GeneralName::Directory(subject.clone()));
        let names = directory
            .iter()
            .chain(&addresses)
            .chain(certificate.subject_alt_names());
        for name in names {
            for set in &self.sets {
                set.check(name, work)?;
            }
        }
        Ok(())
    }
}

impl Set {
    fn check(&self, name: &GeneralName, work: &mut Work<'_>) -> Result<(), PathFailureKind> {
        let (permitted, excluded) = (self.permitted.count(name), self.excluded.count(name));
        if permitted + excluded == 0 {
            return Ok(());
        }
        work.compare(permitted + excluded)
            .map_err(|limit| PathFailureKind::Limit {
                name: limit.name,
                max: limit.max,
            })?;
        let asked = Asked::read(name).map_err(PathFailureKind::NameConstraint)?;
        let fault = |make: fn(String) -> NameConstraintFault| {
            Err(PathFailureKind::NameConstraint(make(text(name))))
        };
        if self.excluded.overlaps(&asked) {
            return fault(|name| NameConstraintFault::Excluded { name });
        }
        if permitted > 0 && !self.permitted.covers(&asked) {
            return fault(|name| NameConstraintFault::NotPermitted { name });
        }
        Ok(())
    }
}

impl Bases {
    fn read(subtrees: &[GeneralSubtree]) -> Result<Self, PathFailureKind> {
        let mut bases = Self::default();
        for subtree in subtrees {
            if subtree.bounded {
                return Err(PathFailureKind::NameConstraint(
                    NameConstraintFault::BoundedSubtree,
                ));
            }
            let malformed = || {
                PathFailureKind::NameConstraint(NameConstraintFault::MalformedConstraint {
                    base: text(&subtree.base),
                })
            };
            match &subtree.base {
                GeneralName::Directory(name) => bases.directory.push(name.clone()),
                GeneralName::Dns(base) => {
                    bases.dns.push(host_base(base).ok_or_else(malformed)?);
                }
                GeneralName::Email(base) => {
                    bases.email.push(Mail::read(base).ok_or_else(malformed)?);
                }
                GeneralName::Ip(octets) => {
                    bases.ip.push(Network::read(octets).ok_or_else(malformed)?);
                }
                GeneralName::Uri(base) => {
                    bases.uri.push(host_base(base).ok_or_else(malformed)?);
                }
                other => *bases.unsupported.entry(form(other)).or_default() += 1,
            }
        }
        Ok(bases)
    }

    /// Number of bases of the form of `name`.
    fn count(&self, name: &GeneralName) -> usize {
        match name {
            GeneralName::Directory(_) => self.directory.len(),
            GeneralName::Dns(_) => self.dns.len(),
            GeneralName::Email(_) => self.email.len(),
            GeneralName::Ip(_) => self.ip.len(),
            GeneralName::Uri(_) => self.uri.len(),
            other => self.unsupported.get(form(other)).copied().unwrap_or(0),
        }
    }

    /// Whether the whole of `asked` is under one of the bases.
    fn covers(&self, asked: &Asked<'_>) -> bool {
        match asked {
            // Names under a wildcard are many, and not all of them need be permitted
            // (CVE-2025-61727, RUSTSEC-2026-0099).
            Asked::Dns(_, true) => false,
            other => self.overlaps(other),
        }
    }

    /// Whether some of `asked` is under one of the bases.
    fn overlaps(&self, asked: &Asked<'_>) -> bool {
        match asked {
            Asked::Directory(name) => self.directory.iter().any(|base| name.is_within(base)),
            Asked::Dns(host, wildcard) => self.dns.iter().any(|base| {
                let base_host = base.strip_prefix('.').unwrap_or(base);
                is_dns_within(host, base, *wildcard) || (*wildcard && is_below(base_host, host))
            }),
            Asked::Email(local, host) => self.email.iter().any(|base| match base {
                Mail::Box(box_local, box_host) => local == box_local && host == box_host,
                Mail::Host(base) => host == base,
                Mail::Below(base) => is_below(host, base),
                Mail::Every => true,
            }),
            Asked::Ip(address) => self.ip.iter().any(|network| network.has(address)),
            Asked::Uri(host) => self.uri.iter().any(|base| match base.strip_prefix('.') {
                Some(domain) => is_below(host, domain),
                None => base.is_empty() || host == base,
            }),
        }
    }
}

impl<'a> Asked<'a> {
    fn read(name: &'a GeneralName) -> Result<Self, NameConstraintFault> {
        let malformed = || NameConstraintFault::MalformedName { name: text(name) };
        Ok(match name {
            GeneralName::Directory(name) => Self::Directory(name),
            GeneralName::Dns(host) => {
                let (wildcard, host) = match host.strip_prefix("*.") {
                    Some(rest) => (true, rest),
                    None => (false, host.as_str()),
                };
                Self::Dns(host_name(host).ok_or_else(malformed)?, wildcard)
            }
            GeneralName::Email(address) => {
                let (local, host) = mailbox(address).ok_or_else(malformed)?;
                Self::Email(local, host)
            }
            GeneralName::Ip(octets) if matches!(octets.len(), 4 | 16) => Self::Ip(octets),
            GeneralName::Ip(_) => return Err(malformed()),
            GeneralName::Uri(uri) => Self::Uri(uri_host(uri).ok_or_else(malformed)?),
            other => return Err(NameConstraintFault::UnsupportedForm { form: form(other) }),
        })
    }
}

impl Mail {
    /// Source: RFC 5280 §4.2.1.10; validation rule 2.14.
    fn read(base: &str) -> Option<Self> {
        if base.is_empty() {
            return Some(Self::Every);
        }
        if base.contains('@') {
            let (local, host) = mailbox(base)?;
            return Some(Self::Box(local, host));
        }
        match base.strip_prefix('.') {
            Some(domain) => host_name(domain).map(Self::Below),
            None => host_name(base).map(Self::Host),
        }
    }
}

impl Network {
    /// From address and contiguous mask.
    fn read(octets: &[u8]) -> Option<Self> {
        if !matches!(octets.len(), 8 | 32) {
            return None;
        }
        let (address, mask) = octets.split_at(octets.len() / 2);
        let mut ended = false;
        for octet in mask {
            let contiguous = octet.leading_ones() + octet.trailing_zeros().min(8) >= 8;
            if !contiguous || (ended && *octet != 0) {
                return None;
            }
            ended = *octet != 0xff;
        }
        Some(Self {
            address: address.into(),
            mask: mask.into(),
        })
    }

    fn has(&self, address: &[u8]) -> bool {
        let bits = self.address.iter().zip(&self.mask);
        self.address.len() == address.len()
            && bits
                .zip(address)
                .all(|((network, mask), octet)| network & mask == octet & mask)
    }
}

/// A DNS name in lower case: labels of letters, digits, hyphens and underscores, none empty, no
/// point at the end.
fn host_name(text: &str) -> Option<String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
    };
    (text.len() <= 253 && text.split('.').all(label)).then(|| text.to_ascii_lowercase())
}

/// A base for hosts: a name, a name with a leading point, or nothing for all.
fn host_base(text: &str) -> Option<String> {
    match text.strip_prefix('.') {
        _ if text.is_empty() => Some(String::new()),
        Some(domain) => host_name(domain).map(|domain| format!(".{domain}")),
        None => host_name(text),
    }
}

/// Whether `host` is `domain` with at least one label before it.
fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain)
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|rest| !rest.is_empty())
}

/// Source: RFC 5280 §4.2.1.10: labels may be added on the left. With a leading point, which
/// the standard does not know here, at least one must be.
fn is_dns_within(host: &str, base: &str, wildcard: bool) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_below(host, domain) || (wildcard && host == domain),
        None => base.is_empty() || host == base || is_below(host, base),
    }
}

/// Local part as it stands and host in lower case. Quoted local parts are refused: what stands
/// inside the quotes has fooled other comparisons (CVE-2026-27137).
fn mailbox(address: &str) -> Option<(String, String)> {
    let (local, host) = address.split_once('@')?;
    let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&c);
    if local.is_empty() || !local.bytes().all(atom) {
        return None;
    }
    Some((local.to_owned(), host_name(host)?))
}

/// The host of a URI with authority, in lower case; `None` unless it is a DNS name.
///
/// Source: RFC 3986 §3.2; RFC 5280 §4.2.1.10.
fn uri_host(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    if scheme.is_empty()
        || !scheme
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c))
    {
        return None;
    }
    let rest = rest.strip_prefix("//")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = match authority.rsplit_once('@') {
        Some((_, host)) => host,
        None => authority,
    };
    let host = match host.split_once(':') {
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => host,
        Some(_) => return None,
        None => host,
    };
    // An address is no name; the last label of a name is never a number.
    let last = host.rsplit('.').next().unwrap_or_default();
    if host.parse::<Ipv4Addr>().is_ok() || last.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    host_name(host)
}

fn form(name: &GeneralName) -> &'static str {
    match name {
        GeneralName::Directory(_) => "directoryName",
        GeneralName::Dns(_) => "dNSName",
        GeneralName::EdiParty(_) => "ediPartyName",
        GeneralName::Email(_) => "rfc822Name",
        GeneralName::Ip(_) => "iPAddress",
        GeneralName::Other(..) => "otherName",
        GeneralName::RegisteredId(_) => "registeredID",
        GeneralName::Uri(_) => "uniformResourceIdentifier",
        GeneralName::X400(_) => "x400Address",
    }
}

/// The name for people.
fn text(name: &GeneralName) -> String {
    let value = match name {
        GeneralName::Directory(name) => name.rfc4514(),
        GeneralName::Dns(text) | GeneralName::Email(text) | GeneralName::Uri(text) => text.clone(),
        GeneralName::Ip(octets) => octets
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>(),
        GeneralName::RegisteredId(oid) | GeneralName::Other(oid, _) => oid.to_string(),
        GeneralName::EdiParty(_) | GeneralName::X400(_) => String::new(),
    };
    format!("{} `{value}`", form(name))
}
