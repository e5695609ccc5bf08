use proptest::prelude::*;

use super::super::writer::{self, Plan};
use super::*;

const SHAPES: &str = include_str!("../../../fixtures/divan/shapes.out");
const HEADER: &str = "root            fastest       │ slowest       │ median        │ mean          │ samples │ iters\n";

fn shapes() -> Table {
    let table = parse_table(SHAPES, "");
    assert_eq!(table.problems, []);
    table
}

fn row<'a>(table: &'a Table, path: &str) -> &'a Row {
    let found = table.rows.iter().find(|row| row.path.join("::") == path);
    found.unwrap_or_else(|| panic!("{path:?} not in {:?}", paths(table)))
}

fn paths(table: &Table) -> Vec<String> {
    table.rows.iter().map(|row| row.path.join("::")).collect()
}

fn figures<'a>(table: &'a Table, path: &str) -> &'a Figures {
    row(table, path).figures().unwrap_or_else(|| panic!("{path} is not done"))
}

#[test]
fn every_listed_shape_has_its_row() {
    let table = shapes();
    let listing = include_str!("../../../fixtures/divan/shapes.list");
    for name in super::super::parse_listing(listing, "shapes").unwrap().names {
        let threads = format!("{name}::t=");
        let found = |path: &String| *path == name || path.starts_with(&threads);
        assert!(paths(&table).iter().any(found), "{name:?} not in {:?}", paths(&table));
    }
}

#[test]
fn states_are_told_apart() {
    let table = shapes();
    assert_eq!(row(&table, "shapes::ignored").state, RowState::Ignored);
    assert_eq!(row(&table, "shapes::never_benches").state, RowState::Unfinished);
    let open = table.rows.iter().filter(|row| row.figures().is_none()).count();
    assert_eq!(open, 2);
}

#[test]
fn hostile_names_keep_their_numbers() {
    let table = shapes();
    for path in [
        "shapes::renamed with spaces │ and pipe",
        "shapes::├─ looks like a branch",
        "shapes::1.5 ns │ 2 ns │ 1.5 ns │ 1.5 ns │ 100 │ 100",
        "shapes::str_args::",
        "shapes::str_args::two  spaces",
        "shapes::str_args::new\nline",
        "shapes::str_args::t=4",
        "shapes::types::Cow<'_, str>",
        "shapes::threads_args::9::t=10",
        "shapes::group of its own::deeper::leaf",
    ] {
        assert!(figures(&table, path).samples >= 30, "{path}");
    }
}

#[test]
fn own_prints_between_label_and_numbers_are_skipped() {
    let table = shapes();
    assert_eq!(figures(&table, "shapes::meddling::prints").iters, 6);
    let glued = row(&table, "shapes::meddling::prints_before");
    assert!(SHAPES[glued.span.clone()].contains("no end of line"));
    let fastest = glued.figures().unwrap().time_ns.fastest.value;
    assert!((1.0..10_000.0).contains(&fastest), "{fastest}");
}

#[test]
fn spans_are_the_rows_own_lines() {
    let table = shapes();
    for row in &table.rows {
        let text = &SHAPES[row.span.clone()];
        assert!(text.ends_with('\n') && branch_depth(text) == Some(row.path.len() - 1), "{text}");
    }
}

#[test]
fn rates_and_allocations_belong_to_their_row() {
    let table = shapes();
    let kinds = |path| figures(&table, path).rates.iter().map(|rate| rate.kind).collect::<Vec<_>>();
    use super::super::RateKind::{Bytes, Chars, Cycles, Items};
    assert_eq!(kinds("shapes::counters"), [Bytes, Items]);
    assert_eq!(kinds("shapes::more_counters"), [Chars, Cycles, Items]);
    assert_eq!(kinds("shapes::plain"), []);
    let many = &figures(&table, "shapes::many_allocs").allocs;
    assert_eq!(many.iter().map(|alloc| alloc.kind).collect::<Vec<_>>(), {
        use AllocKind::{Alloc, Dealloc, Peak};
        [Peak, Alloc, Dealloc]
    });
    assert!((many[1].count.mean.value - 1233.0).abs() < 1e-9);
    assert!((many[1].bytes.fastest.value - 760_700.0).abs() < 1e-3);
    assert_eq!(figures(&table, "shapes::grow_shrink").allocs.len(), 4);
}

