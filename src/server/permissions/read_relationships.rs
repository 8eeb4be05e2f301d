//! `ReadRelationships`: a stream of relationships, each with a cursor behind it.

use std::sync::atomic::AtomicBool;

use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::engine::{RelationshipReader, View};
use crate::relationship::RelationshipFilter;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations, WildcardRule};
use crate::server::paging;
use crate::server::streaming::{self, BATCH_BYTES, Batches};
use crate::server::weight;
use crate::server::wire::v1;

pub(super) async fn read_relationships(
    backend: &Backend,
    request: Request<v1::ReadRelationshipsRequest>,
) -> Result<Response<BoxStream<v1::ReadRelationshipsResponse>>, Status> {
    let message = request.into_inner();
    let call = digest(&message);
    let start = paging::start(backend, message.consistency.clone(), message.optional_cursor.as_ref(), call)?;
    let filter = filter(message.relationship_filter)?;
    paging::check_limit(message.optional_limit, backend.limits.read_relationships_limit_max)?;
    let (view, after) = start?;

    let remaining = match message.optional_limit {
        0 => usize::MAX,
        limit => limit as usize,
    };
    streaming::respond(&backend.pool, move || {
        let reader = view.read_relationships(&filter, after.as_deref())?;
        Ok(Pages { reader, read_at: view.token().0, view, call, remaining })
    })
    .await
}

fn filter(message: Option<v1::RelationshipFilter>) -> Result<RelationshipFilter, Status> {
    let mut violations = Violations::default();
    let path = Path::of("relationship_filter");
    let filter = convert::filter(message, WildcardRule::Unchecked, &path, &mut violations);
    violations.check()?;
    filter.ok_or_else(|| InvalidFields::unexplained().into())
}

/// What must stay the same from page to page: filter, limit and consistency. A prefix of ids may change, as it may
/// with SpiceDB.
fn digest(message: &v1::ReadRelationshipsRequest) -> u64 {
    let mut filter = message.relationship_filter.clone().unwrap_or_default();
    filter.optional_resource_id_prefix.clear();
    let arguments = v1::ReadRelationshipsRequest {
        consistency: message.consistency.clone(),
        relationship_filter: Some(filter),
        optional_limit: message.optional_limit,
        optional_cursor: None,
    };
    paging::digest("ReadRelationships", &arguments)
}

/// The relationships that are still to be read.
struct Pages {
    reader: RelationshipReader,
    view: View,
    read_at: String,
    call: u64,
    remaining: usize,
}

impl Batches for Pages {
    type Element = v1::ReadRelationshipsResponse;

    fn read(
        &mut self,
        count_max: usize,
        cancelled: &AtomicBool,
    ) -> Result<(Vec<Self::Element>, bool), Status> {
        let wanted = count_max.min(self.remaining);
        let mut batch = Vec::new();
        let mut bytes = 0;
        while batch.len() < wanted && bytes < BATCH_BYTES {
            let Some(relationship) = self.reader.next_unless(cancelled) else {
                return Ok((batch, false));
            };
            let position = RelationshipReader::position_of(&relationship);
            let response = v1::ReadRelationshipsResponse {
                read_at: Some(v1::ZedToken { token: self.read_at.clone() }),
                relationship: Some(convert::relationship_to_wire(relationship)),
                after_result_cursor: Some(v1::Cursor { token: self.view.cursor(self.call, position) }),
            };
            bytes += Self::bytes_of(&response);
            batch.push(response);
        }
        self.remaining -= batch.len();
        Ok((batch, self.remaining > 0))
    }

    fn held_bytes(&self) -> usize {
        self.reader.held_bytes()
    }

    fn bytes_of(element: &Self::Element) -> usize {
        weight::message(element) + element.relationship.as_ref().map_or(0, weight::context)
    }
}
