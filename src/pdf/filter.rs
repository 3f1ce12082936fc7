//! Encoded bytes and a list of filters → decoded bytes, capped.

mod ascii;
mod flate;
mod lzw;
mod predictor;

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::object::{Dictionary, Object};
use crate::error::{Error, PdfFault};
use crate::limits::Limits;

pub(crate) use predictor::Predictor;

/// Below this many bytes the ratio of decoded to encoded bytes is not looked at.
const RATIO_FREE: u64 = 1 << 20;

/// What all decoding of one document may cost.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    decoded: AtomicU64,
}

impl Budget {
    pub(crate) fn charge(&self, bytes: u64, limits: &Limits) -> Result<(), Error> {
        let before = self.decoded.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > limits.decoded_total {
            return Err(Error::limit("decoded_total", limits.decoded_total));
        }
        Ok(())
    }
}

/// One filter with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    Ascii85,
    AsciiHex,
    /// The crypt filter of this name; nothing is left to do here for it.
    Crypt(Vec<u8>),
    Flate(Option<Predictor>),
    Lzw {
        early_change: bool,
        predictor: Option<Predictor>,
    },
    RunLength,
    /// Image filters, and names that no standard has.
    Unsupported(String),
}

/// The filters that a stream dictionary names, in order of decoding. `resolve` follows
/// references; it may refuse them.
///
/// Source: ISO 32000-2 §7.3.8.2, §7.4.
pub(crate) fn chain<'d>(
    dictionary: &Dictionary<'d>,
    limits: &Limits,
    resolve: &dyn Fn(&Object<'d>) -> Result<Object<'d>, Error>,
) -> Result<Vec<Filter>, Error> {
    let read = |long: &[u8], short: &[u8]| -> Result<Vec<Object<'d>>, Error> {
        let Some(object) = dictionary.get(long).or_else(|| dictionary.get(short)) else {
            return Ok(Vec::new());
        };
        match resolve(object)? {
            Object::Null => Ok(Vec::new()),
            Object::Array(array) => {
                if array.len() > limits.filters {
                    return Err(Error::limit("filters", limits.filters as u64));
                }
                array.iter().map(resolve).collect()
            }
            one => Ok(vec![one]),
        }
    };
    let names = read(b"Filter", b"F")?;
    let parameters = read(b"DecodeParms", b"DP")?;
    let mut filters = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let Some(name) = name.as_name() else {
            return Err(Error::new(PdfFault::Filter("/Filter is not a name")));
        };
        let empty = Dictionary::empty();
        let parameters = match parameters.get(index) {
            None | Some(Object::Null) => &empty,
            Some(Object::Dictionary(dictionary)) => dictionary,
            Some(_) => {
                return Err(Error::new(PdfFault::Filter(
                    "/DecodeParms is no dictionary",
                )));
            }
        };
        let number = |key: &[u8], default: u32| -> Result<u32, Error> {
            match parameters.get(key).map(resolve).transpose()? {
                None | Some(Object::Null) => Ok(default),
                Some(Object::Integer(value)) => u32::try_from(value)
                    .map_err(|_| Error::new(PdfFault::Filter("filter parameter out of range"))),
                Some(_) => Err(Error::new(PdfFault::Filter(
                    "filter parameter is no number",
                ))),
            }
        };
        let predictor = || {
            Predictor::new(
                number(b"Predictor", 1)?,
                number(b"Colors", 1)?,
                number(b"BitsPerComponent", 8)?,
                number(b"Columns", 1)?,
            )
        };
        filters.push(match name {
            b"FlateDecode" | b"Fl" => Filter::Flate(predictor()?),
            b"LZWDecode" | b"LZW" => Filter::Lzw {
                early_change: number(b"EarlyChange", 1)? != 0,
                predictor: predictor()?,
            },
            b"ASCII85Decode" | b"A85" => Filter::Ascii85,
            b"ASCIIHexDecode" | b"AHx" => Filter::AsciiHex,
            b"RunLengthDecode" | b"RL" => Filter::RunLength,
            b"Crypt" => Filter::Crypt(match parameters.get(b"Name").map(resolve).transpose()? {
                Some(Object::Name(name)) => name.as_bytes().to_vec(),
                _ => b"Identity".to_vec(),
            }),
            other => Filter::Unsupported(other.escape_ascii().to_string()),
        });
    }
    Ok(filters)
}

/// How to decode.
#[derive(Clone, Copy)]
pub(crate) struct Decoder<'l> {
    pub(crate) limits: &'l Limits,
    pub(crate) budget: &'l Budget,
    /// Whether data that is cut short or fails its checksum is refused.
    pub(crate) strict: bool,
}

