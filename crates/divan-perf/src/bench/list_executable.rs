//! Lists the benchmarks of one executable, in the way that its version of Divan supports.

use super::build::Executable;
use super::failure::with_last_words;
use super::launch::Launcher;
use super::process::ProcessOutcome;
use anyhow::Result;
use divan_output::{
    LISTING_ARGUMENTS, LISTING_VARIABLE, TREE_ARGUMENTS, USAGE_STATUS, decoded,
    discovery_arguments, parse_listing, parse_table, parse_tree,
};
use std::collections::BTreeSet;
use std::process::Command;

/// The oldest versions that can be measured.
const OLDEST: &str = "Divan 0.1.0 and codspeed-divan-compat 3.0.5";

/// The reason if lines of a listing are left out.
const TOO_LONG: &str = "it printed more than 8 MiB before its benchmarks were listed: let the bench print less before divan::main()";

/// An option in the help of every version of Divan.
const DIVAN_OPTION: &[u8] = b"--sample-count";

/// The result of listing an executable.
#[derive(Debug)]
pub(crate) enum ListOutcome {
    /// The names of the benchmarks as Divan prints them.
    Names(Vec<String>),
    /// The reason of the failure.
    Failure(String),
}

impl Launcher {
    /// Lists the benchmarks of an executable. Fails if it cannot be started, or after an interrupt.
    ///
    /// Divan has a terse listing with arguments from 0.1.19 on. Of older versions, the tree of the
    /// functions is read, and a run of all functions shows their arguments.
    pub(crate) fn list(&self, executable: &Executable) -> Result<ListOutcome> {
        if !executable.divan.lists_arguments() {
            return self.list_by_tree(executable);
        }
        let terse = self.run_listing(executable, |command| {
            command.args(LISTING_ARGUMENTS).env(LISTING_VARIABLE.0, LISTING_VARIABLE.1);
        })?;
        if is_usage_error(&terse) {
            return self.list_by_tree(executable);
        }
        if let Some(reason) = self.failure(&terse) {
            return Ok(ListOutcome::Failure(reason));
        }
        if !terse.gaps.is_empty() {
            return Ok(ListOutcome::Failure(TOO_LONG.to_owned()));
        }
        let stdout = decoded(&terse.stdout);
        Ok(match parse_listing(&stdout, &executable.target.crate_name()) {
            Ok(listing) => ListOutcome::Names(listing.names),
            Err(error) => ListOutcome::Failure(with_last_words(
                &error.to_string(),
                &String::from_utf8_lossy(&terse.stderr),
            )),
        })
    }

    /// Whether the program gets as far as Divan, which prints its own help.
    pub(crate) fn starts_divan(&self, executable: &Executable) -> Result<bool> {
        let help = self.run_listing(executable, |command| {
            command.arg("--help");
        })?;
        Ok(memchr::memmem::find(&help.stdout, DIVAN_OPTION).is_some())
    }

    fn list_by_tree(&self, executable: &Executable) -> Result<ListOutcome> {
        let tree = self.run_listing(executable, |command| {
            command.args(TREE_ARGUMENTS);
        })?;
        if is_usage_error(&tree) {
            return Ok(ListOutcome::Failure(with_last_words(
                &unsupported(&executable.divan.to_string()),
                &String::from_utf8_lossy(&tree.stderr),
            )));
        }
        if let Some(reason) = self.failure(&tree) {
            return Ok(ListOutcome::Failure(reason));
        }
        let stdout = decoded(&tree.stdout);
        let functions = parse_tree(&stdout, &executable.target.crate_name());
        if functions.is_empty() {
            return Ok(ListOutcome::Names(functions));
        }
        Ok(ListOutcome::Names(self.discover(executable, functions)?))
    }

    /// The names of the benchmarks of `functions`, arguments included.
    ///
    /// A benchmark that ends the process hides those after it, so the next run skips all benchmarks
    /// that were printed. Rows that it prints nevertheless are of arguments that look like thread
    /// counts.
    fn discover(&self, executable: &Executable, mut functions: Vec<String>) -> Result<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        let mut found: BTreeSet<String> = BTreeSet::new();
        loop {
            let ended = self.run_listing(executable, |command| {
                command.args(discovery_arguments(&found));
            })?;
            let stdout = decoded(&ended.stdout);
            let table = parse_table(&stdout, &executable.target.crate_name());
            let has_failed = self.failure(&ended).is_some();
            // A terse listing has no ignored benchmarks either.
            let mut left_out = table.ignored();
            if !has_failed {
                left_out.extend(table.without_benchmarks());
            }
            functions.retain(|function| !left_out.contains(function));
            let mut new = table.listed_names(&functions, &found);
            new.retain(|name| !found.contains(name));
            let is_complete = !has_failed && !table.has_undecided_threads(&functions);
            let is_last = is_complete || new.is_empty();
            found.extend(new.iter().cloned());
            names.append(&mut new);
            if is_last {
                break;
            }
        }
        Ok(settled(functions, names))
    }

    fn run_listing(
        &self,
        executable: &Executable,
        set_arguments: impl FnOnce(&mut Command),
    ) -> Result<ProcessOutcome> {
        let mut command = self.command(executable);
        set_arguments(&mut command);
        let target = &executable.target;
        self.run(command, &format!("{}/{}", target.package, target.name))
    }
}

/// The names without functions that turned out to have arguments, and the functions that printed
/// nothing. They are listed, so that their launches report the reason.
fn settled(functions: Vec<String>, mut names: Vec<String>) -> Vec<String> {
    let has_arguments = |function: &str, names: &[String]| {
        let below = format!("{function}::");
        names.iter().any(|name| name.starts_with(&below))
    };
    let with_arguments: BTreeSet<String> =
        functions.iter().filter(|function| has_arguments(function, &names)).cloned().collect();
    names.retain(|name| !with_arguments.contains(name));
    let is_silent =
        |function: &String| !with_arguments.contains(function) && !names.contains(function);
    let mut silent: Vec<String> = functions.into_iter().filter(is_silent).collect();
    names.append(&mut silent);
    names
}

fn is_usage_error(ended: &ProcessOutcome) -> bool {
    ended.status.is_some_and(|status| status.code() == Some(USAGE_STATUS))
}

fn unsupported(divan: &str) -> String {
    let divan = if divan.is_empty() { "this Divan" } else { divan };
    format!(
        "{divan} does not have the argument --list: it ended with exit status {USAGE_STATUS}. The oldest that can be measured are {OLDEST}: update the dependency"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_with_arguments_and_silent_ones_are_settled() {
        let owned =
            |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let functions = owned(&["b::f", "b::g", "b::h", "b::f2"]);
        let names = owned(&["b::f", "b::f::t=1", "b::f::t=2", "b::g", "b::g"]);
        let expected = owned(&["b::f::t=1", "b::f::t=2", "b::g", "b::g", "b::h", "b::f2"]);
        assert_eq!(settled(functions, names), expected);
    }

    #[test]
    fn an_unsupported_version_is_named_with_the_oldest_supported_one() {
        let reason = unsupported("Divan 0.0.9");
        assert!(reason.starts_with("Divan 0.0.9 does not have the argument --list"), "{reason}");
        assert!(reason.contains("Divan 0.1.0 and codspeed-divan-compat 3.0.5"), "{reason}");
        assert!(unsupported("").starts_with("this Divan "), "{}", unsupported(""));
    }
}
