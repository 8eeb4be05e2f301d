//! Why the server does not serve a watch, or no longer.

/// A watch that the server refuses or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::server) enum WatchRefusal {
    /// The operator wants none.
    #[error("watch is currently disabled: the server runs with --datastore-disable-watch-support")]
    Disabled,
    /// Types and filters exclude each other.
    #[error("cannot specify both object types and relationship filters")]
    BothSelections,
    /// There are as many as there may be.
    #[error("too many watches are open; end one, or watch again later")]
    TooMany,
    /// The client takes no messages.
    #[error(
        "watch disconnected: watch fell too far behind and was disconnected; consider increasing watch buffer size via \
         the flag --datastore-watch-buffer-length"
    )]
    FellBehind,
    /// The server is going down.
    #[error("the server is shutting down; watch again from the last changes_through")]
    Stopping,
}
