//! Guides and tables: text only, no code.

pub mod keys;
pub mod trust;
