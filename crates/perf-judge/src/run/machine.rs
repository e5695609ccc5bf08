//! The machine of a run, and what makes its times comparable.

use crate::ident::digest;
use serde::{Deserialize, Serialize};

/// The properties of the machine and the tools that decide whether times can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// A digest of the fields below without `image`. Times of equal keys can be compared.
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
    /// The system's or runner's image, which changes too often to be part of the key.
    pub image: String,
}

impl Machine {
    /// The machine with its key computed.
    pub fn with_machine_key(mut self) -> Self {
        let fields: Vec<String> =
            self.fields().map(|(name, value)| format!("{name}={value}")).into();
        self.key = format!("{:016x}", digest(fields.join("\n").as_bytes()));
        self
    }

    /// The fields of the key, by name.
    pub fn fields(&self) -> [(&'static str, String); 8] {
        [
            ("cpu", self.cpu.clone()),
            ("cores", self.cores.to_string()),
            ("arch", self.arch.clone()),
            ("os", self.os.clone()),
            ("rustc", self.rustc.clone()),
            ("profile", self.profile.clone()),
            ("flags", self.flags.clone()),
            ("divan", self.divan.clone()),
        ]
    }

    /// The names of the fields in which the two machines differ.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let pairs = self.fields().into_iter().zip(other.fields());
        pairs.filter(|(own, other)| own.1 != other.1).map(|(own, _)| own.0).collect()
    }
}
