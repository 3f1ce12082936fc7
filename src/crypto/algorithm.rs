//! AlgorithmIdentifier → signature algorithm with every parameter that verification needs.

use super::digest::{DigestAlgorithm, absent_or_null};
use crate::asn1::{self, Element, Reader, Tag, write};
use crate::error::{Asn1Fault, Error};
use crate::oid::{self, Oid};

/// A signature algorithm with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum SignatureAlgorithm {
    /// DSA; verified for suites and explanations, passed by no profile.
    Dsa {
        /// Digest of the message.
        digest: DigestAlgorithm,
    },
    /// ECDSA; the curve is the key's.
    Ecdsa {
        /// Digest of the message.
        digest: DigestAlgorithm,
    },
    /// Ed25519, pure.
    Ed25519,
    /// Ed448, pure, empty context.
    Ed448,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1 {
        /// Digest of the message.
        digest: DigestAlgorithm,
    },
    /// RSASSA-PSS.
    RsaPss {
        /// Digest of the message.
        digest: DigestAlgorithm,
        /// Digest inside the mask generation function MGF1.
        mgf_digest: DigestAlgorithm,
        /// Octets of the salt.
        salt_len: u32,
        /// Number of the trailer field; 1 is the only one that exists.
        trailer: u32,
    },
    /// Anything else.
    Unsupported {
        /// What it is called: the algorithm, or the part of it that is unknown.
        oid: Oid,
    },
}

use DigestAlgorithm as D;

/// OIDs that name digest and key type at once.
const COMBINED: &[(Oid, Family, DigestAlgorithm)] = &[
    (oid::MD5_WITH_RSA, Family::Rsa, D::Md5),
    (oid::SHA1_WITH_RSA, Family::Rsa, D::Sha1),
    (oid::SHA1_WITH_RSA_OIW, Family::Rsa, D::Sha1),
    (oid::SHA224_WITH_RSA, Family::Rsa, D::Sha224),
    (oid::SHA256_WITH_RSA, Family::Rsa, D::Sha256),
    (oid::SHA384_WITH_RSA, Family::Rsa, D::Sha384),
    (oid::SHA512_WITH_RSA, Family::Rsa, D::Sha512),
    (oid::SHA512_224_WITH_RSA, Family::Rsa, D::Sha512_224),
    (oid::SHA512_256_WITH_RSA, Family::Rsa, D::Sha512_256),
    (oid::SHA3_224_WITH_RSA, Family::Rsa, D::Sha3_224),
    (oid::SHA3_256_WITH_RSA, Family::Rsa, D::Sha3_256),
    (oid::SHA3_384_WITH_RSA, Family::Rsa, D::Sha3_384),
    (oid::SHA3_512_WITH_RSA, Family::Rsa, D::Sha3_512),
    (oid::ECDSA_WITH_SHA1, Family::Ecdsa, D::Sha1),
    (oid::ECDSA_WITH_SHA224, Family::Ecdsa, D::Sha224),
    (oid::ECDSA_WITH_SHA256, Family::Ecdsa, D::Sha256),
    (oid::ECDSA_WITH_SHA384, Family::Ecdsa, D::Sha384),
    (oid::ECDSA_WITH_SHA512, Family::Ecdsa, D::Sha512),
    (oid::ECDSA_WITH_SHA3_224, Family::Ecdsa, D::Sha3_224),
    (oid::ECDSA_WITH_SHA3_256, Family::Ecdsa, D::Sha3_256),
    (oid::ECDSA_WITH_SHA3_384, Family::Ecdsa, D::Sha3_384),
    (oid::ECDSA_WITH_SHA3_512, Family::Ecdsa, D::Sha3_512),
    (oid::ECDSA_WITH_SHAKE128, Family::Ecdsa, D::Shake128),
    (oid::ECDSA_WITH_SHAKE256, Family::Ecdsa, D::Shake256),
    (oid::DSA_WITH_SHA1, Family::Dsa, D::Sha1),
    (oid::DSA_WITH_SHA224, Family::Dsa, D::Sha224),
    (oid::DSA_WITH_SHA256, Family::Dsa, D::Sha256),
    (oid::DSA_WITH_SHA384, Family::Dsa, D::Sha384),
    (oid::DSA_WITH_SHA512, Family::Dsa, D::Sha512),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Dsa,
    Ecdsa,
    Rsa,
}

