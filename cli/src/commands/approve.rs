//! `tieout approve`.

use crate::args::{Approve, Global};
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::exit::Exit;
use crate::gate::statement::Approval;
use crate::output;
use crate::{clock, keys};

/// Signs an approval of an evaluated diff.
pub(super) fn approve(global: &Global, args: &Approve) -> Outcome<Exit> {
    let empty = |text: &str| text.trim().is_empty();
    if empty(&args.account) || args.request.as_deref().is_some_and(empty) {
        let message = "an approval names an account, and a request by its name if it is for one";
        return Err(Failure::usage(Diagnostic::new("approval-invalid", message)));
    }
    let key = keys::own(&args.key, args.passphrase.passphrase_file.as_deref())?;
    let approval = Approval {
        digest: args.digest,
        account: args.account.clone(),
        request: args.request.clone(),
        decided_at: clock::now(),
    };
    let bytes = approval.sign(&key)?;
    output::hand_over(&args.output, &bytes)?;
    let told = format!(
        "`{}` approves the evaluated diff {}, signed with the key {}; it counts where the base \
         lists that key for the account",
        args.account,
        args.digest,
        key.public_key().id()
    );
    super::remark(global.quiet, &told);
    Ok(Exit::Success)
}
