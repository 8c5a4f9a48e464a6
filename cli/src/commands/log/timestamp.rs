//! `tieout log timestamp`: a request about the log's head, and what a time-stamp authority answered. The network between
//! the two is the user's.

use super::opened;
use crate::args::{Global, TimestampAdd};
use crate::commands::{printed, remark};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::output::{self, Access, Existing};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use tieout_evidence::seal::{Request, keep_timestamp};

/// Writes a request about the log's head, and beside it the head, which `add` wants back.
pub(in crate::commands) fn request(global: &Global, out: &Path) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let (_, log) = opened(&workspace)?;
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(Failure::internal)?;
    let request = Request::new(&log.checkpoint, random).to_der();
    let head = head_of(out);
    // The head first: a request is never there without it.
    for (path, bytes) in [(&*head, log.note.as_bytes()), (out, &request[..])] {
        output::write_beside(path, bytes, Existing::Replace, Access::Usual)?;
    }
    let told = "send it to a time-stamp authority as `Content-Type: application/timestamp-query`, and give its answer \
                to `tieout log timestamp add`";
    remark(global.quiet, told);
    printed(&format!("{}\n{}\n", output::shown(out), output::shown(&head)))
}

/// Puts the answer beside the packs that the head covers and that have no timestamp, and prints their names.
pub(in crate::commands) fn add(global: &Global, args: &TimestampAdd) -> Outcome<Exit> {
    let workspace = Workspace::discover(global.config.as_deref())?;
    let (key, _) = opened(&workspace)?;
    let read = |path: &Path| std::fs::read(path).map_err(|e| Failure::file(path, &e));
    let refused = |reason: String, help: Option<String>| {
        Failure::usage(Diagnostic::new("timestamp-not-added", reason).maybe_help(help))
    };
    let Some(request) = Request::parse(&read(&args.request)?) else {
        let path = output::shown(&args.request);
        let help = "give the file that `tieout log timestamp request` wrote";
        return Err(refused(format!("`{path}` is no request of ours"), Some(help.to_owned())));
    };
    let head = output::read_text(&head_of(&args.request))?;
    let response = read(&args.response)?;
    let (folder, packs) = (workspace.log(), workspace.packs());
    let done = keep_timestamp((&*folder, &*packs), &key, (&head, &request), &response)
        .map_err(|e| refused(e.reason, e.help))?;
    let told = format!(
        "timestamp: {} over a head of {} entries; its signature was not verified: openssl does that (VERIFY.md)\n\
         packs that got it: {}; that have one already, and keep it: {}",
        done.token.time,
        done.head.size,
        done.packs.len(),
        done.had.len()
    );
    remark(global.quiet, &told);
    printed(&done.packs.iter().map(|name| format!("{name}\n")).collect::<String>())
}

/// Where the head lies that a request is about.
fn head_of(request: &Path) -> PathBuf {
    let mut name = request.as_os_str().to_owned();
    name.push(".checkpoint");
    name.into()
}
