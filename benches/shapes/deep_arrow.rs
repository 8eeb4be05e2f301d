//! A document under 31 others; the user may view the 29th.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "deep_arrow",
    schema: "
        definition user {}
        definition document {
            relation parent: document
            relation view: user
            permission viewer = view + parent->viewer
        }",
    relationships,
    question: ["document:0", "viewer", "user:slow"],
    denied: "user:eve",
};

fn relationships() -> Vec<String> {
    let chain = (0..31).map(|document| format!("document:{document}#parent@document:{}", document + 1));
    chain.chain(["document:29#view@user:slow".to_owned()]).collect()
}
