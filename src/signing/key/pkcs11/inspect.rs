//! A driver → everything that its tokens offer, as facts for a report.

use cryptoki::session::Session;
use cryptoki::slot::{Slot, TokenInfo};

use super::super::Secret;
use super::mechanism::{Hashing, offered};
use super::objects::{self, StoredCertificate, StoredKey};
use super::uri::{TokenChoice, encoded};
use super::{Module, Token, fault, known, tries};
use crate::crypto::{KeyKind, SignatureAlgorithm};
use crate::error::{Error, PinTries};
use crate::report::certificate::{CertificateFacts, PeriodState};
use crate::report::hex;
use crate::report::token::{
    Advice, MechanismFacts, ModuleFacts, OfferedAlgorithm, PinFacts, SlotFacts,
    StoredCertificateFacts, StoredKeyFacts, TokenFacts,
};
use crate::time::UtcTime;

impl Module {
    /// Looks at all slots and their tokens. With a `pin`, logs in to the one token that `choice`
    /// fits; without, shows what tokens show to everybody. Advice is for the moment `at`;
    /// `warn_days`: when the end of a certificate is near.
    ///
    /// # Errors
    /// As [`Module::token`] and login, when a PIN is given; otherwise only a driver that cannot
    /// list its slots.
    pub fn inspect(
        &self,
        choice: &TokenChoice,
        pin: Option<&Secret>,
        allow_last_try: bool,
        at: UtcTime,
        warn_days: u32,
    ) -> Result<ModuleFacts, Error> {
        let library = self.context.get_library_info().map_err(fault)?;
        let chosen = match pin {
            Some(_) => Some(self.token(choice)?),
            None => None,
        };
        let mut slots = Vec::new();
        for slot in self.context.get_all_slots().map_err(fault)? {
            let token = match &chosen {
                Some(token) if token.slot == slot => {
                    Some(self.look(slot, &token.info, pin, allow_last_try)?)
                }
                _ => match self.context.get_token_info(slot) {
                    Ok(info) => Some(self.look(slot, &info, None, false)?),
                    Err(_) => None,
                },
            };
            let description = match self.context.get_slot_info(slot) {
                Ok(info) => info.slot_description().to_owned(),
                Err(_) => String::new(),
            };
            slots.push(SlotFacts {
                slot: slot.id(),
                description,
                token: token.map(|mut token| {
                    token.advise(at, warn_days);
                    token
                }),
            });
        }
        let advice = if slots.is_empty() {
            vec![Advice::NoSlot]
        } else if slots.iter().all(|slot| slot.token.is_none()) {
            vec![Advice::NoToken]
        } else {
            Vec::new()
        };
        Ok(ModuleFacts {
            module: self.path.display().to_string(),
            description: library.library_description().to_owned(),
            manufacturer: library.manufacturer_id().to_owned(),
            version: library.library_version().to_string(),
            pkcs11: library.cryptoki_version().to_string(),
            slots,
            advice,
        })
    }

    fn look(
        &self,
        slot: Slot,
        info: &TokenInfo,
        pin: Option<&Secret>,
        allow_last_try: bool,
    ) -> Result<TokenFacts, Error> {
        let token = Token {
            context: self.context.clone(),
            slot,
            label: info.label().to_owned(),
            info: info.clone(),
        };
        let mut facts = TokenFacts {
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
            manufacturer: info.manufacturer_id().to_owned(),
            model: info.model().to_owned(),
            initialized: info.token_initialized(),
            pin: PinFacts {
                needed: info.login_required(),
                on_reader: info.protected_authentication_path(),
                set: info.user_pin_initialized(),
                length: (info.min_pin_length(), info.max_pin_length()),
                tries: match tries(info) {
                    PinTries::Few => "few",
                    PinTries::Last => "last",
                    PinTries::None => "none",
                    _ => "unknown",
                },
            },
            logged_in: false,
            certificates: Vec::new(),
            unreadable_certificates: 0,
            keys: Vec::new(),
            mechanisms: Vec::new(),
            advice: Vec::new(),
        };
        if !facts.initialized {
            return Ok(facts);
        }
        let can = token.mechanisms()?;
        facts.mechanisms = can
            .iter()
            .map(|one| MechanismFacts {
                name: one.to_string(),
                key_bits: self
                    .context
                    .get_mechanism_info(slot, *one)
                    .ok()
                    .map(|info| (info.min_key_size(), info.max_key_size()))
                    .filter(|(_, most)| *most > 0),
            })
            .collect();
        let session = self.context.open_ro_session(slot).map_err(fault)?;
        if pin.is_some() {
            token.login(&session, pin, allow_last_try)?;
            facts.logged_in = true;
        }
        let (certificates, unreadable) = objects::certificates(&session)?;
        let keys = objects::private_keys(&session)?;
        facts.unreadable_certificates = unreadable;
        facts.certificates = certificates
            .iter()
            .map(|one| StoredCertificateFacts {
                label: one.label.clone(),
                id: hex(&one.id),
                key: keys
                    .iter()
                    .position(|key| key.owns(&one.certificate, Some(&one.id))),
                period: PeriodState::Inside,
                certificate: CertificateFacts::new(&one.certificate),
            })
            .collect();
        facts.keys = keys
            .iter()
            .map(|key| {
                let can = |kind: &KeyKind| offered(kind, |one| can.contains(&one));
                key_facts(&session, info, key, &certificates, can)
            })
            .collect();
        Ok(facts)
    }
}

fn key_facts(
    session: &Session,
    info: &TokenInfo,
    key: &StoredKey,
    certificates: &[StoredCertificate],
    can: impl Fn(&KeyKind) -> Vec<(SignatureAlgorithm, Hashing)>,
) -> StoredKeyFacts {
    let certificate = certificates
        .iter()
        .position(|one| key.owns(&one.certificate, Some(&one.id)));
    let own = certificate
        .and_then(|index| certificates.get(index))
        .map(|one| one.certificate.public_key().kind());
    let each_time = objects::asks_each_time(session, key.handle);
    let algorithms = own.filter(|kind| known(kind)).map(can).unwrap_or_default();
    let mut uri = format!("pkcs11:token={}", encoded(info.label().as_bytes()));
    if !info.serial_number().is_empty() {
        uri += &format!(";serial={}", encoded(info.serial_number().as_bytes()));
    }
    if key.id.is_empty() {
        uri += &format!(";object={}", encoded(key.label.as_bytes()));
    } else {
        let id: String = key.id.iter().map(|octet| format!("%{octet:02x}")).collect();
        uri += &format!(";id={id}");
    }
    StoredKeyFacts {
        label: key.label.clone(),
        id: hex(&key.id),
        kind: own.map_or_else(|| key.kind.clone(), KeyKind::name),
        sign: key.sign,
        asks_each_time: each_time,
        certificate,
        algorithms: algorithms
            .into_iter()
            .filter(|(_, hashing)| !each_time || *hashing == Hashing::Token)
            .map(|(algorithm, hashing)| OfferedAlgorithm {
                name: algorithm.name(),
                token_hashes: hashing == Hashing::Token,
            })
            .collect(),
        uri,
    }
}
