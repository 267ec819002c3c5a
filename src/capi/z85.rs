//! `zmq_z85_*` and `zmq_curve_*`.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::slice;

use zeroize::Zeroizing;

use super::{guard, guard_or, shielded_guard};
use crate::crypto::Secret;
use crate::error::{Errno, Result};
use crate::options::z85;

/// Writes `size` bytes at `data` to `dest` as Z85 (RFC 32) text, with a NUL, and returns `dest`.
/// Null, with `EINVAL`, if `size` is no multiple of 4.
///
/// # Safety
///
/// `size` bytes at `data` are readable, and `size * 5 / 4 + 1` at `dest` writable; null pointers
/// are recognised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_encode(
    dest: *mut c_char,
    data: *const u8,
    size: usize,
) -> *mut c_char {
    guard_or(ptr::null_mut(), || {
        if dest.is_null() || (data.is_null() && size != 0) || size > isize::MAX as usize {
            return Err(Errno::EINVAL);
        }
        let data = if size == 0 {
            &[]
        } else {
            // SAFETY: readable, per the contract.
            unsafe { slice::from_raw_parts(data, size) }
        };
        let text = z85::encode(data).ok_or(Errno::EINVAL)?;
        // SAFETY: so much is writable, per the contract; `text` is an object of its own.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), dest.cast(), text.len());
            dest.add(text.len()).write(0);
        }
        Ok(dest)
    })
}

/// Writes the bytes of a Z85 text to `dest`, and returns `dest`. Null, with `EINVAL`, if the text is
/// empty or no Z85.
///
/// # Safety
///
/// `string` is a C string, and 4 / 5 of its length at `dest` are writable; null pointers are
/// recognised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_decode(dest: *mut u8, string: *const c_char) -> *mut u8 {
    guard_or(ptr::null_mut(), || {
        if dest.is_null() || string.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: a C string, per the contract.
        let text = unsafe { CStr::from_ptr(string) };
        let data = decode(text.to_bytes())?;
        // SAFETY: so much is writable, per the contract; `data` is an object of its own.
        unsafe { ptr::copy_nonoverlapping(data.as_ptr(), dest, data.len()) };
        Ok(dest)
    })
}

fn decode(text: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    if text.is_empty() {
        return Err(Errno::EINVAL);
    }
    z85::decode(text).ok_or(Errno::EINVAL)
}

/// Characters of a key in Z85, without the NUL.
const KEY_TEXT: usize = 40;

/// Makes a pair of CURVE keys, each 40 characters of Z85 and a NUL. Errors: `EINVAL` (null
/// pointers), `EAGAIN` (the system has no random numbers).
///
/// # Safety
///
/// 41 bytes are writable at each argument; null pointers are recognised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_keypair(
    z85_public_key: *mut c_char,
    z85_secret_key: *mut c_char,
) -> c_int {
    shielded_guard(|| {
        if z85_public_key.is_null() || z85_secret_key.is_null() {
            return Err(Errno::EINVAL);
        }
        let secret = Secret::random()?;
        // SAFETY: room for a key each, per the contract.
        unsafe {
            put_key(z85_public_key, &secret.public_key());
            put_key(z85_secret_key, secret.bytes());
        }
        Ok(0)
    })
}

/// Derives a CURVE public key from a secret one, both as Z85 text. Errors: `EINVAL` (null pointers,
/// no key).
///
/// # Safety
///
/// 41 bytes are writable at `z85_public_key`, and `z85_secret_key` is a C string; null pointers are
/// recognised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_public(
    z85_public_key: *mut c_char,
    z85_secret_key: *const c_char,
) -> c_int {
    guard(|| {
        if z85_public_key.is_null() || z85_secret_key.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: a C string, per the contract.
        let text = unsafe { CStr::from_ptr(z85_secret_key) };
        let bytes = decode(text.to_bytes())?;
        let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| Errno::EINVAL)?;
        let public = Secret::copy_of(bytes).public_key();
        // SAFETY: room for a key, per the contract.
        unsafe { put_key(z85_public_key, &public) };
        Ok(0)
    })
}

/// Writes a key as text.
///
/// # Safety
///
/// `KEY_TEXT + 1` bytes are writable at `dest`.
unsafe fn put_key(dest: *mut c_char, key: &[u8; 32]) {
    let text = z85::encode(key).unwrap_or_default();
    let text = text.get(..KEY_TEXT).unwrap_or_default();
    // SAFETY: the text and its NUL fit, per the contract.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr(), dest.cast(), text.len());
        dest.add(text.len()).write(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test case of RFC 32.
    const DATA: [u8; 8] = [0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b];

    #[test]
    fn both_ways() {
        let mut text = [1; 12];
        let mut data = [0; 9];
        // SAFETY: locals of the right sizes.
        unsafe {
            assert!(!zmq_z85_encode(text.as_mut_ptr(), DATA.as_ptr(), 8).is_null());
            assert_eq!(CStr::from_ptr(text.as_ptr()), c"HelloWorld");
            assert_eq!(text[11], 1);
            assert!(!zmq_z85_decode(data.as_mut_ptr(), text.as_ptr()).is_null());
        }
        assert_eq!(data[..8], DATA);
        assert_eq!(data[8], 0);
    }

    #[test]
    fn nothing_encodes_to_nothing() {
        let mut text = [1; 1];
        // SAFETY: one writable byte.
        assert!(!unsafe { zmq_z85_encode(text.as_mut_ptr(), ptr::null(), 0) }.is_null());
        assert_eq!(text[0], 0);
    }

    #[test]
    fn wrong_input() {
        let mut room = [0; 16];
        // SAFETY: C strings and locals.
        unsafe {
            for wrong in [c"", c"Hell", c"HelloWorl", c"Hell~", c"Hell ", c"#####", c"%nSc1"] {
                assert!(zmq_z85_decode(room.as_mut_ptr(), wrong.as_ptr()).is_null(), "{wrong:?}");
            }
            assert!(zmq_z85_decode(room.as_mut_ptr(), ptr::null()).is_null());
            assert!(zmq_z85_encode(room.as_mut_ptr().cast(), DATA.as_ptr(), 7).is_null());
            assert!(zmq_z85_encode(ptr::null_mut(), DATA.as_ptr(), 8).is_null());
        }
    }
}
