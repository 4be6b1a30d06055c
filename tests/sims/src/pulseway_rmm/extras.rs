//! What the RMM keeps beside its tree: custom fields with what they hold, notification webhooks, scopes.
//! Leaves alone: deliveries of webhooks, and what a scope narrows beyond the list of its organisations.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::list::Collection;
use super::state::State;
use crate::clock::{TimeStyle, iso, now_ms};

/// The longest name of a webhook, in characters.
const NAME: usize = 100;
/// The longest description of a webhook.
const DESCRIPTION: usize = 255;
/// The longest address of a webhook.
const URL: usize = 2000;
/// The longest headers of a webhook, all together.
const HEADERS: usize = 4000;
const PRIORITIES: [&str; 4] = ["Low", "Normal", "Elevated", "Critical"];
/// The custom fields there are: id, name, type.
const FIELDS: [(i64, &str, &str); 4] = [
    (301, "External Key", "Text"),
    (302, "Seats", "Number"),
    (303, "Contract End", "Date"),
    (304, "Managed", "Boolean"),
];

/// What is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Extras {
    /// By field, kind of what has it and that one's id.
    assigned: BTreeMap<(i64, &'static str, String), Option<String>>,
    webhooks: BTreeMap<i64, Webhook>,
    last: i64,
}

#[derive(Clone, Debug)]
struct Webhook {
    body: Value,
    secret: String,
    created: i64,
}

type Refusal = (u16, String);

fn bad(text: &str) -> Refusal {
    (400, text.to_owned())
}

fn missing() -> Refusal {
    (404, "Entity is not found.".to_owned())
}

/// The vendor's word for what can have custom fields.
fn context(collection: Collection) -> Option<&'static str> {
    match collection {
        Collection::Organisations => Some("Organization"),
        Collection::Sites => Some("Site"),
        Collection::Groups => Some("Group"),
        Collection::Devices => Some("Device"),
        Collection::Assets | Collection::Notifications => None,
    }
}

impl Extras {
    /// Whether a record has a custom field.
    pub(super) fn has(&self, collection: Collection, id: &str) -> bool {
        let Some(context) = context(collection) else { return false };
        self.assigned.keys().any(|(_, of, one)| *of == context && one.eq_ignore_ascii_case(id))
    }

    /// The custom fields of a record.
    pub(super) fn of(&self, collection: Collection, id: &str) -> Vec<Value> {
        let Some(context) = context(collection) else { return Vec::new() };
        let own = self.assigned.iter().filter(|((_, of, one), _)| *of == context && one.eq_ignore_ascii_case(id));
        own.filter_map(|((field, ..), value)| {
            let (id, name, kind) = FIELDS.iter().find(|known| known.0 == *field)?;
            Some(json!({"Id": id, "Name": name, "Value": value, "Type": kind}))
        })
        .collect()
    }

    /// Reads below `customfields`, `notifications/webhooks` and `scopes`; none: it is none of these.
    pub(super) fn read(&self, segments: &[&str], state: &State) -> Option<Result<Value, Refusal>> {
        let rows = match *segments {
            ["customfields"] => {
                FIELDS.iter().map(|(id, name, kind)| json!({"Id": id, "Name": name, "Type": kind})).collect()
            }
            ["customfields", id, "usage"] => {
                let Some(id) = field(id) else { return Some(Err(missing())) };
                let used = self.assigned.iter().filter(|((field, ..), _)| *field == id);
                let row = |(_, context, item): &(i64, &str, String), value: &Option<String>| json!({"ContextType": context, "ContextItemId": item, "Value": value});
                used.map(|(key, value)| row(key, value)).collect()
            }
            ["notifications", "webhooks"] => self.webhooks.iter().map(|(id, one)| one.shown(*id, false)).collect(),
            ["notifications", "webhooks", id] => {
                let found = id.parse().ok().and_then(|id: i64| Some((id, self.webhooks.get(&id)?)));
                return Some(found.map(|(id, one)| one.shown(id, false)).ok_or_else(missing));
            }
            // One scope: all that the token may see.
            ["scopes"] => vec![json!({"Id": 1, "Name": "All Systems"})],
            ["scopes", "1", "usage"] => {
                let seen = state.organisations.iter().filter(|(id, _)| !state.forbidden.contains(id));
                seen.map(|(id, one)| json!({"Id": id, "Name": one.name})).collect()
            }
            ["scopes", _, "usage"] => return Some(Err(missing())),
            _ => return None,
        };
        Some(Ok(Value::Array(rows)))
    }

