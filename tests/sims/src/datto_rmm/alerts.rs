//! The alerts of the simulated Datto RMM: raised, muted, resolved, and how one is written.
//!
//! An alert has no title and no condition: what it is about is its `alertContext`, an open map that names its class.
//! Leaves alone: what raises one. There are no monitors here; tests and the seed do.

use serde_json::{Value, json};

use super::render::Form;
use super::state::State;
use crate::json::{Obj, array};
use crate::world::{EPOCH, World};

#[derive(Clone, Debug)]
pub(super) struct Alert {
    pub(super) uid: String,
    /// The slot of its device.
    pub(super) device: i64,
    priority: String,
    context: Value,
    diagnostics: String,
    /// Unix seconds.
    at: i64,
    /// By whom and when, once it is over.
    resolved: Option<(String, i64)>,
    muted: bool,
}

/// Whose alerts a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Account,
    Site(i64),
    Device(i64),
}

impl State {
    /// One device in fifty has an alert; every fourth of them is over, every eighth muted.
    pub(super) fn seed_alerts(&mut self, world: &World) {
        for (i, device) in world.devices.iter().enumerate().filter(|(i, _)| i % 50 == 7) {
            let disk = device.disks.first().map_or("C:", |d| d.name);
            let (priority, context, diagnostics) = match i / 50 % 8 {
                0 => (
                    "Critical",
                    json!({"@class": "perf_disk_usage_ctx", "diskName": disk, "totalVolume": 249_000, "freeSpace": 4.2, "unitOfMeasure": "PERCENT", "diskNameDesignation": null}),
                    "",
                ),
                1 => ("High", json!({"@class": "online_offline_status_ctx", "status": "OFFLINE"}), ""),
                2 => (
                    "Moderate",
                    json!({"@class": "eventlog_ctx", "logName": "System", "code": "7034", "type": "ERROR", "source": "Service Control Manager",
                        "description": "The Print Spooler service terminated unexpectedly.", "triggerCount": 1, "lastTriggered": (EPOCH - 60) * 1000}),
                    "",
                ),
                3 => (
                    "Low",
                    json!({"@class": "perf_resource_usage_ctx", "processName": "sqlservr.exe", "sample": 97, "type": "CPU"}),
                    "",
                ),
                4 => (
                    "Critical",
                    json!({"@class": "antivirus_ctx", "status": "NotRunning", "productName": "Windows Defender"}),
                    "",
                ),
                5 => (
                    "Information",
                    json!({"@class": "comp_script_ctx", "samples": {"Result": "Backup has not run"}}),
                    "exit code 1",
                ),
                6 => (
                    "Moderate",
                    json!({"@class": "patch_ctx", "patchUid": "9a0c1d2e", "policyUid": null, "result": "FAILED", "info": null}),
                    "",
                ),
                // A class and a priority of tomorrow.
                _ => ("Urgent", json!({"@class": "quantum_ctx", "flux": 3}), ""),
            };
            let at = EPOCH - 3600 * (i as i64 % 700);
            let uid = self.raise(&device.id, priority, context, diagnostics, at);
            let Some(uid) = uid else { continue };
            if i / 50 % 4 == 3 {
                self.resolve(&uid, "Autoresolve", at + 600);
            }
            if let (4, Some(alert)) = (i / 50 % 8, self.alert_of.get(&uid).and_then(|id| self.alerts.get_mut(id))) {
                alert.muted = true;
            }
        }
    }

    /// A new alert; its uid.
    pub(super) fn raise(
        &mut self,
        device: &str,
        priority: &str,
        context: Value,
        diagnostics: &str,
        at: i64,
    ) -> Option<String> {
        let device = self.slot(device)?;
        let id = self.fresh_id();
        let uid = self.fresh_uid();
        let alert = Alert {
            uid: uid.clone(),
            device,
            priority: priority.to_owned(),
            context,
            diagnostics: diagnostics.to_owned(),
            at,
            resolved: None,
            muted: false,
        };
        self.alerts.insert(id, alert);
        self.alert_of.insert(uid.clone(), id);
        Some(uid)
    }

    /// An open alert is over.
    pub(super) fn resolve(&mut self, uid: &str, by: &str, at: i64) -> bool {
        match self.alert_of.get(uid).and_then(|id| self.alerts.get_mut(id)) {
            Some(alert) if alert.resolved.is_none() => {
                alert.resolved = Some((by.to_owned(), at));
                true
            }
            _ => false,
        }
    }

    /// The alerts of a list, by when they were raised.
    pub(super) fn alerts(&self, of: Of, resolved: bool, muted: Option<bool>) -> Vec<i64> {
        let concerns = |alert: &Alert| match of {
            Of::Account => true,
            Of::Site(site) => self.row(alert.device).is_some_and(|r| r.site == site),
            Of::Device(slot) => alert.device == slot,
        };
        let listed = |alert: &Alert| alert.resolved.is_some() == resolved && muted.is_none_or(|m| m == alert.muted);
        self.alerts.iter().filter(|(_, a)| listed(a) && concerns(a)).map(|(id, _)| *id).collect()
    }

    pub(super) fn open_alerts(&self) -> Vec<String> {
        let open = self.alerts(Of::Account, false, None);
        open.iter().filter_map(|id| self.alerts.get(id)).map(|alert| alert.uid.clone()).collect()
    }

    pub(super) fn write_alert(&self, id: i64, out: &mut Vec<u8>) {
        let Some(alert) = self.alerts.get(&id) else { return };
        let row = self.row(alert.device);
        let site = row.and_then(|r| self.sites.get(&r.site));
        let form = Form { iso: self.iso_dates };
        let mut o = Obj::new(out);
        o.text("alertUid", &alert.uid).text("priority", &alert.priority);
        if alert.diagnostics.is_empty() {
            o.null("diagnostics")
        } else {
            o.text("diagnostics", &alert.diagnostics)
        };
        o.flag("resolved", alert.resolved.is_some());
        o.text_or_null("resolvedBy", alert.resolved.as_ref().map(|(by, _)| by.as_str()));
        form.time(&mut o, "resolvedOn", alert.resolved.as_ref().map(|(_, at)| at * 1000));
        o.flag("muted", alert.muted).null("ticketNumber");
        form.time(&mut o, "timestamp", Some(alert.at * 1000));
        o.raw("alertMonitorInfo", r#"{"sendsEmails":true,"createsTicket":false}"#);
        o.raw("alertContext", &alert.context.to_string());
        let mut source = Obj::new(o.key("alertSourceInfo"));
        source.text_or_null("deviceUid", row.map(|r| r.device.id.as_str()));
        source.text_or_null("deviceName", row.map(|r| r.device.name.as_str()));
        source.text_or_null("siteUid", site.map(|s| s.uid.as_str()));
        source.text_or_null("siteName", site.map(|s| s.name.as_str()));
        source.end();
        array(o.key("responseActions"), [alert.at], |out, at| {
            let mut o = Obj::new(out);
            form.time(&mut o, "actionTime", Some(at * 1000));
            o.text("actionType", "EMAIL_SENT").null("description").null("actionReference").null("actionReferenceInt");
            o.end();
        });
        o.int("autoresolveMins", 0);
        o.end();
    }
}
