//! How addresses between a virtual machine and its host are spelled, by vsock and vmci: `cid:port`.

use std::time::Duration;

use super::{Protocol, SocketAddress};
use crate::error::{Errno, Result};
use crate::options::Options;
use crate::sys::socket::Socket;
use crate::sys::{libc, vmci};

/// Any context id, or any port (`VMADDR_CID_ANY`, `VMADDR_PORT_ANY`).
const ANY: u32 = u32::MAX;

/// Reads `cid:port` of vsock. Either may be `*` or `-1` for any; a cid of `@` is the host's.
/// Otherwise they are what C's `strtoul` makes of them, which leaves out what follows a number.
/// Errors: `EINVAL`.
pub(super) fn parse(text: &str) -> Result<SocketAddress> {
    let (cid, port) = numbers(text, || Ok(libc::VMADDR_CID_HOST))?;
    Ok(SocketAddress::Vsock { cid, port })
}

/// Reads `cid:port` of vmci, where `@` is this machine. Errors: `EINVAL`, and `ENODEV` for `@` on a
/// machine that has no number.
pub(super) fn parse_vmci(text: &str) -> Result<SocketAddress> {
    let (cid, port) = numbers(text, || vmci::local_cid().ok_or(Errno::ENODEV))?;
    Ok(SocketAddress::Vmci { cid, port })
}

/// Sets a socket's `ZMQ_VMCI_*` options, before it listens, so that those it accepts have them too,
/// or connects, which is what the time is for and when the buffers are made. Sizes are wishes, which
/// the system may cut down or refuse.
pub(super) fn tune(socket: &Socket, o: &Options) {
    let level = vmci::family();
    // A size stays within the bounds that are set before.
    for (name, size) in [
        (vmci::BUFFER_MAX_SIZE, o.vmci_buffer_max_size),
        (vmci::BUFFER_MIN_SIZE, o.vmci_buffer_min_size),
        (vmci::BUFFER_SIZE, o.vmci_buffer_size),
    ] {
        if size != 0 {
            let _ = socket.set_option_bytes(level, name, &size.to_ne_bytes());
        }
    }
    if let Ok(ms @ 1..) = u64::try_from(o.vmci_connect_timeout) {
        let _ = socket.set_option_time(level, vmci::CONNECT_TIMEOUT, Duration::from_millis(ms));
    }
}

/// The endpoint of an address: `vsock://2:5555`, with `*` for any.
pub(super) fn endpoint(protocol: Protocol, cid: u32, port: u32) -> String {
    let spell = |number| if number == ANY { "*".to_owned() } else { format!("{number}") };
    format!("{}://{}:{}", protocol.name(), spell(cid), spell(port))
}

/// The two numbers, with `at` for a cid of `@`.
fn numbers(text: &str, at: impl FnOnce() -> Result<u32>) -> Result<(u32, u32)> {
    let (cid, port) = text.rsplit_once(':').ok_or(Errno::EINVAL)?;
    let cid = if cid == "@" { at()? } else { number_or_any(cid)? };
    Ok((cid, number_or_any(port)?))
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
    use proptest::prelude::*;

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
            if !text.starts_with('@') {
                let numbers = |address| match address {
                    SocketAddress::Vsock { cid, port } => SocketAddress::Vmci { cid, port },
                    other => other,
                };
                assert_eq!(parse_vmci(text), expected.map(numbers), "{text}");
            }
        }
    }

    #[test]
    fn at_is_this_machine_by_vmci() {
        let expected = vmci::local_cid().map(|cid| SocketAddress::Vmci { cid, port: 1 });
        assert_eq!(parse_vmci("@:1"), expected.ok_or(Errno::ENODEV));
    }

    proptest! {
        #[test]
        fn any_text_does_no_harm(text in r"[-+0-9*@: ]{0,30}|\PC{0,20}") {
            let _ = (parse(&text), parse_vmci(&text));
        }

        #[test]
        fn what_is_spelled_is_read(cid: u32, port: u32) {
            let spelled = endpoint(Protocol::Vsock, cid, port);
            let text = spelled.strip_prefix("vsock://").unwrap_or_default();
            prop_assert_eq!(parse(text), Ok(SocketAddress::Vsock { cid, port }));
        }
    }

    #[test]
    fn any_is_spelled_with_a_star() {
        assert_eq!(endpoint(Protocol::Vsock, 1, 5555), "vsock://1:5555");
        assert_eq!(endpoint(Protocol::Vmci, ANY, ANY), "vmci://*:*");
    }
}
