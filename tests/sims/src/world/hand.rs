//! A world, and what a PSA holds, written down by hand: customers, sites and devices with the names, serials, hardware
//! addresses and ids that a test is about. Everything else is given plain values.
//!
//! ```
//! use crosswalk_sims::{Existing, World};
//! let world = World::by_hand()
//!     .customer("Acme Ltd").device("PC-1", "PF3XK9Q2").mac("A4:BB:6D:00:00:01")
//!     .site("Branch").device("PC-2", "")
//!     .customer("Contoso").devices("WS", 40)
//!     .build();
//! let psa = Existing::by_hand().account("Acme Ltd").item("STOCK-0815", "PF3XK9Q2").build();
//! assert_eq!((world.devices.len(), psa.companies[0].items.len()), (42, 1));
//! ```
//! Leaves alone: generated worlds.

use super::{
    Address, Device, DeviceKind, Disk, EPOCH, Existing, ExistingCompany, ExistingItem, ExistingLocation, Organisation,
    Relation, Rng, Site, World, generate,
};

/// A world in the making. A call that names no parent is about the latest customer, site or device.
#[derive(Clone, Debug)]
pub struct WorldByHand {
    world: World,
    rng: Rng,
}

/// What a PSA holds, in the making. A call that names no parent is about the latest account, location or item.
#[derive(Clone, Debug, Default)]
pub struct ExistingByHand(Existing);

impl World {
    /// Starts a world that holds only what is written down.
    #[must_use]
    pub fn by_hand() -> WorldByHand {
        WorldByHand { world: World::default(), rng: Rng::new(17) }
    }
}

impl Existing {
    /// Starts a PSA that holds only what is written down.
    #[must_use]
    pub fn by_hand() -> ExistingByHand {
        ExistingByHand::default()
    }
}

impl WorldByHand {
    /// A customer, under the next id.
    #[must_use]
    pub fn customer(self, name: &str) -> Self {
        let id = self.world.organisations.iter().map(|o| o.id + 1).fold(1000, i64::max);
        self.customer_with_id(id, name)
    }

    /// A customer under an id of its own.
    #[must_use]
    pub fn customer_with_id(mut self, id: i64, name: &str) -> Self {
        let phone = format!("+44 1234 {:06}", self.world.organisations.len());
        let (name, base) = (name.to_owned(), name.to_owned());
        self.world.organisations.push(Organisation { id, name, base, suffix: "", twin_of: None, phone });
        self
    }

    /// A further site of the customer. The first device of a customer without one makes a `Head Office`.
    #[must_use]
    pub fn site(mut self, name: &str) -> Self {
        let organisation = self.customer_id();
        let id = 5000 + self.world.sites.len() as i64;
        self.world.sites.push(Site { id, organisation, name: name.to_owned(), address: None });
        self
    }

    /// The address of the latest site.
    #[must_use]
    pub fn address(mut self, street: &str, city: &str, zip: &str) -> Self {
        let (street, city, zip) = (street.to_owned(), city.to_owned(), zip.to_owned());
        if let Some(site) = self.world.sites.last_mut() {
            site.address = Some(Address { street, city, zip, country: "GB".to_owned() });
        }
        self
    }

    /// A device at the latest site of the customer, with an id and a hardware address of its own. An empty serial is none: the
    /// agent sends no BIOS block. It is a server if its name has `SRV` in it.
    #[must_use]
    pub fn device(mut self, name: &str, serial: &str) -> Self {
        let customer = self.customer_id();
        if self.world.sites.last().is_none_or(|site| site.organisation != customer) {
            self = self.site("Head Office");
        }
        let index = self.world.devices.len();
        let server = name.contains("SRV");
        let device = Device {
            id: self.rng.guid(),
            site: self.world.sites.last().map_or(0, |site| site.id),
            name: name.to_owned(),
            kind: if server { DeviceKind::Server } else { DeviceKind::Workstation },
            os: if server { "Windows Server 2022 Standard" } else { "Windows 11 Pro" },
            os_version: "10.0.22631",
            platform: "windows",
            manufacturer: "Dell Inc.",
            model: "OptiPlex 7010",
            serial: (!serial.is_empty()).then(|| serial.to_owned()),
            mac: generate::mac(index),
            ip: format!("192.168.{}.{}", index / 250 % 250, 2 + index % 250),
            public_ip: "203.0.113.7".to_owned(),
            owner: "Robin Smith".to_owned(),
            memory_bytes: 16 << 30,
            disks: vec![Disk { name: "C:", system: true, total_kb: 249_000_960, free_percent: 40 }],
            last_seen: Some(EPOCH),
            last_reboot: Some(EPOCH - 86_400),
        };
        self.world.devices.push(device);
        self
    }

