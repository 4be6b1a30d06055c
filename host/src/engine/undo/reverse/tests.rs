//! Reversing.
