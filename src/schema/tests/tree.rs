//! What the tree keeps for tools that come after the compiler.

use crate::schema::parser::parse;
use crate::schema::tree::{Item, Member};

#[test]
fn comments_are_kept_with_what_they_stand_before() {
    let text = "// one\ndefinition user {} // two\n/* three */ /* four */\ndefinition doc {\n  // five\n  relation viewer: user // six\n}\n// seven\n";
    let (file, diagnostics) = parse(text);
    assert!(diagnostics.is_empty());
    let comments = |range: std::ops::Range<usize>| -> Vec<&str> {
        file.comments[range].iter().map(|comment| comment.of(text)).collect()
    };
    assert_eq!(comments(0..7).len(), 7);
    let [Item::Definition(user), Item::Definition(doc)] = &file.items[..] else { panic!("{file:?}") };
    assert_eq!(comments(user.comments.clone()), ["// one"]);
    assert_eq!(comments(doc.comments.clone()), ["/* three */", "/* four */"]);
    let [Member::Relation(viewer)] = &doc.members[..] else { panic!("{doc:?}") };
    assert_eq!(comments(viewer.comments.clone()), ["// five"]);
}

#[test]
fn tree_keeps_what_could_be_read_beside_the_errors() {
    let (file, diagnostics) =
        parse("definition user {\n relation\n relation owner: user\n}\ndefinition {}\ndefinition doc {}");
    assert!(!diagnostics.is_empty());
    let [Item::Definition(user), Item::Definition(_)] = &file.items[..] else { panic!("{file:?}") };
    assert_eq!(user.members.len(), 1);
}
