//! How TIPC addresses are spelled: `{type,lower,upper}` and `{type,instance}` for services,
//! `<zone.cluster.node:reference>` for a socket, `<*>` for one that is yet to be.

use crate::error::{Errno, Result};
use crate::sys::tipc::TipcAddress;

/// Types below this are the system's own (`TIPC_RESERVED_TYPES`).
const RESERVED_TYPES: u32 = 64;

/// Where to bind or connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `<*>`: nowhere but at the socket's own id, which the system gives out.
    Unnamed,
    /// Anywhere else.
    At(TipcAddress),
}

/// Reads an address. Numbers are what C's `scanf` makes of them, which also leaves out what follows
/// the last one; `@zone.cluster.node` behind a service says where to look for it, which is in zone 1
/// otherwise. Errors: `EINVAL`.
pub(super) fn parse(text: &str) -> Result<Place> {
    if text.starts_with("<*>") {
        return Ok(Place::Unnamed);
    }
    let domain = match text.find('@').and_then(|at| text.get(at..)) {
        None => node(1, 0, 0),
        Some(domain) => read_domain(domain).ok_or(Errno::EINVAL)?,
    };
    let place = if text.starts_with('{') { read_service(text, domain) } else { read_id(text) };
    place.map(Place::At).ok_or(Errno::EINVAL)
}

/// The endpoint of an address.
pub(super) fn endpoint(address: TipcAddress) -> String {
    let numbers = match address {
        TipcAddress::Range { service, lower, upper } => [service, lower, upper],
        TipcAddress::Name { service, instance, domain } => [service, instance, domain],
        TipcAddress::Id { node, reference } => {
            let (zone, cluster, node) = (node >> 24, node >> 12 & 0xfff, node & 0xfff);
            return format!("tipc://<{zone}.{cluster}.{node}:{reference}>");
        }
    };
    let [first, second, third] = numbers;
    format!("tipc://{{{first}, {second}, {third}}}")
}

/// `tipc_addr` of `linux/tipc.h`, which lets numbers that are too large run over.
fn node(zone: u32, cluster: u32, node: u32) -> u32 {
    zone << 24 | cluster << 12 | node
}

fn read_domain(text: &str) -> Option<u32> {
    let mut scan = Scan(text);
    let domain = node(scan.after('@')?, scan.after('.')?, scan.after('.')?);
    scan.0.is_empty().then_some(domain)
}

fn read_service(text: &str, domain: u32) -> Option<TipcAddress> {
    let mut scan = Scan(text);
    let (service, lower) = (scan.after('{')?, scan.after(',')?);
    match scan.after(',') {
        Some(upper) => (service >= RESERVED_TYPES && lower <= upper)
            .then_some(TipcAddress::Range { service, lower, upper }),
        None => (service > RESERVED_TYPES).then_some(TipcAddress::Name {
            service,
            instance: lower,
            domain,
        }),
    }
}

fn read_id(text: &str) -> Option<TipcAddress> {
    let mut scan = Scan(text);
    let node = node(scan.after('<')?, scan.after('.')?, scan.after('.')?);
    Some(TipcAddress::Id { node, reference: scan.after(':')? })
}

/// What is left to be read.
struct Scan<'a>(&'a str);

