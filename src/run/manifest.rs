//! A list of paths as text → the paths.

use std::io::{self, BufRead};
use std::path::PathBuf;

/// How the paths of a list are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// One path a line; a carriage return at the end of a line does not count.
    #[default]
    Line,
    /// Each path ends with NUL, so that it may contain anything else.
    Nul,
}

/// The paths in `list`, in their order; empty ones are left out.
///
/// # Errors
/// What `list` says.
pub fn read(list: impl BufRead, separator: Separator) -> io::Result<Vec<PathBuf>> {
    let end = match separator {
        Separator::Line => b'\n',
        Separator::Nul => 0,
    };
    let mut paths = Vec::new();
    for part in list.split(end) {
        let mut part = part?;
        if separator == Separator::Line && part.last() == Some(&b'\r') {
            part.pop();
        }
        if !part.is_empty() {
            paths.push(path_from_octets(part));
        }
    }
    Ok(paths)
}

/// The path with these octets.
#[cfg(unix)]
pub fn path_from_octets(octets: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(octets).into()
}

/// The path with these octets.
#[cfg(not(unix))]
pub fn path_from_octets(octets: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&octets).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_lines_and_nul_lists() {
        let lines = read(&b"a\r\n\nb c\nlast"[..], Separator::Line).unwrap();
        assert_eq!(lines, ["a", "b c", "last"].map(PathBuf::from));
        let nul = read(&b"a\nb\0\0c\r\0"[..], Separator::Nul).unwrap();
        assert_eq!(nul, ["a\nb", "c\r"].map(PathBuf::from));
    }
}
