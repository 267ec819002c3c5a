//! The crate dryoc.

use dryoc::classic::{crypto_box, crypto_core, crypto_onetimeauth};
use zeroize::Zeroize;

use super::{MAC, Nonce, Primitives, PublicKey, Secret};

/// Pure Rust; looks for SIMD at run time.
pub struct Dryoc;

impl Primitives for Dryoc {
    const AHEAD: bool = true;

    fn public_key(secret: &Secret) -> PublicKey {
        let mut public = PublicKey::default();
        crypto_core::crypto_scalarmult_base(&mut public, &secret.0);
        public
    }

    fn shared_key(public: &PublicKey, secret: &Secret) -> Option<Secret> {
        let mut key = crypto_box::crypto_box_beforenm(public, &secret.0).ok()?;
        let shared = Secret::copy_of(&key);
        key.zeroize();
        Some(shared)
    }

    fn subkey(key: &Secret, prefix: &[u8; 16]) -> Secret {
        let mut subkey = Secret::default();
        crypto_core::crypto_core_hsalsa20(&mut subkey.0, prefix, &key.0, None);
        subkey
    }

    fn seal(data: &mut [u8], nonce: &Nonce, key: &Secret) -> [u8; MAC] {
        let mut mac = [0; MAC];
        crypto_box::crypto_box_detached_afternm_inplace(data, &mut mac, nonce, &key.0);
        mac
    }

    fn open(data: &mut [u8], mac: &[u8; MAC], nonce: &Nonce, key: &Secret) -> bool {
        crypto_box::crypto_box_open_detached_afternm_inplace(data, mac, nonce, &key.0).is_ok()
    }

    fn authenticate(data: &[u8], key: &[u8; 32]) -> [u8; MAC] {
        let mut mac = [0; MAC];
        crypto_onetimeauth::crypto_onetimeauth(&mut mac, data, key);
        mac
    }

    fn verify(data: &[u8], mac: &[u8; MAC], key: &[u8; 32]) -> bool {
        crypto_onetimeauth::crypto_onetimeauth_verify(mac, data, key).is_ok()
    }
}
