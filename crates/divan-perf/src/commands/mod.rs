//! The commands except measuring, each in a file with its flags.

pub(crate) mod accept;
pub(crate) mod backfill;
pub(crate) mod bisect;
pub(crate) mod budgets;
pub(crate) mod cache;
pub(crate) mod calibrate;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod judge;
pub(crate) mod merge;
pub(crate) mod profile;
pub(crate) mod report;
pub(crate) mod site;
pub(crate) mod versus;
