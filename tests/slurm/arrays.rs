//! Arrays, the report behind them, warnings, cancelling.

use super::cluster::{Cluster, Row};
use super::sweep::Sweep;

/// A running task that satisfies something and has stored an epoch.
fn running(cluster: &Cluster, sweep: &Sweep, what: &str, wanted: impl Fn(&Row) -> bool) -> Row {
    cluster.wait(what, || {
        let rows = cluster.rows().into_iter();
        let mut rows = rows.filter(|row| row.state == "RUNNING" && wanted(row));
        rows.find(|row| sweep.has_begun(&sweep.cell(&row.array, &row.index)))
    })
}

#[test]
#[ignore = "needs Slurm: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge"]
fn a_chunked_array_gives_the_report_of_one_machine() {
    let cluster = Cluster::up(3);
    let sweep = Sweep::new("['constant', 'lf_dnn', 'ef_lstm', 'tfn']", "[1, 2, 3]", 150);
    let said = sweep.submit(&cluster, &["--max-parallel", "2"]);
    assert!(
        said.starts_with("0 cells done, 0 queued already, 12 submitted as "),
        "{said}"
    );
    let again = sweep.submit(&cluster, &["--max-parallel", "2"]);
    assert!(again.contains(" 0 submitted"), "{again}");
    // The task whose own number is the array's: a requeue by that number would hit all of the array.
    let row = running(&cluster, &sweep, "the array's namesake", |row| {
        row.raw == row.array
    });
    let task = format!("{}_{}", row.array, row.index);
    cluster.call("scancel", &["-b", "-s", "USR1", &task]);
    cluster.wait_until_idle();
    let warned = sweep.cell(&row.array, &row.index);
    assert_eq!(sweep.of(&warned).read_attempts().len(), 2);
    let others = sweep
        .manifest()
        .cells
        .into_iter()
        .filter(|cell| cell.run != warned.run);
    for cell in others {
        assert_eq!(sweep.of(&cell).read_attempts().len(), 1, "{cell:?}");
    }
    sweep.check(&cluster);
    let again = sweep.submit(&cluster, &[]);
    assert!(
        again.starts_with("9 cells done, 0 queued already, 3 submitted"),
        "{again}"
    );
}

#[test]
#[ignore = "needs Slurm: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge"]
fn a_cancelled_array_is_submitted_again_and_goes_on() {
    let cluster = Cluster::up(3);
    let sweep = Sweep::new("['lf_dnn']", "[1, 2, 3, 4, 5, 6]", 250);
    sweep.submit(&cluster, &["--cells-per-task", "2"]);
    let row = cluster.wait("a task that runs", || {
        let rows = cluster.rows().into_iter();
        let mut rows = rows.filter(|row| row.state == "RUNNING");
        rows.find(|_| {
            sweep
                .manifest()
                .cells
                .iter()
                .any(|cell| sweep.has_begun(cell))
        })
    });
    cluster.call("scancel", &[&row.array]);
    cluster.wait_until_idle();
    let left = sweep.manifest().cells.into_iter();
    assert!(left.filter(|cell| !sweep.of(cell).is_done()).count() > 0);
    sweep.submit(&cluster, &["--cells-per-task", "2"]);
    cluster.wait_until_idle();
    sweep.check(&cluster);
}

#[test]
#[ignore = "needs Slurm and three minutes: its shortest time limit is one"]
fn a_real_time_limit_is_survived() {
    let cluster = Cluster::up(3);
    let sweep = Sweep::new("['lf_dnn']", "[1]", 12000);
    sweep.submit(&cluster, &["--sbatch=--time=3"]);
    cluster.wait("a second attempt", || {
        let cells = sweep.manifest().cells;
        (sweep.of(&cells[0]).read_attempts().len() >= 2).then_some(())
    });
    cluster.call("scancel", &["--me"]);
    cluster.wait_until_idle();
}
