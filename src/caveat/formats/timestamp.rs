//! Points in time: RFC 3339, and their parts.

use std::fmt;

use super::quoted;

/// A point in time with the offset it was written with.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Timestamp {
    /// Since 1970 in UTC.
    seconds: i64,
    /// Below one billion.
    nanosecond: u32,
    /// East of UTC, for showing it only.
    offset_minutes: i16,
}

/// A point in time as a calendar and a clock show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Calendar {
    pub(in super::super) year: i64,
    /// From 1.
    pub(in super::super) month: i64,
    /// Of the month, from 1.
    pub(in super::super) day: i64,
    /// From 1.
    pub(in super::super) day_of_year: i64,
    /// From Sunday, which is 0.
    pub(in super::super) day_of_week: i64,
    pub(in super::super) second_of_day: i64,
    pub(in super::super) nanosecond: i64,
}

const DAY_SECONDS: i64 = 86_400;
const SECOND_NANOSECONDS: i128 = 1_000_000_000;
/// The first second of the year 1 and the last of the year 9999: what computed timestamps are held to.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

impl Timestamp {
    /// Some seconds after 1970, if that is from year 1 to 9999.
    pub(in super::super) fn from_seconds(seconds: i64) -> Option<Self> {
        Some(Self { seconds, nanosecond: 0, offset_minutes: 0 }).filter(Self::is_in_range)
    }

    /// Some seconds and nanoseconds after 1970, in any year.
    pub(in super::super) fn from_parts(seconds: i64, nanoseconds: i64) -> Self {
        let carried = seconds.saturating_add(nanoseconds.div_euclid(1_000_000_000));
        let nanosecond = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).unwrap_or(0);
        Self { seconds: carried, nanosecond, offset_minutes: 0 }
    }

    /// Whether it is the first instant of the year 1.
    pub(in super::super) fn is_first(&self) -> bool {
        self.instant() == (FIRST, 0)
    }

    /// Whether it is from year 1 to 9999 in UTC.
    pub(in super::super) fn is_in_range(&self) -> bool {
        (FIRST..=LAST).contains(&self.seconds)
    }

    /// Whole seconds since 1970.
    pub(in super::super) fn seconds(self) -> i64 {
        self.seconds
    }

    /// What is compared: the offset does not count.
    pub(in super::super) fn instant(self) -> (i64, u32) {
        (self.seconds, self.nanosecond)
    }

    /// Some nanoseconds later, if that is from year 1 to 9999.
    pub(in super::super) fn plus(self, nanoseconds: i128) -> Option<Self> {
        let total = self.nanoseconds().checked_add(nanoseconds)?;
        let seconds = i64::try_from(total.div_euclid(SECOND_NANOSECONDS)).ok()?;
        let nanosecond = u32::try_from(total.rem_euclid(SECOND_NANOSECONDS)).ok()?;
        Some(Self { seconds, nanosecond, ..self }).filter(Self::is_in_range)
    }

    /// The nanoseconds from an earlier point in time to this one, if 64 bits hold them.
    pub(in super::super) fn since(self, earlier: Self) -> Option<i64> {
        i64::try_from(self.nanoseconds() - earlier.nanoseconds()).ok()
    }

    fn nanoseconds(self) -> i128 {
        i128::from(self.seconds) * SECOND_NANOSECONDS + i128::from(self.nanosecond)
    }

    /// Its parts where clocks are some seconds ahead of UTC.
    pub(in super::super) fn calendar(self, offset_seconds: i64) -> Calendar {
        let local = self.seconds.saturating_add(offset_seconds);
        let days = local.div_euclid(DAY_SECONDS);
        let (year, month, day) = date_of_days(days);
        Calendar {
            year,
            month,
            day,
            day_of_year: days - days_of_date(year, 1, 1) + 1,
            // 1970 began on a Thursday.
            day_of_week: (days + 4).rem_euclid(7),
            second_of_day: local.rem_euclid(DAY_SECONDS),
            nanosecond: i64::from(self.nanosecond),
        }
    }

    /// Reads RFC 3339, as liberal as Go's `time.Parse` is: hours of one digit, commas before fractions, offsets of
    /// up to 24 hours and 60 minutes.
    pub(in super::super) fn parse(text: &str) -> Result<Self, String> {
        Reader { text, rest: text }.read()
    }
}

