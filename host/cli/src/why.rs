//! `crosswalk why`: explains whether one record is in step, as a short trace from the source to the
//! target; `--fields` adds both sides field by field, and the journal.

use super::exit::Exit;
use super::output::{clean, or_dash, table, value, word};
use super::session::Session;
use super::{journal, plan, shapes};
use crosswalk_engine::{Advice, Step, Trace};
use crosswalk_model::{Kind, Record, SyncName, said};
use crosswalk_say::{Lang, command};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Options of `crosswalk why`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints what the newest plan contains or reports for the record, with the number and time of the plan. What
the rules decide for one record alone is printed as of now. Neither vendor is asked.

Examples:
  crosswalk why rmm-to-psa asset 4711
  crosswalk why rmm-to-psa customer \"Contoso Ltd\" --fields
  crosswalk why rmm-to-psa alert 8812
  crosswalk why licences usage 5f0c1d7e/CIXA-MSP")]
pub(super) struct WhyArgs {
    /// The sync
    sync: SyncName,
    /// The record's kind
    kind: Kind,
    /// The record: its id at the source or at the target, or its exact name; a line of usage as CUSTOMER/PRODUCT
    record: String,
    /// Also show both sides field by field, and the journal
    #[arg(long)]
    fields: bool,
}

impl WhyArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let trace = session.tenant().await?.why(&self.sync, self.kind, &self.record).await?;
        let lang = session.output.lang();
        session.output.answer(|| document(&trace, lang), || summary(&trace, self.fields, lang))?;
        Ok(Exit::Done)
    }
}

fn document(trace: &Trace, lang: Lang) -> Value {
    let step = |step: &Step| json!({ "what": step.what, "words": shapes::message(&step.words, lang) });
    let advice = |advice: &Advice| {
        json!({
            "command": command(&advice.call),
            "call": advice.call,
            "does": shapes::message(&advice.does, lang),
        })
    };
    json!({
        "kind": trace.kind,
        "verdict": shapes::message(&trace.verdict, lang),
        "steps": trace.steps.iter().map(step).collect::<Vec<_>>(),
        "next": trace.next.iter().map(advice).collect::<Vec<_>>(),
        "source": trace.source.as_ref().map(shapes::record),
        "source_gone": shapes::time(trace.source_gone),
        "target": trace.target.as_ref().map(shapes::record),
        "link": trace.link.as_ref().map(|link| shapes::link(link, lang)),
        "plan": trace.plan.map(|(plan, made_at)| json!({ "id": plan, "made_at": shapes::time(Some(made_at)) })),
        "findings": trace.findings.iter().map(|one| shapes::finding(one, lang)).collect::<Vec<_>>(),
        "planned": trace.planned.iter().map(|view| shapes::change(view, lang)).collect::<Vec<_>>(),
        "journal": trace.journal.iter().map(|entry| shapes::journal(entry, lang)).collect::<Vec<_>>(),
    })
}

fn summary(trace: &Trace, fields: bool, lang: Lang) -> String {
    let mut text = format!("{}\n\n", clean(&lang.say(&trace.verdict)));
    let labels: Vec<String> = trace.steps.iter().map(|step| word(lang, step.what)).collect();
    let width = labels.iter().map(|label| label.chars().count()).fold(9, usize::max);
    for (number, (label, step)) in (1..).zip(labels.iter().zip(&trace.steps)) {
        text.push_str(&format!("{number:>3}. {label:<width$} {}\n", clean(&lang.say(&step.words))));
    }
    if !trace.next.is_empty() {
        text.push_str(&format!("\n{}\n", lang.say(said!("cli-why-next"))));
        for advice in &trace.next {
            text.push_str(&plan::next_line(&clean(&command(&advice.call)), &advice.does, lang));
        }
    }
    if !fields {
        return text;
    }
    text.push_str(&format!("\n{}\n", sides_table(trace, lang)));
    if !trace.planned.is_empty() {
        text.push_str(&format!("\n{}\n", lang.say(said!("cli-why-planned"))));
        trace.planned.iter().for_each(|view| text.push_str(&plan::one(view, lang)));
    }
    if !trace.journal.is_empty() {
        text.push_str(&format!("\n{}\n", journal::summary(&trace.journal, lang)));
    }
    text
}

/// A table of fields: the source, the target, and the last written value.
fn sides_table(trace: &Trace, lang: Lang) -> String {
    let written = trace.link.as_ref().map(|link| &link.written);
    let of = |record: &Option<Record>, pick: fn(&Record) -> Option<String>| or_dash(record.as_ref().and_then(pick));
    let mut rows = vec![
        [
            "id".to_owned(),
            of(&trace.source, |record| Some(record.id.clone())),
            of(&trace.target, |record| Some(record.id.clone())),
            "-".to_owned(),
        ],
        [
            "parent".to_owned(),
            of(&trace.source, |record| record.parent.clone()),
            of(&trace.target, |record| record.parent.clone()),
            "-".to_owned(),
        ],
        [
            "name".to_owned(),
            of(&trace.source, |record| Some(record.name.clone())),
            of(&trace.target, |record| Some(record.name.clone())),
            "-".to_owned(),
        ],
    ];
    for row in &mut rows {
        row[3] = or_dash(written.and_then(|written| written.get(&row[0])).map(|written| value(lang, written)));
    }
    let both = trace.source.iter().chain(&trace.target).flat_map(|record| &record.fields);
    let names: BTreeSet<&str> = both.map(|field| field.name.as_str()).collect();
    let field = |record: &Option<Record>, name| {
        or_dash(record.as_ref().and_then(|record| record.field(name)).map(|field| value(lang, field)))
    };
    rows.extend(names.into_iter().map(|name| {
        [
            name.to_owned(),
            field(&trace.source, name),
            field(&trace.target, name),
            or_dash(written.and_then(|written| written.get(name)).map(|written| value(lang, written))),
        ]
    }));
    table(lang, ["field", "source", "target", "last-written"], rows)
}
