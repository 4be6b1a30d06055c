//! The units of lines: one row per line and billing period, to the contract's end. An adjustment splits a row; rows do not
//! come in the order of their days.
//!
//! There may be a hundred rows a line, and they are not all fetched: the last one is asked for by its contract's last day,
//! the invoiced ones by their end. A line whose last row is not found so is read whole. Every query keeps to 500 values
//! and `or`s in all.

use crate::client::Client;
use crate::contracts::CONTRACTS;
use crate::query::{Condition, MOST, Operand, Query};
use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::{Failure, Nullable, time};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const UNITS: &str = "ContractServiceUnits";
const LINE: &str = "contractServiceID";
const INCLUDE: &[&str] =
    &["id", "contractID", "contractServiceID", "startDate", "endDate", "units", "approveAndPostDate"];
/// How far back invoiced periods are read, in days: two months. What was invoiced before restricts nobody any more.
const INVOICED_DAYS: u64 = 62;
const DAY_MS: u64 = 86_400_000;

/// A day of the vendor's, which may be told as midnight of its own zone.
#[derive(Debug, Clone)]
pub(super) struct Day {
    /// As it came.
    told: String,
    day: time::Day,
}

impl Day {
    /// The day of a time of the contract, `2025-01-31`.
    pub(super) fn of(time: &str) -> Option<String> {
        Some(time::day(time, None)?.date)
    }

    /// `2025-01-31`: as a text it sorts as a day does.
    pub(super) fn date(&self) -> &str {
        &self.day.date
    }

    /// Whether a contract can begin or end on it: years beyond these are how it is written that there is no such day.
    fn is_sensible(&self) -> bool {
        self.date().get(..4).and_then(|year| year.parse().ok()).is_some_and(|year: u16| (1901..9000).contains(&year))
    }

    /// The same by the zone that the settings name.
    fn in_zone(&mut self, ahead: Option<i64>) {
        if ahead.is_some()
            && let Some(day) = time::day(&self.told, ahead)
        {
            self.day = day;
        }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = Str::deserialize(deserializer)?.0.into_owned();
        let day = time::day(&told, None);
        let day = day.ok_or_else(|| serde::de::Error::custom(format!("`{told}` is no day")))?;
        Ok(Self { told, day })
    }
}

/// A day's midnight as this database writes it, by how it wrote the nearest of some days; as UTC's where it writes UTC's. Half a
/// year away summer time may differ: then an hour later, which is of the same day in any case.
pub(super) fn moment<'d>(date: &str, days: impl Iterator<Item = &'d Day>) -> String {
    const SEASON: i64 = 60;
    let distance = |day: &Day| time::days_between(date, day.date()).map_or(i64::MAX, i64::abs);
    let nearest = days.map(|day| (distance(day), day.day.ahead)).min_by_key(|(away, _)| *away);
    let ahead = nearest.map_or(0, |(away, ahead)| ahead - if ahead != 0 && away > SEASON { 3600 } else { 0 });
    time::midnight(date, ahead).unwrap_or_else(|| super::midnight(date))
}

/// The first moment that may be the midnight of a day somewhere, and the last. What is found by them has to be compared.
fn bounds(date: &str) -> (String, String) {
    const EAST: i64 = 14 * 3600;
    const WEST: i64 = -12 * 3600;
    let at = |ahead| time::midnight(date, ahead).unwrap_or_else(|| super::midnight(date));
    (at(EAST), at(WEST))
}

/// A row.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Units {
    #[serde(rename = "contractID")]
    pub(super) contract: Int,
    #[serde(rename = "contractServiceID")]
    pub(super) line: Int,
    #[serde(rename = "startDate")]
    pub(super) start: Day,
    #[serde(rename = "endDate")]
    pub(super) end: Day,
    pub(super) units: Int,
    #[serde(default)]
    approve_and_post_date: Nullable<String>,
}

impl Units {
    /// Whether it was invoiced.
    pub(super) fn is_posted(&self) -> bool {
        self.approve_and_post_date.value().is_some_and(|date| !date.trim().is_empty())
    }
}

/// The vendor's rows as of the zone that the settings name.
fn in_zone(client: &Client<'_>, mut rows: Vec<Units>) -> Result<Vec<Units>, Failure> {
    let ahead = client.settings.utc_offset_seconds()?;
    for row in &mut rows {
        row.start.in_zone(ahead);
        row.end.in_zone(ahead);
    }
    Ok(rows)
}

