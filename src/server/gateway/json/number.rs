//! Numbers: which ones a field takes, and how a double is written.

/// Whole numbers up to here, and back to its negative, are the same as doubles.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A number of JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

impl Number {
    /// The number that a string holds; JSON's 64-bit numbers are strings.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // Whatever else may stand around a number in JSON is no part of one.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let number: serde_json::Number = is_plain.then(|| serde_json::from_str(text).ok())??;
        number
            .as_u64()
            .map(Self::Unsigned)
            .or_else(|| number.as_i64().map(Self::Signed))
            .or_else(|| number.as_f64().map(Self::Float))
    }

    /// As a whole number; `1.0` is one too.
    pub(super) fn whole(self) -> Option<i128> {
        match self {
            Self::Unsigned(number) => Some(number.into()),
            Self::Signed(number) => Some(number.into()),
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and exact in this range")]
            Self::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT_MAX => {
                Some(i128::from(number as i64))
            }
            Self::Float(_) => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a double takes the nearest number")]
    pub(super) fn double(self) -> f64 {
        match self {
            Self::Unsigned(number) => number as f64,
            Self::Signed(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

/// A finite double in the way of JavaScript: no `.0`, and an exponent only where the number is very large or small.
pub(super) fn double_text(number: f64) -> String {
    match number.abs() {
        0.0 => if number.is_sign_negative() { "-0" } else { "0" }.to_owned(),
        size if (1e-6..1e21).contains(&size) => number.to_string(),
        size if size >= 1.0 => format!("{number:e}").replace('e', "e+"),
        _ => format!("{number:e}"),
    }
}
