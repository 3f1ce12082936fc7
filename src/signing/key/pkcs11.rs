//! A PKCS#11 driver, a token and its PIN → a key source whose private key never leaves the token.
//!
//! A driver is foreign code in this process: load only one that its maker published. It is
//! loaded once, initialised for several threads, and stays until the process ends. One login
//! serves any number of documents and threads; every thread that signs gets a session of its
//! own. A wrong PIN is reported and never tried again, since tokens count.
//!
//! ```no_run
//! # fn main() -> Result<(), kyso::Error> {
//! use kyso::signing::key::{Secret, pkcs11::{Module, TokenUri}};
//! let uri = TokenUri::from_text("pkcs11:token=V%C4%83n%20th%C6%B0;object=seal")?;
//! let module = Module::load("/usr/lib/libbit4xpki.so".as_ref())?;
//! let token = module.token(&uri.token)?;
//! let pin = Secret::new(b"as typed".to_vec());
//! let signer = kyso::Signer::new(token.key(&uri.key, Some(pin), &[], false)?);
//! # Ok(())
//! # }
//! ```

mod inspect;
mod mechanism;
mod objects;
mod uri;

pub use uri::{KeyChoice, TokenChoice, TokenUri};

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error as Cryptoki, RvError};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::RawAuthPin;

use super::value::normalized;
use super::{KeySource, Secret};
use crate::crypto::{KeyKind, SignatureAlgorithm};
use crate::error::{Error, KeyFault, PinTries, TokenFault};
use crate::pki::Certificate;
use mechanism::{Hashing, offered, operation};

/// A driver, loaded and initialised.
#[derive(Clone)]
pub struct Module {
    path: PathBuf,
    context: Pkcs11,
}

/// Drivers of this process: initialising one twice is an error for many of them.
static MODULES: Mutex<Option<HashMap<PathBuf, Pkcs11>>> = Mutex::new(None);

/// A lock whose data stay right when a thread that held it panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Module {
    /// Loads the driver at `path`, once for a process.
    ///
    /// # Errors
    /// [`TokenFault::Module`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let fault = |reason: String| {
            Error::new(TokenFault::Module {
                path: path.display().to_string(),
                reason,
            })
        };
        // The loader searches its own folders for a bare name; a link and its target are one.
        let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut modules = locked(&MODULES);
        let modules = modules.get_or_insert_default();
        if let Some(context) = modules.get(&real) {
            return Ok(Self {
                path: path.to_owned(),
                context: context.clone(),
            });
        }
        let context = Pkcs11::new(&real).map_err(|error| match error {
            Cryptoki::LibraryLoading(error) => fault(error.to_string()),
            other => fault(other.to_string()),
        })?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            // The host program uses the driver as well.
            Ok(()) | Err(Cryptoki::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(fault(error.to_string())),
        }
        modules.insert(real, context.clone());
        Ok(Self {
            path: path.to_owned(),
            context,
        })
    }

    /// The one token that `choice` fits.
    ///
    /// # Errors
    /// [`TokenFault::NoToken`], [`TokenFault::SeveralTokens`], each with what is connected.
    pub fn token(&self, choice: &TokenChoice) -> Result<Token, Error> {
        let mut all = Vec::new();
        let mut found = Vec::new();
        for slot in self.context.get_slots_with_token().map_err(fault)? {
            let Ok(info) = self.context.get_token_info(slot) else {
                continue;
            };
            if !info.token_initialized() {
                continue;
            }
            let is = |wanted: &Option<String>, own: &str| {
                wanted.as_deref().is_none_or(|wanted| wanted == own)
            };
            let fits = is(&choice.label, info.label())
                && is(&choice.serial, info.serial_number())
                && is(&choice.manufacturer, info.manufacturer_id())
                && is(&choice.model, info.model())
                && choice.slot.is_none_or(|wanted| wanted == slot.id());
            all.push(shown(&info));
            if fits {
                found.push((slot, info));
            }
        }
        let tokens = found.iter().map(|(_, info)| shown(info)).collect();
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some((slot, info)), None) => Ok(Token {
                context: self.context.clone(),
                slot,
                label: info.label().to_owned(),
                info,
            }),
            (None, _) => Err(TokenFault::NoToken { tokens: all }.into()),
            _ => Err(TokenFault::SeveralTokens { tokens }.into()),
        }
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("path", &self.path).finish()
    }
}

fn shown(info: &TokenInfo) -> String {
    format!("\"{}\" (serial {})", info.label(), info.serial_number())
}

/// Who asks for the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PinEntry {
    /// Nobody: the token needs no PIN.
    NotNeeded,
    /// The program, which hands it over.
    Program,
    /// The reader, at its own keys.
    Reader,
}

