//! The cryptography of CURVE: Curve25519, XSalsa20 and Poly1305 as in NaCl's `crypto_box`.
//!
//! What the library needs of them is the trait [`Primitives`]; all else is written in terms of it, so
//! that another implementation can take dryoc's place. A *box* is a MAC followed by the ciphertext,
//! which is as long as the plaintext.

use core::fmt;

use dryoc::classic::{crypto_box, crypto_core};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::{Errno, Result};

/// Bytes that a box has more than its plaintext.
pub const MAC: usize = 16;

/// A public key.
pub type PublicKey = [u8; 32];

/// What makes a box of a key differ from all others; never used twice with a key.
pub type Nonce = [u8; 24];

/// 32 bytes that nobody else may know; wiped when dropped.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Fresh random bytes. Errors: `EAGAIN` if the system has none.
    pub fn random() -> Result<Secret> {
        let mut secret = Secret::default();
        Dryoc::random(&mut secret.0)?;
        Ok(secret)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key that belongs to this one.
    pub fn public_key(&self) -> PublicKey {
        Dryoc::public_key(self)
    }

    /// The key that the owner of `public`'s secret and this secret's owner have in common. `None` if
    /// `public` is one of the few points that give everybody the same.
    pub fn shared_with(&self, public: &PublicKey) -> Option<Secret> {
        Dryoc::shared_key(public, self)
    }
}

