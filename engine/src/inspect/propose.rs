//! Which profile a header fits, and which settings its file needs under it.

use super::ProfileFit;
use super::look::Look;
use crate::dataset::{FloatRule, Reading};
use tieout_controls::{ColumnType, SchemaProfile, profile};

/// The most profiles to speak of when none fits.
const NEAREST: usize = 3;

/// The profiles that fit the columns, best first; where none does, the nearest.
pub(super) fn fits(columns: &[String]) -> Vec<ProfileFit> {
    let mut fits: Vec<(usize, ProfileFit)> = profile::all().map(|p| fit(p, columns)).collect();
    fits.sort_by_key(|(known, fit)| {
        let mandatory = fit.profile.columns.iter().filter(|column| !column.optional).count();
        // Of those that lack nothing, the one that knows most of the file and that the file fills
        // most; of the others the one of which the file has most.
        let lacking = fit.missing.len() * 100 / mandatory.max(1);
        let unfilled = fit.profile.columns.len() - known;
        (lacking, fit.unknown.len(), unfilled, fit.profile.name)
    });
    let complete = fits.iter().filter(|(_, fit)| fit.missing.is_empty()).count();
    let take = if complete > 0 { complete } else { NEAREST };
    fits.into_iter().take(take).map(|(_, fit)| fit).collect()
}

fn fit(profile: &'static SchemaProfile, columns: &[String]) -> (usize, ProfileFit) {
    let named = |name: &str| columns.iter().any(|column| same(column, name));
    let missing = profile.columns.iter().filter(|column| !column.optional && !named(column.name));
    let missing = missing.map(|column| column.name.to_owned()).collect();
    let (known, unknown): (Vec<&String>, Vec<&String>) =
        columns.iter().partition(|column| target(profile, column).is_some());
    let unknown = unknown.into_iter().cloned().collect();
    (known.len(), ProfileFit { profile, missing, unknown })
}

/// Whether two names are the same but for case and separators.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    one == other || plain(one) == plain(other)
}

/// The column of the profile that a column of the file fills, perhaps after a renaming.
fn target<'a>(profile: &'a SchemaProfile, column: &str) -> Option<&'a profile::Column> {
    profile.column(column).or_else(|| profile.columns.iter().find(|c| same(c.name, column)))
}

/// Fills in what the settings leave open.
pub(super) fn settings(
    names: &[String],
    looks: &[Look],
    best: Option<&ProfileFit>,
    proposal: &mut Reading,
) {
    markers(names, looks, best, proposal);
    let Some(ProfileFit { profile, missing, unknown }) = best else { return };
    if !missing.is_empty() {
        return;
    }
    for column in unknown {
        if !proposal.ignore.contains(column) {
            proposal.ignore.push(column.clone());
        }
    }
    for (name, look) in names.iter().zip(looks) {
        let Some(column) = target(profile, name) else { continue };
        if column.name != name {
            proposal.rename.entry(name.clone()).or_insert_with(|| column.name.to_owned());
        }
        match column.kind {
            ColumnType::Timestamp if look.locals > 0 && proposal.zone.is_none() => {
                proposal.zone = Some("UTC".to_owned());
            }
            ColumnType::Decimal { scale, .. } => decimal(column, scale, look, proposal),
            _ => {}
        }
    }
}

fn decimal(column: &profile::Column, scale: u8, look: &Look, proposal: &mut Reading) {
    proposal.decimal_comma |= look.commas > 0;
    if look.float {
        proposal.float = Some(FloatRule::Shortest);
        return;
    }
    let name = column.name.to_owned();
    if look.scale > u32::from(scale) && !proposal.widen.contains(&name) {
        proposal.widen.push(name.clone());
    }
    if look.values > 0 && column.currency.is_some() {
        proposal.scale.entry(name).or_insert(look.scale);
    }
}

/// Null markers count where they stand among typed values, or in a column that the profile types.
fn markers(names: &[String], looks: &[Look], best: Option<&ProfileFit>, proposal: &mut Reading) {
    for (name, look) in names.iter().zip(looks) {
        let declared = best.and_then(|fit| target(fit.profile, name));
        let typed = declared
            .is_some_and(|column| column.kind != ColumnType::String || column.vocabulary.is_some());
        if !typed && !look.is_typed() {
            continue;
        }
        for (marker, (all, in_quotes)) in &look.markers {
            if !proposal.nulls.iter().any(|known| known == marker) {
                proposal.nulls.push((*marker).to_owned());
            }
            proposal.quoted_nulls |= all == in_quotes;
        }
    }
}