impl SignatureAlgorithm {
    /// Reads one DER `AlgorithmIdentifier` as certificates, CRLs and OCSP responses use it.
    ///
    /// RSA: parameters NULL or absent. ECDSA, EdDSA, DSA: absent. PSS: present. An algorithm that
    /// is not known gives [`SignatureAlgorithm::Unsupported`].
    ///
    /// # Errors
    /// [`Asn1Fault`]: malformed, or parameters that the algorithm does not have.
    ///
    /// Source: RFC 4055 §3.1, §5; RFC 5758 §3; RFC 8410 §3; RFC 9688 §2.
    pub fn from_der(algorithm_identifier: &[u8]) -> Result<Self, Error> {
        let sequence = asn1::parse(algorithm_identifier)?.expect(Tag::SEQUENCE)?;
        let mut reader = sequence.reader();
        let oid = reader.expect(Tag::OID)?.oid()?;
        if oid == oid::RSA_PSS {
            return match pss_parameters(&mut reader)? {
                Some(Ok(pss)) => Ok(pss.algorithm()),
                Some(Err(oid)) => Ok(Self::Unsupported { oid }),
                None => Err(sequence.fault(Asn1Fault::Value("PSS parameters are missing"))),
            };
        }
        if oid == oid::ED25519 || oid == oid::ED448 {
            reader.finish()?;
            return Ok(if oid == oid::ED25519 {
                Self::Ed25519
            } else {
                Self::Ed448
            });
        }
        let Some((_, family, digest)) = COMBINED.iter().find(|(known, ..)| *known == oid) else {
            return Ok(Self::Unsupported { oid });
        };
        let digest = *digest;
        match family {
            Family::Rsa => {
                absent_or_null(&mut reader)?;
                Ok(Self::RsaPkcs1 { digest })
            }
            Family::Ecdsa => {
                reader.finish()?;
                Ok(Self::Ecdsa { digest })
            }
            Family::Dsa => {
                reader.finish()?;
                Ok(Self::Dsa { digest })
            }
        }
    }

    /// Reads one DER `AlgorithmIdentifier` as `SignerInfo.signatureAlgorithm` uses it: as
    /// [`SignatureAlgorithm::from_der`], and `rsaEncryption`, `id-ecPublicKey` and `id-dsa` take
    /// `digest`, that of `SignerInfo.digestAlgorithm`.
    ///
    /// Real signers write NULL for ECDSA and EdDSA too, which is read.
    ///
    /// # Errors
    /// As [`SignatureAlgorithm::from_der`].
    ///
    /// Source: RFC 3370 §3; RFC 5753 §2.1.
    pub fn for_cms(
        algorithm_identifier: &[u8],
        digest: Option<DigestAlgorithm>,
    ) -> Result<Self, Error> {
        let mut reader = asn1::parse(algorithm_identifier)?
            .expect(Tag::SEQUENCE)?
            .reader();
        let oid = reader.expect(Tag::OID)?.oid()?;
        let generic = if oid == oid::RSA_ENCRYPTION {
            absent_or_null(&mut reader)?;
            digest.map(|digest| Self::RsaPkcs1 { digest })
        } else if oid == oid::EC_PUBLIC_KEY {
            // NOTE: some signers name the curve here; the key's own curve is what counts.
            if reader.optional(Tag::OID)?.is_none() {
                absent_or_null(&mut reader)?;
            }
            reader.finish()?;
            digest.map(|digest| Self::Ecdsa { digest })
        } else if oid == oid::DSA {
            absent_or_null(&mut reader)?;
            digest.map(|digest| Self::Dsa { digest })
        } else if reader.peek() == Some(Tag::NULL) && oid != oid::RSA_PSS {
            absent_or_null(&mut reader)?;
            return Self::from_der(&write::sequence(&[&write::oid(&oid)?])?);
        } else {
            return Self::from_der(algorithm_identifier);
        };
        Ok(generic.unwrap_or(Self::Unsupported { oid }))
    }

