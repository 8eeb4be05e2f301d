//! Addresses and networks.

use super::super::formats;
use super::super::stop::Stop;
use super::super::value::Value;

/// `address.in_cidr("10.0.0.0/8")`. No network contains an address of the other family or with a zone.
pub(super) fn in_cidr(address: &Value, network: &Value) -> Result<Value, Stop> {
    let no_overload = || {
        let types = (address.type_name(), network.type_name());
        Stop::failed(format!("no such overload: in_cidr({}, {})", types.0, types.1))
    };
    let Value::String(network) = network else { return Err(no_overload()) };
    let address = match address {
        Value::IpAddress(address) => Some(address),
        Value::ZonedAddress(_) => None,
        _ => return Err(no_overload()),
    };
    let network = formats::parse_network(network)
        .ok_or_else(|| Stop::failed(format!("invalid CIDR string: `{network}`")))?;
    Ok(Value::Bool(address.is_some_and(|address| network.contains(address))))
}
