//! The three-way compare of one record's fields.
//!
//! Per field there are three sides: what the source says (as it would be sent: cut to
//! the target's length, references as target ids), what the target has now, and what
//! the link remembers, both as sent and as the vendor kept it. The last one tells a
//! vendor that cuts or reformats from a person who edited: where the target still has
//! what was kept and the source still says what was sent, nothing differs, whatever the
//! two look like.
//!
//! Absent is not blank. A field the source does not tell is not touched; one the target
//! does not give is judged by what was sent last.
//!
//! `active` and the parent are not fields here: they have operations of their own.

use super::{HOUR_MS, PlanInput, Reference};
use crate::model::sync::{KindRules, Sites};
use crate::model::{FieldDescription, FieldDiff, FieldRule, Kind, Link, Record, Timestamp, Value, Writable, catalogue};
use std::borrow::Cow;

/// What comparing gave.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// What is to be written; references as source ids.
    pub(super) diffs: Vec<FieldDiff>,
    /// What differs and is left so, in words.
    pub(super) notes: Vec<String>,
    /// How many of the diffs are volatile; they stand last.
    volatile: usize,
}

impl Fields {
    /// Why to write, in words.
    pub(super) fn reason(&self, kind: Kind) -> String {
        const SHOWN: usize = 3;
        let steady = self.diffs.len() - self.volatile;
        let mut told: Vec<String> =
            self.diffs[..steady].iter().take(SHOWN).map(|diff| describe_diff(kind, diff)).collect();
        if steady > SHOWN {
            told.push(format!("{} more fields differ", steady - SHOWN));
        }
        if steady == 0 {
            told.push(format!("{} changing by itself, due again", count(self.volatile, "field")));
        }
        told.join("; ")
    }
}

fn describe_diff(kind: Kind, diff: &FieldDiff) -> String {
    match &diff.before {
        // Ids of two systems side by side would only confuse.
        _ if catalogue::refers_to(kind, &diff.name).is_some() => format!("{} is another one", diff.name),
        Some(before) => format!("{} differs: {} becomes {}", diff.name, shown(before), shown(&diff.after)),
        None => format!("{} is set to {}", diff.name, shown(&diff.after)),
    }
}

/// A value in a sentence, shortened.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST { format!("“{text}”") } else { format!("“{}…”", cut(&text, LONGEST)) }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// What a new record gets.
pub(super) fn initial(input: &PlanInput<'_>, rules: &KindRules, source: &Record) -> Fields {
    let mut fields = Fields::default();
    let name = if source.name.trim().is_empty() {
        fields.notes.push("the source gives it no name: it is created under its id".to_owned());
        source.id.as_str()
    } else {
        source.name.trim()
    };
    let name = Value::Text(cut(name, length(input.describe.name_length)).to_owned());
    fields.diffs.push(FieldDiff { name: "name".to_owned(), before: None, after: name });
    if let Some(described) = input.describe.field("active")
        && described.writable != Writable::Never
        && source.field("active").is_some()
    {
        fields.diffs.push(FieldDiff { name: "active".to_owned(), before: None, after: Value::Boolean(true) });
    }
    for candidate in candidates(input, rules, source, Writable::OnCreate) {
        let Candidate { described, volatile, .. } = candidate;
        match candidate.wanted(input) {
            Ok(wanted) if wanted.is_blank() => {}
            Ok(wanted) => {
                let after = wanted.stored.into_owned();
                fields.diffs.push(FieldDiff { name: described.name.clone(), before: None, after });
                fields.volatile += usize::from(volatile);
            }
            Err(note) => fields.notes.push(note),
        }
    }
    fields
}

