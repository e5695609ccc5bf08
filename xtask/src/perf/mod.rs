//! `cargo xtask perf`: measure, record, judge, report.
//!
//! [`run`] composes it, a line a stage. What can fail is checked first; measuring takes minutes.

mod ground;
mod subject;
mod outcome;

use crate::bench::{Measurement, Rounds, Session};
use crate::cli::PerfArgs;
use crate::interrupt::Interrupt;
use anyhow::Result;
use ground::Ground;
use perf_core::run::LaunchTimes;
use perf_core::verdict::{Judge, Look, Step, Verdicts};
use std::process::ExitCode;
use std::time::Duration;
use subject::Subject;

/// Measures the workspace, records the run and judges it.
pub(crate) fn run(args: &PerfArgs) -> Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let ground = Ground::check(args)?;
    let (subject, listing) = Subject::build(&ground, args, &interrupt)?;
    let mut session = subject.plan(&ground, listing, args)?;
    let mut judge = subject.judge(&ground, &session, args);

    let first = look(&mut judge, &mut session, &subject, &interrupt)?;
    let run = subject.run(&ground, &session, &first, args);
    outcome::save(&ground, &run, &first)?;
    let recorded = ground.record(&run, args);

    let verdicts = judge_to_the_end(judge, &mut session, &subject, &interrupt)?;
    let report = outcome::report(&ground, &subject, &run, &first, verdicts, args);
    outcome::write(&ground, &run, &report)?;
    outcome::print(&report, args)?;
    outcome::status(&ground, &report, recorded)
}

/// Does what the judge asks for first: the launches that are recorded.
fn look(
    judge: &mut Judge,
    session: &mut Session,
    subject: &Subject,
    interrupt: &Interrupt,
) -> Result<Measurement> {
    match judge.step() {
        Step::Measure { look, benchmarks, launches } => {
            let told = session.measure(
                &rounds(look, launches),
                &benchmarks,
                &subject.launcher,
                interrupt,
            )?;
            feed(judge, &told);
            Ok(told)
        }
        Step::Compare { .. } | Step::Done(_) => Ok(Measurement::default()),
    }
}

fn judge_to_the_end(
    mut judge: Judge,
    session: &mut Session,
    subject: &Subject,
    interrupt: &Interrupt,
) -> Result<Verdicts> {
    loop {
        let (rounds, benchmarks) = match judge.step() {
            Step::Done(verdicts) => return Ok(verdicts),
            Step::Compare { .. } => todo!(),
            Step::Measure { look, benchmarks, launches } => (rounds(look, launches), benchmarks),
        };
        let told = session.measure(&rounds, &benchmarks, &subject.launcher, interrupt)?;
        feed(&mut judge, &told);
    }
}

/// The least time between rounds that wait out a burst: ten of them take as long as most bursts.
const PATIENCE: Duration = Duration::from_secs(2);

fn rounds(look: Look, launches: usize) -> Rounds {
    let (title, least) = match look {
        Look::First => ("measuring", Duration::ZERO),
        Look::Second => ("measuring again what moved", Duration::ZERO),
        Look::Third => ("making sure of what got slower", PATIENCE),
    };
    Rounds { title, launches, least }
}

fn feed(judge: &mut Judge, told: &Measurement) {
    for (name, readings) in &told.readings {
        let launches: Vec<LaunchTimes> = readings.iter().map(|reading| reading.times()).collect();
        judge.feed(name, launches);
    }
    told.failures.iter().for_each(|(name, reason)| judge.fail(name, reason.clone()));
}
