use super::*;
use crate::cause::BuildDifferences;
use crate::detect::counts::{CountDirection, Counts};
use crate::detect::system_calls::SystemCalls;
use Quantity::{
    AllocBytes, AllocCount, BranchMispredictions, Instructions, L1DataMisses, LastLevelMisses,
    MinorFaults, SystemNs, UserNs, VoluntarySwitches,
};

type Numbers<'a> = &'a [(Quantity, f64, f64)];

fn counts(numbers: Numbers<'_>) -> Counts {
    let mut counts = Counts::default();
    for (quantity, base, head) in numbers {
        counts.insert(*quantity, CountPair::new(*base, *head));
    }
    counts
}

fn calls(numbers: &[(&str, f64, f64)]) -> SystemCalls {
    let side = |head: bool| {
        let value = |(name, base, now): &(&str, f64, f64)| {
            ((*name).to_owned(), if head { *now } else { *base })
        };
        numbers.iter().map(value).collect()
    };
    SystemCalls { base: side(false), head: side(true) }
}

fn evidence<'a>(
    times: [f64; 2],
    counts: &'a Counts,
    system_calls: Option<&'a SystemCalls>,
    builds: &'a BuildDifferences,
) -> Evidence<'a> {
    let direction = match times {
        [base, head] if head > base => CountDirection::Grew,
        _ => CountDirection::Shrank,
    };
    Evidence { direction, times: Some(times), counts, system_calls, functions: &[], builds }
}

fn kinds(evidence: &Evidence<'_>) -> Vec<CauseKind> {
    likely_causes(evidence).iter().map(|cause| cause.kind).collect()
}

/// The causes of a change from 100 µs to 120 µs, and of its reverse.
fn assert_causes(numbers: Numbers<'_>, system_calls: &[(&str, f64, f64)], expected: &[CauseKind]) {
    let reversed: Vec<_> = numbers.iter().map(|(q, base, head)| (*q, *head, *base)).collect();
    let reversed_calls: Vec<_> =
        system_calls.iter().map(|(name, base, head)| (*name, *head, *base)).collect();
    let builds = BuildDifferences::default();
    let both = [
        ([1e5, 1.2e5], counts(numbers), calls(system_calls)),
        ([1.2e5, 1e5], counts(&reversed), calls(&reversed_calls)),
    ];
    for (times, counts, calls) in both {
        let found = kinds(&evidence(times, &counts, Some(&calls), &builds));
        assert_eq!(found, expected, "{times:?} {numbers:?} {system_calls:?}");
    }
}

#[test]
fn instructions_are_a_cause_from_a_quarter_of_the_change() {
    let none: &[CauseKind] = &[];
    assert_causes(&[(Instructions, 1e6, 1.2e6)], &[], &[CauseKind::Instructions]);
    assert_causes(&[(Instructions, 1e6, 1.06e6)], &[], &[CauseKind::Instructions]);
    assert_causes(&[(Instructions, 1e6, 1.03e6)], &[], none);
    assert_causes(&[(Instructions, 1.2e6, 1e6)], &[], none);
    assert_causes(&[(Instructions, 1e6, 1e6)], &[], none);
    assert_causes(&[], &[], none);
}

#[test]
fn allocations_are_a_cause_if_they_can_take_the_time() {
    let same = (Instructions, 1e6, 1e6);
    assert_causes(&[same, (AllocCount, 10.0, 20.0)], &[], &[]);
    assert_causes(&[same, (AllocCount, 10.0, 110.0)], &[], &[CauseKind::Allocations]);
    assert_causes(&[same, (AllocBytes, 0.0, 1e5)], &[], &[CauseKind::Allocations]);
    assert_causes(&[same, (AllocCount, 110.0, 10.0)], &[], &[]);
}

#[test]
fn page_faults_are_told_with_the_kernel_time() {
    let numbers = [(Instructions, 1e6, 1e6), (MinorFaults, 9.5, 16.6), (SystemNs, 25e3, 36e3)];
    assert_causes(&numbers, &[], &[CauseKind::PageFaults]);
    let counts = counts(&numbers);
    let builds = BuildDifferences::default();
    let causes = likely_causes(&evidence([1e5, 1.2e5], &counts, None, &builds));
    assert_eq!(causes[0].headline(), "page faults 9.500 → 16.60, kernel time 25.00 µs → 36.00 µs");
    assert_causes(&[(MinorFaults, 9.5, 10.0)], &[], &[]);
}

#[test]
fn kernel_time_is_a_cause_of_its_own_without_faults_and_calls() {
    let kernel = (SystemNs, 20e3, 35e3);
    let same = [("read", 4.0, 4.0)];
    assert_causes(&[kernel], &same, &[CauseKind::KernelTime]);
    assert_causes(&[kernel], &[], &[]);
    assert_causes(&[(SystemNs, 20e3, 28e3)], &same, &[]);
    assert_causes(&[(SystemNs, 0.0, 60e3)], &same, &[]);
    assert_causes(&[kernel], &[("read", 4.0, 14.0)], &[CauseKind::SystemCalls]);
    assert_causes(&[kernel], &[("read", 4.0, 5.0)], &[CauseKind::KernelTime]);
}

