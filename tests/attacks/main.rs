//! Attacks on signed files, made by code from the project's own signatures (requirement V075).
//!
//! Each row A01 to A74 is one test; each file in it has one fault; the expected verdict stands
//! beside it. Where the verdict differs from the catalogue's, the reason stands there too.
//! `KYSO_ATTACKS_DIR=DIR` writes the files out.

mod build;
mod changes;
mod cms;
mod expect;
mod force;
mod forms;
mod pki;
mod random;
mod range;
mod records;
mod robust;
mod trust;