/// A token in its slot, nobody logged in yet.
pub struct Token {
    context: Pkcs11,
    slot: Slot,
    label: String,
    info: TokenInfo,
}

impl Token {
    /// Its label.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Its serial number.
    pub fn serial(&self) -> &str {
        self.info.serial_number()
    }

    /// Who asks for the PIN.
    pub fn pin_entry(&self) -> PinEntry {
        if !self.info.login_required() {
            PinEntry::NotNeeded
        } else if self.info.protected_authentication_path() {
            PinEntry::Reader
        } else {
            PinEntry::Program
        }
    }

    /// How many tries were left when the token was found.
    pub fn tries(&self) -> PinTries {
        tries(&self.info)
    }

    /// Logs in and finds the key with its certificate, which the token may hold or
    /// `certificates` may bring; its chain is taken from both.
    ///
    /// Without a choice, a certificate among `certificates` chooses the key that belongs to it;
    /// without that, the only key that has a certificate is taken. `allow_last_try` lets a PIN be
    /// tried although one more mistake locks the token.
    ///
    /// # Errors
    /// [`TokenFault`]; [`KeyFault::CertificateNeeded`]: the key is there, its certificate is not;
    /// [`KeyFault::Unsupported`]: the token has no mechanism for it.
    pub fn key(
        &self,
        choice: &KeyChoice,
        pin: Option<Secret>,
        certificates: &[Certificate],
        allow_last_try: bool,
    ) -> Result<TokenKey, Error> {
        let session = self.context.open_ro_session(self.slot).map_err(fault)?;
        self.login(&session, pin.as_ref(), allow_last_try)?;
        let found = objects::choose(&session, choice, certificates)?;
        let kind = found.certificate.public_key().kind();
        let can = self.mechanisms()?;
        let allowed = objects::allowed_mechanisms(&session, found.key);
        let mut ways = offered(kind, |one| {
            can.contains(&one) && allowed.as_ref().is_none_or(|list| list.contains(&one))
        });
        let each_time = objects::asks_each_time(&session, found.key);
        if each_time {
            // Login comes between the start of an operation and its input, which works in parts
            // alone; raw mechanisms have no parts.
            ways.retain(|(_, hashing)| *hashing == Hashing::Token);
        }
        if ways.is_empty() {
            return Err(KeyFault::Unsupported(format!(
                "the token offers no mechanism for a key of kind {}",
                kind.name()
            ))
            .into());
        }
        Ok(TokenKey {
            context: self.context.clone(),
            slot: self.slot,
            label: self.label.clone(),
            _login: Mutex::new(session),
            idle: Mutex::new(Vec::new()),
            key: found.key,
            certificate: found.certificate,
            chain: found.chain,
            ways,
            each_time: each_time.then_some(pin),
        })
    }

    /// What the token says it can sign with.
    fn mechanisms(&self) -> Result<Vec<MechanismType>, Error> {
        let mut all = self.context.get_mechanism_list(self.slot).map_err(fault)?;
        all.retain(
            |one| match self.context.get_mechanism_info(self.slot, *one) {
                Ok(info) => info.sign(),
                // It is on the list; drivers that know no more exist.
                Err(_) => true,
            },
        );
        Ok(all)
    }

