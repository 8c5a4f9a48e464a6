//! `tieout gate`: a change judged before it is made, and what is deployed compared with what was judged.

mod baseline;
mod usage;

pub(super) use baseline::baseline;
pub(super) use usage::usage;

use crate::args::{GateOutput, GatePolicies, GateRates, GateRequest, GateVerify, Global};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::Announce;
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
use crate::sealing::{self, NOT_SEALED, Sealing};
use crate::secret;
use crate::witnesses::Witnesses;
use crate::workspace::Workspace;
use std::cell::OnceCell;
use tieout_engine::run::{ReadyRun, RunOutput};
use tieout_evidence::note::NoteKey;
use tieout_evidence::seal::{Announced, Sealed};

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
    let sealer = Sealer::of(request, &sides)?;
    let gated = sealer.announcing(&spinner, |announce| {
        rates::gate(&sides, &question, (&secret, announce), &spinner)
    });
    let rates::Gated { result, output, table } = gated?;
    let judged = Judged { result, output, gated: (TABLE, table.canonical()) };
    concluded(global, request, (sealer, judged), &secret, spinner)
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
    let sealer = Sealer::of(request, &sides)?;
    let gated = sealer.announcing(&spinner, |announce| {
        policies::gate(&sides, &proposed, &question, (&secret, announce), &spinner)
    });
    let policies::Gated { result, output, policies } = gated?;
    let judged = Judged { result, output, gated: (POLICIES, policies) };
    concluded(global, request, (sealer, judged), &secret, spinner)
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
    (sealer, judged): (Sealer, Judged),
    secret: &[u8; 32],
    spinner: Spinner,
) -> Outcome<Exit> {
    let verdict = judged.result.verdict;
    let text = [GateOutput { format: GateFormat::Text, path: None }];
    let wanted = if request.output.is_empty() { &text[..] } else { &request.output };
    let mut made = Vec::new();
    let sealed = sealer.or_abandon(&spinner, {
        let seal = || {
            interrupt::check(NOT_SEALED)?;
            for output in wanted {
                made.push((output, render(output.format, &judged.result)?));
            }
            sealer.seal(judged, secret, &spinner)
        };
        seal()
    })?;
    if let Some(sealed) = sealed {
        sealer.tell(&sealed, (&spinner, global.quiet));
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

/// Announces and seals the run over the change set, where that is asked for.
struct Sealer(Option<Place>);

/// Where it is sealed, by whose keys, and who cosigns.
struct Place {
    workspace: Workspace,
    keys: Keys,
    witnesses: Option<(Witnesses, NoteKey)>,
    announced: OnceCell<Announced>,
}

impl Place {
    fn sealing<'a>(&'a self, spinner: &'a Spinner) -> Sealing<'a> {
        Sealing { workspace: &self.workspace, keys: &self.keys, spinner }
    }
}

impl Sealer {
    fn of(request: &GateRequest, sides: &Sides) -> Outcome<Self> {
        if !request.sign {
            return Ok(Self(None));
        }
        let Some(mut workspace) = sides.workspace.clone() else {
            let message = "only a workspace's gate can be sealed";
            let help = "run it where a `tieout.yaml` names the keys";
            let diagnostic = Diagnostic::new("no-workspace", message).help(help);
            return Err(Failure::usage(diagnostic));
        };
        // Keys, log and packs are this machine's, whatever revision says where.
        workspace.root.clone_from(&sides.root);
        let keys = Keys::of(&workspace, request.passphrase.passphrase_file.as_deref())?;
        // A policy that can't be read is told before anything is sealed.
        let witnesses = keys.witnesses(&workspace)?;
        Ok(Self(Some(Place { workspace, keys, witnesses, announced: OnceCell::new() })))
    }

    /// Tells of the sealed pack, and asks the witnesses for the head over it.
    fn tell(&self, sealed: &Sealed, talk: (&Spinner, bool)) {
        if let Some(Place { workspace, witnesses, .. }) = &self.0 {
            sealing::tell(workspace, sealed, witnesses.as_ref(), talk);
        }
    }

    /// Judges, with what announces the run that may be sealed.
    fn announcing<T>(
        &self,
        spinner: &Spinner,
        judge: impl FnOnce(Announce<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let announce = |run: &ReadyRun<'_>| {
            let Some(place) = &self.0 else { return Ok(()) };
            let announced = place.sealing(spinner).announce(run)?;
            place.announced.set(announced).map_err(|_| Failure::internal("announced twice"))
        };
        let judged = judge(&announce);
        self.or_abandon(spinner, judged)
    }

    fn or_abandon<T>(&self, spinner: &Spinner, step: Outcome<T>) -> Outcome<T> {
        match self.0.as_ref().and_then(|place| Some((place, place.announced.get()?))) {
            Some((place, announced)) => place.sealing(spinner).or_abandon(announced, step),
            None => step,
        }
    }

    /// Seals the run over the change set with the result and with what was gated.
    fn seal(
        &self,
        judged: Judged,
        secret: &[u8; 32],
        spinner: &Spinner,
    ) -> Outcome<Option<Sealed>> {
        let Some(place) = &self.0 else { return Ok(None) };
        let announced = place.announced.get();
        let announced = announced.ok_or_else(|| Failure::internal("not announced"))?;
        let Judged { result, mut output, gated: (file, gated) } = judged;
        let bytes = render(GateFormat::Json, &result)?;
        let text = String::from_utf8(bytes).map_err(Failure::internal)?;
        output.policies.insert(RESULT.to_owned(), text);
        output.policies.insert(file.to_owned(), gated);
        place.sealing(spinner).seal(&output, announced, (secret, None)).map(Some)
    }
}

/// Compares a deployed table with the gated one.
pub(super) fn verify(global: &Global, args: &GateVerify) -> Outcome<Exit> {
    deployed::verify(global, args)
}
