//! Facts about values.

use super::super::entries::{Entries, MapKey};
use super::super::value::Value;

#[test]
fn a_value_takes_three_words() {
    assert_eq!(size_of::<Value>(), 24);
}

#[test]
fn of_several_values_of_a_key_the_last_counts() {
    let key = |text: &str| MapKey::String(text.into());
    let entries = [("b", 1), ("a", 2), ("b", 3), ("a", 4), ("b", 5)];
    let entries: Entries =
        entries.into_iter().map(|(text, number)| (key(text), Value::Int(number))).collect();
    assert_eq!(entries.len(), 2);
    assert!(matches!(entries.get(&key("a")), Some(Value::Int(4))));
    assert!(matches!(entries.get_text("b"), Some(Value::Int(5))));
    assert!(entries.get_text("c").is_none());
}

#[test]
fn whole_numbers_are_one_key_whatever_their_type() {
    assert_eq!(MapKey::of(&Value::Int(1)), MapKey::of(&Value::Uint(1)));
    assert_eq!(MapKey::of(&Value::Int(1)), MapKey::of(&Value::Double(1.0)));
    assert_eq!(
        MapKey::of(&Value::Double(18_446_744_073_709_549_568.0)),
        Some(MapKey::Uint(18_446_744_073_709_549_568))
    );
    assert_eq!(MapKey::of(&Value::Double(18_446_744_073_709_551_616.0)), None);
    assert_eq!(MapKey::of(&Value::Double(1.5)), None);
    assert_eq!(MapKey::of(&Value::Double(f64::NAN)), None);
    assert_eq!(MapKey::of(&Value::Null), None);
}
