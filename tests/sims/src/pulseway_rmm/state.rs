//! What the simulated RMM holds, and every way it changes.
//!
//! Devices sit in slots that never move, so that indexes and cached lists can name them by number; each keeps
//! its two JSON forms ready, because lists of them are nearly all this sim is asked for.
//! `revision` moves with every change that a list could show: cached walks carry it.
//! Leaves alone: HTTP, filters, JSON.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::extras::Extras;
use super::list::{Collection, Walks};
use super::{RmmOptions, render};
use crate::world::{Address, Device, DeviceKind, EPOCH, Rng, World};

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) organisations: BTreeMap<i64, Organisation>,
    pub(super) sites: BTreeMap<i64, Site>,
    pub(super) groups: BTreeMap<i64, Group>,
    pub(super) notifications: BTreeMap<i64, Notification>,
    pub(super) slots: Vec<Option<Row>>,
    pub(super) slot_of: HashMap<String, i64>,
    /// Slots by site; the only way in by parent that is asked for at scale.
    pub(super) in_site: HashMap<i64, Vec<i64>>,
    pub(super) sites_of: HashMap<i64, Vec<i64>>,
    pub(super) walks: Walks,
    pub(super) revision: u64,
    pub(super) forbidden: HashSet<i64>,
    pub(super) forbidden_collections: HashSet<String>,
    pub(super) form: render::Form,
    pub(super) extras: Extras,
    next_id: i64,
    pub(super) rng: Rng,
}

#[derive(Clone, Debug)]
pub(super) struct Organisation {
    pub(super) name: String,
}

#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) organisation: i64,
    pub(super) name: String,
    pub(super) address: Option<Address>,
    pub(super) phone: String,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) site: i64,
    pub(super) name: String,
    pub(super) notes: String,
}

#[derive(Clone, Debug)]
pub(super) struct Notification {
    pub(super) device: String,
    pub(super) message: String,
    pub(super) priority: &'static str,
    pub(super) at: i64,
}

/// A device, its group, and its two JSON forms.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) device: Device,
    pub(super) group: i64,
    pub(super) asset_json: Box<[u8]>,
    pub(super) device_json: Box<[u8]>,
}

impl State {
    pub(super) fn new(world: &World, options: &RmmOptions) -> State {
        let mut state = State {
            organisations: BTreeMap::new(),
            sites: BTreeMap::new(),
            groups: BTreeMap::new(),
            notifications: BTreeMap::new(),
            slots: Vec::with_capacity(world.devices.len()),
            slot_of: HashMap::with_capacity(world.devices.len()),
            in_site: HashMap::new(),
            sites_of: HashMap::new(),
            walks: Walks::default(),
            revision: 0,
            forbidden: HashSet::new(),
            forbidden_collections: HashSet::new(),
            form: render::Form::of(options),
            extras: Extras::default(),
            next_id: world
                .sites
                .iter()
                .map(|s| s.id)
                .chain(world.organisations.iter().map(|o| o.id))
                .fold(20_000 + world.sites.len() as i64 * 2, i64::max),
            rng: Rng::new(4),
        };
        let mut phones = HashMap::new();
        for o in &world.organisations {
            state.organisations.insert(o.id, Organisation { name: o.name.clone() });
            phones.insert(o.id, &o.phone);
        }
        for (i, s) in world.sites.iter().enumerate() {
            let phone = phones.get(&s.organisation).map_or_else(String::new, |p| (*p).clone());
            state.sites.insert(
                s.id,
                Site { organisation: s.organisation, name: s.name.clone(), address: s.address.clone(), phone },
            );
            state.sites_of.entry(s.organisation).or_default().push(s.id);
            let group = |name: &str| Group { site: s.id, name: name.to_owned(), notes: String::new() };
            state.groups.insert(20_000 + 2 * i as i64, group("Workstations"));
            state.groups.insert(20_001 + 2 * i as i64, group("Servers"));
        }
        for device in &world.devices {
            state.add_device(device.clone());
        }
        state.seed_notifications(world);
        state
    }

