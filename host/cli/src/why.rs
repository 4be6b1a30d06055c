//! `crosswalk why`: explains whether one record is in step, as a short trace from the source to the
//! target; `--fields` adds both sides field by field, and the journal.

use super::exit::Exit;
use super::output::{clean, or_dash, table};
use super::session::Session;
use super::{journal, plan, shapes};
use crosswalk_engine::Trace;
use crosswalk_model::{Kind, Record, SyncName};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Options of `crosswalk why`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints what the newest plan holds or found for the record, with the number and time of the plan. What
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
        session.output.answer(|| document(&trace), || summary(&trace, self.fields))?;
        Ok(Exit::Done)
    }
}

fn document(trace: &Trace) -> Value {
    json!({
        "kind": trace.kind,
        "verdict": trace.verdict,
        "steps": trace.steps,
        "next": trace.next,
        "source": trace.source.as_ref().map(shapes::record),
        "source_gone": trace.source_gone,
        "target": trace.target.as_ref().map(shapes::record),
        "link": trace.link.as_ref().map(shapes::link),
        "plan": trace.plan.map(|(plan, made_at)| json!({ "id": plan, "made_at": shapes::time(Some(made_at)) })),
        "findings": trace.findings,
        "planned": trace.planned.iter().map(shapes::change).collect::<Vec<_>>(),
        "journal": trace.journal.iter().map(shapes::journal).collect::<Vec<_>>(),
    })
}

fn summary(trace: &Trace, fields: bool) -> String {
    let mut text = format!("{}\n\n", clean(&trace.verdict));
    for (number, step) in (1..).zip(&trace.steps) {
        text.push_str(&format!("{number:>3}. {:<9} {}\n", step.what, clean(&step.words)));
    }
    if !trace.next.is_empty() {
        text.push_str("\nwhat would change it:\n");
        for advice in &trace.next {
            text.push_str(&format!("  {}   ({})\n", clean(&advice.command), advice.does));
        }
    }
    if !fields {
        return text;
    }
    text.push_str(&format!("\n{}\n", sides_table(trace)));
    if !trace.planned.is_empty() {
        text.push_str("\nIn the newest plan:\n");
        trace.planned.iter().for_each(|view| text.push_str(&plan::one(view)));
    }
    if !trace.journal.is_empty() {
        text.push_str(&format!("\n{}\n", journal::summary(&trace.journal)));
    }
    text
}

/// A table of fields: the source, the target, and the last written value.
fn sides_table(trace: &Trace) -> String {
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
        row[3] = or_dash(written.and_then(|written| written.get(&row[0])));
    }
    let both = trace.source.iter().chain(&trace.target).flat_map(|record| &record.fields);
    let names: BTreeSet<&str> = both.map(|field| field.name.as_str()).collect();
    let value = |record: &Option<Record>, name| or_dash(record.as_ref().and_then(|record| record.field(name)));
    rows.extend(names.into_iter().map(|name| {
        [
            name.to_owned(),
            value(&trace.source, name),
            value(&trace.target, name),
            or_dash(written.and_then(|written| written.get(name))),
        ]
    }));
    table(["field", "source", "target", "last written"], rows)
}
