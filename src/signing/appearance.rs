//! Images, text, codes + a place on a page → the `Visible` part of a plan: the form XObject drawn there.
//!
//! A place is given as the reader sees the page ([`Area`], [`PageGeometry`]), or found on it
//! ([`anchor`]); text is set in the embedded font ([`Face`]), so that it looks the same everywhere
//! and can be copied; images keep their pixels and their size ([`Image`]).

pub mod anchor;
mod archive;
pub(crate) mod font;
mod form;
mod image;
mod look;
mod place;
mod text;

pub use archive::PdfA;
pub use font::Face;
pub(crate) use font::{EmbeddedFont, ObjectSink};
pub use form::Form;
pub use image::{Image, ImageSize, Ink};
pub use look::{Look, code_text};
pub use place::{Area, PageGeometry, Placement};
pub use text::{TextAppearance, TextSize, draw, signing_time};
pub(super) use text::{set as fill_text, wrap};

/// A colour as red, green and blue, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour(
    /// Red, green, blue.
    pub [f64; 3],
);

impl Colour {
    /// Black, for copies and attachments.
    pub const BLACK: Self = Self([0.0, 0.0, 0.0]);
    /// The blue of a leader's signature.
    pub const BLUE: Self = Self([0.0, 0.0, 0.8]);
    /// The red of an agency's seal.
    pub const RED: Self = Self([0.8, 0.0, 0.0]);
}
