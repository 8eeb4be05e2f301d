//! What fits stays, and what does not is cut until it does.

use super::{WIRE_BYTES_MAX, fit, wire_bytes};

#[test]
fn what_fits_stays_as_it_is() {
    let mut message = "x".repeat(2000);
    let mut metadata = [("relationship", "y".repeat(1000))];
    fit(&mut message, &mut metadata);
    assert_eq!((message.len(), metadata[0].1.len()), (2000, 1000));
}

#[test]
fn what_is_too_long_fits_afterwards_whatever_it_consists_of() {
    for character in ["x", "\n", "é", "%", "\u{10ffff}"] {
        let mut message = character.repeat(5000);
        let mut metadata = vec![("relationship", character.repeat(3000)); 8];
        fit(&mut message, &mut metadata);
        assert!(wire_bytes(&message, &metadata) <= WIRE_BYTES_MAX);
        assert!(message.len() > 500 && message.ends_with('…'));
        assert!(metadata.iter().all(|(_, value)| value.len() > 100 && value.ends_with('…')));
    }
}