    /// Writes there; none: it is none of these. What comes back is the reply's `Data`; null: there is none.
    pub(super) fn write(
        &mut self,
        method: &str,
        segments: &[&str],
        body: &Value,
        find: &dyn Fn(Collection, &str) -> Result<(), Refusal>,
        fresh: &mut dyn FnMut() -> String,
    ) -> Option<Result<Value, Refusal>> {
        Some(match (method, segments) {
            ("POST", ["customfields", id, "assign"]) => self.assign(id, body, false, find),
            ("PUT", ["customfields", id, "updateAssigned"]) => self.assign(id, body, true, find),
            ("POST", ["customfields", id, "unassign"]) => self.key(id, body, find).and_then(|key| {
                self.assigned.remove(&key).ok_or_else(|| bad("The custom field is not assigned."))?;
                Ok(Value::Null)
            }),
            ("POST", ["notifications", "webhooks"]) => webhook(body, find).map(|body| {
                self.last += 1;
                let made = Webhook { body, secret: fresh(), created: now_ms() };
                let shown = made.shown(self.last, true);
                self.webhooks.insert(self.last, made);
                shown
            }),
            // The vendor's page prints it without the id, its samples with it.
            ("PUT", ["notifications", "webhooks", rest @ ..]) if rest.len() < 2 => {
                let told = rest.first().and_then(|id| id.parse().ok()).or(body["Id"].as_i64());
                webhook(body, find).and_then(|body| {
                    let id = told.ok_or_else(missing)?;
                    let one = self.webhooks.get_mut(&id).ok_or_else(missing)?;
                    one.body = body;
                    Ok(one.shown(id, false))
                })
            }
            ("DELETE", ["notifications", "webhooks", id]) => {
                let id = id.parse().ok().and_then(|id: i64| self.webhooks.remove(&id));
                id.map(|_| Value::Null).ok_or_else(missing)
            }
            ("POST", ["notifications", "webhooks", id, "regenerateSecretKey"]) => {
                let found = id.parse().ok().and_then(|id: i64| Some((id, self.webhooks.get_mut(&id)?)));
                found.ok_or_else(missing).map(|(id, one)| {
                    one.secret = fresh();
                    one.shown(id, true)
                })
            }
            _ => return None,
        })
    }

    fn key(
        &self,
        id: &str,
        body: &Value,
        find: &dyn Fn(Collection, &str) -> Result<(), Refusal>,
    ) -> Result<(i64, &'static str, String), Refusal> {
        let field = field(id).ok_or_else(missing)?;
        let all = [Collection::Organisations, Collection::Sites, Collection::Groups, Collection::Devices];
        let word = body["ContextType"].as_str().unwrap_or_default();
        let named =
            all.into_iter().find_map(|one| Some((one, context(one).filter(|of| of.eq_ignore_ascii_case(word))?)));
        let (collection, context) = named.ok_or_else(|| bad("ContextType is not valid."))?;
        let item = match &body["ContextItemId"] {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return Err(bad("ContextItemId is required.")),
        };
        find(collection, &item)?;
        Ok((field, context, item))
    }

    fn assign(
        &mut self,
        id: &str,
        body: &Value,
        again: bool,
        find: &dyn Fn(Collection, &str) -> Result<(), Refusal>,
    ) -> Result<Value, Refusal> {
        let key = self.key(id, body, find)?;
        if again != self.assigned.contains_key(&key) {
            return Err(bad(if again { "The custom field is not assigned." } else { "The custom field is assigned." }));
        }
        let value = match &body["Value"] {
            _ if body["UseDefaultValue"] == json!(true) => None,
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        self.assigned.insert(key, value);
        Ok(Value::Null)
    }
}

impl Webhook {
    /// The secret is told when it is made, and never again.
    fn shown(&self, id: i64, with_secret: bool) -> Value {
        let mut shown = self.body.clone();
        shown["Id"] = json!(id);
        shown["CreatedAt"] = json!(iso(self.created, TimeStyle::Zulu));
        if with_secret {
            shown["SecretKey"] = json!(self.secret);
        }
        shown
    }
}

fn field(id: &str) -> Option<i64> {
    let id = id.parse().ok()?;
    FIELDS.iter().any(|known| known.0 == id).then_some(id)
}

/// A webhook as it is kept, once all of it is checked.
fn webhook(body: &Value, find: &dyn Fn(Collection, &str) -> Result<(), Refusal>) -> Result<Value, Refusal> {
    let text = |name: &str, most: usize, needed: bool| match body[name].as_str().unwrap_or_default() {
        "" if needed => Err(bad(&format!("{name} is required."))),
        text if text.chars().count() > most => Err(bad(&format!("{name} is longer than {most} characters."))),
        text => Ok(text.to_owned()),
    };
    let (name, description) = (text("Name", NAME, true)?, text("Description", DESCRIPTION, false)?);
    let url = text("Url", URL, true)?;
    let priorities = body["Priorities"].as_array().filter(|all| !all.is_empty());
    let priorities = priorities.ok_or_else(|| bad("Priorities is required."))?;
    if !priorities.iter().all(|one| one.as_str().is_some_and(|one| PRIORITIES.contains(&one))) {
        return Err(bad("Priorities is not valid."));
    }
    for id in body["OrganizationIds"].as_array().into_iter().flatten() {
        find(Collection::Organisations, &id.to_string())?;
    }
    if body["Headers"].is_object() && body["Headers"].to_string().len() > HEADERS {
        return Err(bad("Headers is longer than 4000 characters."));
    }
    let language = body["Language"].as_str().unwrap_or("en");
    if !["en", "de"].contains(&language) {
        return Err(bad("Language is not valid."));
    }
    Ok(json!({
        "Name": name, "Description": description, "Url": url, "Priorities": priorities, "Language": language,
        "OrganizationIds": body["OrganizationIds"], "Headers": body["Headers"],
    }))
}
