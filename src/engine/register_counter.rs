//! Registering a counter: a filter under a name, kept until it is unregistered.

use tokio::sync::oneshot;

use crate::journal::CounterChange;
use crate::relationship::{CounterName, RelationshipFilter};

use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::counters::COUNTERS_MAX;
use super::error::{RegisterCounterError, Unwritable};
use super::handle::Engine;
use super::names;
use super::read_relationships::{check_not_contradictory, check_not_empty};
use super::request::Written;
use super::wait::block_on;

/// What to count, and under which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterCounter {
    /// A name that no counter has.
    pub name: CounterName,
    /// Which relationships are counted.
    pub filter: RelationshipFilter,
}

impl Engine {
    /// Registers a counter and waits until that is durable. Blocks the thread; in async code, use
    /// [`Self::register_counter_async`].
    pub fn register_counter(&self, request: RegisterCounter) -> Result<Written, RegisterCounterError> {
        block_on(self.register_counter_async(request))
    }

    /// Registers a counter and waits until that is durable, under any async runtime.
    pub async fn register_counter_async(
        &self,
        request: RegisterCounter,
    ) -> Result<Written, RegisterCounterError> {
        self.register(request, Scope::InSchema).await
    }

    /// Registers a counter as it was in another store: what it counts may have been removed from the schema since, which
    /// does not end a counter.
    pub fn restore_counter(&self, request: RegisterCounter) -> Result<Written, RegisterCounterError> {
        block_on(self.register(request, Scope::Any))
    }

    async fn register(
        &self,
        request: RegisterCounter,
        scope: Scope,
    ) -> Result<Written, RegisterCounterError> {
        check_not_empty(&request.filter)?;
        let (answer, outcome) = oneshot::channel();
        self.submit(Box::new(Registering { request, scope, answer })).await?;
        outcome.await.unwrap_or(Err(Unwritable::Closing.into()))
    }
}

/// What a counter's filter may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    InSchema,
    Any,
}

struct Registering {
    request: RegisterCounter,
    scope: Scope,
    answer: Answer<Written, RegisterCounterError>,
}

impl Write for Registering {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { request, scope, answer } = *self;
        conditions::reply(answer, register(request, scope, pending))
    }
}

fn register(
    request: RegisterCounter,
    scope: Scope,
    pending: &mut Pending,
) -> Result<Written, RegisterCounterError> {
    let RegisterCounter { name, filter } = request;
    if scope == Scope::InSchema {
        names::check_filter(pending.program().map(|program| &**program.schema()), &filter)?;
    }
    check_not_contradictory(&filter)?;
    if pending.counters().filter(&name).is_some() {
        return Err(RegisterCounterError::AlreadyRegistered { name, filter: Box::new(filter) });
    }
    if pending.counters().count() >= COUNTERS_MAX {
        return Err(RegisterCounterError::TooManyCounters { count_max: COUNTERS_MAX });
    }
    let revision = pending.commit_counter(CounterChange::Register { name, filter });
    Ok(Written { written_at: Engine::token(pending.state(), revision) })
}
