//! Ranges of addresses that `ZMQ_TCP_ACCEPT_FILTER` lets in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::error::{Errno, Result};

/// A range of addresses: those that share the first `prefix` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptFilter {
    network: IpAddr,
    prefix: u32,
}

impl AcceptFilter {
    /// Reads `address` or `address/prefix`. The text ends at the first NUL. With `ipv6`, an IPv4
    /// address stands for its IPv4-mapped IPv6 form, which is how a listener that takes both
    /// families sees an IPv4 peer; the prefix then counts from the start of that form.
    ///
    /// # Errors
    /// `EINVAL`: no literal address, of the wrong family, or a prefix that is too long.
    pub fn parse(text: &[u8], ipv6: bool) -> Result<AcceptFilter> {
        let text = text.split(|&b| b == 0).next().unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| Errno::EINVAL)?;
        let (address, prefix) = match text.rsplit_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let network = parse_address(address, ipv6)?;
        let bits = if network.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(digits) => parse_prefix(digits).filter(|&n| n <= bits).ok_or(Errno::EINVAL)?,
        };
        Ok(AcceptFilter { network, prefix })
    }

    /// Whether a peer with this address, of the family that the listener reports, is let in.
    pub fn matches(&self, peer: IpAddr) -> bool {
        match (self.network, peer) {
            (IpAddr::V4(network), IpAddr::V4(peer)) => {
                let differing = network.to_bits() ^ peer.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(network), IpAddr::V6(peer)) => {
                let differing = network.to_bits() ^ peer.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

fn parse_address(text: &str, ipv6: bool) -> Result<IpAddr> {
    let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    // A zone may be given but takes no part in the comparison.
    let text = match text.rsplit_once('%') {
        Some((_, "" | "0")) => return Err(Errno::EINVAL),
        Some((address, _)) => address,
        None => text,
    };
    if ipv6 {
        let v6 = text.parse::<Ipv6Addr>().ok();
        let mapped = || parse_ipv4(text).map(|v4| v4.to_ipv6_mapped());
        v6.or_else(mapped).map(IpAddr::V6).ok_or(Errno::EINVAL)
    } else {
        parse_ipv4(text).map(IpAddr::V4).ok_or(Errno::EINVAL)
    }
}

/// An IPv4 address as C's `getaddrinfo` reads it: in its IPv4-mapped form, or in any of the forms
/// that `inet_aton` knows: one to four numbers, the last of which fills the bytes that are left,
/// decimal, octal or hexadecimal.
fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    if let Ok(v6) = text.parse::<Ipv6Addr>() {
        return v6.to_ipv4_mapped();
    }
    let mut parts = text.split('.').map(parse_number).collect::<Option<Vec<u32>>>()?;
    let last = parts.pop()?;
    if parts.len() > 3 || parts.iter().any(|&n| n > 255) {
        return None;
    }
    let free_bits = 32 - 8 * parts.len() as u32;
    if free_bits < 32 && last >> free_bits != 0 {
        return None;
    }
    let high = parts.iter().enumerate().fold(0, |sum, (i, n)| sum | n << (24 - 8 * i));
    Some(Ipv4Addr::from_bits(high | last))
}

fn parse_number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let only_digits = digits.chars().all(|c| c.is_digit(radix));
    only_digits.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

/// The number at the start of the text, as C's `strtol` reads it. A zero must be just "0".
fn parse_prefix(text: &str) -> Option<u32> {
    if text == "0" {
        return Some(0);
    }
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok().filter(|&n| n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> AcceptFilter {
        AcceptFilter::parse(text.as_bytes(), false).unwrap()
    }

    #[test]
    fn a_prefix_selects_a_range() {
        let f = filter("192.168.5.0/24");
        assert!(f.matches("192.168.5.77".parse().unwrap()));
        assert!(!f.matches("192.168.4.77".parse().unwrap()));
        assert!(!f.matches("::1".parse().unwrap()));
        assert!(filter("10.0.0.1/0").matches("1.2.3.4".parse().unwrap()));
        assert!(!filter("10.0.0.1").matches("10.0.0.2".parse().unwrap()));
    }

    #[test]
    fn an_ipv4_address_is_mapped_when_ipv6_is_on() {
        let f = AcceptFilter::parse(b"127.0.0.1", true).unwrap();
        assert!(f.matches("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!f.matches("127.0.0.1".parse().unwrap()));
        let f = AcceptFilter::parse(b"[fe80::]/10", true).unwrap();
        assert!(f.matches("fe80::1".parse().unwrap()));
    }

    #[test]
    fn forms_of_inet_aton_are_known() {
        assert_eq!(filter("127.1"), filter("127.0.0.1"));
        assert_eq!(filter("0x7f000001"), filter("127.0.0.1"));
        assert_eq!(filter("127.0.0.1\0junk"), filter("127.0.0.1"));
        assert_eq!(filter("10.0.0.0/8x"), filter("10.0.0.0/8"));
        assert_eq!(filter("::ffff:10.0.0.0/8"), filter("10.0.0.0/8"));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "localhost",
            "1.2.3.4/",
            "1.2.3.4/33",
            "1.2.3.4/-1",
            "1.2.3.4/x",
            "::1",
            "1.2.3.256",
            "1.2.3.4.5",
            "*",
            "eth0",
            "1.2.3.4/00",
        ] {
            assert_eq!(AcceptFilter::parse(text.as_bytes(), false), Err(Errno::EINVAL), "{text}");
        }
    }
}
