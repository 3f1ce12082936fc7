//! Certificates and paths: outside suites whole, and vectors of our own for what they lack.

#[path = "common/pki.rs"]
mod common;
#[path = "common/hostile_pools.rs"]
mod hostile_pools;

#[path = "path/anchors.rs"]
mod anchors;
#[path = "path/building.rs"]
mod building;
#[path = "path/certificates.rs"]
mod certificates;
#[path = "path/constraints.rs"]
mod constraints;
#[path = "path/purposes.rs"]
mod purposes;
#[path = "path/rules.rs"]
mod rules;

#[path = "suites/certvalidator.rs"]
mod certvalidator;
#[path = "suites/limbo.rs"]
mod limbo;
#[path = "suites/pkits.rs"]
mod pkits;
#[path = "suites/pkits_revocation.rs"]
mod pkits_revocation;

use std::path::PathBuf;

/// A folder of the outside test data; `None`, said plainly, when it is not given.
fn corpus(folder: &str) -> Option<PathBuf> {
    match std::env::var_os("KYSO_CORPORA") {
        Some(root) => Some(PathBuf::from(root).join(folder)),
        None => {
            println!("NOT RUN: KYSO_CORPORA is not set ({folder})");
            None
        }
    }
}
