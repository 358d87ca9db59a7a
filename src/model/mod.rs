//! What we know: plain data that every other directory speaks in.
//!
//! Nothing here awaits, reads a clock, opens a file or knows a terminal, and nothing here imports anything else of the crate.
//! Time is handed in; text stays as the server sent it until something draws it ([`text::visible`]).

pub mod apply;
pub mod aside;
pub mod call;
pub mod catalog;
pub mod cell;
pub mod cluster;
pub mod column;
pub mod course;
pub mod cron;
pub mod data;
pub mod deed;
pub mod document;
pub mod draft;
pub mod facts;
pub mod fault;
pub mod finding;
pub mod glob;
pub mod history;
pub mod id;
pub mod image;
pub mod known;
pub mod layout;
pub mod line;
pub mod log;
pub mod manifest;
pub mod motion;
pub mod msg;
pub mod naming;
pub mod nearest;
pub mod notice;
pub mod order;
pub mod panes;
pub mod past;
pub mod problem;
pub mod quantity;
pub mod query;
pub mod rebase;
pub mod record;
pub mod right;
pub mod row;
pub mod selector;
pub mod step;
pub mod stroke;
pub mod table;
pub mod tally;
pub mod template;
pub mod text;
pub mod time;
pub mod unlock;
pub mod want;
pub mod words;
pub mod world;
pub mod yaml;
