//! Ten files in 30 groups each, of 97 groups with 20 of 997 users each.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "wide_arrow",
    schema: "
        definition user {}
        definition group {
            relation member: user
        }
        definition file {
            relation group: group
            relation view: user
            permission viewer = view + group->member
        }",
    relationships,
    question: ["file:0", "viewer", "user:570"],
    denied: "user:eve",
};

fn relationships() -> Vec<String> {
    let file =
        |file: usize| (0..30).map(move |step| format!("file:{file}#group@group:{}", step * (file + 1) % 97));
    let group = |group: usize| {
        (0..20).map(move |step| format!("group:{group}#member@user:{}", step * (group + 1) % 997))
    };
    (0..10).flat_map(file).chain((0..97).flat_map(group)).collect()
}