#[test]
fn binary_units_are_read() {
    let table = parse_table(include_str!("../../../fixtures/divan/binary-units.out"), "");
    assert_eq!(table.problems, []);
    let bytes = figures(&table, "shapes::many_allocs").allocs[1].bytes.mean.value;
    assert!((bytes - 742.9 * 1024.0).abs() < 1e-3, "{bytes}");
}

#[test]
fn a_panic_leaves_its_row_unfinished() {
    let text = format!(
        "{HEADER}├─ sound        0 ns          │ 2 ns          │ 1 ns          │ 1 ns          │ 100     │ 800\n├─ panics       "
    );
    let table = parse_table(&text, "");
    assert_eq!(paths(&table), ["root::sound", "root::panics"]);
    assert_eq!(table.rows[1].state, RowState::Unfinished);
    assert_eq!(table.problems, []);
}

#[test]
fn an_unknown_unit_is_reported_with_its_line() {
    let text = format!(
        "{HEADER}╰─ a            1 zs          │ 2 zs          │ 1 zs          │ 1 zs          │ 100     │ 800\n"
    );
    let table = parse_table(&text, "");
    assert_eq!(table.rows[0].state, RowState::Unfinished);
    assert_eq!(table.problems[0].line, 2);
}

#[test]
fn another_header_is_reported() {
    let table =
        parse_table("root   fastest │ p95 │ median │ mean │ samples │ iters\n╰─ a   1 ns\n", "");
    assert_eq!(table.rows, []);
    assert_eq!(table.problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn numbers_that_contradict_each_other_are_reported() {
    let text = format!(
        "{HEADER}╰─ a            699 ns        │ 618 ns        │ 608 ns        │ 609 ns        │ 3       │ 12\n"
    );
    let table = parse_table(&text, "");
    assert_eq!(table.rows[0].figures(), None);
    assert_eq!(table.problems.len(), 1);
}

/// The numbers of a row, as Divan prints them.
const NUMBERS: &str =
    "6.5 ns        │ 618 ns        │ 608 ns        │ 609 ns        │ 3       │ 12\n";
/// The label of the row `root::a`.
const LABEL: &str = "╰─ a            ";

#[test]
fn what_a_program_prints_is_no_part_of_a_row() {
    let long = "a line of the benchmark's own │ with a bar\n".repeat(20_000);
    let plain = format!("{HEADER}{LABEL}{NUMBERS}\n");
    let printed = |text: &str| format!("{HEADER}{LABEL}{text}{NUMBERS}\n");
    let texts = [
        plain.clone(),
        format!("loading\n{plain}the end\n"),
        format!("loading {plain}the end"),
        format!("größe 🎵 {plain}"),
        format!("{NUMBERS}{LABEL}{NUMBERS}{plain}"),
        printed("3"),
        printed("1."),
        printed("a line\n"),
        printed("a line\nno end of line"),
        printed("\n\n1 ns │ 2 ns │ 1.5 ns │ 1.5 ns │ 100\n7"),
        printed(&long),
    ];
    for text in texts {
        let table = parse_table(&text, "root");
        let shown = &text[..text.len().min(500)];
        assert_eq!(paths(&table), ["root::a"], "{shown}");
        let figures = figures(&table, "root::a");
        let time = &figures.time_ns;
        let read = (time.fastest.value, time.median.value, figures.samples, figures.iters);
        assert_eq!(read, (6.5, 608.0, 3, 12), "{shown}");
        assert!(table.problems.len() <= 20);
    }
}

#[test]
fn a_printed_line_with_numbers_makes_the_row_unclear() {
    let other = "1 ns          │ 9 ns          │ 2 ns          │ 2 ns          │ 100     │ 200\n";
    let row = |printed: &str, after: &str| format!("{HEADER}{LABEL}{printed}{NUMBERS}{after}\n");
    let unclear = [row(other, ""), row(&other.repeat(3), ""), row("", other), row("", NUMBERS)];
    for text in unclear {
        assert_eq!(parse_table(&text, "root").rows[0].state, RowState::Repeated, "{text}");
    }
    // A printed row takes the place of Divan's, which then lacks its numbers.
    for label in ["╰─ b            ", "├─ a            "] {
        let table = parse_table(&row(&format!("\n{label}{other}"), ""), "root");
        assert_eq!(table.rows[0].state, RowState::Unfinished);
        assert_ne!(table.rows[1].figures().map(|figures| figures.samples), Some(3));
    }
}

#[test]
fn spans_are_moved_by_what_is_left_out_before_them() {
    let mut table = parse_table(&format!("{HEADER}{LABEL}{NUMBERS}"), "");
    let (start, end) = (HEADER.len(), HEADER.len() + LABEL.len() + NUMBERS.len());
    assert_eq!(table.rows[0].span, start..end);
    table.add_gaps(&[(0, 100), (start, 20), (start + 5, 3), (end, 1000)]);
    assert_eq!(table.rows[0].span, start + 120..end + 123);
    table.add_gaps(&[]);
    assert_eq!(table.rows[0].span, start + 120..end + 123);
}

#[test]
fn a_wider_first_column_is_noticed() {
    let rate = "                12345678 PB/s   │ 12345678 PB/s │ 12345678 PB/s │ 12345678 PB/s │         │\n";
    let numbers = NUMBERS.replacen("6.5 ns     ", "606.5 ns     ", 1);
    let text = format!("{HEADER}{LABEL}{numbers}{rate}\n");
    let table = parse_table(&text, "root");
    let figures = figures(&table, "root::a");
    assert!((figures.time_ns.fastest.value - 606.5).abs() < 1e-9);
    assert_eq!(figures.rates.len(), 1);
}

#[test]
fn a_second_root_has_its_own_column() {
    let text = format!(
        "{}\n{}",
        writer::table("a", &[plan("one")]).0,
        writer::table("a_longer_name", &[plan("two")]).0
    );
    assert_eq!(paths(&parse_table(&text, "")), ["a::one", "a_longer_name::two"]);
}

fn plan(name: &str) -> Plan {
    Plan {
        name: name.to_owned(),
        picos: [1_000, 3_000, 2_000, 2_000],
        samples: 10,
        iters: 20,
        allocs: None,
    }
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let picos = prop::array::uniform4(0_u128..5_000_000_000_000);
    // Spaces at the end of a name cannot be told from those that fill it.
    let name = "([a-z├╰─│ :=`\n0-9.]{0,12}[a-z│0-9])?";
    let allocs = prop::option::of(prop::array::uniform4(0.0..1e6_f64));
    (name, picos, 1_u64..10_000, 1_u64..10_000, allocs).prop_map(
        |(name, mut picos, samples, n, allocs)| {
            picos.sort_unstable();
            let [fastest, median, mean, slowest] = picos;
            Plan {
                name,
                picos: [fastest, slowest, median, mean],
                samples,
                iters: samples * n,
                allocs,
            }
        },
    )
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        parse_table(&text, "");
    }

    #[test]
    fn no_table_like_text_panics(text in "([├╰│─ \nat=0-9.nsµ]|  | │ |├─ |a   fastest │ slowest │ median │ mean │ samples │ iters\n){0,60}") {
        parse_table(&text, "");
    }

    #[test]
    fn what_is_written_is_read(plans in prop::collection::vec(any_plan(), 1..6)) {
        let (text, _) = writer::table("root", &plans);
        let table = parse_table(&text, "");
        prop_assert_eq!(&table.problems, &[]);
        prop_assert_eq!(table.rows.len(), plans.len());
        for (row, plan) in table.rows.iter().zip(&plans) {
            prop_assert_eq!(&row.path[1], &plan.name);
            let figures = row.figures().unwrap();
            prop_assert_eq!((figures.samples, figures.iters), (plan.samples, plan.iters));
            prop_assert_eq!(figures.allocs.len(), if plan.allocs.is_some() { 2 } else { 0 });
            for (cell, picos) in figures.time_ns.cells().into_iter().zip(plan.picos) {
                let picos = picos as f64;
                let (low, high) = (cell.value * 1e3, (cell.value + cell.ulp) * 1e3);
                prop_assert!(low <= picos + 1e-3 && picos < high + 1e-3, "{cell:?} for {picos}");
            }
        }
    }
}
