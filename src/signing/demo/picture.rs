//! Nothing → the drawings of the demonstration: a blue signature, a red seal, as transparent PNGs.

use crate::error::{Error, SigningFault};

/// Pixels in a millimetre (254 dpi, so that the number is whole).
const DENSITY: u32 = 10;

/// A handwritten signature: blue, transparent, 45 × 20 mm.
///
/// # Errors
/// None in practice.
pub fn signature_image() -> Result<Vec<u8>, Error> {
    let (width, height) = (45.0, 20.0);
    // A line of loops that grow smaller, and a stroke below it.
    let mut strokes: Vec<Vec<(f64, f64)>> = Vec::new();
    strokes.push(
        (0..=400)
            .map(|step| {
                let t = f64::from(step) / 400.0;
                let turn = t * 9.0 * std::f64::consts::PI;
                let size = 6.5 * (1.0 - 0.75 * t);
                let x = 5.0 + 33.0 * t + size * 0.55 * turn.sin();
                let y = 10.0 - 2.0 * t - size * turn.cos();
                (x, y)
            })
            .collect(),
    );
    strokes.push(
        (0..=60)
            .map(|step| {
                let t = f64::from(step) / 60.0;
                (4.0 + 38.0 * t, 17.5 - 6.0 * t * t)
            })
            .collect(),
    );
    let segments: Vec<[(f64, f64); 2]> = strokes
        .iter()
        .flat_map(|stroke| stroke.windows(2))
        .filter_map(|pair| <[(f64, f64); 2]>::try_from(pair).ok())
        .collect();
    draw(width, height, [16, 44, 172], |x, y| {
        let nearest = segments
            .iter()
            .map(|segment| distance(*segment, (x, y)))
            .fold(f64::MAX, f64::min);
        nearest - 0.28
    })
}

/// A round seal: two rings, a star, ticks in place of letters; red, transparent, 36 × 36 mm.
///
/// # Errors
/// None in practice.
pub fn seal_image() -> Result<Vec<u8>, Error> {
    draw(36.0, 36.0, [206, 24, 30], |x, y| {
        let (x, y) = (x - 18.0, y - 18.0);
        let radius = x.hypot(y);
        let ring = |at: f64, half: f64| (radius - at).abs() - half;
        // Angle from the top, in parts of 48 ticks.
        let angle = x.atan2(-y);
        let part = (angle / std::f64::consts::TAU * 48.0).rem_euclid(1.0) - 0.5;
        let across = (part * std::f64::consts::TAU / 48.0 * radius).abs() - 0.35;
        let tick = across.max((radius - 13.6).abs() - 1.2);
        ring(17.2, 0.6)
            .min(ring(10.8, 0.3))
            .min(tick)
            .min(star(radius, angle))
    })
}

/// Distance from a star of five points, roughly, negative inside.
fn star(radius: f64, angle: f64) -> f64 {
    let fifth = std::f64::consts::TAU / 5.0;
    // Each point is two mirrored halves.
    let within = ((angle + fifth / 2.0).rem_euclid(fifth) - fifth / 2.0).abs();
    let (along, beside) = (radius * within.cos(), radius * within.sin());
    // The side from the point (6, 0) to the notch at 36 degrees.
    let notch = (2.3 * (fifth / 2.0).cos(), 2.3 * (fifth / 2.0).sin());
    let side = (notch.0 - 6.0, notch.1);
    let length = side.0.hypot(side.1);
    ((along - 6.0) * side.1 - beside * side.0) / length
}

fn distance([a, b]: [(f64, f64); 2], p: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let square = dx * dx + dy * dy;
    let t = if square > 0.0 {
        (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}

/// A PNG of `width` × `height` millimetres in one colour; `outside` is the distance from what is
/// drawn, in millimetres, and gives the transparency of edges.
fn draw(
    width: f64,
    height: f64,
    colour: [u8; 3],
    outside: impl Fn(f64, f64) -> f64,
) -> Result<Vec<u8>, Error> {
    let density = f64::from(DENSITY);
    // Some hundreds.
    let (across, down) = ((width * density) as u32, (height * density) as u32);
    let mut pixels = Vec::new();
    for row in 0..down {
        for column in 0..across {
            let x = (f64::from(column) + 0.5) / density;
            let y = (f64::from(row) + 0.5) / density;
            let covered = (0.5 - outside(x, y) * density).clamp(0.0, 1.0);
            pixels.extend(colour);
            // From 0 to 255.
            pixels.push((covered * 255.0).round() as u8);
        }
    }
    let failed = |_| Error::from(SigningFault::Image("the drawing cannot be written"));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, across, down);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: DENSITY * 1000,
        yppu: DENSITY * 1000,
        unit: png::Unit::Meter,
    }));
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::appearance::{Image, Ink};

    #[test]
    fn ok_the_drawings_are_what_the_rule_asks_for() {
        for (bytes, ink, size) in [
            (signature_image().unwrap(), Ink::Blue, (45.0, 20.0)),
            (seal_image().unwrap(), Ink::Red, (36.0, 36.0)),
        ] {
            let image = Image::from_bytes(&bytes, &Default::default()).unwrap();
            assert!(image.is_png() && image.is_transparent());
            assert_eq!(image.ink(), Some(ink));
            let (width, height) = image.millimetres().unwrap();
            assert!((width - size.0).abs() < 1e-9 && (height - size.1).abs() < 1e-9);
        }
    }
}
