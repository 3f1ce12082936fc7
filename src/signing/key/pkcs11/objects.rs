//! A session → the private keys and certificates of its token, and which belong together.

use cryptoki::mechanism::MechanismType;
use cryptoki::object::{
    Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle,
};
use cryptoki::session::Session;

use super::super::{linked, value};
use super::fault;
use super::uri::KeyChoice;
use crate::error::{Error, KeyFault, TokenFault};
use crate::pki::Certificate;
use crate::report::hex;

/// A token has few objects; a driver that lists without end is cut off here.
const MOST: usize = 1000;

/// A certificate on the token.
pub(super) struct StoredCertificate {
    pub(super) label: String,
    pub(super) id: Vec<u8>,
    pub(super) certificate: Certificate,
}

/// A private key on the token.
pub(super) struct StoredKey {
    pub(super) handle: ObjectHandle,
    pub(super) label: String,
    pub(super) id: Vec<u8>,
    /// What the driver calls its kind.
    pub(super) kind: String,
    /// It may sign.
    pub(super) sign: bool,
    /// What it shares with its public key: the modulus, or the point; `None` = not told.
    public: Option<Public>,
}

enum Public {
    Modulus(Vec<u8>),
    Point(Vec<u8>),
}

impl StoredKey {
    /// For lists.
    pub(super) fn shown(&self) -> String {
        format!("\"{}\" (id {})", self.label, hex(&self.id))
    }

    /// Whether `certificate` is the one of this key: by the public key where the token tells it,
    /// else by `CKA_ID`.
    pub(super) fn owns(&self, certificate: &Certificate, id: Option<&[u8]>) -> bool {
        let key = certificate.public_key();
        match &self.public {
            Some(Public::Modulus(own)) => key
                .rsa_components()
                .is_some_and(|(modulus, _)| modulus == own.as_slice()),
            Some(Public::Point(own)) => key.subject_public_key() == own.as_slice(),
            None => id.is_some_and(|id| !id.is_empty() && id == self.id),
        }
    }
}

/// What [`choose`] found.
pub(super) struct Chosen {
    pub(super) key: ObjectHandle,
    pub(super) certificate: Certificate,
    pub(super) chain: Vec<Certificate>,
}

/// Finds the one key with its certificate; `extra`: certificates from outside of the token.
pub(super) fn choose(
    session: &Session,
    choice: &KeyChoice,
    extra: &[Certificate],
) -> Result<Chosen, Error> {
    let (stored, _) = certificates(session)?;
    let all = private_keys(session)?;
    let names = |keys: &[&StoredKey]| keys.iter().map(|key| key.shown()).collect::<Vec<_>>();
    let certificate_of = |key: &StoredKey| {
        let own = stored
            .iter()
            .find(|one| key.owns(&one.certificate, Some(&one.id)));
        own.map(|one| (one.label.as_str(), &one.certificate))
            .or_else(|| {
                let other = extra.iter().find(|one| key.owns(one, None));
                other.map(|one| ("", one))
            })
    };
    let fits = |key: &&StoredKey| {
        let id = choice.id.as_ref().is_none_or(|id| *id == key.id);
        let label = choice.label.as_ref().is_none_or(|label| {
            if choice.by_certificate {
                certificate_of(key).is_some_and(|(own, _)| own == label)
            } else {
                *label == key.label
            }
        });
        id && label && key.sign
    };
    let mut fitting: Vec<&StoredKey> = all.iter().filter(fits).collect();
    if fitting.is_empty() {
        let keys = names(&all.iter().collect::<Vec<_>>());
        return Err(TokenFault::NoKey { keys }.into());
    }
    if fitting.len() > 1 {
        // A certificate from outside says which; else what has a certificate is meant.
        let named: Vec<_> = fitting
            .iter()
            .copied()
            .filter(|key| {
                extra.iter().any(|one| {
                    let id = stored.iter().find(|own| own.certificate == *one);
                    key.owns(one, id.map(|own| own.id.as_slice()))
                })
            })
            .collect();
        if !named.is_empty() {
            fitting = named;
        } else if choice.label.is_none() && choice.id.is_none() {
            let with: Vec<_> = fitting
                .iter()
                .copied()
                .filter(|key| certificate_of(key).is_some())
                .collect();
            if !with.is_empty() {
                fitting = with;
            }
        }
    }
    let [key] = fitting.as_slice() else {
        return Err(TokenFault::SeveralKeys {
            keys: names(&fitting),
        }
        .into());
    };
    let (_, certificate) = certificate_of(key).ok_or(KeyFault::CertificateNeeded)?;
    let certificate = certificate.clone();
    // Certificates of other people lie on tokens as well; only the way to the root is taken.
    let mut others: Vec<Certificate> = stored
        .iter()
        .map(|one| &one.certificate)
        .chain(extra)
        .filter(|one| **one != certificate)
        .cloned()
        .collect();
    let chain = linked(&certificate, &mut others);
    Ok(Chosen {
        key: key.handle,
        certificate,
        chain,
    })
}

