//! Which column of a CSV file is which field of a relationship.

use std::fmt;
use std::str::FromStr;

use csv::StringRecord;

use crate::relationship::{
    CaveatName, ContextualizedCaveat, DefinitionName, Object, ObjectId, RelationName, Relationship, Subject,
};

/// A field of a relationship, in the order of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    ResourceType,
    ResourceId,
    Relation,
    SubjectType,
    SubjectId,
    SubjectRelation,
    Caveat,
    CaveatContext,
    Expiration,
}

impl Field {
    pub(super) const ALL: [(Self, &'static str); 9] = [
        (Self::ResourceType, "resource_type"),
        (Self::ResourceId, "resource_id"),
        (Self::Relation, "relation"),
        (Self::SubjectType, "subject_type"),
        (Self::SubjectId, "subject_id"),
        (Self::SubjectRelation, "subject_relation"),
        (Self::Caveat, "caveat"),
        (Self::CaveatContext, "caveat_context"),
        (Self::Expiration, "expiration"),
    ];

    fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Whether there is no relationship without it.
    fn is_needed(self) -> bool {
        (self as usize) <= (Self::SubjectId as usize)
    }
}

/// Where a field comes from, as the command line says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnFlag {
    pub(super) field: Field,
    pub(super) origin: Origin,
}

/// Where a field comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A column of this name, or number.
    Column(String),
    /// It is the same for all.
    Constant(String),
}

impl FromStr for ColumnFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form =
            "write it as `resource_id=id`, or `resource_type=:document` for what is the same in all lines";
        let (field, origin) = text.split_once('=').ok_or(form)?;
        let known = || Field::ALL.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
        let found = Field::ALL.iter().find(|(_, name)| *name == field);
        let (field, _) = found.ok_or_else(|| format!("`{field}` is no field; fields are {}", known()))?;
        let origin = match origin.strip_prefix(':') {
            Some(value) => Origin::Constant(value.to_owned()),
            None if origin.is_empty() => return Err(form.to_owned()),
            None => Origin::Column(origin.to_owned()),
        };
        Ok(Self { field: *field, origin })
    }
}

impl fmt::Display for ColumnFlag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.field.name();
        match &self.origin {
            Origin::Column(column) => write!(formatter, "{name}={column}"),
            Origin::Constant(value) => write!(formatter, "{name}=:{value}"),
        }
    }
}

/// The columns of a file are not what is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum ColumnsError {
    /// A column that was named is not there.
    #[error("there is no column `{column}` for `{field}`; there are {}", .found.join(", "))]
    NoColumn {
        /// What it is needed for.
        field: &'static str,
        /// Its name.
        column: String,
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A field that every relationship has comes from nowhere.
    #[error(
        "there is no column `{field}`; say where it comes from with `--csv-columns {field}=COLUMN`, or \
         `{field}=:VALUE` if it is the same in all lines; there are {}", .found.join(", ")
    )]
    Missing {
        /// The field.
        field: &'static str,
        /// The columns that there are.
        found: Vec<String>,
    },
    /// A column by number that is none.
    #[error("`{column}` is no column: without a header, columns are numbers, from 1 on")]
    NoNumber {
        /// What was given.
        column: String,
    },
    /// What is the same for all is for imports.
    #[error("`{field}=:…` is for imports: an export has columns only")]
    ConstantInExport {
        /// The field.
        field: &'static str,
    },
    /// The file has nothing at all.
    #[error("there is no line with the names of columns")]
    NoHeader,
}

/// Where each field of a file comes from.
#[derive(Debug, Clone)]
pub(super) struct Columns([Place; 9]);

#[derive(Debug, Clone)]
enum Place {
    Column(usize),
    Constant(String),
    Nowhere,
}

impl Columns {
    /// Of a file with a header.
    pub(super) fn named(flags: &[ColumnFlag], header: &StringRecord) -> Result<Self, ColumnsError> {
        let found = || header.iter().map(|name| format!("`{name}`")).collect();
        Self::of(
            flags,
            |field, column| {
                let position = header.iter().position(|name| name.trim() == column.unwrap_or(field));
                match (position, column) {
                    (None, Some(column)) => {
                        Err(ColumnsError::NoColumn { field, column: column.to_owned(), found: found() })
                    }
                    (position, _) => Ok(position),
                }
            },
            found,
        )
    }

