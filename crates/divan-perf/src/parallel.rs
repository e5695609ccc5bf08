//! Work on all processors.

use anyhow::Result;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs `work` on every job, with one worker per processor. Returns the results in the order of `jobs`,
/// and the workers.
///
/// Fails with the first error of `worker` or `work`.
pub(crate) fn on_all_processors<J: Sync, W: Send, R: Send>(
    jobs: &[J],
    worker: impl Fn() -> Result<W>,
    work: impl Fn(&W, &J) -> Result<R> + Sync,
) -> Result<(Vec<R>, Vec<W>)> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let workers: Vec<W> = (0..threads).map(|_| worker()).collect::<Result<_>>()?;
    let next = AtomicUsize::new(0);
    let run = |worker: W| -> Result<(Vec<(usize, R)>, W)> {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return Ok((done, worker)) };
            done.push((index, work(&worker, job)?));
        }
    };
    let ended = thread::scope(|scope| {
        let running: Vec<_> =
            workers.into_iter().map(|worker| scope.spawn(|| run(worker))).collect();
        let ended = running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.collect::<Result<Vec<_>>>()
    })?;
    let (done, workers): (Vec<_>, Vec<W>) = ended.into_iter().unzip();
    let mut done: Vec<(usize, R)> = done.into_iter().flatten().collect();
    done.sort_by_key(|(index, _)| *index);
    Ok((done.into_iter().map(|(_, result)| result).collect(), workers))
}

/// The same without workers: the results in the order of `jobs`.
///
/// Fails with the first error of `work`.
pub(crate) fn each_on_all_processors<J: Sync, R: Send>(
    jobs: &[J],
    work: impl Fn(&J) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let (results, _) = on_all_processors(jobs, || Ok(()), |(), job| work(job))?;
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_jobs() {
        let jobs: Vec<u32> = (0..100).collect();
        let (results, workers) =
            on_all_processors(&jobs, || Ok(2), |by, job| Ok(by * job)).unwrap();
        assert_eq!(results, jobs.iter().map(|job| job * 2).collect::<Vec<_>>());
        assert!(!workers.is_empty());
        let (none, workers) = on_all_processors(&[], || Ok(()), |(), job: &u32| Ok(*job)).unwrap();
        assert!(none.is_empty() && workers.is_empty());
    }

    #[test]
    fn an_error_ends_the_work() {
        let fails = |(): &(), job: &u32| {
            anyhow::ensure!(*job != 5, "job {job}");
            Ok(())
        };
        let jobs: Vec<u32> = (0..10).collect();
        let error = on_all_processors(&jobs, || Ok(()), fails).unwrap_err();
        assert_eq!(error.to_string(), "job 5");
    }
}
