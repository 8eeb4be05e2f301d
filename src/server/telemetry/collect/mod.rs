//! The metrics, by what they are about. Names are by the conventions of Prometheus: base units, and `_total` at the end
//! of what only grows, which the page adds.

mod engine;
mod front;
mod requests;
mod server;

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::monitor::Monitor;
use super::page::Page;
use super::process;

impl Collector for Monitor {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        requests::write(&mut page, self)?;
        front::write(&mut page, self)?;
        server::write(&mut page, self)?;
        engine::write(&mut page, self)?;
        process::write(&mut page)
    }
}
