//! Who may come in, to do what, how many at once, and for how long: one doorkeeper for every request, over gRPC and over
//! HTTP.

mod doorkeeper;
mod options;
mod pass;
mod refused;
mod rpcs;

pub use options::AdmissionOptions;

pub(super) use doorkeeper::Doorkeeper;
pub(super) use pass::Pass;
pub(super) use refused::Refused;

#[cfg(test)]
mod tests;
