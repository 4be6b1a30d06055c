//! Alerts: what is open now. One that is over is still there, by its id.
//!
//! The vendor gives an alert no title and no name of what was watched, only an open map of another shape for each class of
//! monitor. The condition is the class with those members that name what is watched (`PARTS`), never what was
//! measured; of a class that is not listed, or without such members, it is everything the map says: a doubt splits
//! conditions. Two monitors of one thing that differ in their limit alone are one condition, as no limit is told.
//! Leaves alone: muted alerts, which a person has silenced; what was done about one (`responseActions`).

use crate::client::{self, PAGE, Rows, page, when};
use crate::settings::Settings;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{self, Str};
use crosswalk_sdk::{Alert, Failure, Host, Item, Page, Reference, Selection, Told};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A class of monitor, in our words, and the members that name what it watched.
const PARTS: &[(&str, &str, &[&str])] = &[
    ("perf_disk_usage_ctx", "Disk usage", &["diskName", "unitOfMeasure"]),
    ("online_offline_status_ctx", "Online status", &["status"]),
    ("eventlog_ctx", "Event log", &["logName", "source", "code", "type"]),
    ("perf_resource_usage_ctx", "Resource usage", &["type", "processName"]),
    ("antivirus_ctx", "Antivirus", &["productName", "status"]),
    ("patch_ctx", "Patch", &["patchUid", "policyUid", "result"]),
];

/// Members that name a class and say nothing else.
const CLASS: &str = "@class";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    alert_uid: Str<'a>,
    #[serde(borrow, default)]
    priority: Told<Str<'a>>,
    #[serde(borrow, default)]
    diagnostics: Told<Str<'a>>,
    #[serde(default)]
    resolved: Told<bool>,
    #[serde(borrow, default)]
    timestamp: Told<Str<'a>>,
    #[serde(borrow, default)]
    alert_context: Told<BTreeMap<String, &'a RawValue>>,
    #[serde(borrow, default)]
    alert_source_info: Told<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Source<'a> {
    #[serde(borrow)]
    device_uid: Told<Str<'a>>,
    #[serde(borrow)]
    device_name: Told<Str<'a>>,
    #[serde(borrow)]
    site_uid: Told<Str<'a>>,
    #[serde(borrow)]
    site_name: Told<Str<'a>>,
}

impl Row<'_> {
    fn item(&self) -> Item {
        let nothing = Source::default();
        let source = self.alert_source_info.value().unwrap_or(&nothing);
        let said = self.said();
        let class = self.class();
        let known = PARTS.iter().find(|(theirs, ..)| *theirs == class);
        let named: Vec<&(&str, String)> =
            said.iter().filter(|(name, _)| known.is_some_and(|(.., parts)| parts.contains(name))).collect();
        let parts: Vec<&(&str, String)> = if named.is_empty() { said.iter().collect() } else { named };

        let title = known.map_or(class.as_str(), |(_, ours, _)| ours);
        let what: Vec<&str> = parts.iter().map(|(_, value)| value.as_str()).filter(|_| known.is_some()).collect();
        let title = if title.is_empty() { "Alert" } else { title };
        let title = if what.is_empty() { title.to_owned() } else { format!("{title}: {}", what.join(" ")) };
        let device = source.device_name.text().into_value();
        let name = device.map_or_else(|| title.clone(), |device| format!("{title} ({device})"));

        let mut condition = class.clone();
        for (name, value) in parts {
            condition.push_str(&format!("|{name}={value}"));
        }
        let lines = said.iter().map(|(name, value)| format!("{name}: {value}"));
        let diagnostics = self.diagnostics.text().into_value();
        let message: Vec<String> = std::iter::once(name.clone()).chain(lines).chain(diagnostics).collect();
        let alert = Alert {
            id: self.alert_uid.trimmed().to_owned(),
            parent: source.site_uid.text().into_value(),
            name,
            asset: source.device_uid.text().map(Reference),
            priority: self.priority(),
            raised: when(&self.timestamp),
            message: Told::Value(message.join("\n")),
            condition: Told::or_blank(Some(condition).filter(|condition| !condition.is_empty())),
            resolved: self.resolved.clone(),
            ..Alert::default()
        };
        alert.into_item()
    }

    /// The class of the monitor; empty when none is told.
    fn class(&self) -> String {
        let raw = self.alert_context.value().and_then(|context| context.get(CLASS));
        raw.and_then(|raw| plain(raw)).unwrap_or_default()
    }

    /// What the context says, by name: texts as they are, anything else as JSON; what is null is left out.
    fn said(&self) -> Vec<(&str, String)> {
        let context = self.alert_context.value().into_iter().flatten();
        context
            .filter(|(name, _)| *name != CLASS)
            .filter_map(|(name, raw)| Some((name.as_str(), plain(raw)?)))
            .collect()
    }

    /// Of four; one nobody has heard of is normal.
    fn priority(&self) -> Told<String> {
        self.priority.text().map(|theirs| {
            let ours = match theirs.as_str() {
                "Critical" => "critical",
                "High" => "elevated",
                "Low" | "Information" => "low",
                _ => "normal",
            };
            ours.to_owned()
        })
    }
}