/// What stands of a line after the last change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// The day its last row begins: with a billing period, or with a change.
    from: String,
    /// How many.
    pub(super) units: i64,
    /// How many today; none where the first row begins later.
    pub(super) now: Option<i64>,
    /// The last day that was invoiced, of the last two months and later.
    pub(super) invoiced_until: Option<String>,
}

/// A contract's first and last day, none where it is open, and what else decides whether it takes usage.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Term {
    id: Int,
    #[serde(default, rename = "startDate")]
    pub(super) first: Option<Day>,
    #[serde(default, rename = "endDate")]
    pub(super) last: Option<Day>,
    pub(super) contract_type: Int,
    pub(super) status: Int,
}

/// The days of contracts.
///
/// # Errors
/// They cannot be read.
pub(super) fn terms(client: &Client<'_>, ids: &BTreeSet<i64>) -> Result<HashMap<i64, Term>, Failure> {
    let include = ["id", "contractType", "endDate", "startDate", "status"];
    let ids: Vec<i64> = ids.iter().copied().collect();
    let some = |ids: &[i64]| Query::new(&include, vec![Condition::among("id", ids.iter().copied())]);
    let queries: Vec<Query<'_>> = ids.chunks(MOST as usize).map(some).collect();
    let ahead = client.settings.utc_offset_seconds()?;
    let mut rows = client.every::<Term>(CONTRACTS.path, &queries)?;
    for day in rows.iter_mut().flat_map(|term| [&mut term.first, &mut term.last]) {
        if let Some(day) = day {
            day.in_zone(ahead);
        }
        day.take_if(|day| !day.is_sensible());
    }
    Ok(rows.into_iter().map(|term| (term.id.0, term)).collect())
}

/// What stands of these lines, each with its contract. A line without any units is left out.
///
/// # Errors
/// They cannot be read.
pub(super) fn standing(client: &Client<'_>, lines: Vec<(i64, i64)>) -> Result<HashMap<i64, Standing>, Failure> {
    let terms = terms(client, &lines.iter().map(|(_, contract)| *contract).collect())?;
    let mut by_end = BTreeMap::<String, Vec<i64>>::new();
    for (line, contract) in &lines {
        if let Some(last) = terms.get(contract).and_then(|term| term.last.as_ref()) {
            by_end.entry(bounds(last.date()).0).or_default().push(*line);
        }
    }
    let back = client.host.now_ms().saturating_sub(INVOICED_DAYS * DAY_MS) / DAY_MS * DAY_MS;
    let back = time::from_unix_ms(back);
    let ends = by_end
        .iter()
        .flat_map(|(end, lines)| lines.chunks(MOST as usize / 2).map(move |some| (some.to_vec(), vec![from(end)])));
    let mut queries = packed(ends);
    let today = today(client)?;
    let (first, last) = bounds(&today);
    // Invoiced, or of today.
    queries.extend(lines.chunks(MOST as usize - 2).map(|some| {
        let posted = Condition::new("exist", "approveAndPostDate", Operand::Nothing);
        let begun = Condition::new("lte", "startDate", Operand::Text(&last));
        let either = Condition::any(vec![posted, Condition::all(vec![begun, from(&first)])]);
        query(vec![Condition::among(LINE, some.iter().map(|(line, _)| *line)), either, from(&back)])
    }));
    let mut rows = in_zone(client, client.every::<Units>(UNITS, &queries)?)?;
    let reaches_end = |row: &&Units| {
        let last = terms.get(&row.contract.0).and_then(|term| term.last.as_ref());
        last.is_some_and(|last| row.end.date() >= last.date())
    };
    let known: HashSet<i64> = rows.iter().filter(reaches_end).map(|row| row.line.0).collect();
    let rest: Vec<i64> = lines.iter().map(|(line, _)| *line).filter(|line| !known.contains(line)).collect();
    rows.extend(whole(client, &rest)?);
    Ok(latest(&rows, &today))
}

