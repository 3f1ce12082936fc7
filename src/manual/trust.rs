//! Which roots to trust in Vietnam, how to fetch and pin them, and what their certificates look like.
//!
//! No root is compiled in. Which ones are trusted is the caller's decision, written down in a trust
//! file ([`crate::pki::trust`]) and pinned by SHA-256. The digests below help to recognise a file;
//! they do not replace comparing it with the owner of the root over a second way. "Decoded" means
//! that the certificate itself was read for this page; "told" means that two public sources agree
//! and the certificate was not seen.
//!
//! # Roots of the public service (Cục Chứng thực số và Bảo mật thông tin, Ban Cơ yếu Chính phủ)
//!
//! | certificate | SHA-256 | state |
//! |---|---|---|
//! | `CN=Co quan chung thuc so chuyen dung Chinh phu (RootCA),O=Ban Co yeu Chinh phu,C=VN`: RSA 2048, signed by itself with SHA-1, 2010-03-10 to 2030-03-05 | `f7bc89054cec7f12730d7b8cd3eb7955b163835087e5eb873edfb584763b3f90` | decoded |
//! | below it: `Co quan chung thuc so Chinh phu` (serial 04), signed with SHA-1 | `75e969c07ba35c29c72bbc1bfb880f20f3891a619b00b77eb02ca6160736a1fe` | decoded |
//! | `CN=RootCA chuyên dùng Chính phủ G2,O=Ban Cơ yếu Chính phủ,C=VN`, to 2048 | `f04ba4b459a7c9a1b971ad9b1cb833e695a80c79aea63b174b66a70edfe2fdb8` | told |
//! | below it: `CA phục vụ các cơ quan Nhà nước G2` (serial 7AF2DF52182653D3), 2018-08-22 to 2048-08-14 | `d8cab7a4aef92e6bb2509d7c61cee7b44f3731b2d21074963530277b366fae4b` | told |
//! | below it: `CA phục vụ các cơ quan Đảng G2` | `e4b402e3cb4cacc0a20d21fa49bce76beb4eb47ba7ffb7a8f71c554dbe561a81` | told |
//!
//! Addresses: `http://ca.gov.vn/pki/pub/cert/rootca.crt` (first root),
//! `http://ca.gov.vn/pki/pub/crt/rootcag2.crt` (G2). Both are plain HTTP: compare the digest.
//!
//! Other CAs below the first root, all signed with SHA-1: those of the Ministry of Finance (serial
//! 03), of Public Security (05), of the Communist Party (06), and of Foreign Affairs (0B), whose
//! own name has accents under an issuer without them.
//!
//! # National roots of the public CAs (NEAC)
//!
//! | certificate | SHA-256 | state |
//! |---|---|---|
//! | `CN=MIC National Root CA,OU=National CA Center,O=Ministry of Information and Communications,C=VN`: RSA 2048, SHA-1, 2008 to 2040 | `ca918d635bb130bec97639e6aabf7edbc4eb1310f8058b9419f467ae0230ad8c` | decoded |
//! | `Vietnam National Root CA`: SHA-256, 2014 to 2039, `https://rootca.gov.vn/crt/vnrca256.p7b` | `bac8bf609ab420a8ee1780d74f4de5c7f7184959d2a7375b0a75e4c29f0908e7` | told |
//!
//! A third generation (2024 to 2049), a root for remote signing and a root for time stamps (2025 to
//! 2050) exist; their digests were not found twice, so none stands here. About 26 public CAs
//! issue below these roots. Bodies with similar names are different bodies: a CA is known by its
//! chain, never by its name.
//!
//! # Recipe
//!
//! 1. Fetch the file, preferably on two ways (another network, another day).
//! 2. `kyso cert show FILE` prints its SHA-256. Compare with the owner of the root, in person or by
//!    a signed letter, and with the table above.
//! 3. `kyso trust add FILE` writes it into the trust file; say in `source` who compared what, when.
//! 4. Give `until` to roots that should stop counting at a date, such as the first root once your
//!    archive has moved on.
//! 5. Write rules that say which CA or policy issues to agencies and which to persons:
//!    `kyso trust rule FILE --is agency --policy OID` (or `--issuer NAME`, `--certificate HEX`).
//!    Only these rules decide who may seal and who may approve; without a rule, the identifiers in
//!    the name are hints only ([`crate::pki::holder`]).
//! 6. Give the same `pki` to all roots of one operator (`kyso trust add --pki "public service"`), so
//!    that a file whose signatures come from two PKIs is told from one with two generations of roots.
//!
//! ```
//! let file = br#"{
//!   "format": "kyso-trust-1",
//!   "anchors": [
//!     { "sha256": "f7bc89054cec7f12730d7b8cd3eb7955b163835087e5eb873edfb584763b3f90",
//!       "source": "rootca.crt of ca.gov.vn; digest read out by the registration office",
//!       "until": "2030-03-05T00:00:00Z" },
//!     { "sha256": "f04ba4b459a7c9a1b971ad9b1cb833e695a80c79aea63b174b66a70edfe2fdb8",
//!       "source": "rootcag2.crt of ca.gov.vn; digest read out by the registration office" }
//!   ]
//! }"#;
//! assert_eq!(kyso::pki::Trust::from_json(file)?.anchors().len(), 2);
//! # Ok::<(), kyso::error::Error>(())
//! ```
//!
//! An anchor that is only a pin finds its certificate among those that come with a document. An
//! anchor with its certificate inside also works for documents that do not bring it.
//!
//! # What their certificates look like
//!
//! - SHA-1 signatures on CA certificates and on older leaves. Paths verify them and show each
//!   algorithm ([`crate::pki::VerifiedPath::links`]); profiles decide: `official` refuses them,
//!   `vn-legacy` accepts them with a proof of existence. The signature of a root on itself is never
//!   looked at.
//! - Key usage of leaves: all four signing and encryption bits, or non-repudiation alone. Extended
//!   key usage: client authentication, mail protection and smart-card logon, which counts as
//!   document signing because of mail protection.
//! - The authority key identifier carries key, issuer and serial; all are hints only.
//! - CRL and OCSP addresses on intranet names (`http://ca.btc/…`) before public ones.
//! - Names: several UID attributes (`MST:`, `CCCD:`, `CMND:`, `MNS:`, `BHXH:`, `HC:`, `PID:`,
//!   `PPID:`), two or more OU for the agency chain, title, mail address in the name, commas inside
//!   the common name, both orders of attributes, serial numbers of 16 octets, Netscape extensions.
