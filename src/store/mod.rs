//! store: see the crate's front page.
