//! Syncs for people and programs: a list of all, or one with its rules, schedule and links.

use super::times::{recurrence, schedule_lines, schedules_of};
use crate::connection::show::labelled;
use crate::exit::Exit;
use crate::output::{decimal, moment, or_dash, table, word};
use crate::session::Session;
use crate::shapes::{self, word_of};
use crosswalk_engine::LinkCount;
use crosswalk_model::said::Arg;
use crosswalk_model::sync::{BrakeLimits, Sites};
use crosswalk_model::{Call, Job, Kind, Said, Schedule, Sync, SyncName, Verb, said};
use crosswalk_say::Lang;
use serde_json::json;

/// Prints the whole sync, after what was done to it.
pub(super) async fn show(session: &Session<'_>, name: &SyncName, done: &Said) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let sync = tenant.sync(name).await?;
    let links = tenant.link_counts(name).await?;
    let schedules = schedules_of(&tenant.schedule_list().await?, name);
    session.output.answer(
        || {
            let schedules: Vec<_> = schedules.iter().map(|schedule| shapes::schedule(schedule, lang)).collect();
            json!({ "sync": sync, "links": links, "schedules": schedules })
        },
        || {
            let text = summary(&sync, &links, &schedules, lang);
            if done.is_empty() { text } else { format!("{}\n\n{text}", lang.say(done)) }
        },
    )?;
    Ok(Exit::Done)
}

pub(super) async fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let syncs = tenant.sync_list().await?;
    let schedules = tenant.schedule_list().await?;
    session.output.answer(
        || json!(syncs),
        || {
            if syncs.is_empty() {
                let add = Call::of(Verb::SyncAdd).with("from", "CONNECTION").with("to", "CONNECTION");
                return lang.say(said!("desk-cli-no-sync", add));
            }
            let rows = syncs.iter().map(|sync| {
                let kinds = sync.rules.kinds.keys().map(|kind| word(lang, kind.as_str())).collect::<Vec<_>>();
                let own = schedules_of(&schedules, &sync.name);
                let every = own.iter().find(|schedule| schedule.job == Job::Sync).map(recurrence);
                let next = own.iter().map(|schedule| schedule.due_at).min().map(|at| moment(lang, at));
                [
                    sync.name.to_string(),
                    sync.source.to_string(),
                    sync.target.to_string(),
                    kinds.join(", "),
                    or_dash(every.map(|every| lang.say(every))),
                    if sync.paused { word(lang, "paused") } else { or_dash(next) },
                ]
            });
            table(lang, ["sync", "from", "to", "kinds", "runs", "next"], rows)
        },
    )?;
    Ok(Exit::Done)
}

fn summary(sync: &Sync, links: &[LinkCount], schedules: &[Schedule], lang: Lang) -> String {
    let rules = &sync.rules;
    let switched = if rules.switched_on { "on" } else { "off" };
    let mut lines = vec![
        ("sync", said!("desk-cli-sync-ends", sync = &sync.name, source = &sync.source, target = &sync.target)),
        (
            "sites",
            match rules.sites {
                Sites::Each => said!("desk-cli-sites-each"),
                Sites::Primary => said!("desk-cli-sites-primary"),
            },
        ),
        ("volatile", said!("desk-cli-volatile", hours = rules.volatile_hours)),
        ("grace", said!("desk-cli-grace", hours = rules.grace_hours)),
        ("identity", said!("desk-cli-identity", hours = rules.identity_hours)),
    ];
    let [customer, whole] = brakes(&rules.brakes);
    lines.extend([("brakes", customer), ("", whole)]);
    let mut label = "schedule";
    for line in schedule_lines(sync, schedules) {
        lines.push((std::mem::take(&mut label), line));
    }
    if rules.bills() {
        lines.push(("usage", usage(sync, switched)));
    }
    if rules.kinds.contains_key(&Kind::Alert) {
        let tickets = match rules.tickets.swing_hours {
            0 => said!("desk-cli-tickets-new", switched),
            hours => said!("desk-cli-tickets-again", switched, hours),
        };
        lines.push(("tickets", tickets));
    }
    if rules.reverse {
        lines.push(("reverse", said!("desk-cli-reverse", source = &sync.source, target = &sync.target)));
    }
    let mut text = format!("{}\n{}", labelled(&lines, lang), kinds_table(sync, lang));
    if !links.is_empty() {
        text.push_str(&format!("\n\n{}", link_table(links, lang)));
    }
    text
}

/// The rules of usage.
fn usage(sync: &Sync, switched: &str) -> Said {
    let rules = &sync.rules;
    let usage = said!(
        "desk-cli-usage",
        switched,
        zone = rules.time_zone.as_str(),
        percent = rules.usage.quantity_percent,
        least = rules.usage.quantity_least,
        sync_percent = rules.brakes.sync_quantity_percent,
        sync_least = rules.brakes.sync_quantity_least,
    );
    if rules.shares(Kind::Customer) { said!("desk-cli-usage-shared", usage) } else { usage }
}

/// The kinds of a sync with their rules. Words that `--rule` and `--trust` take stay as they are typed there.
fn kinds_table(sync: &Sync, lang: Lang) -> String {
    let rows = sync.rules.kinds.iter().map(|(kind, own)| {
        let fields = own.fields.iter().map(|(field, rule)| format!("{field} {}", word_of(rule)));
        let fields = std::iter::once(word_of(&own.otherwise)).chain(fields).collect::<Vec<_>>().join(", ");
        [
            word(lang, kind.as_str()),
            word(lang, &word_of(&own.trust)),
            word(lang, if own.create { "yes" } else { "no" }),
            or_dash(own.accept_score.map(|score| decimal(lang, score))),
            fields,
        ]
    });
    table(lang, ["kind", "trust", "creates", "accepts-from", "fields"], rows)
}

/// Describes the brakes: those of a customer, and those of the whole sync.
fn brakes(brakes: &BrakeLimits) -> [Said; 2] {
    let limit = |what: &str, percent: u32, least: u32| said!("desk-cli-limit", what, percent, least);
    let limits = Arg::list([
        limit("deactivations", brakes.deactivate_percent, brakes.deactivate_least),
        limit("updates", brakes.update_percent, brakes.update_least),
        limit("creates", brakes.create_percent, brakes.create_least),
        limit("identities", brakes.identity_percent, brakes.identity_least),
    ]);
    let customer = match brakes.first_run {
        true => said!("desk-cli-brakes-of-customer-and-first-run", limits),
        false => said!("desk-cli-brakes-of-customer", limits),
    };
    let limits = Arg::list([
        limit("deactivations", brakes.sync_deactivate_percent, brakes.sync_deactivate_least),
        limit("creates", brakes.sync_create_percent, brakes.sync_create_least),
        limit("identities", brakes.sync_identity_percent, brakes.sync_identity_least),
    ]);
    [customer, said!("desk-cli-brakes-of-sync", limits)]
}

pub(super) fn link_table(links: &[LinkCount], lang: Lang) -> String {
    let rows = links
        .iter()
        .map(|count| [word(lang, count.kind.as_str()), word(lang, count.state.as_str()), count.links.to_string()]);
    table(lang, ["kind", "link", "records"], rows)
}
