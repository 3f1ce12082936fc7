//! Keys: in files, on tokens, at services, behind a program of your own.
//!
//! Every kind of key is a [`KeySource`](crate::signing::KeySource); `kyso sign --key` takes each.
//!
//! | `--key` | what it is |
//! |---|---|
//! | `leader.p12`, `leader.key` | a file: PKCS#12, PKCS#8, PKCS#1, SEC1; the password by `--password-file`, `--pin-fd`, `--pin-env`, `KYSO_KEY_PASSWORD`, or asked |
//! | `pkcs11:token=…;object=…` | a token or hardware security module, chosen as RFC 7512 §2.3 says; its driver by `--module`, `?module-path=`, or `KYSO_PKCS11_MODULE` |
//! | `csc:service.json` | a signing service with the API of the Cloud Signature Consortium, version 2 |
//! | `external:/opt/sign/smartca` | a program that you provide; see below |
//!
//! # Padding
//!
//! RSA keys sign with PKCS#1 v1.5 unless PSS is asked for (`--pss`,
//! [`RsaPadding::Pss`](crate::signing::plan::RsaPadding)) or the key is made for PSS alone. A key
//! that cannot do what is asked refuses; nothing is chosen silently. The signature says which it
//! is, and so does every report.
//!
//! # Tokens
//!
//! `kyso key doctor --module DRIVER` shows what is connected and what to do next; with
//! `--pin-file` or `--login` it shows the private keys as well. A wrong PIN is reported and not
//! tried again; when one try is left, nothing is tried unless `--allow-last-try` says so or a
//! person answers the prompt, which warns.
//!
//! # Secrets
//!
//! PINs, passwords and access tokens never come from an argument, which every user of the machine
//! can read. In the library they are [`Secret`](crate::signing::key::Secret) or `Zeroizing`: wiped
//! when dropped, hidden in `Debug`, not `Clone`; no error text and no state file holds them.
//!
//! Outside of reach are: what a driver keeps for itself; what `ring` keeps of a private key from
//! a file, which it frees without wiping; what the system swaps out; the environment of the
//! process, when a secret is given in it; HTTP and TLS buffers, through which access tokens and
//! one-time passwords go.
//!
//! # A remote signing service: `csc:service.json`
//!
//! ```json
//! {
//!   "service": "https://service.example/csc/v2",
//!   "credential": "GX0112348",
//!   "token_file": "/run/secrets/csc-token",
//!   "authorization": [{ "id": "PIN", "file": "/run/secrets/pin" }, { "id": "OTP" }],
//!   "wait_seconds": 300,
//!   "poll_seconds": 2
//! }
//! ```
//!
//! `credential` may be left out when the token leads to one only. A secret is named by `file` or
//! `env`; an authorization without either takes `--pin-file`, `--pin-fd` or `--pin-env`. The
//! service is asked under the network rules of [`online`](crate::signing::key::remote): https,
//! public addresses, no redirects; `"allow": ["10.0.0.7:8443"]` permits a host of your own
//! network. A request is sent once. When the signer answers minutes later, `sign` waits
//! `wait_seconds`; in [two steps](super::two_steps) another process can ask again.
//!
//! # A program of your own: `external:PROGRAM`
//!
//! For services whose API is none of the above. The program is started directly, without a shell
//! and without arguments; the signer's certificate and chain come from `--certificate`. It reads
//! one JSON object on standard input:
//!
//! ```json
//! {
//!   "version": 1,
//!   "operation": "sign",
//!   "algorithm": { "name": "RSASSA-PKCS1-v1_5 with SHA-256", "scheme": "rsa-pkcs1-v1_5" },
//!   "certificate": "base64 of the DER",
//!   "message": "base64 of the signed attributes, whole",
//!   "digest": {
//!     "algorithm": "SHA-256", "oid": "2.16.840.1.101.3.4.2.1",
//!     "hex": "…", "base64": "…",
//!     "digest_info": "base64 of the DigestInfo, for raw RSA operations"
//!   }
//! }
//! ```
//!
//! `scheme` is `rsa-pkcs1-v1_5`, `rsa-pss` (with `salt_length`, MGF1 with the same digest),
//! `ecdsa` or `eddsa` (no `digest`; the message itself is signed). It answers with one object on
//! standard output, at most 64 KiB, within `--external-seconds` (300):
//!
//! ```json
//! { "signature_base64": "…" }
//! { "signature_hex": "…" }
//! { "error": "the signer refused" }
//! ```
//!
//! The value is the raw one: RSA as long as the modulus, ECDSA as r and s side by side or as DER;
//! line breaks in it are left out. It is verified before it is used. Standard error goes to the
//! terminal, so that the program can tell the signer to look at the phone. Secrets of the service
//! are the program's own matter.
//!
//! ## VNPT SmartCA
//!
//! The service wants the digest in hexadecimal and answers after the signer confirmed in the app.
//! A program for it does:
//!
//! ```text
//! read the object from standard input
//! POST /v1/signatures/sign
//!   { "sp_id": …, "sp_password": …, "user_id": …, "transaction_id": …, "serial_number": …,
//!     "sign_files": [ { "doc_id": "1", "file_type": "pdf", "sign_type": "hash",
//!                       "data_to_be_signed": digest.hex } ] }
//!   → tran_code
//! every few seconds: POST /v1/signatures/sign/{tran_code}/status
//!   → signature_value, when confirmed; code 4001 expired, 4002 refused
//! print { "signature_base64": signature_value }, or { "error": … }
//! ```
//!
//! ## Viettel MySign
//!
//! The service takes digests in base64 and names the algorithms by their identifiers; its answers
//! have line breaks, which may stay:
//!
//! ```text
//! read the object from standard input
//! POST /vtss/service/ras/v1/login
//!   { "client_id": …, "client_secret": …, "profile_id": "adss:ras:profile:001", "user_id": … }
//!   → bearer token
//! POST /vtss/service/signHash
//!   { "credentialID": …, "numSignatures": 1, "documents": [ … ], "hash": [ digest.base64 ],
//!     "hashAlgo": digest.oid, "signAlgo": "1.2.840.113549.1.1.1", "async": 1 }
//! every few seconds: POST /vtss/service/requests/status
//!   → "1" and the signature when done, "0" while waiting
//! print { "signature_base64": signature }, or { "error": … }
//! ```
