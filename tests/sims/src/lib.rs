//! Simulated vendors: real HTTP servers with state, paging, login, limits and faults, and the seeded
//! world they hold. The tests, the demo and the benchmark all use them.
//!
//! In reading order: [`world`] makes an MSP's organisations, sites and devices from a seed;
//! `server` is one HTTP server on its own thread; [`faults`] is what can go wrong there, by name;
//! `counts` is what was asked, `recorder` the calls themselves; [`pulseway_rmm`], [`datto_rmm`], [`autotask`],
//! [`pulseway_psa`] and [`sophos_central`] are the vendors.
//!
//! ```no_run
//! use crosswalk_sims::{Autotask, PsaOptions, PulsewayRmm, RmmOptions, Size, World};
//! # fn main() -> std::io::Result<()> {
//! let world = World::generate(Size::new(30, 45, 250), 7);
//! let rmm = PulsewayRmm::start(&world, RmmOptions::default())?;
//! let psa = Autotask::start(&world.existing_in_psa(0.5, 7), PsaOptions::default())?;
//! rmm.faults().parse("throttle=next:2,retry-after:1").expect("a fault");
//! assert_eq!(psa.counts().writes, 0);
//! # Ok(())
//! # }
//! ```
//!
//! To add a vendor: 1. a folder with its state, its routes and its handle; 2. `impl Vendor` for the
//! state, which is all `server` asks for; 3. tests of what its notes promise.
//! Leaves alone: everything of Crosswalk. A sim knows its vendor's notes and nothing of who calls.

pub mod autotask;
pub mod clock;
mod counts;
pub mod datto_rmm;
pub mod faults;
mod json;
pub mod pulseway_psa;
pub mod pulseway_rmm;
mod recorder;
mod server;
pub mod sophos_central;
mod stale;
pub mod world;

pub use autotask::{Autotask, PsaOptions};
pub use counts::Counts;
pub use datto_rmm::{DattoOptions, DattoRmm};
pub use faults::{FaultError, Faults};
pub use pulseway_psa::{BmsOptions, PulsewayPsa};
pub use pulseway_rmm::{PulsewayRmm, RmmOptions};
pub use sophos_central::{SophosCentral, SophosOptions};
pub use world::{Existing, Size, World};
