//! Checks one option of sbatch against those that the program sets itself.

use super::error::{Error, Result};

/// Options that the program sets itself, and why.
const OWNED: [(&str, &str); 23] = [
    ("--array", CELLS),
    ("-a", CELLS),
    ("--output", LOGS),
    ("-o", LOGS),
    ("--error", ONE_LOG),
    ("-e", ONE_LOG),
    (
        "--open-mode",
        "a task that is queued again must not wipe its log",
    ),
    ("--signal", "runs store their state when it comes"),
    ("--dependency", CHAIN),
    ("-d", CHAIN),
    ("--wrap", "it writes the script"),
    ("--requeue", REQUEUE),
    ("--no-requeue", REQUEUE),
    ("--wait", RETURN),
    ("-W", RETURN),
    (
        "--test-only",
        "it records what it submits; --dry-run shows the scripts",
    ),
    ("--ntasks", ONE_PROCESS),
    ("-n", ONE_PROCESS),
    ("--nodes", ONE_PROCESS),
    ("-N", ONE_PROCESS),
    ("--clusters", ONE_CLUSTER),
    ("-M", ONE_CLUSTER),
    ("--parsable", "it reads the job's number"),
];

const CELLS: &str = "it knows which runs are waiting";
const LOGS: &str = "`runs status` looks for the logs there";
const ONE_LOG: &str = "errors belong into the log of the task";
const CHAIN: &str = "it chains arrays and the report";
const REQUEUE: &str = "a task queues itself again at its time limit";
const RETURN: &str = "it returns when all is submitted; `runs status` shows the rest";
const ONE_PROCESS: &str = "a task is one process on one node";
const ONE_CLUSTER: &str = "the queue of one cluster is read";

/// Letters of sbatch without a value, behind which another option could hide.
const FLAGS: &str = "hHIkKOQsuvVW";

/// The option as written in a script, its value quoted where necessary.
///
/// # Errors
/// [`Error::Option`] where it is not one option; [`Error::Owned`].
pub fn directive(option: &str) -> Result<String> {
    let wrong = || Error::Option {
        option: option.to_owned(),
    };
    let unsafe_in_script = |c: char| c.is_control() || "\"'\\`".contains(c);
    if option.contains(unsafe_in_script) {
        return Err(wrong());
    }
    let option = option.trim();
    let long = option.starts_with("--");
    let (name, value) = if long {
        match option.split_once(['=', ' ']) {
            Some((name, value)) => (name, Some(value)),
            None => (option, None),
        }
    } else {
        // The value may follow the letter without a space.
        match option.char_indices().nth(2) {
            Some((end, _)) => (&option[..end], Some(option[end..].trim_start())),
            None => (option, None),
        }
    };
    let spelt = name.len() >= 2 && name != "--" && name.starts_with('-');
    let another = |value: &str| value.split_whitespace().any(|word| word.starts_with('-'));
    let hidden = !long && value.is_some() && name.chars().nth(1).is_some_and(|c| FLAGS.contains(c));
    if !spelt || value.is_some_and(another) || hidden {
        return Err(wrong());
    }
    // getopt takes the beginning of a long name for all of it.
    let sets = |own: &str| own == name || long && own.starts_with(name);
    if let Some((name, reason)) = OWNED.iter().find(|(own, _)| sets(own)) {
        return Err(Error::Owned {
            option: option.to_owned(),
            name,
            reason,
        });
    }
    let plain = |c: char| !c.is_whitespace() && c != '#';
    Ok(match (value, long) {
        (None, _) => name.to_owned(),
        (Some(value), true) if value.chars().all(plain) => format!("{name}={value}"),
        (Some(value), true) => format!("{name}=\"{value}\""),
        (Some(value), false) if value.chars().all(plain) => format!("{name} {value}"),
        (Some(value), false) => format!("{name} \"{value}\""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_options_pass_as_one_option_each() {
        for (option, written) in [
            ("--partition=gpu", "--partition=gpu"),
            ("--partition gpu", "--partition=gpu"),
            ("-p gpu", "-p gpu"),
            ("-pgpu", "-p gpu"),
            ("-H", "-H"),
            ("--exclusive", "--exclusive"),
            ("--gres=gpu:1", "--gres=gpu:1"),
            ("--time=2:00:00", "--time=2:00:00"),
            ("--comment=a b #1", "--comment=\"a b #1\""),
            ("--wait-all-nodes=1", "--wait-all-nodes=1"),
            ("--ntasks-per-core=1", "--ntasks-per-core=1"),
        ] {
            assert_eq!(directive(option).unwrap(), written, "{option}");
        }
    }

    #[test]
    fn what_the_program_sets_is_refused_in_every_spelling() {
        for option in [
            "--array=0-3",
            "--arr=0-3",
            "--arr 0-3",
            "-a0-3",
            "-a 0-3",
            "--output=x",
            "--out=x",
            "--wrap=ls",
            "--signal=USR2",
            "-d afterok:1",
            "--requeue",
            "--no-requeue",
            "--no-r",
            "--wait",
            "-W",
            "--test-only",
            "--te",
            "--ntasks=2",
            "-n2",
            "--nodes=2",
            "-N 2",
            "-Mother",
            "--pars",
        ] {
            let message = directive(option).unwrap_err().to_string();
            assert!(
                message.contains("sets") && message.contains("because"),
                "{option}: {message}"
            );
        }
    }

    #[test]
    fn what_is_no_option_or_more_than_one_is_refused() {
        for option in [
            "partition=gpu",
            "--a\n#SBATCH --b",
            "--partition=gpu --array=0-3",
            "--partition gpu -a 0-3",
            "-p gpu -a0-3",
            "-Ha0-3",
            "-vW",
            "--comment=\"x\" --array=0",
            "--",
            "-",
            "",
        ] {
            let refused = directive(option);
            assert!(matches!(refused, Err(Error::Option { .. })), "{option:?}");
        }
    }
}
