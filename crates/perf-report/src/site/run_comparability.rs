//! How a run stands to the one that is reported.

/// What sets a run apart from those that the reported one is compared with.
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
    /// It is not a commit of the branch that baselines are taken from.
    OtherBranch,
    /// It was measured elsewhere.
    OtherMachine,
    /// Another tool measured it.
    Imported,
    /// It was measured in batches of another size.
    OtherBatch,
}

impl Flag {
    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reported => "this run",
            Self::Unrecorded => "not recorded",
            Self::Dirty => "dirty",
            Self::Partial => "partial",
            Self::OtherBranch => "other branch",
            Self::OtherMachine => "other machine",
            Self::Imported => "imported",
            Self::OtherBatch => "other batch size",
        }
    }
}

/// Whether a run may be joined into the line of a trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparability {
    /// A baseline may count it.
    Counted,
    /// Its times compare, but no baseline counts it.
    SetAside,
    /// Its times do not compare.
    Incomparable,
}

/// The names of flags, for people.
pub(super) fn names(flags: &[Flag]) -> Vec<&'static str> {
    flags.iter().map(|flag| flag.name()).collect()
}
