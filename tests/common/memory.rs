//! Whether octets lie anywhere in the memory of this process.
//!
//! What is sought is given masked, and compared masked, so that the search does not itself hold
//! what it seeks.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use zeroize::Zeroize as _;

const MASK: u8 = 0xa5;

/// Octets, masked.
pub struct Needle(Vec<u8>);

impl Needle {
    /// `length` octets of a file from `offset`, masked one by one as they are read.
    pub fn from_file(path: &Path, offset: u64, length: usize) -> Self {
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::Start(offset)).unwrap();
        let mut masked = Vec::with_capacity(length);
        let mut octet = [0];
        for _ in 0..length {
            file.read_exact(&mut octet).unwrap();
            masked.push(octet[0] ^ MASK);
        }
        octet.zeroize();
        Self(masked)
    }

    /// How often they lie in memory that can be written: heap, stacks, data.
    pub fn count(&self) -> usize {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut memory = File::open("/proc/self/mem").unwrap();
        let mut page = vec![0; 1 << 20];
        let mut found = 0;
        for line in maps.lines() {
            let mut parts = line.split_whitespace();
            let (range, rights) = (parts.next().unwrap(), parts.next().unwrap());
            let (start, end) = range.split_once('-').unwrap();
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            let (mut at, end) = (number(start), number(end));
            if !rights.starts_with("rw") || line.ends_with("[vvar]") {
                continue;
            }
            // The page itself would find what it has just read.
            let own = page.as_ptr() as u64;
            while at < end {
                let take = usize::try_from((end - at).min(page.len() as u64)).unwrap();
                if memory.seek(SeekFrom::Start(at)).is_err()
                    || memory.read_exact(&mut page[..take]).is_err()
                {
                    break;
                }
                for (index, window) in page[..take].windows(self.0.len()).enumerate() {
                    let here = at + index as u64;
                    let inside = here >= own && here < own + page.len() as u64;
                    if !inside && window.iter().zip(&self.0).all(|(a, b)| a ^ MASK == *b) {
                        found += 1;
                    }
                }
                // Windows that lie across two reads.
                let step = take.saturating_sub(self.0.len() - 1).max(1);
                at += if at + take as u64 == end { take } else { step } as u64;
            }
        }
        page.zeroize();
        found
    }
}

/// A file, read into octets that are wiped.
pub fn read(path: &Path) -> zeroize::Zeroizing<Vec<u8>> {
    let length = usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap();
    let mut octets = zeroize::Zeroizing::new(vec![0; length]);
    File::open(path).unwrap().read_exact(&mut octets).unwrap();
    octets
}
