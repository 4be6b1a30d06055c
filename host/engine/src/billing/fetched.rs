//! Which counts are known, and of which month.
//!
//! A count is known from one walk that went soundly to its end, apart from gaps that name whose counts
//! are missing. What is not known is told with its own cause: the read failed, a part of it that
//! nobody can name is missing, it changed while it was read, or the report that decides is empty
//! where the one before it was not. The month that decides is the sync's, by its calendar.

use super::today;
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::run::draft::Draft;
use crate::run::observe::Observed;
use crosswalk_model::run::ReadFlaw;
use crosswalk_model::{Failure, Kind, Period, Sync, Timestamp};
use crosswalk_store::TenantStore;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use std::collections::HashMap;

/// Which counts are not known, and why; and the month that decides.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// Why nothing is known of any customer.
    pub(super) whole: Option<String>,
    /// Why nothing is known of single ones.
    pub(super) of: HashMap<String, String>,
    /// The month that counts are billed from, where the vendor reports by month.
    pub(super) period: Option<String>,
}

impl Fetched {
    pub(super) fn why(&self, customer: &str) -> Option<&str> {
        self.whole.as_ref().or_else(|| self.of.get(customer)).map(String::as_str)
    }

    pub(super) fn period(&self) -> Option<&str> {
        self.period.as_deref()
    }

    /// As a fresh observation left it; the months of the rows are judged by `judge`.
    pub(super) fn of(source: &Opened, observed: &Observed) -> (Self, Vec<Period>) {
        let unknown = |whole: String| Self { whole: Some(whole), ..Self::default() };
        let Some(report) = Observed::of(&observed.source, Kind::Usage) else {
            return (unknown(format!("`{}` was not asked for usage", source.name)), Vec::new());
        };
        let periods = report.periods.clone();
        if let Some(failure) = &report.failure {
            return (unknown(failure.to_string()), periods);
        }
        if let Some((_, cause)) = report.gaps.iter().find(|(parent, _)| parent.is_none()) {
            return (unknown(cause.message().to_owned()), periods);
        }
        let again = "the next run reads it again";
        let flaw = match report.flaw {
            Some(ReadFlaw::Moved { before, after }) => {
                Some(format!("the report changed while it was read, from {before} rows to {after}: {again}"))
            }
            Some(ReadFlaw::Short { told, came }) => {
                Some(format!("the report has {told} rows and {came} of them came: {again}"))
            }
            Some(ReadFlaw::Dropped { before, came }) => {
                Some(format!("the report had {before} rows before and has {came} now: {again}, and then it counts"))
            }
            None if !report.walked => Some(format!("the report was not read in one go: {again}")),
            None => None,
        };
        let of = report.gaps.iter().filter_map(|(parent, cause)| Some((parent.clone()?, cause.message().to_owned())));
        (Self { whole: flaw, of: of.collect(), period: None }, periods)
    }

    /// Takes the month that decides, by the periods a read covers and how many rows there are of each.
    pub(super) fn decide(&mut self, periods: &[Period], rows: &HashMap<String, usize>, zone: &str, now: Timestamp) {
        let Some(vendors) = periods.iter().find(|period| period.decides) else {
            self.period = rows.keys().max().cloned();
            return;
        };
        let month = in_calendar(&vendors.name, zone, now);
        self.period = Some(month.clone());
        if self.whole.is_some() {
            return;
        }
        let Some(at) = periods.iter().position(|period| period.name == month) else {
            self.whole = Some(format!(
                "by the sync's calendar it is {month}, and the vendor's report is still of {}: it is read again",
                vendors.name
            ));
            return;
        };
        let of = |period: &Period| rows.get(&period.name).copied().unwrap_or(0);
        let before = periods.iter().filter(|period| period.name < month).max_by(|a, b| a.name.cmp(&b.name));
        if let Some((before, count)) = before.map(|period| (period, of(period))).filter(|(_, count)| *count > 0)
            && of(&periods[at]) == 0
        {
            self.whole = Some(format!(
                "the report for {month} is empty, where that for {} has {count} rows: it is not taken for zero",
                before.name
            ));
        }
    }
}

/// The month by the sync's calendar for which a vendor decides on this one by the world's.
fn in_calendar(month: &str, zone: &str, now: Timestamp) -> String {
    let months = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
    let ahead = months(today(zone, now)) - months(today("UTC", now));
    let first: Option<Date> = format!("{month}-01").parse().ok();
    let span: Span = ahead.months();
    match first.and_then(|first| first.checked_add(span).ok()) {
        Some(first) if ahead != 0 => format!("{:04}-{:02}", first.year(), first.month()),
        _ => month.to_owned(),
    }
}

