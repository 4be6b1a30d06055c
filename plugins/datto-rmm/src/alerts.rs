//! Alerts: what is open now. One that is over is still there, by its id.
//!
//! The vendor gives an alert no title and no name of what was watched, only an open map of another shape for each class of
//! monitor. The condition is the class with those members that name what is watched (`PARTS`), and of texts what is left without
//! the numbers that were measured; never what was measured. A class that is not listed has the members that name a
//! thing in any class (`NAMING`), or is the condition by itself: two monitors of such a class on one device share a
//! ticket, where a value in the condition would make one for each reading.
//! Two monitors of one thing that differ in their limit alone are one condition, as no limit is told.
//! Leaves alone: muted alerts, which a person has silenced; what was done about one (`responseActions`).

use crate::client::{self, PAGE, Rows, page, when};
use crate::settings::Settings;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json::{self, Keys, Str};
use crosswalk_sdk::{Alert, Failure, Host, Item, Nullable, Page, Reference, Selection, measures};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A class of monitor, in our words, the members that name what it watched, and those with a text that says what is wrong.
type Class = (&'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const PARTS: &[Class] = &[
    ("perf_disk_usage_ctx", "Disk usage", &["diskName", "unitOfMeasure"], &[]),
    ("disk_usage_ctx", "Disk usage", &["diskName", "unitOfMeasure"], &[]),
    ("disk_health_ctx", "Disk health", &["type"], &["reason"]),
    ("online_offline_status_ctx", "Online status", &["status"], &[]),
    ("eventlog_ctx", "Event log", &["logName", "source", "code", "type"], &[]),
    ("perf_resource_usage_ctx", "Resource usage", &["type", "processName"], &[]),
    ("resource_usage_ctx", "Resource usage", &["type", "processName"], &[]),
    ("process_resource_usage_ctx", "Process resource usage", &["processName", "type"], &[]),
    ("srvc_resource_usage_ctx", "Service resource usage", &["serviceName", "type"], &[]),
    ("process_status_ctx", "Process status", &["processName", "status"], &[]),
    ("srvc_status_ctx", "Service status", &["serviceName", "status"], &[]),
    ("status_ctx", "Process status", &["processName", "status"], &[]),
    ("fs_object_ctx", "File or folder size", &["path", "objectType", "condition"], &[]),
    ("filesystem_ctx", "File or folder size", &["path", "objectType", "condition"], &[]),
    ("perf_mon_ctx", "Performance counter", NAMING, &[]),
    ("windows_performance_ctx", "Performance counter", NAMING, &[]),
    ("wmi_ctx", "WMI query", NAMING, &[]),
    ("custom_snmp_ctx", "SNMP", &["displayName", "monitorInstance"], &[]),
    ("snmp_probe_ctx", "SNMP", &["ipAddress", "oid", "OID", "ruleName", "monitorName"], &[]),
    ("ping_ctx", "Ping", &["instanceName"], &[]),
    ("temperature_ctx", "Temperature", &["type"], &[]),
    ("fan_ctx", "Fan", &["type"], &["reason"]),
    ("psu_ctx", "Power supply", &["type"], &["reason"]),
    ("printer_ctx", "Printer", &["ipAddress", "macAddress", "markerSupplyIndex"], &[]),
    ("network_monitor_ctx", "Network monitor", &[], &["description"]),
    ("backup_management_ctx", "Backup", &[], &["errorMessage"]),
    ("comp_script_ctx", "Script monitor", &[], &["samples"]),
    ("antivirus_ctx", "Antivirus", &["productName", "status"], &[]),
    ("seccenter_ctx", "Security center", &["productName", "alertType"], &[]),
    ("security_management_ctx", "Security", &["productName", "status", "virusName"], &[]),
    ("endpoint_security_threat_ctx", "Endpoint security", &[], &["description"]),
    ("endpoint_security_windows_defender_ctx", "Windows Defender", &[], &["description"]),
    ("patch_ctx", "Patch", &["patchUid", "policyUid", "result"], &[]),
];

/// Members that name a thing in whichever class they stand, and are never measured.
const NAMING: &[&str] = &[
    "diskName",
    "displayName",
    "instanceName",
    "ipAddress",
    "monitorInstance",
    "monitorName",
    "oid",
    "path",
    "processName",
    "productName",
    "ruleName",
    "serviceName",
    "source",
];

/// What names an alert in its row.
const KEYS: Keys<'_> = Keys { item: "alertUid", parent: "" };

/// Members that name a class and say nothing else.
const CLASS: &str = "@class";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    alert_uid: Str<'a>,
    #[serde(borrow, default)]
    priority: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    diagnostics: Nullable<Str<'a>>,
    #[serde(default)]
    resolved: Nullable<bool>,
    #[serde(borrow, default)]
    timestamp: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    alert_context: Nullable<BTreeMap<String, &'a RawValue>>,
    #[serde(borrow, default)]
    alert_source_info: Nullable<Source<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Source<'a> {
    #[serde(borrow)]
    device_uid: Nullable<Str<'a>>,
    #[serde(borrow)]
    device_name: Nullable<Str<'a>>,
    #[serde(borrow)]
    site_uid: Nullable<Str<'a>>,
    #[serde(borrow)]
    site_name: Nullable<Str<'a>>,
}

