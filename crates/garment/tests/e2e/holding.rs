//! What becomes of a lock that was taken with the login, and of beats, in odd circumstances.

use std::path::Path;

use garment_testing::{Fleet, Running};

use crate::bed::{Shop, shop, until, wrap};

/// Starts a garment whose hosts notice within four seconds that it is silent.
fn watchful(shop: &Shop<'_>, path: Option<&str>) -> Running {
    let mut command = shop.project.command(["deploy", "production"]);
    command.env("GARMENT_TEST_KEEPALIVE", "1");
    if let Some(path) = path {
        command.env("PATH", path);
    }
    shop.project.spawn_command(command)
}

/// A folder with all programs but `flock`.
fn without_flock(fleet: &Fleet) -> String {
    let bin = fleet.root().join("no flock");
    fs_err::create_dir(&bin).unwrap();
    for folder in ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin"] {
        for program in fs_err::read_dir(folder).into_iter().flatten().flatten() {
            if program.file_name() != "flock" {
                let _ = std::os::unix::fs::symlink(program.path(), bin.join(program.file_name()));
            }
        }
    }
    bin.display().to_string()
}

/// A project that is deployed on this machine, in that folder.
fn on_this_machine<'fleet>(fleet: &'fleet Fleet, place: &Path) -> Shop<'fleet> {
    let shop = shop(fleet);
    let url = shop.repo.url();
    shop.project.config(&format!(
        "production:\n  repo_url: {url}\n  git_ref: master\n  deploy_dir: {}\n  hosts:\n    local:\n",
        place.display()
    ));
    shop
}

/// There the lock is a folder, which only the shell that made it takes away.
#[test]
fn a_ref_that_is_none_leaves_no_lock_where_there_is_no_flock() {
    let fleet = Fleet::builder().webs(1).start();
    let place = fleet.root().join("place");
    let shop = on_this_machine(&fleet, &place);
    let path = without_flock(&fleet);
    watchful(&shop, Some(&path)).finish().code(0);
    let mut refused = shop.project.command(["deploy", "production", "--ref", "nosuch"]);
    refused.env("PATH", &path);
    shop.project.spawn_command(refused).finish().code(2);
    until("the lock is given back", || !place.join(".garment/lock.d").exists());
    watchful(&shop, Some(&path)).finish().code(0);
}

/// Beats go by the host's clock, and so does whoever looks how old they are.
#[test]
fn a_clock_that_is_set_back_stops_nobody() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let off = fleet.root().join("off").display().to_string();
    wrap(
        &fleet,
        "web1",
        "date",
        &format!(
            "if [ \"$1\" = +%s ] && [ -e '{off}' ]; then echo $(($(PATH=/usr/bin:/bin date +%s) - 3600)); exit; fi"
        ),
    );
    // Until a beat has come by the new clock.
    let wait = format!(
        "touch {off}; now=$(date +%s); until read at <~/shop/.garment/beat && [ \"$at\" -lt $((now + 1800)) ]; do sleep 0.1; done"
    );
    shop.config(&format!(
        "  stages:\n    before:\n      - id: clock\n        commands: ['{wait}', 'echo next']\n"
    ));
    watchful(&shop, None).finish().code(0).stdout_has("\n[web1] next\n");
}

/// As long as the commit is looked up the hosts are locked, and have nothing to do.
#[test]
fn a_slow_origin_costs_nobody_the_lock() {
    let fleet = Fleet::builder().webs(1).start();
    let place = fleet.root().join("place");
    let shop = on_this_machine(&fleet, &place);
    watchful(&shop, None).finish().code(0);
    let bin = fleet.root().join("slow");
    fs_err::create_dir(&bin).unwrap();
    let git = fleet.command("git").get_args().nth(1).unwrap().to_string_lossy().into_owned();
    let gate = fleet.root().join("gate");
    let text =
        format!("#!/bin/sh\nwhile [ ! -e '{}' ]; do sleep 0.1; done\nexec '{git}' \"$@\"\n", gate.display());
    let write = ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "dash", &text];
    assert!(fleet.command("dash").args(write).arg(bin.join("git")).status().unwrap().success());
    let beat = || {
        let text = fs_err::read_to_string(place.join(".garment/beat")).unwrap();
        // It may just be written.
        text.trim().parse::<u64>().unwrap_or_default()
    };
    let held = beat();
    let slow = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    let running = watchful(&shop, Some(&slow));
    until("it has the lock for long", || beat() >= held + 6);
    let mut rival = shop.project.command(["deploy", "production"]);
    rival.env("GARMENT_TEST_KEEPALIVE", "1");
    shop.project.spawn_command(rival).finish().code(7);
    fs_err::write(&gate, "").unwrap();
    running.finish().code(0);
}
