//! Bytes after a PNG or TIFF predictor → bytes before it.

use crate::error::{Error, PdfFault};

/// How rows were predicted before compression.
///
/// Source: ISO 32000-2 §7.4.4.4, table 8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Predictor {
    tiff: bool,
    colors: usize,
    bits: usize,
    /// Bytes of a row.
    row: usize,
    /// Bytes between a sample and the one to its left, at least 1.
    pixel: usize,
}

fn fault(what: &'static str) -> Error {
    Error::new(PdfFault::Filter(what))
}

impl Predictor {
    /// `None` for predictor 1, which does nothing.
    pub(crate) fn new(
        predictor: u32,
        colors: u32,
        bits: u32,
        columns: u32,
    ) -> Result<Option<Self>, Error> {
        let tiff = match predictor {
            0 | 1 => return Ok(None),
            2 => true,
            10..=15 => false,
            _ => return Err(fault("unknown predictor")),
        };
        if !matches!(bits, 1 | 2 | 4 | 8 | 16) || colors == 0 || columns == 0 {
            return Err(fault("predictor parameter out of range"));
        }
        // Three factors below 2^32, 17 and 2^32: no overflow in 128 bits.
        let row = (u128::from(colors) * u128::from(bits) * u128::from(columns)).div_ceil(8);
        let pixel = (u128::from(colors) * u128::from(bits)).div_ceil(8);
        let (Ok(row), Ok(pixel)) = (isize::try_from(row), isize::try_from(pixel)) else {
            return Err(fault("predictor parameter out of range"));
        };
        Ok(Some(Self {
            tiff,
            colors: colors as usize,
            bits: bits as usize,
            row: row.unsigned_abs(),
            pixel: pixel.unsigned_abs(),
        }))
    }

    /// Needs no more memory than `data` has, whatever the parameters say. A last row that is cut
    /// short is decoded as far as it goes.
    pub(crate) fn undo(&self, mut data: Vec<u8>) -> Result<Vec<u8>, Error> {
        if !self.tiff {
            return self.undo_png(&data);
        }
        for row in data.chunks_mut(self.row) {
            self.undo_tiff(row);
        }
        Ok(data)
    }

    fn undo_png(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        let mut output: Vec<u8> = Vec::with_capacity(data.len());
        for line in data.chunks(self.row.saturating_add(1)) {
            let Some((&kind, line)) = line.split_first() else {
                break;
            };
            let start = output.len();
            output.extend_from_slice(line);
            let (above, row) = output.split_at_mut(start);
            let above = match start.checked_sub(self.row) {
                Some(above_start) => above.get(above_start..).unwrap_or_default(),
                None => &[],
            };
            undo_png_row(kind, self.pixel, above, row)?;
        }
        Ok(output)
    }

    fn undo_tiff(&self, row: &mut [u8]) {
        match self.bits {
            8 => {
                for index in self.colors..row.len() {
                    let left = row.get(index - self.colors).copied().unwrap_or_default();
                    if let Some(byte) = row.get_mut(index) {
                        *byte = byte.wrapping_add(left);
                    }
                }
            }
            16 => {
                let (words, _) = row.as_chunks_mut::<2>();
                for index in self.colors..words.len() {
                    let left = words.get(index - self.colors).copied().unwrap_or_default();
                    if let Some(word) = words.get_mut(index) {
                        let sum = u16::from_be_bytes(*word).wrapping_add(u16::from_be_bytes(left));
                        *word = sum.to_be_bytes();
                    }
                }
            }
            bits => {
                let mask = (1_u8 << bits) - 1;
                let per_byte = 8 / bits;
                let shift = |sample: usize| 8 - bits * (sample % per_byte + 1);
                for sample in self.colors..row.len().saturating_mul(per_byte) {
                    let left_sample = sample - self.colors;
                    let left = row.get(left_sample / per_byte).copied().unwrap_or_default();
                    let left = left >> shift(left_sample) & mask;
                    if let Some(byte) = row.get_mut(sample / per_byte) {
                        let value = (*byte >> shift(sample) & mask).wrapping_add(left) & mask;
                        *byte = *byte & !(mask << shift(sample)) | value << shift(sample);
                    }
                }
            }
        }
    }
}

