//! Instants and durations as text.

use std::fmt::Write as _;

use jiff::SignedDuration;
use jiff::civil::DateTime;

/// The instants that protobuf knows: the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// The durations that it knows: about 10,000 years.
const DURATION_SECONDS_MAX: u64 = 315_576_000_000;
const NANOS_PER_SECOND: i32 = 1_000_000_000;

/// The beginning of 1970, from which seconds are counted.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Seconds and nanoseconds since 1970 of a text of RFC 3339.
pub(super) fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let (local, offset_seconds) = if let Some(local) = text.strip_suffix('Z') {
        (local, 0)
    } else {
        let (local, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
        (local, parse_offset(offset)?)
    };
    // What is taken for a time elsewhere: a space, a week's number, a second without its minute.
    let is_plain = local.bytes().all(|byte| byte.is_ascii_digit() || b"-T:.".contains(&byte));
    let is_whole = local.find('T') == Some("2006-01-02".len()) && local.len() >= "2006-01-02T15:04:05".len();
    let local: DateTime = (is_plain && is_whole).then(|| local.parse().ok())??;
    let since = local.duration_since(EPOCH).checked_sub(SignedDuration::from_secs(offset_seconds))?;
    // Before 1970, a fraction counts back; on the wire, fractions always count on.
    let (seconds, nanos) = match since.subsec_nanos() {
        nanos @ 0.. => (since.as_secs(), nanos),
        nanos => (since.as_secs() - 1, nanos + NANOS_PER_SECOND),
    };
    SECONDS.contains(&seconds).then_some((seconds, nanos))
}

/// The seconds of `+01:00`.
fn parse_offset(text: &str) -> Option<i64> {
    let (sign, text) = match text.split_at_checked(1)? {
        ("+", text) => (1, text),
        ("-", text) => (-1, text),
        _ => return None,
    };
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, most: i64| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<i64>().ok()).flatten().filter(|number| *number <= most)
    };
    Some(sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60))
}

/// The text of RFC 3339 in UTC, with no, three, six or nine digits of a second's fraction.
pub(super) fn timestamp_text(seconds: i64, nanos: i32) -> Option<String> {
    if !SECONDS.contains(&seconds) || !(0..NANOS_PER_SECOND).contains(&nanos) {
        return None;
    }
    let time = EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    let mut text = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    push_fraction(&mut text, nanos.unsigned_abs());
    text.push('Z');
    Some(text)
}

/// Seconds with their fraction and an `s`, such as `1.500s`.
pub(super) fn duration_text(seconds: i64, nanos: i32) -> Option<String> {
    let has_one_sign = seconds.signum() * i64::from(nanos.signum()) >= 0;
    if seconds.unsigned_abs() > DURATION_SECONDS_MAX || nanos.abs() >= NANOS_PER_SECOND || !has_one_sign {
        return None;
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let mut text = format!("{sign}{}", seconds.unsigned_abs());
    push_fraction(&mut text, nanos.unsigned_abs());
    text.push('s');
    Some(text)
}

fn push_fraction(text: &mut String, nanos: u32) {
    // Writing to a string cannot fail.
    let _ = match nanos {
        0 => Ok(()),
        nanos if nanos % 1_000_000 == 0 => write!(text, ".{:03}", nanos / 1_000_000),
        nanos if nanos % 1000 == 0 => write!(text, ".{:06}", nanos / 1000),
        nanos => write!(text, ".{nanos:09}"),
    };
}
