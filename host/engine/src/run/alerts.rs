//! Polling alerts: read what the source has, refresh the devices of new ones, plan their
//! tickets (`plan::ticket`), and apply what trust lets go.
//!
//! Apart from the sync of records, as it runs far more often and reads far less: the
//! source's alerts, and of the target only the tickets and devices they lead to.

use super::customers::out_of_use;
use super::draft::Draft;
use super::observe::{self, Observed};
use super::report::PlanReport;
use super::{reading, recover, refresh};
use crate::error::Error;
use crate::ground::progress::Stage;
use crate::ground::sync_run::SyncRun;
use crate::rules::brakes;
use crate::rules::plan::ticket::{Alert, AlertInput, Place, is_open, plan_alerts};
use crate::rules::plan::{Finding, Planned};
use crosswalk_model::{
    Cause, Failure, Kind, Link, LinkState, PlannedChange, Record, Said, Switches, Sync, Trust, said,
};
use crosswalk_store::{Stored, TenantStore};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(crate) async fn plan_tickets(run: &SyncRun<'_>) -> Result<PlanReport, Error> {
    recover::recover(run).await?;
    let report = observe::observe_kind(run, &run.source, Kind::Alert).await?;
    if let Some(failure) = report.failure.clone() {
        return Err(run.source.failed(failure));
    }
    let links = run.store.links_all(&run.sync.name, Kind::Alert).await?;
    let tickets = read_tickets(run, &links).await?;
    read_unlisted(run, &links, &tickets.records).await?;
    let alerts = run.store.records_all(&run.source.name, Kind::Alert).await?;
    let observed = Observed { source: vec![report], target: Vec::new() };
    make_ticket_plan(run, &observed, &alerts, &links, &tickets).await
}

async fn make_ticket_plan(
    run: &SyncRun<'_>,
    observed: &Observed,
    alerts: &[Stored],
    links: &[Link],
    tickets: &Tickets,
) -> Result<PlanReport, Error> {
    run.progress.begin(Stage::Planning, None);
    let Some(describe) = run.target.description.kind(Kind::Ticket) else {
        return Err(Error::invalid(said!("run-no-tickets", target = &run.target.name), said!("run-hint-other-target")));
    };
    let id = run.store.plan_begin_part(run.id, &run.sync.name, run.now()).await?;
    let mut draft = Draft::new(run, id, None).await?;
    draft.find(observed.flaws(&run.source, &run.target));
    let ground = TicketGround::of(&run.store, &run.sync, alerts).await?;
    let alerts: Vec<Alert<'_>> = alerts.iter().map(|stored| ground.alert(stored)).collect();
    let settling = draft.settling(Kind::Alert);
    let rules = &run.sync.rules.tickets;
    let planned = plan_alerts(&AlertInput {
        alerts: &alerts,
        links,
        tickets: &tickets.records,
        describe,
        settling: &settling,
        unread: &tickets.unread,
        rules,
        now: run.now(),
    });
    draft.find(planned.findings);
    draft.tell_first_runs(vec![Kind::Alert]);
    let changes = planned.changes;
    refresh_devices(run, &mut draft, &changes, &alerts).await?;
    let rules = &run.sync.rules;
    let (mut held, mut free): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| change.held.is_some());
    let unit =
        brakes::Unit { in_use: None, first_run: draft.first_run(Kind::Alert), trust: rules.kinds[&Kind::Alert].trust };
    brakes::hold(&mut free, unit, &rules.brakes);
    free.append(&mut held);
    draft.keep(free).await?;
    run.progress.end(&Stage::Planning);
    Ok(PlanReport { read: observed.totals(), ..draft.report_or_waiting().await? })
}