/// RFC 3339 with the offset it was written with.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Calendar { year, month, day, second_of_day, nanosecond, .. } =
            self.calendar(i64::from(self.offset_minutes) * 60);
        let sign = if year < 0 { "-" } else { "" };
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        let year = year.unsigned_abs();
        write!(formatter, "{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if nanosecond != 0 {
            let digits = format!("{nanosecond:09}");
            write!(formatter, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset_minutes == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let offset = self.offset_minutes.unsigned_abs();
        write!(formatter, "{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

/// A text that is read as RFC 3339.
struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Timestamp, String> {
        let year = self.number("2006", 4..=4, 0..=9999, "year")?;
        self.literal("-")?;
        let month = self.number("01", 2..=2, 1..=12, "month")?;
        self.literal("-")?;
        let day = self.number("02", 2..=2, 0..=99, "day")?;
        self.literal("T")?;
        let hour = self.number("15", 1..=2, 0..=23, "hour")?;
        self.literal(":")?;
        let minute = self.number("04", 2..=2, 0..=59, "minute")?;
        self.literal(":")?;
        let second = self.number("05", 2..=2, 0..=59, "second")?;
        let nanosecond = self.fraction();
        let offset_minutes = self.offset()?;
        if !self.rest.is_empty() {
            return Err(format!("parsing time {}: extra text: {}", quoted(self.text), quoted(self.rest)));
        }
        if day < 1 || day > month_length(year, month) {
            return Err(self.out_of_range("day"));
        }
        let days = days_of_date(year, month, day);
        let seconds =
            days * DAY_SECONDS + hour * 3600 + minute * 60 + second - i64::from(offset_minutes) * 60;
        Ok(Timestamp { seconds, nanosecond, offset_minutes })
    }

    /// As many digits as there are, of the number allowed.
    fn number(
        &mut self,
        layout: &str,
        lengths: std::ops::RangeInclusive<usize>,
        range: std::ops::RangeInclusive<i64>,
        name: &str,
    ) -> Result<i64, String> {
        let digits = self.rest.bytes().take(*lengths.end()).take_while(u8::is_ascii_digit).count();
        if digits < *lengths.start() {
            return Err(self.no_such(layout));
        }
        let (number, rest) = self.rest.split_at(digits);
        let number = number.parse().map_err(|_| self.no_such(layout))?;
        self.rest = rest;
        if range.contains(&number) { Ok(number) } else { Err(self.out_of_range(name)) }
    }

    fn literal(&mut self, literal: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(literal).ok_or_else(|| self.no_such(literal))?;
        Ok(())
    }

    /// Nanoseconds; digits behind the ninth are cut off.
    fn fraction(&mut self) -> u32 {
        let Some(after) = self.rest.strip_prefix(['.', ',']) else { return 0 };
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return 0;
        }
        self.rest = &after[digits..];
        let padded = after.bytes().take(digits).chain(std::iter::repeat(b'0')).take(9);
        padded.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    }

    /// Minutes east of UTC.
    fn offset(&mut self) -> Result<i16, String> {
        const LAYOUT: &str = "Z07:00";
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let &[sign @ (b'+' | b'-'), hour_high, hour_low, b':', minute_high, minute_low, ..] =
            self.rest.as_bytes()
        else {
            return Err(self.no_such(LAYOUT));
        };
        let digits = [hour_high, hour_low, minute_high, minute_low];
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(self.no_such(LAYOUT));
        }
        let [hour_high, hour_low, minute_high, minute_low] = digits.map(|digit| i16::from(digit - b'0'));
        let (hours, minutes) = (hour_high * 10 + hour_low, minute_high * 10 + minute_low);
        if hours > 24 {
            return Err(self.out_of_range("time zone offset hour"));
        }
        if minutes > 60 {
            return Err(self.out_of_range("time zone offset minute"));
        }
        self.rest = &self.rest[6..];
        let offset = hours * 60 + minutes;
        Ok(if sign == b'-' { -offset } else { offset })
    }

    fn no_such(&self, layout: &str) -> String {
        let (text, rest) = (quoted(self.text), quoted(self.rest));
        format!("parsing time {text} as \"2006-01-02T15:04:05Z07:00\": cannot parse {rest} as \"{layout}\"")
    }

    fn out_of_range(&self, name: &str) -> String {
        format!("parsing time {}: {name} out of range", quoted(self.text))
    }
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days of 400 years, after which the calendar repeats itself.
const CYCLE_DAYS: i64 = 146_097;
/// The days from the first of March of the year 0 to 1970.
const EPOCH_DAYS: i64 = 719_468;

/// The days from 1970 to a date. Years are counted from March, so that the day that is sometimes there is the last
/// one (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_of_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (cycle, year_of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    cycle * CYCLE_DAYS + day_of_cycle - EPOCH_DAYS
}

/// Year, month and day, some days after 1970: the reverse of [`days_of_date`].
fn date_of_days(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (cycle, day_of_cycle) = (days.div_euclid(CYCLE_DAYS), days.rem_euclid(CYCLE_DAYS));
    let leap_days = day_of_cycle / 1_460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
    let year_of_cycle = (day_of_cycle - leap_days) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
    (year, month, day)
}
