//! The world: everything that awaits.
pub mod framer;
