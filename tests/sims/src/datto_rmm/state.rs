//! What the simulated Datto RMM holds, and every way it changes.
//!
//! Devices sit in slots that never move; each keeps its JSON ready, because lists of them are nearly all this sim is asked for.
//! Lists have no order anyone promises: here it is the order of arrival.
//! Leaves alone: HTTP, JSON, and the alerts, which are next door.

use std::collections::{BTreeMap, HashMap};

use super::alerts::Alert;
use super::render;
use crate::world::{Device, EPOCH, Rng, World};

/// How many user-defined fields a device record shows.
const UDFS: usize = 30;

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) sites: BTreeMap<i64, Site>,
    pub(super) site_of_uid: HashMap<String, i64>,
    /// The site that stands for each world site's organisation.
    of_world_site: HashMap<i64, i64>,
    slots: Vec<Option<Row>>,
    pub(super) slot_of: HashMap<String, i64>,
    /// Live slots, as lists show them.
    pub(super) order: Vec<i64>,
    pub(super) in_site: HashMap<i64, Vec<i64>>,
    pub(super) alerts: BTreeMap<i64, Alert>,
    pub(super) alert_of: HashMap<String, i64>,
    pub(super) iso_dates: bool,
    next_id: i64,
    rng: Rng,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Site {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) notes: String,
    pub(super) on_demand: bool,
    pub(super) splashtop: bool,
    /// The company of the Autotask link: id and name.
    pub(super) autotask: Option<(i64, String)>,
}

/// A device, where it is, and its JSON. Times are unix seconds.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) device: Device,
    pub(super) site: i64,
    pub(super) class: String,
    pub(super) online: bool,
    /// When it was last audited; a device that was never seen never was.
    pub(super) audited: Option<i64>,
    pub(super) created: i64,
    pub(super) udf: Vec<Option<String>>,
    pub(super) warranty: Option<String>,
    pub(super) json: Box<[u8]>,
}

impl State {
    pub(super) fn new(world: &World, iso_dates: bool) -> State {
        let mut state = State {
            sites: BTreeMap::new(),
            site_of_uid: HashMap::new(),
            of_world_site: HashMap::new(),
            slots: Vec::with_capacity(world.devices.len()),
            slot_of: HashMap::with_capacity(world.devices.len()),
            order: Vec::with_capacity(world.devices.len()),
            in_site: HashMap::new(),
            alerts: BTreeMap::new(),
            alert_of: HashMap::new(),
            iso_dates,
            next_id: world.organisations.iter().map(|o| o.id).fold(700_000, i64::max),
            rng: Rng::new(5),
        };
        for o in &world.organisations {
            let uid = state.rng.guid();
            state.keep_site(o.id, Site { uid, name: o.name.clone(), ..Site::default() });
        }
        state.of_world_site = world.sites.iter().map(|s| (s.id, s.organisation)).collect();
        for device in &world.devices {
            state.add_device(device.clone());
        }
        state.seed_alerts(world);
        state
    }

    pub(super) fn row(&self, slot: i64) -> Option<&Row> {
        self.slots.get(usize::try_from(slot).ok()?)?.as_ref()
    }

    /// A device's slot; uids are the same in any letter case.
    pub(super) fn slot(&self, uid: &str) -> Option<i64> {
        self.slot_of.get(&uid.to_ascii_lowercase()).copied()
    }

    /// A site's id by its uid, in any letter case.
    pub(super) fn site_at(&self, uid: &str) -> Option<i64> {
        self.site_of_uid.get(&uid.to_ascii_lowercase()).copied()
    }

    fn row_mut(&mut self, slot: i64) -> Option<&mut Row> {
        self.slots.get_mut(usize::try_from(slot).ok()?)?.as_mut()
    }

    pub(super) fn fresh_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn fresh_uid(&mut self) -> String {
        self.rng.guid()
    }

