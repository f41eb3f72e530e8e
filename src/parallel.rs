//! The same work on many things, by as many threads as there are cores: results come in the order of the things, as from
//! one thread. Knows nothing about the work; no thread outlives its call.

use std::panic::resume_unwind;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, available_parallelism, scope};

/// Fewer things are not worth a thread.
const FEW: usize = 64;
/// A thread takes this many things at a time.
const BATCH: usize = 16;
/// More threads would cost more memory than they gain time.
const MOST_THREADS: usize = 8;
/// As much stack as the main thread has, in bytes: whatever is read there can be read here.
const STACK: usize = 8 << 20;

/// The cores that this process may use.
static CORES: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, usize::from));

/// Does `work` on each thing and returns the results in the order of the things.
pub(crate) fn map<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    batches(things, |batch| batch.iter().map(&work).collect::<Vec<R>>()).into_iter().flatten().collect()
}

/// Does `work` on neighbours together and returns the results in the order of the things.
pub(crate) fn batches<T: Sync, R: Send>(things: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    match threads_for(things.len()) {
        1 => vec![work(things)],
        threads => on_threads(threads, things.chunks(BATCH), &|| (), &|(): &mut (), batch| work(batch)),
    }
}

/// Changes each thing; `prepare` makes what a thread keeps from one to the next.
///
/// # Errors
/// That of the first thing that has one. Things behind it may have been changed.
pub(crate) fn try_each<T: Send, S, E: Send>(
    things: &mut [T],
    prepare: impl Fn() -> S + Sync,
    change: impl Fn(&mut S, &mut T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let each = |state: &mut S, batch: &mut [T]| batch.iter_mut().try_for_each(|thing| change(state, thing));
    match threads_for(things.len()) {
        1 => each(&mut prepare(), things),
        threads => on_threads(threads, things.chunks_mut(BATCH), &prepare, &each).into_iter().collect(),
    }
}

fn threads_for(things: usize) -> usize {
    if things < FEW { 1 } else { MOST_THREADS.min(*CORES) }
}

fn on_threads<P, S, R: Send>(
    threads: usize,
    parts: impl Iterator<Item = P> + Send,
    prepare: &(impl Fn() -> S + Sync),
    work: &(impl Fn(&mut S, P) -> R + Sync),
) -> Vec<R> {
    let (parts, done) = (Mutex::new(parts.enumerate()), Mutex::new(Vec::new()));
    run(threads, &|| {
        let mut state = prepare();
        loop {
            let next = locked(&parts).next();
            let Some((at, part)) = next else { return };
            let result = work(&mut state, part);
            locked(&done).push((at, result));
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Runs `worker` on this thread and others. Where the system gives no thread, those that are there do the work.
fn run(threads: usize, worker: &(dyn Fn() + Sync)) {
    scope(|scope| {
        let start = |_| Builder::new().stack_size(STACK).spawn_scoped(scope, worker).ok();
        let others: Vec<_> = (1..threads).filter_map(start).collect();
        worker();
        for other in others {
            other.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{BATCH, map, on_threads, try_each};

    #[test]
    fn results_come_in_the_order_of_the_things() {
        for count in [0, 1, BATCH, 10 * BATCH + 1, 1000] {
            let things: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = things.iter().map(|thing| thing * 2).collect();
            assert_eq!(map(&things, |thing| thing * 2), expected);
            for threads in [1, 2, 5] {
                let doubled = on_threads(threads, things.iter(), &|| 2, &|factor, thing| thing * *factor);
                assert_eq!(doubled, expected, "{threads} threads");
            }
        }
    }

    #[test]
    fn the_first_things_error_counts() {
        let mut things: Vec<usize> = (0..1000).collect();
        let refuse = |(): &mut (), thing: &mut usize| {
            *thing += 1;
            if thing.is_multiple_of(300) { Err(*thing) } else { Ok(()) }
        };
        assert_eq!(try_each(&mut things, || (), refuse), Err(300));
        assert_eq!(things[..299], (1..300).collect::<Vec<_>>());
    }

    #[test]
    #[should_panic(expected = "thing 99")]
    fn a_panic_stays_a_panic() {
        on_threads(3, 0..200, &|| (), &|(), thing| assert!(thing != 99, "thing {thing}"));
    }
}
