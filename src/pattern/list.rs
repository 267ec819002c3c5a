//! An array of pipes that knows where each pipe stands in it.
//!
//! The policies keep their pipes in one array whose front holds the usable ones. Moving a pipe
//! between the parts is a swap, finding it is a look-up by its id, so nothing here depends on the
//! number of pipes.

use smallvec::SmallVec;

use super::PipeId;

/// "Not in the array", in the table of positions.
const ABSENT: u32 = u32::MAX;

/// The array. Positions are given by the caller, who keeps the borders of the parts.
#[derive(Debug, Default)]
pub struct PipeList {
    /// Most sockets have one or a few, which then are where the policy is.
    pipes: SmallVec<[PipeId; 4]>,
    /// Where each id stands, by id. Ids are small numbers (see [`PipeId`]).
    positions: Vec<u32>,
}

impl PipeList {
    /// How many pipes there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.pipes.len()
    }

    /// The pipe at a position.
    #[inline]
    pub fn get(&self, position: usize) -> Option<PipeId> {
        self.pipes.get(position).copied()
    }

    /// Where a pipe stands.
    #[inline]
    pub fn position(&self, pipe: PipeId) -> Option<usize> {
        match self.positions.get(pipe.0 as usize) {
            Some(&position) if position != ABSENT => Some(position as usize),
            _ => None,
        }
    }

    /// Adds a pipe at the end and returns its position. A pipe that is there already stays where it
    /// is.
    pub fn push(&mut self, pipe: PipeId) -> usize {
        if let Some(position) = self.position(pipe) {
            return position;
        }
        let slot = pipe.0 as usize;
        if slot >= self.positions.len() {
            self.positions.resize(slot + 1, ABSENT);
        }
        let position = self.pipes.len();
        self.pipes.push(pipe);
        self.place(position);
        position
    }

    /// Exchanges two positions; a position that does not exist changes nothing.
    pub fn swap(&mut self, a: usize, b: usize) {
        if a == b || a.max(b) >= self.pipes.len() {
            return;
        }
        self.pipes.swap(a, b);
        self.place(a);
        self.place(b);
    }

    /// Removes the pipe at a position; the last one takes its place.
    pub fn remove(&mut self, position: usize) {
        if position >= self.pipes.len() {
            return;
        }
        let pipe = self.pipes.swap_remove(position);
        if let Some(slot) = self.positions.get_mut(pipe.0 as usize) {
            *slot = ABSENT;
        }
        self.place(position);
    }

    /// Notes where the pipe at `position`, if there is one, now stands.
    fn place(&mut self, position: usize) {
        if let Some(pipe) = self.pipes.get(position)
            && let Some(slot) = self.positions.get_mut(pipe.0 as usize)
        {
            *slot = position as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_follow_every_move() {
        let mut list = PipeList::default();
        for id in [4, 1, 7, 2] {
            list.push(PipeId(id));
        }
        assert_eq!(list.push(PipeId(7)), 2, "a second push changes nothing");
        list.swap(0, 3);
        list.swap(1, 9);
        list.remove(1);
        let order: Vec<_> = (0..list.len()).filter_map(|i| list.get(i)).collect();
        assert_eq!(order, [PipeId(2), PipeId(4), PipeId(7)]);
        for (position, pipe) in order.into_iter().enumerate() {
            assert_eq!(list.position(pipe), Some(position));
        }
        assert_eq!(list.position(PipeId(1)), None);
        assert_eq!(list.position(PipeId(900)), None);
        list.remove(2);
        list.remove(5);
        assert_eq!(list.len(), 2);
    }
}
