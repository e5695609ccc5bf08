//! Whether a run is comparable with the reported one.

/// A property of a run that a reader must know, or that excludes it from baselines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    /// It is the reported run.
    Reported,
    /// It is not part of the history.
    Unrecorded,
    /// Tracked files differed from the commit.
    Dirty,
    /// Only some benchmarks, or too few launches, were measured.
    Partial,
    /// Its commit is not on the base branch.
    OtherBranch,
    /// Another machine measured it.
    OtherMachine,
    /// Another tool measured it.
    Imported,
    /// It has another sample size or sample count.
    OtherSampleConfig,
}

impl Flag {
    /// Its name on the pages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reported => "this run",
            Self::Unrecorded => "not recorded",
            Self::Dirty => "dirty",
            Self::Partial => "partial",
            Self::OtherBranch => "other branch",
            Self::OtherMachine => "other machine",
            Self::Imported => "imported",
            Self::OtherSampleConfig => "other sample size",
        }
    }
}

/// Whether the line of a trend passes through a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparability {
    /// A baseline can contain it.
    Counted,
    /// Its times are comparable, but no baseline contains it.
    Excluded,
    /// Its times are not comparable.
    Incomparable,
}

/// The names of flags on the pages.
pub(super) fn names(flags: &[Flag]) -> Vec<&'static str> {
    flags.iter().map(|flag| flag.name()).collect()
}
