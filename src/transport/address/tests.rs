//! Every rule of spelling, and that no spelling does harm.

use proptest::prelude::*;

use super::*;
use crate::sys::socket::UnixName;

fn parse(text: &str, purpose: Purpose) -> Result<(&str, Option<u32>, u16)> {
    HostPort::parse(text, purpose).map(|it| (it.host, it.zone, it.port))
}

#[test]
fn host_and_port_are_split_at_the_last_colon() {
    let lo = names::interface_index("lo");
    let table = [
        ("127.0.0.1:5555", Ok(("127.0.0.1", None, 5555))),
        ("*:5555", Ok(("*", None, 5555))),
        ("::1:5555", Ok(("::1", None, 5555))),
        ("[::1]:5555", Ok(("::1", None, 5555))),
        ("[::1:5555", Ok(("[::1", None, 5555))),
        (":5555", Ok(("", None, 5555))),
        ("[]:1", Ok(("", None, 1))),
        ("fe80::1%lo:1", Ok(("fe80::1", lo, 1))),
        ("[fe80::1%3]:1", Ok(("fe80::1", Some(3), 1))),
        ("[fe80::1%3x]:1", Ok(("fe80::1", Some(3), 1))),
        ("[fe80::1%]:1", Err(Errno::EINVAL)),
        ("[fe80::1%0]:1", Err(Errno::EINVAL)),
        ("[fe80::1%-]:1", Err(Errno::EINVAL)),
        ("[fe80::1%no-such-thing]:1", Err(Errno::EINVAL)),
        ("127.0.0.1", Err(Errno::EINVAL)),
        ("", Err(Errno::EINVAL)),
    ];
    for (text, expected) in table {
        for purpose in [Purpose::Bind, Purpose::Source, Purpose::Connect] {
            assert_eq!(parse(text, purpose), expected, "{text}");
        }
    }
}

#[test]
fn ports_are_read_as_atoi_reads_them() {
    let table = [
        ("0", Ok(0)),
        ("5555", Ok(5555)),
        ("05555", Ok(5555)),
        ("80/tcp", Ok(80)),
        (" 80", Ok(80)),
        ("+80", Ok(80)),
        ("70000", Ok(4464)),
        ("-1", Ok(65535)),
        ("99999999999999999999", Ok(65535)),
        ("", Err(Errno::EINVAL)),
        ("00", Err(Errno::EINVAL)),
        ("65536", Err(Errno::EINVAL)),
        ("http", Err(Errno::EINVAL)),
        ("!", Err(Errno::EINVAL)),
        ("**", Err(Errno::EINVAL)),
    ];
    for (text, expected) in table {
        assert_eq!(parse_port(text, Purpose::Bind), expected, "{text:?}");
        assert_eq!(parse_port(text, Purpose::Connect), expected, "{text:?}");
    }
    assert_eq!(parse_port("*", Purpose::Bind), Ok(0));
    assert_eq!(parse_port("*", Purpose::Source), Ok(0));
    assert_eq!(parse_port("*", Purpose::Connect), Err(Errno::EINVAL));
}

#[test]
fn hosts_that_need_no_name_service() {
    let lo = names::interface_index("lo").unwrap();
    let zoned = format!("fe80::5%{lo}:7");
    let found = [
        ("*:7", Purpose::Bind, false, "tcp://0.0.0.0:7"),
        ("*:7", Purpose::Bind, true, "tcp://[::]:7"),
        ("*:*", Purpose::Source, false, "tcp://0.0.0.0:0"),
        ("lo:7", Purpose::Bind, false, "tcp://127.0.0.1:7"),
        ("lo:7", Purpose::Source, false, "tcp://127.0.0.1:7"),
        ("127.0.0.1:7", Purpose::Bind, false, "tcp://127.0.0.1:7"),
        ("127.0.0.1:7", Purpose::Bind, true, "tcp://[::ffff:127.0.0.1]:7"),
        ("127.1:7", Purpose::Connect, false, "tcp://127.0.0.1:7"),
        ("127.1:7", Purpose::Connect, true, "tcp://[::ffff:127.0.0.1]:7"),
        ("[::1]:7", Purpose::Connect, true, "tcp://[::1]:7"),
        ("::1:7", Purpose::Bind, true, "tcp://[::1]:7"),
        (&zoned, Purpose::Bind, true, "tcp://[fe80::5%lo]:7"),
    ];
    for (text, purpose, ipv6, expected) in found {
        let addresses = HostPort::parse(text, purpose).unwrap().without_names(ipv6).unwrap();
        let spelled: Vec<_> = addresses.iter().flatten().map(endpoint_of).collect();
        assert_eq!(spelled, [expected], "{text}");
    }
    let refused = [
        ("[::1]:7", Purpose::Bind, false, Err(Errno::ENODEV)),
        ("[::1]:7", Purpose::Connect, false, Err(Errno::EINVAL)),
        ("localhost:7", Purpose::Source, false, Err(Errno::ENODEV)),
        ("localhost:7", Purpose::Connect, false, Ok(None)),
        ("localhost:7", Purpose::Bind, false, Ok(None)),
        ("*:7", Purpose::Connect, false, Ok(None)),
    ];
    for (text, purpose, ipv6, expected) in refused {
        let answer = HostPort::parse(text, purpose).unwrap().without_names(ipv6);
        assert_eq!(answer, expected, "{text}");
    }
}

