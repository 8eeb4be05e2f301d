//! `arrowroot watch`.

mod told;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration as Span, Instant};

use clap::Args;

use crate::relationship::DefinitionName;
use crate::server::wire::v1;

use super::client::{CallError, CallFlags, Calls, Filter};
use super::duration::Duration;
use super::output::{Output, OutputFlags};
use super::{interrupt, problems};

/// How long is waited before a lost connection is tried again; twice as long each further time, up to the bound.
const FIRST_PAUSE: Span = Span::from_millis(100);
const PAUSE_MAX: Span = Span::from_secs(5);

/// Show changes of relationships as they are made, until Ctrl-C.
///
/// A connection that is lost is made again, and goes on behind the last change that was shown: none is missed, and none is
/// shown twice. Exits with 130 after Ctrl-C, and with 2 if the server does not answer.
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// Only relationships on resources of this type; give several for several
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<DefinitionName>,
    /// Only relationships that this filter matches, such as agent:planner#owner@user; give several for several
    #[arg(long, value_name = "FILTER", conflicts_with = "types")]
    filter: Vec<Filter>,
    /// Begin behind the state of this token, rather than now
    #[arg(long, value_name = "TOKEN")]
    since: Option<String>,
    /// Show checkpoints, too: tokens before which nothing more will come
    #[arg(long)]
    checkpoints: bool,
    /// Show changes of the schema, too
    #[arg(long)]
    schema: bool,
    /// How long a server that does not answer any more is asked again
    #[arg(long, default_value = "1m", value_name = "DURATION")]
    retry_for: Duration,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    call: CallFlags,
}

/// How a watch goes on, or not.
struct Progress {
    /// Everything up to here has been shown.
    since: Option<String>,
    /// When something came last; nothing has come yet if it is none.
    last: Option<Instant>,
    pause: Span,
}

/// A stream's end that says nothing.
#[derive(Debug, thiserror::Error)]
#[error("the server has ended the watch")]
struct Ended;

impl Watch {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        self.call.run(async |calls| {
            let mut output = self.output.open();
            let watched = tokio::select! {
                ended = self.watch(&calls, &mut output) => Some(ended),
                () = interrupt::wait() => None,
            };
            output.flush()?;
            watched.unwrap_or_else(|| Ok(interrupt::status()))
        })
    }

    async fn watch(&self, calls: &Calls, output: &mut Output) -> Result<ExitCode, Box<dyn Error>> {
        let since = match &self.since {
            Some(token) => Some(token.clone()),
            None => now(calls).await?,
        };
        let mut progress = Progress { since, last: None, pause: FIRST_PAUSE };
        loop {
            let error = self.follow(calls, output, &mut progress).await;
            let is_lost = error.downcast_ref().is_some_and(CallError::is_temporary) || error.is::<Ended>();
            let waited = progress.last.map(|last| last.elapsed() + progress.pause);
            if !is_lost || waited.is_none_or(|waited| waited > self.retry_for.0) {
                return Err(error);
            }
            if progress.pause == FIRST_PAUSE {
                problems::say(&format!("{error}; trying again"));
            }
            tokio::time::sleep(progress.pause).await;
            progress.pause = (progress.pause * 2).min(PAUSE_MAX);
        }
    }

    /// Shows what comes until the stream ends, and says how it ended.
    async fn follow(&self, calls: &Calls, output: &mut Output, progress: &mut Progress) -> Box<dyn Error> {
        let mut changes = match calls.watch(self.request(progress.since.clone())).await {
            Ok(changes) => changes,
            Err(error) => return error.into(),
        };
        loop {
            let response = match changes.next().await {
                Ok(Some(response)) => response,
                Ok(None) => return Ended.into(),
                Err(error) => return error.into(),
            };
            let token = response.changes_through.as_ref().map(|token| token.token.clone());
            if response.is_checkpoint && !self.checkpoints {
                // It is asked for only to know where to go on, however long nothing happens.
            } else if let Err(error) = told::tell(output, response) {
                return error.into();
            }
            *progress = Progress {
                since: token.or(progress.since.take()),
                last: Some(Instant::now()),
                pause: FIRST_PAUSE,
            };
        }
    }

    fn request(&self, since: Option<String>) -> v1::WatchRequest {
        let mut kinds = vec![v1::WatchKind::IncludeRelationshipUpdates, v1::WatchKind::IncludeCheckpoints];
        if self.schema {
            kinds.push(v1::WatchKind::IncludeSchemaUpdates);
        }
        v1::WatchRequest {
            optional_object_types: self.types.iter().map(ToString::to_string).collect(),
            optional_start_cursor: since.map(|token| v1::ZedToken { token }),
            optional_relationship_filters: self.filter.iter().map(Filter::to_wire).collect(),
            optional_update_kinds: kinds.into_iter().map(i32::from).collect(),
        }
    }
}

/// The token of now, so that nothing is missed if the connection is lost before the first change. There is none before there
/// is a schema.
async fn now(calls: &Calls) -> Result<Option<String>, CallError> {
    match calls.read_schema(v1::ReadSchemaRequest {}).await {
        Ok(response) => Ok(response.read_at.map(|token| token.token)),
        Err(error) if error.is_temporary() => Err(error),
        // The watch itself says what is wrong, if something is.
        Err(_) => Ok(None),
    }
}
