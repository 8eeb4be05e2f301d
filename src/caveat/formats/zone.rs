//! Time zones by name or offset.

use super::Timestamp;
use super::quoted;

/// How many seconds clocks of a zone are ahead of UTC at some time. A zone is a name of the IANA database, such as
/// `America/New_York`, or hours and minutes with a colon between them, such as `-08:00`.
pub(in super::super) fn zone_offset(zone: &str, time: Timestamp) -> Result<i64, String> {
    if let Some((hours, minutes)) = zone.split_once(':') {
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let minutes = if zone.starts_with('-') { hours * 60 - minutes } else { hours * 60 + minutes };
        return Ok(minutes * 60);
    }
    if matches!(zone, "" | "UTC" | "Local") {
        return Ok(0);
    }
    if zone.contains("..") || zone.starts_with(['/', '\\']) {
        return Err("time: invalid location name".to_owned());
    }
    let unknown = || format!("unknown time zone {zone}");
    let found = jiff::tz::TimeZone::get(zone).map_err(|_| unknown())?;
    // Names are looked up there without regard to case.
    if found.iana_name() != Some(zone) {
        return Err(unknown());
    }
    let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    let seconds = time.seconds().clamp(first.as_second(), last.as_second());
    let time = jiff::Timestamp::from_second(seconds).map_err(|_| unknown())?;
    Ok(i64::from(found.to_offset(time).seconds()))
}

/// A whole number of hours or minutes.
fn number(text: &str) -> Result<i64, String> {
    let number =
        text.parse::<i32>().map_err(|_| format!("strconv.Atoi: parsing {}: invalid syntax", quoted(text)))?;
    Ok(i64::from(number))
}
