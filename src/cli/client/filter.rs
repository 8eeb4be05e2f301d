//! Which relationships are meant: by flags, or as text such as `agent:planner#owner@user`.

use std::str::FromStr;

use clap::Args;

use crate::relationship::{DefinitionName, MalformedValue, ObjectId, ObjectIdPrefix, RelationName};
use crate::server::wire::v1;
use crate::server::wire::v1::subject_filter::RelationFilter;

/// A filter as text: `TYPE[:ID][#RELATION][@TYPE[:ID][#RELATION]]`. An id that ends in `*` stands for all that begin so; a
/// subject's relation `...` means subjects without one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Filter(v1::RelationshipFilter);

/// Which relationships are meant.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct FilterFlags {
    /// The filter as text: TYPE[:ID][#RELATION][@TYPE[:ID][#RELATION]], such as agent:planner#owner@user
    #[arg(
        long,
        value_name = "FILTER",
        help_heading = "Filter",
        conflicts_with_all = [
            "resource_type", "resource_id", "resource_id_prefix", "relation", "subject_type", "subject_id",
            "subject_relation",
        ]
    )]
    filter: Option<Filter>,
    /// The resource's type
    #[arg(long, value_name = "TYPE", help_heading = "Filter")]
    resource_type: Option<DefinitionName>,
    /// The resource's id
    #[arg(long, value_name = "ID", help_heading = "Filter", conflicts_with = "resource_id_prefix")]
    resource_id: Option<ObjectId>,
    /// What the resource's id begins with
    #[arg(long, value_name = "PREFIX", help_heading = "Filter")]
    resource_id_prefix: Option<ObjectIdPrefix>,
    /// The relation
    #[arg(long, value_name = "RELATION", help_heading = "Filter")]
    relation: Option<RelationName>,
    /// The subject's type
    #[arg(long, value_name = "TYPE", help_heading = "Filter")]
    subject_type: Option<DefinitionName>,
    /// The subject's id, or * for everyone of its type as a subject
    #[arg(long, value_name = "ID", help_heading = "Filter", requires = "subject_type", value_parser = subject_id)]
    subject_id: Option<String>,
    /// The subject's relation, or ... for subjects without one
    #[arg(
        long,
        value_name = "RELATION",
        help_heading = "Filter",
        requires = "subject_type",
        value_parser = subject_relation
    )]
    subject_relation: Option<String>,
}

impl FilterFlags {
    /// The filter as the API writes it; none if no flag is given.
    pub(in crate::cli) fn to_wire(&self) -> Option<v1::RelationshipFilter> {
        if let Some(Filter(filter)) = &self.filter {
            return Some(filter.clone());
        }
        let filter = v1::RelationshipFilter {
            resource_type: text(self.resource_type.as_ref()),
            optional_resource_id: text(self.resource_id.as_ref()),
            optional_resource_id_prefix: text(self.resource_id_prefix.as_ref()),
            optional_relation: text(self.relation.as_ref()),
            optional_subject_filter: self.subject_type.as_ref().map(|subject_type| v1::SubjectFilter {
                subject_type: subject_type.to_string(),
                optional_subject_id: self.subject_id.clone().unwrap_or_default(),
                optional_relation: self.subject_relation.as_deref().map(relation_filter),
            }),
        };
        (filter != v1::RelationshipFilter::default()).then_some(filter)
    }
}

impl Filter {
    /// As the API writes it.
    pub(in crate::cli) fn to_wire(&self) -> v1::RelationshipFilter {
        self.0.clone()
    }
}

fn text(name: Option<&impl ToString>) -> String {
    name.map(ToString::to_string).unwrap_or_default()
}

fn subject_id(text: &str) -> Result<String, MalformedValue> {
    if text == "*" { Ok(text.to_owned()) } else { ObjectId::new(text).map(String::from) }
}

fn subject_relation(text: &str) -> Result<String, MalformedValue> {
    if text == "..." { Ok(text.to_owned()) } else { RelationName::new(text).map(String::from) }
}

