//! The likely causes of a change, in the words of an explanation.

use super::table::{aligned, shortened};
use super::visible;
use perf_judge::cause::{Cause, CauseKind, FunctionCount};
use perf_judge::unit;

/// The longest name of a function, in columns.
const NAME: usize = 100;

/// All causes with what they mean, and the functions whose instructions changed.
pub(crate) fn explained_causes(causes: &[Cause]) -> String {
    if causes.is_empty() {
        return "\nLikely causes: none. No count explains the change.\n".to_owned();
    }
    let texts = causes.iter().enumerate().map(|(at, cause)| {
        let headline = visible(&cause.headline());
        format!("  {}. {headline}\n     {}\n{}", at + 1, meaning(cause.kind), functions(cause))
    });
    format!("\nLikely causes, the most specific first\n{}", texts.collect::<String>())
}

/// What a kind of cause means, for a reader who does not know the word.
pub(crate) fn meaning(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::Build => "Base and head are compiled differently.",
        CauseKind::Dependency => "Cargo.lock has another version, and its functions changed.",
        CauseKind::Features => "The crate has other features, and its functions changed.",
        CauseKind::Waiting => {
            "The process waits for a lock (futex), a timer (nanosleep), a file or a thread."
        }
        CauseKind::PageFaults => "The kernel provides memory page by page at its first use.",
        CauseKind::SystemCalls => "The program asks the kernel for something at each call.",
        CauseKind::KernelTime => "The kernel takes another time for the same number of calls.",
        CauseKind::Allocations => "The program requests memory from the allocator.",
        CauseKind::Instructions => "The program executes another number of machine instructions.",
        CauseKind::Branches => "The processor discards work after each wrong prediction.",
        CauseKind::Caches => "The data comes from slower memory than the first cache.",
        _ => "This version of the tool has no description of it.",
    }
}

/// The functions of a cause, one line each.
fn functions(cause: &Cause) -> String {
    if cause.functions.is_empty() {
        return String::new();
    }
    let lines: String = cause.functions.iter().map(line).collect();
    let title = "     instructions per iteration, without those of called functions:\n";
    let table = aligned(&format!("       function\tbase\thead\tdifference\n{lines}"));
    title.to_owned() + &table
}

fn line(function: &FunctionCount) -> String {
    let [base, head] = [function.base, function.head].map(|count| unit::count(count.round()));
    let difference = (function.head - function.base).round();
    let sign = if difference < 0.0 { "-" } else { "+" };
    let difference = unit::count(difference.abs());
    format!("       {}\t{base}\t{head}\t{sign}{difference}\n", name(function))
}

fn name(function: &FunctionCount) -> String {
    let shown = |name: &str| shortened(&visible(name), NAME);
    let former = function.former_name.as_ref();
    let former = former.map(|former| format!(" (formerly {})", shown(former)));
    shown(function.label()) + &former.unwrap_or_default()
}

#[cfg(test)]
#[path = "causes_tests.rs"]
mod tests;
