//! Making a checkpoint's segments, one after another, while the graph is read and written.

use std::ops::Bound;

use crate::index::key::{DefinitionKey, IdText, ObjectKey, RelationKey};
use crate::index::postings::PostingKey;
use crate::index::snapshot::{forward_edge, reverse_edge};
use crate::index::write::Index;
use crate::relationship::Revision;

use super::contents::{Contents, Kinds};
use super::lives::{self, Keeping, Kept};
use super::numbers::Numbers;
use super::objects::ObjectColumns;
use super::postings::{Direction, Entry, PostingColumns};
use super::segment::{SEGMENT_BYTES, Unloadable};

/// Objects that are looked at in one go.
const OBJECTS_AT_ONCE: usize = 1024;
/// Entries that are looked at while an object's shard is locked.
const ENTRIES_AT_ONCE: usize = 1024;
/// Entries of one object that are put in order at once; more make further pieces.
const PIECE_ENTRIES: usize = 1 << 16;
/// Lives that are copied while an object's shard is locked, but for those of the last entry.
const LIVES_AT_ONCE: usize = 1024;

/// Makes the segments of the graph at a revision, in order.
///
/// Whatever is written meanwhile is of later revisions, and not in them. Nothing may leave the index before the last one
/// is made.
#[derive(Debug)]
pub struct Packing<'index> {
    index: &'index Index,
    keeping: Keeping,
    stage: Stage,
    contents: Contents,
    numbers: Numbers,
    /// By number.
    objects: Vec<ObjectKey>,
    kinds: Kinds,
}

#[derive(Debug)]
enum Stage {
    /// The objects of a definition, after an id.
    Objects {
        definition: u32,
        after: Option<IdText>,
    },
    /// The postings of an object in one direction, after an entry.
    Postings {
        direction: Direction,
        object: usize,
        after: Option<PostingKey>,
    },
    Done,
}

impl<'index> Packing<'index> {
    /// Of the state at a revision, with what ended after the oldest one that can be asked for.
    pub(in crate::index) fn new(index: &'index Index, revision: Revision, oldest: Revision) -> Self {
        Self {
            index,
            keeping: Keeping { revision, oldest },
            stage: Stage::Objects { definition: 0, after: None },
            contents: Contents::of(&index.relation_names),
            numbers: Numbers::new(),
            objects: Vec::new(),
            kinds: Kinds::default(),
        }
    }

