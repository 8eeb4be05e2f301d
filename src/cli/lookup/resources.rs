//! `arrowroot lookup resources`.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use crate::cli::client::{self, CallFlags, ConsistencyFlags, PageFlags};
use crate::cli::output::{Output, OutputError, OutputFlags, OutputFormat};
use crate::cli::question::ContextFlag;
use crate::relationship::{DefinitionName, RelationName, Subject};
use crate::server::wire::v1;

use super::{condition, say_more};

/// Find the resources of a type that a subject has a permission on.
///
/// One a line is printed, as they are found.
#[derive(Debug, Args)]
pub(super) struct Resources {
    /// The resources' type
    #[arg(value_name = "TYPE")]
    resource_type: DefinitionName,
    /// The permission, or a relation
    permission: RelationName,
    /// The subject, such as user:ana or group:eng#member
    subject: Subject,
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

#[derive(Serialize)]
struct Found<'found> {
    resource: String,
    answer: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_context: Vec<String>,
    cursor: Option<&'found str>,
}

impl Resources {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        self.call.run(async |calls| {
            let mut output = self.output.open();
            let open = async |limit, cursor| calls.lookup_resources(self.request(limit, cursor)).await;
            let more = self.pages.follow(open, |found| Ok(self.print(&mut output, &found)?)).await;
            output.flush()?;
            say_more(more?.as_deref());
            Ok(ExitCode::SUCCESS)
        })
    }

    fn request(&self, limit: u32, cursor: Option<v1::Cursor>) -> v1::LookupResourcesRequest {
        let context = self.context.context.clone();
        v1::LookupResourcesRequest {
            consistency: self.consistency.to_wire(),
            resource_object_type: self.resource_type.to_string(),
            permission: self.permission.to_string(),
            subject: Some(client::subject_to_wire(self.subject.clone())),
            context: (!context.is_empty()).then(|| client::context_to_wire(context)),
            optional_limit: limit,
            optional_cursor: cursor,
            with_debug: false,
        }
    }

    fn print(&self, output: &mut Output, found: &v1::LookupResourcesResponse) -> Result<(), OutputError> {
        let resource = format!("{}:{}", self.resource_type, client::harmless(&found.resource_object_id));
        let is_conditional = found.permissionship() == v1::LookupPermissionship::ConditionalPermission;
        let missing = client::missing(found.partial_caveat_info.as_ref());
        if output.format() == OutputFormat::Json {
            return output.json(&Found {
                resource,
                answer: if is_conditional { "conditional" } else { "allowed" },
                missing_context: missing,
                cursor: found.after_result_cursor.as_ref().map(|cursor| cursor.token.as_str()),
            });
        }
        let condition = if is_conditional { condition(&missing) } else { String::new() };
        output.line(format_args!("{resource}{condition}"))
    }
}
