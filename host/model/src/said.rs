//! Messages as data: a code with arguments, rendered where a reader's language is known.
//!
//! A message names an entry of the catalogues (`say`), which hold its wording in every language. This file knows no
//! language. Text that has no code is kept as it is: rows from before messages were data, and what a vendor wrote.

use super::{
    Action, Brake, Call, ChangeId, ConnectionName, Decider, Kind, PlanId, RunId, SyncName, TenantName, Timestamp,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// One message for people.
///
/// Stored and printed as JSON: `{"code": "…", "args": {…}}`, or `{"text": "…"}` without a code. A bare string is read
/// as text, because rows from before messages were data are plain English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A message of the catalogues.
    Coded(Box<Coded>),
    /// Several messages on one matter. In JSON: a list.
    Several(Vec<Said>),
    /// Text without a code, in the language it was written in. Empty if there is no message.
    Text(String),
}

/// A message of the catalogues and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// Id of the catalogue's entry.
    pub code: Cow<'static, str>,
    /// Arguments by name.
    pub args: Args,
}

/// Arguments of a message by name.
pub type Args = BTreeMap<Cow<'static, str>, Arg>;

/// One argument of a message. A language decides how it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A count: grouped as the language does, and selects the plural.
    Count(i64),
    /// A name, an id, or a word that the entry selects by, such as a kind.
    Text(String),
    /// Several: a list, joined as the language does.
    List(Vec<Arg>),
    /// Anything that is written differently in each language.
    Typed(Typed),
}

/// An argument that is written differently in each language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Typed {
    /// An exact decimal, as in the contract: digits, at most one point, at most one leading minus.
    Decimal(String),
    /// A day, `yyyy-mm-dd`.
    Day(String),
    /// A moment, RFC 3339 in UTC.
    Moment(String),
    /// Another message. In JSON: `{"said": {"code": …}}`.
    Said(Said),
    /// Messages, each on a line of its own.
    Lines(Vec<Said>),
    /// What to do. In JSON: `{"call": {"verb": "link-set", "args": {"sync": "main"}}}`.
    Call(Call),
}

impl Said {
    /// Returns a message of the catalogues. [`said!`](macro@crate::said) is the usual way.
    #[must_use]
    pub fn coded(code: &'static str, args: impl IntoIterator<Item = (&'static str, Arg)>) -> Self {
        let args = args.into_iter().map(|(name, arg)| (Cow::Borrowed(name), arg)).collect();
        Said::Coded(Box::new(Coded { code: Cow::Borrowed(code), args }))
    }

    /// Reports whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Said::Text(text) if text.is_empty())
    }

    /// Returns its code; `None` for text and for several messages.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Said::Coded(coded) => Some(&coded.code),
            Said::Text(_) | Said::Several(_) => None,
        }
    }

    /// Joins messages into one, each once, in their order.
    #[must_use]
    pub fn several(messages: impl IntoIterator<Item = Said>) -> Self {
        let mut all: Vec<Said> = Vec::new();
        for message in messages {
            let parts = match message {
                Said::Several(parts) => parts,
                one => vec![one],
            };
            for part in parts {
                if !part.is_empty() && !all.contains(&part) {
                    all.push(part);
                }
            }
        }
        match all.len() {
            0 => Said::default(),
            1 => all.remove(0),
            _ => Said::Several(all),
        }
    }

    /// Cuts each text in it to a number of bytes: a vendor's reply can be of any length.
    #[must_use]
    pub fn cut(self, most: usize) -> Self {
        match self {
            Said::Text(text) => Said::Text(cut(text, most)),
            Said::Several(all) => Said::Several(all.into_iter().map(|said| said.cut(most)).collect()),
            Said::Coded(mut coded) => {
                coded.args.values_mut().for_each(|arg| arg.cut(most));
                Said::Coded(coded)
            }
        }
    }

    /// Returns the form kept in a column: JSON, or the empty string for no message.
    #[must_use]
    pub fn to_column(&self) -> String {
        if self.is_empty() { String::new() } else { serde_json::json!(self).to_string() }
    }

    /// Reads a column. Anything but the JSON of a message is a row from before messages were data, and is its text.
    #[must_use]
    pub fn of_column(column: &str) -> Self {
        match column.starts_with(['{', '[']).then(|| serde_json::from_str::<Form>(column)) {
            Some(Ok(form)) => form.into(),
            _ => Said::Text(column.to_owned()),
        }
    }
}

