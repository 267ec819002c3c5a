//! The system's libsodium, for those who want a cipher that has been audited.
#![allow(unsafe_code, reason = "libsodium is a C library")]

use core::ffi::{c_int, c_ulonglong};

use super::{MAC, Nonce, Primitives, PublicKey, Secret};
use crate::sys::once::Once;

#[link(name = "sodium")]
unsafe extern "C" {
    fn sodium_init() -> c_int;
    fn crypto_scalarmult_base(public: *mut u8, secret: *const u8) -> c_int;
    fn crypto_box_beforenm(key: *mut u8, public: *const u8, secret: *const u8) -> c_int;
    fn crypto_core_hsalsa20(
        out: *mut u8,
        input: *const u8,
        key: *const u8,
        constants: *const u8,
    ) -> c_int;
    fn crypto_box_detached_afternm(
        sealed: *mut u8,
        mac: *mut u8,
        plain: *const u8,
        len: c_ulonglong,
        nonce: *const u8,
        key: *const u8,
    ) -> c_int;
    fn crypto_box_open_detached_afternm(
        plain: *mut u8,
        sealed: *const u8,
        mac: *const u8,
        len: c_ulonglong,
        nonce: *const u8,
        key: *const u8,
    ) -> c_int;
    fn crypto_onetimeauth(mac: *mut u8, data: *const u8, len: c_ulonglong, key: *const u8)
    -> c_int;
    fn crypto_onetimeauth_verify(
        mac: *const u8,
        data: *const u8,
        len: c_ulonglong,
        key: *const u8,
    ) -> c_int;
}

/// libsodium.
pub struct Libsodium;

/// Lets libsodium look for SIMD. Without it everything works as well, only slower.
fn start() {
    static STARTED: Once<()> = Once::new();
    STARTED.get_or_make(|| {
        // SAFETY: may be called at any time, from any thread.
        unsafe { sodium_init() };
    });
}

impl Primitives for Libsodium {
    const AHEAD: bool = false;

    fn public_key(secret: &Secret) -> PublicKey {
        start();
        let mut public = PublicKey::default();
        // SAFETY: both point to 32 bytes, as the function wants them.
        unsafe { crypto_scalarmult_base(public.as_mut_ptr(), secret.0.as_ptr()) };
        public
    }

    fn shared_key(public: &PublicKey, secret: &Secret) -> Option<Secret> {
        start();
        let mut shared = Secret::default();
        // SAFETY: all point to 32 bytes, as the function wants them.
        let status = unsafe {
            crypto_box_beforenm(shared.0.as_mut_ptr(), public.as_ptr(), secret.0.as_ptr())
        };
        (status == 0).then_some(shared)
    }

    fn subkey(key: &Secret, prefix: &[u8; 16]) -> Secret {
        let mut subkey = Secret::default();
        // SAFETY: 32 bytes of output, 16 of input, 32 of key; without constants the usual ones.
        unsafe {
            crypto_core_hsalsa20(
                subkey.0.as_mut_ptr(),
                prefix.as_ptr(),
                key.0.as_ptr(),
                core::ptr::null(),
            );
        }
        subkey
    }

    fn seal(data: &mut [u8], nonce: &Nonce, key: &Secret) -> [u8; MAC] {
        let mut mac = [0; MAC];
        let bytes = data.as_mut_ptr();
        // SAFETY: the data may be sealed where it is; MAC, nonce and key have their sizes.
        unsafe {
            crypto_box_detached_afternm(
                bytes,
                mac.as_mut_ptr(),
                bytes,
                data.len() as c_ulonglong,
                nonce.as_ptr(),
                key.0.as_ptr(),
            );
        }
        mac
    }

    fn open(data: &mut [u8], mac: &[u8; MAC], nonce: &Nonce, key: &Secret) -> bool {
        let bytes = data.as_mut_ptr();
        // SAFETY: the data may be opened where it is; MAC, nonce and key have their sizes.
        let status = unsafe {
            crypto_box_open_detached_afternm(
                bytes,
                bytes,
                mac.as_ptr(),
                data.len() as c_ulonglong,
                nonce.as_ptr(),
                key.0.as_ptr(),
            )
        };
        status == 0
    }

    fn authenticate(data: &[u8], key: &[u8; 32]) -> [u8; MAC] {
        let mut mac = [0; MAC];
        // SAFETY: the data has this length; MAC and key have their sizes.
        unsafe {
            crypto_onetimeauth(
                mac.as_mut_ptr(),
                data.as_ptr(),
                data.len() as c_ulonglong,
                key.as_ptr(),
            );
        }
        mac
    }

    fn verify(data: &[u8], mac: &[u8; MAC], key: &[u8; 32]) -> bool {
        // SAFETY: the data has this length; MAC and key have their sizes.
        let status = unsafe {
            crypto_onetimeauth_verify(
                mac.as_ptr(),
                data.as_ptr(),
                data.len() as c_ulonglong,
                key.as_ptr(),
            )
        };
        status == 0
    }
}
