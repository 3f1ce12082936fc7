//! An image, a text, a code → one form in which they stand side by side.

use qrcode::{Color, EcLevel, QrCode};

use super::text::{self, TextAppearance};
use super::{Colour, Form, Image, PdfA, Placement};
use crate::error::{Error, SigningFault};
use crate::report::hex;

/// Distance between parts, in points.
const GAP: f64 = 4.0;
/// Modules of a QR code that stay white around it.
const QUIET: usize = 4;

/// What a visible signature shows: any of image (left), text, code (right).
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// As large as it fits, in proportion; alone it fills the place.
    pub image: Option<Image>,
    /// The text.
    pub text: Option<TextAppearance>,
    /// Content of a QR code; see [`code_text`].
    pub code: Option<String>,
}

impl Look {
    /// Draws it. `archive` is what [`PdfA::declared`] says of the document.
    ///
    /// # Errors
    /// As [`super::draw`]; [`SigningFault::Appearance`]: nothing to show, or a code that is too
    /// long.
    pub fn draw(&self, placement: &Placement, archive: Option<PdfA>) -> Result<Form, Error> {
        let mut form = Form::new(placement).archival(archive);
        let (mut left, mut right) = (0.0, placement.width);
        let height = placement.height;
        if let Some(content) = &self.code {
            let side = if self.image.is_none() && self.text.is_none() {
                placement.width.min(height)
            } else {
                height.min(placement.width / 2.0)
            };
            code(&mut form, content, [right - side, height - side, side])?;
            right -= side + GAP;
        }
        if let Some(image) = &self.image {
            let room = match self.text {
                Some(_) => (right - left) * 0.4,
                None => right - left,
            };
            let (across, down) = image.pixels();
            let shape = match image.millimetres() {
                Some((width, height)) => width / height,
                None => f64::from(across) / f64::from(down),
            };
            let width = room.min(height * shape);
            let tall = width / shape;
            let from = match self.text {
                Some(_) => left,
                None => left + (room - width) / 2.0,
            };
            form.image(image, [from, (height - tall) / 2.0, width, tall]);
            left += width + GAP;
        }
        match &self.text {
            Some(block) => text::set(&mut form, block, [left, 0.0, right - left, height])?,
            None if self.image.is_none() && self.code.is_none() => {
                return Err(SigningFault::Appearance("there is nothing to show").into());
            }
            None => {}
        }
        Ok(form)
    }
}

/// What a code on a document says: its number and symbol, and the SHA-256 of the file as it was
/// before this signature.
pub fn code_text(number: Option<&str>, sha256: &[u8; 32]) -> String {
    let digest = hex(sha256);
    match number {
        Some(number) => format!("Số: {number}\nSHA-256: {digest}"),
        None => format!("SHA-256: {digest}"),
    }
}

/// A QR code in the square left, bottom, side; its quiet zone is inside.
fn code(form: &mut Form, content: &str, [left, bottom, side]: [f64; 3]) -> Result<(), Error> {
    let code = QrCode::with_error_correction_level(content.as_bytes(), EcLevel::M)
        .map_err(|_| SigningFault::Appearance("the text of the code is too long"))?;
    let modules = code.width();
    let module = side / (modules + 2 * QUIET) as f64;
    let colours = code.to_colors();
    let mut rectangles = Vec::new();
    for (row, line) in colours.chunks(modules.max(1)).enumerate() {
        let y = bottom + side - (row + QUIET + 1) as f64 * module;
        let mut column = 0;
        // One rectangle for each run, so that no hair lines part its modules.
        for run in line.chunk_by(|a, b| a == b) {
            if run.first() == Some(&Color::Dark) {
                let x = left + (column + QUIET) as f64 * module;
                rectangles.push([x, y, run.len() as f64 * module, module]);
            }
            column += run.len();
        }
    }
    form.fill(Colour::BLACK, rectangles);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Area, PageGeometry};
    use super::*;

    fn placement(width: f64, height: f64) -> Placement {
        PageGeometry::new([0.0, 0.0, 595.0, 842.0], None, 0, 1.0)
            .unwrap()
            .place(&Area::points(50.0, 50.0, width, height))
            .unwrap()
    }

    fn image() -> Image {
        let bytes = super::super::image::tests::png(40, 20, png::ColorType::Rgb, &[9; 2400], &[]);
        Image::from_bytes(&bytes, &Default::default()).unwrap()
    }

    #[test]
    fn ok_an_image_alone_fills_its_place_in_proportion() {
        let look = Look {
            image: Some(image()),
            ..Look::default()
        };
        let form = look.draw(&placement(100.0, 80.0), None).unwrap();
        assert_eq!(
            form.pictures().collect::<Vec<_>>(),
            [[0.0, 15.0, 100.0, 50.0]]
        );
        let form = look.draw(&placement(200.0, 50.0), None).unwrap();
        assert_eq!(
            form.pictures().collect::<Vec<_>>(),
            [[50.0, 0.0, 100.0, 50.0]]
        );
    }

    #[test]
    fn ok_text_stands_at_the_right_of_an_image_and_left_of_a_code() {
        let look = Look {
            image: Some(image()),
            text: Some(TextAppearance::new(vec!["Ễ".into(), "Ự".into()])),
            code: Some(code_text(Some("15/QĐ-UBND"), &[7; 32])),
        };
        let form = look.draw(&placement(300.0, 60.0), None).unwrap();
        let [picture] = form.pictures().collect::<Vec<_>>()[..] else {
            panic!("one picture");
        };
        // 40 % of what the code of 60 points leaves.
        assert!((picture[2] - 94.4).abs() < 1e-9 && (picture[3] - 47.2).abs() < 1e-9);
        assert!(form.texts().all(|(x, _)| (x - 98.4).abs() < 1e-9));
    }

    #[test]
    fn err_nothing_to_show_or_a_code_without_end() {
        assert!(Look::default().draw(&placement(90.0, 90.0), None).is_err());
        let look = Look {
            code: Some("x".repeat(5000)),
            ..Look::default()
        };
        assert!(look.draw(&placement(90.0, 90.0), None).is_err());
    }
}