    /// Of a file without one: columns have numbers, and are in order where nothing is said.
    pub(super) fn numbered(flags: &[ColumnFlag]) -> Result<Self, ColumnsError> {
        let is_in_order = !flags.iter().any(|flag| matches!(flag.origin, Origin::Column(_)));
        let found = || vec!["columns by number".to_owned()];
        let mut next = 0;
        Self::of(
            flags,
            |_, column| {
                let Some(column) = column else {
                    next += 1;
                    return Ok(is_in_order.then_some(next - 1));
                };
                let number = column.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                number.map(Some).ok_or_else(|| ColumnsError::NoNumber { column: column.to_owned() })
            },
            found,
        )
    }

    fn of(
        flags: &[ColumnFlag],
        mut find: impl FnMut(&'static str, Option<&str>) -> Result<Option<usize>, ColumnsError>,
        found: impl Fn() -> Vec<String>,
    ) -> Result<Self, ColumnsError> {
        let mut places = std::array::from_fn(|_| Place::Nowhere);
        for (place, (field, name)) in places.iter_mut().zip(Field::ALL) {
            // What is said last counts.
            let flag = flags.iter().rev().find(|flag| flag.field == field);
            *place = match flag.map(|flag| &flag.origin) {
                Some(Origin::Constant(value)) => Place::Constant(value.clone()),
                Some(Origin::Column(column)) => {
                    find(name, Some(column))?.map_or(Place::Nowhere, Place::Column)
                }
                None => find(name, None)?.map_or(Place::Nowhere, Place::Column),
            };
            if field.is_needed() && matches!(place, Place::Nowhere) {
                return Err(ColumnsError::Missing { field: name, found: found() });
            }
        }
        Ok(Self(places))
    }

    /// The relationship of a line, or what is wrong with it.
    pub(super) fn relationship(&self, record: &StringRecord) -> Result<Relationship, String> {
        let field = |field: Field| match &self.0[field as usize] {
            Place::Constant(value) => Ok(value.as_str()),
            Place::Column(column) => match record.get(*column) {
                Some(value) => Ok(value.trim()),
                None if field.is_needed() => Err(format!(
                    "it has {} fields, and `{}` is field {}",
                    record.len(),
                    field.name(),
                    column + 1
                )),
                None => Ok(""),
            },
            Place::Nowhere => Ok(""),
        };
        let malformed = |field: Field, problem: &dyn fmt::Display| format!("{}: {problem}", field.name());
        let definition = |name| {
            let text = field(name)?;
            DefinitionName::new(text).map_err(|problem| malformed(name, &problem))
        };
        let id = |name| {
            let text = field(name)?;
            ObjectId::new(text).map_err(|problem| malformed(name, &problem))
        };
        let relation =
            |name, text: &str| RelationName::new(text).map_err(|problem| malformed(name, &problem));
        let resource = Object { definition: definition(Field::ResourceType)?, id: id(Field::ResourceId)? };
        let subject_type = definition(Field::SubjectType)?;
        let subject = match (field(Field::SubjectId)?, field(Field::SubjectRelation)?) {
            ("*", "" | "...") => Subject::Wildcard(subject_type),
            ("*", _) => return Err("the wildcard `*` takes no subject relation".to_owned()),
            (_, "" | "...") => {
                Subject::Object(Object { definition: subject_type, id: id(Field::SubjectId)? })
            }
            (_, of) => Subject::Userset(
                Object { definition: subject_type, id: id(Field::SubjectId)? },
                relation(Field::SubjectRelation, of)?,
            ),
        };
        let of = relation(Field::Relation, field(Field::Relation)?)?;
        let mut relationship = Relationship::new(resource, of, subject);
        relationship.caveat = match (field(Field::Caveat)?, field(Field::CaveatContext)?) {
            ("", "") => None,
            ("", _) => return Err("caveat_context: there is no caveat".to_owned()),
            (name, context) => {
                let name = CaveatName::new(name).map_err(|problem| malformed(Field::Caveat, &problem))?;
                Some(ContextualizedCaveat { name, context_json: context_json(context)? })
            }
        };
        let expiration = field(Field::Expiration)?;
        if !expiration.is_empty() {
            let expires_at = expiration.parse().map_err(|problem| malformed(Field::Expiration, &problem))?;
            relationship.expires_at = Some(expires_at);
        }
        Ok(relationship)
    }
}

fn context_json(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let context: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(text);
    match context {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("caveat_context: it must be a JSON object".to_owned()),
    }
}
