//! What the recorder wrote, event by event.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Something that reached the files, in order.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    CreateFile {
        path: PathBuf,
        inode: u64,
    },
    CreateUnnamedFile {
        inode: u64,
    },
    CreateDirectory {
        path: PathBuf,
        inode: u64,
    },
    Write {
        inode: u64,
        write: Write,
    },
    /// Begins what the end with the same number ends.
    BeginSync {
        inode: u64,
        number: i64,
        is_of_data: bool,
    },
    EndSync {
        number: i64,
    },
    /// Makes nothing durable.
    SyncRange,
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    RemoveFile {
        path: PathBuf,
    },
    RemoveDirectory {
        path: PathBuf,
    },
}

/// A change of a file's content.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Data { offset: usize, data: Arc<[u8]> },
    Fill { offset: usize, bytes: usize, byte: u8 },
    SetLength { length: usize },
}

const HEAD_BYTES: usize = 32;

/// The events of a record.
pub(crate) fn events(log: &Path) -> Vec<Event> {
    let bytes = fs::read(log).unwrap();
    let mut rest = &bytes[..];
    let mut events = Vec::new();
    while !rest.is_empty() {
        let (event, after) = parse(rest);
        events.push(event);
        rest = after;
    }
    events
}

fn parse(bytes: &[u8]) -> (Event, &[u8]) {
    let (head, rest) = bytes.split_at(HEAD_BYTES);
    let u32_at = |place: usize| u32::from_le_bytes(head[place..place + 4].try_into().unwrap());
    let u64_at = |place: usize| u64::from_le_bytes(head[place..place + 8].try_into().unwrap());
    let (kind, is_of_data, inode, number) = (u32_at(0), u32_at(4) != 0, u64_at(8), u64_at(16).cast_signed());
    let (first, rest) = rest.split_at(u32_at(24) as usize);
    let (second, rest) = rest.split_at(u32_at(28) as usize);
    let path = |bytes: &[u8]| PathBuf::from(String::from_utf8(bytes.to_vec()).unwrap());
    let place = || usize::try_from(number).unwrap();
    let event = match kind {
        1 => Event::CreateFile { path: path(first), inode },
        2 => Event::CreateUnnamedFile { inode },
        3 => Event::CreateDirectory { path: path(first), inode },
        4 => Event::Write { inode, write: Write::Data { offset: place(), data: first.into() } },
        5 => {
            let bytes = u64::from_le_bytes(second.try_into().unwrap());
            let bytes = usize::try_from(bytes).unwrap();
            Event::Write { inode, write: Write::Fill { offset: place(), bytes, byte: first[0] } }
        }
        6 => Event::Write { inode, write: Write::SetLength { length: place() } },
        7 => Event::BeginSync { inode, number, is_of_data },
        8 => Event::EndSync { number },
        9 => Event::SyncRange,
        10 => Event::Rename { from: path(first), to: path(second) },
        11 => Event::RemoveFile { path: path(first) },
        12 => Event::RemoveDirectory { path: path(first) },
        13 => panic!("nobody knows what {} of {} leaves", path(first).display(), path(second).display()),
        other => panic!("an event of kind {other}"),
    };
    (event, rest)
}
