//! The texts of a ticket: its title, its description and the notes on alerts that follow.
//!
//! They are written into the target, in English.

use super::{Alert, Place};

/// The device, then what happened, in one line.
pub(super) fn title(alert: &Alert<'_>) -> String {
    let what = [alert.record.name.as_str(), message(alert)].into_iter().find(|text| !text.trim().is_empty());
    let what = what.unwrap_or("alert").lines().next().unwrap_or_default().trim();
    match alert.device {
        Some(device) if !what.contains(device) => format!("{device}: {what}"),
        _ => what.to_owned(),
    }
}

pub(super) fn message<'r>(alert: &Alert<'r>) -> &'r str {
    alert.record.text("message").unwrap_or(&alert.record.name)
}

pub(super) fn at(alert: &Alert<'_>) -> String {
    alert.raised().map(|raised| format!(", last at {raised}")).unwrap_or_default()
}

pub(super) fn description(first: &Alert<'_>, last: Option<&Alert<'_>>, times: usize) -> String {
    let mut text = message(first).trim().to_owned();
    text.push('\n');
    let mut line = |name: &str, value: &str| text.push_str(&format!("\n{name}: {value}"));
    if let Some(device) = alert_device(first) {
        line("Device", device);
    }
    if matches!(first.place, Place::Unmapped | Place::OutOfUse(_)) && !first.customer.is_empty() {
        let why = if first.place == Place::Unmapped { "not linked" } else { "its account is not in use" };
        line(&format!("Customer ({why})"), first.customer);
    }
    if let Some(condition) = first.record.text("condition") {
        line("Condition", condition);
    }
    if let Some(raised) = first.raised() {
        line("Raised", &raised.to_string());
    }
    if let Some(last) = last {
        line("Raised again", &format!("{times} times by now{}", at(last)));
    }
    text
}

fn alert_device<'r>(alert: &Alert<'r>) -> Option<&'r str> {
    alert.device.or_else(|| alert.record.text("asset"))
}