impl Decoder<'_> {
    /// Runs `data` through `filters`.
    ///
    /// # Errors
    /// [`PdfFault::Filter`], [`PdfFault::Unsupported`], limits.
    pub(crate) fn decode(&self, data: &[u8], filters: &[Filter]) -> Result<Vec<u8>, Error> {
        let mut current = Cow::Borrowed(data);
        for filter in filters {
            let output = self.one(&current, filter)?;
            if let Some(output) = output {
                self.budget.charge(output.len() as u64, self.limits)?;
                current = Cow::Owned(output);
            }
        }
        if current.len() as u64 > self.limits.decoded_stream {
            return Err(Error::limit("decoded_stream", self.limits.decoded_stream));
        }
        Ok(current.into_owned())
    }

    fn one(&self, data: &[u8], filter: &Filter) -> Result<Option<Vec<u8>>, Error> {
        let cap = Cap::new(self.limits, data.len());
        let output = match filter {
            Filter::Ascii85 => ascii::decode_85(data, self.strict)?,
            Filter::AsciiHex => ascii::decode_hexadecimal(data, self.strict)?,
            Filter::RunLength => ascii::decode_run_length(data, cap)?,
            Filter::Flate(predictor) => {
                let output = flate::decode(data, cap, self.strict)?;
                self.predict(output, predictor.as_ref())?
            }
            Filter::Lzw {
                early_change,
                predictor,
            } => {
                let output = lzw::decode(data, *early_change, cap, self.strict)?;
                self.predict(output, predictor.as_ref())?
            }
            Filter::Crypt(_) => return Ok(None),
            Filter::Unsupported(name) => {
                return Err(Error::new(PdfFault::Unsupported(format!("filter {name}"))));
            }
        };
        Ok(Some(output))
    }

    fn predict(&self, data: Vec<u8>, predictor: Option<&Predictor>) -> Result<Vec<u8>, Error> {
        match predictor {
            Some(predictor) => predictor.undo(data),
            None => Ok(data),
        }
    }
}

/// How many bytes one filter may put out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cap {
    bytes: usize,
    name: &'static str,
    max: u64,
}

impl Cap {
    pub(crate) fn new(limits: &Limits, encoded: usize) -> Self {
        let by_ratio = (encoded as u64)
            .saturating_mul(limits.inflate_ratio)
            .max(RATIO_FREE);
        let (bytes, name, max) = if by_ratio < limits.decoded_stream {
            (by_ratio, "inflate_ratio", limits.inflate_ratio)
        } else {
            (
                limits.decoded_stream,
                "decoded_stream",
                limits.decoded_stream,
            )
        };
        Self {
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
            name,
            max,
        }
    }

    pub(crate) fn bytes(self) -> usize {
        self.bytes
    }

    pub(crate) fn error(self) -> Error {
        Error::limit(self.name, self.max)
    }

    pub(crate) fn check(self, bytes: usize) -> Result<(), Error> {
        if bytes > self.bytes {
            return Err(self.error());
        }
        Ok(())
    }
}

/// For fuzzing: `data` through one filter, chosen and parametrised by `dictionary`.
pub(crate) fn decode_with(dictionary: &str, data: &[u8]) -> Result<Vec<u8>, Error> {
    let limits = Limits::new();
    let object = super::parser::parse_value(dictionary.as_bytes(), &limits)?;
    let Object::Dictionary(dictionary) = object else {
        return Err(Error::new(PdfFault::Filter("no dictionary")));
    };
    let filters = chain(&dictionary, &limits, &|object| Ok(object.clone()))?;
    Decoder {
        limits: &limits,
        budget: &Budget::default(),
        strict: true,
    }
    .decode(data, &filters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn deflate(data: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn ok_filters_run_in_order() {
        let data = b"A".repeat(500);
        let encoded: Vec<u8> = deflate(&data)
            .iter()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .chain(*b">")
            .collect();
        assert_eq!(
            decode_with("<</Filter[/AHx/Crypt/FlateDecode]>>", &encoded),
            Ok(data)
        );
    }

    #[test]
    fn flate_bomb_ends_at_the_ratio() {
        // A73.
        let bomb = deflate(&vec![0; 40 << 20]);
        let error = decode_with("<</Filter/FlateDecode>>", &bomb).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Limit {
                    name: "inflate_ratio",
                    max: 200
                }
            ),
            "{error}"
        );
        assert!(decode_with("<</Filter/FlateDecode>>", &deflate(&vec![0; 1 << 20])).is_ok());
    }

    #[test]
    fn thirty_filters_are_too_many() {
        // A73.
        let dictionary = format!("<</Filter[{}]>>", "/AHx".repeat(30));
        let error = decode_with(&dictionary, b"00>").unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Limit {
                name: "filters",
                ..
            }
        ));
        let dictionary = format!("<</Filter[{}]>>", "/RL".repeat(8));
        assert!(decode_with(&dictionary, b"").is_ok());
    }

    #[test]
    fn total_is_counted_over_streams() {
        let limits = Limits {
            decoded_total: 1000,
            ..Limits::new()
        };
        let budget = Budget::default();
        let decoder = Decoder {
            limits: &limits,
            budget: &budget,
            strict: true,
        };
        let data = deflate(&[7; 500]);
        assert!(decoder.decode(&data, &[Filter::Flate(None)]).is_ok());
        assert!(decoder.decode(&data, &[Filter::Flate(None)]).is_ok());
        let error = decoder.decode(&data, &[Filter::Flate(None)]).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::Limit {
                name: "decoded_total",
                max: 1000
            }
        ));
    }

    #[test]
    fn image_filters_are_unsupported_by_name() {
        for name in ["DCTDecode", "JPXDecode", "CCITTFaxDecode", "JBIG2Decode"] {
            let error = decode_with(&format!("<</Filter/{name}>>"), b"").unwrap_err();
            assert_eq!(
                error.kind(),
                &ErrorKind::Pdf(PdfFault::Unsupported(format!("filter {name}")))
            );
        }
    }

    #[test]
    fn err_cut_short_or_wrong_checksum() {
        let data = deflate(b"some bytes to be deflated");
        let flate = "<</Filter/FlateDecode>>";
        assert!(decode_with(flate, &data[..data.len() - 5]).is_err());
        let mut changed = data.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(decode_with(flate, &changed).is_err());
        assert!(decode_with(flate, &[data, vec![0; 9]].concat()).is_ok());
    }
}
