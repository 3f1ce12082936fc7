//! Leaves and pools made to hurt, for the tests of their limits and the bench of their cost.
//!
//! The anchor of all of them is [`root`]; none has a path to it that a search finds.

// Each user takes what it needs.
#![allow(dead_code)]

use std::sync::OnceLock;

use kyso::oid::Oid;
use kyso::pki::{Certificate, Trust, TrustAnchor};

use super::common::*;

/// A leaf, and the certificates beside it.
pub type Hostile = (Certificate, Vec<Certificate>);

pub fn root() -> Certificate {
    // ECDSA signatures are random: made once, so that it is always the same certificate.
    static ROOT: OnceLock<Certificate> = OnceLock::new();
    ROOT.get_or_init(|| Cert::ca("CN=root", "CN=root", key(0)).sign(key(0)))
        .clone()
}

pub fn trusted() -> Trust {
    let mut trust = Trust::new();
    trust.add(TrustAnchor::from_certificate(root()));
    trust
}

/// A hundred CAs of one name and key, each signed by itself.
pub fn namesakes() -> Hostile {
    let pool = (0..100u8).map(|serial| {
        let mut ca = Cert::ca("CN=CA", "CN=CA", key(1));
        ca.serial = vec![1, serial];
        ca.sign(key(1))
    });
    let leaf = Cert::new("CN=CA", "CN=leaf", key(2)).sign(key(1));
    (leaf, pool.collect())
}

/// So many CAs (at most 19) that all signed each other.
pub fn cross_signs(count: usize) -> Hostile {
    let name = |n: usize| format!("CN=CA{n}");
    let pool = (1..=count)
        .flat_map(|a| (1..=count).map(move |b| (a, b)))
        .filter(|(a, b)| a != b)
        .map(|(a, b)| Cert::ca(&name(a), &name(b), key(b)).sign(key(a)));
    let leaf = Cert::new("CN=CA1", "CN=leaf", key(20)).sign(key(1));
    (leaf, pool.collect())
}

/// A CA with 2048 excluded names above a leaf with 2048 names.
pub fn name_constraints() -> Hostile {
    let texts = |prefix: &str| -> Vec<String> {
        (0..2048).map(|i| format!("dns:{prefix}{i}.com")).collect()
    };
    let (bases, names) = (texts("a"), texts("b"));
    let bases: Vec<&str> = bases.iter().map(String::as_str).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ca = Cert::ca("CN=root", "CN=CA", key(1))
        .with(constraints(&[], &bases))
        .sign(key(0));
    let leaf = Cert::new("CN=CA", "CN=leaf", key(2))
        .with(alt_names(&generals(&names)))
        .sign(key(1));
    (leaf, vec![ca])
}

/// The policies of [`policy_mappings`].
pub fn many_policies() -> Vec<Oid> {
    (0..20).map(policy).collect()
}

/// Eight CAs that each map twenty policies to twenty: a tree would have 20^8 nodes.
pub fn policy_mappings() -> Hostile {
    let all = many_policies();
    let pairs: Vec<(Oid, Oid)> = all
        .iter()
        .flat_map(|a| all.iter().map(move |b| (a.clone(), b.clone())))
        .collect();
    let mut pool = Vec::new();
    let mut above = ("CN=root".to_owned(), 0);
    for index in 1..=8 {
        let subject = format!("CN=CA{index}");
        let ca = Cert::ca(&above.0, &subject, key(index))
            .with(policies(&all))
            .with(mappings(&pairs));
        pool.push(ca.sign(key(above.1)));
        above = (subject, index);
    }
    let leaf = Cert::new(&above.0, "CN=leaf", key(9))
        .with(policies(&all))
        .sign(key(above.1));
    (leaf, pool)
}
