//! The billing half: a licence vendor and a PSA with contracts, the sync between them, and what
//! a test wants to know of both. One data folder, which the engine ([`Licences::host`]) and the
//! program ([`Licences::program`]) can both stand on.
//!
//! The licence vendor stands at the time when it was started, and so does the host: a test that runs over a month's
//! last midnight stays in its month. Beside the program it goes by the machine's clock, as that does, and is not begun
//! right before a midnight. What customers are is known from the world, so that a test can map them without trusting
//! the matching it may be testing.

use super::pair::autotask_connection;
use super::program::Program;
use super::{SYNC, TestApp, name, secrets, sync, told};
use crosswalk::clock::Clock as _;
use crosswalk::engine::{Decision, NewConnection};
use crosswalk::model::connection::BucketOverride;
use crosswalk::model::{Kind, SyncRules};
use crosswalk_sims::clock::{self, TimeStyle};
use crosswalk_sims::sophos_central::SophosTenant;
use crosswalk_sims::world::{Existing, Relation};
use crosswalk_sims::{Autotask, PsaOptions, Size, SophosCentral, SophosOptions, World};
use serde_json::json;

/// The contract that every account has in force.
pub(crate) const CONTRACT: &str = "Managed Services";

/// What the PSA is told of services that are made: their billing code …
const BILLING_CODE: i64 = 1;
/// … and how often they are billed.
const PERIOD: &str = "Monthly";

/// A licence vendor and a PSA.
pub(crate) struct Licences {
    pub(crate) vendor: SophosCentral,
    pub(crate) psa: Autotask,
    world: World,
    existing: Existing,
    /// When it was started, in unix milliseconds.
    started: i64,
}

impl Licences {
    /// So many customers, all plain ones billed by usage; the PSA has an account of most of them.
    pub(crate) fn start(customers: usize) -> Self {
        Self::start_with(customers, 1.0, SophosOptions { oddities: false, ..SophosOptions::default() })
    }

    /// The same, of which the PSA holds a part, at a vendor that behaves so.
    pub(crate) fn start_with(customers: usize, held: f64, options: SophosOptions) -> Self {
        let world = World::generate(Size::new(customers, customers, customers), 11);
        let existing = world.existing_in_psa(held, 11);
        let started = options.now.map_or_else(clock::now_ms, |seconds| seconds * 1000);
        let options = SophosOptions { now: Some(started / 1000), ..options };
        let vendor = SophosCentral::start(&world, options).expect("a licence vendor");
        let options = PsaOptions { latency_steps: false, contracts_for_new_accounts: true, ..PsaOptions::default() };
        let psa = Autotask::start(&existing, options).expect("a PSA");
        Self { vendor, psa, world, existing, started }
    }

    /// The same as [`Licences::start`], for a test in which the program talks to the vendors of a host.
    pub(crate) fn start_beside_the_program(customers: usize) -> Self {
        past_midnight();
        let licences = Self::start(customers);
        licences.vendor.follow_the_machine();
        licences
    }

    /// How an operator connects to the licence vendor.
    pub(crate) fn connection(&self, called: &str) -> NewConnection {
        let url = self.vendor.url();
        NewConnection {
            name: name(called),
            plugin: name("sophos-central"),
            settings: [("client-id".to_owned(), json!(self.vendor.client_id()))].into(),
            secrets: secrets([("client-secret", self.vendor.client_secret())]),
            endpoints: ["identity", "global", "regional"].map(|one| (one.to_owned(), url.clone())).into(),
            grant_all: false,
            buckets: [("minute".to_owned(), BucketOverride { calls: Some(0), at_once: None })].into(),
        }
    }

    /// A host with both connections, `licences` and `psa`, and the sync of customers and usage between them.
    pub(crate) async fn host(&self) -> TestApp {
        let mut rules = SyncRules::default();
        rules.take_part(&[Kind::Customer, Kind::Usage]);
        self.host_with(rules).await
    }

    /// The same with rules of the test's own.
    pub(crate) async fn host_with(&self, rules: SyncRules) -> TestApp {
        let app = TestApp::start().await;
        app.clock.advance_ms(self.started - app.clock.now().0);
        let mut psa = autotask_connection(&self.psa, "psa");
        psa.settings.insert("service-billing-code".to_owned(), json!(BILLING_CODE));
        psa.settings.insert("service-period".to_owned(), json!(PERIOD));
        app.join(self.connection("licences"), psa, rules).await;
        app
    }

