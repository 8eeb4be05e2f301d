//! The resource lifecycle over HTTP, as applications of an authorization gateway speak it: `POST /v1/authn` and
//! `/v1/authz/…`.
//!
//! Clients go by the status: 200 is a yes, 403 a no, and everything else no answer. So trouble of the engine is 503 and
//! never 403, what means nothing is 422, and an unknown resource is one that nobody may touch. There is no key to show:
//! whoever reaches these routes can speak for every principal, and the network has to see to it that only the
//! application does.

mod answer;
mod authn;
mod body;
mod by_legacy;
mod check;
mod compare;
mod grant;
mod items;
mod register;
mod request;
mod routes;
mod search;
mod service;
mod sides;

pub(super) use routes::PATHS;
pub(super) use service::Authz;
