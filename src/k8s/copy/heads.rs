//! The entries of an archive as it is read, one after the other. Heads are read by the `tar` crate; what it keeps in memory of long names has no end,
//! so that the walk from head to head is here.

use crate::safety::archive::{Head, Kind, PATH};
use std::io::{self, Read};
use tar::{EntryType, Header};

/// An archive consists of these.
const BLOCK: usize = 512;
/// What may be said of an entry beside its head: names, attributes.
const EXTRA: u64 = 1 << 20;
/// What may follow an archive: tar fills up to a whole number of records.
const REST: u64 = 1 << 20;

/// An archive that is read; reading this reads what the entry holds whose head was read last.
pub(super) struct Heads<R> {
    from: R,
    /// Bytes of the entry that were not read yet, and those that fill its last block.
    left: u64,
    fill: u64,
}

/// What was said of the next entry beside its head.
#[derive(Default)]
struct Extra {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl<R: Read> Heads<R> {
    /// An archive from its beginning.
    pub(super) fn new(from: R) -> Self {
        Self { from, left: 0, fill: 0 }
    }

    /// The head of the next entry, whatever was read of the one before; nothing at the end.
    ///
    /// # Errors
    /// Where it is no archive, or ends too early.
    pub(super) fn next(&mut self) -> io::Result<Option<Head>> {
        let mut extra = Extra::default();
        loop {
            self.skip()?;
            let mut header = Header::new_old();
            self.from.read_exact(header.as_mut_bytes()).map_err(early)?;
            if header.as_bytes().iter().all(|byte| *byte == 0) {
                // Whoever sends it is heard out, within reason.
                io::copy(&mut (&mut self.from).take(REST), &mut io::sink())?;
                return Ok(None);
            }
            if header.cksum().ok() != Some(sum(header.as_bytes())) {
                return Err(garbled("it is no archive, or damaged"));
            }
            let is_file = matches!(header.entry_type(), EntryType::Regular | EntryType::Continuous);
            let size = header.entry_size().map_err(|_| garbled("a size in it cannot be read"))?;
            self.begin(extra.size.filter(|_| is_file).unwrap_or(size));
            match header.entry_type() {
                EntryType::GNULongName => extra.name = Some(self.text()?),
                EntryType::GNULongLink => extra.link = Some(self.text()?),
                EntryType::XHeader => extra.read(&self.extra()?)?,
                EntryType::XGlobalHeader => {}
                kind => return Ok(Some(head(&header, kind, extra, self.left))),
            }
        }
    }

    fn begin(&mut self, size: u64) {
        let over = size % BLOCK as u64;
        (self.left, self.fill) = (size, if over == 0 { 0 } else { BLOCK as u64 - over });
    }

    /// Goes to the end of the entry.
    fn skip(&mut self) -> io::Result<()> {
        for part in [std::mem::take(&mut self.left), std::mem::take(&mut self.fill)] {
            if io::copy(&mut (&mut self.from).take(part), &mut io::sink())? < part {
                return Err(early(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Ok(())
    }

    /// A name that has no room in a head. Of one that is too long for any system no more is kept than shows that.
    fn text(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.take(PATH as u64 + 2).read_to_end(&mut text)?;
        text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
        Ok(text)
    }

    fn extra(&mut self) -> io::Result<Vec<u8>> {
        if self.left > EXTRA {
            return Err(garbled("more is said of a file in it than can be"));
        }
        let mut extra = Vec::new();
        self.read_to_end(&mut extra)?;
        Ok(extra)
    }
}

impl<R: Read> Read for Heads<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.from.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= read as u64;
        if read == 0 && most > 0 { Err(early(io::ErrorKind::UnexpectedEof.into())) } else { Ok(read) }
    }
}

impl Extra {
    /// Reads records of POSIX: each begins with its own length, since a value may hold anything.
    fn read(&mut self, mut records: &[u8]) -> io::Result<()> {
        let wrong = || garbled("what is said of a file in it cannot be read");
        while !records.is_empty() {
            let blank = records.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
            let (length, _) = records.split_at(blank);
            let length: usize = std::str::from_utf8(length).ok().and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
            let record = records.get(blank + 1..length).and_then(|record| record.strip_suffix(b"\n")).ok_or_else(wrong)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
            let (key, value) = (record.get(..equals).unwrap_or_default(), record.get(equals + 1..).unwrap_or_default());
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = Some(std::str::from_utf8(value).ok().and_then(|n| n.parse().ok()).ok_or_else(wrong)?),
                key => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
            records = records.get(length..).unwrap_or_default();
        }
        Ok(())
    }
}

fn head(header: &Header, kind: EntryType, extra: Extra, size: u64) -> Head {
    let name = extra.name.unwrap_or_else(|| header.path_bytes().into_owned());
    let kind = match kind {
        _ if extra.sparse => Kind::Sparse,
        // Before there was a kind of their own, folders were files with such names.
        EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => Kind::Folder,
        EntryType::Regular | EntryType::Continuous => Kind::File,
        EntryType::Directory => Kind::Folder,
        EntryType::Symlink => Kind::Link,
        EntryType::Link => Kind::Hard,
        EntryType::GNUSparse => Kind::Sparse,
        EntryType::Char | EntryType::Block | EntryType::Fifo => Kind::Device,
        _ => Kind::Other,
    };
    let link = extra.link.or_else(|| header.link_name_bytes().map(|link| link.into_owned())).unwrap_or_default();
    Head { name, link, kind, size, mode: header.mode().unwrap_or(0o600) }
}

/// The sum of a head's bytes, its own field as if it were blank.
fn sum(header: &[u8; BLOCK]) -> u32 {
    header.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum()
}

fn garbled(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn early(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::new(io::ErrorKind::UnexpectedEof, "it ends too early"),
        _ => error,
    }
}
