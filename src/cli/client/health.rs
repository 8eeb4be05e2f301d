//! Calls to `grpc.health.v1.Health`.

use std::time::Duration;

use tonic::Request;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::connection::Connection;
use super::error::CallError;

/// Asks whether a service is served; the empty name asks for the whole server. The answer in the words of the protocol.
pub(in crate::cli) async fn health(
    connection: &Connection,
    service: &str,
    timeout: Duration,
) -> Result<&'static str, CallError> {
    let mut request = Request::new(HealthCheckRequest { service: service.to_owned() });
    request.set_timeout(timeout);
    let answer = HealthClient::new(connection.open()?).check(request).await?;
    Ok(answer.into_inner().status().as_str_name())
}

/// The answer of a service that is served.
pub(in crate::cli) fn serving() -> &'static str {
    ServingStatus::Serving.as_str_name()
}
