//! What stops a run from outside: Ctrl-C, a supervisor's or a terminal's signal, a kill, a full disk, a folder that isn't ours. Whatever it
//! is, what was there is as it was, and the next run works.

use crate::harness::{Desk, Ran};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

/// A company of some size with one pack; each test has a copy of its own.
static COMPANY: LazyLock<Desk> = LazyLock::new(|| {
    let desk = Desk::new();
    desk.tieout("demo --rows 8000 --folder co --quiet").exits(0);
    desk
});

fn company() -> Desk {
    COMPANY.copy("co")
}

fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    Ran { code, out: text(output.stdout), err: text(output.stderr) }
}

/// The files of packs, log, index and reports, with their bytes.
fn kept(desk: &Desk) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.insert(path.clone(), std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&desk.path("co/out"), &mut found);
    walk(&desk.path("co/log"), &mut found);
    found
}

/// As [`kept`], without the log: a run that came to nothing has said so there.
fn found(desk: &Desk) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut kept = kept(desk);
    kept.retain(|path, _| !path.starts_with(desk.path("co/log")));
    kept
}

/// Every pack that shows is whole and in the log, and the next run is as any other.
fn goes_on(desk: &Desk) {
    let ran = desk.tieout_in("co", &["run", "--only", "FOC-R03", "-o", "json=next.json"], &[]);
    ran.exits(1).says(&["log index", "report: next.json"]);
    assert!(!ran.err.contains("warning"), "{}", ran.err);
    desk.tieout_in("co", &["search", "FOC-R03", "--limit", "1"], &[]).exits(0);
    let packs = std::fs::read_dir(desk.path("co/out/packs")).unwrap();
    for pack in packs.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        assert!(!pack.starts_with('.'), "{pack}");
        desk.tieout_in("co", &["pack", "show", &pack], &[]).exits(0);
    }
}

/// Starts a run and signals it when that file or folder is there.
fn signalled(desk: &Desk, signal: &str, begun: impl Fn() -> bool) -> Ran {
    let run = ["run", "-o", "json=r.json"];
    let mut command = desk.command("co", &run);
    if Command::new("env").args(["--default-signal", "true"]).status().unwrap().success() {
        // Whatever the tests were started with, such as `nohup`.
        command = Command::new("env");
        command.args(["-i", "--default-signal", env!("CARGO_BIN_EXE_tieout")]).args(run);
        command.current_dir(desk.path("co")).stdin(Stdio::null()).stdout(Stdio::piped());
    }
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while !begun() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    ended(child)
}

#[test]
fn a_signal_to_stop_leaves_everything_as_it_was() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let desk = company();
        let before = kept(&desk);
        // The workspace's secret is the first thing that a run makes, before it reads any data.
        let secret = desk.path("co/.tieout/secret");
        std::fs::remove_file(&secret).unwrap();
        let ran = signalled(&desk, signal, || secret.exists());
        ran.exits(130).says(&["error[interrupted]: interrupted; nothing was sealed"]);
        assert_eq!(kept(&desk), before, "{signal}");
        assert!(!desk.path("co/r.json").exists());
        goes_on(&desk);
    }
}

/// `nohup` asks that a closing terminal stops nothing.
#[test]
fn nohup_is_heard() {
    let desk = company();
    let secret = desk.path("co/.tieout/secret");
    std::fs::remove_file(&secret).unwrap();
    let script = "trap '' HUP; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_tieout"), "run", "-o", "json=r.json"]);
    command.env_clear().current_dir(desk.path("co"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !secret.exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    if cfg!(target_os = "linux") {
        ended(child).exits(1).says(&["log index 3", "report: r.json"]);
    }
}

#[test]
fn a_kill_leaves_everything_as_it_was() {
    let desk = company();
    let before = kept(&desk);
    let secret = desk.path("co/.tieout/secret");
    std::fs::remove_file(&secret).unwrap();
    let ran = signalled(&desk, "-KILL", || secret.exists());
    assert_eq!((ran.code, ran.err.as_str()), (-1, ""), "it ends by the signal");
    assert_eq!(kept(&desk), before);
    goes_on(&desk);
}

/// The moment in which a pack is being written.
#[test]
fn a_signal_while_sealing_leaves_a_whole_pack_or_none() {
    for signal in ["-INT", "-TERM", "-HUP", "-KILL"] {
        let desk = company();
        let packs = desk.path("co/out/packs");
        let names = || {
            let entries = std::fs::read_dir(&packs).unwrap();
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let partial = || names().iter().any(|name| name.starts_with('.'));
        let ran = signalled(&desk, signal, partial);
        if signal == "-KILL" {
            assert_eq!(ran.code, -1, "{}", ran.err);
        } else {
            // What is begun is finished: the pack is sealed, and its reports are written.
            ran.exits(130).says(&["error[interrupted]", "log index 3", "report: r.json"]);
        }
        goes_on(&desk);
    }
}

/// Runs with files limited to so many blocks, as on a disk that is full.
fn limited(desk: &Desk, blocks: u32) -> Ran {
    // The signal of the limit is ignored, so that the write fails as it does without space.
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let run = ["run", "--only", "FOC-R03", "-o", "json=r.json"];
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_tieout")]).args(run).env_clear();
    command.current_dir(desk.path("co")).stdout(Stdio::piped()).stderr(Stdio::piped());
    ended(command.spawn().unwrap())
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    for blocks in [0, 1, 64] {
        let desk = company();
        let before = found(&desk);
        let ran = limited(&desk, blocks);
        ran.exits(2).says(&["error[not-sealed]", "can't be written"]);
        assert_eq!(found(&desk), before, "{blocks} blocks");
        if blocks == 64 {
            // Enough for the log: the run was announced, and said there that it came to nothing.
            let ran = desk.tieout_in("co", &["verify"], &[]);
            ran.exits(0).prints(&["the run announced at log entry 2 was abandoned: not-sealed"]);
        }
        assert!(!desk.path("co/r.json").exists());
        goes_on(&desk);
    }
}

/// Enough room for the pack, not for what comes after.
#[test]
fn a_disk_that_is_full_after_sealing_keeps_the_pack() {
    let desk = company();
    // The index over the packs is longer than the longest of their files.
    std::fs::remove_dir_all(desk.path("co/out/index")).unwrap();
    let longest = kept(&desk).values().map(Vec::len).max().unwrap();
    let ran = limited(&desk, u32::try_from(longest / 512 + 8).unwrap());
    ran.exits(1).says(&[
        "report: r.json",
        "log index 3",
        "warning[index-unreadable]",
        "out/index/generation-",
    ]);
    goes_on(&desk);
}

/// A report that can't be written hides neither the pack nor what was found, nor other reports.
#[test]
fn a_report_that_fails_hides_nothing() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        eprintln!("skipped: a_report_that_fails_hides_nothing: no /dev/full on this machine");
        return;
    };
    let desk = company();
    let run = ["run", "--only", "FOC-R03", "-o", "text", "-o", "json=r.json"];
    let mut command = desk.command("co", &run);
    command.stdout(full).stderr(Stdio::piped());
    let ran = ended(command.spawn().unwrap());
    ran.exits(2).says(&[
        "(log index 3)",
        "report: r.json",
        "1 control: 1 with exceptions",
        "error[file-access]: standard output",
    ]);
    desk.tieout_in("co", &["search", "FOC-R03", "--limit", "1"], &[]).exits(0);
}

