//! Parts that several threads make, taken in their order: how many threads there are changes nothing
//! but the time.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Scope;

/// The most threads for one tree. Each holds one part, and memory must not grow with the machine.
const MOST_THREADS: u64 = 4;

/// The parts of these numbers, of which each thread makes every so many-th. It waits until one is taken
/// before it makes the next.
pub(super) fn ordered<'scope, 'env, T: Send + 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    number: u64,
    make: impl Fn(u64) -> T + Clone + Send + 'scope,
) -> Box<dyn Iterator<Item = T> + 'scope> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let threads = u64::try_from(cores).unwrap_or(1).min(MOST_THREADS).min(number);
    if threads < 2 {
        return Box::new((0..number).map(make));
    }
    let receivers: Vec<Receiver<T>> = (0..threads)
        .map(|first| {
            let (sender, receiver) = sync_channel(0);
            let make = make.clone();
            scope.spawn(move || {
                let mut numbers = (first..number).zip(0..).filter(|(_, n)| n % threads == 0);
                // Whoever took the parts has gone away when sending fails.
                numbers.all(|(number, _)| sender.send(make(number)).is_ok())
            });
            receiver
        })
        .collect();
    let turns = (0..threads).cycle().zip(0..number);
    Box::new(
        turns.map_while(move |(thread, _)| {
            receivers.get(usize::try_from(thread).ok()?)?.recv().ok()
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_in_their_order_and_each_once() {
        for number in [0, 1, 2, 3, 7, 100] {
            let taken: Vec<u64> = std::thread::scope(|scope| {
                let late = |n: u64| (n..2_000 * (n % 3)).fold(n, |_, _| n);
                ordered(scope, number, late).collect()
            });
            assert_eq!(taken, (0..number).collect::<Vec<_>>());
            let some: Vec<u64> =
                std::thread::scope(|scope| ordered(scope, number, |n| n).take(2).collect());
            assert_eq!(some, (0..number.min(2)).collect::<Vec<_>>());
        }
    }
}
