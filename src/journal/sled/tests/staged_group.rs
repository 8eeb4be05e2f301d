//! A group whose changes are staged: cut into records while it is read, and every missing piece noticed.

use super::super::group::Assembler;
use super::super::record::Record;
use super::super::staged_group::StagedGroup;
use crate::journal::{Corruption, RelationshipChange, StagedChanges, Staging, Transaction, TransactionPart};
use crate::relationship::{Revision, Timestamp};

type Stored = (Vec<u8>, Vec<u8>);

fn staged(count: usize) -> StagedChanges {
    let mut staging = Staging::new(std::env::temp_dir().as_path());
    for number in 0..count as u64 {
        // Hardly anything repeats in them, so that they take many records though they are packed.
        let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        staging.push(&format!("doc:{id:016x}#viewer@user:ana").parse().unwrap()).unwrap();
    }
    staging.finish().unwrap()
}

fn transaction() -> Transaction {
    Transaction {
        revision: Revision(1),
        committed_at: Timestamp { seconds: 1, nanoseconds: 2 },
        schema: None,
        changes: Vec::new(),
        metadata_json: Some("{}".to_owned()),
        counter: None,
    }
}

fn stored(staged: &StagedChanges) -> Vec<Stored> {
    let group = StagedGroup::new(transaction(), staged).unwrap();
    let changes = group.changes().map(|change| change.map(|(key, value)| (key, value.unwrap())));
    changes.collect::<Result<_, _>>().unwrap()
}

fn assembled(stored: &[Stored]) -> Result<Vec<TransactionPart>, Corruption> {
    let mut assembler = Assembler::new(Revision(1));
    let mut parts = Vec::new();
    for (key, value) in stored {
        assembler.push(&Record::decode(key, value)?)?;
        while let Some(part) = assembler.next_part()? {
            parts.push(part);
        }
    }
    assembler.finish(Revision(1))?;
    Ok(parts)
}

#[test]
fn each_frame_is_a_part_and_only_the_last_record_and_the_last_part_are_last() {
    for count in [1, 1000, 20_000] {
        let staged = staged(count);
        let stored = stored(&staged);
        let is_last = |(key, value): &Stored| Record::decode(key, value).unwrap().is_last;
        assert_eq!(stored.iter().position(is_last), Some(stored.len() - 1), "{count}");
        let parts = assembled(&stored).unwrap();
        assert_eq!(parts.len(), staged.frames().len(), "{count}");
        assert_eq!(parts.iter().position(|part| part.is_last), Some(parts.len() - 1), "{count}");
        let changes: Vec<RelationshipChange> =
            parts.iter().flat_map(|part| part.transaction.changes.clone()).collect();
        assert!(changes == staged.whole().unwrap(), "{count}");
        let has_all =
            |part: &TransactionPart| Transaction { changes: Vec::new(), ..part.transaction.clone() };
        assert!(parts.iter().all(|part| has_all(part) == transaction()), "{count}");
    }
}

#[test]
fn no_record_is_missed_silently() {
    let stored = stored(&staged(30_000));
    assert!(stored.len() > 10, "{}", stored.len());
    for missing in 0..stored.len() {
        let mut without = stored.clone();
        without.remove(missing);
        assert!(assembled(&without).is_err(), "{missing}");
    }
}
