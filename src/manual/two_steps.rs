//! Signing in two steps: what `kyso prepare` shows, what its state file holds, what `kyso finish` takes.
//!
//! For keys that answer later, elsewhere, or to another process: a service that asks its user for
//! consent, a token on another machine. In the library the steps are
//! [`Signer::prepare`](crate::Signer::prepare), and
//! [`Prepared::finish`](crate::signing::Prepared::finish) or
//! [`Services::finish`](crate::signing::Services::finish).
//!
//! ```sh
//! kyso prepare in.pdf --state in.state --certificate leader.pem > to-sign.json
//! # … the service signs, minutes later …
//! kyso finish in.pdf --state in.state --signature value.b64 --out out.pdf
//! ```
//!
//! With a signing service (CSC API v2, see [keys](super::keys)) nothing is copied by hand: `prepare
//! --key csc:service.json` takes the certificate from there, and `finish --key csc:service.json` asks
//! for the value; PIN, one-time password or the signer's word in an app are needed by `finish` alone.
//! Where the answer takes longer than `wait_seconds`, `finish` ends with code 4 and notes in the state
//! file what it waits for; run again, it goes on from there, without asking the signer anew. So it
//! does when the service is busy or broken (408, 429, 5xx). Trust, evidence and the output are looked
//! at before the service is asked, and its value is kept in the state file: when a time stamp cannot
//! be had or the disk is full, `finish` is run again and makes the file without the service.
//!
//! # What is to be signed
//!
//! One JSON object on standard output:
//!
//! | member | what |
//! |---|---|
//! | `field`, `level` | where the signature goes, and the level that it will have |
//! | `certificate_sha256` | the certificate whose key must sign, SHA-256 of its DER, hexadecimal |
//! | `input_sha256` | SHA-256 of the document that was given, hexadecimal |
//! | `algorithm` | the signature algorithm by name |
//! | `signed_attributes` | the octets to sign, as `base64` and `hex`: the DER SET OF the signed attributes (RFC 5652 §5.4) |
//! | `digest_algorithm`, `digest` | their digest, as `base64` and `hex`, for services that sign a digest; null where the algorithm has none |
//!
//! A service is given either the octets or their digest, never the digest of the digest; the
//! document itself never leaves the machine. The value that comes back is what CMS holds: for RSA
//! octets of the modulus' length, for ECDSA a DER `ECDSA-Sig-Value`, for Ed25519 64 octets. `kyso
//! finish` reads it as it is, in base64 with line breaks of any kind, or in hexadecimal, and takes
//! the reading that verifies.
//!
//! # The state file
//!
//! One JSON object, mode 0600, without secrets; numbers are JSON numbers, everything binary is
//! base64 (RFC 4648 §4):
//!
//! | member | what |
//! |---|---|
//! | `version` | 2; a file of another version is refused |
//! | `input_length`, `input_sha256` | length and SHA-256 of the document that was given |
//! | `document` | the whole file with the new revision, zeros where the signature goes |
//! | `gap` | first and last offset of the `/Contents` token in it, half open |
//! | `field`, `sub_filter`, `level` | names of field, form and level |
//! | `digest_algorithm`, `signature_algorithm` | algorithms, as this program names them |
//! | `signed_attributes` | the octets to sign |
//! | `certificate`, `chain` | DER of the signer's certificate and of its issuers |
//! | `ticket` | only while a signing service is waited for: what it is asked again for |
//! | `value` | only after a signing service has answered: the signature value |
//!
//! What is read back must fit together: the prefix must have `input_sha256`, and the message-digest
//! among the signed attributes must be that of `document` around the gap. `kyso finish` also
//! compares the document that it is given with that prefix, octet by octet.
//!
//! The time that the signer claims is that of `prepare` and stays; a time stamp (B-T and above) is
//! asked for by `finish`. Its space is computed in `prepare` from a token of the authority.
//!
//! # The queue
//!
//! With `--queue FILE` a time stamp or material that cannot be had is no failure: the signature
//! keeps the level that it reached, and one line is added to the list, a JSON object with `file`
//! (absolute), `level` (that was asked for), `length` and `sha256` of what is published. The line is
//! on the disk before the file gets its name, so that no file is ever below its level and not on the
//! list; a process that dies in between leaves a line too many. The list is locked (`flock`) from the
//! line to the name, so that nobody works on a line whose file is still to come.
//!
//! `kyso extend --pending FILE` raises each file in its place (by a new file and a rename; the old
//! bytes are an exact prefix of the new ones) and takes its line off the list. It answers with one
//! JSON object a line, whose `outcome` is `raised`, `unchanged` (it had the level), `replaced` (another
//! file has its name, or none in a folder that is there: it was never published, or was replaced or
//! removed since; the line goes) or `failed` (the line stays, and the exit code is 4). Files signed
//! meanwhile may be added at any time.
