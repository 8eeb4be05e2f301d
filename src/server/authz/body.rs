//! The body of a request: read within bounds, and taken apart.

use std::time::Duration;

use http_body::Body as HttpBody;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use tonic::codegen::{Bytes, StdError};

use super::answer::Refusal;
use super::request::{Form, FromObject};

/// How long a client may take to send it.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of a field's path that a message shows.
const PATH_CHARS_MAX: usize = 100;

/// Reads a body of so many bytes at the most.
pub(super) async fn read<B>(body: B, bytes_max: usize) -> Result<Bytes, Refusal>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<StdError>,
{
    match tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, bytes_max).collect()).await {
        Err(_) => Err(Refusal::SlowBody),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::LargeBody { bytes_max }),
        Ok(Err(_)) => Err(Refusal::BrokenBody),
        Ok(Ok(body)) => Ok(body.to_bytes()),
    }
}

/// Takes a body apart, and says which field is wrong if one is.
pub(super) fn parse<'body, T: Deserialize<'body> + Form>(body: &'body [u8]) -> Result<T, Refusal> {
    let read = serde_json::from_slice(body).map(|FromObject(form)| form);
    read.map_err(|_| explain::<FromObject<T>>(body))
}

/// The beginning of a path, which is as deep as the client made it.
fn shown(path: &str) -> &str {
    path.char_indices().nth(PATH_CHARS_MAX).map_or(path, |(end, _)| &path[..end])
}

#[cold]
fn explain<'body, T: Deserialize<'body>>(body: &'body [u8]) -> Refusal {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let message = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => match deserializer.end() {
            Ok(()) => "the body is not as it should be".to_owned(),
            Err(error) => format!("the body: {error}"),
        },
        Err(error) => {
            let path = error.path().to_string();
            let problem = error.into_inner();
            match path.as_str() {
                "." | "?" => format!("the body: {problem}"),
                field => format!("{}: {problem}", shown(field)),
            }
        }
    };
    Refusal::Body(message)
}