/// What is to be written to a record that is there.
pub(super) fn compare(
    input: &PlanInput<'_>,
    rules: &KindRules,
    source: &Record,
    target: &Record,
    link: Option<&Link>,
) -> Fields {
    let mut fields = Fields::default();
    compare_name(input, rules, source, target, link, &mut fields);
    let due = input.refresh || volatile_due(input, link);
    for candidate in candidates(input, rules, source, Writable::Always) {
        let described = candidate.described;
        // Volatile ones come last: they ride along with what differs by then, or go when due.
        if candidate.volatile && !due && fields.diffs.is_empty() {
            break;
        }
        let wanted = match candidate.wanted(input) {
            Ok(wanted) => wanted,
            Err(note) => {
                fields.notes.push(note);
                continue;
            }
        };
        let name = &described.name;
        let has = described.readable.then(|| target.field(name)).flatten();
        let sides = Sides { wanted: &wanted, has, link, name };
        let verdict = if candidate.volatile { sides.volatile(candidate.rule) } else { sides.verdict(candidate.rule) };
        match verdict {
            Verdict::Leave => {}
            Verdict::Note(note) => fields.notes.push(note),
            Verdict::Write => {
                let before = has.cloned();
                fields.volatile += usize::from(candidate.volatile);
                fields.diffs.push(FieldDiff { name: name.clone(), before, after: wanted.stored.into_owned() });
            }
        }
    }
    fields
}

/// The fields in which two records agree when they are linked: `before` is what the
/// target has, `after` what the source says. Where they differ, what the target has is
/// remembered from the record itself (see `write`).
pub(super) fn agreed(input: &PlanInput<'_>, rules: &KindRules, source: &Record, target: &Record) -> Vec<FieldDiff> {
    let mut agreed = Vec::new();
    let mut compare = |name: &str, has: Value, wanted: Wanted<'_>| {
        if wanted.equals(&has) && !has.is_blank() {
            let after = wanted.stored.into_owned();
            agreed.push(FieldDiff { name: name.to_owned(), before: Some(has), after });
        }
    };
    compare("name", Value::Text(target.name.clone()), Wanted::of_name(input, source));
    for candidate in candidates(input, rules, source, Writable::Always).filter(|candidate| !candidate.volatile) {
        let name = &candidate.described.name;
        if let (Some(has), Ok(wanted)) =
            (candidate.described.readable.then(|| target.field(name)).flatten(), candidate.wanted(input))
        {
            compare(name, has.clone(), wanted);
        }
    }
    agreed
}

fn compare_name(
    input: &PlanInput<'_>,
    rules: &KindRules,
    source: &Record,
    target: &Record,
    link: Option<&Link>,
    fields: &mut Fields,
) {
    // Never emptied, whatever the rule.
    if source.name.trim().is_empty() {
        return;
    }
    let wanted = Wanted::of_name(input, source);
    let has = Value::Text(target.name.clone());
    match (Sides { wanted: &wanted, has: Some(&has), link, name: "name" }).verdict(rules.rule("name")) {
        Verdict::Leave => {}
        Verdict::Note(note) => fields.notes.push(note),
        Verdict::Write => {
            let after = wanted.stored.into_owned();
            fields.diffs.push(FieldDiff { name: "name".to_owned(), before: Some(has), after });
        }
    }
}

/// A field that may be written: the source tells it, the target takes it, no rule bars it.
struct Candidate<'a> {
    described: &'a FieldDescription,
    value: &'a Value,
    rule: FieldRule,
    volatile: bool,
    input_kind: Kind,
}

/// The candidates in the order of the description, volatile ones last.
fn candidates<'a>(
    input: &PlanInput<'a>,
    rules: &KindRules,
    source: &'a Record,
    least: Writable,
) -> impl Iterator<Item = Candidate<'a>> {
    let kind = input.kind;
    let skip_location = input.rules.sites == Sites::Primary;
    let candidates = input.describe.fields.iter().filter_map(move |described| {
        let writable =
            described.writable == Writable::Always || (least == Writable::OnCreate && described.writable == least);
        let barred = matches!(described.name.as_str(), "active" | "name" | "parent")
            || (skip_location && catalogue::refers_to(kind, &described.name) == Some(Kind::Location));
        if !writable || barred {
            return None;
        }
        Some((described, source.field(&described.name)?))
    });
    let mut all: Vec<Candidate<'a>> = candidates
        .map(|(described, value)| Candidate {
            described,
            value,
            rule: rules.rule(&described.name),
            volatile: catalogue::is_volatile(kind, &described.name),
            input_kind: kind,
        })
        .filter(|candidate| candidate.rule != FieldRule::Ignore)
        .collect();
    all.sort_by_key(|candidate| candidate.volatile);
    all.into_iter()
}

