//! What a checkpoint keeps of an edge: the lives that can still be asked for.

use serde::{Deserialize, Serialize};

use crate::index::key::Edge;
use crate::index::lives::Lives;
use crate::index::terms::Terms;
use crate::index::version::Version;
use crate::relationship::{ContextualizedCaveat, Revision, Timestamp};

use super::segment::Unloadable;

/// One life of an edge, as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct PackedLife {
    born: Revision,
    died: Option<Revision>,
    caveat: Option<ContextualizedCaveat>,
    expires_at: Option<Timestamp>,
}

/// One life of an edge: from one revision on, until just before another if it has ended.
#[derive(Debug, Clone)]
pub(in crate::index) struct KeptLife {
    pub(in crate::index) born: Revision,
    pub(in crate::index) died: Option<Revision>,
    pub(in crate::index) terms: Terms,
}

/// Which lives a checkpoint keeps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keeping {
    /// The revision whose state it is.
    pub(super) revision: Revision,
    /// Nothing before it can be asked for.
    pub(super) oldest: Revision,
}

/// What is kept of an edge.
#[derive(Debug)]
pub(super) enum Kept {
    Nothing,
    /// One plain life, which lasts.
    Plain(Revision),
    /// At least one.
    Lives(Vec<KeptLife>),
}

impl Keeping {
    pub(super) fn of(self, edge: impl FnOnce() -> Edge, version: Version, lives: &Lives) -> Kept {
        let plain = |born: Revision| if born <= self.revision { Kept::Plain(born) } else { Kept::Nothing };
        if !version.has_lives() {
            return plain(version.born());
        }
        let Some(mut lives) = lives.all(edge()) else { return plain(version.born()) };
        lives.retain_mut(|life| {
            life.died = life.died.filter(|died| *died <= self.revision);
            life.born <= self.revision && life.died.is_none_or(|died| died > self.oldest)
        });
        match &lives[..] {
            [] => Kept::Nothing,
            [only] if only.died.is_none() && only.terms.are_plain() => Kept::Plain(only.born),
            _ => Kept::Lives(lives),
        }
    }
}

/// Appends lives.
pub(super) fn put(bytes: &mut Vec<u8>, lives: &[KeptLife]) -> Result<(), Unloadable> {
    let packed: Vec<_> = lives.iter().map(PackedLife::of).collect();
    *bytes =
        postcard::to_extend(&packed, std::mem::take(bytes)).map_err(|_| Unloadable::CONTRADICTS_ITSELF)?;
    Ok(())
}

/// Takes lives from the beginning of bytes. They are at least one, in order, and only the last can last. None began or
/// ended after a revision.
pub(super) fn take(bytes: &mut &[u8], revision: Revision) -> Result<Vec<KeptLife>, Unloadable> {
    let (packed, rest) =
        postcard::take_from_bytes::<Vec<PackedLife>>(bytes).map_err(|_| Unloadable::CONTRADICTS_ITSELF)?;
    *bytes = rest;
    let is_before = |pair: &[PackedLife]| pair[0].died.is_some_and(|died| died <= pair[1].born);
    let is_sound = |PackedLife { born, died, .. }: &PackedLife| {
        let is_over = |died: Revision| *born < died && died <= revision;
        *born <= revision && born.0 >> 63 == 0 && died.is_none_or(is_over)
    };
    if packed.is_empty() || !packed.windows(2).all(is_before) || !packed.iter().all(is_sound) {
        return Err(Unloadable::CONTRADICTS_ITSELF);
    }
    Ok(packed.into_iter().map(PackedLife::into_kept).collect())
}

impl PackedLife {
    fn of(life: &KeptLife) -> Self {
        let KeptLife { born, died, terms } = life;
        let caveat = terms.stored_caveat().cloned();
        Self { born: *born, died: *died, caveat, expires_at: terms.expires_at }
    }

    fn into_kept(self) -> KeptLife {
        let Self { born, died, caveat, expires_at } = self;
        KeptLife { born, died, terms: Terms::new(caveat, expires_at) }
    }
}
