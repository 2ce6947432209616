//! Writes the batch scripts of an array of runs and of the report after it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::array::{Chunk, ranges};
use super::error::{Error, Result};
use super::option::directive;
use super::options::Options;
use crate::support::shell::quote;

/// Seconds before its time limit at which a task is signaled to store its state.
const WARNING: u32 = 120;

/// Fields that all scripts of a sweep share.
#[derive(Clone, Debug)]
pub struct Task {
    /// Id of the sweep.
    pub sweep: String,
    /// This program.
    pub program: PathBuf,
    /// The sweep's manifest.
    pub manifest: PathBuf,
    /// Folder of scripts and logs.
    pub folder: PathBuf,
    /// Variables that the program would otherwise set by restarting itself, when a signal could be lost.
    pub environment: Vec<(String, String)>,
    /// Further flags of `run-one`.
    pub flags: Vec<String>,
}

impl Task {
    /// The script of one array.
    ///
    /// # Errors
    /// [`Error::Path`] where a path has a character with a meaning of its own.
    pub fn script(&self, chunk: &Chunk, options: &Options) -> Result<String> {
        let throttle = options.max_parallel.map(|n| format!("%{n}"));
        let (array, throttle) = (ranges(&chunk.indices), throttle.unwrap_or_default());
        let folder = plain(&self.folder)?;
        let own = [
            format!("--job-name=lnln-{}", self.sweep),
            format!("--array={array}{throttle}"),
            "--nodes=1".to_owned(),
            "--ntasks=1".to_owned(),
            // As `jobs::log` has it.
            format!("--output=\"{folder}/%A_%a.log\""),
            "--open-mode=append".to_owned(),
            "--requeue".to_owned(),
            format!("--signal=B:USR1@{WARNING}"),
        ];
        let mut text = head(&own, &options.sbatch, &options.setup)?;
        for (name, value) in &self.environment {
            let _ = writeln!(text, "export {name}=\"${{{name}:-{value}}}\"");
        }
        let per_task = options.runs_per_task.get();
        let index = match (chunk.offset, per_task) {
            (0, 1) => "\"$SLURM_ARRAY_TASK_ID\"".to_owned(),
            (offset, 1) => format!("$(({offset} + SLURM_ARRAY_TASK_ID))"),
            (offset, k) => format!("$((({offset} + SLURM_ARRAY_TASK_ID) * {k}))"),
        };
        // Without `exec` the shell would get the signals, and nothing would be stored.
        let _ = write!(
            text,
            "exec {} run-one --manifest {} --index {index} --count {per_task} --max-requeues {}",
            quote(plain(&self.program)?),
            quote(plain(&self.manifest)?),
            options.max_requeues,
        );
        for flag in &self.flags {
            let _ = write!(text, " {}", quote(flag));
        }
        text.push('\n');
        Ok(text)
    }

    /// The script of the report after the arrays: of this sweep's runs, whatever else is in the folder of
    /// runs.
    ///
    /// # Errors
    /// [`Error::Path`].
    pub fn report_script(&self, options: &Options) -> Result<String> {
        let folder = plain(&self.folder)?;
        let own = [
            format!("--job-name=lnln-{}-report", self.sweep),
            "--nodes=1".to_owned(),
            "--ntasks=1".to_owned(),
            format!("--output=\"{folder}/report-%j.log\""),
        ];
        let mut text = head(&own, &options.report_sbatch, &options.setup)?;
        let sweep = self.manifest.parent().unwrap_or(Path::new("."));
        let _ = writeln!(
            text,
            "exec {} report --sweep {} --out {} --latency-wait 60",
            quote(plain(&self.program)?),
            quote(plain(sweep)?),
            quote(plain(&sweep.join("report"))?),
        );
        Ok(text)
    }
}

