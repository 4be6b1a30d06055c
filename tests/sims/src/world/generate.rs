//! World from size and seed. The proportions are documented in `world/mod.rs`; change both.

use std::collections::HashSet;

use super::names::{
    FAMILIES, JUNK_SERIALS, MODELS, PEOPLE, PLACES, RESPELLED, SERVER_MODELS, SERVERS, STEMS, STREETS, SUFFIXES, TOWNS,
    TRADES, WORKSTATIONS, unaccented,
};
use super::{Address, Device, DeviceKind, Disk, EPOCH, Organisation, Rng, Site, Size, World};

const DAY: i64 = 86_400;

pub(super) fn world(size: Size, seed: u64) -> World {
    // Each part has dice of its own: more devices do not rename the organisations.
    let mut world = World { organisations: organisations(size.organisations, &mut Rng::new(seed)), ..World::default() };
    world.sites = sites(&world.organisations, size.sites, &mut Rng::new(seed.wrapping_add(1)));
    world.devices = devices(&world, size.devices, &mut Rng::new(seed.wrapping_add(2)));
    world
}

fn organisations(count: usize, rng: &mut Rng) -> Vec<Organisation> {
    let mut bases: Vec<String> =
        STEMS.iter().flat_map(|stem| TRADES.iter().map(move |trade| format!("{stem} {trade}"))).collect();
    rng.shuffle(&mut bases);
    let mut taken = HashSet::new();
    let mut all: Vec<Organisation> = Vec::with_capacity(count);
    let mut next_base = 0;
    while all.len() < count {
        let id = 1000 + all.len() as i64;
        let twin = if all.len() > 2 && rng.percent(6.0) { Some(rng.below(all.len())) } else { None };
        let (base, suffix, twin_of) = match twin {
            Some(of) if all[of].twin_of.is_none() => {
                let of = &all[of];
                let (base, suffix) = twin_name(of, rng);
                (base, suffix, Some(of.id))
            }
            _ => {
                let round = next_base / bases.len();
                let base = &bases[next_base % bases.len()];
                next_base += 1;
                let base =
                    if round == 0 { base.clone() } else { format!("{base} {}", TOWNS[(round - 1) % TOWNS.len()].0) };
                let base = if round > TOWNS.len() { format!("{base} {round}") } else { base };
                (base, *rng.pick(SUFFIXES), None)
            }
        };
        let name = format!("{base} {suffix}").trim_end().to_owned();
        if !taken.insert(name.to_lowercase()) {
            continue;
        }
        let phone = format!("+44 {:04} {:06}", rng.below(10_000), rng.below(1_000_000));
        all.push(Organisation { id, name, base, suffix, twin_of, phone });
    }
    all
}

/// A name that a person, or a careless program, would take for the other's.
fn twin_name(of: &Organisation, rng: &mut Rng) -> (String, &'static str) {
    let respelled = RESPELLED.iter().find(|(a, _)| *a == of.suffix).map_or("Limited", |(_, b)| *b);
    match rng.below(4) {
        0 => (of.base.clone(), respelled),
        1 => (format!("{} Holdings", of.base.to_uppercase()), ""),
        2 => (format!("{} Group", of.base), of.suffix),
        _ => (format!("{} (UK)", unaccented(&of.base)), "Ltd"),
    }
}

fn sites(organisations: &[Organisation], count: usize, rng: &mut Rng) -> Vec<Site> {
    if organisations.is_empty() {
        return Vec::new();
    }
    let mut per_organisation = vec![1usize; organisations.len()];
    for _ in organisations.len()..count {
        // Squared: low indexes, hence some organisations, get many sites.
        let i = rng.below(organisations.len()) * rng.below(organisations.len()) / organisations.len();
        per_organisation[i] += 1;
    }
    let mut all = Vec::with_capacity(count.max(organisations.len()));
    for (organisation, n) in organisations.iter().zip(per_organisation) {
        let mut names = HashSet::new();
        for k in 0..n {
            let town = rng.pick(TOWNS);
            let mut name = if k == 0 {
                "Head Office".to_owned()
            } else if rng.percent(70.0) {
                town.0.to_owned()
            } else {
                (*rng.pick(PLACES)).to_owned()
            };
            if names.contains(&name) {
                name = format!("{name} {}", k + 1);
            }
            names.insert(name.clone());
            let address = (!rng.percent(20.0)).then(|| Address {
                street: format!("{} {}", 1 + rng.below(180), rng.pick(STREETS)),
                city: town.0.to_owned(),
                zip: town.1.to_owned(),
                country: town.2.to_owned(),
            });
            all.push(Site { id: 5000 + all.len() as i64, organisation: organisation.id, name, address });
        }
    }
    all
}

