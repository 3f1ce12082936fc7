//! Object identifiers: content octets ↔ dotted text, and the ones that the field uses.

use std::borrow::Cow;
use std::fmt;

/// An object identifier, held as its DER content octets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Cow<'static, [u8]>);

impl Oid {
    /// From the content octets of a constant; not checked.
    pub const fn from_static(content: &'static [u8]) -> Self {
        Self(Cow::Borrowed(content))
    }

    /// From the content octets of an `OBJECT IDENTIFIER`; `None` unless they are minimal base-128
    /// groups, at most 128 octets in all, with no arc above 2^63.
    pub fn from_content(content: &[u8]) -> Option<Self> {
        let last = content.last()?;
        if content.len() > 128 || last & 0x80 != 0 {
            return None;
        }
        let mut start = true;
        let mut group = 0;
        for octet in content {
            if start && *octet == 0x80 {
                return None;
            }
            group = if start { 1 } else { group + 1 };
            if group > 9 {
                return None;
            }
            start = octet & 0x80 == 0;
        }
        Some(Self(Cow::Owned(content.to_vec())))
    }

    /// From dotted text such as `1.2.840.113549.1.1.1`.
    pub fn from_dotted(text: &str) -> Option<Self> {
        let mut arcs = text.split('.').map(|arc| {
            let plain = !arc.is_empty() && arc.bytes().all(|c| c.is_ascii_digit());
            plain.then(|| arc.parse::<u64>().ok()).flatten()
        });
        let (first, second) = (arcs.next()??, arcs.next()??);
        if first > 2 || (first < 2 && second > 39) {
            return None;
        }
        let mut content = Vec::new();
        push_arc(&mut content, first.checked_mul(40)?.checked_add(second)?);
        for arc in arcs {
            push_arc(&mut content, arc?);
        }
        Self::from_content(&content)
    }

    /// The content octets.
    pub fn content(&self) -> &[u8] {
        &self.0
    }
}

fn push_arc(content: &mut Vec<u8>, arc: u64) {
    let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
    for group in (0..groups).rev() {
        // Masked to seven bits.
        let bits = (arc >> (7 * group) & 0x7f) as u8;
        content.push(if group > 0 { bits | 0x80 } else { bits });
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arc = 0u64;
        let mut first = true;
        for octet in self.0.iter() {
            arc = arc << 7 | u64::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                if first {
                    let top = (arc / 40).min(2);
                    write!(f, "{top}.{}", arc - top * 40)?;
                } else {
                    write!(f, ".{arc}")?;
                }
                first = false;
                arc = 0;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Oid({self})")
    }
}

impl serde::Serialize for Oid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Oid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_dotted(&text).ok_or_else(|| serde::de::Error::custom("not an object identifier"))
    }
}

macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $content:expr;)*) => {
        $($(#[$doc])* #[doc = concat!("\n\n`", $text, "`")] pub const $name: Oid = Oid::from_static(&$content);)*

        #[cfg(test)]
        const ALL: &[(&str, Oid)] = &[$(($text, $name)),*];
    };
}

oids! {
    /// rsaEncryption: a key, or PKCS#1 v1.5 with the digest named elsewhere.
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0x1];
    /// md5WithRSAEncryption.
    MD5_WITH_RSA = "1.2.840.113549.1.1.4", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0x4];
    /// sha1WithRSAEncryption.
    SHA1_WITH_RSA = "1.2.840.113549.1.1.5", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0x5];
    /// sha1WithRSASignature, the old name of sha1WithRSAEncryption.
    SHA1_WITH_RSA_OIW = "1.3.14.3.2.29", [0x2b, 0xe, 0x3, 0x2, 0x1d];
    /// id-RSASSA-PSS.
    RSA_PSS = "1.2.840.113549.1.1.10", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0xa];
    /// id-mgf1.
    MGF1 = "1.2.840.113549.1.1.8", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0x8];
    /// sha256WithRSAEncryption.
    SHA256_WITH_RSA = "1.2.840.113549.1.1.11", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0xb];
    /// sha384WithRSAEncryption.
    SHA384_WITH_RSA = "1.2.840.113549.1.1.12", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0xc];
    /// sha512WithRSAEncryption.
    SHA512_WITH_RSA = "1.2.840.113549.1.1.13", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0xd];
    /// sha224WithRSAEncryption.
    SHA224_WITH_RSA = "1.2.840.113549.1.1.14", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0xe];
    /// sha512-224WithRSAEncryption.
    SHA512_224_WITH_RSA = "1.2.840.113549.1.1.15", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0xf];
    /// sha512-256WithRSAEncryption.
    SHA512_256_WITH_RSA = "1.2.840.113549.1.1.16", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x1, 0x10];
    /// id-rsassa-pkcs1-v1-5-with-sha3-224.
    SHA3_224_WITH_RSA = "2.16.840.1.101.3.4.3.13", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0xd];
    /// id-rsassa-pkcs1-v1-5-with-sha3-256.
    SHA3_256_WITH_RSA = "2.16.840.1.101.3.4.3.14", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0xe];
    /// id-rsassa-pkcs1-v1-5-with-sha3-384.
    SHA3_384_WITH_RSA = "2.16.840.1.101.3.4.3.15", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0xf];
    /// id-rsassa-pkcs1-v1-5-with-sha3-512.
    SHA3_512_WITH_RSA = "2.16.840.1.101.3.4.3.16", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0x10];
    /// id-ecPublicKey.
    EC_PUBLIC_KEY = "1.2.840.10045.2.1", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x2, 0x1];
    /// secp256r1.
    P256 = "1.2.840.10045.3.1.7", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x3, 0x1, 0x7];
    /// secp384r1.
    P384 = "1.3.132.0.34", [0x2b, 0x81, 0x4, 0x0, 0x22];
    /// secp521r1.
    P521 = "1.3.132.0.35", [0x2b, 0x81, 0x4, 0x0, 0x23];
    /// ecdsa-with-SHA1.
    ECDSA_WITH_SHA1 = "1.2.840.10045.4.1", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x4, 0x1];
    /// ecdsa-with-SHA224.
    ECDSA_WITH_SHA224 = "1.2.840.10045.4.3.1", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x4, 0x3, 0x1];
    /// ecdsa-with-SHA256.
    ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x4, 0x3, 0x2];
    /// ecdsa-with-SHA384.
    ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x4, 0x3, 0x3];
    /// ecdsa-with-SHA512.
    ECDSA_WITH_SHA512 = "1.2.840.10045.4.3.4", [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x4, 0x3, 0x4];
    /// id-ecdsa-with-sha3-224.
    ECDSA_WITH_SHA3_224 = "2.16.840.1.101.3.4.3.9", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0x9];
    /// id-ecdsa-with-sha3-256.
    ECDSA_WITH_SHA3_256 = "2.16.840.1.101.3.4.3.10", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0xa];
    /// id-ecdsa-with-sha3-384.
    ECDSA_WITH_SHA3_384 = "2.16.840.1.101.3.4.3.11", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0xb];
    /// id-ecdsa-with-sha3-512.
    ECDSA_WITH_SHA3_512 = "2.16.840.1.101.3.4.3.12", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0xc];
    /// id-ecdsa-with-shake128.
    ECDSA_WITH_SHAKE128 = "1.3.6.1.5.5.7.6.32", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x6, 0x20];
    /// id-ecdsa-with-shake256.
    ECDSA_WITH_SHAKE256 = "1.3.6.1.5.5.7.6.33", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x6, 0x21];
    /// id-Ed25519.
    ED25519 = "1.3.101.112", [0x2b, 0x65, 0x70];
    /// id-Ed448.
    ED448 = "1.3.101.113", [0x2b, 0x65, 0x71];
    /// id-dsa.
    DSA = "1.2.840.10040.4.1", [0x2a, 0x86, 0x48, 0xce, 0x38, 0x4, 0x1];
    /// id-dsa-with-sha1.
    DSA_WITH_SHA1 = "1.2.840.10040.4.3", [0x2a, 0x86, 0x48, 0xce, 0x38, 0x4, 0x3];
    /// id-dsa-with-sha224.
    DSA_WITH_SHA224 = "2.16.840.1.101.3.4.3.1", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0x1];
    /// id-dsa-with-sha256.
    DSA_WITH_SHA256 = "2.16.840.1.101.3.4.3.2", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0x2];
    /// id-dsa-with-sha384.
    DSA_WITH_SHA384 = "2.16.840.1.101.3.4.3.3", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0x3];
    /// id-dsa-with-sha512.
    DSA_WITH_SHA512 = "2.16.840.1.101.3.4.3.4", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x3, 0x4];
    /// md5.
    MD5 = "1.2.840.113549.2.5", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x2, 0x5];
    /// id-sha1.
    SHA1 = "1.3.14.3.2.26", [0x2b, 0xe, 0x3, 0x2, 0x1a];
    /// id-sha256.
    SHA256 = "2.16.840.1.101.3.4.2.1", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x1];
    /// id-sha384.
    SHA384 = "2.16.840.1.101.3.4.2.2", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x2];
    /// id-sha512.
    SHA512 = "2.16.840.1.101.3.4.2.3", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x3];
    /// id-sha224.
    SHA224 = "2.16.840.1.101.3.4.2.4", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x4];
    /// id-sha512-224.
    SHA512_224 = "2.16.840.1.101.3.4.2.5", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x5];
    /// id-sha512-256.
    SHA512_256 = "2.16.840.1.101.3.4.2.6", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x6];
    /// id-sha3-224.
    SHA3_224 = "2.16.840.1.101.3.4.2.7", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x7];
    /// id-sha3-256.
    SHA3_256 = "2.16.840.1.101.3.4.2.8", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x8];
    /// id-sha3-384.
    SHA3_384 = "2.16.840.1.101.3.4.2.9", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x9];
    /// id-sha3-512.
    SHA3_512 = "2.16.840.1.101.3.4.2.10", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0xa];
    /// id-shake128, output 32 octets.
    SHAKE128 = "2.16.840.1.101.3.4.2.11", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0xb];
    /// id-shake256, output 64 octets.
    SHAKE256 = "2.16.840.1.101.3.4.2.12", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0xc];
    /// id-shake128-len.
    SHAKE128_LEN = "2.16.840.1.101.3.4.2.17", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x11];
    /// id-shake256-len.
    SHAKE256_LEN = "2.16.840.1.101.3.4.2.18", [0x60, 0x86, 0x48, 0x1, 0x65, 0x3, 0x4, 0x2, 0x12];
    /// id-data.
    DATA = "1.2.840.113549.1.7.1", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x7, 0x1];
    /// id-signedData.
    SIGNED_DATA = "1.2.840.113549.1.7.2", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x7, 0x2];
    /// id-ct-TSTInfo.
    TST_INFO = "1.2.840.113549.1.9.16.1.4", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x10, 0x1, 0x4];
    /// id-contentType.
    CONTENT_TYPE = "1.2.840.113549.1.9.3", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x3];
    /// id-messageDigest.
    MESSAGE_DIGEST = "1.2.840.113549.1.9.4", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x4];
    /// id-signingTime.
    SIGNING_TIME = "1.2.840.113549.1.9.5", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x5];
    /// id-aa-signingCertificate.
    SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x10, 0x2, 0xc];
    /// id-aa-signingCertificateV2.
    SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x10, 0x2, 0x2f];
    /// id-aa-signatureTimeStampToken.
    SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x10, 0x2, 0xe];
    /// id-aa-ets-contentTimestamp.
    CONTENT_TIME_STAMP = "1.2.840.113549.1.9.16.2.20", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x10, 0x2, 0x14];
    /// id-aa-ets-sigPolicyId.
    SIGNATURE_POLICY = "1.2.840.113549.1.9.16.2.15", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x10, 0x2, 0xf];
    /// id-aa-cmsAlgorithmProtect.
    CMS_ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x34];
    /// adbe-revocationInfoArchival.
    ADOBE_REVOCATION_INFO = "1.2.840.113583.1.1.8", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x2f, 0x1, 0x1, 0x8];
    /// id-pe-authorityInfoAccess.
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x1, 0x1];
    /// id-ce-authorityKeyIdentifier.
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35", [0x55, 0x1d, 0x23];
    /// id-ce-basicConstraints.
    BASIC_CONSTRAINTS = "2.5.29.19", [0x55, 0x1d, 0x13];
    /// id-ce-certificatePolicies.
    CERTIFICATE_POLICIES = "2.5.29.32", [0x55, 0x1d, 0x20];
    /// anyPolicy.
    ANY_POLICY = "2.5.29.32.0", [0x55, 0x1d, 0x20, 0x0];
    /// id-ce-cRLDistributionPoints.
    CRL_DISTRIBUTION_POINTS = "2.5.29.31", [0x55, 0x1d, 0x1f];
    /// id-ce-cRLNumber.
    CRL_NUMBER = "2.5.29.20", [0x55, 0x1d, 0x14];
    /// id-ce-cRLReasons.
    CRL_REASON = "2.5.29.21", [0x55, 0x1d, 0x15];
    /// id-ce-deltaCRLIndicator.
    DELTA_CRL_INDICATOR = "2.5.29.27", [0x55, 0x1d, 0x1b];
    /// id-ce-extKeyUsage.
    EXTENDED_KEY_USAGE = "2.5.29.37", [0x55, 0x1d, 0x25];
    /// id-ce-freshestCRL.
    FRESHEST_CRL = "2.5.29.46", [0x55, 0x1d, 0x2e];
    /// id-ce-inhibitAnyPolicy.
    INHIBIT_ANY_POLICY = "2.5.29.54", [0x55, 0x1d, 0x36];
    /// id-ce-invalidityDate.
    INVALIDITY_DATE = "2.5.29.24", [0x55, 0x1d, 0x18];
    /// id-ce-certificateIssuer.
    CERTIFICATE_ISSUER = "2.5.29.29", [0x55, 0x1d, 0x1d];
    /// id-ce-issuerAltName.
    ISSUER_ALT_NAME = "2.5.29.18", [0x55, 0x1d, 0x12];
    /// id-ce-issuingDistributionPoint.
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28", [0x55, 0x1d, 0x1c];
    /// id-ce-keyUsage.
    KEY_USAGE = "2.5.29.15", [0x55, 0x1d, 0xf];
    /// id-ce-nameConstraints.
    NAME_CONSTRAINTS = "2.5.29.30", [0x55, 0x1d, 0x1e];
    /// id-ce-policyConstraints.
    POLICY_CONSTRAINTS = "2.5.29.36", [0x55, 0x1d, 0x24];
    /// id-ce-policyMappings.
    POLICY_MAPPINGS = "2.5.29.33", [0x55, 0x1d, 0x21];
    /// id-ce-privateKeyUsagePeriod.
    PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16", [0x55, 0x1d, 0x10];
    /// id-ce-subjectAltName.
    SUBJECT_ALT_NAME = "2.5.29.17", [0x55, 0x1d, 0x11];
    /// id-ce-subjectDirectoryAttributes.
    SUBJECT_DIRECTORY_ATTRIBUTES = "2.5.29.9", [0x55, 0x1d, 0x9];
    /// id-ce-subjectKeyIdentifier.
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14", [0x55, 0x1d, 0xe];
    /// id-ce-noRevAvail.
    NO_REV_AVAIL = "2.5.29.56", [0x55, 0x1d, 0x38];
    /// id-pe-qcStatements.
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x1, 0x3];
    /// anyExtendedKeyUsage.
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0", [0x55, 0x1d, 0x25, 0x0];
    /// id-kp-serverAuth.
    KP_SERVER_AUTH = "1.3.6.1.5.5.7.3.1", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x3, 0x1];
    /// id-kp-clientAuth.
    KP_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x3, 0x2];
    /// id-kp-codeSigning.
    KP_CODE_SIGNING = "1.3.6.1.5.5.7.3.3", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x3, 0x3];
    /// id-kp-emailProtection.
    KP_EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x3, 0x4];
    /// id-kp-timeStamping.
    KP_TIME_STAMPING = "1.3.6.1.5.5.7.3.8", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x3, 0x8];
    /// id-kp-OCSPSigning.
    KP_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x3, 0x9];
    /// id-kp-documentSigning (RFC 9336).
    KP_DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x3, 0x24];
    /// Microsoft document signing.
    KP_MS_DOCUMENT_SIGNING = "1.3.6.1.4.1.311.10.3.12", [0x2b, 0x6, 0x1, 0x4, 0x1, 0x82, 0x37, 0xa, 0x3, 0xc];
    /// Adobe authentic documents trust.
    KP_ADOBE_AUTHENTIC_DOCUMENTS = "1.2.840.113583.1.1.5", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x2f, 0x1, 0x1, 0x5];
    /// id-ad-ocsp.
    AD_OCSP = "1.3.6.1.5.5.7.48.1", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x30, 0x1];
    /// id-ad-caIssuers.
    AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x30, 0x2];
    /// id-pkix-ocsp-basic.
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x30, 0x1, 0x1];
    /// id-pkix-ocsp-nonce.
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x30, 0x1, 0x2];
    /// id-pkix-ocsp-nocheck.
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5", [0x2b, 0x6, 0x1, 0x5, 0x5, 0x7, 0x30, 0x1, 0x5];
    /// id-at-commonName.
    AT_COMMON_NAME = "2.5.4.3", [0x55, 0x4, 0x3];
    /// id-at-surname.
    AT_SURNAME = "2.5.4.4", [0x55, 0x4, 0x4];
    /// id-at-serialNumber.
    AT_SERIAL_NUMBER = "2.5.4.5", [0x55, 0x4, 0x5];
    /// id-at-countryName.
    AT_COUNTRY = "2.5.4.6", [0x55, 0x4, 0x6];
    /// id-at-localityName.
    AT_LOCALITY = "2.5.4.7", [0x55, 0x4, 0x7];
    /// id-at-stateOrProvinceName.
    AT_STATE = "2.5.4.8", [0x55, 0x4, 0x8];
    /// id-at-streetAddress.
    AT_STREET = "2.5.4.9", [0x55, 0x4, 0x9];
    /// id-at-organizationName.
    AT_ORGANIZATION = "2.5.4.10", [0x55, 0x4, 0xa];
    /// id-at-organizationalUnitName.
    AT_ORGANIZATIONAL_UNIT = "2.5.4.11", [0x55, 0x4, 0xb];
    /// id-at-title.
    AT_TITLE = "2.5.4.12", [0x55, 0x4, 0xc];
    /// id-at-givenName.
    AT_GIVEN_NAME = "2.5.4.42", [0x55, 0x4, 0x2a];
    /// userId.
    AT_USER_ID = "0.9.2342.19200300.100.1.1", [0x9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x1, 0x1];
    /// domainComponent.
    AT_DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25", [0x9, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x1, 0x19];
    /// emailAddress.
    AT_EMAIL_ADDRESS = "1.2.840.113549.1.9.1", [0x2a, 0x86, 0x48, 0x86, 0xf7, 0xd, 0x1, 0x9, 0x1];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_every_constant_is_its_dotted_text() {
        for (text, oid) in ALL {
            assert_eq!(oid.to_string(), *text);
            assert_eq!(Oid::from_dotted(text).as_ref(), Some(oid));
            assert_eq!(Oid::from_content(oid.content()).as_ref(), Some(oid));
        }
    }

    #[test]
    fn err_malformed() {
        for content in [
            &[][..],
            &[0x80, 1],
            &[0x2a, 0x80, 1],
            &[0x2a, 0x81],
            &[0xff; 10],
        ] {
            assert_eq!(Oid::from_content(content), None, "{content:02x?}");
        }
        for text in [
            "",
            "1",
            "3.1",
            "1.40",
            "1..2",
            "1.+2",
            "1.2.99999999999999999999",
        ] {
            assert_eq!(Oid::from_dotted(text), None, "{text}");
        }
    }
}
