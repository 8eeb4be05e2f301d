//! Panics before and while an answer is worked on.

use tonic::codegen::http::Response;
use tonic::{Code, Status};

use super::{Answer, Guarded};

/// The code that the answer carries.
fn code(begin: impl FnOnce() -> Answer) -> Code {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let Ok(response) = runtime.block_on(Guarded::start(begin));
    Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code())
}

#[test]
fn a_panic_is_an_internal_error() {
    assert_eq!(code(|| panic!("at once")), Code::Internal);
    assert_eq!(code(|| Box::pin(async { panic!("later") })), Code::Internal);
}

#[test]
fn an_answer_passes_through() {
    assert_eq!(code(|| Box::pin(async { Ok(Response::default()) })), Code::Ok);
    assert_eq!(code(|| Box::pin(async { Ok(Status::out_of_range("x").into_http()) })), Code::OutOfRange);
}

#[test]
fn an_oversized_message_exhausts_resources() {
    let status = Status::out_of_range("Error, decoded message length too large: found 5 bytes");
    assert_eq!(code(|| Box::pin(async { Ok(status.into_http()) })), Code::ResourceExhausted);
}
