//! Segments of objects: a definition, and ids in order.

use crate::index::key::{DefinitionKey, IdText, ObjectKey};
use crate::index::object::Objects;

use super::bytes::{Reader, put, put_column};
use super::segment::{SEGMENT_BYTES, SegmentKind, Unloadable, pack, unpack};

/// Ids on their way into a segment.
#[derive(Debug, Default)]
pub(super) struct ObjectColumns {
    count: u64,
    shared: Vec<u8>,
    others: Vec<u8>,
    text: Vec<u8>,
    last: Option<IdText>,
}

impl ObjectColumns {
    pub(super) fn push(&mut self, id: IdText) {
        let last = self.last.as_deref().unwrap_or_default().as_bytes();
        let shared = last.iter().zip(id.as_bytes()).take_while(|(one, other)| one == other).count();
        put(&mut self.shared, shared as u64);
        put(&mut self.others, (id.len() - shared) as u64);
        self.text.extend_from_slice(&id.as_bytes()[shared..]);
        self.last = Some(id);
        self.count += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.text.len() + self.shared.len() + self.others.len() >= SEGMENT_BYTES
    }

    /// The segment whose first object has a number, after which the columns are empty.
    pub(super) fn finish(&mut self, definition: u32, first: u64) -> Result<Vec<u8>, Unloadable> {
        let Self { count, shared, others, text, .. } = std::mem::take(self);
        let mut content = Vec::with_capacity(text.len() + shared.len() + others.len() + 32);
        put(&mut content, u64::from(definition));
        put(&mut content, first);
        put(&mut content, count);
        put_column(&mut content, &shared);
        put_column(&mut content, &others);
        content.extend_from_slice(&text);
        pack(SegmentKind::Objects, &content)
    }
}

/// The objects of one segment, in the index.
#[derive(Debug)]
pub struct LoadedObjects {
    pub(super) definition: DefinitionKey,
    pub(super) first: u64,
    pub(super) objects: Vec<(IdText, ObjectKey)>,
}

/// Puts the objects of a segment into an index, without their places by name.
pub(super) fn load(
    segment: &[u8],
    definitions: &[DefinitionKey],
    objects: &Objects,
) -> Result<LoadedObjects, Unloadable> {
    let content = unpack(SegmentKind::Objects, segment)?;
    let mut reader = Reader::new(&content);
    let definition = *definitions.get(reader.place()?).ok_or(Unloadable::CONTRADICTS_ITSELF)?;
    let first = reader.number()?;
    let count = reader.count()?;
    let (mut shared, mut others) = (reader.column()?, reader.column()?);
    let mut loaded = Vec::with_capacity(count);
    let mut id: Vec<u8> = Vec::new();
    for place in 0..count {
        let kept = shared.place()?;
        let added = reader.take(others.place()?)?;
        // In order, hence each once: at the first byte that is not shared, the later is greater.
        let is_after = match (id.get(kept), added.first()) {
            (Some(before), Some(after)) => before < after,
            (None, Some(_)) => kept == id.len(),
            (_, None) => false,
        };
        if place > 0 && !is_after || kept > id.len() {
            return Err(Unloadable::CONTRADICTS_ITSELF);
        }
        id.truncate(kept);
        id.extend_from_slice(added);
        let text = std::str::from_utf8(&id).map_err(|_| Unloadable::CONTRADICTS_ITSELF)?;
        let text = IdText::from(text);
        let object = objects.load(definition, &text).map_err(|_| Unloadable::FULL)?;
        loaded.push((text, object));
    }
    if !(reader.is_empty() && shared.is_empty() && others.is_empty()) {
        return Err(Unloadable::CONTRADICTS_ITSELF);
    }
    Ok(LoadedObjects { definition, first, objects: loaded })
}
