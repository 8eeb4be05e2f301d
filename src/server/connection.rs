//! A connection that was let in, in plain text or under TLS, and counted until it is closed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::reception::Place;
use super::tls::TlsStream;

/// How long a client may say nothing at all, or less than HTTP/2 begins with.
const GREETING_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes that HTTP/2 begins with (RFC 9113, 3.4).
const GREETING_BYTES: usize = 24;

/// A connection.
pub(super) struct Connection {
    stream: Stream,
    greeting: Option<Greeting>,
    _place: Place,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream>),
}

/// What a client has to say at first.
struct Greeting {
    bytes_missing: usize,
    until: Pin<Box<Sleep>>,
}

impl Connection {
    pub(super) fn plain(stream: TcpStream, place: Place) -> Self {
        Self { stream: Stream::Plain(stream), greeting: None, _place: place }
    }

    pub(super) fn tls(stream: TlsStream, place: Place) -> Self {
        Self { stream: Stream::Tls(Box::new(stream)), greeting: None, _place: place }
    }

    /// Ends if the client does not begin to speak HTTP/2.
    pub(super) fn with_greeting(mut self) -> Self {
        let until = Box::pin(tokio::time::sleep(GREETING_TIMEOUT));
        self.greeting = Some(Greeting { bytes_missing: GREETING_BYTES, until });
        self
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        match &self.stream {
            Stream::Plain(stream) => stream.connect_info(),
            Stream::Tls(stream) => stream.get_ref().0.connect_info(),
        }
    }
}

impl Greeting {
    /// Ready when the client has had its time.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        self.until.as_mut().poll(context).map(|()| io::ErrorKind::TimedOut.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let filled = buffer.filled().len();
        let read = match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        let Some(greeting) = &mut self.greeting else { return read };
        if read.is_pending() {
            return Poll::Ready(Err(ready!(greeting.poll_end(context))));
        }
        greeting.bytes_missing = greeting.bytes_missing.saturating_sub(buffer.filled().len() - filled);
        if greeting.bytes_missing == 0 {
            self.greeting = None;
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, data),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, data),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(context, data),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(context, data),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
