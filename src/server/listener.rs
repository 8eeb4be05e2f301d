//! Sockets: one a runtime, all on one port, among which the kernel spreads the connections.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_stream::Stream;

/// Connections that wait to be accepted, for each socket.
const BACKLOG: i32 = 1024;
/// How long no connection is accepted after one could not be, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Binds a number of sockets to an address; to any free port if its port is 0.
pub(super) fn bind(address: SocketAddr, count: NonZeroUsize) -> io::Result<Vec<TcpListener>> {
    // Sockets that share their port would also share it with another process of the same user, and each would get
    // some of the other's clients. A socket that shares nothing finds that out.
    drop(listen(address, Sharing::Alone)?);
    let first = listen(address, Sharing::Shared)?;
    let address = first.local_addr()?;
    let others = (1..count.get()).map(|_| listen(address, Sharing::Shared));
    std::iter::once(Ok(first)).chain(others).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Alone,
    Shared,
}

fn listen(address: SocketAddr, sharing: Sharing) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if sharing == Sharing::Shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The connections of a socket, without delay of small packets. It never ends: what fails is logged and tried again.
#[derive(Debug)]
pub(super) struct Connections {
    listener: tokio::net::TcpListener,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Connections {
    /// Takes the socket into the runtime that it is called on.
    pub(super) fn new(listener: TcpListener) -> io::Result<Self> {
        Ok(Self { listener: tokio::net::TcpListener::from_std(listener)?, pause: None })
    }
}

impl Stream for Connections {
    type Item = io::Result<TcpStream>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match ready!(pin!(&mut self.listener).poll_accept(context)) {
                Ok((stream, _)) => {
                    // A connection that is already gone shows it when it is read.
                    let _ = stream.set_nodelay(true);
                    return Poll::Ready(Some(Ok(stream)));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    self.pause = Some(Box::pin(tokio::time::sleep(ACCEPT_PAUSE)));
                }
            }
        }
    }
}
