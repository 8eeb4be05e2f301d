//! Whether a profile fits a schema.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::engine::{Described, View};
use crate::relationship::{DefinitionName, RelationName};

use super::document::{Document, IdentityForm, Name, ParentForm, PrincipalForm, ResourceForm, line_of};
use super::error::{ProfileError, ProfileProblem};
use super::model::{
    IdentityProfile, ParentProfile, PrincipalProfile, Profile, ResourceProfile, TombstoneProfile,
};

/// Looks names up in the schema, and tells on which line of the profile one is wrong.
pub(super) struct Fitting<'view> {
    pub(super) file: &'view Path,
    pub(super) view: &'view View,
}

type Fitted<T> = Result<T, ProfileError>;

impl Fitting<'_> {
    pub(super) fn profile(&self, document: &Document) -> Fitted<Profile> {
        let principal = self.principal(&document.principal)?;
        let tombstone = TombstoneProfile {
            definition: self.definition(&document.tombstone.definition)?,
            registered: self.relation(
                &document.tombstone.definition,
                &document.tombstone.registered,
                &[&principal.tenant],
            )?,
            unregistered: self.relation(
                &document.tombstone.definition,
                &document.tombstone.unregistered,
                &[&principal.tenant],
            )?,
        };
        if tombstone.registered == tombstone.unregistered {
            return Err(self.twice(&document.tombstone.unregistered, "relation"));
        }
        let mut definitions = BTreeSet::from([tombstone.definition.clone()]);
        let mut resources = BTreeMap::new();
        for (kind, form) in &document.resources {
            let resource = self.resource(kind, &form.value, &principal, document)?;
            if !definitions.insert(resource.definition.clone()) {
                return Err(self.twice(&form.value.definition, "definition"));
            }
            resources.insert(kind.clone(), resource);
        }
        if resources.is_empty() {
            return Err(ProfileError::new(self.file, 0, ProfileProblem::Empty("resources")));
        }
        self.check_roles(&document.grants, &resources)?;
        self.check_roles(&document.revocations, &resources)?;
        let operations =
            resources.values().flat_map(|resource| resource.operations.keys().chain(resource.any.keys()));
        let operations = operations.cloned().collect();
        let words = |roles: &BTreeMap<String, Name>| {
            roles.iter().map(|(word, role)| (word.clone(), role.value.clone())).collect()
        };
        let (grants, revocations) = (words(&document.grants), words(&document.revocations));
        Ok(Profile { principal, tombstone, grants, revocations, resources, operations })
    }

    fn principal(&self, form: &PrincipalForm) -> Fitted<PrincipalProfile> {
        let tenant = self.definition(&form.account.definition)?;
        self.known(&form.account.definition, &form.account.member)?;
        let member = self.relation_name(&form.account.member)?;
        let mut fields = BTreeSet::from([form.type_field.value.as_str(), form.account.field.value.as_str()]);
        let mut kinds = BTreeSet::new();
        let mut identities = Vec::with_capacity(form.identities.len());
        for IdentityForm { field, kind, definition } in &form.identities {
            if !fields.insert(&field.value) {
                return Err(self.twice(field, "field"));
            }
            if !kinds.insert(&kind.value) {
                return Err(self.twice(kind, "type"));
            }
            let definition = self.definition(definition)?;
            identities.push(IdentityProfile {
                field: field.value.clone(),
                kind: kind.value.clone(),
                definition,
            });
        }
        if identities.is_empty() {
            let line = line_of(&form.type_field);
            return Err(ProfileError::new(self.file, line, ProfileProblem::Empty("identities")));
        }
        let type_field = form.type_field.value.clone();
        let account_field = form.account.field.value.clone();
        Ok(PrincipalProfile { type_field, identities, account_field, tenant, member })
    }

    fn resource(
        &self,
        kind: &str,
        form: &ResourceForm,
        principal: &PrincipalProfile,
        document: &Document,
    ) -> Fitted<ResourceProfile> {
        let definition = self.definition(&form.definition)?;
        let subjects: Vec<_> = principal.identities.iter().map(|identity| &identity.definition).collect();
        let tenant = self.relation(&form.definition, &form.tenant, &[&principal.tenant])?;
        let owner = self.relation(&form.definition, &form.owner, &subjects)?;
        let mut roles = BTreeMap::new();
        for (role, name) in &form.roles {
            roles.insert(role.clone(), self.relation(&form.definition, name, &subjects)?);
        }
        if form.needs_parent && form.parents.is_empty() {
            let problem = ProfileProblem::NeedsNoParent(kind.to_owned());
            return Err(ProfileError::new(self.file, line_of(&form.definition), problem));
        }
        let parents: Result<_, _> =
            form.parents.iter().map(|parent| self.parent(&form.definition, parent, document)).collect();
        let permissions = |definition: &Name, operations: &BTreeMap<String, Name>| {
            let fitted = operations.iter().map(|(operation, permission)| {
                self.known(definition, permission)?;
                Ok((operation.clone(), permission.value.clone()))
            });
            fitted.collect::<Fitted<BTreeMap<_, _>>>()
        };
        Ok(ResourceProfile {
            kind: kind.to_owned(),
            definition,
            tenant,
            owner,
            roles,
            parents: parents?,
            needs_parent: form.needs_parent,
            operations: permissions(&form.definition, &form.operations)?,
            any: permissions(&document.principal.account.definition, &form.any)?,
        })
    }

    fn parent(&self, child: &Name, form: &ParentForm, document: &Document) -> Fitted<ParentProfile> {
        let Some(parent) = document.resources.get(&form.kind.value) else {
            let problem = ProfileProblem::UnknownResource(form.kind.value.clone());
            return Err(ProfileError::new(self.file, line_of(&form.kind), problem));
        };
        let definition = self.definition(&parent.value.definition)?;
        let relation = self.relation(child, &form.relation, &[&definition])?;
        let requires = form.requires.as_ref().map(|operation| {
            let permission = parent.value.operations.get(&operation.value);
            permission.map(|permission| permission.value.clone()).ok_or_else(|| {
                let (resource, operation_name) = (form.kind.value.clone(), operation.value.clone());
                let problem = ProfileProblem::UnknownOperation { resource, operation: operation_name };
                ProfileError::new(self.file, line_of(operation), problem)
            })
        });
        Ok(ParentProfile { kind: form.kind.value.clone(), relation, requires: requires.transpose()? })
    }

    /// Whether every resource has the roles.
    fn check_roles(
        &self,
        roles: &BTreeMap<String, Name>,
        resources: &BTreeMap<String, ResourceProfile>,
    ) -> Fitted<()> {
        for role in roles.values() {
            if let Some(resource) =
                resources.values().find(|resource| !resource.roles.contains_key(&role.value))
            {
                let (resource, name) = (resource.kind.clone(), role.value.clone());
                let problem = ProfileProblem::UnknownRole { resource, role: name };
                return Err(ProfileError::new(self.file, line_of(role), problem));
            }
        }
        Ok(())
    }

    fn definition(&self, name: &Name) -> Fitted<DefinitionName> {
        self.view.check_definition(&name.value).map_err(|unknown| self.problem(name, unknown))?;
        DefinitionName::new(name.value.as_str()).map_err(|malformed| self.problem(name, malformed))
    }

    /// What a name of a definition stands for; it has to stand for something.
    fn known(&self, definition: &Name, name: &Name) -> Fitted<Described> {
        self.view.describe(&definition.value, &name.value).map_err(|unknown| self.problem(name, unknown))
    }

    /// A relation to which relationships with such subjects are written.
    fn relation(&self, definition: &Name, name: &Name, subjects: &[&DefinitionName]) -> Fitted<RelationName> {
        let (of, relation) = (definition.value.clone(), name.value.clone());
        if self.known(definition, name)? == Described::Permission {
            let problem = ProfileProblem::Permission { definition: of, name: relation };
            return Err(self.problem(name, problem));
        }
        let refused = subjects.iter().find(|subject| !self.view.admits(&of, &relation, subject.as_str()));
        if let Some(subject) = refused {
            let subject = subject.to_string();
            return Err(self.problem(name, ProfileProblem::NotAdmitted { definition: of, relation, subject }));
        }
        self.relation_name(name)
    }

    fn relation_name(&self, name: &Name) -> Fitted<RelationName> {
        RelationName::new(name.value.as_str()).map_err(|malformed| self.problem(name, malformed))
    }

    fn twice(&self, name: &Name, what: &'static str) -> ProfileError {
        self.problem(name, ProfileProblem::Twice { what, name: name.value.clone() })
    }

    fn problem(&self, name: &Name, problem: impl Into<ProfileProblem>) -> ProfileError {
        ProfileError::new(self.file, line_of(name), problem)
    }
}
