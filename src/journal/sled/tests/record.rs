//! Records: what is written is read back, and nothing else is.

use proptest::prelude::*;

use super::super::record::{PAYLOAD_BYTES_MAX, RECORD_FORMAT_PACKED, Record, RecordKey, VALUE_BYTES_MAX};
use crate::journal::{Corruption, Defect};
use crate::relationship::Revision;

fn record(first_revision: u64, part: u32, payload: &[u8]) -> Record<'_> {
    Record {
        key: RecordKey { first_revision: Revision(first_revision), part },
        format: RECORD_FORMAT_PACKED,
        is_last: true,
        last_revision: Revision(first_revision + 2),
        group_bytes: 77,
        payload,
    }
}

fn defect_of(key: &[u8], value: &[u8]) -> Corruption {
    Record::decode(key, value).unwrap_err()
}

#[test]
fn the_largest_record_is_under_16_kib() {
    let payload = vec![0xff; PAYLOAD_BYTES_MAX];
    let value = record(1, 0, &payload).encode();
    assert_eq!(value.len(), VALUE_BYTES_MAX);
    assert!(value.len() < 16 * 1024);
}

#[test]
fn another_format_is_told_from_damage() {
    let record = record(9, 0, b"payload");
    let key = record.key.to_bytes();
    let mut value = record.encode();
    value[0] = RECORD_FORMAT_PACKED + 1;
    assert_eq!(defect_of(&key, &value).defect, Defect::Checksum);

    let end = value.len() - 4;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key);
    hasher.update(&value[..end]);
    value.splice(end.., hasher.finalize().to_le_bytes());
    let Corruption { revision, defect } = defect_of(&key, &value);
    assert_eq!(revision, Revision(9));
    assert_eq!(
        defect,
        Defect::UnknownFormat { format: RECORD_FORMAT_PACKED + 1, supported: RECORD_FORMAT_PACKED }
    );
}

#[test]
fn a_record_under_another_key_is_refused() {
    let value = record(9, 0, b"payload").encode();
    let key = record(10, 0, b"payload").key.to_bytes();
    assert_eq!(defect_of(&key, &value), Corruption { revision: Revision(10), defect: Defect::Checksum });
}

proptest! {
    #[test]
    fn any_record_round_trips(
        first_revision in any::<u64>(),
        part in any::<u32>(),
        is_last in any::<bool>(),
        last_revision in any::<u64>(),
        group_bytes in any::<u32>(),
        payload in prop::collection::vec(any::<u8>(), 0..PAYLOAD_BYTES_MAX),
    ) {
        let record = Record {
            key: RecordKey { first_revision: Revision(first_revision), part },
            format: RECORD_FORMAT_PACKED,
            is_last,
            last_revision: Revision(last_revision),
            group_bytes,
            payload: &payload,
        };
        let value = record.encode();
        prop_assert_eq!(Record::decode(&record.key.to_bytes(), &value), Ok(record));
    }

    #[test]
    fn any_flipped_bit_is_refused(
        payload in prop::collection::vec(any::<u8>(), 0..100),
        position in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let record = record(5, 3, &payload);
        let mut value = record.encode();
        let position = position.index(value.len());
        value[position] ^= 1 << bit;
        prop_assert_eq!(defect_of(&record.key.to_bytes(), &value).defect, Defect::Checksum);
    }

    #[test]
    fn any_bytes_at_all_decode_or_are_refused(
        key in prop::collection::vec(any::<u8>(), 0..20),
        value in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        prop_assert!(Record::decode(&key, &value).is_err());
    }

    #[test]
    fn keys_sort_as_their_bytes_do(left in any::<(u64, u32)>(), right in any::<(u64, u32)>()) {
        let key = |(first_revision, part)| RecordKey { first_revision: Revision(first_revision), part };
        let (left, right) = (key(left), key(right));
        prop_assert_eq!(left.cmp(&right), left.to_bytes().cmp(&right.to_bytes()));
    }
}
