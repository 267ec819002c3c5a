//! DISH (RFC 48): messages of one part, of the groups that it joined.

use std::collections::HashSet;

use super::dist::Distributor;
use super::fq::FairQueue;
use super::late::Late;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::{Class, Msg};

/// A DISH socket.
#[derive(Debug, Default)]
pub struct Dish {
    fq: FairQueue,
    dist: Distributor,
    groups: HashSet<Vec<u8>>,
    late: Late,
    /// A message that passed the filter, taken out to see whether there is one.
    waiting: Option<Msg>,
}

/// What tells a RADIO of a group. Errors: `EINVAL` if its name is too long, `ENOMEM`.
fn membership(class: Class, group: &[u8]) -> Result<Msg> {
    let mut msg = Msg::marker(class);
    msg.set_group(group)?;
    Ok(msg)
}

impl Dish {
    /// Sends all groups to one pipe, the rest of them when there is room.
    fn send_groups<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.late.forget(pipe);
        for group in &self.groups {
            let msg = membership(Class::Join, group);
            if !msg.is_ok_and(|mut msg| cx.pipes.write(pipe, &mut msg)) {
                self.late.add(pipe, group);
            }
        }
        cx.pipes.flush(pipe, true);
    }

    fn recv_filtered<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        loop {
            self.fq.recv_single(cx.pipes, msg)?;
            if self.groups.contains(msg.group().to_bytes()) {
                return Ok(());
            }
        }
    }
}

impl<P: Pipes> Pattern<P> for Dish {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        self.fq.attach(pipe);
        self.dist.attach(pipe);
        self.send_groups(cx, pipe);
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        match self.waiting.take() {
            Some(waiting) => *msg = waiting,
            None => self.recv_filtered(cx, msg)?,
        }
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        if self.waiting.is_none() {
            let mut msg = Msg::new();
            if self.recv_filtered(cx, &mut msg).is_ok() {
                self.waiting = Some(msg);
            }
        }
        self.waiting.is_some()
    }

    fn has_out(&mut self, _: &mut Cx<'_, P>) -> bool {
        // As in libzmq: a group can be joined at any time.
        true
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.activated(pipe);
    }

    fn write_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.activated(pipe);
        let groups = &self.groups;
        self.late.send(cx.pipes, pipe, |group| {
            let class = if groups.contains(group) { Class::Join } else { Class::Leave };
            membership(class, group)
        });
    }

    fn hiccuped(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.hiccuped(pipe);
        self.send_groups(cx, pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.pipe_terminated(pipe);
        self.late.forget(pipe);
        self.dist.pipe_terminated(pipe);
    }

    fn group(&mut self, cx: &mut Cx<'_, P>, group: &[u8], join: bool) -> Result<()> {
        let class = if join { Class::Join } else { Class::Leave };
        let mut msg = membership(class, group)?;
        let changed =
            if join { self.groups.insert(group.to_vec()) } else { self.groups.remove(group) };
        if !changed {
            return Err(Errno::EINVAL);
        }
        self.dist.mark_all();
        self.dist.send_to_marked(cx.pipes, &mut msg, true);
        for pipe in self.dist.missed() {
            self.late.add(pipe, group);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::options::SocketType;

    fn message(group: &str, body: &str) -> Msg {
        let mut msg = Msg::from_slice(body.as_bytes()).unwrap();
        msg.set_group(group).unwrap();
        msg
    }

    #[test]
    fn only_joined_groups_are_received() {
        let mut net = Net::new(SocketType::Dish);
        let mut dish = Dish::default();
        let [a] = net.attach_n(&mut dish);
        assert_eq!(dish.group(&mut net.cx(), b"news", true), Ok(()));
        assert_eq!(dish.group(&mut net.cx(), b"news", true), Err(Errno::EINVAL));
        assert_eq!(dish.group(&mut net.cx(), b"other", false), Err(Errno::EINVAL));
        assert_eq!(dish.group(&mut net.cx(), &[b'g'; 256], true), Err(Errno::EINVAL));
        assert_eq!(dish.group(&mut net.cx(), &[b'g'; 255], true), Ok(()));
        net.deliver_msg(&mut dish, a, message("sports", "0"));
        net.deliver_msg(&mut dish, a, message("news", "1"));
        assert!(net.has_in(&mut dish) && net.has_out(&mut dish));
        assert_eq!(net.recv(&mut dish), Ok(("1".into(), false)));
        dish.group(&mut net.cx(), b"news", false).unwrap();
        net.deliver_msg(&mut dish, a, message("news", "2"));
        assert!(!net.has_in(&mut dish));
        assert_eq!(net.send(&mut dish, "x"), Err(Errno::ENOTSUP));
    }

    #[test]
    fn every_peer_hears_of_every_group() {
        let mut net = Net::new(SocketType::Dish);
        let mut dish = Dish::default();
        dish.group(&mut net.cx(), b"early", true).unwrap();
        let [a] = net.attach_n(&mut dish);
        dish.group(&mut net.cx(), b"late", true).unwrap();
        dish.group(&mut net.cx(), b"early", false).unwrap();
        let told: Vec<_> = net
            .sent_frames(a)
            .iter()
            .map(|msg| (msg.class(), msg.group().to_string_lossy().into_owned()))
            .collect();
        let expected = [(Class::Join, "early"), (Class::Join, "late"), (Class::Leave, "early")];
        assert_eq!(told, expected.map(|(class, group)| (class, group.to_owned())));
    }
    #[test]
    fn what_finds_a_pipe_full_is_said_later() {
        let mut net = Net::new(SocketType::Dish);
        let mut dish = Dish::default();
        let [a] = net.attach_n(&mut dish);
        net.pipes.set_room(a, 1);
        for group in ["one", "two", "three"] {
            dish.group(&mut net.cx(), group.as_bytes(), true).unwrap();
        }
        dish.group(&mut net.cx(), b"two", false).unwrap();
        net.make_room(&mut dish, a, 5);
        let told: Vec<_> =
            net.sent_frames(a).iter().map(|msg| (msg.class(), msg.group())).collect();
        let expected = [(Class::Join, c"one"), (Class::Join, c"three"), (Class::Leave, c"two")];
        assert_eq!(told, expected);
    }
}
