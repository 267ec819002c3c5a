//! What crosses threads: queues, pipes, signals, mailboxes, half-locks.

pub mod biased;
pub mod broadcast;
pub mod half;
pub mod mailbox;
pub mod pipe;
pub mod queue;
pub mod signal;
