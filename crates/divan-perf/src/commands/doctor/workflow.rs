//! Checks of GitHub workflows that run this tool. Other workflows are not checked.

use super::finding::Finding;
use perf_report::visible;
use saphyr::{LoadableYamlNode as _, MarkedYaml};

/// The findings in the workflow `text` of the file `name`; none if it does not run this tool.
/// `base` is the base branch, if it exists.
pub(super) fn check(name: &str, text: &str, base: Option<&str>) -> Vec<Finding> {
    if !runs_this_tool(text) {
        return Vec::new();
    }
    let documents = match MarkedYaml::load_from_str(text) {
        Ok(documents) => documents,
        Err(error) => {
            let line = error.marker().line();
            let what = format!(
                "{name}:{line}: it is not YAML, so GitHub runs none of it: {}",
                visible(&error.to_string())
            );
            return vec![Finding::fix(what, "fix the syntax of that line")];
        }
    };
    let Some(root) = documents.first() else { return Vec::new() };
    let workflow = Workflow { name, root };
    let branches = base.map(|base| workflow.branches(base)).unwrap_or_default();
    [workflow.triggers(), branches, workflow.permissions(), workflow.jobs()].concat()
}

/// Whether a workflow runs this tool, by an xtask or the installed program.
pub(super) fn runs_this_tool(text: &str) -> bool {
    text.contains("xtask perf") || text.contains("cargo divan-perf")
}

/// The characters that make a pattern of a branch's name. Such an entry can select any branch.
const PATTERN_CHARACTERS: [char; 6] = ['*', '?', '+', '[', '!', '$'];

struct Workflow<'a> {
    name: &'a str,
    root: &'a MarkedYaml<'a>,
}

impl Workflow<'_> {
    fn at(&self, node: &MarkedYaml<'_>, what: &str) -> String {
        format!("{}:{}: {what}", self.name, node.span.start.line())
    }

    /// A required check must start for every change, including the merge queue.
    fn triggers(&self) -> Vec<Finding> {
        let Some(on) = get(self.root, "on") else { return Vec::new() };
        let mut findings = Vec::new();
        if has(on, "pull_request") && !has(on, "merge_group") {
            findings.push(Finding::fix(
                self.at(
                    on,
                    "no `merge_group` trigger: a required check never starts in the merge queue",
                ),
                "on:\n  merge_group:",
            ));
        }
        for filter in ["paths", "paths-ignore"] {
            let found = get(on, "pull_request").and_then(|trigger| get(trigger, filter));
            findings.extend(found.map(|found| {
                Finding::fix(
                    self.at(found, &format!("`{filter}`: a required check that does not start stays pending forever")),
                    "remove the filter, and skip jobs instead: if: needs.scope.outputs.code == 'true'",
                )
            }));
        }
        if let Some(trigger) = get(on, "pull_request_target") {
            findings.push(Finding::fix(
                self.at(trigger, "`pull_request_target` gives the code of a fork access to this repository's secrets"),
                "on:\n  pull_request:",
            ));
        }
        findings
    }

    /// A trigger that lists branches must list the base branch, or no run of it is recorded.
    fn branches(&self, base: &str) -> Vec<Finding> {
        let triggers = ["push", "pull_request", "merge_group"].into_iter();
        let lists = triggers.filter_map(|trigger| {
            let on = get(self.root, "on").and_then(|on| get(on, trigger))?;
            Some((trigger, get(on, "branches")?))
        });
        let omits = |list: &MarkedYaml<'_>| {
            let one = [list];
            let entries = list.data.as_sequence();
            let mut entries =
                entries.map_or_else(|| one.to_vec(), |list| list.iter().collect()).into_iter();
            !entries.any(|entry| text(entry) == base || text(entry).contains(PATTERN_CHARACTERS))
        };
        let finding = |(trigger, list): (&str, &MarkedYaml<'_>)| {
            let what = format!(
                "`branches` of `{trigger}` does not list the base branch `{base}`, so it never starts there"
            );
            let fix = format!("on:\n  {trigger}:\n    branches: [{base}]");
            Finding::fix(self.at(list, &what), fix)
        };
        lists.filter(|(_, list)| omits(list)).map(finding).collect()
    }

    fn permissions(&self) -> Vec<Finding> {
        match get(self.root, "permissions") {
            Some(_) => Vec::new(),
            None => vec![Finding::fix(
                format!(
                    "{}:1: no `permissions`: the jobs get the repository's default, which can include writing",
                    self.name
                ),
                "permissions: {}   # add what each job needs, e.g. contents: read",
            )],
        }
    }

    fn jobs(&self) -> Vec<Finding> {
        let jobs = get(self.root, "jobs").and_then(|jobs| jobs.data.as_mapping());
        let jobs = jobs.into_iter().flatten();
        jobs.flat_map(|(key, job)| [self.job(key, job), self.steps(job)].concat()).collect()
    }

    fn job(&self, key: &MarkedYaml<'_>, job: &MarkedYaml<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let name = text(key);
        if get(job, "timeout-minutes").is_none() && get(job, "uses").is_none() {
            findings.push(Finding::fix(
                self.at(
                    key,
                    &format!(
                        "the job `{name}` has no timeout: GitHub stops it only after six hours"
                    ),
                ),
                "timeout-minutes: 30",
            ));
        }
        let condition = get(job, "if").map(text).unwrap_or_default();
        if name == "perf-gate" && !condition.contains("always()") {
            findings.push(Finding::fix(
                self.at(key, "the job `perf-gate` is skipped if a job before it fails, and GitHub counts a skipped check as passed"),
                "if: always()",
            ));
        }
        findings
    }

    fn steps(&self, job: &MarkedYaml<'_>) -> Vec<Finding> {
        let steps = get(job, "steps").and_then(|steps| steps.data.as_sequence());
        let steps = steps.into_iter().flatten();
        let uses = steps.filter_map(|step| Some((step, get(step, "uses")?)));
        uses.flat_map(|(step, uses)| self.action(step, uses)).collect()
    }

    fn action(&self, step: &MarkedYaml<'_>, uses: &MarkedYaml<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let name = text(uses);
        let version = name.split_once('@').map(|(_, version)| version);
        let is_pinned =
            |version: &str| version.len() == 40 && version.bytes().all(|b| b.is_ascii_hexdigit());
        if version.is_some_and(|version| !is_pinned(version)) {
            findings.push(Finding::fix(
                self.at(uses, &format!("`{name}` is not pinned to a commit: its tag can move")),
                "uses: OWNER/NAME@HASH   # the hash is printed by: git ls-remote https://github.com/OWNER/NAME TAG",
            ));
        }
        let keeps = get(step, "with").and_then(|with| get(with, "persist-credentials"));
        if name.starts_with("actions/checkout@") && keeps.is_none() {
            findings.push(Finding::fix(
                self.at(uses, "the checkout stores a token that every later step can read"),
                "with:\n  persist-credentials: false",
            ));
        }
        findings
    }
}

