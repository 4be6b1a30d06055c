//! What decides: matching, planning, brakes, names. From data to data, without store, clock or connector.
//!
//! A rule is a function of plain data, so that its tests are tables and properties. What acts on an answer is `run`'s.

pub(crate) mod anew;
pub mod brakes;
pub(crate) mod doubt;
pub(crate) mod first_run;
pub(crate) mod grants;
pub mod matching;
pub mod names;
pub mod plan;
pub mod serials;
pub(crate) mod serials_held;
pub(crate) mod terms;
pub(crate) mod value;
pub(crate) mod walk;
pub(crate) mod wide;
pub(crate) mod words;
