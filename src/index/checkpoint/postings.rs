//! Segments of postings: the entries of objects that follow one another, in one direction.

use std::collections::HashMap;

use crate::index::counts::EdgeKind;
use crate::index::key::{Edge, ObjectKey};
use crate::index::postings::{Posting, PostingKey, forward_key, reverse_key};
use crate::index::terms::TermsKind;
use crate::index::version::Version;
use crate::index::write::Index;
use crate::relationship::Revision;

use super::bytes::{Reader, put, put_column, put_difference};
use super::contents::InternedNames;
use super::lives::{self, KeptLife};
use super::segment::{SEGMENT_BYTES, SegmentKind, Unloadable, pack, unpack};

/// Which way postings lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    ByResource,
    BySubject,
}

/// One entry of an object, in a checkpoint's numbers.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: u32,
    pub(super) other: u32,
    pub(super) born: Revision,
    /// Whether it is not plain.
    pub(super) has_lives: bool,
    /// Its lives as they are written, by resource.
    pub(super) lives: Vec<u8>,
}

/// Entries on their way into a segment.
#[derive(Debug)]
pub(super) struct PostingColumns {
    direction: Direction,
    first: Option<u32>,
    /// How many entries the last object has, and how many objects there are.
    open: u64,
    objects: u64,
    lengths: Vec<u8>,
    kinds: Vec<u8>,
    others: Vec<u8>,
    births: Vec<u8>,
    lives: Vec<u8>,
    last_birth: u64,
    /// The kind and the other object of the entry before, if the object has one.
    before: (u32, u32),
}

/// No kind, and no object.
const NOTHING_BEFORE: (u32, u32) = (u32::MAX, 0);

impl PostingColumns {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            direction,
            first: None,
            open: 0,
            objects: 0,
            lengths: Vec::new(),
            kinds: Vec::new(),
            others: Vec::new(),
            births: Vec::new(),
            lives: Vec::new(),
            last_birth: 0,
            before: NOTHING_BEFORE,
        }
    }

    /// Begins the entries of an object, the one after the last one if there is a last one.
    pub(super) fn begin(&mut self, object: u32) {
        if self.first.is_none() {
            self.first = Some(object);
        } else {
            put(&mut self.lengths, self.open);
        }
        self.open = 0;
        self.before = NOTHING_BEFORE;
        self.objects += 1;
    }

    /// Adds entries of the object, in an order that suits these columns.
    pub(super) fn extend(&mut self, entries: &mut [Entry]) {
        entries.sort_unstable_by_key(|entry| (entry.kind, entry.other));
        for Entry { kind, other, born, has_lives, lives } in &*entries {
            put(&mut self.kinds, u64::from(*kind) << 1 | u64::from(*has_lives));
            let near = if self.before.0 == *kind { self.before.1 } else { 0 };
            put_difference(&mut self.others, u64::from(near), u64::from(*other));
            put_difference(&mut self.births, self.last_birth, born.0);
            self.lives.extend_from_slice(lives);
            self.last_birth = born.0;
            self.before = (*kind, *other);
        }
        self.open += entries.len() as u64;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn is_full(&self) -> bool {
        let Self { lengths, kinds, others, births, lives, .. } = self;
        lengths.len() + kinds.len() + others.len() + births.len() + lives.len() >= SEGMENT_BYTES
    }

    /// The segment, after which the columns are empty.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, Unloadable> {
        let direction = self.direction;
        let mut columns = std::mem::replace(self, Self::new(direction));
        put(&mut columns.lengths, columns.open);
        let mut content = Vec::new();
        put(&mut content, u64::from(columns.first.unwrap_or_default()));
        put(&mut content, columns.objects);
        for column in [&columns.lengths, &columns.kinds, &columns.others, &columns.births] {
            put_column(&mut content, column);
        }
        content.extend_from_slice(&columns.lives);
        pack(kind_of(direction), &content)
    }
}

/// What a segment of postings brought into the index.
#[derive(Debug, Default)]
pub(super) struct LoadedPostings {
    pub(super) entries: u64,
    pub(super) counts: HashMap<EdgeKind, u64, foldhash::fast::RandomState>,
    pub(super) ended: Vec<(Revision, Edge)>,
}

