//! What calls with cursors have in common: where to begin, and what must stay the same from page to page.

use prost::Message;
use tonic::Status;

use crate::engine::{CursorError, InvalidCursor, View};

use super::backend::Backend;
use super::convert;
use super::error::RequestError;
use super::wire::v1;

/// The view, and where to go on. A cursor for other arguments is an error only once the arguments have been checked.
pub(super) type Start = Result<(View, Option<String>), Status>;

/// The view that a call asks for, or the one of its cursor. `call` is the call's digest.
pub(super) fn start(
    backend: &Backend,
    consistency: Option<v1::Consistency>,
    cursor: Option<&v1::Cursor>,
    call: u64,
) -> Result<Start, Status> {
    let Some(cursor) = cursor else {
        let consistency = convert::consistency(consistency)?;
        return Ok(Ok((backend.engine.at(&consistency)?, None)));
    };
    if cursor.token.is_empty() {
        return Err(RequestError::EmptyCursor.into());
    }
    match backend.engine.at_cursor(&cursor.token, call) {
        Ok((view, position)) => Ok(Ok((view, Some(position)))),
        Err(error @ CursorError::Invalid(InvalidCursor::OtherCall)) => Ok(Err(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a limit that is too large.
pub(super) fn check_limit(limit: u32, limit_max: u32) -> Result<(), RequestError> {
    if limit > limit_max { Err(RequestError::LimitTooLarge { limit, limit_max }) } else { Ok(()) }
}

/// A digest of what must stay the same from page to page: the call's name, and the request without its cursor. FNV-1a:
/// cursors outlive the process, so the digest must be the same in every one.
pub(super) fn digest(call: &str, arguments: &impl Message) -> u64 {
    let bytes = call.bytes().chain(arguments.encode_to_vec());
    bytes
        .fold(0xcbf2_9ce4_8422_2325, |digest, byte| (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
