//! Every seed of `fuzz/seeds` goes through its target; a target without seeds is an error.
#![cfg(feature = "visual")]

use std::collections::BTreeSet;
use std::path::Path;

use kyso::cms::fuzz as cms;
use kyso::pdf::fuzz as pdf;
use kyso::pki::fuzz as pki;
use kyso::signing::fuzz as signing;
use kyso::verify::fuzz as verify;

#[cfg(feature = "exchange")]
use kyso::exchange::fuzz::envelope;

/// Without the feature, the seeds are there and nothing reads them.
#[cfg(not(feature = "exchange"))]
fn envelope(_: &[u8]) {}

#[cfg(feature = "capi")]
use kyso::ffi::fuzz::c_entry;

#[cfg(not(feature = "capi"))]
fn c_entry(_: &[u8]) {}

#[cfg(feature = "serve")]
use kyso::serve::fuzz::multipart;

/// As above.
#[cfg(not(feature = "serve"))]
fn multipart(_: &[u8]) {}

type Target = fn(&[u8]);

/// One row for each target of `fuzz/Cargo.toml`.
const TARGETS: &[(&str, Target)] = &[
    ("acroform_fields", verify::acroform_fields),
    ("diff_policy", verify::diff_policy),
    ("record_read", verify::record_read),
    ("verify_whole_file", verify::verify_whole_file),
    ("xmp_check", verify::xmp_check),
    ("exchange_envelope", envelope),
    ("c_entry", c_entry),
    ("multipart", multipart),
    ("ber", cms::ber),
    ("cert_parse", pki::cert_parse),
    ("cms_parse", cms::cms_parse),
    ("crl_parse", pki::crl_parse),
    ("name_constraints", pki::name_constraints),
    ("ocsp_parse", pki::ocsp_parse),
    ("path_build", pki::path_build),
    ("signed_attrs", cms::signed_attrs),
    ("spki", cms::spki),
    ("tst_parse", pki::tst_parse),
    ("filter_ascii", pdf::filter_ascii),
    ("filter_flate", pdf::filter_flate),
    ("filter_lzw", pdf::filter_lzw),
    ("filter_predictor", pdf::filter_predictor),
    ("object_parser", pdf::object_parser),
    ("objstm", pdf::objstm),
    ("page_text", pdf::page_text),
    ("pdf_open", pdf::pdf_open),
    ("revision_split", pdf::revision_split),
    ("xref_stream", pdf::xref_stream),
    ("xref_table", pdf::xref_table),
    ("image", signing::image),
    (
        "incremental_update_reparse",
        signing::incremental_update_reparse,
    ),
    ("pkcs12_open", signing::pkcs12_open),
    ("pkcs8_open", signing::pkcs8_open),
];

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"))
}

#[test]
fn every_seed_goes_through_its_target() {
    for (name, target) in TARGETS {
        let mut seeds = 0;
        for entry in std::fs::read_dir(folder().join("seeds").join(name)).expect(name) {
            let path = entry.expect(name).path();
            println!("{}", path.display());
            target(&std::fs::read(&path).expect(name));
            seeds += 1;
        }
        assert!(seeds > 0, "{name} has no seeds");
    }
}

#[test]
fn every_target_is_listed_here() {
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).expect("fuzz/Cargo.toml");
    let bins: BTreeSet<&str> = manifest
        .split("[[bin]]")
        .skip(1)
        .filter_map(|bin| bin.split('"').nth(1))
        .collect();
    assert_eq!(bins, TARGETS.iter().map(|(name, _)| *name).collect());
    for name in bins {
        let target = folder().join(format!("fuzz_targets/{name}.rs"));
        assert!(target.is_file(), "{}", target.display());
    }
}
