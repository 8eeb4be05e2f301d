//! `ExportBulkRelationships`: a stream of everything, in messages of many relationships, each with a cursor behind it.

use std::sync::atomic::{AtomicBool, Ordering};

use prost::Message as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

use crate::engine::{RelationshipReader, View};
use crate::relationship::RelationshipFilter;
use crate::server::backend::Backend;
use crate::server::convert::{self, Path, Violations, WildcardRule};
use crate::server::paging;
use crate::server::streaming::{self, Batches};
use crate::server::weight;
use crate::server::wire::v1;

/// Relationships in one message, at most; a request's limit can only lower it.
const MESSAGE_COUNT_MAX: usize = 1000;
/// A message with this many bytes is full. The last relationship may take it past them, but not past what clients
/// take, which is four times as much.
const MESSAGE_BYTES: usize = 1 << 20;
/// So is one that takes this much memory, which contexts make of few bytes.
const MESSAGE_MEMORY_BYTES: usize = 4 << 20;

/// Streams everything after the cursor; the limit is that of a message, not of the stream.
pub(in crate::server) async fn export_bulk_relationships(
    backend: &Backend,
    request: Request<v1::ExportBulkRelationshipsRequest>,
) -> Result<Response<BoxStream<v1::ExportBulkRelationshipsResponse>>, Status> {
    let message = request.into_inner();
    let call = digest(message.optional_relationship_filter.as_ref());
    let start = paging::start(backend, message.consistency, message.optional_cursor.as_ref(), call)?;
    let filter = filter(message.optional_relationship_filter)?;
    paging::check_limit(message.optional_limit, backend.limits.export_limit_max)?;
    let (view, after) = start?;

    let count_max = match message.optional_limit {
        0 => MESSAGE_COUNT_MAX,
        limit => MESSAGE_COUNT_MAX.min(limit as usize),
    };
    streaming::respond(&backend.pool, move || {
        let reader = view.export_relationships(filter.as_ref(), after.as_deref())?;
        Ok(Pages { reader, view, call, count_max })
    })
    .await
}

fn filter(message: Option<v1::RelationshipFilter>) -> Result<Option<RelationshipFilter>, Status> {
    if message.is_none() {
        return Ok(None);
    }
    let mut violations = Violations::default();
    let path = Path::of("optional_relationship_filter");
    let filter = convert::filter(message, WildcardRule::Unchecked, &path, &mut violations);
    violations.check()?;
    filter.map(Some).ok_or_else(|| convert::InvalidFields::unexplained().into())
}

/// What must stay the same when an export goes on: the filter. An export may go on with messages of another size, and
/// its revision is the cursor's, whatever consistency is asked for.
fn digest(filter: Option<&v1::RelationshipFilter>) -> u64 {
    let arguments = v1::ExportBulkRelationshipsRequest {
        optional_relationship_filter: filter.cloned(),
        ..v1::ExportBulkRelationshipsRequest::default()
    };
    paging::digest("ExportBulkRelationships", &arguments)
}

/// The relationships that are still to be sent.
struct Pages {
    reader: RelationshipReader,
    view: View,
    call: u64,
    count_max: usize,
}

impl Batches for Pages {
    type Element = v1::ExportBulkRelationshipsResponse;

    /// One message, since it is a batch in itself.
    fn read(
        &mut self,
        _count_max: usize,
        cancelled: &AtomicBool,
    ) -> Result<(Vec<Self::Element>, bool), Status> {
        let mut relationships = Vec::with_capacity(self.count_max);
        let (mut bytes, mut memory_bytes) = (0, 0);
        let is_full = |bytes, memory_bytes| bytes >= MESSAGE_BYTES || memory_bytes >= MESSAGE_MEMORY_BYTES;
        while relationships.len() < self.count_max && !is_full(bytes, memory_bytes) {
            let Some(relationship) = self.reader.next_unless(cancelled) else { break };
            let relationship = convert::relationship_to_wire(relationship);
            bytes += relationship.encoded_len();
            memory_bytes += weight::context(&relationship);
            relationships.push(relationship);
        }
        if cancelled.load(Ordering::Relaxed) {
            return Err(Status::cancelled("the client has gone"));
        }
        let has_more = relationships.len() == self.count_max || is_full(bytes, memory_bytes);
        let Some(position) = relationships.last().and_then(position) else {
            return Ok((Vec::new(), false));
        };
        let after_result_cursor = Some(v1::Cursor { token: self.view.cursor(self.call, position) });
        Ok((vec![v1::ExportBulkRelationshipsResponse { after_result_cursor, relationships }], has_more))
    }

    fn held_bytes(&self) -> usize {
        self.reader.held_bytes()
    }

    fn bytes_of(element: &Self::Element) -> usize {
        let relationships = &element.relationships;
        let contexts: usize = relationships.iter().map(weight::context).sum();
        weight::message(element) + contexts + relationships.capacity() * size_of::<v1::Relationship>()
    }
}

/// The position of a relationship that has become a message: only the last one's is wanted.
fn position(message: &v1::Relationship) -> Option<String> {
    let mut message = message.clone();
    message.optional_caveat = None;
    let relationship =
        convert::relationship(message, &Path::of("relationships"), &mut Violations::default())?;
    Some(RelationshipReader::position_of(&relationship))
}
