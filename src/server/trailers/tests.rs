//! Request ids.

use std::collections::HashSet;

use super::{Operations, new_request_id};

#[test]
fn ids_that_are_made_here_differ_and_are_32_hexadecimal_digits() {
    let ids: HashSet<_> = (0..1000).map(|_| new_request_id().to_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit())));
}

#[test]
fn operations_are_written_as_numbers() {
    assert_eq!(
        [0, 1, 12].map(|count| Operations(count).value().to_str().unwrap().to_owned()),
        ["0", "1", "12"]
    );
}
