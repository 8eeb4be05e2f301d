//! Four relations into one permission, each of which takes users and several usersets of nested groups.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "lookup_same_types",
    schema: "
        definition user {}
        definition usergroup {
            relation direct_member: user | usergroup#member | usergroup#manager | usergroup#contributor
            relation contributor: user | usergroup#member | usergroup#manager | usergroup#contributor
            relation manager: user | usergroup#member | usergroup#manager
            permission member = direct_member + contributor + manager
        }
        definition resource {
            relation viewer: user | usergroup#member | usergroup#manager
            relation editor: user | usergroup#member | usergroup#manager
            relation creator: user | usergroup#member | usergroup#manager
            relation owner: user | usergroup#member | usergroup#manager
            permission view = viewer + editor + creator + owner
        }",
    relationships,
    question: ["resource:jira", "view", "user:an_engineer"],
    denied: "user:outsider",
};

/// An engineer of a product, in the applications, in engineering, which views both resources.
fn relationships() -> Vec<String> {
    [
        "usergroup:product#manager@user:a_manager",
        "usergroup:applications#manager@user:a_director",
        "usergroup:engineering#manager@user:cto",
        "usergroup:csuite#manager@user:ceo",
        "usergroup:product#direct_member@user:an_engineer",
        "usergroup:csuite#direct_member@user:cto",
        "usergroup:other#direct_member@user:outsider",
        "usergroup:engineering#direct_member@usergroup:applications#member",
        "usergroup:engineering#direct_member@usergroup:csuite#member",
        "usergroup:applications#direct_member@usergroup:product#member",
        "resource:prometheus#creator@user:an_engineer",
        "resource:prometheus#viewer@user:a_guest",
        "resource:prometheus#viewer@usergroup:engineering#member",
        "resource:jira#viewer@usergroup:engineering#member",
    ]
    .map(str::to_owned)
    .to_vec()
}
