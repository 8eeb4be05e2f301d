//! Relationships → the bytes of a file.

use std::io;

use crate::relationship::Relationship;

use super::columns::{ColumnFlag, ColumnsError, Field, Origin};
use super::{Form, Format, json};

/// Puts relationships into a form.
pub(in crate::cli) struct Encoder {
    format: Format,
    delimiter: u8,
    has_header: bool,
    columns: Vec<(Field, String)>,
}

impl Encoder {
    /// Of a form, whose columns are those that are named, or all.
    pub(in crate::cli) fn new(form: &Form) -> Result<Self, ColumnsError> {
        let named = form.columns.iter().map(|flag: &ColumnFlag| match &flag.origin {
            Origin::Column(column) => Ok((flag.field, column.clone())),
            Origin::Constant(_) => {
                Err(ColumnsError::ConstantInExport { field: Field::ALL[flag.field as usize].1 })
            }
        });
        let mut columns = named.collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            columns = Field::ALL.iter().map(|(field, name)| (*field, (*name).to_owned())).collect();
        }
        Ok(Self { format: form.format, delimiter: form.delimiter, has_header: form.has_header, columns })
    }

    /// What the file begins with.
    pub(in crate::cli) fn header(&self) -> io::Result<Vec<u8>> {
        if self.format != Format::Csv || !self.has_header {
            return Ok(Vec::new());
        }
        self.csv(|writer| writer.write_record(self.columns.iter().map(|(_, name)| name)))
    }

    /// Relationships as lines.
    pub(in crate::cli) fn encode(&self, some: &[Relationship]) -> io::Result<Vec<u8>> {
        use std::io::Write as _;

        let mut lines = Vec::new();
        match self.format {
            Format::Text => {
                for relationship in some {
                    writeln!(lines, "{relationship}")?;
                }
            }
            Format::Jsonl => {
                for relationship in some {
                    json::write(relationship, &mut lines)?;
                }
            }
            Format::Csv => {
                return self.csv(|writer| {
                    for relationship in some {
                        for (field, _) in &self.columns {
                            writer.write_field(text(*field, relationship))?;
                        }
                        writer.write_record(None::<&[u8]>)?;
                    }
                    Ok(())
                });
            }
        }
        Ok(lines)
    }

    fn csv(
        &self,
        write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> Result<(), csv::Error>,
    ) -> io::Result<Vec<u8>> {
        let mut writer = csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(Vec::new());
        write(&mut writer).map_err(io::Error::from)?;
        writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

fn text(field: Field, relationship: &Relationship) -> String {
    let Relationship { resource, relation, subject, caveat, expires_at } = relationship;
    match field {
        Field::ResourceType => resource.definition.to_string(),
        Field::ResourceId => resource.id.to_string(),
        Field::Relation => relation.to_string(),
        Field::SubjectType => subject.definition().to_string(),
        Field::SubjectId => subject.id().to_owned(),
        Field::SubjectRelation => subject.relation().map(ToString::to_string).unwrap_or_default(),
        Field::Caveat => caveat.as_ref().map(|caveat| caveat.name.to_string()).unwrap_or_default(),
        Field::CaveatContext => caveat.as_ref().map(|caveat| caveat.context_json.clone()).unwrap_or_default(),
        Field::Expiration => expires_at.map(|expires_at| expires_at.to_string()).unwrap_or_default(),
    }
}
