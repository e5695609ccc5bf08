//! Groups of benchmarks: by module, or by bench target where there are too many modules.

use perf_judge::ident::BenchmarkId;
use std::collections::BTreeSet;

/// The most groups of a page.
const MOST: usize = 80;

/// How benchmarks are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// By everything but the last part of the name.
    Module,
    /// By package and bench target.
    Target,
    /// By package.
    Package,
}

impl Grouping {
    /// The finest one with at most [`MOST`] groups, or the coarsest.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a BenchmarkId>) -> Self {
        let names: Vec<&BenchmarkId> = names.collect();
        let count = |grouping: Self| {
            names.iter().map(|id| grouping.group(id.as_str())).collect::<BTreeSet<_>>().len()
        };
        let fine = [Self::Module, Self::Target];
        fine.into_iter().find(|grouping| count(*grouping) <= MOST).unwrap_or(Self::Package)
    }

    /// The group of a benchmark; empty for an odd name.
    pub(super) fn group(self, name: &str) -> &str {
        match self {
            Self::Module => split(name).0,
            Self::Target => name.split("::").next().unwrap_or_default(),
            Self::Package => name.split('/').next().unwrap_or_default(),
        }
    }

    /// The name of a benchmark within its group.
    pub(super) fn short(self, name: &str) -> &str {
        let group = self.group(name);
        let rest = name.strip_prefix(group).unwrap_or(name);
        let rest = rest.strip_prefix("::").or_else(|| rest.strip_prefix('/')).unwrap_or(rest);
        if rest.is_empty() { name } else { rest }
    }
}

/// `core/parse::xml::large` as `core/parse::xml` and `large`
pub(super) fn split(name: &str) -> (&str, &str) {
    let by_path = name.rsplit_once("::");
    by_path
        .or_else(|| name.rsplit_once('/'))
        .filter(|(_, last)| !last.is_empty())
        .unwrap_or(("", name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_module() {
        let cases = [
            ("core/parse::xml::large", ("core/parse::xml", "large")),
            ("core/parse", ("core", "parse")),
            ("odd", ("", "odd")),
            ("odd::", ("", "odd::")),
        ];
        for (name, parts) in cases {
            assert_eq!(split(name), parts);
        }
    }

    #[test]
    fn many_modules_are_grouped_by_target_and_many_targets_by_package() {
        let grouping = |name: fn(usize) -> String| {
            let names: Vec<BenchmarkId> = (0..100).map(|i| name(i).as_str().into()).collect();
            Grouping::of(names.iter())
        };
        assert_eq!(grouping(|i| format!("a/b::m::{i}")), Grouping::Module);
        assert_eq!(grouping(|i| format!("a/b::m{i}::x")), Grouping::Target);
        assert_eq!(grouping(|i| format!("a/b{i}::m::x")), Grouping::Package);
        assert_eq!(Grouping::Target.short("a/b::m::x"), "m::x");
        assert_eq!(Grouping::Package.short("a/b::m::x"), "b::m::x");
        assert_eq!(Grouping::Module.short("odd"), "odd");
    }
}
