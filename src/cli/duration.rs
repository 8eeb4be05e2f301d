//! Durations on the command line, such as `5s`, `250ms` or `1m30s`.

use std::str::FromStr;

/// A duration in Go's and systemd's manner: numbers with units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duration(pub(super) std::time::Duration);

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span: jiff::SignedDuration = text.parse().map_err(|_| {
            format!("`{text}` is no duration: write a number with a unit, such as `5s` or `1m30s`")
        })?;
        let duration = span.try_into().map_err(|_| format!("`{text}` is negative"))?;
        Ok(Self(duration))
    }
}
