//! The one integration binary: linking is what a small machine waits for, so every test that needs the whole program is a module here.
//! What drives the program from outside (pty, control plane, source scanner) is in `rig`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects and stops there"
)]
#![allow(clippy::print_stderr, unreachable_pub, reason = "a test binary has no users, and a skipped test says so")]

mod centre;
mod changes;
mod changes_accidents;
mod changes_apply;
mod changes_bulk;
mod changes_data;
mod changes_removals;
mod changes_text;
mod changes_verbs;
mod changes_walk;
mod cluster;
mod copy;
mod data;
mod debug;
mod demo;
mod drill;
mod driver;
mod editor;
mod engine;
mod exec;
mod faults;
mod files;
mod findings;
mod forward;
mod gallery;
mod guard;
mod health;
mod joined;
mod kinds;
mod kubectl;
mod lent;
mod links;
mod logs;
mod older;
mod panes;
mod readme;
mod rig;
mod robot;
mod scaling;
mod screens;
mod served;
mod shells;
mod stage;
mod stages;
mod streams;
mod tape;
mod terminal;
mod tidy;
