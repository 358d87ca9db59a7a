//! The binary: start, run, exit code.

fn main() {}
