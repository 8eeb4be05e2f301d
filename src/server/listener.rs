//! Sockets: one a runtime, all on one port, among which the kernel spreads the connections.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use socket2::{Domain, Protocol, Type};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_stream::Stream;

/// Connections that wait to be accepted, for each socket.
const BACKLOG: i32 = 1024;
/// How long no connection is accepted after one could not be, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// One of several sockets at one address, which close together.
#[derive(Debug)]
pub(super) struct Socket {
    listener: TcpListener,
    open: Open,
}

/// Whether any of the sockets is still open: each has a receiver, and `all` is closed when they are gone.
#[derive(Debug, Clone)]
struct Open {
    own: watch::Receiver<()>,
    all: Arc<watch::Sender<()>>,
}

impl Socket {
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Open {
    fn new() -> Self {
        let (all, own) = watch::channel(());
        Self { own, all: Arc::new(all) }
    }

    /// Waits until none of the sockets is open, where this one is not any more.
    async fn ended(self) {
        drop(self.own);
        self.all.closed().await;
    }
}

/// Binds a number of sockets to an address; to any free port if its port is 0.
pub(super) fn bind(address: SocketAddr, count: NonZeroUsize) -> io::Result<Vec<Socket>> {
    let open = Open::new();
    let listeners = bind_listeners(address, count)?;
    Ok(listeners.into_iter().map(|listener| Socket { listener, open: open.clone() }).collect())
}

fn bind_listeners(address: SocketAddr, count: NonZeroUsize) -> io::Result<Vec<TcpListener>> {
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
    let socket = socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if sharing == Sharing::Shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The connections of a socket until it is told to stop: then those that wait are still taken, and it ends when all
/// sockets of the address are closed. So nobody is sent away while there is a socket that would take them up again and
/// then drop them: who comes back is refused at once.
pub(super) fn connections(
    socket: Socket,
    is_stopping: watch::Receiver<bool>,
) -> io::Result<impl Stream<Item = TcpStream>> {
    let Socket { listener, open } = socket;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    Ok(stream::unfold((listener, open, is_stopping), async |(listener, open, mut is_stopping)| {
        let accepted = tokio::select! {
            biased;
            stream = accept(&listener) => Some(stream),
            // An error means that nobody is left to tell.
            _ = is_stopping.wait_for(|is_stopping| *is_stopping) => None,
        };
        let Some(stream) = accepted else {
            drop(listener);
            open.ended().await;
            return None;
        };
        Some((stream, (listener, open, is_stopping)))
    }))
}

/// The next connection, without delay of small packets. What fails is logged and tried again.
async fn accept(listener: &tokio::net::TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // A connection that is already gone shows it when it is read.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
