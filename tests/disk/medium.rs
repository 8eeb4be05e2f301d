//! A disk as a file system promises it, and no better: what was synced is there after a loss of power; of the rest, anything.
//!
//! Of a file, each sector is as it was at the last sync or after any of the writes since, each on its own, and its length
//! as well. Of a directory, the changes of entries since its last sync are there up to any of them; files' syncs do nothing for
//! their entries. `sync_file_range` is no sync.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::image::{Entry, Image};
use super::recording::{Event, Write};

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;
/// What a kernel writes at once, if it can.
const PAGE_BYTES: usize = 4096;

/// Which syncs count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syncs {
    All,
    /// As if `fdatasync` did nothing.
    WithoutData,
}

/// What is lost of all that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    Everything,
    Nothing,
    /// Anything, as this seed has it.
    Random(u64),
}

/// A directory before anything is recorded, with the numbers of its inodes.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    image: Image,
    root_inode: u64,
    inodes: HashMap<PathBuf, u64>,
}

impl Before {
    pub(crate) fn of(root: &Path) -> Self {
        let image = Image::read(root);
        let inode = |path: &Path| std::fs::metadata(root.join(path)).unwrap().ino();
        let inodes = image.entries.keys().map(|path| (path.clone(), inode(path))).collect();
        Self { root_inode: inode(Path::new("")), image, inodes }
    }
}

/// A directory's files on a disk whose power may go.
#[derive(Debug)]
pub(crate) struct Medium {
    root: PathBuf,
    syncs: Syncs,
    nodes: Vec<Node>,
    /// Which node an inode's number stands for now.
    by_inode: HashMap<u64, usize>,
    /// Of each sync that has begun: its node, and how many changes it covers.
    begun: HashMap<i64, (usize, usize)>,
}

#[derive(Debug)]
enum Node {
    File(File),
    Directory(Directory),
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Write>,
    /// How many changes were made durable.
    synced: usize,
}

#[derive(Debug, Default)]
struct Directory {
    durable: BTreeMap<String, usize>,
    now: BTreeMap<String, usize>,
    pending: Vec<EntryChange>,
    synced: usize,
}

#[derive(Debug)]
enum EntryChange {
    Insert(String, usize),
    Remove(String),
    Rename(String, String),
}

impl Medium {
    /// With a directory on it as it was, durably.
    pub(crate) fn new(root: &Path, before: &Before, syncs: Syncs) -> Self {
        let mut medium = Self {
            root: root.to_owned(),
            syncs,
            nodes: vec![Node::Directory(Directory::default())],
            by_inode: HashMap::from([(before.root_inode, 0)]),
            begun: HashMap::new(),
        };
        for (path, entry) in &before.image.entries {
            let node = match entry {
                Entry::File(bytes) => Node::File(File { durable: bytes.clone(), ..File::default() }),
                Entry::Directory => Node::Directory(Directory::default()),
            };
            let number = medium.add(node);
            medium.by_inode.insert(before.inodes[path], number);
            let (parent, name) = medium.place(&root.join(path));
            let directory = medium.directory(parent);
            directory.durable.insert(name.clone(), number);
            directory.now.insert(name, number);
        }
        medium
    }

    /// Takes up what happens next.
    pub(crate) fn apply(&mut self, event: &Event) {
        match event {
            Event::CreateFile { path, inode } => self.create(path, *inode, Node::File(File::default())),
            Event::CreateDirectory { path, inode } => {
                self.create(path, *inode, Node::Directory(Directory::default()));
            }
            Event::CreateUnnamedFile { inode } => {
                let number = self.add(Node::File(File::default()));
                self.by_inode.insert(*inode, number);
            }
            Event::Write { inode, write } => {
                if let Node::File(file) = &mut self.nodes[self.by_inode[inode]] {
                    file.pending.push(write.clone());
                }
            }
            Event::BeginSync { inode, number, is_of_data } => {
                if self.syncs == Syncs::All || !is_of_data {
                    let node = self.by_inode[inode];
                    let covered = match &self.nodes[node] {
                        Node::File(file) => file.synced + file.pending.len(),
                        Node::Directory(directory) => directory.synced + directory.pending.len(),
                    };
                    self.begun.insert(*number, (node, covered));
                }
            }
            Event::EndSync { number } => {
                if let Some((node, covered)) = self.begun.remove(number) {
                    match &mut self.nodes[node] {
                        Node::File(file) => file.sync(covered),
                        Node::Directory(directory) => directory.sync(covered),
                    }
                }
            }
            Event::SyncRange => {}
            Event::Rename { from, to } => {
                let ((from_parent, from), (parent, to)) = (self.place(from), self.place(to));
                assert_eq!(from_parent, parent, "{from} is moved to another directory");
                self.change(parent, EntryChange::Rename(from, to));
            }
            Event::RemoveFile { path } | Event::RemoveDirectory { path } => {
                let (parent, name) = self.place(path);
                self.change(parent, EntryChange::Remove(name));
            }
        }
    }

