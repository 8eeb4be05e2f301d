//! 499 resources of one organization: a viewer who is also a reader there, and not banned.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "lookup_intersection",
    schema: "
        definition user {}
        definition organization {
            relation reader: user
            relation banned: user
            permission read = reader - banned
        }
        definition resource {
            relation viewer: user
            relation organization: organization
            permission read = organization->read
            permission view = viewer & read
        }",
    relationships,
    question: ["resource:1", "view", "user:tom"],
    denied: "user:eve",
};

fn relationships() -> Vec<String> {
    let resource = |resource: usize| {
        [
            format!("resource:{resource}#viewer@user:tom"),
            format!("resource:{resource}#organization@organization:one"),
        ]
    };
    let readers = ["organization:one#reader@user:tom", "organization:one#reader@user:eve"];
    readers.into_iter().map(str::to_owned).chain((1..=499).flat_map(resource)).collect()
}
