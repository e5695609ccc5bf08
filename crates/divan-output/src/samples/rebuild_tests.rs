use proptest::prelude::*;

use super::super::recording::Event;
use super::super::simulation::{Bench, Process, run, run_old};
use super::*;
use crate::parse_table;

const PRECISION: u64 = 20_000;

fn rebuilt(process: &Process) -> Vec<Rebuilt> {
    let table = parse_table(&process.stdout, "");
    assert_eq!(table.problems, []);
    rebuild(&process.recording, &table.rows, PRECISION)
}

/// Samples of about `mean` ns, with the spread and the outliers of real ones.
fn raw(count: u64, mean: u64) -> Vec<u64> {
    let spread = (mean / 20).max(7);
    let outlier = |index: u64| if index % 29 == 3 { mean } else { 0 };
    (0..count).map(|index| mean + index * 7_919 % spread + outlier(index)).collect()
}

fn assert_proved(process: &Process) {
    for (outcome, picos) in rebuilt(process).iter().zip(&process.picos) {
        match outcome {
            Rebuilt::Proved(samples) => assert_within(samples, picos),
            Rebuilt::Refused(refusal) => panic!("{refusal}"),
        }
    }
}

fn assert_within(samples: &Samples, picos: &[u64]) {
    assert_eq!(samples.picos.len(), picos.len());
    for (found, expected) in samples.picos.iter().zip(picos) {
        let off = found.abs_diff(*expected);
        assert!(off <= samples.bound_ps, "{found} for {expected}, bound {}", samples.bound_ps);
    }
}

#[test]
fn plain_rows_are_exact() {
    for (size, mean) in [(1, 2_500), (1, 1_300_000), (64, 9_000), (1024, 11_000)] {
        for count in [1, 2, 5, 100, 101] {
            let process = run(&[Bench::plain(size, raw(count, mean))]);
            let [Rebuilt::Proved(found)] = &rebuilt(&process)[..] else {
                panic!("{size} {mean} {count}");
            };
            let marks = found.last_sample.unwrap();
            let all = found.all.unwrap();
            assert_eq!((marks.last - marks.first, marks.last), (1, all.last));
            assert_eq!(all.last - all.first, 2 * count - 1);
            let expected = Samples {
                sample_size: size,
                threads: 1,
                picos: process.picos[0].clone(),
                bound_ps: 0,
                all: Some(all),
                last_sample: Some(marks),
            };
            assert_eq!(*found, expected, "{size} {mean} {count}");
        }
    }
}

/// Recordings of `fixtures/divan-shapes`, without the reads before the table.
#[test]
fn captured_processes_are_proved() {
    for (tape, stdout) in [
        (
            &include_bytes!("../../../../fixtures/divan/pinned.tap")[..],
            include_str!("../../../../fixtures/divan/pinned.out"),
        ),
        (
            &include_bytes!("../../../../fixtures/divan/tuned.tap")[..],
            include_str!("../../../../fixtures/divan/tuned.out"),
        ),
    ] {
        let recording = Recording::parse(tape).unwrap();
        let rows = parse_table(stdout, "").rows;
        let rebuilt = rebuild(&recording, &rows, 29_000);
        let proved = |outcome: &&Rebuilt| matches!(outcome, Rebuilt::Proved(_));
        let done = rows.iter().filter(|row| row.figures().is_some()).count();
        assert!(done >= 8);
        assert_eq!(rebuilt.iter().filter(proved).count(), done, "{rebuilt:?}");
    }
}

/// Recordings of an older version and of codspeed-divan-compat, with the reads before the table.
#[test]
fn captured_processes_of_other_versions_are_proved() {
    for (tape, stdout) in [
        (
            &include_bytes!("../../../../fixtures/divan/0.1.11-pinned.tap")[..],
            include_str!("../../../../fixtures/divan/0.1.11-pinned.out"),
        ),
        (
            &include_bytes!("../../../../fixtures/divan/codspeed-5.0.3-pinned.tap")[..],
            include_str!("../../../../fixtures/divan/codspeed-5.0.3-pinned.out"),
        ),
    ] {
        let recording = Recording::parse(tape).unwrap();
        let rows = parse_table(stdout, "").rows;
        let rebuilt = rebuild(&recording, &rows, PRECISION);
        assert_eq!(rebuilt.len(), 6);
        let is_proved = |outcome: &Rebuilt| matches!(outcome, Rebuilt::Proved(_));
        assert!(rebuilt.iter().all(is_proved), "{rebuilt:?}");
    }
}

#[test]
fn later_rows_use_the_calibration_of_the_first() {
    let benches = [3_000, 40_000, 9_000].map(|mean| Bench::plain(8, raw(50, mean)));
    assert_proved(&run(&benches));
}

