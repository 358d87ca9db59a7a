//! The journal: what is written down of a [`Deed`](crate::model::deed::Deed), as a line of its file.
