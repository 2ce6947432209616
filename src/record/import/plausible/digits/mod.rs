//! Looks at what kind of numbers predictions are, and how they were written.

pub mod bins;
pub mod kinds;
pub mod short;
pub mod whole;
