//! Syncs for people and programs: a list of all, or one with its rules, schedule and links.

use super::times::{recurrence, schedule_text, schedules_of};
use crate::exit::Exit;
use crate::output::{or_dash, table};
use crate::session::Session;
use crate::shapes::{self, word_of};
use crosswalk_engine::LinkCount;
use crosswalk_model::sync::{BrakeLimits, Sites};
use crosswalk_model::{Job, Kind, Schedule, Sync, SyncName};
use serde_json::json;

/// Prints the whole sync.
pub(super) async fn show(session: &Session<'_>, name: &SyncName, done: &str) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let sync = tenant.sync(name).await?;
    let links = tenant.link_counts(name).await?;
    let schedules = schedules_of(&tenant.schedule_list().await?, name);
    session.output.answer(
        || {
            let schedules: Vec<_> = schedules.iter().map(shapes::schedule).collect();
            json!({ "sync": sync, "links": links, "schedules": schedules })
        },
        || {
            let text = summary(&sync, &links, &schedules);
            if done.is_empty() { text } else { format!("{done}\n\n{text}") }
        },
    )?;
    Ok(Exit::Done)
}

pub(super) async fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let syncs = tenant.sync_list().await?;
    let schedules = tenant.schedule_list().await?;
    session.output.answer(
        || json!(syncs),
        || {
            if syncs.is_empty() {
                return "there is no sync: `crosswalk sync add NAME --from CONNECTION --to CONNECTION` creates one"
                    .to_owned();
            }
            let rows = syncs.iter().map(|sync| {
                let kinds = sync.rules.kinds.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let own = schedules_of(&schedules, &sync.name);
                let every = own.iter().find(|schedule| schedule.job == Job::Sync).map(recurrence);
                let next = own.iter().map(|schedule| schedule.due_at).min().filter(|_| !sync.paused);
                let next = if sync.paused { "paused".to_owned() } else { or_dash(next) };
                [sync.name.to_string(), sync.source.to_string(), sync.target.to_string(), kinds, or_dash(every), next]
            });
            table(["sync", "from", "to", "kinds", "runs", "next"], rows)
        },
    )?;
    Ok(Exit::Done)
}

fn summary(sync: &Sync, links: &[LinkCount], schedules: &[Schedule]) -> String {
    let rules = &sync.rules;
    let sites = match rules.sites {
        Sites::Each => "each becomes a location",
        Sites::Primary => "all assets go to the primary location",
    };
    let mut text = format!(
        "sync            {}: {} to {}\nsites           {sites}\nvolatile        written when {} h old\ngrace           {} h before a missing record is deactivated\nidentity        {} h before a device without a serial number and a name of its own is created\n",
        sync.name, sync.source, sync.target, rules.volatile_hours, rules.grace_hours, rules.identity_hours
    );
    text.push_str(&brakes_text(&rules.brakes));
    text.push_str(&format!("schedule        {}\n", schedule_text(sync, schedules)));
    let switched = if rules.switched_on { "on" } else { "off" };
    if rules.bills() {
        text.push_str(&format!(
            "usage           {switched} unless switched per customer; days are counted in {}; held are quantities that move over {} % (and {}), fall over as much, or to zero, and over the sync more than {} % (and {}){}\n",
            rules.time_zone,
            rules.usage.quantity_percent,
            rules.usage.quantity_least,
            rules.brakes.sync_quantity_percent,
            rules.brakes.sync_quantity_least,
            if rules.shares(Kind::Customer) { "; several customers may be one account" } else { "" }
        ));
    }
    if rules.kinds.contains_key(&Kind::Alert) {
        let swing = match rules.tickets.swing_hours {
            0 => "a returning alert gets a new one".to_owned(),
            hours => format!("a closed one is opened again if its alert returns within {hours} h"),
        };
        text.push_str(&format!("tickets         {switched} unless switched per customer; {swing}\n"));
    }
    if rules.reverse {
        text.push_str(&format!(
            "reverse         customers that only {} has are created in {}\n",
            sync.target, sync.source
        ));
    }
    text.push('\n');
    let rows = rules.kinds.iter().map(|(kind, own)| {
        let fields = own.fields.iter().map(|(field, rule)| format!("{field} {}", word_of(rule)));
        let fields = std::iter::once(word_of(&own.otherwise)).chain(fields).collect::<Vec<_>>().join(", ");
        [
            kind.to_string(),
            word_of(&own.trust),
            if own.create { "yes" } else { "no" }.to_owned(),
            or_dash(own.accept_score),
            fields,
        ]
    });
    text.push_str(&table(["kind", "trust", "creates", "accepts from", "fields"], rows));
    if !links.is_empty() {
        text.push_str(&format!("\n\n{}", link_table(links)));
    }
    text
}

/// Describes the brakes, those of a customer before those of the whole sync.
fn brakes_text(brakes: &BrakeLimits) -> String {
    let customer = format!(
        "brakes          of a customer: deactivations over {} % (and {}), updates over {} % (and {}), creates over {} % (and {}), identities over {} % (and {}){}\n",
        brakes.deactivate_percent,
        brakes.deactivate_least,
        brakes.update_percent,
        brakes.update_least,
        brakes.create_percent,
        brakes.create_least,
        brakes.identity_percent,
        brakes.identity_least,
        if brakes.first_run { "; of a kind: its first run" } else { "" },
    );
    let sync = format!(
        "                of the sync: deactivations over {} % (and {}), creates over {} % (and {}), identities over {} % (and {})\n",
        brakes.sync_deactivate_percent,
        brakes.sync_deactivate_least,
        brakes.sync_create_percent,
        brakes.sync_create_least,
        brakes.sync_identity_percent,
        brakes.sync_identity_least,
    );
    customer + &sync
}

pub(super) fn link_table(links: &[LinkCount]) -> String {
    let rows =
        links.iter().map(|count| [count.kind.to_string(), count.state.as_str().to_owned(), count.links.to_string()]);
    table(["kind", "link", "records"], rows)
}
