//! Identity at the simulated Datto RMM: an agent that enrols again, a site that is made anew, ids in other letters.
//! Leaves alone: what a record says; only its uid becomes another.

use super::state::State;
use crate::faults::NewIds;

impl State {
    /// A device goes on under another uid. False when it is unknown or the uid is taken.
    pub(super) fn renew_device_as(&mut self, uid: &str, new: &str) -> bool {
        let Some(slot) = self.slot(uid) else { return false };
        if self.slot(new).is_some_and(|of| of != slot) {
            return false;
        }
        self.slot_of.remove(&uid.to_ascii_lowercase());
        self.slot_of.insert(new.to_ascii_lowercase(), slot);
        self.change(new, |row| new.clone_into(&mut row.device.id))
    }

    /// A device enrols again: a new uid, which is returned.
    pub(super) fn renew_device(&mut self, uid: &str) -> Option<String> {
        let new = self.fresh_uid();
        self.renew_device_as(uid, &new).then_some(new)
    }

    /// A site goes on under another uid. False when it is unknown or the uid is taken.
    pub(super) fn renew_site_as(&mut self, uid: &str, new: &str) -> bool {
        let Some(id) = self.site_at(uid) else { return false };
        if self.site_at(new).is_some_and(|of| of != id) {
            return false;
        }
        self.site_of_uid.remove(&uid.to_ascii_lowercase());
        self.site_of_uid.insert(new.to_ascii_lowercase(), id);
        self.edit_site(new, |site| new.clone_into(&mut site.uid))
    }

    /// A site is made anew and its devices moved over: a new uid, which is returned.
    pub(super) fn renew_site(&mut self, uid: &str) -> Option<String> {
        let new = self.fresh_uid();
        self.renew_site_as(uid, &new).then_some(new)
    }

    /// The fault `renew-ids`.
    pub(super) fn renew_ids(&mut self, how: NewIds) {
        let (sites, devices) = (self.sites(), self.devices());
        for (uid, _) in sites {
            match how {
                NewIds::Case => drop(self.renew_site_as(&uid, &uid.to_uppercase())),
                NewIds::Other => drop(self.renew_site(&uid)),
            }
        }
        for device in devices {
            match how {
                NewIds::Case => drop(self.renew_device_as(&device.id, &device.id.to_uppercase())),
                NewIds::Other => drop(self.renew_device(&device.id)),
            }
        }
    }
}
