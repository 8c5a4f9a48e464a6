//! `tieout log witness`: a witness of others' logs, over HTTP.

use super::http::{self, Request, Response};
use crate::args::LogWitness;
use crate::clock;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::interrupt;
use crate::keys;
use crate::output;
use crate::text::visible_line;
use std::net::TcpListener;
use tieout_evidence::note::NoteKey;
use tieout_evidence::witness::{Answer, Witness, make_state};

const PATH: &str = "/add-checkpoint";
const TEXT: &str = "text/plain; charset=utf-8";
/// What C2SP tlog-witness calls the size in an answer.
const SIZE: &str = "text/x.tlog.size";

/// Answers requests until it is stopped. Being stopped is how it ends, and no failure.
pub(in crate::commands) fn witness(args: &LogWitness) -> Outcome<Exit> {
    let logs = args.log.iter().map(|vkey| log(vkey)).collect::<Outcome<Vec<_>>>()?;
    let key = keys::witness(&args.key, args.passphrase.passphrase_file.as_deref())?;
    let witness = Witness::new(&args.name, &key, logs, &args.state).ok_or_else(|| {
        let message = format!("`{}` can't be a witness's name", args.name);
        Failure::usage(Diagnostic::new("origin-invalid", message).help(keys::ORIGIN))
    })?;
    make_state(&args.state).map_err(|e| Failure::file(&args.state, &e))?;
    let unbound = |e: std::io::Error| {
        let (reason, _) = crate::diagnostic::io_words(&e);
        let message = format!("nothing can listen on `{}`: {reason}", args.listen);
        let help =
            "name an address of this machine with a port that is free, such as `127.0.0.1:8080`";
        Failure::usage(Diagnostic::new("address-unavailable", message).help(help))
    };
    let listener = TcpListener::bind(args.listen).map_err(unbound)?;
    let address = listener.local_addr().map_err(unbound)?;
    // A line for a policy file.
    output::print(&format!("witness {} {} http://{address}\n", args.name, witness.cosigner()))?;
    let answer = |request: &Request| answer(&witness, request);
    let told = |line: &str| {
        output::tell(&format!("{} {}\n", clock::now().to_rfc3339(), visible_line(line)))
    };
    http::serve(&listener, &answer, &told, &interrupt::asked).map_err(unbound)?;
    Ok(Exit::Success)
}

fn log(vkey: &str) -> Outcome<NoteKey> {
    NoteKey::parse(vkey).map_err(|e| {
        let message = format!("`{}` is not a log's verifier key: {e}", visible_line(vkey));
        let help =
            "the log's operator has it in the key's `.vkey` file: `--log \"$(cat log.pem.vkey)\"`";
        Failure::usage(Diagnostic::new("key-unreadable", message).help(help))
    })
}

fn answer(witness: &Witness<'_>, request: &Request) -> Response {
    let text = |status: u16, body: &str| Response::new(status, TEXT, format!("{body}\n"));
    if request.path != PATH {
        return text(404, "there is `/add-checkpoint` here, and nothing else");
    }
    if request.method != "POST" {
        return text(405, "a checkpoint is added by POST");
    }
    let Ok(body) = std::str::from_utf8(&request.body) else {
        return text(400, "not UTF-8");
    };
    let now = u64::try_from(clock::now().timestamp()).unwrap_or(0);
    let answered = match witness.add_checkpoint(body, now) {
        Ok(answer) => answer,
        // Whoever asks learns nothing of this machine.
        Err(e) => return text(500, "the witness's state can't be used").because(&e.to_string()),
    };
    let response = match &answered {
        Answer::Cosigned(line) => Response::new(200, TEXT, line.clone()),
        Answer::Conflict(size) => Response::new(409, SIZE, format!("{size}\n")),
        Answer::BadRequest(why) => text(400, why),
        Answer::Forbidden => text(403, "no key of the log signed the checkpoint"),
        Answer::NotFound => text(404, "the log is not known here"),
        Answer::Unprocessable => {
            text(422, "the proof does not lead from the last checkpoint to this one")
        }
    };
    // Of which log, and which size.
    let head = body.split_once("\n\n").map_or("", |(_, note)| note);
    let mut lines = head.lines();
    match (lines.next(), lines.next()) {
        (Some(origin), Some(size)) => response.because(&format!("{origin} {size}")),
        _ => response,
    }
}
