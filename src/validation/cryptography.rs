//! Digests of the signed bytes, CMS and certificate → digest and signature value, each checked by itself.

use super::basic::Context;
use super::{CheckId, Checks, Reason};
use crate::asn1::{self, Tag};
use crate::cms::{SignedData, attribute};
use crate::crypto::{
    Budget, DigestAlgorithm, DigestValue, Message, Outcome, PublicKey, SignatureAlgorithm, Unknown,
};
use crate::pki::Certificate;
use crate::pki::timestamp::TstInfo;
use crate::signature::{ByteRange, EmbeddedSignature, Form, Observation};

/// What is known of the bytes that one signature covers.
#[derive(Clone, Copy)]
pub(super) struct Signed<'o> {
    seen: &'o Observation,
    index: usize,
    /// The range, when it lies inside the document.
    range: Option<ByteRange>,
}

impl<'o> Signed<'o> {
    pub(super) fn of(seen: &'o Observation, index: usize, signature: &EmbeddedSignature) -> Self {
        let range = signature.byte_range.filter(|range| range.fits(seen.size));
        Self { seen, index, range }
    }

    /// Whether there are such bytes.
    pub(super) fn fits(&self) -> bool {
        self.range.is_some()
    }

    /// Their digest; `None` when it was not computed.
    pub(super) fn digest(&self, algorithm: DigestAlgorithm) -> Option<DigestValue> {
        self.seen.digest(self.range?, algorithm)
    }

    /// The outcome of the signature over the bytes themselves, for the key of `certificate`.
    fn whole_message(&self, certificate: &Certificate) -> Option<Outcome> {
        self.seen
            .whole_messages
            .iter()
            .find(|known| {
                known.signature == self.index && known.certificate == *certificate.sha256()
            })
            .map(|known| known.outcome.clone())
    }
}

/// The digest of the signed bytes against what the signature says.
pub(super) fn digest(data: &SignedData<'_>, form: Form, signed: &Signed<'_>, checks: &mut Checks) {
    const ID: CheckId = CheckId::Digest;
    let Some(signer) = data.signers.first() else {
        checks.not_run(ID, Reason::Earlier);
        return;
    };
    // A digest that was not computed is no digest that fits.
    let compare = |checks: &mut Checks, found: Option<DigestValue>, said: &[u8]| match found {
        Some(found) if found.as_bytes() == said => checks.pass(ID),
        Some(_) => checks.fail(ID, Reason::DigestDiffers),
        None => checks.not_run(ID, Reason::Earlier),
    };
    // What stands between document and signed attributes: a digest in the content, or nothing.
    let content: Option<&[u8]> = match (form, &data.content) {
        (Form::Pkcs7Sha1, Some(content)) => {
            compare(checks, signed.digest(DigestAlgorithm::Sha1), content);
            Some(content)
        }
        (Form::TimeStamp, Some(content)) => {
            match TstInfo::from_der(content) {
                Ok(info) => match info.imprint_algorithm {
                    Some(algorithm) => {
                        compare(checks, signed.digest(algorithm), &info.imprint);
                    }
                    None => {
                        checks.not_run(
                            ID,
                            Reason::AlgorithmUnknown {
                                name: "messageImprint".to_owned(),
                            },
                        );
                    }
                },
                Err(error) => checks.fail(ID, super::format::unreadable(&error)),
            }
            Some(content)
        }
        (Form::Pkcs7Sha1 | Form::TimeStamp, None) => {
            checks.not_run(ID, Reason::Earlier);
            return;
        }
        (_, _) => None,
    };
    if signer.signed_attributes.is_none() {
        // The signature value itself is over the content: it decides.
        if content.is_none() {
            checks.pass(ID);
        }
        return;
    }
    let Some(algorithm) = signer.digest_algorithm.algorithm else {
        let name = "digestAlgorithm".to_owned();
        checks.not_run(ID, Reason::AlgorithmUnknown { name });
        return;
    };
    match attribute::message_digest(signer.signed()) {
        Ok(Some(said)) => {
            let found = match content {
                Some(content) => Some(algorithm.digest(&[content])),
                None => signed.digest(algorithm),
            };
            compare(checks, found, said);
        }
        Ok(None) => checks.not_run(
            ID,
            Reason::AttributeMissing {
                name: "message-digest",
            },
        ),
        Err(_) => checks.not_run(
            ID,
            Reason::AttributeMalformed {
                name: "message-digest",
            },
        ),
    }
}

