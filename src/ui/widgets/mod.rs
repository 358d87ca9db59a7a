//! Parts of screens that know nothing of Kubernetes. Text reaches the screen only through [`text::put`].

pub mod ascii;
pub mod bar;
pub mod editor;
pub mod find;
pub mod frame;
pub mod fuzzy;
pub mod grid;
pub mod input;
pub mod list;
pub mod pager;
pub mod text;
pub mod yaml;
