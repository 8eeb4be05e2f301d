//! The `arrowroot` command.

fn main() {}
