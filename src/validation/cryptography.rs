//! Signed bytes, CMS and certificate → digest and signature value, each checked by itself.

use super::format::Form;
use super::{CheckId, Checks, Reason};
use crate::asn1::{self, Tag};
use crate::cms::{SignedData, SignerInfo, attribute};
use crate::crypto::{self, DigestAlgorithm, Message, Outcome, PublicKey, SignatureAlgorithm};
use crate::pki::Certificate;
use crate::pki::timestamp::TstInfo;

/// The digest of the signed bytes against what the signature says.
///
/// `parts`: the signed bytes of the document.
pub(super) fn digest(data: &SignedData<'_>, form: Form, parts: [&[u8]; 2], checks: &mut Checks) {
    const ID: CheckId = CheckId::Digest;
    let Some(signer) = data.signers.first() else {
        checks.not_run(ID, Reason::Earlier);
        return;
    };
    let compare = |checks: &mut Checks, same: bool| {
        if same {
            checks.pass(ID)
        } else {
            checks.fail(ID, Reason::DigestDiffers)
        }
    };
    // What stands between document and signed attributes: a digest in the content, or nothing.
    let content: Option<&[u8]> = match (form, &data.content) {
        (Form::Pkcs7Sha1, Some(content)) => {
            compare(
                checks,
                DigestAlgorithm::Sha1.digest(&parts).as_bytes() == content.as_ref(),
            );
            Some(content)
        }
        (Form::TimeStamp, Some(content)) => {
            match TstInfo::from_der(content) {
                Ok(info) => match info.imprint_algorithm {
                    Some(algorithm) => {
                        compare(checks, algorithm.digest(&parts).as_bytes() == info.imprint);
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
                Some(content) => algorithm.digest(&[content]),
                None => algorithm.digest(&parts),
            };
            compare(checks, found.as_bytes() == said);
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
    parts: [&[u8]; 2],
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
    let Some(attributes) = &signer.signed_attributes else {
        let outcome = match &data.content {
            Some(content) => {
                crypto::verify(key, &algorithm, Message::Bytes(content), &signer.signature)
            }
            None => verify_parts(key, &algorithm, parts, signer),
        };
        note(outcome, checks);
        return;
    };
    let outcome = crypto::verify(
        key,
        &algorithm,
        Message::Bytes(&attributes.octets_as_sent()),
        &signer.signature,
    );
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
            let again = crypto::verify(key, &algorithm, Message::Bytes(&sorted), &signer.signature);
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

/// A signature over the document itself, without signed attributes.
fn verify_parts(
    key: &PublicKey,
    algorithm: &SignatureAlgorithm,
    parts: [&[u8]; 2],
    signer: &SignerInfo<'_>,
) -> Outcome {
    match algorithm.digest() {
        Some(digest) => {
            let value = digest.digest(&parts);
            crypto::verify(key, algorithm, Message::Digest(&value), &signer.signature)
        }
        // EdDSA signs the message itself: it is put together.
        None => crypto::verify(
            key,
            algorithm,
            Message::Bytes(&parts.concat()),
            &signer.signature,
        ),
    }
}

/// `adbe.x509.rsa_sha1`: a PKCS#1 v1.5 signature with SHA-1 in an OCTET STRING.
pub(super) fn bare_rsa(
    contents: &[u8],
    certificate: &Certificate,
    parts: [&[u8]; 2],
    checks: &mut Checks,
) {
    let mut reader = asn1::Reader::new(contents);
    match reader.expect(Tag::OCTET_STRING) {
        Ok(signature) => {
            let digest = DigestAlgorithm::Sha1.digest(&parts);
            let algorithm = SignatureAlgorithm::RsaPkcs1 {
                digest: DigestAlgorithm::Sha1,
            };
            note(
                crypto::verify(
                    certificate.public_key(),
                    &algorithm,
                    Message::Digest(&digest),
                    signature.content,
                ),
                checks,
            );
            checks.pass(CheckId::Digest);
        }
        Err(error) => checks.fail(CheckId::Cms, super::format::unreadable(&error)),
    }
}
