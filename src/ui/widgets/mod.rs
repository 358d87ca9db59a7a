//! Parts of screens that know nothing of Kubernetes. Text reaches the screen only through [`text::put`].

pub mod ascii;
pub mod frame;
pub mod grid;
pub mod text;
