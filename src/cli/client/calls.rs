//! A server of authzed.api.v1, with one method a call.

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tonic::{Request, Response, Status, Streaming};

use crate::cli::duration::Duration as DurationFlag;
use crate::server::wire::v1;
use crate::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use crate::server::wire::v1::schema_service_client::SchemaServiceClient;
use crate::server::wire::v1::watch_service_client::WatchServiceClient;

use super::connection::{AuthorizedChannel, Connection};
use super::error::CallError;

/// Bytes of one message, at most. Servers send fewer, unless a schema or a trace is very large.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// Which server is asked, and how long it may take.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct CallFlags {
    #[command(flatten)]
    pub(in crate::cli) connection: Connection,
    /// How long the server may take for an answer; streams may take longer
    #[arg(
        long,
        env = "ARROWROOT_TIMEOUT",
        default_value = "30s",
        value_name = "DURATION",
        help_heading = "Server"
    )]
    timeout: DurationFlag,
}

/// A server that can be asked. A clone shares its connection.
#[derive(Clone)]
pub(in crate::cli) struct Calls {
    channel: AuthorizedChannel,
    endpoint: Arc<str>,
    timeout: Duration,
}

/// Answers as they come in.
pub(in crate::cli) struct Answers<T> {
    stream: Streaming<T>,
    endpoint: Arc<str>,
}

impl<T> Answers<T> {
    /// The next one; none at the end.
    pub(in crate::cli) async fn next(&mut self) -> Result<Option<T>, CallError> {
        self.stream.message().await.map_err(|status| CallError::at(&self.endpoint, &status))
    }
}

impl CallFlags {
    /// Does what needs a server.
    pub(in crate::cli) fn run(
        &self,
        work: impl AsyncFnOnce(Calls) -> Result<ExitCode, Box<dyn Error>>,
    ) -> Result<ExitCode, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ended = runtime.block_on(async { work(self.calls()?).await });
        // What waits for standard input is not waited for.
        runtime.shutdown_background();
        ended
    }

    fn calls(&self) -> Result<Calls, CallError> {
        let endpoint = self.connection.endpoint()?.into();
        Ok(Calls { channel: self.connection.open()?, endpoint, timeout: self.timeout.0 })
    }
}

/// What is told of a call: the method of a client that takes a request and gives one answer.
macro_rules! unary {
    ($($(#[$doc:meta])* $client:ident.$method:ident($request:ident) -> $response:ident;)*) => {
        impl Calls {
            $(
                $(#[$doc])*
                pub(in crate::cli) async fn $method(
                    &self,
                    request: v1::$request,
                ) -> Result<v1::$response, CallError> {
                    let mut request = Request::new(request);
                    request.set_timeout(self.timeout);
                    self.answer(self.$client().$method(request).await)
                }
            )*
        }
    };
}

/// The same for methods that give many.
macro_rules! streaming {
    ($($(#[$doc:meta])* $client:ident.$method:ident($request:ident) -> $response:ident;)*) => {
        impl Calls {
            $(
                $(#[$doc])*
                pub(in crate::cli) async fn $method(
                    &self,
                    request: v1::$request,
                ) -> Result<Answers<v1::$response>, CallError> {
                    let stream = self.answer(self.$client().$method(request).await)?;
                    Ok(Answers { stream, endpoint: self.endpoint.clone() })
                }
            )*
        }
    };
}

unary! {
    /// Whether a subject has a permission.
    permissions.check_permission(CheckPermissionRequest) -> CheckPermissionResponse;
    /// The same of many at once.
    permissions.check_bulk_permissions(CheckBulkPermissionsRequest) -> CheckBulkPermissionsResponse;
    /// What a permission is made of.
    permissions.expand_permission_tree(ExpandPermissionTreeRequest) -> ExpandPermissionTreeResponse;
    /// Creates, touches and deletes.
    permissions.write_relationships(WriteRelationshipsRequest) -> WriteRelationshipsResponse;
    /// Deletes all that a filter matches.
    permissions.delete_relationships(DeleteRelationshipsRequest) -> DeleteRelationshipsResponse;
    /// The schema's text.
    schemas.read_schema(ReadSchemaRequest) -> ReadSchemaResponse;
    /// Replaces the schema.
    schemas.write_schema(WriteSchemaRequest) -> WriteSchemaResponse;
    /// What another schema would change.
    schemas.diff_schema(DiffSchemaRequest) -> DiffSchemaResponse;
}

streaming! {
    /// The resources on which a subject has a permission.
    permissions.lookup_resources(LookupResourcesRequest) -> LookupResourcesResponse;
    /// The subjects that have a permission on a resource.
    permissions.lookup_subjects(LookupSubjectsRequest) -> LookupSubjectsResponse;
    /// The relationships that a filter matches.
    permissions.read_relationships(ReadRelationshipsRequest) -> ReadRelationshipsResponse;
    /// Changes as they are made.
    watches.watch(WatchRequest) -> WatchResponse;
}

impl Calls {
    fn permissions(&self) -> PermissionsServiceClient<AuthorizedChannel> {
        PermissionsServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    fn schemas(&self) -> SchemaServiceClient<AuthorizedChannel> {
        SchemaServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    fn watches(&self) -> WatchServiceClient<AuthorizedChannel> {
        WatchServiceClient::new(self.channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    fn answer<T>(&self, answer: Result<Response<T>, Status>) -> Result<T, CallError> {
        answer.map(Response::into_inner).map_err(|status| CallError::at(&self.endpoint, &status))
    }
}
