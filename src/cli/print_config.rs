//! `run --print-config`: prints the resolved suite as TOML.

use std::path::Path;

use lnln_bench::sweep::Suite;

use super::{launch, output};

/// Prints the suite, with the text encoders of the data sets that are prepared under `data` resolved.
pub fn show(mut suite: Suite, launch: &launch::Args, data: &Path) -> anyhow::Result<()> {
    launch.override_suite(&mut suite);
    suite.slurm.check()?;
    let mut text = format!(
        "# Suite as resolved by lnln-bench {}. Epochs, batch size, learning rate and weight decay that are\n\
         # not set are those that each model's authors publish; config.toml of a run has them.\n",
        super::version()
    );
    let open = suite.resolve_encoders(data)?;
    if !open.is_empty() {
        text += &format!(
            "# The text encoder stays auto for data sets that are not prepared in {}: {}.\n",
            data.display(),
            open.join(", ")
        );
    }
    output::write(&(text + &suite.to_toml()?))
}
