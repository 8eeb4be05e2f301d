//! Whatever is offered in whatever order, pages of a selection are the whole in order.

use proptest::prelude::*;

use super::{Found, Place, Selection};
use crate::index::{Edge, ObjectKey, RelationKey};

fn place(number: u32) -> Place {
    Place { before: [number / 97 % 3, number % 2], id: number.to_string().into(), after: [number % 5, 0] }
}

fn edge(number: u32) -> Edge {
    let subject = ObjectKey(number);
    Edge { resource: ObjectKey(0), relation: RelationKey(0), subject_relation: RelationKey(0), subject }
}

/// What pages of a size give, each after the last of the one before, and whether they say that there is more.
fn paged(numbers: &[u32], page_size: usize) -> Vec<Place> {
    let mut places = Vec::new();
    loop {
        let after: Option<Place> = places.last().cloned();
        let mut selection = Selection::new(after.as_ref(), page_size, Vec::new());
        for number in numbers {
            let Place { before, id, after } = place(*number);
            selection.offer(before, after, edge(*number), || Some(id));
        }
        assert_eq!(selection.offered(), numbers.len());
        let (found, has_more) = selection.finish();
        assert!(found.len() <= page_size);
        assert!(!has_more || found.len() == page_size);
        assert!(found.iter().all(|Found { place: found, edge }| *found == place(edge.subject.0)));
        places.extend(found.into_iter().map(|found| found.place));
        if !has_more {
            return places;
        }
    }
}

proptest! {
    #[test]
    fn pages_are_the_whole_in_order(numbers in prop::collection::hash_set(0..5000_u32, 0..300), page_size in 1..120_usize) {
        let numbers: Vec<u32> = numbers.into_iter().collect();
        let mut sorted: Vec<Place> = numbers.iter().map(|number| place(*number)).collect();
        sorted.sort();
        prop_assert_eq!(paged(&numbers, page_size), sorted);
    }
}
