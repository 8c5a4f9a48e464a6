//! `tieout control`.

use super::printed;
use crate::args::Global;
use crate::catalogue::Catalogue;
use crate::diagnostic::{Failure, Outcome};
use crate::exit::Exit;
use crate::text::table;
use crate::workspace::Workspace;

/// All controls, by id.
pub(super) fn list(global: &Global, json: bool) -> Outcome<Exit> {
    let catalogue = open(global)?;
    if json {
        let controls: Vec<_> = catalogue.items.values().map(|i| &i.control).collect();
        let whole = serde_json::json!({"schema_version": "1", "controls": controls});
        let text = serde_json::to_string_pretty(&whole).map_err(Failure::internal)?;
        return printed(&format!("{text}\n"));
    }
    let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![row(["CONTROL", "SEVERITY", "KIND", "FAMILY", "TITLE"])];
    for (id, item) in &catalogue.items {
        let control = &item.control;
        rows.push(row([
            id,
            control.severity.word(),
            control.kind.word(),
            &control.family,
            &control.title,
        ]));
    }
    printed(&table(&rows))
}

/// A control's definition, as written.
pub(super) fn show(global: &Global, id: &str) -> Outcome<Exit> {
    printed(&open(global)?.control(id)?.source)
}

fn open(global: &Global) -> Outcome<Catalogue> {
    Catalogue::of(Workspace::find(global.config.as_deref())?.as_ref())
}