/// Puts the entries of a segment into an index, none of which is of a later revision. The lives of what is not plain come
/// with the entries by resource.
pub(super) fn load(
    segment: &[u8],
    direction: Direction,
    names: &InternedNames,
    objects: &[ObjectKey],
    revision: Revision,
    index: &Index,
) -> Result<LoadedPostings, Unloadable> {
    let content = unpack(kind_of(direction), segment)?;
    let mut reader = Reader::new(&content);
    let first = reader.place()?;
    let count = reader.count()?;
    let (mut lengths, mut kinds) = (reader.column()?, reader.column()?);
    let (mut others, mut births) = (reader.column()?, reader.column()?);
    let mut lives = reader.rest();
    let mut loaded = LoadedPostings::default();
    let mut birth = 0;
    let mut postings: Vec<Posting> = Vec::new();
    // Terms by the kind's number, so that most relationships are counted without their names.
    let mut plain_counts = vec![0_u64; names.kinds.len()];
    for place in 0..count {
        let object = first.checked_add(place).and_then(|place| objects.get(place));
        let object = *object.ok_or(Unloadable::CONTRADICTS_ITSELF)?;
        let length = lengths.number()?;
        let mut before = (NOTHING_BEFORE.0, u64::from(NOTHING_BEFORE.1));
        postings.clear();
        for _ in 0..length {
            let packed = kinds.small()?;
            let (kind, has_lives) = (packed >> 1, packed & 1 == 1);
            let near = if before.0 == kind { before.1 } else { 0 };
            let number = others.after(near)?;
            birth = births.after(birth)?;
            before = (kind, number);
            let other = usize::try_from(number).ok().and_then(|number| objects.get(number));
            let other = *other.ok_or(Unloadable::CONTRADICTS_ITSELF)?;
            let known = names.kinds.get(kind as usize);
            let (relation, subject_relation) = *known.ok_or(Unloadable::CONTRADICTS_ITSELF)?;
            let (resource, subject) = match direction {
                Direction::ByResource => (object, other),
                Direction::BySubject => (other, object),
            };
            let edge = Edge { resource, relation, subject_relation, subject };
            if birth > revision.0 || birth >> 63 != 0 {
                return Err(Unloadable::CONTRADICTS_ITSELF);
            }
            let version = Version::born_at(Revision(birth));
            if direction == Direction::ByResource {
                if has_lives {
                    restore_lives(edge, lives::take(&mut lives, revision)?, index, &mut loaded);
                } else if let Some(count) = plain_counts.get_mut(kind as usize) {
                    *count += 1;
                }
            }
            let key = key_of(direction, edge);
            postings.push(Posting { key, version: if has_lives { version.with_lives() } else { version } });
        }
        loaded.entries += length;
        postings.sort_unstable_by_key(|posting| posting.key);
        if postings.windows(2).any(|pair| pair[0].key == pair[1].key) {
            return Err(Unloadable::CONTRADICTS_ITSELF);
        }
        index.objects.write(object, |record| match direction {
            Direction::ByResource => record.forward.extend(&postings),
            Direction::BySubject => record.reverse.extend(&postings),
        });
    }
    let is_at_end = lengths.is_empty() && kinds.is_empty() && others.is_empty() && births.is_empty();
    if !(is_at_end && lives.is_empty()) {
        return Err(Unloadable::CONTRADICTS_ITSELF);
    }
    for ((relation, subject_relation), count) in names.kinds.iter().zip(plain_counts) {
        let (relation, subject_relation) = (*relation, *subject_relation);
        if count > 0 {
            let kind = EdgeKind { relation, subject_relation, terms: TermsKind::default() };
            *loaded.counts.entry(kind).or_default() += count;
        }
    }
    Ok(loaded)
}

/// Puts an edge's lives into the index.
fn restore_lives(edge: Edge, lives: Vec<KeptLife>, index: &Index, loaded: &mut LoadedPostings) {
    for KeptLife { died, terms, .. } in &lives {
        match died {
            None => {
                *loaded.counts.entry(EdgeKind::of(edge, terms.kind())).or_default() += 1;
                index.expirations.begin_life(terms.expires_at, edge);
            }
            Some(died) => {
                loaded.ended.push((*died, edge));
                index.expirations.begin_life(terms.expires_at, edge);
                index.expirations.remove(terms.expires_at, edge);
            }
        }
    }
    index.lives.restore(edge, lives);
}

fn key_of(direction: Direction, edge: Edge) -> PostingKey {
    match direction {
        Direction::ByResource => forward_key(edge),
        Direction::BySubject => reverse_key(edge),
    }
}

fn kind_of(direction: Direction) -> SegmentKind {
    match direction {
        Direction::ByResource => SegmentKind::ByResource,
        Direction::BySubject => SegmentKind::BySubject,
    }
}
