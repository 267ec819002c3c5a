//! The CURVE mechanism (RFC 26): both sides prove who they are by long-term keys, and all that
//! follows is encrypted with keys made for this connection alone.
//!
//! | command | from | its box |
//! |---|---|---|
//! | HELLO | client | 64 zeros, `C'` → `S` |
//! | WELCOME | server | `S'` and a cookie, `S` → `C'` |
//! | INITIATE | client | `C`, a vouch for `C'`, metadata, `C'` → `S'` |
//! | READY | server | metadata, `S'` → `C'` |
//! | MESSAGE | both | flags and the frame's body, between `C'` and `S'` |
//!
//! Capitals are public keys, small letters secret ones; keys with a prime live as long as the
//! connection. A server that goes no further than HELLO has spent one key exchange.

mod client;
mod messages;
mod server;

pub use client::CurveClient;
pub use server::CurveServer;

use crate::crypto::{Nonce, PublicKey, Secret};
use crate::options::Options;

const HELLO: &[u8] = b"\x05HELLO";
const WELCOME: &[u8] = b"\x07WELCOME";
const INITIATE: &[u8] = b"\x08INITIATE";
const READY: &[u8] = b"\x05READY";
const MESSAGE: &[u8] = b"\x07MESSAGE";

/// CurveZMQ's version, major and minor.
const VERSION: [u8; 2] = [1, 0];

/// Zeros in HELLO that make it longer than WELCOME: a server amplifies nothing.
const PADDING: usize = 72;

/// What HELLO's box holds: nothing.
const SIGNATURE: [u8; 64] = [0; 64];

const HELLO_LEN: usize = 200;
const WELCOME_LEN: usize = 168;
/// INITIATE without metadata.
const INITIATE_MIN: usize = 257;
/// READY without metadata.
const READY_MIN: usize = 30;

/// A cookie with its nonce's part before it.
const COOKIE_LEN: usize = 96;

const HELLO_NONCE: &[u8; 16] = b"CurveZMQHELLO---";
const WELCOME_NONCE: &[u8; 8] = b"WELCOME-";
const COOKIE_NONCE: &[u8; 8] = b"COOKIE--";
const INITIATE_NONCE: &[u8; 16] = b"CurveZMQINITIATE";
const VOUCH_NONCE: &[u8; 8] = b"VOUCH---";
const READY_NONCE: &[u8; 16] = b"CurveZMQREADY---";
const CLIENT_NONCE: &[u8; 16] = b"CurveZMQMESSAGEC";
const SERVER_NONCE: &[u8; 16] = b"CurveZMQMESSAGES";

/// The configured keys.
#[derive(Clone, Debug, Default)]
pub struct CurveKeys {
    /// `C`, for a client.
    pub public: PublicKey,
    /// `c` or `s`.
    pub secret: Secret,
    /// `S`, for a client.
    pub server: PublicKey,
}

impl From<&Options> for CurveKeys {
    fn from(options: &Options) -> Self {
        Self {
            public: options.curve_publickey,
            secret: Secret::copy_of(&options.curve_secretkey),
            server: options.curve_serverkey,
        }
    }
}

/// A nonce of a fixed prefix and what makes it unique.
fn nonce(prefix: &[u8], rest: &[u8]) -> Nonce {
    let mut nonce = Nonce::default();
    for (to, from) in nonce.iter_mut().zip(prefix.iter().chain(rest)) {
        *to = *from;
    }
    nonce
}
