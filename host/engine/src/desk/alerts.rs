//! A sync's alerts with their tickets: listed, and judged again from what is stored. Polling is `sync`'s.

use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crate::rules::plan::ticket::{Alert, AlertInput, plan_alerts, raised, why_no_ticket};
use crate::run::alerts::{AlertAfresh, TicketGround, asset_ids};
use crosswalk_model::{Kind, KindDescription, Link, Record, Said, Sync, SyncName, said};
use crosswalk_store::Stored;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

impl Tenant {
    /// Returns the alerts of a sync's source as last read, newest first, with their tickets.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn alerts_list(&self, sync: &SyncName) -> Result<Vec<AlertView>, Error> {
        let sync = self.sync(sync).await?;
        let links = self.store.links_all(&sync.name, Kind::Alert).await?;
        let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        let alerts = self.store.records_all(&sync.source, Kind::Alert).await?;
        let devices: Vec<String> = asset_ids(&alerts);
        let devices = self.store.records_by_ids(&sync.source, Kind::Asset, &devices).await?;
        let devices: HashMap<&str, &str> =
            devices.iter().map(|stored| (stored.record.id.as_str(), stored.record.name.as_str())).collect();
        let view = |stored: &Stored| {
            let record = &stored.record;
            let device = record.text("asset");
            let link = links.get(record.id.as_str());
            AlertView {
                id: record.id.clone(),
                name: record.name.clone(),
                raised: raised(record).map(|at| at.to_string()),
                device: device.map(|id| (*devices.get(id).unwrap_or(&id)).to_owned()),
                condition: record.text("condition").map(str::to_owned),
                listed: stored.gone_at.is_none(),
                ticket: link.and_then(|link| link.linked()).map(str::to_owned),
                state: link.map_or_else(|| said!("link-no-ticket"), state_with_reason),
            }
        };
        let mut views: Vec<AlertView> = alerts.iter().map(view).collect();
        views.sort_by(|a, b| (&b.raised, &b.id).cmp(&(&a.raised, &a.id)));
        Ok(views)
    }
}

fn state_with_reason(link: &&Link) -> Said {
    let state = link.state.as_str();
    if link.reason.is_empty() {
        return said!("link-state", state);
    }
    said!("link-state-for", state, reason = &link.reason)
}

/// Plans one alert from what is stored, without keeping the plan. Returns the plan, the reason why the alert is in no
/// ticket where that is settled, and the source customer it belongs to; `None` if there is no such alert.
pub(crate) async fn alert_afresh(
    tenant: &Tenant,
    sync: &Sync,
    describe: &KindDescription,
    id: &str,
) -> Result<Option<AlertAfresh>, Error> {
    let alerts = tenant.store.records_all(&sync.source, Kind::Alert).await?;
    let ground = TicketGround::of(&tenant.store, sync, &alerts).await?;
    let alerts: Vec<Alert<'_>> = alerts.iter().map(|stored| ground.alert(stored)).collect();
    let Some(alert) = alerts.iter().find(|alert| alert.record.id == id) else { return Ok(None) };
    let links = tenant.store.links_all(&sync.name, Kind::Alert).await?;
    let mut tickets: Vec<String> = links.iter().filter_map(|link| link.linked().map(str::to_owned)).collect();
    tickets.sort_unstable();
    tickets.dedup();
    let tickets = tenant.store.records_by_ids(&sync.target, Kind::Ticket, &tickets).await?;
    let present = tickets.into_iter().filter(|stored| stored.gone_at.is_none());
    let tickets: Vec<Record> = present.map(|stored| stored.record).collect();
    let open = tenant.store.unsettled(&sync.name).await?.into_iter().map(|open| open.row.change);
    let settling = open.filter(|change| change.kind == Kind::Alert).map(|change| change.source).collect();
    let rules = &sync.rules.tickets;
    let mut planned = plan_alerts(&AlertInput {
        alerts: &alerts,
        links: &links,
        tickets: &tickets,
        describe,
        settling: &settling,
        // The plan's own findings report what could not be read.
        unread: &BTreeMap::new(),
        rules,
        now: tenant.parts.clock.now(),
    });
    planned.changes.retain(|change| change.source == id);
    planned.findings.retain(|finding| finding.source == id);
    let no_ticket = why_no_ticket(alert, links.iter().find(|link| link.source == id), rules).map(|why| why.0);
    Ok(Some(AlertAfresh { customer: alert.customer.to_owned(), planned, no_ticket }))
}

/// An alert, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct AlertView {
    /// Its id at the source.
    pub id: String,
    /// Summary of what happened.
    pub name: String,
    /// Time it was raised: RFC 3339; `None` where the source reports none, or an impossible one.
    pub raised: Option<String>,
    /// Name of its device; the device's id where it was never read.
    pub device: Option<String>,
    /// The condition that was watched.
    pub condition: Option<String>,
    /// Whether the source still lists it.
    pub listed: bool,
    /// Ticket that includes it.
    pub ticket: Option<String>,
    /// State of its link with the reason, or that nothing was decided.
    pub state: Said,
}
