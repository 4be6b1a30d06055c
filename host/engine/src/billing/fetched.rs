//! Which counts are known, and of which month.
//!
//! A count is known from one walk that reached its end without a flaw, apart from gaps that name the customers whose
//! counts are missing. Each unknown count has its cause: the read failed, a part of it that cannot be attributed is
//! missing, it changed while it was read, or the deciding report is empty where the one before it was not. The deciding
//! month is the sync's, by its calendar.

use super::today;
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::run::draft::Draft;
use crate::run::observe::Observed;
use crosswalk_model::run::ReadFlaw;
use crosswalk_model::{Failure, Kind, Period, Said, Sync, SyncName, Timestamp, said};
use crosswalk_store::TenantStore;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use std::collections::HashMap;

/// Causes of unknown counts, and the deciding month.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// Cause that makes the counts of all customers unknown.
    pub(super) whole: Option<Said>,
    /// Causes that make the counts of single customers unknown, by customer.
    pub(super) of: HashMap<String, Said>,
    /// Month that counts are billed from, where the vendor reports by month.
    pub(super) period: Option<String>,
}

impl Fetched {
    pub(super) fn why(&self, customer: &str) -> Option<&Said> {
        self.whole.as_ref().or_else(|| self.of.get(customer))
    }

    pub(super) fn period(&self) -> Option<&str> {
        self.period.as_deref()
    }

    /// Builds it from a fresh observation; `decide` judges the months of the rows.
    pub(super) fn of(source: &Opened, observed: &Observed) -> (Self, Vec<Period>) {
        let unknown = |whole: Said| Self { whole: Some(whole), ..Self::default() };
        let Some(report) = Observed::of(&observed.source, Kind::Usage) else {
            return (unknown(said!("usage-not-asked", source = &source.name)), Vec::new());
        };
        let periods = report.periods.clone();
        if let Some(failure) = &report.failure {
            return (unknown(failure.said()), periods);
        }
        if let Some((_, cause)) = report.gaps.iter().find(|(parent, _)| parent.is_none()) {
            return (unknown(cause.message().into()), periods);
        }
        let flaw = match report.flaw {
            Some(ReadFlaw::Moved { before, after }) => Some(said!("usage-report-moved", before, after)),
            Some(ReadFlaw::Short { told, came }) => Some(said!("usage-report-short", total = told, came)),
            Some(ReadFlaw::Dropped { before, came }) => Some(said!("usage-report-dropped", before, came)),
            None if !report.walked => Some(said!("usage-report-in-parts")),
            None => None,
        };
        let of = report.gaps.iter().filter_map(|(parent, cause)| Some((parent.clone()?, cause.message().into())));
        (Self { whole: flaw, of: of.collect(), period: None }, periods)
    }

    /// Sets the deciding month from the periods a read covers and the number of rows of each.
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
            self.whole = Some(said!("usage-report-of-another-month", month, reported = &vendors.name));
            return;
        };
        let of = |period: &Period| rows.get(&period.name).copied().unwrap_or(0);
        let before = periods.iter().filter(|period| period.name < month).max_by(|a, b| a.name.cmp(&b.name));
        if let Some((before, count)) = before.map(|period| (period, of(period))).filter(|(_, count)| *count > 0)
            && of(&periods[at]) == 0
        {
            self.whole = Some(said!("usage-report-empty", month, before = &before.name, count));
        }
    }
}

/// Converts the month on which a vendor decides by UTC to the month by the sync's calendar.
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

/// Kinds of the target that were read to the end.
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

/// Returns which counts of the last observation are known.
pub(crate) async fn fetched_before(store: &TenantStore, sync: &Sync) -> Result<Fetched, Error> {
    Ok(match store.fetched(&sync.name).await? {
        Some((whole, of, period)) => Fetched {
            whole: whole.map(|column| Said::of_column(&column)),
            of: of.into_iter().map(|(customer, column)| (customer, Said::of_column(&column))).collect(),
            period,
        },
        None => Fetched { whole: Some(said!("usage-not-read")), ..Fetched::default() },
    })
}

/// Stores which counts are known, for later plans.
pub(super) async fn store(store: &TenantStore, sync: &SyncName, fetched: &Fetched) -> Result<(), Error> {
    let whole = fetched.whole.as_ref().map(Said::to_column);
    let of = fetched.of.iter().map(|(customer, why)| (customer.clone(), why.to_column())).collect();
    Ok(store.fetched_put(sync, whole, &of, fetched.period.clone()).await?)
}

/// Notes that a read of usage began: until it ends, nobody knows what is zero.
pub(crate) async fn begin_read(store: &TenantStore, sync: &SyncName) -> Result<(), Error> {
    let period = store.fetched(sync).await?.and_then(|(.., period)| period);
    let unread = Fetched { whole: Some(said!("usage-read-not-completed")), of: HashMap::new(), period };
    self::store(store, sync, &unread).await
}

/// As [`fetched_before`], unless a later reading of the report, by any sync, broke off: its rows stand beside those it
/// did not reach, so that the same count may be stored twice.
pub(crate) async fn fetched_now(store: &TenantStore, sync: &Sync) -> Result<Fetched, Error> {
    let before = fetched_before(store, sync).await?;
    if before.whole.is_some() || !store.read_broken_off(&sync.source, Kind::Usage).await? {
        return Ok(before);
    }
    Ok(Fetched { whole: Some(said!("usage-report-broken-off")), ..before })
}

/// Whether a cause is a failure of the vendor: a month without a report is not.
pub(super) fn is_failure(cause: &Failure) -> bool {
    !matches!(cause, Failure::NotFound { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_say::English;

    fn decided(
        periods: &[(&str, bool)],
        rows: &[(&str, usize)],
        zone: &str,
        now: &str,
    ) -> (Option<String>, Option<Said>) {
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
        assert!(
            whole.is_some_and(|why| why.english().contains("2026-11 is empty") && why.english().contains("17 rows"))
        );
        assert_eq!(decided(&both, &[("2026-11", 1), ("2026-10", 17)], "UTC", noon).1, None);
        assert_eq!(decided(&both, &[], "UTC", noon).1, None, "a partner without any customer");
        assert_eq!(decided(&[], &[("2026-10", 17), ("2026-11", 2)], "UTC", noon).0.as_deref(), Some("2026-11"));
    }

    #[test]
    fn the_month_is_that_of_the_syncs_calendar() {
        let both = [("2026-11", true), ("2026-10", false)];
        let rows = [("2026-11", 20), ("2026-10", 17)];
        // In Rome it is half an hour into December, and the vendor's report is still of November.
        let (period, whole) = decided(&both, &rows, "Europe/Rome", "2026-11-30T23:30:00Z");
        assert_eq!(period.as_deref(), Some("2026-12"));
        assert!(
            whole.is_some_and(|why| why.english().contains("2026-12") && why.english().contains("still of 2026-11"))
        );
        // In New York it is still October, and that report exists too.
        let (period, whole) = decided(&both, &rows, "America/New_York", "2026-11-01T02:00:00Z");
        assert_eq!((period.as_deref(), whole), (Some("2026-10"), None));
        // A vendor that decides on the month before moves along.
        let arrears = [("2026-10", true), ("2026-11", false)];
        assert_eq!(decided(&arrears, &rows, "UTC", "2026-11-29T12:00:00Z").0.as_deref(), Some("2026-10"));
    }
}
