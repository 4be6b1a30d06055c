//! Evidence for an invoice: counts as ranges of days, and writes, in one file for a spreadsheet or
//! as two tables.

use super::list;
use crate::exit::Exit;
use crate::files::{Format, TableArgs};
use crate::output::{moment, or_dash, table, word};
use crate::session::Session;
use crate::shapes;
use crosswalk_engine::{JournalEntry, UsageHistory};
use crosswalk_model::usage::CountSpan;
use crosswalk_model::{LineKey, SyncName, Timestamp, said};
use crosswalk_say::Lang;
use serde::Serialize;
use serde_json::{Value, json};

pub(super) async fn history(
    session: &Session<'_>,
    sync: &SyncName,
    customer: &str,
    product: Option<&str>,
    format: Option<Format>,
) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let customer = tenant.customers_named(sync, &[customer.to_owned()]).await?.concat();
    let products: Vec<String> = product.map(str::to_owned).into_iter().collect();
    let product = tenant.products_named(sync, &products).await?.pop();
    let mut history = tenant.usage_history(sync, &customer).await?;
    if let Some(product) = &product {
        history.counts.retain(|span| span.product == *product);
        history
            .written
            .retain(|entry| product_of(entry).as_ref() == Some(product) || has_part(entry, &customer, product));
    }
    // Writes are in order of time, as counts are.
    history.written.reverse();
    let lang = session.output.lang();
    let rows = rows(&history, lang);
    match format {
        Some(format) if !session.output.json() => session.output.file(&TableArgs::of(format).text(COLUMNS, &rows)?)?,
        _ => session.output.answer(
            || {
                let written: Vec<Value> = history.written.iter().map(|entry| shapes::journal(entry, lang)).collect();
                json!({ "customer": customer, "counts": history.counts.iter().map(|span| count_of(&history, span)).collect::<Vec<_>>(), "written": written })
            },
            || summary(&rows, lang),
        )?,
    }
    Ok(Exit::Done)
}

/// The columns of the file, in order.
const COLUMNS: &[&str] = &[
    "product",
    "product_name",
    "event",
    "month",
    "first",
    "last",
    "counted",
    "in_use",
    "from",
    "to",
    "effective",
    "contract",
    "message",
];

/// One row of the file: a count, or an action.
#[derive(Debug, Default, Serialize)]
struct Row {
    product: String,
    product_name: String,
    /// `counted`, or the journal's word.
    event: String,
    /// The month of the report.
    month: String,
    /// For a count, the first day it was read; otherwise the time of the action.
    first: String,
    last: String,
    counted: Option<i64>,
    in_use: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
    effective: String,
    contract: String,
    /// The parts of a sum: each line, and its count.
    parts: String,
    message: String,
}

fn rows(history: &UsageHistory, lang: Lang) -> Vec<Row> {
    let counts = history.counts.iter().map(|span| Row {
        product: span.product.clone(),
        product_name: name(history, &span.product),
        event: "counted".to_owned(),
        month: span.period.clone(),
        first: day(span.first_at),
        last: day(span.last_at),
        counted: Some(span.quantity),
        in_use: span.actual,
        ..Row::default()
    });
    let written = history.written.iter().map(|entry| {
        let of = |field: &str| entry.detail.as_ref().and_then(|detail| detail.get(field));
        let number = |field: &str| of(field).and_then(Value::as_i64);
        let word = |field: &str| of(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let product = product_of(entry).unwrap_or_default();
        Row {
            product_name: name(history, &product),
            product,
            event: entry.event.to_string(),
            first: entry.at.to_string(),
            counted: number("counted"),
            from: number("before"),
            to: number("quantity"),
            effective: word("effective"),
            contract: word("contract"),
            parts: parts(of("parts"), lang),
            message: lang.say(&entry.message),
            ..Row::default()
        }
    });
    counts.chain(written).collect()
}

/// `10 of t1/CIXA + 8 of t2/CIXA`; empty if a line is not a sum.
fn parts(detail: Option<&Value>, lang: Lang) -> String {
    let part = |part: &Value| {
        let counted = part["counted"].as_i64().map_or("?".to_owned(), |counted| counted.to_string());
        lang.say(said!("desk-cli-part", counted, line = part["line"].as_str().unwrap_or_default()))
    };
    let parts = detail.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    parts.iter().map(part).collect::<Vec<_>>().join(" + ")
}

fn summary(rows: &[Row], lang: Lang) -> String {
    let (counts, written): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.event == "counted");
    let mut text = if counts.is_empty() {
        format!("{}\n", lang.say(said!("desk-cli-nothing-counted")))
    } else {
        let rows = counts.iter().map(|row| {
            [
                row.product_name.clone(),
                or_dash(Some(&row.month)),
                or_dash(row.counted),
                or_dash(row.in_use),
                list::day(&row.first, lang),
                list::day(&row.last, lang),
            ]
        });
        format!("{}\n", table(lang, ["product", "month", "counted", "in-use", "first-read", "last-read"], rows))
    };
    if written.is_empty() {
        text.push_str(&format!("\n{}\n", lang.say(said!("desk-cli-nothing-written"))));
        return text;
    }
    let rows = written.iter().map(|row| {
        [
            moment(lang, &row.first),
            row.product_name.clone(),
            word(lang, &row.event),
            or_dash(row.from),
            or_dash(row.to),
            or_dash(Some(list::day(&row.effective, lang))),
            if row.parts.is_empty() {
                or_dash(row.counted)
            } else {
                format!("{}: {}", or_dash(row.counted), row.parts)
            },
            or_dash(Some(&row.message)),
        ]
    });
    let header = ["at", "product", "event", "from", "to", "effective", "counted", "message"];
    text.push_str(&format!("\n{}\n", table(lang, header, rows)));
    text
}

fn count_of(history: &UsageHistory, span: &CountSpan) -> Value {
    json!({
        "product": span.product,
        "product_name": name(history, &span.product),
        "month": span.period,
        "quantity": span.quantity,
        "actual": span.actual,
        "first_at": shapes::time(Some(span.first_at)),
        "last_at": shapes::time(Some(span.last_at)),
    })
}

/// The source's name of a product.
fn name(history: &UsageHistory, product: &str) -> String {
    history.product_names.get(product).cloned().unwrap_or_else(|| product.to_owned())
}

/// Whether a written line is a sum that includes a customer's product.
fn has_part(entry: &JournalEntry, customer: &str, product: &str) -> bool {
    let key = LineKey::new(customer, product).to_string();
    let parts = entry.detail.as_ref().and_then(|detail| detail["parts"].as_array());
    parts.is_some_and(|parts| parts.iter().any(|part| part["line"] == key))
}

/// The product of a written line.
fn product_of(entry: &JournalEntry) -> Option<String> {
    Some(entry.source.as_ref()?.parse::<LineKey>().ok()?.product)
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
