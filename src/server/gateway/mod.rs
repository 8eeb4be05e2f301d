//! The API as HTTP with JSON, in the way of grpc-gateway: each RPC on its path, and `/healthz` and `/openapi.json`.
//!
//! A request is translated to the wire's bytes and goes through the same router as every gRPC call, so that the two
//! cannot differ; what comes back is translated again, message by message. Nothing here knows an RPC beyond its path
//! and its descriptor.

mod connections;
mod frames;
mod healthz;
mod held;
mod inbound;
mod json;
mod metadata;
mod openapi;
mod outbound;
mod refusal;
mod routes;
mod service;

pub(super) use connections::serve;
pub(super) use routes::PATHS;
pub(super) use service::Gateway;

#[cfg(test)]
mod tests;