/// Nothing can be told where standard error is full or gone; the exit code still tells.
#[test]
fn a_standard_error_that_fails_changes_no_exit_code() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        eprintln!("skipped: a_standard_error_that_fails_changes_no_exit_code: no /dev/full");
        return;
    };
    let desk = Desk::new();
    let mut command = desk.command(".", &["run"]);
    assert_eq!(command.stderr(full).spawn().unwrap().wait().unwrap().code(), Some(2));
}

#[test]
fn a_full_standard_output_is_an_error() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        eprintln!("skipped: a_full_standard_output_is_an_error: no /dev/full on this machine");
        return;
    };
    let desk = company();
    let packs = std::fs::read_dir(desk.path("co/out/packs")).unwrap().next().unwrap();
    let pack = packs.unwrap().path();
    for command in [&["report", pack.to_str().unwrap(), "-o", "json"][..], &["search", "FOC-R03"]] {
        let mut started = desk.command("co", command);
        started.stdout(full.try_clone().unwrap()).stderr(Stdio::piped());
        let ran = ended(started.spawn().unwrap());
        let said = "error[file-access]: standard output: no space left on the device";
        ran.exits(2).says(&[said]);
    }
}

/// As another user than the one whose folder it is; root, who may write everywhere, becomes nobody.
#[test]
fn a_folder_of_somebody_elses_is_named() {
    let desk = company();
    let shell = |script: &str| {
        let output = Command::new("sh").args(["-c", script]).current_dir(desk.path("co")).output();
        let output = output.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let root = shell("id -u").1.trim() == "0";
    if root && !shell("command -v setpriv").0 {
        eprintln!("skipped: a_folder_of_somebody_elses_is_named: no setpriv on this machine");
        return;
    }
    let program = desk.path("tieout");
    std::fs::copy(env!("CARGO_BIN_EXE_tieout"), &program).unwrap();
    let run = |args: &[&str]| {
        let mut command = if root {
            let mut nobody = Command::new("setpriv");
            nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
            nobody
        } else {
            Command::new(&program)
        };
        command.args(args).current_dir(desk.path("co"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        ended(command.spawn().unwrap())
    };
    let before = found(&desk);
    if root {
        assert!(shell("chmod 755 .. && chown -R 65534:65534 . && chown 0:0 out/packs").0);
    }
    assert!(shell("chmod 555 out/packs").0);
    let ran = run(&["run", "--only", "FOC-R03"]);
    ran.exits(2).says(&["error[not-sealed]", "out/packs/.", "ermission denied"]);
    assert!(shell("chmod 000 out/packs").0);
    let ran = run(&["search", "FOC-R03"]);
    ran.exits(2).says(&["error[file-access]", "out/packs", "permission denied"]);
    assert!(shell("chmod 755 out/packs").0);
    assert_eq!(found(&desk), before);
    if root {
        assert!(shell("chown 65534:65534 out/packs").0);
    }
    run(&["run", "--only", "FOC-R03"]).exits(1);
    // What the system refuses has nothing to do with passphrases.
    let (lock, unlock) = match root {
        true => ("chown 0:0 keys/log.pem", "chown 65534:65534 keys/log.pem"),
        false => ("chmod 000 keys/log.pem", "chmod 600 keys/log.pem"),
    };
    assert!(shell(lock).0);
    let ran = run(&["run", "--only", "FOC-R03"]);
    ran.exits(2).says(&["error[file-access]", "keys/log.pem`: permission denied"]);
    assert!(!ran.err.contains("PASSPHRASE") && !ran.err.contains("os error"), "{}", ran.err);
    assert!(shell(unlock).0);
    // The secret is its owner's alone; whoever else may read the packs can search them.
    let secret = if root { "chown 0:0 .tieout/secret" } else { "chmod 000 .tieout/secret" };
    assert!(shell(secret).0);
    assert_eq!(run(&["search", "FOC-R03"]).exits(0).err.matches("warning").count(), 0);
    run(&["run", "--only", "FOC-R03"]).exits(2).says(&["error[file-access]", ".tieout/secret"]);
}
