//! Checks records as a connector hands them over, against the catalogue and against what can be
//! stored.
//!
//! A value with an obvious meaning is repaired (a number written as text, a control character in a
//! name). Any other is set aside: the field if only that is wrong, the whole record if it cannot be
//! identified. Each case is reported with its record; everything else is accepted. Pure. The
//! promises of a page as a whole are checked in `convert`.

use crosswalk_model::catalogue::{self, FieldType};
use crosswalk_model::{Failure, Field, Flaw, Gap, Kind, Page, Record, Value};
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Longest id, parent and stamp, in bytes; the store's limit.
const ID: usize = 1024;
/// Longest name, in characters.
const NAME: usize = 1_000;
/// Longest field name, in bytes.
const FIELD_NAME: usize = 200;
/// Longest text of a field, in bytes.
const TEXT: usize = 64 * 1024;
/// Most fields of a record, and their total bytes.
const FIELDS: usize = 1_000;
const FIELDS_BYTES: usize = 512 * 1024;
/// Field names that are classified once per page.
const NAMES: usize = 100;
/// Flaws of a page that are reported individually.
const FLAWS: usize = 100;
/// Fields that record past events: at most a year after now.
const PAST_FIELDS: [&str; 4] = ["raised", "last-seen", "last-reboot", "last-activity"];
const YEAR_MS: i64 = 366 * 24 * 60 * 60 * 1000;
/// The beginning of the year 1.
const YEAR_1: jiff::Timestamp = jiff::Timestamp::constant(-62_135_596_800, 0);
/// The largest whole number that a double represents exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Checks the records of a page; repairs them or sets them aside.
pub(super) fn check(kind: Kind, mut page: Page, now_ms: i64) -> Page {
    let mut intake = Intake { kind, now_ms, flaws: Vec::new(), total: 0, names: Vec::new(), next: 0 };
    let mut places: HashMap<u64, usize> = HashMap::with_capacity(page.items.len());
    let (mut left_out, mut gaps) = (0, Vec::new());
    let mut kept: Vec<Record> = Vec::with_capacity(page.items.len());
    for record in std::mem::take(&mut page.items) {
        match intake.record(record) {
            Checked::Kept(record) => {
                let place = *places.entry(xxh3_64(record.id.as_bytes())).or_insert(kept.len());
                match kept.get(place).filter(|first| first.id == record.id) {
                    Some(first) if *first == record => {}
                    Some(_) => {
                        let what = "its id is on the page twice, with other values: the first is kept";
                        intake.flaw(&record, what.to_owned());
                    }
                    None => kept.push(record),
                }
            }
            Checked::Nameless => left_out += 1,
            Checked::Aside(gap) => gaps.push(gap),
        }
    }
    page.items = kept;
    page.left_out = page.left_out.saturating_add(left_out);
    page.gaps.iter_mut().for_each(clean_gap);
    page.gaps.extend(gaps);
    page.flaws = intake.flaws;
    page.flaws_total = intake.total;
    page
}

/// Result of checking a record.
enum Checked {
    Kept(Record),
    /// It has no id by which it could be reported.
    Nameless,
    /// It exists, but nothing of it can be used.
    Aside(Gap),
}

struct Intake {
    kind: Kind,
    now_ms: i64,
    flaws: Vec<Flaw>,
    total: u64,
    /// Field names classified so far.
    names: Vec<KnownField>,
    /// Index of the next expected name: records of a page mostly share fields and their order.
    next: usize,
}

/// Facts that follow from a field's name alone.
struct KnownField {
    name: String,
    is_name: bool,
    /// Type in the catalogue; `None` for an extra attribute.
    type_: Option<FieldType>,
}

impl Intake {
    /// Returns whether this is a field name, and its type in the catalogue.
    fn classify(&mut self, name: &str) -> (bool, Option<FieldType>) {
        let (before, after) = self.names.split_at(self.next.min(self.names.len()));
        let places = (before.len()..).zip(after).chain((0..).zip(before));
        if let Some((place, known)) = places.into_iter().find(|(_, known)| known.name == name) {
            self.next = place + 1;
            return (known.is_name, known.type_);
        }
        let is_name = !name.is_empty() && name.len() <= FIELD_NAME && !is_unclean(name);
        let type_ = catalogue::field(self.kind, name).map(|field| field.type_);
        if self.names.len() < NAMES && name.len() <= FIELD_NAME {
            self.names.push(KnownField { name: name.to_owned(), is_name, type_ });
        }
        (is_name, type_)
    }

    fn flaw(&mut self, record: &Record, what: String) {
        self.total += 1;
        if self.flaws.len() < FLAWS {
            self.flaws.push(Flaw { id: brief(&record.id), name: brief(&record.name), what });
        }
    }

