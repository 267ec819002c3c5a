//! TLS over a connection (wss), by rustls.
//!
//! | what | where |
//! |---|---|
//! | keys, certificates and trust, from PEM | `credentials` |
//! | which certificates a client takes | `trust` |
//!
//! The two halves of a connection share one [`Tls`], which is locked for each call: records are
//! numbered, and reading may have to write.

mod credentials;
mod trust;

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use crate::sync::Mutex;
use rustls::Connection;

pub use credentials::{ClientTls, ServerTls};

use crate::error::{Errno, Result};
use crate::msg::Spare;
use crate::sys::socket::Socket;

/// Bytes that may wait, encrypted, for the network to take them.
const BACKLOG: usize = 64 * 1024;

/// One end of a TLS connection.
#[derive(Debug)]
pub struct Tls(Mutex<Connection>);

impl Tls {
    fn new(mut connection: Connection) -> Tls {
        connection.set_buffer_limit(Some(BACKLOG));
        Tls(Mutex::new(connection))
    }

    /// Reads what has arrived and been decrypted, as far as it fits, and appends it to `spare`. 0 is
    /// the end. Errors: `EAGAIN` if nothing is there; `EPROTO` for what is no TLS, or a peer that is
    /// not to be trusted; any other is the end of the connection.
    pub fn read(&self, socket: &Socket, spare: &mut Spare<'_>) -> Result<usize> {
        let connection = &mut *self.0.lock();
        loop {
            match take(connection, spare) {
                Err(Errno::EAGAIN) => {}
                done => return done,
            }
            match connection.read_tls(&mut Wire(socket)) {
                Ok(0) => return Ok(0),
                Ok(_) => {}
                Err(error) => {
                    // A part of the handshake may be waiting to be sent.
                    send(connection, socket)?;
                    return Err(errno_of(&error));
                }
            }
            let state = connection.process_new_packets();
            // Also after an error: the peer is told of it.
            send(connection, socket)?;
            if state.map_err(|_| Errno::EPROTO)?.peer_has_closed() {
                return match take(connection, spare) {
                    Err(Errno::EAGAIN) => Ok(0),
                    done => done,
                };
            }
        }
    }

    /// Encrypts as much of `slices` as there is room for, and sends what the network takes. Errors:
    /// `EAGAIN` if there is no room now; any other is the end of the connection.
    pub fn write(&self, socket: &Socket, slices: &[IoSlice<'_>]) -> Result<usize> {
        let connection = &mut *self.0.lock();
        send(connection, socket)?;
        let taken = connection.writer().write_vectored(slices).map_err(|error| errno_of(&error))?;
        send(connection, socket)?;
        if taken == 0 { Err(Errno::EAGAIN) } else { Ok(taken) }
    }

    /// Sends what waits. Whether nothing waits any more. Errors: the end of the connection.
    pub fn flush(&self, socket: &Socket) -> Result<bool> {
        let connection = &mut *self.0.lock();
        send(connection, socket)?;
        Ok(!connection.wants_write())
    }
}

/// Moves decrypted bytes. Errors: `EAGAIN` if there are none.
fn take(connection: &mut Connection, spare: &mut Spare<'_>) -> Result<usize> {
    let mut plain = connection.reader();
    let chunk = match io::BufRead::fill_buf(&mut plain) {
        Ok(chunk) => chunk,
        Err(error) => return Err(errno_of(&error)),
    };
    let taken = spare.append(chunk);
    io::BufRead::consume(&mut plain, taken);
    Ok(taken)
}

/// Sends as much as the network takes.
fn send(connection: &mut Connection, socket: &Socket) -> Result<()> {
    while connection.wants_write() {
        match connection.write_tls(&mut Wire(socket)) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(errno_of(&error)),
        }
    }
    Ok(())
}

fn errno_of(error: &io::Error) -> Errno {
    match (error.kind(), error.raw_os_error()) {
        (ErrorKind::WouldBlock, _) => Errno::EAGAIN,
        // The peer is gone without having said so; what was whole has been read.
        (ErrorKind::UnexpectedEof, _) => Errno::EPIPE,
        (_, Some(errno)) => Errno(errno),
        _ => Errno::EPROTO,
    }
}

/// What [`errno_of`] understands, and rustls what it has to.
fn error_of(errno: Errno) -> io::Error {
    match errno {
        // Not every system knows its errnos by the same numbers as C does.
        Errno::EAGAIN => ErrorKind::WouldBlock.into(),
        Errno(number) => io::Error::from_raw_os_error(number),
    }
}

/// The connection under TLS.
struct Wire<'a>(&'a Socket);

impl Read for Wire<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.receive_into(room).map_err(error_of)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes).map_err(error_of)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.send_vectored(slices).map_err(error_of)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
