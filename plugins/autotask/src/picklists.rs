//! Picklists: the vendor's numbers and what people call them. Both are each database's own, but for a few; labels
//! are remembered for some hours.

use crate::client::Client;
use crate::lookups::HOURS_4_MS;
use crate::settings::PICKS;
use crosswalk_sdk::json::{self, Str};
use crosswalk_sdk::{Choice, Failure, Level, Nullable};
use serde::Deserialize;

const SPACE: &str = "picklists";

/// What an entity says of its fields.
#[derive(Deserialize)]
#[serde(bound(deserialize = "F: Deserialize<'de>"))]
pub(crate) struct Fields<F> {
    pub(crate) fields: Vec<F>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, default)]
    picklist_values: Nullable<Vec<Pick<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pick<'a> {
    #[serde(borrow)]
    value: Str<'a>,
    #[serde(borrow, default)]
    label: Str<'a>,
    #[serde(default)]
    is_active: Nullable<bool>,
}

/// The values of one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Picklist(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    number: i64,
    label: String,
    in_use: bool,
}

impl Picklist {
    /// As remembered, else read.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn of(client: &Client<'_>, entity: &str, field: &str) -> Result<Self, Failure> {
        match client.host.recall(SPACE, &key(entity, field), HOURS_4_MS) {
            Some(text) => Ok(Self::parse(&text)),
            None => Self::read(client, entity, field),
        }
    }

    /// As [`of`](Self::of), for reads, which go on without labels.
    pub(crate) fn for_reading(client: &Client<'_>, entity: &str, field: &str) -> Self {
        Self::of(client, entity, field).unwrap_or_else(|failure| {
            client.host.log(Level::Warn, &format!("labels of {entity} are not read: {}", failure.message()));
            Self::default()
        })
    }

    /// Reads it now, and remembers it with the others of the entity that are used.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn read(client: &Client<'_>, entity: &str, field: &str) -> Result<Self, Failure> {
        let reply = client.get(&format!("{entity}/entityInformation/fields"))?;
        let told: Fields<Field<'_>> = json::parse(reply.text())?;
        let mut wanted = Self::default();
        for info in told.fields {
            let is_wanted = info.name.0.eq_ignore_ascii_case(field);
            let other = PICKS.iter().find(|pick| pick.entity == entity && info.name.0.eq_ignore_ascii_case(pick.field));
            let name = if is_wanted { Some(field) } else { other.map(|pick| pick.field) };
            let Some(name) = name else { continue };
            let list = Self::told(info.picklist_values.into_value().unwrap_or_default());
            client.host.remember(SPACE, &key(entity, name), &list.to_text());
            if is_wanted {
                wanted = list;
            }
        }
        Ok(wanted)
    }

    fn told(values: Vec<Pick<'_>>) -> Self {
        let entry = |pick: Pick<'_>| {
            let number = pick.value.trimmed().parse().ok()?;
            let label = pick.label.trimmed().replace('\n', " ");
            Some(Entry { number, label, in_use: pick.is_active != Nullable::Value(false) })
        };
        Self(values.into_iter().filter_map(entry).collect())
    }

    fn to_text(&self) -> String {
        let line = |entry: &Entry| format!("{} {} {}\n", entry.number, u8::from(entry.in_use), entry.label);
        self.0.iter().map(line).collect()
    }

    fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let mut parts = line.splitn(3, ' ');
            let (number, in_use, label) = (parts.next()?.parse().ok()?, parts.next()? == "1", parts.next()?);
            Some(Entry { number, label: label.to_owned(), in_use })
        };
        Self(text.lines().filter_map(entry).collect())
    }

    fn in_use(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|entry| entry.in_use)
    }

    /// The number of a label that may be used.
    fn number(&self, label: &str) -> Option<i64> {
        self.in_use().find(|entry| entry.label.eq_ignore_ascii_case(label)).map(|entry| entry.number)
    }

    /// What people call a number, also one that is no longer used.
    pub(crate) fn label(&self, number: i64) -> Option<&str> {
        self.0.iter().find(|entry| entry.number == number).map(|entry| entry.label.as_str())
    }

    /// What can be chosen.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        self.in_use().map(|entry| Choice { value: entry.number.to_string(), label: entry.label.clone() }).collect()
    }
}

