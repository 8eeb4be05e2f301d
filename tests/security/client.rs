//! gRPC clients, and calls of any RPC that say nothing.

use std::time::Duration;

use arrowroot::server::wire::v1;
use arrowroot::server::wire::v1::permissions_service_client::PermissionsServiceClient;
use arrowroot::server::wire::v1::schema_service_client::SchemaServiceClient;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::certificates::Signed;
use crate::server::Server;

pub(crate) const CHECK: &str = "/authzed.api.v1.PermissionsService/CheckPermission";
pub(crate) const READ_SCHEMA: &str = "/authzed.api.v1.SchemaService/ReadSchema";
pub(crate) const IMPORT: &str = "/authzed.api.v1.PermissionsService/ImportBulkRelationships";
pub(crate) const WATCH: &str = "/authzed.api.v1.WatchService/Watch";

pub(crate) async fn plain(server: &Server) -> Channel {
    Endpoint::from_shared(format!("http://{}", server.grpc())).unwrap().connect().await.unwrap()
}

/// A channel under TLS to a server whose certificate this authority has signed.
pub(crate) async fn secure(
    server: &Server,
    authority: &str,
    identity: Option<&Signed>,
) -> Result<Channel, Error> {
    let mut tls =
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority)).domain_name("localhost");
    if let Some(identity) = identity {
        tls = tls.identity(Identity::from_pem(&identity.certificate, &identity.key));
    }
    let endpoint = Endpoint::from_shared(format!("https://{}", server.grpc())).unwrap();
    endpoint.connect_timeout(Duration::from_secs(30)).tls_config(tls).unwrap().connect().await
}

/// Who asks, with which key.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) channel: Channel,
    key: Option<String>,
}

impl Caller {
    pub(crate) fn new(channel: Channel, key: Option<&str>) -> Self {
        Self { channel, key: key.map(str::to_owned) }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(key) = &self.key {
            request.metadata_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        }
        request
    }

    /// Calls an RPC of any kind with one empty message.
    pub(crate) async fn call(&self, path: &str) -> Result<Response<Streaming<()>>, Status> {
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path: PathAndQuery = path.parse().unwrap();
        let codec = ProstCodec::<(), ()>::default();
        grpc.server_streaming(self.request(()), path, codec).await
    }

    /// Calls an RPC and takes its first message.
    pub(crate) async fn ask(&self, path: &str) -> Result<(), Status> {
        self.call(path).await?.into_inner().message().await.map(|_| ())
    }

    /// What a call comes to.
    pub(crate) async fn code(&self, path: &str) -> Code {
        self.ask(path).await.err().map_or(Code::Ok, |status| status.code())
    }

    /// Calls an RPC with a request that does not end before `end` changes or is dropped.
    pub(crate) fn call_without_end(
        &self,
        path: &str,
        mut end: tokio::sync::watch::Receiver<()>,
    ) -> tokio::task::JoinHandle<Result<(), Status>> {
        let caller = self.clone();
        let path: PathAndQuery = path.parse().unwrap();
        tokio::spawn(async move {
            let mut grpc = Grpc::new(caller.channel.clone());
            grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let messages = futures_util::stream::once(async move {
                // Whether it was told or dropped.
                let _ = end.changed().await;
            });
            let codec = ProstCodec::<(), ()>::default();
            let response = grpc.streaming(caller.request(messages), path, codec).await?;
            let mut stream = response.into_inner();
            while stream.message().await?.is_some() {}
            Ok(())
        })
    }

    pub(crate) async fn write_schema(&self, text: &str) -> Result<(), Status> {
        let mut schema = SchemaServiceClient::new(self.channel.clone());
        let request = v1::WriteSchemaRequest { schema: text.to_owned() };
        schema.write_schema(self.request(request)).await.map(|_| ())
    }

    pub(crate) fn permissions(&self) -> PermissionsServiceClient<Channel> {
        PermissionsServiceClient::new(self.channel.clone())
    }
}
