//! `tieout gate`: a change judged before it is made, and what is deployed compared with what was judged.

mod baseline;
mod usage;

pub(super) use baseline::baseline;
pub(super) use usage::usage;

use super::remark;
use super::run::seal_run;
use crate::args::{GateOutput, GateRates, GateVerify, Global};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::deployed::{self, RESULT, TABLE};
use crate::gate::rates::{self, Gated, Question};
use crate::gate::render::{GateFormat, render};
use crate::gate::request::Given;
use crate::gate::result::GateVerdict;
use crate::gate::sides::{Asked, Sides};
use crate::interrupt;
use crate::keys::Keys;
use crate::output::{self, Access, Existing};
use crate::progress::Spinner;
use crate::secret;

const NOT_SEALED: &str = "nothing was sealed";

/// Judges a change of a rate table.
pub(super) fn rates(global: &Global, args: &GateRates) -> Outcome<Exit> {
    for output in &args.output {
        if let Some(path) = &output.path {
            output::check_writable(path)?;
        }
    }
    let asked = Asked {
        config: global.config.as_deref(),
        base: &args.base,
        head: &args.head,
        table: args.table.as_deref(),
    };
    let spinner = Spinner::new(global.quiet);
    let sides = Sides::of(&asked)?;
    let question = Question {
        as_of: args.as_of,
        month: args.month,
        no_usage: args.no_usage,
        window: args.window,
        fail_on: args.fail_on.severity(),
        people: Given {
            approvals: &args.approvals,
            change: args.change.as_deref(),
            authors: &args.author,
            releaser: args.releaser.as_deref(),
            emergency: args.emergency.as_deref(),
        },
    };
    // Without a pack nothing is committed to: the commitments are told and forgotten.
    let secret = if args.sign { secret::of(&sides.root)? } else { [0; 32] };
    let gated = rates::gate(&sides, &question, &secret, &spinner)?;
    interrupt::check(NOT_SEALED)?;
    let verdict = gated.result.verdict;
    let text = [GateOutput { format: GateFormat::Text, path: None }];
    let wanted = if args.output.is_empty() { &text[..] } else { &args.output };
    let mut made = Vec::new();
    for output in wanted {
        made.push((output, render(output.format, &gated.result)?));
    }
    if args.sign {
        seal(global, args, sides, gated, &secret, &spinner)?;
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

/// Seals the run over the change set with the result and the table as the gate read it.
fn seal(
    global: &Global,
    args: &GateRates,
    sides: Sides,
    gated: Gated,
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
    let keys = Keys::of(&workspace, args.passphrase.passphrase_file.as_deref())?;
    let Gated { result, mut output, table } = gated;
    let bytes = render(GateFormat::Json, &result)?;
    let text = String::from_utf8(bytes).map_err(Failure::internal)?;
    output.policies.insert(RESULT.to_owned(), text);
    output.policies.insert(TABLE.to_owned(), table.canonical());
    let sealed = seal_run(&workspace, &output, secret, &keys, spinner)?;
    let (pack, at) = (output::shown(&sealed.folder), sealed.log_index);
    spinner.aside(|| remark(global.quiet, &format!("pack: {pack} (log index {at})")));
    Ok(())
}

/// Compares a deployed table with the gated one.
pub(super) fn verify(global: &Global, args: &GateVerify) -> Outcome<Exit> {
    deployed::verify(global, args)
}
