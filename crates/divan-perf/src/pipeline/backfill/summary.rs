//! What became of the commits of a range, in numbers.

/// The numbers of commits.
#[derive(Clone, Copy, Debug)]
pub(super) struct BackfillSummary {
    pub(super) all: usize,
    /// Those that cannot be measured.
    pub(super) failed: usize,
    /// Those that are not measured yet.
    pub(super) open: usize,
}

impl BackfillSummary {
    fn recorded(self) -> usize {
        self.all - self.failed - self.open
    }

    /// Whether no commit is left and at least one is recorded.
    pub(super) fn is_done(self) -> bool {
        self.open == 0 && self.recorded() > 0
    }

    /// The result, and how to go on.
    pub(super) fn text(self) -> String {
        let Self { all, failed, open } = self;
        let mut text = format!("{} of {all} commits are recorded", self.recorded());
        if failed > 0 {
            text += &format!(", {failed} cannot be measured");
        }
        if open > 0 {
            text += &format!(", {open} are left: repeat the command");
        } else if failed > 0 {
            text += ": --restart tries them again";
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_without_any_run_is_not_done() {
        for (failed, open, is_done, text) in [
            (0, 0, true, "5 of 5 commits are recorded"),
            (
                1,
                0,
                true,
                "4 of 5 commits are recorded, 1 cannot be measured: --restart tries them again",
            ),
            (
                5,
                0,
                false,
                "0 of 5 commits are recorded, 5 cannot be measured: --restart tries them again",
            ),
            (
                1,
                2,
                false,
                "2 of 5 commits are recorded, 1 cannot be measured, 2 are left: repeat the command",
            ),
        ] {
            let summary = BackfillSummary { all: 5, failed, open };
            assert_eq!((summary.is_done(), summary.text().as_str()), (is_done, text));
        }
    }
}
