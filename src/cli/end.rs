//! Ends the program.

use std::io::Write;

/// Ends with this exit code, without the destructors of libraries: libtorch takes its operators back one by one, which
/// takes as long as half of the start. Files of this program are closed by their owners before.
pub fn end(code: i32) -> ! {
    // Nowhere is left to tell of what these do not take.
    let _ = std::io::stdout().flush();
    let _ = std::io::stderr().flush();
    signal_hook::low_level::exit(code)
}
