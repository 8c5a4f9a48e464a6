//! The faults of allocation: a key lowered after it was frozen, a residual lost.

use super::{Pool, Recipient, Share};
use crate::metering::fault::Class;
use crate::metering::group::period;
use crate::metering::plan::Plan;
use crate::metering::ratio::Ratio;
use crate::metering::truth::Planted;
use crate::money::Dec;

/// Lowers what a recipient's key says after it was frozen, and divides by that.
pub(super) fn lower_keys(
    seed: u64,
    plan: &Plan,
    pools: &mut [Pool],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let fits = |p: &Pool| p.kind == 2 && p.shares.iter().filter(|s| s.weight > 0).count() > 1;
    for place in plan.choose(seed, Class::KeyLowered, pools, fits)? {
        let Some(pool) = pools.get_mut(place) else { continue };
        let before = pool.clone();
        let Some(share) = pool.shares.iter_mut().max_by_key(|s| s.weight) else { continue };
        share.weight = share.weight * 9 / 10;
        share.tampered = true;
        pool.divide();
        for (share, right) in pool.shares.iter().zip(&before.shares) {
            if !differs(pool.exact_share(share), before.exact_share(right)) {
                continue;
            }
            let off = Dec::new(share.units - right.units, 2);
            let result = pool.row_key(("pool_id", pool.id_of(pool.kind)), share);
            let fact = Planted::of(Class::KeyLowered, &result, Some((off, pool.currency())));
            if share.tampered {
                let key = pool.row_key(("key_id", pool.key_id()), share);
                facts.push(fact.also("AL-06", "allocation-key", &key));
            }
            facts.push(Planted { consequential: !share.tampered, ..fact });
        }
    }
    Ok(())
}

/// Whether two shares lie further apart than 10^-9.
fn differs(one: Ratio, other: Ratio) -> bool {
    one.minus(other).magnitude().exceeds(Ratio::new(1, 1_000_000_000))
}

/// Takes from a recipient the unit that rounding down had left over.
pub(super) fn lose_residuals(
    seed: u64,
    plan: &Plan,
    pools: &mut [Pool],
    facts: &mut Vec<Planted>,
) -> Result<(), String> {
    let lucky = |s: &Share| s.extra != 0 && matches!(s.recipient, Recipient::Centre(_));
    let fits = |p: &Pool| p.shares.iter().any(lucky) && !p.shares.iter().any(|s| s.tampered);
    for place in plan.choose(seed, Class::ResidualLost, pools, fits)? {
        let Some(pool) = pools.get_mut(place) else { continue };
        let Some(share) = pool.shares.iter_mut().find(|s| lucky(s)) else { continue };
        let lost = -share.extra;
        (share.units, share.extra) = (share.units + lost, 0);
        let key = [("pool_id", pool.id_of(pool.kind)), ("period", period(pool.month))];
        let amount = Some((Dec::new(lost, 2), pool.currency()));
        facts.push(Planted::of(Class::ResidualLost, &key, amount));
    }
    Ok(())
}
