//! A group with 81 subgroups, each with a child; the user is in the last child.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "check_wide_groups",
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
    let mut relationships = vec!["resource:page#viewer@group:eng#member".to_owned()];
    for subgroup in (11..=99).filter(|subgroup| subgroup % 10 != 0) {
        relationships.push(format!("group:eng#member@group:eng-{subgroup}#member"));
    }
    for subgroup in 1..=99 {
        relationships.push(format!("group:eng-{subgroup}#member@group:eng-{subgroup}-1#member"));
    }
    relationships.push("group:eng-99-1#member@user:tom".to_owned());
    relationships
}
