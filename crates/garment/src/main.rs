//! garment

fn main() {}
