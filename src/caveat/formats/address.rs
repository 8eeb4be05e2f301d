//! Addresses and networks.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

use super::quoted;

/// An address, possibly of one network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Address {
    Plain(IpAddr),
    Zoned(Ipv6Addr, Box<str>),
}

/// Reads an address as Go's `netip.ParseAddr` does.
pub(in super::super) fn parse_address(text: &str) -> Result<Address, String> {
    let invalid = |problem: &str| format!("ParseAddr({}): {problem}", quoted(text));
    let Some((address, zone)) = text.split_once('%') else {
        return text.parse().map(Address::Plain).map_err(|_| invalid("unable to parse IP"));
    };
    match address.parse() {
        Ok(_) if zone.is_empty() => Err(invalid("zone must be a non-empty string")),
        Ok(address) => Ok(Address::Zoned(address, zone.into())),
        Err(_) if address.is_empty() => Err(invalid("missing IPv6 address")),
        Err(_) => Err(invalid("unable to parse IP")),
    }
}

/// Reads a network such as `10.0.0.0/8`. Bits behind the prefix do not count.
pub(in super::super) fn parse_network(text: &str) -> Option<IpNet> {
    let (address, prefix) = text.rsplit_once('/')?;
    let is_number = !prefix.starts_with(['+', '0']) || prefix == "0";
    let prefix = prefix.parse().ok().filter(|_| is_number)?;
    IpNet::new(address.parse().ok()?, prefix).ok()
}