    /// The next segment; none after the last.
    pub fn next_segment(&mut self) -> Result<Option<Vec<u8>>, Unloadable> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Objects { definition, after } => {
                    if let Some(segment) = self.pack_objects(definition, after)? {
                        self.contents.object_segments += 1;
                        return Ok(Some(segment));
                    }
                }
                Stage::Postings { direction, object, after } => {
                    let segment = self.pack_postings(direction, object, after)?;
                    let count = match direction {
                        Direction::ByResource => &mut self.contents.resource_segments,
                        Direction::BySubject => &mut self.contents.subject_segments,
                    };
                    if let Some(segment) = segment {
                        *count += 1;
                        return Ok(Some(segment));
                    }
                }
                Stage::Done => return Ok(None),
            }
        }
    }

    /// What the segments speak of, after the last.
    pub fn into_contents(mut self) -> Contents {
        self.contents.kinds = self.kinds.take();
        self.contents.objects = self.objects.len() as u64;
        self.contents
    }

    /// A segment of objects, or nothing if a definition has no more.
    fn pack_objects(
        &mut self,
        definition: u32,
        mut after: Option<IdText>,
    ) -> Result<Option<Vec<u8>>, Unloadable> {
        let mut columns = ObjectColumns::default();
        let first = self.objects.len() as u64;
        if definition as usize >= self.contents.definitions.len() {
            self.stage = Stage::Postings { direction: Direction::ByResource, object: 0, after: None };
            return Ok(None);
        }
        loop {
            let from = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = self.index.objects.by_name(DefinitionKey(definition), from, OBJECTS_AT_ONCE);
            let Some((last, _)) = found.last() else {
                self.stage = Stage::Objects { definition: definition + 1, after: None };
                return if columns.is_empty() {
                    Ok(None)
                } else {
                    columns.finish(definition, first).map(Some)
                };
            };
            after = Some(IdText::clone(last));
            for (id, object) in found {
                if self.is_kept(object) {
                    let number = u32::try_from(self.objects.len()).map_err(|_| Unloadable::FULL)?;
                    self.numbers.set(object, number);
                    self.objects.push(object);
                    columns.push(id);
                }
            }
            if columns.is_full() {
                self.stage = Stage::Objects { definition, after };
                return columns.finish(definition, first).map(Some);
            }
        }
    }

    /// Whether an object has any entry that is kept.
    fn is_kept(&self, object: ObjectKey) -> bool {
        let is_kept = |direction| {
            let mut after = None;
            loop {
                let (entries, next) = self.entries(object, direction, after);
                match next {
                    _ if !entries.is_empty() => return true,
                    None => return false,
                    next => after = next,
                }
            }
        };
        is_kept(Direction::ByResource) || is_kept(Direction::BySubject)
    }

    /// A segment of postings, or nothing if there are no more in a direction.
    fn pack_postings(
        &mut self,
        direction: Direction,
        mut object: usize,
        mut after: Option<PostingKey>,
    ) -> Result<Option<Vec<u8>>, Unloadable> {
        let mut columns = PostingColumns::new(direction);
        while let Some(key) = self.objects.get(object).copied() {
            columns.begin(u32::try_from(object).map_err(|_| Unloadable::FULL)?);
            loop {
                let (mut piece, next) = self.piece(key, direction, after)?;
                if direction == Direction::ByResource {
                    self.contents.relationships += piece.len() as u64;
                }
                columns.extend(&mut piece);
                after = next;
                if after.is_none() || columns.is_full() {
                    break;
                }
            }
            if after.is_none() {
                object += 1;
            }
            if columns.is_full() {
                self.stage = Stage::Postings { direction, object, after };
                return columns.finish().map(Some);
            }
        }
        if direction == Direction::ByResource {
            self.stage = Stage::Postings { direction: Direction::BySubject, object: 0, after: None };
        }
        if columns.is_empty() { Ok(None) } else { columns.finish().map(Some) }
    }

    /// Entries of an object that can be put in order together, in the checkpoint's numbers, and where the next begin.
    fn piece(
        &mut self,
        object: ObjectKey,
        direction: Direction,
        mut after: Option<PostingKey>,
    ) -> Result<(Vec<Entry>, Option<PostingKey>), Unloadable> {
        let mut piece = Vec::new();
        let mut lives_bytes = 0;
        loop {
            let (entries, next) = self.entries(object, direction, after);
            for (key, kept) in entries {
                let (relation, form) = match direction {
                    Direction::ByResource => (key.first, key.second),
                    Direction::BySubject => (key.second, key.first),
                };
                let (born, lives) = match kept {
                    Kept::Nothing => continue,
                    Kept::Plain(born) => (born, Vec::new()),
                    Kept::Lives(lives) => (lives.first().map_or(Revision::ZERO, |life| life.born), lives),
                };
                let other = self.numbers.get(key.object).ok_or(Unloadable::CONTRADICTS_ITSELF)?;
                let (kind, has_lives) = (self.kinds.number(relation, form), !lives.is_empty());
                let mut packed = Vec::new();
                if has_lives && direction == Direction::ByResource {
                    lives::put(&mut packed, &lives)?;
                }
                lives_bytes += packed.len();
                piece.push(Entry { kind, other, born, has_lives, lives: packed });
                // Each may have stored contexts, and many of them.
                if lives_bytes >= SEGMENT_BYTES {
                    return Ok((piece, Some(key)));
                }
            }
            if next.is_none() || piece.len() >= PIECE_ENTRIES {
                return Ok((piece, next));
            }
            after = next;
        }
    }

    /// Some entries of an object that are kept, after one of them, and the last that was looked at if there may be more.
    fn entries(
        &self,
        object: ObjectKey,
        direction: Direction,
        after: Option<PostingKey>,
    ) -> (Vec<(PostingKey, Kept)>, Option<PostingKey>) {
        let (lives, keeping) = (&self.index.lives, self.keeping);
        let lowest = PostingKey { first: RelationKey(0), second: RelationKey(0), object: ObjectKey(0) };
        // No entry has the highest object, so the next key has the same first parts.
        let from = after.map_or(lowest, |after| PostingKey {
            object: ObjectKey(after.object.0.saturating_add(1)),
            ..after
        });
        let to = PostingKey { first: RelationKey::NONE, second: RelationKey::NONE, object: ObjectKey::NONE };
        let mut entries = Vec::new();
        let (mut seen, mut lives_seen) = (0, 0);
        let mut last = None;
        let mut is_full = false;
        self.index.objects.read(object, |record| {
            let (postings, edge): (_, fn(ObjectKey, PostingKey) -> _) = match direction {
                Direction::ByResource => (&record.forward, forward_edge),
                Direction::BySubject => (&record.reverse, reverse_edge),
            };
            postings.visit(from, to, |key, version| {
                let kept = keeping.of(|| edge(object, key), version, lives);
                if let Kept::Lives(lives) = &kept {
                    lives_seen += lives.len();
                }
                if !matches!(kept, Kept::Nothing) {
                    entries.push((key, kept));
                }
                seen += 1;
                last = Some(key);
                is_full = seen == ENTRIES_AT_ONCE || lives_seen >= LIVES_AT_ONCE;
                !is_full
            });
        });
        (entries, last.filter(|_| is_full))
    }
}
