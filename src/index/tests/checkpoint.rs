//! An index that was packed and loaded again shows what it showed.

use std::collections::BTreeSet;

use crate::index::{Contents, Edge, Index, Terms, Unloadable};
use crate::relationship::{Relationship, Revision};

use super::{at, create, delete, directions, edge, is_visible, touch};

/// The segments of an index at a revision, and what they speak of.
pub(super) fn pack(index: &Index, revision: u64, oldest: u64) -> (Vec<Vec<u8>>, Contents) {
    let mut packing = index.pack(Revision(revision), Revision(oldest));
    let mut segments = Vec::new();
    while let Some(segment) = packing.next_segment().unwrap() {
        segments.push(segment);
    }
    let contents = packing.into_contents();
    assert_eq!(segments.len(), contents.segment_count() as usize);
    (segments, contents)
}

/// An index of segments.
pub(super) fn load(segments: &[Vec<u8>], contents: &Contents) -> Result<Index, Unloadable> {
    load_at(segments, contents, u64::MAX)
}

/// An index of segments that are said to be of a revision.
fn load_at(segments: &[Vec<u8>], contents: &Contents, revision: u64) -> Result<Index, Unloadable> {
    let index = Index::default();
    let segment = |number: u32| segments.get(number as usize).map_or(&[][..], Vec::as_slice);
    let loading = index.load(contents.clone(), Revision(revision))?;
    let objects: Result<_, _> =
        contents.object_segments().map(|number| loading.load(segment(number))).collect();
    let loading = loading.finish(objects?)?;
    // In any order.
    for number in contents.posting_segments().rev() {
        loading.load(number, segment(number))?;
    }
    loading.finish()?;
    Ok(index)
}

fn reloaded(index: &Index, revision: u64, oldest: u64) -> Index {
    let (segments, contents) = pack(index, revision, oldest);
    load(&segments, &contents).unwrap()
}

#[test]
fn lists_of_every_length_come_back_in_both_directions() {
    for count in [0, 1, 2, 24, 25, 26, 1023, 1024, 1025, 70_000] {
        let index = Index::default();
        let texts: Vec<String> = (0..count).map(|number| format!("doc:one#viewer@user:u{number}")).collect();
        for (born, text) in (1..).zip(&texts) {
            create(&index, edge(&index, text), born);
        }
        let index = reloaded(&index, count + 1, count + 1);
        let edges: Vec<Edge> = texts.iter().map(|text| edge(&index, text)).collect();
        let expected: BTreeSet<Edge> = edges.iter().copied().collect();
        let ends: Vec<Edge> = edges.iter().take(1).chain(edges.iter().rev().take(3)).copied().collect();
        let [forward, reverse] = directions(&index.snapshot(Revision(count + 1), at(0)), &ends);
        assert_eq!(forward, expected, "{count}");
        assert!(ends.iter().all(|edge| reverse.contains(edge)), "{count}");
        for (born, edge) in (1..).zip(&edges) {
            assert_eq!(index.snapshot(Revision(count), at(0)).born(*edge), Some(Revision(born)));
            assert!(!is_visible(&index, *edge, born - 1, at(0)));
        }
    }
}

#[test]
fn objects_fill_several_segments() {
    let index = Index::default();
    let text = |number: u64| {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("doc:{mixed:016x}-{number}#owner@user:{}", mixed % 1000)
    };
    for number in 0..100_000 {
        create(&index, edge(&index, &text(number)), 1 + number % 7);
    }
    let (segments, contents) = pack(&index, 7, 7);
    assert!(contents.object_segments().len() > 1, "{} segments", segments.len());
    assert_eq!(contents.relationships(), 100_000);
    let index = load(&segments, &contents).unwrap();
    for number in 0..100_000 {
        let relationship: Relationship = text(number).parse().unwrap();
        let Relationship { resource, relation, subject, .. } = &relationship;
        let edge = index.find(resource, relation, subject).unwrap();
        assert_eq!(index.snapshot(Revision(7), at(0)).born(edge), Some(Revision(1 + number % 7)));
    }
}

