//! A profile that fits a schema.

use std::collections::{BTreeMap, BTreeSet};

use crate::relationship::{DefinitionName, RelationName};

/// What the lifecycle calls mean in a schema: which definition a type of resource is, which relation its owner, which
/// permission an operation.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(in crate::lifecycle) principal: PrincipalProfile,
    pub(in crate::lifecycle) tombstone: TombstoneProfile,
    /// Roles by the word for giving them.
    pub(in crate::lifecycle) grants: BTreeMap<String, String>,
    /// Roles by the word for taking them away.
    pub(in crate::lifecycle) revocations: BTreeMap<String, String>,
    pub(in crate::lifecycle) resources: BTreeMap<String, ResourceProfile>,
    /// Every operation of any resource.
    pub(in crate::lifecycle) operations: BTreeSet<String>,
}

/// What a principal is.
#[derive(Debug, Clone)]
pub(in crate::lifecycle) struct PrincipalProfile {
    /// The field that says which identity a principal has.
    pub(in crate::lifecycle) type_field: String,
    /// At least one.
    pub(in crate::lifecycle) identities: Vec<IdentityProfile>,
    /// The field that names the account.
    pub(in crate::lifecycle) account_field: String,
    /// The definition of accounts.
    pub(in crate::lifecycle) tenant: DefinitionName,
    /// What whoever acts in an account has on it.
    pub(in crate::lifecycle) member: RelationName,
}

/// One way to be somebody.
#[derive(Debug, Clone)]
pub(in crate::lifecycle) struct IdentityProfile {
    /// The field that holds the id.
    pub(in crate::lifecycle) field: String,
    /// What the identity is called.
    pub(in crate::lifecycle) kind: String,
    /// The definition of its subjects.
    pub(in crate::lifecycle) definition: DefinitionName,
}

/// Where deregistered resources are remembered.
#[derive(Debug, Clone)]
pub(in crate::lifecycle) struct TombstoneProfile {
    pub(in crate::lifecycle) definition: DefinitionName,
    /// The account of what had been registered.
    pub(in crate::lifecycle) registered: RelationName,
    /// The account that deregistered what had not been.
    pub(in crate::lifecycle) unregistered: RelationName,
}

/// A type of resource.
#[derive(Debug, Clone)]
pub(in crate::lifecycle) struct ResourceProfile {
    /// What clients call it.
    pub(in crate::lifecycle) kind: String,
    pub(in crate::lifecycle) definition: DefinitionName,
    pub(in crate::lifecycle) tenant: RelationName,
    pub(in crate::lifecycle) owner: RelationName,
    pub(in crate::lifecycle) roles: BTreeMap<String, RelationName>,
    pub(in crate::lifecycle) parents: Vec<ParentProfile>,
    /// Whether it is closed without a parent.
    pub(in crate::lifecycle) needs_parent: bool,
    /// Permissions by operation.
    pub(in crate::lifecycle) operations: BTreeMap<String, String>,
    /// Permissions of the tenant by operation on any resource.
    pub(in crate::lifecycle) any: BTreeMap<String, String>,
}

/// What a parent may be.
#[derive(Debug, Clone)]
pub(in crate::lifecycle) struct ParentProfile {
    /// The parent's type of resource.
    pub(in crate::lifecycle) kind: String,
    /// The relation that a child has to it.
    pub(in crate::lifecycle) relation: RelationName,
    /// The permission on the parent that whoever registers a child must have.
    pub(in crate::lifecycle) requires: Option<String>,
}

impl Profile {
    /// What the identities of principals are called, the first one being that of whoever says nothing else.
    pub fn identity_kinds(&self) -> Vec<String> {
        self.principal.identities.iter().map(|identity| identity.kind.clone()).collect()
    }

    /// The types of resources, as clients call them.
    pub fn resource_kinds(&self) -> impl Iterator<Item = &str> {
        self.resources.keys().map(String::as_str)
    }

    /// Whether any resource has an operation.
    pub(in crate::lifecycle) fn has_operation(&self, operation: &str) -> bool {
        self.operations.contains(operation)
    }
}