    fn record(&mut self, mut record: Record) -> Checked {
        if let Some(why) = bad_id(&record.id) {
            let kind = self.kind;
            self.flaw(&record, format!("the {kind} was left out: its id {why}"));
            return Checked::Nameless;
        }
        if is_unclean(&record.name) {
            record.name = cleaned(&record.name);
        }
        if record.name.len() > NAME && record.name.chars().nth(NAME).is_some() {
            let length = record.name.chars().count();
            record.name = record.name.chars().take(NAME).collect();
            self.flaw(&record, format!("its name has {length} characters and was cut to {NAME}"));
        }
        if record.parent.as_deref() == Some("") {
            record.parent = None;
        }
        if let Some(why) = record.parent.as_deref().and_then(bad_id) {
            self.flaw(&record, format!("the id of what it belongs to {why} and was set aside"));
            record.parent = None;
        }
        if record.parent.is_none() && self.kind.parent().is_some() {
            self.flaw(&record, format!("the {} belongs to nothing: no plan can use it", self.kind));
        }
        if record.stamp.as_deref() == Some("") {
            record.stamp = None;
        }
        if let Some(why) = record.stamp.as_deref().and_then(bad_id) {
            self.flaw(&record, format!("the key in its stamp place {why} and was set aside"));
            record.stamp = None;
        }
        let bytes: usize = record.fields.iter().map(|field| field.name.len() + length(&field.value)).sum();
        if record.fields.len() > FIELDS || bytes > FIELDS_BYTES {
            let what = format!(
                "it has {} fields of {bytes} bytes; at most {FIELDS} of {FIELDS_BYTES} are taken",
                record.fields.len()
            );
            return Checked::Aside(Gap { parent: record.parent, item: Some(record.id), cause: Failure::broken(what) });
        }
        let fields = std::mem::take(&mut record.fields);
        record.fields = self.fields(&record, fields);
        Checked::Kept(record)
    }

    fn fields(&mut self, record: &Record, fields: Vec<Field>) -> Vec<Field> {
        let mut kept: Vec<Field> = Vec::with_capacity(fields.len());
        let mut twice: Vec<String> = Vec::new();
        for Field { name, value } in fields {
            let (is_name, type_) = self.classify(&name);
            if !is_name {
                self.flaw(record, format!("a field was set aside: `{}` is no name of a field", brief(&cleaned(&name))));
                continue;
            }
            let value = match self.value(&name, type_, value) {
                Ok(value) => value,
                Err(why) => {
                    self.flaw(record, format!("its {name} {why} and was set aside"));
                    continue;
                }
            };
            match kept.iter().find(|other| other.name == name) {
                Some(other) if other.value == value => {}
                Some(_) => twice.push(name),
                None => kept.push(Field { name, value }),
            }
        }
        for name in twice {
            if kept.iter().any(|field| field.name == name) {
                self.flaw(record, format!("its {name} is there twice, with other values, and was set aside"));
                kept.retain(|field| field.name != name);
            }
        }
        kept
    }

    /// Returns the value in the catalogue's type, or what is wrong with it.
    fn value(&self, name: &str, type_: Option<FieldType>, value: Value) -> Result<Value, String> {
        let size = length(&value);
        if size > TEXT {
            return Err(format!("has {size} bytes"));
        }
        let value = match value {
            Value::Text(text) if is_unclean_text(&text) => Value::Text(cleaned_text(&text)),
            Value::Decimal(number) if !number.is_finite() => return Err(format!("is no number ({number})")),
            other => other,
        };
        match (type_, value) {
            (_, Value::Blank) => Ok(Value::Blank),
            (None, Value::Time(text)) => self.time(name, &text),
            (None | Some(FieldType::Json), Value::Json(text)) => json(text),
            (None, other) => Ok(other),
            (Some(type_), Value::Text(text)) if type_ != FieldType::Text && text.trim().is_empty() => Ok(Value::Blank),
            (Some(FieldType::Text | FieldType::Reference), value @ Value::Text(_)) => Ok(value),
            (Some(FieldType::Text), Value::Time(text)) => Ok(Value::Text(text)),
            (Some(FieldType::Text | FieldType::Reference), Value::Integer(number)) => {
                Ok(Value::Text(number.to_string()))
            }
            (Some(FieldType::Integer), value @ Value::Integer(_)) => Ok(value),
            (Some(FieldType::Integer), Value::Text(text)) => {
                text.trim().parse().map(Value::Integer).map_err(|_| wrong(&text, "a whole number"))
            }
            #[expect(clippy::cast_possible_truncation, reason = "whole, and within what is exact")]
            (Some(FieldType::Integer), Value::Decimal(number)) if number.fract() == 0.0 && number.abs() < EXACT => {
                Ok(Value::Integer(number as i64))
            }
            (Some(FieldType::Decimal), value @ Value::Decimal(_)) => Ok(value),
            #[expect(clippy::cast_precision_loss, reason = "a fraction is what the catalogue wants")]
            (Some(FieldType::Decimal), Value::Integer(number)) => Ok(Value::Decimal(number as f64)),
            (Some(FieldType::Decimal), Value::Text(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Value::Decimal(number)),
                _ => Err(wrong(&text, "a number")),
            },
            (Some(FieldType::Boolean), value @ Value::Boolean(_)) => Ok(value),
            (Some(FieldType::Boolean), Value::Text(text)) => match text.trim().to_lowercase().as_str() {
                "true" => Ok(Value::Boolean(true)),
                "false" => Ok(Value::Boolean(false)),
                _ => Err(wrong(&text, "yes or no")),
            },
            (Some(FieldType::Time), Value::Time(text) | Value::Text(text)) => self.time(name, text.trim()),
            (Some(FieldType::Json), Value::Text(text)) => json(text),
            (Some(type_), other) => Err(wrong(&other.to_string(), wanted(type_))),
        }
    }

