//! Postings against a map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::index::key::{ObjectKey, RelationKey};
use crate::index::version::Version;
use crate::relationship::Revision;

use super::{Posting, PostingKey, Postings};

type Model = BTreeMap<PostingKey, Version>;

fn key(number: u32) -> PostingKey {
    PostingKey { first: RelationKey(number / 5000), second: RelationKey(1), object: ObjectKey(number % 5000) }
}

fn version(number: u32) -> Version {
    Version::born_at(Revision(u64::from(number) + 1))
}

fn visited(
    postings: &Postings,
    from: PostingKey,
    to: PostingKey,
    count_max: usize,
) -> Vec<(PostingKey, Version)> {
    let mut found = Vec::new();
    postings.visit(from, to, |key, version| {
        found.push((key, version));
        found.len() < count_max
    });
    found
}

fn agrees(postings: &Postings, model: &Model, from: u32, to: u32) -> Result<(), TestCaseError> {
    prop_assert_eq!(postings.is_empty(), model.is_empty());
    let whole: Vec<_> = model.iter().map(|(key, version)| (*key, *version)).collect();
    prop_assert_eq!(visited(postings, key(0), key(u32::MAX), usize::MAX), whole);
    let range = |from: PostingKey, to: PostingKey| {
        if to < from {
            return Vec::new();
        }
        model.range(from..=to).map(|(key, version)| (*key, *version)).collect::<Vec<_>>()
    };
    let (from, to) = (key(from), key(to));
    prop_assert_eq!(visited(postings, from, to, usize::MAX), range(from, to));
    let first_three: Vec<_> = range(from, to).into_iter().take(3).collect();
    prop_assert_eq!(visited(postings, from, to, 3), first_three);
    prop_assert_eq!(postings.get(&from), model.get(&from).copied());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In runs, so that every form is met on the way up and on the way down: some keys come, near to each other or far
    /// apart, forwards or backwards, and some go.
    #[test]
    fn what_is_set_is_found_in_order_and_what_is_removed_is_not(
        loaded in 0..2000_u32,
        runs in prop::collection::vec((any::<bool>(), 0..10_000_u32, 1..900_u32, prop::sample::select(vec![1_u32, 3, 7, 9_999, 7_919])), 1..20),
    ) {
        let mut model: Model = (0..loaded).map(|number| (key(5 * number), version(number))).collect();
        let entries: Vec<Posting> = model.iter().map(|(key, version)| Posting { key: *key, version: *version }).collect();
        let mut postings = Postings::Empty;
        postings.extend(&entries);
        for (is_set, start, count, stride) in runs {
            for step in 0..count {
                let number = (start + step * stride) % 10_000;
                if is_set {
                    postings.set(key(number), version(step));
                    model.insert(key(number), version(step));
                } else {
                    postings.remove(&key(number));
                    model.remove(&key(number));
                }
            }
            agrees(&postings, &model, start, (start + count * stride) % 10_000)?;
        }
        for key in model.keys() {
            postings.remove(key);
        }
        prop_assert!(postings.is_empty());
    }
}
