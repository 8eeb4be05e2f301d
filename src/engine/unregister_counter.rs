//! Unregistering a counter.

use tokio::sync::oneshot;

use crate::journal::CounterChange;
use crate::relationship::CounterName;

use super::committer::{Pending, Reply, Write};
use super::conditions::{self, Answer};
use super::error::{UnregisterCounterError, Unwritable};
use super::handle::Engine;
use super::request::Written;
use super::wait::block_on;

impl Engine {
    /// Forgets a counter and waits until that is durable. Blocks the thread; in async code, use
    /// [`Self::unregister_counter_async`].
    pub fn unregister_counter(&self, name: CounterName) -> Result<Written, UnregisterCounterError> {
        block_on(self.unregister_counter_async(name))
    }

    /// Forgets a counter and waits until that is durable, under any async runtime.
    pub async fn unregister_counter_async(
        &self,
        name: CounterName,
    ) -> Result<Written, UnregisterCounterError> {
        let (answer, outcome) = oneshot::channel();
        self.submit(Box::new(Unregistering { name, answer })).await?;
        outcome.await.unwrap_or(Err(Unwritable::Closing.into()))
    }
}

struct Unregistering {
    name: CounterName,
    answer: Answer<Written, UnregisterCounterError>,
}

impl Write for Unregistering {
    fn prepare(self: Box<Self>, pending: &mut Pending) -> Reply {
        let Self { name, answer } = *self;
        conditions::reply(answer, unregister(name, pending))
    }
}

fn unregister(name: CounterName, pending: &mut Pending) -> Result<Written, UnregisterCounterError> {
    if pending.counters().filter(&name).is_none() {
        return Err(UnregisterCounterError::NotRegistered { name });
    }
    let revision = pending.commit_counter(CounterChange::Unregister { name });
    Ok(Written { written_at: Engine::token(pending.state(), revision) })
}