impl Default for Said {
    /// No message.
    fn default() -> Self {
        Said::Text(String::new())
    }
}

/// Renders no language: the code with its arguments, for logs and for errors that reach no person.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Said::Text(text) => f.write_str(text),
            Said::Several(all) => {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                f.write_str(&all.join("; "))
            }
            Said::Coded(coded) => {
                f.write_str(&coded.code)?;
                coded.args.iter().try_for_each(|(name, arg)| write!(f, " {name}={arg}"))
            }
        }
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Count(count) => count.fmt(f),
            Arg::Text(text) => write!(f, "{text:?}"),
            Arg::List(items) => f.debug_list().entries(items.iter().map(ToString::to_string)).finish(),
            Arg::Typed(Typed::Decimal(text) | Typed::Day(text) | Typed::Moment(text)) => f.write_str(text),
            Arg::Typed(Typed::Said(said)) => write!(f, "({said})"),
            Arg::Typed(Typed::Lines(lines)) => f.debug_list().entries(lines.iter().map(ToString::to_string)).finish(),
            Arg::Typed(Typed::Call(call)) => f.write_str(&serde_json::json!(call).to_string()),
        }
    }
}

/// The JSON of a message.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Coded {
        code: Cow<'static, str>,
        #[serde(default, skip_serializing_if = "Args::is_empty")]
        args: Args,
    },
    Text {
        text: String,
    },
    Several(Vec<Said>),
    /// Read alone: a row from before messages were data.
    Bare(String),
}

impl From<Form> for Said {
    fn from(form: Form) -> Self {
        match form {
            Form::Coded { code, args } => Said::Coded(Box::new(Coded { code, args })),
            Form::Text { text } | Form::Bare(text) => Said::Text(text),
            Form::Several(all) => Said::several(all),
        }
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Said::Coded(coded) => Form::Coded { code: coded.code.clone(), args: coded.args.clone() },
            Said::Text(text) => Form::Text { text: text.clone() },
            Said::Several(all) => Form::Several(all.clone()),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Form::deserialize(deserializer).map(Said::from)
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Said::Text(text)
    }
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Said::Text(text.to_owned())
    }
}

fn cut(text: String, most: usize) -> String {
    if text.len() <= most { text } else { format!("{}…", &text[..text.floor_char_boundary(most)]) }
}

impl Arg {
    fn cut(&mut self, most: usize) {
        match self {
            Arg::Text(text) => *text = cut(std::mem::take(text), most),
            Arg::List(items) => items.iter_mut().for_each(|item| item.cut(most)),
            Arg::Typed(Typed::Said(said)) => *said = std::mem::take(said).cut(most),
            Arg::Count(_) | Arg::Typed(_) => {}
        }
    }

    /// Returns a decimal.
    #[must_use]
    pub fn decimal(number: impl ToString) -> Self {
        Arg::Typed(Typed::Decimal(number.to_string()))
    }

    /// Returns messages, each on a line of its own.
    #[must_use]
    pub fn lines(messages: impl IntoIterator<Item = Said>) -> Self {
        Arg::Typed(Typed::Lines(messages.into_iter().collect()))
    }

    /// Returns several, as a list.
    #[must_use]
    pub fn list(items: impl IntoIterator<Item = impl Into<Arg>>) -> Self {
        Arg::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Arg::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Arg::Text(text)
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        Arg::Text(text.clone())
    }
}

