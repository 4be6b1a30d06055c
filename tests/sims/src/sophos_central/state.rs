//! The simulated Sophos Central's tenants, made of a world's organisations, and its clock.
//! Leaves alone: usage (`reports`) and alerts (`alerts`), which are more of the same state.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::alerts::Alert;
use super::products::{self, Product};
use super::reports::Row;
use super::{SophosOptions, SophosTenant};
use crate::clock::{TimeStyle, iso, now_ms, parse_iso};
use crate::faults::NewIds;
use crate::world::{Device, Rng, World};

#[derive(Debug)]
pub(super) struct State {
    /// The partner's id.
    pub(super) partner: String,
    pub(super) tenants: Vec<Tenant>,
    pub(super) place_of: HashMap<String, usize>,
    pub(super) products: Vec<Product>,
    /// By month, counted as in [`month_number`]. Months share their rows until one is changed.
    pub(super) reports: BTreeMap<i64, Arc<Vec<Row>>>,
    pub(super) withheld: BTreeSet<i64>,
    /// Unix seconds, where it does not follow the machine.
    now: Option<i64>,
    next_row: u64,
    pub(super) rng: Rng,
}

#[derive(Debug, Default)]
pub(super) struct Tenant {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) show_as: Option<String>,
    pub(super) organisation: Option<i64>,
    pub(super) geography: &'static str,
    pub(super) region: &'static str,
    pub(super) billing_type: &'static str,
    /// Still being provisioned: no host, no region.
    pub(super) hostless: bool,
    pub(super) forbidden: bool,
    pub(super) listed: bool,
    pub(super) devices: Vec<Device>,
    pub(super) alerts: Vec<Alert>,
}

const REGIONS: &[(&str, &str)] = &[("IE", "eu01"), ("DE", "eu02"), ("US", "us03"), ("GB", "eu01"), ("CA", "ca01")];

/// Months since year 0, of unix seconds.
pub(super) fn month_at(seconds: i64) -> i64 {
    month_number(&iso(seconds * 1000, TimeStyle::Bare)[..7]).unwrap_or(0)
}

/// Months since year 0, of `yyyy-mm`.
pub(super) fn month_number(month: &str) -> Option<i64> {
    let (year, month) = month.split_once('-')?;
    let (year, month) = (year.parse::<i64>().ok()?, month.parse::<i64>().ok()?);
    (1..=12).contains(&month).then_some(year * 12 + month - 1)
}

/// The reverse of [`month_number`].
pub(super) fn month_text(number: i64) -> String {
    format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1)
}

impl State {
    pub(super) fn new(world: &World, options: &SophosOptions) -> State {
        let mut rng = Rng::new(options.seed ^ 0x50b0);
        let mut state = State {
            partner: rng.guid(),
            tenants: Vec::with_capacity(world.organisations.len() + 1),
            place_of: HashMap::new(),
            products: products::all(),
            reports: BTreeMap::new(),
            withheld: BTreeSet::new(),
            now: options.now,
            next_row: 0,
            rng,
        };
        let mut devices: HashMap<i64, Vec<Device>> = HashMap::new();
        let of_site: HashMap<i64, i64> = world.sites.iter().map(|s| (s.id, s.organisation)).collect();
        for device in &world.devices {
            if let Some(organisation) = of_site.get(&device.site) {
                devices.entry(*organisation).or_default().push(device.clone());
            }
        }
        for (i, organisation) in world.organisations.iter().enumerate() {
            let odd = |place: usize| options.oddities && i == place;
            let (geography, region) = REGIONS[i % REGIONS.len()];
            let name = &organisation.name;
            state.add_tenant(Tenant {
                name: name.clone(),
                show_as: (i % 3 == 0).then(|| name.clone()),
                organisation: Some(organisation.id),
                geography,
                region,
                billing_type: match () {
                    () if odd(5) => "trial",
                    () if odd(4) || odd(6) => "term",
                    () => "usage",
                },
                hostless: odd(3),
                forbidden: odd(4) || odd(5),
                listed: true,
                devices: devices.remove(&organisation.id).unwrap_or_default(),
                ..Tenant::default()
            });
        }
        if options.oddities {
            let gone =
                Tenant { name: "Gone Ltd".to_owned(), billing_type: "usage", forbidden: true, ..Tenant::default() };
            state.add_tenant(gone);
        }
        state.seed_reports(options);
        state.seed_alerts();
        state
    }

