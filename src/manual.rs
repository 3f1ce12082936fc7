//! Guides and tables: text only, no code.

pub mod keys;
pub mod release;
pub mod trust;