/// The signature value against the key of `certificate`.
pub(super) fn signature_value(
    data: &SignedData<'_>,
    certificate: &Certificate,
    signed: &Signed<'_>,
    context: &Context<'_>,
    checks: &mut Checks,
) {
    const ID: CheckId = CheckId::SignatureValue;
    let Some(signer) = data.signers.first() else {
        checks.not_run(ID, Reason::Earlier);
        return;
    };
    let algorithm = match signer.algorithm() {
        Ok(algorithm) => algorithm,
        Err(error) => {
            checks.fail(ID, super::format::unreadable(&error));
            return;
        }
    };
    let key = certificate.public_key();
    let verify =
        |message: Message<'_>| ask(context.budget, key, &algorithm, message, &signer.signature);
    let Some(attributes) = &signer.signed_attributes else {
        let outcome = match (&data.content, algorithm.digest()) {
            (Some(content), _) => verify(Message::Bytes(content)),
            (None, Some(digest)) => match signed.digest(digest) {
                Some(value) => verify(Message::Digest(&value)),
                None => Outcome::Unknown(Unknown::MessageForm),
            },
            // EdDSA signs the message itself: it was asked when the bytes were there.
            (None, None) => signed
                .whole_message(certificate)
                .unwrap_or(Outcome::Unknown(Unknown::MessageForm)),
        };
        note(outcome, checks);
        return;
    };
    let outcome = verify(Message::Bytes(&attributes.octets_as_sent()));
    match outcome {
        Outcome::Verified => {
            checks.pass(ID);
            if !attributes.is_der() {
                checks.warn(ID, Reason::AttributesUnsorted);
            }
        }
        Outcome::Broken(_) if !attributes.is_der() => {
            // One fallback: some signers sign the sorted form and send another.
            let sorted = attributes.octets_sorted();
            let again = verify(Message::Bytes(&sorted));
            if again.is_verified() {
                checks.warn(ID, Reason::AttributesResorted);
            } else {
                note(again, checks);
            }
        }
        other => note(other, checks),
    }
}

fn note(outcome: Outcome, checks: &mut Checks) {
    const ID: CheckId = CheckId::SignatureValue;
    match outcome {
        Outcome::Verified => checks.pass(ID),
        Outcome::Broken(_) => checks.fail(ID, Reason::SignatureBroken),
        Outcome::Unknown(unknown) => {
            checks.not_run(
                ID,
                Reason::AlgorithmUnknown {
                    name: unknown.to_string(),
                },
            );
        }
    }
}

/// The answer of `budget`; at its end, that nothing is known.
fn ask(
    budget: &Budget<'_>,
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    message: Message<'_>,
    signature: &[u8],
) -> Outcome {
    budget
        .verify(key, algorithm, message, signature)
        .unwrap_or(Outcome::Unknown(Unknown::Budget))
}

/// `adbe.x509.rsa_sha1`: a PKCS#1 v1.5 signature with SHA-1 in an OCTET STRING.
pub(super) fn bare_rsa(
    contents: &[u8],
    certificate: &Certificate,
    signed: &Signed<'_>,
    context: &Context<'_>,
    checks: &mut Checks,
) {
    let mut reader = asn1::Reader::new(contents);
    let signature = match reader.expect(Tag::OCTET_STRING) {
        Ok(signature) => signature,
        Err(error) => {
            checks.fail(CheckId::Cms, super::format::unreadable(&error));
            return;
        }
    };
    let Some(digest) = signed.digest(DigestAlgorithm::Sha1) else {
        checks.not_run(CheckId::Digest, Reason::Earlier);
        return;
    };
    let outcome = ask(
        context.budget,
        certificate.public_key(),
        &SignatureAlgorithm::RsaPkcs1 {
            digest: DigestAlgorithm::Sha1,
        },
        Message::Digest(&digest),
        signature.content,
    );
    note(outcome, checks);
    checks.pass(CheckId::Digest);
}
