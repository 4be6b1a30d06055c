//! Identity at the simulated RMM: an agent that enrols again, an organisation that is made anew, ids in other letters.
//! Leaves alone: what a record says; only its id becomes another.

use super::state::State;
use crate::faults::NewIds;

impl State {
    /// A device goes on under another id. False when it is unknown or the id is taken.
    pub(super) fn renew_device_as(&mut self, id: &str, new: &str) -> bool {
        let Some((slot, _)) = self.row_by_id(id) else { return false };
        if self.row_by_id(new).is_some_and(|(of, _)| of != slot) {
            return false;
        }
        self.slot_of.remove(&id.to_ascii_lowercase());
        self.slot_of.insert(new.to_ascii_lowercase(), slot);
        for notification in self.notifications.values_mut().filter(|n| n.device.eq_ignore_ascii_case(id)) {
            new.clone_into(&mut notification.device);
        }
        if let Some(Some(row)) = self.slots.get_mut(slot as usize) {
            new.clone_into(&mut row.device.id);
        }
        self.refresh(slot);
        self.revision += 1;
        true
    }

    /// A device enrols again: a new id, which is returned.
    pub(super) fn renew_device(&mut self, id: &str) -> Option<String> {
        let new = self.rng.guid();
        self.renew_device_as(id, &new).then_some(new)
    }

    /// An organisation and its sites are made anew and its devices moved over: new ids for both, the organisation's is returned.
    pub(super) fn renew_organisation(&mut self, id: i64) -> Option<i64> {
        let organisation = self.organisations.remove(&id)?;
        let new = self.fresh_id();
        self.organisations.insert(new, organisation);
        let old_sites = self.sites_of.remove(&id).unwrap_or_default();
        let mut sites = Vec::with_capacity(old_sites.len());
        for old in old_sites {
            let Some(mut site) = self.sites.remove(&old) else { continue };
            site.organisation = new;
            let site_id = self.fresh_id();
            self.sites.insert(site_id, site);
            self.groups.values_mut().filter(|group| group.site == old).for_each(|group| group.site = site_id);
            let slots = self.in_site.remove(&old).unwrap_or_default();
            for slot in &slots {
                if let Some(Some(row)) = self.slots.get_mut(*slot as usize) {
                    row.device.site = site_id;
                }
            }
            self.in_site.insert(site_id, slots);
            sites.push(site_id);
        }
        self.sites_of.insert(new, sites.clone());
        for site in sites {
            self.refresh_site(site);
        }
        self.revision += 1;
        Some(new)
    }

    /// The fault `renew-ids`.
    pub(super) fn renew_ids(&mut self, how: NewIds) {
        let devices: Vec<String> = self.slots.iter().flatten().map(|row| row.device.id.clone()).collect();
        for id in devices {
            match how {
                NewIds::Case => drop(self.renew_device_as(&id, &id.to_uppercase())),
                NewIds::Other => drop(self.renew_device(&id)),
            }
        }
        if how == NewIds::Other {
            let organisations: Vec<i64> = self.organisations.keys().copied().collect();
            for id in organisations {
                self.renew_organisation(id);
            }
        }
    }
}
