//! mask: see the crate's front page.
