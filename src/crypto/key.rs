//! SubjectPublicKeyInfo → a checked public key whose prepared forms are shared by its clones.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::algorithm::{PssParameters, pss_parameters};
use super::digest::absent_or_null;
use super::simd::PreparedRsa;
use crate::asn1::{self, Element, Reader, Tag, write};
use crate::error::{Asn1Fault, Error};
use crate::oid::{self, Oid};

/// RSA moduli above this many bits are refused when they are read.
///
/// Source: OpenSSL's `OPENSSL_RSA_MAX_MODULUS_BITS`.
pub const RSA_BITS_READ: u32 = 16384;

/// A public key, read from one `SubjectPublicKeyInfo`. A clone is cheap and shares the prepared
/// forms.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

struct Inner {
    spki: Vec<u8>,
    kind: KeyKind,
    material: Material,
}

/// What verification works with.
pub(super) enum Material {
    Dsa(Dsa),
    Ec(Ec),
    Ed25519([u8; 32]),
    Ed448(Box<ed448_goldilocks::VerifyingKey>),
    Rsa(Rsa),
    Unsupported,
}

/// An RSA key.
pub(super) struct Rsa {
    /// Magnitude, big-endian, no leading zero.
    pub modulus: Vec<u8>,
    /// Magnitude, big-endian, no leading zero.
    pub exponent: Vec<u8>,
    /// Restrictions of an `id-RSASSA-PSS` key; the inner `None`: without parameters.
    pub pss: Option<Option<PssParameters>>,
    prepared: OnceLock<Option<rsa::PublicKey>>,
    /// For the lanes.
    lane: OnceLock<Option<PreparedRsa>>,
}

impl Rsa {
    /// The form that the `rsa` crate works with; `None` when it does not take the key.
    pub fn prepared(&self) -> Option<&rsa::PublicKey> {
        self.prepared
            .get_or_init(|| {
                rsa::PublicKey::new(
                    rsa::BoxedUint::from_be_slice_vartime(&self.modulus),
                    rsa::BoxedUint::from_be_slice_vartime(&self.exponent),
                )
                .ok()
            })
            .as_ref()
    }
}

/// An elliptic-curve key: the point, and the form that digest-level verification works with.
pub(super) struct Ec {
    /// Uncompressed point.
    pub point: Vec<u8>,
    pub key: EcKey,
}

pub(super) enum EcKey {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(Box<p521::ecdsa::VerifyingKey>),
}

/// A DSA key; the domain parameters can be the issuer's.
pub(super) struct Dsa {
    pub parameters: Option<DsaParameters>,
    pub y: Vec<u8>,
    prepared: OnceLock<Option<Box<dsa::VerifyingKey>>>,
}

/// Magnitudes, big-endian, no leading zero.
#[derive(Clone)]
pub(super) struct DsaParameters {
    pub p: Vec<u8>,
    pub q: Vec<u8>,
    pub g: Vec<u8>,
}

impl Dsa {
    /// The form that the `dsa` crate works with; `None` when parameters are missing or the sizes
    /// are none of FIPS 186-4.
    pub fn prepared(&self) -> Option<&dsa::VerifyingKey> {
        self.prepared
            .get_or_init(|| {
                let DsaParameters { p, q, g } = self.parameters.as_ref()?;
                let (p_bits, q_bits) = (bits(p), bits(q));
                if !matches!(
                    (p_bits, q_bits),
                    (1024, 160) | (2048, 224) | (2048, 256) | (3072, 256)
                ) || !is_odd(q)
                {
                    return None;
                }
                let number =
                    |octets: &[u8], bits: u32| dsa::BoxedUint::from_be_slice(octets, bits).ok();
                let components = dsa::Components::from_components(
                    number(p, p_bits)?,
                    number(q, q_bits)?,
                    number(g, p_bits)?,
                )
                .ok()?;
                let y = number(&self.y, p_bits)?;
                if y >= **components.p() {
                    return None;
                }
                dsa::VerifyingKey::from_components(components, y)
                    .ok()
                    .map(Box::new)
            })
            .as_deref()
    }
}

/// What kind of key it is, with what policies ask about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum KeyKind {
    /// DSA.
    Dsa {
        /// Bits of the prime; 0 when the parameters are those of the issuer.
        bits: u32,
    },
    /// An elliptic-curve key on a named curve.
    Ec {
        /// The curve.
        curve: Curve,
    },
    /// Ed25519.
    Ed25519,
    /// Ed448.
    Ed448,
    /// RSA.
    Rsa {
        /// Bits of the modulus.
        bits: u32,
        /// Public exponent; `u64::MAX` stands for anything larger.
        exponent: u64,
        /// The key says that it is for RSASSA-PSS only.
        pss_only: bool,
    },
    /// A key that nothing here can use.
    Unsupported {
        /// Its algorithm, or the curve that is not known.
        oid: Oid,
    },
}