    /// What is there after the power was lost now.
    pub(crate) fn after(&self, loss: Loss) -> Image {
        let mut random = match loss {
            Loss::Random(seed) => fastrand::Rng::with_seed(seed),
            Loss::Everything | Loss::Nothing => fastrand::Rng::with_seed(0),
        };
        let mut image = Image::default();
        self.add_to(&mut image, 0, Path::new(""), loss, &mut random);
        image
    }

    fn add_to(&self, image: &mut Image, node: usize, path: &Path, loss: Loss, random: &mut fastrand::Rng) {
        match &self.nodes[node] {
            Node::File(file) => {
                image.entries.insert(path.to_owned(), Entry::File(file.after(loss, random)));
            }
            Node::Directory(directory) => {
                if path != Path::new("") {
                    image.entries.insert(path.to_owned(), Entry::Directory);
                }
                for (name, node) in directory.after(loss, random) {
                    self.add_to(image, node, &path.join(name), loss, random);
                }
            }
        }
    }

    fn create(&mut self, path: &Path, inode: u64, node: Node) {
        let number = self.add(node);
        self.by_inode.insert(inode, number);
        let (parent, name) = self.place(path);
        self.change(parent, EntryChange::Insert(name, number));
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn change(&mut self, directory: usize, change: EntryChange) {
        let directory = self.directory(directory);
        change.apply(&mut directory.now);
        directory.pending.push(change);
    }

    /// The directory that a path lies in, and its name there.
    fn place(&self, path: &Path) -> (usize, String) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (self.find(path.parent().unwrap()), name)
    }

    fn find(&self, path: &Path) -> usize {
        let below = path.strip_prefix(&self.root).unwrap();
        below.iter().fold(0, |node, name| match &self.nodes[node] {
            Node::Directory(directory) => directory.now[name.to_str().unwrap()],
            Node::File(_) => panic!("{} is below a file", path.display()),
        })
    }

    fn directory(&mut self, node: usize) -> &mut Directory {
        match &mut self.nodes[node] {
            Node::Directory(directory) => directory,
            Node::File(_) => panic!("a file where a directory should be"),
        }
    }
}

impl EntryChange {
    fn apply(&self, entries: &mut BTreeMap<String, usize>) {
        match self {
            Self::Insert(name, node) => {
                entries.insert(name.clone(), *node);
            }
            Self::Remove(name) => {
                entries.remove(name);
            }
            Self::Rename(from, to) => {
                let node = entries.remove(from).unwrap();
                entries.insert(to.clone(), node);
            }
        }
    }
}

impl Directory {
    fn sync(&mut self, covered: usize) {
        let count = covered.saturating_sub(self.synced);
        for change in self.pending.drain(..count) {
            change.apply(&mut self.durable);
        }
        self.synced += count;
    }

    fn after(&self, loss: Loss, random: &mut fastrand::Rng) -> BTreeMap<String, usize> {
        let count = self.pending.len();
        let kept = match loss {
            Loss::Everything => 0,
            Loss::Nothing => count,
            Loss::Random(_) => match random.u8(..4) {
                0 => 0,
                1 => count,
                _ => random.usize(..=count),
            },
        };
        let mut entries = self.durable.clone();
        for change in &self.pending[..kept] {
            change.apply(&mut entries);
        }
        entries
    }
}

impl File {
    fn sync(&mut self, covered: usize) {
        let count = covered.saturating_sub(self.synced);
        for write in self.pending.drain(..count) {
            let length = length_after(&write, self.durable.len());
            self.durable.resize(length.max(self.durable.len()), 0);
            apply(&write, &mut self.durable, usize::MAX, &|_| true);
            self.durable.resize(length, 0);
        }
        self.synced += count;
    }

