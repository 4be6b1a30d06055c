//! The JSON documents of `--json` for values of the model: plain values, times in RFC 3339.
//!
//! The model's own serialisation is the store's compact form; programs that read the command line's
//! output receive this one, which is self-describing.

use crosswalk_engine::{
    ApplyReport, ChangeView, ContractView, CustomerView, JournalEntry, LinkView, RunView, UsageBrake, UsageLine,
};
use crosswalk_model::{
    Approval, Candidate, FieldDiff, Finding, Link, Plan, Record, Recurrence, Run, Said, Schedule, Timestamp, Value,
};
use crosswalk_say::Lang;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// The word of a value that serialises as a string.
pub(super) fn word_of(word: &impl Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

pub(super) fn time(at: Option<Timestamp>) -> Json {
    at.map_or(Json::Null, |at| Json::String(at.to_string()))
}

/// A message: its code and arguments, where it has them, and its text in a language; null if there is none. Several
/// messages have their text together, and each by itself under `parts`.
pub(super) fn message(said: &Said, lang: Lang) -> Json {
    let text = lang.say(said);
    match said {
        _ if said.is_empty() => Json::Null,
        Said::Text(_) => json!({ "text": text }),
        Said::Coded(coded) => json!({ "code": coded.code, "args": coded.args, "text": text }),
        Said::Several(all) => {
            json!({ "text": text, "parts": all.iter().map(|one| message(one, lang)).collect::<Vec<_>>() })
        }
    }
}

/// The messages of a list.
pub(super) fn messages(all: &[Said], lang: Lang) -> Json {
    all.iter().map(|said| message(said, lang)).collect()
}

/// A value: blank becomes null, a JSON document itself.
pub(super) fn value(value: &Value) -> Json {
    match value {
        Value::Blank => Json::Null,
        Value::Text(text) | Value::Time(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Decimal(number) => json!(number),
        Value::Boolean(yes) => json!(yes),
        Value::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}

pub(super) fn record(record: &Record) -> Json {
    let fields: Map<String, Json> =
        record.fields.iter().map(|field| (field.name.clone(), value(&field.value))).collect();
    json!({ "id": record.id, "parent": record.parent, "name": record.name, "stamp": record.stamp, "fields": fields })
}

pub(super) fn plan(plan: &Plan) -> Json {
    json!({
        "id": plan.id,
        "run": plan.run,
        "made_at": time(Some(plan.made_at)),
        "hash": plan.hash,
        "totals": plan.totals,
        "undecided": plan.undecided,
        "findings": plan.findings,
        "approved_at": time(plan.approved_at),
        "approved_by": plan.approved_by.as_ref().map(|by| match by {
            Said::Text(person) => json!(person),
            rule => json!(rule),
        }),
        "undoes": plan.undoes,
    })
}

pub(super) fn change(view: &ChangeView, lang: Lang) -> Json {
    let change = &view.change;
    let held = change.held.as_ref();
    json!({
        "sequence": change.sequence,
        "kind": change.kind,
        "action": change.action,
        "customer": change.customer,
        "source": change.source,
        "target": change.target,
        "name": change.name,
        "fields": change.fields.iter().map(diff).collect::<Vec<_>>(),
        "step": change.step,
        "reason": message(&change.reason, lang),
        "risk": change.risk,
        "calls": change.calls,
        "held": held.map(|hold| json!({ "brake": hold.words(), "reason": message(&hold.reason, lang) })),
        "status": view.status,
        "message": message(&view.message, lang),
    })
}

fn diff(diff: &FieldDiff) -> Json {
    json!({ "name": diff.name, "before": diff.before.as_ref().map(value), "after": value(&diff.after) })
}

pub(super) fn finding(finding: &Finding, lang: Lang) -> Json {
    let mut document = json!(finding);
    document["message"] = message(&finding.message, lang);
    document
}

pub(super) fn schedule(schedule: &Schedule, lang: Lang) -> Json {
    let (calendar, time_zone) = match &schedule.recurs {
        Recurrence::Interval(_) => (None, None),
        Recurrence::Calendar { calendar, time_zone, .. } => (Some(calendar), Some(time_zone)),
    };
    json!({
        "job": schedule.job,
        "every_minutes": schedule.minutes(),
        "calendar": calendar,
        "time_zone": time_zone,
        "next_at": time(Some(schedule.due_at)),
        "slot_at": time(Some(schedule.slot_at)),
        "running_since": time(schedule.taken_at),
        "last_at": time(schedule.last_at),
        "failures": schedule.failures,
        "message": message(&schedule.message, lang),
    })
}

pub(super) fn run(run: &Run, lang: Lang) -> Json {
    json!({
        "id": run.id,
        "sync": run.sync,
        "mode": run.mode,
        "actor": run.actor,
        "status": run.status,
        "started_at": time(Some(run.started_at)),
        "ended_at": time(run.ended_at),
        "plan": run.plan,
        "counts": run.counts,
        "message": message(&run.message, lang),
    })
}

pub(super) fn approval(approval: &Approval) -> Json {
    json!({
        "id": approval.id,
        "plan": approval.plan,
        "approved": approval.approved,
        "hash": approval.hash,
        "by": approval.by,
        "rule": approval.rule,
        "at": time(Some(approval.at)),
        "note": approval.note,
    })
}

pub(super) fn run_view(view: &RunView, lang: Lang) -> Json {
    json!({ "run": run(&view.run, lang), "state": view.state, "stop_by": view.stop_by })
}

pub(super) fn applied(report: &ApplyReport, lang: Lang) -> Json {
    let failure = |(what, why): &(Said, Said)| json!({ "what": message(what, lang), "why": message(why, lang) });
    let failures: Vec<Json> = report.failures.iter().map(failure).collect();
    json!({ "run": run(&report.run, lang), "failures": failures })
}

pub(super) fn link(link: &Link, lang: Lang) -> Json {
    json!({
        "kind": link.kind,
        "source": link.source,
        "state": link.state,
        "target": link.target,
        "made": link.made,
        "decided_by": link.decider(),
        "decided_at": time(Some(link.decided_at)),
        "reason": message(&link.reason, lang),
        "candidates": candidates(&link.candidates, lang),
        "declined": link.declined,
        "missing_since": time(link.missing_since),
        "revision": link.revision,
    })
}

fn candidates(all: &[Candidate], lang: Lang) -> Json {
    let one = |one: &Candidate| {
        let reason = message(&one.reason, lang);
        json!({ "target": one.target, "name": one.name, "score": one.score, "reason": reason })
    };
    all.iter().map(one).collect()
}

pub(super) fn link_view(view: &LinkView, lang: Lang) -> Json {
    let mut document = link(&view.link, lang);
    document["source_name"] = json!(view.source_name);
    document["target_name"] = json!(view.target_name);
    document["customer"] = json!(view.customer);
    document["note"] = view.note.as_ref().map_or(Json::Null, |note| message(note, lang));
    document
}

/// An object with an id and a name.
fn id_and_name(both: Option<&(String, String)>) -> Json {
    both.map_or(Json::Null, |(id, name)| json!({ "id": id, "name": name }))
}

pub(super) fn contract(view: &ContractView, lang: Lang) -> Json {
    json!({
        "id": view.id,
        "name": view.name,
        "type": view.type_,
        "term": message(&view.term, lang),
        "eligible": view.eligible,
        "chosen": view.chosen,
    })
}

pub(super) fn usage_line(line: &UsageLine, lang: Lang) -> Json {
    let mut document = json!(line);
    let brake = |one: &UsageBrake| json!({ "brake": one.brake, "reason": message(&one.reason, lang) });
    document["brakes"] = line.brakes.iter().map(brake).collect();
    document["reason"] = message(&line.reason, lang);
    document["notes"] = messages(&line.notes, lang);
    document["contract"] = id_and_name(line.contract.as_ref());
    document
}

pub(super) fn customer(view: &CustomerView, lang: Lang) -> Json {
    let outcome = view.outcome.as_ref().map(|outcome| {
        let trouble = outcome.trouble.as_ref();
        json!({
            "ending": outcome.ending,
            "at": time(Some(outcome.at)),
            "run": outcome.run,
            "message": message(&outcome.message, lang),
            "connection": trouble.map(|trouble| &trouble.0),
            "failure": trouble.map(|trouble| &trouble.1),
            "remedy": view.remedy,
        })
    });
    json!({
        "id": view.id,
        "name": view.name,
        "state": view.state,
        "account": id_and_name(view.account.as_ref()),
        "contract": id_and_name(view.contract.as_ref()),
        "candidates": candidates(&view.candidates, lang),
        "reason": message(&view.reason, lang),
        "revision": format!("{}.{}", view.revision.0, view.revision.1),
        "usage": view.usage,
        "tickets": view.tickets,
        "has_usage": view.has_usage,
        "outcome": outcome,
    })
}

pub(super) fn journal(entry: &JournalEntry, lang: Lang) -> Json {
    json!({
        "at": time(Some(entry.at)),
        "run": entry.run,
        "plan": entry.plan,
        "sequence": entry.sequence,
        "kind": entry.kind,
        "source": entry.source,
        "target": entry.target,
        "customer": entry.customer,
        "event": entry.event,
        "actor": entry.actor,
        "message": message(&entry.message, lang),
        "detail": entry.detail.as_ref().map(detail),
    })
}

/// The detail of a journal entry; fields with `before` and `after` become plain values.
fn detail(detail: &Json) -> Json {
    let mut plain = detail.clone();
    for field in plain.as_array_mut().into_iter().flatten() {
        for side in ["before", "after"] {
            if let Some(stored) = field.get(side).and_then(|side| serde_json::from_value::<Value>(side.clone()).ok()) {
                field[side] = value(&stored);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::said;

    #[test]
    fn a_message_is_a_code_with_its_arguments_and_its_text() {
        let said = said!("not-found", what = "plan", name = "7");
        assert_eq!(
            message(&said, Lang::En),
            json!({ "code": "not-found", "args": { "what": "plan", "name": "7" }, "text": "there is no plan `7`" })
        );
        assert_eq!(message(&said, Lang::It)["text"], "non esiste: piano `7`");
        assert_eq!(message(&"as a vendor wrote it".into(), Lang::It), json!({ "text": "as a vendor wrote it" }));
        assert_eq!(message(&Said::default(), Lang::En), Json::Null);
        let both = message(&Said::several([said, "x".into()]), Lang::En);
        assert_eq!((&both["text"], &both["parts"][1]["text"]), (&json!("there is no plan `7`; x"), &json!("x")));
    }

    #[test]
    fn what_was_written_is_told_in_plain_values() {
        let stored = json!([{ "field": "name", "before": Value::Text("a".into()), "after": Value::Integer(2) }, { "field": "x", "before": null }]);
        assert_eq!(
            detail(&stored),
            json!([{ "field": "name", "before": "a", "after": 2 }, { "field": "x", "before": null }])
        );
        assert_eq!(detail(&json!({ "grant": "api" })), json!({ "grant": "api" }));
        assert_eq!(value(&Value::Json("[1]".into())), json!([1]));
        assert_eq!(value(&Value::Blank), Json::Null);
    }
}
