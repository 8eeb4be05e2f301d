//! Records of the formats that there have been: each is read for good.

use super::super::group::Assembler;
use super::super::record::Record;
use crate::journal::{RelationshipChange, Transaction, TransactionPart};
use crate::relationship::{Revision, Timestamp};

/// What the first format made of [`transactions`] at revisions 7 and 8: the key, and the value.
const FIRST: (&str, &str) = (
    "74000000000000000700000000",
    "01010800000000000000d5000000200000000780c49fd50c959aef3a0112646566696e6974696f6e2075736572207b7d0000ad0000000801\
     0000040003646f63036f6e650676696577657200047573657203616e6100000003646f63036f6e6506766965776572020475736572000001\
     03646f6303642f3106766965776572010567726f757003656e67066d656d626572000861636d652f646f630374776f067669657765720004\
     757365720362656e010b6f6e5f7765656b646179730c7b22646179223a22c3a9227d0180e2de8d0e80cab5ee01010c7b226279223a22616e\
     61227d749e3e57",
);

fn transactions() -> [Transaction; 2] {
    let touch = |text: &str| RelationshipChange::Touch(text.parse().unwrap());
    let schema = Transaction {
        revision: Revision(7),
        committed_at: Timestamp { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
        schema: Some("definition user {}".to_owned()),
        changes: Vec::new(),
        metadata_json: None,
        counter: None,
    };
    let write = Transaction {
        revision: Revision(8),
        committed_at: Timestamp { seconds: -1, nanoseconds: 0 },
        schema: None,
        changes: vec![
            touch("doc:one#viewer@user:ana"),
            touch("doc:one#viewer@user:*"),
            RelationshipChange::Delete("doc:d/1#viewer@group:eng#member".parse().unwrap()),
            touch(
                "acme/doc:two#viewer@user:ben[on_weekdays:{\"day\":\"é\"}][expiration:2030-01-01T00:00:00.5Z]",
            ),
        ],
        metadata_json: Some("{\"by\":\"ana\"}".to_owned()),
        counter: None,
    };
    [schema, write]
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digits = |place| u8::from_str_radix(&hexadecimal[place..place + 2], 16).unwrap();
    (0..hexadecimal.len()).step_by(2).map(digits).collect()
}

#[test]
fn what_the_first_format_wrote_is_read() {
    let (key, value) = (bytes(FIRST.0), bytes(FIRST.1));
    let record = Record::decode(&key, &value).unwrap();
    let mut assembler = Assembler::new(Revision(7));
    assembler.push(&record).unwrap();
    for expected in transactions() {
        let part = TransactionPart::whole(expected);
        assert_eq!(assembler.next_part().unwrap(), Some(part));
    }
    assembler.finish(Revision(8)).unwrap();
}