    /// Returns a plausible time. Contracts that begin in year 1 or end in 9999 mean "open".
    fn time(&self, name: &str, text: &str) -> Result<Value, String> {
        let Ok(time) = text.parse::<jiff::Timestamp>() else { return Err(wrong(text, "a time")) };
        if time < YEAR_1 {
            return Err(wrong(text, "a time that can have been"));
        }
        if PAST_FIELDS.contains(&name) && time.as_millisecond() > self.now_ms.saturating_add(YEAR_MS) {
            return Err(format!("lies in the year {}", time.to_zoned(jiff::tz::TimeZone::UTC).year()));
        }
        Ok(Value::Time(text.to_owned()))
    }
}

fn json(text: String) -> Result<Value, String> {
    // NUL cannot be stored, nor any escape of it.
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) if !text.contains("\\u0000") => Ok(Value::Json(text)),
        _ => Err("is no JSON that can be kept".to_owned()),
    }
}

fn wrong(found: &str, wanted: &str) -> String {
    format!("is `{}`, which is not {wanted},", brief(&cleaned(found)))
}

fn wanted(type_: FieldType) -> &'static str {
    match type_ {
        FieldType::Text => "a text",
        FieldType::Integer => "a whole number",
        FieldType::Decimal => "a number",
        FieldType::Boolean => "yes or no",
        FieldType::Time => "a time",
        FieldType::Json => "a document",
        FieldType::Reference => "an id",
    }
}

/// Describes what is wrong with an id, to follow "its id".
fn bad_id(id: &str) -> Option<String> {
    if id.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    if id.len() > ID {
        return Some(format!("has {} bytes, at most {ID} are kept,", id.len()));
    }
    is_unclean(id).then(|| "has control characters".to_owned())
}

/// Removes a gap's ids if they cannot be stored; the gap then concerns an unknown item.
fn clean_gap(gap: &mut Gap) {
    if gap.item.as_deref().and_then(bad_id).is_some() {
        gap.item = None;
    }
    if gap.parent.as_deref().and_then(bad_id).is_some() {
        gap.parent = None;
    }
}

fn length(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Time(text) | Value::Json(text) => text.len(),
        _ => 8,
    }
}

fn is_unclean(text: &str) -> bool {
    // In UTF-8 a control character beyond ASCII begins with 0xC2. A loop without an early exit
    // vectorises.
    let may_be = text.bytes().fold(false, |any, byte| any | (byte < b' ') | (byte == 0x7f) | (byte == 0xc2));
    may_be && text.chars().any(char::is_control)
}

/// Multi-line texts may contain line ends and tabs.
fn is_unclean_text(text: &str) -> bool {
    is_unclean(text) && text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Returns one line, without control characters and terminal escapes.
fn cleaned(text: &str) -> String {
    let words = without_escapes(text, |c| c.is_control());
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cleaned_text(text: &str) -> String {
    without_escapes(text, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Removes terminal sequences (`ESC [ … letter`, `ESC ] … BEL`) and NUL, and replaces other
/// unwanted characters by spaces.
fn without_escapes(text: &str, unwanted: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => match chars.peek() {
                Some('[') => {
                    chars.next();
                    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
                    chars.next_if(|c| matches!(c, '@'..='~'));
                }
                Some(']') => while chars.next_if(|c| *c != '\u{7}' && *c != '\u{1b}').is_some() {},
                _ => {}
            },
            '\0' | '\u{7}' => {}
            c if unwanted(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn brief(text: &str) -> String {
    let mut brief: String = text.chars().take(80).collect();
    if brief.len() < text.len() {
        brief.push('…');
    }
    if is_unclean(&brief) { cleaned(&brief) } else { brief }
}

#[cfg(test)]
mod tests;