impl Row<'_> {
    fn item(&self) -> Item {
        let nothing = Source::default();
        let source = self.alert_source_info.value().unwrap_or(&nothing);
        let said = self.said();
        let class = self.class();
        let unlisted: Class = ("", "", NAMING, &[]);
        let (_, title, names, texts) = PARTS.iter().find(|(theirs, ..)| *theirs == class).unwrap_or(&unlisted);
        let of =
            |names: &[&str]| -> Vec<&(&str, String)> { said.iter().filter(|(name, _)| names.contains(name)).collect() };
        let (named, worded) = (of(names), of(texts));

        let what: Vec<String> =
            named.iter().map(|(_, value)| value.clone()).chain(worded.iter().map(|(_, value)| flat(value))).collect();
        let title = Some(*title).filter(|title| !title.is_empty()).unwrap_or(&class);
        let title = if title.is_empty() { "Alert" } else { title };
        let title = if what.is_empty() { title.to_owned() } else { format!("{title}: {}", what.join(" ")) };
        let device = source.device_name.text().into_value();
        let name = device.map_or_else(|| title.clone(), |device| format!("{title} ({device})"));

        let mut condition = class.clone();
        for (name, value) in named {
            condition.push_str(&format!("|{name}={value}"));
        }
        for (name, value) in worded {
            condition.push_str(&format!("|{name}={}", measures::taken_out(&flat(value))));
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
            message: Nullable::Value(message.join("\n")),
            condition: Nullable::or_null(Some(condition).filter(|condition| !condition.is_empty())),
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
    fn priority(&self) -> Nullable<String> {
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

/// A value as words: the texts of a map, as a script's samples are, in the order of their names.
fn flat(value: &str) -> String {
    match serde_json::from_str::<BTreeMap<String, Str<'_>>>(value) {
        Ok(texts) => {
            texts.iter().map(|(name, text)| format!("{name}: {}", text.trimmed())).collect::<Vec<_>>().join(", ")
        }
        Err(_) => value.to_owned(),
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
            let (replies, mut gaps) = client::singles(host, "alert", &ids)?;
            let rows: Vec<Row<'_>> = client::read_each(&replies, &mut gaps, |reply| json::parse(reply.text()));
            let items = rows.iter().filter(|row| keeps(row)).map(Row::item).collect();
            return Ok(Page { gaps, ..client::whole(items) });
        }
        _ => return Err(Failure::Unsupported("alerts cannot be asked for in this way".to_owned())),
    };
    let reply = page(host, &path, &[("muted", "false")], PAGE, after)?;
    let found = Rows::<Row<'_>>::open(&reply, KEYS, after)?;
    let items = found.rows.iter().filter(|row| keeps(row)).map(Row::item).collect();
    Ok(found.page(items))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::Value;
    use crosswalk_sdk::testing::{Script, reply};

    fn items(rows: &[&str]) -> Vec<Item> {
        let body = format!(r#"{{"pageDetails":{{}},"alerts":[{}]}}"#, rows.join(","));
        Rows::<Row<'_>>::open(&reply(200, &body), KEYS, None).unwrap().rows.iter().map(Row::item).collect()
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
    fn an_alert_that_cannot_be_read_keeps_no_other_from_being_read() {
        let host = Script::new("{}", |request| {
            let broken = request.path.ends_with("/a-1");
            Ok(reply(200, if broken { "\"odd\"" } else { r#"{"alertUid":"a-2","alertContext":{}}"# }))
        });
        let ids = ["a-1", "a-2"].map(str::to_owned).to_vec();
        let page = read(&host, &Settings::default(), Selection::Ids(ids), None).unwrap();
        assert_eq!(page.items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["a-2"]);
        assert_eq!(page.gaps.iter().map(|gap| gap.item.as_deref()).collect::<Vec<_>>(), [Some("a-1")]);
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
            r#"{"@class":"fs_object_ctx","path":"C:\\a","objectType":"FILE","condition":"OVER","sample":3}"#,
            r#"{"@class":"fs_object_ctx","path":"C:\\b","objectType":"FILE","condition":"OVER","sample":3}"#,
            r#"{"@class":"perf_disk_usage_ctx","surprise":true}"#,
        ];
        let mut conditions: Vec<String> = different.iter().map(|context| condition(context)).collect();
        conditions.sort();
        conditions.dedup();
        assert_eq!(conditions.len(), different.len(), "{conditions:?}");
    }

    #[test]
    fn one_monitor_has_one_condition_whatever_it_measures() {
        for class in [
            r#"{"@class":"process_resource_usage_ctx","processName":"a.exe","type":"CPU","sample":~}"#,
            r#"{"@class":"srvc_resource_usage_ctx","serviceName":"Spooler","type":"MEMORY","sample":~}"#,
            r#"{"@class":"perf_resource_usage_ctx","type":"CPU","percentage":~}"#,
            r#"{"@class":"fs_object_ctx","path":"C:\\log","objectType":"FILE","condition":"OVER","threshold":1,"sample":~}"#,
            r#"{"@class":"perf_mon_ctx","value":~}"#,
            r#"{"@class":"windows_performance_ctx","value":~}"#,
            r#"{"@class":"custom_snmp_ctx","displayName":"Toner","monitorInstance":"1","currentValue":"~"}"#,
            r#"{"@class":"snmp_probe_ctx","ipAddress":"10.0.0.1","oid":"1.3.6","ruleName":"r","responseValue":"~"}"#,
            r#"{"@class":"ping_ctx","instanceName":"gw","roundtripTime":~,"reasons":["~ ms"]}"#,
            r#"{"@class":"comp_script_ctx","samples":{"Result":"Free: ~ GB of 250 GB","Queue":"~"}}"#,
            r#"{"@class":"temperature_ctx","type":"CPU","degree":~}"#,
            r#"{"@class":"quantum_ctx","flux":~,"note":"~ pieces","instanceName":"q"}"#,
        ] {
            let conditions: Vec<String> =
                ["4", "97", "3.25"].iter().map(|value| condition(&class.replace('~', value))).collect();
            assert!(conditions.iter().all(|one| *one == conditions[0] && !one.is_empty()), "{conditions:?}");
        }
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
