//! Flag: how much memory the server may take up.

mod machine;

use std::path::Path;
use std::str::FromStr;

use clap::Args;

use machine::machine_bytes;

/// Answers on their way take this part of the limit: 85% and an eighth of that are less than all there is.
const ANSWERS_PART: u64 = 8;
const ANSWER_BYTES_MIN: usize = 64 << 20;
const ANSWER_BYTES_MAX: usize = 1 << 30;

/// How much memory the server may take up.
#[derive(Debug, Args)]
pub(super) struct Memory {
    /// Memory beyond which no relationship is added, as `8GiB`, `512MiB`, a number of bytes, or a part of what the machine
    /// or the container has; 0 for no limit
    #[arg(long, env = "ARROWROOT_MAX_MEMORY", default_value = "85%", value_name = "SIZE")]
    max_memory: MemorySize,
}

/// A size in bytes or as a part of what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemorySize {
    Unlimited,
    Bytes(u64),
    Percent(u64),
}

impl Memory {
    /// The limit in bytes; nothing if there is none, or if what the machine has is not known.
    pub(super) fn bytes_max(&self) -> Option<u64> {
        let of_machine = || machine_bytes(Path::new("/proc"), Path::new("/sys/fs/cgroup"));
        self.max_memory.bytes(of_machine)
    }

    /// What answers may take up that their clients have not taken yet, in bytes: a part of the limit, beside it.
    pub(super) fn answer_bytes_max(&self) -> usize {
        let part = self.bytes_max().map_or(u64::MAX, |bytes| bytes / ANSWERS_PART);
        usize::try_from(part).unwrap_or(usize::MAX).clamp(ANSWER_BYTES_MIN, ANSWER_BYTES_MAX)
    }
}

impl MemorySize {
    fn bytes(self, of_machine: impl FnOnce() -> Option<u64>) -> Option<u64> {
        match self {
            Self::Unlimited => None,
            Self::Bytes(bytes) => Some(bytes),
            Self::Percent(percent) => Some(of_machine()? / 100 * percent),
        }
    }
}

impl FromStr for MemorySize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no size: write a number with `%`, `KiB`, `MiB`, `GiB` or `TiB`, or a number of bytes, such as \
                 `85%` or `8GiB`"
            )
        };
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let power = match unit {
            "%" if number > 100 => return Err(format!("`{text}` is more than there is")),
            "%" if number > 0 => return Ok(Self::Percent(number)),
            "" | "B" | "%" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            "TiB" => 40,
            _ => return Err(wrong()),
        };
        match number.checked_mul(1 << power).ok_or_else(wrong)? {
            0 => Ok(Self::Unlimited),
            bytes => Ok(Self::Bytes(bytes)),
        }
    }
}

#[cfg(test)]
mod tests;
