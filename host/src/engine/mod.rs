//! The verbs of the product: match, plan, hold. These files are pure, functions from
//! data to data, without I/O, clock, store or runtime.

pub mod brakes;
pub mod matching;
pub mod names;
pub mod plan;
pub mod serials;

#[cfg(test)]
#[cfg(test)]
mod testkit;
