//! What a PKCS#11 driver and its tokens offer → facts, as JSON and as sentences with advice.

use std::fmt::Write;

use serde::Serialize;

use super::certificate::{CertificateFacts, PeriodState, period, plain};
use super::message::Language;
use super::message::certificate as words;
use super::message::token as say;
use crate::time::{UtcTime, VIETNAM_OFFSET};

/// A driver and everything that can be seen through it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModuleFacts {
    /// Path of the driver.
    pub module: String,
    /// What it calls itself.
    pub description: String,
    /// Who made it.
    pub manufacturer: String,
    /// Its own version.
    pub version: String,
    /// Version of PKCS#11 that it follows.
    pub pkcs11: String,
    /// The slots, with and without tokens.
    pub slots: Vec<SlotFacts>,
    /// What to do about the whole.
    pub advice: Vec<Advice>,
}

/// One slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlotFacts {
    /// Its number.
    pub slot: u64,
    /// What the driver calls it.
    pub description: String,
    /// The token in it.
    pub token: Option<TokenFacts>,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokenFacts {
    /// Label.
    pub label: String,
    /// Serial number.
    pub serial: String,
    /// Who made it.
    pub manufacturer: String,
    /// Model.
    pub model: String,
    /// Whether it was ever initialised.
    pub initialized: bool,
    /// How it wants its PIN.
    pub pin: PinFacts,
    /// Whether a PIN was given and accepted; private keys are hidden before that.
    pub logged_in: bool,
    /// Certificates.
    pub certificates: Vec<StoredCertificateFacts>,
    /// Certificates that cannot be read.
    pub unreadable_certificates: usize,
    /// Private keys that are visible.
    pub keys: Vec<StoredKeyFacts>,
    /// Mechanisms with which it signs.
    pub mechanisms: Vec<MechanismFacts>,
    /// What to do next.
    pub advice: Vec<Advice>,
}

/// How a token wants its PIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinFacts {
    /// A PIN is needed at all.
    pub needed: bool,
    /// It is typed on the reader.
    pub on_reader: bool,
    /// It was ever set.
    pub set: bool,
    /// Fewest and most characters, as far as the token tells.
    pub length: (usize, usize),
    /// `unknown`, `few`, `last` or `none`.
    pub tries: &'static str,
}

/// A certificate on a token.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredCertificateFacts {
    /// Label.
    pub label: String,
    /// `CKA_ID`, hexadecimal.
    pub id: String,
    /// Index of its private key in [`TokenFacts::keys`].
    pub key: Option<usize>,
    /// Where the asked moment lies in its period.
    pub period: PeriodState,
    /// What it says.
    pub certificate: CertificateFacts,
}

/// A private key on a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredKeyFacts {
    /// Label.
    pub label: String,
    /// `CKA_ID`, hexadecimal.
    pub id: String,
    /// Its kind, such as `RSA 2048`.
    pub kind: String,
    /// Whether it may sign.
    pub sign: bool,
    /// Whether it wants the PIN for every signature.
    pub asks_each_time: bool,
    /// Index of its certificate in [`TokenFacts::certificates`].
    pub certificate: Option<usize>,
    /// What it can sign with, the preferred first; only known with its certificate.
    pub algorithms: Vec<OfferedAlgorithm>,
    /// What `--key` must say to use it.
    pub uri: String,
}

/// One way to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferedAlgorithm {
    /// Its name.
    pub name: String,
    /// The token computes the digest itself.
    pub token_hashes: bool,
}

/// A mechanism with which a token signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MechanismFacts {
    /// Its name in PKCS#11.
    pub name: String,
    /// Bits of the shortest and the longest key, as far as the token tells.
    pub key_bits: Option<(usize, usize)>,
}

/// What is missing, or what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "advice", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Advice {
    /// A key may sign nothing.
    KeyCannotSign {
        /// Index of the key.
        key: usize,
    },
    /// A key has no certificate.
    KeyWithoutCertificate {
        /// Index of the key.
        key: usize,
    },
    /// A certificate has no key here, and is not an authority's.
    CertificateWithoutKey {
        /// Index of the certificate.
        certificate: usize,
    },
    /// The certificate of a key is out of its period.
    OutOfPeriod {
        /// Index of the certificate.
        certificate: usize,
    },
    /// The certificate of a key ends soon.
    EndsSoon {
        /// Index of the certificate.
        certificate: usize,
        /// Days that are left.
        days: i64,
    },
    /// Private keys show themselves after login only.
    LogIn,
    /// There is no slot.
    NoSlot,
    /// There is no private key.
    NoKey,
    /// No mechanism fits a key.
    NoMechanism {
        /// Index of the key.
        key: usize,
    },
    /// No token is in any slot.
    NoToken,
    /// The token was never given a PIN.
    NoPin,
    /// The token was never initialised.
    NotInitialized,
    /// Wrong PINs were given lately.
    PinFew,
    /// The next wrong PIN locks the token.
    PinLast,
    /// The token is locked.
    PinLocked,
    /// The key signs PSS as well.
    PssPossible {
        /// Index of the key.
        key: usize,
    },
    /// The key is ready.
    Ready {
        /// Index of the key.
        key: usize,
    },
}

