//! A run: one recorded measurement of a commit on a machine, and its file format.

mod columns;
mod commit;
mod error;
mod file;
mod former_schemas;
mod identity;
mod joined;
mod machine;
mod measured;
mod number;
mod quantity;
mod launch_result;
mod recorded;
mod pair;

pub use commit::Commit;
pub use error::RunError;
pub use launch_result::{Alloc, LaunchResult, LaunchTimes, Statistic, are_empty};
pub use machine::{Machine, NATIVE};
pub use measured::{
    Foreign, Measured, P95_SAMPLES, P99_SAMPLES, Source, TailAbsence, TailSource, Times,
};
pub(crate) use measured::{coarse, shortened};
pub use number::Number;
pub use pair::{Pair, Side};
pub use quantity::{Quantities, Quantity};
pub use recorded::{Accepted, Run, RunKind, SCHEMA, Unfinished};

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ident::BenchmarkId;

    /// A run of `benchmarks`, `day` days into November 2026, on the branch `main`.
    pub(crate) fn run(day: u32, benchmarks: Vec<Measured>) -> Run {
        let started = format!("2026-11-{day:02}T02:45:00Z");
        let machine = Machine { cpu: "Model 1".to_owned(), cores: 2, ..Machine::default() }
            .with_machine_key();
        Run {
            seed: 7,
            commit: Some(Commit {
                hash: format!("{day:040x}"),
                branch: Some("main".to_owned()),
                subject: "Read faster".to_owned(),
                author_date: "2026-11-01T12:00:00+01:00".to_owned(),
                dirty: false,
            }),
            ..Run::new(started.parse().unwrap(), machine, benchmarks)
        }
        .with_id()
    }

    /// A benchmark with five equal launches of `ns`.
    pub(crate) fn measured(name: &str, ns: f64) -> Measured {
        let launches: Vec<LaunchResult> = (0..5).map(|_| launch_result(ns)).collect();
        Measured::of(BenchmarkId::from(name), None, &launches).unwrap()
    }

    /// A launch of 21 samples that all took `ns`.
    pub(crate) fn launch_result(ns: f64) -> LaunchResult {
        LaunchResult {
            min_ns: ns,
            max_ns: ns,
            median_ns: ns,
            mean_ns: ns,
            sample_size: 1,
            sample_count: 21,
            samples_ns: Some(vec![ns; 21]),
            ..LaunchResult::default()
        }
    }

    #[test]
    fn a_run_survives_its_file() {
        let run = run(3, vec![measured("core/parse::xml", 123.456_789)]);
        assert_eq!(Run::from_json(&run.to_json()).unwrap(), run);
        assert_eq!(run.id.get(..29), Some("20261103T024500Z-000000000000"));
    }

    #[test]
    fn parts_of_one_machine_make_one_run_and_other_machines_their_own() {
        let whole = run(3, vec![measured("a/b::c", 1.0), measured("a/b::d", 2.0)]);
        let one = run(3, vec![measured("a/b::d", 2.0)]);
        let other = run(3, vec![measured("a/b::c", 1.0)]);
        assert_eq!(Run::joined([one.clone(), other.clone()]), std::slice::from_ref(&whole));
        assert_eq!(Run::joined([whole.clone()]), [whole]);
        let machine = Machine { cpu: "B".to_owned(), ..other.machine.clone() }.with_machine_key();
        let elsewhere = Run { machine, partial: true, ..other };
        let joined = Run::joined([one.clone(), elsewhere]);
        assert_eq!(joined.len(), 2);
        assert_eq!(joined[0].benchmarks, one.benchmarks);
        assert_eq!(
            (joined[0].partitioned, joined[1].partitioned, joined[1].partial),
            (true, true, true)
        );
    }

    #[test]
    fn a_joined_run_has_each_benchmark_once() {
        let one = run(3, vec![measured("a/b::c", 1.0), measured("a/b::d", 2.0)]);
        let again = Run { seed: 9, ..run(3, vec![measured("a/b::d", 3.0)]) }.with_id();
        let joined = Run::joined([one.clone(), again.clone(), one.clone()]);
        assert_eq!(joined[0], one);
        assert_eq!((joined[1].partial, &joined[1].benchmarks), (true, &again.benchmarks));
        assert_eq!(joined.len(), 3);
    }

    #[test]
    fn contents_make_the_identity() {
        let one = run(3, vec![measured("core/parse::xml", 100.0)]);
        let other = run(3, vec![measured("core/parse::xml", 101.0)]);
        assert_ne!(one.id, other.id);
        assert_eq!(one.clone().with_id(), one);
    }

    #[test]
    fn a_newer_schema_is_refused_before_its_fields_are_read() {
        let error = Run::from_json(r#"{"schema": 4, "anything": []}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it has schema 4, and this version reads schemas up to 3: update this tool"
        );
        for text in ["", "[]", "{}", r#"{"schema": 1}"#, r#"{"schema": 2}"#, r#"{"schema": -1}"#] {
            assert!(matches!(Run::from_json(text), Err(RunError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn machines_differ_by_name_and_key() {
        let one = Machine { cpu: "A".to_owned(), image: "1".to_owned(), ..Machine::default() }
            .with_machine_key();
        let image = Machine { image: "2".to_owned(), ..one.clone() }.with_machine_key();
        let cpu = Machine { cpu: "B".to_owned(), ..one.clone() }.with_machine_key();
        assert_eq!(one.key, image.key);
        assert_ne!(one.key, cpu.key);
        assert_eq!(one.differences(&cpu), ["cpu"]);
    }

    #[test]
    fn counts_of_other_processors_can_be_compared_but_not_of_other_libraries() {
        let one = Machine { cpu: "A".to_owned(), cores: 2, ..Machine::default() };
        let cpu = Machine { cpu: "B".to_owned(), cores: 64, ..one.clone() };
        let image = Machine { image: "2".to_owned(), ..one.clone() };
        assert_eq!([cpu.counts_key(), image.counts_key()], [one.counts_key(), one.counts_key()]);
        let libc = Machine { libc: "glibc 2.36".to_owned(), ..one.clone() };
        let rustc = Machine { rustc: "1.96.0".to_owned(), ..one.clone() };
        let features = Machine { features: "a".to_owned(), ..one.clone() };
        for other in [&libc, &rustc, &features] {
            assert_ne!(other.counts_key(), one.counts_key(), "{other:?}");
        }
        assert_eq!(libc.clone().with_machine_key().key, one.clone().with_machine_key().key);
        let native =
            |machine: Machine| Machine { flags: "-C target-cpu=native".to_owned(), ..machine };
        assert_ne!(native(one.clone()).counts_key(), native(cpu.clone()).counts_key());
        let counted_for = |level: &str, machine: &Machine| Machine {
            counted_for: level.to_owned(),
            ..native(machine.clone())
        };
        let [of_one, of_cpu] = [&one, &cpu].map(|m| counted_for("x86-64-v3", m).counts_key());
        assert_eq!(of_one, of_cpu);
        assert!(![one.counts_key(), native(one.clone()).counts_key()].contains(&of_one));
        let [of_one, of_cpu] = [one, cpu].map(|m| counted_for("native", &m).counts_key());
        assert_ne!(of_one, of_cpu);
    }

    #[test]
    fn only_chosen_features_and_profiles_are_part_of_a_key() {
        let none = Machine { cpu: "A".to_owned(), cores: 2, ..Machine::default() };
        let none = none.with_machine_key();
        // The key of earlier versions.
        assert_eq!(none.key, "038ef803bd5084e7");
        let json = serde_json::to_string(&none).unwrap();
        assert!(!json.contains("features") && !json.contains("cargo_profile"), "{json}");
        assert_eq!(serde_json::from_str::<Machine>(&json).unwrap(), none);
        let features = Machine { features: "a".to_owned(), ..none.clone() }.with_machine_key();
        let profile = Machine { cargo_profile: "a".to_owned(), ..none.clone() }.with_machine_key();
        assert_ne!(none.key, features.key);
        assert_ne!(profile.key, features.key);
        assert_eq!(none.differences(&features), ["features"]);
        assert_eq!(none.differences(&profile), ["cargo_profile"]);
    }
}