impl Scan<'_> {
    /// Takes `mark` and the number behind it: white space, a sign, and digits, of which 64 bits count
    /// and 32 are kept. Nothing is taken if they are not there.
    fn after(&mut self, mark: char) -> Option<u32> {
        let text = self.0.strip_prefix(mark)?;
        let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at_checked(end)?;
        if digits.is_empty() {
            return None;
        }
        self.0 = rest;
        let number = match digits.parse::<u64>() {
            Ok(number) if negative => number.wrapping_neg(),
            Ok(number) => number,
            // Too large, which has no sign.
            Err(_) => u64::MAX,
        };
        Some(number as u32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOMAIN: u32 = 1 << 24;

    fn range(service: u32, lower: u32, upper: u32) -> Option<TipcAddress> {
        Some(TipcAddress::Range { service, lower, upper })
    }

    fn name(service: u32, instance: u32, domain: u32) -> Option<TipcAddress> {
        Some(TipcAddress::Name { service, instance, domain })
    }

    fn id(node: u32, reference: u32) -> Option<TipcAddress> {
        Some(TipcAddress::Id { node, reference })
    }

    #[test]
    fn addresses_are_read_as_libzmq_reads_them() {
        let table = [
            ("{5560,0,0}", range(5560, 0, 0)),
            ("{ 5560,\t7, 9", range(5560, 7, 9)),
            ("{64,0,0}", range(64, 0, 0)),
            ("{63,0,0}", None),
            ("{5560,2,1}", None),
            ("{5560,0,0}@2.3.4", range(5560, 0, 0)),
            ("{5560,0}", name(5560, 0, DOMAIN)),
            ("{5560,0", name(5560, 0, DOMAIN)),
            ("{5560,0,", name(5560, 0, DOMAIN)),
            ("{5560,0,x}", name(5560, 0, DOMAIN)),
            ("{65,0}", name(65, 0, DOMAIN)),
            ("{64,0}", None),
            ("{5560,0}@1.2.3", name(5560, 0, 16_785_411)),
            ("{5560,0}@-1.0.0", name(5560, 0, 0xff00_0000)),
            ("{5560,0}@1.2", None),
            ("{5560,0}@1.2.3x", None),
            ("{5560,0}@1.2.3 ", None),
            ("{5560,0}@", None),
            ("{-1,0}", name(u32::MAX, 0, DOMAIN)),
            ("{99999999999999999999999,1}", name(u32::MAX, 1, DOMAIN)),
            ("{-99999999999999999999999,1}", name(u32::MAX, 1, DOMAIN)),
            ("{4294968296,1}", name(1000, 1, DOMAIN)),
            ("{+100,1}", name(100, 1, DOMAIN)),
            ("{100 ,1}", None),
            ("{5560}", None),
            ("{5560", None),
            ("{", None),
            (" {5560,0}", None),
            ("x", None),
            ("<1.2.3:4>", id(0x0100_2003, 4)),
            ("<1.2.3:4", id(0x0100_2003, 4)),
            ("<1.2.3:4>@1", None),
            ("<300.5000.70000:5>", id(300 << 24 | 5000 << 12 | 70_000, 5)),
            ("<1.2.3>", None),
            ("<1.2:3>", None),
            ("<*", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected.map(Place::At).ok_or(Errno::EINVAL), "{text}");
        }
        assert_eq!(parse("<*>"), Ok(Place::Unnamed));
        assert_eq!(parse("<*>@"), Ok(Place::Unnamed));
    }

    #[test]
    fn endpoints_are_spelled_as_libzmq_spells_them() {
        let table = [
            ("{5560,1,2}", "tipc://{5560, 1, 2}"),
            ("{5560,1}", "tipc://{5560, 1, 16777216}"),
            ("<1.2.3:4>", "tipc://<1.2.3:4>"),
            ("<300.5000.70000:5>", "tipc://<45.921.368:5>"),
        ];
        for (text, expected) in table {
            let Ok(Place::At(address)) = parse(text) else { panic!("{text}") };
            assert_eq!(endpoint(address), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_does_no_harm(text in r"[{<]?[-+0-9,.:@>*} \t]{0,40}|\PC{0,20}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_spelled_is_read(service in 64u32.., a: u32, b: u32, reference: u32) {
            let range = TipcAddress::Range { service, lower: a.min(b), upper: a.max(b) };
            let id = TipcAddress::Id { node: a, reference };
            for address in [range, id] {
                let spelled = endpoint(address);
                let text = spelled.strip_prefix("tipc://").unwrap_or_default();
                prop_assert_eq!(parse(text), Ok(Place::At(address)));
            }
        }
    }
}
