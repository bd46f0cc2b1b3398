//! The shell text that hosts run, as pure values.

mod quote;

pub use quote::quote;
