//! What the service itself refuses, before the lifecycle is asked.

/// A request that does not reach the lifecycle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::server) enum LifecycleRequestError {
    /// A field that has to be there is not.
    #[error("{field}: is required")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A list is longer than it may be.
    #[error("{field}: has {count} elements, more than the {count_max} that are allowed")]
    TooMany {
        /// The field.
        field: &'static str,
        /// Its elements.
        count: usize,
        /// Elements allowed.
        count_max: usize,
    },
    /// A length of time is negative.
    #[error("{field}: must not be negative")]
    NegativeDuration {
        /// The field.
        field: &'static str,
    },
    /// A stream does not begin with what it is about.
    #[error("the first request of the stream has to be the selection, and the others what lives")]
    Order,
    /// More lives than can be remembered.
    #[error("more than {count_max} living resources: ask for one account at a time")]
    TooMuchLives {
        /// Resources that can be remembered.
        count_max: usize,
    },
    /// Others have sent lists that are still needed.
    #[error("{count_max} lists of living resources are being worked on; try again when one is done")]
    TooManyLists {
        /// Lists that are remembered at once.
        count_max: usize,
    },
    /// The client went silent within a stream.
    #[error("no further living resources have come for {minutes} minutes")]
    TooSlow {
        /// How long it was waited for.
        minutes: u64,
    },
}
