//! Tests of messages and their memory.