    /// Devices called `PREFIX-001` and so on, each with a serial of its own.
    #[must_use]
    pub fn devices(mut self, prefix: &str, count: usize) -> Self {
        for nth in 1..=count {
            let serial = format!("SN{:07}", self.world.devices.len() + 1);
            self = self.device(&format!("{prefix}-{nth:03}"), &serial);
        }
        self
    }

    /// The id of the latest device.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        self.with(|device| id.clone_into(&mut device.id))
    }

    /// The hardware addresses of the latest device, `; ` between several; empty where the agent tells none.
    #[must_use]
    pub fn mac(self, mac: &str) -> Self {
        self.with(|device| mac.clone_into(&mut device.mac))
    }

    /// Changes anything of the latest device.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Device)) -> Self {
        if let Some(device) = self.world.devices.last_mut() {
            change(device);
        }
        self
    }

    /// The world as written down.
    #[must_use]
    pub fn build(mut self) -> World {
        self.world.organisations.sort_by_key(|organisation| organisation.id);
        self.world
    }

    /// The latest customer; one is made for what comes before any.
    fn customer_id(&mut self) -> i64 {
        if self.world.organisations.is_empty() {
            *self = std::mem::replace(self, World::by_hand()).customer("Acme Ltd");
        }
        self.world.organisations.last().map_or(0, |organisation| organisation.id)
    }
}

impl ExistingByHand {
    /// An account.
    #[must_use]
    pub fn account(mut self, name: &str) -> Self {
        self.0.companies.push(ExistingCompany {
            name: name.to_owned(),
            relation: Relation::Unrelated,
            phone: format!("+44 1234 {:06}", self.0.companies.len()),
            address: None,
            locations: Vec::new(),
            items: Vec::new(),
        });
        self
    }

    /// A location of the latest account.
    #[must_use]
    pub fn location(mut self, name: &str) -> Self {
        if let Some(company) = self.0.companies.last_mut() {
            company.locations.push(ExistingLocation { name: name.to_owned(), address: None, site: None });
        }
        self
    }

    /// A configuration item of the latest account, at its latest location where it has one.
    #[must_use]
    pub fn item(mut self, title: &str, serial: &str) -> Self {
        if let Some(company) = self.0.companies.last_mut() {
            let kind = if title.contains("SRV") { DeviceKind::Server } else { DeviceKind::Workstation };
            company.items.push(ExistingItem {
                title: title.to_owned(),
                serial: serial.to_owned(),
                mac: String::new(),
                location: company.locations.len().checked_sub(1),
                device: None,
                kind,
            });
        }
        self
    }

    /// The hardware addresses of the latest item, as the PSA keeps them: one text.
    #[must_use]
    pub fn mac(mut self, mac: &str) -> Self {
        if let Some(item) = self.0.companies.last_mut().and_then(|company| company.items.last_mut()) {
            mac.clone_into(&mut item.mac);
        }
        self
    }

    /// What the PSA holds, as written down.
    #[must_use]
    pub fn build(self) -> Existing {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_there_and_nothing_else() {
        let world = World::by_hand()
            .customer_with_id(4711, "Acme")
            .device("PC-1", "S-1")
            .id("agent-1")
            .mac("A4:BB:6D:00:00:01; 00:50:B6:9F:10:22")
            .site("Branch")
            .device("ACME-SRV-1", "")
            .customer_with_id(12, "Contoso")
            .devices("WS", 3)
            .build();
        assert_eq!(world.organisations.iter().map(|o| o.id).collect::<Vec<_>>(), [12, 4711]);
        assert_eq!(world.organisation(4711).map(|o| o.name.as_str()), Some("Acme"));
        let sites: Vec<_> = world.sites.iter().map(|s| (s.organisation, s.name.as_str())).collect();
        assert_eq!(sites, [(4711, "Head Office"), (4711, "Branch"), (12, "Head Office")]);
        let [pc, server, ..] = &world.devices[..] else { panic!("five devices") };
        assert_eq!((pc.id.as_str(), pc.serial.as_deref(), pc.site), ("agent-1", Some("S-1"), 5000));
        assert_eq!((server.kind, server.serial.as_deref(), server.site), (DeviceKind::Server, None, 5001));
        assert_eq!(world.devices.iter().filter(|d| d.site == 5002).count(), 3);
        let psa = Existing::by_hand().account("Acme").location("Branch").item("PC-1", "S-1").mac("A4").build();
        let item = &psa.companies[0].items[0];
        assert_eq!((item.title.as_str(), item.mac.as_str(), item.location), ("PC-1", "A4", Some(0)));
    }
}
