//! Parts of points in time and of lengths of time.

use super::super::expression::Function;
use super::super::formats::{self, Calendar};
use super::super::stop::Stop;
use super::super::value::Value;

const NANOSECONDS: i64 = 1_000_000_000;

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    FullYear,
    /// From 0.
    Month,
    /// Of the month, from 0.
    DayOfMonth,
    /// Of the month, from 1.
    Date,
    /// From Sunday, which is 0.
    DayOfWeek,
    /// From 0.
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

impl Part {
    /// The part that a function gives.
    pub(super) fn of(function: Function) -> Option<Self> {
        Some(match function {
            Function::GetFullYear => Self::FullYear,
            Function::GetMonth => Self::Month,
            Function::GetDayOfMonth => Self::DayOfMonth,
            Function::GetDate => Self::Date,
            Function::GetDayOfWeek => Self::DayOfWeek,
            Function::GetDayOfYear => Self::DayOfYear,
            Function::GetHours => Self::Hours,
            Function::GetMinutes => Self::Minutes,
            Function::GetSeconds => Self::Seconds,
            Function::GetMilliseconds => Self::Milliseconds,
            _ => return None,
        })
    }

    /// The function that gives it.
    fn function(self) -> &'static str {
        match self {
            Self::FullYear => "getFullYear",
            Self::Month => "getMonth",
            Self::DayOfMonth => "getDayOfMonth",
            Self::Date => "getDate",
            Self::DayOfWeek => "getDayOfWeek",
            Self::DayOfYear => "getDayOfYear",
            Self::Hours => "getHours",
            Self::Minutes => "getMinutes",
            Self::Seconds => "getSeconds",
            Self::Milliseconds => "getMilliseconds",
        }
    }

    /// Of a point in time in some time zone.
    fn of_calendar(self, calendar: Calendar) -> i64 {
        match self {
            Self::FullYear => calendar.year,
            Self::Month => calendar.month - 1,
            Self::DayOfMonth => calendar.day - 1,
            Self::Date => calendar.day,
            Self::DayOfWeek => calendar.day_of_week,
            Self::DayOfYear => calendar.day_of_year - 1,
            Self::Hours => calendar.second_of_day / 3600,
            Self::Minutes => calendar.second_of_day / 60 % 60,
            Self::Seconds => calendar.second_of_day % 60,
            Self::Milliseconds => calendar.nanosecond / 1_000_000,
        }
    }

    /// Of a length of time, the whole of which counts in hours, minutes, seconds or milliseconds.
    fn of_duration(self, nanoseconds: i64) -> Option<i64> {
        Some(match self {
            Self::Hours => nanoseconds / (3600 * NANOSECONDS),
            Self::Minutes => nanoseconds / (60 * NANOSECONDS),
            Self::Seconds => nanoseconds / NANOSECONDS,
            Self::Milliseconds => nanoseconds / 1_000_000,
            _ => return None,
        })
    }
}

/// A part of a point in time in UTC, or of a length of time.
pub(super) fn get(part: Part, value: &Value) -> Result<Value, Stop> {
    let number = match value {
        Value::Timestamp(time) => Some(part.of_calendar(time.calendar(0))),
        Value::Duration(nanoseconds) => part.of_duration(*nanoseconds),
        _ => None,
    };
    number.map(Value::Int).ok_or_else(|| Stop::no_function(part.function(), &[value]))
}

/// A part of a point in time in a time zone: `America/New_York`, or an offset such as `-08:00`.
pub(super) fn get_in_zone(part: Part, value: &Value, zone: &Value) -> Result<Value, Stop> {
    let (Value::Timestamp(time), Value::String(zone)) = (value, zone) else {
        return Err(Stop::no_function(part.function(), &[value, zone]));
    };
    let offset_seconds = formats::zone_offset(zone, *time).map_err(Stop::failed)?;
    Ok(Value::Int(part.of_calendar(time.calendar(offset_seconds))))
}