/// Brings the devices in step whose alerts make or reach a ticket. A device that cannot be
/// refreshed keeps no ticket from being made.
async fn refresh_devices(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    changes: &[PlannedChange],
    alerts: &[Alert<'_>],
) -> Result<(), Error> {
    let trust = run.sync.rules.kinds.get(&Kind::Asset).map(|rules| rules.trust);
    if trust.is_none_or(|trust| trust == Trust::Preview) {
        return Ok(());
    }
    let about: HashSet<&str> = changes.iter().map(|change| change.source.as_str()).collect();
    let mut devices: Vec<String> = alerts
        .iter()
        .filter(|alert| about.contains(alert.record.id.as_str()))
        .filter(|alert| alert.place == Place::Account { with_asset: true })
        .filter_map(|alert| alert.record.text("asset").map(str::to_owned))
        .collect();
    devices.sort_unstable();
    devices.dedup();
    match refresh::refresh_records(run, draft, Kind::Asset, &devices).await {
        Ok(missed) => draft.find(missed),
        Err(error @ Error::Vendor { .. }) => {
            let message = said!("run-devices-not-refreshed", why = error.said());
            run.complain([message.clone()]);
            let each =
                devices.into_iter().map(|id| Finding::new(Cause::NotRefreshed, Kind::Asset, "", id, message.clone()));
            draft.find(each.collect());
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The linked tickets as they are now, but for those that were closed when they were read last; of these
/// only what this host closed lately is asked after, which may be open again.
async fn read_tickets(run: &SyncRun<'_>, links: &[Link]) -> Result<Tickets, Error> {
    let mut ids: Vec<String> = links.iter().filter_map(|link| link.linked().map(str::to_owned)).collect();
    ids.sort_unstable();
    ids.dedup();
    let swing_ms = i64::from(run.sync.rules.tickets.swing_hours) * 60 * 60 * 1000;
    let lately = |link: &&Link| link.memory.ticket().closed_at.is_some_and(|at| run.now().since_ms(at) <= swing_ms);
    let ours: HashSet<&str> = links.iter().filter(lately).filter_map(Link::linked).collect();
    let known = run.store.records_by_ids(&run.target.name, Kind::Ticket, &ids).await?;
    let closed: HashMap<String, Record> = known
        .into_iter()
        .filter(|stored| !is_open(&stored.record) && !ours.contains(stored.record.id.as_str()))
        .map(|stored| (stored.record.id.clone(), stored.record))
        .collect();
    ids.retain(|id| !closed.contains_key(id));
    let now = reading::read_now(run, &run.target, Kind::Ticket, &ids).await?.unwrap_or_default();
    Ok(Tickets { records: now.records.into_values().chain(closed.into_values()).collect(), unread: now.unread })
}

/// Alerts with an open ticket that the source lists no more are asked for one by one:
/// some vendors list only what is under way.
async fn read_unlisted(run: &SyncRun<'_>, links: &[Link], tickets: &[Record]) -> Result<(), Error> {
    let open = |id: &str| tickets.iter().any(|ticket| ticket.id == id && is_open(ticket));
    let with_open: Vec<String> =
        links.iter().filter(|link| link.linked().is_some_and(open)).map(|link| link.source.clone()).collect();
    let stored = run.store.records_by_ids(&run.source.name, Kind::Alert, &with_open).await?;
    let unlisted: Vec<String> =
        stored.into_iter().filter(|stored| stored.gone_at.is_some()).map(|stored| stored.record.id).collect();
    reading::read_now(run, &run.source, Kind::Alert, &unlisted).await.map(drop)
}

impl TicketGround {
    /// By today's links.
    pub(crate) async fn of(store: &TenantStore, rules: &Sync, alerts: &[Stored]) -> Result<Self, Error> {
        let sync = &rules.name;
        let devices = asset_ids(alerts);
        let records = store.records_by_ids(&rules.source, Kind::Asset, &devices).await?;
        let links = store.links_by_sources(sync, Kind::Asset, &devices).await?;
        let items: Vec<String> = links.iter().filter_map(|link| link.linked().map(str::to_owned)).collect();
        let items = store.records_by_ids(&rules.target, Kind::Asset, &items).await?;
        let items: HashMap<String, Option<String>> =
            items.into_iter().map(|stored| (stored.record.id, stored.record.parent)).collect();
        let stands = |link: &Link| items.get(link.linked()?).cloned().flatten();
        let customers = store.links_all(sync, Kind::Customer).await?;
        let accounts: Vec<String> = customers.iter().filter_map(|link| link.linked().map(str::to_owned)).collect();
        let accounts = store.records_by_ids(&rules.target, Kind::Customer, &accounts).await?;
        let accounts: HashMap<&str, &Record> =
            accounts.iter().map(|stored| (stored.record.id.as_str(), &stored.record)).collect();
        let retired = |link: &Link| {
            let account = accounts.get(link.linked()?).filter(|account| !account.active())?;
            Some((link.source.clone(), out_of_use(rules, &link.source, account, &[])))
        };
        Ok(Self {
            out_of_use: customers.iter().filter_map(retired).collect(),
            stands: links.iter().filter_map(|link| Some((link.source.clone(), stands(link)?))).collect(),
            devices: records.into_iter().map(|stored| (stored.record.id.clone(), stored.record)).collect(),
            customers: customers.into_iter().map(|link| (link.source.clone(), link)).collect(),
            switches: store.switches(sync).await?,
            switched_on: rules.rules.switched_on,
        })
    }
}

/// What planning would do and tell of one alert now.
pub(crate) struct AlertAfresh {
    /// The source customer it belongs to; empty when nobody knows.
    pub(crate) customer: String,
    /// The changes and findings.
    pub(crate) planned: Planned,
    /// Why it is in no ticket, where that is settled.
    pub(crate) no_ticket: Option<Said>,
}

/// The devices that alerts are about.
pub(crate) fn asset_ids(alerts: &[Stored]) -> Vec<String> {
    let mut ids: Vec<String> =
        alerts.iter().filter_map(|stored| stored.record.text("asset").map(str::to_owned)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Linked tickets.
struct Tickets {
    records: Vec<Record>,
    /// Why others could not be read, by their ids.
    unread: BTreeMap<String, Failure>,
}

/// What alerts refer to.
pub(crate) struct TicketGround {
    /// The source's devices.
    devices: HashMap<String, Record>,
    /// Device → the account its target record stands in.
    stands: HashMap<String, String>,
    /// The links of the source's customers.
    customers: HashMap<String, Link>,
    /// Source customers whose account is not in use, with why that holds their tickets.
    out_of_use: HashMap<String, Said>,
    /// What persons switched, by source customer.
    switches: HashMap<String, Switches>,
    /// What holds for all others.
    switched_on: bool,
}

impl TicketGround {
    fn is_on(&self, customer: &str) -> bool {
        self.switches.get(customer).and_then(|said| said.tickets).unwrap_or(self.switched_on)
    }

    pub(crate) fn alert<'a>(&'a self, stored: &'a Stored) -> Alert<'a> {
        let record = &stored.record;
        let device = record.text("asset").and_then(|id| self.devices.get(id));
        let customer = record.parent.as_deref().or_else(|| device?.parent.as_deref()).unwrap_or_default();
        let link = self.customers.get(customer);
        let place = match link.map(|link| (link.state, link.linked())) {
            Some((LinkState::Excluded, _)) => Place::Excluded(said!("run-ticket-customer-excluded")),
            _ if !self.is_on(customer) => Place::Excluded(said!("run-tickets-switched-off")),
            Some((_, Some(_))) if let Some(why) = self.out_of_use.get(customer) => Place::OutOfUse(why.clone()),
            Some((_, Some(account))) => {
                let stands = record.text("asset").and_then(|id| self.stands.get(id));
                Place::Account { with_asset: stands.is_some_and(|stands| stands == account) }
            }
            _ => Place::Unmapped,
        };
        Alert {
            record,
            listed: stored.gone_at.is_none(),
            device: device.map(|device| device.name.as_str()),
            customer,
            place,
        }
    }
}