/// The API's filter of no relation is an empty one.
fn relation_filter(relation: &str) -> RelationFilter {
    let relation = if relation == "..." { "" } else { relation };
    RelationFilter { relation: relation.to_owned() }
}

impl FromStr for Filter {
    type Err = MalformedValue;

    fn from_str(text: &str) -> Result<Self, MalformedValue> {
        // `@` may occur in ids, too: a subject begins at the first behind which there is one, and before which there is a
        // resource.
        for (at, _) in text.match_indices('@') {
            let (before, subject) = (&text[..at], &text[at + 1..]);
            if let (Ok(resource), Ok(subject)) = (resource(before), subject_filter(subject)) {
                return Ok(Self(v1::RelationshipFilter {
                    optional_subject_filter: Some(subject),
                    ..resource
                }));
            }
        }
        let filter = resource(text)?;
        // Not everything there is.
        if filter == v1::RelationshipFilter::default() {
            DefinitionName::new(text)?;
        }
        Ok(Self(filter))
    }
}

/// `TYPE[:ID][#RELATION]`, of which there may be nothing.
fn resource(text: &str) -> Result<v1::RelationshipFilter, MalformedValue> {
    let mut filter = v1::RelationshipFilter::default();
    let (object, relation) = split(text, '#');
    let (resource_type, id) = split(object, ':');
    if !resource_type.is_empty() || id.is_some() {
        filter.resource_type = DefinitionName::new(resource_type)?.into();
    }
    match id.map(|id| (id, id.strip_suffix('*'))) {
        Some((_, Some(prefix))) => filter.optional_resource_id_prefix = ObjectIdPrefix::new(prefix)?.into(),
        Some((id, None)) => filter.optional_resource_id = ObjectId::new(id)?.into(),
        None => {}
    }
    if let Some(relation) = relation {
        filter.optional_relation = RelationName::new(relation)?.into();
    }
    Ok(filter)
}

/// `TYPE[:ID][#RELATION]`, of a subject.
fn subject_filter(text: &str) -> Result<v1::SubjectFilter, MalformedValue> {
    let (object, relation) = split(text, '#');
    let (subject_type, id) = split(object, ':');
    Ok(v1::SubjectFilter {
        subject_type: DefinitionName::new(subject_type)?.into(),
        optional_subject_id: id.map(subject_id).transpose()?.unwrap_or_default(),
        optional_relation: relation.map(subject_relation).transpose()?.as_deref().map(relation_filter),
    })
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let Filter(filter) = text.parse().ok()?;
        let subject = filter.optional_subject_filter.map(|subject| {
            let relation = subject.optional_relation.map(|relation| format!(" rel={:?}", relation.relation));
            format!(
                " @{}/{}{}",
                subject.subject_type,
                subject.optional_subject_id,
                relation.unwrap_or_default()
            )
        });
        Some(format!(
            "{}/{}/{}/{}{}",
            filter.resource_type,
            filter.optional_resource_id,
            filter.optional_resource_id_prefix,
            filter.optional_relation,
            subject.unwrap_or_default()
        ))
    }

    #[test]
    fn every_part_but_one_can_be_left_out() {
        for (text, expected) in [
            ("agent", "agent///"),
            ("agent:a1", "agent/a1//"),
            ("agent:a*", "agent//a/"),
            ("agent:a@b.c#owner@user", "agent/a@b.c//owner @user/"),
            ("agent#owner", "agent///owner"),
            ("agent:a@group:eng#member", "agent/a// @group/eng rel=\"member\""),
            ("agent:a#owner@user:x@y.z", "agent/a//owner @user/x@y.z"),
            ("agent:a@b.c", "agent/a@b.c//"),
            ("agent@user:*", "agent/// @user/*"),
            ("#owner@group:eng#member", "///owner @group/eng rel=\"member\""),
            ("#owner", "///owner"),
            ("@user:ana#...", "/// @user/ana rel=\"\""),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in
            ["", ":a1", "Agent", "agent:", "agent:a b", "agent#x", "agent@", "agent@user#", "agent@user:"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
