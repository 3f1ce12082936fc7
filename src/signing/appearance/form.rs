//! Drawing steps in points from the lower left of an upright box → the form XObject that shows them.

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use super::archive::PdfA;
use super::font::{self, EmbeddedFont, Face, ObjectSink, number};
use super::image::Image;
use super::{Colour, Placement};
use crate::error::Error;
use crate::signing::plan::{Appearance, Visible};

/// A form XObject that is being drawn, not yet numbered as objects of a document. Its origin is
/// the lower left corner of the place as the reader sees it; all numbers are points.
#[derive(Debug, Clone)]
pub struct Form {
    placement: Placement,
    steps: Vec<Step>,
    fonts: Vec<(Face, EmbeddedFont)>,
    images: Vec<Image>,
    archive: Option<PdfA>,
    text_size: f64,
}

/// One thing that is drawn.
#[derive(Debug, Clone)]
enum Step {
    Fill {
        colour: Colour,
        /// Left, bottom, width, height.
        rectangles: Vec<[f64; 4]>,
    },
    Frame {
        thickness: f64,
        colour: Colour,
        rectangle: [f64; 4],
    },
    Image {
        index: usize,
        rectangle: [f64; 4],
    },
    Text {
        font: usize,
        size: f64,
        colour: Colour,
        at: (f64, f64),
        glyphs: String,
    },
}

impl Form {
    /// An empty form.
    pub fn new(placement: &Placement) -> Self {
        Self {
            placement: *placement,
            steps: Vec::new(),
            fonts: Vec::new(),
            images: Vec::new(),
            archive: None,
            text_size: 0.0,
        }
    }

    /// Drawn as the part of PDF/A wants it that the document declares: colours that do not
    /// depend on a device, and in part 1 no transparency (see [`PdfA`]).
    #[must_use]
    pub fn archival(mut self, archive: Option<PdfA>) -> Self {
        self.archive = archive;
        self
    }

    /// Where it goes.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Size of the text after shrinking, in points.
    pub fn text_size(&self) -> f64 {
        self.text_size
    }

    pub(super) fn set_text_size(&mut self, size: f64) {
        self.text_size = size;
    }

    /// One line of text, whose base line starts at `at`; gives its width. Nothing is wrapped.
    ///
    /// # Errors
    /// [`crate::error::SigningFault::Character`].
    pub fn text(
        &mut self,
        face: Face,
        size: f64,
        colour: Colour,
        at: (f64, f64),
        text: &str,
    ) -> Result<f64, Error> {
        let known = self.fonts.iter().position(|(known, _)| *known == face);
        let font = known.unwrap_or_else(|| {
            self.fonts.push((face, EmbeddedFont::new(face)));
            self.fonts.len() - 1
        });
        let Some((_, embedded)) = self.fonts.get_mut(font) else {
            return Ok(0.0);
        };
        let run = embedded.run(text)?;
        if !run.glyphs.is_empty() {
            self.steps.push(Step::Text {
                font,
                size,
                colour,
                at,
                glyphs: run.hex(),
            });
        }
        Ok(run.extent.width / 1000.0 * size)
    }

    /// `image`, stretched over left, bottom, width, height.
    pub fn image(&mut self, image: &Image, rectangle: [f64; 4]) {
        self.steps.push(Step::Image {
            index: self.images.len(),
            rectangle,
        });
        self.images.push(image.clone());
    }

    /// A frame just inside left, bottom, width, height.
    pub fn frame(&mut self, thickness: f64, colour: Colour, rectangle: [f64; 4]) {
        self.steps.push(Step::Frame {
            thickness,
            colour,
            rectangle,
        });
    }

    /// Filled rectangles, each left, bottom, width, height.
    pub fn fill(&mut self, colour: Colour, rectangles: Vec<[f64; 4]>) {
        self.steps.push(Step::Fill { colour, rectangles });
    }

    /// What a [`crate::signing::Plan`] asks for: this form on the page of index `page`, from 0,
    /// whose geometry gave the placement.
    ///
    /// # Errors
    /// [`crate::error::SigningFault::Font`]; [`crate::error::SigningFault::Image`]: the document's
    /// part of PDF/A has no place for an image.
    pub fn visible(&self, page: usize) -> Result<Visible, Error> {
        let mut objects = Objects(Vec::new());
        let (form, _) = self.write(&mut objects)?;
        Ok(Visible {
            page,
            rectangle: self.placement.rectangle,
            appearance: Appearance::new(objects.0, form),
        })
    }

