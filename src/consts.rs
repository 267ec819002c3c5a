//! Numbers of the public interface.
