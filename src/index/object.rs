//! The records of objects, in shards by the hash of their name.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::ops::Bound;
use std::sync::Arc;

use dashmap::DashMap;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::RwLock;

use super::error::IndexFull;
use super::key::{DefinitionKey, IdText, ObjectKey};
use super::postings::Postings;

/// Bits of an object's number that name its shard.
const SHARD_BITS: u32 = 8;
const SHARDS: usize = 1 << SHARD_BITS;
/// A shard that is full grows by this part of itself, which is room that it may not need: each record is copied some eight
/// times on the way.
const SLOTS_GROWTH: usize = 8;
/// And by some records more.
const SLOTS_MIN: usize = 8;
/// Names that a shard's table keeps room for, whether it has any or not.
const HASH_ROOM_KEPT_MAX: usize = 64;

/// One object: its name and its postings in both directions. 64 bytes.
#[derive(Debug)]
pub(super) struct ObjectRecord {
    pub(super) definition: DefinitionKey,
    /// Nothing if the object has left, and no other has taken its place yet.
    pub(super) id: Option<IdText>,
    pub(super) forward: Postings,
    pub(super) reverse: Postings,
}

/// Every object of the graph.
#[derive(Debug)]
pub(super) struct Objects {
    shards: Box<[Shard]>,
    hasher: foldhash::quality::RandomState,
    by_name: DashMap<DefinitionKey, Arc<RwLock<ObjectsByName>>, foldhash::fast::RandomState>,
}

/// The objects of one definition, sorted by id, for reads and lookups in a stable order.
type ObjectsByName = BTreeMap<IdText, ObjectKey>;

/// On cache lines of its own, so that readers of one shard do not slow those of its neighbour.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard(RwLock<Records>);

#[derive(Debug, Default)]
struct Records {
    by_name: HashTable<u32>,
    slots: Vec<ObjectRecord>,
    /// Places of slots that new objects may have.
    free: Vec<u32>,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: foldhash::quality::RandomState::default(),
            by_name: DashMap::default(),
        }
    }
}

impl Objects {
    /// The number of an object, if it occurs.
    pub(super) fn find(&self, definition: DefinitionKey, id: &str) -> Option<ObjectKey> {
        let hash = self.hash(definition, id);
        let shard = shard_of(hash);
        let records = self.shards[shard].0.read();
        let place = records.find(hash, definition, id)?;
        Some(key(shard, place))
    }

    /// The number of an object, a new one if it does not occur yet.
    pub(super) fn intern(&self, definition: DefinitionKey, id: &str) -> Result<ObjectKey, IndexFull> {
        let hash = self.hash(definition, id);
        let shard = shard_of(hash);
        if let Some(place) = self.shards[shard].0.read().find(hash, definition, id) {
            return Ok(key(shard, place));
        }
        let id = IdText::from(id);
        let (object, is_new) = self.insert(hash, definition, &id)?;
        if is_new {
            // Not while the shard is locked. No reader asks for what no revision has yet.
            let by_name = Arc::clone(&self.by_name.entry(definition).or_default());
            by_name.write().insert(id, object);
        }
        Ok(object)
    }

    /// Makes room for objects, of which there are none yet.
    pub(super) fn reserve(&self, count: usize) {
        // Some shards get more than others: by chance, a few in a hundred of what they would get if all got the same.
        let count = count / SHARDS + count / SHARDS / 32 + 16;
        for shard in &self.shards {
            let Records { by_name, slots, .. } = &mut *shard.0.write();
            by_name.reserve(count, |_| 0);
            slots.reserve_exact(count);
        }
    }

    /// The number of an object, a new one if it does not occur yet. Its place by name is for [`Self::set_by_name`].
    pub(super) fn load(&self, definition: DefinitionKey, id: &IdText) -> Result<ObjectKey, IndexFull> {
        Ok(self.insert(self.hash(definition, id), definition, id)?.0)
    }

    /// Says which objects of a definition there are, in order of their ids.
    pub(super) fn set_by_name(&self, definition: DefinitionKey, objects: Vec<(IdText, ObjectKey)>) {
        let by_name = Arc::clone(&self.by_name.entry(definition).or_default());
        *by_name.write() = objects.into_iter().collect();
    }

    /// The number of an object, and whether it is a new one.
    fn insert(
        &self,
        hash: u64,
        definition: DefinitionKey,
        id: &IdText,
    ) -> Result<(ObjectKey, bool), IndexFull> {
        let shard = shard_of(hash);
        let mut guard = self.shards[shard].0.write();
        let Records { by_name, slots, free } = &mut *guard;
        let place = match free.last() {
            Some(place) => *place,
            None => u32::try_from(slots.len()).map_err(|_| IndexFull)?,
        };
        // The highest place would, in the last shards, be a number that no object may have.
        if place >= ObjectKey::MAX.0 >> SHARD_BITS {
            return Err(IndexFull);
        }
        let is_same = |place: &u32| slots[*place as usize].is(definition, id);
        let hash_of = |place: &u32| self.hash_of(&slots[*place as usize]);
        match by_name.entry(hash, is_same, hash_of) {
            Entry::Occupied(entry) => Ok((key(shard, *entry.get()), false)),
            Entry::Vacant(entry) => {
                entry.insert(place);
                let (forward, reverse) = (Postings::Empty, Postings::Empty);
                let record = ObjectRecord { definition, id: Some(IdText::clone(id)), forward, reverse };
                if let Some(vacant) = slots.get_mut(place as usize) {
                    free.pop();
                    *vacant = record;
                } else {
                    if slots.len() == slots.capacity() {
                        slots.reserve_exact(slots.len() / SLOTS_GROWTH + SLOTS_MIN);
                    }
                    slots.push(record);
                }
                Ok((key(shard, place), true))
            }
        }
    }