/// A named curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Curve {
    /// NIST P-256 (secp256r1).
    #[serde(rename = "P-256")]
    P256,
    /// NIST P-384 (secp384r1).
    #[serde(rename = "P-384")]
    P384,
    /// NIST P-521 (secp521r1).
    #[serde(rename = "P-521")]
    P521,
}

impl Curve {
    /// Its usual name, such as `P-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Bits of its order.
    pub const fn bits(self) -> u32 {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    /// Its OID.
    pub fn oid(self) -> Oid {
        match self {
            Self::P256 => oid::P256,
            Self::P384 => oid::P384,
            Self::P521 => oid::P521,
        }
    }
}

impl KeyKind {
    /// A name for people, such as `RSA 2048` or `P-256`.
    pub fn name(&self) -> String {
        match self {
            Self::Dsa { bits } => format!("DSA {bits}"),
            Self::Ec { curve } => curve.name().into(),
            Self::Ed25519 => "Ed25519".into(),
            Self::Ed448 => "Ed448".into(),
            Self::Rsa { bits, .. } => format!("RSA {bits}"),
            Self::Unsupported { oid } => oid.to_string(),
        }
    }
}

impl PublicKey {
    /// The form that the lanes of [`super::simd`] work with, made once for all clones; `None` when
    /// they do not serve this key.
    pub fn prepared_rsa(&self) -> Option<&PreparedRsa> {
        match &self.0.material {
            Material::Rsa(key) => key.lane.get_or_init(|| PreparedRsa::new(self)).as_ref(),
            _ => None,
        }
    }

    /// Reads one DER `SubjectPublicKeyInfo`, without trailing octets.
    ///
    /// ```text
    /// SubjectPublicKeyInfo ::= SEQUENCE {
    ///     algorithm        AlgorithmIdentifier,
    ///     subjectPublicKey BIT STRING }
    /// ```
    ///
    /// A key of an unknown algorithm, on an unknown curve, or with explicit curve parameters is
    /// [`KeyKind::Unsupported`], not an error.
    ///
    /// # Errors
    /// [`Asn1Fault`]: malformed; a point that is not on its curve; an RSA modulus that is even or
    /// an exponent that is even or below 3. [`crate::error::ErrorKind::Limit`]: an RSA modulus
    /// above [`RSA_BITS_READ`].
    ///
    /// Source: RFC 5280 §4.1.2.7; RFC 3279 §2.3; RFC 5480 §2; RFC 4055 §1.2; RFC 8410 §4.
    pub fn from_spki(der: &[u8]) -> Result<Self, Error> {
        let mut outer = asn1::parse(der)?.expect(Tag::SEQUENCE)?.reader();
        let mut algorithm = outer.expect(Tag::SEQUENCE)?.reader();
        let key = outer.expect(Tag::BIT_STRING)?;
        outer.finish()?;
        let oid = algorithm.expect(Tag::OID)?.oid()?;
        let (kind, material) = if oid == oid::RSA_ENCRYPTION {
            absent_or_null(&mut algorithm)?;
            rsa_key(&key, None)?
        } else if oid == oid::RSA_PSS {
            match pss_parameters(&mut algorithm)? {
                None => rsa_key(&key, Some(None))?,
                Some(Ok(parameters)) => rsa_key(&key, Some(Some(parameters)))?,
                Some(Err(oid)) => (KeyKind::Unsupported { oid }, Material::Unsupported),
            }
        } else if oid == oid::EC_PUBLIC_KEY {
            ec_key(&key, &mut algorithm)?
        } else if oid == oid::ED25519 {
            algorithm.finish()?;
            let octets = key.bit_string_octets()?;
            let octets = octets
                .try_into()
                .map_err(|_| key.fault(Asn1Fault::Value("Ed25519 key is not 32 octets")))?;
            (KeyKind::Ed25519, Material::Ed25519(octets))
        } else if oid == oid::ED448 {
            algorithm.finish()?;
            (KeyKind::Ed448, ed448_key(&key)?)
        } else if oid == oid::DSA {
            dsa_key(&key, &mut algorithm)?
        } else {
            (KeyKind::Unsupported { oid }, Material::Unsupported)
        };
        Ok(Self(Arc::new(Inner {
            spki: der.to_vec(),
            kind,
            material,
        })))
    }

    /// The DER `SubjectPublicKeyInfo` that this was read from.
    pub fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// The content of `subjectPublicKey` without the octet of unused bits: what key identifiers
    /// hash.
    ///
    /// Source: RFC 5280 §4.2.1.2; RFC 6960 §4.1.1.
    pub fn subject_public_key(&self) -> &[u8] {
        let octets = || {
            let mut outer = asn1::parse(&self.0.spki).ok()?.reader();
            outer.element().ok()?;
            outer.element().ok()?.content.get(1..)
        };
        octets().unwrap_or_default()
    }