fn key(entity: &str, field: &str) -> String {
    format!("{entity} {field}")
}

/// The number that was chosen for a setting; none where nothing was.
///
/// # Errors
/// Rejected: there is no such value; the message says which there are. Else why they cannot be read.
pub(crate) fn chosen(client: &Client<'_>, setting: &str) -> Result<Option<i64>, Failure> {
    let Some((pick, wanted)) = client.settings.pick(setting) else { return Ok(None) };
    if let Ok(number) = wanted.parse() {
        return Ok(Some(number));
    }
    if let Some(number) = Picklist::of(client, pick.entity, pick.field)?.number(wanted) {
        return Ok(Some(number));
    }
    // What is remembered may be older than the value.
    let list = Picklist::read(client, pick.entity, pick.field)?;
    list.number(wanted).map(Some).ok_or_else(|| {
        let labels: Vec<&str> = list.in_use().map(|entry| entry.label.as_str()).collect();
        let (field, labels) = (pick.field, labels.join(", "));
        Failure::rejected(format!("Autotask has no {field} `{wanted}`: set `{setting}` to one of {labels}"))
    })
}

/// As [`chosen`], where Autotask asks for a value.
///
/// # Errors
/// As there; also rejected when nothing was chosen.
pub(crate) fn required(client: &Client<'_>, setting: &str, what: &str) -> Result<i64, Failure> {
    chosen(client, setting)?
        .ok_or_else(|| Failure::rejected(format!("{what}: set `{setting}` in this connection's settings")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, reply};
    use std::cell::Cell;

    const ZONE: &str = r#"{"url":"https://ws1.vendor.example/ATServicesRest/"}"#;

    fn fields(queues: &str) -> String {
        format!(
            r#"{{"fields":[{{"name":"id","picklistValues":null}},{{"name":"title"}},
                {{"name":"queueid","picklistValues":[{queues}]}},
                {{"name":"status","picklistValues":[{{"value":"1","label":" New ","isActive":true}},{{"value":"9","label":"Old  way","isActive":false}}]}}]}}"#
        )
    }

    #[test]
    fn labels_are_read_once_for_all_of_an_entity_and_again_when_one_is_missing() {
        let asked = Cell::new(0);
        let host = Script::new(r#"{"user":"u","ticket-queue":"second desk","ticket-type":"Alert"}"#, |request| {
            Ok(if request.path.ends_with("zoneInformation") {
                reply(200, ZONE)
            } else {
                asked.set(asked.get() + 1);
                let first = r#"{"value":"8","label":"First Desk"}"#;
                let second = r#"{"value":"29682833","label":"Second Desk"}"#;
                reply(200, &fields(&if asked.get() == 1 { first.to_owned() } else { format!("{first},{second}") }))
            })
        });
        let client = Client::open(&host).unwrap();
        let statuses = Picklist::of(&client, "Tickets", "status").unwrap();
        assert_eq!((statuses.label(1), statuses.label(9), statuses.label(2)), (Some("New"), Some("Old  way"), None));
        assert_eq!(statuses.choices().len(), 1, "what is no longer used is not offered");
        assert_eq!(statuses.number("old  way"), None, "nor chosen");
        assert_eq!(Picklist::of(&client, "Tickets", "status"), Ok(statuses));
        assert_eq!(asked.get(), 1);
        assert_eq!(chosen(&client, "ticket-queue"), Ok(Some(29_682_833)), "made since it was read");
        assert_eq!(asked.get(), 2);
        assert_eq!((chosen(&client, "closed-status"), chosen(&client, "ticket-source")), (Ok(Some(5)), Ok(None)));
        let failure = chosen(&client, "ticket-type").unwrap_err();
        assert!(failure.message().starts_with("Autotask has no ticketType `Alert`"), "{failure:?}");
        let failure = required(&client, "note-type", "a note needs a type").unwrap_err();
        assert_eq!(failure.message(), "a note needs a type: set `note-type` in this connection's settings");
    }
}