    /// Adds the form and all that it needs; gives the number of the form.
    ///
    /// Source: ISO 32000-2 §8.10.2.
    fn write(&self, sink: &mut dyn ObjectSink) -> Result<ObjectId, Error> {
        let mut resources = Dictionary::new();
        if self.archive.is_some() {
            resources.set(
                "ColorSpace",
                dictionary! { "C0" => PdfA::rgb_colour_space() },
            );
        }
        let mut fonts = Dictionary::new();
        for (index, (_, font)) in self.fonts.iter().enumerate() {
            if font.is_used() {
                let list = self.archive.is_some_and(PdfA::lists_glyphs);
                fonts.set(format!("F{index}"), font.write(sink, list)?);
            }
        }
        if !fonts.is_empty() {
            resources.set("Font", fonts);
        }
        let mut images = Dictionary::new();
        for (index, image) in self.images.iter().enumerate() {
            images.set(format!("I{index}"), image.write(sink, self.archive)?);
        }
        if !images.is_empty() {
            resources.set("XObject", images);
        }
        let numbers = |values: &[f64]| {
            values
                .iter()
                .map(|v| font::real(*v))
                .collect::<Vec<Object>>()
        };
        let form = dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "FormType" => 1,
            "BBox" => numbers(&[0.0, 0.0, self.placement.width, self.placement.height]),
            "Matrix" => numbers(&self.placement.matrix),
            "Resources" => resources,
        };
        let stream = font::compressed(form, self.content().as_bytes())?;
        Ok(sink.add(Object::Stream(stream)))
    }

    fn content(&self) -> String {
        let mut content = String::from("q\n");
        for step in &self.steps {
            match step {
                Step::Fill { colour, rectangles } => {
                    content.push_str(&self.colour(*colour, false));
                    for rectangle in rectangles {
                        content.push_str(&format!("{} re\n", list(rectangle)));
                    }
                    content.push_str("f\n");
                }
                Step::Frame {
                    thickness,
                    colour,
                    rectangle: [left, bottom, width, height],
                } => {
                    let half = thickness / 2.0;
                    content.push_str(&format!(
                        "{}{} w {} re S\n",
                        self.colour(*colour, true),
                        number(*thickness),
                        list(&[
                            left + half,
                            bottom + half,
                            width - thickness,
                            height - thickness
                        ])
                    ));
                }
                Step::Image {
                    index,
                    rectangle: [left, bottom, width, height],
                } => content.push_str(&format!(
                    "q {} 0 0 {} {} {} cm /I{index} Do Q\n",
                    number(*width),
                    number(*height),
                    number(*left),
                    number(*bottom)
                )),
                Step::Text {
                    font,
                    size,
                    colour,
                    at: (x, y),
                    glyphs,
                } => content.push_str(&format!(
                    "BT {}/F{font} {} Tf {} {} Td {glyphs} Tj ET\n",
                    self.colour(*colour, false),
                    number(*size),
                    number(*x),
                    number(*y)
                )),
            }
        }
        content.push_str("Q\n");
        content
    }

    /// Sets a colour for filling or for lines.
    fn colour(&self, colour: Colour, lines: bool) -> String {
        let parts = list(&colour.0);
        match (self.archive, lines) {
            (None, false) => format!("{parts} rg "),
            (None, true) => format!("{parts} RG "),
            (Some(_), false) => format!("/C0 cs {parts} sc "),
            (Some(_), true) => format!("/C0 CS {parts} SC "),
        }
    }
}

#[cfg(test)]
impl Form {
    /// Where each line of text starts.
    pub(super) fn texts(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.steps.iter().filter_map(|step| match step {
            Step::Text { at, .. } => Some(*at),
            _ => None,
        })
    }

    /// Left, bottom, width, height of each image.
    pub(super) fn pictures(&self) -> impl Iterator<Item = [f64; 4]> + '_ {
        self.steps.iter().filter_map(|step| match step {
            Step::Image { rectangle, .. } => Some(*rectangle),
            _ => None,
        })
    }
}

fn list(values: &[f64]) -> String {
    let texts: Vec<String> = values.iter().map(|value| number(*value)).collect();
    texts.join(" ")
}

/// Objects numbered by their index.
struct Objects(Vec<Object>);

impl ObjectSink for Objects {
    fn add(&mut self, object: Object) -> ObjectId {
        self.0.push(object);
        // A form has a dozen objects.
        (u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX), 0)
    }
}