impl<'a> Candidate<'a> {
    /// What the source says, as the target could keep it; or why it cannot.
    fn wanted(&self, input: &PlanInput<'_>) -> Result<Wanted<'a>, String> {
        let name = &self.described.name;
        if let Some(kind) = catalogue::refers_to(self.input_kind, name) {
            let Some(id) = self.value.as_text() else { return Ok(Wanted::plain(Cow::Owned(Value::Blank))) };
            return match (input.resolve)(kind, id) {
                Reference::Target(target) => {
                    Ok(Wanted { stored: Cow::Borrowed(self.value), sent: Sent::Reference(Value::Text(target)) })
                }
                Reference::Planned => Ok(Wanted { stored: Cow::Borrowed(self.value), sent: Sent::Planned }),
                Reference::Unknown => Err(format!("{name} is left as it is: the {kind} it names is not linked")),
            };
        }
        let Value::Text(text) = self.value else { return Ok(Wanted::plain(Cow::Borrowed(self.value))) };
        let fitted = cut(text.trim(), length(self.described.length));
        if !fitted.is_empty() && !self.described.values.is_empty() {
            let listed = self.described.values.iter().find(|value| value.eq_ignore_ascii_case(fitted));
            return match listed {
                Some(value) => Ok(Wanted::plain(Cow::Owned(Value::Text(value.clone())))),
                None => Err(format!("{name} is left as it is: “{fitted}” is none of the values the target takes")),
            };
        }
        Ok(Wanted::plain(if fitted == text {
            Cow::Borrowed(self.value)
        } else {
            Cow::Owned(Value::Text(fitted.to_owned()))
        }))
    }
}

/// What the source wants a field to be.
struct Wanted<'a> {
    /// As a change stores it: references as source ids.
    stored: Cow<'a, Value>,
    sent: Sent,
}

/// What would be sent.
enum Sent {
    /// What is stored.
    Same,
    /// A reference, as the target's id.
    Reference(Value),
    /// A reference to what this plan creates: equal to nothing yet.
    Planned,
}

impl<'a> Wanted<'a> {
    fn plain(value: Cow<'a, Value>) -> Self {
        Self { stored: value, sent: Sent::Same }
    }

    fn of_name(input: &PlanInput<'_>, source: &'a Record) -> Self {
        Self::plain(Cow::Owned(Value::Text(cut(source.name.trim(), length(input.describe.name_length)).to_owned())))
    }

    fn is_blank(&self) -> bool {
        matches!(self.sent, Sent::Same) && self.stored.is_blank()
    }

    fn equals(&self, other: &Value) -> bool {
        match &self.sent {
            Sent::Same => same(&self.stored, other),
            Sent::Reference(target) => same(target, other),
            Sent::Planned => false,
        }
    }
}

enum Verdict {
    Leave,
    Write,
    /// It differs and is left so.
    Note(String),
}

/// The sides of one field.
struct Sides<'s, 'a> {
    wanted: &'s Wanted<'a>,
    /// What the target has; none when it does not tell.
    has: Option<&'s Value>,
    link: Option<&'s Link>,
    name: &'s str,
}

impl Sides<'_, '_> {
    fn sent(&self) -> Option<&Value> {
        self.link.and_then(|link| link.sent.get(self.name))
    }

    fn kept(&self) -> Option<&Value> {
        self.link.and_then(|link| link.written.get(self.name))
    }

    /// Whether the target still has what the vendor kept of the last write; also when
    /// one of the two is not known.
    fn untouched(&self) -> bool {
        match (self.has, self.kept()) {
            (Some(has), Some(kept)) => same(has, kept),
            _ => true,
        }
    }

    /// Whether the source still says what was sent last.
    fn unchanged(&self) -> bool {
        self.sent().is_some_and(|sent| self.wanted.equals(sent))
    }

    /// Whether there is nothing to look at: they are equal, or differ only by what the vendor made of it.
    fn in_step(&self) -> bool {
        self.has.is_some_and(|has| self.wanted.equals(has)) || (self.unchanged() && self.untouched())
    }

