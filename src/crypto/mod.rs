//! The cryptography of CURVE: Curve25519, XSalsa20 and Poly1305 as in NaCl's `crypto_box`.
//!
//! What the library needs of them is the trait [`Primitives`]; all else is written in terms of it. It
//! is implemented by the crate dryoc and, with the Cargo feature `libsodium`, by the system's
//! libsodium. A *box* is a MAC followed by the ciphertext, which is as long as the plaintext.
//!
//! | what | where |
//! |---|---|
//! | keys; boxes with a nonce of their own, as handshakes have them | here |
//! | boxes with nonces that count, as messages have them | `direction` |
//! | the keystream of many small boxes at once | `salsa` |
//! | the security contexts of another mechanism, GSSAPI | `gssapi` |

mod direction;
pub mod gssapi;
mod salsa;
#[cfg(test)]
mod tests;
#[cfg(any(test, not(feature = "libsodium")))]
mod with_dryoc;
#[cfg(feature = "libsodium")]
mod with_libsodium;

use core::fmt;

use zeroize::{Zeroize, Zeroizing};

pub use self::direction::Direction;

use crate::error::{Errno, Result};

/// Bytes that a box has more than its plaintext.
pub const MAC: usize = 16;

/// A public key.
pub type PublicKey = [u8; 32];

/// What makes a box of a key differ from all others; never used twice with a key.
pub type Nonce = [u8; 24];

/// 32 bytes that nobody else may know; wiped when dropped. They stay where they are: what is moved
/// leaves a copy behind.
#[derive(Clone, Default)]
pub struct Secret(Box<[u8; 32]>);

impl Secret {
    /// Fresh random bytes. Errors: `EAGAIN` if the system has none.
    pub fn random() -> Result<Secret> {
        let mut secret = Secret::default();
        fill(&mut *secret.0)?;
        Ok(secret)
    }

    /// These bytes.
    pub fn copy_of(bytes: &[u8; 32]) -> Secret {
        let mut secret = Secret::default();
        secret.0.copy_from_slice(bytes);
        secret
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public key that belongs to this one.
    pub fn public_key(&self) -> PublicKey {
        Cipher::public_key(self)
    }

    /// The key that the owner of `public`'s secret and this secret's owner have in common. `None` if
    /// `public` is one of the few points that give everybody the same.
    pub fn shared_with(&self, public: &PublicKey) -> Option<Secret> {
        Cipher::shared_key(public, self)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What an implementation has to provide.
trait Primitives {
    /// Whether keystream made in advance by [`salsa`] takes part. Not where somebody else's word is
    /// to be relied on for all of the cipher.
    const AHEAD: bool;
    /// Curve25519 with the base point.
    fn public_key(secret: &Secret) -> PublicKey;
    /// Curve25519, then HSalsa20.
    fn shared_key(public: &PublicKey, secret: &Secret) -> Option<Secret>;
    /// HSalsa20: the key with which Salsa20 does what XSalsa20 does with `key`, for all nonces that
    /// begin with `prefix`.
    fn subkey(key: &Secret, prefix: &[u8; 16]) -> Secret;
    /// Encrypts `data` in place and gives its MAC.
    fn seal(data: &mut [u8], nonce: &Nonce, key: &Secret) -> [u8; MAC];
    /// Checks `data` and decrypts it in place. `false`: it is not what was sealed with this nonce and
    /// key.
    fn open(data: &mut [u8], mac: &[u8; MAC], nonce: &Nonce, key: &Secret) -> bool;
    /// Poly1305 with a key that is used once.
    fn authenticate(data: &[u8], key: &[u8; 32]) -> [u8; MAC];
    /// Whether `mac` is what [`Primitives::authenticate`] gives, in a time that does not tell.
    fn verify(data: &[u8], mac: &[u8; MAC], key: &[u8; 32]) -> bool;
}

/// The implementation in use.
#[cfg(not(feature = "libsodium"))]
type Cipher = with_dryoc::Dryoc;
#[cfg(feature = "libsodium")]
type Cipher = with_libsodium::Libsodium;

/// Fills `out` from the system's random numbers. Errors: `EAGAIN`.
fn fill(out: &mut [u8]) -> Result<()> {
    // Not the implementations' own, which panic or abort when there are none.
    getrandom::fill(out).map_err(|_| Errno::EAGAIN)
}

/// Random bytes that may be seen. Errors: `EAGAIN` if the system has none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
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
        *mac = Cipher::seal(data, nonce, key);
    }
}

/// A box's plaintext. `None`: it is no box of this nonce and key.
pub fn open(sealed: &[u8], nonce: &Nonce, key: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let (mac, data) = sealed.split_first_chunk::<MAC>()?;
    let mut data = Zeroizing::new(data.to_vec());
    Cipher::open(&mut data, mac, nonce, key).then_some(data)
}
