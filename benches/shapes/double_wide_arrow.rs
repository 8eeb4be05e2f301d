//! Five files in 20 organizations each, of 97 with 10 groups each, of 299 with 20 of 499 users each.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "double_wide_arrow",
    schema: "
        definition user {}
        definition group {
            relation member: user
        }
        definition org {
            relation group: group
            permission member = group->member
        }
        definition file {
            relation org: org
            relation view: user
            permission viewer = view + org->member
        }",
    relationships,
    question: ["file:0", "viewer", "user:181"],
    denied: "user:eve",
};

fn relationships() -> Vec<String> {
    let file =
        |file: usize| (0..20).map(move |step| format!("file:{file}#org@org:{}", step * (file + 1) % 97));
    let org =
        |org: usize| (0..10).map(move |step| format!("org:{org}#group@group:{}", step * (org + 1) % 299));
    let group = |group: usize| {
        (0..20).map(move |step| format!("group:{group}#member@user:{}", step * (group + 1) % 499))
    };
    (0..5).flat_map(file).chain((0..97).flat_map(org)).chain((0..299).flat_map(group)).collect()
}
