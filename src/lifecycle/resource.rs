//! What is asked about: one resource, or any of a type.

use std::fmt;

use crate::relationship::{
    Object, ObjectId, RelationName, Relationship, RelationshipFilter, Subject, SubjectFilter,
    SubjectIdFilter, SubjectRelationFilter,
};

use super::error::{InvalidRequest, shown};
use super::profile::{Profile, ResourceProfile};
use super::selector;

/// The selector of any resource of a type.
const ANY: &str = "*";

/// A resource in a client's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceName<'name> {
    /// Its type, as the profile has it.
    pub kind: &'name str,
    /// What the application calls it.
    pub selector: &'name str,
}

impl fmt::Display for ResourceName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind, self.selector)
    }
}

/// One resource.
#[derive(Debug, Clone)]
pub(super) struct Resource<'profile> {
    pub(super) profile: &'profile ResourceProfile,
    pub(super) object: Object,
    /// What remains of it once it is deregistered.
    pub(super) tombstone: Object,
}

/// What a check asks about.
#[derive(Debug, Clone)]
pub(super) enum Target<'profile> {
    /// Any resource of a type, such as one that is to be made.
    Any(&'profile ResourceProfile),
    One(Box<Resource<'profile>>),
}

/// Finds a type of resource; `field` is where the request names it.
pub(super) fn kind<'profile>(
    profile: &'profile Profile,
    kind: &str,
    field: &str,
) -> Result<&'profile ResourceProfile, InvalidRequest> {
    profile.resources.get(kind).ok_or_else(|| unknown_kind(profile, kind, field.to_owned()))
}

fn unknown_kind(profile: &Profile, kind: &str, field: String) -> InvalidRequest {
    InvalidRequest::UnknownKind {
        field,
        kind: shown(kind),
        known: profile.resources.keys().cloned().collect(),
    }
}

/// Finds one resource; `field` is where the request names it.
pub(super) fn resource<'profile>(
    profile: &'profile Profile,
    name: ResourceName<'_>,
    field: &'static str,
) -> Result<Resource<'profile>, InvalidRequest> {
    match target(profile, name, field)? {
        Target::One(resource) => Ok(*resource),
        Target::Any(_) => Err(InvalidRequest::AnyResource { field }),
    }
}

/// Finds what a check asks about.
pub(super) fn target<'profile>(
    profile: &'profile Profile,
    name: ResourceName<'_>,
    field: &'static str,
) -> Result<Target<'profile>, InvalidRequest> {
    let kind = profile.resources.get(name.kind);
    let kind = kind.ok_or_else(|| unknown_kind(profile, name.kind, format!("{field}.type")))?;
    if name.selector == ANY {
        return Ok(Target::Any(kind));
    }
    let id = selector::encode(name.selector).map_err(|problem| {
        let field = format!("{field}.selector");
        InvalidRequest::Id { field, problem }
    })?;
    Ok(Target::One(Box::new(Resource::new(profile, kind, id)?)))
}

impl<'profile> Resource<'profile> {
    pub(super) fn new(
        profile: &Profile,
        kind: &'profile ResourceProfile,
        id: ObjectId,
    ) -> Result<Self, InvalidRequest> {
        let of_tombstone = ObjectId::new(format!("{}/{id}", kind.definition));
        let too_long =
            |_| InvalidRequest::Id { field: "selector".to_owned(), problem: selector::InvalidId::TooLong };
        let tombstone =
            Object { definition: profile.tombstone.definition.clone(), id: of_tombstone.map_err(too_long)? };
        let object = Object { definition: kind.definition.clone(), id };
        Ok(Self { profile: kind, object, tombstone })
    }

    /// The resource in its application's words.
    pub(super) fn selector(&self) -> String {
        selector::decode(self.object.id.as_str())
    }

    /// The relationship that has the resource in an account.
    pub(super) fn in_tenant(&self, tenant: &Object) -> Relationship {
        self.related(&self.profile.tenant, Subject::Object(tenant.clone()))
    }

    pub(super) fn related(&self, relation: &RelationName, subject: Subject) -> Relationship {
        Relationship::new(self.object.clone(), relation.clone(), subject)
    }

    /// Its relationships as resource, those of one relation if one is given.
    pub(super) fn filter(&self, relation: Option<&RelationName>) -> RelationshipFilter {
        of_resource(&self.object, relation)
    }

    /// Its relationships as subject, in whatever form.
    pub(super) fn filter_as_subject(&self) -> RelationshipFilter {
        let subject = SubjectFilter {
            definition: self.object.definition.clone(),
            id: Some(SubjectIdFilter::Object(self.object.id.clone())),
            relation: SubjectRelationFilter::Any,
        };
        RelationshipFilter { subject: Some(subject), ..RelationshipFilter::default() }
    }
}

impl fmt::Display for Resource<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let selector = self.selector();
        ResourceName { kind: &self.profile.kind, selector: &selector }.fmt(formatter)
    }
}

/// What has an object as its resource.
pub(super) fn of_resource(object: &Object, relation: Option<&RelationName>) -> RelationshipFilter {
    RelationshipFilter {
        resource_definition: Some(object.definition.clone()),
        resource_id: Some(object.id.clone()),
        relation: relation.cloned(),
        ..RelationshipFilter::default()
    }
}

/// One relationship, on whatever terms.
pub(super) fn exactly(relationship: &Relationship) -> RelationshipFilter {
    let Relationship { resource, relation, subject, .. } = relationship;
    let form = match subject.relation() {
        Some(relation) => SubjectRelationFilter::Named(relation.clone()),
        None => SubjectRelationFilter::Ellipsis,
    };
    let id = match subject {
        Subject::Object(object) | Subject::Userset(object, _) => SubjectIdFilter::Object(object.id.clone()),
        Subject::Wildcard(_) => SubjectIdFilter::Wildcard,
    };
    let subject = SubjectFilter { definition: subject.definition().clone(), id: Some(id), relation: form };
    RelationshipFilter { subject: Some(subject), ..of_resource(resource, Some(relation)) }
}
