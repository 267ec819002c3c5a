//! The memory that messages are encoded into.
//!
//! It is wanted only from encoding to sending, so all connections that a thread drives share one
//! buffer, which stays in the processor's cache; a connection keeps it for as long as the network
//! does not take all of it. Idle connections have none.

use std::cell::Cell;

/// Capacity up to which a buffer is kept for the thread's next connection.
const KEPT: usize = 256 * 1024;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The thread's buffer, or one without memory if a connection has it.
pub fn take() -> Vec<u8> {
    SPARE.try_with(Cell::take).unwrap_or_default()
}

/// Keeps a buffer for the thread's next connection.
pub fn give(buffer: Vec<u8>) {
    if buffer.capacity() > 0 && buffer.capacity() <= KEPT {
        // At the end of the thread it is dropped.
        let _ = SPARE.try_with(|spare| spare.set(buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_buffer_goes_from_connection_to_connection() {
        let mut buffer = take();
        buffer.reserve(1000);
        let place = buffer.as_ptr();
        give(buffer);
        let again = take();
        assert_eq!(again.as_ptr(), place);
        assert_eq!(take().capacity(), 0, "there is one");
        give(Vec::with_capacity(KEPT + 1));
        assert_eq!(take().capacity(), 0, "a very large one is not kept");
    }
}
