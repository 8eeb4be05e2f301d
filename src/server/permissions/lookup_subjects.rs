//! `LookupSubjects`: a stream of subjects in order of their ids, each with a cursor behind it.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use prost::Message as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::engine::{Consistency, FoundObject, FoundSubject, LookupSubjects, SubjectReader};
use crate::evaluate::Limits;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::deadline::deadline;
use crate::server::paging;
use crate::server::streaming::{self, Batches};
use crate::server::wire::v1;
use crate::server::wire::v1::lookup_subjects_request::WildcardOption;

use super::check_permission::check_context;
use super::permissionship::{conditional, lookup_permissionship};

/// The id of everyone of a type.
const WILDCARD: &str = "*";

pub(super) async fn lookup_subjects(
    backend: &Backend,
    request: Request<v1::LookupSubjectsRequest>,
) -> Result<Response<BoxStream<v1::LookupSubjectsResponse>>, Status> {
    let deadline = deadline(request.metadata());
    let mut message = request.into_inner();
    let cursor = message.optional_cursor.take();
    let call = paging::digest("LookupSubjects", &message);
    let start = paging::start(backend, message.consistency.take(), cursor.as_ref(), call)?;
    let context_bytes = message.context.as_ref().map(prost_types::Struct::encoded_len);
    let limit = message.optional_concrete_limit;
    let is_wildcard_wanted = message.wildcard_option() != WildcardOption::ExcludeWildcards;
    let (question, is_nothing) = question(message)?;
    check_context(context_bytes, backend.limits.caveat_context_bytes_max)?;
    // Unknown names come before a cursor of another call.
    let reader = match &start {
        Ok((view, after)) => view.lookup_subjects(question, after.as_deref()),
        Err(_) => backend.engine.at(&Consistency::default())?.lookup_subjects(question, None),
    }?;
    start?;
    if is_nothing {
        return Ok(Response::new(Box::pin(tokio_stream::empty())));
    }

    let remaining = if limit == 0 { usize::MAX } else { limit as usize };
    let looked_up_at = reader.view().token().0;
    let pages = Pages { reader, looked_up_at, call, deadline, is_wildcard_wanted, remaining };
    streaming::respond(&backend.pool, move || Ok(pages)).await
}

/// The question, and whether its resource is the wildcard, on which nobody has a permission.
fn question(mut message: v1::LookupSubjectsRequest) -> Result<(LookupSubjects, bool), Status> {
    let mut violations = Violations::default();
    let is_nothing = message.resource.as_mut().is_some_and(convert::stand_in);
    let resource = convert::resource(message.resource, &Path::of("resource"), &mut violations);
    let permission = convert::permission(message.permission, &Path::of("permission"), &mut violations);
    let definition =
        convert::definition(message.subject_object_type, &Path::of("subject_object_type"), &mut violations);
    let relation = convert::optional_relation(
        message.optional_subject_relation,
        &Path::of("optional_subject_relation"),
        &mut violations,
    );
    let context = convert::context(message.context, &Path::of("context"), &mut violations);
    violations.check()?;
    match (resource, permission, definition, relation, context) {
        (Some(resource), Some(permission), Some(definition), Some(relation), Some(context)) => {
            let question = LookupSubjects {
                resource,
                permission,
                subject_definition: definition.into(),
                subject_relation: relation.map(Into::into),
                context,
            };
            Ok((question, is_nothing))
        }
        _ => Err(InvalidFields::unexplained().into()),
    }
}

/// The subjects that are still to be found.
struct Pages {
    reader: SubjectReader,
    looked_up_at: String,
    call: u64,
    deadline: Option<Instant>,
    is_wildcard_wanted: bool,
    /// Subjects that are not wildcards.
    remaining: usize,
}

impl Batches for Pages {
    type Element = v1::LookupSubjectsResponse;

    fn read(
        &mut self,
        count_max: usize,
        cancelled: &AtomicBool,
    ) -> Result<(Vec<Self::Element>, bool), Status> {
        let limits = self.reader.view().lookup_limits();
        let limits = Limits { deadline: self.deadline, cancelled: Some(cancelled), ..limits };
        let (mut found, has_more) = self.reader.next(count_max.min(self.remaining), limits)?;
        self.remaining -= found.iter().filter(|found| &*found.id != WILDCARD).count();
        found.retain(|found| self.is_wildcard_wanted || &*found.id != WILDCARD);
        let batch = found.into_iter().map(|found| self.response(found)).collect();
        Ok((batch, has_more && self.remaining > 0))
    }

    fn held_bytes(&self) -> usize {
        self.reader.held_bytes()
    }
}

impl Pages {
    /// The deprecated fields say what those say that replace them, for clients that know no others.
    fn response(&self, found: FoundSubject) -> v1::LookupSubjectsResponse {
        let FoundSubject { id, permissionship, excluded } = found;
        let token = self.reader.view().cursor(self.call, id.to_string());
        v1::LookupSubjectsResponse {
            looked_up_at: Some(v1::ZedToken { token: self.looked_up_at.clone() }),
            subject_object_id: id.to_string(),
            excluded_subject_ids: excluded.iter().map(|excluded| excluded.id.to_string()).collect(),
            permissionship: lookup_permissionship(&permissionship).into(),
            partial_caveat_info: conditional(&permissionship),
            excluded_subjects: excluded.into_iter().map(resolved).collect(),
            subject: Some(resolved(FoundObject { id, permissionship })),
            after_result_cursor: Some(v1::Cursor { token }),
        }
    }
}

fn resolved(found: FoundObject) -> v1::ResolvedSubject {
    let FoundObject { id, permissionship } = found;
    v1::ResolvedSubject {
        subject_object_id: id.to_string(),
        permissionship: lookup_permissionship(&permissionship).into(),
        partial_caveat_info: conditional(&permissionship),
    }
}
