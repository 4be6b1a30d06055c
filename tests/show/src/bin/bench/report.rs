//! The table, the targets, and the file.

use crosswalk_show::Trouble;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Keys of the file, what they stand for, and the most they should be.
const TARGETS: [(&str, &str, Option<f64>); 20] = [
    ("fresh_call_us_p50", "fresh instance, `describe`, drop: µs, p50", Some(50.0)),
    ("wasm_over_native", "a page of 250 devices: in wasm / natively", Some(2.0)),
    ("first_sync_over_calls_10k", "first sync of 10,000 / its bare calls", Some(2.0)),
    ("first_sync_over_calls_50k", "first sync of 50,000 / its bare calls", Some(2.0)),
    ("first_sync_over_calls_10k_20ms", "the same of 10,000, 20 ms a reply", Some(1.05)),
    ("second_sync_over_calls_10k", "second sync of 10,000 / its bare calls", Some(3.0)),
    ("second_sync_over_calls_50k", "second sync of 50,000 / its bare calls", Some(3.0)),
    ("second_sync_writes", "writes of a second sync", Some(0.0)),
    ("sync_rss_mib_50k", "peak memory of a sync of 50,000: MiB", Some(150.0)),
    ("plan_seconds_50k", "plan of 50,000 from stored data: s", Some(1.0)),
    ("usage_plan_seconds", "usage of 2,000 x 10, from stored data: s", Some(1.0)),
    ("usage_plan_rss_mib", "peak memory of that plan: MiB", Some(150.0)),
    ("alike_plan_seconds", "20,000 x 20,000 alike names, stored: s", Some(10.0)),
    ("alike_stop_seconds", "that plan, from a stop to its end: s", Some(1.0)),
    ("alike_devices_rss_mib", "5,000 devices with one serial: peak MiB", Some(300.0)),
    ("starvation_max_over_median", "200 tenants, 1,000 due: longest / middle", Some(1.5)),
    ("starvation_peak_mib", "peak memory of that work: MiB", None),
    ("hanging_tenant_delay_ratio", "the others beside a hanging one / without", Some(1.1)),
    ("start_to_ready_ms", "`plugin list --json`, start to exit: ms", Some(100.0)),
    ("host_build_seconds", "a clean release build of the host: s", None),
];

/// What was measured. What is not measured this time keeps the number of the time before.
pub(crate) struct Report(Map<String, Value>);

impl Report {
    /// Takes up the file of the time before, if there is one.
    pub(crate) fn after(file: &Path) -> Self {
        let before = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut map: Map<String, Value> = before.unwrap_or_default();
        map.remove("second_sync_writes");
        for (key, ..) in TARGETS {
            map.entry(key).or_insert(Value::Null);
        }
        Self(map)
    }

    pub(crate) fn put(&mut self, key: &str, value: f64) {
        self.0.insert(key.to_owned(), json!((value * 1000.0).round() / 1000.0));
    }

    /// Puts a number there if it is higher.
    pub(crate) fn most(&mut self, key: &str, value: f64) {
        let there = self.0.get(key).and_then(Value::as_f64);
        self.put(key, there.map_or(value, |there| there.max(value)));
    }

    /// Writes the file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn save(&self, file: &Path) -> Result<(), Trouble> {
        Ok(std::fs::write(file, serde_json::to_string_pretty(&self.0)? + "\n")?)
    }

    /// The table for people.
    pub(crate) fn print(&self) {
        println!("\n{:<46}{:>10}{:>10}", "", "measured", "to reach");
        for (key, what, target) in TARGETS {
            let value = self.0.get(key).and_then(Value::as_f64);
            let verdict = match value.zip(target) {
                Some((value, target)) if value > target => "  missed",
                _ => "",
            };
            let value = value.map_or_else(|| "-".to_owned(), number);
            let target = target.map_or_else(String::new, |target| format!("≤ {}", number(target)));
            println!("{what:<46}{value:>10}{target:>10}{verdict}");
        }
        println!();
        for (key, value) in self.0.iter().filter(|(key, _)| TARGETS.iter().all(|(known, ..)| known != key)) {
            println!("{key:<46}{:>10}", value.as_f64().map_or_else(|| "-".to_owned(), number));
        }
    }
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 || value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// The median; not a number of nothing.
pub(crate) fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => (values[even / 2 - 1] + values[even / 2]) / 2.0,
    }
}
