//! The search index over the workspace's packs: what it is made of, and when the one on disk
//! answers.
//!
//! An index on disk answers only what this workspace may ask of itself: it bears the mark of the
//! workspace's secret, and packs, log and keys are as they were when it was made. Whoever brings keys
//! of their own trusts none of that; for them every pack is verified anew, and the index lives in
//! memory.

mod gather;
mod state;

use crate::args::AnchorFiles;
use crate::diagnostic::{Diagnostic, Failure, Outcome, warn};
use crate::keys;
use crate::secret;
use crate::turn;
use crate::workspace::Workspace;
use tieout_evidence::verify::{Anchor, Verdict, VerifiedPack};
use tieout_search::index::{Index, IndexError, Locked, Made};

/// How many reservations are told one by one.
const TOLD: usize = 20;
const HELP: &str = "the index is only a cache: its folder can be deleted and is made anew";

/// The index over the workspace's packs: under the keys of these files where there are any, else
/// under the workspace's own.
///
/// # Errors
/// Keys or packs can't be read.
pub(crate) fn of(workspace: &Workspace, files: &AnchorFiles) -> Outcome<Index> {
    if files.given() {
        return in_memory(workspace, &keys::anchor(files)?);
    }
    let anchor = keys::own_anchor(workspace)?;
    // Without the secret nobody can tell who made the index on disk.
    let Some(secret) = secret::own(&workspace.root)? else {
        return in_memory(workspace, &anchor);
    };
    match on_disk(workspace, &anchor, &secret)? {
        Ok(index) => Ok(index),
        Err(error) => {
            warn(&unusable(&error).help(format!("it was made in memory instead; {HELP}")));
            in_memory(workspace, &anchor)
        }
    }
}

/// An index over packs that were named and verified; whether there are others is not asked.
///
/// # Errors
/// The index can't be made.
pub(crate) fn of_packs(packs: Vec<(VerifiedPack, Verdict)>, anchor: Anchor) -> Outcome<Index> {
    Index::in_memory(&gather::named(packs, anchor)).map_err(|e| unreadable(&e))
}

/// Brings the index on disk up to date after a run. What stands in the way is told and changes
/// nothing of the run.
///
/// # Errors
/// The user stopped it.
pub(crate) fn refresh(workspace: &Workspace, anchor: &Anchor, secret: &[u8; 32]) -> Outcome<()> {
    match on_disk(workspace, anchor, secret) {
        Ok(Ok(index)) => doubtful(&index.reservations()),
        Ok(Err(error)) => warn(&unusable(&error).help(format!("the run is sealed; {HELP}"))),
        Err(failure) if failure.exit == crate::exit::Exit::Interrupted => return Err(failure),
        Err(failure) => failure.diagnostics.iter().for_each(warn),
    }
    Ok(())
}

/// Takes the index off the disk: what it holds of a person that is erased or restricted must not wait until
/// it can be made anew.
///
/// # Errors
/// It can't be removed.
pub(crate) fn forget(workspace: &Workspace) -> Outcome<()> {
    let folder = workspace.index();
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(&folder, &e)),
        _ => Ok(()),
    }
}

/// Takes the index off the disk and makes it anew.
///
/// # Errors
/// It can't be removed, or as [`refresh`].
pub(crate) fn anew(workspace: &Workspace, anchor: &Anchor) -> Outcome<()> {
    forget(workspace)?;
    refresh(workspace, anchor, &secret::of(&workspace.root)?)
}

/// Tells why nothing may be concluded from answers.
pub(crate) fn doubtful(reservations: &[String]) {
    let told = |text: &str| warn(&Diagnostic::new("answer-inconclusive", text));
    reservations.iter().take(TOLD).for_each(|reservation| told(reservation));
    let more = reservations.len().saturating_sub(TOLD);
    if more > 0 {
        told(&format!("{more} more, which `--json` has"));
    }
}

/// What is said of an index that can't be used.
pub(crate) fn unreadable(error: &IndexError) -> Failure {
    Failure::usage(unusable(error).help(HELP))
}

fn unusable(error: &IndexError) -> Diagnostic {
    Diagnostic::new("index-unreadable", error.to_string())
}

/// The index on disk, made anew where that is needed; the inner error is of the index alone.
fn on_disk(
    workspace: &Workspace,
    anchor: &Anchor,
    key: &[u8; 32],
) -> Outcome<Result<Index, IndexError>> {
    let folder = workspace.index();
    let state = state::of(workspace, anchor)?;
    if let Ok(index) = Index::open(&folder, Made { key, state: &state }) {
        return Ok(Ok(index));
    }
    let left = "sealed packs stay, and the next search makes the index anew";
    let locked = match turn::wait(left, || {}, || Locked::take(&folder))? {
        Ok(locked) => locked,
        Err(error) => return Ok(Err(error)),
    };
    // Whoever had the lock may have made it, of packs that were not there before.
    let state = state::of(workspace, anchor)?;
    let made = Made { key, state: &state };
    if let Ok(index) = locked.open(made) {
        return Ok(Ok(index));
    }
    Ok(locked.rebuild(made, &gather::contents(workspace, anchor)?))
}

fn in_memory(workspace: &Workspace, anchor: &Anchor) -> Outcome<Index> {
    Index::in_memory(&gather::contents(workspace, anchor)?).map_err(|e| unreadable(&e))
}
