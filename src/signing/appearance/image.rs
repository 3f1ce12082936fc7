//! Bytes of a PNG or a JPEG → an image with its size in millimetres, and its XObjects in a PDF.

use std::io::Cursor;
use std::sync::Arc;

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::archive::PdfA;
use super::font::{ObjectSink, compressed};
use crate::error::{Error, SigningFault};
use crate::limits::Limits;

/// An image for a visible signature. Its pixels are kept: PNG (8 and 16 bits, palette, grey,
/// transparent or not) as 8 bits for each component, JPEG as the very bytes that were given.
#[derive(Debug, Clone, PartialEq)]
pub struct Image(Arc<Content>);

#[derive(Debug, PartialEq)]
struct Content {
    width: u32,
    height: u32,
    /// Pixels in a millimetre, across and down.
    density: Option<[f64; 2]>,
    samples: Samples,
}

#[derive(Debug, PartialEq)]
enum Samples {
    Png {
        /// Three components, otherwise one.
        colour: bool,
        data: Vec<u8>,
        /// One for each pixel; absent where all of it is opaque.
        alpha: Option<Vec<u8>>,
    },
    Jpeg {
        data: Vec<u8>,
        components: u8,
        /// Adobe's CMYK, in which 255 is no ink.
        inverted: bool,
    },
}

/// How large an image is shown; its proportions always stay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ImageSize {
    /// As high as this, in millimetres.
    Height(f64),
    /// As its file says: pixels and pixels per metre.
    Native,
    /// As wide as this, in millimetres.
    Width(f64),
}

/// What colour most of an image's ink has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Black or grey.
    Black,
    /// Blue, as a leader's signature should be.
    Blue,
    /// Another colour.
    Other,
    /// Red, as a seal should be.
    Red,
}