#[test]
fn the_calibration_of_a_tuned_row_is_in_phase() {
    let first = Bench { tuned: Some(PRECISION), ..Bench::plain(64, raw(100, 9_000)) };
    let second = Bench { allocs: Some(|_| 4_000), ..Bench::plain(1, raw(100, 30_000)) };
    let process = run(&[first, second]);
    let [_, Rebuilt::Proved(samples)] = &rebuilt(&process)[..] else {
        panic!("{:?}", rebuilt(&process)[1]);
    };
    assert_eq!(samples.picos, process.picos[1]);
}

#[test]
fn samples_of_threads_take_turns() {
    for threads in [2, 4] {
        let raw_ns = (0..threads).map(|thread| raw(25, 8_000 + 900 * thread)).collect();
        assert_proved(&run(&[Bench { raw_ns, ..Bench::plain(4, vec![]) }]));
    }
}

#[test]
fn own_clock_reads_are_left_out() {
    for own in [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 1, 0], [1, 1, 1, 1], [3, 3, 3, 2], [0, 0, 0, 4]]
    {
        for size in [1, 4] {
            let bench = Bench { own, setup: 5, ..Bench::plain(size, raw(40, 30_000)) };
            assert_proved(&run(&[bench.clone(), bench]));
        }
    }
}

#[test]
fn reads_of_hooks_around_a_sample_are_left_out() {
    for own in [[0; 4], [0, 0, 0, 2], [0, 1, 0, 0]] {
        for size in [1, 8, 64] {
            let bench = Bench { own, hooks: 1, ..Bench::plain(size, raw(40, 30_000)) };
            assert_proved(&run(&[bench.clone(), bench]));
        }
    }
}

#[test]
fn a_calibration_before_the_table_is_found() {
    for size in [1, 8, 1024] {
        let bench = Bench::plain(size, raw(40, 30_000));
        assert_proved(&run_old(&[bench.clone(), bench]));
    }
}

#[test]
fn no_time_is_the_precision_only_where_divan_tuned() {
    // 240 ps an iteration are subtracted: most of these samples come out as nothing.
    let raw_ns: Vec<u64> = raw(100, 1_900);
    for tuned in [None, Some(PRECISION)] {
        let bench = Bench { tuned, ..Bench::plain(8192, raw_ns.clone()) };
        let process = run(&[bench]);
        assert!(process.picos[0].contains(&tuned.unwrap_or(0)));
        assert_proved(&process);
    }
}

#[test]
fn samples_that_allocate_differently_are_within_their_bound() {
    for (mean, size) in [(10_000, 1), (26_000, 1), (250_000, 1), (1_000_000, 1), (26_000, 8)] {
        let allocs: fn(usize) -> u64 = |sample| 140 + 20 * (sample as u64 % 7);
        let raw_ns =
            (0..100).map(|sample| mean * (7 + sample % 7) / 10 + sample * 31 % 97).collect();
        let process = run(&[Bench { allocs: Some(allocs), ..Bench::plain(size, raw_ns) }]);
        assert_proved(&process);
        let Rebuilt::Proved(samples) = &rebuilt(&process)[0] else { unreachable!() };
        // At most twice the range of 120 allocations and as many deallocations.
        assert!((1..=2 * 120 * 1_010).contains(&samples.bound_ps), "{}", samples.bound_ps);
    }
}

#[test]
fn samples_that_allocate_alike_are_exact() {
    let process = run(&[Bench { allocs: Some(|_| 37), ..Bench::plain(1, raw(100, 20_000)) }]);
    let Rebuilt::Proved(samples) = &rebuilt(&process)[0] else { unreachable!() };
    assert_eq!(samples.picos, process.picos[0]);
}

/// The places of the clock reads from the `from`-th to last one on.
fn last_reads(recording: &Recording, from: usize) -> Vec<usize> {
    let clock = |event: &Event| matches!(event, Event::Clock { .. });
    let mut places: Vec<usize> =
        (0..recording.events.len()).filter(|index| clock(&recording.events[*index])).collect();
    places.split_off(places.len() - from)
}

fn shift(recording: &mut Recording, place: usize, ns: u64) {
    for event in &mut recording.events[place..] {
        if let Event::Clock { ns: now, .. } = event {
            *now += ns;
        }
    }
}

fn damage() -> (Process, Vec<usize>) {
    let process = run(&[Bench { setup: 3, ..Bench::plain(16, raw(60, 12_000)) }]);
    let reads = last_reads(&process.recording, 120);
    (process, reads)
}

#[test]
fn a_lost_read_is_refused() {
    for lost in [0, 1, 2, 59, 60, 118, 119] {
        let (mut process, reads) = damage();
        process.recording.events.remove(reads[lost]);
        assert_eq!(rebuilt(&process), [Rebuilt::Refused(Refusal::NoMatch)], "{lost}");
    }
}

