//! What of a pack is about persons: salted from their keys, and sealed under them.

use super::SealError;
use super::stage::{Lines, Stage};
use crate::encoding::base64;
use crate::layout::SEALED_DISCLOSURES;
use crate::salt::Salts;
use crate::sealed::{SEALED_VERSION, SealedLine};
use crate::vault::{Handle, KeySet, Vault};
use crate::verify::Tree;
use std::collections::{BTreeMap, BTreeSet};
use tieout_controls::Count;

/// How much is sealed in one file, in bytes, where it is more than one disclosure.
const MOST: usize = 256 << 10;

/// The salts of a pack, of which those of persons come from their keys.
pub(super) struct Keys<'a> {
    pub(super) salts: &'a Salts,
    pub(super) vault: Option<&'a Vault>,
}

impl Keys<'_> {
    /// The key of these subjects together; `None` without any, or without a vault.
    pub(super) fn of(
        &self,
        class: &str,
        subjects: &BTreeSet<String>,
    ) -> Result<Option<KeySet>, SealError> {
        let Some(vault) = self.vault else { return Ok(None) };
        vault.key_set(class, subjects.iter().map(String::as_str)).map_err(unsealed)
    }

    /// The salt of a place, from the key of whom it is about.
    pub(super) fn salt(&self, keys: Option<&KeySet>, place: (Tree, u64, u16)) -> String {
        let (tree, line, slot) = place;
        match keys {
            Some(keys) => self.salts.under(&keys.key).salt(tree, line, slot),
            None => self.salts.salt(tree, line, slot),
        }
    }
}

/// What is said when the vault does not do what it must.
pub(super) fn unsealed(error: crate::vault::VaultError) -> SealError {
    SealError { reason: error.reason, help: error.help }
}

/// A disclosure, and the key of whom it is about.
pub(super) struct Disclosed {
    pub(super) text: String,
    pub(super) keys: Option<KeySet>,
}

/// The disclosures of a tree: those of persons are sealed, the others stand in lines.
pub(super) struct Disclosures {
    tree: Tree,
    lines: Lines,
    number: u64,
}

impl Disclosures {
    pub(super) fn new(tree: Tree, path: &'static str) -> Self {
        Self { tree, lines: Lines::new(path), number: 0 }
    }

    /// Adds the next one.
    pub(super) fn add(
        &mut self,
        stage: &mut Stage<'_>,
        sealed: &mut Sealed,
        Disclosed { text, keys }: Disclosed,
    ) -> Result<(), SealError> {
        let number = self.number;
        self.number = number.saturating_add(1);
        match keys {
            None => self.lines.line(stage, &text),
            Some(keys) => {
                sealed.add(keys, self.tree, number, &text);
                self.lines.line(stage, "null")
            }
        }
    }

    pub(super) fn close(self, stage: &mut Stage<'_>) -> Result<(), SealError> {
        self.lines.close(stage)
    }
}

/// What is sealed, by whose it is.
#[derive(Default)]
pub(super) struct Sealed(BTreeMap<Vec<Handle>, (KeySet, Vec<Text>)>);

/// A disclosure: its tree, its line in the tree's file of disclosures, and what it says.
type Text = (Tree, u64, String);

impl Sealed {
    fn add(&mut self, keys: KeySet, tree: Tree, number: u64, text: &str) {
        let entry = self.0.entry(keys.handles.clone()).or_insert_with(|| (keys, Vec::new()));
        entry.1.push((tree, number, text.to_owned()));
    }

    /// Writes it.
    pub(super) fn close(
        self,
        stage: &mut Stage<'_>,
        vault: &Vault,
        pack: &str,
    ) -> Result<(), SealError> {
        let mut found = BTreeMap::new();
        for (keys, texts) in self.0.into_values() {
            let names = keys.handles.iter().map(|handle| vault.name_in(*handle, pack));
            let names: BTreeSet<_> = names.collect();
            // In the order of the names, which tells nothing.
            found.insert(names, (keys, texts));
        }
        let mut lines = Lines::new(SEALED_DISCLOSURES);
        for (names, (keys, mut texts)) in found {
            texts.sort_by_key(|(tree, number, _)| (*tree, *number));
            let mut rest = &texts[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at(fitting(rest));
                rest = later;
                lines.line(stage, &line(&names, &keys, now)?)?;
            }
        }
        lines.close(stage)
    }
}

/// How many of them are sealed together: one at least.
fn fitting(texts: &[Text]) -> usize {
    let mut length = 0_usize;
    let fits = |(_, _, text): &&Text| {
        length = length.saturating_add(text.len());
        length <= MOST
    };
    texts.iter().take_while(fits).count().max(1)
}

fn line(names: &BTreeSet<String>, keys: &KeySet, texts: &[Text]) -> Result<String, SealError> {
    let numbers = |tree| {
        let of = texts.iter().filter(|(own, ..)| *own == tree);
        of.map(|(_, number, _)| Count(*number)).collect()
    };
    let text: String = texts.iter().map(|(_, _, text)| format!("{text}\n")).collect();
    let line = SealedLine {
        v: SEALED_VERSION.to_owned(),
        keys: names.iter().cloned().collect(),
        records: numbers(Tree::Records),
        population: numbers(Tree::Population),
        age: base64(&Vault::seal(keys, text.as_bytes()).map_err(unsealed)?),
    };
    serde_json::to_string(&line).map_err(|e| SealError::new(e.to_string()))
}
