//! From when to when certificates are good: the one thing about the server's own that nobody tells it otherwise.
//!
//! A certificate is ASN.1 in DER (RFC 5280, 4.1): a sequence whose first element has a version, which may be absent, a
//! serial number, an algorithm, the issuer, and then the two times.

use std::time::{Duration, SystemTime};

use rustls_pki_types::CertificateDer;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A span of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) begins_at: SystemTime,
    pub(super) expires_at: SystemTime,
}

impl Validity {
    /// When all certificates of a chain are good; none if one cannot be read.
    pub(super) fn of_chain(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let mut all = chain.iter().map(|certificate| Self::of(certificate));
        let first = all.next()??;
        all.try_fold(first, |whole, next| {
            let next = next?;
            Some(Self {
                begins_at: whole.begins_at.max(next.begins_at),
                expires_at: whole.expires_at.min(next.expires_at),
            })
        })
    }

    fn of(certificate: &[u8]) -> Option<Self> {
        let (certificate, _) = element(certificate, SEQUENCE)?;
        let (body, _) = element(certificate, SEQUENCE)?;
        let body = element(body, VERSION).map_or(body, |(_, rest)| rest);
        let (_, body) = element(body, INTEGER)?;
        let (_, body) = element(body, SEQUENCE)?;
        let (_, body) = element(body, SEQUENCE)?;
        let (times, _) = element(body, SEQUENCE)?;
        let (begins_at, times) = time(times)?;
        let (expires_at, _) = time(times)?;
        Some(Self { begins_at, expires_at })
    }
}

/// The content of an element with this tag, and what follows it.
fn element(data: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, data) = data.split_first()?;
    if found != tag {
        return None;
    }
    let (&first, data) = data.split_first()?;
    // Up to 127 the length itself; else how many bytes it has.
    let (length, data) = if first < 0x80 {
        (usize::from(first), data)
    } else {
        let (length, data) = data.split_at_checked(usize::from(first & 0x7f))?;
        if length.len() > size_of::<u32>() {
            return None;
        }
        (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), data)
    };
    data.split_at_checked(length)
}

/// A time, and what follows it. Two digits of a year are those of 1950 to 2049.
fn time(data: &[u8]) -> Option<(SystemTime, &[u8])> {
    let (text, rest, century_digits) = match element(data, UTC_TIME) {
        Some((text, rest)) => (text, rest, 0),
        None => element(data, GENERALIZED_TIME).map(|(text, rest)| (text, rest, 2))?,
    };
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if text.len() != 12 + century_digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, others) = text.split_at_checked(2 + century_digits)?;
    let year: i16 = year.parse().ok()?;
    let year = match century_digits {
        0 if year < 50 => 2000 + year,
        0 => 1900 + year,
        _ => year,
    };
    let part = |index: usize| others.get(2 * index..2 * index + 2)?.parse::<i8>().ok();
    let moment =
        jiff::civil::DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    let seconds = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    Some((time?, rest))
}
