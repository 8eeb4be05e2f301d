//! `search`: every resource of a type with which somebody may do something, however many.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{Response, StatusCode};

use crate::engine::View;
use crate::evaluate::Limits;
use crate::lifecycle::rollout::AccountRollout;
use crate::lifecycle::{Principal, Search};
use crate::server::streaming::{self, Batches};
use crate::server::telemetry;

use super::answer::{Refusal, json_body, with_token};
use super::body;
use super::check::ANSWER_TIMEOUT;
use super::items::Items;
use super::request;
use super::service::Authz;
use super::sides::Asked;

impl Authz {
    pub(super) async fn search(
        &self,
        asked: &Asked,
        rollout: AccountRollout,
    ) -> Result<Response<Body>, Refusal> {
        let request: request::Search<'_> = body::parse(&asked.body)?;
        let view = self.view(asked)?;
        let principal = Principal::from_json(self.lifecycle.profile(), &request.principal)?;
        let (kind, operation) = (&request.filter_resource, &request.filter_operation);
        let search = self.lifecycle.search(&view, &principal, kind, operation, None)?;
        let token = view.token();
        let deadline = Instant::now().checked_add(ANSWER_TIMEOUT);
        let found = Found { view, search, deadline, has_item: false };
        let found = streaming::respond(&self.backend.pool, move || Ok(found)).await;
        // What goes wrong behind the first batch breaks the body off: what was cut must not look complete.
        let found = found.map_err(|status| Refusal::Unanswered(status.message().to_owned()))?;
        let (_, pieces, mut extensions) = found.into_parts();
        let items = Items::new(pieces, extensions.remove());
        if rollout.is_shadowed {
            self.compare_search_with_legacy(asked);
        }
        Ok(with_token(json_body(StatusCode::OK, Body::new(items)), &token))
    }
}

/// Bytes of one piece of the answer, about: some thousand resources, so that most answers are one piece, made by one
/// thread.
const PIECE_BYTES: usize = 512 << 10;
/// Resources that are looked for at a time.
const STEP: usize = 1024;

/// What is found, piece by piece.
struct Found {
    view: View,
    search: Search,
    deadline: Option<Instant>,
    has_item: bool,
}

impl Batches for Found {
    type Element = Bytes;

    fn read(&mut self, _count_max: usize, cancelled: &AtomicBool) -> Result<(Vec<Bytes>, bool), Status> {
        let limits =
            Limits { deadline: self.deadline, cancelled: Some(cancelled), ..self.view.lookup_limits() };
        let mut piece = Vec::new();
        loop {
            let page = self.search.next(STEP, limits).map_err(|error| {
                tracing::warn!(%error, request_id = telemetry::request_id(), "a search has no answer");
                Status::unavailable(error.to_string())
            })?;
            for selector in &page.selectors {
                if self.has_item {
                    piece.push(b',');
                }
                self.has_item = true;
                // A text becomes JSON, and a vector takes it: neither fails.
                let _ = serde_json::to_writer(&mut piece, selector);
            }
            if !page.has_more || piece.len() >= PIECE_BYTES {
                return Ok((vec![piece.into()], page.has_more));
            }
        }
    }

    fn held_bytes(&self) -> usize {
        self.search.held_bytes()
    }
}
