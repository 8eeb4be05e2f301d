//! The values below which a part of all values lies.

/// The value at a part from 0 to 1 of a sorted list; 0 if there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "it is a place in the list"
)]
pub(crate) fn quantile(sorted: &[u64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = (last as f64 * part) as usize;
    sorted.get(place).map_or(0.0, |value| *value as f64)
}
