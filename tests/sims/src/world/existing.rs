//! What the PSA already holds when the sync comes along.
//!
//! Of `fraction × organisations`, in round proportions:
//!
//! | company | share | [`Relation`] |
//! |---|---|---|
//! | has exactly the organisation's name | 60 % | `Same` |
//! | has its name with another legal suffix, case or without accents | 25 % | `Respelled` |
//! | has a name like it but is another company: to be proposed, never linked | 15 % | `NearTwin` |
//! | besides: companies the RMM does not know | + 15 % | `Unrelated` |
//!
//! Every second `Same` or `Respelled` company has locations (the head office, and each further site with 60 %
//! likelihood); half of those that have locations also have configuration items for about half of the organisation's
//! devices, with the device's serial when it is a real one, and none of them with a device key.
//! Unrelated companies have one location and two items with serials of their own.

use std::collections::HashMap;

use super::names::{RESPELLED, STEMS, unaccented};
use super::{Address, Device, DeviceKind, Organisation, Rng, Site, World};

/// What a company in the PSA has to do with the RMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same company under the same name: the organisation's id.
    Same(i64),
    /// The same company, its name written differently.
    Respelled(i64),
    /// Another company with a name like this organisation's.
    NearTwin(i64),
    /// A company the RMM does not know.
    Unrelated,
}

/// What the PSA holds; empty by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Existing {
    /// The companies, in the order they were made.
    pub companies: Vec<ExistingCompany>,
}

/// A company in the PSA, with what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct ExistingCompany {
    /// Its name.
    pub name: String,
    /// What it has to do with the RMM.
    pub relation: Relation,
    /// Telephone number.
    pub phone: String,
    /// Address of the company, when known.
    pub address: Option<Address>,
    /// Its locations.
    pub locations: Vec<ExistingLocation>,
    /// Its configuration items.
    pub items: Vec<ExistingItem>,
}

/// A location in the PSA.
#[derive(Clone, Debug, PartialEq)]
pub struct ExistingLocation {
    /// Its name.
    pub name: String,
    /// Its address, when known.
    pub address: Option<Address>,
    /// The site it stands for.
    pub site: Option<i64>,
}

/// A configuration item in the PSA.
#[derive(Clone, Debug, PartialEq)]
pub struct ExistingItem {
    /// Its title.
    pub title: String,
    /// Its serial number.
    pub serial: String,
    /// Its hardware addresses as one text; empty when none are kept.
    pub mac: String,
    /// Index of its location in the company's list.
    pub location: Option<usize>,
    /// The device it stands for.
    pub device: Option<String>,
    /// Workstation or server.
    pub kind: DeviceKind,
}

pub(super) fn derive(world: &World, fraction: f64, seed: u64) -> Existing {
    let mut rng = Rng::new(seed.wrapping_mul(31).wrapping_add(17));
    let mut sites: HashMap<i64, Vec<&Site>> = HashMap::new();
    for site in &world.sites {
        sites.entry(site.organisation).or_default().push(site);
    }
    let mut devices: HashMap<i64, Vec<&Device>> = HashMap::new();
    for device in &world.devices {
        devices.entry(device.site).or_default().push(device);
    }
    let count = (world.organisations.len() as f64 * fraction.clamp(0.0, 1.0)).round() as usize;
    let mut chosen: Vec<&Organisation> = world.organisations.iter().collect();
    rng.shuffle(&mut chosen);
    chosen.truncate(count);
    let known: HashMap<String, i64> = world.organisations.iter().map(|o| (o.name.to_lowercase(), o.id)).collect();

    let mut companies = Vec::new();
    for (i, organisation) in chosen.iter().enumerate() {
        // By position, not by dice: even a handful of companies has each sort.
        let (name, relation) = match i % 20 {
            3 | 8 | 13 | 16 | 19 => (respelled(organisation, &mut rng), Relation::Respelled(organisation.id)),
            5 | 10 | 15 => (near(organisation, &mut rng), Relation::NearTwin(organisation.id)),
            _ => (organisation.name.clone(), Relation::Same(organisation.id)),
        };
        if known.get(&name.to_lowercase()).is_some_and(|id| *id != organisation.id) {
            continue; // it would be some other organisation's own name
        }
        let phone = organisation.phone.clone();
        let mut company =
            ExistingCompany { name, relation, phone, address: None, locations: Vec::new(), items: Vec::new() };
        let of_it = sites.get(&organisation.id).map_or(&[][..], Vec::as_slice);
        if !matches!(relation, Relation::NearTwin(_)) && i % 2 == 0 {
            add_places(&mut company, of_it, &mut rng);
            if i % 4 == 0 {
                add_items(&mut company, of_it, &devices, &mut rng);
            }
        }
        companies.push(company);
    }
    for i in 0..count.div_ceil(7).min(count) {
        companies.push(unrelated(i, &mut rng));
    }
    Existing { companies }
}