/// Lines before the program: its own options of sbatch, those of the site, lines of shell.
fn head(own: &[String], site: &[String], setup: &[String]) -> Result<String> {
    let mut text = String::from("#!/bin/bash\n");
    let site = site.iter().map(|option| directive(option));
    for line in own.iter().cloned().map(Ok).chain(site) {
        let _ = writeln!(text, "#SBATCH {}", line?);
    }
    for line in setup {
        let _ = writeln!(text, "{line}");
    }
    Ok(text)
}

/// A path without characters that have a meaning to Slurm or a shell.
pub(super) fn plain(path: &Path) -> Result<&str> {
    let is_unsafe = |text: &&str| text.contains(['%', '"', '\'', '\n', '\r', '\\', '$', '`']);
    let text = path.to_str().filter(|text| !is_unsafe(text));
    text.ok_or_else(|| Error::Path {
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn task(folder: &str) -> Task {
        Task {
            sweep: "paper-mosi-3f2a9c".into(),
            program: "/opt/bin/lnln-bench".into(),
            manifest: "/my runs/sweeps/paper-mosi-3f2a9c/manifest.json".into(),
            folder: folder.into(),
            environment: vec![("GOMP_SPINCOUNT".into(), "2000".into())],
            flags: vec!["--memory-budget".into(), "12GiB".into()],
        }
    }

    #[test]
    fn a_script_reads_well() {
        let options = Options {
            sbatch: vec!["--partition=gpu".into(), "--gres=gpu:1".into()],
            setup: vec!["module load cuda".into()],
            max_parallel: NonZeroUsize::new(4),
            ..Options::default()
        };
        let chunk = Chunk {
            offset: 1000,
            indices: vec![0, 1, 2, 7],
        };
        let script = task("/my runs/sweeps/paper-mosi-3f2a9c/slurm").script(&chunk, &options);
        insta::assert_snapshot!(script.unwrap(), @r#"
        #!/bin/bash
        #SBATCH --job-name=lnln-paper-mosi-3f2a9c
        #SBATCH --array=0-2,7%4
        #SBATCH --nodes=1
        #SBATCH --ntasks=1
        #SBATCH --output="/my runs/sweeps/paper-mosi-3f2a9c/slurm/%A_%a.log"
        #SBATCH --open-mode=append
        #SBATCH --requeue
        #SBATCH --signal=B:USR1@120
        #SBATCH --partition=gpu
        #SBATCH --gres=gpu:1
        module load cuda
        export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-2000}"
        exec /opt/bin/lnln-bench run-one --manifest '/my runs/sweeps/paper-mosi-3f2a9c/manifest.json' --index $((1000 + SLURM_ARRAY_TASK_ID)) --count 1 --max-requeues 10 --memory-budget 12GiB
        "#);
    }

    #[test]
    fn a_report_s_script_reads_well() {
        let options = Options {
            sbatch: vec!["--gres=gpu:1".into()],
            report_sbatch: vec!["--comment=for the table".into()],
            setup: vec!["module load x".into()],
            ..Options::default()
        };
        let script = task("/runs/sweeps/paper-mosi-3f2a9c/slurm").report_script(&options);
        insta::assert_snapshot!(script.unwrap(), @r#"
        #!/bin/bash
        #SBATCH --job-name=lnln-paper-mosi-3f2a9c-report
        #SBATCH --nodes=1
        #SBATCH --ntasks=1
        #SBATCH --output="/runs/sweeps/paper-mosi-3f2a9c/slurm/report-%j.log"
        #SBATCH --comment="for the table"
        module load x
        exec /opt/bin/lnln-bench report --sweep '/my runs/sweeps/paper-mosi-3f2a9c' --out '/my runs/sweeps/paper-mosi-3f2a9c/report' --latency-wait 60
        "#);
    }

    #[test]
    fn paths_that_slurm_reads_otherwise_are_refused() {
        let chunk = Chunk {
            offset: 0,
            indices: vec![0],
        };
        for folder in ["/a%b", "/a\"b", "/a'b", "/a\nb", "/a$b"] {
            let refused = task(folder).script(&chunk, &Options::default());
            assert!(matches!(refused, Err(Error::Path { .. })), "{folder:?}");
        }
    }
}