    /// One device in fifty has an alert.
    fn seed_notifications(&mut self, world: &World) {
        for (i, device) in world.devices.iter().enumerate().filter(|(i, _)| i % 50 == 7) {
            let (priority, message) = match i / 50 % 3 {
                0 => (
                    "Critical",
                    format!(
                        "Free space on {} is below 5 % on '{}'",
                        device.disks.first().map_or("C:", |d| d.name),
                        device.name
                    ),
                ),
                1 => ("Elevated", format!("The service 'Spooler' has stopped on '{}'", device.name)),
                _ => ("Normal", format!("The computer '{}' has been restarted", device.name)),
            };
            self.raise(&device.id, priority, &message, EPOCH - 3600 * (i as i64 % 700));
        }
    }

    pub(super) fn row(&self, slot: i64) -> Option<&Row> {
        self.slots.get(usize::try_from(slot).ok()?)?.as_ref()
    }

    /// A device's slot; ids are the same in any letter case.
    pub(super) fn slot(&self, id: &str) -> Option<i64> {
        self.slot_of.get(&id.to_ascii_lowercase()).copied()
    }

    pub(super) fn row_by_id(&self, id: &str) -> Option<(i64, &Row)> {
        let slot = self.slot(id)?;
        Some((slot, self.row(slot)?))
    }

    pub(super) fn organisation_of_site(&self, site: i64) -> i64 {
        self.sites.get(&site).map_or(0, |s| s.organisation)
    }

    pub(super) fn fresh_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    /// The first group of a site for this kind of device, else its first group, else a new one.
    fn group_for(&mut self, site: i64, kind: DeviceKind) -> i64 {
        let wanted = if kind == DeviceKind::Server { "Servers" } else { "Workstations" };
        let mut of_site = self.groups.iter().filter(|(_, g)| g.site == site);
        // World groups come in pairs right after another; looking through all of them would be quadratic.
        if let Some(i) = self.sites.get(&site).and_then(|_| site.checked_sub(5000)) {
            let id = 20_000 + 2 * i + i64::from(kind == DeviceKind::Server);
            if self.groups.get(&id).is_some_and(|g| g.site == site) {
                return id;
            }
        }
        if let Some((id, _)) = of_site.clone().find(|(_, g)| g.name == wanted).or_else(|| of_site.next()) {
            return *id;
        }
        self.add_group(site, "Default Group", "")
    }

    /// Writes a device's JSON forms anew.
    pub(super) fn refresh(&mut self, slot: i64) {
        let Some(row) = self.row(slot) else { return };
        let (mut asset, mut device) = (Vec::with_capacity(2600), Vec::with_capacity(480));
        render::asset(self, row, self.form, &mut asset);
        render::device(self, row, &mut device);
        if let Some(Some(row)) = self.slots.get_mut(slot as usize) {
            row.asset_json = asset.into_boxed_slice();
            row.device_json = device.into_boxed_slice();
        }
    }

    pub(super) fn refresh_site(&mut self, site: i64) {
        for slot in self.in_site.get(&site).cloned().unwrap_or_default() {
            self.refresh(slot);
        }
        self.revision += 1;
    }

    pub(super) fn add_device(&mut self, device: Device) -> bool {
        if self.slot(&device.id).is_some() || !self.sites.contains_key(&device.site) {
            return false;
        }
        let slot = self.slots.len() as i64;
        let group = self.group_for(device.site, device.kind);
        self.slot_of.insert(device.id.to_ascii_lowercase(), slot);
        self.in_site.entry(device.site).or_default().push(slot);
        self.slots.push(Some(Row { device, group, asset_json: Box::default(), device_json: Box::default() }));
        self.refresh(slot);
        self.revision += 1;
        true
    }

    pub(super) fn remove_device(&mut self, id: &str) -> bool {
        let Some(slot) = self.slot_of.remove(&id.to_ascii_lowercase()) else { return false };
        if let Some(row) = self.slots[slot as usize].take() {
            self.leave_site(row.device.site, slot);
        }
        self.notifications.retain(|_, n| !n.device.eq_ignore_ascii_case(id));
        self.revision += 1;
        true
    }

