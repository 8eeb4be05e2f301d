//! What `Search` and `LookupOwned` have in common: resources in order of their ids, each with a cursor behind it.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use prost::Message;
use tonic::Status;

use crate::engine::{Limits, View};
use crate::lifecycle::Search;
use crate::server::streaming::Batches;
use crate::server::wire::v1;

use super::convert;
use super::service::Lifecycles;

/// The view that a call asks for and nothing, or that of its cursor and where to go on. `call` is the call's digest.
pub(super) fn start(
    service: &Lifecycles,
    at_least_as_fresh: Option<&v1::ZedToken>,
    cursor: &str,
    call: u64,
) -> Result<(View, Option<String>), Status> {
    if cursor.is_empty() {
        return Ok((service.lifecycle.view(convert::token(at_least_as_fresh))?, None));
    }
    let (view, position) = service.backend.engine.at_cursor(cursor, call)?;
    Ok((view, Some(position)))
}

/// One resource that was found.
pub(super) struct Found {
    pub(super) read_at: v1::ZedToken,
    pub(super) selector: String,
    pub(super) cursor: String,
}

/// The resources that are still to be found, and how one is told.
pub(super) struct Pages<T> {
    pub(super) search: Search,
    pub(super) view: View,
    pub(super) call: u64,
    pub(super) deadline: Option<Instant>,
    pub(super) remaining: usize,
    pub(super) respond: fn(Found) -> T,
}

/// The count that a limit stands for; 0 is none.
pub(super) fn count_max(limit: u32) -> usize {
    if limit == 0 { usize::MAX } else { limit as usize }
}

impl<T: Message + 'static> Batches for Pages<T> {
    type Element = T;

    fn read(&mut self, count_max: usize, cancelled: &AtomicBool) -> Result<(Vec<T>, bool), Status> {
        let Self { search, view, call, deadline, remaining, respond } = self;
        let limits = Limits { deadline: *deadline, cancelled: Some(cancelled), ..view.lookup_limits() };
        let page = search.next(count_max.min(*remaining), limits)?;
        *remaining -= page.selectors.len();
        let read_at = v1::ZedToken { token: view.token().0 };
        let found = page.selectors.into_iter().zip(page.positions);
        let found = found.map(|(selector, position)| {
            let cursor = view.cursor(*call, position.into());
            respond(Found { read_at: read_at.clone(), selector, cursor })
        });
        Ok((found.collect(), page.has_more && *remaining > 0))
    }

    fn held_bytes(&self) -> usize {
        self.search.held_bytes()
    }
}
