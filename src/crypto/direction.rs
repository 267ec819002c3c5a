//! Boxes whose nonces count, as those of one direction of a connection do.
//!
//! In a stream of small messages the keystream of the next few is made at once, by [`salsa`]: that
//! costs a fraction of making each one's own, and HSalsa20, which is the same for all nonces of a
//! prefix, is needed once. Large messages, and those that come one by one, gain nothing from it.

use zeroize::Zeroizing;

use super::salsa::{self, Block, LANES};
use super::{Cipher, MAC, Nonce, Primitives, Secret};

/// The part of a nonce's keystream that is the key of the MAC.
const MAC_KEY: usize = 32;

/// Blocks of each nonce that there is room for.
const COLUMNS: usize = 4;

/// The longest plaintext whose keystream is made in advance.
const SMALL: usize = COLUMNS * size_of::<Block>() - MAC_KEY;

/// Small boxes that come without a pause before it is worth while to make keystream in advance.
const RUN: u32 = 4;

/// One direction: a key, and a prefix that the other direction's nonces do not have.
pub struct Direction {
    key: Secret,
    prefix: &'static [u8; 16],
    /// The number of the last box.
    last: u64,
    /// Small boxes since the last pause, each with the number after that of the box before it.
    run: u32,
    ahead: Option<Ahead>,
}

/// Keystream made in advance.
struct Ahead {
    /// HSalsa20 of key and prefix.
    key: Secret,
    /// The number of the first nonce.
    first: u64,
    /// Blocks of each nonce that are made.
    columns: usize,
    /// Column by column.
    blocks: Zeroizing<Vec<[Block; LANES]>>,
}

/// The keystream of one box.
struct Keystream<'a> {
    blocks: &'a [[Block; LANES]],
    lane: usize,
}

impl Direction {
    /// The boxes of `key` whose nonces are `prefix`, then a number.
    pub fn new(key: Secret, prefix: &'static [u8; 16]) -> Self {
        Self { key, prefix, last: 0, run: 0, ahead: None }
    }

    /// Appends the box number `number` to `out`; it holds `parts`, one after the other. No number may
    /// come twice.
    pub fn seal_into(&mut self, out: &mut Vec<u8>, parts: &[&[u8]], number: u64) {
        let start = out.len();
        out.extend_from_slice(&[0; MAC]);
        for part in parts {
            out.extend_from_slice(part);
        }
        if let Some((mac, data)) =
            out.get_mut(start..).and_then(|sealed| sealed.split_first_chunk_mut::<MAC>())
        {
            *mac = self.seal(data, number);
        }
    }

    fn seal(&mut self, data: &mut [u8], number: u64) -> [u8; MAC] {
        match self.keystream(data.len(), number) {
            Some(keystream) => {
                keystream.apply(data);
                Cipher::authenticate(data, keystream.mac_key())
            }
            None => Cipher::seal(data, &self.nonce(number), &self.key),
        }
    }

    /// Opens the box number `number` where it is: afterwards the plaintext is behind the first
    /// [`MAC`] bytes. `false`: it is no box of this number and key.
    pub fn open_in_place(&mut self, sealed: &mut [u8], number: u64) -> bool {
        let Some((mac, data)) = sealed.split_first_chunk_mut::<MAC>() else { return false };
        match self.keystream(data.len(), number) {
            Some(keystream) => {
                let good = Cipher::verify(data, mac, keystream.mac_key());
                if good {
                    keystream.apply(data);
                }
                good
            }
            None => Cipher::open(data, mac, &self.nonce(number), &self.key),
        }
    }

    /// To be called in a pause: gives memory back unless much came since the last one.
    pub fn release_memory(&mut self) {
        if self.run < RUN {
            self.ahead = None;
        }
        self.run = 0;
    }

    fn nonce(&self, number: u64) -> Nonce {
        let mut nonce = Nonce::default();
        let (prefix, rest) = nonce.split_at_mut(self.prefix.len());
        prefix.copy_from_slice(self.prefix);
        rest.copy_from_slice(&number.to_be_bytes());
        nonce
    }

    /// The keystream for a box of `len` bytes, if it is, or ought to be, made in advance.
    fn keystream(&mut self, len: usize, number: u64) -> Option<Keystream<'_>> {
        let in_order = number == self.last.wrapping_add(1);
        self.last = number;
        if !Cipher::AHEAD || len > SMALL {
            return None;
        }
        self.run = if in_order { self.run.saturating_add(1) } else { 0 };
        if self.ahead.is_none() && self.run >= RUN {
            self.ahead = Ahead::new(&self.key, self.prefix);
        }
        self.ahead.as_mut()?.keystream(len, number, in_order)
    }
}

impl Ahead {
    /// With nothing made yet. `None`: there is no memory for it.
    fn new(key: &Secret, prefix: &[u8; 16]) -> Option<Self> {
        let mut blocks = Zeroizing::new(Vec::new());
        blocks.try_reserve_exact(COLUMNS).ok()?;
        blocks.resize(COLUMNS, [[0; size_of::<Block>()]; LANES]);
        Some(Self { key: Cipher::subkey(key, prefix), first: 0, columns: 0, blocks })
    }

    /// See [`Direction::keystream`]. Numbers that are far from the last make nothing: a peer could
    /// have all of it made for each of its messages.
    fn keystream(&mut self, len: usize, number: u64, in_order: bool) -> Option<Keystream<'_>> {
        let mut lane = number.wrapping_sub(self.first);
        if self.columns == 0 || lane >= LANES as u64 {
            if !in_order {
                return None;
            }
            (self.first, self.columns, lane) = (number, 0, 0);
        }
        let wanted = (MAC_KEY + len).div_ceil(size_of::<Block>());
        while self.columns < wanted {
            let column = self.blocks.get_mut(self.columns)?;
            salsa::fill(column, &self.key, self.first, self.columns as u64);
            self.columns += 1;
        }
        Some(Keystream { blocks: &self.blocks, lane: lane as usize })
    }
}

impl Keystream<'_> {
    /// What comes first is the key of the MAC,
    fn mac_key(&self) -> &[u8; MAC_KEY] {
        self.block(0).first_chunk().unwrap_or(&[0; MAC_KEY])
    }

    /// and the rest goes over the data.
    fn apply(&self, data: &mut [u8]) {
        let (head, rest) = data.split_at_mut(data.len().min(size_of::<Block>() - MAC_KEY));
        xor(head, &self.block(0)[MAC_KEY..]);
        for (number, part) in rest.chunks_mut(size_of::<Block>()).enumerate() {
            xor(part, self.block(number + 1));
        }
    }

    fn block(&self, column: usize) -> &Block {
        &self.blocks[column][self.lane]
    }
}

/// Exclusive or of `data` and as much of `keystream`, which is at least as long.
fn xor(data: &mut [u8], keystream: &[u8]) {
    for (byte, key) in data.iter_mut().zip(keystream) {
        *byte ^= key;
    }
}
