//! `arrowroot version`.

use std::error::Error;
use std::io::Write as _;

pub(super) fn run() -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout(), "arrowroot {}", env!("CARGO_PKG_VERSION"))?)
}