fn devices(world: &World, count: usize, rng: &mut Rng) -> Vec<Device> {
    if world.sites.is_empty() {
        return Vec::new();
    }
    let weights = organisation_weights(world.organisations.len(), rng);
    let mut sites_of = vec![Vec::new(); world.organisations.len()];
    for site in &world.sites {
        sites_of[(site.organisation - 1000) as usize].push(site.id);
    }
    let mut all: Vec<Device> = Vec::with_capacity(count);
    for i in 0..count {
        let point = rng.range(0, *weights.last().unwrap_or(&1));
        let organisation = weights.partition_point(|w| *w <= point);
        let site = *rng.pick(&sites_of[organisation]);
        let mut device = device(i, site, &world.organisations[organisation], rng);
        if rng.percent(0.5) && i > 0 {
            let other: &Device = rng.pick(&all);
            if other.has_real_serial() {
                device.serial.clone_from(&other.serial);
            }
        }
        all.push(device);
    }
    all
}

/// Running sums of how many devices an organisation draws; a few draw many, some draw nothing.
fn organisation_weights(count: usize, rng: &mut Rng) -> Vec<i64> {
    let mut weights: Vec<i64> = (0..count).map(|rank| (100_000.0 / (rank as f64 + 3.0).powf(0.75)) as i64).collect();
    for weight in weights.iter_mut().skip(1) {
        if rng.percent(4.0) {
            *weight = 0;
        }
    }
    rng.shuffle(&mut weights);
    let mut sum = 0;
    weights
        .iter()
        .map(|w| {
            sum += w;
            sum
        })
        .collect()
}

fn device(index: usize, site: i64, organisation: &Organisation, rng: &mut Rng) -> Device {
    let server = rng.percent(12.0);
    let (os, os_version, platform) = *rng.pick(if server { SERVERS } else { WORKSTATIONS });
    let (manufacturer, model) = if platform == "mac" {
        ("Apple Inc.", "MacBookPro18,3")
    } else {
        *rng.pick(if server { SERVER_MODELS } else { MODELS })
    };
    let prefix: String = unaccented(&organisation.base).chars().filter(char::is_ascii_alphabetic).take(4).collect();
    let role = if server {
        "SRV"
    } else if model.contains("Book") || model.contains("Pad") || model.contains("Latitude") {
        "LT"
    } else {
        "WS"
    };
    let last_seen = match rng.below(100) {
        0 => None,
        1..=5 => Some(EPOCH - rng.range(60, 400) * DAY),
        6..=25 => Some(EPOCH - rng.range(0, 30 * DAY)),
        _ => Some(EPOCH - rng.range(0, 3600)),
    };
    let last_reboot = if rng.percent(8.0) { None } else { Some(last_seen.unwrap_or(EPOCH) - rng.range(600, 45 * DAY)) };
    Device {
        id: rng.guid(),
        site,
        name: format!("{}-{role}-{:04}", prefix.to_uppercase(), 1 + index % 10_000),
        kind: if server { DeviceKind::Server } else { DeviceKind::Workstation },
        os,
        os_version,
        platform,
        manufacturer,
        model,
        serial: serial(index, manufacturer, rng),
        mac: mac(index),
        ip: format!("192.168.{}.{}", index / 250 % 250, 2 + index % 250),
        public_ip: format!("203.0.113.{}", 1 + rng.below(250)),
        owner: format!("{} {}", rng.pick(PEOPLE), rng.pick(FAMILIES)),
        memory_bytes: *rng.pick(&[8, 16, 16, 32, 64]) * (1 << 30),
        disks: disks(platform, server, rng),
        last_seen,
        last_reboot,
    }
}

/// A serial as the maker writes them, unique by `index`; or junk, or none.
fn serial(index: usize, manufacturer: &str, rng: &mut Rng) -> Option<String> {
    if rng.percent(1.5) {
        return None;
    }
    if rng.percent(3.0) {
        return Some((*rng.pick(JUNK_SERIALS)).to_owned());
    }
    // A factor that shares no divisor with 36^6 visits every number once: scattered, never twice.
    const SPACE: u64 = 36 * 36 * 36 * 36 * 36 * 36;
    let mut n = (index as u64 + 1).wrapping_mul(1_664_525_003) % SPACE;
    let mut tail = [0u8; 6];
    for digit in tail.iter_mut().rev() {
        *digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(n % 36) as usize];
        n /= 36;
    }
    let tail = String::from_utf8_lossy(&tail).into_owned();
    Some(match manufacturer {
        "HP" | "HPE" => format!("5CG3{tail}"),
        "LENOVO" => format!("PF{tail}"),
        "Apple Inc." => format!("C02{tail}Q05"),
        "VMware, Inc." => {
            let hex: Vec<String> = tail.bytes().map(|b| format!("{b:02x}")).collect();
            format!(
                "VMware-56 4d {} {} {} {}-{} {} 9a 41 0c 7e 22 d1 8b 5f",
                hex[0], hex[1], hex[2], hex[3], hex[4], hex[5]
            )
        }
        "Microsoft Corporation" => format!(
            "7342-1187-2255-{:04}-{:04}-{:04}-51",
            index / 10_000 % 10_000,
            index % 10_000,
            7919 * index % 10_000
        ),
        _ => format!("{tail}3"),
    })
}

