//! The CMS reader against signatures that others made.

use std::path::{Path, PathBuf};

use der::{Decode, Encode};
use kyso::cms::{Padding, SignedData, attribute};
use kyso::limits::Limits;

/// Files below `folder` of the outside data; `None`, said plainly, when there is none.
fn corpus(folder: &str) -> Option<Vec<PathBuf>> {
    let Ok(root) = std::env::var("KYSO_CORPORA") else {
        println!("NOT RUN: KYSO_CORPORA is not set");
        return None;
    };
    let mut files = Vec::new();
    let mut folders = vec![Path::new(&root).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Some(files)
}

/// The DER or BER in a file: itself, or the first PEM block.
fn content(path: &Path) -> Vec<u8> {
    use base64::Engine;
    let bytes = std::fs::read(path).unwrap();
    if !bytes.starts_with(b"-----BEGIN") {
        return bytes;
    }
    let text: String = String::from_utf8(bytes)
        .unwrap()
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

/// Calls everything that reads, so that nothing can panic later.
fn touch(data: &SignedData<'_>) {
    for signer in &data.signers {
        let _ = signer.algorithm();
        let signed = signer.signed();
        let _ = attribute::content_type(signed);
        let _ = attribute::message_digest(signed);
        let _ = attribute::signing_time(signed);
        let _ = attribute::signing_certificate(signed);
        let _ = attribute::signing_certificate_v2(signed);
        let _ = attribute::algorithm_protection(signed).map(|one| one.map(|o| o.matches(signer)));
        let _ = attribute::adobe_revocation_info(signed);
        let _ = attribute::signature_policy(signed);
        let _ = attribute::commitment_types(signed);
        let _ = attribute::content_time_stamps(signed);
        let unsigned = &signer.unsigned_attributes;
        let _ = attribute::signature_time_stamps(unsigned);
        let _ = attribute::revocation_values(unsigned);
        let _ = attribute::certificate_values(unsigned);
        if let Some(signed) = &signer.signed_attributes {
            assert_eq!(
                signed.is_der(),
                signed.octets_as_sent() == signed.octets_sorted()
            );
        }
    }
}

#[test]
fn samples_are_read_or_refused_with_a_reason_and_agree_with_the_cms_crate() {
    let Some(files) = corpus("cms") else { return };
    let limits = Limits::new();
    let (mut read, mut compared) = (0, 0);
    for path in files {
        let bytes = content(&path);
        let ours = SignedData::parse(&bytes, &limits);
        let theirs = cms::content_info::ContentInfo::from_der(&bytes)
            .ok()
            .and_then(|info| {
                info.content
                    .decode_as::<cms::signed_data::SignedData>()
                    .ok()
            });
        match (&ours, theirs) {
            (Ok(data), theirs) => {
                read += 1;
                touch(data);
                let Some(theirs) = theirs else { continue };
                compared += 1;
                let name = path.display();
                assert_eq!(data.padding, Padding::None, "{name}");
                assert_eq!(data.signers.len(), theirs.signer_infos.0.len(), "{name}");
                assert_eq!(
                    data.certificates.len() + data.other_certificates,
                    theirs.certificates.map_or(0, |set| set.0.len()),
                    "{name}"
                );
                assert_eq!(
                    data.content_type.to_string(),
                    theirs.encap_content_info.econtent_type.to_string(),
                    "{name}"
                );
                for (mine, other) in data.signers.iter().zip(theirs.signer_infos.0.iter()) {
                    assert_eq!(mine.signature[..], *other.signature.as_bytes(), "{name}");
                    assert_eq!(
                        mine.signature_algorithm[..],
                        other.signature_algorithm.to_der().unwrap(),
                        "{name}"
                    );
                    let sorted = other.signed_attrs.as_ref().map(|set| set.to_der().unwrap());
                    assert_eq!(
                        mine.signed_attributes
                            .as_ref()
                            .map(|set| set.octets_sorted()),
                        sorted,
                        "{name}"
                    );
                }
            }
            (Err(error), theirs) => {
                println!("{}: {error}", path.display());
                assert!(theirs.is_none(), "{}: {error}", path.display());
            }
        }
    }
    println!("{read} read, {compared} compared");
    assert!(
        read >= 10 && compared >= 5,
        "{read} read, {compared} compared"
    );
}
