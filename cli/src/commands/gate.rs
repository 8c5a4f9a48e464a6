//! `tieout gate`: a change judged before it is made, and what is deployed compared with what was judged.

mod baseline;
mod usage;

pub(super) use baseline::baseline;
pub(super) use usage::usage;

use super::remark;
use super::run::seal_run;
use crate::args::{GateOutput, GatePolicies, GateRates, GateRequest, GateVerify, Global};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::deployed::{self, POLICIES, RESULT, TABLE};
use crate::gate::render::{GateFormat, render};
use crate::gate::request::Given;
use crate::gate::result::{GateResult, GateVerdict};
use crate::gate::sides::{Asked, Sides};
use crate::gate::{policies, rates};
use crate::interrupt;
use crate::keys::Keys;
use crate::output::{self, Access, Existing};
use crate::progress::Spinner;
use crate::secret;
use tieout_engine::run::RunOutput;

const NOT_SEALED: &str = "nothing was sealed";

/// What was judged: the result, the run over what changes, and what was gated in its canonical form, with
/// its place in the pack.
struct Judged {
    result: GateResult,
    output: RunOutput,
    gated: (&'static str, String),
}

/// Judges a change of a rate table.
pub(super) fn rates(global: &Global, args: &GateRates) -> Outcome<Exit> {
    let (base, head, table) = (args.base.as_str(), args.head.as_str(), args.table.as_deref());
    let asked = Asked { config: global.config.as_deref(), base, head, table };
    let request = &args.request;
    let spinner = begun(global, request)?;
    let sides = Sides::of(&asked)?;
    let question = rates::Question {
        as_of: args.as_of,
        month: args.month,
        no_usage: args.no_usage,
        window: args.window,
        fail_on: request.fail_on.severity(),
        people: people(request),
    };
    let secret = committing(request, &sides)?;
    let rates::Gated { result, output, table } = rates::gate(&sides, &question, &secret, &spinner)?;
    let judged = Judged { result, output, gated: (TABLE, table.canonical()) };
    concluded(global, request, (sides, judged), &secret, spinner)
}

/// Judges a change of policies.
pub(super) fn policies(global: &Global, args: &GatePolicies) -> Outcome<Exit> {
    let (base, head) = (args.base.as_str(), args.head.as_str());
    let asked = Asked { config: global.config.as_deref(), base, head, table: None };
    let request = &args.request;
    let spinner = begun(global, request)?;
    let (sides, proposed) = Sides::policies(&asked)?;
    let question = policies::Question {
        as_of: args.as_of,
        period: args.period,
        no_data: args.no_data,
        fail_on: request.fail_on.severity(),
        people: people(request),
    };
    let secret = committing(request, &sides)?;
    let policies::Gated { result, output, policies } =
        policies::gate(&sides, &proposed, &question, &secret, &spinner)?;
    let judged = Judged { result, output, gated: (POLICIES, policies) };
    concluded(global, request, (sides, judged), &secret, spinner)
}

/// Sees that outputs can be written before anything long begins.
fn begun(global: &Global, request: &GateRequest) -> Outcome<Spinner> {
    for output in &request.output {
        if let Some(path) = &output.path {
            output::check_writable(path)?;
        }
    }
    Ok(Spinner::new(global.quiet))
}

fn people(request: &GateRequest) -> Given<'_> {
    Given {
        approvals: &request.approvals,
        change: request.change.as_deref(),
        authors: &request.author,
        releaser: request.releaser.as_deref(),
        emergency: request.emergency.as_deref(),
    }
}

/// What commitments are salted with: without a pack nothing is committed to, and they are told and
/// forgotten.
fn committing(request: &GateRequest, sides: &Sides) -> Outcome<[u8; 32]> {
    if request.sign { secret::of(&sides.root) } else { Ok([0; 32]) }
}

/// Seals and writes what was judged.
fn concluded(
    global: &Global,
    request: &GateRequest,
    (sides, judged): (Sides, Judged),
    secret: &[u8; 32],
    spinner: Spinner,
) -> Outcome<Exit> {
    interrupt::check(NOT_SEALED)?;
    let verdict = judged.result.verdict;
    let text = [GateOutput { format: GateFormat::Text, path: None }];
    let wanted = if request.output.is_empty() { &text[..] } else { &request.output };
    let mut made = Vec::new();
    for output in wanted {
        made.push((output, render(output.format, &judged.result)?));
    }
    if request.sign {
        seal(global, request, sides, judged, secret, &spinner)?;
    }
    drop(spinner);
    for (output, bytes) in made {
        match &output.path {
            None => output::print_bytes(&bytes)?,
            Some(path) => {
                output::write_beside(path, &bytes, Existing::Replace, Access::Usual)?;
            }
        }
    }
    Ok(match verdict {
        GateVerdict::Allowed => Exit::Success,
        GateVerdict::Blocked => Exit::Exceptions,
        GateVerdict::Inconclusive => Exit::Inconclusive,
    })
}

/// Seals the run over the change set with the result and with what was gated.
fn seal(
    global: &Global,
    request: &GateRequest,
    sides: Sides,
    judged: Judged,
    secret: &[u8; 32],
    spinner: &Spinner,
) -> Outcome<()> {
    let Some(mut workspace) = sides.workspace else {
        let message = "only a workspace's gate can be sealed";
        let help = "run it where a `tieout.yaml` names the keys";
        let diagnostic = Diagnostic::new("no-workspace", message).help(help);
        return Err(Failure::usage(diagnostic));
    };
    // Keys, log and packs are this machine's, whatever revision says where.
    workspace.root = sides.root;
    let keys = Keys::of(&workspace, request.passphrase.passphrase_file.as_deref())?;
    let Judged { result, mut output, gated: (place, gated) } = judged;
    let bytes = render(GateFormat::Json, &result)?;
    let text = String::from_utf8(bytes).map_err(Failure::internal)?;
    output.policies.insert(RESULT.to_owned(), text);
    output.policies.insert(place.to_owned(), gated);
    let sealed = seal_run(&workspace, &output, (secret, None), &keys, spinner)?;
    let (pack, at) = (output::shown(&sealed.folder), sealed.log_index);
    spinner.aside(|| remark(global.quiet, &format!("pack: {pack} (log index {at})")));
    Ok(())
}

/// Compares a deployed table with the gated one.
pub(super) fn verify(global: &Global, args: &GateVerify) -> Outcome<Exit> {
    deployed::verify(global, args)
}