#[test]
fn waiting_is_time_without_processor_time_or_more_switches() {
    let busy = [(UserNs, 1e5, 1e5), (SystemNs, 0.0, 0.0)];
    let with =
        |switches: (f64, f64)| [&busy[..], &[(VoluntarySwitches, switches.0, switches.1)]].concat();
    assert_causes(&with((0.0, 1.0)), &[], &[CauseKind::Waiting]);
    // The same number of longer waits.
    assert_causes(&with((1.0, 1.0)), &[], &[CauseKind::Waiting]);
    let counts = counts(&with((1.0, 1.0)));
    let sleep = calls(&[("clock_nanosleep", 1.0, 1.0), ("read", 1.0, 1.0)]);
    let builds = BuildDifferences::default();
    let causes = likely_causes(&evidence([1e5, 1.2e5], &counts, Some(&sleep), &builds));
    let expected = "waiting: idle time 0.000 ns → 20.00 µs, clock_nanosleep 1 → 1";
    assert_eq!(causes[0].headline(), expected);
    // Another process ran.
    assert_causes(&with((0.0, 0.0)), &[], &[]);
    let threads = [(UserNs, 2e5, 2.4e5), (SystemNs, 0.0, 0.0), (VoluntarySwitches, 1.0, 5.0)];
    let futex = [("futex", 1.0, 20.0)];
    assert_causes(&threads, &futex, &[CauseKind::Waiting, CauseKind::SystemCalls]);
}

#[test]
fn simulated_events_are_causes_beyond_the_instructions() {
    let same = (Instructions, 1e6, 1e6);
    assert_causes(&[same, (BranchMispredictions, 100.0, 900.0)], &[], &[CauseKind::Branches]);
    assert_causes(&[same, (L1DataMisses, 100.0, 2000.0)], &[], &[CauseKind::Caches]);
    assert_causes(&[same, (LastLevelMisses, 0.0, 120.0)], &[], &[CauseKind::Caches]);
    assert_causes(&[same, (BranchMispredictions, 100.0, 300.0)], &[], &[]);
    let more_work = [(Instructions, 1e6, 1.2e6), (BranchMispredictions, 5000.0, 6000.0)];
    assert_causes(&more_work, &[], &[CauseKind::Instructions]);
}

#[test]
fn another_build_is_the_first_cause() {
    let builds = BuildDifferences { settings: vec!["build.rustflags".to_owned()], crates: vec![] };
    let counts = counts(&[(Instructions, 1e6, 1.2e6)]);
    let found = kinds(&evidence([1e5, 1.2e5], &counts, None, &builds));
    assert_eq!(found, [CauseKind::Build, CauseKind::Instructions]);
}

#[test]
fn a_dependency_is_a_cause_if_its_functions_have_the_instructions() {
    let function = |name: &str, base, head| FunctionCount {
        name: name.to_owned(),
        former_name: None,
        base,
        head,
    };
    let functions =
        [function("toml_parser::skip", 1000.0, 1180.0), function("app::main", 50.0, 70.0)];
    let base = [("toml-parser", "1.0.0"), ("app", "0.1.0"), ("serde", "1.0.0")];
    let head = [("toml-parser", "1.0.1"), ("app", "0.2.0"), ("serde", "1.0.0")];
    let mut builds = BuildDifferences::default();
    builds.add_packages(base, head);
    let counts = counts(&[(Instructions, 1050.0, 1250.0)]);
    let evidence =
        Evidence { functions: &functions, ..evidence([100.0, 115.0], &counts, None, &builds) };
    let causes = likely_causes(&evidence);
    assert_eq!(kinds(&evidence), [CauseKind::Dependency, CauseKind::Instructions]);
    assert_eq!(
        causes[0].headline(),
        "dependency toml-parser 1.0.0 → 1.0.1: instructions +18.0 % in its functions"
    );
    assert_eq!((causes[0].functions.len(), causes[1].functions.len()), (1, 2));
}

#[test]
fn changed_counts_need_no_change_of_the_time() {
    let numbers = [(Instructions, 1e6, 1.02e6), (AllocCount, 1.0, 2.0), (MinorFaults, 1.0, 9.0)];
    let counts = counts(&numbers);
    let builds = BuildDifferences::default();
    let evidence = Evidence { times: None, ..evidence([1.0, 2.0], &counts, None, &builds) };
    assert_eq!(kinds(&evidence), [CauseKind::Allocations, CauseKind::Instructions]);
}
