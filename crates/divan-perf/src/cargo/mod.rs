//! Cargo as the measured workspace gets it: its toolchain, its configuration and its options.

mod config;
mod config_value;
mod features;
mod options;
mod processor_level;
mod profile;
mod toolchain;

pub(crate) use config::ConfigFiles;
pub(crate) use features::missing_features;
pub(crate) use options::{CargoOptions, TargetSelection};
pub(crate) use processor_level::{BuildAdditions, KNOWN_LEVEL, Level};
pub(crate) use profile::profile_args;
pub(crate) use toolchain::{Toolchain, cargo, with_own_toolchain};