impl From<[u8; 32]> for Secret {
    fn from(bytes: [u8; 32]) -> Secret {
        Secret(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What an implementation has to provide.
trait Primitives {
    /// Fills `out` from the system's random numbers. Errors: `EAGAIN`.
    fn random(out: &mut [u8]) -> Result<()>;
    /// Curve25519 with the base point.
    fn public_key(secret: &Secret) -> PublicKey;
    /// Curve25519, then HSalsa20.
    fn shared_key(public: &PublicKey, secret: &Secret) -> Option<Secret>;
    /// Encrypts `data` in place and gives its MAC.
    fn seal(data: &mut [u8], nonce: &Nonce, key: &Secret) -> [u8; MAC];
    /// Checks `data` and decrypts it in place. `false`: it is not what was sealed with this nonce and
    /// key.
    fn open(data: &mut [u8], mac: &[u8; MAC], nonce: &Nonce, key: &Secret) -> bool;
}

/// The crate dryoc.
struct Dryoc;

impl Primitives for Dryoc {
    fn random(out: &mut [u8]) -> Result<()> {
        // Not dryoc's own, which panics when there are none.
        getrandom::fill(out).map_err(|_| Errno::EAGAIN)
    }

    fn public_key(secret: &Secret) -> PublicKey {
        let mut public = PublicKey::default();
        crypto_core::crypto_scalarmult_base(&mut public, &secret.0);
        public
    }

    fn shared_key(public: &PublicKey, secret: &Secret) -> Option<Secret> {
        let mut key = crypto_box::crypto_box_beforenm(public, &secret.0).ok()?;
        let shared = Secret(key);
        key.zeroize();
        Some(shared)
    }

    fn seal(data: &mut [u8], nonce: &Nonce, key: &Secret) -> [u8; MAC] {
        let mut mac = [0; MAC];
        crypto_box::crypto_box_detached_afternm_inplace(data, &mut mac, nonce, &key.0);
        mac
    }

    fn open(data: &mut [u8], mac: &[u8; MAC], nonce: &Nonce, key: &Secret) -> bool {
        crypto_box::crypto_box_open_detached_afternm_inplace(data, mac, nonce, &key.0).is_ok()
    }
}

/// Random bytes that may be seen. Errors: `EAGAIN` if the system has none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    Dryoc::random(&mut bytes)?;
    Ok(bytes)
}

/// Appends the box of `parts`, one after the other, to `out`.
pub fn seal_into(out: &mut Vec<u8>, parts: &[&[u8]], nonce: &Nonce, key: &Secret) {
    let start = out.len();
    out.extend_from_slice(&[0; MAC]);
    for part in parts {
        out.extend_from_slice(part);
    }
    if let Some((mac, data)) =
        out.get_mut(start..).and_then(|sealed| sealed.split_first_chunk_mut::<MAC>())
    {
        *mac = Dryoc::seal(data, nonce, key);
    }
}

/// Opens a box where it is: afterwards the plaintext is behind the first [`MAC`] bytes. `false`: it
/// is no box of this nonce and key.
pub fn open_in_place(sealed: &mut [u8], nonce: &Nonce, key: &Secret) -> bool {
    match sealed.split_first_chunk_mut::<MAC>() {
        Some((mac, data)) => Dryoc::open(data, mac, nonce, key),
        None => false,
    }
}

/// A box's plaintext. `None`: it is no box of this nonce and key.
pub fn open(sealed: &[u8], nonce: &Nonce, key: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let (mac, data) = sealed.split_first_chunk::<MAC>()?;
    let mut data = Zeroizing::new(data.to_vec());
    Dryoc::open(&mut data, mac, nonce, key).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys, the nonce and the first bytes of the box in NaCl's paper ("Cryptography in NaCl",
    /// sections 2 to 8), which is also RFC 7748's example of a key exchange.
    const ALICE: [u8; 32] = [
        0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66,
        0x45, 0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9,
        0x2c, 0x2a,
    ];
    const ALICE_PUBLIC: [u8; 32] = [
        0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e, 0xf7,
        0x5a, 0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e, 0xaa, 0x9b,
        0x4e, 0x6a,
    ];
    const BOB_PUBLIC: [u8; 32] = [
        0xde, 0x9e, 0xdb, 0x7d, 0x7b, 0x7d, 0xc1, 0xb4, 0xd3, 0x5b, 0x61, 0xc2, 0xec, 0xe4, 0x35,
        0x37, 0x3f, 0x83, 0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d, 0xad, 0xfc, 0x7e, 0x14, 0x6f, 0x88,
        0x2b, 0x4f,
    ];
    const SHARED: [u8; 32] = [
        0x1b, 0x27, 0x55, 0x64, 0x73, 0xe9, 0x85, 0xd4, 0x62, 0xcd, 0x51, 0x19, 0x7a, 0x9a, 0x46,
        0xc7, 0x60, 0x09, 0x54, 0x9e, 0xac, 0x64, 0x74, 0xf2, 0x06, 0xc4, 0xee, 0x08, 0x44, 0xf6,
        0x83, 0x89,
    ];

    #[test]
    fn keys_are_those_of_nacl() {
        let alice = Secret::from(ALICE);
        assert_eq!(alice.public_key(), ALICE_PUBLIC);
        assert_eq!(alice.shared_with(&BOB_PUBLIC).unwrap().bytes(), &SHARED);
        assert!(alice.shared_with(&[0; 32]).is_none(), "a point of low order");
    }

    #[test]
    fn boxes_open_with_the_same_nonce_and_key_only() {
        let (nonce, key) = ([7; 24], Secret::from(SHARED));
        for len in [0, 1, 31, 32, 33, 64, 1000, 70_000] {
            let plain: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let (head, tail) = plain.split_at(len / 3);
            let mut sealed = b"before".to_vec();
            seal_into(&mut sealed, &[head, tail], &nonce, &key);
            let mut sealed = sealed.split_off(6);
            assert_eq!(sealed.len(), len + MAC);
            assert_eq!(open(&sealed, &nonce, &key).unwrap()[..], plain[..]);
            assert!(open(&sealed, &[8; 24], &key).is_none());
            assert!(open(&sealed, &nonce, &Secret::from(ALICE)).is_none());
            assert!(open_in_place(&mut sealed.clone(), &nonce, &key));
            let last = sealed.len() - 1;
            sealed[last] ^= 1;
            assert!(open(&sealed, &nonce, &key).is_none());
            assert!(!open_in_place(&mut sealed, &nonce, &key));
        }
        assert!(open(&[0; MAC - 1], &nonce, &key).is_none());
        assert!(!open_in_place(&mut [], &nonce, &key));
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", Secret::from([0x55; 32])), "Secret");
    }
}