/// Source: PNG §9.2 (third edition).
fn undo_png_row(kind: u8, pixel: usize, above: &[u8], row: &mut [u8]) -> Result<(), Error> {
    match kind {
        0 => {}
        1 => {
            for index in pixel..row.len() {
                let left = row.get(index - pixel).copied().unwrap_or_default();
                if let Some(byte) = row.get_mut(index) {
                    *byte = byte.wrapping_add(left);
                }
            }
        }
        2 => {
            for (byte, above) in row.iter_mut().zip(above) {
                *byte = byte.wrapping_add(*above);
            }
        }
        3 | 4 => {
            let before = |slice: &[u8], index: usize| {
                let index = index.checked_sub(pixel)?;
                slice.get(index).copied()
            };
            for index in 0..row.len() {
                let left = before(row, index).unwrap_or_default();
                let up = above.get(index).copied().unwrap_or_default();
                let predicted = if kind == 3 {
                    left.midpoint(up)
                } else {
                    paeth(left, up, before(above, index).unwrap_or_default())
                };
                if let Some(byte) = row.get_mut(index) {
                    *byte = byte.wrapping_add(predicted);
                }
            }
        }
        _ => return Err(fault("unknown PNG filter type")),
    }
    Ok(())
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).unsigned_abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undo(predictor: u32, colors: u32, bits: u32, columns: u32, data: &[u8]) -> Vec<u8> {
        Predictor::new(predictor, colors, bits, columns)
            .unwrap()
            .unwrap()
            .undo(data.to_vec())
            .unwrap()
    }

    #[test]
    fn ok_png_rows() {
        let data = [
            0, 1, 2, 3, // none
            1, 1, 1, 1, // sub
            2, 1, 1, 1, // up
            3, 1, 1, 1, // average
            4, 1, 1, 1, // Paeth
        ];
        assert_eq!(
            undo(15, 1, 8, 3, &data),
            [1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5]
        );
    }

    #[test]
    fn ok_last_row_cut_short() {
        assert_eq!(undo(12, 1, 8, 3, &[2, 1, 2, 3, 2, 1]), [1, 2, 3, 2]);
    }

    #[test]
    fn ok_tiff_rows_of_each_depth() {
        assert_eq!(undo(2, 1, 8, 3, &[1, 1, 1, 5, 1, 255]), [1, 2, 3, 5, 6, 5]);
        assert_eq!(undo(2, 3, 8, 2, &[1, 2, 3, 1, 1, 1]), [1, 2, 3, 2, 3, 4]);
        assert_eq!(undo(2, 1, 16, 2, &[0, 255, 0, 1]), [0, 255, 1, 0]);
        assert_eq!(undo(2, 1, 4, 4, &[0x11, 0x1f]), [0x12, 0x32]);
        assert_eq!(undo(2, 1, 1, 8, &[0b1000_0000]), [0b1111_1111]);
    }

    #[test]
    fn columns_of_2_to_the_31_need_no_memory() {
        // A73; aborted a peer.
        let huge = undo(15, 255, 16, i32::MAX as u32, &[1, 7, 7]);
        assert_eq!(huge, [7, 7]);
        let most = i32::MAX as u32;
        assert_eq!(undo(2, most, 8, most, &[1, 2]), [1, 2]);
        assert!(Predictor::new(15, u32::MAX, 16, u32::MAX).is_err());
    }

    #[test]
    fn err_parameters_out_of_range() {
        assert!(Predictor::new(3, 1, 8, 1).is_err());
        assert!(Predictor::new(12, 0, 8, 1).is_err());
        assert!(Predictor::new(12, 1, 7, 1).is_err());
        assert!(Predictor::new(12, 1, 8, 0).is_err());
        let predictor = Predictor::new(12, 1, 8, 1).unwrap().unwrap();
        assert!(predictor.undo(vec![5, 1]).is_err());
    }
}
