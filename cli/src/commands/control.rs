//! `tieout control`.

use super::printed;
use crate::args::Global;
use crate::catalogue::Catalogue;
use crate::diagnostic::{Failure, Outcome};
use crate::exit::Exit;
use crate::text::table;
use crate::workspace::Workspace;
use tieout_controls::catalogue::CatalogueItem;

/// All controls, by id: those of a run, then those of the gate.
pub(super) fn list(global: &Global, json: bool) -> Outcome<Exit> {
    let catalogue = open(global)?;
    if json {
        let controls: Vec<_> = catalogue.items.values().map(|i| &i.control).collect();
        let whole = serde_json::json!({"schema_version": "1", "controls": controls});
        let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
        return printed(&format!("{text}\n"));
    }
    let (gate, run): (Vec<_>, Vec<_>) =
        catalogue.items.values().partition(|item| item.of_the_gate());
    printed(&format!(
        "{}\nOf a proposed change of rates; `tieout run` tests them only by name:\n\n{}",
        listed(&run),
        listed(&gate)
    ))
}

fn listed(items: &[&CatalogueItem]) -> String {
    let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![row(["CONTROL", "SEVERITY", "KIND", "FAMILY", "TITLE"])];
    for CatalogueItem { control, .. } in items {
        rows.push(row([
            control.id.as_str(),
            control.severity.word(),
            control.kind.word(),
            &control.family,
            &control.title,
        ]));
    }
    table(&rows)
}

/// A control's definition, as written.
pub(super) fn show(global: &Global, id: &str) -> Outcome<Exit> {
    printed(&open(global)?.control(id)?.source)
}

fn open(global: &Global) -> Outcome<Catalogue> {
    Catalogue::of(Workspace::find(global.config.as_deref())?.as_ref())
}
