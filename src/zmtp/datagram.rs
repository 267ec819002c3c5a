//! RADIO's messages in datagrams: one byte with the length of the group's name, the name, then the
//! message. There is no handshake and no version, as in libzmq.

use crate::msg::Msg;

/// What goes before a message's payload: the length of its group's name, and the name. `None` if
/// the name is too long to be said (which [`Msg::set_group`] rules out).
pub fn header(group: &[u8]) -> Option<Vec<u8>> {
    let mut header = Vec::with_capacity(group.len().saturating_add(1));
    header.push(u8::try_from(group.len()).ok()?);
    header.extend_from_slice(group);
    Some(header)
}

/// Reads a datagram. `None` if it is no message of a RADIO, or if there is no memory for it.
pub fn decode(datagram: &[u8]) -> Option<Msg> {
    let (&length, rest) = datagram.split_first()?;
    let (group, body) = rest.split_at_checked(length.into())?;
    let mut msg = Msg::from_slice(body).ok()?;
    msg.set_group(group).ok()?;
    Some(msg)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn malformed_datagrams_are_no_messages() {
        for datagram in [&b""[..], b"\x01", b"\x05news", b"\x02a\0body"] {
            assert!(decode(datagram).is_none(), "{datagram:?}");
        }
    }

    proptest! {
        #[test]
        fn messages_survive(group in "[a-z]{0,255}", body: Vec<u8>) {
            let datagram = [&header(group.as_bytes()).unwrap()[..], &body].concat();
            let msg = decode(&datagram).unwrap();
            prop_assert_eq!(msg.group().to_bytes(), group.as_bytes());
            prop_assert_eq!(msg.data(), &body[..]);
        }

        #[test]
        fn no_datagram_panics(datagram: Vec<u8>) {
            decode(&datagram);
        }
    }
}