    /// The program over a folder of its own, with the same connections and the same sync, made by its commands.
    pub(crate) fn program(&self) -> Program {
        past_midnight();
        self.vendor.follow_the_machine();
        let mut program = Program::prepared("with-licences", &["sophos-central", "autotask"]);
        for (variable, secret) in [
            ("LICENCES_SECRET", self.vendor.client_secret()),
            ("PSA_SECRET", self.psa.secret()),
            ("PSA_CODE", self.psa.integration_code()),
        ] {
            program.variable(variable, secret);
        }
        let (url, id) = (self.vendor.url(), self.vendor.client_id());
        program
            .run(&format!(
                "connection add licences --plugin sophos-central --set client-id={id} --bucket minute=unlimited \
                 --secret-env client-secret=LICENCES_SECRET \
                 --endpoint identity={url} --endpoint global={url} --endpoint regional={url}"
            ))
            .ends(0);
        let (url, user) = (self.psa.url(), self.psa.user());
        let services = format!("--set service-billing-code={BILLING_CODE} --set service-period={PERIOD}");
        program
            .run(&format!(
                "connection add psa --plugin autotask --set user={user} --set owner-resource-id=29682885 {services} \
                 --bucket hour=unlimited --secret-env secret=PSA_SECRET --secret-env integration-code=PSA_CODE \
                 --endpoint discovery={url} --endpoint zone={url}"
            ))
            .ends(0);
        program.run(&format!("sync add {SYNC} --from licences --to psa --kinds customer,usage")).ends(0);
        program
    }

    /// The customers that the PSA has an account of: tenant and account, by the tenant's name.
    pub(crate) fn pairs(&self) -> Vec<(SophosTenant, i64)> {
        let companies = self.psa.companies();
        let account = |organisation: i64| {
            let same = |relation: &Relation| matches!(relation, Relation::Same(id) | Relation::Respelled(id) if *id == organisation);
            let known = self.existing.companies.iter().find(|company| same(&company.relation))?;
            companies.iter().find(|row| row["companyName"] == json!(known.name))?["id"].as_i64()
        };
        let tenants = self.vendor.tenants().into_iter();
        let mut pairs: Vec<_> = tenants.filter_map(|one| Some((one.clone(), account(one.organisation?)?))).collect();
        pairs.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        assert!(!pairs.is_empty(), "none of {} customers is in the PSA", self.world.organisations.len());
        pairs
    }

    /// The account's contract in force.
    pub(crate) fn contract(&self, account: i64) -> i64 {
        let contracts = self.psa.contracts_of(account);
        let found = contracts.iter().find(|one| one["contractName"] == json!(CONTRACT)).expect("a contract in force");
        found["id"].as_i64().expect("an id")
    }

    /// What the running month's report bills a customer: product and quantity.
    pub(crate) fn billed(&self, tenant: &str) -> Vec<(String, i64)> {
        let rows = self.vendor.billed(&self.vendor.month()).into_iter();
        rows.filter(|row| row.0 == tenant).map(|(_, product, quantity)| (product, quantity)).collect()
    }

    /// What a contract has at the end of the month: each service line's id, service and units.
    pub(crate) fn on_contract(&self, contract: i64) -> Vec<(i64, String, i64)> {
        let last = clock::iso(clock::month(self.started).1, TimeStyle::Bare);
        let lines = self.psa.service_lines(last.get(..10).expect("a day")).into_iter();
        lines
            .filter(|line| line.contract_id == contract)
            .map(|line| (line.id, line.service, line.units.unwrap_or(0)))
            .collect()
    }
}

/// The program's clock is the machine's and cannot be held: where a midnight is nearer than a test lasts, it is let pass.
fn past_midnight() {
    const LONGEST_MS: i64 = 3 * 60_000;
    let left = clock::DAY_MS - clock::now_ms().rem_euclid(clock::DAY_MS);
    if left < LONGEST_MS {
        std::thread::sleep(std::time::Duration::from_millis(left.unsigned_abs() + 1000));
    }
}

/// Plans once, so that all is read, then maps every customer the PSA has an account of to that
/// and its contract in force, leaves out the others, and lets every product be created that has no match.
pub(crate) async fn map_all(app: &TestApp, licences: &Licences) {
    app.plan().await;
    let pairs = licences.pairs();
    for tenant in licences.vendor.tenants().into_iter().filter(|tenant| tenant.listed) {
        let pair = pairs.iter().find(|(one, _)| one.id == tenant.id);
        let (account, contract) = match pair {
            Some((_, account)) => {
                (Decision::Link(account.to_string()), Some(Decision::Link(licences.contract(*account).to_string())))
            }
            None => (Decision::Exclude, None),
        };
        let mapped = app.tenant.customer_map(&sync(), &tenant.id, Some(&account), contract.as_ref(), None).await;
        mapped.unwrap_or_else(|error| panic!("{}: {}", tenant.name, told(&error)));
    }
    app.tenant.link_accept(&sync(), Kind::Product, 0.8).await.expect("accepted");
    let filter = crosswalk::engine::LinkFilter { kind: Some(Kind::Product), ..Default::default() };
    for view in app.tenant.link_list(&sync(), &filter).await.expect("links") {
        if view.link.linked().is_none() {
            let made = app.tenant.link_decide(&sync(), Kind::Product, &view.link.source, &Decision::Create).await;
            made.unwrap_or_else(|error| panic!("{}: {}", view.source_name, told(&error)));
        }
    }
}
