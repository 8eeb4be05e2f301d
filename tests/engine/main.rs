//! The engine through its public door: what a program that embeds it relies on.

mod checks;
mod durability;
mod reads;
mod schemas;
mod support;
mod tokens;
mod writes;
