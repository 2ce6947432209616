//! parity: see the crate's front page.
