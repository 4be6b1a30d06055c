//! Random walks over mappings and counts: products and customers are mapped to and fro while plans are let go in parts,
//! late or not at all. At the end of each walk the contracts come to what is counted, and nothing is left to do. The
//! seeds are fixed; a walk that fails prints its steps.
#![expect(clippy::print_stderr, reason = "the steps of a walk that fails are for who reads the test's output")]

use crate::billing::{Known, billing, lines, map_product, next_day, number};
use crate::harness::licences::Licences;
use crate::harness::{TestApp, sync, told};
use crosswalk::engine::{ApplyOptions, ChangeFilter, Decision, Found, NoProgress, PlanReport, Release, UsageChoice};
use crosswalk::model::{ChangeId, Hold, LineKey, Said};
use crosswalk_sims::autotask::ServiceLine;
use crosswalk_sims::sophos_central::NewRow;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashSet};

struct Roam {
    licences: Licences,
    app: TestApp,
    customers: Vec<Known>,
    /// Where each customer is: the place of whose contract it has.
    at: Vec<usize>,
    services: Vec<(String, String)>,
    products: BTreeMap<String, usize>,
    random: fastrand::Rng,
    first: Date,
    log: Vec<String>,
    sold: u32,
    /// Whether single changes of a plan are withheld.
    singly: bool,
    /// Whether the vendor now and then refuses a write, or breaks off.
    faults: bool,
}

impl Roam {
    async fn start(seed: u64) -> Self {
        let (licences, app, customers) = billing(3).await;
        let filter =
            crosswalk::engine::LinkFilter { kind: Some(crosswalk::model::Kind::Product), ..Default::default() };
        let links = app.tenant.link_list(&sync(), &filter).await.expect("links");
        let mut taken: Vec<(String, String)> = Vec::new();
        let services: BTreeMap<String, String> = licences
            .psa
            .rows("Services")
            .into_iter()
            .map(|row| (row["id"].to_string(), row["name"].as_str().expect("a name").to_owned()))
            .collect();
        let mut products = BTreeMap::new();
        let counted: BTreeSet<String> =
            customers.iter().flat_map(|one| licences.billed(&one.tenant.id)).map(|(product, _)| product).collect();
        for view in links.iter().filter(|view| counted.contains(&view.link.source)) {
            let Some(id) = view.link.linked() else { continue };
            let place = taken.iter().position(|(own, _)| own == id).unwrap_or_else(|| {
                taken.push((id.to_owned(), services[id].clone()));
                taken.len() - 1
            });
            products.insert(view.link.source.clone(), place);
        }
        let all_taken: Vec<&str> = links.iter().filter_map(|view| view.link.linked()).collect();
        let spare = services.iter().filter(|(id, _)| !all_taken.contains(&id.as_str())).take(2);
        taken.extend(spare.map(|(id, name)| (id.clone(), name.clone())));
        let at = (0..customers.len()).collect();
        let first = next_day(&app);
        let random = fastrand::Rng::with_seed(seed);
        Self {
            licences,
            app,
            customers,
            at,
            services: taken,
            products,
            random,
            first,
            log: Vec::new(),
            sold: 0,
            singly: false,
            faults: false,
        }
    }

    fn say(&mut self, what: String) {
        self.log.push(format!("{}: {what}", self.app.today()));
    }

    fn expected(&self) -> BTreeMap<(i64, String), i64> {
        let mut all = BTreeMap::new();
        for (one, at) in self.customers.iter().zip(&self.at) {
            for (product, quantity) in self.licences.billed(&one.tenant.id) {
                if let Some(place) = self.products.get(&product) {
                    let key = (self.customers[*at].contract, self.services[*place].1.clone());
                    *all.entry(key).or_default() += quantity;
                }
            }
        }
        all.retain(|_, units| *units != 0);
        all
    }

