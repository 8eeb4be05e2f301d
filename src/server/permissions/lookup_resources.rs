//! `LookupResources`: a stream of resources in order of their ids, each with a cursor behind it.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::engine::{Consistency, FoundObject, LookupError, LookupResources, ResourceReader};
use crate::evaluate::Limits;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations};
use crate::server::deadline::deadline;
use crate::server::paging;
use crate::server::streaming::{self, Batches};
use crate::server::wire::v1;

use super::permissionship::{conditional, lookup_permissionship};

pub(super) async fn lookup_resources(
    backend: &Backend,
    request: Request<v1::LookupResourcesRequest>,
) -> Result<Response<BoxStream<v1::LookupResourcesResponse>>, Status> {
    let deadline = deadline(request.metadata());
    let mut message = request.into_inner();
    let cursor = message.optional_cursor.take();
    message.with_debug = false;
    let call = paging::digest("LookupResources", &message);
    let start = paging::start(backend, message.consistency.take(), cursor.as_ref(), call)?;
    let limit = message.optional_limit;
    let (question, is_wildcard) = question(message)?;
    paging::check_limit(limit, backend.limits.lookup_resources_limit_max)?;
    // Unknown names come before a cursor of another call.
    let reader = match &start {
        Ok((view, after)) => view.lookup_resources(question, after.as_deref()),
        Err(_) => backend.engine.at(&Consistency::default())?.lookup_resources(question, None),
    }?;
    if is_wildcard {
        return Err(LookupError::WildcardSubject.into());
    }
    start?;

    let remaining = if limit == 0 { usize::MAX } else { limit as usize };
    let looked_up_at = reader.view().token().0;
    let pages = Pages { reader, looked_up_at, call, deadline, remaining };
    streaming::respond(&backend.pool, move || Ok(pages)).await
}

/// The question, and whether its subject is a wildcard, which is refused once the names are known.
fn question(mut message: v1::LookupResourcesRequest) -> Result<(LookupResources, bool), Status> {
    let mut violations = Violations::default();
    let object = message.subject.as_mut().and_then(|subject| subject.object.as_mut());
    let is_wildcard = object.is_some_and(convert::stand_in);
    let definition =
        convert::definition(message.resource_object_type, &Path::of("resource_object_type"), &mut violations);
    let permission = convert::relation(message.permission, &Path::of("permission"), &mut violations);
    let subject = convert::subject(message.subject, &Path::of("subject"), &mut violations);
    let context = convert::context(message.context, &Path::of("context"), &mut violations);
    violations.check()?;
    match (definition, permission, subject, context) {
        (Some(definition), Some(permission), Some(subject), Some(context)) => {
            let (definition, permission) = (definition.into(), permission.into());
            Ok((LookupResources { definition, permission, subject, context }, is_wildcard))
        }
        _ => Err(InvalidFields::unexplained().into()),
    }
}

/// The resources that are still to be found.
struct Pages {
    reader: ResourceReader,
    looked_up_at: String,
    call: u64,
    deadline: Option<Instant>,
    remaining: usize,
}

impl Batches for Pages {
    type Element = v1::LookupResourcesResponse;

    fn read(
        &mut self,
        count_max: usize,
        cancelled: &AtomicBool,
    ) -> Result<(Vec<Self::Element>, bool), Status> {
        let limits = self.reader.view().lookup_limits();
        let limits = Limits { deadline: self.deadline, cancelled: Some(cancelled), ..limits };
        let (found, has_more) = self.reader.next(count_max.min(self.remaining), limits)?;
        self.remaining -= found.len();
        let batch = found.into_iter().map(|found| self.response(found)).collect();
        Ok((batch, has_more && self.remaining > 0))
    }

    fn held_bytes(&self) -> usize {
        self.reader.held_bytes()
    }
}

impl Pages {
    fn response(&self, found: FoundObject) -> v1::LookupResourcesResponse {
        let FoundObject { id, permissionship } = found;
        let token = self.reader.view().cursor(self.call, id.to_string());
        v1::LookupResourcesResponse {
            looked_up_at: Some(v1::ZedToken { token: self.looked_up_at.clone() }),
            resource_object_id: id.to_string(),
            permissionship: lookup_permissionship(&permissionship).into(),
            partial_caveat_info: conditional(&permissionship),
            after_result_cursor: Some(v1::Cursor { token }),
        }
    }
}
