//! Relationships as they are staged: the parts are borrowed from the bytes that encode them.

use serde::Deserialize;

use crate::relationship::{
    ContextualizedCaveat, MalformedValue, Object, RelationName, Relationship, Subject, Timestamp,
};

/// A staged relationship. Its parts are those of a [`Relationship`], whose rules they keep.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct StagedRelationship<'bytes> {
    /// What the relationship is about.
    #[serde(borrow)]
    pub resource: StagedObject<'bytes>,
    /// How the subject is related to the resource.
    pub relation: &'bytes str,
    /// Who is related to the resource.
    pub subject: StagedSubject<'bytes>,
    /// The condition under which it holds, if any.
    pub caveat: Option<StagedCaveat<'bytes>>,
    /// When it ceases to hold, if ever.
    pub expires_at: Option<Timestamp>,
}

/// An object of a staged relationship.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct StagedObject<'bytes> {
    /// Its type.
    pub definition: &'bytes str,
    /// Its id.
    pub id: &'bytes str,
}

/// The subject of a staged relationship.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum StagedSubject<'bytes> {
    /// One object.
    #[serde(borrow)]
    Object(StagedObject<'bytes>),
    /// Everyone who has a relation or permission on an object.
    Userset(StagedObject<'bytes>, &'bytes str),
    /// Every object of a type.
    Wildcard(&'bytes str),
}

/// The condition of a staged relationship.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct StagedCaveat<'bytes> {
    /// The caveat's name.
    pub name: &'bytes str,
    /// The stored context, a JSON object as text.
    pub context_json: &'bytes str,
}

impl StagedRelationship<'_> {
    /// The relationship on its own.
    pub fn to_relationship(self) -> Result<Relationship, MalformedValue> {
        let subject = match self.subject {
            StagedSubject::Object(object) => Subject::Object(object.to_object()?),
            StagedSubject::Userset(object, relation) => {
                Subject::Userset(object.to_object()?, relation.parse()?)
            }
            StagedSubject::Wildcard(definition) => Subject::Wildcard(definition.parse()?),
        };
        Ok(Relationship {
            resource: self.resource.to_object()?,
            relation: self.relation.parse::<RelationName>()?,
            subject,
            caveat: self.caveat.map(StagedCaveat::to_caveat).transpose()?,
            expires_at: self.expires_at,
        })
    }
}

impl StagedObject<'_> {
    fn to_object(self) -> Result<Object, MalformedValue> {
        Ok(Object { definition: self.definition.parse()?, id: self.id.parse()? })
    }
}

impl StagedCaveat<'_> {
    /// The condition on its own.
    pub fn to_caveat(self) -> Result<ContextualizedCaveat, MalformedValue> {
        Ok(ContextualizedCaveat { name: self.name.parse()?, context_json: self.context_json.to_owned() })
    }
}