/// The certificates, and how many more cannot be read.
pub(super) fn certificates(session: &Session) -> Result<(Vec<StoredCertificate>, usize), Error> {
    let mut found = Vec::new();
    let mut unreadable = 0;
    let template = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
    ];
    for handle in objects(session, &template)? {
        let bytes = |kind| octets(session, handle, kind);
        let value = bytes(AttributeType::Value).unwrap_or_default();
        // Some drivers pad the value with zeros.
        let der = match crate::asn1::Reader::new(&value).element() {
            Ok(element) => element.raw,
            Err(_) => &value,
        };
        match Certificate::from_der(der) {
            Ok(certificate) => found.push(StoredCertificate {
                label: text(bytes(AttributeType::Label)),
                id: bytes(AttributeType::Id).unwrap_or_default(),
                certificate,
            }),
            Err(_) => unreadable += 1,
        }
    }
    found.sort_by(|a, b| (&a.id, &a.label).cmp(&(&b.id, &b.label)));
    Ok((found, unreadable))
}

/// The private keys that are visible now.
pub(super) fn private_keys(session: &Session) -> Result<Vec<StoredKey>, Error> {
    let mut found = Vec::new();
    for handle in objects(session, &[Attribute::Class(ObjectClass::PRIVATE_KEY)])? {
        let bytes = |kind| octets(session, handle, kind);
        let id = bytes(AttributeType::Id).unwrap_or_default();
        let kind = match one(session, handle, AttributeType::KeyType) {
            Some(Attribute::KeyType(kind)) => Some(kind),
            _ => None,
        };
        let sign = match one(session, handle, AttributeType::Sign) {
            Some(Attribute::Sign(sign)) => sign,
            _ => true,
        };
        let public = public(session, handle, kind, &id)?;
        found.push(StoredKey {
            handle,
            label: text(bytes(AttributeType::Label)),
            id,
            kind: kind_name(kind, public.as_ref()),
            sign,
            public,
        });
    }
    // Tokens list in any order; reports and messages do not.
    found.sort_by(|a, b| (&a.id, &a.label).cmp(&(&b.id, &b.label)));
    Ok(found)
}

fn kind_name(kind: Option<KeyType>, public: Option<&Public>) -> String {
    match (kind, public) {
        (_, Some(Public::Modulus(modulus))) => {
            let zeros = modulus.first().map_or(0, |octet| octet.leading_zeros());
            let bits = (modulus.len() as u64 * 8).saturating_sub(u64::from(zeros));
            format!("RSA {bits}")
        }
        (Some(KeyType::RSA), _) => "RSA".to_owned(),
        (Some(KeyType::EC), _) => "EC".to_owned(),
        (Some(KeyType::EC_EDWARDS), _) => "Edwards".to_owned(),
        (Some(other), _) => other.to_string(),
        (None, _) => "?".to_owned(),
    }
}

/// What the private key, or the public key beside it, tells of the public half.
fn public(
    session: &Session,
    private: ObjectHandle,
    kind: Option<KeyType>,
    id: &[u8],
) -> Result<Option<Public>, Error> {
    let of = |handle| {
        let told = if kind == Some(KeyType::RSA) {
            octets(session, handle, AttributeType::Modulus)
                .map(|modulus| Public::Modulus(stripped(&modulus).to_vec()))
        } else {
            octets(session, handle, AttributeType::EcPoint)
                .map(|stored| Public::Point(value::point(&stored).to_vec()))
        };
        told.filter(|told| match told {
            Public::Modulus(octets) | Public::Point(octets) => !octets.is_empty(),
        })
    };
    if let Some(told) = of(private) {
        return Ok(Some(told));
    }
    if id.is_empty() {
        return Ok(None);
    }
    let template = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::Id(id.to_vec()),
    ];
    Ok(objects(session, &template)?.into_iter().find_map(of))
}

fn stripped(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Mechanisms that the key itself allows; `None` = it says nothing.
pub(super) fn allowed_mechanisms(
    session: &Session,
    key: ObjectHandle,
) -> Option<Vec<MechanismType>> {
    match one(session, key, AttributeType::AllowedMechanisms) {
        Some(Attribute::AllowedMechanisms(list)) if !list.is_empty() => Some(list),
        _ => None,
    }
}

/// Whether the key wants the PIN for every signature.
pub(super) fn asks_each_time(session: &Session, key: ObjectHandle) -> bool {
    matches!(
        one(session, key, AttributeType::AlwaysAuthenticate),
        Some(Attribute::AlwaysAuthenticate(true))
    )
}

fn objects(session: &Session, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Error> {
    let found = session.iter_objects(template).map_err(fault)?;
    let found: Result<Vec<_>, _> = found.take(MOST).collect();
    Ok(found.map_err(fault)?)
}

/// One attribute; `None` when the object does not have it or does not tell.
fn one(session: &Session, object: ObjectHandle, kind: AttributeType) -> Option<Attribute> {
    session.get_attributes(object, &[kind]).ok()?.pop()
}

fn octets(session: &Session, object: ObjectHandle, kind: AttributeType) -> Option<Vec<u8>> {
    match one(session, object, kind)? {
        Attribute::Value(octets)
        | Attribute::Label(octets)
        | Attribute::Id(octets)
        | Attribute::Modulus(octets)
        | Attribute::EcPoint(octets) => Some(octets),
        _ => None,
    }
}

fn text(octets: Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&octets.unwrap_or_default())
        .trim_end_matches(['\0', ' '])
        .to_owned()
}
