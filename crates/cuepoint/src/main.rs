//! The command line of CuePoint.
fn main() {}
