//! Groups: cut into records and put together again, with every missing or foreign piece noticed.

use proptest::prelude::*;

use super::super::group::{Assembler, EncodedGroup};
use super::super::record::{Record, RecordKey};
use crate::journal::{Corruption, Defect, Transaction};
use crate::relationship::{Revision, Timestamp};

type Stored = (RecordKey, Vec<u8>);

fn transaction(revision: u64, schema_bytes: usize) -> Transaction {
    Transaction {
        revision: Revision(revision),
        committed_at: Timestamp { seconds: -1, nanoseconds: 999_999_999 },
        schema: Some("é".repeat(schema_bytes / 2)),
        changes: Vec::new(),
        metadata_json: None,
        counter: None,
    }
}

/// Groups of transactions with these sizes, from revision 1 on.
fn transactions(sizes: &[Vec<usize>]) -> Vec<Vec<Transaction>> {
    let mut revision = 0;
    let mut group = |sizes: &Vec<usize>| {
        let transaction = |size: &usize| {
            revision += 1;
            transaction(revision, *size)
        };
        sizes.iter().map(transaction).collect()
    };
    sizes.iter().map(&mut group).collect()
}

fn stored(groups: &[Vec<Transaction>]) -> Vec<Stored> {
    let mut stored = Vec::new();
    for group in groups {
        let Some(encoded) = EncodedGroup::encode(group).unwrap() else {
            continue;
        };
        stored.extend(encoded.records().map(|record| (record.key, record.encode())));
    }
    stored
}

/// What reading from revision 1 to the head gives.
fn assembled(stored: &[Stored], head: u64) -> Result<Vec<Transaction>, Corruption> {
    let mut assembler = Assembler::new(Revision(1));
    let mut transactions = Vec::new();
    for (key, value) in stored {
        assembler.push(&Record::decode(&key.to_bytes(), value)?)?;
        while let Some(transaction) = assembler.next_part()?.map(|part| part.transaction) {
            transactions.push(transaction);
        }
    }
    assembler.finish(Revision(head))?;
    Ok(transactions)
}

#[test]
fn small_transactions_share_a_record() {
    let groups = transactions(&[vec![10; 100]]);
    let stored = stored(&groups);
    assert_eq!(stored.len(), 1);
    assert_eq!(assembled(&stored, 100).unwrap(), groups.concat());
}

#[test]
fn a_large_transaction_spans_records_of_which_only_one_is_last() {
    let groups = transactions(&[vec![5 << 20]]);
    let stored = stored(&groups);
    assert!(stored.len() > 300);
    let is_last = |(key, value): &Stored| Record::decode(&key.to_bytes(), value).unwrap().is_last;
    assert_eq!(stored.iter().position(is_last), Some(stored.len() - 1));
    assert_eq!(assembled(&stored, 1).unwrap(), groups.concat());
}

#[test]
fn what_is_missing_is_named() {
    let groups = transactions(&[vec![10], vec![40_000], vec![10], vec![10]]);
    let stored = stored(&groups);
    assert_eq!(stored.len(), 6);
    let defect_without = |missing: usize| {
        let mut stored = stored.clone();
        stored.remove(missing);
        let Corruption { revision, defect } = assembled(&stored, 4).unwrap_err();
        (revision.0, defect)
    };
    assert_eq!(defect_without(0), (1, Defect::MissingTransaction));
    assert_eq!(defect_without(1), (2, Defect::MissingPart { part: 0 }));
    assert_eq!(defect_without(2), (2, Defect::MissingPart { part: 1 }));
    assert_eq!(defect_without(3), (2, Defect::MissingPart { part: 2 }));
    assert_eq!(defect_without(4), (3, Defect::MissingTransaction));
    assert_eq!(defect_without(5), (4, Defect::MissingTransaction));
}

#[test]
fn parts_of_two_groups_do_not_mix() {
    let old = stored(&transactions(&[vec![40_000]]));
    let new = stored(&transactions(&[vec![50_000]]));
    let mixed = [old[0].clone(), new[1].clone(), new[2].clone(), new[3].clone()];
    let corruption = assembled(&mixed, 1).unwrap_err();
    assert_eq!(corruption.defect, Defect::Inconsistent);
}

#[test]
fn no_transactions_make_no_group() {
    assert!(EncodedGroup::encode(&[]).unwrap().is_none());
}

proptest! {
    #[test]
    fn any_groups_round_trip_and_no_record_is_missed_silently(
        sizes in prop::collection::vec(prop::collection::vec(0..20_000_usize, 1..6), 1..5),
        missing in any::<prop::sample::Index>(),
    ) {
        let groups = transactions(&sizes);
        let head = groups.iter().map(Vec::len).sum::<usize>() as u64;
        let mut stored = stored(&groups);
        prop_assert_eq!(assembled(&stored, head), Ok(groups.concat()));
        stored.remove(missing.index(stored.len()));
        prop_assert!(assembled(&stored, head).is_err());
    }
}