/// All rows of lines.
///
/// # Errors
/// They cannot be read.
pub(super) fn whole(client: &Client<'_>, lines: &[i64]) -> Result<Vec<Units>, Failure> {
    let some = |lines: &[i64]| query(vec![Condition::among(LINE, lines.iter().copied())]);
    in_zone(client, client.every(UNITS, &lines.chunks(MOST as usize).map(some).collect::<Vec<_>>())?)
}

/// The rows that decide what an adjustment from a day on does: those of that day, and those beyond it that were invoiced.
///
/// # Errors
/// They cannot be read.
pub(super) fn on<'d>(
    client: &Client<'_>,
    lines: impl IntoIterator<Item = (i64, &'d str)>,
) -> Result<Vec<Units>, Failure> {
    let mut by_day = BTreeMap::<(String, String), Vec<i64>>::new();
    for (line, day) in lines {
        by_day.entry(bounds(day)).or_default().push(line);
    }
    let parts = by_day.iter().map(|((first, last), lines)| {
        let begun = Condition::new("lte", "startDate", Operand::Text(last));
        let posted = Condition::new("exist", "approveAndPostDate", Operand::Nothing);
        (lines.clone(), vec![from(first), Condition::any(vec![begun, posted])])
    });
    in_zone(client, client.every(UNITS, &packed(parts))?)
}

/// The rows after a day whose number is another than the one of that day; each line with its day and number.
///
/// # Errors
/// They cannot be read.
pub(super) fn differing<'d>(
    client: &Client<'_>,
    lines: impl IntoIterator<Item = (i64, &'d str, i64)>,
) -> Result<Vec<Units>, Failure> {
    let mut by_day = BTreeMap::<(String, i64), Vec<i64>>::new();
    let mut days = HashMap::new();
    for (line, day, units) in lines {
        by_day.entry((bounds(day).0, units)).or_default().push(line);
        days.insert(line, day);
    }
    let parts = by_day.iter().map(|((day, units), lines)| {
        let later = Condition::new("gt", "startDate", Operand::Text(day));
        let other = Condition::new("noteq", "units", Operand::Int(*units));
        (lines.clone(), vec![later, other])
    });
    let mut rows = in_zone(client, client.every(UNITS, &packed(parts))?)?;
    rows.retain(|row| days.get(&row.line.0).is_some_and(|day| row.start.date() > *day));
    Ok(rows)
}

fn from(day: &str) -> Condition<'_> {
    Condition::new("gte", "endDate", Operand::Text(day))
}

fn query(filter: Vec<Condition<'_>>) -> Query<'_> {
    Query::new(INCLUDE, filter)
}

/// As few queries as can be, of lines and what is asked of their rows: each takes values and `or`s up to the vendor's
/// most.
fn packed<'a>(parts: impl Iterator<Item = (Vec<i64>, Vec<Condition<'a>>)>) -> Vec<Query<'a>> {
    let (mut packs, mut room) = (Vec::<Vec<Condition<'a>>>::new(), 0);
    for (lines, condition) in parts {
        // Its values, its place among the others, and at most two `or`s of its own.
        let size = lines.len() + 3;
        let all = Condition::all([Condition::among(LINE, lines)].into_iter().chain(condition).collect());
        match packs.last_mut() {
            Some(pack) if size <= room => pack.push(all),
            _ => {
                packs.push(vec![all]);
                room = MOST as usize;
            }
        }
        room -= size.min(room);
    }
    packs.into_iter().map(|pack| query(vec![Condition::any(pack)])).collect()
}

/// Which day it is: in the zone that the settings name, else UTC's.
fn today(client: &Client<'_>) -> Result<String, Failure> {
    let ahead = client.settings.utc_offset_seconds()?.unwrap_or_default();
    let now = time::from_unix_ms(client.host.now_ms().saturating_add_signed(ahead * 1000));
    Ok(now.get(..10).unwrap_or_default().to_owned())
}

