//! Looks at rows beside other tables: those of the paper, and those that the program carries.

mod carried;
pub mod known_error;
pub mod misquote;
pub mod other_rate;
pub mod partly_quoted;
pub mod two_rows;
