//! Between a socket and the protocol: how many connections may be open, and TLS.

use std::fmt;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream;
use tokio::net::TcpStream;
use tokio_stream::{Stream, StreamExt as _};

use super::connection::Connection;
use super::front::{Front, Listening};
use super::legacy::LogLimit;
use super::refusals::RefusalReason;
use super::tls::Handshakes;

/// What all sockets of one address share. Cloned for each, so it is a few pointers.
#[derive(Clone)]
pub(super) struct Reception {
    front: Arc<Front>,
    address: Address,
    connections_max: NonZeroUsize,
    refusals_told: Arc<LogLimit>,
}

/// Which of the server's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    Grpc,
    Http,
}

/// A connection's place among those that may be open, until this is dropped.
pub(super) struct Place {
    front: Arc<Front>,
    address: Address,
}

impl Address {
    fn of(self, front: &Front) -> &Listening {
        match self {
            Self::Grpc => &front.grpc,
            Self::Http => &front.http,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.address.of(&self.front).close_connection();
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Place").field(&self.address).finish()
    }
}

impl Reception {
    pub(super) fn new(front: Arc<Front>, address: Address, connections_max: NonZeroUsize) -> Self {
        let refusals_told = Arc::new(LogLimit::new(Instant::now()));
        Self { front, address, connections_max, refusals_told }
    }

    /// Connections that may be served, of those that a socket has accepted. It ends when they do; handshakes that go on
    /// then are given up.
    pub(super) fn receive(
        self,
        accepted: impl Stream<Item = TcpStream> + Send + 'static,
    ) -> impl Stream<Item = Connection> {
        let handshakes = self.listening().tls().map(|tls| Handshakes::new(Arc::clone(tls)));
        let receiving = Receiving { accepted: Box::pin(accepted), handshakes, reception: self };
        stream::unfold(receiving, async |mut receiving| Some((receiving.next().await?, receiving)))
    }

    fn listening(&self) -> &Listening {
        self.address.of(&self.front)
    }

    /// A place for one more connection, if there is one.
    fn place(&self) -> Option<Place> {
        if self.listening().open_connection(self.connections_max.get()) {
            return Some(Place { front: Arc::clone(&self.front), address: self.address });
        }
        self.tell_full();
        None
    }

    fn is_full(&self) -> bool {
        self.listening().connections_open() >= self.connections_max.get()
    }

    /// A connection for which there is no place is closed by being dropped.
    fn tell_full(&self) {
        self.front.refusals.count(RefusalReason::Connections);
        if let Some(suppressed) = self.refusals_told.pass(Instant::now()) {
            let connections_max = self.connections_max.get();
            tracing::warn!(
                connections_max,
                suppressed,
                "a connection is refused: there are as many as may be"
            );
        }
    }

    fn finish(&self, connection: Connection) -> Connection {
        match self.address {
            Address::Grpc => connection.with_greeting(),
            // It bounds the time of a request's headers itself.
            Address::Http => connection,
        }
    }
}

/// One socket's.
struct Receiving {
    accepted: Pin<Box<dyn Stream<Item = TcpStream> + Send>>,
    handshakes: Option<Handshakes>,
    reception: Reception,
}

impl Receiving {
    async fn next(&mut self) -> Option<Connection> {
        let Self { accepted, handshakes, reception } = self;
        loop {
            let Some(handshakes) = handshakes else {
                let stream = accepted.next().await?;
                if let Some(place) = reception.place() {
                    return Some(reception.finish(Connection::plain(stream, place)));
                }
                continue;
            };
            tokio::select! {
                ended = handshakes.next() => match ended {
                    Some(stream) => if let Some(place) = reception.place() {
                        return Some(reception.finish(Connection::tls(stream, place)));
                    },
                    None => reception.listening().count_failed_handshake(),
                },
                stream = accepted.next() => {
                    let stream = stream?;
                    // A handshake that would lead nowhere costs time.
                    if reception.is_full() { reception.tell_full() } else { handshakes.begin(stream) }
                }
            }
        }
    }
}
