//! Guides and tables: text only, no code.

pub mod exchanging;
pub mod huong_dan;
pub mod judging;
pub mod keys;
pub mod record;
pub mod release;
pub mod serving;
pub mod spark;
pub mod trust;
pub mod two_steps;
pub mod validation;
