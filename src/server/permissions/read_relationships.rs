//! `ReadRelationships`: a stream of relationships, each with a cursor behind it.
//!
//! Batches are read in the pool and sent through a bounded channel: a client that reads slowly holds no thread, one
//! that is gone ends the read, and a read that fits into the first batch needs no channel.

use std::pin::Pin;

use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::engine::{CursorError, InvalidCursor, RelationshipReader, View};
use crate::relationship::RelationshipFilter;
use crate::server::backend::Backend;
use crate::server::convert::{self, InvalidFields, Path, Violations, WildcardRule};
use crate::server::error::{PoolError, RequestError};
use crate::server::pool::Pool;
use crate::server::wire::v1;

/// The relationships, or why there are no more of them.
pub(in crate::server) type RelationshipStream =
    Pin<Box<dyn Stream<Item = Result<v1::ReadRelationshipsResponse, Status>> + Send>>;

/// Relationships in the first batch; each further batch is twice as large, up to the bound.
const FIRST_BATCH: usize = 128;
const BATCH_MAX: usize = 1024;
/// Relationships that wait for the client.
const WAITING_MAX: usize = 256;

pub(super) async fn read_relationships(
    backend: &Backend,
    request: Request<v1::ReadRelationshipsRequest>,
) -> Result<Response<RelationshipStream>, Status> {
    let message = request.into_inner();
    let call = digest(&message);
    let start = start(backend, &message, call)?;
    let filter = filter(message.relationship_filter)?;
    check_limit(message.optional_limit, backend.limits.read_relationships_limit_max)?;
    let (view, after) = start?;

    let remaining = match message.optional_limit {
        0 => usize::MAX,
        limit => limit as usize,
    };
    let work = move |_: &_| {
        let reader = view.read_relationships(&filter, after.as_deref())?;
        let pages = Pages { reader, read_at: view.token().0, view, call, remaining };
        Ok::<_, Status>(pages.read(FIRST_BATCH))
    };
    let (first, rest) = backend.pool.run(work).await??;
    let stream: RelationshipStream = match rest {
        None => Box::pin(tokio_stream::iter(first.into_iter().map(Ok))),
        Some(rest) => Box::pin(send(backend.pool.clone(), first, rest)),
    };
    Ok(Response::new(stream))
}

/// The view, and where to go on. A cursor for other arguments is an error only once the arguments have been checked.
type Start = Result<(View, Option<String>), Status>;

fn start(backend: &Backend, message: &v1::ReadRelationshipsRequest, call: u64) -> Result<Start, Status> {
    let Some(cursor) = &message.optional_cursor else {
        let consistency = convert::consistency(message.consistency.clone())?;
        return Ok(Ok((backend.engine.at(&consistency)?, None)));
    };
    if cursor.token.is_empty() {
        return Err(RequestError::EmptyCursor.into());
    }
    match backend.engine.at_cursor(&cursor.token, call) {
        Ok((view, position)) => Ok(Ok((view, Some(position)))),
        Err(error @ CursorError::Invalid(InvalidCursor::OtherCall)) => Ok(Err(error.into())),
        Err(error) => Err(error.into()),
    }
}

fn filter(message: Option<v1::RelationshipFilter>) -> Result<RelationshipFilter, Status> {
    let mut violations = Violations::default();
    let path = Path::of("relationship_filter");
    let filter = convert::filter(message, WildcardRule::Unchecked, &path, &mut violations);
    violations.check()?;
    filter.ok_or_else(|| InvalidFields::unexplained().into())
}

fn check_limit(limit: u32, limit_max: u32) -> Result<(), RequestError> {
    if limit > limit_max { Err(RequestError::LimitTooLarge { limit, limit_max }) } else { Ok(()) }
}

/// What must stay the same from page to page: filter, limit and consistency. A prefix of ids may change, as it may
/// with SpiceDB. FNV-1a: cursors outlive the process, so the digest must be the same in every one.
fn digest(message: &v1::ReadRelationshipsRequest) -> u64 {
    let mut filter = message.relationship_filter.clone().unwrap_or_default();
    filter.optional_resource_id_prefix.clear();
    let arguments = v1::ReadRelationshipsRequest {
        consistency: message.consistency.clone(),
        relationship_filter: Some(filter),
        optional_limit: message.optional_limit,
        optional_cursor: None,
    };
    arguments.encode_to_vec().iter().fold(0xcbf2_9ce4_8422_2325, |digest: u64, byte| {
        (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The relationships that are still to be read.
struct Pages {
    reader: RelationshipReader,
    view: View,
    read_at: String,
    call: u64,
    remaining: usize,
}

type Batch = Vec<v1::ReadRelationshipsResponse>;

impl Pages {
    /// The next relationships, and the rest if there may be any.
    fn read(mut self, count_max: usize) -> (Batch, Option<Self>) {
        let wanted = count_max.min(self.remaining);
        let mut batch = Vec::new();
        while batch.len() < wanted {
            let Some(relationship) = self.reader.next() else {
                return (batch, None);
            };
            let position = RelationshipReader::position_of(&relationship);
            batch.push(v1::ReadRelationshipsResponse {
                read_at: Some(v1::ZedToken { token: self.read_at.clone() }),
                relationship: Some(convert::relationship_to_wire(relationship)),
                after_result_cursor: Some(v1::Cursor { token: self.view.cursor(self.call, position) }),
            });
        }
        self.remaining -= wanted;
        let has_more = self.remaining > 0;
        (batch, has_more.then_some(self))
    }
}

/// Sends the batches one after another, reading the next one only when there is room for it.
fn send(
    pool: Pool,
    first: Batch,
    rest: Pages,
) -> ReceiverStream<Result<v1::ReadRelationshipsResponse, Status>> {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let mut batch = first;
        let mut rest = Some(rest);
        let mut count_max = FIRST_BATCH;
        loop {
            for relationship in batch {
                if sender.send(Ok(relationship)).await.is_err() {
                    return;
                }
            }
            let Some(pages) = rest.take() else { return };
            count_max = (count_max * 2).min(BATCH_MAX);
            let read = tokio::select! {
                read = pool.run(move |_| pages.read(count_max)) => read,
                () = sender.closed() => return,
            };
            match read {
                Ok(read) => (batch, rest) = read,
                Err(error) => return report(&sender, error).await,
            }
        }
    });
    ReceiverStream::new(receiver)
}

async fn report(sender: &mpsc::Sender<Result<v1::ReadRelationshipsResponse, Status>>, error: PoolError) {
    // Nobody is left to be told if the client is gone.
    let _ = sender.send(Err(error.into())).await;
}
