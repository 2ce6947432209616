//! Lost nodes.

use std::collections::BTreeSet;

use super::cluster::Cluster;
use super::sweep::Sweep;

/// Two nodes are lost while they work: one with its jobs, one whose job lives on, so that two
/// processes work on one run.
#[test]
#[ignore = "needs Slurm: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge"]
fn a_crashed_node_and_a_node_cut_off_lose_no_result() {
    // As many nodes again as are lost: a task that had to wait for one would find its run finished by
    // the process on the node cut off.
    let cluster = Cluster::up(4);
    let sweep = Sweep::new("['lf_dnn']", "[1, 2]", 1000);
    sweep.submit(&cluster, &[]);
    let mut lost = Vec::new();
    for how in ["crash", "split"] {
        let row = cluster.wait("a task that runs", || {
            let rows = cluster.rows().into_iter();
            let mut rows = rows.filter(|row| row.state == "RUNNING" && !lost.contains(&row.node));
            rows.find(|row| sweep.has_begun(&sweep.planned_run(&row.array, &row.index)))
        });
        cluster.lose(&row.node, how);
        println!("{how}: {row:?}");
        lost.push(row.node);
    }
    cluster.wait_until_idle();
    sweep.check(&cluster);
    for run in sweep.manifest().runs {
        let attempts = sweep.of(&run).read_attempts();
        let hosts: BTreeSet<&str> = attempts.iter().map(|a| a.host.as_str()).collect();
        assert_eq!(hosts.len(), 2, "{attempts:?}");
    }
}
