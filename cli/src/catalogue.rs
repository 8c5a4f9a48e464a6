//! The controls and policy bundles that a workspace can use: built-in ones and its own.

use crate::config;
use crate::diagnostic::{Diagnostic, Failure, Outcome};
use crate::output;
use crate::similar;
use crate::workspace::{Workspace, files_below};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tieout_controls::Control;
use tieout_controls::catalogue::{self, CatalogueItem};
use tieout_policies::bundle::{self, Bundle};

/// How deep the folders of an own catalogue may nest: `<family>/<control>/control.yaml`.
const DEPTH: usize = 3;

/// What can be run.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// The controls, by id.
    pub(crate) items: BTreeMap<String, CatalogueItem>,
    /// The policy bundles, by name.
    pub(crate) bundles: BTreeMap<String, Arc<Bundle>>,
    /// Own bundles' folders as they are shown: name → folder.
    pub(crate) folders: BTreeMap<String, String>,
    /// What the workspace replaces: what → by which file and why.
    pub(crate) overrides: BTreeMap<String, String>,
}

impl Catalogue {
    /// The built-in controls and bundles.
    ///
    /// # Errors
    /// Our bug.
    pub(crate) fn builtin() -> Outcome<Self> {
        let items = catalogue::builtin().map_err(Failure::internal)?;
        let bundles = bundle::builtin().map_err(Failure::internal)?;
        Ok(Self {
            items: items.into_iter().map(|i| (i.control.id.to_string(), i)).collect(),
            bundles: bundles.into_iter().map(|(name, b)| (name, Arc::new(b))).collect(),
            folders: BTreeMap::new(),
            overrides: BTreeMap::new(),
        })
    }

    /// The built-in ones, and the workspace's own.
    ///
    /// # Errors
    /// A file of the workspace's own that can't be read, or one that replaces a built-in without a
    /// reason.
    pub(crate) fn of(workspace: Option<&Workspace>) -> Outcome<Self> {
        let mut all = Self::builtin()?;
        let Some(workspace) = workspace else { return Ok(all) };
        let own = &workspace.settings.own;
        if let Some(folder) = &own.catalogue {
            let path = workspace.path(&folder.value);
            if !path.is_dir() {
                let message = format!("`{}` is not a folder", folder.value);
                return Err(workspace.wrong("file-not-found", message, folder, None));
            }
            let control = |file: &Path| file.file_name().is_some_and(|n| n == "control.yaml");
            for file in files_below(&path, DEPTH, &control)? {
                all.add_control(workspace, &file)?;
            }
        }
        for folder in &own.bundles {
            let bundle = bundle::load(&workspace.path(&folder.value)).map_err(|e| {
                let message = format!("policy bundle `{}`: {e}", folder.value);
                workspace.wrong("bundle-unreadable", message, folder, None)
            })?;
            all.add_bundle(workspace, &folder.value, bundle)?;
        }
        Ok(all)
    }

    fn add_control(&mut self, workspace: &Workspace, file: &Path) -> Outcome<()> {
        let shown = output::shown(file);
        let source = output::read_text(file)?;
        let control: Control = config::parse(&shown, &source).map_err(|mut failure| {
            failure.diagnostics.iter_mut().for_each(|d| d.code = "control-unreadable");
            failure
        })?;
        let page = file.with_file_name("README.md");
        let page = if page.is_file() { output::read_text(&page)? } else { String::new() };
        let id = control.id.to_string();
        if self.items.contains_key(&id) {
            let reason = reason(workspace, &id, "control", &shown)?;
            self.overrides.insert(format!("control {id}"), format!("{shown}: {reason}"));
        }
        self.items.insert(id, CatalogueItem { control, source, page });
        Ok(())
    }

    fn add_bundle(&mut self, workspace: &Workspace, folder: &str, bundle: Bundle) -> Outcome<()> {
        let name = bundle.name.clone();
        if self.bundles.contains_key(&name) {
            let reason = reason(workspace, &name, "policy bundle", folder)?;
            self.overrides.insert(format!("bundle {name}"), format!("{folder}: {reason}"));
        }
        self.folders.insert(name.clone(), folder.to_owned());
        self.bundles.insert(name, Arc::new(bundle));
        Ok(())
    }

    /// The control of that id.
    ///
    /// # Errors
    /// There is none; the nearest is suggested.
    pub(crate) fn control(&self, id: &str) -> Outcome<&CatalogueItem> {
        self.items.get(id).ok_or_else(|| Failure::usage(self.unknown(id)))
    }

    /// What is said of an id that nobody knows.
    pub(crate) fn unknown(&self, id: &str) -> Diagnostic {
        let near = similar::nearest(id, self.items.keys().map(String::as_str));
        let help = near.map_or_else(
            || "`tieout control list` shows them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Diagnostic::new("unknown-control", format!("no control is called `{id}`")).help(help)
    }
}

/// Why a built-in is replaced: it must be said, and is told on.
fn reason(workspace: &Workspace, what: &str, kind: &str, by: &str) -> Outcome<String> {
    let reason = workspace.settings.own.reasons.get(what).map(|r| r.trim());
    reason.filter(|r| !r.is_empty()).map(str::to_owned).ok_or_else(|| {
        let message = format!("`{by}` replaces the built-in {kind} `{what}` without a reason");
        let help = format!(
            "say why in the workspace file under `own: {{reasons: {{{what}: …}}}}`, or give yours \
             another name"
        );
        let place = workspace.key_place("own");
        Failure::usage(Diagnostic::new("override-without-reason", message).at(place).help(help))
    })
}
