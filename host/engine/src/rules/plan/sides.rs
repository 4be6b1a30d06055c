//! One field from three sides: what the source wants, what the target has, and what the
//! link remembers of the last write; and the rule that decides between them.

use super::words::shown;
use crate::rules::value::same;
use crosswalk_model::{FieldRule, Link, Said, Value, said};
use std::borrow::Cow;

/// What the source wants a field to be, as the target could keep it.
pub(super) struct Wanted<'a> {
    /// As a change holds it: references as source ids.
    pub(super) stored: Cow<'a, Value>,
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
    pub(super) fn plain(value: Cow<'a, Value>) -> Self {
        Self { stored: value, sent: Sent::Same }
    }

    /// A reference; `target` is the id it leads to, where that is there already.
    pub(super) fn reference(source: &'a Value, target: Option<String>) -> Self {
        let sent = target.map_or(Sent::Planned, |id| Sent::Reference(Value::Text(id)));
        Self { stored: Cow::Borrowed(source), sent }
    }

    pub(super) fn is_blank(&self) -> bool {
        matches!(self.sent, Sent::Same) && self.stored.is_blank()
    }

    pub(super) fn equals(&self, other: &Value) -> bool {
        self.sendable().is_some_and(|value| same(value, other))
    }

    /// As it would be sent, where that is known already.
    fn sendable(&self) -> Option<&Value> {
        match &self.sent {
            Sent::Same => Some(self.stored.as_ref()),
            Sent::Reference(value) => Some(value),
            Sent::Planned => None,
        }
    }
}

/// What follows for a field.
pub(super) enum Verdict {
    /// Nothing.
    Leave,
    /// The source's value is written.
    Write,
    /// It differs and is left so, for this reason.
    Differs(Said),
}

/// What a link should remember of a field: what was sent, where the two sides agree, and
/// what the target keeps.
pub(super) struct Note {
    pub(super) name: String,
    pub(super) sent: Option<Value>,
    pub(super) kept: Value,
}

/// The sides of one field.
pub(super) struct Sides<'s, 'a> {
    pub(super) name: &'s str,
    pub(super) wanted: &'s Wanted<'a>,
    /// What the target has; none when it does not tell.
    pub(super) has: Option<&'s Value>,
    pub(super) link: Option<&'s Link>,
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

    fn equal(&self) -> bool {
        self.has.is_some_and(|has| self.wanted.equals(has))
    }

    /// Whether there is nothing to do: they are equal, or differ only by what the vendor made of it.
    fn in_step(&self) -> bool {
        self.equal() || (self.unchanged() && self.untouched())
    }

    /// What the rule makes of it.
    pub(super) fn verdict(&self, rule: FieldRule) -> Verdict {
        if self.in_step() || (self.wanted.is_blank() && rule != FieldRule::SourceForces) {
            return Verdict::Leave;
        }
        let is_empty = self.has.is_some_and(Value::is_blank);
        let never_written = self.sent().is_none();
        let write = match rule {
            FieldRule::Ignore | FieldRule::TargetWins => false,
            FieldRule::SeedOnce => is_empty && never_written && self.kept().is_none_or(Value::is_blank),
            FieldRule::FillIfEmpty => is_empty,
            // Emptying what is not known to hold anything would be sent for ever.
            FieldRule::SourceForces => !(self.wanted.is_blank() && self.has.is_none() && never_written),
            FieldRule::SourceWins if self.untouched() => true,
            FieldRule::SourceWins => return Verdict::Differs(self.edited()),
        };
        if write { Verdict::Write } else { Verdict::Leave }
    }

    /// The same for a volatile field, which has no edits to respect: nobody keeps a
    /// check-in time by hand.
    pub(super) fn volatile_verdict(&self, rule: FieldRule) -> Verdict {
        match self.verdict(rule) {
            Verdict::Differs(_) => Verdict::Write,
            other => other,
        }
    }

    /// What is to be remembered because both sides came to agree by themselves, or because
    /// what was kept of the last write shows only now. None when the link says so already.
    pub(super) fn note(&self) -> Option<Note> {
        let has = self.has?;
        let known = self.kept().is_some_and(|kept| same(kept, has));
        let name = self.name.to_owned();
        if self.equal() {
            let agreed = self.unchanged() || self.wanted.is_blank();
            let sent = self.wanted.sendable().filter(|_| !agreed).cloned();
            return (!known || !agreed).then(|| Note { name, sent, kept: has.clone() });
        }
        (self.unchanged() && self.kept().is_none()).then(|| Note { name, sent: None, kept: has.clone() })
    }

    fn edited(&self) -> Said {
        let has = self.has.map(shown).unwrap_or_default();
        if self.unchanged() || !matches!(self.wanted.sent, Sent::Same) {
            said!("plan-field-edited", field = self.name, has)
        } else {
            said!("plan-field-changed-twice", field = self.name, wanted = shown(&self.wanted.stored), has)
        }
    }
}