impl From<Said> for Arg {
    fn from(said: Said) -> Self {
        Arg::Typed(Typed::Said(said))
    }
}

impl From<&Said> for Arg {
    fn from(said: &Said) -> Self {
        Arg::Typed(Typed::Said(said.clone()))
    }
}

impl From<Call> for Arg {
    fn from(call: Call) -> Self {
        Arg::Typed(Typed::Call(call))
    }
}

impl From<Action> for Arg {
    fn from(action: Action) -> Self {
        Arg::Text(action.as_str().to_owned())
    }
}

impl From<Timestamp> for Arg {
    fn from(at: Timestamp) -> Self {
        Arg::Typed(Typed::Moment(at.to_string()))
    }
}

impl From<jiff::civil::Date> for Arg {
    fn from(day: jiff::civil::Date) -> Self {
        Arg::Typed(Typed::Day(day.to_string()))
    }
}

/// Ids are names: no language groups their digits.
macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl From<$type> for Arg {
            fn from(name: $type) -> Self {
                Arg::Text(name.to_string())
            }
        }
    )*};
}

macro_rules! as_count {
    ($($type:ty),*) => {$(
        impl From<$type> for Arg {
            fn from(count: $type) -> Self {
                Arg::Count(i64::try_from(count).unwrap_or(i64::MAX))
            }
        }
    )*};
}

as_text!(Kind, Brake, RunId, PlanId, ChangeId, Decider, &SyncName, &ConnectionName, &TenantName);
as_count!(i32, i64, u8, u16, u32, u64, usize);

/// Makes a [`Said`] of the catalogues: `said!("code", count, name = record.name.as_str())`. An argument without a
/// value is the variable of that name.
#[macro_export]
macro_rules! said {
    ($code:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::Said::coded($code, [$((stringify!($name), $crate::said!(@arg $name $(= $value)?))),*])
    };
    (@arg $name:ident = $value:expr) => { $crate::said::Arg::from($value) };
    (@arg $name:ident) => { $crate::said::Arg::from($name) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let kind = Kind::Asset;
        let message = said!(
            "brake-creates",
            kind,
            count = 3_usize,
            run = RunId(12),
            sum = Arg::decimal("12.50"),
            day = jiff::civil::date(2026, 11, 30),
            at = Timestamp(0),
            names = Arg::list(["a", "b"]),
            because = said!("inner"),
        );
        let column = message.to_column();
        assert_eq!(Said::of_column(&column), message, "{column}");
        assert!(column.contains(r#""count":3"#) && column.contains(r#""run":"12""#), "{column}");
    }

    #[test]
    fn text_is_kept_and_forges_no_code() {
        for text in ["not read yet", "", r#"{"code":"brake-creates"}"#, "{half", r#"{"text":"x"}"#] {
            let said = Said::from(text);
            assert_eq!(Said::of_column(&said.to_column()), said, "{text}");
        }
        assert_eq!(Said::of_column("as before"), Said::from("as before"), "a row from before");
        assert_eq!(serde_json::from_str::<Said>(r#""as before""#).unwrap(), Said::from("as before"));
    }

    #[test]
    fn several_messages_are_one_with_each_of_them_once() {
        let (one, two) = (said!("one"), Said::from("two"));
        let both = Said::several([one.clone(), two.clone(), one.clone(), Said::default()]);
        assert_eq!(both, Said::Several(vec![one.clone(), two.clone()]));
        assert_eq!(Said::several([both.clone(), two]), both);
        assert_eq!(Said::of_column(&both.to_column()), both);
        assert_eq!(Said::several([one.clone()]), one);
        assert!(Said::several([]).is_empty());
    }

    #[test]
    fn a_log_shows_the_code_with_its_arguments() {
        assert_eq!(said!("undecided", count = 2, name = "a b").to_string(), r#"undecided count=2 name="a b""#);
    }
}
