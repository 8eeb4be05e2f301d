//! A client that watches from the first revision on, over all servers, and knows the state from what it is told alone.

use std::collections::BTreeSet;

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::relationship_update::Operation as Update;
use arrowroot::server::wire::v1::watch_service_client::WatchServiceClient;
use tokio::runtime::Builder;
use tonic::Code;
use tonic::transport::Channel;

use super::client::{revision, text};
use super::history::{Action, Consistency, Fact, Operation, Outcome};

/// Of so many messages, the state after the first is recorded.
const RECORDED_EVERY: u64 = 10;

/// What was told so far.
pub(crate) struct Watcher {
    process: usize,
    /// The last token, and the state there.
    token: String,
    state: BTreeSet<Fact>,
    messages: u64,
    pub(crate) operations: Vec<Operation>,
}

/// Why a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The server is gone.
    Dead,
    /// What follows the last token is no longer kept.
    TooOld,
}

impl Watcher {
    /// Begins after a token, where a state is.
    pub(crate) fn new(process: usize, token: String, state: BTreeSet<Fact>) -> Self {
        Self { process, token, state, messages: 0, operations: Vec::new() }
    }

    /// Goes on from another token.
    pub(crate) fn go_on_at(&mut self, token: String, state: BTreeSet<Fact>) {
        (self.token, self.state) = (token, state);
    }

    /// Watches until the server is gone. `now` tells the time of the history.
    pub(crate) fn watch(&mut self, server: usize, address: &str, now: impl Fn() -> u64) -> Ended {
        let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let Ok(channel) = endpoint.connect().await else { return Ended::Dead };
            let start = v1::ZedToken { token: self.token.clone() };
            let request = v1::WatchRequest { optional_start_cursor: Some(start), ..Default::default() };
            let answer = WatchServiceClient::new(channel).watch(request).await;
            let mut messages = match answer {
                Ok(answer) => answer.into_inner(),
                Err(status) => return ended(&status),
            };
            loop {
                match messages.message().await {
                    Ok(Some(message)) => self.take(message, server, now()),
                    Ok(None) => return Ended::Dead,
                    Err(status) => return ended(&status),
                }
            }
        })
    }

    fn take(&mut self, message: v1::WatchResponse, server: usize, now: u64) {
        let token = message.changes_through.unwrap().token;
        let revision = revision(&token);
        let before = super::client::revision(&self.token);
        assert!(revision > before, "a watch tells of {revision} after {before}");
        for update in message.updates {
            let fact = text(update.relationship.as_ref().unwrap());
            match update.operation() {
                Update::Touch | Update::Create => self.state.insert(fact),
                Update::Delete => self.state.remove(&fact),
                Update::Unspecified => panic!("an update that is none"),
            };
        }
        self.token = token;
        let is_recorded = self.messages.is_multiple_of(RECORDED_EVERY);
        self.messages += 1;
        if is_recorded {
            let at = Consistency::AtExactSnapshot(revision);
            self.operations.push(Operation {
                process: self.process,
                server,
                invoked: now,
                completed: now,
                action: Action::Read { at, prefix: String::new() },
                outcome: Outcome::Found { revision, facts: self.state.iter().cloned().collect() },
            });
        }
    }
}

fn ended(status: &tonic::Status) -> Ended {
    match status.code() {
        Code::OutOfRange => Ended::TooOld,
        Code::Unavailable | Code::Cancelled | Code::Unknown | Code::Internal => Ended::Dead,
        code => panic!("{code:?}: {}", status.message()),
    }
}
