//! The tests of the room, by subject. Each makes a database of its own.

mod applying;
mod approvals;
mod claims;
mod findings;
mod history;
mod isolation;
mod observing;
mod opening;
mod ports;
mod prune;
mod requests;
mod schedules;
mod settings;
mod threads;
mod times;
mod usage;

use super::*;
use crosswalk_model::{
    Action, Connection, ConnectionName, Decider, Event, Field, Kind, Link, LinkState, Mode, PlannedChange, Record,
    Risk, RunId, Secret, Sync, SyncName, SyncRules, Timestamp, Value,
};
use std::collections::BTreeMap;

const T0: Timestamp = Timestamp(1_700_000_000_000);

/// A database in a folder of its own, with the tenant `default`, connections `rmm` and
/// `psa`, and the sync `main` between them.
struct Bed {
    folder: tempfile::TempDir,
    store: Store,
    tenant: TenantStore,
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        let tenant = tenant(&store, "default").await;
        Self { folder, store, tenant }
    }

    /// The same database through a second store, as another process has it.
    async fn second(&self) -> TenantStore {
        open(self.folder.path()).unwrap().tenant(self.tenant.name()).await.unwrap()
    }
}

/// A page without gaps.
fn one_page<'a>(records: &'a [Record], next: Option<&'a str>, total: Option<u64>) -> PageCommit<'a> {
    PageCommit { records, next, total, ..PageCommit::default() }
}

fn open(folder: &Path) -> Result<Store, StoreError> {
    Store::open_patiently(&folder.join("db"), &KeySource::File(folder.join("key")), Duration::from_millis(200))
}

/// Stores a secret of a connection that stays as it is.
async fn keep(tenant: &TenantStore, name: &ConnectionName, secret: &str, value: &Secret) -> Result<i64, StoreError> {
    let connection = tenant.connection_get(name).await?.ok_or_else(|| StoreError::not_found("connection", name))?;
    tenant.connection_update(&connection, &BTreeMap::from([(secret.to_owned(), value.clone())])).await
}

/// Size of what is kept. Unknown sizes are measured.
async fn kept(tenant: &TenantStore, connection: &ConnectionName, kind: Kind) -> Kept {
    let (id, name) = (tenant.id, connection.clone());
    let measure =
        move |db: &rusqlite::Connection| kept::measured(db, (id, connections::connection_id(db, id, &name)?, kind));
    tenant.write_lightly(measure).await.unwrap()
}

/// A tenant with connections and a sync, made if it is not there.
async fn tenant(store: &Store, name: &str) -> TenantStore {
    let name = TenantName::new(name).unwrap();
    store.tenant_insert(&name, T0).await.unwrap();
    let tenant = store.tenant(&name).await.unwrap();
    for name in ["rmm", "psa"] {
        tenant.connection_insert(&connection(name), &BTreeMap::new()).await.unwrap();
    }
    tenant.sync_insert(&sync("main")).await.unwrap();
    tenant
}

fn rmm() -> ConnectionName {
    ConnectionName::new("rmm").unwrap()
}

fn psa() -> ConnectionName {
    ConnectionName::new("psa").unwrap()
}

fn main_sync() -> SyncName {
    SyncName::new("main").unwrap()
}

fn connection(name: &str) -> Connection {
    Connection {
        name: ConnectionName::new(name).unwrap(),
        plugin: crosswalk_model::PluginId::new("some-plugin").unwrap(),
        digest: "d".repeat(64),
        settings: BTreeMap::from([("zone".to_owned(), serde_json::json!(3))]),
        grants: BTreeMap::new(),
        buckets: BTreeMap::new(),
        revision: 1,
    }
}

fn sync(name: &str) -> Sync {
    Sync {
        name: SyncName::new(name).unwrap(),
        source: rmm(),
        target: psa(),
        rules: SyncRules::default(),
        paused: false,
        revision: 1,
    }
}

fn record(id: &str, parent: Option<&str>) -> Record {
    Record {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        name: format!("Device {id}"),
        stamp: None,
        fields: vec![
            Field::new("serial-number", Value::Text(format!("SN{id}"))),
            Field::new("active", Value::Boolean(true)),
        ],
    }
}

fn linked(source: &str, target: &str) -> Link {
    Link {
        target: Some(target.to_owned()),
        state: LinkState::Linked,
        made: true,
        decided_by: Some(Decider::SerialNumber),
        reason: "the same serial number".into(),
        written: BTreeMap::from([("name".to_owned(), Value::Text("Device".to_owned()))]),
        ..Link::unmapped(Kind::Asset, source, T0)
    }
}

fn change(sequence: u32) -> PlannedChange {
    PlannedChange {
        sequence,
        kind: Kind::Asset,
        action: Action::Create,
        customer: format!("c{}", sequence % 2),
        source: sequence.to_string(),
        target: None,
        name: format!("Device {sequence}"),
        fields: vec![crosswalk_model::FieldDiff { name: "name".into(), before: None, after: Value::Text("x".into()) }],
        step: crosswalk_model::Step::Record,
        reason: "not there yet".into(),
        risk: Risk::Low,
        calls: 1,
        held: None,
        link_revision: 0,
    }
}

/// A run with an unfinished plan of this number of changes.
async fn planned(tenant: &TenantStore, changes: u32) -> (RunId, crosswalk_model::PlanId) {
    let run = tenant.run_begin(&main_sync(), Mode::Apply, None, T0).await.unwrap();
    let plan = tenant.plan_begin(run, &main_sync(), T0).await.unwrap();
    let changes: Vec<_> = (1..=changes).map(change).collect();
    tenant.plan_changes_insert(plan, &changes, &Digests::new()).await.unwrap();
    (run, plan)
}

/// A person's approval of a whole plan with this hash.
fn approving(hash: &str) -> Approving {
    Approving { approved: Default::default(), hash: hash.to_owned(), rule: None, note: String::new() }
}

/// These changes, each without a link.
fn at_revision(sequences: &[u32]) -> Vec<(u32, i64)> {
    sequences.iter().map(|sequence| (*sequence, 0)).collect()
}

fn settled(sequence: u32, status: ChangeStatus) -> Settled {
    let source = sequence.to_string();
    let target = Some(format!("t{source}"));
    let journal = JournalEntry { event: Event::Created, source: Some(source), ..JournalEntry::at(T0) };
    Settled { target, ..Settled::new(sequence, status, journal) }
}
