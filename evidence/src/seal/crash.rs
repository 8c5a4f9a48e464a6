//! The power fails at every step of a sealing, or of appending statements: what was made durable is there, and of
//! the rest whatever happened to be written. `history` says what that may be. Of up to eight pieces every
//! subset is lost, of more none, all, each alone, all but each, all after each, and some by a seed.
//! Each disk that comes of it is laid out in a folder, read by the verifier, and sealed on. `vault` has the same
//! for the erasure vault.
//!
//! That the syncs are there is proved by leaving out one at a time: for each, there is a crash that
//! loses what it would have made durable, and shows.

mod history;
mod recorder;
mod vault;

use super::trial::{Act, Workspace};
use Act::{Append, Seal, Stamp};
use history::{History, Image, Piece, Step};
use recorder::Recorder;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tieout_controls::Digest;

/// Of up to that many pieces every subset is tried.
const EXHAUSTIVE: usize = 8;

/// What must be there, and the act that has not ended yet.
type Acknowledged = (BTreeSet<Digest>, Option<Act>);

/// What is wrong with a disk that is laid out and on which `K` was acknowledged.
type Check<K> = Box<dyn Fn(&Image, &K) -> Result<(), String>>;

/// Looks at disks after crashes, each once.
struct Judge<K> {
    root: PathBuf,
    check: Check<K>,
    /// Whether what lies on a disk without a name makes it another disk.
    unnamed: bool,
    seen: BTreeSet<(Digest, K)>,
}

impl Judge<Acknowledged> {
    fn of_log() -> Self {
        let workspace = Workspace::new();
        let root = workspace.path().to_owned();
        let check: Check<Acknowledged> =
            Box::new(move |_, known| workspace.aftermath(50, &known.0, known.1));
        Self { root, check, unnamed: false, seen: BTreeSet::new() }
    }
}

impl<K: Clone + Ord> Judge<K> {
    /// What is wrong with the disk after that many steps and a crash that lost these pieces.
    fn judge(
        &mut self,
        history: &History,
        after: usize,
        lost: &BTreeSet<Piece>,
        acknowledged: &K,
    ) -> Result<(), String> {
        let image = history.crashed(after, lost);
        if !self.seen.insert((image.digest(self.unnamed), acknowledged.clone())) {
            return Ok(());
        }
        for entry in std::fs::read_dir(&self.root).unwrap() {
            std::fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        image.write(&self.root);
        (self.check)(&image, acknowledged)
            .map_err(|what| format!("after {after} steps, without {lost:?}: {what}"))
    }

    /// Crashes after every step.
    fn every(&mut self, acting: &Acting<K>, seeded: u64) -> Result<(), String> {
        self.at(acting, 0..=acting.history.steps.len(), seeded)
    }

    /// Crashes right before every sync, and at the end.
    fn before_syncs(&mut self, acting: &Acting<K>, seeded: u64) -> Result<(), String> {
        let syncs = acting.history.syncs().into_iter();
        self.at(acting, syncs.chain([acting.history.steps.len()]), seeded)
    }

    fn at(
        &mut self,
        acting: &Acting<K>,
        places: impl IntoIterator<Item = usize>,
        seeded: u64,
    ) -> Result<(), String> {
        for after in places {
            for lost in subsets(&acting.history.pending(after, None), seeded) {
                self.judge(&acting.history, after, &lost, acting.acknowledged(after))?;
            }
        }
        Ok(())
    }

    /// Crashes right before every sync, and at the end, of what comes after that many steps of one that was
    /// killed: with what it left lost, and none or all of the rest.
    fn after_kill(&mut self, acting: &Acting<K>, killed: usize) -> Result<(), String> {
        let history = &acting.history;
        let syncs = history.syncs().into_iter().filter(|sync| *sync >= killed);
        for after in syncs.chain([history.steps.len()]) {
            let pending = history.pending(after, None);
            let (old, new): (Vec<_>, Vec<_>) =
                pending.into_iter().partition(|piece| piece.0 < killed);
            for lost in subsets(&old, 0) {
                let more = lost.iter().chain(&new).copied().collect();
                for lost in [lost, more] {
                    self.judge(history, after, &lost, acting.acknowledged(after))?;
                }
            }
        }
        Ok(())
    }
}

/// The subsets of these pieces that are tried.
fn subsets(pieces: &[Piece], seeded: u64) -> Vec<BTreeSet<Piece>> {
    let some = |keep: &dyn Fn(usize) -> bool| {
        (0..pieces.len()).filter(|at| keep(*at)).map(|at| pieces[at]).collect::<BTreeSet<_>>()
    };
    let size = pieces.len();
    if size <= EXHAUSTIVE {
        return (0..1_usize << size).map(|bits| some(&|at| bits >> at & 1 == 1)).collect();
    }
    let mut all = vec![some(&|_| true), some(&|_| false)];
    for one in 0..size {
        all.extend([some(&|at| at == one), some(&|at| at != one), some(&|at| at > one)]);
    }
    for seed in 0..seeded {
        // About a half, an eighth, or all but an eighth.
        let limit = [128, 32, 224][usize::try_from(seed % 3).unwrap()];
        let bits = (0..size).map(|at| Sha256::digest(format!("{seed} {at}"))[0] < limit);
        let bits: Vec<_> = bits.collect();
        all.push(some(&|at| bits[at]));
    }
    all
}

/// An act after others, step by step; what was acknowledged before it, and with it.
struct Acting<K> {
    history: History,
    before: K,
    after: K,
}

impl Acting<Acknowledged> {
    fn after(earlier: &[Act], act: Act) -> Self {
        let workspace = Workspace::new();
        let number = workspace.after(earlier);
        let recorder = Recorder::new(workspace.path());
        let before = workspace.check().unwrap();
        Self::recorded(&workspace, &recorder, (act, number), (before, Some(act)))
    }