    /// What kind of key it is.
    pub fn kind(&self) -> &KeyKind {
        &self.0.kind
    }

    /// Whether both are the same key: the same octets, or the same RSA numbers or curve point
    /// written in another form.
    pub fn same_key(&self, other: &Self) -> bool {
        if self.0.spki == other.0.spki {
            return true;
        }
        match (&self.0.material, &other.0.material) {
            (Material::Rsa(one), Material::Rsa(two)) => {
                one.modulus == two.modulus && one.exponent == two.exponent
            }
            (Material::Ec(one), Material::Ec(two)) => {
                self.0.kind == other.0.kind && one.point == two.point
            }
            _ => false,
        }
    }

    /// Modulus and exponent of an RSA key: magnitudes, big-endian, without leading zeros.
    pub fn rsa_components(&self) -> Option<(&[u8], &[u8])> {
        match &self.0.material {
            Material::Rsa(key) => Some((&key.modulus, &key.exponent)),
            _ => None,
        }
    }

    /// The most octets that a signature value by this key has: RSA the modulus, ECDSA and DSA the
    /// longest DER, EdDSA its fixed length; 0 for a key that is not supported.
    pub fn signature_len(&self) -> usize {
        // Two integers of so many octets, each with a leading zero, in a SEQUENCE.
        let pair = |octets: usize| {
            let inside = 2 * (octets + 3);
            inside + if inside < 0x80 { 2 } else { 3 }
        };
        match &self.0.material {
            Material::Dsa(key) => key
                .parameters
                .as_ref()
                .map_or(0, |group| pair(group.q.len())),
            Material::Ec(key) => match key.key {
                EcKey::P256(_) => pair(32),
                EcKey::P384(_) => pair(48),
                // The order has 521 bits: the top octet is at most 1, so no zero stands before it.
                EcKey::P521(_) => pair(66) - 2,
            },
            Material::Ed25519(_) => 64,
            Material::Ed448(_) => 114,
            Material::Rsa(key) => key.modulus.len(),
            Material::Unsupported => 0,
        }
    }

    /// This DSA key with the domain parameters of `issuer`, when it has none itself; `None` when
    /// there is nothing to inherit.
    ///
    /// Source: RFC 3279 §2.3.2.
    pub fn with_inherited_parameters(&self, issuer: &Self) -> Option<Self> {
        let (Material::Dsa(key), Material::Dsa(above)) = (&self.0.material, &issuer.0.material)
        else {
            return None;
        };
        let parameters = above.parameters.clone()?;
        if key.parameters.is_some() {
            return None;
        }
        Some(Self(Arc::new(Inner {
            spki: self.0.spki.clone(),
            kind: KeyKind::Dsa {
                bits: bits(&parameters.p),
            },
            material: Material::Dsa(Dsa {
                parameters: Some(parameters),
                y: key.y.clone(),
                prepared: OnceLock::new(),
            }),
        })))
    }

    /// A key from RSA numbers: magnitudes, big-endian.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki`].
    pub fn from_rsa_components(modulus: &[u8], exponent: &[u8]) -> Result<Self, Error> {
        let key = write::sequence(&[&write::unsigned(modulus)?, &write::unsigned(exponent)?])?;
        let algorithm = write::sequence(&[&write::oid(&oid::RSA_ENCRYPTION)?, &[Tag::NULL.0, 0]])?;
        let key = write::element(Tag::BIT_STRING, &[&[0], &key])?;
        Self::from_spki(&write::sequence(&[&algorithm, &key])?)
    }

    pub(super) fn material(&self) -> &Material {
        &self.0.material
    }
}

impl PartialEq for PublicKey {
    /// Equal octets; see [`PublicKey::same_key`].
    fn eq(&self, other: &Self) -> bool {
        self.0.spki == other.0.spki
    }
}

impl Eq for PublicKey {}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.spki.hash(state);
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.0.kind).finish()
    }
}

/// Number of bits of a magnitude without leading zeros.
pub(super) fn bits(magnitude: &[u8]) -> u32 {
    let first = magnitude.first().map_or(8, |octet| octet.leading_zeros());
    u32::try_from(magnitude.len())
        .unwrap_or(u32::MAX)
        .saturating_mul(8)
        .saturating_sub(first)
}

fn is_odd(magnitude: &[u8]) -> bool {
    magnitude.last().is_some_and(|octet| octet & 1 == 1)
}

