//! RADIO (RFC 48): messages of one part go to the peers that joined their group.

use super::dist::Distributor;
use super::subscriptions::Subscriptions;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::{Class, Msg};

/// A RADIO socket.
#[derive(Debug, Default)]
pub struct Radio {
    dist: Distributor,
    /// Who joined what, by [`key`]: no group's key is the beginning of another's, so that the
    /// prefixes which match are the group itself.
    members: Subscriptions,
    /// Pipes that take the messages of all groups: the network sorts them out, not we.
    unfiltered: Vec<PipeId>,
}

/// What a group is found by: its name and the byte that no name has.
fn key(group: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(group.len() + 1);
    key.extend_from_slice(group);
    key.push(0);
    key
}

impl Radio {
    /// Takes all that a pipe holds.
    fn read<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        let mut msg = Msg::new();
        while cx.pipes.read(pipe, &mut msg) {
            match msg.class() {
                Class::Join => drop(self.members.add(&key(msg.group().to_bytes()), pipe)),
                Class::Leave => drop(self.members.remove(&key(msg.group().to_bytes()), pipe)),
                _ => {}
            }
        }
    }
}

impl<P: Pipes> Pattern<P> for Radio {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        self.dist.attach(pipe);
        if attach.subscribe_to_all {
            self.unfiltered.push(pipe);
        }
        self.read(cx, pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if msg.more() {
            return Err(Errno::EINVAL);
        }
        let Radio { dist, members, unfiltered } = self;
        dist.unmark_all();
        members.matches(&key(msg.group().to_bytes()), |pipe| dist.mark(pipe));
        for &pipe in &*unfiltered {
            dist.mark(pipe);
        }
        if cx.options.xpub_nodrop && dist.any_marked_is_full(cx.pipes) {
            return Err(Errno::EAGAIN);
        }
        let direct = dist.marked() == 1;
        dist.send_to_marked(cx.pipes, msg, direct);
        dist.unmark_all();
        Ok(())
    }

    fn has_out(&mut self, _: &mut Cx<'_, P>) -> bool {
        true
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.read(cx, pipe);
    }

    fn write_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.activated(pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.members.forget_pipe(pipe);
        self.unfiltered.retain(|&other| other != pipe);
        self.dist.pipe_terminated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::options::SocketType;

    fn membership(class: Class, group: &str) -> Msg {
        let mut msg = Msg::marker(class);
        msg.set_group(group).unwrap();
        msg
    }

    fn send(net: &mut Net, radio: &mut Radio, group: &str, body: &str) -> Result<()> {
        let mut msg = Msg::from_slice(body.as_bytes()).unwrap();
        msg.set_group(group).unwrap();
        radio.send(&mut net.cx(), &mut msg)
    }

    #[test]
    fn messages_go_to_the_members_of_their_group() {
        let mut net = Net::new(SocketType::Radio);
        let mut radio = Radio::default();
        let [a, b] = net.attach_n(&mut radio);
        net.deliver_msg(&mut radio, a, membership(Class::Join, "news"));
        net.deliver_msg(&mut radio, b, membership(Class::Join, "new"));
        net.deliver_msg(&mut radio, b, membership(Class::Join, ""));
        send(&mut net, &mut radio, "news", "1").unwrap();
        send(&mut net, &mut radio, "new", "2").unwrap();
        send(&mut net, &mut radio, "", "3").unwrap();
        send(&mut net, &mut radio, "newsroom", "4").unwrap();
        net.deliver_msg(&mut radio, a, membership(Class::Leave, "news"));
        send(&mut net, &mut radio, "news", "5").unwrap();
        assert_eq!(net.sent(a), ["1"]);
        assert_eq!(net.sent(b), ["2", "3"]);
        assert_eq!(net.send_part(&mut radio, "x", true), Err(Errno::EINVAL));
        assert_eq!(net.recv(&mut radio), Err(Errno::ENOTSUP));
    }

    #[test]
    fn a_pipe_to_the_network_takes_every_group() {
        let mut net = Net::new(SocketType::Radio);
        let mut radio = Radio::default();
        let everything = net.pipe();
        let attach = Attach { subscribe_to_all: true, ..Attach::default() };
        net.attach(&mut radio, everything, attach);
        send(&mut net, &mut radio, "any", "1").unwrap();
        assert_eq!(net.sent(everything), ["1"]);
        net.terminated(&mut radio, everything);
        send(&mut net, &mut radio, "any", "2").unwrap();
    }
}
