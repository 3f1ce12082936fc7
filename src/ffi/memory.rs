//! Pointers and lengths ↔ slices, texts, paths: every reading and writing through a pointer from C.

use std::ffi::{CStr, CString, OsStr, c_char};
use std::path::Path;

use super::code::Code;
use crate::time::UtcTime;

/// Why a call is refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) code: Code,
    pub(super) text: String,
    pub(super) position: Option<u64>,
}

impl Refused {
    pub(super) fn new(code: Code, text: String) -> Self {
        Self {
            code,
            text,
            position: None,
        }
    }

    pub(super) fn null(what: &str) -> Self {
        Self::new(Code::NullPointer, format!("{what} is null"))
    }

    pub(super) fn misuse(text: impl Into<String>) -> Self {
        Self::new(Code::Misuse, text.into())
    }
}

/// The bytes at `data`; null is allowed for a length of 0.
///
/// # Safety
/// `data` is null, or `length` bytes there are readable and do not change for `'a`.
pub(super) unsafe fn bytes<'a>(
    what: &str,
    data: *const u8,
    length: usize,
) -> Result<&'a [u8], Refused> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Refused::null(what));
    }
    // No object is larger: a length like that is a negative number.
    if isize::try_from(length).is_err() {
        return Err(Refused::misuse(format!("length of {what}: {length}")));
    }
    // SAFETY: not null, and no more than an object can have; the rest is what the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(data, length) })
}

/// As [`bytes`], for an array of structures.
///
/// # Safety
/// As [`bytes`]; `data` is aligned for `T`, and the structures have been written.
pub(super) unsafe fn array<'a, T>(
    what: &str,
    data: *const T,
    count: usize,
) -> Result<&'a [T], Refused> {
    if count == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Refused::null(what));
    }
    let octets = count.checked_mul(size_of::<T>());
    if !data.is_aligned() || octets.is_none_or(|octets| isize::try_from(octets).is_err()) {
        return Err(Refused::misuse(format!("address or length of {what}")));
    }
    // SAFETY: not null, aligned, no more than an object can have; the rest is the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(data, count) })
}

