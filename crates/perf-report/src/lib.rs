//! A finished judgement as data, and its renderings, without I/O.
//!
//! The renderers format; none of them compares numbers or decides anything.

mod text;
mod table;
mod file_error;
pub mod partition;
mod counts;
mod causes;
mod row;
mod accepted;
mod summary;
mod stage_time;
mod report;
mod conclusion;
mod budgets;
pub mod check;
mod comparison;
mod explain;
mod profile;
mod github;
mod markdown;
mod merged;
mod bisection;
mod calibration;
mod inconsistency;
mod read;
mod recorded;
mod replayed;
mod run_file;
pub mod site;
mod links;
mod picture;
mod svg;
mod terminal;
mod versus;

pub use accepted::{AcceptanceResult, AcceptanceStatus};
pub use bisection::{
    BisectedBenchmark, Bisection, BisectionFacts, BisectionStep, FoundChange, StepAnswer,
};
pub use budgets::{headroom, reasons};
pub use calibration::Calibration;
pub use comparison::{Compared, Comparison};
pub use explain::explain;
pub use file_error::FileError;
pub use github::{to_annotations, to_outputs};
pub use inconsistency::Inconsistency;
pub use links::commits_at;
pub use markdown::{Page, to_markdown};
pub use merged::MergeError;
pub use profile::{FlameGraphs, Profile, ProfiledBuild, flame_graphs};
pub use read::{REPORT_BYTES, ReportError};
pub use recorded::{machines_to_text, run_to_text, runs_to_text};
pub use replayed::Rules;
pub use report::{Base, PreviousCommit, ReferenceFacts, Report, ReportKind, ReportParts, RunFacts};
pub use row::Row;
pub use run_file::RunContradiction;
pub use stage_time::StageTime;
pub use terminal::to_terminal;
pub use text::visible;
pub use versus::{
    SampleNumbers, ScalingFit, ScalingPoint, ScalingSeries, Versus, VersusFacts, VersusResult,
};