    fn login(
        &self,
        session: &Session,
        pin: Option<&Secret>,
        allow_last_try: bool,
    ) -> Result<(), Error> {
        if self.pin_entry() == PinEntry::NotNeeded {
            return Ok(());
        }
        // As it is now, not as it was when the token was found.
        let info = self.context.get_token_info(self.slot).map_err(fault)?;
        if !info.user_pin_initialized() {
            return Err(TokenFault::NoPin.into());
        }
        match tries(&info) {
            PinTries::None => return Err(TokenFault::Locked.into()),
            PinTries::Last if !allow_last_try => return Err(TokenFault::LastTry.into()),
            _ => {}
        }
        let result = match (self.pin_entry(), pin) {
            (PinEntry::Reader, _) => session.login(UserType::User, None),
            (_, Some(pin)) => session.login_with_raw(UserType::User, &raw(pin)),
            (_, None) => return Err(TokenFault::PinNeeded.into()),
        };
        match result {
            // The host program has logged in already.
            Ok(()) | Err(Cryptoki::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(error) => Err(match fault(error) {
                TokenFault::WrongPin { .. } => TokenFault::WrongPin {
                    tries: match self.context.get_token_info(self.slot) {
                        Ok(info) => tries(&info),
                        Err(_) => PinTries::Unknown,
                    },
                }
                .into(),
                other => other.into(),
            }),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("label", &self.label)
            .field("serial", &self.serial())
            .finish_non_exhaustive()
    }
}

/// The copy that the driver is given; wiped when dropped.
fn raw(pin: &Secret) -> RawAuthPin {
    RawAuthPin::new(Box::new(pin.expose().to_vec()))
}

/// Source: PKCS #11 Specification 3.1, CK_TOKEN_INFO flags.
fn tries(info: &TokenInfo) -> PinTries {
    if info.user_pin_locked() {
        PinTries::None
    } else if info.user_pin_final_try() {
        PinTries::Last
    } else if info.user_pin_count_low() {
        PinTries::Few
    } else {
        PinTries::Unknown
    }
}

/// What a driver's answer means for the user.
fn fault(error: Cryptoki) -> TokenFault {
    use RvError as R;
    match error {
        Cryptoki::Pkcs11(code, function) => match code {
            R::PinIncorrect | R::PinInvalid | R::PinLenRange => TokenFault::WrongPin {
                tries: PinTries::Unknown,
            },
            R::PinLocked => TokenFault::Locked,
            R::PinExpired => TokenFault::PinExpired,
            R::UserPinNotInitialized => TokenFault::NoPin,
            R::DeviceRemoved
            | R::TokenNotPresent
            | R::TokenNotRecognized
            | R::SlotIdInvalid
            | R::SessionHandleInvalid
            | R::SessionClosed => TokenFault::Removed,
            code => TokenFault::Refused(format!("{function} {code:?}")),
        },
        other => TokenFault::Refused(other.to_string()),
    }
}

/// A private key on a token, logged in; it logs out when it is dropped.
///
/// Not `Clone`; shared by threads, each of which signs in a session of its own.
pub struct TokenKey {
    context: Pkcs11,
    slot: Slot,
    label: String,
    /// Keeps the login: a token logs out when the last session of the process ends.
    _login: Mutex<Session>,
    /// Sessions that wait for work.
    idle: Mutex<Vec<Session>>,
    key: ObjectHandle,
    certificate: Certificate,
    chain: Vec<Certificate>,
    ways: Vec<(SignatureAlgorithm, Hashing)>,
    /// The PIN, for keys that want it for every signature (inner `None`: the reader asks).
    each_time: Option<Option<Secret>>,
}

impl TokenKey {
    /// Label of the token.
    pub fn token(&self) -> &str {
        &self.label
    }

    fn session(&self) -> Result<Session, Error> {
        if let Some(session) = locked(&self.idle).pop() {
            return Ok(session);
        }
        Ok(self.context.open_ro_session(self.slot).map_err(fault)?)
    }

    fn operate(
        &self,
        session: &Session,
        algorithm: &SignatureAlgorithm,
        hashing: Hashing,
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let (mechanism, input) = operation(algorithm, hashing, message)?;
        let Some(pin) = &self.each_time else {
            return Ok(session.sign(&mechanism, self.key, &input).map_err(gone)?);
        };
        session.sign_init(&mechanism, self.key).map_err(gone)?;
        match pin {
            Some(pin) => session.login_with_raw(UserType::ContextSpecific, &raw(pin)),
            None => session.login(UserType::ContextSpecific, None),
        }
        .map_err(fault)?;
        session.sign_update(&input).map_err(gone)?;
        Ok(session.sign_final().map_err(gone)?)
    }
}

/// While signing, a login or a handle that is no longer known means that the token was pulled
/// (and perhaps put back).
fn gone(error: Cryptoki) -> TokenFault {
    match error {
        Cryptoki::Pkcs11(
            RvError::UserNotLoggedIn | RvError::KeyHandleInvalid | RvError::ObjectHandleInvalid,
            Function::SignInit | Function::Sign | Function::SignUpdate | Function::SignFinal,
        ) => TokenFault::Removed,
        other => fault(other),
    }
}

impl KeySource for TokenKey {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    fn algorithms(&self) -> Vec<SignatureAlgorithm> {
        let algorithms = self.ways.iter().map(|(algorithm, _)| algorithm.clone());
        algorithms.collect()
    }

    fn sign(&self, algorithm: &SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        let way = self.ways.iter().find(|(own, _)| own == algorithm);
        let (_, hashing) = way.ok_or_else(|| {
            KeyFault::Unsupported(format!(
                "algorithm {} is not offered by it",
                algorithm.name()
            ))
        })?;
        let session = self.session()?;
        let value = self.operate(&session, algorithm, *hashing, message)?;
        // A session in which something failed is closed instead.
        locked(&self.idle).push(session);
        normalized(self.certificate.public_key(), algorithm, &value)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey")
            .field("token", &self.label)
            .field("certificate", &self.certificate.subject().rfc4514())
            .finish_non_exhaustive()
    }
}

/// Whether a key of this kind is one that a token can sign with here.
fn known(kind: &KeyKind) -> bool {
    !offered(kind, |_| true).is_empty()
}
