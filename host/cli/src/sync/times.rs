//! The schedule of a sync: as flags, and as text for people.

use crosswalk_engine::Tenant;
use crosswalk_model::{Calendar, Call, Job, Recurrence, Said, Schedule, Sync, SyncName, Verb, said};

/// Schedules run by `crosswalk work`.
#[derive(Debug, clap::Args)]
pub(super) struct TimesArgs {
    /// Run it this often with `crosswalk work` [default: never; once a day where usage takes part]
    #[arg(long, value_name = "MINUTES|never", value_parser = minutes)]
    every: Option<Every>,
    /// Run it each day at this time of its time zone, or up to three minutes later
    #[arg(long, value_name = "HH:MM", value_parser = daily, conflicts_with = "every")]
    daily: Option<Calendar>,
    /// Run it each month on this day, 1 to 31 or `last`, at this time of its time zone; a month
    /// that lacks the day has it on its last
    #[arg(long, value_name = "DAY@HH:MM", value_parser = monthly, conflicts_with_all = ["every", "daily"])]
    monthly: Option<Calendar>,
    /// Poll its alerts this often with `crosswalk work` [default: never]
    #[arg(long, value_name = "MINUTES|never", value_parser = minutes)]
    alerts_every: Option<Every>,
}

impl TimesArgs {
    async fn set(&self, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<()> {
        for (job, every) in [(Job::Sync, self.every), (Job::Alerts, self.alerts_every)] {
            if let Some(Every(minutes)) = every {
                tenant.schedule_set(sync, job, minutes).await?;
            }
        }
        if let Some(calendar) = self.daily.or(self.monthly) {
            tenant.schedule_by(sync, Job::Sync, calendar).await?;
        }
        Ok(())
    }

    /// Sets the schedule of a new sync; without flags the default of its kinds applies, with a
    /// note.
    pub(super) async fn set_first(&self, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<Option<Said>> {
        self.set(tenant, sync).await?;
        let named = self.every.is_some() || self.daily.is_some() || self.monthly.is_some();
        let usual = !named && tenant.schedule_usual(sync).await?;
        Ok(usual.then(|| said!("desk-cli-once-a-day", set = Call::of(Verb::SyncSet).with("name", sync))))
    }

    /// Sets the schedule of an existing sync; if usage `enters` it unscheduled, as for a new one.
    pub(super) async fn set_later(
        &self,
        tenant: &Tenant,
        sync: &SyncName,
        enters: bool,
    ) -> anyhow::Result<Option<Said>> {
        let recurs = |schedule: &Schedule| schedule.job == Job::Sync;
        if enters && !schedules_of(&tenant.schedule_list().await?, sync).iter().any(recurs) {
            return self.set_first(tenant, sync).await;
        }
        self.set(tenant, sync).await?;
        Ok(None)
    }
}

/// An interval in minutes, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Every(Option<u32>);

fn minutes(text: &str) -> Result<Every, String> {
    if text == "never" {
        return Ok(Every(None));
    }
    let number =
        text.parse().map_err(|_| format!("`{text}` is not an interval: write minutes, such as 60, or `never`"))?;
    Ok(Every(Some(number)))
}

fn daily(text: &str) -> Result<Calendar, String> {
    format!("daily {text}").parse()
}

fn monthly(text: &str) -> Result<Calendar, String> {
    format!("monthly {text}").parse()
}

/// `every 5 min`, `every 2 h`, `every 1 d`, `daily 02:30 Europe/Rome`.
pub(super) fn recurrence(schedule: &Schedule) -> Said {
    match (&schedule.recurs, schedule.minutes().unwrap_or_default()) {
        (Recurrence::Calendar { calendar, time_zone, .. }, _) => by_calendar(*calendar, time_zone),
        (_, minutes) if minutes % (24 * 60) == 0 => said!("desk-cli-every-days", days = minutes / (24 * 60)),
        (_, minutes) if minutes % 60 == 0 => said!("desk-cli-every-hours", hours = minutes / 60),
        (_, minutes) => said!("desk-cli-every-minutes", minutes),
    }
}

fn by_calendar(calendar: Calendar, zone: &str) -> Said {
    // Its own writing, which flags take too: `daily 02:30`, `monthly 15@02:30`, `monthly last@02:30`.
    let written = calendar.to_string();
    let at = written.split_once(' ').map_or("", |(_, at)| at);
    match at.split_once('@') {
        None => said!("desk-cli-daily", time = at, zone),
        Some((day, time)) => said!("desk-cli-monthly", day, time, zone),
    }
}

pub(super) fn schedules_of(all: &[Schedule], sync: &SyncName) -> Vec<Schedule> {
    all.iter().filter(|schedule| schedule.sync == *sync).cloned().collect()
}

/// Describes when `crosswalk work` does what, and the last outcome, line by line.
pub(super) fn schedule_lines(sync: &Sync, schedules: &[Schedule]) -> Vec<Said> {
    let paused =
        sync.paused.then(|| said!("desk-cli-schedule-paused", resume = format!("crosswalk sync resume {}", sync.name)));
    let none = schedules.is_empty().then(|| {
        let set = Call::of(Verb::SyncSet).with("name", &sync.name).with("every", "MINUTES");
        said!("desk-cli-schedule-none", set)
    });
    paused.into_iter().chain(schedules.iter().map(line)).chain(none).collect()
}

fn line(schedule: &Schedule) -> Said {
    let recurs = recurrence(schedule);
    let mut line = said!("desk-cli-schedule", job = schedule.job.as_str(), recurs, next = schedule.due_at);
    if !schedule.message.is_empty() {
        line = said!("desk-cli-schedule-last", schedule = line, last = &schedule.message);
    }
    if schedule.failures > 0 {
        line = said!("desk-cli-schedule-failures", schedule = line, failures = schedule.failures);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Every, TimesArgs, daily, minutes, monthly};
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct CommandLine {
        #[command(flatten)]
        args: TimesArgs,
    }

    #[test]
    fn a_calendar_is_a_time_each_day_or_a_day_each_month_and_only_one_of_all() {
        assert_eq!(daily("02:30").unwrap().to_string(), "daily 02:30");
        assert_eq!(monthly("last@02:30").unwrap().to_string(), "monthly last@02:30");
        assert!(daily("25:00").is_err() && monthly("02:30").unwrap_err().contains("15@02:30"));
        for bad in ["--every 60 --daily 02:30", "--daily 02:30 --monthly 1@02:30", "--every never --monthly 1@02:30"] {
            assert!(CommandLine::try_parse_from(format!("set {bad}").split(' ')).is_err(), "{bad}");
        }
        let line = CommandLine::try_parse_from(["set", "--daily", "02:30", "--alerts-every", "5"]).unwrap();
        assert!(line.args.daily.is_some() && line.args.every.is_none());
    }

    #[test]
    fn an_interval_is_minutes_or_never() {
        assert_eq!((minutes("60"), minutes("never")), (Ok(Every(Some(60))), Ok(Every(None))));
        for bad in ["", "-1", "1.5", "1h", "always"] {
            assert!(minutes(bad).unwrap_err().contains("never"), "{bad}");
        }
    }
}
