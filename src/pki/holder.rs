//! A subject name → who holds a certificate, as the names of the field tell it. Hints, never proofs.
//!
//! In Vietnam the subject carries the agency chain in several OU, the title in T, and identifiers
//! in several UID attributes with prefixes: `MST:0100109106-001`, `CCCD:012345678901`. Who is a
//! person and who an agency is decided by the rules of the trust file
//! ([`crate::pki::Trust::role`]); what is read here yields findings.

use serde::{Deserialize, Serialize};

use crate::oid;
use crate::pki::name::Name;

/// Who holds a certificate. Texts stand as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The last CN.
    pub common_name: Option<String>,
    /// T.
    pub title: Option<String>,
    /// O, the highest first.
    pub organizations: Vec<String>,
    /// OU, the highest agency first.
    pub units: Vec<String>,
    /// L.
    pub locality: Option<String>,
    /// ST.
    pub state: Option<String>,
    /// C.
    pub country: Option<String>,
    /// Mail addresses in the name.
    pub emails: Vec<String>,
    /// The serialNumber attribute of the name (not of the certificate).
    pub serial_number: Option<String>,
    /// All UID attributes.
    pub identifiers: Vec<Identifier>,
}

/// One UID attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identifier {
    /// What its prefix says.
    pub kind: IdentifierKind,
    /// What follows the prefix; all of it for [`IdentifierKind::Other`].
    pub value: String,
}

/// What the prefix of an identifier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum IdentifierKind {
    /// `MNS`: unit that spends the state budget.
    BudgetUnit,
    /// `CCCD`: citizen's identity card.
    CitizenIdentity,
    /// `CMND`: the older identity card.
    OldIdentity,
    /// No known prefix.
    Other,
    /// `HC`: passport.
    Passport,
    /// `PID`: personal identifier.
    Personal,
    /// `PPID`: personal identifier of a passport holder.
    PassportPersonal,
    /// `BHXH`: social insurance.
    SocialInsurance,
    /// `MST`: tax code, of a branch when it ends in `-NNN`.
    TaxCode,
}

/// What the identifiers suggest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HolderHint {
    /// Identifiers, and none of a person.
    Organisation,
    /// An identifier that only persons have.
    Person,
    /// No identifiers.
    Unknown,
}

const PREFIXES: &[(&str, IdentifierKind)] = &[
    ("BHXH", IdentifierKind::SocialInsurance),
    ("CCCD", IdentifierKind::CitizenIdentity),
    ("CMND", IdentifierKind::OldIdentity),
    ("HC", IdentifierKind::Passport),
    ("MNS", IdentifierKind::BudgetUnit),
    ("MST", IdentifierKind::TaxCode),
    ("PID", IdentifierKind::Personal),
    ("PPID", IdentifierKind::PassportPersonal),
];

impl Holder {
    /// Reads a subject name.
    pub fn from_name(name: &Name) -> Self {
        let attributes = name.attributes();
        let place = |kind| attributes.iter().position(|a| a.kind == kind);
        // Names are written both ways round: from the country down, or from the person up.
        let upwards = match (place(oid::AT_COMMON_NAME), place(oid::AT_COUNTRY)) {
            (Some(person), Some(country)) => person < country,
            _ => false,
        };
        let downwards = |kind| {
            let mut texts = name.texts(kind);
            if upwards {
                texts.reverse();
            }
            texts
        };
        let last = |kind| downwards(kind).pop();
        Self {
            common_name: last(&oid::AT_COMMON_NAME),
            title: last(&oid::AT_TITLE),
            organizations: downwards(&oid::AT_ORGANIZATION),
            units: downwards(&oid::AT_ORGANIZATIONAL_UNIT),
            locality: last(&oid::AT_LOCALITY),
            state: last(&oid::AT_STATE),
            country: last(&oid::AT_COUNTRY),
            emails: name.texts(&oid::AT_EMAIL_ADDRESS),
            serial_number: last(&oid::AT_SERIAL_NUMBER),
            identifiers: name
                .texts(&oid::AT_USER_ID)
                .iter()
                .map(|text| Identifier::from_text(text))
                .collect(),
        }
    }

    /// The values of one kind of identifier.
    pub fn identifiers_of(&self, kind: IdentifierKind) -> impl Iterator<Item = &str> {
        self.identifiers
            .iter()
            .filter(move |identifier| identifier.kind == kind)
            .map(|identifier| identifier.value.as_str())
    }

    /// What the identifiers suggest, as the vendors of the field read them.
    pub fn hint(&self) -> HolderHint {
        use IdentifierKind as Kind;
        let personal = |identifier: &Identifier| {
            matches!(
                identifier.kind,
                Kind::CitizenIdentity
                    | Kind::OldIdentity
                    | Kind::Passport
                    | Kind::Personal
                    | Kind::PassportPersonal
                    | Kind::SocialInsurance
            )
        };
        let known = |identifier: &Identifier| identifier.kind != Kind::Other;
        if self.identifiers.iter().any(personal) {
            HolderHint::Person
        } else if self.identifiers.iter().any(known) {
            HolderHint::Organisation
        } else {
            HolderHint::Unknown
        }
    }
}

impl Identifier {
    fn from_text(text: &str) -> Self {
        let known = text.split_once(':').and_then(|(prefix, value)| {
            let (_, kind) = PREFIXES
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(prefix.trim()))?;
            Some((*kind, value.trim()))
        });
        let (kind, value) = known.unwrap_or((IdentifierKind::Other, text));
        Self {
            kind,
            value: value.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(text: &str) -> Holder {
        Holder::from_name(&Name::from_rfc4514(text).unwrap())
    }

    #[test]
    fn ok_a_leader_with_agency_chain_title_and_identifiers() {
        let leader = holder(
            "UID=CCCD:012345678901,UID=MST:0100109106-001,title=Giám đốc,\
             CN=Nguyễn Văn A\\, Tiến sĩ,OU=Phòng Một,OU=Sở Hai,O=Ủy ban Ba,C=VN",
        );
        assert_eq!(leader.common_name.as_deref(), Some("Nguyễn Văn A, Tiến sĩ"));
        assert_eq!(leader.units, ["Sở Hai", "Phòng Một"]);
        assert_eq!(leader.title.as_deref(), Some("Giám đốc"));
        let tax = leader.identifiers_of(IdentifierKind::TaxCode);
        assert_eq!(tax.collect::<Vec<_>>(), ["0100109106-001"]);
        assert_eq!(leader.hint(), HolderHint::Person);
    }

    #[test]
    fn ok_the_agency_chain_reads_the_same_both_ways_round() {
        let down = holder("CN=A,OU=low,OU=high,C=VN");
        let up = holder("C=VN,OU=high,OU=low,CN=A");
        assert_eq!(down.units, ["high", "low"]);
        assert_eq!(up.units, down.units);
    }

    #[test]
    fn ok_hints_come_from_known_prefixes_alone() {
        assert_eq!(holder("UID=mst: 01,CN=A").hint(), HolderHint::Organisation);
        assert_eq!(holder("UID=MNS:1,UID=HC:2,CN=A").hint(), HolderHint::Person);
        assert_eq!(holder("UID=jdoe,CN=A").hint(), HolderHint::Unknown);
        assert_eq!(holder("UID=X:1,CN=A").identifiers[0].value, "X:1");
        assert_eq!(holder("CN=MST:1").hint(), HolderHint::Unknown);
    }
}