impl ModuleFacts {
    /// Sentences for the user.
    pub fn text(&self, language: Language) -> String {
        let l = language;
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}",
            say::module(
                l,
                &self.module,
                &plain(&self.description),
                &self.version,
                &self.pkcs11
            )
        );
        for slot in &self.slots {
            let _ = writeln!(
                out,
                "{}",
                say::slot(l, slot.slot, &plain(&slot.description))
            );
            match &slot.token {
                Some(token) => token.text(l, &mut out),
                None => {
                    let _ = writeln!(out, "  {}", say::empty(l));
                }
            }
        }
        for advice in &self.advice {
            let _ = writeln!(out, "→ {}", say::advice(l, advice, None));
        }
        out
    }
}

impl TokenFacts {
    fn text(&self, l: Language, out: &mut String) {
        let _ = writeln!(
            out,
            "  {}",
            say::token(
                l,
                &plain(&self.label),
                &plain(&self.serial),
                &plain(&self.manufacturer),
                &plain(&self.model)
            )
        );
        let _ = writeln!(out, "  {}", say::pin(l, &self.pin, self.logged_in));
        for (index, one) in self.certificates.iter().enumerate() {
            let facts = &one.certificate;
            let _ = writeln!(
                out,
                "  {}",
                say::certificate(l, index.saturating_add(1), &plain(&one.label), &one.id)
            );
            let _ = writeln!(out, "     {}", plain(&facts.subject));
            let from = facts.not_before.rfc3339(VIETNAM_OFFSET);
            let until = facts.not_after.rfc3339(VIETNAM_OFFSET);
            let _ = writeln!(
                out,
                "     {}: {from} – {until} ({})",
                words::label(l, words::Label::Period),
                words::period(l, one.period)
            );
            let usage = match &facts.key_usage {
                Some(bits) => {
                    let bits: Vec<_> = bits.iter().map(|bit| words::key_usage(l, bit)).collect();
                    bits.join(", ")
                }
                None => words::not_limited(l).to_owned(),
            };
            let _ = writeln!(
                out,
                "     {}: {usage}",
                words::label(l, words::Label::KeyUsage)
            );
            let _ = writeln!(out, "     {}", say::certificate_key(l, one.key));
        }
        if self.unreadable_certificates > 0 {
            let _ = writeln!(
                out,
                "  {}",
                say::unreadable(l, self.unreadable_certificates)
            );
        }
        for (index, key) in self.keys.iter().enumerate() {
            let _ = writeln!(
                out,
                "  {}",
                say::key(
                    l,
                    index.saturating_add(1),
                    &key.kind,
                    &plain(&key.label),
                    &key.id
                )
            );
            let _ = writeln!(out, "     {}", say::key_certificate(l, key.certificate));
            if !key.algorithms.is_empty() {
                let list: Vec<_> = key
                    .algorithms
                    .iter()
                    .map(|one| say::algorithm(l, one))
                    .collect();
                let _ = writeln!(out, "     {}", say::algorithms(l, &list.join(", ")));
            }
            if key.asks_each_time {
                let _ = writeln!(out, "     {}", say::asks_each_time(l));
            }
        }
        let list: Vec<_> = self
            .mechanisms
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        let _ = writeln!(out, "  {}", say::mechanisms(l, &list.join(", ")));
        for advice in &self.advice {
            let _ = writeln!(out, "  → {}", say::advice(l, advice, Some(self)));
        }
    }

    /// Judges what is there at the moment `at`; `warn_days`: when "soon" begins.
    pub fn advise(&mut self, at: UtcTime, warn_days: u32) {
        for one in &mut self.certificates {
            let facts = &one.certificate;
            one.period = period(facts.not_before, facts.not_after, at, warn_days);
        }
        let mut advice = Vec::new();
        if !self.initialized {
            advice.push(Advice::NotInitialized);
        } else if self.pin.needed && !self.pin.set {
            advice.push(Advice::NoPin);
        } else {
            match self.pin.tries {
                "none" => advice.push(Advice::PinLocked),
                "last" => advice.push(Advice::PinLast),
                "few" => advice.push(Advice::PinFew),
                _ => {}
            }
            if !self.logged_in && self.pin.needed {
                if self.pin.tries != "none" {
                    advice.push(Advice::LogIn);
                }
            } else {
                self.advise_keys(&mut advice);
            }
        }
        self.advice = advice;
    }

    fn advise_keys(&self, advice: &mut Vec<Advice>) {
        if self.keys.is_empty() {
            advice.push(Advice::NoKey);
        }
        for (certificate, one) in self.certificates.iter().enumerate() {
            if one.key.is_none() && !one.certificate.authority {
                advice.push(Advice::CertificateWithoutKey { certificate });
            }
        }
        for (key, one) in self.keys.iter().enumerate() {
            let Some(certificate) = one.certificate else {
                advice.push(Advice::KeyWithoutCertificate { key });
                continue;
            };
            if !one.sign {
                advice.push(Advice::KeyCannotSign { key });
                continue;
            }
            if one.algorithms.is_empty() {
                advice.push(Advice::NoMechanism { key });
                continue;
            }
            match self.certificates.get(certificate).map(|one| one.period) {
                Some(PeriodState::NotYet | PeriodState::Over) => {
                    advice.push(Advice::OutOfPeriod { certificate });
                    continue;
                }
                Some(PeriodState::EndsIn { days }) => {
                    advice.push(Advice::EndsSoon { certificate, days });
                }
                _ => {}
            }
            advice.push(Advice::Ready { key });
            if one.algorithms.iter().any(|one| one.name.contains("PSS")) {
                advice.push(Advice::PssPossible { key });
            }
        }
    }
}