#[test]
fn only_what_can_be_asked_for_is_kept() {
    let index = Index::default();
    let texts = [
        "doc:a#viewer@user:gone",
        "doc:a#viewer@user:ended",
        "doc:a#viewer@user:later",
        "doc:b#viewer@user:x",
    ];
    let edges = texts.map(|text| edge(&index, text));
    create(&index, edges[0], 1);
    create(&index, edges[1], 1);
    delete(&index, edges[0], 3);
    delete(&index, edges[1], 5);
    create(&index, edges[2], 8);
    create(&index, edges[3], 4);
    // After the revision that is packed.
    delete(&index, edges[3], 9);
    let index = reloaded(&index, 7, 4);
    let found = texts.map(|text| {
        let relationship: Relationship = text.parse().unwrap();
        index.find(&relationship.resource, &relationship.relation, &relationship.subject)
    });
    assert_eq!(found.map(|edge| edge.is_some()), [false, true, false, true]);
    let [_, Some(ended), _, Some(other)] = found else { panic!("{found:?}") };
    assert_eq!([4, 5].map(|revision| is_visible(&index, ended, revision, at(0))), [true, false]);
    assert_eq!([3, 4, 9].map(|revision| is_visible(&index, other, revision, at(0))), [false, true, true]);
}

/// Terms with a stored context of many bytes, which differ from those with another sign.
fn large_terms(sign: char, bytes: usize) -> Terms {
    let context = sign.to_string().repeat(bytes);
    let text = format!(r#"doc:one#viewer@user:ana[weekday:{{"text":"{context}"}}]"#);
    Terms::of(&text.parse::<Relationship>().unwrap())
}

#[test]
fn conditions_with_large_contexts_fill_several_segments() {
    let index = Index::default();
    let terms = large_terms('x', 10_000);
    let texts: Vec<String> = (0..1500).map(|number| format!("doc:one#viewer@user:u{number}")).collect();
    for text in &texts {
        touch(&index, edge(&index, text), terms.clone(), 1, at(0));
    }
    let (segments, contents) = pack(&index, 1, 1);
    for segment in &segments {
        let bytes = u32::from_le_bytes(segment[1..5].try_into().unwrap());
        assert!(bytes < 3 << 20, "{bytes}");
    }
    let index = load(&segments, &contents).unwrap();
    for text in &texts {
        let edge = edge(&index, text);
        assert_eq!(index.snapshot(Revision(1), at(0)).terms(edge), Some(terms.clone()));
    }
}

#[test]
fn a_relationship_that_was_changed_very_often_comes_back_with_its_lives() {
    let index = Index::default();
    let terms = ['x', 'y'].map(|sign| large_terms(sign, 100_000));
    let text = "doc:one#viewer@user:ana";
    for revision in 1..=700 {
        let terms = terms[revision % 2].clone();
        touch(&index, edge(&index, text), terms, revision as u64, at(0));
    }
    let index = reloaded(&index, 700, 0);
    let edge = edge(&index, text);
    for revision in [1, 2, 350, 699, 700] {
        let expected = Some(terms[revision % 2].clone());
        assert_eq!(index.snapshot(Revision(revision as u64), at(0)).terms(edge), expected);
    }
    assert_eq!(index.ended_count(), 699);
}

#[test]
fn what_began_or_ended_after_the_checkpoint_is_refused() {
    let index = Index::default();
    let [plain, ended] = ["doc:a#viewer@user:x", "doc:b#viewer@user:x"].map(|text| edge(&index, text));
    create(&index, ended, 1);
    let is_loaded = |index: &Index, revision| {
        let (segments, contents) = pack(index, 9, 0);
        load_at(&segments, &contents, revision).is_ok()
    };
    delete(&index, ended, 5);
    assert_eq!([4, 5].map(|revision| is_loaded(&index, revision)), [false, true]);
    create(&index, plain, 7);
    assert_eq!([6, 7].map(|revision| is_loaded(&index, revision)), [false, true]);
}

#[test]
fn whatever_is_changed_in_a_segment_is_refused_or_loads() {
    let index = Index::default();
    for number in 0..60 {
        let text = format!("doc:d{}#viewer@user:u{number}", number % 3);
        let terms = if number % 5 == 0 { super::until(100) } else { Terms::default() };
        touch(&index, edge(&index, &text), terms, 1 + number, at(0));
    }
    delete(&index, edge(&index, "doc:d0#viewer@user:u0"), 70);
    let (segments, contents) = pack(&index, 80, 10);
    for (place, segment) in segments.iter().enumerate() {
        for byte in 0..segment.len() {
            let mut changed = segments.clone();
            changed[place][byte] ^= 1 << (byte % 8);
            drop(load(&changed, &contents));
            let mut changed = segments.clone();
            changed[place].truncate(byte);
            assert!(load(&changed, &contents).is_err());
        }
    }
    let mut changed = segments;
    changed.swap(0, 1);
    assert!(load(&changed, &contents).is_err());
}
