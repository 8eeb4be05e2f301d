//! Messages of the lifecycle → its values and back.

use prost_types::Duration;

use crate::engine::ZedToken;
use crate::lifecycle::{InvalidRequest, Lifecycle, LifecycleError, Principal, ResourceName};
use crate::server::wire::{lifecycle_v1, v1};

use super::error::LifecycleRequestError;

/// A principal that has to be there.
pub(super) fn principal(
    lifecycle: &Lifecycle,
    message: Option<&lifecycle_v1::Principal>,
) -> Result<Principal, LifecycleError> {
    let message = message.ok_or(InvalidRequest::NoPrincipal)?;
    Ok(Principal::new(lifecycle.profile(), &message.r#type, &message.id, &message.account)?)
}

/// A principal that stands for the one that asks if it is not there.
pub(super) fn other_principal(
    lifecycle: &Lifecycle,
    message: Option<&lifecycle_v1::Principal>,
    asking: &Principal,
) -> Result<Principal, LifecycleError> {
    match message {
        Some(_) => principal(lifecycle, message),
        None => Ok(asking.clone()),
    }
}

/// A resource that has to be there; `field` is where the request names it.
pub(super) fn resource<'message>(
    message: Option<&'message lifecycle_v1::Resource>,
    field: &'static str,
) -> Result<ResourceName<'message>, LifecycleRequestError> {
    message.map(name).ok_or(LifecycleRequestError::Missing { field })
}

/// A resource's name.
pub(super) fn name(message: &lifecycle_v1::Resource) -> ResourceName<'_> {
    ResourceName { kind: &message.r#type, selector: &message.selector }
}

/// The token of a request, if it has one.
pub(super) fn token(message: Option<&v1::ZedToken>) -> Option<&str> {
    message.map(|token| token.token.as_str())
}

/// A token as clients get it.
pub(super) fn token_to_wire(token: ZedToken) -> v1::ZedToken {
    v1::ZedToken { token: token.0 }
}

/// An age in whole seconds, rounded up. It has to be said, since nothing would be too young otherwise.
pub(super) fn age_seconds(message: Option<&Duration>) -> Result<u64, LifecycleRequestError> {
    const FIELD: &str = "older_than";
    let Some(Duration { seconds, nanos }) = message else {
        return Err(LifecycleRequestError::Missing { field: FIELD });
    };
    let negative = LifecycleRequestError::NegativeDuration { field: FIELD };
    if *nanos < 0 {
        return Err(negative);
    }
    let seconds = u64::try_from(*seconds).map_err(|_| negative)?;
    Ok(seconds.saturating_add(u64::from(*nanos > 0)))
}

/// Refuses a list that is too long.
pub(super) fn check_count(
    field: &'static str,
    count: usize,
    count_max: usize,
) -> Result<(), LifecycleRequestError> {
    if count > count_max { Err(LifecycleRequestError::TooMany { field, count, count_max }) } else { Ok(()) }
}