    /// After one that was killed after that many operations, and of which nothing is lost yet;
    /// none where it ended before. Beside it the number of steps that the killed one did.
    fn after_killed(
        earlier: &[Act],
        (killed, act): (Act, Act),
        operations: usize,
    ) -> Option<(Self, usize)> {
        let workspace = Workspace::new();
        let number = workspace.after(earlier);
        let recorder = Recorder::new(workspace.path());
        let before = workspace.check().unwrap();
        recorder.live_for(operations);
        if workspace.act(&recorder, killed, number).is_ok() {
            return None;
        }
        recorder.live_for(usize::MAX);
        let steps = recorder.history().steps.len();
        // Either may be what left a pack without its name.
        let before = (before, [killed, act].into_iter().max());
        Some((Self::recorded(&workspace, &recorder, (act, number + 1), before), steps))
    }

    fn recorded(
        workspace: &Workspace,
        recorder: &Recorder,
        (act, number): (Act, usize),
        before: Acknowledged,
    ) -> Self {
        let mut after = workspace.act(recorder, act, number).unwrap();
        after.extend(&before.0);
        let after = (after, None);
        Self { history: recorder.history().clone(), before, after }
    }
}

impl<K: Clone + Ord> Acting<K> {
    /// As it would be had all been durable after that many steps.
    fn settled(self, after: usize) -> Self {
        Self { history: self.history.settled(after), ..self }
    }

    fn acknowledged(&self, after: usize) -> &K {
        if after == self.history.steps.len() { &self.after } else { &self.before }
    }

    /// The path whose sync that step is.
    fn synced(&self, step: usize) -> String {
        match &self.history.steps[step] {
            Step::Sync(_, path) => path.clone(),
            Step::Change(_) => panic!("no sync"),
        }
    }

