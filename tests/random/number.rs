//! Pseudo-random numbers.

/// A small generator of pseudo-random numbers (`SplitMix64`), the same on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub u64);

impl Random {
    /// The seed of a test: from `ARROWROOT_TEST_SEED` if it is set, else a new one. Printed, so that a failure can be
    /// repeated.
    pub(crate) fn from_environment(test: &str) -> Self {
        use std::hash::{BuildHasher, RandomState};
        let seed = std::env::var("ARROWROOT_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(test));
        println!("{test}: ARROWROOT_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// True `percent` times in a hundred.
    pub(crate) fn is(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
