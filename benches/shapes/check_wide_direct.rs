//! One resource with nine thousand direct users.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "check_wide_direct",
    schema: "
        definition user {}
        definition resource {
            relation viewer: user
            permission view = viewer
        }",
    relationships,
    question: ["resource:page", "view", "user:tom"],
    denied: "user:eve",
};

fn relationships() -> Vec<String> {
    let users = (0..9000).map(|user| format!("resource:page#viewer@user:u{user}"));
    users.chain(["resource:page#viewer@user:tom".to_owned()]).collect()
}
