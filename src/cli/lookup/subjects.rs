//! `arrowroot lookup subjects`.

use std::error::Error;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use serde::Serialize;

use crate::cli::client::{self, CallFlags, ConsistencyFlags, PageFlags};
use crate::cli::output::{Output, OutputError, OutputFlags, OutputFormat, styles};
use crate::cli::question::ContextFlag;
use crate::relationship::{DefinitionName, MalformedValue, Object, RelationName};
use crate::server::wire::v1;

use super::{condition, say_more};

/// Find the subjects of a type that have a permission on a resource.
///
/// One a line is printed, as they are found. Everyone of a type is `TYPE:*`, followed by those who are excepted.
#[derive(Debug, Args)]
pub(super) struct Subjects {
    /// The resource, such as agent:planner
    resource: Object,
    /// The permission, or a relation
    permission: RelationName,
    /// The subjects' type, with a relation for usersets
    #[arg(value_name = "TYPE[#RELATION]")]
    kind: SubjectKind,
    #[command(flatten)]
    context: ContextFlag,
    #[command(flatten)]
    pages: PageFlags,
    #[command(flatten)]
    consistency: ConsistencyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

/// `user`, or `group#member`.
#[derive(Debug, Clone)]
struct SubjectKind {
    definition: DefinitionName,
    relation: Option<RelationName>,
}

impl FromStr for SubjectKind {
    type Err = MalformedValue;

    fn from_str(text: &str) -> Result<Self, MalformedValue> {
        let (definition, relation) = match text.split_once('#') {
            Some((definition, relation)) => (definition, Some(relation)),
            None => (text, None),
        };
        let relation = relation.filter(|relation| *relation != "...").map(RelationName::new).transpose()?;
        Ok(Self { definition: DefinitionName::new(definition)?, relation })
    }
}

#[derive(Serialize)]
struct Found<'found> {
    #[serde(flatten)]
    subject: Named,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excepted: Vec<Named>,
    cursor: Option<&'found str>,
}

#[derive(Serialize)]
struct Named {
    subject: String,
    answer: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_context: Vec<String>,
}

impl Subjects {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        self.call.run(async |calls| {
            let mut output = self.output.open();
            let open = async |limit, cursor| calls.lookup_subjects(self.request(limit, cursor)).await;
            let more = self.pages.follow(open, |found| Ok(self.print(&mut output, &found)?)).await;
            output.flush()?;
            say_more(more?.as_deref());
            Ok(ExitCode::SUCCESS)
        })
    }

    fn request(&self, limit: u32, cursor: Option<v1::Cursor>) -> v1::LookupSubjectsRequest {
        let context = self.context.context.clone();
        v1::LookupSubjectsRequest {
            consistency: self.consistency.to_wire(),
            resource: Some(client::object_to_wire(self.resource.clone())),
            permission: self.permission.to_string(),
            subject_object_type: self.kind.definition.to_string(),
            optional_subject_relation: self.relation().to_owned(),
            context: (!context.is_empty()).then(|| client::context_to_wire(context)),
            optional_concrete_limit: limit,
            optional_cursor: cursor,
            wildcard_option: 0,
        }
    }

    fn relation(&self) -> &str {
        self.kind.relation.as_ref().map_or("", RelationName::as_str)
    }

    fn print(&self, output: &mut Output, found: &v1::LookupSubjectsResponse) -> Result<(), OutputError> {
        let Some(subject) = &found.subject else { return Ok(()) };
        let subject = self.named(subject);
        let excepted: Vec<_> = found.excluded_subjects.iter().map(|excepted| self.named(excepted)).collect();
        if output.format() == OutputFormat::Json {
            let cursor = found.after_result_cursor.as_ref().map(|cursor| cursor.token.as_str());
            return output.json(&Found { subject, excepted, cursor });
        }
        if excepted.is_empty() {
            return output.line(subject.text());
        }
        let names: Vec<_> = excepted.iter().map(Named::text).collect();
        let style = styles::DENIED;
        output.line(format_args!("{}  {style}except{style:#} {}", subject.text(), names.join(", ")))
    }

    fn named(&self, subject: &v1::ResolvedSubject) -> Named {
        let relation = match self.relation() {
            "" => String::new(),
            relation => format!("#{relation}"),
        };
        let is_conditional = subject.permissionship() == v1::LookupPermissionship::ConditionalPermission;
        Named {
            subject: format!(
                "{}:{}{relation}",
                self.kind.definition,
                client::harmless(&subject.subject_object_id)
            ),
            answer: if is_conditional { "conditional" } else { "allowed" },
            missing_context: client::missing(subject.partial_caveat_info.as_ref()),
        }
    }
}

impl Named {
    fn text(&self) -> String {
        let condition =
            if self.answer == "conditional" { condition(&self.missing_context) } else { String::new() };
        format!("{}{condition}", self.subject)
    }
}
