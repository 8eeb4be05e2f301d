//! Facts about stored conditions.

use crate::relationship::{CaveatName, ContextualizedCaveat};

use super::super::Condition;
use super::{Budget, Verdict, caveat};

fn condition(context: &str) -> Condition {
    let name = CaveatName::new("c").unwrap();
    Condition::new(ContextualizedCaveat { name, context_json: context.into() })
}

#[test]
fn a_context_is_bound_once_for_one_signature() {
    let condition = condition(r#"{"i": 1}"#);
    let first = caveat("i int", "i == 1");
    let same = caveat("i int", "i == 2");
    let other = caveat("i string, j int", "i == '1' && j == 1");
    let bound = |caveat| std::ptr::from_ref(condition.bindings(caveat).unwrap().as_ref());
    assert_eq!(bound(&first), bound(&first));
    assert_eq!(bound(&first), bound(&same));
    assert_eq!(bound(&first), bound(&first));
    assert!(condition.bindings(&other).is_err());
    let stored = condition.bindings(&first).unwrap();
    let verdict = first.evaluate(Some(&stored.bindings), None, &mut Budget::default());
    assert_eq!(verdict, Ok(Verdict::True));
}

#[test]
fn a_condition_without_context_says_so() {
    assert!(condition("").is_context_free());
    assert!(condition("{}").is_context_free());
    assert!(!condition(r#"{"i": 1}"#).is_context_free());
}

#[test]
fn a_context_that_cannot_be_read_is_an_error() {
    assert!(condition("not JSON").bindings(&caveat("i int", "i == 1")).is_err());
}
