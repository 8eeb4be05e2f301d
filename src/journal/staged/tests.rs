//! What is staged is what the journal would have encoded, and reads back as it was.

use super::{FRAME_BYTES, StagedChanges, Staging, StagingError};
use crate::journal::RelationshipChange;
use crate::relationship::Relationship;

const RELATIONSHIPS: [&str; 5] = [
    "doc:one#viewer@user:ana",
    "doc:one#viewer@user:*",
    "doc:one#viewer@group:eng#member",
    r#"doc:two#viewer@user:ana[in_region:{"region":"eu","é":[1,2]}]"#,
    "acme/doc:t.w:o#viewer@user:ana[in_region][expiration:2031-01-31T12:00:00.5Z]",
];

fn relationships(count: usize) -> Vec<Relationship> {
    RELATIONSHIPS.iter().cycle().take(count).map(|text| text.parse().unwrap()).collect()
}

fn staged(relationships: &[Relationship]) -> StagedChanges {
    let directory = tempfile::tempdir().unwrap();
    let mut staging = Staging::new(directory.path());
    for relationship in relationships {
        staging.push(relationship).unwrap();
    }
    assert_eq!(staging.count(), relationships.len() as u64);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "the file has a name");
    staging.finish().unwrap()
}

fn changes(relationships: &[Relationship]) -> Vec<RelationshipChange> {
    relationships.iter().cloned().map(RelationshipChange::Touch).collect()
}

#[test]
fn few_and_many_read_back_as_they_were_in_frames() {
    // The last needs a file.
    for (count, frames_min) in [(0, 0), (1, 1), (5, 1), (5000, 4), (60_000, 30)] {
        let relationships = relationships(count);
        let staged = staged(&relationships);
        assert!(staged.frames().len() >= frames_min, "{count}");
        assert!(staged.frames().iter().all(|frame| frame.bytes < FRAME_BYTES + 200));
        assert_eq!(staged.count(), count as u64);
        assert!(staged.whole().unwrap() == changes(&relationships), "{count}");
        let mut read = Vec::new();
        let visited = staged.visit(|relationship| {
            read.push(relationship.to_relationship().unwrap());
            Ok::<_, StagingError>(())
        });
        visited.unwrap();
        assert!(read == relationships, "{count}");
    }
}

#[test]
fn a_visitor_that_fails_is_the_last_one() {
    let staged = staged(&relationships(5000));
    let mut count = 0;
    let visited = staged.visit(|_| {
        count += 1;
        if count == 4321 { Err(StagingError::Undecodable) } else { Ok(()) }
    });
    assert!(visited.is_err());
    assert_eq!(count, 4321);
}

#[test]
fn a_frame_stands_for_the_list_that_it_encodes() {
    let relationships = relationships(300);
    let staged = staged(&relationships);
    let [frame] = staged.frames() else { panic!("{:?}", staged.frames()) };
    let mut bytes = Vec::new();
    staged.read(*frame, &mut bytes).unwrap();
    assert_eq!(frame.changes(&bytes).changes().unwrap(), changes(&relationships));
}

#[test]
fn what_cannot_be_packed_is_staged_as_it_is() {
    // One relationship that takes more than a packed frame may.
    let context = format!(r#"doc:one#viewer@user:ana[in_region:{{"region":"{}"}}]"#, "é".repeat(1 << 20));
    let mut relationships = relationships(7);
    relationships.push(context.parse().unwrap());
    relationships.push(relationships[0].clone());
    let staged = staged(&relationships);
    assert!(staged.frames().iter().any(|frame| frame.unpacked_bytes == 0));
    assert!(staged.whole().unwrap() == changes(&relationships));
}
