//! The `crosswalk` program.

fn main() {}