impl Image {
    /// Reads a PNG or a JPEG.
    ///
    /// # Errors
    /// [`SigningFault::Image`]: neither, damaged, or of a kind that PDF cannot show;
    /// [`Limits::image`], [`Limits::image_pixels`].
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        if bytes.len() > limits.image {
            return Err(Error::limit("image", limits.image as u64));
        }
        let content = if bytes.starts_with(b"\x89PNG") {
            png(bytes, limits)?
        } else if bytes.starts_with(&[0xff, 0xd8]) {
            jpeg(bytes, limits)?
        } else {
            return Err(SigningFault::Image("it is neither PNG nor JPEG").into());
        };
        Ok(Self(Arc::new(content)))
    }

    /// Width and height in pixels.
    pub fn pixels(&self) -> (u32, u32) {
        (self.0.width, self.0.height)
    }

    /// Width and height in millimetres, as the file says; `None` where it does not say.
    pub fn millimetres(&self) -> Option<(f64, f64)> {
        let [across, down] = self.0.density?;
        Some((
            f64::from(self.0.width) / across,
            f64::from(self.0.height) / down,
        ))
    }

    /// Width and height in millimetres when it is shown at `size`.
    ///
    /// # Errors
    /// [`SigningFault::Image`]: its own size is asked for and the file does not say it; a size
    /// that is not from 1 to 1000 millimetres.
    pub fn shown(&self, size: ImageSize) -> Result<(f64, f64), Error> {
        let (across, down) = match self.0.density {
            // Pixels that are not square keep their shape.
            Some([across, down]) => (
                f64::from(self.0.width) / across,
                f64::from(self.0.height) / down,
            ),
            None => (f64::from(self.0.width), f64::from(self.0.height)),
        };
        let (width, height) = match size {
            ImageSize::Width(width) => (width, width * down / across),
            ImageSize::Height(height) => (height * across / down, height),
            ImageSize::Native if self.0.density.is_some() => (across, down),
            ImageSize::Native => {
                return Err(SigningFault::Image(
                    "it does not say how large it is; give its width in millimetres",
                )
                .into());
            }
        };
        // Written so that NaN fails.
        if (1.0..=1000.0).contains(&width) && (1.0..=1000.0).contains(&height) {
            Ok((width, height))
        } else {
            Err(SigningFault::Image("its size is not from 1 to 1000 millimetres").into())
        }
    }

    /// Whether it is a PNG.
    pub fn is_png(&self) -> bool {
        matches!(self.0.samples, Samples::Png { .. })
    }

    /// Whether any part of it is transparent.
    pub fn is_transparent(&self) -> bool {
        matches!(&self.0.samples, Samples::Png { alpha: Some(_), .. })
    }

    /// The colour of what is neither transparent nor white; `None` for a JPEG, whose pixels are
    /// not looked at, and where there is no ink.
    pub fn ink(&self) -> Option<Ink> {
        let Samples::Png {
            colour,
            data,
            alpha,
        } = &self.0.samples
        else {
            return None;
        };
        let opaque = |index: usize| {
            let alpha = alpha.as_ref().and_then(|alpha| alpha.get(index));
            alpha.is_none_or(|alpha| *alpha > 127)
        };
        let step = if *colour { 3 } else { 1 };
        let (mut sums, mut count) = ([0u64; 3], 0u64);
        for (_, pixel) in data
            .chunks_exact(step)
            .enumerate()
            .filter(|(i, _)| opaque(*i))
        {
            let [red, green, blue] = match pixel {
                [red, green, blue] => [*red, *green, *blue],
                [grey, ..] => [*grey; 3],
                [] => continue,
            };
            if red.min(green).min(blue) > 230 {
                continue;
            }
            for (sum, part) in sums.iter_mut().zip([red, green, blue]) {
                *sum += u64::from(part);
            }
            count += 1;
        }
        // Below 256, thus within i64.
        let [red, green, blue] = sums.map(|sum| sum.checked_div(count).unwrap_or(0) as i64);
        if count == 0 {
            None
        } else if blue > red + 30 && blue > green + 20 {
            Some(Ink::Blue)
        } else if red > green + 40 && red > blue + 40 {
            Some(Ink::Red)
        } else if red.max(green).max(blue) - red.min(green).min(blue) < 30 && red < 130 {
            Some(Ink::Black)
        } else {
            Some(Ink::Other)
        }
    }

    /// Adds the image and its mask; gives the number of the image.
    ///
    /// Source: ISO 32000-2 §8.9.5, §8.9.6, §11.6.5.2.
    pub(super) fn write(
        &self,
        sink: &mut dyn ObjectSink,
        archive: Option<PdfA>,
    ) -> Result<ObjectId, Error> {
        let Content { width, height, .. } = *self.0;
        let mut dictionary = dictionary! {
            "Type" => "XObject",
            "Subtype" => "Image",
            "Width" => i64::from(width),
            "Height" => i64::from(height),
            "BitsPerComponent" => 8,
        };
        let space = |components: u8| match (components, archive) {
            (1, None) => Ok("DeviceGray".into()),
            (1, Some(_)) => Ok(PdfA::grey_colour_space()),
            (3, None) => Ok("DeviceRGB".into()),
            (3, Some(_)) => Ok(PdfA::rgb_colour_space()),
            (4, None) => Ok("DeviceCMYK".into()),
            _ => Err(Error::new(SigningFault::Image(
                "its CMYK colours have no place in PDF/A; save it as RGB",
            ))),
        };
        match &self.0.samples {
            Samples::Jpeg {
                data,
                components,
                inverted,
            } => {
                dictionary.set("ColorSpace", space(*components)?);
                dictionary.set("Filter", "DCTDecode");
                if *inverted {
                    let decode = [1, 0, 1, 0, 1, 0, 1, 0].map(Object::Integer);
                    dictionary.set("Decode", decode.to_vec());
                }
                let stream = Stream::new(dictionary, data.clone()).with_compression(false);
                Ok(sink.add(Object::Stream(stream)))
            }
            Samples::Png {
                colour,
                data,
                alpha,
            } => {
                dictionary.set("ColorSpace", space(if *colour { 3 } else { 1 })?);
                let mut data = std::borrow::Cow::Borrowed(data);
                if let Some(alpha) = alpha {
                    if archive.is_none_or(PdfA::has_soft_masks) {
                        dictionary.set("SMask", soft_mask(sink, width, height, alpha)?);
                    } else {
                        dictionary.set("Mask", hard_mask(sink, width, height, alpha)?);
                        let step = if *colour { 3 } else { 1 };
                        mix_with_white(data.to_mut(), alpha, step);
                    }
                }
                let stream = compressed(dictionary, &data)?;
                Ok(sink.add(Object::Stream(stream)))
            }
        }
    }
}