    fn after(&self, loss: Loss, random: &mut fastrand::Rng) -> Vec<u8> {
        let count = self.pending.len();
        let (kept, length): (Kept, usize) = match loss {
            Loss::Everything => (Kept::UpTo(0), 0),
            Loss::Nothing => (Kept::UpTo(count), count),
            Loss::Random(_) => Kept::random(random, count),
        };
        let mut lengths = vec![self.durable.len()];
        for write in &self.pending {
            lengths.push(length_after(write, lengths[lengths.len() - 1]));
        }
        let mut bytes = self.durable.clone();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        bytes.resize(longest, 0);
        for (number, write) in self.pending.iter().enumerate() {
            apply(write, &mut bytes, kept.unit_bytes(), &|unit| kept.has(number, unit));
        }
        bytes.resize(lengths[length], 0);
        bytes
    }
}

/// Which of the writes since the last sync are there, sector by sector.
#[derive(Debug)]
enum Kept {
    /// The first ones.
    UpTo(usize),
    /// The first ones, and of the next one what lies before this sector.
    UpToPartOf(usize, usize),
    /// In each unit of so many bytes, the first of some number, which follows from the seed.
    Torn { seed: u64, count: usize, unit_bytes: usize, is_all_or_none: bool },
}

impl Kept {
    /// Any, and after how many writes the length is that of the file.
    fn random(random: &mut fastrand::Rng, count: usize) -> (Self, usize) {
        let some = random.usize(..=count);
        let (seed, is_all_or_none) = (random.u64(..), random.bool());
        let kept = match random.u8(..8) {
            0 => Self::UpTo(0),
            1 => Self::UpTo(count),
            2 => Self::UpTo(some),
            3 => Self::UpToPartOf(some, random.usize(..4096)),
            4 => Self::Torn { seed, count, unit_bytes: PAGE_BYTES, is_all_or_none },
            _ => Self::Torn { seed, count, unit_bytes: SECTOR_BYTES, is_all_or_none },
        };
        let length = match (&kept, random.u8(..4)) {
            (Self::UpTo(kept) | Self::UpToPartOf(kept, _), 0 | 1) => *kept,
            (_, 2) => random.usize(..=count),
            _ => count,
        };
        (kept, length)
    }

    fn unit_bytes(&self) -> usize {
        match self {
            Self::UpTo(_) | Self::UpToPartOf(..) => SECTOR_BYTES,
            Self::Torn { unit_bytes, .. } => *unit_bytes,
        }
    }

    fn has(&self, write: usize, unit: usize) -> bool {
        match *self {
            Self::UpTo(count) => write < count,
            Self::UpToPartOf(count, cut) => write < count || (write == count && unit < cut),
            Self::Torn { seed, count, is_all_or_none, .. } => {
                let number = mixed(seed ^ unit as u64);
                let kept = if is_all_or_none {
                    if number & 1 == 0 { 0 } else { count }
                } else {
                    usize::try_from(number % (count as u64 + 1)).unwrap()
                };
                write < kept
            }
        }
    }
}

/// Applies those units of a write that are there, to bytes that are as many as it needs.
fn apply(write: &Write, bytes: &mut [u8], unit_bytes: usize, has: &dyn Fn(usize) -> bool) {
    let (start, end) = match write {
        Write::Data { offset, data } => (*offset, offset + data.len()),
        Write::Fill { offset, bytes, .. } => (*offset, offset + bytes),
        Write::SetLength { length } => (*length, bytes.len()),
    };
    let mut from = start;
    while from < end {
        let unit = from / unit_bytes;
        let to = end.min(unit_bytes.saturating_mul(unit + 1));
        if has(unit) {
            match write {
                Write::Data { data, .. } => bytes[from..to].copy_from_slice(&data[from - start..to - start]),
                Write::Fill { byte, .. } => bytes[from..to].fill(*byte),
                Write::SetLength { .. } => bytes[from..to].fill(0),
            }
        }
        from = to;
    }
}

fn length_after(write: &Write, before: usize) -> usize {
    match write {
        Write::Data { offset, data } => before.max(offset + data.len()),
        Write::Fill { offset, bytes, .. } => before.max(offset + bytes),
        Write::SetLength { length } => *length,
    }
}

/// `SplitMix64`'s finalizer.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