fn get<'a>(node: &'a MarkedYaml<'a>, key: &str) -> Option<&'a MarkedYaml<'a>> {
    node.data.as_mapping_get(key)
}

/// Whether a trigger is listed, in any of the forms that GitHub accepts.
fn has(on: &MarkedYaml<'_>, trigger: &str) -> bool {
    let in_list =
        on.data.as_sequence().is_some_and(|list| list.iter().any(|one| text(one) == trigger));
    get(on, trigger).is_some() || in_list || text(on) == trigger
}

fn text<'a>(node: &'a MarkedYaml<'_>) -> &'a str {
    node.data.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::finding::to_text;
    use super::*;

    const SOUND: &str = "on:\n  pull_request:\n  merge_group:\npermissions: {}\njobs:\n  perf-gate:\n    if: always()\n    timeout-minutes: 9\n    steps:\n      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n        with:\n          persist-credentials: false\n      - run: cargo xtask perf --compare main\n";

    #[test]
    fn each_pitfall_is_found_on_its_line() {
        let cases = [
            ("", "", None),
            ("  merge_group:\n", "", Some("w.yml:2: no `merge_group`")),
            ("  pull_request:\n", "  pull_request:\n    paths: [src]\n", Some("w.yml:3: `paths`")),
            (
                "  pull_request:\n",
                "  pull_request:\n    paths-ignore: [d]\n",
                Some("w.yml:3: `paths-ignore`"),
            ),
            (
                "  pull_request:\n",
                "  pull_request_target:\n",
                Some("w.yml:2: `pull_request_target`"),
            ),
            ("permissions: {}\n", "", Some("w.yml:1: no `permissions`")),
            ("    timeout-minutes: 9\n", "", Some("w.yml:6: the job `perf-gate` has no timeout")),
            ("    if: always()\n", "", Some("w.yml:6: the job `perf-gate` is skipped")),
            (
                "3d3c42e5aac5ba805825da76410c181273ba90b1",
                "v7",
                Some("w.yml:10: `actions/checkout@v7`"),
            ),
            (
                "        with:\n          persist-credentials: false\n",
                "",
                Some("w.yml:10: the checkout stores a token"),
            ),
            ("jobs:\n", "jobs: [\n", Some("it is not YAML")),
            ("cargo xtask perf --compare main", "cargo test", None),
        ];
        for (from, to, expected) in cases {
            let text = SOUND.replacen(from, to, 1);
            let findings = check("w.yml", &text, Some("main"));
            assert_eq!(findings.len(), usize::from(expected.is_some()), "{text}\n{findings:?}");
            assert!(to_text(&findings).contains(expected.unwrap_or_default()), "{findings:?}");
        }
    }

    #[test]
    fn triggers_are_found_in_every_form() {
        for (on, count) in [("[pull_request, merge_group]", 0), ("pull_request", 1), ("push", 0)] {
            let begin = SOUND.find("permissions").unwrap();
            let text = format!("on: {on}\n{}", &SOUND[begin..]);
            assert_eq!(check("w.yml", &text, Some("main")).len(), count, "{on}");
        }
    }

    #[test]
    fn triggers_with_branches_start_on_the_base_branch() {
        let begin = SOUND.find("permissions").unwrap();
        let cases = [
            ("push", "[main]", false),
            ("push", "[trunk, main]", true),
            ("push", "trunk", true),
            ("push", "main", false),
            ("push", "['release/**', \"*\"]", true),
            ("push", "\n      - trunk", true),
            ("push", "\n      - main", false),
            ("merge_group", "[main]", false),
            ("workflow_dispatch", "[main]", true),
        ];
        for (trigger, branches, is_sound) in cases {
            let on = format!("on:\n  {trigger}:\n    branches: {branches}\n");
            let found = check("w.yml", &format!("{on}{}", &SOUND[begin..]), Some("trunk"));
            assert_eq!(found.is_empty(), is_sound, "{trigger} {branches}: {found:?}");
            let text = to_text(&found);
            assert!(is_sound || text.contains("w.yml:3:") || text.contains("w.yml:4:"), "{text}");
            assert!(is_sound || text.contains("branches: [trunk]"), "{text}");
        }
        assert!(check("w.yml", SOUND, None).is_empty());
    }
}