    pub(super) fn add_tenant(&mut self, mut tenant: Tenant) {
        tenant.id = self.rng.guid();
        self.place_of.insert(tenant.id.clone(), self.tenants.len());
        self.tenants.push(tenant);
    }

    pub(super) fn tenant(&self, id: &str) -> Option<&Tenant> {
        self.tenants.get(*self.place_of.get(id)?)
    }

    /// Changes a tenant. False when unknown.
    pub(super) fn edit(&mut self, id: &str, edit: impl FnOnce(&mut Tenant)) -> bool {
        let Some(place) = self.place_of.get(id) else { return false };
        edit(&mut self.tenants[*place]);
        true
    }

    /// A tenant goes on under another id. False when it is unknown or the id is taken.
    pub(super) fn renew_as(&mut self, id: &str, new: &str) -> bool {
        let Some(place) = self.place_of.get(id).copied().filter(|_| !self.place_of.contains_key(new)) else {
            return false;
        };
        self.place_of.remove(id);
        self.place_of.insert(new.to_owned(), place);
        new.clone_into(&mut self.tenants[place].id);
        true
    }

    /// The fault `renew-ids`.
    pub(super) fn renew_ids(&mut self, how: NewIds) {
        let ids: Vec<String> = self.tenants.iter().map(|tenant| tenant.id.clone()).collect();
        for id in ids {
            let new = match how {
                NewIds::Case => id.to_uppercase(),
                NewIds::Other => self.rng.guid(),
            };
            self.renew_as(&id, &new);
        }
    }

    /// The fault `row-appears`: a tenant that stands before all others, so that a walk by number shifts.
    pub(super) fn tenant_appears(&mut self) {
        let name = format!("New customer {}", self.tenants.len());
        self.add_tenant(Tenant {
            name,
            geography: "IE",
            region: "eu01",
            billing_type: "usage",
            listed: true,
            ..Tenant::default()
        });
    }

    /// The fault `row-leaves`: the tenant that stands first goes.
    pub(super) fn tenant_leaves(&mut self) {
        if let Some(&first) = self.listed().first() {
            self.tenants[first].listed = false;
        }
    }

    /// The places of the tenants that are listed: the world's, and before them what came later.
    pub(super) fn listed(&self) -> Vec<usize> {
        let listed = |later: bool| {
            let of_world = move |place: &usize| self.tenants[*place].organisation.is_none() == later;
            (0..self.tenants.len()).filter(of_world).filter(|place| self.tenants[*place].listed)
        };
        listed(true).chain(listed(false)).collect()
    }

    pub(super) fn seen(&self) -> Vec<SophosTenant> {
        let seen = |t: &Tenant| SophosTenant {
            id: t.id.clone(),
            name: t.name.clone(),
            organisation: t.organisation,
            billing_type: t.billing_type,
            listed: t.listed,
        };
        self.tenants.iter().map(seen).collect()
    }

    pub(super) fn fresh_row(&mut self) -> u64 {
        self.next_row += 1;
        self.next_row
    }

    pub(super) fn set_clock(&mut self, now: i64) {
        self.roll();
        self.now = Some(now);
        self.roll();
    }

    pub(super) fn follow_the_machine(&mut self) {
        self.roll();
        self.now = None;
        self.roll();
    }

    pub(super) fn set_month(&mut self, month: &str) -> bool {
        let first = month_number(month).and_then(|number| parse_iso(&format!("{}-10", month_text(number))));
        first.is_some_and(|ms| {
            self.set_clock(ms / 1000);
            true
        })
    }

    /// The running month, counted.
    pub(super) fn running(&self) -> i64 {
        month_at(self.now.unwrap_or_else(|| now_ms() / 1000))
    }

    pub(super) fn month(&self) -> String {
        month_text(self.running())
    }

    pub(super) fn canonical(&mut self) -> Vec<String> {
        let billed = self.billed(&self.month());
        let listed = self.tenants.iter().filter(|t| t.listed);
        let tenants = listed.map(|t| format!("tenant {:?} {}", t.name, t.billing_type));
        let usage = billed.into_iter().map(|(tenant, sku, quantity)| {
            format!("usage {:?} {sku} {quantity}", self.tenant(&tenant).map_or("?", |t| t.name.as_str()))
        });
        let mut lines: Vec<String> = tenants.chain(usage).collect();
        lines.sort_unstable();
        lines
    }
}
