//! The versions of a work.

use crate::rng::Rng;
use crate::title::{Parenthesis, remix};

/// One version of a work.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// Its name.
    pub(crate) mix: String,
    /// Who made it of the original.
    pub(crate) remixers: Vec<String>,
}

impl Version {
    /// The version that a title without one means.
    pub(crate) fn original() -> Self {
        Self { mix: "Original Mix".to_owned(), remixers: Vec::new() }
    }

    /// The long version for DJs.
    pub(crate) fn extended() -> Self {
        Self { mix: "Extended Mix".to_owned(), remixers: Vec::new() }
    }

    /// A remix by any artist.
    pub(crate) fn remix(rng: &mut Rng) -> Self {
        Self::named(Some(&remix(rng)))
    }

    /// The version that a title with `parenthesis` names.
    pub(crate) fn named(parenthesis: Option<&Parenthesis>) -> Self {
        let Some(parenthesis) = parenthesis else { return Self::original() };
        let remixers = match parenthesis {
            Parenthesis::Original | Parenthesis::Feat(_) | Parenthesis::Word(_) => {
                return Self::original();
            }
            Parenthesis::Extended(_) => return Self::extended(),
            Parenthesis::Remix { remixers, .. } => remixers.clone(),
            Parenthesis::Rework { by, .. } => by.iter().cloned().collect(),
            Parenthesis::Short(_) => Vec::new(),
        };
        Self { mix: parenthesis.text(), remixers }
    }

    /// Whether both are the same version of their work.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.mix.to_lowercase() == other.mix.to_lowercase()
    }
}