    pub(super) fn remove_organisation(&mut self, id: i64) -> bool {
        if self.organisations.remove(&id).is_none() {
            return false;
        }
        for site in self.sites_of.remove(&id).unwrap_or_default() {
            let slots = self.in_site.get(&site).cloned().unwrap_or_default();
            let devices = slots.iter().filter_map(|slot| self.slots[*slot as usize].as_ref());
            for device in devices.map(|row| row.device.id.clone()).collect::<Vec<_>>() {
                self.remove_device(&device);
            }
            self.sites.remove(&site);
            self.groups.retain(|_, group| group.site != site);
        }
        self.revision += 1;
        true
    }

    fn leave_site(&mut self, site: i64, slot: i64) {
        if let Some(slots) = self.in_site.get_mut(&site) {
            slots.retain(|s| *s != slot);
        }
    }

    pub(super) fn move_to_site(&mut self, id: &str, site: i64) -> bool {
        let Some((slot, row)) = self.row_by_id(id) else { return false };
        let kind = row.device.kind;
        if !self.sites.contains_key(&site) {
            return false;
        }
        let group = self.group_for(site, kind);
        self.move_to_group(slot, group)
    }

    pub(super) fn move_to_group(&mut self, slot: i64, group: i64) -> bool {
        let Some(site) = self.groups.get(&group).map(|g| g.site) else { return false };
        let Some(old) = self.row(slot).map(|r| r.device.site) else { return false };
        self.leave_site(old, slot);
        self.in_site.entry(site).or_default().push(slot);
        if let Some(Some(row)) = self.slots.get_mut(slot as usize) {
            row.group = group;
            row.device.site = site;
        }
        self.refresh(slot);
        self.revision += 1;
        true
    }

