//! The content of an attachment → itself, or the one entry of the archive that it is.

use std::io::{Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::read::ArchiveOffset;

use super::spool::{Spool, Spooling};
use super::{Options, io_fault};
use crate::error::{Error, ExchangeFault};

/// Opens archives of one entry, as the field's development kit makes them; everything else is
/// given back as it is. `number`: of the attachment, from 1.
pub(super) fn opened(
    mut content: Spool,
    number: usize,
    options: &Options,
) -> Result<(Spool, Option<String>), Error> {
    let mut magic = [0; 4];
    let is_archive = content.length() >= 22
        && content.reader()?.read_exact(&mut magic).is_ok()
        && magic == *b"PK\x03\x04";
    if !is_archive {
        return Ok((content, None));
    }
    let refused = |why| Error::new(ExchangeFault::Archive { index: number, why });
    if let Some(why) = unlike_one_entry(&mut content)? {
        return Err(refused(why));
    }
    let packed = content.length();
    let configuration = zip::read::Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let reader = content.reader()?;
    let mut archive =
        ZipArchive::with_config(configuration, reader).map_err(|_| refused("it cannot be read"))?;
    if archive.len() != 1 {
        return Err(refused("it does not hold exactly one entry"));
    }
    let mut entry = archive
        .by_index(0)
        .map_err(|_| refused("its entry cannot be read"))?;
    if entry.encrypted() {
        return Err(refused("its entry is encrypted"));
    }
    if !entry.is_file() {
        return Err(refused("its entry is no file"));
    }
    let name = entry
        .name()
        .map(|name| name.into_owned())
        .map_err(|_| refused("the name of its entry cannot be read"))?;
    if !harmless(&name) {
        return Err(refused("the name of its entry leads elsewhere"));
    }
    let limits = &options.limits;
    let ratio = packed.saturating_mul(limits.inflate_ratio).max(1 << 20);
    let mut spool = Spooling::new(options.folder.as_deref(), limits.attachment)?;
    let mut buffer = vec![0; 64 << 10];
    let mut total: u64 = 0;
    loop {
        let count = entry
            .read(&mut buffer)
            .map_err(|_| refused("its entry is damaged"))?;
        if count == 0 {
            break;
        }
        total = total.saturating_add(count as u64);
        if total > ratio {
            return Err(refused("it unpacks to far more than it holds"));
        }
        spool.write(buffer.get(..count).unwrap_or_default())?;
    }
    Ok((spool.finish()?, Some(name)))
}

/// A name for one file in the folder where it is put: no path, no device, no control characters.
pub(super) fn harmless(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name != "."
        && name != ".."
        && !name
            .chars()
            .any(|c| matches!(c, '/' | '\\' | ':') || c.is_control())
}

/// Checks the end of the archive before anything reads its directory, whose size an attacker
/// chooses: one entry, a small directory, nothing after it. `None`: so it is.
///
/// Source: APPNOTE.TXT, end of central directory record.
fn unlike_one_entry(content: &mut Spool) -> Result<Option<&'static str>, Error> {
    let length = content.length();
    let reader = content.reader()?.into_inner();
    let mut end = [0; 22];
    reader
        .seek(SeekFrom::Start(length.saturating_sub(22)))
        .and_then(|_| reader.read_exact(&mut end))
        .map_err(|error| io_fault(&error))?;
    let [
        b'P',
        b'K',
        5,
        6,
        0,
        0,
        0,
        0,
        1,
        0,
        1,
        0,
        s0,
        s1,
        s2,
        s3,
        _,
        _,
        _,
        _,
        0,
        0,
    ] = end
    else {
        return Ok(Some("it does not end as an archive of one entry does"));
    };
    if u32::from_le_bytes([s0, s1, s2, s3]) > 4096 {
        return Ok(Some("its directory is too large"));
    }
    Ok(None)
}
