//! An organization with nested groups and two resources, and whoever sees anything in it.

use super::Shape;

pub(super) const SHAPE: Shape = Shape {
    name: "share_with",
    schema: "
        definition user {}
        definition usergroup {
            relation manager: user | usergroup#member | usergroup#manager
            relation direct_member: user | usergroup#member | usergroup#manager
            permission member = direct_member + manager
        }
        definition resource {
            relation manager: user | usergroup#member | usergroup#manager
            relation viewer: user | usergroup#member | usergroup#manager
            permission view = viewer + manager
        }
        definition organization {
            relation group: usergroup
            relation resource: resource
            relation admin: user | usergroup#member | usergroup#manager
            permission member = admin + group->member
            permission person = admin + member + resource->view
        }",
    relationships,
    question: ["organization:acme", "person", "user:a_guest"],
    denied: "user:a_villain",
};

/// The guest views one resource; the villain manages a group that nothing refers to.
fn relationships() -> Vec<String> {
    [
        "usergroup:product#manager@user:a_manager",
        "usergroup:applications#manager@user:a_director",
        "usergroup:engineering#manager@user:cto",
        "usergroup:csuite#manager@user:ceo",
        "usergroup:product#direct_member@user:an_engineer",
        "usergroup:csuite#direct_member@user:cto",
        "usergroup:engineering#direct_member@usergroup:applications#member",
        "usergroup:engineering#direct_member@usergroup:csuite#member",
        "usergroup:applications#direct_member@usergroup:product#member",
        "usergroup:outside#manager@user:a_villain",
        "organization:acme#group@usergroup:csuite",
        "organization:acme#group@usergroup:product",
        "organization:acme#group@usergroup:applications",
        "organization:acme#group@usergroup:engineering",
        "organization:acme#resource@resource:prometheus",
        "organization:acme#resource@resource:jira",
        "organization:acme#admin@user:an_admin",
        "organization:acme#admin@usergroup:csuite#member",
        "resource:prometheus#manager@usergroup:product#member",
        "resource:prometheus#viewer@usergroup:engineering#member",
        "resource:prometheus#viewer@user:a_guest",
        "resource:jira#viewer@usergroup:engineering#member",
        "resource:jira#manager@usergroup:engineering#manager",
    ]
    .map(str::to_owned)
    .to_vec()
}
