//! How addresses between a virtual machine and its host are spelled: `cid:port`.

use super::SocketAddress;
use crate::error::{Errno, Result};

/// Any context id, or any port (`VMADDR_CID_ANY`, `VMADDR_PORT_ANY`).
const ANY: u32 = u32::MAX;

/// Reads `cid:port`. Either may be `*` or `-1` for any; a cid of `@` is the host's. Otherwise they
/// are what C's `strtoul` makes of them, which leaves out what follows a number. Errors: `EINVAL`.
pub(super) fn parse(text: &str) -> Result<SocketAddress> {
    let (cid, port) = text.rsplit_once(':').ok_or(Errno::EINVAL)?;
    let cid = match cid {
        "@" => libc::VMADDR_CID_HOST,
        cid => number_or_any(cid)?,
    };
    Ok(SocketAddress::Vsock { cid, port: number_or_any(port)? })
}

/// The endpoint of an address: `vsock://2:5555`, with `*` for any.
pub(super) fn endpoint(cid: u32, port: u32) -> String {
    let spell = |number| if number == ANY { "*".to_owned() } else { format!("{number}") };
    format!("vsock://{}:{}", spell(cid), spell(port))
}

fn number_or_any(text: &str) -> Result<u32> {
    if matches!(text, "*" | "-1") {
        return Ok(ANY);
    }
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let digits = text.get(..end).unwrap_or_default();
    digits.parse().map_err(|_| Errno::EINVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_libzmq_reads_them() {
        let table = [
            ("2:5555", Ok((2, 5555))),
            ("@:1", Ok((2, 1))),
            ("*:*", Ok((ANY, ANY))),
            ("-1:-1", Ok((ANY, ANY))),
            ("4294967295:0", Ok((ANY, 0))),
            (" +1x:80/tcp", Ok((1, 80))),
            ("4294967296:1", Err(Errno::EINVAL)),
            ("1:4294967296", Err(Errno::EINVAL)),
            ("99999999999999999999999:1", Err(Errno::EINVAL)),
            ("-2:1", Err(Errno::EINVAL)),
            ("**:1", Err(Errno::EINVAL)),
            ("1:@", Err(Errno::EINVAL)),
            ("1:", Err(Errno::EINVAL)),
            (":1", Err(Errno::EINVAL)),
            ("1", Err(Errno::EINVAL)),
            ("host:1", Err(Errno::EINVAL)),
            ("1:2:3", Ok((1, 3))),
        ];
        for (text, expected) in table {
            let expected = expected.map(|(cid, port)| SocketAddress::Vsock { cid, port });
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn any_is_spelled_with_a_star() {
        assert_eq!(endpoint(1, 5555), "vsock://1:5555");
        assert_eq!(endpoint(ANY, ANY), "vsock://*:*");
    }
}