fn plain(raw: &RawValue) -> Option<String> {
    match raw.get() {
        "null" | "\"\"" => None,
        text if text.starts_with('"') => serde_json::from_str(text).ok(),
        json => Some(json.to_owned()),
    }
}

/// Reads alerts.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let keeps = |row: &Row<'_>| row.alert_source_info.value().is_none_or(|source| !settings.skips(&source.site_name));
    let path = match selection {
        Selection::Everything => "account/alerts/open".to_owned(),
        Selection::OfParent(site) => format!("site/{}/alerts/open", segment(&site)),
        Selection::Ids(ids) => {
            let replies = client::singles(host, "alert", &ids)?;
            let rows = replies.iter().map(|reply| json::parse(reply.text())).collect::<Result<Vec<Row<'_>>, _>>()?;
            return Ok(client::whole(rows.iter().filter(|row| keeps(row)).map(Row::item).collect()));
        }
        _ => return Err(Failure::Unsupported("alerts cannot be asked for in this way".to_owned())),
    };
    let reply = page(host, &path, &[("muted", "false")], PAGE, after)?;
    let found = Rows::<Row<'_>>::open(&reply)?;
    let items = found.rows.iter().filter(|row| keeps(row)).map(Row::item).collect();
    Ok(found.page(items))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::Value;
    use crosswalk_sdk::testing::reply;

    fn items(rows: &[&str]) -> Vec<Item> {
        let body = format!(r#"{{"pageDetails":{{}},"alerts":[{}]}}"#, rows.join(","));
        Rows::<Row<'_>>::open(&reply(200, &body)).unwrap().rows.iter().map(Row::item).collect()
    }

    fn field<'i>(item: &'i Item, name: &str) -> Option<&'i Value> {
        item.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    fn condition(context: &str) -> String {
        let row = format!(r#"{{"alertUid":"a","alertContext":{context}}}"#);
        match field(&items(&[&row])[0], "condition") {
            Some(Value::Text(condition)) => condition.clone(),
            _ => String::new(),
        }
    }

    #[test]
    fn an_alert_tells_its_device_what_and_how_bad() {
        let items = items(&[
            r#"{"alertUid":"a-1","priority":"High","diagnostics":"ran at noon","resolved":false,"resolvedBy":null,"resolvedOn":null,"muted":false,
            "ticketNumber":null,"timestamp":1762156800000,"alertMonitorInfo":{"sendsEmails":true,"createsTicket":false},
            "alertContext":{"@class":"perf_disk_usage_ctx","diskName":"C:","totalVolume":249000,"freeSpace":4.2,"unitOfMeasure":"PERCENT","diskNameDesignation":null},
            "alertSourceInfo":{"deviceUid":"d-1","deviceName":"PC-1","siteUid":"s-1","siteName":"Acme"},"responseActions":[],"autoresolveMins":0}"#,
        ]);
        let item = &items[0];
        assert_eq!((item.id.as_str(), item.parent.as_deref()), ("a-1", Some("s-1")));
        assert_eq!(item.name, "Disk usage: C: PERCENT (PC-1)");
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!(field(item, "asset").cloned(), text("d-1"));
        assert_eq!(field(item, "priority").cloned(), text("elevated"));
        assert_eq!(field(item, "raised"), Some(&Value::Time("2025-11-03T08:00:00Z".to_owned())));
        assert_eq!(field(item, "resolved"), Some(&Value::Boolean(false)));
        assert_eq!(field(item, "condition").cloned(), text("perf_disk_usage_ctx|diskName=C:|unitOfMeasure=PERCENT"));
        let message = "Disk usage: C: PERCENT (PC-1)\ndiskName: C:\nfreeSpace: 4.2\ntotalVolume: 249000\nunitOfMeasure: PERCENT\nran at noon";
        assert_eq!(field(item, "message").cloned(), text(message));
    }

    #[test]
    fn a_repeat_has_the_same_condition_and_nothing_else_has() {
        let same = [
            r#"{"@class":"perf_disk_usage_ctx","diskName":"C:","freeSpace":4.2,"unitOfMeasure":"PERCENT"}"#,
            r#"{"freeSpace":1.5,"unitOfMeasure":"PERCENT","@class":"perf_disk_usage_ctx","diskName":"C:"}"#,
        ];
        assert_eq!(condition(same[0]), condition(same[1]));
        let different = [
            same[0],
            r#"{"@class":"perf_disk_usage_ctx","diskName":"D:","freeSpace":4.2,"unitOfMeasure":"PERCENT"}"#,
            r#"{"@class":"perf_resource_usage_ctx","processName":"a.exe","sample":97,"type":"CPU"}"#,
            r#"{"@class":"perf_resource_usage_ctx","processName":"a.exe","sample":97,"type":"MEMORY"}"#,
            r#"{"@class":"perf_resource_usage_ctx","processName":null,"sample":97,"type":"CPU"}"#,
            r#"{"@class":"eventlog_ctx","logName":"System","code":"7034","type":"ERROR","source":"SCM","triggerCount":1}"#,
            r#"{"@class":"eventlog_ctx","logName":"System","code":"7035","type":"ERROR","source":"SCM","triggerCount":1}"#,
            r#"{"@class":"comp_script_ctx","samples":{"Result":"disk failing"}}"#,
            r#"{"@class":"comp_script_ctx","samples":{"Result":"backup missing"}}"#,
            r#"{"@class":"quantum_ctx","flux":3}"#,
            r#"{"@class":"quantum_ctx","flux":4}"#,
            r#"{"@class":"perf_disk_usage_ctx","surprise":true}"#,
        ];
        let mut conditions: Vec<String> = different.iter().map(|context| condition(context)).collect();
        conditions.sort();
        conditions.dedup();
        assert_eq!(conditions.len(), different.len(), "{conditions:?}");
    }

    #[test]
    fn nothing_unheard_of_drops_an_alert() {
        let rows = [
            r#"{"alertUid":"1","priority":"Urgent","alertContext":{"@class":"quantum_ctx","flux":3}}"#,
            r#"{"alertUid":"2","priority":"Information","alertContext":null,"alertSourceInfo":null,"timestamp":"2025-11-03T08:00:00Z"}"#,
            r#"{"alertUid":"3","resolved":true}"#,
        ];
        let items = items(&rows);
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!((items[0].name.as_str(), field(&items[0], "priority").cloned()), ("quantum_ctx", text("normal")));
        assert_eq!((items[1].name.as_str(), field(&items[1], "priority").cloned()), ("Alert", text("low")));
        assert_eq!(field(&items[1], "condition"), Some(&Value::Blank));
        assert_eq!(field(&items[2], "resolved"), Some(&Value::Boolean(true)));
    }
}