    /// Writes a device's JSON anew.
    fn refresh(&mut self, slot: i64) {
        let Some(row) = self.row(slot) else { return };
        let mut json = Vec::with_capacity(2400);
        render::device(self, slot, row, &mut json);
        if let Some(row) = self.row_mut(slot) {
            row.json = json.into_boxed_slice();
        }
    }

    fn keep_site(&mut self, id: i64, site: Site) {
        self.site_of_uid.insert(site.uid.to_ascii_lowercase(), id);
        self.sites.insert(id, site);
        self.in_site.insert(id, Vec::new());
    }

    pub(super) fn add_site(&mut self, name: &str, description: &str, notes: &str) -> String {
        let (id, uid) = (self.fresh_id(), self.fresh_uid());
        let (name, description, notes) = (name.to_owned(), description.to_owned(), notes.to_owned());
        self.keep_site(id, Site { uid: uid.clone(), name, description, notes, ..Site::default() });
        uid
    }

    pub(super) fn edit_site(&mut self, uid: &str, edit: impl FnOnce(&mut Site)) -> bool {
        let Some(id) = self.site_at(uid) else { return false };
        if let Some(site) = self.sites.get_mut(&id) {
            edit(site);
        }
        for slot in self.in_site.get(&id).cloned().unwrap_or_default() {
            self.refresh(slot);
        }
        true
    }

    pub(super) fn remove_site(&mut self, uid: &str) -> bool {
        let Some(id) = self.site_of_uid.remove(&uid.to_ascii_lowercase()) else { return false };
        let slots = self.in_site.remove(&id).unwrap_or_default();
        let devices: Vec<String> = slots.iter().filter_map(|s| self.row(*s)).map(|r| r.device.id.clone()).collect();
        for device in devices {
            self.remove_device(&device);
        }
        self.sites.remove(&id);
        true
    }

    pub(super) fn add_device(&mut self, device: Device) -> bool {
        let site = self.of_world_site.get(&device.site).copied().filter(|id| self.sites.contains_key(id));
        let Some(site) = site.filter(|_| self.slot(&device.id).is_none()) else { return false };
        let slot = self.slots.len() as i64;
        self.slot_of.insert(device.id.to_ascii_lowercase(), slot);
        self.order.push(slot);
        self.in_site.entry(site).or_default().push(slot);
        let row = Row {
            site,
            class: "device".to_owned(),
            online: device.last_seen.is_some_and(|s| s > EPOCH - 3600),
            // Audits run once a day.
            audited: device.last_seen.map(|s| s - s.rem_euclid(86_400)),
            created: EPOCH - 400 * 86_400 + slot,
            udf: vec![None; UDFS],
            warranty: None,
            json: Box::default(),
            device,
        };
        self.slots.push(Some(row));
        self.refresh(slot);
        true
    }

    pub(super) fn remove_device(&mut self, uid: &str) -> bool {
        let Some(slot) = self.slot_of.remove(&uid.to_ascii_lowercase()) else { return false };
        if let Some(row) = self.slots[slot as usize].take() {
            self.leave_site(row.site, slot);
        }
        self.order.retain(|s| *s != slot);
        self.alerts.retain(|_, a| a.device != slot);
        let alerts = &self.alerts;
        self.alert_of.retain(|_, id| alerts.contains_key(id));
        true
    }

    fn leave_site(&mut self, site: i64, slot: i64) {
        if let Some(slots) = self.in_site.get_mut(&site) {
            slots.retain(|s| *s != slot);
        }
    }

    pub(super) fn move_device(&mut self, uid: &str, site: &str) -> bool {
        let (Some(slot), Some(site)) = (self.slot(uid), self.site_at(site)) else { return false };
        let Some(old) = self.row(slot).map(|r| r.site) else { return false };
        self.leave_site(old, slot);
        self.in_site.entry(site).or_default().push(slot);
        if let Some(row) = self.row_mut(slot) {
            row.site = site;
        }
        self.refresh(slot);
        true
    }

