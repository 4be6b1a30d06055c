//! How often `crosswalk work` does something of a sync: as flags, and as people read it.

use crate::cli::output::{clean, count};
use crate::engine::Tenant;
use crate::model::{Job, Schedule, Sync, SyncName};

/// How often things are done by `crosswalk work`.
#[derive(Debug, clap::Args)]
pub(super) struct TimesArgs {
    /// Run it this often with `crosswalk work` [default: never]
    #[arg(long, value_name = "MINUTES|never", value_parser = minutes)]
    every: Option<Every>,
    /// Poll its alerts this often with `crosswalk work` [default: never]
    #[arg(long, value_name = "MINUTES|never", value_parser = minutes)]
    alerts_every: Option<Every>,
}

impl TimesArgs {
    pub(super) async fn set(&self, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<()> {
        for (job, every) in [(Job::Sync, self.every), (Job::Alerts, self.alerts_every)] {
            if let Some(Every(minutes)) = every {
                tenant.schedule_set(sync, job, minutes).await?;
            }
        }
        Ok(())
    }
}

/// An interval in minutes, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Every(Option<u32>);

fn minutes(text: &str) -> Result<Every, String> {
    if text == "never" {
        return Ok(Every(None));
    }
    let number = text.parse().map_err(|_| format!("`{text}` is no interval: write minutes, such as 60, or `never`"))?;
    Ok(Every(Some(number)))
}

/// `5 min`, `2 h`, `1 d`.
pub(super) fn interval(schedule: &Schedule) -> String {
    match schedule.minutes() {
        minutes if minutes % (24 * 60) == 0 => format!("{} d", minutes / (24 * 60)),
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}

pub(super) fn schedules_of(all: &[Schedule], sync: &SyncName) -> Vec<Schedule> {
    all.iter().filter(|schedule| schedule.sync == *sync).cloned().collect()
}

/// When `crosswalk work` does what, and how it went last.
pub(super) fn times(sync: &Sync, schedules: &[Schedule]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for schedule in schedules {
        let mut line = format!("{} every {}, next {}", schedule.job.as_str(), interval(schedule), schedule.due_at);
        if !schedule.message.is_empty() {
            line.push_str(&format!("; last: {}", clean(&schedule.message)));
        }
        if schedule.failures > 0 {
            line.push_str(&format!(" ({} in a row)", count(schedule.failures.into(), "failure")));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        lines.push(format!("none: `crosswalk sync set {} --every MINUTES` makes one", sync.name));
    }
    if sync.paused {
        lines.insert(0, format!("paused: `crosswalk sync resume {}` ends it", sync.name));
    }
    lines.join("\n                ")
}

#[cfg(test)]
mod tests {
    use super::{Every, minutes};

    #[test]
    fn an_interval_is_minutes_or_never() {
        assert_eq!((minutes("60"), minutes("never")), (Ok(Every(Some(60))), Ok(Every(None))));
        for bad in ["", "-1", "1.5", "1h", "always"] {
            assert!(minutes(bad).unwrap_err().contains("never"), "{bad}");
        }
    }
}