    /// A crash that shows when the sync of that step is left out, as far as one is found: it loses
    /// some of what the sync would have made durable, and none or all of the rest that it may.
    fn crash_without(&self, judge: &mut Judge<K>, step: usize) -> Option<String> {
        let history = &self.history;
        let covered: BTreeSet<_> = history.pending(step + 1, None).into_iter().collect();
        let covered: Vec<_> = history
            .pending(step + 1, Some(step))
            .into_iter()
            .filter(|piece| !covered.contains(piece))
            .collect();
        for after in (step + 1..=history.steps.len()).rev() {
            let pending = history.pending(after, Some(step));
            let still: Vec<_> = covered.iter().copied().filter(|p| pending.contains(p)).collect();
            if still.is_empty() {
                continue;
            }
            let rest: BTreeSet<_> = pending.into_iter().filter(|p| !still.contains(p)).collect();
            for lost in subsets(&still, 4) {
                let more: BTreeSet<_> = lost.union(&rest).copied().collect();
                for lost in [lost, more] {
                    let result = judge.judge(history, after, &lost, self.acknowledged(after));
                    if let Err(what) = result {
                        return Some(what);
                    }
                }
            }
        }
        None
    }
}

/// Crashes after every step; gives the number of different disks.
fn no_crash_shows(earlier: &[Act], act: Act) -> usize {
    let acting = Acting::after(earlier, act);
    let mut judge = Judge::of_log();
    assert_eq!(judge.every(&acting, 900), Ok(()));
    let (steps, states) = (acting.history.steps.len(), judge.seen.len());
    println!("{act:?} after {earlier:?}: {steps} steps, {states} disks");
    states
}

#[test]
fn no_crash_of_the_first_pack_shows() {
    assert!(no_crash_shows(&[], Seal) >= 4_000);
}

#[test]
fn no_crash_of_a_later_pack_shows() {
    assert!(no_crash_shows(&[Seal], Seal) >= 4_000);
}

#[test]
fn no_crash_of_statements_shows() {
    let cases: [&[Act]; 3] = [&[], &[Seal], &[Seal, Append]];
    let disks: usize = cases.into_iter().map(|earlier| no_crash_shows(earlier, Append)).sum();
    println!("statements: {disks} disks");
    assert!(disks >= 150);
}

#[test]
fn no_crash_of_a_timestamp_shows() {
    // The second finds a pack that has one.
    let cases: [&[Act]; 2] = [&[Seal], &[Seal, Stamp, Seal]];
    let disks: usize = cases.into_iter().map(|earlier| no_crash_shows(earlier, Stamp)).sum();
    println!("timestamps: {disks} disks");
    assert!(disks >= 30);
}

/// What was done, what is killed, and what comes after it, with how many operations between the places
/// at which it is killed.
const KILLED: [(&[Act], (Act, Act), usize); 9] = [
    (&[], (Seal, Seal), 13),
    (&[Seal, Append], (Seal, Seal), 13),
    (&[], (Seal, Append), 17),
    (&[], (Append, Append), 2),
    (&[Seal, Append], (Append, Append), 1),
    (&[Seal, Append], (Append, Seal), 3),
    (&[], (Seal, Stamp), 13),
    (&[Seal], (Stamp, Seal), 2),
    (&[Seal], (Stamp, Stamp), 1),
];

/// An act is killed, the next one begins with what it left, and the power fails.
#[test]
fn no_crash_of_a_recovery_shows() {
    let mut judge = Judge::of_log();
    for (earlier, acts, step) in KILLED {
        for operations in (0..).step_by(step) {
            let acting = Acting::after_killed(earlier, acts, operations);
            let Some((acting, killed)) = acting else { break };
            let result = judge.before_syncs(&acting.settled(killed), 30);
            assert_eq!(result, Ok(()), "killed after {operations} operations");
        }
    }
    println!("recovery: {} disks", judge.seen.len());
    assert!(judge.seen.len() >= 2_000);
}

/// As before, and what the killed one did is not yet durable when the next one begins.
#[test]
fn no_crash_after_a_killed_act_shows() {
    let mut judge = Judge::of_log();
    for (earlier, acts, _) in KILLED {
        let mut last = None;
        for operations in 0.. {
            let acting = Acting::after_killed(earlier, acts, operations);
            let Some((acting, killed)) = acting else { break };
            if last.replace(killed) == Some(killed) {
                continue;
            }
            let result = judge.after_kill(&acting, killed);
            assert_eq!(result, Ok(()), "killed after {operations} operations");
        }
    }
    println!("killed: {} disks", judge.seen.len());
    assert!(judge.seen.len() >= 1_000);
}

#[test]
fn without_any_one_sync_a_crash_shows() {
    let mut judge = Judge::of_log();
    let later: &[Act] = &[Seal, Append];
    let stamped: &[Act] = &[Seal, Stamp, Seal];
    for (earlier, act) in [
        (&[][..], Seal),
        (&[Seal], Seal),
        (&[], Append),
        (later, Append),
        (&[Seal], Stamp),
        (stamped, Stamp),
    ] {
        let acting = Acting::after(earlier, act);
        let syncs = acting.history.syncs();
        println!("{act:?} after {earlier:?}: {} syncs", syncs.len());
        // The first of a later one are for what a killed one left: see below.
        let left = ["a/deep/log", "a/deep/log/statements"];
        let mut pack = false;
        for (number, step) in syncs.into_iter().enumerate() {
            if left[..earlier.len().min(2)].get(number) == Some(&&*acting.synced(step)) {
                continue;
            }
            // A sealing announces first, as statements are appended, which is shown by itself; and then opens
            // the log anew, as after a killed one.
            if act == Seal && !pack && !acting.synced(step).starts_with('b') {
                continue;
            }
            pack = true;
            judge.seen.clear();
            let crash = acting.crash_without(&mut judge, step);
            assert!(crash.is_some(), "sync {number}, of `{}`, is needless", acting.synced(step));
        }
    }
}

/// The syncs with which an act makes durable what a killed one left: the first of each folder in which
/// names are made, and of the entries that are cut.
#[test]
fn without_any_one_sync_of_what_was_left_a_crash_shows() {
    let mut judge = Judge::of_log();
    let entries = "a/deep/log/entries";
    let mut unnoticed = BTreeSet::from([
        "a",
        "a/deep",
        "a/deep/log",
        "a/deep/log/statements",
        entries,
        "b",
        "b/packs",
    ]);
    for (earlier, acts, _) in KILLED {
        for operations in 0.. {
            let acting = Acting::after_killed(earlier, acts, operations);
            let Some((acting, killed)) = acting else { break };
            let mut first = BTreeMap::new();
            for step in acting.history.syncs().into_iter().filter(|step| *step >= killed) {
                first.entry(acting.synced(step)).or_insert(step);
            }
            unnoticed.retain(|path| {
                let Some(step) = first.get(*path) else { return true };
                judge.seen.clear();
                // It is about what is from before the kill, and about nothing else; but for a cut.
                let old = |after| acting.history.pending(after, None).iter().any(|p| p.0 < killed);
                let cut = *path == entries && acting.history.is_of_cut(*step);
                !(cut || *path != entries && old(*step))
                    || acting.crash_without(&mut judge, *step).is_none()
            });
        }
    }
    assert!(unnoticed.is_empty(), "needless: {unnoticed:?}");
}
