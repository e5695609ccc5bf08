//! Builds the benches of a workspace, and launches them.

mod cargo_metadata;
mod build;
mod dep_info;
mod build_folder;
mod claim;
mod listed_benchmark;
mod listing;
mod instructions;
mod name_list;
mod launch_files;
mod failure;
mod launch;
mod runner;
mod sample_config;
mod launch_result;
mod base_cache;
pub(crate) mod base_sources;
mod process;
mod pipe;
mod leftover_processes;
mod paired;
mod source;
mod clock_recorder;
mod workspace;

pub(crate) use base_cache::BaseCache;
pub(crate) use build::Built;
pub(crate) use build_folder::BuildFolder;
pub(crate) use clock_recorder::ClockRecorder;
pub(crate) use instructions::{InstructionCount, InstructionCounter};
pub(crate) use launch::{Launcher, library_folder};
pub(crate) use listed_benchmark::ListedBenchmark;
pub(crate) use listing::{Listing, is_selected};
pub(crate) use paired::{BaseEntries, PairedLaunches};
pub(crate) use runner::{LaunchSchedule, Measurement, Runner, RunnerOptions};
pub(crate) use sample_config::SamplingTarget;
pub(crate) use workspace::{BenchTarget, Workspace};
