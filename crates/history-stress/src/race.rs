//! Many writers at once.

use super::Size;
use super::hub::{Clone, Hub, Program};
use super::synthetic;
use crate::say;
use anyhow::{Result, anyhow};
use perf_judge::unit;
use std::collections::BTreeSet;
use std::thread;
use std::time::Instant;

/// Clones that publish to one repository.
pub(super) fn across_clones(program: &Program, size: Size) -> Result<()> {
    let hub = Hub::new(program)?;
    let names = (0..size.clones).map(|i| format!("clone-{i}"));
    let clones: Vec<Clone> = names.map(|name| hub.clone_as(&name)).collect::<Result<_>>()?;
    let title = format!("{} clones publish {} runs each at once", size.clones, size.runs_a_clone);
    race(&title, &hub, &clones, size)
}

/// Processes in one clone.
pub(super) fn in_one_clone(program: &Program, size: Size) -> Result<()> {
    let hub = Hub::new(program)?;
    let clone = hub.clone_as("shared")?;
    let processes = size.clones / 2;
    let title = format!(
        "{processes} processes in one clone publish {} runs each at once",
        size.runs_a_clone
    );
    race(&title, &hub, &vec![clone; processes], size)
}

fn race(title: &str, hub: &Hub, writers: &[Clone], size: Size) -> Result<()> {
    let begun = Instant::now();
    let write = |i: usize, clone: &Clone| -> Result<Vec<String>> {
        let numbers = (0..size.runs_a_clone).map(|number| i * size.runs_a_clone + number);
        numbers
            .map(|number| {
                // All on one day, so that all change the same day_index.
                let run = synthetic::run(number, synthetic::moment(0, 1), size.benchmarks);
                let id = clone.keep(run)?;
                clone.publish()?;
                Ok(id)
            })
            .collect()
    };
    let written: Vec<Result<Vec<String>>> = thread::scope(|scope| {
        let threads: Vec<_> = writers
            .iter()
            .enumerate()
            .map(|(i, clone)| scope.spawn(move || write(i, clone)))
            .collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended.map(|ended| ended.unwrap_or_else(|_| Err(anyhow!("a writer panicked")))).collect()
    });
    let written: Vec<Vec<String>> = written.into_iter().collect::<Result<_>>()?;
    let wanted: BTreeSet<String> = written.into_iter().flatten().collect();
    hub.check(&wanted)?;
    let took = unit::span(begun.elapsed().as_secs_f64());
    say(&format!("{title}: {} runs are there, each once ({took})", wanted.len()));
    Ok(())
}