    pub(super) fn edit_device(&mut self, id: &str, edit: impl FnOnce(&mut Device)) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        if let Some(Some(row)) = self.slots.get_mut(slot as usize) {
            let (id, site) = (row.device.id.clone(), row.device.site);
            edit(&mut row.device);
            (row.device.id, row.device.site) = (id, site);
        }
        self.refresh(slot);
        self.revision += 1;
        true
    }

    pub(super) fn check_in_all(&mut self, now: i64) {
        for slot in 0..self.slots.len() as i64 {
            self.report(slot, now);
        }
        self.revision += 1;
    }

    pub(super) fn check_in(&mut self, id: &str, now: i64) -> bool {
        let Some(slot) = self.slot(id) else { return false };
        self.report(slot, now);
        self.revision += 1;
        true
    }

    fn report(&mut self, slot: i64, now: i64) {
        if let Some(Some(row)) = self.slots.get_mut(slot as usize) {
            row.device.last_seen = Some(now);
            for disk in &mut row.device.disks {
                disk.free_percent = if disk.free_percent > 4 { disk.free_percent - 1 } else { 90 };
            }
            self.refresh(slot);
        }
    }

    pub(super) fn add_organisation(&mut self, name: &str) -> i64 {
        let id = self.fresh_id();
        self.organisations.insert(id, Organisation { name: name.to_owned() });
        self.revision += 1;
        id
    }

    pub(super) fn rename_organisation(&mut self, id: i64, name: &str) -> bool {
        let Some(organisation) = self.organisations.get_mut(&id) else { return false };
        name.clone_into(&mut organisation.name);
        for site in self.sites_of.get(&id).cloned().unwrap_or_default() {
            self.refresh_site(site);
        }
        self.revision += 1;
        true
    }

    pub(super) fn add_site(&mut self, site: Site) -> i64 {
        let id = self.fresh_id();
        self.sites_of.entry(site.organisation).or_default().push(id);
        self.sites.insert(id, site);
        self.revision += 1;
        id
    }

    pub(super) fn add_site_with_group(&mut self, organisation: i64, name: &str) -> Option<i64> {
        self.organisations.get(&organisation)?;
        let id = self.add_site(Site { organisation, name: name.to_owned(), address: None, phone: String::new() });
        self.add_group(id, "Default Group", "");
        Some(id)
    }

    pub(super) fn rename_site(&mut self, id: i64, name: &str) -> bool {
        let Some(site) = self.sites.get_mut(&id) else { return false };
        name.clone_into(&mut site.name);
        self.refresh_site(id);
        true
    }

    pub(super) fn add_group(&mut self, site: i64, name: &str, notes: &str) -> i64 {
        let id = self.fresh_id();
        self.groups.insert(id, Group { site, name: name.to_owned(), notes: notes.to_owned() });
        self.revision += 1;
        id
    }

    pub(super) fn edit_group(&mut self, id: i64, name: Option<String>, notes: Option<String>) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        if let Some(name) = name {
            group.name = name;
        }
        if let Some(notes) = notes {
            group.notes = notes;
        }
        let site = group.site;
        self.refresh_site(site);
    }

    pub(super) fn raise(&mut self, device: &str, priority: &'static str, message: &str, at: i64) -> Option<i64> {
        self.slot(device)?;
        let id = self.notifications.last_key_value().map_or(700_001, |(id, _)| id + 1);
        let notification = Notification { device: device.to_owned(), message: message.to_owned(), priority, at };
        self.notifications.insert(id, notification);
        self.revision += 1;
        Some(id)
    }

    pub(super) fn forbid_organisations(&mut self, ids: &[i64]) {
        self.forbidden = ids.iter().copied().collect();
        self.revision += 1;
    }

    pub(super) fn forbid_collection(&mut self, name: &str) {
        self.forbidden_collections.insert(name.to_ascii_lowercase());
    }

    /// The fault `row-appears`: an organisation, a site, or a device whose id sorts before all others, so that an
    /// offset walk shifts.
    pub(super) fn appear(&mut self, collection: Collection) {
        match collection {
            Collection::Organisations => {
                self.add_organisation("New organisation");
                return;
            }
            Collection::Sites => {
                let first = self.organisations.keys().next().copied();
                first.and_then(|id| self.add_site_with_group(id, "New site"));
                return;
            }
            Collection::Devices | Collection::Assets => {}
            Collection::Groups | Collection::Notifications => return,
        }
        let Some(row) = self.slots.iter().flatten().next() else { return };
        let mut device = row.device.clone();
        device.id = format!("00000000{}", &self.rng.guid()[8..]);
        device.name = format!("NEW-{}", self.slots.len());
        device.serial = Some(format!("NEW{:07}", self.slots.len()));
        self.add_device(device);
    }

    /// The fault `row-leaves`: the device whose id sorts first goes.
    pub(super) fn vanish(&mut self) {
        let first = self.slots.iter().flatten().map(|r| &r.device.id).min().cloned();
        if let Some(id) = first {
            self.remove_device(&id);
        }
    }

    pub(super) fn devices(&self) -> Vec<Device> {
        self.slots.iter().flatten().map(|r| r.device.clone()).collect()
    }

    pub(super) fn organisations(&self) -> Vec<(i64, String)> {
        self.organisations.iter().map(|(id, o)| (*id, o.name.clone())).collect()
    }

    pub(super) fn sites(&self) -> Vec<(i64, i64, String)> {
        self.sites.iter().map(|(id, s)| (*id, s.organisation, s.name.clone())).collect()
    }

    pub(super) fn canonical(&self) -> Vec<String> {
        let organisation = |id: i64| self.organisations.get(&id).map_or("?", |o| o.name.as_str());
        let organisations = self.organisations.values().map(|o| format!("organisation {:?}", o.name));
        let sites = self.sites.values().map(|s| format!("site {:?} / {:?}", organisation(s.organisation), s.name));
        let devices = self.slots.iter().flatten().map(|r| {
            let site = self.sites.get(&r.device.site).map_or("?", |s| s.name.as_str());
            let of = organisation(self.organisation_of_site(r.device.site));
            format!("device {of:?} / {site:?} / {:?} serial={:?}", r.device.name, r.device.serial)
        });
        let mut lines: Vec<String> = organisations.chain(sites).chain(devices).collect();
        lines.sort_unstable();
        lines
    }
}
