//! Who has how much of the room.

use tonic::codegen::Bytes;

use super::{Outbox, OutboxFull, SMALL_BYTES};

impl Outbox {
    fn left(&self) -> usize {
        self.room.available_permits()
    }
}

#[test]
fn a_share_grows_while_there_is_room_and_all_of_it_comes_back() {
    let outbox = Outbox::new(1000);
    let share = outbox.take(300).unwrap();
    share.grow_to(800).unwrap();
    share.grow_to(500).unwrap();
    assert_eq!(outbox.left(), 200);
    assert_eq!(share.grow_to(1001), Err(OutboxFull));
    assert_eq!(outbox.take(201).unwrap_err(), OutboxFull);
    assert_eq!(outbox.left(), 200);
    drop(share);
    assert_eq!(outbox.left(), 1000);
}

#[test]
fn bytes_hold_their_share_until_the_last_piece_of_them_is_dropped() {
    let outbox = Outbox::new(10 * SMALL_BYTES);
    let mut data = outbox.hold(Bytes::from(vec![7; 4 * SMALL_BYTES])).unwrap();
    let piece = data.split_to(10);
    drop(data);
    assert_eq!(outbox.left(), 6 * SMALL_BYTES);
    assert_eq!(outbox.hold(Bytes::from(vec![7; 7 * SMALL_BYTES])), Err(OutboxFull));
    assert_eq!(*piece, [7; 10]);
    drop(piece);
    assert_eq!(outbox.left(), 10 * SMALL_BYTES);
}

#[test]
fn what_is_small_needs_no_room() {
    let data = Bytes::from(vec![7; SMALL_BYTES]);
    assert_eq!(Outbox::new(0).hold(data.clone()), Ok(data));
}

#[test]
fn more_than_can_be_counted_is_too_much() {
    assert_eq!(Outbox::new(usize::MAX).take(usize::MAX).unwrap_err(), OutboxFull);
}
