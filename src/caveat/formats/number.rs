//! Numbers as text.

/// A double as Go shows it: the fewest digits that mean it, with an exponent from `1e+06` on and below `0.0001`.
pub(in super::super) fn show_double(number: f64) -> String {
    show(number, &format!("{number:e}"), 6)
}

/// A double with at most ten digits.
pub(in super::super) fn show_short(number: f64) -> String {
    show(number, &format!("{number:.9e}"), 10)
}

/// Puts digits and an exponent together; the exponent is shown from some size on.
fn show(number: f64, scientific: &str, exponent_end: i32) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..exponent_end).contains(&exponent) {
        let short: f64 = format!("{digits}e{exponent}").parse().unwrap_or(number);
        return short.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// The double that a text stands for: a decimal number, perhaps with `_` between digits, or `inf`, `infinity`, `nan`.
pub(in super::super) fn parse_double(text: &str) -> Option<f64> {
    let number: f64 = if text.contains('_') {
        let bytes = text.as_bytes();
        let is_digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
        let is_between = |place: usize| place > 0 && is_digit(place - 1) && is_digit(place + 1);
        let mut underscores = text.match_indices('_').map(|(place, _)| place);
        underscores.all(is_between).then(|| text.replace('_', "").parse().ok())??
    } else {
        text.parse().ok()?
    };
    // What is too large for a double is no double.
    let is_too_large = number.is_infinite() && text.contains(|character: char| character.is_ascii_digit());
    (!is_too_large).then_some(number)
}

/// A number as it is written in a context: decimal, or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum Decimal {
    /// Whole and in the range of `i128`; what is beyond it is the number at its end.
    Whole(i128),
    /// Anything else, as the double next to it.
    Double(f64),
}

impl Decimal {
    /// A double as it is.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is beyond the range becomes the number at its end"
    )]
    pub(in super::super) fn of_double(number: f64) -> Self {
        if number.is_finite() && number.fract() == 0.0 {
            Self::Whole(number as i128)
        } else {
            Self::Double(number)
        }
    }

    /// Reads a decimal number with an optional exponent, or `Inf`.
    pub(in super::super) fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_negative = text.starts_with('-');
        if matches!(unsigned, "Inf" | "inf") {
            return Some(Self::Double(if is_negative { f64::NEG_INFINITY } else { f64::INFINITY }));
        }
        let starts_well = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.');
        let double: f64 = text.parse().ok().filter(|_| starts_well)?;
        Some(Self::whole(unsigned, is_negative).map_or(Self::Double(double), Self::Whole))
    }

    /// The number if it is whole.
    fn whole(unsigned: &str, is_negative: bool) -> Option<i128> {
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        // An exponent that 32 bits cannot hold leaves nothing of a number, or too much.
        let exponent =
            exponent.parse::<i32>().unwrap_or(if exponent.starts_with('-') { i32::MIN } else { i32::MAX });
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let mut number = 0_i128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            number = number.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
        }
        let mut shift = i64::from(exponent) - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        while shift > 0 && number != 0 && number != i128::MAX {
            number = number.saturating_mul(10);
            shift -= 1;
        }
        while shift < 0 && number != 0 {
            if number == i128::MAX || number % 10 != 0 {
                return None;
            }
            number /= 10;
            shift += 1;
        }
        Some(if is_negative { -number } else { number })
    }
}