    /// Removes the name of an object that has no postings. Its number is no one's until it is released. Whether it was
    /// there, and without postings.
    pub(super) fn vacate(&self, object: ObjectKey) -> bool {
        let (shard, place) = parts(object);
        let mut guard = self.shards[shard].0.write();
        let Records { by_name, slots, .. } = &mut *guard;
        let Some(record) = slots.get_mut(place as usize).filter(|record| record.is_bare()) else {
            return false;
        };
        let Some(id) = record.id.take() else { return false };
        let definition = record.definition;
        if let Ok(entry) = by_name.find_entry(self.hash(definition, &id), |known| *known == place) {
            entry.remove();
        }
        if by_name.capacity() > HASH_ROOM_KEPT_MAX.max(4 * by_name.len()) {
            by_name.shrink_to(2 * by_name.len(), |place| self.hash_of(&slots[*place as usize]));
        }
        // As when it came, not while the shard is locked.
        drop(guard);
        let by_name = self.by_name.get(&definition).map(|objects| Arc::clone(&objects));
        if let Some(by_name) = by_name {
            by_name.write().remove(&id);
        }
        true
    }

    /// Lets new objects have the numbers of objects that have left. Nobody may know these numbers any more.
    pub(super) fn release(&self, objects: &[ObjectKey]) {
        for object in objects {
            let (shard, place) = parts(*object);
            self.shards[shard].0.write().free.push(place);
        }
    }

    /// How many numbers there are, of objects and of those that have left.
    pub(super) fn number_count(&self) -> usize {
        self.shards.iter().map(|shard| shard.0.read().slots.len()).sum()
    }

    /// How many objects there are.
    pub(super) fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.0.read().by_name.len()).sum()
    }

    /// Shows one object's record; the answer for an unknown number is the default.
    #[inline]
    pub(super) fn read<T: Default>(&self, object: ObjectKey, reader: impl FnOnce(&ObjectRecord) -> T) -> T {
        let records = self.shards[object.0 as usize % SHARDS].0.read();
        records.slots.get((object.0 >> SHARD_BITS) as usize).map(reader).unwrap_or_default()
    }

    /// Changes one object's record.
    pub(super) fn write<T: Default>(
        &self,
        object: ObjectKey,
        writer: impl FnOnce(&mut ObjectRecord) -> T,
    ) -> T {
        let mut records = self.shards[object.0 as usize % SHARDS].0.write();
        records.slots.get_mut((object.0 >> SHARD_BITS) as usize).map(writer).unwrap_or_default()
    }

    /// Up to `count_max` objects of a definition in order of their ids, after one id or from one id on.
    pub(super) fn by_name(
        &self,
        definition: DefinitionKey,
        from: Bound<&str>,
        count_max: usize,
    ) -> Vec<(IdText, ObjectKey)> {
        let Some(objects) = self.by_name.get(&definition).map(|objects| Arc::clone(&objects)) else {
            return Vec::new();
        };
        let objects = objects.read();
        let range = objects.range::<str, _>((from, Bound::Unbounded));
        range.take(count_max).map(|(id, object)| (IdText::clone(id), *object)).collect()
    }

    fn hash_of(&self, record: &ObjectRecord) -> u64 {
        self.hash(record.definition, record.id.as_deref().unwrap_or_default())
    }

    fn hash(&self, definition: DefinitionKey, id: &str) -> u64 {
        self.hasher.hash_one((definition, id))
    }
}

impl Records {
    fn find(&self, hash: u64, definition: DefinitionKey, id: &str) -> Option<u32> {
        self.by_name.find(hash, |place| self.slots[*place as usize].is(definition, id)).copied()
    }
}

impl ObjectRecord {
    fn is(&self, definition: DefinitionKey, id: &str) -> bool {
        self.definition == definition && self.id.as_deref() == Some(id)
    }

    /// Whether it has no postings.
    pub(super) fn is_bare(&self) -> bool {
        self.forward.is_empty() && self.reverse.is_empty()
    }
}

/// The shard of an object, and its place there.
fn parts(object: ObjectKey) -> (usize, u32) {
    (object.0 as usize % SHARDS, object.0 >> SHARD_BITS)
}

/// The table inside a shard uses the hash's upper and lower bits, so the shard takes some from the middle.
fn shard_of(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or_default() % SHARDS
}

fn key(shard: usize, place: u32) -> ObjectKey {
    ObjectKey(place << SHARD_BITS | u32::try_from(shard).unwrap_or_default())
}