    fn verdict(&self, rule: FieldRule) -> Verdict {
        let is_empty = self.has.is_some_and(Value::is_blank);
        if self.in_step() || (self.wanted.is_blank() && rule != FieldRule::SourceForces) {
            return Verdict::Leave;
        }
        match rule {
            FieldRule::Ignore | FieldRule::TargetWins => Verdict::Leave,
            FieldRule::SeedOnce if is_empty && self.sent().is_none() && self.kept().is_none_or(Value::is_blank) => {
                Verdict::Write
            }
            FieldRule::SeedOnce => Verdict::Leave,
            FieldRule::FillIfEmpty if is_empty => Verdict::Write,
            FieldRule::FillIfEmpty => Verdict::Leave,
            FieldRule::SourceForces => {
                // Emptying what is not known to hold anything would be sent for ever.
                if self.wanted.is_blank() && self.has.is_none() && self.sent().is_none() {
                    Verdict::Leave
                } else {
                    Verdict::Write
                }
            }
            FieldRule::SourceWins if self.untouched() => Verdict::Write,
            FieldRule::SourceWins => Verdict::Note(self.edited()),
        }
    }

    /// A volatile field has no edits to respect: nobody keeps a check-in time by hand.
    fn volatile(&self, rule: FieldRule) -> Verdict {
        match rule {
            FieldRule::SourceWins if !self.in_step() && !self.wanted.is_blank() => Verdict::Write,
            FieldRule::SourceWins => Verdict::Leave,
            other => self.verdict(other),
        }
    }

    fn edited(&self) -> String {
        let has = self.has.map(shown).unwrap_or_default();
        let name = self.name;
        if self.unchanged() || !matches!(self.wanted.sent, Sent::Same) {
            format!("{name} was edited in the target to {has}, and is left so")
        } else {
            format!(
                "{name} changed on both sides: the source says {}, the target {has}, which is left so",
                shown(&self.wanted.stored)
            )
        }
    }
}

fn volatile_due(input: &PlanInput<'_>, link: Option<&Link>) -> bool {
    let age_ms = i64::from(input.rules.volatile_hours) * HOUR_MS;
    let written: Option<Timestamp> = link.and_then(|link| link.volatile_at);
    written.is_none_or(|at| input.now.since_ms(at) >= age_ms)
}

/// Whether two values say the same, however they are typed.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        _ if a.is_blank() || b.is_blank() => a.is_blank() && b.is_blank(),
        (Value::Text(a), Value::Text(b)) => same_text(a, b),
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Boolean(a), Value::Boolean(b)) => a == b,
        (Value::Decimal(a), Value::Decimal(b)) => near(*a, *b),
        (Value::Integer(i), Value::Decimal(d)) | (Value::Decimal(d), Value::Integer(i)) => near(*i as f64, *d),
        (Value::Json(a), Value::Json(b)) => a == b || same_json(a, b),
        (Value::Time(a) | Value::Text(a), Value::Time(b) | Value::Text(b)) => same_text(a, b) || same_time(a, b),
        _ => same_text(&a.to_string(), &b.to_string()),
    }
}

fn same_text(a: &str, b: &str) -> bool {
    a == b || {
        let lines = |text: &str| text.trim().replace("\r\n", "\n");
        lines(a) == lines(b)
    }
}

/// To the second: few vendors keep more.
fn same_time(a: &str, b: &str) -> bool {
    let second = |text: &str| Timestamp::parse(text).map(|time| time.0.div_euclid(1000));
    second(a).is_some_and(|time| second(b) == Some(time))
}

fn same_json(a: &str, b: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    parse(a).is_some_and(|document| parse(b) == Some(document))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= f64::EPSILON * 4.0 * a.abs().max(b.abs())
}

fn length(limit: Option<u32>) -> usize {
    limit.map_or(usize::MAX, |limit| limit as usize)
}

/// The first characters of a text, without white space at the new end.
fn cut(text: &str, length: usize) -> &str {
    text.char_indices().nth(length).map_or(text, |(end, _)| text[..end].trim_end())
}
