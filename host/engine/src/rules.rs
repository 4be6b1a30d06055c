//! What decides: matching, planning, brakes, names. From data to data, without clock or connector: plain data types of
//! the store and the runtime are used, nothing of them that acts.
//!
//! A rule is a function of plain data, so that its tests are tables and properties. `run` acts on the answers.

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
