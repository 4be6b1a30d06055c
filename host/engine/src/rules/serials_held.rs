//! Which serial numbers stand where over a whole sync, as digests: whose they are on either side.

use super::serials::serial_key;
use xxhash_rust::xxh3::xxh3_64;

/// The serial numbers of all devices that are there, as digests of keys: whose they are on either side.
#[derive(Default)]
pub(crate) struct Serials {
    /// Those in use and not excluded, and their customers.
    source: Devices,
    /// Those in use, and their accounts.
    target: Devices,
}

impl Serials {
    /// From the devices in use of either side; excluded sources are not among them.
    pub(crate) fn new(source: Vec<Device>, target: Vec<Device>) -> Self {
        Self { source: Devices::new(source), target: Devices::new(target) }
    }

    /// Whether a device of another customer has this one.
    pub(crate) fn of_another_customer(&self, key: &str, customer: &str) -> bool {
        let own = digest(customer);
        self.source.with(key).iter().any(|device| device.parent != own)
    }

    /// The source records that have it.
    pub(crate) fn sources(&self, key: &str) -> impl Iterator<Item = &str> {
        self.source.with(key).iter().map(|device| &*device.id)
    }

    /// The target records in use that have it.
    pub(crate) fn targets(&self, key: &str) -> impl Iterator<Item = &str> {
        self.target.with(key).iter().map(|device| &*device.id)
    }
}

/// Devices of one side by serial number. There may be a hundred thousand: a key is kept as its digest.
#[derive(Default)]
struct Devices(Vec<Device>);

impl Devices {
    fn new(mut devices: Vec<Device>) -> Self {
        devices.sort_unstable_by(|one, other| (one.serial, &one.id).cmp(&(other.serial, &other.id)));
        Self(devices)
    }

    fn with(&self, key: &str) -> &[Device] {
        let serial = digest(key);
        let from = self.0.partition_point(|device| device.serial < serial);
        let to = self.0[from..].partition_point(|device| device.serial == serial);
        &self.0[from..from + to]
    }
}

/// A device with a serial number.
pub(crate) struct Device {
    serial: u64,
    parent: u64,
    pub(crate) id: Box<str>,
}

impl Device {
    /// A device with a serial number that is a key.
    pub(crate) fn of(id: &str, parent: Option<&str>, serial: &str) -> Option<Self> {
        let serial = digest(&serial_key(serial)?);
        Some(Self { serial, parent: digest(parent.unwrap_or_default()), id: id.into() })
    }
}

fn digest(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}
