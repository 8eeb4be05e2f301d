//! Addresses and networks.

use ipnet::IpNet;

use super::super::formats;
use super::super::stop::Stop;
use super::super::value::Value;

/// `address.in_cidr("10.0.0.0/8")`. No network contains an address of the other family or with a zone.
pub(super) fn in_cidr(address: &Value, network: &Value) -> Result<bool, Stop> {
    let no_overload = || Stop::no_function("in_cidr", &[address, network]);
    let Value::String(text) = network else { return Err(no_overload()) };
    if !matches!(address, Value::IpAddress(_) | Value::ZonedAddress(_)) {
        return Err(no_overload());
    }
    let network =
        formats::parse_network(text).ok_or_else(|| Stop::failed(format!("invalid CIDR string: `{text}`")))?;
    is_in_network(address, &network)
}

/// Whether a network contains an address.
pub(in super::super) fn is_in_network(address: &Value, network: &IpNet) -> Result<bool, Stop> {
    match address {
        Value::IpAddress(address) => Ok(network.contains(address)),
        Value::ZonedAddress(_) => Ok(false),
        _ => Err(Stop::no_function("in_cidr", &[address, &Value::from("")])),
    }
}
