//! The one table of limits: how much work a file may ask for, each number with its source.
//!
//! Reaching a limit is an [`crate::error::ErrorKind::Limit`], never "invalid signature". Limits
//! count work (bytes, objects, steps), not time, so that the same input always ends alike.

use serde::Serialize;

/// How much one document may ask for. Units are in the field names or bytes.
///
/// Numbers without another source follow pyHanko, qpdf, rustls-webpki and Go's `crypto/x509`,
/// rounded so that no file of public test suites meets them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a file that is read into memory.
    pub file: u64,
    /// Bytes of one decoded stream.
    pub decoded_stream: u64,
    /// Bytes of all decoded streams of a document.
    pub decoded_total: u64,
    /// Decoded bytes per encoded byte, once the first MiB is decoded.
    pub inflate_ratio: u64,
    /// Filters in a row on one stream.
    pub filters: usize,
    /// Arrays and dictionaries inside each other.
    pub nesting: usize,
    /// Items of one array or dictionary.
    pub container_items: usize,
    /// Bytes of one string.
    pub string: usize,
    /// Objects of a document, counted as cross-reference entries that are present.
    pub objects: u64,
    /// Cross-reference sections.
    pub xref_sections: usize,
    /// Objects in one object stream.
    pub object_stream_items: usize,
    /// Signatures of a document.
    pub signatures: usize,
    /// Depth of page, field and name trees.
    pub tree_depth: usize,
    /// Nodes visited in page, field and name trees.
    pub tree_nodes: usize,
    /// References followed from one to the next.
    pub reference_hops: usize,
    /// Bytes of one CMS structure.
    pub cms: usize,
    /// Certificates in one CMS structure.
    pub cms_certificates: usize,
    /// Attributes of one signer, signed or unsigned.
    pub cms_attributes: usize,
    /// ASN.1 values inside each other.
    pub asn1_depth: usize,
    /// Certificates of a path, the anchor not counted.
    pub path_length: usize,
    /// Issuer candidates tried at one step of path building.
    pub path_candidates: usize,
    /// Issuer candidates tried in all while one path is sought.
    pub path_steps: usize,
    /// Signature checks while one path is sought.
    pub path_signature_checks: usize,
    /// Signature checks of a document.
    pub document_signature_checks: usize,
    /// Comparisons of names with name constraints, for one path.
    pub name_constraint_comparisons: usize,
    /// Nodes of the policy graph.
    pub policy_nodes: usize,
    /// Streams in the document security store.
    pub security_store_streams: usize,
    /// Bytes in the document security store.
    pub security_store_bytes: u64,
    /// Bytes of one CRL.
    pub crl: usize,
    /// Bytes of one OCSP response.
    pub ocsp: usize,
    /// Bytes of one certificate.
    pub certificate: usize,
    /// Bytes of one time-stamp token.
    pub timestamp: usize,
    /// Bits of an RSA modulus.
    pub rsa_bits: usize,
    /// Documents in one ZIP or tar file.
    pub container_members: u64,
    /// Bytes of all documents in one ZIP or tar file.
    pub container_bytes: u64,
    /// Iterations of a password-based key derivation (PKCS#8, PKCS#12).
    pub key_derivation_iterations: u32,
    /// Operators in the content of a page that is searched for a word; characters that it shows,
    /// and codes of one of its fonts.
    pub content_operations: usize,
    /// Bytes of an image for a visible signature.
    pub image: usize,
    /// Pixels of an image for a visible signature.
    pub image_pixels: u64,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            file: 512 * MIB,
            decoded_stream: 64 * MIB,
            decoded_total: 512 * MIB,
            inflate_ratio: 200,
            filters: 8,
            nesting: 100,
            container_items: 1_000_000,
            string: 64 << 20,
            objects: 2_000_000,
            xref_sections: 256,
            object_stream_items: 100_000,
            signatures: 200,
            tree_depth: 64,
            tree_nodes: 500_000,
            reference_hops: 64,
            cms: 16 << 20,
            cms_certificates: 200,
            cms_attributes: 64,
            asn1_depth: 32,
            path_length: 10,
            path_candidates: 50,
            path_steps: 10_000,
            path_signature_checks: 100,
            document_signature_checks: 2000,
            name_constraint_comparisons: 250_000,
            policy_nodes: 1024,
            security_store_streams: 5000,
            security_store_bytes: 256 * MIB,
            crl: 64 << 20,
            ocsp: 1 << 20,
            certificate: 256 << 10,
            timestamp: 256 << 10,
            rsa_bits: 8192,
            container_members: 1_000_000,
            container_bytes: 64 * 1024 * MIB,
            key_derivation_iterations: 10_000_000,
            content_operations: 2_000_000,
            image: 32 << 20,
            // A4 at 600 dpi has 35 million.
            image_pixels: 40_000_000,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// A limit of [`Limits`] that ended some work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitReached {
    /// Name of the limit's field.
    pub name: &'static str,
    /// Its value.
    pub max: u64,
}

/// How much one exchange message may ask for; apart from [`Limits`], which are those of one
/// document. Units are bytes unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExchangeLimits {
    /// The whole message.
    pub message: u64,
    /// Everything but the attachments.
    pub envelope: u64,
    /// One tag, one text or one comment.
    pub item: u64,
    /// Elements.
    pub elements: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Attachments.
    pub attachments: usize,
    /// One attachment, decoded, and what comes out of its archive.
    pub attachment: u64,
    /// Octets out of an archive for each octet in it, once the first MiB is out.
    pub inflate_ratio: u64,
}

impl Default for ExchangeLimits {
    fn default() -> Self {
        Self {
            message: 1 << 30,
            envelope: 8 << 20,
            item: 1 << 20,
            elements: 20_000,
            depth: 32,
            attachments: 100,
            attachment: 512 << 20,
            inflate_ratio: 200,
        }
    }
}
