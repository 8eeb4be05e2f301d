//! Very many entries of one object in one direction: sorted pieces, hardly larger than what is in them.
//!
//! A tree of the standard library leaves a third of its room empty where entries come in no order. Here pieces grow a
//! little at a time, so that they take 22 bytes an entry instead of 34.

use crate::index::version::Version;

use super::{Posting, PostingKey};

/// Entries of one piece, at most: one more makes two of it. To shift half of them costs less than to find the piece.
const PIECE_MAX: usize = 512;
/// A piece that is full grows by this part of itself, and gives back twice as much when it is not used.
const GROWTH: usize = 16;
/// And by some entries more.
const GROWTH_MIN: usize = 4;
/// Neighbours that have together no more than this become one piece.
const MERGED_MAX: usize = PIECE_MAX / 4;

/// The entries, in order.
///
/// INVARIANT: no piece is empty, and each begins after the end of the one before.
#[derive(Debug)]
pub(in crate::index) struct ManyPostings {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    /// The key of the first entry: what a search for the piece looks at lies together.
    first: PostingKey,
    postings: Vec<Posting>,
}

impl ManyPostings {
    /// Entries that are in order.
    pub(super) fn of(postings: &[Posting]) -> Self {
        Self { pieces: postings.chunks(PIECE_MAX).filter_map(|piece| Piece::of(piece.to_vec())).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    #[inline]
    pub(super) fn get(&self, key: &PostingKey) -> Option<Version> {
        let piece = self.pieces.get(self.place_of(key))?;
        let position = piece.position(key).ok()?;
        Some(piece.postings[position].version)
    }

    /// Adds an entry, or changes the version of one that is there.
    pub(super) fn set(&mut self, posting: Posting) {
        let place = self.place_of(&posting.key);
        let is_last = place + 1 >= self.pieces.len();
        let Some(piece) = self.pieces.get_mut(place) else {
            self.pieces.extend(Piece::of(vec![posting]));
            return;
        };
        match piece.position(&posting.key) {
            Ok(position) => piece.postings[position].version = posting.version,
            Err(position) if piece.postings.len() < PIECE_MAX => piece.insert(position, posting),
            // What comes in order fills its pieces.
            Err(PIECE_MAX) if is_last => self.pieces.extend(Piece::of(vec![posting])),
            Err(position) => {
                let Some(mut upper) = Piece::of(piece.postings.split_off(PIECE_MAX / 2)) else { return };
                piece.postings.shrink_to_fit();
                match position.checked_sub(PIECE_MAX / 2) {
                    Some(position) => upper.insert(position, posting),
                    None => piece.insert(position, posting),
                }
                self.pieces.insert(place + 1, upper);
            }
        }
    }

    pub(super) fn remove(&mut self, key: &PostingKey) {
        let place = self.place_of(key);
        let Some(piece) = self.pieces.get_mut(place) else { return };
        let Ok(position) = piece.position(key) else { return };
        piece.remove(position);
        if piece.postings.is_empty() {
            self.pieces.remove(place);
        } else if piece.postings.len() <= MERGED_MAX {
            self.merge(place);
            self.merge(place.saturating_sub(1));
        }
        if self.pieces.capacity() > GROWTH_MIN.max(4 * self.pieces.len()) {
            self.pieces.shrink_to(2 * self.pieces.len());
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
        let mut start = None;
        for piece in self.pieces.get(self.place_of(&from)..).unwrap_or_default() {
            let start = start.replace(0).unwrap_or_else(|| {
                // Only the first piece begins before.
                piece.postings.partition_point(|posting| posting.key < from)
            });
            for posting in &piece.postings[start..] {
                if to < posting.key || !visitor(posting.key, posting.version) {
                    return;
                }
            }
        }
    }

    /// The piece that a key is in, or would be.
    #[inline]
    fn place_of(&self, key: &PostingKey) -> usize {
        self.pieces.partition_point(|piece| piece.first <= *key).saturating_sub(1)
    }

    /// Makes one of a piece and the next one if both are small.
    fn merge(&mut self, place: usize) {
        let [Some(one), Some(other)] = [place, place + 1].map(|place| self.pieces.get(place)) else { return };
        if one.postings.len() + other.postings.len() <= MERGED_MAX {
            let other = self.pieces.remove(place + 1);
            self.pieces[place].postings.extend_from_slice(&other.postings);
        }
    }
}

impl Piece {
    /// Nothing of no entries.
    fn of(postings: Vec<Posting>) -> Option<Self> {
        Some(Self { first: postings.first()?.key, postings })
    }

    /// Where a key is, or would be.
    fn position(&self, key: &PostingKey) -> Result<usize, usize> {
        self.postings.binary_search_by(|posting| posting.key.cmp(key))
    }

    fn insert(&mut self, position: usize, posting: Posting) {
        let length = self.postings.len();
        if length == self.postings.capacity() {
            self.postings.reserve_exact(length / GROWTH + GROWTH_MIN);
        }
        self.postings.insert(position, posting);
        self.first = self.first.min(posting.key);
    }

    fn remove(&mut self, position: usize) {
        self.postings.remove(position);
        if let Some(first) = self.postings.first() {
            self.first = first.key;
        }
        let length = self.postings.len();
        if self.postings.capacity() - length > 2 * (length / GROWTH + GROWTH_MIN) {
            self.postings.shrink_to_fit();
        }
    }
}
