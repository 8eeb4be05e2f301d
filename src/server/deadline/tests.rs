//! Timeouts as clients write them.

use std::time::Duration;

use super::timeout;

#[test]
fn every_unit_is_read() {
    let cases = [
        ("2H", Duration::from_hours(2)),
        ("3M", Duration::from_mins(3)),
        ("4S", Duration::from_secs(4)),
        ("250m", Duration::from_millis(250)),
        ("7u", Duration::from_micros(7)),
        ("99999999n", Duration::from_nanos(99_999_999)),
    ];
    for (text, expected) in cases {
        assert_eq!(timeout(text), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_timeout_is_none() {
    for text in ["", "S", "12", "123456789S", "-1S", "1x", "1é", "１S"] {
        assert_eq!(timeout(text), None, "{text}");
    }
}