    fn on(&self, day: Date) -> BTreeMap<(i64, String), i64> {
        let contracts: Vec<i64> = self.customers.iter().map(|one| one.contract).collect();
        let known: Vec<&String> = self.services.iter().map(|(_, name)| name).collect();
        let mut all = BTreeMap::new();
        for line in self.licences.psa.service_lines(&day.to_string()) {
            if contracts.contains(&line.contract_id) && known.contains(&&line.service) {
                *all.entry((line.contract_id, line.service.clone())).or_default() += line.units.unwrap_or(0);
            }
        }
        all.retain(|_, units| *units != 0);
        all
    }

    fn total(&self) -> i64 {
        self.expected().values().sum()
    }

    async fn remap(&mut self) {
        let products: Vec<String> = self.products.keys().cloned().collect();
        let product = self.random.choice(products).expect("a product");
        let place = self.random.usize(0..self.services.len());
        map_product(&self.app, &product, &self.services[place].0.clone()).await;
        self.products.insert(product.clone(), place);
        let to = self.services[place].1.clone();
        self.say(format!("product {product} -> {to}"));
    }

    async fn carry(&mut self) {
        let one = self.random.usize(0..self.customers.len());
        let to = self.random.usize(0..self.customers.len());
        let known = &self.customers[to];
        let (account, contract) =
            (Decision::Link(known.account.to_string()), Decision::Link(known.contract.to_string()));
        let id = self.customers[one].tenant.id.clone();
        let mapped = self.app.tenant.customer_map(&sync(), &id, Some(&account), Some(&contract), None).await;
        mapped.unwrap_or_else(|error| panic!("{}", told(&error)));
        self.at[one] = to;
        let contract = self.customers[to].contract;
        self.say(format!("customer {id} -> contract {contract}"));
    }

    fn recount(&mut self) {
        let one = self.random.usize(0..self.customers.len());
        let id = self.customers[one].tenant.id.clone();
        let billed = self.licences.billed(&id);
        if billed.is_empty() || self.random.u8(0..4) == 0 {
            let products: Vec<String> = self.products.keys().cloned().collect();
            let product = self.random.choice(products).expect("a product");
            if billed.iter().any(|(own, _)| *own == product) {
                return;
            }
            self.sold += 1;
            let row = NewRow {
                tenant: id.clone(),
                sku: product.clone(),
                order: format!("SOLD-{}", self.sold),
                billable: Some(f64::from(self.random.u8(1..20))),
                ..NewRow::default()
            };
            let quantity = row.billable;
            assert!(self.licences.vendor.add_row(&self.licences.vendor.month(), row));
            return self.say(format!("sold {product} to {id}: {quantity:?}"));
        }
        let (product, had) = self.random.choice(billed).expect("a row");
        if self.random.u8(0..5) == 0 {
            assert!(self.licences.vendor.remove_product(&id, &product));
            return self.say(format!("{id} has no {product} any more (had {had})"));
        }
        let quantity = self.random.i64(0..20);
        self.licences.vendor.set_quantity(&id, &product, quantity);
        self.say(format!("{id} {product}: {had} -> {quantity}"));
    }

