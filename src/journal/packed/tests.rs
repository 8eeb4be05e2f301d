//! What is packed is unpacked as it was, and nothing else is unpacked at all.

use super::{PackedChanges, Packer, UNPACKED_BYTES_MAX, unpack};
use crate::journal::RelationshipChange;

fn changes(count: usize) -> Vec<RelationshipChange> {
    let text = |number| format!("doc:number-{number}#viewer@user:ana");
    (0..count).map(|number| RelationshipChange::Touch(text(number).parse().unwrap())).collect()
}

fn encoded(changes: &[RelationshipChange]) -> Vec<u8> {
    changes.iter().flat_map(|change| postcard::to_stdvec(change).unwrap()).collect()
}

#[test]
fn runs_come_back_packed_or_not() {
    let mut compression = Packer::default();
    for count in [0, 1, 50, 5000] {
        let bytes = encoded(&changes(count));
        let number = u32::try_from(count).unwrap();
        let plain = PackedChanges { count: number, unpacked_bytes: 0, bytes: &bytes };
        assert_eq!(plain.changes().unwrap(), changes(count));
        let Some(packed) = compression.pack(&bytes) else {
            assert!(count < 2, "{count} were not packed");
            continue;
        };
        assert!(packed.len() * 3 < bytes.len() * 2);
        let unpacked_bytes = u32::try_from(bytes.len()).unwrap();
        let stored =
            postcard::to_stdvec(&PackedChanges { count: number, unpacked_bytes, bytes: &packed }).unwrap();
        let read: PackedChanges<'_> = postcard::from_bytes(&stored).unwrap();
        assert_eq!(read.changes().unwrap(), changes(count));
        for wrong in [
            PackedChanges { count: number + 1, ..read },
            PackedChanges { count: number - 1, ..read },
            PackedChanges { unpacked_bytes: unpacked_bytes - 1, ..read },
            PackedChanges { unpacked_bytes: unpacked_bytes + 1, ..read },
            PackedChanges { unpacked_bytes: 0, ..read },
            PackedChanges { bytes: &packed[..packed.len() - 1], ..read },
        ] {
            assert!(wrong.changes().is_none(), "{count}");
        }
    }
}

#[test]
fn no_more_is_made_of_bytes_than_the_bound() {
    let mut compression = Packer::default();
    let most = vec![7; UNPACKED_BYTES_MAX];
    let packed = compression.pack(&most).unwrap();
    assert!(packed.len() < 1000);
    assert_eq!(unpack(&packed, most.len()).unwrap(), most);
    assert!(compression.pack(&vec![7; UNPACKED_BYTES_MAX + 1]).is_none());
    // A run that packs more than it may, made by somebody else.
    let more = zstd::bulk::compress(&vec![7; 64 << 20], 1).unwrap();
    for claimed in [1, UNPACKED_BYTES_MAX, UNPACKED_BYTES_MAX + 1, 64 << 20, usize::MAX] {
        assert!(unpack(&more, claimed).is_none(), "{claimed}");
    }
}
