//! One switch between the standard primitives and loom's.
