//! What generated libraries promise.

mod accuracy;
mod catalogue;
mod golden;
mod shape;
