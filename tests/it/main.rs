//! The one integration binary.

mod kinds;
