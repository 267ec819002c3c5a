//! Pairs of connected sockets, in the place of those that UNIX systems have for it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::windows::io::AsRawSocket;

use super::RawFd;

/// One end of a pair.
pub struct Stream(TcpStream);

impl Stream {
    /// Two sockets that are connected by the loopback interface.
    pub fn pair() -> io::Result<(Stream, Stream)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let ours = TcpStream::connect(listener.local_addr()?)?;
        let address = ours.local_addr()?;
        loop {
            let (theirs, peer) = listener.accept()?;
            // Anybody on this machine may have come first.
            if peer == address {
                theirs.set_nodelay(true)?;
                return Ok((ours.into(), theirs.into()));
            }
        }
    }

    /// Whether calls do not wait.
    pub fn set_nonblocking(&self, yes: bool) -> io::Result<()> {
        self.0.set_nonblocking(yes)
    }

    /// The socket, for polling.
    pub fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_socket()
    }
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Stream {
        Stream(stream)
    }
}

impl Read for &Stream {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        (&self.0).read(room)
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
