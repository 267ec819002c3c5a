use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

const GREETING: &[u8] = &[5, 1, 0];
const GREETING_WITH_LOGIN: &[u8] = &[5, 1, 2];

fn negotiation(username: &str, password: &str) -> Negotiation {
    let host = Host::Name("peer.example");
    Negotiation::new(host, 5555, username.as_bytes(), password.as_bytes()).unwrap()
}

/// Takes what is to be sent.
fn output(negotiation: &mut Negotiation) -> Vec<u8> {
    let output = negotiation.output().to_vec();
    negotiation.consume_output(output.len());
    output
}

/// Lets the proxy say `answer`, in pieces of at most `piece` bytes, as much of it as is wanted; what
/// is not wanted comes back.
fn answer<'a>(
    negotiation: &mut Negotiation,
    mut answer: &'a [u8],
    piece: usize,
) -> Result<&'a [u8]> {
    while !answer.is_empty() && negotiation.wanted() > 0 && negotiation.output().is_empty() {
        let (read, rest) = answer.split_at(negotiation.wanted().min(piece).min(answer.len()));
        negotiation.received(read)?;
        answer = rest;
    }
    Ok(answer)
}

fn requested(host: Host<'_>) -> Vec<u8> {
    let mut negotiation = Negotiation::new(host, 0x15b3, b"", b"").unwrap();
    assert_eq!(output(&mut negotiation), GREETING);
    assert_eq!(answer(&mut negotiation, &[5, 0], 9), Ok(&[][..]));
    output(&mut negotiation)
}

#[test]
fn hosts_are_requested_as_what_they_are() {
    assert_eq!(requested(Host::Name("peer.example")), b"\x05\x01\x00\x03\x0cpeer.example\x15\xb3",);
    assert_eq!(
        requested(Host::Number(Ipv4Addr::new(192, 0, 2, 7).into())),
        b"\x05\x01\x00\x01\xc0\x00\x02\x07\x15\xb3",
    );
    assert_eq!(
        requested(Host::Number(Ipv6Addr::LOCALHOST.into())),
        b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x15\xb3",
    );
}

#[test]
fn a_login_goes_before_the_request() {
    let mut negotiation = negotiation("admin", "1234");
    assert_eq!(output(&mut negotiation), GREETING_WITH_LOGIN);
    assert_eq!(answer(&mut negotiation, &[5, 2], 9), Ok(&[][..]));
    assert_eq!(output(&mut negotiation), b"\x01\x05admin\x041234");
    assert_eq!(answer(&mut negotiation, &[1, 0], 9), Ok(&[][..]));
    assert_eq!(output(&mut negotiation), b"\x05\x01\x00\x03\x0cpeer.example\x15\xb3");
    assert!(!negotiation.is_done());
}

#[test]
fn a_proxy_may_choose_the_other_method() {
    let mut without = negotiation("admin", "1234");
    output(&mut without);
    assert_eq!(answer(&mut without, &[5, 0], 9), Ok(&[][..]));
    assert_eq!(output(&mut without).first(), Some(&5));
    let mut with = negotiation("", "unused");
    assert_eq!(output(&mut with), GREETING);
    assert_eq!(answer(&mut with, &[5, 2], 9), Ok(&[][..]));
    assert_eq!(output(&mut with), [1, 0, 0]);
}

#[test]
fn texts_of_255_bytes_fit_and_longer_ones_do_not() {
    let (fits, long) = ("x".repeat(255), "x".repeat(256));
    for (host, username, password) in
        [(&long, &fits, &fits), (&fits, &long, &fits), (&fits, &fits, &long)]
    {
        let result =
            Negotiation::new(Host::Name(host), 1, username.as_bytes(), password.as_bytes());
        assert_eq!(result.err(), Some(Errno::EINVAL));
    }
    let mut negotiation =
        Negotiation::new(Host::Name(&fits), 1, fits.as_bytes(), fits.as_bytes()).unwrap();
    output(&mut negotiation);
    answer(&mut negotiation, &[5, 2], 9).unwrap();
    assert_eq!(output(&mut negotiation).len(), 1 + 2 * 256);
    answer(&mut negotiation, &[1, 0], 9).unwrap();
    assert_eq!(output(&mut negotiation).len(), 4 + 256 + 2);
}

