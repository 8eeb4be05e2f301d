//! What an opening says of itself.

use super::Opening;

#[test]
fn progress_is_told_with_what_is_known_of_the_whole() {
    let opening = Opening::default();
    let told = || opening.progress().to_string();
    assert_eq!(told(), "the store is being opened");
    opening.add(100);
    assert_eq!(told(), "100 relationships are loaded so far");
    opening.expect(250);
    assert_eq!(told(), "100 of 250 relationships are loaded");
    opening.add(200);
    assert_eq!(told(), "300 of 300 relationships are loaded");
}