fn soft_mask(
    sink: &mut dyn ObjectSink,
    width: u32,
    height: u32,
    alpha: &[u8],
) -> Result<ObjectId, Error> {
    let dictionary = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => i64::from(width),
        "Height" => i64::from(height),
        "ColorSpace" => "DeviceGray",
        "BitsPerComponent" => 8,
    };
    Ok(sink.add(Object::Stream(compressed(dictionary, alpha)?)))
}

/// Less than this much of a pixel is not shown by a mask of one bit.
const THRESHOLD: u8 = 64;

/// One bit for each pixel, set where nothing is painted.
fn hard_mask(
    sink: &mut dyn ObjectSink,
    width: u32,
    height: u32,
    alpha: &[u8],
) -> Result<ObjectId, Error> {
    let mut bits = Vec::new();
    let row_length = usize::try_from(width).unwrap_or(usize::MAX).max(1);
    for row in alpha.chunks(row_length) {
        for eight in row.chunks(8) {
            let octet = eight.iter().enumerate().fold(0u8, |octet, (at, alpha)| {
                octet | u8::from(*alpha < THRESHOLD) << (7 - at)
            });
            bits.push(octet);
        }
    }
    let mut dictionary: Dictionary = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Image",
        "Width" => i64::from(width),
        "Height" => i64::from(height),
        "BitsPerComponent" => 1,
    };
    dictionary.set("ImageMask", true);
    Ok(sink.add(Object::Stream(compressed(dictionary, &bits)?)))
}

fn mix_with_white(data: &mut [u8], alpha: &[u8], step: usize) {
    for (pixel, alpha) in data.chunks_exact_mut(step).zip(alpha) {
        for part in pixel {
            let mixed = u32::from(*part) * u32::from(*alpha) + 255 * u32::from(255 - alpha);
            // At most 255.
            *part = (mixed / 255) as u8;
        }
    }
}

fn count(width: u32, height: u32, limits: &Limits) -> Result<(), Error> {
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if pixels == 0 {
        return Err(SigningFault::Image("it has no pixels").into());
    }
    if pixels > limits.image_pixels {
        return Err(Error::limit("image_pixels", limits.image_pixels));
    }
    Ok(())
}

/// Source: PNG §11.2.1, §11.3.4.3 (pHYs).
fn png(bytes: &[u8], limits: &Limits) -> Result<Content, Error> {
    let damaged = |_| Error::new(SigningFault::Image("the PNG is damaged"));
    let memory = usize::try_from(limits.image_pixels.saturating_mul(8)).unwrap_or(usize::MAX);
    let allowed = png::Limits { bytes: memory };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), allowed);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = reader.info().size();
    count(width, height, limits)?;
    let density = reader.info().pixel_dims.and_then(|dims| {
        let known = dims.unit == png::Unit::Meter && dims.xppu > 0 && dims.yppu > 0;
        known.then(|| [f64::from(dims.xppu) / 1000.0, f64::from(dims.yppu) / 1000.0])
    });
    let size = reader
        .output_buffer_size()
        .ok_or(SigningFault::Image("the PNG is damaged"))?;
    let mut samples = vec![0; size];
    let frame = reader.next_frame(&mut samples).map_err(damaged)?;
    samples.truncate(frame.buffer_size());
    // Damage behind the picture, too, is damage.
    reader.finish().map_err(damaged)?;
    let (colour, has_alpha) = match frame.color_type {
        png::ColorType::Grayscale => (false, false),
        png::ColorType::GrayscaleAlpha => (false, true),
        png::ColorType::Rgb => (true, false),
        png::ColorType::Rgba => (true, true),
        png::ColorType::Indexed => {
            return Err(SigningFault::Image("the palette of the PNG is missing").into());
        }
    };
    let components = if colour { 3 } else { 1 };
    let (data, alpha) = if has_alpha {
        let mut data = Vec::with_capacity(samples.len());
        let mut alpha = Vec::new();
        for pixel in samples.chunks_exact(components + 1) {
            if let Some((last, rest)) = pixel.split_last() {
                data.extend_from_slice(rest);
                alpha.push(*last);
            }
        }
        let opaque = alpha.iter().all(|alpha| *alpha == 255);
        (data, (!opaque).then_some(alpha))
    } else {
        (samples, None)
    };
    Ok(Content {
        width,
        height,
        density,
        samples: Samples::Png {
            colour,
            data,
            alpha,
        },
    })
}

