//! The entries of one object in one direction, sorted, in the smallest form that fits their number.

mod many;

use std::cmp::Ordering;

use super::key::{Edge, ObjectKey, RelationKey};
use super::version::Version;

use many::ManyPostings;

/// What an entry is sorted by and found by.
///
/// Forward: the resource's relation, the subject's relation, the subject. Reverse: the subject's relation, the
/// resource's relation, the resource. So what one search wants lies together: the direct subjects of a type apart
/// from its wildcard and from each kind of userset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PostingKey {
    pub(super) first: RelationKey,
    pub(super) second: RelationKey,
    pub(super) object: ObjectKey,
}

impl PostingKey {
    /// The parts as one number: one comparison without a branch for each part, since searches go either way.
    fn number(self) -> u128 {
        u128::from(self.first.0) << 64 | u128::from(self.second.0) << 32 | u128::from(self.object.0)
    }
}

impl Ord for PostingKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl PartialOrd for PostingKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One entry: 20 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    pub(super) key: PostingKey,
    pub(super) version: Version,
}

/// The entries of one object in one direction.
///
/// INVARIANT: `Few` is sorted by key and has 2 to [`FEW_MAX`] entries.
#[derive(Debug, Default)]
pub(super) enum Postings {
    /// None.
    #[default]
    Empty,
    /// One, stored inline: most objects that are only ever a resource, or only a subject, once.
    One(Posting),
    /// A sorted slice of exactly the size needed.
    Few(Box<[Posting]>),
    /// Pieces, so that one more entry costs no copy of all. In a box, since the other forms then take 24 bytes and not 32.
    Many(Box<ManyPostings>),
}

/// Entries kept in one slice: copying so many costs less than to keep pieces.
const FEW_MAX: usize = 24;

impl Postings {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The version of an entry.
    #[inline]
    pub(super) fn get(&self, key: &PostingKey) -> Option<Version> {
        match self {
            Self::Empty => None,
            Self::One(posting) => (posting.key == *key).then_some(posting.version),
            Self::Few(postings) => {
                let position = postings.binary_search_by(|posting| posting.key.cmp(key)).ok()?;
                Some(postings[position].version)
            }
            Self::Many(postings) => postings.get(key),
        }
    }

    /// Adds an entry, or changes the version of one that is there.
    pub(super) fn set(&mut self, key: PostingKey, version: Version) {
        match self {
            Self::Empty => *self = Self::One(Posting { key, version }),
            Self::One(posting) if posting.key == key => posting.version = version,
            Self::One(posting) => {
                let mut both = [*posting, Posting { key, version }];
                both.sort_unstable_by_key(|posting| posting.key);
                *self = Self::Few(Box::new(both));
            }
            Self::Few(postings) => match postings.binary_search_by(|posting| posting.key.cmp(&key)) {
                Ok(position) => postings[position].version = version,
                Err(_) if postings.len() == FEW_MAX => {
                    let mut many = ManyPostings::of(postings);
                    many.set(Posting { key, version });
                    *self = Self::Many(Box::new(many));
                }
                Err(position) => {
                    let mut grown = std::mem::take(postings).into_vec();
                    grown.reserve_exact(1);
                    grown.insert(position, Posting { key, version });
                    *postings = grown.into_boxed_slice();
                }
            },
            Self::Many(postings) => postings.set(Posting { key, version }),
        }
    }

    /// Adds entries in order of their keys, none of which is there.
    pub(super) fn extend(&mut self, postings: &[Posting]) {
        if !matches!(self, Self::Empty) {
            for Posting { key, version } in postings {
                self.set(*key, *version);
            }
            return;
        }
        *self = match postings {
            [] => Self::Empty,
            [only] => Self::One(*only),
            few if few.len() <= FEW_MAX => Self::Few(few.into()),
            many => Self::Many(Box::new(ManyPostings::of(many))),
        };
    }

    /// Removes an entry.
    pub(super) fn remove(&mut self, key: &PostingKey) {
        match self {
            Self::Empty => {}
            Self::One(posting) => {
                if posting.key == *key {
                    *self = Self::Empty;
                }
            }
            Self::Few(postings) => {
                if let Ok(position) = postings.binary_search_by(|posting| posting.key.cmp(key)) {
                    let mut shrunk = std::mem::take(postings).into_vec();
                    shrunk.remove(position);
                    *self = match shrunk[..] {
                        [only] => Self::One(only),
                        _ => Self::Few(shrunk.into_boxed_slice()),
                    };
                }
            }
            Self::Many(postings) => {
                postings.remove(key);
                if postings.is_empty() {
                    *self = Self::Empty;
                }
            }
        }
    }

    /// Visits the entries from one key to another in order, both included, until the visitor returns false.
    #[inline]
    pub(super) fn visit(
        &self,
        from: PostingKey,
        to: PostingKey,
        mut visitor: impl FnMut(PostingKey, Version) -> bool,
    ) {
        match self {
            Self::Empty => {}
            Self::One(posting) => {
                if from <= posting.key && posting.key <= to {
                    visitor(posting.key, posting.version);
                }
            }
            Self::Few(postings) => {
                let start = postings.partition_point(|posting| posting.key < from);
                for posting in &postings[start..] {
                    if to < posting.key || !visitor(posting.key, posting.version) {
                        return;
                    }
                }
            }
            Self::Many(postings) => postings.visit(from, to, visitor),
        }
    }
}

/// What an edge is found by among the postings of its resource.
pub(super) fn forward_key(edge: Edge) -> PostingKey {
    PostingKey { first: edge.relation, second: edge.subject_relation, object: edge.subject }
}

/// What an edge is found by among the postings of its subject.
pub(super) fn reverse_key(edge: Edge) -> PostingKey {
    PostingKey { first: edge.subject_relation, second: edge.relation, object: edge.resource }
}

#[cfg(test)]
mod tests;