#[test]
fn refusals_are_told_apart() {
    let refused = |answers: [&[u8]; 3]| {
        let mut negotiation = negotiation("admin", "1234");
        answers.iter().find_map(|said| {
            output(&mut negotiation);
            answer(&mut negotiation, said, 1).err()
        })
    };
    assert_eq!(refused([&[5, 0xff], &[], &[]]), Some(Errno::EACCES));
    assert_eq!(refused([&[5, 1], &[], &[]]), Some(Errno::EACCES));
    assert_eq!(refused([&[5, 2], &[1, 1], &[]]), Some(Errno::EACCES));
    for (code, errno) in [
        (1, Errno::ECONNABORTED),
        (2, Errno::EACCES),
        (3, Errno::ENETUNREACH),
        (4, Errno::EHOSTUNREACH),
        (5, Errno::ECONNREFUSED),
        (6, Errno::ETIMEDOUT),
        (7, Errno::ENOTSUP),
        (8, Errno::ENOTSUP),
        (9, Errno::EPROTO),
        (255, Errno::EPROTO),
    ] {
        assert_eq!(refused([&[5, 2], &[1, 0], &[5, code]]), Some(errno), "{code}");
    }
}

#[test]
fn what_is_not_the_protocol_is_found_out_at_its_first_wrong_byte() {
    for (login, reply) in [
        (&[4][..], &[][..]),
        (b"H", &[]),
        (&[5, 2, 5], &[]),
        (&[5, 2, 1, 0], &[4][..]),
        (&[5, 2, 1, 0], &[5, 0, 1]),
        (&[5, 2, 1, 0], &[5, 0, 0, 0]),
        (&[5, 2, 1, 0], &[5, 0, 0, 2]),
        (&[5, 2, 1, 0], &[5, 0, 0, 5]),
    ] {
        let mut negotiation = negotiation("admin", "1234");
        let said: Vec<u8> = [login, reply].concat();
        let (last, before) = said.split_last().unwrap();
        for byte in before {
            output(&mut negotiation);
            assert_eq!(negotiation.received(&[*byte]), Ok(()), "{said:?}");
        }
        output(&mut negotiation);
        assert_eq!(negotiation.received(&[*last]), Err(Errno::EPROTO), "{said:?}");
    }
}

fn reply_address() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::collection::vec(any::<u8>(), 0..=255);
    prop_oneof![
        any::<[u8; 4]>().prop_map(|ip| [&[IPV4][..], &ip].concat()),
        any::<[u8; 16]>().prop_map(|ip| [&[IPV6][..], &ip].concat()),
        text.prop_map(|name| [&[DOMAIN_NAME, name.len() as u8][..], &name].concat()),
    ]
}

proptest! {
    /// Whatever the pieces: the connection is made, and what follows the reply is left alone.
    #[test]
    fn replies_end_where_they_end(
        address in reply_address(),
        port in any::<[u8; 2]>(),
        rest in prop::collection::vec(any::<u8>(), 0..40),
        login in any::<bool>(),
        piece in 1usize..300,
    ) {
        let mut negotiation = negotiation(if login { "admin" } else { "" }, "1234");
        output(&mut negotiation);
        answer(&mut negotiation, if login { &[5, 2] } else { &[5, 0] }, piece).unwrap();
        if login {
            output(&mut negotiation);
            answer(&mut negotiation, &[1, 0], piece).unwrap();
        }
        output(&mut negotiation);
        let reply = [&[5, 0, 0][..], &address, &port, &rest].concat();
        let left = answer(&mut negotiation, &reply, piece).unwrap();
        prop_assert!(negotiation.is_done());
        prop_assert_eq!(negotiation.wanted(), 0);
        prop_assert_eq!(left, rest);
    }

    /// Whatever a proxy says, in whatever pieces: it is asked for more, or it is done, or refused.
    #[test]
    fn any_bytes_are_survived(
        said in prop::collection::vec(prop_oneof![Just(5u8), Just(0), Just(1), Just(3), any::<u8>()], 0..700),
        login in any::<bool>(),
        piece in 1usize..20,
    ) {
        let mut negotiation = negotiation(if login { "admin" } else { "" }, "1234");
        let mut said = &said[..];
        while !negotiation.is_done() && !said.is_empty() {
            output(&mut negotiation);
            prop_assert!((1..=LONGEST_ANSWER).contains(&negotiation.wanted()));
            match answer(&mut negotiation, said, piece) {
                Ok(rest) => said = rest,
                Err(_) => return Ok(()),
            }
        }
        prop_assert_eq!(negotiation.is_done(), negotiation.wanted() == 0);
    }
}
