//! The three-way compare of one record's fields.
//!
//! Per field there are three sides: what the source says (as it would be sent: cut to the target's length, references
//! as target ids), what the target has now, and what the link remembers, both as sent and as the vendor kept it. The
//! last one distinguishes a vendor that cuts or reformats from a person who edited: where the target still has what was
//! kept and the source still says what was sent, nothing differs, whatever the two look like.
//!
//! Absent is not blank. A field that the source does not report is not touched; one that the target does not return is
//! compared with what was sent last.
//!
//! `active` and the parent are not fields here: they have operations of their own. The
//! name is one, though it is never emptied.

use super::sides::{Note, Sides, Verdict, Wanted};
use super::words::shown;
use super::{HOUR_MS, PlanInput, Reference};
use crate::rules::serials;
use crate::rules::value::cut;
use crosswalk_model::said::Arg;
use crosswalk_model::sync::{KindRules, Sites};
use crosswalk_model::{Cause, FieldDiff, FieldRule, Kind, Link, Record, Said, Value, Writable, catalogue, said};
use std::borrow::Cow;

/// What comparing gave.
#[derive(Default)]
pub(super) struct Fields {
    /// What is to be written; references as source ids.
    pub(super) diffs: Vec<FieldDiff>,
    /// What differs and is left so, with why.
    pub(super) left: Vec<(Cause, Said)>,
    /// What the link should remember, though nothing is written.
    pub(super) notes: Vec<Note>,
    /// How many of the diffs are volatile; they stand last.
    volatile: usize,
}

impl Fields {
    /// Why to write.
    pub(super) fn reason(&self, kind: Kind) -> Said {
        const SHOWN: usize = 3;
        let steady = self.diffs.len() - self.volatile;
        let mut told: Vec<Said> = self.diffs[..steady].iter().take(SHOWN).map(|diff| describe(kind, diff)).collect();
        if steady > SHOWN {
            told.push(said!("plan-fields-more", count = steady - SHOWN));
        }
        if steady == 0 {
            let fields = Arg::list(self.diffs.iter().map(|diff| diff.name.as_str()));
            told.push(said!("plan-fields-due", fields));
        }
        Said::several(told)
    }

    fn write(&mut self, candidate: &Candidate<'_>, before: Option<Value>, wanted: Wanted<'_>) {
        self.volatile += usize::from(candidate.slot.volatile);
        self.diffs.push(FieldDiff { name: candidate.slot.name.to_owned(), before, after: wanted.stored.into_owned() });
    }
}

fn describe(kind: Kind, diff: &FieldDiff) -> Said {
    let (field, after) = (diff.name.as_str(), shown(&diff.after));
    match &diff.before {
        // Ids of two systems side by side would only confuse.
        _ if catalogue::refers_to(kind, &diff.name).is_some() => said!("plan-field-refers-elsewhere", field),
        Some(before) => said!("plan-field-differs", field, before = shown(before), after),
        None => said!("plan-field-set", field, after),
    }
}

/// What a new record gets.
pub(super) fn initial(input: &PlanInput<'_>, layout: &Layout<'_>, source: &Record) -> Fields {
    let mut fields = Fields::default();
    if source.name.trim().is_empty() {
        fields.left.push((Cause::Nameless, said!("plan-nameless")));
        let after = Value::Text(cut(&source.id, input.describe.name_length).to_owned());
        fields.diffs.push(FieldDiff { name: "name".to_owned(), before: None, after });
    }
    for candidate in layout.candidates(source, true) {
        match candidate.wanted(input) {
            Ok(wanted) if wanted.is_blank() => {}
            Ok(wanted) => fields.write(&candidate, None, wanted),
            Err(why) => fields.left.push(why),
        }
    }
    fields
}

/// What is to be written to a record that is there.
pub(super) fn compare(
    input: &PlanInput<'_>,
    layout: &Layout<'_>,
    source: &Record,
    target: &Record,
    link: Option<&Link>,
) -> Fields {
    let mut fields = Fields::default();
    let due = input.refresh || volatile_due(input, link);
    for candidate in layout.candidates(source, false) {
        // Volatile ones come last: they ride along with what differs by then, or go when due.
        if candidate.slot.volatile && !due && fields.diffs.is_empty() {
            break;
        }
        let wanted = match candidate.wanted(input) {
            Ok(wanted) => wanted,
            Err(why) => {
                fields.left.push(why);
                continue;
            }
        };
        let has = candidate.has(target);
        let sides = Sides { name: candidate.slot.name, wanted: &wanted, has: has.as_deref(), link };
        let verdict = if candidate.slot.volatile {
            sides.volatile_verdict(candidate.slot.rule)
        } else {
            fields.notes.extend(sides.note());
            sides.verdict(candidate.slot.rule)
        };
        match verdict {
            Verdict::Leave => {}
            Verdict::Differs(why) => fields.left.push((Cause::ByHand, why)),
            Verdict::Write => fields.write(&candidate, has.map(Cow::into_owned), wanted),
        }
    }
    fields
}

/// The fields in which two records agree when they are linked: `before` is what the
/// target has, `after` what the source says. Where they differ, what the target has is
/// remembered from the record itself (see `write`).
pub(super) fn agreed(input: &PlanInput<'_>, layout: &Layout<'_>, source: &Record, target: &Record) -> Vec<FieldDiff> {
    layout
        .candidates(source, false)
        .filter(|candidate| !candidate.slot.volatile)
        .filter_map(|candidate| {
            let has = candidate.has(target).filter(|has| !has.is_blank())?;
            let wanted = candidate.wanted(input).ok().filter(|wanted| wanted.equals(&has))?;
            let (before, after) = (Some(has.into_owned()), wanted.stored.into_owned());
            Some(FieldDiff { name: candidate.slot.name.to_owned(), before, after })
        })
        .collect()
}

