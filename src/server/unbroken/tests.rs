//! What breaks off is an error with a code that tonic does not take for the end.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use http_body::Frame;
use tonic::codegen::{Body, Bytes};
use tonic::{Code, Status};

use super::Unbroken;

/// A body that gives something, and then what is left of it.
struct Broken(bool, Option<Status>);

impl Body for Broken {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if !std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"half")))));
        }
        Poll::Ready(self.1.take().map(Err))
    }
}

fn second_frame(end: Option<Status>) -> Option<Code> {
    let mut body = Unbroken(Broken(false, end));
    let mut context = Context::from_waker(Waker::noop());
    let mut next = || Pin::new(&mut body).poll_frame(&mut context);
    assert!(matches!(next(), Poll::Ready(Some(Ok(_)))));
    let Poll::Ready(second) = next() else { panic!("it waits") };
    second.map(|frame| frame.err().map_or(Code::Ok, |status| status.code()))
}

#[test]
fn a_reset_is_an_error_and_an_end_is_an_end() {
    assert_eq!(second_frame(Some(Status::cancelled("reset"))), Some(Code::Aborted));
    assert_eq!(second_frame(Some(Status::internal("lost"))), Some(Code::Aborted));
    assert_eq!(second_frame(None), None);
}
