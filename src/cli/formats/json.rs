//! A relationship as JSON: `authzed.api.v1.Relationship` in protobuf's own JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::relationship::{
    CaveatName, ContextualizedCaveat, DefinitionName, Object, ObjectId, RelationName, Relationship, Subject,
};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RelationshipForm {
    resource: ObjectForm,
    relation: String,
    subject: SubjectForm,
    #[serde(default, alias = "optional_caveat", skip_serializing_if = "Option::is_none")]
    optional_caveat: Option<CaveatForm>,
    #[serde(default, alias = "optional_expires_at", skip_serializing_if = "Option::is_none")]
    optional_expires_at: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ObjectForm {
    #[serde(alias = "object_type")]
    object_type: String,
    #[serde(alias = "object_id")]
    object_id: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubjectForm {
    object: ObjectForm,
    #[serde(default, alias = "optional_relation", skip_serializing_if = "String::is_empty")]
    optional_relation: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaveatForm {
    #[serde(alias = "caveat_name")]
    caveat_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<Map<String, Value>>,
}

/// The relationship of a line, or what is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<Relationship, String> {
    let form: RelationshipForm = serde_json::from_slice(line).map_err(|error| {
        // It is always the first line of the line.
        error.to_string().replace(" at line 1 column ", " at column ")
    })?;
    form.relationship()
}

/// Adds a relationship as a line.
pub(super) fn write(relationship: &Relationship, lines: &mut Vec<u8>) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *lines, &RelationshipForm::of(relationship)?)?;
    lines.push(b'\n');
    Ok(())
}

impl RelationshipForm {
    fn relationship(self) -> Result<Relationship, String> {
        let SubjectForm { object, optional_relation } = self.subject;
        let subject = match (object.object_id.as_str(), optional_relation.as_str()) {
            ("*", "" | "...") => Subject::Wildcard(definition(object.object_type)?),
            ("*", _) => return Err("the wildcard `*` takes no subject relation".to_owned()),
            (_, "" | "...") => Subject::Object(object.object()?),
            _ => Subject::Userset(object.object()?, relation(optional_relation)?),
        };
        let mut relationship = Relationship::new(self.resource.object()?, relation(self.relation)?, subject);
        if let Some(CaveatForm { caveat_name, context }) = self.optional_caveat {
            let context_json = match context {
                Some(context) if !context.is_empty() => Value::Object(context).to_string(),
                _ => String::new(),
            };
            let name = CaveatName::new(caveat_name).map_err(|problem| problem.to_string())?;
            relationship.caveat = Some(ContextualizedCaveat { name, context_json });
        }
        if let Some(expires_at) = self.optional_expires_at {
            let expires_at = expires_at.parse().map_err(|problem| format!("optionalExpiresAt: {problem}"))?;
            relationship.expires_at = Some(expires_at);
        }
        Ok(relationship)
    }

    fn of(relationship: &Relationship) -> serde_json::Result<Self> {
        let Relationship { resource, relation, subject, caveat, expires_at } = relationship;
        let caveat_form = |ContextualizedCaveat { name, context_json }: &ContextualizedCaveat| {
            let context = match context_json.as_str() {
                "" => None,
                text => Some(serde_json::from_str(text)?),
            };
            Ok(CaveatForm { caveat_name: name.to_string(), context })
        };
        Ok(Self {
            resource: ObjectForm::of(resource.definition.as_str(), resource.id.as_str()),
            relation: relation.to_string(),
            subject: SubjectForm {
                object: ObjectForm::of(subject.definition().as_str(), subject.id()),
                optional_relation: subject.relation().map(ToString::to_string).unwrap_or_default(),
            },
            optional_caveat: caveat.as_ref().map(caveat_form).transpose()?,
            optional_expires_at: expires_at.map(|expires_at| expires_at.to_string()),
        })
    }
}

impl ObjectForm {
    fn of(object_type: &str, object_id: &str) -> Self {
        Self { object_type: object_type.to_owned(), object_id: object_id.to_owned() }
    }

    fn object(self) -> Result<Object, String> {
        let id = ObjectId::new(self.object_id).map_err(|problem| problem.to_string())?;
        Ok(Object { definition: definition(self.object_type)?, id })
    }
}

fn definition(name: String) -> Result<DefinitionName, String> {
    DefinitionName::new(name).map_err(|problem| problem.to_string())
}

fn relation(name: String) -> Result<RelationName, String> {
    RelationName::new(name).map_err(|problem| problem.to_string())
}
