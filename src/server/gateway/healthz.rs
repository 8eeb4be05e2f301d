//! `GET /healthz`: the health service's answer, for load balancers.

use prost::Message as _;
use tonic::Status;
use tonic::codegen::Bytes;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::frames::{Frames, frame};

pub(super) const PATH: &str = "/healthz";
pub(super) const RPC: &str = "/grpc.health.v1.Health/Check";

/// The question about the service that a query names, such as `service=authzed.api.v1.SchemaService`; about the whole
/// server if it names none.
pub(super) fn question(query: Option<&str>) -> Result<Bytes, Status> {
    let mut parts = query.unwrap_or_default().split('&');
    let service = parts.find_map(|part| part.strip_prefix("service=")).unwrap_or_default();
    frame(&HealthCheckRequest { service: service.to_owned() }.encode_to_vec())
}

/// The answer's text; an error unless all is well.
pub(super) fn answer(body: &[u8]) -> Result<Vec<u8>, Status> {
    let mut frames = Frames::default();
    frames.push(body);
    let answer =
        frames.next().and_then(|message| HealthCheckResponse::decode(message).ok()).unwrap_or_default();
    match answer.status() {
        ServingStatus::Serving => Ok(b"{\"status\":\"SERVING\"}\n".to_vec()),
        ServingStatus::ServiceUnknown => Err(Status::not_found("status:SERVICE_UNKNOWN")),
        status => Err(Status::unavailable(format!("status:{}", status.as_str_name()))),
    }
}