/// What of the target was read to the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TargetRead {
    pub(super) usage: bool,
    pub(super) contracts: bool,
}

impl TargetRead {
    pub(crate) fn of(draft: &Draft<'_, '_>) -> Self {
        Self { usage: draft.target_complete(Kind::Usage), contracts: draft.target_complete(Kind::Contract) }
    }

    /// By the last complete reads.
    pub(crate) async fn stored(store: &TenantStore, sync: &Sync) -> Result<Self, Error> {
        Ok(Self {
            usage: store.read_last_complete(&sync.target, Kind::Usage).await?.is_some(),
            contracts: store.read_last_complete(&sync.target, Kind::Contract).await?.is_some(),
        })
    }
}

/// Which counts are known of what was read before.
pub(crate) async fn fetched_before(store: &TenantStore, sync: &Sync) -> Result<Fetched, Error> {
    Ok(match store.fetched(&sync.name).await? {
        Some((whole, of, period)) => Fetched { whole, of, period },
        None => Fetched { whole: Some("usage was not read yet".to_owned()), ..Fetched::default() },
    })
}

/// The same, unless a later reading of the report, by whatever sync, broke off: what it stored stands beside what it
/// did not reach, and the same count may be there twice.
pub(crate) async fn fetched_now(store: &TenantStore, sync: &Sync) -> Result<Fetched, Error> {
    let before = fetched_before(store, sync).await?;
    if before.whole.is_some() || !store.read_broken_off(&sync.source, Kind::Usage).await? {
        return Ok(before);
    }
    let whole = "a later reading of the report did not come to its end: the next run reads it again".to_owned();
    Ok(Fetched { whole: Some(whole), ..before })
}

/// Whether a cause is a failure of the vendor: a month without a report is none.
pub(super) fn is_failure(cause: &Failure) -> bool {
    !matches!(cause, Failure::NotFound { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(
        periods: &[(&str, bool)],
        rows: &[(&str, usize)],
        zone: &str,
        now: &str,
    ) -> (Option<String>, Option<String>) {
        let period = |one: &(&str, bool)| Period { name: one.0.to_owned(), decides: one.1 };
        let periods: Vec<Period> = periods.iter().map(period).collect();
        let rows = rows.iter().map(|(month, rows)| ((*month).to_owned(), *rows)).collect();
        let mut fetched = Fetched::default();
        fetched.decide(&periods, &rows, zone, Timestamp::parse(now).unwrap());
        (fetched.period, fetched.whole)
    }

    #[test]
    fn an_empty_report_of_the_month_that_decides_is_not_last_months_count() {
        let both = [("2026-11", true), ("2026-10", false)];
        let noon = "2026-11-29T12:00:00Z";
        let (period, whole) = decided(&both, &[("2026-10", 17)], "UTC", noon);
        assert_eq!(period.as_deref(), Some("2026-11"));
        assert!(whole.is_some_and(|why| why.contains("2026-11 is empty") && why.contains("17 rows")));
        assert_eq!(decided(&both, &[("2026-11", 1), ("2026-10", 17)], "UTC", noon).1, None);
        assert_eq!(decided(&both, &[], "UTC", noon).1, None, "a partner without any customer");
        assert_eq!(decided(&[], &[("2026-10", 17), ("2026-11", 2)], "UTC", noon).0.as_deref(), Some("2026-11"));
    }

    #[test]
    fn the_month_is_that_of_the_syncs_calendar() {
        let both = [("2026-11", true), ("2026-10", false)];
        let rows = [("2026-11", 20), ("2026-10", 17)];
        // In Rome it is December by half an hour, and the vendor's report is of November still.
        let (period, whole) = decided(&both, &rows, "Europe/Rome", "2026-11-30T23:30:00Z");
        assert_eq!(period.as_deref(), Some("2026-12"));
        assert!(whole.is_some_and(|why| why.contains("2026-12") && why.contains("still of 2026-11")));
        // In New York it is October still, and that report is there, too.
        let (period, whole) = decided(&both, &rows, "America/New_York", "2026-11-01T02:00:00Z");
        assert_eq!((period.as_deref(), whole), (Some("2026-10"), None));
        // A vendor that decides on the month before goes along.
        let arrears = [("2026-10", true), ("2026-11", false)];
        assert_eq!(decided(&arrears, &rows, "UTC", "2026-11-29T12:00:00Z").0.as_deref(), Some("2026-10"));
    }
}
