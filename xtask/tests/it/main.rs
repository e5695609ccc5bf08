//! The real command on real repositories in temporary folders.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod project;
mod pull_request;
mod accept;
mod adopter;
mod site;
mod base_branch;
mod base_cache;
mod base_sources;
mod compare;
mod doctor;
mod foreign_commits;
mod github;
mod ground;
mod budgets;
mod cargo_setups;
mod checkouts;
mod divan_versions;
mod history;
mod history_sharing;
mod history_harm;
mod judge;
mod known_cost;
mod many_benchmarks;
mod merge;
mod no_circles;
mod odd_benches;
mod output_folder;
mod prose;
mod settings;
mod shared_target;
mod surroundings;
mod tidy;
mod tiny;
mod type_names;
mod unmeasured;
