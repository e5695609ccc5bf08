//! The machine of a run, and what makes its times comparable.

use crate::ident::digest;
use serde::{Deserialize, Serialize};

/// The properties of the machine and the tools that decide whether times can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// A digest of the fields below without `libc`, `counted_for` and `image`. Times of equal keys can
    /// be compared.
    pub key: String,
    /// The processor's model.
    pub cpu: String,
    /// Logical processors.
    pub cores: u32,
    /// The target architecture.
    pub arch: String,
    /// The operating system.
    pub os: String,
    /// The compiler's version and commit.
    pub rustc: String,
    /// The profile that the benches were built with.
    pub profile: String,
    /// Flags that the environment adds.
    pub flags: String,
    /// Divan's version.
    pub divan: String,
    /// The features that were chosen by options; empty for cargo's default.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub features: String,
    /// The name of the profile that was chosen by an option; empty for cargo's default, `bench`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cargo_profile: String,
    /// The version of the C library, which makes allocations and copies memory; empty if it is not
    /// known. It is part of the key of counts only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub libc: String,
    /// The processor of the counted build, if neither the target nor `flags` name it. It is `native`, or
    /// the level of a second build, e.g. `x86-64-v3`. It is part of the key of counts only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub counted_for: String,
    /// The system's or runner's image, which changes too often to be part of the key.
    pub image: String,
}

/// The flag for the processor of the machine that compiles.
pub const NATIVE: &str = "target-cpu=native";
/// The number of fields that are part of every key.
const FIRST_FIELDS: usize = 8;

impl Machine {
    /// The machine with its key computed.
    pub fn with_machine_key(mut self) -> Self {
        // Runs of earlier versions lack the later fields, and keep their keys.
        let is_part =
            |(at, (_, value)): &(usize, (&str, String))| *at < FIRST_FIELDS || !value.is_empty();
        let fields = self.fields().into_iter().enumerate().filter(is_part);
        let fields: Vec<String> =
            fields.map(|(_, (name, value))| format!("{name}={value}")).collect();
        self.key = format!("{:016x}", digest(fields.join("\n").as_bytes()));
        self
    }

    /// The fields of the key, by name.
    pub fn fields(&self) -> [(&'static str, String); 10] {
        [
            ("cpu", self.cpu.clone()),
            ("cores", self.cores.to_string()),
            ("arch", self.arch.clone()),
            ("os", self.os.clone()),
            ("rustc", self.rustc.clone()),
            ("profile", self.profile.clone()),
            ("flags", self.flags.clone()),
            ("divan", self.divan.clone()),
            ("features", self.features.clone()),
            ("cargo_profile", self.cargo_profile.clone()),
        ]
    }

    /// A digest of the fields that decide counts. Counts of equal keys can be compared, whatever the
    /// processor.
    ///
    /// With `target-cpu=native` the processor decides which instructions the compiler uses, unless a
    /// second build for a fixed level was counted.
    pub fn counts_key(&self) -> String {
        let is_native = match self.counted_for.as_str() {
            "" => self.flags.contains(NATIVE),
            level => level == "native",
        };
        let is_part = |(name, value): &(&str, String)| match *name {
            "cpu" => is_native,
            "cores" => false,
            _ => !value.is_empty(),
        };
        let of_counts = [("libc", self.libc.clone()), ("counted_for", self.counted_for.clone())];
        let fields = self.fields().into_iter().chain(of_counts).filter(is_part);
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name}={value}")).collect();
        format!("{:016x}", digest(fields.join("\n").as_bytes()))
    }

    /// The names of the fields in which the two machines differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.fields().into_iter().zip(other.fields());
        pairs.filter(|(own, other)| own.1 != other.1).map(|(own, _)| own.0).collect()
    }
}
