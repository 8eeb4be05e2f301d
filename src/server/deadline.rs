//! When a client stops waiting.

use std::time::{Duration, Instant};

use tonic::metadata::MetadataMap;

/// How long the client waits, as gRPC words it: at most eight digits and a unit, such as `250m`.
const TIMEOUT: &str = "grpc-timeout";
const DIGITS_MAX: usize = 8;

/// The instant after which nobody reads the answer; none if the client waits for as long as it takes.
pub(super) fn deadline(metadata: &MetadataMap) -> Option<Instant> {
    let value = metadata.get(TIMEOUT)?.to_str().ok()?;
    Instant::now().checked_add(timeout(value)?)
}

/// A timeout in gRPC's words; none if it is not one.
pub(super) fn timeout(value: &str) -> Option<Duration> {
    let (unit_start, unit) = value.char_indices().next_back()?;
    let digits = &value[..unit_start];
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(count * 3600),
        'M' => Duration::from_secs(count * 60),
        'S' => Duration::from_secs(count),
        'm' => Duration::from_millis(count),
        'u' => Duration::from_micros(count),
        'n' => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
