use super::*;

/// A PNG with 8 bits for each component (16 with the samples of `png16`), and 300 dpi.
pub(in super::super) fn png(
    width: u32,
    height: u32,
    colour: ::png::ColorType,
    samples: &[u8],
    palette: &[u8],
) -> Vec<u8> {
    encode(
        width,
        height,
        colour,
        ::png::BitDepth::Eight,
        samples,
        palette,
    )
}

fn encode(
    width: u32,
    height: u32,
    colour: ::png::ColorType,
    depth: ::png::BitDepth,
    samples: &[u8],
    palette: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_pixel_dims(Some(::png::PixelDimensions {
        xppu: 11811,
        yppu: 11811,
        unit: ::png::Unit::Meter,
    }));
    if !palette.is_empty() {
        encoder.set_palette(palette.to_vec());
        encoder.set_trns(vec![0, 255]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Result<Image, Error> {
    Image::from_bytes(bytes, &Limits::new())
}

#[derive(Default)]
struct Sink(Vec<Object>);

impl ObjectSink for Sink {
    fn add(&mut self, object: Object) -> ObjectId {
        self.0.push(object);
        (self.0.len() as u32 - 1, 0)
    }
}

fn written(image: &Image, archive: Option<PdfA>) -> (Stream, Vec<Object>) {
    let mut sink = Sink::default();
    let (number, _) = image.write(&mut sink, archive).unwrap();
    let stream = sink.0[number as usize].as_stream().unwrap().clone();
    (stream, sink.0)
}

fn inflated(stream: &Stream) -> Vec<u8> {
    stream.decompressed_content().unwrap()
}

#[test]
fn ok_every_kind_of_png_keeps_its_colours() {
    use ::png::{BitDepth, ColorType};
    let blue = [0, 0, 200];
    for (bytes, space, data, transparent) in [
        (
            png(2, 1, ColorType::Rgb, &[0, 0, 200, 9, 8, 7], &[]),
            "DeviceRGB",
            vec![0, 0, 200, 9, 8, 7],
            false,
        ),
        (
            png(2, 1, ColorType::Rgba, &[0, 0, 200, 255, 9, 8, 7, 0], &[]),
            "DeviceRGB",
            vec![0, 0, 200, 9, 8, 7],
            true,
        ),
        (
            png(1, 1, ColorType::Rgba, &[0, 0, 200, 255], &[]),
            "DeviceRGB",
            blue.to_vec(),
            false,
        ),
        (
            png(2, 1, ColorType::Grayscale, &[5, 250], &[]),
            "DeviceGray",
            vec![5, 250],
            false,
        ),
        (
            png(1, 1, ColorType::GrayscaleAlpha, &[5, 128], &[]),
            "DeviceGray",
            vec![5],
            true,
        ),
        (
            encode(
                1,
                1,
                ColorType::Rgb,
                BitDepth::Sixteen,
                &[0, 1, 0, 2, 200, 3],
                &[],
            ),
            "DeviceRGB",
            blue.to_vec(),
            false,
        ),
        (
            png(2, 1, ColorType::Indexed, &[1, 0], &[1, 2, 3, 0, 0, 200]),
            "DeviceRGB",
            vec![0, 0, 200, 1, 2, 3],
            true,
        ),
    ] {
        let image = read(&bytes).unwrap();
        assert_eq!(image.is_transparent(), transparent);
        let (stream, _) = written(&image, None);
        assert_eq!(
            stream.dict.get(b"ColorSpace").unwrap().as_name().unwrap(),
            space.as_bytes()
        );
        assert_eq!(inflated(&stream), data);
        assert_eq!(stream.dict.has(b"SMask"), transparent);
    }
}

#[test]
fn ok_sizes_in_millimetres_are_those_of_the_file() {
    let image = read(&png(
        472,
        236,
        ::png::ColorType::Grayscale,
        &[0; 472 * 236],
        &[],
    ))
    .unwrap();
    let (width, height) = image.shown(ImageSize::Native).unwrap();
    // 300 dpi, as well as whole pixels in a metre can say it.
    assert!((width - 39.963).abs() < 0.01 && (height - 19.98).abs() < 0.01);
    assert_eq!(image.shown(ImageSize::Width(30.0)).unwrap(), (30.0, 15.0));
    assert_eq!(image.shown(ImageSize::Height(30.0)).unwrap(), (60.0, 30.0));
    assert!(image.shown(ImageSize::Width(f64::NAN)).is_err());
    assert!(image.shown(ImageSize::Width(2000.0)).is_err());
}

#[test]
fn ok_ink_is_told_by_its_colour() {
    let one = |red, green, blue| {
        let pixels = [red, green, blue, 255, 255, 255, 255, 255, 250, 0, 0, 0];
        read(&png(3, 1, ::png::ColorType::Rgba, &pixels, &[])).unwrap()
    };
    assert_eq!(one(20, 40, 190).ink(), Some(Ink::Blue));
    assert_eq!(one(210, 30, 40).ink(), Some(Ink::Red));
    assert_eq!(one(10, 10, 10).ink(), Some(Ink::Black));
    assert_eq!(one(20, 180, 40).ink(), Some(Ink::Other));
    let white = read(&png(1, 1, ::png::ColorType::Rgb, &[255; 3], &[])).unwrap();
    assert_eq!(white.ink(), None);
}

/// No soft mask in PDF/A-1: a mask of one bit, and half transparent pixels mixed with white.
#[test]
fn ok_the_first_part_of_pdf_a_gets_a_hard_mask_and_calibrated_colours() {
    let pixels = [0, 0, 200, 255, 0, 0, 200, 128, 0, 0, 200, 10];
    let image = read(&png(3, 1, ::png::ColorType::Rgba, &pixels, &[])).unwrap();
    let (stream, objects) = written(&image, Some(PdfA { part: 1 }));
    assert!(!stream.dict.has(b"SMask"));
    let (number, _) = stream.dict.get(b"Mask").unwrap().as_reference().unwrap();
    let mask = objects[number as usize].as_stream().unwrap();
    assert_eq!(mask.dict.get(b"ImageMask").unwrap(), &Object::Boolean(true));
    assert_eq!(inflated(mask), [0b0010_0000]);
    assert_eq!(inflated(&stream)[..6], [0, 0, 200, 127, 127, 227]);
    let (stream, _) = written(&image, Some(PdfA { part: 2 }));
    assert!(stream.dict.has(b"SMask") && !stream.dict.has(b"Mask"));
    let space = stream.dict.get(b"ColorSpace").unwrap().as_array().unwrap();
    assert_eq!(space[0].as_name().unwrap(), b"CalRGB");
}

/// A JPEG as far as its header goes.
fn jpeg(frame: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
    bytes.extend(b"JFIF\0\x01\x01\x01\x01\x2c\x01\x2c\0\0");
    bytes.extend(frame);
    bytes.extend([0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9]);
    bytes
}

const BASELINE: [u8; 12] = [0xff, 0xc0, 0, 10, 8, 0, 20, 0, 40, 3, 0, 0];

#[test]
fn ok_a_jpeg_is_passed_through() {
    let bytes = jpeg(&BASELINE);
    let image = read(&bytes).unwrap();
    assert_eq!(image.pixels(), (40, 20));
    let (width, height) = image.millimetres().unwrap();
    assert!((width - 3.3867).abs() < 1e-3 && (height - 1.6933).abs() < 1e-3);
    let (stream, _) = written(&image, None);
    assert_eq!(stream.content, bytes);
    assert_eq!(
        stream.dict.get(b"Filter").unwrap().as_name().unwrap(),
        b"DCTDecode"
    );
    assert_eq!(image.ink(), None);
}

#[test]
fn ok_cmyk_of_adobe_is_turned_round_and_has_no_place_in_pdf_a() {
    let mut frame = vec![0xff, 0xee, 0, 14];
    frame.extend(b"Adobe\0\x64\0\0\0\0\x02");
    let mut baseline = BASELINE;
    baseline[9] = 4;
    frame.extend(baseline);
    let image = read(&jpeg(&frame)).unwrap();
    let (stream, _) = written(&image, None);
    assert!(stream.dict.has(b"Decode"));
    assert!(
        image
            .write(&mut Sink::default(), Some(PdfA { part: 2 }))
            .is_err()
    );
}

#[test]
fn err_images_that_are_none_or_damaged() {
    let good = png(2, 2, ::png::ColorType::Rgb, &[7; 12], &[]);
    let mut twelve_bits = BASELINE;
    twelve_bits[4] = 12;
    let mut lossless = BASELINE;
    lossless[1] = 0xc3;
    let mut empty = BASELINE;
    empty[5..9].fill(0);
    let mut cut = jpeg(&BASELINE);
    cut.truncate(cut.len() - 2);
    for bytes in [
        b"GIF89a".to_vec(),
        Vec::new(),
        good[..good.len() - 20].to_vec(),
        good[..40].to_vec(),
        jpeg(&twelve_bits),
        jpeg(&lossless),
        jpeg(&empty),
        jpeg(&[]),
        cut,
        vec![0xff, 0xd8, 0xff],
    ] {
        assert!(read(&bytes).is_err(), "{bytes:?}");
    }
}

/// V001: what a file declares is held against the limits before anything is allocated.
#[test]
fn err_images_above_the_limits() {
    let good = png(200, 200, ::png::ColorType::Grayscale, &[7; 40_000], &[]);
    let mut limits = Limits::new();
    limits.image_pixels = 39_999;
    assert!(Image::from_bytes(&good, &limits).is_err());
    limits.image_pixels = 40_000;
    assert!(Image::from_bytes(&good, &limits).is_ok());
    limits.image = good.len() - 1;
    assert!(Image::from_bytes(&good, &limits).is_err());
}