    /// Changes a device's row, whatever it is, and writes it anew. False when unknown.
    pub(super) fn change(&mut self, uid: &str, change: impl FnOnce(&mut Row)) -> bool {
        let Some(slot) = self.slot(uid) else { return false };
        if let Some(row) = self.row_mut(slot) {
            change(row);
        }
        self.refresh(slot);
        true
    }

    pub(super) fn edit_device(&mut self, uid: &str, edit: impl FnOnce(&mut Device)) -> bool {
        self.change(uid, |row| {
            let id = row.device.id.clone();
            edit(&mut row.device);
            row.device.id = id;
            row.audited = Some(row.audited.unwrap_or(EPOCH) + 1);
        })
    }

    pub(super) fn set_class(&mut self, uid: &str, class: &str) -> bool {
        self.change(uid, |row| class.clone_into(&mut row.class))
    }

    pub(super) fn check_in(&mut self, uid: &str, now: i64) -> bool {
        self.change(uid, |row| (row.device.last_seen, row.online) = (Some(now), true))
    }

    pub(super) fn check_in_all(&mut self, now: i64) {
        self.change_all(|row| (row.device.last_seen, row.online) = (Some(now), true));
    }

    pub(super) fn audit_all(&mut self, now: i64) {
        self.change_all(|row| {
            row.audited = Some(now);
            for disk in &mut row.device.disks {
                disk.free_percent = if disk.free_percent > 4 { disk.free_percent - 1 } else { 90 };
            }
        });
    }

    fn change_all(&mut self, change: impl Fn(&mut Row)) {
        for slot in 0..self.slots.len() as i64 {
            if let Some(row) = self.row_mut(slot) {
                change(row);
                self.refresh(slot);
            }
        }
    }

    /// The fault `row-appears`: a device that stands before all others, so that an offset walk shifts.
    pub(super) fn device_appears(&mut self) {
        let Some(row) = self.order.first().and_then(|s| self.row(*s)) else { return };
        let (mut device, site) = (row.device.clone(), row.site);
        device.id = self.rng.guid();
        device.name = format!("NEW-{}", self.slots.len());
        device.serial = Some(format!("NEW{:07}", self.slots.len()));
        let uid = device.id.clone();
        if self.add_device(device) {
            if let Some(slot) = self.order.pop() {
                self.order.insert(0, slot);
            }
            if let Some(uid_of_site) = self.sites.get(&site).map(|s| s.uid.clone()) {
                self.move_device(&uid, &uid_of_site);
            }
        }
    }

    /// The fault `row-leaves`: the device that stands first goes.
    pub(super) fn device_leaves(&mut self) {
        let first = self.order.first().and_then(|s| self.row(*s)).map(|r| r.device.id.clone());
        if let Some(uid) = first {
            self.remove_device(&uid);
        }
    }

    pub(super) fn devices(&self) -> Vec<Device> {
        self.order.iter().filter_map(|s| self.row(*s)).map(|r| r.device.clone()).collect()
    }

    pub(super) fn sites(&self) -> Vec<(String, String)> {
        self.sites.values().map(|s| (s.uid.clone(), s.name.clone())).collect()
    }

    pub(super) fn site_of_organisation(&self, organisation: i64) -> Option<String> {
        self.sites.get(&organisation).map(|s| s.uid.clone())
    }

    pub(super) fn site_of_device(&self, device: &str) -> Option<String> {
        let row = self.row(self.slot(device)?)?;
        self.sites.get(&row.site).map(|s| s.uid.clone())
    }

    pub(super) fn canonical(&self) -> Vec<String> {
        let sites = self.sites.values().map(|s| format!("site {:?}", s.name));
        let devices = self.order.iter().filter_map(|s| self.row(*s)).map(|r| {
            let site = self.sites.get(&r.site).map_or("?", |s| s.name.as_str());
            format!("device {site:?} / {:?} serial={:?}", r.device.name, r.device.serial)
        });
        let mut lines: Vec<String> = sites.chain(devices).collect();
        lines.sort_unstable();
        lines
    }
}