/// Of each line, what its last row says, what the row of today says, and up to when it was invoiced.
fn latest(rows: &[Units], today: &str) -> HashMap<i64, Standing> {
    let mut latest = HashMap::<i64, Standing>::new();
    let mut rows: Vec<&Units> = rows.iter().collect();
    rows.sort_by_key(|row| row.start.date());
    for row in rows {
        let standing = latest.entry(row.line.0).or_insert_with(|| Standing {
            from: String::new(),
            units: 0,
            now: None,
            invoiced_until: None,
        });
        if row.start.date() <= today && row.end.date() >= today {
            standing.now = Some(row.units.0);
        }
        if row.start.date() > standing.from.as_str() {
            (standing.from, standing.units) = (row.start.date().to_owned(), row.units.0);
        }
        let until = row.end.date();
        if row.is_posted() && standing.invoiced_until.as_deref().is_none_or(|known| known < until) {
            standing.invoiced_until = Some(until.to_owned());
        }
    }
    latest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_to_the_vendors_most_in_all() {
        let ends: Vec<String> = (0..300).map(|n| format!("{}-12-31T00:00:00Z", 2025 + n)).collect();
        let parts = (0..).zip(&ends).map(|(n, end)| (vec![n; 1 + n as usize % 90], vec![from(end)]));
        let queries = packed(parts);
        let mut lines = 0;
        for query in &queries {
            let json = crosswalk_sdk::json::write(query);
            let parts = json.matches(r#""op":"in""#).count();
            let told: serde_json::Value = serde_json::from_str(&json).unwrap();
            let items = told["filter"][0]["items"].as_array().unwrap();
            let values: usize = items.iter().map(|item| item["items"][0]["value"].as_array().unwrap().len()).sum();
            assert!(parts == items.len() && values + parts * 3 <= 500, "{values} values in {parts} parts");
            lines += values;
        }
        assert_eq!(lines, (0..300).map(|n| 1 + n % 90).sum::<usize>(), "none is left out");
        assert!(queries.len() < 35, "nor more queries than need be: {}", queries.len());
    }

    #[test]
    fn a_year_that_no_contract_has_is_no_day() {
        let day = |told: &str| serde_json::from_str::<Day>(&format!("{told:?}")).unwrap().is_sensible();
        for (told, sensible) in [
            ("0001-01-01T00:00:00Z", false),
            ("1900-01-01T00:00:00", false),
            ("9999-12-31T00:00:00Z", false),
            ("2025-12-31T00:00:00Z", true),
            ("2099-12-31T00:00:00Z", true),
        ] {
            assert_eq!(day(told), sensible, "{told}");
        }
    }

    #[test]
    fn the_latest_row_counts_in_whatever_order_they_come() {
        let rows: Vec<Units> = serde_json::from_str(
            r#"[{"contractID":31,"contractServiceID":640,"startDate":"2025-02-10T00:00:00","endDate":"2025-02-28T00:00:00Z","units":20,"approveAndPostDate":null},
                {"contractID":31,"contractServiceID":640,"startDate":"2025-01-01T00:00:00","endDate":"2025-01-31T00:00:00.000Z","units":18,"approveAndPostDate":"2025-02-01T09:00:00Z"},
                {"contractID":31,"contractServiceID":640,"startDate":"2025-02-01","endDate":"2025-02-10","units":18}]"#,
        )
        .unwrap();
        for (today, now) in
            [("2024-12-31", None), ("2025-01-31", Some(18)), ("2025-02-09", Some(18)), ("2025-02-10", Some(20))]
        {
            let (from, invoiced_until) = ("2025-02-10".to_owned(), Some("2025-01-31".to_owned()));
            let expected = Standing { from, units: 20, now, invoiced_until };
            assert_eq!(latest(&rows, today), HashMap::from([(640, expected)]), "{today}");
        }
        let days: Vec<Day> = serde_json::from_str(r#"["2025-01-31T23:00:00Z","2025-07-31T22:00:00Z"]"#).unwrap();
        assert_eq!(days[0].date(), "2025-02-01", "midnight of the vendor's own zone");
        for (date, moment_there) in [
            ("2025-02-10", "2025-02-09T23:00:00Z"),
            ("2025-07-10", "2025-07-09T22:00:00Z"),
            ("2026-01-10", "2026-01-09T23:00:00Z"),
        ] {
            assert_eq!(moment(date, days.iter()), moment_there);
        }
        let plain: Day = serde_json::from_str(r#""2025-01-31T00:00:00Z""#).unwrap();
        assert_eq!(moment("2025-02-10", [&plain].into_iter()), "2025-02-10T00:00:00Z");
        let bad = r#"{"contractID":31,"contractServiceID":640,"startDate":"soon","endDate":"2025-02-10","units":18}"#;
        assert!(serde_json::from_str::<Units>(bad).is_err());
    }
}
