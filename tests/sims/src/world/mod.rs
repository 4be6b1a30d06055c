//! An MSP's world: organisations, sites and devices, made from a seed.
//!
//! The same size and seed give the same world on every machine, for ever, so that a test can name
//! what it expects and two runs can be compared. What is in it, in round proportions:
//!
//! | what | share |
//! |---|---|
//! | organisations with accents in the name | about 1 in 3 |
//! | organisations that are a near-twin of another ("Acme Ltd" / "Acme Limited" / "ACME Holdings" / "Acme Group") | 6 % |
//! | sites without an address | 20 % |
//! | devices per site | uneven: the biggest tenth of the organisations has about half of them, some have none |
//! | servers | 12 % of devices |
//! | devices without a BIOS block (no serial at all) | 1.5 % |
//! | junk serials ("To be filled by O.E.M.", "Default string", "0", "", …) | 3 % |
//! | serials that another device has too | 0.5 % |
//! | last reboot unknown ("") | 8 % |
//! | last seen unknown ("") | 1 % |
//! | not seen for 60 days or more | 5 % |
//!
//! What the PSA already holds of it is in [`Existing`], derived from a world and a fraction. Both can be written down by hand
//! instead: [`World::by_hand`], [`Existing::by_hand`].
//! Leaves alone: how any vendor calls or writes these things.

mod existing;
mod generate;
mod hand;
mod names;
mod rng;

pub use existing::{Existing, ExistingCompany, ExistingItem, ExistingLocation, Relation};
pub use hand::{ExistingByHand, WorldByHand};
pub use names::unaccented;
pub(crate) use rng::Rng;

/// The moment generated times count back from: 2025-11-03T08:00:00Z in unix seconds.
pub const EPOCH: i64 = 1_762_156_800;

/// How big a world is. There is never less than one site per organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Organisations, i.e. the MSP's customers.
    pub organisations: usize,
    /// Sites of all organisations together.
    pub sites: usize,
    /// Devices of all sites together.
    pub devices: usize,
}

impl Size {
    /// A size from its three numbers.
    pub const fn new(organisations: usize, sites: usize, devices: usize) -> Self {
        Size { organisations, sites, devices }
    }
}

/// Everything the RMM knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// The customers, by ascending id.
    pub organisations: Vec<Organisation>,
    /// Their sites, by ascending id.
    pub sites: Vec<Site>,
    /// The devices, in no order an id would give.
    pub devices: Vec<Device>,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: i64,
    /// Its full name, unique in this world.
    pub name: String,
    /// The name without the legal suffix.
    pub base: String,
    /// The legal suffix, or nothing.
    pub suffix: &'static str,
    /// The organisation whose near-twin this is.
    pub twin_of: Option<i64>,
    /// A telephone number.
    pub phone: String,
}

/// A place of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its id.
    pub id: i64,
    /// The organisation it belongs to.
    pub organisation: i64,
    /// Its name, unique within the organisation.
    pub name: String,
    /// Where it is, when known.
    pub address: Option<Address>,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// Town.
    pub city: String,
    /// Postal code.
    pub zip: String,
    /// Two-letter country code.
    pub country: String,
}

/// What sort of machine a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// A desktop or laptop.
    Workstation,
    /// A server.
    Server,
}

/// A machine with an agent on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// The agent's GUID.
    pub id: String,
    /// The site it is in.
    pub site: i64,
    /// Its host name.
    pub name: String,
    /// Workstation or server.
    pub kind: DeviceKind,
    /// Operating system, for people.
    pub os: &'static str,
    /// Operating system version.
    pub os_version: &'static str,
    /// `windows`, `linux` or `mac`.
    pub platform: &'static str,
    /// Maker.
    pub manufacturer: &'static str,
    /// Model.
    pub model: &'static str,
    /// BIOS serial number; `None` when the agent sends no BIOS block at all.
    pub serial: Option<String>,
    /// Hardware addresses: one, or several with `; ` between; empty when the agent tells none.
    pub mac: String,
    /// Local address.
    pub ip: String,
    /// Address seen from outside.
    pub public_ip: String,
    /// Whom Windows is registered to.
    pub owner: String,
    /// Main memory in bytes.
    pub memory_bytes: i64,
    /// Drives.
    pub disks: Vec<Disk>,
    /// Last contact, unix seconds.
    pub last_seen: Option<i64>,
    /// Last start, unix seconds.
    pub last_reboot: Option<i64>,
}

/// A drive of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// `C:`, `/`, …
    pub name: &'static str,
    /// Whether the system starts from it.
    pub system: bool,
    /// Size in kilobytes.
    pub total_kb: i64,
    /// Free space in whole percent.
    pub free_percent: i64,
}

impl World {
    /// Makes a world.
    pub fn generate(size: Size, seed: u64) -> World {
        generate::world(size, seed)
    }

    /// What the PSA already knows of this world: see [`Existing`].
    pub fn existing_in_psa(&self, fraction: f64, seed: u64) -> Existing {
        existing::derive(self, fraction, seed)
    }

    /// An organisation by id.
    pub fn organisation(&self, id: i64) -> Option<&Organisation> {
        self.organisations.binary_search_by_key(&id, |o| o.id).ok().map(|i| &self.organisations[i])
    }

    /// A site by id.
    pub fn site(&self, id: i64) -> Option<&Site> {
        self.sites.binary_search_by_key(&id, |s| s.id).ok().map(|i| &self.sites[i])
    }
}

impl Device {
    /// Its hardware addresses, one by one.
    pub fn macs(&self) -> impl Iterator<Item = &str> {
        self.mac.split(';').map(str::trim)
    }

    /// Whether the serial is one that tells machines apart: present and not a maker's placeholder.
    pub fn has_real_serial(&self) -> bool {
        self.serial.as_deref().is_some_and(|s| !names::JUNK_SERIALS.contains(&s))
    }
}