fn volatile_due(input: &PlanInput<'_>, link: Option<&Link>) -> bool {
    let age_ms = i64::from(input.rules.volatile_hours) * HOUR_MS;
    link.and_then(|link| link.volatile_at).is_none_or(|at| !(0..age_ms).contains(&input.now.since_ms(at)))
}

/// What of a record may be written, worked out once for all records of a kind: the name,
/// then the fields in the order of the description, volatile ones last.
pub(super) struct Layout<'a> {
    kind: Kind,
    slots: Vec<Slot<'a>>,
}

/// The name, or a field the target takes and no rule bars.
struct Slot<'a> {
    name: &'a str,
    rule: FieldRule,
    volatile: bool,
    readable: bool,
    /// Fixed once the record is there.
    only_new: bool,
    length: Option<u32>,
    /// The only texts the target takes; any when empty.
    values: &'a [String],
    refers_to: Option<Kind>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(input: &PlanInput<'a>, rules: &KindRules) -> Self {
        let kind = input.kind;
        // The name is given to every new record, by whatever rule.
        let name = Slot {
            name: "name",
            rule: rules.rule("name"),
            volatile: false,
            readable: true,
            only_new: rules.rule("name") == FieldRule::Ignore,
            length: input.describe.name_length,
            values: &[],
            refers_to: None,
        };
        let fields = input.describe.fields.iter().map(|described| Slot {
            name: described.name.as_str(),
            rule: rules.rule(&described.name),
            volatile: catalogue::is_volatile(kind, &described.name),
            readable: described.readable,
            only_new: described.writable == Writable::OnCreate || described.name == "active",
            length: described.length,
            values: &described.values,
            refers_to: catalogue::refers_to(kind, &described.name),
        });
        let barred = |slot: &Slot<'_>| {
            slot.rule == FieldRule::Ignore
                || matches!(slot.name, "name" | "parent")
                || (input.rules.sites == Sites::Primary && slot.refers_to == Some(Kind::Location))
                || input.describe.field(slot.name).is_none_or(|described| described.writable == Writable::Never)
        };
        let mut slots: Vec<Slot<'a>> = std::iter::once(name).chain(fields.filter(|slot| !barred(slot))).collect();
        slots.sort_by_key(|slot| slot.volatile);
        Self { kind, slots }
    }

    /// What the source tells of it.
    fn candidates<'s>(&'s self, source: &'s Record, new: bool) -> impl Iterator<Item = Candidate<'s>> {
        self.slots.iter().filter(move |slot| new || !slot.only_new).filter_map(move |slot| {
            let value = match slot.name {
                // Never emptied.
                "name" if source.name.trim().is_empty() => return None,
                "name" => Cow::Owned(Value::Text(source.name.clone())),
                // What firmware says where it has no serial number is worth no place in anybody's books.
                "serial-number" if self.kind == Kind::Asset && has_placeholder(source) => return None,
                name => Cow::Borrowed(source.field(name)?),
            };
            Some(Candidate { slot, value })
        })
    }
}

fn has_placeholder(device: &Record) -> bool {
    device.text("serial-number").is_some_and(serials::is_placeholder)
}

/// A slot and what the source says for it.
struct Candidate<'s> {
    slot: &'s Slot<'s>,
    value: Cow<'s, Value>,
}

impl Candidate<'_> {
    /// What the target has; none when it does not tell.
    fn has<'t>(&self, target: &'t Record) -> Option<Cow<'t, Value>> {
        match self.slot.name {
            "name" => Some(Cow::Owned(Value::Text(target.name.clone()))),
            name if self.slot.readable => target.field(name).map(Cow::Borrowed),
            _ => None,
        }
    }

    /// What the source says, as the target could keep it; or why it cannot.
    fn wanted(&self, input: &PlanInput<'_>) -> Result<Wanted<'_>, (Cause, Said)> {
        let name = self.slot.name;
        if let Some(kind) = self.slot.refers_to {
            let Some(id) = self.value.as_text() else { return Ok(Wanted::plain(Cow::Owned(Value::Blank))) };
            return match (input.resolve)(kind, id) {
                Reference::Target(target) => Ok(Wanted::reference(&self.value, Some(target))),
                Reference::Planned => Ok(Wanted::reference(&self.value, None)),
                Reference::Unknown => Err((Cause::Reference, said!("plan-reference-not-linked", field = name, kind))),
            };
        }
        let Value::Text(text) = self.value.as_ref() else { return Ok(Wanted::plain(Cow::Borrowed(&self.value))) };
        let fitted = cut(text.trim(), self.slot.length);
        let listed = self.slot.values.iter().find(|value| value.eq_ignore_ascii_case(fitted));
        match listed {
            Some(value) => Ok(Wanted::plain(Cow::Owned(Value::Text(value.clone())))),
            None if !fitted.is_empty() && !self.slot.values.is_empty() => {
                Err((Cause::Value, said!("plan-value-not-accepted", field = name, value = fitted)))
            }
            None if fitted == text => Ok(Wanted::plain(Cow::Borrowed(&self.value))),
            None => Ok(Wanted::plain(Cow::Owned(Value::Text(fitted.to_owned())))),
        }
    }
}
