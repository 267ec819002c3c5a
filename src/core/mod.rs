//! What crosses threads: queues, pipes, signals, mailboxes, half-locks.

pub mod queue;
