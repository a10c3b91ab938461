//! Addresses, interfaces and networks, as Python's `ipaddress` reads and writes them.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::codec::call::Call;
use crate::value::Value;

/// An address: its number, its width in bits, and its scope.
struct Address {
    number: u128,
    bits: u32,
    scope: String,
}

/// Return the text of the object that a class of `ipaddress` constructs.
pub fn make(class: &str, call: Call) -> Option<String> {
    let bits = if class.starts_with("IPv4") { 32 } else { 128 };
    let [address, strict] = call.bind(["address", "strict"], 2).ok()?;
    let address = address?;
    match &class[4..] {
        "Address" if strict.is_none() => Some(write(&read(&address, bits)?)),
        "Interface" if strict.is_none() => {
            let (address, prefix) = split(&address, bits)?;
            Some(format!("{}/{prefix}", write(&address)))
        }
        "Network" => {
            let (mut address, prefix) = split(&address, bits)?;
            let hosts = u128::MAX.checked_shr(128 - bits + prefix).unwrap_or(0);
            let is_strict = strict.is_none_or(|strict| Value::is_true(&strict));
            if is_strict && address.number & hosts != 0 {
                return None;
            }
            address.number &= !hosts;
            Some(format!("{}/{prefix}", write(&address)))
        }
        _ => None,
    }
}

/// Return an address and its prefix length.
fn split(value: &Value, bits: u32) -> Option<(Address, u32)> {
    let Some((address, mask)) = value.text().and_then(|text| text.split_once('/')) else {
        return Some((read(value, bits)?, bits));
    };
    let address = parse(address, bits)?;
    let is_number = !mask.is_empty() && mask.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = if is_number {
        mask.parse().ok()?
    } else {
        prefix_of(parse(mask, bits)?)?
    };
    (prefix <= bits).then_some((address, prefix))
}

/// Return the prefix length of a netmask or a host mask.
fn prefix_of(mask: Address) -> Option<u32> {
    let mask = u32::try_from(mask.number)
        .ok()
        .filter(|_| mask.bits == 32)?;
    if mask.leading_ones() + mask.trailing_zeros() >= 32 {
        return Some(mask.leading_ones());
    }
    (mask.leading_zeros() + mask.trailing_ones() >= 32).then(|| mask.leading_zeros())
}

fn read(value: &Value, bits: u32) -> Option<Address> {
    let number = match value {
        Value::Text(text) => return parse(text, bits),
        Value::Bytes(bytes) if bytes.len() * 8 == bits as usize => bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u128::from(*byte)),
        other => u128::try_from(other.int()?).ok()?,
    };
    let fits = bits == 128 || number >> bits == 0;
    fits.then_some(Address {
        number,
        bits,
        scope: String::new(),
    })
}

fn parse(text: &str, bits: u32) -> Option<Address> {
    if bits == 32 {
        let number = u32::from(text.parse::<Ipv4Addr>().ok()?).into();
        return Some(Address {
            number,
            bits,
            scope: String::new(),
        });
    }
    let (text, scope) = match text.split_once('%') {
        Some((_, scope)) if scope.is_empty() || scope.contains('%') => return None,
        Some((text, scope)) => (text, format!("%{scope}")),
        None => (text, String::new()),
    };
    let number = text.parse::<Ipv6Addr>().ok()?.into();
    Some(Address {
        number,
        bits,
        scope,
    })
}

fn write(address: &Address) -> String {
    if address.bits == 32 {
        return Ipv4Addr::from(address.number as u32).to_string();
    }
    let plain = Ipv6Addr::from(address.number);
    let written = match plain.to_ipv4_mapped() {
        // Rust writes the last 32 bits of such an address with dots; Python does not.
        Some(_) => format!("::ffff:{:x}:{:x}", plain.segments()[6], plain.segments()[7]),
        None => plain.to_string(),
    };
    written + &address.scope
}