    /// Applies a plan: all of it, or one customer's part, or what some brakes hold.
    async fn some(&mut self, plan: &PlanReport, all: bool) {
        let views =
            self.app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 1000).await.expect("changes");
        for view in &views {
            let change = &view.change;
            let fields: Vec<String> =
                change.fields.iter().map(|diff| format!("{}={:?}", diff.name, diff.after)).collect();
            self.say(format!(
                "  {} {} -> {:?} ({}) {:?}",
                change.action.as_str(),
                change.source,
                change.target,
                fields.join(", "),
                change.held.as_ref().map(Hold::words)
            ));
        }
        let (mut release, mut customer) = (Release::All, None);
        let mut withheld = HashSet::new();
        if !all && self.singly {
            withheld = views.iter().map(|view| view.change.sequence).filter(|_| self.random.u8(0..3) == 0).collect();
        } else if !all && self.random.bool() {
            let one = self.random.usize(0..self.customers.len());
            customer = Some(self.customers[one].tenant.id.clone());
        } else if !all {
            let mut some = vec!["moved", "takeover", "quantity", "parts", "zero", "falls", "rises", "edited"];
            some.retain(|_| self.random.u8(0..3) > 0);
            release = crate::harness::release(&some);
        }
        self.say(format!("  lets go {release:?} of {customer:?} but {withheld:?}"));
        let options = ApplyOptions { release, customer, withheld, ..ApplyOptions::default() };
        if self.faults && !all && self.random.bool() {
            let name = *self.random.choice(&["server-error", "drop-connection", "lost-reply"]).expect("a fault");
            let status = if name == "server-error" { ",status:400" } else { "" };
            let value = format!("after:{},next:{},writes{status}", self.random.u8(0..4), self.random.u8(1..3));
            self.licences.psa.faults().set(name, &value).expect("a fault");
            self.say(format!("  the vendor: {name} {value}"));
        }
        let report = self.app.tenant.apply(plan.plan.id, &options, &NoProgress).await;
        self.licences.psa.faults().clear();
        match report {
            Ok(report) => {
                self.say(format!("  done {} of {}: {:?}", report.run.counts.done, views.len(), report.failures));
            }
            Err(error) if self.faults => self.say(format!("  broken off: {}", told(&error))),
            Err(error) => panic!("{}", told(&error)),
        }
    }

    /// A person looks at what nobody knows.
    async fn settle_what_is_open(&mut self) {
        for open in self.app.uncertain().await {
            let id: ChangeId = open.change.parse().expect("a change");
            let all = self.app.tenant.plan_changes(id.plan, &ChangeFilter::default(), 0, 1000).await.expect("changes");
            let change = all.into_iter().map(|view| view.change).find(|one| one.sequence == id.sequence).expect("it");
            let of = |name: &str| change.field(name).map(|diff| diff.after.to_string());
            let (quantity, day) = (number(&of("quantity").expect("how many")), of("effective").expect("a day"));
            let taken: BTreeSet<String> = lines(&self.app).await.into_iter().filter_map(|line| line.line).collect();
            let contract = change.line().and_then(|step| step.contract.clone()).expect("a contract");
            let contract = number(&contract);
            let made = |line: &ServiceLine| match &open.target {
                Some(target) => line.id.to_string() == *target,
                None => {
                    let is_it = line.contract_id == contract && line.service == change.name;
                    is_it && !taken.contains(&line.id.to_string())
                }
            };
            let has = self.licences.psa.service_lines(&day[..10]).into_iter().filter(made);
            let line = has.filter(|line| line.units.unwrap_or(0) == quantity).map(|line| line.id).next();
            let found = line.map_or(Found::NotWritten, |line| Found::Written(line.to_string()));
            self.say(format!("  {} {}: {found:?}", open.change, open.source));
            let settled = self.app.tenant.uncertain_settle(id, &found, "seen in the PSA").await;
            settled.unwrap_or_else(|error| panic!("{}", told(&error)));
        }
    }

    /// Approves one line by name, for its usual day.
    async fn approve_one(&mut self) {
        let open: Vec<_> = lines(&self.app).await.into_iter().filter(|line| line.brake.is_some()).collect();
        let Some(line) = self.random.choice(open) else { return };
        let choice = UsageChoice { line: LineKey::new(&line.customer, &line.product), quantity: None, effective: None };
        match self.app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await {
            Ok(plan) => {
                self.say(format!("approve {}/{}", line.customer, line.product));
                self.some(&plan, true).await;
            }
            Err(error) => self.say(format!("approve {}/{}: {}", line.customer, line.product, told(&error))),
        }
    }

    /// Whether a line tells of days that nobody bills unless a person says so.
    async fn leaves_days_out(&self) -> bool {
        let told = |note: &Said| matches!(note.code(), Some("line-days-left-out" | "line-parts-left-out"));
        lines(&self.app).await.iter().any(|line| line.notes.iter().any(told))
    }

    async fn walk(&mut self, days: usize, counts: bool) {
        // Days that a person lets go unbilled, having been told.
        let mut lost = false;
        for _ in 0..days {
            for _ in 0..self.random.u8(0..2) {
                match self.random.u8(0..if counts { 6 } else { 4 }) {
                    0 | 1 => self.remap().await,
                    2 | 3 => self.carry().await,
                    _ => self.recount(),
                }
            }
            next_day(&self.app);
            if self.faults && self.random.bool() {
                self.settle_what_is_open().await;
            }
            let plan = self.app.plan().await;
            lost |= self.leaves_days_out().await;
            match self.random.u8(0..4) {
                0 => self.approve_one().await,
                1 => self.some(&plan, true).await,
                2 => self.some(&plan, false).await,
                _ => {}
            }
            if !counts && !self.faults {
                let total = self.total();
                let today = self.app.today();
                let has: i64 = self.on(today).values().sum();
                assert!(has <= total, "{today}: {has} billed of {total}: twice");
            }
        }
        for _ in 0..5 {
            next_day(&self.app);
            self.settle_what_is_open().await;
            let plan = self.app.plan().await;
            lost |= self.leaves_days_out().await;
            if plan.plan.totals.is_empty() {
                break;
            }
            self.some(&plan, true).await;
            // What a day does not take goes on the first open one.
            let open = lines(&self.app).await.into_iter();
            let open = open.filter_map(|line| {
                let effective = line.open_day.as_deref()?.parse().ok();
                Some(UsageChoice { line: LineKey::new(&line.customer, &line.product), quantity: None, effective })
            });
            for choice in open.collect::<Vec<_>>() {
                lost = true;
                self.say(format!("open day {choice:?}"));
                let plan = self.app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await;
                let plan = plan.unwrap_or_else(|error| panic!("{}", told(&error)));
                self.some(&plan, true).await;
            }
        }
        next_day(&self.app);
        let plan = self.app.plan().await;
        assert!(plan.plan.totals.is_empty() && plan.attention == 0, "{:?} {:?}", plan.plan.totals, plan.findings);
        let today = self.app.today();
        assert_eq!(self.on(today), self.expected(), "at the end");
        let mut day = self.first;
        while !counts && day <= today {
            let has: i64 = self.on(day).values().sum();
            assert!(has <= self.total(), "{day}: {has} billed of {}: twice", self.total());
            assert!(lost || has == self.total(), "{day}: {has} billed of {}: lost", self.total());
            day = day.tomorrow().expect("a day");
        }
    }
}

