//! The alerts of the simulated Sophos Central: raised and over. One that is over is no longer listed.
//! Leaves alone: what raises one; tests and the seed do.

use base64::Engine as _;

use super::state::{State, Tenant};
use crate::world::{DeviceKind, EPOCH};

#[derive(Debug)]
pub(super) struct Alert {
    /// Its place in the order.
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) new: NewAlert,
    pub(super) group_key: String,
    /// The device it is about: id, and whether it is a server.
    pub(super) agent: Option<(String, bool)>,
}

/// An alert to raise.
#[derive(Clone, Debug)]
pub struct NewAlert {
    /// `high`, `medium` or `low`.
    pub severity: String,
    /// The vendor's type, such as `Event::Endpoint::OutOfDate`.
    pub type_: String,
    /// The vendor's category.
    pub category: String,
    /// What people read.
    pub description: String,
    /// Unix seconds.
    pub at: i64,
}

impl Default for NewAlert {
    fn default() -> Self {
        NewAlert {
            severity: "medium".to_owned(),
            type_: "Event::Endpoint::OutOfDate".to_owned(),
            category: "updating".to_owned(),
            description: "The computer is out of date.".to_owned(),
            at: EPOCH,
        }
    }
}

const SEEDED: &[(&str, &str, &str, &str)] = &[
    ("high", "Event::Endpoint::Threat::Detected", "malware", "Malware was detected and not cleaned up."),
    ("medium", "Event::Endpoint::OutOfDate", "updating", "The computer is out of date."),
    ("low", "Event::Endpoint::NonCompliant", "policy", "The policy is not complied with."),
    ("medium", "Event::Endpoint::NotProtected", "protection", "Real-time protection is off."),
];

impl State {
    /// Every third tenant has an alert, about its first device where it has one; every ninth a second.
    pub(super) fn seed_alerts(&mut self) {
        for place in (0..self.tenants.len()).step_by(3) {
            for nth in 0..if place % 9 == 0 { 2 } else { 1 } {
                let (severity, type_, category, description) = SEEDED[(place / 3 + nth) % SEEDED.len()];
                let id = self.tenants[place].id.clone();
                self.raise(
                    &id,
                    NewAlert {
                        severity: severity.to_owned(),
                        type_: type_.to_owned(),
                        category: category.to_owned(),
                        description: description.to_owned(),
                        at: EPOCH - 3600 * (place as i64 + 1) - 60 * nth as i64,
                    },
                );
            }
        }
    }

    pub(super) fn raise(&mut self, tenant: &str, new: NewAlert) -> Option<String> {
        let place = *self.place_of.get(tenant)?;
        let (number, id) = (self.fresh_row(), self.rng.guid());
        let tenant: &mut Tenant = &mut self.tenants[place];
        let group = base64::engine::general_purpose::STANDARD.encode(format!("0,{},{place},", new.type_));
        let agent = tenant.devices.first().map(|d| (d.id.clone(), d.kind == DeviceKind::Server));
        tenant.alerts.push(Alert { number, id: id.clone(), new, group_key: group, agent });
        Some(id)
    }

    pub(super) fn resolve(&mut self, id: &str) -> bool {
        let Some(tenant) = self.tenants.iter_mut().find(|t| t.alerts.iter().any(|a| a.id == id)) else { return false };
        tenant.alerts.retain(|a| a.id != id);
        true
    }

    pub(super) fn open_alerts(&self) -> Vec<String> {
        self.tenants.iter().flat_map(|t| t.alerts.iter().map(|a| a.id.clone())).collect()
    }
}
