//! Numbers in files.

use serde::{Deserialize, Serialize, Serializer};

/// A number that is written without a fraction where it has none.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // f64 represents every whole number up to this limit exactly.
        let is_complete = self.0.fract() == 0.0 && self.0.abs() < 9e15 && self.0.is_sign_positive();
        if is_complete {
            serializer.serialize_u64(self.0 as u64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        let texts = [(3.0, "3"), (-0.0, "-0.0"), (-3.0, "-3.0"), (0.5, "0.5"), (1e300, "1e+300")];
        for (value, text) in texts {
            let written = serde_json::to_string(&Number(value)).unwrap();
            assert_eq!(written, text);
            assert_eq!(
                serde_json::from_str::<Number>(&written).unwrap().0.to_bits(),
                value.to_bits()
            );
        }
    }
}
