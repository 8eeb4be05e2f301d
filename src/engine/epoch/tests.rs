//! Facts about epochs.

use std::sync::Arc;

use crate::index::ObjectKey;
use crate::relationship::Revision;

use super::{Epoch, Epochs};

#[test]
fn a_number_is_released_when_every_view_is_gone_that_was_there_before_its_object_left() {
    let mut tokens = vec![Arc::new(Epoch)];
    let mut epochs = Epochs::new(&tokens[0], Revision(1));
    for number in 1..=4 {
        epochs.add_vacated(vec![ObjectKey(number)]);
        tokens.push(epochs.begin(Revision(1)));
    }
    let mut released_without = |place: usize| -> Vec<u32> {
        tokens[place] = Arc::new(Epoch);
        epochs.sweep();
        epochs.released().iter().map(|object| object.0).collect()
    };
    assert!(released_without(1).is_empty());
    assert_eq!(released_without(0), [1, 2]);
    assert!(released_without(3).is_empty());
    assert_eq!(released_without(2), [3, 4]);
}

#[test]
fn what_left_in_the_epoch_of_the_head_stays() {
    let token = Arc::new(Epoch);
    let mut epochs = Epochs::new(&token, Revision(1));
    epochs.add_vacated(vec![ObjectKey(1)]);
    drop(token);
    epochs.sweep();
    assert!(epochs.released().is_empty());
    assert!(epochs.has_vacated());
    let _token = epochs.begin(Revision(1));
    assert!(!epochs.has_vacated());
}

#[test]
fn the_oldest_revision_is_that_of_the_first_epoch_with_a_view() {
    let first = Arc::new(Epoch);
    let mut epochs = Epochs::new(&first, Revision(1));
    let second = epochs.begin(Revision(5));
    let _third = epochs.begin(Revision(9));
    let mut oldest = || {
        epochs.sweep();
        (epochs.oldest(), epochs.newest_oldest())
    };
    assert_eq!(oldest(), (Revision(1), Revision(9)));
    drop(second);
    assert_eq!(oldest(), (Revision(1), Revision(9)));
    drop(first);
    assert_eq!(oldest(), (Revision(9), Revision(9)));
}