    /// The DER `AlgorithmIdentifier`, as certificates and CMS use it.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Misuse`]: the algorithm has no identifier of its own.
    pub fn to_der(&self) -> Result<Vec<u8>, Error> {
        let unnamed = || {
            Error::new(crate::error::ErrorKind::Misuse(
                "no identifier for this signature algorithm and digest",
            ))
        };
        let combined = |family: Family, digest: DigestAlgorithm| {
            COMBINED
                .iter()
                .find(|(_, known, of)| *known == family && *of == digest)
                .map(|(oid, ..)| oid)
                .ok_or_else(unnamed)
        };
        match self {
            Self::RsaPkcs1 { digest } => write::sequence(&[
                &write::oid(combined(Family::Rsa, *digest)?)?,
                &[Tag::NULL.0, 0],
            ]),
            Self::Ecdsa { digest } => {
                write::sequence(&[&write::oid(combined(Family::Ecdsa, *digest)?)?])
            }
            Self::Dsa { digest } => {
                write::sequence(&[&write::oid(combined(Family::Dsa, *digest)?)?])
            }
            Self::Ed25519 => write::sequence(&[&write::oid(&oid::ED25519)?]),
            Self::Ed448 => write::sequence(&[&write::oid(&oid::ED448)?]),
            // Its parameters are not known.
            Self::Unsupported { .. } => Err(unnamed()),
            Self::RsaPss {
                digest,
                mgf_digest,
                salt_len,
                trailer,
            } => write::sequence(&[
                &write::oid(&oid::RSA_PSS)?,
                &PssParameters {
                    digest: *digest,
                    mgf_digest: *mgf_digest,
                    salt_len: *salt_len,
                    trailer: *trailer,
                }
                .to_der()?,
            ]),
        }
    }

    /// The digest of the message that the algorithm names; `None` for EdDSA and unknown ones.
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        match self {
            Self::Dsa { digest }
            | Self::Ecdsa { digest }
            | Self::RsaPkcs1 { digest }
            | Self::RsaPss { digest, .. } => Some(*digest),
            Self::Ed25519 | Self::Ed448 | Self::Unsupported { .. } => None,
        }
    }

    /// A name for people, such as `RSASSA-PSS with SHA-256`.
    pub fn name(&self) -> String {
        match self {
            Self::Dsa { digest } => format!("DSA with {digest}"),
            Self::Ecdsa { digest } => format!("ECDSA with {digest}"),
            Self::Ed25519 => "Ed25519".into(),
            Self::Ed448 => "Ed448".into(),
            Self::RsaPkcs1 { digest } => format!("RSASSA-PKCS1-v1_5 with {digest}"),
            Self::RsaPss { digest, .. } => format!("RSASSA-PSS with {digest}"),
            Self::Unsupported { oid } => oid.to_string(),
        }
    }

    /// The digest of a signature OID that names one, for digest fields that hold such an OID.
    pub fn digest_of_oid(oid: &Oid) -> Option<DigestAlgorithm> {
        COMBINED
            .iter()
            .find(|(known, ..)| known == oid)
            .map(|(.., digest)| *digest)
    }
}

/// The parameters of RSASSA-PSS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PssParameters {
    pub digest: DigestAlgorithm,
    pub mgf_digest: DigestAlgorithm,
    pub salt_len: u32,
    pub trailer: u32,
}