/// A hardware address, unique by `index`.
pub(super) fn mac(index: usize) -> String {
    let n = (index as u64 + 1).wrapping_mul(0x9e_3779) & 0xff_ffff;
    format!("00:1B:{:02X}:{:02X}:{:02X}:{:02X}", 0x21 + index / 0x100_0000, n >> 16, n >> 8 & 0xff, n & 0xff)
}

fn disks(platform: &str, server: bool, rng: &mut Rng) -> Vec<Disk> {
    let names: &[&'static str] = if platform == "windows" { &["C:", "D:", "E:"] } else { &["/", "/home", "/var"] };
    let n = if server { 1 + rng.below(3) } else { 1 + usize::from(rng.percent(15.0)) };
    let disk = |(i, name): (usize, &&'static str)| Disk {
        name,
        system: i == 0,
        total_kb: *rng.pick(&[124_413_952, 249_000_960, 277_358_588, 499_557_376, 976_114_688]),
        free_percent: rng.range(3, 93),
    };
    names.iter().take(n).enumerate().map(disk).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const BIG: Size = Size::new(300, 500, 20_000);

    #[test]
    fn the_same_seed_gives_the_same_world() {
        let size = Size::new(40, 60, 500);
        assert_eq!(World::generate(size, 7), World::generate(size, 7));
        assert_ne!(World::generate(size, 7), World::generate(size, 8));
        let first = &World::generate(size, 7).devices[0].id;
        assert_eq!(first.len(), 36);
    }

    #[test]
    fn sizes_and_parents_hold() {
        let world = World::generate(BIG, 1);
        assert_eq!((world.organisations.len(), world.sites.len(), world.devices.len()), (300, 500, 20_000));
        for organisation in &world.organisations {
            assert!(world.sites.iter().any(|s| s.organisation == organisation.id), "{} has no site", organisation.name);
        }
        assert!(world.devices.iter().all(|d| world.site(d.site).is_some()));
        let few = World::generate(Size::new(5, 1, 3), 1);
        assert_eq!(few.sites.len(), 5, "at least one site per organisation");
        let names: HashSet<_> = world.organisations.iter().map(|o| &o.name).collect();
        assert_eq!(names.len(), 300);
        assert_eq!(World::generate(Size::new(6000, 6000, 0), 3).organisations.len(), 6000);
    }

    #[test]
    fn proportions_are_as_documented() {
        let world = World::generate(BIG, 2);
        let share = |n: usize| n as f64 / world.devices.len() as f64 * 100.0;
        let junk = share(
            world.devices.iter().filter(|d| d.serial.as_deref().is_some_and(|s| JUNK_SERIALS.contains(&s))).count(),
        );
        assert!((2.0..4.0).contains(&junk), "junk serials {junk} %");
        let missing = share(world.devices.iter().filter(|d| d.serial.is_none()).count());
        assert!((1.0..2.0).contains(&missing), "no BIOS block {missing} %");
        let mut seen = HashMap::new();
        for serial in world.devices.iter().filter(|d| d.has_real_serial()).filter_map(|d| d.serial.as_deref()) {
            *seen.entry(serial).or_insert(0usize) += 1;
        }
        let twice = share(seen.values().filter(|n| **n > 1).count());
        assert!((0.2..0.8).contains(&twice), "duplicate serials {twice} %");
        let twins = world.organisations.iter().filter(|o| o.twin_of.is_some()).count();
        assert!((6..40).contains(&twins), "{twins} near-twins of 300");
        let macs: HashSet<_> = world.devices.iter().map(|d| &d.mac).collect();
        assert_eq!(macs.len(), world.devices.len());
        let mut per = HashMap::new();
        for device in &world.devices {
            *per.entry(world.site(device.site).map(|s| s.organisation)).or_insert(0usize) += 1;
        }
        let mut counts: Vec<usize> = per.into_values().collect();
        counts.sort_unstable();
        let tenth: usize = counts.iter().rev().take(30).sum();
        assert!(share(tenth) > 30.0, "uneven: the biggest tenth holds {} %", share(tenth));
        assert!(counts.len() < 300, "some organisations have no device");
    }
}
