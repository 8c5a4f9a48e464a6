//! What people stated about a pack: who signed it off, and its exceptions gross and net.

use super::shown;
use crate::text::money;
use chrono::NaiveDate;
use tieout_controls::Count;
use tieout_evidence::people::net::{Figure, Net, NetError, net_of};
use tieout_evidence::verify::{Reviews, VerifiedPack};

/// The sign-offs beside a pack, and its exceptions gross and net of what reviewers cleared.
pub(crate) struct Reviewed {
    /// The day on which a clearance that ends must last.
    pub(crate) day: NaiveDate,
    /// What was signed, a line each.
    pub(crate) sign_offs: Vec<String>,
    /// By control: gross, what was cleared as what, net. Empty where nothing was disposed of.
    pub(crate) rows: Vec<[String; 4]>,
}

impl Reviewed {
    /// What the columns of `rows` are.
    pub(crate) const COLUMNS: [&str; 4] = ["Control", "Gross", "Cleared", "Net"];

    /// Reads what lies beside a pack.
    ///
    /// # Errors
    /// A sum can't be held. A disposition that doesn't fit the pack doesn't stand, and is among the lines.
    pub(crate) fn of(
        pack: &VerifiedPack,
        reviews: &Reviews,
        day: NaiveDate,
    ) -> Result<Self, NetError> {
        let dispositions = reviews.file.dispositions();
        let nets = net_of(&pack.result, &pack.records, &dispositions, day)?;
        let nets = nets.into_iter().filter(|net| net.gross.count > Count(0));
        let row = |net: Net| {
            let cleared = net.cleared.iter();
            let cleared =
                cleared.map(|(kind, cleared)| format!("{} {kind}", shown::count(cleared.count)));
            let cleared = cleared.collect::<Vec<_>>().join(", ");
            [net.control.to_string(), figure(&net.gross), cleared, figure(&net.net)]
        };
        let rows = if dispositions.is_empty() { Vec::new() } else { nets.map(row).collect() };
        Ok(Self { day, sign_offs: reviews.lines(), rows })
    }

    /// What the table of `rows` shows.
    pub(crate) fn title(&self) -> String {
        format!("Exceptions gross and net on {}", self.day)
    }
}

fn figure(figure: &Figure) -> String {
    let count = shown::counted(figure.count, "exception");
    format!("{count} {}", money(&figure.amounts)).trim_end().to_owned()
}