impl PssParameters {
    fn algorithm(self) -> SignatureAlgorithm {
        SignatureAlgorithm::RsaPss {
            digest: self.digest,
            mgf_digest: self.mgf_digest,
            salt_len: self.salt_len,
            trailer: self.trailer,
        }
    }

    /// DER: what equals its default is left out.
    fn to_der(self) -> Result<Vec<u8>, Error> {
        let hash = |digest: DigestAlgorithm| {
            write::sequence(&[&write::oid(&digest.oid())?, &[Tag::NULL.0, 0]])
        };
        let mut fields = Vec::new();
        if self.digest != D::Sha1 {
            fields.push(write::element(Tag::context(0), &[&hash(self.digest)?])?);
        }
        if self.mgf_digest != D::Sha1 {
            let mgf = write::sequence(&[&write::oid(&oid::MGF1)?, &hash(self.mgf_digest)?])?;
            fields.push(write::element(Tag::context(1), &[&mgf])?);
        }
        for (number, value, default) in [(2, self.salt_len, 20), (3, self.trailer, 1)] {
            if value != default {
                let value = write::small(value.into())?;
                fields.push(write::element(Tag::context(number), &[&value])?);
            }
        }
        write::sequence(&fields.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }
}

/// `RSASSA-PSS-params`, when present; the inner error is the OID of what is not known.
///
/// ```text
/// RSASSA-PSS-params ::= SEQUENCE {
///     hashAlgorithm    [0] HashAlgorithm    DEFAULT sha1,
///     maskGenAlgorithm [1] MaskGenAlgorithm DEFAULT mgf1SHA1,
///     saltLength       [2] INTEGER          DEFAULT 20,
///     trailerField     [3] TrailerField     DEFAULT trailerFieldBC }
/// ```
///
/// Defaults that are written out are read, although DER leaves them out: signers do that.
///
/// Source: RFC 4055 §3.1.
pub(super) fn pss_parameters(
    reader: &mut Reader<'_>,
) -> Result<Option<Result<PssParameters, Oid>>, Error> {
    if reader.is_empty() {
        return Ok(None);
    }
    let mut fields = reader.expect(Tag::SEQUENCE)?.reader();
    reader.finish()?;
    let mut unknown = None;
    let mut hash = |element: Element<'_>| -> Result<DigestAlgorithm, Error> {
        match DigestAlgorithm::from_der(element.raw)
            .map_err(|error| error.within(element.offset))?
        {
            Some(digest) => Ok(digest),
            None => {
                unknown = Some(element.reader().expect(Tag::OID)?.oid()?);
                Ok(D::Sha1)
            }
        }
    };
    let digest = match fields.optional(Tag::context(0))? {
        Some(field) => hash(field.only()?)?,
        None => D::Sha1,
    };
    let mut other_mask = None;
    let mgf_digest = match fields.optional(Tag::context(1))? {
        Some(field) => {
            let mut mask = field.only()?.expect(Tag::SEQUENCE)?.reader();
            let name = mask.expect(Tag::OID)?.oid()?;
            if name == oid::MGF1 {
                let inner = mask.expect(Tag::SEQUENCE)?;
                mask.finish()?;
                hash(inner)?
            } else {
                other_mask = Some(name);
                D::Sha1
            }
        }
        None => D::Sha1,
    };
    let small = |field: Element<'_>| {
        let number = field.only()?.expect(Tag::INTEGER)?;
        u32::try_from(number.small()?)
            .map_err(|_| number.fault(Asn1Fault::Value("PSS parameter above 32 bits")))
    };
    let salt_len = fields.optional(Tag::context(2))?.map_or(Ok(20), small)?;
    let trailer = fields.optional(Tag::context(3))?.map_or(Ok(1), small)?;
    fields.finish()?;
    Ok(Some(match other_mask.or(unknown) {
        Some(oid) => Err(oid),
        None => Ok(PssParameters {
            digest,
            mgf_digest,
            salt_len,
            trailer,
        }),
    }))
}