#[test]
fn hosts_for_a_proxy_are_numbers_or_names_to_be_looked_up_by_it() {
    let number = |text: &str| Host::Number(text.parse().unwrap());
    for (text, expected) in [
        ("192.0.2.7:80", Ok((number("192.0.2.7"), 80))),
        ("127.1:80", Ok((number("127.0.0.1"), 80))),
        ("[2001:db8::1]:80", Ok((number("2001:db8::1"), 80))),
        ("::1:80", Ok((number("::1"), 80))),
        ("[fe80::1%lo]:80", Ok((number("fe80::1"), 80))),
        ("localhost:80", Ok((Host::Name("localhost"), 80))),
        ("no-such.example:70000", Ok((Host::Name("no-such.example"), 4464))),
        ("localhost:0", Err(Errno::EINVAL)),
        ("localhost:*", Err(Errno::EINVAL)),
        ("localhost", Err(Errno::EINVAL)),
    ] {
        assert_eq!(remote_host(text), expected, "{text}");
    }
}

#[test]
fn a_zone_that_was_found_stays_unless_another_is_given() {
    let found = || vec![SocketAddress::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, 0, 3))];
    for (text, scope) in [("eth0:7", 3), ("eth0%5:7", 5)] {
        let addresses = HostPort::parse(text, Purpose::Bind).unwrap().finish(found());
        let expected = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 7, 0, scope);
        assert_eq!(addresses, [SocketAddress::V6(expected)], "{text}");
    }
}

#[test]
fn what_is_no_host_is_an_error_of_its_purpose() {
    for host in ["", "[::1", "1.2.3.4.5"] {
        let text = format!("{host}:1");
        for (purpose, errno) in [(Purpose::Bind, Errno::ENODEV), (Purpose::Connect, Errno::EINVAL)]
        {
            let answer = HostPort::parse(&text, purpose).unwrap().look_up(false);
            assert_eq!(answer, Err(errno), "{text}");
        }
    }
}

#[test]
fn a_source_is_checked_even_where_it_is_not_used() {
    let address = bind_address("127.0.0.1:1;127.0.0.1:2", false).unwrap();
    assert_eq!(endpoint_of(&address), "tcp://127.0.0.1:2");
    assert_eq!(bind_address("no-such-thing:1;127.0.0.1:2", false), Err(Errno::ENODEV));
    assert_eq!(bind_address("127.0.0.1;127.0.0.1:2", false), Err(Errno::EINVAL));
}

#[test]
fn unix_names_are_spelled_up_to_their_first_nul() {
    let table: [(&[u8], &str); 5] = [
        (b"/tmp/x", "ipc:///tmp/x"),
        (b"relative", "ipc://relative"),
        (b"\0abstract", "ipc://@abstract"),
        (b"\0a\0b", "ipc://@a"),
        (b"", "ipc://"),
    ];
    for (name, expected) in table {
        assert_eq!(endpoint_of(&SocketAddress::Unix(UnixName::new(name).unwrap())), expected);
    }
}

#[test]
fn an_endpoint_is_found_under_its_other_spellings() {
    let spellings = |text, ipv6| same_endpoints(text, ipv6).collect::<Vec<_>>();
    let twice = vec!["tcp://127.0.0.1:5"; 2];
    assert_eq!(spellings("127.1:5", false), twice);
    assert_eq!(spellings("[::ffff:127.0.0.1]:5", true), vec!["tcp://[::ffff:127.0.0.1]:5"; 2]);
    assert!(spellings("nonsense", false).is_empty());
}

proptest! {
    #[test]
    fn no_text_makes_parsing_panic(text in ".*", tail in "[:%\\[\\]*;0-9.a-f-]*") {
        for text in [&text, &tail, &format!("{text}:{tail}")] {
            let _ = super::super::split_endpoint(text);
            let _ = split_source(text);
            let _ = remote_host(text);
            for purpose in [Purpose::Bind, Purpose::Source, Purpose::Connect] {
                let _ = HostPort::parse(text, purpose);
            }
        }
    }

    #[test]
    fn numbers_come_back_as_they_were_spelled(ip: u32, port in 1u16.., mapped: bool) {
        let ip = Ipv4Addr::from(ip);
        let text = format!("{ip}:{port}");
        let address = HostPort::parse(&text, Purpose::Connect).unwrap().look_up(mapped).unwrap();
        let host = if mapped { format!("[::ffff:{ip}]") } else { ip.to_string() };
        prop_assert_eq!(endpoint_of(&address[0]), format!("tcp://{host}:{port}"));
    }
}
