//! A collector of traces in this process.

use std::net::TcpListener;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio::sync::mpsc;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, async_trait};

/// What it was sent, in the order in which it came.
pub(crate) struct Collector {
    pub(crate) address: String,
    spans: mpsc::UnboundedReceiver<Received>,
    seen: Vec<Received>,
}

/// One span, and the name of the service that sent it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) service: String,
    pub(crate) span: Span,
}

struct Desk(mpsc::UnboundedSender<Received>);

#[async_trait]
impl TraceService for Desk {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for of_resource in request.into_inner().resource_spans {
            let attributes = of_resource.resource.unwrap_or_default().attributes;
            let service = attribute(&attributes, "service.name").unwrap_or_default();
            for span in of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                // Nobody may listen any more.
                let _ = self.0.send(Received { service: service.clone(), span });
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Listens at a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let incoming = TcpIncoming::from(tokio::net::TcpListener::from_std(listener).unwrap());
        let (sender, spans) = mpsc::unbounded_channel();
        let service = TraceServiceServer::new(Desk(sender));
        let server = tonic::transport::Server::builder();
        tokio::spawn(async move {
            server.serve_with_incoming_shutdown(service, incoming, std::future::pending()).await
        });
        Self { address, spans, seen: Vec::new() }
    }

    /// The first span that is as wanted, waiting for it if need be.
    pub(crate) async fn find(&mut self, is_wanted: impl Fn(&Span) -> bool) -> Received {
        if let Some(received) = self.seen.iter().find(|received| is_wanted(&received.span)) {
            return received.clone();
        }
        loop {
            let received = self.spans.recv().await.unwrap();
            self.seen.push(received.clone());
            if is_wanted(&received.span) {
                return received;
            }
        }
    }

    /// Everything that it was sent until now.
    pub(crate) fn all(&mut self) -> &[Received] {
        while let Ok(received) = self.spans.try_recv() {
            self.seen.push(received);
        }
        &self.seen
    }
}

/// An attribute as text.
pub(crate) fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.clone();
    match value {
        Some(AnyValue { value: Some(Value::StringValue(text)) }) => Some(text),
        Some(AnyValue { value: Some(Value::IntValue(number)) }) => Some(number.to_string()),
        _ => None,
    }
}
