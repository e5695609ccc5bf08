//! What goes wrong in a workflow of GitHub that runs this tool.
//!
//! Only workflows that run it are looked at: the others are not this tool's business.

use super::finding::Finding;
use perf_report::visible;
use saphyr::{LoadableYamlNode as _, MarkedYaml};

/// What is wrong with the workflow `text` of the file `name`; nothing if it does not run this tool.
pub(super) fn look(name: &str, text: &str) -> Vec<Finding> {
    if !text.contains("xtask perf") {
        return Vec::new();
    }
    let documents = match MarkedYaml::load_from_str(text) {
        Ok(documents) => documents,
        Err(error) => {
            let place = error.marker().line();
            let what = format!("{name}:{place}: it is not YAML: {}", visible(&error.to_string()));
            return vec![Finding::mend(what, "GitHub runs nothing of it: mend that line")];
        }
    };
    let Some(root) = documents.first() else { return Vec::new() };
    let workflow = Workflow { name, root };
    [workflow.triggers(), workflow.permissions(), workflow.jobs()].concat()
}

struct Workflow<'a> {
    name: &'a str,
    root: &'a MarkedYaml<'a>,
}

impl Workflow<'_> {
    fn at(&self, node: &MarkedYaml<'_>, what: &str) -> String {
        format!("{}:{}: {what}", self.name, node.span.start.line())
    }

    /// A required check must start for every change, also in the merge queue.
    fn triggers(&self) -> Vec<Finding> {
        let Some(on) = get(self.root, "on") else { return Vec::new() };
        let mut findings = Vec::new();
        if has(on, "pull_request") && !has(on, "merge_group") {
            findings.push(Finding::mend(
                self.at(on, "no `merge_group` trigger: a required check would never start in the merge queue"),
                "on:\n  merge_group:",
            ));
        }
        for filter in ["paths", "paths-ignore"] {
            let found = get(on, "pull_request").and_then(|trigger| get(trigger, filter));
            findings.extend(found.map(|found| {
                Finding::mend(
                    self.at(found, &format!("`{filter}`: a required check that does not start stays pending for ever")),
                    "remove it, and let a job decide: if: needs.scope.outputs.code == 'true'",
                )
            }));
        }
        if let Some(trigger) = get(on, "pull_request_target") {
            findings.push(Finding::mend(
                self.at(trigger, "`pull_request_target` gives a fork's code this repository's secrets once it is checked out"),
                "on:\n  pull_request:",
            ));
        }
        findings
    }

    fn permissions(&self) -> Vec<Finding> {
        match get(self.root, "permissions") {
            Some(_) => Vec::new(),
            None => vec![Finding::mend(
                format!(
                    "{}:1: no `permissions`: the jobs get what the repository's settings give, writing included",
                    self.name
                ),
                "permissions: {}   # and in each job what it needs, as contents: read",
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
            findings.push(Finding::mend(
                self.at(key, &format!("the job `{name}` may hang for six hours")),
                "timeout-minutes: 30",
            ));
        }
        let condition = get(job, "if").map(text).unwrap_or_default();
        if name == "perf-gate" && !condition.contains("always()") {
            findings.push(Finding::mend(
                self.at(key, "the job `perf-gate` is skipped where a job before it fails, and a skipped check counts as passed"),
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
            findings.push(Finding::mend(
                self.at(uses, &format!("`{name}` is whatever that tag is tomorrow")),
                "config it by the commit of the tag: git ls-remote https://github.com/OWNER/NAME TAG",
            ));
        }
        let keeps = get(step, "with").and_then(|with| get(with, "persist-credentials"));
        if name.starts_with("actions/checkout@") && keeps.is_none() {
            findings.push(Finding::mend(
                self.at(uses, "the checkout leaves a token where every later step can read it"),
                "with:\n  persist-credentials: false",
            ));
        }
        findings
    }
}

fn get<'a>(node: &'a MarkedYaml<'a>, key: &str) -> Option<&'a MarkedYaml<'a>> {
    node.data.as_mapping_get(key)
}

/// Whether a trigger is there, in any of the ways to write it.
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
            ("    timeout-minutes: 9\n", "", Some("w.yml:6: the job `perf-gate` may hang")),
            ("    if: always()\n", "", Some("w.yml:6: the job `perf-gate` is skipped")),
            (
                "3d3c42e5aac5ba805825da76410c181273ba90b1",
                "v7",
                Some("w.yml:10: `actions/checkout@v7`"),
            ),
            (
                "        with:\n          persist-credentials: false\n",
                "",
                Some("w.yml:10: the checkout leaves"),
            ),
            ("jobs:\n", "jobs: [\n", Some("it is not YAML")),
            ("cargo xtask perf --compare main", "cargo test", None),
        ];
        for (from, to, said) in cases {
            let text = SOUND.replacen(from, to, 1);
            let findings = look("w.yml", &text);
            assert_eq!(findings.len(), usize::from(said.is_some()), "{text}\n{findings:?}");
            assert!(to_text(&findings).contains(said.unwrap_or_default()), "{findings:?}");
        }
    }

    #[test]
    fn triggers_are_found_however_they_are_written() {
        for (on, count) in [("[pull_request, merge_group]", 0), ("pull_request", 1), ("push", 0)] {
            let begin = SOUND.find("permissions").unwrap();
            let text = format!("on: {on}\n{}", &SOUND[begin..]);
            assert_eq!(look("w.yml", &text).len(), count, "{on}");
        }
    }
}