/// Reads the header: size, components, density. The picture is passed through.
///
/// Source: ISO 10918-1 §B.2; ISO 32000-2 §7.4.8 (baseline and progressive).
fn jpeg(bytes: &[u8], limits: &Limits) -> Result<Content, Error> {
    let damaged = || Error::new(SigningFault::Image("the JPEG is damaged"));
    let mut at = 2;
    let (mut density, mut frame, mut adobe) = (None, None, false);
    loop {
        let Some([0xff, marker]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) else {
            return Err(damaged());
        };
        let marker = *marker;
        match marker {
            // Fill bytes may stand before a marker.
            0xff => {
                at += 1;
                continue;
            }
            // Markers without content.
            0x01 | 0xd0..=0xd7 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        let length = bytes
            .get(at + 2..)
            .and_then(|rest| rest.first_chunk())
            .map(|length| usize::from(u16::from_be_bytes(*length)))
            .filter(|length| *length >= 2)
            .ok_or_else(damaged)?;
        let content = bytes.get(at + 4..at + 2 + length).ok_or_else(damaged)?;
        at += 2 + length;
        match (marker, content) {
            (0xc0..=0xc2, &[precision, h1, h0, w1, w0, components, ..]) if frame.is_none() => {
                if precision != 8 {
                    return Err(SigningFault::Image("the JPEG has more than 8 bits").into());
                }
                let height = u16::from_be_bytes([h1, h0]);
                let width = u16::from_be_bytes([w1, w0]);
                frame = Some((u32::from(width), u32::from(height), components));
            }
            (0xc0..=0xc2, _) => return Err(damaged()),
            (0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf, _) => {
                return Err(
                    SigningFault::Image("the JPEG is neither baseline nor progressive").into(),
                );
            }
            (0xe0, &[b'J', b'F', b'I', b'F', 0, _, _, unit, x1, x0, y1, y0, ..]) => {
                let [x, y] = [[x1, x0], [y1, y0]].map(|n| f64::from(u16::from_be_bytes(n)));
                let per_millimetre = match unit {
                    1 => Some(25.4),
                    2 => Some(10.0),
                    _ => None,
                };
                density = per_millimetre
                    .filter(|_| x > 0.0 && y > 0.0)
                    .map(|unit| [x / unit, y / unit]);
            }
            (0xee, content) => adobe |= content.starts_with(b"Adobe"),
            // Start of the picture.
            (0xda, _) => break,
            _ => {}
        }
    }
    let Some((width, height, components @ (1 | 3 | 4))) = frame else {
        return Err(damaged());
    };
    count(width, height, limits)?;
    if !bytes.trim_ascii_end().ends_with(&[0xff, 0xd9]) {
        return Err(SigningFault::Image("the JPEG is cut short").into());
    }
    Ok(Content {
        width,
        height,
        density,
        samples: Samples::Jpeg {
            data: bytes.to_vec(),
            components,
            inverted: components == 4 && adobe,
        },
    })
}

#[cfg(test)]
pub(super) mod tests;