impl Drop for Roam {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.log.iter().for_each(|step| eprintln!("{step}"));
        }
    }
}

#[tokio::test]
async fn whatever_is_mapped_where_each_count_is_billed_once_on_every_day() {
    for seed in [15, 81] {
        Roam::start(seed).await.walk(6, false).await;
    }
}

#[tokio::test]
async fn whatever_is_counted_and_let_go_in_parts_the_contracts_come_to_the_counts() {
    for seed in [7, 15] {
        Roam::start(seed).await.walk(6, true).await;
    }
}

#[tokio::test]
async fn whatever_single_changes_are_withheld_each_count_is_billed_once_on_every_day() {
    for seed in [0, 8, 12, 25, 28] {
        let mut walk = Roam::start(seed).await;
        walk.singly = true;
        walk.walk(6, false).await;
    }
}

#[tokio::test]
async fn whatever_is_withheld_and_joined_later_is_billed_from_the_day_it_left_another() {
    let mut walk = Roam::start(224).await;
    walk.singly = true;
    walk.walk(10, false).await;
}

#[tokio::test]
async fn whatever_the_vendor_refuses_or_breaks_off_each_count_is_billed_once_on_every_day() {
    for seed in [104, 125, 234] {
        let mut walk = Roam::start(seed).await;
        (walk.singly, walk.faults) = (true, true);
        walk.walk(8, false).await;
    }
}
