//! A group in a hundred others, each of them in one more, and that in a third.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "wide_groups",
    schema: "
        definition user {}
        definition group {
            relation member: user | group#member
        }
        definition resource {
            relation viewer: user | group#member
            permission view = viewer
        }",
    relationships,
    question: ["resource:page", "view", "user:tom"],
    denied: "user:eve",
};

fn relationships() -> Vec<String> {
    let mut relationships: Vec<_> = [
        "group:first#member@user:tom",
        "group:second#member@group:first#member",
        "group:third#member@group:second#member",
        "resource:page#viewer@group:third#member",
        "resource:other#viewer@group:wide3-99#member",
        "resource:last#viewer@user:sarah",
    ]
    .map(str::to_owned)
    .to_vec();
    for group in 0..100 {
        relationships.push(format!("group:wide1-{group}#member@group:first#member"));
        relationships.push(format!("group:wide2-{group}#member@group:wide1-{group}#member"));
        relationships.push(format!("group:wide3-{group}#member@group:wide2-{group}#member"));
    }
    relationships
}