/// The bytes of a text that ends with a zero byte.
///
/// # Safety
/// `text` is null, or a zero byte follows it in the same object, and nothing changes for `'a`.
unsafe fn octets<'a>(what: &str, text: *const c_char) -> Result<&'a [u8], Refused> {
    if text.is_null() {
        return Err(Refused::null(what));
    }
    // SAFETY: not null; the rest is what the caller promises.
    Ok(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A text in UTF-8; `None` for null.
///
/// # Safety
/// As [`octets`].
pub(super) unsafe fn utf8<'a>(what: &str, text: *const c_char) -> Result<Option<&'a str>, Refused> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: what the caller promises.
    let octets = unsafe { octets(what, text) }?;
    std::str::from_utf8(octets)
        .map(Some)
        .map_err(|error| Refused {
            code: Code::NotUtf8,
            text: format!("{what} is not UTF-8"),
            position: Some(error.valid_up_to() as u64),
        })
}

/// A path: on Unix any bytes, elsewhere UTF-8.
///
/// # Safety
/// As [`octets`].
pub(super) unsafe fn path<'a>(what: &str, text: *const c_char) -> Result<&'a Path, Refused> {
    // SAFETY: what the caller promises.
    let octets = unsafe { octets(what, text) }?;
    #[cfg(unix)]
    let name: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(octets);
    #[cfg(not(unix))]
    let name: &OsStr = std::str::from_utf8(octets)
        .map(OsStr::new)
        .map_err(|_| Refused::new(Code::NotUtf8, format!("{what} is not UTF-8")))?;
    Ok(Path::new(name))
}

/// Writes an output.
///
/// # Safety
/// `out` is null, or points at room for a `T`.
pub(super) unsafe fn put<T>(out: *mut T, value: T) -> Result<(), Refused> {
    room(out)?;
    // SAFETY: not null and aligned; that there is room is what the caller promises.
    unsafe { out.write(value) };
    Ok(())
}

/// Refuses what [`put`] refuses, before work is done for an output, a handle is given for it, or
/// another output is written.
pub(super) fn room<T>(out: *mut T) -> Result<(), Refused> {
    if out.is_null() {
        return Err(Refused::null("an output"));
    }
    if !out.is_aligned() {
        return Err(Refused::misuse("the address of an output is not aligned"));
    }
    Ok(())
}

/// A text for C; a zero byte inside becomes U+FFFD.
pub(super) fn text(text: String) -> CString {
    CString::new(text).unwrap_or_else(|error| {
        let text = String::from_utf8_lossy(&error.into_vec()).replace('\0', "\u{fffd}");
        CString::new(text).unwrap_or_default()
    })
}

/// Writes where a text is, and its length without the zero byte.
///
/// # Safety
/// As [`put`]; a null `length` means that it is not asked for.
pub(super) unsafe fn put_text(
    text: &CStr,
    out: *mut *const c_char,
    length: *mut usize,
) -> Result<(), Refused> {
    room(out)?;
    if !length.is_null() {
        // SAFETY: what the caller promises.
        unsafe { put(length, text.count_bytes()) }?;
    }
    // SAFETY: what the caller promises. It has room, so that both are written or none.
    unsafe { put(out, text.as_ptr()) }
}

/// Writes where bytes are, and how many.
///
/// # Safety
/// As [`put`].
pub(super) unsafe fn put_bytes(
    bytes: &[u8],
    out: *mut *const u8,
    length: *mut usize,
) -> Result<(), Refused> {
    room(out)?;
    // SAFETY: what the caller promises. The second has room, so that both are written or none.
    unsafe {
        put(length, bytes.len())?;
        put(out, bytes.as_ptr())
    }
}

/// A moment.
pub(super) fn time(seconds: i64) -> Result<UtcTime, Refused> {
    UtcTime::from_unix(seconds)
        .ok_or_else(|| Refused::misuse("the time is outside the years 1 to 9999"))
}

#[cfg(test)]
mod tests {
    use std::ptr::null_mut;

    use super::*;

    /// An output that is refused leaves the others as they were.
    #[test]
    fn err_outputs_are_written_all_or_none() {
        let mut space = [0_usize; 3];
        // Within the array, but between two places for a pointer.
        let crooked = space.as_mut_ptr().cast::<u8>().wrapping_add(1);
        assert_eq!(
            room(crooked.cast::<*const u8>()).unwrap_err().code,
            Code::Misuse
        );
        let mut length = 77_usize;
        let mut text: *const c_char = std::ptr::null();
        let mut data: *const u8 = std::ptr::null();
        // SAFETY: the outputs are null, or within variables here.
        unsafe {
            for (bad, code) in [(crooked, Code::Misuse), (null_mut(), Code::NullPointer)] {
                let refused = put_text(c"abc", bad.cast(), &raw mut length);
                assert_eq!((refused.unwrap_err().code, length), (code, 77));
                let refused = put_bytes(b"abc", bad.cast(), &raw mut length);
                assert_eq!((refused.unwrap_err().code, length), (code, 77));
                let refused = put_bytes(b"abc", &raw mut data, bad.cast());
                assert_eq!(refused.unwrap_err().code, code);
            }
            let refused = put_text(c"abc", &raw mut text, crooked.cast());
            assert_eq!(refused.unwrap_err().code, Code::Misuse);
            assert!(text.is_null() && data.is_null());
            put_text(c"abc", &raw mut text, null_mut()).unwrap();
            put_bytes(b"abcd", &raw mut data, &raw mut length).unwrap();
        }
        assert!(!text.is_null() && !data.is_null());
        assert_eq!((length, space), (4, [0; 3]));
    }
}
