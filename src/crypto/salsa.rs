//! Salsa20's keystream for many nonces at once.
//!
//! dryoc, like every implementation, makes several blocks of *one* nonce at once, which does nothing
//! for small messages: each has a nonce of its own, and two blocks or fewer. Here the lanes of a SIMD
//! register are the nonces. The code is plain Rust on arrays, which the compiler turns into SIMD
//! where a function says that the processor has it; that alone needs `unsafe`. It is made of
//! additions, exclusive ors and rotations by constants, so that its time tells nothing.
#![allow(unsafe_code, reason = "what is compiled for a processor may run on no other")]

use super::Secret;

/// Nonces that are made together.
pub const LANES: usize = 16;

/// A block of keystream.
pub type Block = [u8; 64];

/// Makes block number `counter` of each of [`LANES`] nonces: `first` and the numbers after it,
/// written with the highest byte first.
pub fn fill(out: &mut [Block; LANES], key: &Secret, first: u64, counter: u64) {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
            // SAFETY: this processor has the features that the function is compiled for.
            return unsafe { fill_avx512(out, key, first, counter) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: this processor has the feature that the function is compiled for.
            return unsafe { fill_avx2(out, key, first, counter) };
        }
    }
    fill_by::<1>(out, key, first, counter);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl")]
fn fill_avx512(out: &mut [Block; LANES], key: &Secret, first: u64, counter: u64) {
    fill_by::<16>(out, key, first, counter);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn fill_avx2(out: &mut [Block; LANES], key: &Secret, first: u64, counter: u64) {
    fill_by::<8>(out, key, first, counter);
}

/// Does it `N` nonces at a time.
#[inline(always)]
fn fill_by<const N: usize>(out: &mut [Block; LANES], key: &Secret, first: u64, counter: u64) {
    let mut first = first;
    for lanes in out.as_chunks_mut::<N>().0 {
        blocks(lanes, key, first, counter);
        first = first.wrapping_add(N as u64);
    }
}

/// One word of `N` blocks.
#[derive(Clone, Copy)]
struct Words<const N: usize>([u32; N]);

impl<const N: usize> Words<N> {
    #[inline(always)]
    fn plus(mut self, other: Self) -> Self {
        for lane in 0..N {
            self.0[lane] = self.0[lane].wrapping_add(other.0[lane]);
        }
        self
    }

    /// `self` xor (`other` rotated by `bits`).
    #[inline(always)]
    fn mixed_with(mut self, other: Self, bits: u32) -> Self {
        for lane in 0..N {
            self.0[lane] ^= other.0[lane].rotate_left(bits);
        }
        self
    }
}

/// A quarter of a round, on these four words.
#[inline(always)]
fn quarter<const N: usize>(x: &mut [Words<N>; 16], a: usize, b: usize, c: usize, d: usize) {
    x[b] = x[b].mixed_with(x[a].plus(x[d]), 7);
    x[c] = x[c].mixed_with(x[b].plus(x[a]), 9);
    x[d] = x[d].mixed_with(x[c].plus(x[b]), 13);
    x[a] = x[a].mixed_with(x[d].plus(x[c]), 18);
}

/// The blocks of number `counter` of `N` nonces.
#[inline(always)]
fn blocks<const N: usize>(out: &mut [Block; N], key: &Secret, first: u64, counter: u64) {
    let start = state::<N>(key, first, counter);
    let mut x = start;
    // Written out: a loop over the words would keep them in memory.
    for _ in 0..10 {
        quarter(&mut x, 0, 4, 8, 12);
        quarter(&mut x, 5, 9, 13, 1);
        quarter(&mut x, 10, 14, 2, 6);
        quarter(&mut x, 15, 3, 7, 11);
        quarter(&mut x, 0, 1, 2, 3);
        quarter(&mut x, 5, 6, 7, 4);
        quarter(&mut x, 10, 11, 8, 9);
        quarter(&mut x, 15, 12, 13, 14);
    }
    for word in 0..16 {
        let sum = x[word].plus(start[word]);
        for (block, sum) in out.iter_mut().zip(sum.0) {
            block[4 * word..4 * word + 4].copy_from_slice(&sum.to_le_bytes());
        }
    }
}

/// What the rounds begin with: "expand 32-byte k" on the diagonal, key, nonce and counter around it.
#[inline(always)]
fn state<const N: usize>(key: &Secret, first: u64, counter: u64) -> [Words<N>; 16] {
    let same = |word: u32| Words([word; N]);
    let [c0, c1, c2, c3] =
        [*b"expa", *b"nd 3", *b"2-by", *b"te k"].map(u32::from_le_bytes).map(same);
    let mut k = [same(0); 8];
    for (word, bytes) in k.iter_mut().zip(key.bytes().as_chunks().0) {
        *word = same(u32::from_le_bytes(*bytes));
    }
    let [k0, k1, k2, k3, k4, k5, k6, k7] = k;
    let (mut n0, mut n1) = (same(0), same(0));
    for lane in 0..N {
        // Highest byte first in the nonce, whose words have the lowest first.
        let number = first.wrapping_add(lane as u64).swap_bytes();
        n0.0[lane] = number as u32;
        n1.0[lane] = (number >> 32) as u32;
    }
    let (b0, b1) = (same(counter as u32), same((counter >> 32) as u32));
    [c0, k0, k1, k2, k3, c1, n0, n1, b0, b1, c2, k4, k5, k6, k7, c3]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way of filling that this processor has.
    fn ways() -> Vec<(&'static str, [Block; LANES])> {
        let key = Secret::copy_of(&[0x5a; 32]);
        let first = 0x0123_4567_ffff_fffa;
        let counter = 0x1_0000_0002;
        let made = |fill: &dyn Fn(&mut [Block; LANES])| {
            let mut blocks = [[0; 64]; LANES];
            fill(&mut blocks);
            blocks
        };
        let mut ways = vec![
            ("detected", made(&|to| fill(to, &key, first, counter))),
            ("one by one", made(&|to| fill_by::<1>(to, &key, first, counter))),
            ("by 4", made(&|to| fill_by::<4>(to, &key, first, counter))),
        ];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: this processor has the feature.
            ways.push(("avx2", made(&|to| unsafe { fill_avx2(to, &key, first, counter) })));
        }
        ways
    }

    #[test]
    fn every_way_gives_the_same() {
        let ways = ways();
        for (name, blocks) in &ways {
            assert!(blocks == &ways[0].1, "{name}");
        }
    }

    /// Set 6 of the test vectors of Salsa20's submission to eSTREAM, vector 3, whose nonce is read
    /// here as the number 0x288FF65DC42B92F9.
    #[test]
    fn the_keystream_is_that_of_estreams_test_vector() {
        let key = [
            0x0F, 0x62, 0xB5, 0x08, 0x5B, 0xAE, 0x01, 0x54, 0xA7, 0xFA, 0x4D, 0xA0, 0xF3, 0x46,
            0x99, 0xEC, 0x3F, 0x92, 0xE5, 0x38, 0x8B, 0xDE, 0x31, 0x84, 0xD7, 0x2A, 0x7D, 0xD0,
            0x23, 0x76, 0xC9, 0x1C,
        ];
        let mut blocks = [[0; 64]; LANES];
        fill(&mut blocks, &Secret::copy_of(&key), 0x288F_F65D_C42B_92F9, 0);
        assert_eq!(blocks[0][..8], [0x5E, 0x5E, 0x71, 0xF9, 0x01, 0x99, 0x34, 0x03]);
    }
}