fn rsa_key(
    key: &Element<'_>,
    pss: Option<Option<PssParameters>>,
) -> Result<(KeyKind, Material), Error> {
    let (inner, base) = inside(key)?;
    let mut outer = Reader::at(inner, base);
    let sequence = outer.expect(Tag::SEQUENCE)?;
    outer.finish()?;
    let mut numbers = sequence.reader();
    let modulus_element = numbers.expect(Tag::INTEGER)?;
    let modulus = modulus_element.unsigned()?;
    let exponent_element = numbers.expect(Tag::INTEGER)?;
    let exponent = exponent_element.unsigned()?;
    numbers.finish()?;
    if bits(modulus) > RSA_BITS_READ {
        return Err(Error::limit("rsa_bits", RSA_BITS_READ.into()).within(base));
    }
    if !is_odd(modulus) {
        return Err(modulus_element.fault(Asn1Fault::Value("RSA modulus is even")));
    }
    if !is_odd(exponent) || exponent == [1] {
        return Err(exponent_element.fault(Asn1Fault::Value("RSA exponent is even or below 3")));
    }
    let kind = KeyKind::Rsa {
        bits: bits(modulus),
        exponent: match exponent.len() {
            0..=8 => exponent
                .iter()
                .fold(0, |sum, octet| sum << 8 | u64::from(*octet)),
            _ => u64::MAX,
        },
        pss_only: pss.is_some(),
    };
    Ok((
        kind,
        Material::Rsa(Rsa {
            modulus: modulus.to_vec(),
            exponent: exponent.to_vec(),
            pss,
            prepared: OnceLock::new(),
            lane: OnceLock::new(),
        }),
    ))
}

fn ec_key(key: &Element<'_>, algorithm: &mut Reader<'_>) -> Result<(KeyKind, Material), Error> {
    let unsupported = |oid| Ok((KeyKind::Unsupported { oid }, Material::Unsupported));
    let parameters = algorithm.element()?;
    algorithm.finish()?;
    if parameters.tag != Tag::OID {
        return unsupported(oid::EC_PUBLIC_KEY);
    }
    let curve = parameters.oid()?;
    let point = key.bit_string_octets()?;
    let off = || key.fault(Asn1Fault::Value("point is not on the curve"));
    let (curve, point, key) = if curve == oid::P256 {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| off())?;
        let point = key.to_sec1_point(false).as_bytes().to_vec();
        (Curve::P256, point, EcKey::P256(key))
    } else if curve == oid::P384 {
        let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| off())?;
        let point = key.to_sec1_point(false).as_bytes().to_vec();
        (Curve::P384, point, EcKey::P384(key))
    } else if curve == oid::P521 {
        let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| off())?;
        let point = key.to_sec1_point(false).as_bytes().to_vec();
        (Curve::P521, point, EcKey::P521(Box::new(key)))
    } else {
        return unsupported(curve);
    };
    Ok((KeyKind::Ec { curve }, Material::Ec(Ec { point, key })))
}

fn ed448_key(key: &Element<'_>) -> Result<Material, Error> {
    let octets: &[u8; 57] = key
        .bit_string_octets()?
        .try_into()
        .map_err(|_| key.fault(Asn1Fault::Value("Ed448 key is not 57 octets")))?;
    if !super::verify::is_canonical_ed448_point(octets) {
        return Err(key.fault(Asn1Fault::Value("Ed448 key is not canonical")));
    }
    ed448_goldilocks::VerifyingKey::from_bytes(octets)
        .map(|key| Material::Ed448(Box::new(key)))
        .map_err(|_| key.fault(Asn1Fault::Value("Ed448 key is not a point of the curve")))
}

fn dsa_key(key: &Element<'_>, algorithm: &mut Reader<'_>) -> Result<(KeyKind, Material), Error> {
    let parameters = match algorithm.optional(Tag::SEQUENCE)? {
        Some(sequence) => {
            let mut numbers = sequence.reader();
            let p = numbers.expect(Tag::INTEGER)?.unsigned()?.to_vec();
            let q = numbers.expect(Tag::INTEGER)?.unsigned()?.to_vec();
            let g = numbers.expect(Tag::INTEGER)?.unsigned()?.to_vec();
            numbers.finish()?;
            algorithm.finish()?;
            Some(DsaParameters { p, q, g })
        }
        None => {
            absent_or_null(algorithm)?;
            None
        }
    };
    let (inner, base) = inside(key)?;
    let mut outer = Reader::at(inner, base);
    let y = outer.expect(Tag::INTEGER)?.unsigned()?.to_vec();
    outer.finish()?;
    let bits = parameters.as_ref().map_or(0, |group| bits(&group.p));
    Ok((
        KeyKind::Dsa { bits },
        Material::Dsa(Dsa {
            parameters,
            y,
            prepared: OnceLock::new(),
        }),
    ))
}

/// The DER inside a BIT STRING and its position.
fn inside<'a>(key: &Element<'a>) -> Result<(&'a [u8], u64), Error> {
    Ok((key.bit_string_octets()?, key.content_offset() + 1))
}
