//! What the library promises, by its public interface.

mod catalogue;
mod equal_rows;
mod export;
mod matching;
mod oddities;
mod pairs;
mod properties;
mod results;