#[test]
fn an_extra_read_is_refused_among_the_samples() {
    for extra in [1, 60, 118] {
        let (mut process, reads) = damage();
        let again = process.recording.events[reads[extra]];
        process.recording.events.insert(reads[extra], again);
        assert_eq!(rebuilt(&process), [Rebuilt::Refused(Refusal::NoMatch)], "{extra}");
    }
}

#[test]
fn a_sample_of_another_length_is_refused() {
    for sample in 0..60 {
        let (mut process, reads) = damage();
        // A third longer moves the mean by half a percent, whichever sample it is.
        shift(&mut process.recording, reads[2 * sample + 1], 4_000);
        assert_eq!(rebuilt(&process), [Rebuilt::Refused(Refusal::NoMatch)], "{sample}");
    }
}

#[test]
fn another_size_or_count_is_refused() {
    for (iters, wrong) in [("960", "1920"), ("960", "480"), (" 60 ", " 30 ")] {
        let (mut process, _) = damage();
        process.stdout = process.stdout.replace(iters, wrong);
        let refused = matches!(rebuilt(&process)[..], [Rebuilt::Refused(_)]);
        assert!(refused, "{wrong}");
    }
}

#[test]
fn rows_after_a_lost_calibration_are_refused() {
    let mut process = run(&[Bench::plain(16, raw(60, 12_000)), Bench::plain(16, raw(60, 12_000))]);
    // The label of the first row, and then its calibration.
    let label =
        process.recording.events.iter().position(|event| matches!(event, Event::Stdout { .. }));
    process.recording.events.remove(label.unwrap() + 100);
    assert_eq!(rebuilt(&process)[1], Rebuilt::Refused(Refusal::NoCalibration));
}

#[test]
fn rows_without_numbers_or_reads_are_refused() {
    let (mut process, _) = damage();
    let numbers = process.stdout.find(" ns").unwrap();
    let rows = parse_table(&process.stdout[..numbers], "").rows;
    let unfinished = rebuild(&process.recording, &rows, PRECISION);
    assert_eq!(unfinished, vec![Rebuilt::Refused(Refusal::NotMeasured); rows.len()]);
    process.recording.events.retain(|event| matches!(event, Event::Clock { .. }));
    assert_eq!(rebuilt(&process), [Rebuilt::Refused(Refusal::NotFound)]);
}

#[test]
fn the_search_ends_soon_for_many_samples() {
    let own = [1, 1, 1, 2];
    let bench = Bench { own, ..Bench::plain(2, raw(10_000, 3_000)) };
    let mut process = run(&[bench]);
    assert_proved(&process);
    // The end of the last sample, before two drops and two reads after it.
    let reads = last_reads(&process.recording, 5);
    shift(&mut process.recording, reads[0], 700_000);
    assert_eq!(rebuilt(&process), [Rebuilt::Refused(Refusal::NoMatch)]);
}

fn any_bench() -> impl Strategy<Value = Bench> {
    let raw_ns = (1_u64..60, 500_u64..2_000_000).prop_map(|(count, mean)| raw(count, mean));
    (0_u32..8, raw_ns, prop::array::uniform4(0_usize..3), 0_usize..6).prop_map(
        |(shift, raw_ns, own, setup)| Bench { own, setup, ..Bench::plain(1 << shift, raw_ns) },
    )
}

proptest! {
    // Each case is a search over all guesses.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn proved_samples_are_the_true_ones(bench in any_bench()) {
        let process = run(&[bench]);
        if let Rebuilt::Proved(samples) = &rebuilt(&process)[0] {
            assert_within(samples, &process.picos[0]);
        }
    }

    #[test]
    fn whatever_is_lost_or_doubled_no_false_samples_are_proved(
        bench in any_bench(), place in any::<prop::sample::Index>(), doubled in any::<bool>(),
    ) {
        let mut process = run(&[Bench { own: [0; 4], ..bench }]);
        let events = &mut process.recording.events;
        let index = place.index(events.len());
        if doubled { events.insert(index, events[index]) } else { events.remove(index); }
        if let Rebuilt::Proved(samples) = &rebuilt(&process)[0] {
            let resolution = samples.picos.iter().min().unwrap_or(&0) / 500;
            for (found, expected) in samples.picos.iter().zip(&process.picos[0]) {
                prop_assert!(found.abs_diff(*expected) <= samples.bound_ps + resolution);
            }
        }
    }

    #[test]
    fn a_row_with_one_wrong_sample_is_refused(
        bench in any_bench(), sample in any::<prop::sample::Index>(), factor in 2_u64..50,
    ) {
        let bench = Bench { own: [0; 4], ..bench };
        let count = bench.raw_ns[0].len();
        let mut process = run(std::slice::from_ref(&bench));
        let reads = last_reads(&process.recording, 2 * count);
        let sample = sample.index(count);
        shift(&mut process.recording, reads[2 * sample + 1], bench.raw_ns[0][sample] * factor);
        prop_assert!(matches!(rebuilt(&process)[0], Rebuilt::Refused(_)));
    }
}