fn respelled(of: &Organisation, rng: &mut Rng) -> String {
    let other_suffix = RESPELLED.iter().find(|(a, _)| *a == of.suffix).map_or(of.suffix, |(_, b)| *b);
    let name = match rng.below(4) {
        0 => format!("{} {other_suffix}", of.base),
        1 => format!("{} {}", of.base.to_uppercase(), of.suffix),
        2 => format!("{} {}", unaccented(&of.base), of.suffix),
        _ => of.base.clone(),
    };
    let name = name.trim_end().to_owned();
    if name == of.name { of.name.to_uppercase() } else { name }
}

fn near(of: &Organisation, rng: &mut Rng) -> String {
    match rng.below(3) {
        0 => format!("{} Services {}", of.base, of.suffix).trim_end().to_owned(),
        1 => format!("{}s {}", of.base, of.suffix).trim_end().to_owned(),
        _ => format!("The {} Trust", of.base),
    }
}

fn add_places(company: &mut ExistingCompany, sites: &[&Site], rng: &mut Rng) {
    for (k, site) in sites.iter().enumerate() {
        if k == 0 {
            company.address.clone_from(&site.address);
        }
        if k == 0 || rng.percent(60.0) {
            company.locations.push(ExistingLocation {
                name: site.name.clone(),
                address: site.address.clone(),
                site: Some(site.id),
            });
        }
    }
}

fn add_items(company: &mut ExistingCompany, sites: &[&Site], devices: &HashMap<i64, Vec<&Device>>, rng: &mut Rng) {
    for site in sites {
        let location = company.locations.iter().position(|l| l.site == Some(site.id));
        for device in devices.get(&site.id).into_iter().flatten() {
            if !rng.percent(50.0) {
                continue;
            }
            let serial =
                if device.has_real_serial() { device.serial.clone().unwrap_or_default() } else { String::new() };
            let (title, device, kind) = (device.name.clone(), Some(device.id.clone()), device.kind);
            company.items.push(ExistingItem { title, serial, mac: String::new(), location, device, kind });
        }
    }
}

fn unrelated(i: usize, rng: &mut Rng) -> ExistingCompany {
    let name = format!("{} & Daughters {}", rng.pick(STEMS), i + 1);
    let item = |n: usize| ExistingItem {
        title: format!("OLD-PC-{:03}-{n}", i + 1),
        serial: format!("OLD{:05}{n}", i + 1),
        mac: String::new(),
        location: Some(0),
        device: None,
        kind: DeviceKind::Workstation,
    };
    ExistingCompany {
        name,
        relation: Relation::Unrelated,
        phone: format!("+353 21 {:07}", rng.below(10_000_000)),
        address: None,
        locations: vec![ExistingLocation { name: "Head Office".to_owned(), address: None, site: None }],
        items: vec![item(1), item(2)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Size;

    #[test]
    fn the_psa_holds_each_sort_of_company() {
        let world = World::generate(Size::new(100, 150, 2000), 5);
        let existing = world.existing_in_psa(0.4, 9);
        assert_eq!(existing, world.existing_in_psa(0.4, 9));
        let count = |f: fn(&Relation) -> bool| existing.companies.iter().filter(|c| f(&c.relation)).count();
        assert!(count(|r| matches!(r, Relation::Same(_))) >= 20);
        assert!(count(|r| matches!(r, Relation::Respelled(_))) >= 6);
        assert!(count(|r| matches!(r, Relation::NearTwin(_))) >= 4);
        assert_eq!(count(|r| matches!(r, Relation::Unrelated)), 6);
        assert!(existing.companies.iter().map(|c| c.items.len()).sum::<usize>() > 20);
        for company in &existing.companies {
            let named = world.organisations.iter().find(|o| o.name == company.name).map(|o| o.id);
            match company.relation {
                Relation::Same(id) => assert_eq!(named, Some(id)),
                _ => assert_eq!(named, None, "{}", company.name),
            }
        }
        assert_eq!(world.existing_in_psa(0.0, 9), Existing::default());
    }
}
