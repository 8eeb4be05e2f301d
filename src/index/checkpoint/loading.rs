//! Building an index from a checkpoint's segments: first all objects, then all postings, each segment by itself, so that
//! several threads can do it.

use parking_lot::Mutex;

use crate::index::key::{DefinitionKey, Edge, IdText, ObjectKey};
use crate::index::write::Index;
use crate::relationship::Revision;

use super::contents::{Contents, InternedNames};
use super::objects::{self, LoadedObjects};
use super::postings::{self, Direction, LoadedPostings};
use super::segment::{SEGMENT_BYTES, Unloadable};

/// An index that takes up objects.
#[derive(Debug)]
pub struct Loading<'index> {
    index: &'index Index,
    contents: Contents,
    names: InternedNames,
    /// The revision that was packed: nothing in it is of a later one.
    revision: Revision,
}

/// An index that has all objects and takes up postings.
#[derive(Debug)]
pub struct LoadingPostings<'index> {
    index: &'index Index,
    contents: Contents,
    names: InternedNames,
    revision: Revision,
    /// By number.
    objects: Vec<ObjectKey>,
    loaded: Mutex<Loaded>,
}

#[derive(Debug, Default)]
struct Loaded {
    by_resource: u64,
    by_subject: u64,
    ended: Vec<(Revision, Edge)>,
}

impl<'index> Loading<'index> {
    /// Prepares an index, which is empty.
    pub(in crate::index) fn new(
        index: &'index Index,
        contents: Contents,
        revision: Revision,
    ) -> Result<Self, Unloadable> {
        let names = contents.intern(&index.relation_names)?;
        // More than a segment can have is a lie.
        let objects_max = u64::from(contents.object_segments) * SEGMENT_BYTES as u64;
        index.objects.reserve(usize::try_from(contents.objects.min(objects_max)).unwrap_or_default());
        Ok(Self { index, contents, names, revision })
    }

    /// Takes up a segment of objects.
    pub fn load(&self, segment: &[u8]) -> Result<LoadedObjects, Unloadable> {
        objects::load(segment, &self.names.definitions, &self.index.objects)
    }

    /// Goes on to postings, with the objects of all segments in order.
    pub fn finish(self, loaded: Vec<LoadedObjects>) -> Result<LoadingPostings<'index>, Unloadable> {
        let Self { index, contents, names, revision } = self;
        let mut objects = Vec::new();
        let mut of_definition: Vec<(IdText, ObjectKey)> = Vec::new();
        let mut loaded = loaded.into_iter().peekable();
        let mut done: Vec<DefinitionKey> = Vec::new();
        while let Some(LoadedObjects { definition, first, objects: mut found }) = loaded.next() {
            if first != objects.len() as u64 {
                return Err(Unloadable::CONTRADICTS_ITSELF);
            }
            objects.extend(found.iter().map(|(_, object)| *object));
            of_definition.append(&mut found);
            if loaded.peek().is_none_or(|next| next.definition != definition) {
                let is_sorted = of_definition.windows(2).all(|pair| pair[0].0 < pair[1].0);
                if !is_sorted || done.contains(&definition) {
                    return Err(Unloadable::CONTRADICTS_ITSELF);
                }
                index.objects.set_by_name(definition, std::mem::take(&mut of_definition));
                done.push(definition);
            }
        }
        if objects.len() as u64 != contents.objects {
            return Err(Unloadable::ENDS_EARLY);
        }
        Ok(LoadingPostings { index, contents, names, revision, objects, loaded: Mutex::default() })
    }
}

impl LoadingPostings<'_> {
    /// Takes up a segment of postings, by its number among all segments. How many entries it had.
    pub fn load(&self, number: u32, segment: &[u8]) -> Result<u64, Unloadable> {
        let is_by_resource = self.contents.is_by_resource(number);
        let direction = if is_by_resource { Direction::ByResource } else { Direction::BySubject };
        let Self { names, objects, revision, .. } = self;
        let found = postings::load(segment, direction, names, objects, *revision, self.index)?;
        let LoadedPostings { entries, counts, mut ended } = found;
        self.index.counts.add_all(counts);
        let mut loaded = self.loaded.lock();
        loaded.ended.append(&mut ended);
        let total = if is_by_resource { &mut loaded.by_resource } else { &mut loaded.by_subject };
        *total += entries;
        Ok(entries)
    }

    /// Ends it, and sees that all is there.
    pub fn finish(self) -> Result<(), Unloadable> {
        let Loaded { by_resource, by_subject, mut ended } = self.loaded.into_inner();
        let expected = self.contents.relationships;
        if by_resource != expected || by_subject != expected {
            return Err(Unloadable::ENDS_EARLY);
        }
        ended.sort_unstable();
        self.index.ended.set(ended);
        Ok(())
    }
}
