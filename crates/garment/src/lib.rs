//! The command line of garment.

pub mod report;
